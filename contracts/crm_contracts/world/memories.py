"""A sync's memory in SQLite, taken out and put back whole: how a world remembers and restores what a sync remembers.

Rule 1: knows nothing of any sync: a memory is an SQLAlchemy engine over one SQLite database in memory.
Rule 2: what was not committed is no part of it.
Rule 3: to make an engine and its tables costs more than a round of a sync, so a memory that nobody uses any more is
emptied for the next who needs one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["Spares", "essence", "image", "load"]

SPARES_MAX = 4


class Spares:
    """Memories of no use any more, by their class: objects with an `_engine`, `on_commit` and `close`."""

    def __init__(self) -> None:
        self._idle: dict[type, list[Any]] = {}
        self._empty: dict[type, bytes] = {}

    def take(self, kind: type) -> Any:
        """An empty memory of *kind*, which is made with the URL of a database in memory."""
        idle = self._idle.setdefault(kind, [])
        if not idle:
            made = kind("sqlite://")
            self._empty[kind] = image(made._engine)  # noqa: SLF001 - a memory is its engine
            return made
        memory = idle.pop()
        load(memory._engine, self._empty[kind])  # noqa: SLF001
        return memory

    def give_back(self, memory: Any) -> None:
        """Nobody needs *memory* any more."""
        memory.on_commit = lambda _point: None
        idle = self._idle.setdefault(type(memory), [])
        if len(idle) < SPARES_MAX and not _driver(memory._engine).in_transaction:  # noqa: SLF001
            idle.append(memory)
        else:
            memory.close()


def image(engine: sa.Engine) -> bytes:
    """The whole database. Raises AssertionError within a transaction: that would be no memory yet."""
    driver = _driver(engine)
    assert not driver.in_transaction, "what is not committed is not remembered"
    return driver.serialize()


def load(engine: sa.Engine, given: bytes) -> None:
    """Put the whole database back."""
    _driver(engine).deserialize(given)


def essence(engine: sa.Engine, *, but: Collection[tuple[str, str]] = ()) -> str:
    """Every row of every table as text; *but*: (table, value of its first column) of rows that no round reads."""
    driver = _driver(engine)
    told: list[tuple[str, list[Any]]] = []
    names = driver.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    for (name,) in names.fetchall():
        rows = driver.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall()  # noqa: S608 - our own tables' names
        told.append((name, [row for row in rows if (name, row[0]) not in but]))
    return repr(told)


def _driver(engine: sa.Engine) -> sqlite3.Connection:
    pooled = engine.raw_connection()
    try:
        found: sqlite3.Connection = pooled.driver_connection  # type: ignore[assignment]
        return found
    finally:
        pooled.close()  # back to its pool of one, still open
