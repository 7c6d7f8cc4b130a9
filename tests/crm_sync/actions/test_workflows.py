"""Workflows: the documentation's three, versions, errors that are found before anything runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.crm_sync.actions.desk import (
    CREATE,
    EACH,
    EXAMPLES,
    EXTRACT,
    LOAD,
    MEETING,
    TASK,
    TRIGGER,
    UPDATE,
    Desk,
    chain,
    fired,
    items,
    node,
)

from crm_sync.actions.data import load
from crm_sync.actions.document import DocumentError, Workflow, known_events, load_workflow, notes, problems, workflow
from crm_sync.actions.events import event
from crm_sync.actions.expressions import evaluate
from crm_sync.actions.failures import Failure
from crm_sync.actions.report import Report
from crm_sync.actions.runner import RunRefused

WITHOUT_DEAL = "9b2f4c7e-1d3a-4e5f-8a6b-7c8d9e0f1a2b"
IF = "ds.if.perItem.in1.success2.error0"
SINK = "ds.sink.perItem.in1.success0.error0"


def example(name: str) -> Workflow:
    return load_workflow(EXAMPLES / f"{name}.json")


def play(desk: Desk, name: str, meeting: str = MEETING) -> Report:
    """An example workflow over its own meeting, whose opportunity is the desk's."""
    text = (EXAMPLES / "meetings" / f"{meeting}.json").read_text("utf-8")
    (desk.folder / f"{meeting}.json").write_text(text.replace("006Ud0000000001", desk.opportunity[:15]), "utf-8")
    return desk.run(example(name), meeting=meeting)


@pytest.mark.rule("A19", "A6", "A17")
def test_after_a_meeting_each_action_item_is_a_task(desk: Desk) -> None:
    """Event, Load Meeting, AI, Select Many, Create Task: on the meeting's deal, in the items' order."""
    made = play(desk, "post-meeting-tasks")

    assert ["created", "created", "refused"] == [o.status for o in made.outcomes]
    assert [
        ("Send the quote for 40 seats", desk.opportunity, "2026-01-09", "As discussed with Lena; {{ not a template }}"),
        ("Book the security review", desk.opportunity, None, "With Acme's IT."),
    ] == [(t["Subject"], t["WhatId"], t["ActivityDate"], t["Description"]) for t in desk.tasks()]


@pytest.mark.rule("A19")
def test_the_ai_is_a_function_of_the_meeting(desk: Desk) -> None:
    """The same meeting gives the same answer; a node it says nothing about fails its item."""
    desk.meeting(items("Call"), ai={})
    asked = node("other", "ds.aiAgent.perItem.in1.success1.error1", messages=[])
    made = desk.run(workflow(chain(TRIGGER, LOAD, asked, EACH, node("task", CREATE, **TASK))))

    assert [("refused", "NO_ANSWER")] == [(o.status, o.code) for o in made.outcomes]
    assert [] == desk.wire.sent


@pytest.mark.rule("A20")
def test_a_meeting_with_an_opportunity_moves_its_stage(desk: Desk) -> None:
    """Yes: analyse, recommend, update; exactly StageName is written."""
    play(desk, "stage-update")

    assert [("PATCH", {"StageName": "Proposal/Price Quote"})] == desk.writes
    assert "Proposal/Price Quote" == desk.opportunity_now()["StageName"]


@pytest.mark.rule("A20")
def test_a_meeting_without_one_makes_no_call(desk: Desk) -> None:
    """No: the sink, and Salesforce hears nothing."""
    made = play(desk, "stage-update", WITHOUT_DEAL)

    assert (True, [], []) == (made.good, made.outcomes, desk.wire.sent)


@pytest.mark.rule("A21")
def test_the_next_step_workflow_writes_nothing_else(desk: Desk) -> None:
    """The body is NextStep alone, and no other field of the opportunity changes."""
    before = desk.opportunity_now()
    play(desk, "next-step")
    after = desk.opportunity_now()

    assert [("PATCH", {"NextStep": "Send the quote for 40 seats"})] == desk.writes
    changed = {name for name in after if before[name] != after[name]} - {"LastModifiedDate", "SystemModstamp"}
    assert {"NextStep"} == changed


@pytest.mark.rule("A39")
@pytest.mark.parametrize("status", ["draft", "superseded"])
def test_only_an_active_version_runs(desk: Desk, status: str) -> None:
    """A draft never executes, nor what was superseded."""
    with pytest.raises(RunRefused, match=status):
        desk.run(workflow(chain(TRIGGER, LOAD, status=status)))

    assert [] == desk.wire.sent


@pytest.mark.rule("A39")
def test_a_version_is_a_draft_until_it_says_otherwise() -> None:
    """A document that says nothing of its version is a first draft."""
    given = {**chain(TRIGGER, LOAD), "settings": {}}

    assert (1, "draft") == (workflow(given).version, workflow(given).status)


@pytest.mark.rule("A39")
def test_one_version_at_a_time(desk: Desk) -> None:
    """After version 2 has run, version 1 is superseded, whatever its file says; the new version runs the event anew."""
    desk.meeting(items("Call"))
    nodes = (TRIGGER, LOAD, EXTRACT, EACH, node("task", CREATE, **TASK))
    first, second = (desk.run(workflow(chain(*nodes, version=n))) for n in (1, 2))

    with pytest.raises(RunRefused, match="version 1 is superseded"):
        desk.run(workflow(chain(*nodes)))
    assert (True, True, 2) == (first.good, second.good, len(desk.tasks()))


@pytest.mark.rule("A39")
def test_a_version_that_ran_does_not_change(desk: Desk) -> None:
    """Other content needs another number; a new name of a node's place on the canvas is not content."""
    desk.meeting()
    desk.run(workflow(chain(TRIGGER, LOAD)))
    moved = chain({**TRIGGER, "position": [9, 9]}, LOAD)
    desk.run(workflow(moved))

    with pytest.raises(RunRefused, match="new version"):
        desk.runner().run(workflow(chain(TRIGGER, LOAD, EXTRACT)), fired(organizationId="other"))


@pytest.mark.rule("A40")
@pytest.mark.parametrize(
    ("type_name", "parameters"),
    [
        (CREATE, {"deal_room_id": "1", "title": "Call", "description": "x"}),
        (UPDATE, {"deal_room_id": "1", "meeting_plan_id": MEETING}),
    ],
)
def test_the_newer_contract_is_data_and_is_not_played(type_name: str, parameters: dict[str, Any]) -> None:
    """A document of the newer generation is refused with the reason; its inputs are in the data file."""
    (first, *_) = problems(chain(TRIGGER, LOAD, node("act", type_name, **parameters)))

    assert "newer contract is not played (A40)" in first
    assert set(parameters) <= set(load("node_types.toml")["newer"][".".join(type_name.split(".")[:2])])


@pytest.mark.rule("A40")
@pytest.mark.parametrize(
    "shape",
    [
        {"event": "MEETING_ENDED", "meetingPlanId": MEETING, "organizationId": "o", "firedAt": "T"},
        {"eventType": "MEETING_ENDED", "meetingId": MEETING, "organizationId": "o", "timestamp": "T"},
        {
            "event": {
                "type": "system",
                "id": "e",
                "organizationId": "o",
                "payload": {"systemEventType": "MEETING_ENDED", "meetingPlanId": MEETING, "firedAt": "T"},
            }
        },
    ],
)
def test_three_shapes_of_an_event_are_one(shape: dict[str, Any]) -> None:
    """Each is read into the first, and templates may use the second's names."""
    read = event(shape)

    assert ("MEETING_ENDED", "o", MEETING) == (read.type, read.organization, read.subject)
    aliases = ("eventType", "meetingId", "timestamp", "meetingPlanId", "firedAt")
    assert ["MEETING_ENDED", MEETING, "T", MEETING, "T"] == [read.names[name] for name in aliases]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "JSON object"),
        ({"event": "MEETING_OVER", "organizationId": "o"}, "no event"),
        ({"event": ["MEETING_ENDED"], "organizationId": "o"}, "no event"),
        ({"event": {"type": {}, "organizationId": "o"}}, "no event"),
        ({"event": "MEETING_ENDED", "organizationId": "o", "meetingPlanId": "1"}, "no UUID"),
        ({"event": "MEETING_ENDED", "meetingPlanId": MEETING}, "organizationId"),
        ({"event": "MEETING_ENDED_FOR_DEAL_ROOM", "organizationId": "o", "meetingPlanId": MEETING}, "dealRoomId"),
        ({"event": "MANUAL", "organizationId": "o"}, "firedAt"),
    ],
)
def test_what_is_no_event(given: Any, words: str) -> None:
    """One line with the key."""
    with pytest.raises(DocumentError, match=words):
        event(given)


def test_events_of_deal_rooms_and_of_nothing() -> None:
    """A deal room is a part of the subject; an event about no meeting is named by its moment."""
    words = {"organizationId": "o", "meetingPlanId": MEETING}
    room = event({**words, "event": "MEETING_ENDED_FOR_DEAL_ROOM", "dealRoomId": 7})
    manual = event({"event": "MANUAL", "organizationId": "o", "firedAt": "2026-01-05T09:00:00Z"})

    assert (f"{MEETING}/7", "2026-01-05T09:00:00Z") == (room.subject, manual.subject)
    assert 19 == len(known_events())


def test_an_event_of_another_type_does_not_fire(desk: Desk) -> None:
    """A workflow is fired by the event its trigger names."""
    with pytest.raises(RunRefused, match="triggered by MEETING_ENDED"):
        desk.runner().run(workflow(chain(TRIGGER, LOAD)), event({**fired().fields, "event": "MEETING_START"}))


BAD: list[tuple[Any, str]] = [
    ([], "JSON object"),
    ({**chain(TRIGGER), "schema_version": "ds-v2"}, "schema_version"),
    ({**chain(TRIGGER), "nodes": []}, "nodes"),
    ({**chain(TRIGGER), "settings": {"status": "live"}}, "settings.status"),
    (chain(TRIGGER, TRIGGER), "is taken"),
    (chain(LOAD), "0 event triggers"),
    (chain({**TRIGGER, "parameters": {"event": "NOPE"}}), "is no event"),
    (chain(TRIGGER, node("x", "ds.nope.perItem.in1.success1.error1")), "is no node that is played"),
    (chain(TRIGGER, node("x", CREATE.replace("error1", "error0"), **TASK)), f"write {CREATE!r}"),
    (chain(node("t", "ds.scheduledTrigger.perItem.in0.success1.error0")), "schedules are not played"),
    (chain(TRIGGER, node("x", CREATE.replace("perItem", "batch"), **TASK)), "batch nodes are not played"),
    (chain(TRIGGER, {**node("x", CREATE, **TASK), "mode": "batch"}), "batch nodes are not played"),
    (chain(TRIGGER, node("x", CREATE, subject="x")), "description: is required"),
    (chain(TRIGGER, node("x", CREATE, **TASK, status="Open")), "not a parameter"),
    (chain(TRIGGER, node("x", CREATE, **{**TASK, "subject": "{{ json.a | nope }}"})), "unknown filter 'nope'"),
    (chain(TRIGGER, node("x", CREATE, **{**TASK, "subject": "{% include 'a' %}"})), "include"),
    (chain(TRIGGER, node("x", UPDATE, opportunity_id="x", field_values={"A": {"B": "{{ json"}})), "field_values.A.B"),
    (chain(TRIGGER, node("x", UPDATE, opportunity_id="x", field_values="A")), "is an object"),
    (chain(TRIGGER, node("x", IF, expr="json.a = 1")), "cannot be read at column"),
    (chain(TRIGGER, LOAD, {**LOAD, "id": "more"}, TRIGGER | {"id": "again"}), "2 event triggers"),
    ({**chain(TRIGGER), "connections": {"nobody": {}}}, "no node has this id"),
    ({**chain(TRIGGER), "connections": {"ended": {"success": [[{"node_id": "nobody"}]]}}}, "is no node's id"),
    ({**chain(TRIGGER), "connections": {"ended": {"success": [[{"port": 0}]]}}}, "ended.success[0][0].port: Unknown"),
    ({**chain(TRIGGER), "connections": {"ended": {"success": [[], [{"node_id": "ended"}]]}}}, "1 of these ports"),
    ({**chain(TRIGGER), "connections": {"ended": {"success": [[{"node_id": "ended"}]]}}}, "has no input 0"),
    ({**chain(TRIGGER, LOAD), "connections": {"load": {"success": [[{"node_id": "load"}]]}}}, "no circles"),
]


@pytest.mark.parametrize(("given", "words"), BAD, ids=[words for _, words in BAD])
def test_mistakes_are_found_without_an_event(given: Any, words: str) -> None:
    """Each is one line with its place."""
    found = problems(given)

    assert [] != [line for line in found if words in line]
    assert [] == [line for line in found if "\n" in line]


def test_the_examples_have_no_mistakes() -> None:
    """What is shipped can run."""
    for path in sorted(EXAMPLES.glob("*.json")):
        assert [] == problems(json.loads(path.read_text("utf-8"))), path


def test_an_unusual_stage_is_noted() -> None:
    """A literal stage that is none of the ten may be a slip: a note, no mistake."""
    checked = workflow(chain(TRIGGER, node("x", UPDATE, opportunity_id="x", field_values={"StageName": "proposal"})))

    assert ["x: StageName 'proposal' is none of the default stages; an org may have it (A14)"] == notes(checked)


def test_a_failing_item_leaves_by_the_error_port(desk: Desk) -> None:
    """What went wrong travels on with the item; the others take the success port."""
    desk.meeting([*items("One"), *items("Two", due="soon")])
    task = node("task", CREATE, **TASK, activity_date="{{ json.item.due }}")
    told = node("told", CREATE, subject="Failed: {{ json.error.code }}", description="{{ json.error.message }}")
    given = chain(TRIGGER, LOAD, EXTRACT, EACH, task)
    given["nodes"].append(told)
    given["connections"]["task"] = {"error": [[{"node_id": "told", "index": 0}]]}

    made = desk.run(workflow(given))

    assert ["One", "Failed: INVALID_DATE"] == desk.subjects()
    assert ["created", "refused", "created"] == [o.status for o in made.outcomes]
    assert not made.good


def test_where_connections_meet_items_stay_apart(desk: Desk) -> None:
    """One item that reaches a node on two ways is two tasks, and fired again it is none."""
    desk.meeting(items("Call"))
    given = chain(TRIGGER, LOAD, EXTRACT, EACH)
    given["nodes"] += [node("yes", IF, expr="true"), node("also", IF, expr="true"), node("task", CREATE, **TASK)]
    to = {"success": [[{"node_id": "task", "index": 0}]]}
    given["connections"] |= {
        "each": {"success": [[{"node_id": "yes", "index": 0}, {"node_id": "also", "index": 0}]]},
        "yes": to,
        "also": to,
    }

    for _ in range(2):
        desk.run(workflow(given))

    assert ["Call", "Call"] == desk.subjects()


def test_a_created_tasks_id_travels_on(desk: Desk) -> None:
    """The output is the documentation's: status and results with the task's id; also under steps."""
    desk.meeting(items("Call"))
    ids = "{{ json.results[0].taskId }}/{{ steps.task.status }}"
    last = node("update", UPDATE, opportunity_id=desk.opportunity, field_values={"NextStep": ids})
    desk.run(workflow(chain(TRIGGER, LOAD, EXTRACT, EACH, node("task", CREATE, **TASK), last)))

    assert f"{desk.tasks()[0]['Id']}/created" == desk.opportunity_now()["NextStep"]


def test_a_select_without_a_label_spreads_its_objects(desk: Desk) -> None:
    """An element's own keys join json; what is no object, or no list, fails the item."""
    bare = node("each", EACH["type"], items="json.items")
    desk.meeting(items("Call"))
    task = node("task", CREATE, subject="{{ json.title }}", description="x")
    desk.run(workflow(chain(TRIGGER, LOAD, EXTRACT, bare, task)))
    desk.meeting(["text"], id=WITHOUT_DEAL)  # type: ignore[list-item]
    wrong = desk.run(workflow(chain(TRIGGER, LOAD, EXTRACT, bare, name="V")), meeting=WITHOUT_DEAL)

    assert ["Call"] == desk.subjects()
    assert ["EXPRESSION_FAILED"] == [o.code for o in wrong.outcomes]


def test_a_meeting_that_is_not_there_can_be_put_there(desk: Desk, tmp_path: Path) -> None:
    """Nothing was done, so that the next firing tries again."""
    desk.folder = tmp_path
    first = desk.run(workflow(chain(TRIGGER, LOAD)))
    desk.meeting()
    again = desk.run(workflow(chain(TRIGGER, LOAD)))

    assert (["MEETING_NOT_FOUND"], False, True) == ([o.code for o in first.outcomes], again.already, again.good)


NAMES: Mapping[str, Any] = {"json": {"a": 1, "s": "x", "list": [1, "two"], "none": None, "deep": {"b": True}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("json.a", 1),
        ("json.list[1]", "two"),
        ('json["s"]', "x"),
        ("size(json.list) == 2", True),
        ("has(json.a) && has(json.nothing)", False),
        ("has(json.none)", False),
        ("!has(json.nothing.at.all)", True),
        ("json.a >= 1 && json.a < 2", True),
        ('json.s == "x" || json.nothing', True),
        ("json.a == true", False),
        ('json.a != "1"', True),
        ("1 in json.list", True),
        ('"a" in json', True),
        ("(json.deep.b)", True),
        ("[1, 'b', null]", [1, "b", None]),
        ("[]", []),
        ("-1.5", -1.5),
        (r"'it\'s\n'", "it's\n"),
        ("null == json.none", True),
        ("inner == 1", None),
    ],
)
def test_expressions(text: str, value: Any) -> None:
    """The part of CEL that is played; true is not 1."""
    if value is None:
        with pytest.raises(Failure, match="inner"):
            evaluate(text, NAMES)
    else:
        assert value == evaluate(text, NAMES)
        assert type(value) is type(evaluate(text, NAMES))


@pytest.mark.parametrize(
    "text", ["json.nothing", "json.a && true", "json.s < 1", "size(json.a)", "json.list[2]", "1 in 2"]
)
def test_expressions_that_fail(text: str) -> None:
    """What is absent or of the wrong type is an error, as in CEL."""
    with pytest.raises(Failure) as told:
        evaluate(text, NAMES)

    assert "EXPRESSION_FAILED" == told.value.code
