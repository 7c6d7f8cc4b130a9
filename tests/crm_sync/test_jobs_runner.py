"""Jobs run when they are due, on a clock that stands until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_sync.config import load_profile
from crm_sync.jobs.job import Job, JobInvalid
from crm_sync.jobs.pairs import read_jobs
from crm_sync.jobs.runner import JobRunner
from crm_sync.report import Outcome, Report
from crm_sync.state import State
from fake_core.clock import FrozenClock

PROFILE = load_profile("totango")
INTO = {"name": "in", "section": "Task:Task", "direction": "inbound", "schedule": {"kind": "hourly"}}
OUT = {"name": "out", "section": "Task:Task", "direction": "outbound", "schedule": {"kind": "minutes", "every": 90}}
NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Desk:
    """Jobs over a state that outlives them, and a list of what ran."""

    def __init__(self) -> None:
        self.clock = FrozenClock(NINE)
        self.state = State()
        self.ran: list[tuple[str, str, bool]] = []

    def runner(self, *given: dict[str, Any]) -> JobRunner:
        """As a fresh process would make it."""
        runner = JobRunner(read_jobs(given, profile=PROFILE), memory=self.state, clock=self.clock, run=self._run)
        runner.save()
        return runner

    def _run(self, job: Job, full: bool) -> Report:
        self.ran.append((job.name, self.clock.now().strftime("%H:%M"), full))
        report = Report()
        report.section("Task:Task").add("a", Outcome.CREATED)
        report.note("a remark")
        return report


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.rule("T3")
def test_a_saved_job_runs_and_then_waits(desk: Desk) -> None:
    """Save and Sync runs it at once; until it is due again nothing moves."""
    runner = desk.runner(INTO)

    first = runner.run_due()
    desk.clock.advance(timedelta(minutes=59))
    assert ([("in", "09:00", False)], []) == (desk.ran, runner.run_due())
    desk.clock.advance(timedelta(minutes=1))
    assert ["in"] == [run.job.name for run in runner.run_due()]
    assert {"processed": 1, "created": 1} == {k: first[0].as_dict()["statistics"][k] for k in ("processed", "created")}
    assert ["a remark"] == first[0].statistics.warnings


@pytest.mark.rule("T2")
def test_each_job_has_its_own_schedule(desk: Desk) -> None:
    """The runner waits from one due job to the next; both directions keep to their own cadence."""
    runner = desk.runner(OUT, INTO)

    runs = list(runner.run_until(NINE + timedelta(hours=3)))

    expected = ["out 09:00", "in 09:00", "in 10:00", "out 10:30", "in 11:00", "out 12:00", "in 12:00"]
    assert expected == [f"{name} {at}" for name, at, _ in desk.ran]
    assert len(expected) == len(runs)
    assert NINE + timedelta(hours=3) == desk.clock.now()


def test_missed_runs_are_made_up_by_one(desk: Desk) -> None:
    """A runner that was away for a day runs each job once."""
    desk.runner(INTO, OUT).run_due()
    desk.clock.advance(timedelta(days=1))

    assert ["in", "out"] == [run.job.name for run in desk.runner(INTO, OUT).run_due()]
    assert [] == desk.runner(INTO, OUT).run_due()


def test_another_process_goes_on_where_the_first_one_was(desk: Desk) -> None:
    """What ran when is kept in the state; saving the same jobs again does not run them."""
    desk.runner(INTO).run_due()
    desk.clock.advance(timedelta(minutes=30))

    again = desk.runner(INTO)
    assert ([], NINE + timedelta(hours=1)) == (again.run_due(), again.due_at("in"))
    later = desk.runner({**INTO, "schedule": {"kind": "daily", "at": "23:00"}})
    assert NINE.replace(hour=23) == later.due_at("in")


def test_saving_again_does_not_put_a_run_off(desk: Desk) -> None:
    """A cadence of minutes counts from when the job was first saved as it is, not from the last save."""
    desk.runner(OUT).run_due()
    desk.clock.advance(timedelta(minutes=30))

    assert NINE + timedelta(minutes=90) == desk.runner(OUT).due_at("out")


def test_once_is_once(desk: Desk) -> None:
    """One time: at its moment, and never again."""
    runner = desk.runner({**INTO, "schedule": {"kind": "once", "at": "2026-01-05T10:15:00Z"}})

    assert [("in", "10:15", False)] == [desk.ran[0] for _ in runner.run_until(NINE + timedelta(days=9))]
    assert None is runner.due_at("in")


@pytest.mark.rule("T15")
def test_a_full_sync_is_asked_for(desk: Desk) -> None:
    """A person may run a job now and in full, whatever its schedule says."""
    runner = desk.runner(INTO)

    runner.run("in", full=True)
    assert [("in", "09:00", True)] == desk.ran
    assert NINE + timedelta(hours=1) == runner.due_at("in")


@pytest.mark.rule("T38")
def test_the_user_of_a_connection_stays(desk: Desk) -> None:
    """Another user is refused, and nothing is taken over; a job that does not say keeps the one there was."""
    desk.runner({**INTO, "connection_user": "sync@acme.example"})
    desk.runner(INTO)

    with pytest.raises(JobInvalid, match="connected as sync@acme.example for good"):
        desk.runner({**INTO, "connection_user": "other@acme.example", "schedule": {"kind": "daily"}})
    assert "sync@acme.example" == desk.state.setting("job:in")["connection_user"]
    assert "hourly" in desk.state.setting("job:in")["schedule"]
