"""What a job's preview shows."""

from __future__ import annotations

from typing import Any

import pytest

from .totango_both import PIA, TASK, TOUCHPOINT, TotangoBoth, milliseconds


@pytest.fixture
def both(totango_world: TotangoBoth) -> TotangoBoth:
    return totango_world.again()


def changes(both: TotangoBoth) -> int:
    """How many calls changed something so far, at both."""
    reads = ("/oauth2/", "/search/")
    return sum(
        one["method"] != "GET" and not any(path in one["path"] for path in reads)
        for fake in both.stage.fakes.values()
        for one in fake.exchanges()
    )


@pytest.mark.rule("T22")
def test_an_inbound_preview_shows_ten_rows_and_no_skip(both: TotangoBoth) -> None:
    """The first rows that pass the filter, those without an account in Totango included; nothing is written."""
    both.configure(task={}, filter_in="Priority = 'High'")
    stray = both.sf_create(Subject="stray", Priority="High", WhatId=both.stage.accounts["nowhere"])
    both.sf_create(Subject="normal", Priority="Normal")
    for n in range(11):
        both.sf_create(Subject=f"call {n}", Priority="High")
    before = changes(both)

    rows = both.sync().preview(TASK, "in")

    assert ["stray", *(f"call {n}" for n in range(9))] == [row.values["title"] for row in rows]
    assert {
        "account_id": both.stage.accounts["nowhere"],
        "external_id": stray.lower(),
        "priority": 1,
        "status": "open",
        "assignee": PIA,
        "assigner": PIA,
    }.items() <= rows[0].values.items()
    assert before == changes(both)


@pytest.mark.rule("T22", "T1")
def test_an_inbound_preview_shows_no_campaign_touches(both: TotangoBoth) -> None:
    """Their Events never come in as touchpoints, so they stand in nobody's way; nor does a series of Tasks (F34)."""
    both.configure(task={}, touchpoint={}, campaign={})
    for n in range(10):
        both.tt_touch(name=f"Spring {n}")
    both.settle()
    both.sf_create("Event", Subject="met")
    series: dict[str, Any] = {
        "RecurrenceStartDateOnly": "2026-01-05",
        "RecurrenceEndDateOnly": "2026-01-06",
        "RecurrenceInterval": 1,
    }
    both.sf_create(Subject="daily", IsRecurrence=True, RecurrenceType="RecursDaily", **series)

    assert ["met"] == [row.values["subject"] for row in both.sync().preview(TOUCHPOINT, "in")]
    assert 2 == len(both.sync().preview(TASK, "in"))


@pytest.mark.rule("T22")
def test_an_outbound_preview_shows_the_window_and_no_skip(both: TotangoBoth) -> None:
    """What was updated in 30 days, newest first; a record whose account nobody matched is shown without one."""
    both.configure(touchpoint={})
    both.tt_touchpoint(subject="here")
    both.tt_touchpoint(subject="island", account_id=both.stage.parents["island"])
    both.tt_touchpoint(subject="private", disable_sync=True)
    both.tt_seed("Touchpoint", subject="old", updated_at=milliseconds(both.clock.now()) - 31 * 86_400_000)
    before = changes(both)

    rows = both.sync().preview(TOUCHPOINT, "out")

    assert {("here", both.account), ("island", None)} == {(one.values["Subject"], one.values["WhatId"]) for one in rows}
    assert before == changes(both)


@pytest.mark.rule("T22")
def test_a_preview_says_what_is_held_back(both: TotangoBoth) -> None:
    """A person nobody knows is held back with the reason, as in the run."""
    both.tt_task(assignee="stranger@elsewhere.example")

    (row,) = both.sync().preview(TASK, "out")

    assert ["assigned_to"] == list(row.held)
    assert "OwnerId" not in row.as_dict()["values"]
