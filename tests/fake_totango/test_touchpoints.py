"""Touchpoints of /api/v3: two ids, form and JSON bodies, what an update may change."""

from __future__ import annotations

import pytest

from .conftest import JO, NOW, Api


@pytest.mark.evidence("documented", "Touchpoints API, Create; a GitHub Action reads note.id")
def test_create_answers_the_notes_id_only(api: Api) -> None:
    """The answer is {"note": {"id": …}}; the event's id must be looked up."""
    answer = api.post(
        "/api/v3/touchpoints/", form={"account_id": "a1", "content": "Met.", "activity_type_id": "support"}
    )

    assert (200, {"note"}, {"id"}) == (answer.status_code, set(answer.json()), set(answer.json()["note"]))
    assert isinstance(answer.json()["note"]["id"], int)


@pytest.mark.evidence("client-derived", "schema of tap-totango; a GitHub Action")
def test_a_touchpoint_is_an_event_with_an_id_of_its_own(api: Api) -> None:
    """The event's id is a text, the note's a number, and they are not the same."""
    note_id = api.note(subject="QBR", created_by=JO.email, touchpointType="t-1", touchpoint_tags=["g-1", "g-2"])

    event = api.event_of(note_id)

    assert (str, "note", {"id": "a1"}, NOW) == (type(event["id"]), event["type"], event["account"], event["timestamp"])
    assert str(note_id) != event["id"]
    assert {"note_id": note_id, "text": "Met.", "totango_user": {"user_name": "Jo"}} == event["note_content"]
    expected = {"subject": "QBR", "meeting_type": "t-1", "touchpoint_tags": ["g-1", "g-2"], "parent_id": None}
    assert expected.items() <= event["properties"].items()


@pytest.mark.evidence("client-derived", "a GitHub Action looks the event up before each update")
@pytest.mark.parametrize("fields", [{}, {"event_id": ""}, {"event_id": "0" * 32}])
def test_an_update_needs_both_ids(api: Api, fields: dict[str, str]) -> None:
    """Without its event, or with another's, a touchpoint is not changed."""
    note_id = api.note()

    answer = api.put(f"/api/v3/touchpoints/{note_id}", form={"content": "New.", **fields})

    assert 400 == answer.status_code
    assert "Met." == api.event_of(note_id)["note_content"]["text"]


@pytest.mark.evidence("assumed", "the page's part on updates is not known")
def test_the_event_may_be_left_out_by_a_switch(api: Api) -> None:
    """With event_id_in_update at optional the note's id does; a wrong event is refused all the same."""
    note_id = api.note()
    api.switch(event_id_in_update="optional")

    assert 200 == api.put(f"/api/v3/touchpoints/{note_id}", json={"content": "New."}).status_code
    wrong = api.put(f"/api/v3/touchpoints/{note_id}", json={"content": "No.", "event_id": "0" * 32})
    assert (400, "New.") == (wrong.status_code, api.event_of(note_id)["note_content"]["text"])


@pytest.mark.evidence("client-derived", "a GitHub Action")
def test_an_update_shows_in_the_same_event(api: Api) -> None:
    """The note and its event change; there is still one event, and what was not sent stays."""
    note_id = api.note(subject="QBR", touchpoint_tags=["g-1"])
    event_id = api.event_of(note_id)["id"]
    form = {
        "account_id": "a1",
        "note_id": note_id,
        "event_id": event_id,
        "content": "New.",
        "touchpoint_tags": "g-2,g-3",
    }

    answer = api.put(f"/api/v3/touchpoints/{note_id}", form=form)

    event = api.event_of(note_id)
    assert (200, 1, event_id) == (answer.status_code, len(api.events()), event["id"])
    assert ("New.", "QBR", ["g-2", "g-3"]) == (
        event["note_content"]["text"], event["properties"]["subject"], event["properties"]["touchpoint_tags"],
    )  # fmt: skip


@pytest.mark.evidence("client-derived", "request's form encoding, used by the GitHub Action")
def test_arrays_in_forms(api: Api) -> None:
    """`touchpoint_tags[0]` and `participantList[0][userid]` are arrays, as is a field that is repeated."""
    form = [("account_id", "a1"), ("content", "x"), ("touchpoint_tags[0]", "g-1"), ("touchpoint_tags[1]", "g-2")]
    form += [("participantList[0][userid]", "u@a.example"), ("participantList[1][userid]", "v@a.example")]

    api.post("/api/v3/touchpoints/", form=form)
    api.post("/api/v3/touchpoints/", form=[*form[:2], ("touchpoint_tags", "g-3"), ("touchpoint_tags", "g-4")])

    shown = [event["properties"] for event in api.events()]
    assert {("g-1", "g-2"), ("g-3", "g-4")} == {tuple(one["touchpoint_tags"]) for one in shown}
    assert ["u@a.example", "v@a.example"] in [one["totango_participants"] for one in shown]


@pytest.mark.evidence("documented", "Touchpoints API: create_date in milliseconds, default now")
def test_create_date_is_the_events_moment(api: Api) -> None:
    """A touchpoint is registered at create_date; that it was made now is another matter."""
    note_id = api.note(create_date=1_461_110_400_000)

    assert 1_461_110_400_000 == api.event_of(note_id)["timestamp"]
    assert NOW == api.record("touchpoints", note_id)["updated_at"]


@pytest.mark.evidence("documented", "Touchpoints API: account_id and content")
@pytest.mark.parametrize("body", [{"content": "x"}, {"account_id": "a1"}, {"account_id": "a1", "content": " \n"}])
def test_account_and_content_are_required(api: Api, body: dict[str, str]) -> None:
    """A touchpoint has an account and says something; nothing is made otherwise."""
    before = api.fake.store.contents()

    assert 400 == api.post("/api/v3/touchpoints/", json=body).status_code
    assert before == api.fake.store.contents()


@pytest.mark.evidence("assumed", "an import takes either; of the API it is not said")
def test_subject_may_do_by_a_switch(api: Api) -> None:
    """With touchpoint_requires at subject_or_content a subject is enough."""
    api.switch(touchpoint_requires="subject_or_content")

    assert 200 == api.post("/api/v3/touchpoints/", json={"account_id": "a1", "subject": "QBR"}).status_code
    assert 400 == api.post("/api/v3/touchpoints/", json={"account_id": "a1"}).status_code


@pytest.mark.evidence("client-derived", "a GitHub Action sends parentId and followUp")
def test_a_follow_up_names_its_parent(api: Api) -> None:
    """parentId shows as the event's parent_id; a parent that is not there is refused."""
    parent = api.note()

    child = api.note(parentId=str(parent), followUp=str(parent))

    assert parent == api.event_of(child)["properties"]["parent_id"]
    refused = api.post("/api/v3/touchpoints/", json={"account_id": "a1", "content": "x", "parentId": 1})
    assert 404 == refused.status_code


@pytest.mark.evidence("assumed", "the page says that touchpoints can be deleted; the form is a stand-in")
def test_delete_is_a_stand_in_that_takes_the_event_along(api: Api) -> None:
    """It needs account and event, says that it is no call of Totango's, and answers 204 without a body."""
    note_id = api.note()
    event_id = api.event_of(note_id)["id"]
    path = f"/api/v3/touchpoints/{note_id}"

    wrong = api.delete(path, params={"account_id": "a2", "event_id": event_id})
    right = api.delete(path, params={"account_id": "a1", "event_id": event_id})

    assert (400, 204, b"") == (wrong.status_code, right.status_code, right.content)
    assert "not public" in right.headers["X-Understudy-Stand-In"]
    assert [] == api.events()
    assert 404 == api.delete(path, params={"account_id": "a1", "event_id": event_id}).status_code


@pytest.mark.evidence("client-derived", "README of a GitHub Action; a fork of tap-totango")
def test_types_tags_and_flows_are_lists(api: Api) -> None:
    """Rows have the ids that calls refer to; by a switch activity types come as an object by id."""
    for path, key in (("touchpoint-types", "id"), ("touchpoint-tags", "id"), ("activity-types", "activity_type_id")):
        rows = api.get(f"/api/v3/{path}/").json()
        assert rows
        assert all({key, "display_name"} <= set(row) for row in rows)

    api.switch(activity_types_shape="object")
    assert "escalation" == api.get("/api/v3/activity-types").json()["escalation"]["activity_type_id"]


@pytest.mark.evidence("assumed", "whether the ids are checked is not known")
def test_unknown_types_are_refused_by_a_switch(api: Api) -> None:
    """Unknown flows, types and tags are kept, or refused with unknown_type_ids at refuse; known ones never."""
    known = api.get("/api/v3/touchpoint-types").json()[0]["id"]
    api.note(touchpointType="nope", activity_type_id="nope", touchpoint_tags=["nope"])
    api.switch(unknown_type_ids="refuse")

    api.note(touchpointType=known, activity_type_id="renewal", touchpoint_tags=[])
    for field in ({"touchpointType": "nope"}, {"activity_type_id": "nope"}, {"touchpoint_tags": ["nope"]}):
        answer = api.post("/api/v3/touchpoints/", json={"account_id": "a1", "content": "x", **field})
        assert 400 == answer.status_code
