"""Which reminders and which Salesforce tasks take part, and since when (M1, M14-M18, M24, M25).

Every function says why something takes no part, and "" when it does. Moments are aware; Salesforce keeps whole seconds,
so a bound for its stamps is taken down to the second: what happened within that second is inside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from crm_sync.config import load_profile

_WINDOWS = load_profile("marketo")["windows"]
INITIAL_PULL = timedelta(hours=_WINDOWS["initial_pull_hours"])
DELETE_CATCH_UP = timedelta(days=_WINDOWS["delete_catch_up_days"])  # as long as Salesforce's recycle bin keeps


class InitialImport(Enum):
    """What enabling imports (M16: the page says "your tasks", "24 hours" and "based on due date")."""

    LAST_24H = "last_24h"
    ALL_OPEN = "all_open"  # every open task, and what changed in the last 24 hours


class UnmappedStatus(Enum):
    """What a Salesforce status that Sales Insight Actions does not have means (M4)."""

    KEEP_VALUE = "keep_value"
    SKIP_RECORD = "skip_record"


@dataclass(frozen=True)
class Connection:
    """One user's sync while it is on. *user* is their id in Sales Insight Actions, *sf_user* in Salesforce."""

    enabled_at: datetime
    user: str
    sf_user: str
    initial_import: InitialImport = InitialImport.LAST_24H
    unmapped_status: UnmappedStatus = UnmappedStatus.KEEP_VALUE

    @property
    def pull_since(self) -> datetime:
        """Salesforce tasks changed at this moment or later are imported (M16, closed)."""
        return _second(self.enabled_at - INITIAL_PULL)

    @property
    def delete_since(self) -> datetime:
        """Salesforce deletions at this moment or later are applied (M18, closed)."""
        return _second(self.enabled_at - DELETE_CATCH_UP)

    def refuses_push(self, reminder: Mapping[str, Any], created_at: datetime, *, keyed: bool = False) -> str:
        """Why a reminder that no link has takes no part; a linked one is not asked (M15). *keyed*: it names a task."""
        if str(reminder["assignee"]) != self.user:
            return "it is assigned to somebody else, whose own sync sends it (M24)"
        if created_at <= self.enabled_at and not keyed:
            return "it was made before the sync was enabled (M15)"
        return ""

    def refuses_import(
        self,
        task: Mapping[str, Any],
        changed_at: datetime,
        *,
        logged: Collection[str] = frozenset(),
        statuses: Collection[str] = (),
    ) -> str:
        """Why a Salesforce task that is linked with nothing is not imported. *statuses*: those of the map."""
        if task.get("OwnerId") != self.sf_user:
            return "it is another user's (M24)"
        if task.get("Id") in logged:
            return "the integration logged it: no reminder (M25)"
        skipped = self.skips_status(task, statuses)
        if skipped:
            return skipped
        wide = self.initial_import is InitialImport.ALL_OPEN and not task.get("IsClosed")
        if changed_at < self.pull_since and not wide:
            return "it was last changed more than 24 hours before the sync was enabled (M16)"
        return ""

    def skips_status(self, task: Mapping[str, Any], statuses: Collection[str]) -> str:
        """Why a Salesforce task of this status is not read, where the switch says so (M4)."""
        if self.unmapped_status is UnmappedStatus.KEEP_VALUE or task.get("Status") in statuses:
            return ""
        return f"its status {task.get('Status')} does not sync (M4)"

    def applies_deletion(self, deleted_at: datetime) -> bool:
        """Is the reminder of a task deleted at that moment deleted? If not, it stays, and its link is dropped (M18)."""
        return deleted_at >= self.delete_since


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
