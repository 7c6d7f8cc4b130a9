"""Large changes: many creations with a unique key go together, by collections or by a bulk job, and none is doubled."""

from __future__ import annotations

import contextlib

import pytest
from tests.crm_sync.both import BOTH, KEY_FIELD, Both, Killed

from crm_sync import act
from crm_sync.sides import salesforce_bulk

NAMES = ["a", 'with, comma and "quotes"', "zwei\nZeilen", "Größe 🚀", " blanks ", "=1+1", "true", "null"]


@pytest.fixture(params=["collections", "bulk job"])
def many(both: Both, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Both:
    """A sync that takes four creations for many."""
    monkeypatch.setattr(act, "MANY", 4)
    if request.param == "bulk job":
        monkeypatch.setattr(salesforce_bulk, "BULK_FROM", 4)
    both.sf_options = {"external_id_field": KEY_FIELD}
    both.configure(task=BOTH)
    return both


@pytest.mark.rule("P8", "I3", "I11")
def test_many_creations_take_few_calls(many: Both) -> None:
    """Each becomes one Salesforce Task with what it said, linked both ways, in a handful of calls."""
    for name in NAMES:
        many.ph_task(action=name, description=f"<p>{len(name)}</p>", startTime="2026-02-03T00:00:00.000Z")

    report = many.run()

    assert len(NAMES) == report.section("Task:Task").created
    assert report.writes["salesforce"] <= 3
    assert sorted(name.strip() for name in NAMES) == sorted(row["Subject"] for row in many.sf_tasks())
    ids = {task["sourceId"] for task in many.ph_tasks()}
    assert {row["Id"] for row in many.sf_tasks()} == ids
    many.settle()


@pytest.mark.rule("I10", "I3", "F01", "F02")
@pytest.mark.parametrize(
    "how",
    [
        "kill after",
        *(pytest.param(how, marks=pytest.mark.nightly) for how in ("kill before", "lose request")),
        *(pytest.param(how, marks=pytest.mark.nightly) for how in ("lose response", "500 after")),
    ],
)
def test_a_death_or_a_lost_answer_at_any_request_doubles_nothing(many: Both, how: str) -> None:
    """Wherever it happens, the next run finds what was made by its key."""
    for name in NAMES[:4]:
        many.ph_task(action=name)
    many.wire.arm(None)
    at, back = 0, many.mark()
    while True:
        many.wire.arm(at, how)
        with contextlib.suppress(Killed):
            many.run()
        reached = len(many.wire.sent) > at
        many.wire.arm(None)
        many.settle()
        assert 4 == len(many.sf_tasks()), (at, how)
        assert 4 == len({task["sourceId"] for task in many.ph_tasks()})
        if not reached:
            break
        back()
        at += 1
    assert at > 8


@pytest.mark.rule("F60", "F61", "I13")
def test_one_refused_record_is_its_own_affair(many: Both) -> None:
    """A record that Salesforce refuses is put aside with its reason; the others are made."""
    for n in range(6):
        many.ph_task(action=f"Call {n}")
    refused = many.ph_task(action="Too old", startTime="1500-01-01T00:00:00.000Z")  # Salesforce's days begin in 1700

    report = many.run()

    assert [f"Call {n}" for n in range(6)] == sorted(row["Subject"] for row in many.sf_tasks())
    assert [f"planhat Task {refused}"] == list(report.section("Task:Task").quarantined)
    assert 6 == report.section("Task:Task").created
    many.ph_edit("tasks", refused, startTime="2026-02-03T00:00:00.000Z")
    many.settle()
    assert 7 == len(many.sf_tasks())
