"""What each SOAP call does: reading, describing, replication, and who is logged in. Saves are in `saves.py`.

Every function takes a `Context` and returns the inside of `<callResponse>`; it raises Faulted, or the errors of the
operations underneath.

Source: SOAP API Developer Guide v66, Core Calls, Describe Calls and Utility Calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fake_salesforce import record_ids
from fake_salesforce.describes import describe
from fake_salesforce.operations import query, replication, rows, user_password
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.login import user_row
from fake_salesforce.operations.search import run as search
from fake_salesforce.operations.soap.envelope import Envelope
from fake_salesforce.operations.soap.faults import fault
from fake_salesforce.operations.soap.xml import Records, moment, struct, tag
from fake_salesforce.org import Org, stamp
from fake_salesforce.schema.metadata import SObject

RETRIEVE_MAX = 2_000
DESCRIBES_MAX = 100
_NOT_IN_SOAP = ("urls",)
_NILS = ("keyPrefix",)


@dataclass(frozen=True, slots=True)
class Context:
    """One call: the org as its caller sees it, the envelope, which API and version, and where it came by."""

    org: Org
    caller: Caller
    envelope: Envelope
    kind: str  # partner or enterprise
    version: str  # 60.0
    base_url: str
    token: str

    @property
    def records(self) -> Records:
        """The writer of records for this API."""
        return Records(self.org.schema, self.kind)

    def sobject(self, name: str) -> SObject:
        """The object of that name; raises the fault INVALID_TYPE."""
        found = self.org.schema.sobject(name)
        if found is None:
            raise fault("INVALID_TYPE", name=name)
        return found


Operation = Callable[[Context], str]


# --- queries and rows -------------------------------------------------------------------------------


def _query(context: Context, *, include_deleted: bool) -> str:
    size = context.envelope.header("QueryOptions", "batchSize")
    page = query.run(
        context.org,
        context.caller,
        text=context.envelope.text("queryString"),
        include_deleted=include_deleted,
        options=None if size is None else f"batchSize={size}",
        version=context.version,
    )
    return _page(context, page)


def query_more(context: Context) -> str:
    """The page a queryLocator names."""
    locator = context.envelope.text("queryLocator")
    return _page(context, query.more(context.org, context.caller, locator=locator, version=context.version))


def _page(context: Context, page: Mapping[str, Any]) -> str:
    url = page.get("nextRecordsUrl")
    return context.records.result(page, locator=None if url is None else str(url).rpartition("/")[2])


def retrieve(context: Context) -> str:
    """Chosen fields of rows by id, nil where there is none."""
    sobject = context.sobject(context.envelope.text("sObjectType"))
    names = [one.strip() for one in context.envelope.text("fieldList").split(",")]
    ids = list(context.envelope.texts("ids"))[:RETRIEVE_MAX]
    found = rows.get_many(context.org, sobject=sobject, ids=ids, names=names, base="")
    return "".join(context.records.record("result", _only(one, names)) for one in found)


def _only(row: Mapping[str, Any] | None, names: list[str]) -> Mapping[str, Any] | None:
    """The row without the Id that the REST resources always add at the end."""
    if row is None or "id" in {one.lower() for one in names}:
        return row
    return {key: one for key, one in row.items() if key != "Id"}


def find(context: Context) -> str:
    """SOSL: each row that was found in an element of its own."""
    found = search.search(
        context.org, context.caller, text=context.envelope.text("searchString"), version=context.version
    )
    records = "".join(
        f"<searchRecords>{context.records.record('record', one)}</searchRecords>" for one in found.records
    )
    return f"<result>{records}</result>"


# --- describes --------------------------------------------------------------------------------------


def describe_global(context: Context) -> str:
    """All objects."""
    found = describe.global_describe(context.org.schema, context.version)
    return f"<result>{struct(found, leave_out=_NOT_IN_SOAP, nils=_NILS)}</result>"


def describe_sobject(context: Context) -> str:
    """One object, or several: one result each, in order."""
    names = [*context.envelope.texts("sObjectType"), *context.envelope.texts("sObjectTypes")][:DESCRIBES_MAX]
    return "".join(_described(context, context.sobject(name)) for name in names)


def _described(context: Context, sobject: SObject) -> str:
    found = describe.object_describe(context.org.schema, sobject, context.version, host=context.base_url)
    return f"<result>{struct(found, leave_out=_NOT_IN_SOAP, nils=_NILS)}</result>"


# --- replication ------------------------------------------------------------------------------------


def get_updated(context: Context) -> str:
    """Ids of rows saved in a window."""
    sobject, start, end = _window(context)
    found = replication.updated(context.org, sobject=sobject, start=start, end=end)
    return f"<result>{_moments(found)}</result>"


def get_deleted(context: Context) -> str:
    """Rows deleted in a window."""
    sobject, start, end = _window(context)
    found = replication.deleted(context.org, sobject=sobject, start=start, end=end)
    found["deletedRecords"] = [dict(sorted(one.items())) for one in found["deletedRecords"]]  # as the WSDL orders them
    return f"<result>{_moments(found)}</result>"


def _window(context: Context) -> tuple[SObject, str, str]:
    text = context.envelope.text
    return context.sobject(text("sObjectType")), text("startDate"), text("endDate")


def _moments(found: Mapping[str, Any]) -> str:
    """The answer of a replication call with moments as SOAP writes them."""
    return moment(struct(found))


# --- who and when -----------------------------------------------------------------------------------


def server_timestamp(context: Context) -> str:
    """The clock of the org."""
    return f"<result>{tag('timestamp', moment(stamp(context.caller.now)))}</result>"


def get_user_info(context: Context) -> str:
    """The caller."""
    user = user_row(context.org, context.caller.user_id)
    assert user is not None, "a caller has a row"
    return f"<result>{user_info(context.org, user)}</result>"


def user_info(org: Org, user: Mapping[str, Any]) -> str:
    """What a log-in and getUserInfo tell of a user."""
    words: dict[str, Any] = {
        "accessibilityMode": False,
        "chatterExternal": False,
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": 5_242_880,
        "orgDefaultCurrencyIsoCode": "USD",
        "orgDefaultCurrencyLocale": "en_US",
        "orgDisallowHtmlAttachments": False,
        "orgHasPersonAccounts": False,
        "organizationId": org.org_id,
        "organizationMultiCurrency": False,
        "organizationName": org.config.name,
        "profileId": user.get("ProfileId") or "000000000000000AAA",
        "roleId": user.get("UserRoleId"),
        "sessionSecondsValid": org.sessions.seconds,
        "userDefaultCurrencyIsoCode": None,
        "userEmail": user.get("Email") or "",
        "userFullName": user.get("Name") or "",
        "userId": user["Id"],
        "userLanguage": user.get("LanguageLocaleKey") or "en_US",
        "userLocale": user.get("LocaleSidKey") or "en_US",
        "userName": user["Username"],
        "userTimeZone": user.get("TimeZoneSidKey") or org.config.timezone,
        "userType": "Standard",
        "userUiSkin": "Theme3",
    }
    return "".join(tag(key, one) for key, one in words.items())


def logout(context: Context) -> str:
    """End the session."""
    context.org.sessions.end(context.token)
    return ""


# --- passwords --------------------------------------------------------------------------------------


def set_password(context: Context) -> str:
    """Give a user a new password: one's own, or as an administrator anybody's."""
    _put(context, _user_id(context), context.envelope.text("password"))
    return '<result xsi:type="SetPasswordResult"/>'


def change_own_password(context: Context) -> str:
    """Give oneself a new password."""
    user = user_row(context.org, context.caller.user_id)
    assert user is not None, "a caller has a row"
    known = context.org.passwords.of(username=user["Username"], user_id=user["Id"])
    if known is None or known.password != context.envelope.text("oldPassword"):
        raise fault("INVALID_OLD_PASSWORD")
    _put(context, user["Id"], context.envelope.text("newPassword"))
    return '<result xsi:type="ChangeOwnPasswordResult"/>'


def reset_password(context: Context) -> str:
    """Give a user a password that must be changed at the first log-in; it is in the answer."""
    made = user_password.reset(context.org, context.caller, _user_id(context))
    return f"<result>{tag('password', made)}</result>"


def _put(context: Context, user_id: str, password: str) -> None:
    user_password.put(context.org, context.caller, user_id, {"NewPassword": password})


def _user_id(context: Context) -> str:
    text = context.envelope.text("userId")
    user_id = record_ids.canonical(text)
    if user_id is None or user_row(context.org, user_id) is None:
        raise fault("INVALID_ID_FIELD", value=text)
    return user_id


OPERATIONS: dict[str, Operation] = {
    "query": lambda context: _query(context, include_deleted=False),
    "queryAll": lambda context: _query(context, include_deleted=True),
    "queryMore": query_more,
    "retrieve": retrieve,
    "search": find,
    "describeGlobal": describe_global,
    "describeSObject": describe_sobject,
    "describeSObjects": describe_sobject,
    "getUpdated": get_updated,
    "getDeleted": get_deleted,
    "getServerTimestamp": server_timestamp,
    "getUserInfo": get_user_info,
    "logout": logout,
    "setPassword": set_password,
    "changeOwnPassword": change_own_password,
    "resetPassword": reset_password,
}
# What a caller whose password has expired may still do.
WITHOUT_PASSWORD = frozenset({"setPassword", "changeOwnPassword", "logout"})
