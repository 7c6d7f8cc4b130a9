"""The tables: one per model, a document as JSON text beside the columns that are looked up.

Rule 1: `_id` is unique per table only: a Conversation logged for a Task has the Task's `_id`.
Rule 2: every statement is built once and kept; requests bind values.
Rule 3: no vendor rule lives here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from fake_core import json_text
from fake_planhat.models import MODELS, Model
from fake_planhat.models.model import Document

METADATA = sa.MetaData()
dumps = json_text.dumps
EXTRACTED = ("companyId", "sourceId", "externalId", "email", "updatedAt")
SORT_COLUMNS = frozenset({"_id", *EXTRACTED})
NO_LIMIT = 2**62
SEARCHED = ("subject", "description")
VALUES_PER_LOOKUP_MAX = 5_000  # SQLite binds at most 32,766 values in one statement


def _table(model: Model) -> sa.Table:
    looked_up = {model.column_of(key) for key in (*model.keyables, *model.required)} | {"updatedAt"}
    if model.company_key is not None:
        looked_up.add("companyId")
    table = sa.Table(
        model.collection,
        METADATA,
        sa.Column("_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, index=name in looked_up) for name in EXTRACTED),
        sa.Column("type", sa.Text),
        sa.Column("archived", sa.Integer, nullable=False),
        sa.Column("members", sa.Text, nullable=False),  # ",id,id,": a Task's contacts, a Company's domains, ...
        sa.Column("doc", sa.Text, nullable=False),
    )
    sa.Index(f"ix_{model.collection}_open", table.c.archived, table.c["_id"])
    return table


def _members(model: Model, document: Mapping[str, Any]) -> str:
    values = document.get(model.members)
    if not isinstance(values, list) or not values:
        return ""
    ids = (reference_id(one).lower() for one in values)
    return "," + ",".join(one for one in ids if one) + ","


def reference_id(value: Any) -> str:
    """The id in a reference that is either the id or an object with `_id` or `id`."""
    if isinstance(value, dict):
        value = value.get("_id") or value.get("id")
    return value if isinstance(value, str) else ""


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None  # an empty text is one: it sorts behind null


@dataclass(frozen=True)
class Query:
    """What a list asks of the table. *equal* names columns, *any_of* columns or keys, *sort* a path in the document.

    *search* is a text to find in one of SEARCHED, whatever its case.
    """

    equal: Mapping[str, Any]
    any_of: Mapping[str, Sequence[str]]
    members: Sequence[str]
    sort: str
    descending: bool
    limit: int
    offset: int
    search: str = ""


class Collection:
    """The table of one model and its statements."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.table = table = _table(model)
        self._sorted_by = {name for name in SORT_COLUMNS if model.key_of(name) == name}
        self._archived = "isArchived" if model.name == "Task" else "archived"
        self._insert = sa.insert(table)
        columns = [column for column in table.c if column.name != "_id"]
        self._update = (
            sa.update(table)
            .where(table.c["_id"] == sa.bindparam("key_id"))
            .values({column: sa.bindparam(column.name) for column in columns})
        )
        self._delete = sa.delete(table).where(table.c["_id"] == sa.bindparam("key_id"))
        self._by_id = sa.select(table.c.doc).where(table.c["_id"] == sa.bindparam("key_id"))
        self._by = {
            name: sa.select(table.c.doc)
            .where(table.c[name].in_(sa.bindparam("keys", expanding=True)))
            .order_by(table.c["_id"])
            for name in ("_id", "companyId", "sourceId", "externalId", "email")
        }
        self._by_member = (
            sa.select(table.c.doc)
            .where(sa.func.instr(table.c.members, sa.bindparam("member")) > 0)
            .order_by(table.c["_id"])
            .limit(1)
        )

    def text(self, connection: sa.Connection, record_id: str) -> str | None:
        """The stored JSON text of one record."""
        text: str | None = connection.execute(self._by_id, {"key_id": record_id}).scalar()
        return text

    def texts_by(self, connection: sa.Connection, key: str, values: Iterable[str]) -> list[str]:
        """The records whose *key*, a keyable or the company's, is one of *values*; by `_id` within each lookup."""
        column = self.model.column_of(key)
        wanted = list(dict.fromkeys(values))
        found: list[str] = []
        for start in range(0, len(wanted), VALUES_PER_LOOKUP_MAX):
            keys = wanted[start : start + VALUES_PER_LOOKUP_MAX]
            found += connection.execute(self._by[column], {"keys": keys}).scalars()
        return found

    def by_member(self, connection: sa.Connection, member: str) -> str | None:
        """The first record with *member* among its members."""
        text: str | None = connection.execute(self._by_member, {"member": f",{member},"}).scalar()
        return text

    def insert(self, connection: sa.Connection, documents: Sequence[Document]) -> None:
        if documents:
            connection.execute(self._insert, [self._row("_id", one) for one in documents])

    def update(self, connection: sa.Connection, documents: Sequence[Document]) -> None:
        if documents:
            connection.execute(self._update, [self._row("key_id", one) for one in documents])

    def delete(self, connection: sa.Connection, record_id: str) -> int:
        return connection.execute(self._delete, {"key_id": record_id}).rowcount

    def list_texts(self, connection: sa.Connection, query: Query) -> list[str]:
        """The stored texts that *query* selects, in its order."""
        statement = _list_statement(
            self.table,
            tuple(query.equal),
            tuple(query.any_of),
            len(query.members),
            query.sort if query.sort in self._sorted_by else "",
            query.descending,
            bool(query.search),
        )
        values: dict[str, Any] = {f"equal_{name}": value for name, value in query.equal.items()}
        values |= {f"any_{name}": list(some) for name, some in query.any_of.items()}
        values |= {f"member_{n}": f",{member}," for n, member in enumerate(query.members)}
        values |= {"how_many": query.limit, "skip": query.offset}
        if query.search:
            values["search"] = query.search
        if query.sort not in self._sorted_by:
            values["path"] = json_path(query.sort)
        return list(connection.execute(statement, values).scalars())

    def _row(self, id_name: str, document: Document) -> dict[str, Any]:
        get = document.get
        return {
            id_name: document["_id"],
            **{name: _text_or_none(get(self.model.key_of(name))) for name in EXTRACTED},
            "archived": 1 if get(self._archived) is True else 0,
            "type": _text_or_none(get("type")),
            "members": _members(self.model, document),
            "doc": dumps(document),
        }


@cache
def _list_statement(
    table: sa.Table,
    equal: tuple[str, ...],
    any_of: tuple[str, ...],
    members: int,
    sort: str,
    descending: bool,
    searches: bool,
) -> sa.Select[Any]:
    statement = sa.select(table.c.doc)
    for name in equal:
        statement = statement.where(table.c[name] == sa.bindparam(f"equal_{name}"))
    for name in any_of:
        looked_at = table.c[name] if name in table.c else _value(table, name)
        statement = statement.where(looked_at.in_(sa.bindparam(f"any_{name}", expanding=True)))
    if searches:
        text = sa.func.fold(sa.bindparam("search"))
        found = (sa.func.instr(sa.func.fold(_value(table, name)), text) > 0 for name in SEARCHED)
        statement = statement.where(sa.or_(*found))
    if members:
        statement = statement.where(
            sa.or_(*(sa.func.instr(table.c.members, sa.bindparam(f"member_{n}")) > 0 for n in range(members)))
        )
    key: sa.ColumnElement[Any]
    if sort in table.c:
        key = table.c[sort]
    else:
        key = sa.func.json_extract(table.c.doc, sa.bindparam("path"))
    order = key.desc() if descending else key.asc()  # SQLite: nulls first when ascending, as Mongo
    return (
        statement.order_by(order, table.c["_id"])
        .limit(sa.bindparam("how_many", type_=sa.Integer))
        .offset(sa.bindparam("skip", type_=sa.Integer))
    )


def _value(table: sa.Table, name: str) -> sa.ColumnElement[Any]:
    """What a document of *table* has under *name*, a key that the code or a model's file names."""
    return sa.func.json_extract(table.c.doc, json_path(name))


def json_path(name: str) -> str:
    """The JSON path of a property name; `custom.X` reaches into custom. A name no document can hold finds nothing."""
    clean = name.replace('"', "").replace("\0", "")
    head, dot, rest = clean.partition(".")
    return f'$."{head}"."{rest}"' if dot and rest else f'$."{clean}"'


COLLECTIONS: dict[str, Collection] = {model.name: Collection(model) for model in MODELS}
