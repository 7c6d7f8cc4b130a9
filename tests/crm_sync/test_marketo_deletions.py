"""Deletions of reminders and their tasks: both ways, against edits, and after the sync was off (M18, M21, M22)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.crm_sync.sia_both import DAY, HOUR, SECOND, Sellers

from crm_sync.marketo import taking_part


def left(on: Sellers) -> tuple[int, int]:
    """How many reminders and tasks there are."""
    return len(on.reminders()), len(on.tasks())


@pytest.mark.rule("M21", "M19")
@pytest.mark.parametrize("where", ["sia", "sf"])
@pytest.mark.parametrize("born", ["pushed", "imported"])
def test_a_deletion_travels(on: Sellers, where: str, born: str) -> None:
    """A deleted record takes its pair along, on whichever side it was made and deleted; others stay."""
    on.pushed(name="bystander")
    reminder, task = on.pushed(name="gone") if born == "pushed" else on.imported(Subject="gone")[::-1]
    if where == "sia":
        on.delete(reminder)
    else:
        on.sf_delete(task)

    on.settle()

    assert (1, 1) == left(on)
    assert "bystander" == on.reminders()[0]["name"] == on.tasks()[0]["Subject"]


@pytest.mark.rule("M21")
def test_deletions_are_asked_for_since_the_last_run(on: Sellers) -> None:
    """Also while nobody has deleted anything: what is asked grows with what changed, never with what there is."""
    for number in range(3):
        on.pushed(name=f"old {number}")
    on.settle()
    on.clock.advance(DAY)
    on.pushed(name="new")
    on.run()
    on.sia.journal.clear()

    on.run()

    asked = [one for one in on.sia.exchanges(0) if "include_deleted=true" in one["path"]]
    assert [["new"]] == [[row["name"] for row in json.loads(one["response"])["items"]] for one in asked]


@pytest.mark.rule("M21")
def test_a_reminder_that_was_never_sent_is_deleted_alone(on: Sellers) -> None:
    """Deleting what has no pair deletes nothing else, and a deleted task without a pair neither."""
    gone = on.remind()
    on.delete(gone)
    task = on.task()
    on.sf_delete(task)
    on.pushed()

    on.settle()

    assert (1, 1) == left(on)


@pytest.mark.rule("M21")
def test_both_deleted(on: Sellers) -> None:
    """Deleted on both sides: nothing is written, and nothing comes back."""
    reminder, task = on.pushed()
    on.delete(reminder)
    on.sf_delete(task)
    on.wire.arm(None)

    on.settle()

    assert (0, 0) == left(on)
    assert [] == on.wire.writes


@pytest.mark.rule("M22", "M21")
@pytest.mark.parametrize("deleted", ["sia", "sf"])
def test_a_deletion_beats_an_edit(on: Sellers, deleted: str) -> None:
    """Also a later edit on the other side does not bring the pair back, unless the configuration says so."""
    reminder, task = on.pushed()
    if deleted == "sia":
        on.delete(reminder)
        on.clock.advance(SECOND)
        on.sf_edit(task, Description="later")
    else:
        on.sf_delete(task)
        on.clock.advance(SECOND)
        on.edit(reminder, details="later")

    on.settle()

    assert (0, 0) == left(on)


@pytest.mark.rule("M22")
def test_the_later_of_deletion_and_edit(on: Sellers) -> None:
    """With delete_wins = false a later edit makes its pair anew."""
    on.rules = {"delete_wins": False}
    reminder, task = on.pushed()
    on.sf_delete(task)
    on.clock.advance(SECOND)
    on.edit(reminder, details="later")

    on.settle()

    assert (1, 1) == left(on)
    assert "later" == on.tasks()[0]["Description"]
    assert on.tasks()[0]["Id"] == on.get(reminder)["sf_task_id"]


@pytest.mark.rule("M18")
@pytest.mark.parametrize("days", [15, 2])
@pytest.mark.parametrize(("more", "caught"), [(-SECOND, True), (SECOND, False)])
def test_switching_on_again_catches_up_on_deletions(
    on: Sellers, monkeypatch: pytest.MonkeyPatch, days: int, more: timedelta, *, caught: bool
) -> None:
    """What was deleted in Salesforce in the 15 days before the sync is enabled again goes; what is older is an orphan.

    Salesforce's bin is emptied after as many days; a shorter window shows that it is not the bin that decides. The
    bound itself is among the worked examples.
    """
    monkeypatch.setattr(taking_part, "DELETE_CATCH_UP", days * DAY)
    reminder, task = on.pushed(name="linked")
    on.disable()
    on.clock.advance(HOUR)
    on.sf_delete(task)
    on.clock.advance(days * DAY + more)
    on.enable()

    on.run(tick=0)
    on.settle()

    assert caught == (on.reminders() == [])
    assert [] == on.tasks()
    if not caught:
        on.edit(reminder, name="edited")
        on.settle()
        assert [] == on.tasks()
        assert ["edited"] == [one["name"] for one in on.reminders()]


@pytest.mark.rule("M18", "F26")
def test_an_orphan_of_a_purged_task(on: Sellers) -> None:
    """A task that is no longer in the bin either is not seen: its reminder is kept, and never sent as new."""
    reminder, task = on.pushed(name="linked")
    on.disable()
    on.sf_delete(task)
    on.clock.advance(40 * DAY)
    on.enable()
    on.settle()

    on.edit(reminder, details="edited")
    on.settle()

    assert ["edited"] == [one["details"] for one in on.reminders()]
    assert [] == on.tasks()


@pytest.mark.rule("M21", "F15")
def test_a_restored_task_comes_back_as_new(on: Sellers) -> None:
    """What is taken out of the bin after its reminder was deleted is imported again."""
    _, task = on.pushed(name="linked")
    on.sf_delete(task)
    on.settle()
    assert (0, 0) == left(on)

    on.undelete(task)
    on.settle()

    assert (1, 1) == left(on)
    assert task == on.reminders()[0]["sf_task_id"]


@pytest.mark.rule("M24", "F25", "F26")
def test_what_is_out_of_sight_is_not_deleted(on: Sellers) -> None:
    """A reminder that its maker hands to somebody else is not seen any more: its task stays."""
    made = on.remind(token="bo", assignee=1, person=1)
    on.run()
    task = on.get(made)["sf_task_id"]
    assert task
    on.edit(made, token="bo", assignee=2)
    on.sf_edit(task, Description="x")

    for _ in range(3):
        on.run()
        on.clock.advance(HOUR)

    assert 1 == len(on.tasks())
    assert 1 == len(on.reminders(token="bo"))


@pytest.mark.rule("M22")
def test_a_conflict_of_whole_records(on: Sellers) -> None:
    """With grain = record the later side's fields all win; the earlier side's edits of other fields are given up."""
    on.rules = {"grain": "record"}
    reminder, task = on.pushed(details="agreed", due_date="2026-02-01")
    on.edit(reminder, details="from here", priority="high")
    on.clock.advance(2 * SECOND)
    on.sf_edit(task, ActivityDate="2026-03-01", Description="from there")

    on.settle()

    assert ("from there", "2026-03-01", "normal") == tuple(
        on.get(reminder)[name] for name in ("details", "due_date", "priority")
    )
    assert ("from there", "2026-03-01", "Normal") == tuple(
        on.sf_get(task)[name] for name in ("Description", "ActivityDate", "Priority")
    )
