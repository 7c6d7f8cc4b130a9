"""A sync's memory in SQLite, taken out and put back whole: how a world remembers and restores what a sync remembers.

Rule 1: knows nothing of any sync: a memory is an object with an `_engine`, one SQLite database in memory, and with
`on_commit` and `close`.
Rule 2: what was not committed is no part of it.
Rule 3: to make an engine and its tables costs more than a round of a sync, so a memory that nobody uses any more is
emptied for the next who needs one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

__all__ = ["Spares", "essence", "image", "load"]

SPARES_MAX = 4


class Spares:
    """Memories of no use any more, by their class."""

    def __init__(self) -> None:
        self._idle: dict[type, list[Any]] = {}
        self._empty: dict[type, bytes] = {}

    def take(self, kind: type) -> Any:
        """An empty memory of *kind*, which is made with the URL of a database in memory."""
        idle = self._idle.setdefault(kind, [])
        if not idle:
            made = kind("sqlite://")
            self._empty[kind] = image(made)
            return made
        memory = idle.pop()
        load(memory, self._empty[kind])
        return memory

    def give_back(self, memory: Any) -> None:
        """Nobody needs *memory* any more."""
        memory.on_commit = lambda _point: None
        idle = self._idle.setdefault(type(memory), [])
        if len(idle) < SPARES_MAX and not _driver(memory).in_transaction:
            idle.append(memory)
        else:
            memory.close()


def image(memory: Any) -> bytes:
    """The whole database. Raises AssertionError within a transaction: that would be no memory yet."""
    driver = _driver(memory)
    assert not driver.in_transaction, "what is not committed is not remembered"
    return driver.serialize()


def load(memory: Any, given: bytes) -> None:
    """Put the whole database back."""
    _driver(memory).deserialize(given)


def essence(memory: Any, *, but: Collection[tuple[str, str]] = ()) -> str:
    """Every row of every table as text; *but*: (table, value of its first column) of rows that no round reads."""
    driver = _driver(memory)
    told: list[tuple[str, list[Any]]] = []
    names = driver.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    for (name,) in names.fetchall():
        rows = driver.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall()  # noqa: S608 - our own tables' names
        told.append((name, [row for row in rows if (name, row[0]) not in but]))
    return repr(told)


def _driver(memory: Any) -> sqlite3.Connection:
    pooled = memory._engine.raw_connection()  # noqa: SLF001 - rule 1
    try:
        found: sqlite3.Connection = pooled.driver_connection
        return found
    finally:
        pooled.close()  # back to its pool of one, still open
