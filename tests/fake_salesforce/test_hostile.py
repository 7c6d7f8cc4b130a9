"""What no decent client sends: each gets the vendor's refusal, and the store stays as it was."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON = "application/json"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The HTTP entity body is required, but this request has no entity body."),
        (b'{"Name":}', ("Unexpected character ('}' (code 125)): expected a valid value (JSON String, Number, Array,"
         " Object or token 'null', 'true' or 'false') at [line:1, column:10]")),
        (b'{"Name":"x",}', ("Unexpected character ('}' (code 125)): was expecting double-quote to start field name at"
         " [line:1, column:14]")),
        (
            b'{"Name":"x"',
            (
                "Unexpected end-of-input: expected close marker for OBJECT (from [line:1, column:0]) at"
                " [line:1, column:12]"
            ),
        ),
        (
            b'{"Name":"x',
            "Unexpected end-of-input: was expecting closing quote for a string value at [line:1, column:11]",
        ),
        (b"nonsense", ("Unrecognized token 'nonsense': was expecting (JSON String, Number, Array, Object or token"
         " 'null', 'true' or 'false') at [line:1, column:9]")),
        (b'{"Name"\n"x"}', ("Unexpected character ('\"' (code 34)): was expecting a colon to separate field name and"
         " value at [line:2, column:2]")),
        (b'{"Name":"a\nb"}', ("Illegal unquoted character ('\n' (code 10)): has to be escaped using backslash to be"
         " included in string value at [line:1, column:12]")),
    ],
)  # fmt: skip
def test_broken_json(org: Any, body: bytes, message: str) -> None:
    """Broken JSON is told in the words of the vendor's parser, with line and column."""
    before = org.rows
    answer = org.post("/sobjects/Account", data=body, headers={"Content-Type": JSON})

    assert (400, "JSON_PARSER_ERROR", message) == answer.error
    assert ["message", "errorCode"] == list(answer.json[0])
    assert before == org.rows


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b'{"Name":"\xc3"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"AnnualRevenue":NaN,"Name":"x"}',
        b'{"AnnualRevenue":Infinity,"Name":"x"}',
        b'{"AnnualRevenue":1e999,"Name":"x"}',
        b'{"AnnualRevenue":' + b"9" * 5_000 + b',"Name":"x"}',
        b'{"NumberOfEmployees":' + b"9" * 30 + b',"Name":"x"}',
        b'{"Name":["x"]}',
        b'{"Name":null}',
        b"null",
        b"17",
        b'"Name"',
        b'{"AccountId":{"a":1}}',
        b'{"Owner":17,"Name":"x"}',
        b'{"Owner":{"Nope":17},"Name":"x"}',
    ],
)
def test_wrong_bodies(org: Any, body: bytes) -> None:
    """Bytes, nesting, numbers and types beyond reason are 400 and change nothing."""
    before = org.rows
    answer = org.post("/sobjects/Account", data=body)

    assert 400 == answer.status
    assert before == org.rows


def test_half_a_surrogate_pair(org: Any) -> None:
    """Half a surrogate pair cannot be stored: it becomes a question mark; so does none in an error text."""
    record_id = org.post("/sobjects/Account", data=b'{"Name":"a\\ud800b\\u0000c"}').json["id"]

    assert "a?bc" == org.row("Account", record_id)["Name"]
    assert 400 == org.post("/sobjects/Account", data=b'{"\\ud800":1}').status


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/related; boundary=x", ""]
)
def test_wrong_media_type(org: Any, media: str) -> None:
    """Only JSON is taken: 415 names what came."""
    answer = org.post("/sobjects/Account", data=b'{"Name":"x"}', headers={"Content-Type": media})

    shown = media.partition(";")[0] or "application/octet-stream"
    expected = (415, "UNSUPPORTED_MEDIA_TYPE", f"MediaType of '{shown}' is not supported by this resource")
    assert expected == answer.error


def test_oversize_body_is_not_read(org: Any) -> None:
    """A body past 50 MB is refused by its announced length."""
    before = org.rows
    answer = org.post("/sobjects/Account", data=b"{}", headers={"Content-Length": "52428801", "Content-Type": JSON})

    assert 413 == answer.status
    assert before == org.rows


def test_compressed_bodies(org: Any) -> None:
    """gzip is taken; what is no gzip, or unpacks to more than is allowed, is not."""
    headers = {"Content-Encoding": "gzip"}
    assert 201 == org.post("/sobjects/Account", data=gzip.compress(b'{"Name":"x"}'), headers=headers).status
    assert 400 == org.post("/sobjects/Account", data=b"not gzip", headers=headers).status
    bomb = gzip.compress(b" " * 60_000_000)
    assert 413 == org.post("/sobjects/Account", data=bomb, headers=headers).status


@pytest.mark.parametrize(
    "path",
    [
        "/sobjects/Account/' OR 1=1 --",
        "/sobjects/Account%00/x",
        "/sobjects//x",
        "/sobjects/Account/Name/' OR '1'='1",
        "/sobjects/Account/001Ud0000000001IAA/../../User",
        "/query/01g' OR 1=1",
        "/../../etc/passwd",
        "/sobjects/" + "A" * 5_000,
    ],
)
def test_hostile_paths(org: Any, path: str) -> None:
    """Quotes, dots, blanks and length in a path are just names that do not exist."""
    org.make("Account", Name="x", Key__c="K")
    before = org.rows
    for method in ("GET", "PATCH", "DELETE"):
        answer = org.call(method, path, {"Name": "y"} if method == "PATCH" else None)
        assert answer.status in {400, 404, 405}, (method, answer.text)
    assert before == org.rows


@pytest.mark.parametrize(
    "soql",
    [
        "",
        "SELECT",
        "'; DROP TABLE Account; --",
        "SELECT Id FROM Account; DELETE FROM Account",
        "SELECT Id FROM Account WHERE Name = 'x' OR 1=1",
        "SELECT Id FROM Account WHERE Name = 'x\\'",
        "SELECT Id FROM sqlite_master",
        "SELECT Id FROM Account WHERE " + "(" * 3_000 + "Name = 'x'",  # %28 is three bytes of a URI
        "SELECT Id FROM Account LIMIT -1",
        "SELECT \x00 FROM Account",
    ],
)
def test_hostile_soql(org: Any, soql: str) -> None:
    """SOQL that is SQL, or nothing, is refused and harmless."""
    org.make("Account", Name="x")
    before = org.rows
    answer = org.get("/query", query={"q": soql})

    assert 400 == answer.status, answer.text
    assert before == org.rows


def test_hostile_soql_that_is_too_long_for_a_uri(org: Any) -> None:
    """In the body of a composite a query may be longer, and is refused all the same."""
    soql = "SELECT Id FROM Account WHERE " + "(" * 50_000 + "Name = 'x'"
    request = {"method": "GET", "url": f"/services/data/v60.0/query?q={soql}", "referenceId": "q"}
    (answer,) = org.post("/composite", {"compositeRequest": [request]}).json["compositeResponse"]

    assert 400 == answer["httpStatusCode"], answer["body"]


def test_quotes_are_values(org: Any) -> None:
    """Quotes and percent signs in values come back as they went in."""
    name = 'O\'Neill \\ "x" 100% _ ; --'
    org.make("Account", Name=name, Key__c="it's")

    assert name == org.get("/sobjects/Account/Key__c/it's").json["Name"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["Name", "Id", "OwnerId", "WhoId", "WhatId", "Status", "Email", "AnnualRevenue", "ActivityDate", "StartDateTime",
     "DurationInMinutes", "IsAllDayEvent", "LastName", "Company", "StageName", "CloseDate", "Amount", "Probability",
     "attributes", "Account", "Planhat_Id__c", "IsReminderSet", "Subject"]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sobject=st.sampled_from(["Task", "Event", "Account", "Contact", "Opportunity", "Lead", "Case"]),
    body=st.dictionaries(names, anything, max_size=6),
)
def test_any_body_is_taken_or_refused_whole(org: Any, sobject: str, body: dict[str, Any]) -> None:
    """Whatever the values: 201, or 400 (404 for a deleted parent) with the vendor's list and an unchanged store."""
    before = org.rows
    answer = org.post(f"/sobjects/{sobject}", data=json.dumps(body).encode())

    assert answer.status in {201, 400, 404}, answer.text
    if answer.status != 201:
        assert before == org.rows
        assert {"message", "errorCode"} <= set(answer.json[0])
    else:
        assert 200 == org.get(f"/sobjects/{sobject}/{answer.json['id']}").status


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.text(max_size=40),
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE"]),
)
def test_any_path_has_an_answer(org: Any, path: str, method: str) -> None:
    """No path and no method bring the fake down."""
    answer = org.call(method, "/sobjects/" + path.encode("utf-8", "replace").decode().replace("?", ""))

    assert answer.status < 500 or answer.status == 501, answer.text
