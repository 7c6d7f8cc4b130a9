"""The tables: one per kind of record, a document as JSON text beside the columns that are looked up.

Rule 1: statements are built once and kept; requests bind values.
Rule 2: no vendor rule lives here: what is folded, refused or derived is decided by the operations.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from fake_core import json_text

METADATA = sa.MetaData()
dumps = json_text.dumps
Condition = tuple[str, str, Any]  # a column, "=", ">=" or "<=", a value
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {"=": operator.eq, ">=": operator.ge, "<=": operator.le}
INTEGER_MAX = 2**63 - 1  # the largest that SQLite binds
Document = dict[str, Any]


class Table:
    """Documents by *key* columns; *extra* columns are looked up, too. All of them are keys of the document."""

    def __init__(self, name: str, *, key: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        self.name = name
        self._names = [*key, *extra]
        table = sa.Table(
            name,
            METADATA,
            *(sa.Column(column, kind, primary_key=True, autoincrement=False) for column, kind in key.items()),
            *(sa.Column(column, kind, index=True) for column, kind in extra.items()),
            sa.Column("doc", sa.Text, nullable=False),
        )
        self.c = table.c
        self._insert = sa.insert(table).prefix_with("OR REPLACE")
        self._delete = sa.delete(table).where(*(table.c[one] == sa.bindparam(f"key_{one}") for one in key))
        self._all = sa.select(table.c.doc).order_by(*(table.c[one] for one in key))
        self._by = {
            one: self._all.where(table.c[one] == sa.bindparam("value")) for one in self._names if one in table.c
        }
        self._built: dict[Any, sa.Select[Any]] = {}  # by the shape of what is looked for
        self._key = list(key)

    def put(self, connection: sa.Connection, document: Document) -> None:
        """Insert, or replace the document with the same key."""
        row = {name: document.get(name) for name in self._names}
        connection.execute(self._insert, {**row, "doc": dumps(document)})

    def delete(self, connection: sa.Connection, document: Document) -> int:
        return connection.execute(self._delete, {f"key_{one}": document[one] for one in self._key}).rowcount

    def by(self, connection: sa.Connection, column: str, value: Any) -> list[Document]:
        """The documents whose *column* is *value*, in order of the key."""
        return [json.loads(text) for text in connection.execute(self._by[column], {"value": value}).scalars()]

    def first(self, connection: sa.Connection, column: str, value: Any) -> Document | None:
        """The first of them, if any."""
        found = self.by(connection, column, value)
        return found[0] if found else None

    def all(self, connection: sa.Connection) -> list[Document]:
        return [json.loads(text) for text in connection.execute(self._all).scalars()]

    def where(self, connection: sa.Connection, *conditions: Condition, order: Sequence[str]) -> list[Document]:
        """The documents for which all *conditions* hold, in *order* of columns; "-" before one: descending."""
        shape = (tuple(one[:2] for one in conditions), tuple(order))
        if shape not in self._built:
            self._built[shape] = self._select(*shape)
        values = {f"value_{at}": one[2] for at, one in enumerate(conditions)}
        return [json.loads(text) for text in connection.execute(self._built[shape], values).scalars()]

    def _select(self, conditions: Sequence[tuple[str, str]], order: Sequence[str]) -> sa.Select[Any]:
        return (
            sa.select(self.c.doc)
            .where(
                *(_COMPARED[by](self.c[one], sa.bindparam(f"value_{at}")) for at, (one, by) in enumerate(conditions))
            )
            .order_by(*(self.c[one[1:]].desc() if one[0] == "-" else self.c[one] for one in order))
        )


ACCOUNTS = Table("accounts", key={"id": sa.Text}, extra={})
USERS = Table("users", key={"account_id": sa.Text, "id": sa.Text}, extra={})
_RECORD = {"external_id": sa.Text, "account_id": sa.Text, "updated_at": sa.Integer}
TASKS = Table("tasks", key={"id": sa.Integer}, extra=_RECORD)
TOUCHPOINTS = Table("touchpoints", key={"id": sa.Integer}, extra={**_RECORD, "event_id": sa.Text})
CAMPAIGN_TOUCHES = Table(
    "campaign_touches", key={"id": sa.Text}, extra={"account_id": sa.Text, "updated_at": sa.Integer}
)
EVENTS = Table(
    "events",
    key={"id": sa.Text},
    extra={"timestamp": sa.Integer, "type": sa.Text, "account_id": sa.Text, "record": sa.Text},
)
DELETIONS = Table(
    "deletions", key={"number": sa.Integer}, extra={"kind": sa.Text, "deleted_at": sa.Integer, "account_id": sa.Text}
)
JOBS = Table("jobs", key={"id": sa.Text}, extra={})
