"""Reminders: what the switch lets through, and what the first sync takes (rules M1, M14-M17)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.crm_sync.sia_both import DAY, HOUR, SECOND, SIA, Sellers


@pytest.mark.rule("M1")
def test_nothing_moves_while_it_is_off(off: Sellers) -> None:
    """Until the box is ticked no request goes to Salesforce and nothing is written; nor after it is unticked."""
    off.task()
    off.remind()

    report = off.run()

    assert [("GET", f"{SIA}/_standin/sia/settings")] == off.wire.sent
    assert "switched off" in report.notes[0]
    off.enable()
    off.run()
    off.disable()
    off.wire.arm(None)
    off.task(Subject="later")
    off.remind(name="later")
    off.run()
    assert [] == off.wire.writes


@pytest.mark.rule("M14", "M15", "M16")
@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])  # a shrunk example costs minutes
@given(
    tasks=st.lists(
        st.fixed_dictionaries(
            {
                "Status": st.sampled_from(["Not Started", "In Progress", "Completed"]),
                "Priority": st.sampled_from(["High", "Normal", "Low"]),
            },
            optional={"Description": st.sampled_from(["a\nb", "x"]), "ActivityDate": st.just("2026-02-01")},
        ),
        max_size=3,
    ),
    reminders=st.lists(
        st.fixed_dictionaries(
            {"status": st.sampled_from(["open", "complete"]), "name": st.sampled_from(["Call", "x"])}
        ),
        max_size=3,
    ),
)
def test_the_first_sync_writes_nothing_to_salesforce(
    sellers: Sellers, tasks: list[dict[str, Any]], reminders: list[dict[str, Any]]
) -> None:
    """Whatever stands on both sides when the sync is switched on: it is imported, and nothing is sent."""
    off = sellers.again()
    made = [off.task(**fields) for fields in tasks]
    for keys in reminders:
        off.remind(**keys)
    before = off.tasks()
    off.enable()

    off.settle()

    assert before == off.tasks()
    assert [] == off.sf_writes()
    assert set(made) == {one["sf_task_id"] for one in off.reminders()} - {None}
    assert len(off.reminders()) == len(made) + len(reminders)


@pytest.mark.rule("M15")
@pytest.mark.parametrize(("after", "sent"), [(0, False), (1, True)])
def test_only_what_was_made_after_enabling_is_sent(off: Sellers, after: int, *, sent: bool) -> None:
    """A reminder of the very moment of enabling is not sent, one of a second later is."""
    off.enable()
    off.clock.advance(after * SECOND)
    made = off.remind()

    off.settle()

    assert sent == (off.get(made)["sf_task_id"] is not None)
    assert int(sent) == len(off.tasks())


@pytest.mark.rule("M15")
def test_an_old_reminder_is_never_sent_however_it_is_edited(off: Sellers) -> None:
    """An edit after enabling does not make a reminder new."""
    old = off.remind()
    off.clock.advance(DAY)
    off.enable()
    off.run()
    off.edit(old, name="edited", status="complete")

    report = off.run()

    assert [] == off.tasks()
    assert "before the sync was enabled" in off.reasons(report)


@pytest.mark.rule("M14", "M15")
def test_the_gap_is_not_sent_and_links_survive_it(on: Sellers) -> None:
    """What is made while the sync is off is not sent later; what was linked before still is one pair."""
    reminder, task = on.pushed(name="linked")
    on.disable()
    on.clock.advance(DAY)
    gap = on.remind(name="gap")
    on.edit(reminder, details="from the gap")
    on.clock.advance(DAY)
    on.enable()

    on.settle()

    assert on.get(gap)["sf_task_id"] is None
    assert ["linked"] == [one["Subject"] for one in on.tasks()]
    assert "from the gap" == on.sf_get(task)["Description"]


@pytest.mark.rule("M15")
def test_an_imported_task_is_linked_whatever_its_age(on: Sellers) -> None:
    """What came from Salesforce is older than nothing: its edits go back."""
    task, reminder = on.imported(Subject="From Salesforce")
    on.clock.advance(400 * DAY)
    on.edit(reminder, details="from here")

    on.settle()

    assert "from here" == on.sf_get(task)["Description"]


@pytest.mark.rule("M16")
@pytest.mark.parametrize(("before", "pulled"), [(24 * HOUR, True), (24 * HOUR + SECOND, False)])
def test_the_first_sync_pulls_a_day(off: Sellers, before: timedelta, *, pulled: bool) -> None:
    """A task changed 24 hours before enabling is imported, one of a second earlier is not until it changes."""
    task = off.task(Subject="Old", ActivityDate="2026-01-06")
    off.clock.advance(before)
    off.enable()

    report = off.run()

    assert pulled == (len(off.reminders()) == 1)
    assert int(pulled) == report.section("Reminder:Task").seen  # what is older is not even read
    off.sf_edit(task, Description="edited")
    off.settle()
    assert 1 == len(off.reminders())


@pytest.mark.rule("M16")
def test_the_first_sync_can_pull_everything_open(off: Sellers) -> None:
    """With initial_import = all_open the open tasks of any age come, and what was completed long ago does not."""
    off.options = {"initial_import": "all_open"}
    open_task, _ = off.task(Subject="open"), off.task(Subject="done", Status="Completed")
    off.clock.advance(300 * DAY)
    off.enable()

    off.settle()

    assert [open_task] == [one["sf_task_id"] for one in off.reminders()]


@pytest.mark.rule("M17")
def test_every_due_date_is_stored_and_two_days_are_shown(on: Sellers) -> None:
    """The due date decides what the Command Center shows, not what is imported."""
    days = ["2026-01-04", "2026-01-05", "2026-01-06", "2026-01-07", "2027-01-05", None]
    for day in days:
        on.task(Subject=str(day), ActivityDate=day)

    on.settle()

    assert sorted(map(str, days)) == sorted(str(one["due_date"]) for one in on.reminders())
    shown = [one["due_date"] for one in on.call("GET", "/command-center")["items"]]
    assert ["2026-01-05", "2026-01-06"] == shown
