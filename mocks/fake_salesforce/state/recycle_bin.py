"""When deleted rows are due to leave the recycle bin for good: state of an org that is not rows.

Rule 1: a row stays fifteen days; which objects have rows waiting is remembered, so that nothing is looked for in vain.
Rule 2: `purged` is, for each object, the moment of deletion of the last row that was removed physically.
Source: REST API Developer Guide, Get Deleted; SOAP API Developer Guide, emptyRecycleBin.
"""

from __future__ import annotations

from typing import Any

KEPT_DAYS = 15


class RecycleBin:
    """Moments are stamps as rows hold them: text order is time order."""

    def __init__(self) -> None:
        self.waiting: dict[str, str] = {}  # object: deletion of its oldest row in the bin
        self.purged: dict[str, str] = {}

    def note(self, sobject: str, deleted_at: str) -> None:
        """A row of the object went to the bin."""
        self.waiting[sobject] = min(deleted_at, self.waiting.get(sobject, deleted_at))

    def due(self, cutoff: str) -> list[str]:
        """Objects with rows that were deleted at *cutoff* or before."""
        return [sobject for sobject, oldest in list(self.waiting.items()) if oldest <= cutoff]

    def dump(self) -> dict[str, Any]:
        return {"waiting": dict(self.waiting), "purged": dict(self.purged)}

    def load(self, state: dict[str, Any]) -> None:
        self.waiting = dict(state["waiting"])
        self.purged = dict(state["purged"])
