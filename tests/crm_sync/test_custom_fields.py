"""Custom fields of the partner's: read in one object, written by dotted names, and otherwise fields like any other."""

from __future__ import annotations

import contextlib

import pytest
from tests.crm_sync.both import BOTH, OFF, Both, Killed
from tests.crm_sync.test_tombstones import undelete

from crm_sync import together

STAGE = {"fields": [{"name": "stage", "planhat": "custom.Phase", "salesforce": "Stage__c", "lens": "same"}]}


def pair(both: Both, count: int = 1) -> list[str]:
    """So many pairs in agreement that no scan shows any more; the Salesforce ids."""
    both.configure(task=BOTH, conversation=OFF, task_extra=STAGE)
    ids = [both.sf_task(Subject=f"S{n}", Stage__c="One") for n in range(count)]
    both.settle()
    both.clock.advance(3_600)
    both.sf_task(Subject="Newer than any overlap")
    both.settle()
    both.clock.advance(3_600)
    return ids


def phases(both: Both) -> dict[str, object]:
    return {task["action"]: (task.get("custom") or {}).get("Phase") for task in both.ph_tasks()}


@pytest.mark.rule("I5", "I10", "F17")
@pytest.mark.parametrize("how", ["kill before", "kill after", "lose response"])
def test_a_death_at_any_request_loses_no_change(both: Both, how: str) -> None:
    """What was to be written is no record of what was: a death before the writing leaves it to be done."""
    (sf_id,) = pair(both)
    both.sf_edit(sf_id, Stage__c="Two")
    back = both.mark()
    both.wire.arm(None)
    both.run()
    for at in range(len(both.wire.sent)):
        back()
        both.wire.arm(at, how)
        with contextlib.suppress(Killed):
            both.run()
        both.wire.arm(None)
        both.settle()

        assert ("Two", "Two") == (both.sf_get(sf_id)["Stage__c"], phases(both)["S0"]), f"{how} at {at}"


@pytest.mark.rule("I5", "I10", "F02")
def test_an_edit_between_a_death_and_the_recovery_is_an_edit(both: Both) -> None:
    """The agreed value of a record made by a run that died is what was sent, not what somebody wrote since."""
    pair(both)
    sf_id = both.sf_task(Subject="New", Stage__c="One")
    at = next(n for n in range(20) if _dies_after_the_creation(both, n))
    assert at
    (task,) = [one["_id"] for one in both.ph_tasks() if one["action"] == "New"]
    both.clock.advance(60)
    both.ph_edit("tasks", task, custom={"Phase": "Two"})
    both.wire.arm(None)
    both.settle()

    assert "Two" == both.sf_get(sf_id)["Stage__c"]


def _dies_after_the_creation(both: Both, at: int) -> bool:
    """Run, dying after request *at*; back to before, unless that was the creation at the partner."""
    back = both.mark()
    both.wire.arm(at, "kill after")
    with contextlib.suppress(Killed):
        both.run()
    if both.wire.sent[-1][0] == "PUT":
        return True
    back()
    return False


@pytest.mark.rule("I5", "F40")
def test_an_edit_after_a_change_of_many_is_an_edit(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written in a call for many is agreed on: a person who writes the old value back wins."""
    monkeypatch.setattr(together, "MANY", 3)
    for sf_id in pair(both, count=3):
        both.sf_edit(sf_id, Stage__c="Two")
    both.run()
    task = next(one["_id"] for one in both.ph_tasks() if one["action"] == "S1")
    both.ph_edit("tasks", task, custom={"Phase": "One"})
    both.settle()

    assert {"S0": "Two", "S1": "One", "S2": "Two"} == {n: p for n, p in phases(both).items() if n.startswith("S")}


@pytest.mark.rule("P24", "I5", "F19")
def test_a_loser_is_logged_with_its_value(both: Both) -> None:
    """The conflict log says what was given up."""
    (sf_id,) = pair(both)
    task = next(one["_id"] for one in both.ph_tasks() if one["action"] == "S0")
    both.ph_edit("tasks", task, custom={"Phase": "Two"})
    both.clock.advance(60)
    both.sf_edit(sf_id, Stage__c=None)

    (conflict,) = both.run().conflicts

    assert (None, "Two") == (conflict.winning_value, conflict.losing_value)
    both.settle()
    assert phases(both)["S0"] is None


@pytest.mark.rule("P8", "P13", "I1")
@pytest.mark.parametrize("side", ["salesforce", "planhat"])
def test_a_field_that_only_conversations_map_begins_with_what_is_said(both: Both, side: str) -> None:
    """The Task's section has no such field; where it meets the Conversation, the side that says something fills it."""
    both.configure(task=BOTH, conversation=BOTH, conversation_extra=STAGE)
    sf_id = both.sf_task(Subject="S0", Stage__c="One" if side == "salesforce" else None)
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    both.ph_done(task)
    if side == "planhat":
        both.ph_edit("conversations", task, custom={"Phase": "One"})
    both.settle()

    assert ("One", "One") == (both.sf_get(sf_id)["Stage__c"], both.ph_get("conversations", task)["custom"]["Phase"])


@pytest.mark.rule("P9", "P29", "F15")
def test_a_field_mapped_before_a_deleted_record_is_back_joins_nothing(both: Both) -> None:
    """Two records that were never in agreement, for one was deleted before they met, are so also after a field more was
    mapped: once it is back the newer one wins (coming back is a change), and each fills what the other leaves empty.
    """
    both.configure(task=BOTH, conversation=OFF)
    sf_id = both.sf_task(Subject="Planned", Stage__c="One")
    both.clock.advance(60)
    both.ph_task(action="Typed", sourceId=sf_id)
    both.sf_delete(sf_id)
    both.settle()
    undelete(both, sf_id)
    both.configure(task=BOTH, conversation=OFF, task_extra=STAGE)
    both.settle()

    assert ("Planned", "One") == (both.sf_get(sf_id)["Subject"], both.sf_get(sf_id)["Stage__c"])
    assert {"Planned": "One"} == phases(both)


@pytest.mark.rule("P13", "I1", "F37")
def test_a_field_that_only_conversations_map_is_met_when_one_is_logged(both: Both) -> None:
    """What Salesforce says there goes over although no scan shows that row any more: nobody had asked for it before."""
    both.configure(task=BOTH, conversation=BOTH, conversation_extra=STAGE)
    sf_id = both.sf_task(Subject="Review", Stage__c="One")
    both.settle()
    both.clock.advance(600)
    both.sf_edit(sf_id, Status="Completed")
    both.clock.advance(600)
    both.sf_task(Subject="Newer than any overlap")
    both.settle()

    (logged,) = both.ph_list("conversations")
    assert "One" == logged["custom"]["Phase"]
