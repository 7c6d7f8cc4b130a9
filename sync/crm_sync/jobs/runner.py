"""Runs jobs when they are due, on the clock that is handed in.

Rule T3: nothing moves until a job runs. A job runs when it is saved ("Save and Sync"), and then as its schedule says.
Rule 1: runs that were missed are made up by one run, not by many (assumed). Of jobs that are due at one moment the one
that the configuration names first runs first; the result does not depend on it (T10).
Rule T38: the user of a connection, once saved, stays.
What was run and when is kept in the sync's state, so that another process goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from crm_sync.clock import Clock
from crm_sync.jobs.job import Job, refuse_other_user
from crm_sync.jobs.statistics import JobStatistics
from crm_sync.report import Report, SectionReport


class Memory(Protocol):
    """Where a job's runs are kept: the sync's `State`."""

    def setting(self, name: str) -> Any: ...
    def set_setting(self, name: str, value: Any) -> None: ...


#: Runs one job and tells what became of it: the job, and whether every row is read again (a full sync, T15).
Run = Callable[[Job, bool], Report]


@dataclass(frozen=True)
class JobRun:
    """One run of one job: its own statistics, and the engine's report beside it."""

    job: Job
    started_at: datetime
    statistics: JobStatistics
    report: Report

    def as_dict(self) -> dict[str, Any]:
        return {
            "job": self.job.name,
            "started_at": self.started_at.isoformat(),
            "stopped": self.report.stopped,
            "statistics": self.statistics.as_dict(),
            "accounting": self.accounting.as_dict(),
        }

    @property
    def accounting(self) -> SectionReport:
        """The engine's account of the job's section (I15): every record that was seen."""
        return self.report.section(self.job.section_key)


class JobRunner:
    """The jobs of one configuration."""

    def __init__(self, jobs: Sequence[Job], *, memory: Memory, clock: Clock, run: Run) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._memory = memory
        self._clock = clock
        self._run = run

    def save(self) -> None:
        """Take the jobs over: a new one is due at once, one whose schedule changed counts from now.

        Raises:
            JobInvalid: the connection of a job would get another user (T38); nothing is taken over.
        """
        now = self._clock.now().isoformat()
        kept: dict[str, Mapping[str, Any]] = {name: self._memory.setting(_key(name)) or {} for name in self._jobs}
        for name, job in self._jobs.items():
            refuse_other_user(job, connected_as=kept[name].get("connection_user", ""))
        for name, job in self._jobs.items():
            before, schedule = kept[name], repr(job.schedule)
            saved_at = before["saved_at"] if before.get("schedule") == schedule else now
            self._memory.set_setting(
                _key(name),
                {
                    "saved_at": saved_at,
                    "schedule": schedule,
                    "last_run": before.get("last_run"),
                    "connection_user": job.connection_user or before.get("connection_user", ""),
                },
            )

    def due_at(self, name: str) -> datetime | None:
        """When a saved job runs next; None when it never does."""
        kept = self._memory.setting(_key(name))
        saved_at = datetime.fromisoformat(kept["saved_at"])
        schedule = self._jobs[name].schedule
        if kept["last_run"] is None:
            return max(schedule.moment, saved_at) if schedule.moment else saved_at
        return schedule.next_after(datetime.fromisoformat(kept["last_run"]), saved_at=saved_at)

    def run_due(self) -> list[JobRun]:
        """Run every job that is due now, each once."""
        now = self._clock.now()
        waiting = {name: self.due_at(name) for name in self._jobs}
        due = sorted((at, n, name) for n, (name, at) in enumerate(waiting.items()) if at is not None and at <= now)
        return [self.run(name) for _, _, name in due]

    def run_until(self, end: datetime) -> Iterator[JobRun]:
        """Wait for each job that is due by *end*, and run it."""
        while True:
            waiting = [at for at in map(self.due_at, self._jobs) if at is not None]
            first = min(waiting, default=None)
            if first is None or first > end:
                return
            self._clock.sleep(max(0.0, (first - self._clock.now()).total_seconds()))
            yield from self.run_due()

    def run(self, name: str, *, full: bool = False) -> JobRun:
        """Run one job now, whatever its schedule; *full*: every row, not only what changed (T15)."""
        job, started_at = self._jobs[name], self._clock.now()
        kept = self._memory.setting(_key(name))
        report = self._run(job, full)
        self._memory.set_setting(_key(name), {**kept, "last_run": started_at.isoformat()})
        statistics = JobStatistics.of(report.section(job.section_key))
        statistics.warnings += report.notes
        return JobRun(job, started_at, statistics, report)


def _key(name: str) -> str:
    return f"job:{name}"
