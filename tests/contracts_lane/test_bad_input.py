"""What no decent client sends, to every operation of every document: the vendor's error, and an unchanged store.

The kinds of bad input are tables; the operations come from the documents, so that a new one is tried as well. How a
vendor is spoken to and refuses stands in `caller.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.contracts_lane.caller import FOUND, HEX, Caller, calling, guarded, manners, media, parameters

from crm_contracts.openapi import Operation
from crm_contracts.openapi.lanes import make_lanes

LANES = make_lanes()
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
BODY_BYTES = 60_000_000  # announced, past the limit of every fake

ALL = [pytest.param(one, id=f"{one.vendor}-{one.operation_id}") for one in FOUND]
GUARDED = [each for each, one in zip(ALL, FOUND, strict=True) if guarded(one)]
# A batch of Bulk API 1.0 is taken as it is: what is wrong with it fails it later.
WITH_BODY = [
    each
    for each, one in zip(ALL, FOUND, strict=True)
    if media(one) == "application/json" and one.operation_id != "addBatch"
]
WITH_ID = [each for each, one in zip(ALL, FOUND, strict=True) if manners(one.vendor).id_of(one)]
NEEDS_MEDIA = [each for each in WITH_BODY if manners(str(each.id).partition("-")[0]).needs_media]
WITH_PARAMETERS = [
    each for each, one in zip(ALL, FOUND, strict=True) if parameters(one, "path") or parameters(one, "query")
]


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    with calling(LANES) as made:
        yield made


@pytest.fixture(autouse=True)
def _clean(one: Operation) -> None:
    LANES[one.vendor].fake.reset()


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Bearer", "Basic eDp5", "Nonsense", "OAuth 00D000000000001!x"])
@pytest.mark.parametrize("one", GUARDED)
def test_a_wrong_token(call: Caller, one: Operation, token: str | None) -> None:
    """Without a session of its own nobody gets in: 401, or 403 in plain text at the identity endpoints."""
    before = call.contents(one)
    call.expect_refusal(one, call(one, token=token), before, *manners(one.vendor).stranger(one))


@pytest.mark.parametrize("one", WITH_BODY)
def test_malformed_json(call: Caller, one: Operation) -> None:
    """A body that is no JSON is 400, or nothing to a sink that always answers 200."""
    before = call.contents(one)
    for garbage in JSON_GARBAGE:
        if garbage == b"" and manners(one.vendor).empty_bodies:
            continue
        call.expect_refused_body(one, call(one, data=garbage), before)


@pytest.mark.parametrize("one", WITH_BODY)
def test_bodies_of_the_wrong_type(call: Caller, one: Operation) -> None:
    """A body of another JSON type is refused, or means nothing."""
    for body in WRONG_BODIES:
        before = call.contents(one)
        answer = call(one, data=json.dumps(body).encode())
        call.expect_harmless(one, answer, before)
        if not isinstance(body, list | dict):
            call.expect_refused_body(one, answer, before)


@pytest.mark.parametrize("one", WITH_BODY)
def test_a_body_that_is_too_large(call: Caller, one: Operation) -> None:
    """A body past the limit is refused by its announced length, unread."""
    before = call.contents(one)
    call.expect_refusal(one, call(one, length=BODY_BYTES), before, manners(one.vendor).too_large(one))


@pytest.mark.parametrize("one", [each for each in NEEDS_MEDIA if "Bulk1" not in str(each.id)])
def test_a_body_of_another_media_type(call: Caller, one: Operation) -> None:
    """Salesforce names the media type it does not take."""
    before = call.contents(one)
    call.expect_refusal(one, call(one, content_type="text/plain"), before, 415)
    for kind in ("application/xml", "multipart/form-data; boundary=x"):
        call.expect_refusal(
            one, call(one, content_type=kind), before, 400, 415
        )  # where the kind is taken, this is none


@pytest.mark.parametrize("one", WITH_ID)
def test_unknown_and_malformed_ids(call: Caller, one: Operation) -> None:
    """An id that names nothing, and a text that is none, are refused; deleting nothing at Planhat is 200 with zeros."""
    mine = manners(one.vendor)
    data = json.dumps({"subject": "x", "Subject": "x"}).encode() if media(one) else b""
    for text in mine.unknown:
        before = call.contents(one)
        answer = call(one, path={mine.id_of(one): text}, data=data)
        if one.method == "DELETE" and one.vendor == "planhat" and text == HEX:
            assert (200, 0) == (answer.status_code, answer.get_json()["n"])
            assert before == call.contents(one)
        elif one.operation_id == "upsertRecords":  # the key is a field name here
            call.expect_refusal(one, answer, before, 400, 404)
        else:
            call.expect_refusal(one, answer, before, 400, 404, 405)


@pytest.mark.parametrize("one", WITH_PARAMETERS)
def test_hostile_texts_in_paths_and_queries(call: Caller, one: Operation) -> None:
    """Quotes, dots, control characters and length are just texts."""
    data = b"[]" if one.operation_id.startswith("bulk") else b"{}"
    for place in ("path", "query"):
        for name in parameters(one, place):
            for text in HOSTILE:
                before = call.contents(one)
                given_: dict[str, Any] = {place: {name: text}}
                call.expect_harmless(one, call(one, data=data if media(one) else b"", **given_), before)


@pytest.mark.parametrize("one", WITH_BODY)
def test_hostile_texts_in_bodies(call: Caller, one: Operation) -> None:
    """They are kept as they are, or refused; nothing else happens."""
    for text in HOSTILE:
        before = call.contents(one)
        record = dict.fromkeys(manners(one.vendor).fields, text)
        bodies = (
            record,
            [record],
            {"records": [{"attributes": {"type": text}, **record}]},
            {"ids": [text], "fields": [text]},
        )
        for body in bodies:
            answer = call(one, data=json.dumps(body).encode())
            call.expect_harmless(one, answer, before)
            LANES[one.vendor].fake.reset()
