"""Fires a workflow for an event: whether it may, whether it has, and what is left of it.

Rule 1 (A22): a run is named by workflow version, organization, event and subject. The first one that finishes wins; a
later firing does nothing. A run that was interrupted (a crash, a lock, a limit, a lost connection) goes on with what is
left.
Rule 2 (A39): only an active version runs, a version never changes, and none runs after a later one has.
Rule 3: one process at a time is at a run; it holds a lease, which ends by itself when the process does not end it.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import requests

from crm_sync.actions import memory
from crm_sync.actions.act import Actor
from crm_sync.actions.connection import Connection
from crm_sync.actions.document import Workflow
from crm_sync.actions.events import Event
from crm_sync.actions.meetings import Meetings
from crm_sync.actions.memory import FINISHED, INTERRUPTED, Memory
from crm_sync.actions.report import Report
from crm_sync.actions.salesforce import Salesforce
from crm_sync.actions.settings import Settings
from crm_sync.actions.templates import Templates
from crm_sync.actions.walk import Hands, Walk
from crm_sync.clock import Clock
from crm_sync.errors import SyncError


class RunRefused(SyncError):
    """The workflow must not run for this event, or not now; the text is one line."""


class Runner:
    """Runs workflows against one org. *owner* names this process among those that use the same state."""

    def __init__(
        self,
        settings: Settings,
        *,
        session: requests.Session,
        clock: Clock,
        memory: Memory,
        owner: str,
        meetings: Path,
    ) -> None:
        self.connection = Connection(settings.login, session=session, clock=clock, memory=memory)
        self._settings = settings
        self._clock = clock
        self._memory = memory
        self._owner = owner
        self._meetings = Meetings(meetings)
        options = settings.options
        self._templates = Templates(clock, day_of=options.day_of, dates=options.dates)
        self._salesforce = Salesforce(self.connection, clock)

    def __repr__(self) -> str:
        return f"Runner({self.connection!r})"

    def run(self, workflow: Workflow, event: Event, *, dry_run: bool = False, retry: bool = False) -> Report:
        """One firing. *retry*: what was refused in a finished run is tried again.

        Raises:
            RunRefused: the workflow is no active one of this event, or another process is at it.
        """
        self._admit(workflow, event)
        key = (workflow.name, workflow.version, event.organization, event.type, event.subject)
        run = memory.run_id(*key)
        report = Report(workflow.name, workflow.version, event.type, event.subject, run, dry_run=dry_run)
        state = self._memory.run_state(run)
        if state == FINISHED and not retry:
            report.already, report.refused_before = True, self._memory.refused(run)
            return report
        if not dry_run:
            self._take(workflow, run, str(key))
            if retry:
                self._memory.forget_refused(run)
        actor = Actor(
            self._salesforce,
            self._memory,
            self._clock,
            self._templates,
            external_id_field=self._settings.login.external_id_field,
            skew=timedelta(seconds=self._settings.options.clock_skew_seconds),
            blank=self._settings.options.blank_field_values,
            dry_run=dry_run,
        )
        walk = Walk(workflow, event, report, actor=actor, hands=self._hands(run))
        try:
            walk.go()
        except (Exception, KeyboardInterrupt):  # whoever stops it need not wait until the lease ends
            self._memory.end(run, self._owner, INTERRUPTED)
            raise
        transport = self.connection.transport
        report.calls, report.writes = transport.calls.total(), transport.writes.total()
        report.refreshes, report.connection = self.connection.refreshes, self.connection.state
        if not dry_run:
            self._memory.end(run, self._owner, INTERRUPTED if walk.unsettled else FINISHED)
        return report

    def _admit(self, workflow: Workflow, event: Event) -> None:
        """Rule A39: only the active version runs, and a version is what it was when it first ran."""
        if workflow.status != "active":
            raise RunRefused(
                f"{workflow.name} version {workflow.version} is {workflow.status}; only an active one runs"
            )
        if workflow.event != event.type:
            raise RunRefused(f"{workflow.name} is triggered by {workflow.event}, not by {event.type}")
        newest = self._memory.newest(workflow.name)
        if workflow.version < newest:
            raise RunRefused(
                f"{workflow.name} version {workflow.version} is superseded: version {newest} has been active here"
            )

    def _take(self, workflow: Workflow, run: str, key: str) -> None:
        known = self._memory.version(workflow.name, workflow.version, workflow.digest)
        if known != workflow.digest:
            raise RunRefused(
                f"{workflow.name} version {workflow.version} has changed since it first ran; give it a new version"
            )
        seconds = self._settings.options.lease_seconds
        until = self._memory.take(run, key, self._owner, now=self._clock.now(), seconds=seconds)
        if until is not None:
            raise RunRefused(f"another process is at this run, or ended in it; it is free at {until.isoformat()}")

    def _hands(self, run: str) -> Hands:
        return Hands(
            memory=self._memory,
            clock=self._clock,
            templates=self._templates,
            meetings=self._meetings,
            hold=lambda: self._hold(run),
            instance_url=lambda: self.connection.instance_url,
        )

    def _hold(self, run: str) -> None:
        """Keep the run ours before something is sent. Raises RunRefused when it is not any more."""
        seconds = self._settings.options.lease_seconds
        if not self._memory.renew(run, self._owner, now=self._clock.now(), seconds=seconds):
            raise RunRefused("another process has taken this run over; nothing more is sent from here")
