"""SQLAlchemy statements that are compiled once and then run on the driver's own cursor.

Rows are read and written by the same few statements thousands of times; what SQLAlchemy does around
each execution costs more than SQLite does. The statements are still Core expressions, compiled for
the dialect of the connection at their first use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa


class Statement:
    """A statement with bound names; `run` gives the driver's cursor, whose rows are tuples."""

    __slots__ = ("_constants", "_names", "_sql", "_statement")

    def __init__(self, statement: sa.Executable) -> None:
        self._statement = statement
        self._sql = ""
        self._names: tuple[str, ...] | None = None
        self._constants: dict[str, Any] = {}

    def run(self, conn: sa.Connection, values: Mapping[str, Any]) -> Any:
        """Execute with *values* by bound name."""
        if not self._sql:
            self._compile(conn)
        given = {**self._constants, **values} if self._constants else values
        cursor = conn.connection.cursor()
        if self._names is None:
            cursor.execute(self._sql, given)
        else:
            cursor.execute(self._sql, [given[name] for name in self._names])
        return cursor

    def run_many(self, conn: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute once for each of *rows*, which all have every bound name."""
        if not self._sql:
            self._compile(conn)
        assert not self._constants, "a statement of values alone"
        cursor = conn.connection.cursor()
        if self._names is None:
            cursor.executemany(self._sql, rows)
        else:
            cursor.executemany(self._sql, map(itemgetter(*self._names), rows))  # type: ignore[arg-type] # any iterable

    def one(self, conn: sa.Connection, **values: Any) -> tuple[Any, ...] | None:
        """The first row, if there is any."""
        row: tuple[Any, ...] | None = self.run(conn, values).fetchone()
        return row

    def _compile(self, conn: sa.Connection) -> None:
        assert isinstance(self._statement, sa.sql.ClauseElement)
        compiled = self._statement.compile(dialect=conn.dialect)
        assert isinstance(compiled, sa.sql.compiler.SQLCompiler)
        required = {name for name, bind in compiled.binds.items() if bind.required}
        self._constants = {name: value for name, value in compiled.params.items() if name not in required}
        positions = compiled.positiontup
        self._names = None if positions is None else tuple(positions)
        self._sql = compiled.string
