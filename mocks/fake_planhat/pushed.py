"""The tables of what is pushed to a tenant: values of metrics, and activities of endusers.

Rule 1: no vendor rule lives here.
Rule 2: one value stands for a dimension, an object and a day where its *slot* says so; a value without a slot is one
        more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from fake_planhat.models.model import Document
from fake_planhat.store import METADATA, dumps

ROW_KEYS = ("_id", "dimensionId", "time", "value", "model", "parentId", "companyId", "companyName")
_VALUES = sa.Table(
    "dimension_data",
    METADATA,
    sa.Column("_id", sa.Text, primary_key=True),
    sa.Column("dimensionId", sa.Text, nullable=False, index=True),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # JSON: 5 stays 5
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("parentId", sa.Text, nullable=False),
    sa.Column("companyId", sa.Text, index=True),
    sa.Column("companyName", sa.Text),
    sa.Column("slot", sa.Text, unique=True),
)
_ACTIVITIES = sa.Table(
    "user_activities",
    METADATA,
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("doc", sa.Text, nullable=False),
)
_NEW_VALUE = insert(_VALUES)
_PUT_VALUE = _NEW_VALUE.on_conflict_do_update(
    index_elements=[_VALUES.c.slot],
    set_={name: _NEW_VALUE.excluded[name] for name in ("time", "value", "companyId", "companyName")},
)
_LAST = sa.select(sa.func.coalesce(sa.func.max(_ACTIVITIES.c.n), 0))


@dataclass(frozen=True)
class ValueQuery:
    """Which values, in which order. *day_from* and *day_to* are days since 1970, both included."""

    limit: int
    offset: int
    descending: bool
    companies: Sequence[str] | None = None
    dimension: str | None = None
    days: Mapping[str, int] = field(default_factory=dict)  # "from", "to"


def put_values(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert *rows*: the columns of ROW_KEYS, `day` and `slot`. A taken slot gets the new value and keeps its `_id`."""
    if rows:
        connection.execute(_PUT_VALUE, [{**one, "value": dumps(one["value"])} for one in rows])


def values(connection: sa.Connection, query: ValueQuery) -> list[Document]:
    """The rows that *query* asks for."""
    table = _VALUES
    statement = sa.select(*(table.c[key] for key in ROW_KEYS))
    if query.companies is not None:
        statement = statement.where(table.c.companyId.in_(query.companies))
    if query.dimension is not None:
        statement = statement.where(table.c.dimensionId == query.dimension)
    if "from" in query.days:
        statement = statement.where(table.c.day >= query.days["from"])
    if "to" in query.days:
        statement = statement.where(table.c.day <= query.days["to"])
    order = table.c["_id"].desc() if query.descending else table.c["_id"].asc()
    found = connection.execute(statement.order_by(order).limit(query.limit).offset(query.offset)).mappings()
    return [{**one, "value": json.loads(one["value"])} for one in found]


def add_activities(connection: sa.Connection, documents: Iterable[Document]) -> None:
    """Keep *documents*, numbered in the order they came."""
    n = connection.execute(_LAST).scalar_one()
    rows = [{"n": n + k, "doc": dumps({"n": n + k, **one})} for k, one in enumerate(documents, 1)]
    if rows:
        connection.execute(sa.insert(_ACTIVITIES), rows)


def activities_after(connection: sa.Connection, since: int) -> tuple[int, list[Document]]:
    """The number of the newest activity, and those after number *since*."""
    texts = connection.execute(sa.select(_ACTIVITIES.c.doc).where(_ACTIVITIES.c.n > since).order_by(_ACTIVITIES.c.n))
    return connection.execute(_LAST).scalar_one(), [json.loads(text) for text in texts.scalars()]
