"""The rows a new org starts with, and rows a test asks for.

Rule: seeded rows go through the same door as a client's, so that a seed cannot make a row that no
client could have made. Rows of status tables and users, which no client may make, are inserted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_core.errors import MisuseError, VendorError
from fake_salesforce import security_rows
from fake_salesforce.operations import records
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.derive import Save, before_save
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.operations.values import check, parse
from fake_salesforce.org import Org, UserConfig, stamp
from fake_salesforce.state import acting

_GROWING = {"BusinessProcess": "019", "RecordType": "012"}  # standard rows of objects that clients can create, too


def begin(org: Org) -> None:
    """The org's standard rows and its users."""
    with org.store.begin():
        for name in org.schema.objects_with_rows:
            for row in org.schema.rows(name):
                _put(org, name, row)
            if name in _GROWING:
                for _ in org.schema.rows(name):
                    org.ids.next(_GROWING[name])  # clients make more of these
        security_rows.begin(org)
        for serial, user in enumerate(org.config.users, start=1):
            _put(org, "User", _user_row(org, user, serial))
            org.ids.next("005")
        security_rows.assign(org)
        for name, rules in org.rules.items():
            for rule in rules.assignments:
                row = {"Id": rule.record_id, "Name": rule.name, "SobjectType": name, "Active": rule.active}
                _put(org, "AssignmentRule", row)
        organization = org.schema.sobject("Organization")
        if organization is not None:
            _put(org, "Organization", _organization_row(org))
        if org.schema.sobject("Pricebook2") is not None:
            _put(org, "Pricebook2", {"Id": org.mint("01s"), "Name": "Standard Price Book", "IsStandard": True})


def seed(org: Org, data: Any) -> dict[str, list[str]]:
    """Create the rows of `{"Account": [{"Name": …}], …}`, object by object in the order given.

    A value `"@Account[0]"` is the id of the first Account of the same seed. Returns the ids by
    object. Raises MisuseError naming the row that cannot be made; then nothing is. Beside the objects, `settings`
    changes rights: see `security_rows.change_settings`.
    """
    if not isinstance(data, Mapping):
        raise MisuseError('seed data is a JSON object: {"Account": [{"Name": "…"}], …}')
    if "settings" in data:
        security_rows.change_settings(org, data["settings"])
    data = {name: rows for name, rows in data.items() if name != "settings"}
    caller = Caller(org.admin_id, org.clock.now(), 60)
    acting.NOW.set(None)
    made: dict[str, list[str]] = {}
    with org.store.begin():
        for name, rows in data.items():
            sobject = org.schema.sobject(name)
            if sobject is None or not isinstance(rows, list):
                raise MisuseError(f"seed data: {name!r} is no object of this org with a list of rows")
            for number, row in enumerate(rows):
                try:
                    body = {key: _resolve(value, made) for key, value in row.items()}
                    made.setdefault(name, []).append(records.create(org, caller, sobject=sobject, body=body))
                except (VendorError, AttributeError) as error:
                    raise MisuseError(f"seed data: {name}[{number}]: {error}") from error
    return made


def _resolve(value: Any, made: Mapping[str, list[str]]) -> Any:
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    name, _, index = value[1:].rstrip("]").partition("[")
    try:
        return made[name][int(index)]
    except (KeyError, ValueError, IndexError):
        raise MisuseError(f"seed data: {value!r} names no row seeded before") from None


def _put(org: Org, name: str, row: Mapping[str, Any]) -> None:
    """Insert a row that no client may make; every field may be given."""
    sobject = org.schema.sobject(name)
    assert sobject is not None, f"rows of {name}, which the schema does not know"
    prep = prepared(org, sobject)
    new = {**prep.blank, **prep.defaults}
    at = stamp(org.clock.now())
    for field in records.SYSTEM_STAMPS:
        if field in new:
            new[field] = at
    for field in records.SYSTEM_USERS:
        if field in new:
            new[field] = org.admin_id
    for key, value in row.items():
        field_ = sobject.stored_field(key)
        if field_ is None:
            raise MisuseError(f"{name} has no field {key!r}")
        parsed = parse(value, field_)
        new[field_.name] = None if parsed is None else check(parsed, field_)
    if name == "User":
        with org.store.begin() as conn:
            before_save(Save(org, conn, prep, new, None, frozenset(new), at))
    with org.store.begin() as conn:
        prep.insert.run(conn, new)


def _user_row(org: Org, user: UserConfig, serial: int) -> dict[str, Any]:
    first, _, _ = user.username.partition("@")
    row = {
        "Id": org.user_ids[user.username.lower()],
        "Username": user.username,
        "FirstName": user.first_name,
        "LastName": user.last_name,
        "Email": user.username,
        "Alias": first[:8],
        "CommunityNickname": f"{first}{serial}"[:40],
        "TimeZoneSidKey": org.config.timezone,
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "ProfileId": security_rows.profile_id(org, user.profile),
        **({"UserRoleId": security_rows.role_id(org, user.role)} if user.role else {}),
        "UserType": "Standard",
        "IsActive": user.active,
        "UserPermissionsMarketingUser": True,  # or nobody could make a campaign
        **user.fields,
    }
    sobject = org.schema.sobject("User")
    assert sobject is not None
    return {key: value for key, value in row.items() if sobject.stored_field(key) is not None}


def _organization_row(org: Org) -> dict[str, Any]:
    row = {
        "Id": org.org_id,
        "Name": org.config.name,
        "OrganizationType": org.edition["organization_type"],
        "IsSandbox": org.config.sandbox,
        "TimeZoneSidKey": org.config.timezone,
        "LanguageLocaleKey": "en_US",
        "DefaultLocaleSidKey": "en_US",
        "InstanceName": "UND1",
        "FiscalYearStartMonth": 1,
        "SignupCountryIsoCode": "US",
        "DefaultCalendarAccess": "HideDetailsInsert",
        "DefaultPricebookAccess": "ReadSelect",
        "DefaultCampaignAccess": "All",
        "UiSkin": "Theme3",
        "NumKnowledgeService": 2,
        "WebToCaseDefaultOrigin": "Web",
        "MonthlyPageViewsUsed": 0,
        "MonthlyPageViewsEntitlement": 0,
        **security_rows.sharing_shown(org),
    }
    sobject = org.schema.sobject("Organization")
    assert sobject is not None
    return {key: value for key, value in row.items() if sobject.stored_field(key) is not None}
