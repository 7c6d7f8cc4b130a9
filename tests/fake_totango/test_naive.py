"""What a naive fake gets wrong about Totango: one short test for each point. What needs more stands in its own file."""

from __future__ import annotations

import json

import pytest

from .conftest import JO, NOW, OTHER_TOKEN, Api


@pytest.mark.evidence(
    "client-derived", "a GitHub Action: update by the note's id in the path and the event's in the form"
)
def test_01_a_touchpoint_has_two_ids_and_neither_does_for_the_other(api: Api) -> None:
    """The event's id in the path names nothing; the note's id is no event."""
    note_id = api.note()
    event_id = api.event_of(note_id)["id"]

    assert 404 == api.put(f"/api/v3/touchpoints/{event_id}", json={"event_id": event_id, "content": "x"}).status_code
    assert 400 == api.put(f"/api/v3/touchpoints/{note_id}", json={"event_id": note_id, "content": "x"}).status_code


@pytest.mark.evidence("documented", "both Search API pages")
def test_02_offset_is_a_page_here_and_a_record_there(api: Api) -> None:
    """offset 1 of events skips a whole page, of accounts one record."""
    for number in range(3):
        api.note(content=str(number), create_date=NOW - number)

    events = [hit["note_content"]["text"] for hit in api.hits("events", count=2, offset=1)]
    assert (["2"], ["a2"]) == (events, [hit["name"] for hit in api.hits("accounts", count=2, offset=1)])


@pytest.mark.evidence("client-derived", "tap-totango: its paginator follows a key next_page")
def test_03_no_answer_says_where_the_next_page_is(api: Api) -> None:
    """There is no cursor and no next_page; events have no total, accounts have one."""
    api.note()
    accounts, events = api.search("accounts").json(), api.search("events").json()

    envelope = {"status", "service_id", "took", "_type", "_version", "_revision"}
    assert ({"response"} | envelope, {"response"}) == (set(accounts), set(events))
    assert {"total_hits", "hits"} == set(accounts["response"]["accounts"])
    api.switch(search_envelope="bare")
    assert {"response"} == set(api.search("accounts").json())
    assert {"hits"} == set(events["response"]["events"])


@pytest.mark.evidence("documented", "Search API (accounts and users): hits")
def test_04_the_name_of_a_hit_is_an_id_and_its_fields_are_an_array(api: Api) -> None:
    """`name` is the account id, `display_name` its name, and selected_fields has values only, in the query's order."""
    fields = [{"type": "string_attribute", "attribute": "Region"}, {"type": "string", "term": "health"}]

    hit = api.hits("accounts", fields=fields)[0]

    assert ("a1", "Acme", ["EU", "green"]) == (hit["name"], hit["display_name"], hit["selected_fields"])


@pytest.mark.evidence("documented", "Search API pages: curl --data 'query={...}'")
def test_05_a_query_is_text_in_a_field(api: Api) -> None:
    """The JSON itself as body is no query."""
    query = {"terms": [], "fields": [], "count": 1, "offset": 0}

    assert 200 == api.post("/api/v1/search/accounts", form={"query": json.dumps(query)}).status_code
    assert 400 == api.post("/api/v1/search/accounts", json=query).status_code


@pytest.mark.evidence("client-derived", "the GitHub Action calls with and without a slash at the end")
def test_06_a_slash_at_the_end_makes_no_difference(api: Api) -> None:
    """Neither 404 nor a redirect that would turn POST into GET."""
    body = {"account_id": "a1", "content": "x"}

    for path in ("/api/v3/touchpoints", "/api/v3/touchpoints/"):
        assert (200, []) == ((answer := api.post(path, json=body)).status_code, answer.history)
    assert 2 == len(api.get("/api/v2/events", params={"account_id": "a1"}).json())
    assert [] == api.get("/api/v3/activity-types/").history


@pytest.mark.evidence("documented", "Tasks API and Touchpoints API: form fields and JSON")
def test_07_form_and_json_say_the_same(api: Api) -> None:
    """The numbers of a form are texts, and the records do not differ."""
    fields = {"account_id": "a1", "title": "Call", "activity_type_id": "x", "priority": 3, "due_date": "2026-02-01"}

    ids = [api.post("/api/v3/tasks", json=fields).json()["id"], api.post("/api/v3/tasks", form=fields).json()["id"]]

    first, second = ({**api.row(one), "id": 0} for one in ids)
    assert (first, 3) == (second, second["priority"])


@pytest.mark.evidence("documented", "Tasks API: 400, not 404")
def test_08_an_unknown_account_is_a_bad_request(api: Api) -> None:
    """400 with `Account not found`, for touchpoints alike (assumed)."""
    answer = api.post("/api/v3/touchpoints/", json={"account_id": "nope", "content": "x"})

    assert (400, "Account not found") == (answer.status_code, answer.json()["error"]["message"])


@pytest.mark.evidence("documented", "Touchpoints API: created_by: the name of a Totango user, else the e-mail")
def test_09_authors_with_a_login_are_shown_by_name(api: Api) -> None:
    """created_by, and the older user_id, in any case; who has no login is shown as the e-mail; default: the token's."""
    names = [
        api.event_of(api.note(**author))["note_content"]["totango_user"]["user_name"]
        for author in ({"created_by": JO.email.upper()}, {"user_id": JO.email}, {"created_by": "x@y.example"}, {})
    ]

    assert ["Jo", "Jo", "x@y.example", "Jo"] == names


@pytest.mark.evidence("documented", "API rate limit page")
def test_10_the_limit_is_a_tokens_and_not_the_services(api: Api) -> None:
    """A hundred calls of one token do not stop another."""
    for _ in range(101):
        last = api.get("/api/v3/activity-types")

    other = api.get("/api/v3/activity-types", headers={"app-token": OTHER_TOKEN})
    assert (429, 200) == (last.status_code, other.status_code)


@pytest.mark.evidence("documented", "HTTP API: 200 even for a request that is wrong")
def test_11_the_pixel_never_says_no(api: Api) -> None:
    """No token, no parameters, another service: a picture."""
    answers = [api.get("/pixel.gif", headers={"app-token": ""}), api.post("/pixel.gif", data=b"\xff\xfe")]

    assert [(200, "image/gif")] * 2 == [(one.status_code, one.headers["Content-Type"]) for one in answers]


@pytest.mark.rule("T4", "T5")
@pytest.mark.evidence("documented", "help article on syncing tasks and touchpoints")
def test_12_case_is_lost_on_the_way_in(api: Api) -> None:
    """An 18-character id comes back in lower case: who compares it as it was sent finds nothing to match."""
    sent = "001D000000IqhSLIAZ"

    stored = api.imported("tasks", sent, account_id="a1", title="x").json()["record"]["external_id"]

    assert ("001d000000iqhsliaz", False) == (stored, stored == sent)
    assert stored == api.record("tasks", sent)["external_id"]


@pytest.mark.rule("T4")
@pytest.mark.evidence("assumed", "folding is lossy for 15-character ids")
def test_13_two_short_ids_may_be_one_key(api: Api) -> None:
    """Two records whose 15-character ids differ in case alone are one in Totango; with 18 characters they are two."""
    short, long = ("001D000000IqhSL", "001d000000IQHsl"), ("001D000000IqhSLIAZ", "001d000000IQHslAAH")

    for keys, expected in ((short, 1), (long, 2)):
        ids = {api.imported("tasks", key, account_id="a1", title="x").json()["record"]["id"] for key in keys}
        assert expected == len(ids)


@pytest.mark.evidence("client-derived", "the GitHub Action compares note_id with ===")
def test_14_types_of_ids(api: Api) -> None:
    """Ids of notes and tasks are numbers, of events texts; times are whole milliseconds."""
    note_id, task_id = api.note(), api.task()
    event = api.event_of(note_id)

    kinds = [type(one) for one in (note_id, event["note_content"]["note_id"], task_id, event["timestamp"], event["id"])]
    assert [int, int, int, int, str] == kinds


@pytest.mark.evidence("client-derived", "the GitHub Action reads events as an array, searches wrap them")
def test_15_a_list_of_events_is_a_bare_array(api: Api) -> None:
    """GET answers the array itself; the search puts hits into response.events."""
    api.note()

    assert api.events() == api.hits("events")


@pytest.mark.evidence("documented", "Touchpoints API: create_date is when it is registered")
def test_16_the_moment_of_a_touchpoint_is_not_its_last_update(api: Api) -> None:
    """An old touchpoint that is made today is old on the timeline and new for whoever asks for changes."""
    note_id = api.note(create_date=NOW - 90 * 86_400_000)

    recent = api.get("/_standin/totango/records/touchpoints", params={"updated_from": NOW}).json()["records"]
    found = api.hits("events", terms=[{"type": "date", "term": "date", "gte": NOW}])
    assert ([note_id], []) == ([one["id"] for one in recent], found)
