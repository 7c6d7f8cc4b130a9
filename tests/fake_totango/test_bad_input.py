"""What no decent client sends: the vendor's error, never a traceback, and nothing half written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Api

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRITES = [
    ("POST", "/api/v3/touchpoints/"),
    ("POST", "/api/v3/tasks"),
    ("PUT", "/api/v3/tasks"),
    ("POST", "/api/v2/automations/run-manual-successplay"),
    ("PUT", "/_standin/totango/records/tasks/X1?create_new=true"),
    ("PUT", "/_standin/totango/records/touchpoints/X1?create_new=true"),
    ("POST", "/_standin/totango/jobs"),
]
SEARCHES = [
    ("POST", "/api/v2/events/search"),
    ("POST", "/api/v1/search/accounts"),
    ("POST", "/api/v1/search/users"),
    ("POST", "/api/v1/search/accounts/collections"),
]
GARBAGE = (
    b"{",
    b'{"a":}',
    b"nonsense",
    b"\xff\xfe\x00",
    b'{"a":' * 20_000,
    b"[" * 100_000,
    b'{"a": NaN}',
    b"[]",
    b"17",
    b'"x"',
    b"null",
)


def query_of(**given: Any) -> str:
    """The text of a query that is right but for what is given."""
    return json.dumps({"terms": [], "fields": [], "count": 1, "offset": 0, **given})


ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)


@pytest.mark.evidence("assumed", "what Totango answers to garbage is not known")
@pytest.mark.parametrize(("method", "path"), WRITES + SEARCHES)
def test_garbage_for_json(api: Api, method: str, path: str) -> None:
    """A body that is no JSON object is 400 with an error object."""
    api.switch(rate_limits="off")
    before = api.fake.store.contents()
    for body in GARBAGE:
        answer = api.call(method, path, data=body, headers=JSON)
        assert (400, {"type", "message"}) == (answer.status_code, set(answer.json()["error"])), body[:20]
    assert before == api.fake.store.contents()


@pytest.mark.evidence("assumed", "as above")
@pytest.mark.parametrize(("method", "path"), WRITES + SEARCHES)
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "application/xml", "", "multipart/form-data"]
)
def test_garbage_for_forms(api: Api, method: str, path: str, kind: str) -> None:
    """Bytes that are no form have no fields: what is required is missing."""
    api.switch(rate_limits="off")
    before = api.fake.store.contents()
    for body in (b"\xff\xfe", b"%%%", b"=&=&==", b"&" * 20_000, b"query", b"--x\r\n", b"a[0][b][c]=1&a[=2&]=3&a[]=4"):
        answer = api.call(method, path, data=body, headers={"Content-Type": kind})
        assert 400 == answer.status_code, body
    assert before == api.fake.store.contents()


@pytest.mark.evidence("assumed", "ours")
def test_multipart_forms(api: Api) -> None:
    """Fields of a multipart form are fields; a file where a text belongs is refused."""
    form: dict[str, Any] = {"account_id": (None, "a1"), "content": (None, "Met.")}

    assert 200 == api.post("/api/v3/touchpoints/", files=form).status_code
    form["content"] = ("met.txt", b"Met.")
    assert 400 == api.post("/api/v3/touchpoints/", files=form).status_code


@pytest.mark.evidence("client-derived", "the query is JSON text in a form field")
@pytest.mark.parametrize(("method", "path"), SEARCHES)
@pytest.mark.parametrize(
    "query",
    [
        "", "{", "[]", "17", "null", '"x"', "NaN", "[" * 100_000, query_of(terms=17), query_of(terms=[17]),
        query_of(fields={}), query_of(fields=[17]), query_of(count="x"), query_of(count=-1), query_of(count=1.5),
        query_of(offset=True), query_of().replace(": 0", ": 1e400"), query_of().replace(": 0", ": " + "9" * 5_000),
    ],
)  # fmt: skip
def test_a_query_that_is_none(api: Api, method: str, path: str, query: str) -> None:
    """Bad JSON in the field, and JSON of the wrong types, are 400."""
    answer = api.call(method, path, form={"query": query})

    assert (400, {"type", "message"}) == (answer.status_code, set(answer.json()["error"]))


@pytest.mark.evidence("assumed", "ours")
def test_deep_terms_are_refused(api: Api) -> None:
    """Terms inside terms have an end before Python's stack has."""
    term: Any = {"type": "string", "term": "health", "eq": "x"}
    for _ in range(200):
        term = {"type": "or", "or": [term]}

    assert 400 == api.search("accounts", terms=[term]).status_code


@pytest.mark.evidence("assumed", "no size is published")
@pytest.mark.parametrize(("method", "path"), WRITES + SEARCHES)
def test_a_body_that_is_too_large(api: Api, method: str, path: str) -> None:
    """413, and nothing is read into a record."""
    answer = api.call(method, path, data=b"x" * (4_194_304 + 1), headers=FORM)

    assert 413 == answer.status_code
    assert "too_large" == answer.json()["error"]["type"]


@pytest.mark.evidence("assumed", "not observed")
@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v3/nope", "/api/v3/touchpoints/1/2", "/api/v1/accounts", "//", "/%00"]
)
def test_unknown_paths(api: Api, path: str) -> None:
    """404 with an error object; there is no /api/v1/accounts."""
    answer = api.get(path)

    assert (404, "not_found") == (answer.status_code, answer.json()["error"]["type"])


@pytest.mark.evidence("assumed", "not observed")
def test_methods_that_a_path_does_not_take(api: Api) -> None:
    """405 that names those it takes."""
    answer = api.call("PATCH", "/api/v3/tasks")

    assert (405, {"GET", "HEAD", "POST", "PUT"}) == (answer.status_code, set(answer.headers["Allow"].split(", ")))


@pytest.mark.evidence("assumed", "ours")
@pytest.mark.parametrize("number", ["9" * 18, "9" * 19, "9" * 400, "-1", "1.5", "٣", "0x1", " 1", "1e3"])
def test_numbers_that_are_none(api: Api, number: str) -> None:
    """Ids past what a store holds, and digits of other scripts, name nothing."""
    api.control.seed({"tasks": [{"id": 3, "account_id": "a1"}], "touchpoints": [{"id": 3, "account_id": "a1"}]})
    assert 404 == api.put(f"/api/v3/tasks/{number}", json={"title": "x"}).status_code
    assert 404 == api.put(f"/api/v3/touchpoints/{number}", json={"event_id": "x"}).status_code
    assert 404 == api.get(f"/_standin/totango/records/tasks/{number}").status_code
    assert api.get("/api/v3/tasks", params={"id": number}).status_code in {200, 400}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "account_id",
        "content",
        "subject",
        "title",
        "description",
        "due_date",
        "priority",
        "status",
        "assignee",
        "activity_type_id",
        "created_by",
        "create_date",
        "disable_sync",
        "touchpointType",
        "touchpoint_tags",
        "participantList",
        "parentId",
        "event_id",
        "note_id",
        "id",
        "external_id",
        "participants",
        "created_at",
        "updated_at",
        "object",
        "direction",
        "mapping",
        "schedule",
        "connection",
        "pair",
        "create_new",
        "filter",
        "query",
        "accountId",
    ]
)


@pytest.mark.evidence("assumed", "ours")
@ONCE
@given(
    call=st.sampled_from(WRITES + SEARCHES), body=st.dictionaries(NAMES, JSON_VALUES, max_size=6), form=st.booleans()
)
def test_any_json_in_any_field(api: Api, call: tuple[str, str], body: dict[str, Any], *, form: bool) -> None:
    """Below 500 whatever the fields hold; what was refused changed nothing; what is stored is still readable."""
    api.switch(rate_limits="off")
    before = api.fake.store.contents()
    given_ = {"account_id": "a1", **body}
    text = json.dumps(given_)
    options: dict[str, Any] = {"data": text.encode("utf-8", "surrogatepass"), "headers": JSON}
    if form:
        flat = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given_.items()}
        options = {"data": {name: value.encode("utf-8", "replace") for name, value in flat.items()}}

    answer = api.call(*call, **options)

    assert answer.status_code in {200, 201, 400, 404, 409}
    if answer.status_code >= 400:
        assert before == api.fake.store.contents()
        assert {"type", "message"} == set(answer.json()["error"])
    assert 200 == api.get("/api/v2/events/", params={"account_id": "a1"}).status_code
    api.fake.store.reset()
    api.control.seed({"accounts": [{"id": "a1"}]})


@pytest.mark.evidence("assumed", "ours")
@ONCE
@given(query=JSON_VALUES | st.fixed_dictionaries({"terms": st.lists(JSON_VALUES, max_size=3), "fields": st.just([]),
       "count": JSON_VALUES, "offset": JSON_VALUES}), call=st.sampled_from(SEARCHES))  # fmt: skip
def test_any_json_as_query(api: Api, query: Any, call: tuple[str, str]) -> None:
    """A search answers 200 or 400."""
    api.switch(rate_limits="off")
    text = json.dumps(query).encode("utf-8", "surrogatepass")

    assert api.call(*call, data={"query": text}).status_code in {200, 400}


@pytest.mark.evidence("assumed", "half a surrogate pair is no text")
def test_lone_surrogates(api: Api) -> None:
    """They become U+FFFD, in a value and in a key, by JSON and in a query."""
    body = b'{"account_id": "a1", "content": "x\\ud800y", "\\udfff": 1}'
    note_id = api.post("/api/v3/touchpoints/", data=body, headers=JSON).json()["note"]["id"]

    assert "x\N{REPLACEMENT CHARACTER}y" == api.event_of(note_id)["note_content"]["text"]
    term = b'{"terms":[{"type":"string","term":"identifier","eq":"\\ud800"}],"fields":[]}'
    assert 200 == api.post("/api/v1/search/accounts", data={"query": term}).status_code


@pytest.mark.evidence("assumed", "ours")
def test_wrong_methods_for_texts_with_control_characters(api: Api) -> None:
    """Texts are kept as they are: control characters, quotes, four-byte characters."""
    text = "a\x00b\x1f'\"; DROP TABLE tasks; --\N{PILE OF POO}"
    task_id = api.task(title=text)

    assert text == api.row(task_id)["title"]
    made = api.put("/_standin/totango/records/tasks/%27%3B--?create_new=1", json={"account_id": "a1", "title": text})
    assert "';--" == made.json()["record"]["external_id"]
