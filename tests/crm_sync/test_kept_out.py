"""What may not pass: by a filter, a window, an account without a match, a rejected row, a skipped status, its length.

Neither carried over nor lost: who wins is decided all the same (T9, M22), a loser is logged (I5), and what may not pass
stays a change until it may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from .sia_both import Sellers
from .totango_both import DAY, TASK, TotangoBoth, linked

HIGH = "Priority = 'High'"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def both(totango_world: TotangoBoth) -> TotangoBoth:
    """Tasks both ways, new ones made."""
    return totango_world.again()


def pair(both: TotangoBoth, **rules: Any) -> tuple[str, str]:
    """A task of high priority on both sides."""
    both.configure(task={}, **rules)
    sf_id = both.sf_create(Subject="agreed", Description="agreed", Priority="High")
    both.settle()
    return sf_id, str(both.tt_one()["id"])


def texts(both: TotangoBoth, sf_id: str, tt_id: str) -> tuple[str, str]:
    return both.sf(sf_id)["Description"], both.tt(tt_id)["description"]


def lost(both: TotangoBoth) -> list[tuple[str, object]]:
    """Whose value of the description is in the log of conflicts."""
    return [(one.loser, one.losing_value) for one in both.state.conflicts() if one.field == "description"]


@pytest.mark.rule("T9", "T14")
def test_an_edit_that_a_filter_keeps_out_is_not_overwritten_by_an_older_one(both: TotangoBoth) -> None:
    """Salesforce's is the later update and may not come in: nothing moves. Let in again, it wins."""
    sf_id, tt_id = pair(both, filter_in=HIGH)
    both.tt_edit(tt_id, description="older")
    both.clock.advance(MINUTE)
    both.sf_edit(sf_id, Description="newer", Priority="Low")
    both.settle()
    assert ("newer", "older") == texts(both, sf_id, tt_id)

    both.sf_edit(sf_id, Priority="High")
    both.settle()
    assert ("newer", "newer") == texts(both, sf_id, tt_id)
    assert [("Task", "older")] == lost(both)


@pytest.mark.rule("T9", "T14", "I5")
def test_what_a_filter_kept_out_loses_with_a_word(both: TotangoBoth) -> None:
    """Totango's edit is the later one: it goes out, and Salesforce's stands in the log."""
    sf_id, tt_id = pair(both, filter_in=HIGH)
    both.sf_edit(sf_id, Description="older", Priority="Low")
    both.settle()
    both.clock.advance(10 * MINUTE)
    both.tt_edit(tt_id, description="newer")
    both.settle()

    assert ("newer", "newer") == texts(both, sf_id, tt_id)
    assert [("salesforce", "older")] == lost(both)


@pytest.mark.rule("T14", "T16")
@pytest.mark.parametrize("known", [True, False])
def test_what_was_put_aside_meets_the_filter_as_well(both: TotangoBoth, *, known: bool) -> None:
    """A row that was rejected is looked at again; by then it is none that the filter lets through."""
    if known:
        sf_id, _ = pair(both, filter_in=HIGH)
        both.sf_edit(sf_id, Subject=None)
    else:
        both.configure(task={}, filter_in=HIGH)
        sf_id = both.sf_create(Subject=None, Priority="High")
    assert both.run(tick=1).section(TASK).quarantined
    both.sf_edit(sf_id, Subject="written", Priority="Low")
    both.settle()
    assert ["agreed"] * known == [row["title"] for row in both.tt_all()]

    both.sf_edit(sf_id, Priority="High")
    both.settle()
    assert ["written"] == [row["title"] for row in both.tt_all()]


@pytest.mark.rule("T14", "T41")
def test_a_later_edit_that_a_filter_keeps_out_makes_nothing_again(both: TotangoBoth) -> None:
    """The last write wins over a deletion; it may not come in."""
    sf_id, tt_id = pair(both, filter_in=HIGH, delete_wins=False)
    both.tt_delete(tt_id)
    both.clock.advance(MINUTE)
    both.sf_edit(sf_id, Subject="later", Priority="Low")
    both.settle()

    assert [] == both.tt_all()
    assert "later" == both.sf(sf_id)["Subject"]


@pytest.mark.rule("T23", "T9")
def test_an_edit_older_than_the_window_does_not_go_out_with_another(both: TotangoBoth) -> None:
    """Salesforce's edit has Totango's read, which is later and older than 30 days: nothing moves until it is edited."""
    sf_id, tt_id = pair(both)
    both.sf_edit(sf_id, Description="older")
    both.clock.advance(MINUTE)
    both.tt_edit(tt_id, description="newer")
    both.clock.advance(31 * DAY)
    both.settle()
    assert ("older", "newer") == texts(both, sf_id, tt_id)

    both.tt_edit(tt_id, priority=3)
    both.settle()
    assert ("newer", "newer") == texts(both, sf_id, tt_id)
    assert [("salesforce", "older")] == lost(both)


@pytest.mark.rule("T20", "T21")
def test_an_edit_of_a_record_that_lost_its_account_is_skipped(both: TotangoBoth) -> None:
    """It is in none of the job's figures, and goes out with a full sync when the match is there again."""
    sf_id, tt_id = linked(both)
    both.options = {"account_id_field": "Nobody's"}
    both.configure(task={})
    both.tt_edit(tt_id, title="edited")
    report = both.run()
    assert (0, 1) == (report.section(TASK).updated, sum(report.section(TASK).skipped.values()))
    assert "Call" == both.sf(sf_id)["Subject"]

    both.options = {}
    both.configure(task={})
    both.run(full=True)
    assert "edited" == both.sf(sf_id)["Subject"]


@pytest.mark.rule("T16", "T9")
def test_a_rejected_row_holds_nothing_back_that_goes_out(both: TotangoBoth) -> None:
    """By field: Salesforce's Subject was emptied and may not come in, Totango's description goes out."""
    sf_id, tt_id = pair(both, grain="field")
    both.sf_edit(sf_id, Subject=None)
    both.tt_edit(tt_id, description="edited")
    report = both.run()
    assert "T16" in str(report.section(TASK).quarantined)
    assert (None, "edited") == (both.sf(sf_id)["Subject"], both.sf(sf_id)["Description"])
    both.run()
    assert "agreed" == both.tt(tt_id)["title"]

    both.sf_edit(sf_id, Subject="written")
    both.settle()
    assert ("written", "edited") == (both.tt(tt_id)["title"], both.tt(tt_id)["description"])


@pytest.mark.rule("T43", "I5")
@pytest.mark.parametrize("shown", [True, False])
def test_what_was_held_back_loses_with_a_word(both: TotangoBoth, *, shown: bool) -> None:
    """A text too long for Totango stays in Salesforce; a later one of Totango's replaces it, and the log has it."""
    both.configure(touchpoint={})
    sf_id = both.sf_create("Event", Subject="Met", Description="agreed")
    both.settle()
    both.sf_edit(sf_id, "Event", Description="L" * 12_001)
    both.settle()
    tt_id = str(both.tt_one("Touchpoint")["id"])
    if not shown:  # another record has moved the scan past it
        both.clock.advance(10 * MINUTE)
        both.sf_create("Event", Subject="Other")
        both.settle()
    both.clock.advance(10 * MINUTE)
    both.tt_edit(tt_id, "Touchpoint", content="short")
    both.settle()

    assert "short" == both.sf(sf_id, "Event")["Description"]
    assert [("salesforce", "L" * 12_001)] == [(one.loser, one.losing_value) for one in both.state.conflicts()]


@pytest.mark.rule("M4", "M22")
def test_an_edit_beside_a_status_that_is_skipped_is_not_overwritten_by_an_older_one(on: Sellers) -> None:
    """With skip_record Salesforce's later edit may not come in, and the reminder's older one not replace it."""
    on.options = {"unmapped_status": "skip_record"}
    reminder, task = on.pushed(details="agreed")
    on.edit(reminder, details="older")
    on.clock.advance(MINUTE)
    on.sf_edit(task, Status="In Progress", Description="newer")
    on.settle()
    assert ("newer", "older") == (on.sf_get(task)["Description"], on.get(reminder)["details"])

    on.sf_edit(task, Status="Not Started")
    on.settle()
    assert "newer" == on.get(reminder)["details"]
    assert ["older"] == [one.losing_value for one in on.state.conflicts()]
