"""Query results that are read page by page.

Rule 1: what a query matched is fixed when it ran; rows written meanwhile neither appear in later
pages nor push others out of them.
Rule 2: a locator lives two days; a user keeps at most ten, the oldest goes first.
Rule 3: the offset in `<id>-<offset>` is the client's to choose.
Source: Salesforce limits quick reference (two days, ten cursors a user); the URL form is recorded
(heroku/sf-functions-python); freely chosen offsets are what django-salesforce does.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

LOCATOR_SECONDS = 2 * 24 * 3_600
LOCATORS_PER_USER_MAX = 10


class Result(Protocol):
    """What a query found; pages of it are made when they are asked for."""

    @property
    def total_size(self) -> int: ...

    def page(self, start: int, stop: int) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A result that came back from a snapshot: its records are made already."""

    records: list[dict[str, Any]]

    @property
    def total_size(self) -> int:
        return len(self.records)

    def page(self, start: int, stop: int) -> list[dict[str, Any]]:
        return self.records[start:stop]


@dataclass(slots=True)
class Cursor:
    """One query being read; *ends* is in seconds of the epoch."""

    user_id: str
    ends: float
    batch_rows: int
    result: Result


class Locators:
    """Open cursors by locator id. A part of the store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cursors: dict[str, Cursor] = {}  # oldest first

    def open(self, locator: str, *, user_id: str, now: datetime, batch_rows: int, result: Result) -> None:
        """Keep *result* under *locator* for two days from *now*."""
        ends = now.timestamp() + LOCATOR_SECONDS
        with self._lock:
            mine = [name for name, cursor in self._cursors.items() if cursor.user_id == user_id]
            for name in mine[: max(0, len(mine) - LOCATORS_PER_USER_MAX + 1)]:
                del self._cursors[name]
            self._cursors[locator] = Cursor(user_id, ends, batch_rows, result)

    def find(self, locator: str, *, user_id: str, now: datetime) -> Cursor | None:
        """The cursor, if it is this user's and has not ended."""
        cursor = self._cursors.get(locator)
        if cursor is None or cursor.user_id != user_id or now.timestamp() >= cursor.ends:
            return None
        return cursor

    def dump(self) -> Any:
        return [
            [name, c.user_id, c.ends, c.batch_rows, c.result.page(0, c.result.total_size)]
            for name, c in list(self._cursors.items())
        ]

    def load(self, state: Any) -> None:
        self._cursors = {
            name: Cursor(user_id, ends, batch_rows, Kept(records)) for name, user_id, ends, batch_rows, records in state
        }
