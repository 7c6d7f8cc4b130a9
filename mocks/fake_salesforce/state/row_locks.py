"""Locks that somebody else holds on rows for a while: state of an org that is not rows.

Inside one store there is one writer at a time, so no two transactions ever meet. What another client's long transaction
does to this one is played instead: a lock on a row, from a moment of the clock to another.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any


class RowLocks:
    """Which rows are locked, and until when. False while nothing is held, so that a save need not ask."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def __bool__(self) -> bool:
        return bool(self._until)

    def hold(self, record_ids: Iterable[str], until: datetime) -> None:
        """Lock the rows with these 18-character ids until *until*; a longer lock that is there stays."""
        for record_id in record_ids:
            self._until[record_id] = max(until, self._until.get(record_id, until))

    def held(self, record_ids: Iterable[str], now: datetime) -> list[str]:
        """Those of *record_ids* that are locked at *now*, each once, in their order."""
        for record_id in [one for one, until in list(self._until.items()) if until <= now]:
            self._until.pop(record_id, None)
        return [one for one in dict.fromkeys(record_ids) if one in self._until]

    def dump(self) -> dict[str, Any]:
        return {record_id: until.isoformat() for record_id, until in list(self._until.items())}

    def load(self, state: dict[str, Any]) -> None:
        self._until = {record_id: datetime.fromisoformat(until) for record_id, until in state.items()}
