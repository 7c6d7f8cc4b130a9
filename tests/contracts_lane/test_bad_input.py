"""What no decent client sends, to every operation of both documents: the vendor's error, and an unchanged store.

The kinds of bad input are tables; the operations come from the documents, so that a new one is tried as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from crm_contracts.openapi import Operation, fit_bulk1, fit_planhat, fit_salesforce, load, operations
from crm_contracts.openapi.soql_text import statements
from crm_contracts.vendors import VENDORS

LANES = {"planhat": fit_planhat.lane(), "salesforce": fit_salesforce.lane()}
DOCUMENTS = {vendor: load(vendor) for vendor in VENDORS}
FOUND = [one for vendor in VENDORS for one in operations(vendor, DOCUMENTS[vendor]) if not one.not_faked]
ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
HOSTILE = (
    "' OR 1=1 --",
    '"; DROP TABLE Task; --',
    "../../../../etc/passwd",
    "\x00\x01\x7f",
    "%00%2e%2e%2f",
    "{{7*7}}${7*7}<script>",
    "\N{PILE OF POO}\N{COMBINING ACUTE ACCENT}\u202e",
    "A" * 5_000,
    "-1",
    "null",
)
JSON_GARBAGE = (b"", b"{", b'{"a":}', b"nonsense", b"\xff\xfe\x00", b'{"a":' * 20_000, b"[" * 100_000, b'{"a": NaN}')
WRONG_BODIES: tuple[Any, ...] = (
    None,
    True,
    17,
    "text",
    [],
    [[]],
    [None, 17],
    {"": {}},
    {"records": 17},
    {"name": [{}]},
)
BODY_BYTES = 60_000_000  # announced, past the limit of both fakes
HEX = "f" * 24


def row_of(one: Operation) -> dict[str, Any]:
    """The operation's object in its document."""
    row: dict[str, Any] = DOCUMENTS[one.vendor]["paths"][one.path][one.method.lower()]
    return row


def parameters(one: Operation, place: str) -> list[str]:
    """Names of the operation's parameters in *place* (path, query)."""
    document = DOCUMENTS[one.vendor]
    given_ = [*document["paths"][one.path].get("parameters", []), *row_of(one).get("parameters", [])]
    rows = [
        document["components"]["parameters"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in given_
    ]
    return list(dict.fromkeys(each["name"] for each in rows if each["in"] == place))


def media(one: Operation) -> str:
    """The media type of the operation's body, "" without one."""
    return next(iter(row_of(one).get("requestBody", {}).get("content", {})), "")


ALL = [pytest.param(one, id=f"{one.vendor}-{one.operation_id}") for one in FOUND]
GUARDED = [each for each, one in zip(ALL, FOUND, strict=True) if row_of(one).get("security") != []]
# A batch of Bulk API 1.0 is taken as it is: what is wrong with it fails it later.
WITH_BODY = [
    each
    for each, one in zip(ALL, FOUND, strict=True)
    if media(one) == "application/json" and one.operation_id != "addBatch"
]
WITH_ID = [
    each for each, one in zip(ALL, FOUND, strict=True) if {"record_id", "key", "locator"} & set(parameters(one, "path"))
]
WITH_PARAMETERS = [
    each for each, one in zip(ALL, FOUND, strict=True) if parameters(one, "path") or parameters(one, "query")
]


@dataclass(frozen=True)
class Caller:
    """Calls operations of both fakes with what a case says, real values for the rest."""

    clients: dict[str, Client]

    def words(self, one: Operation) -> dict[str, str]:
        """Real values of the operation's path parameters."""
        seeded = LANES[one.vendor].seeded
        if one.vendor == "planhat":
            key = seeded[one.path.split("/")[1]][0] if "{" in one.path else ""
            return {"key": key, "company": key}
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

    def __call__(self, one: Operation, *, token: str | None = "real", **given: Any) -> TestResponse:
        """Call *one*: *path*, *query* replace single parameters; *data*, *content_type*, *length* are the body's."""
        words = {**self.words(one), **given.get("path", {})}
        path = re.sub(r"{(\w+)}", lambda name: quote(words[name[1]], safe=""), one.path)
        query = dict.fromkeys(parameters(one, "query"), "1") | given.get("query", {})
        lane = LANES[one.vendor]
        headers = lane.headers(path) if token == "real" else {"Authorization": token} if token else {}
        return self.clients[one.vendor].open(
            f"{path}?{urlencode(query, errors='replace')}",
            method=one.method,
            headers=headers,
            data=given.get("data", b"{}" if media(one) else b""),
            content_type=given.get("content_type", media(one) or None),
            environ_overrides={"CONTENT_LENGTH": str(given["length"])} if "length" in given else {},
        )


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    yield Caller({vendor: Client(lane.fake) for vendor, lane in LANES.items()})
    for lane in LANES.values():
        lane.fake.close()


@pytest.fixture(autouse=True)
def _clean() -> None:
    for lane in LANES.values():
        lane.fake.reset()


def contents(one: Operation) -> bytes:
    return LANES[one.vendor].fake.store.contents()


def is_vendors_error(one: Operation, answer: TestResponse) -> bool:
    """The shape in which the vendor refuses this operation."""
    kind = answer.mimetype
    if one.vendor == "planhat":
        bulk = one.operation_id.startswith("bulkUpsert") and kind == "application/json"
        return (
            set(answer.get_json()) >= {"created", "createdErrors"}
            if bulk
            else kind == "text/html" and bool(answer.text)
        )
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


def expect_refusal(one: Operation, answer: TestResponse, before: bytes, *statuses: int) -> None:
    """The answer is the vendor's refusal with one of *statuses*, and the store is as it was."""
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    assert is_vendors_error(one, answer), answer.text[:300]
    assert before == contents(one)


def expect_harmless(one: Operation, answer: TestResponse, before: bytes) -> None:
    """Nothing broke: below 500 (or a SOAP fault, or NOT_FAKED), and what was refused changed nothing."""
    fault = answer.mimetype == "text/xml" and answer.status_code == 500
    assert answer.status_code < 500 or answer.status_code == 501 or fault, answer.text[:300]
    if answer.status_code >= 400:
        assert is_vendors_error(one, answer), answer.text[:300]
    if answer.status_code >= 400 or one.method == "GET":
        assert before == contents(one)


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Bearer", "Basic eDp5", "Nonsense", "OAuth 00D000000000001!x"])
@pytest.mark.parametrize("one", GUARDED)
def test_a_wrong_token(call: Caller, one: Operation, token: str | None) -> None:
    """Without a session of its own nobody gets in: 401, or 403 in plain text at the identity endpoints."""
    before = contents(one)
    expect_refusal(one, call(one, token=token), before, *((400,) if fit_bulk1.is_async(one.path) else (401, 403)))


@pytest.mark.parametrize("one", WITH_BODY)
def test_malformed_json(call: Caller, one: Operation) -> None:
    """A body that is no JSON is 400."""
    before = contents(one)
    for garbage in JSON_GARBAGE:
        # Planhat takes no body for an empty object, which changes nothing in a record.
        if garbage == b"" and one.vendor == "planhat":
            continue
        expect_refusal(one, call(one, data=garbage), before, 400)


@pytest.mark.parametrize("one", WITH_BODY)
def test_bodies_of_the_wrong_type(call: Caller, one: Operation) -> None:
    """A body of another JSON type is refused, or means nothing."""
    for body in WRONG_BODIES:
        before = contents(one)
        answer = call(one, data=json.dumps(body).encode())
        expect_harmless(one, answer, before)
        if not isinstance(body, list | dict):
            expect_refusal(one, answer, before, 400)


@pytest.mark.parametrize("one", WITH_BODY)
def test_a_body_that_is_too_large(call: Caller, one: Operation) -> None:
    """A body past the limit is refused by its announced length, unread."""
    before = contents(one)
    expect_refusal(one, call(one, length=BODY_BYTES), before, 400 if fit_bulk1.is_async(one.path) else 413)


@pytest.mark.parametrize(
    "one", [each for each in WITH_BODY if str(each.id).startswith("salesforce") and "Bulk1" not in str(each.id)]
)
def test_a_body_of_another_media_type(call: Caller, one: Operation) -> None:
    """Salesforce names the media type it does not take."""
    before = contents(one)
    expect_refusal(one, call(one, content_type="text/plain"), before, 415)
    for kind in ("application/xml", "multipart/form-data; boundary=x"):
        expect_refusal(one, call(one, content_type=kind), before, 400, 415)  # where the kind is taken, this is none


@pytest.mark.parametrize("one", WITH_ID)
def test_unknown_and_malformed_ids(call: Caller, one: Operation) -> None:
    """An id that names nothing, and a text that is none, are refused; deleting nothing at Planhat is 200 with zeros."""
    name = next(each for each in ("record_id", "locator", "value", "key") if each in parameters(one, "path"))
    unknown = {
        "planhat": [HEX, "nope", "srcid-", "5f1e"],
        "salesforce": ["00TUd00000ZZZZZ", "nope", "00T", "01gx-2000"],
    }
    data = json.dumps({"subject": "x", "Subject": "x"}).encode() if media(one) else b""
    for text in unknown[one.vendor]:
        before = contents(one)
        answer = call(one, path={name: text}, data=data)
        if one.method == "DELETE" and one.vendor == "planhat" and text == HEX:
            assert (200, 0) == (answer.status_code, answer.get_json()["n"])
            assert before == contents(one)
        elif one.operation_id == "upsertRecords":  # the key is a field name here
            expect_refusal(one, answer, before, 400, 404)
        else:
            expect_refusal(one, answer, before, 400, 404, 405)


@pytest.mark.parametrize("one", WITH_PARAMETERS)
def test_hostile_texts_in_paths_and_queries(call: Caller, one: Operation) -> None:
    """Quotes, dots, control characters and length are just texts."""
    data = b"[]" if one.operation_id.startswith("bulk") else b"{}"
    for place in ("path", "query"):
        for name in parameters(one, place):
            for text in HOSTILE:
                before = contents(one)
                given_: dict[str, Any] = {place: {name: text}}
                expect_harmless(one, call(one, data=data if media(one) else b"", **given_), before)


@pytest.mark.parametrize("one", WITH_BODY)
def test_hostile_texts_in_bodies(call: Caller, one: Operation) -> None:
    """They are kept as they are, or refused; nothing else happens."""
    fields = {
        "planhat": ("companyId", "sourceId", "email", "custom", "_id"),
        "salesforce": ("Id", "OwnerId", "Subject"),
    }
    for text in HOSTILE:
        before = contents(one)
        record = dict.fromkeys(fields[one.vendor], text)
        bodies = (
            record,
            [record],
            {"records": [{"attributes": {"type": text}, **record}]},
            {"ids": [text], "fields": [text]},
        )
        for body in bodies:
            answer = call(one, data=json.dumps(body).encode())
            expect_harmless(one, answer, before)
            LANES[one.vendor].fake.reset()


QUERY = next(one for one in FOUND if one.operation_id == "query")
SOQL_GARBAGE = (
    "",
    " ",
    "SELECT",
    "SELECT Id FROM",
    "SELECT * FROM Task",
    "SELECT Id FROM Task; DELETE FROM Task",
    "'; DROP TABLE Task; --",
    "SELECT Id FROM Task WHERE Subject = 'x' OR 1=1 --'",
    "SELECT Id FROM Task UNION SELECT Id FROM User",
    "SELECT sqlite_version() FROM Task",
    "SELECT Id FROM sqlite_master",
    "SELECT Id FROM Task WHERE Subject LIKE '" + "%" * 4_000 + "'" + "x",
    "SELECT Id FROM Task WHERE " + "(" * 20_000 + "Id = null",
    "SELECT Id FROM Task WHERE " + " AND ".join(["Subject = 'x'"] * 9_000),
    "SELECT Id FROM Task LIMIT 99999999999999999999",
    "SELECT Id FROM Task WHERE Subject = 'x\\q'",
    "SELECT Id FROM Task WHERE Subject = '\x00'",
    "SELECT Id FROM Task ORDER BY Id; ATTACH DATABASE 'x' AS y",
)


@pytest.mark.parametrize("soql", SOQL_GARBAGE, ids=range(len(SOQL_GARBAGE)))
def test_hostile_soql(call: Caller, soql: str) -> None:
    """SOQL that is SQL, endless or nothing is harmless, and refused in the vendor's words."""
    before = contents(QUERY)
    expect_harmless(QUERY, call(QUERY, query={"q": soql}), before)


@ONCE
@given(soql=st.text(max_size=60))
def test_text_that_is_no_soql(call: Caller, soql: str) -> None:
    """Any text: 400 with a code and a message."""
    before = contents(QUERY)
    expect_refusal(QUERY, call(QUERY, query={"q": soql}), before, 400)


@ONCE
@given(data=st.data())
def test_damaged_soql(call: Caller, data: st.DataObject) -> None:
    """A valid statement with a piece lost, doubled or replaced has an answer, and changes nothing."""
    pieces = re.findall(r"\w+|\s+|.", data.draw(statements(DOCUMENTS["salesforce"], fit_salesforce.OBJECTS)))
    at = data.draw(st.integers(0, len(pieces) - 1))
    damage = data.draw(
        st.sampled_from(("", pieces[at] * 2, "'", "(", ")", "\\", ":", "\x00", "😀", " FROM ", " null ", "9" * 40))
    )
    soql = "".join([*pieces[:at], damage, *pieces[at + 1 :]])
    before = contents(QUERY)
    expect_harmless(QUERY, call(QUERY, query={"q": soql}), before)
