"""Query results that are read page by page.

Rule 1: what a query matched is fixed when it ran; rows written meanwhile neither appear in later
pages nor push others out of them.
Rule 2: a locator lives two days; a user keeps at most ten queries open, the oldest goes first. The child
lists that go on by a locator of their own belong to their query and go with it.
Rule 3: the offset in `<id>-<offset>` is the client's to choose.
Source: Salesforce limits quick reference (two days, ten cursors a user); the URL form is recorded
(heroku/sf-functions-python); freely chosen offsets are what django-salesforce does.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

LOCATOR_SECONDS = 2 * 24 * 3_600
LOCATORS_PER_USER_MAX = 10
_LIST_KEYS = frozenset({"totalSize", "done", "records"})


class Result(Protocol):
    """What a query found; pages of it are made when they are asked for.

    Records of a page hold their child lists whole; `has_children`: there may be such lists.
    """

    @property
    def total_size(self) -> int: ...

    @property
    def has_children(self) -> bool: ...

    def page(self, start: int, stop: int) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A result whose records are made already: a child list, or what came back from a snapshot."""

    records: Sequence[dict[str, Any]]

    @property
    def total_size(self) -> int:
        return len(self.records)

    @property
    def has_children(self) -> bool:
        return any(is_list(value) for record in self.records for value in record.values())

    def page(self, start: int, stop: int) -> list[dict[str, Any]]:
        return list(self.records[start:stop])


def is_list(value: Any) -> bool:
    """*value* is a child list of a record."""
    return isinstance(value, dict) and value.keys() == _LIST_KEYS


@dataclass(slots=True)
class Cursor:
    """One query, or child list, being read; *ends* is in seconds of the epoch.

    *query* is the locator of the query it belongs to; *lists* are the locators of child lists by their
    place in it, so that a page read twice is the same twice.
    """

    user_id: str
    ends: float
    batch_rows: int
    result: Result
    query: str
    lists: dict[str, str] = field(default_factory=dict)


class Locators:
    """Open cursors by locator id. A part of the store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cursors: dict[str, Cursor] = {}  # oldest first

    def open(self, locator: str, cursor: Cursor) -> None:
        """Keep *cursor* under *locator*."""
        with self._lock:
            mine = {each.query: None for each in self._cursors.values() if each.user_id == cursor.user_id}
            if cursor.query not in mine:
                for oldest in list(mine)[: max(0, len(mine) - LOCATORS_PER_USER_MAX + 1)]:
                    self._cursors = {name: each for name, each in self._cursors.items() if each.query != oldest}
            self._cursors[locator] = cursor

    def find(self, locator: str, *, user_id: str, now: datetime) -> Cursor | None:
        """The cursor, if it is this user's and has not ended."""
        cursor = self._cursors.get(locator)
        if cursor is None or cursor.user_id != user_id or now.timestamp() >= cursor.ends:
            return None
        return cursor

    def dump(self) -> Any:
        return [
            [name, c.user_id, c.ends, c.batch_rows, c.result.page(0, c.result.total_size), c.query, c.lists]
            for name, c in list(self._cursors.items())
        ]

    def load(self, state: Any) -> None:
        self._cursors = {
            name: Cursor(user_id, ends, batch_rows, Kept(records), query, lists)
            for name, user_id, ends, batch_rows, records, query, lists in state
        }
