"""The tables: each a document as JSON text beside the columns that are looked up.

Rule 1: every table has `changed`, the moment a list goes by; a list is in the order of (changed, id).
Rule 2: no rule of the product lives here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from fake_core.json_text import dumps

METADATA = sa.MetaData()
_WHOLE = frozenset({"assignee", "creator", "owner", "shared", "user"})
Row = dict[str, Any]


class Table:
    """The documents of one kind. *columns* are keys of the document that are looked up; *changed* the key of rule 1."""

    def __init__(self, name: str, *columns: str, changed: str = "", key: str = "id") -> None:
        self.name = name
        self._changed, self._key, self._columns = changed, key, columns
        self.table = table = sa.Table(
            name,
            METADATA,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("changed", sa.Text, nullable=False),
            *(sa.Column(column, sa.Integer if column in _WHOLE else sa.Text, index=True) for column in columns),
            sa.Column("doc", sa.Text, nullable=False),
        )
        sa.Index(f"ix_{name}_changed", table.c.changed, table.c.id)
        self.c = table.c
        self._insert = sa.insert(table)
        self._delete = sa.delete(table).where(table.c.id == sa.bindparam("key"))
        self._by = {
            one: sa.select(table.c.doc).where(table.c[one] == sa.bindparam("value")).order_by(table.c.id).limit(1)
            for one in ("id", *columns)
        }

    def get(self, connection: sa.Connection, key: int) -> Row | None:
        """The document with this id."""
        return self.by(connection, "id", key)

    def by(self, connection: sa.Connection, column: str, value: Any) -> Row | None:
        """The first document by id whose *column* is *value*."""
        text = connection.execute(self._by[column], {"value": value}).scalar()
        return None if text is None else json.loads(text)

    def one(self, connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Row | None:
        """The first document by id that *where* selects."""
        text = connection.execute(sa.select(self.c.doc).where(*where).order_by(self.c.id).limit(1)).scalar()
        return None if text is None else json.loads(text)

    def rows(
        self,
        connection: sa.Connection,
        *where: sa.ColumnElement[bool],
        after: tuple[str, int] | None = None,
        limit: int | None = None,
    ) -> list[Row]:
        """The documents that *where* selects, in the order of (changed, id), from behind *after* on."""
        statement = sa.select(self.c.doc).where(*where).order_by(self.c.changed, self.c.id).limit(limit)
        if after is not None:
            statement = statement.where(sa.tuple_(self.c.changed, self.c.id) > sa.tuple_(*after))
        return [json.loads(text) for text in connection.execute(statement).scalars()]

    def place(self, row: Mapping[str, Any]) -> tuple[str, int]:
        """Where a document stands in a list."""
        return row.get(self._changed) or "", row[self._key]

    def next_id(self, connection: sa.Connection, *, block: int) -> int:
        """One more than the highest, and than *block*: where the tenant's ids begin."""
        highest: int | None = connection.execute(sa.select(sa.func.max(self.c.id))).scalar()
        return max(highest or 0, block) + 1

    def put(self, connection: sa.Connection, row: Mapping[str, Any]) -> None:
        """Insert, or replace the document of the same id."""
        changed, key = self.place(row)
        values = {column: row[column] for column in self._columns}
        connection.execute(self._delete, {"key": key})
        connection.execute(self._insert, {"id": key, "changed": changed, "doc": dumps(row), **values})


USERS = Table("users", "token")
PEOPLE = Table("people", "owner", "shared")
CAMPAIGN_STEPS = Table("campaign_steps")
REMINDERS = Table(
    "reminders", "assignee", "creator", "status", "due_date", "deleted_at", "sf_task_id", changed="updated_at"
)
SETTINGS = Table("settings", key="user")
DIAGNOSTICS = Table("diagnostics", "user", "category", "acknowledged_at", changed="created_at")
LOGGED_ACTIVITIES = Table("logged_activities", "sf_task_id", changed="logged_at")
TABLES: Sequence[Table] = (USERS, PEOPLE, CAMPAIGN_STEPS, REMINDERS, SETTINGS, DIAGNOSTICS, LOGGED_ACTIVITIES)
