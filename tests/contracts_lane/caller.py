"""Calls any operation of any vendor with what a case says, and real values for the rest.

What differs from vendor to vendor is a row of MANNERS; a vendor without one has the plain manners.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from werkzeug.test import Client, TestResponse

from crm_contracts.openapi import Operation, fit_bulk1, fit_planhat, fit_salesforce, load, operations
from crm_contracts.openapi.lane import Lane
from crm_contracts.vendors import VENDORS

DOCUMENTS = {vendor: load(vendor) for vendor in VENDORS}
FOUND = [one for vendor in VENDORS for one in operations(vendor, DOCUMENTS[vendor]) if not one.not_faked]
HEX = "f" * 24  # the shape of a Planhat id, and nobody's


def row_of(one: Operation) -> dict[str, Any]:
    """The operation's object in its document."""
    row: dict[str, Any] = DOCUMENTS[one.vendor]["paths"][one.path][one.method.lower()]
    return row


def parameters(one: Operation, place: str) -> list[str]:
    """Names of the operation's parameters in *place* (path, query)."""
    document = DOCUMENTS[one.vendor]
    given = [*document["paths"][one.path].get("parameters", []), *row_of(one).get("parameters", [])]
    rows = [
        document["components"]["parameters"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in given
    ]
    return list(dict.fromkeys(each["name"] for each in rows if each["in"] == place))


def media(one: Operation) -> str:
    """The media type of the operation's body, "" without one."""
    return next(iter(row_of(one).get("requestBody", {}).get("content", {})), "")


def guarded(one: Operation) -> bool:
    """Whether the operation asks who is calling."""
    return row_of(one).get("security") != []


def seeded_words(one: Operation, lane: Lane) -> dict[str, str]:
    """What the lane made, by the name of the path parameter; a lane of many kinds of records nests them by path."""
    return {name: str(lane.seeded.get(name, "x")) for name in parameters(one, "path")}


def is_json_refusal(_one: Operation, answer: TestResponse) -> bool:
    """An object in JSON that is not empty."""
    return answer.mimetype == "application/json" and bool(answer.get_json()) and isinstance(answer.get_json(), dict)


@dataclass(frozen=True)
class Manners:
    """How one vendor is spoken to, and how it refuses.

    *words* are real values of an operation's path parameters; *is_refusal* knows the shape of a refusal; *ids* are path
    parameters that name a record, all of them by default; *unknown* are ids that name nothing; *fields* get hostile
    texts; *empty_bodies* says that no body is as good as an empty object; *needs_media* that a body of another media
    type is 415; *sinks* are operations that answer 200 whatever comes, and keep nothing of what is none; *too_large* is
    the status of a body past the limit, *stranger* those of a wrong token.
    """

    words: Callable[[Operation, Lane], Mapping[str, str]] = seeded_words
    is_refusal: Callable[[Operation, TestResponse], bool] = is_json_refusal
    ids: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ("999999999", "nope", "-1")
    fields: tuple[str, ...] = ("id", "name")
    empty_bodies: bool = False
    sinks: tuple[str, ...] = ()
    needs_media: bool = False
    too_large: Callable[[Operation], int] = lambda _one: 413
    stranger: Callable[[Operation], tuple[int, ...]] = lambda _one: (401, 403)

    def id_of(self, one: Operation) -> str:
        """The path parameter that names a record, "" for none."""
        found = parameters(one, "path")
        return next((name for name in self.ids or found if name in found), "")


def _planhat_words(one: Operation, lane: Lane) -> dict[str, str]:
    words = {"tenant_id": fit_planhat.TENANT_ID, "hook": fit_planhat.HOOK}
    for name in {"key", "company"} & set(parameters(one, "path")):
        words[name] = lane.seeded[fit_planhat.collection_of(one.path, name)][0]
    return words


def _planhat_refuses(one: Operation, answer: TestResponse) -> bool:
    bulk = one.operation_id.startswith("bulkUpsert") and answer.mimetype == "application/json"
    if bulk:
        return set(answer.get_json()) >= {"created", "createdErrors"}
    return answer.mimetype == "text/html" and bool(answer.text)


def _salesforce_words(one: Operation, lane: Lane) -> dict[str, str]:
    seeded = lane.seeded
    by_key = "value" in parameters(one, "path")
    return {
        "version": "v60.0" if "/data/" in one.path else "60.0",
        "sobject": "Account" if by_key else "Task",
        "record_id": "Id" if one.operation_id == "createRecordById" else seeded["ids"]["Task"][0],
        "key": fit_salesforce.KEY if by_key else "Id",
        "value": "acme 1",
        "locator": seeded["locator"],
        "org_id": seeded["organization"],
        "user_id": seeded["user"],
        "api": "u",
        "rest": "x",
        "job_id": seeded["query" if "/jobs/query" in one.path else "ingest"]["GET"],
        "results": "successfulResults",
        "record_type_id": "012000000000000AAA",
        "name": "UserAlt",
        "which": "primary",
        "list_view_id": "00BUd0000000001IAA",
        **(seeded["bulk1"] if fit_bulk1.is_async(one.path) else {}),
    }


def _salesforce_refuses(one: Operation, answer: TestResponse) -> bool:
    kind = answer.mimetype
    if fit_bulk1.is_async(one.path) and kind != "text/html":
        return fit_bulk1.is_refusal(answer.text, kind or "")
    if kind == "text/xml":
        return "<faultcode>sf:" in answer.text
    if kind == "text/html" and one.operation_id.startswith("authorize"):  # a page for a person
        return answer.status_code == 400 and "<h1>Error</h1>" in answer.text
    if kind == "text/html":  # the server in front of the org refuses a URI of more than 16,384 bytes
        return (414, "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>") == (answer.status_code, answer.text)
    if kind == "text/plain":
        return answer.text in {"Bad_OAuth_Token", "Missing_OAuth_Token", "Wrong_Org", "Bad_Id"}
    told = answer.get_json()
    if one.operation_id == "createTree" and isinstance(told, dict):
        return told["hasErrors"] is True and all(each["errors"] for each in told["results"])
    if "/oauth2/" in one.path and isinstance(told, dict):
        return set(told) == {"error", "error_description"}
    return isinstance(told, list) and all({"message", "errorCode"} <= set(each) for each in told)


MANNERS = {
    "salesforce": Manners(
        words=_salesforce_words,
        is_refusal=_salesforce_refuses,
        ids=("record_id", "locator", "value", "key"),
        unknown=("00TUd00000ZZZZZ", "nope", "00T", "01gx-2000"),
        fields=("Id", "OwnerId", "Subject"),
        needs_media=True,
        too_large=lambda one: 400 if fit_bulk1.is_async(one.path) else 413,
        stranger=lambda one: (400,) if fit_bulk1.is_async(one.path) else (401, 403),
    ),
    "planhat": Manners(
        words=_planhat_words,
        is_refusal=_planhat_refuses,
        ids=("key",),
        unknown=(HEX, "nope", "srcid-", "5f1e"),
        fields=("companyId", "sourceId", "email", "custom", "_id"),
        empty_bodies=True,
        sinks=("pushDimensionData", "pushActivity", "pushActivities"),
    ),
    "totango": Manners(
        fields=("account_id", "title", "content", "subject", "event_id", "query", "id", "pair"),
        empty_bodies=True,  # a form without fields
    ),
    "marketo": Manners(fields=("name", "details", "due_date", "sf_task_id", "code", "activity_detail_template")),
}


def manners(vendor: str) -> Manners:
    """The manners of *vendor*."""
    return MANNERS.get(vendor, Manners())


@dataclass(frozen=True)
class Caller:
    """The clients of all lanes."""

    lanes: dict[str, Lane]
    clients: dict[str, Client]

    def __call__(self, one: Operation, *, token: str | None = "real", **given: Any) -> TestResponse:
        """Call *one*: *path*, *query* replace single parameters; *data*, *content_type*, *length* are the body's;
        *headers* come on top of the lane's; *bare* leaves out the query.
        """
        lane = self.lanes[one.vendor]
        path = self.path(one, **given.get("path", {}))
        query = {} if given.get("bare") else dict.fromkeys(parameters(one, "query"), "1")
        query |= given.get("query", {})
        headers = lane.headers(path)
        if token != "real":
            headers = dict.fromkeys(headers, token) if token else {}
        return self.clients[one.vendor].open(
            f"{path}?{urlencode(query, errors='replace')}",
            method=one.method,
            headers={**headers, **given.get("headers", {})},
            data=given.get("data", b"{}" if media(one) else b""),
            content_type=given.get("content_type", media(one) or None),
            environ_overrides={"CONTENT_LENGTH": str(given["length"])} if "length" in given else {},
        )

    def path(self, one: Operation, **given: str) -> str:
        """The operation's path with real words, or those that are given."""
        words = {**manners(one.vendor).words(one, self.lanes[one.vendor]), **given}
        return re.sub(r"{(\w+)}", lambda name: quote(words[name[1]], safe=""), one.path)

    def contents(self, one: Operation) -> bytes:
        """All that the operation's fake stores."""
        return self.lanes[one.vendor].fake.store.contents()

    def expect_refusal(self, one: Operation, answer: TestResponse, before: bytes, *statuses: int) -> None:
        """The answer is the vendor's refusal with one of *statuses*, and the store is as it was."""
        assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
        assert manners(one.vendor).is_refusal(one, answer), answer.text[:300]
        assert before == self.contents(one)

    def expect_refused_body(self, one: Operation, answer: TestResponse, before: bytes) -> None:
        """The body is refused with 400; a sink answers 200 and keeps nothing."""
        if one.operation_id not in manners(one.vendor).sinks:
            self.expect_refusal(one, answer, before, 400)
        assert answer.status_code in {200, 400}
        assert before == self.contents(one)

    def expect_harmless(self, one: Operation, answer: TestResponse, before: bytes) -> None:
        """Nothing broke: below 500 (or a SOAP fault, or NOT_FAKED), and what was refused changed nothing."""
        fault = answer.mimetype == "text/xml" and answer.status_code == 500
        assert answer.status_code < 500 or answer.status_code == 501 or fault, answer.text[:300]
        if answer.status_code >= 400:
            assert manners(one.vendor).is_refusal(one, answer), answer.text[:300]
        if answer.status_code >= 400 or one.method == "GET":
            assert before == self.contents(one)


@contextmanager
def calling(lanes: dict[str, Lane]) -> Iterator[Caller]:
    """A caller of *lanes*, whose fakes are closed in the end."""
    yield Caller(lanes, {vendor: Client(lane.fake) for vendor, lane in lanes.items()})
    for lane in lanes.values():
        lane.fake.close()
