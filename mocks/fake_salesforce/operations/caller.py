"""Who calls an operation that reads or writes rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fake_core.faults import Fault
from fake_salesforce.operations.automation.options import DEFAULTS, SaveOptions


@dataclass(frozen=True, slots=True)
class Caller:
    """Who writes, when, in which API version, the row fault that strikes this request, and how rows are to be saved."""

    user_id: str
    now: datetime
    number: int
    fault: Fault | None = None
    options: SaveOptions = DEFAULTS

    @property
    def locked(self) -> bool:
        """A row_locked fault strikes."""
        return self.fault is not None and self.fault.kind == "row_locked"

    @property
    def struck_by_lock(self) -> bool:
        """A lock_held fault strikes: the rows this write would lock are held by somebody else from now on."""
        return self.fault is not None and self.fault.kind == "lock_held"
