"""The scope of one user's reminders: the settings, asked once, and what they leave out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from crm_sync.config import Options
from crm_sync.lens import parse_moment
from crm_sync.marketo.choices import CHOICES
from crm_sync.marketo.diagnostics import NOT_SYNCED, code_of, code_of_stop, retried
from crm_sync.marketo.taking_part import Connection, InitialImport, UnmappedStatus
from crm_sync.model import SALESFORCE, TASK, Record
from crm_sync.report import Report
from crm_sync.scope import Memory
from crm_sync.sides.marketo import REMINDER, Marketo


class ReminderScope:
    """See the module's docstring. *salesforce_user* tells whose the Salesforce session is, asked only if need be."""

    sees_all = False

    def __init__(self, side: Marketo, options: Options, salesforce_user: Callable[[], str]) -> None:
        self._side = side
        self._options = options
        self._salesforce_user = salesforce_user
        self._settings = side.settings()

    @property
    def off(self) -> str:
        """Rule M1: off until the user switches it on."""
        if self._settings.on:
            return ""
        return "the user's task sync is switched off in Sales Insight Actions: nothing is read or written (rule M1)"

    @property
    def since(self) -> datetime | None:
        """Rule M16: what a first scan of Salesforce need not go back behind."""
        wide = self._connection.initial_import is InitialImport.ALL_OPEN
        return None if wide else self._connection.pull_since

    def leaves_out(self, record: Record, *, keyed: bool = False) -> str:
        """Rules M15, M16, M24, M25; a reminder that carries the id of its task is asked only whose it is."""
        if record.place == SALESFORCE:
            logged = self._logged if record.values.get("OwnerId") == self._connection.sf_user else frozenset()
            statuses = CHOICES["status"].to_salesforce.values()
            at = record.edited_at or record.changed_at
            return self._connection.refuses_import(record.values, at, logged=logged, statuses=statuses)
        created = parse_moment(record.get("created_at"))
        assert created is not None, "every reminder has created_at"
        return self._connection.refuses_push(record.values, created, keyed=keyed)

    @property
    def passes_some(self) -> bool:
        return self._connection.unmapped_status is UnmappedStatus.SKIP_RECORD

    def passes_over(self, record: Record) -> str:
        """Rule M4, with the switch that skips records."""
        return self._connection.skips_status(record.values, CHOICES["status"].to_salesforce.values())

    def deletes(self, at: datetime) -> bool:
        """Rule M18."""
        return self._connection.applies_deletion(at)

    def retries(self, reason: str) -> bool:
        """Rule M27: only what is intermittent; a refusal of the sync's own making has no code and is tried again."""
        code = code_of(reason)
        return not code or retried(code)

    def begun(self, state: Memory, now: datetime) -> None:
        """Rule M27: a failure that a person has seen to is tried again."""
        waiting = [item for item in state.pending() if item.kind == "quarantine" and item.next_at > now]
        if waiting:
            seen_to = self._side.acknowledged()
            for item in waiting:
                if (item.place, item.record_id) in seen_to:
                    state.set_pending(replace(item, next_at=now))

    def ended(self, state: Memory, report: Report) -> None:
        """Rule M27: each failure stands on the diagnostics page, once until somebody has seen to it."""
        for section in report.sections.values():
            for label, reason in section.quarantined.items():
                place, model, record_id = label.split(" ", 2)
                if place == SALESFORCE:
                    link = state.link_of_salesforce(model, record_id)
                    reminder, task = link.ids.get(REMINDER) if link else None, record_id
                else:
                    link = state.link_of(model, record_id, TASK)
                    reminder, task = record_id, (link.sf_id or "") if link else ""
                self._side.diagnose(
                    "update" if link else "create",
                    code_of(reason) or NOT_SYNCED,
                    reason,
                    reminder=reminder,
                    sf_task_id=task or None,
                )
        code = code_of_stop(report.stopped)
        if code:
            self._side.diagnose("read", code, report.stopped)

    @cached_property
    def _connection(self) -> Connection:
        enabled = self._settings.enabled_at
        assert enabled is not None, "the settings say since when the sync is on"
        me = self._side.me()
        return Connection(
            enabled_at=enabled,
            user=me.id,
            sf_user=me.sf_user_id or self._salesforce_user(),
            initial_import=InitialImport(self._options.initial_import),
            unmapped_status=UnmappedStatus(self._options.unmapped_status),
        )

    @cached_property
    def _logged(self) -> frozenset[str]:
        return self._side.logged()
