"""One activity has one Salesforce Task, however many Conversations come of it (P10)."""

from __future__ import annotations

import pytest
from tests.crm_sync.both import BOTH, OFF, SEND, Both


def subjects(both: Both) -> list[str]:
    return sorted(row["Subject"] for row in both.sf_tasks())


def notes(both: Both) -> dict[str, str]:
    """Conversation -> its externalId."""
    return {one["_id"]: one.get("externalId") or "" for one in both.ph_list("conversations")}


@pytest.mark.rule("P10", "P13", "P16", "I3")
def test_completed_again_after_the_sync_logged_it(both: Both) -> None:
    """The sync logged a Conversation of the completed Task; reopened and completed again, Planhat logs one more."""
    both.options = {"log_conversation": True}
    both.configure(task=BOTH, conversation=BOTH)
    sf_id = both.sf_task(Subject="Review", Status="Completed")
    both.settle()
    both.sf_edit(sf_id, Status="In Progress")
    both.settle()
    both.sf_edit(sf_id, Status="Completed")
    both.run()
    report = both.run()

    assert ["Review"] == subjects(both)
    assert ["", sf_id] == sorted(notes(both).values())
    (reason,) = report.section("Conversation:Task").quarantined.values()
    assert f"Task {sf_id} already belongs to Conversation" in reason
    both.sf_edit(sf_id, Subject="Review, edited")
    both.settle()
    assert ["Review, edited"] == subjects(both)


@pytest.mark.rule("P8", "P10", "I3")
@pytest.mark.parametrize("deleted", [False, True])
def test_a_note_by_hand_and_the_one_of_the_completion(both: Both, deleted: bool) -> None:
    """A person gives a note the id of a Task that is open; that one's completion logs another.

    Once the note by hand is deleted the other one takes its place.
    """
    sf_id = both.sf_task(Subject="Call")
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    by_hand = both.ph_conversation(subject="By hand", externalId=sf_id)
    for _ in range(3):
        both.run()
    assert 2 == len(notes(both))
    if deleted:
        both.ph_delete("conversations", by_hand)
        both.ph_edit("conversations", task, subject="Of the completion")
        both.settle()

    assert ["Of the completion" if deleted else "By hand"] == subjects(both)
    assert sf_id == notes(both)[task if deleted else by_hand]


def inheriting(both: Both) -> None:
    """Switched on by a configuration, the flag stays on (P17, P22)."""
    both.configure(task=BOTH, conversation=BOTH)
    both.settle()


def completed_before_tasks_are_sent(both: Both) -> tuple[str, str]:
    """A Planhat Task that takes no part, and the Salesforce Task of the Conversation that was logged of it; from now on
    Tasks are sent."""
    both.configure(task=OFF, conversation=BOTH)
    task = both.ph_task(action="Call", description="<p>About prices</p>")
    both.ph_edit("tasks", task, status="Done")
    both.settle()
    (row,) = both.sf_tasks()
    both.configure(task=SEND, conversation=BOTH)
    return task, row["Id"]


@pytest.mark.rule("P10", "P29", "I3", "I5")
@pytest.mark.parametrize("note_is_there", [True, False])
def test_a_task_that_takes_part_later_than_its_conversation(both: Both, note_is_there: bool) -> None:
    """It joins the Salesforce Task that the activity has, once somebody edits it: switching it on does nothing.

    What it said before undoes nothing that was edited in Salesforce; its next edit goes over.
    """
    inheriting(both)
    task, sf_id = completed_before_tasks_are_sent(both)
    assert both.run().settled
    both.sf_edit(sf_id, Description="About discounts")
    both.settle()
    if not note_is_there:
        both.ph_delete("conversations", task)
    both.ph_edit("tasks", task, action="Call, edited")
    report = both.run()
    both.settle()

    assert sf_id == both.ph_get("tasks", task)["sourceId"]
    assert (["Call"], "About discounts") == (subjects(both), both.sf_get(sf_id)["Description"])
    assert 1 == sum("joins Task" in note and task in note for note in report.notes)
    both.ph_edit("tasks", task, action="Call, edited again")
    both.settle()
    assert (["Call, edited again"], "About discounts") == (subjects(both), both.sf_get(sf_id)["Description"])


@pytest.mark.rule("P1", "P9", "I5")
@pytest.mark.parametrize("task", [SEND, BOTH])
def test_a_task_that_gets_the_id_of_what_is_logged_already(both: Both, task: str) -> None:
    """Somebody makes a Planhat Task, and types the id of a Salesforce Task into it that a Conversation has: it undoes
    nothing, and opens nothing again; its next edit goes over."""
    both.configure(task=SEND, conversation=BOTH)
    sf_id = both.sf_task(Subject="Review", Description="About prices", Status="Completed")
    both.settle()
    (logged,) = notes(both)
    both.configure(task=task, conversation=BOTH)
    typed = both.ph_task(action="Typed", sourceId=sf_id[:15])
    both.settle()

    row = both.sf_get(sf_id)
    assert ("Review", "About prices", "Completed") == (row["Subject"], row["Description"], row["Status"])
    assert "Review" == both.ph_get("conversations", logged)["subject"]
    both.ph_edit("tasks", typed, action="Edited")
    both.settle()
    assert ["Edited"] == subjects(both)
    assert "About prices" == both.sf_get(sf_id)["Description"]


@pytest.mark.rule("P10", "P25", "I6")
@pytest.mark.parametrize("seen", [True, False])
def test_the_deleted_one_does_not_come_back_by_a_task_that_takes_part_later(both: Both, seen: bool) -> None:
    """Somebody deleted the activity's Salesforce Task, just now or in an earlier run: an edit makes none."""
    inheriting(both)
    task, sf_id = completed_before_tasks_are_sent(both)
    both.sf_delete(sf_id)
    if seen:
        both.settle()
    both.ph_edit("tasks", task, action="Call, edited")
    both.settle()

    assert [] == subjects(both)


@pytest.mark.rule("P11", "P21")
def test_without_inheritance_it_gets_one_of_its_own(both: Both) -> None:
    """The flag was off when the Conversation was logged: the two are two, as they are the other way round."""
    task, _ = completed_before_tasks_are_sent(both)
    both.ph_edit("tasks", task, action="Call, edited")
    both.settle()

    assert ["Call", "Call, edited"] == subjects(both)


@pytest.mark.rule("P9", "P11", "I3")
def test_a_second_claimant_that_is_done_keeps_what_it_says(both: Both) -> None:
    """Two Planhat Tasks carry one id: the second is put aside, and so it stays when a Conversation is logged of it."""
    both.configure(task=BOTH, conversation=SEND)
    sf_id = both.sf_task(Subject="Call")
    both.settle()
    both.sync().staff_disable_inheritance()
    second = both.ph_task(action="Second", sourceId=sf_id[:15])
    both.run()
    both.ph_edit("tasks", second, status="Done")
    report = both.run()

    assert sf_id[:15] == both.ph_get("tasks", second)["sourceId"]
    assert ["Call", "Second"] == subjects(both), "one more, of the Conversation (P11)"
    (reason,) = report.section("Task:Task").quarantined.values()
    assert f"Task {sf_id} already belongs to Task" in reason
