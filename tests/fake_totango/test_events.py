"""Events: the account's array, and the search with its terms. Paging stands in test_search."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import DAY, NOW, Api

TOUCH = {"id": "ct-9", "account_id": "a1", "kind": "One time", "name": "Q1", "users_count": 250, "from": "a@b.co"}


@pytest.fixture
def timeline(api: Api) -> Api:
    """A note of three days ago, one of yesterday, a task and a campaign touch of now; a note on another account."""
    api.note(content="old", create_date=NOW - 3 * DAY)
    api.note(content="yesterday", create_date=NOW - DAY)
    api.task()
    api.control.seed({"campaign_touches": [{**TOUCH, "start_date": NOW}]})
    api.note(account_id="a2", content="elsewhere", create_date=NOW - DAY)
    return api


def found(api: Api, *terms: Any, **more: Any) -> set[str]:
    """What a search finds, each by its text, subject or title."""
    hits = api.hits("events", terms=list(terms), **more)
    return {
        hit.get("note_content", {}).get("text") or hit.get("task_content", {}).get("title") or hit["properties"]["name"]
        for hit in hits
    }


NOTES = {"type": "event_property", "name": "event_type", "eq": "note"}
TOUCHES = {"type": "event_property", "name": "event_type", "eq": "campaign_touch"}


@pytest.mark.evidence("documented", "Search API (events), sample: touchpoints and campaigns of one account")
def test_the_pages_sample(timeline: Api) -> None:
    """An `or` of two event types, with account_id as a form field of its own."""
    assert {"old", "yesterday", "Q1"} == found(timeline, {"type": "or", "or": [NOTES, TOUCHES]}, account_id="a1")


@pytest.mark.evidence("documented", "Search API (events); Pipedream")
@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ({"type": "date", "term": "date", "gte": NOW - DAY}, {"yesterday", "elsewhere", "Call", "Q1"}),
        ({"type": "date", "term": "date", "gt": NOW - DAY}, {"Call", "Q1"}),
        ({"type": "date", "term": "date", "lte": NOW - DAY}, {"old", "yesterday", "elsewhere"}),
        ({"type": "date", "term": "date", "lt": NOW - DAY}, {"old"}),
        ({"type": "date", "term": "date", "gte": NOW - 3 * DAY, "lt": NOW - DAY}, {"old"}),
        ({"type": "date", "term": "date", "joker": "yesterday"}, {"yesterday", "elsewhere"}),
        (NOTES, {"old", "yesterday", "elsewhere"}),
        ({"type": "event_property", "name": "event_type", "eq": "task"}, {"Call"}),
    ],
)
def test_terms(timeline: Api, term: dict[str, Any], expected: set[str]) -> None:
    """Bounds are what they are called; yesterday is the whole day before, in UTC (assumed)."""
    assert expected == found(timeline, term)


@pytest.mark.evidence("documented", "Search API (events): several terms must all hold")
def test_terms_are_all_to_hold(timeline: Api) -> None:
    """Two terms narrow, an `or` in them widens."""
    assert {"yesterday", "elsewhere"} == found(timeline, NOTES, {"type": "date", "term": "date", "joker": "yesterday"})


@pytest.mark.evidence("assumed", "order of events is not documented")
def test_order(timeline: Api) -> None:
    """Newest first, or oldest first by a switch; the account's array as well."""
    newest = [event["timestamp"] for event in timeline.events()]
    timeline.switch(events_order="oldest_first")
    oldest = [event["timestamp"] for event in timeline.events()]

    assert sorted(newest, reverse=True) == newest
    assert sorted(newest) == oldest


@pytest.mark.evidence("client-derived", "Pipedream and tap-totango send the query's text in a JSON body")
def test_json_bodies_hold_the_querys_text(timeline: Api) -> None:
    """A JSON body has the query as text, like the form; an object there is refused (assumed)."""
    query = {"terms": [NOTES], "fields": [], "count": 10, "offset": 0}
    path = "/api/v2/events/search"

    answer = timeline.post(path, json={"query": json.dumps(query), "account_id": "a2"})

    assert ["elsewhere"] == [hit["note_content"]["text"] for hit in answer.json()["response"]["events"]["hits"]]
    assert 400 == timeline.post(path, json={"query": query}).status_code


@pytest.mark.evidence("client-derived", "a script sends the form without encoding it")
def test_a_raw_form(timeline: Api) -> None:
    """`query={...}` with blanks and quotes as they are is understood."""
    data = 'query={"terms": [], "fields": [], "count": 10, "offset": 0}&teams_id=-1'
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = timeline.post("/api/v2/events/search", data=data, headers=headers)

    assert 5 == len(answer.json()["response"]["events"]["hits"])


@pytest.mark.evidence("assumed", "not observed")
def test_events_of_an_unknown_account(api: Api) -> None:
    """None, or a refusal by a switch; the account must be named."""
    assert [] == api.events("nope")
    assert 400 == api.get("/api/v2/events/").status_code
    api.switch(unknown_event_account="refuse")
    assert 400 == api.get("/api/v2/events/", params={"account_id": "nope"}).status_code


@pytest.mark.rule("T26", "T27")
@pytest.mark.evidence("documented", "help article on syncing tasks and touchpoints: the subject")
def test_a_campaign_touch_has_its_subject(timeline: Api) -> None:
    """Kind, name, number of users and sender make the subject, in the event and in the record."""
    subject = 'One time campaign "Q1" was sent to 250 users. From: a@b.co'

    (event,) = timeline.hits("events", terms=[TOUCHES])

    assert subject == event["properties"]["subject"]
    assert subject == timeline.record("campaign_touches", "ct-9")["subject"]


@pytest.mark.rule("T27")
@pytest.mark.evidence("documented", "help article on syncing tasks and touchpoints")
def test_the_subject_of_one_user_and_a_quoted_name(api: Api) -> None:
    """One user is "1 users", and quotes in a name stay as they are."""
    touch = {"id": "ct-1", "account_id": "a1", "name": 'Spring "Renewal"', "users_count": 1, "from": "a@b.co"}
    api.control.seed({"campaign_touches": [touch]})

    expected = 'Ongoing campaign "Spring "Renewal"" was sent to 1 users. From: a@b.co'
    assert expected == api.record("campaign_touches", "ct-1")["subject"]


@pytest.mark.rule("T1", "T26")
@pytest.mark.evidence("documented", "help article: campaign touches go out only")
def test_nothing_imports_a_campaign_touch(timeline: Api) -> None:
    """The hub can read campaign touches; there is no way to change or delete one."""
    before = timeline.fake.store.contents()

    changed = timeline.imported("campaign_touches", "ct-9", account_id="a1", subject="x")
    deleted = timeline.delete("/_standin/totango/records/campaign_touches/ct-9")

    assert (405, 405) == (changed.status_code, deleted.status_code)
    assert before == timeline.fake.store.contents()
