"""The thirteen scenarios of Planhat's help article, played against both fakes (rules P7-P22)."""

from __future__ import annotations

import pytest
from tests.crm_sync.both import BOTH, OFF, RECEIVE, SEND, Both

documented = pytest.mark.evidence("documented", "Planhat help article 14549349")


def logged(both: Both) -> list[dict[str, object]]:
    return both.ph_list("conversations")


def planhat_task_of(both: Both, sf_id: str) -> str:
    return next(str(t["_id"]) for t in both.ph_tasks() if t.get("sourceId") == sf_id)


def a_task_arrives_and_is_done(both: Both) -> str:
    """A Salesforce Task arrives in Planhat, where somebody does it."""
    sf_id = both.sf_task(Subject="QBR with Acme", ActivityDate="2026-02-01")
    both.run()
    both.ph_done(planhat_task_of(both, sf_id))
    return sf_id


@documented
@pytest.mark.rule("P1", "P7", "P8", "P10", "P15", "P17")
@pytest.mark.parametrize(("task", "conversation"), [(BOTH, BOTH), (RECEIVE, SEND)])
@pytest.mark.parametrize("hook", [True, False], ids=["tenant told", "tenant not told"])
def test_scenario_1_and_2(both: Both, task: str, conversation: str, hook: bool) -> None:
    """1, 2: the logged Conversation carries the Task's id and updates that one Salesforce Task."""
    both.hook = hook
    both.configure(task=task, conversation=conversation)
    sf_id = a_task_arrives_and_is_done(both)

    both.settle()

    assert [sf_id] == [t["Id"] for t in both.sf_tasks()]
    assert [sf_id] == [c.get("externalId") for c in logged(both)]
    assert "Completed" == both.sf_get(sf_id)["Status"]


@documented
@pytest.mark.rule("P11", "P17")
def test_scenario_3(both: Both) -> None:
    """3: a Task section that only sends does not switch inheritance on: a second Task appears."""
    both.configure(task=SEND, conversation=SEND)
    task = both.ph_task()
    both.run()
    both.ph_done(task)

    report = both.run()
    both.settle()

    assert not report.inheritance
    assert 2 == len(both.sf_tasks())
    assert any("P11" in note for note in report.notes)


@documented
@pytest.mark.rule("P2", "P17")
def test_scenario_4(both: Both) -> None:
    """4: a Conversation section that is not syncing inherits nothing and sends nothing."""
    both.configure(task=BOTH, conversation=OFF)
    sf_id = a_task_arrives_and_is_done(both)

    both.settle()

    assert [sf_id] == [t["Id"] for t in both.sf_tasks()]
    assert [None] == [c.get("externalId") for c in logged(both)]
    assert not [url for _, url in both.wire.sent if "/conversations" in url]


@documented
@pytest.mark.rule("P11", "P19")
def test_scenario_5(both: Both) -> None:
    """5: after the staff switched it off, a completed Task leaves exactly one further Task."""
    sf_id = both.sf_task()
    both.run()
    both.sync().staff_disable_inheritance()
    both.ph_done(planhat_task_of(both, sf_id))

    both.settle()

    assert 2 == len(both.sf_tasks())
    assert [sf_id] != [c.get("externalId") for c in logged(both)]


@documented
@pytest.mark.rule("P20")
def test_scenario_6(both: Both) -> None:
    """6: saving a configuration that keeps meeting the condition leaves the switch off."""
    both.run()
    both.sync().staff_disable_inheritance()

    both.configure(task=BOTH, conversation=SEND)
    both.run()

    assert not both.sync().inheritance_on


@documented
@pytest.mark.rule("P20", "P22")
def test_scenario_7(both: Both) -> None:
    """7: a configuration that newly meets the condition switches it on again."""
    both.run()
    both.sync().staff_disable_inheritance()
    both.configure(task=BOTH, conversation=RECEIVE)
    assert not both.sync().inheritance_on

    both.configure(task=BOTH, conversation=BOTH)

    assert both.sync().inheritance_on
    assert {"notesInheritTaskSourceId": True} == both.told[-1]


@documented
@pytest.mark.rule("P8")
def test_scenario_8(both: Both) -> None:
    """8: a Task that was never sent has no id to inherit: one Task is created for the activity."""
    both.run()
    task = both.ph_task(action="Never sent")
    both.ph_done(task)

    both.settle()

    sf_ids = [t["Id"] for t in both.sf_tasks()]
    assert 1 == len(sf_ids)
    assert sf_ids == [c.get("externalId") for c in logged(both)]
    assert "Completed" == both.sf_get(sf_ids[0])["Status"]


@documented
@pytest.mark.rule("P12", "P14")
def test_scenario_9(both: Both) -> None:
    """9: an ignored Task is archived, logs nothing, and its Salesforce Task stays as it is."""
    sf_id = both.sf_task()
    both.run()
    task = planhat_task_of(both, sf_id)
    both.ph_done(task, "Ignored")

    both.settle()

    assert both.ph_get("tasks", task)["isArchived"]
    assert [] == logged(both)
    assert "Not Started" == both.sf_get(sf_id)["Status"]


@documented
@pytest.mark.rule("P6")
@pytest.mark.parametrize("kind", ["email", "chat", "ticket", "call"])
def test_scenario_10(both: Both, kind: str) -> None:
    """10: Conversations that belong to other integrations are never sent."""
    both.ph_conversation(type=kind)

    report = both.run()

    assert [] == both.sf_tasks()
    assert {f'Conversations of type "{kind}" never take part': 1} == (report.section("Conversation:Task").skipped)


@documented
@pytest.mark.rule("P6", "P8")
@pytest.mark.parametrize("kind", ["note", "QBR"])
def test_scenario_11(both: Both, kind: str) -> None:
    """11: notes and custom types are sent, and the new id is written back."""
    conversation = both.ph_conversation(type=kind, description="<p>Went well</p>")

    both.settle()

    (task,) = both.sf_tasks()
    assert task["Id"] == both.ph_get("conversations", conversation)["externalId"]
    assert ("Completed", "Went well") == (both.sf_get(task["Id"])["Status"], both.sf_get(task["Id"])["Description"])


@documented
@pytest.mark.rule("P25")
def test_scenario_12(both: Both) -> None:
    """12: a Task deleted in Salesforce leaves Planhat's as it is; a later change goes nowhere."""
    sf_id = both.sf_task()
    both.run()
    task = planhat_task_of(both, sf_id)
    both.sf_delete(sf_id)
    both.ph_edit("tasks", task, action="Changed later")

    report = both.run()
    both.settle()

    assert {"its counterpart was deleted; the partner's record stays": 1} == report.section("Task:Task").skipped
    assert "Changed later" == both.ph_get("tasks", task)["action"]
    assert [] == both.sf_tasks()


@documented
@pytest.mark.rule("P3", "P17")
def test_scenario_13(both: Both) -> None:
    """13: Conversations that go to another object do not switch inheritance on."""
    both.configure(task=BOTH, conversation=SEND, target="Event")
    sf_id = a_task_arrives_and_is_done(both)

    report = both.run()
    both.settle()

    assert not report.inheritance
    assert [sf_id] == [t["Id"] for t in both.sf_tasks()]
    (event,) = both.sf_tasks("Event")
    assert [event["Id"]] == [c.get("externalId") for c in logged(both)]
