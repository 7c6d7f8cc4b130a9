"""Statements that are compiled once and run on the driver's own cursor.

A run of the sync reads and prolongs more often than it writes, and what SQLAlchemy does around one execution costs ten
times what SQLite does. The statements are Core expressions still, so each database has its own dialect.

Rule: an error is SQLAlchemy's, as everywhere else, not the driver's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa


class Statement:
    """A statement whose parameters are all given when it is run; its rows are tuples."""

    def __init__(self, statement: sa.sql.ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}  # by dialect

    def run(self, connection: sa.Connection, **values: Any) -> Any:
        """The cursor (PEP 249), in the transaction of *connection*. Raises sqlalchemy.exc.DBAPIError."""
        dialect = connection.dialect
        sql, constants, names = self._compiled.get(dialect.name) or self._compile(dialect)
        given = {**constants, **values}
        cursor = connection.connection.cursor()
        driver = dialect.loaded_dbapi
        try:
            cursor.execute(sql, given if names is None else [given[name] for name in names])
        except driver.Error as error:
            raise sa.exc.DBAPIError.instance(sql, given, error, driver.Error, dialect=dialect) from error
        return cursor

    def _compile(self, dialect: sa.Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect)
        assert isinstance(compiled, sa.sql.compiler.SQLCompiler)
        made = compiled.string, dict(compiled.params), compiled.positiontup
        return self._compiled.setdefault(dialect.name, made)


_Compiled = tuple[str, Mapping[str, Any], Sequence[str] | None]  # SQL, its constants, the order of names if that counts
