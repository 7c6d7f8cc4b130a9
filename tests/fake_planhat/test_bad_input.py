"""Input no client should send: the vendor's error comes back and the store stays as it was, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import COMPANY_ID, TOKEN, URL, Api

DEEP = "[" * 100_000 + "]" * 100_000
HOSTILE = "'; DROP TABLE tasks; --\u0000\"%_\\ ${x} {{7*7}} <script>\U0001f600 \u202e"


@pytest.fixture
def unchanged(api: Api) -> Any:
    """Call with this; the tenant's rows must be the same after it."""
    api.task(sourceId="s")

    def call(method: str, path: str, **options: Any) -> Any:
        before = api.fake.store.contents()
        answer = api.session.request(method, URL + path, **options)
        assert before == api.fake.store.contents(), "a refused call wrote something"
        return answer

    return call


@pytest.mark.parametrize(
    "body",
    [b"{", b"nonsense", b'{"companyId":}', b"\xff\xfe", b'"text"', b"5", b"null", b"[1", b'{"a":NaN}',
     b'{"a":Infinity}', DEEP.encode(), b"companyId=1&action=x", b"{'a':1}", b'{"a":1}}'],
)  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("POST", "/tasks"), ("PUT", "/tasks"), ("PUT", "/tasks/srcid-s")])
def test_malformed_json(unchanged: Callable[..., Any], method: str, path: str, body: bytes) -> None:
    """What is no JSON object or array is a 400."""
    answer = unchanged(method, path, data=body, headers={"Content-Type": "application/json"})

    assert (400, "Bad Request") == (answer.status_code, answer.text)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"action": {}}, 'Cast to string failed for value "{}" at path "action"'),
        ({"action": ["x"]}, 'Cast to string failed for value "[ \'x\' ]" at path "action"'),
        ({"startTime": "next Tuesday-ish"}, 'Cast to date failed for value "next Tuesday-ish" at path "startTime"'),
        ({"startTime": {}}, 'Cast to date failed for value "{}" at path "startTime"'),
        ({"startTime": 10**17}, 'Cast to date failed for value "100000000000000000" at path "startTime"'),
        ({"startTime": "+010000-01-01"}, 'Cast to date failed for value "+010000-01-01" at path "startTime"'),
        ({"isArchived": "perhaps"}, 'Cast to Boolean failed for value "perhaps" at path "isArchived"'),
        ({"isArchived": []}, 'Cast to Boolean failed for value "[]" at path "isArchived"'),
        ({"ownerId": "me"}, 'Cast to ObjectId failed for value "me" at path "ownerId"'),
        ({"repeatDays": "often"}, 'Cast to Number failed for value "often" at path "repeatDays"'),
        ({"repeatDays": "1_0"}, 'Cast to Number failed for value "1_0" at path "repeatDays"'),
        ({"repeatDays": "٣"}, 'Cast to Number failed for value "٣" at path "repeatDays"'),
        ({"custom": "x"}, 'Cast to Object failed for value "x" at path "custom"'),
        ({"companyId": "nowhere"}, 'Cast to ObjectId failed for value "nowhere" at path "companyId"'),
        ({"companyId": 5}, 'Cast to ObjectId failed for value "5" at path "companyId"'),
        ({"companyId": "0" * 24}, "companyId not found"),
        ({"companyId": "extid-nobody"}, "companyId not found"),
        ({"companyId": None}, "companyId is required"),
        ({"companyId": ""}, "companyId is required"),
    ],
)
def test_wrong_types(unchanged: Callable[..., Any], body: dict[str, Any], text: str) -> None:
    """A value that cannot be cast names its path, on create, on update and in a bulk item."""
    created = unchanged("POST", "/tasks", json={"companyId": COMPANY_ID, **body})
    updated = unchanged("PUT", "/tasks/srcid-s", json=body)
    bulk = unchanged("PUT", "/tasks", json=[{"companyId": COMPANY_ID, **body}])

    assert [(400, text)] * 2 == [(one.status_code, one.text) for one in (created, updated)]
    assert (400, [text]) == (bulk.status_code, [one["message"] for one in bulk.json()["createdErrors"]])


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("/companies", {}, "name is required"),
        ("/companies", {"name": ""}, "name is required"),
        ("/companies", {"name": "x", "status": "vip"}, "`vip` is not a valid enum value for path `status`."),
        ("/companies", {"name": "x", "externalId": "acme"}, "externalId duplicated"),
        ("/companies", {"name": "x", "externalId": "acme", "sourceId": "001A"}, "sourceId,externalId duplicated"),
        ("/endusers", {"companyId": COMPANY_ID}, "email is required"),
        ("/endusers", {"email": "x@y.example"}, "companyId is required"),
        ("/users", {"email": "x@y.example"}, "firstName is required"),
        ("/users", {"email": "alex@us.example", "firstName": "A", "lastName": "B"}, "email duplicated"),
        ("/conversations", {"subject": "x"}, "companyId is required"),
        ("/tasks", {"companyId": COMPANY_ID, "repeat": "custom"}, "repeatDays is required"),
        ("/tasks", {"companyId": COMPANY_ID, "sourceId": "s"}, "sourceId duplicated"),
        ("/tasks", [], "Bad Request"),
    ],
)
def test_refused_creates(unchanged: Callable[..., Any], path: str, body: Any, text: str) -> None:
    """Missing and duplicated keys name themselves."""
    answer = unchanged("POST", path, json=body)

    assert (400, text) == (answer.status_code, answer.text)


@pytest.mark.parametrize("model", ["companies", "endusers", "users", "tasks", "conversations"])
def test_unknown_and_malformed_ids(unchanged: Callable[..., Any], model: str) -> None:
    """An id that names nothing is 404; one that is no id is 400; deleting nothing counts zero."""
    unknown, malformed = f"/{model}/{'0' * 24}", f"/{model}/not-an-id"

    assert [404, 404] == [unchanged("GET", unknown).status_code, unchanged("PUT", unknown, json={}).status_code]
    assert [400, 400, 400] == [
        unchanged("GET", malformed).status_code,
        unchanged("PUT", malformed, json={}).status_code,
        unchanged("DELETE", malformed).status_code,
    ]
    assert {"n": 0, "ok": 1, "deletedCount": 0} == unchanged("DELETE", unknown).json()
    assert [404, 404] == [
        unchanged("GET", f"/companies/{'0' * 24}/{one}").status_code for one in ("endusers", "conversations")
    ]


@pytest.mark.parametrize(
    "path",
    [
        f"/tasks/{HOSTILE}",
        "/tasks/srcid-" + HOSTILE.replace("?", ""),
        "/tasks/srcid-",
        f"/tasks?sort={HOSTILE}",
        "/tasks?sort=custom.%22%5B0%5D",
        "/tasks?sort=$[0]",
        "/tasks?sort=-",
        f"/tasks?select={HOSTILE}&limit=99999999999999999999&offset=99999999999999999999999",
        f"/tasks?companyId={HOSTILE},extid-{HOSTILE}",
        f"/tasks?enduserIds={HOSTILE}",
        "/tasks?enduserIds=,,",
        "/tasks?limit=%00&offset=-1&isArchived=maybe",
        f"/endusers?email={HOSTILE}&euId={HOSTILE}",
        f"/conversations?type={HOSTILE}",
        f"/leancompanies?externalId={HOSTILE}&status=,",
        "/tasks?limit=٣",
    ],
)
def test_hostile_queries(unchanged: Callable[..., Any], path: str) -> None:
    """Strings made to break a query are only strings."""
    answer = unchanged("GET", path)

    assert answer.status_code in {200, 400, 404}
    assert [] == answer.json() if answer.status_code == 200 and "companyId" in path else True


def test_hostile_values_come_back_as_sent(api: Api) -> None:
    """What is stored is what was sent, in every place a string can stand."""
    task = api.task(action=HOSTILE, sourceId=HOSTILE, custom={HOSTILE: {HOSTILE: [HOSTILE]}})

    row = api.row(f"/tasks/{task['_id']}")

    assert (HOSTILE, {HOSTILE: {HOSTILE: [HOSTILE]}}) == (row["action"], row["custom"])
    assert 1 == api.put("/tasks", [{"sourceId": HOSTILE, "action": "found"}]).json()["updated"]


def test_half_a_surrogate_pair_is_replaced(api: Api) -> None:
    """A string that is no Unicode text is stored as one; a whole pair is kept."""
    sent = b'{"companyId":"%s","action":"a\\ud83db \\ud83d\\ude00"}' % COMPANY_ID.encode()

    answer = api.session.post(URL + "/tasks", data=sent)

    assert "a\ufffdb \U0001f600" == answer.json()["action"]


def test_numbers_are_javascript_numbers(api: Api) -> None:
    """4.0 is 4, a number too large is null, a long integer loses its last digits."""
    sent = b'{"companyId":"%s","custom":{"a":4.0,"b":1e400,"c":12345678901234567890,"d":0.5}}' % COMPANY_ID.encode()

    assert '{"a":4,"b":null,"c":12345678901234567168,"d":0.5}' in api.session.post(URL + "/tasks", data=sent).text


def test_oversize_bodies(make_api: Any) -> None:
    """A body past the limit is refused before it is read as JSON."""
    api = make_api(body_bytes_max=10_000)
    before = api.fake.store.contents()

    big = api.post("/tasks", {"companyId": COMPANY_ID, "description": "x" * 10_001})
    fits = api.post("/tasks", {"companyId": COMPANY_ID, "description": "x" * 9_000})

    assert (413, "request entity too large") == (big.status_code, big.text)
    assert 200 == fits.status_code
    assert before != api.fake.store.contents()


def test_large_bodies_are_stored(api: Api) -> None:
    """A description of a million characters comes back whole; a million brackets do not stall the snippet."""
    text = "<p>é</p>" * 50_000 + "<" * 500_000 + " " * 500_000 + "&"

    task = api.task(description=text)

    assert text == api.row(f"/tasks/{task['_id']}")["description"]


@pytest.mark.parametrize("scheme", [None, "Bearer wrong", f"Bearer {TOKEN}x", "Basic !!!", "Basic /w=="])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/tasks"), ("POST", "/tasks"), ("PUT", "/tasks"), ("DELETE", f"/companies/{COMPANY_ID}")],
)
def test_wrong_tokens(unchanged: Callable[..., Any], scheme: str | None, method: str, path: str) -> None:
    """Without a good token nothing is read or written."""
    answer = unchanged(method, path, json={"companyId": COMPANY_ID}, headers={"Authorization": scheme})

    assert (401, "Unauthorized") == (answer.status_code, answer.text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["_id", "companyId", "sourceId", "externalId", "email", "action", "status", "description", "users", "endusers",
     "custom", "custom.X", "startTime", "repeat", "type", "subject", "date", "name", "owner", "domains", "roles",
     "isArchived", "ownerId"]
)  # fmt: skip
VALUES = JSON | st.sampled_from([COMPANY_ID, "extid-acme", "Done", "Ignored", "done", "note", "2026-01-05", "s1", "s2"])
BODIES = st.dictionaries(KEYS, VALUES, max_size=6)


def test_no_body_breaks_the_fake(api: Api) -> None:
    """Whatever stands in a body, the answer is a record, a list of results or a refusal; reads go on working."""

    @settings(max_examples=150)
    @given(
        path=st.sampled_from(["/companies", "/endusers", "/users", "/tasks", "/conversations"]),
        items=st.lists(BODIES, min_size=1, max_size=3),
    )
    def check(path: str, items: list[dict[str, Any]]) -> None:
        made = api.session.post(URL + path, data=json.dumps(items[0]))
        bulk = api.session.put(URL + path, data=json.dumps(items))
        assert made.status_code in {200, 400}, made.text
        assert bulk.status_code in {200, 206, 400}, bulk.text
        if made.status_code == 200:
            record_id = made.json()["_id"]
            changed = api.session.put(f"{URL}{path}/{record_id}", data=json.dumps(items[-1]))
            assert changed.status_code in {200, 400}, changed.text
            assert 200 == api.get(f"{path}/{record_id}").status_code
        assert 200 == api.get(f"{path}?limit=2000&sort=-updatedAt").status_code

    check()


@pytest.mark.evidence("assumed", "ECMAScript, TimeClip: of a number of milliseconds the whole ones count")
@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (253402300799999.03, "9999-12-31T23:59:59.999Z"),
        (253402300799999.97, "9999-12-31T23:59:59.999Z"),
        (-62135596800000.5, "0001-01-01T00:00:00.000Z"),
        (-0.6, "1970-01-01T00:00:00.000Z"),
        (1.9, "1970-01-01T00:00:00.001Z"),
    ],
)
def test_a_date_of_milliseconds_has_whole_ones(api: Api, given: float, stored: str) -> None:
    """What is less than a millisecond is cut off, towards 1970, also at the borders of what a date may be."""
    assert stored == api.made("/conversations", {"companyId": COMPANY_ID, "outDate": given})["outDate"]


@pytest.mark.evidence("assumed", "Mongoose refuses what is no date; ours ends with the years of four digits")
@pytest.mark.parametrize("given", [253402300800000, -62135596800001])
def test_a_date_of_milliseconds_has_borders(api: Api, given: int) -> None:
    """The first millisecond of the year 10000, and the last one before the year 1, are no date."""
    assert 400 == api.post("/conversations", {"companyId": COMPANY_ID, "outDate": given}).status_code
