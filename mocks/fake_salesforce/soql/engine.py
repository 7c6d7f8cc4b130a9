"""Prepares and runs queries: the whole way from text to records.

Rule 1: a text is parsed, checked and compiled once for a schema and then kept; running it again
binds what depends on the moment and the user. Texts that differ in literals only share (`shapes`).
Rule 2: running reads; nothing a query says can change the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from fake_salesforce.metadata import Schema
from fake_salesforce.soql import dates, plan, shapes, syntax
from fake_salesforce.soql.check import DEEPER_CHILDREN_FROM, check
from fake_salesforce.soql.compiler import (
    FISCAL_START,
    PARENTS,
    USER,
    SelectBuilder,
    Slot,
    comparable,
    is_folded,
)
from fake_salesforce.soql.parser import parse
from fake_salesforce.soql.records import Build, ChildLists, Row, aggregate_reader, row_reader
from fake_salesforce.soql.sight import ALL, Sight

PREPARED_MAX: Final = 1_000  # statements kept for one schema
PARENTS_AT_ONCE: Final = 500  # parents whose children one statement fetches

_NO_LISTS: Final[ChildLists] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When, where and by whom a query runs."""

    now: datetime
    zone: ZoneInfo
    user_id: str
    fiscal_start_month: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """One SQL statement of a query, and how its rows become records.

    The statement of a child sub-query takes the ids of the parents as PARENTS and gives the
    parent's id in its last column; `key` is the child relationship's name.
    """

    statement: sa.Select[Any]
    parameters: frozenset[str]
    spans: Mapping[str, plan.Span]
    build: Build
    id_index: int = 0
    key: str = ""
    children: tuple[Select, ...] = ()
    slots: tuple[Slot, ...] = ()
    literals: Mapping[str, Any] = field(default_factory=dict)  # what the slots say instead

    def fetch(self, conn: sa.Connection, moment: Moment, **more: Any) -> Sequence[Row]:
        """The rows, as the database gives them."""
        return conn.execute(self.statement, {**self.bound(moment), **more}).fetchall()

    def all_slots(self) -> list[Slot]:
        """The slots of this statement and of those below it."""
        return [*self.slots, *(slot for child in self.children for slot in child.all_slots())]

    def rebound(self, at: Mapping[int, int], values: list[syntax.Value]) -> Select | None:
        """The same statement with other literals; None when they make another statement."""
        literals = shapes.rebind(self.slots, at, values)
        children = [child.rebound(at, values) for child in self.children]
        if literals is None or None in children:
            return None
        found = tuple(child for child in children if child is not None)
        return replace(self, literals=literals, children=found)

    def child_lists(self, conn: sa.Connection, moment: Moment, base: str, rows: Sequence[Row]) -> ChildLists:
        """For each child sub-query: the QueryResult of each parent among *rows* that has any."""
        if not self.children:
            return _NO_LISTS
        ids = list(dict.fromkeys(row[self.id_index] for row in rows))
        return {child.key: child.by_parent(conn, moment, base, ids) for child in self.children}

    def by_parent(self, conn: sa.Connection, moment: Moment, base: str, ids: Sequence[str]) -> Mapping[str, Any]:
        """The QueryResults of this child sub-query, by parent id, for the parents that have any."""
        rows: list[Row] = []
        for at in range(0, len(ids), PARENTS_AT_ONCE):
            some = ids[at : at + PARENTS_AT_ONCE]
            rows.extend(self.fetch(conn, moment, **{PARENTS: some}))
        lists = self.child_lists(conn, moment, base, rows)
        found: dict[str, Any] = {}
        for row in rows:
            listed = found.setdefault(row[-1], {"totalSize": 0, "done": True, "records": []})
            listed["totalSize"] += 1
            listed["records"].append(self.build(row, base, lists))
        return found

    def bound(self, moment: Moment) -> dict[str, Any]:
        """The values of the statement's parameters, those of a child's parents aside."""
        values: dict[str, Any] = dict(self.literals)
        for name, span in self.spans.items():
            reach = dates.moment_range if span.moments else dates.day_range
            start, end = reach(
                span.name,
                span.count,
                now=moment.now,
                zone=moment.zone,
                fiscal_start_month=moment.fiscal_start_month,
            )
            values[f"{name}_start"], values[f"{name}_end"] = str(start), str(end)
        if USER in self.parameters:
            values[USER] = moment.user_id
        if FISCAL_START in self.parameters:
            values[FISCAL_START] = moment.fiscal_start_month
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A statement ready to run any number of times against stores of its schema.

    `query` is the plan of the first text of this shape: its literals may be another text's.
    """

    text: str
    query: plan.RowQuery
    select: Select

    @property
    def sobject_name(self) -> str:
        """The object of FROM."""
        return self.query.sobject.name


@dataclass(kw_only=True)
class QueryResult:
    """What a query found.

    `total_size` is what the answer calls totalSize. `is_count`: it was COUNT(), there are no
    records. Records are ready for JSON; `page` makes some of them, `records` all.
    """

    total_size: int
    is_count: bool
    sobject_name: str
    is_aggregate: bool = False
    _rows: Sequence[Row] = ()
    _build: Build | None = None
    _base: str = ""
    _lists: ChildLists = field(default_factory=dict)

    def page(self, start: int, stop: int) -> list[dict[str, Any]]:
        """Records *start* to *stop* (not included), counted from 0."""
        if self._build is None:
            return []
        build, base, lists = self._build, self._base, self._lists
        return [build(row, base, lists) for row in self._rows[start:stop]]

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """All records."""
        return self.page(0, self.total_size)


def prepare(
    schema: Schema, text: str, *, include_deleted: bool = False, version: str = "60.0", sight: Sight = ALL
) -> Prepared:
    """Parse, check and compile *text*; kept, so that doing it again costs nothing.

    Raises SalesforceError where the vendor refuses the text, NotFaked where this fake does.
    """
    kept = schema.described.get("soql")
    if kept is None:
        # On the schema, so that both go together: a cache anywhere else would keep it alive.
        kept = schema.described["soql"] = _Statements(schema)
    prepared: Prepared = kept.prepare(text, include_deleted, float(version) >= DEEPER_CHILDREN_FROM, sight)
    return prepared


def run(
    conn: sa.Connection,
    schema: Schema,
    text: str,
    *,
    clock_now: datetime,
    timezone: str,
    user_id: str,
    include_deleted: bool = False,
    version: str = "60.0",
    url_base: str | None = None,
    fiscal_start_month: int = 1,
    sight: Sight = ALL,
) -> QueryResult:
    """Run the SOQL *text* and answer what it finds, as of *clock_now* (aware).

    *timezone* is the running user's, an IANA name; *user_id* serves USING SCOPE mine.
    *include_deleted* is queryAll. *url_base* begins every `attributes.url`; by default
    `/services/data/v{version}`. *fiscal_start_month* is the org's, 1 to 12.
    *sight* is what the user may see.
    Raises SalesforceError where the vendor refuses the text, NotFaked where this fake does.
    """
    prepared = prepare(schema, text, include_deleted=include_deleted, version=version, sight=sight)
    moment = Moment(
        now=clock_now,
        zone=ZoneInfo(timezone),
        user_id=user_id,
        fiscal_start_month=fiscal_start_month,
    )
    base = f"/services/data/v{version}" if url_base is None else url_base
    return execute(conn, prepared, moment=moment, url_base=base)


def execute(conn: sa.Connection, prepared: Prepared, *, moment: Moment, url_base: str) -> QueryResult:
    """Run a prepared query."""
    select, query = prepared.select, prepared.query
    rows = select.fetch(conn, moment)
    if query.kind == "count":
        return QueryResult(total_size=rows[0][0], is_count=True, sobject_name=prepared.sobject_name)
    return QueryResult(
        total_size=len(rows),
        is_count=False,
        is_aggregate=query.kind == "aggregate",
        sobject_name=prepared.sobject_name,
        _rows=rows,
        _build=select.build,
        _base=url_base,
        _lists=select.child_lists(conn, moment, url_base, rows),
    )


# ---- Preparing


class _Statements:
    """The prepared statements of one schema, by text and by shape."""

    def __init__(self, schema: Schema) -> None:
        self.prepare = lru_cache(PREPARED_MAX)(self._prepare)
        self._schema = schema
        self._shapes: dict[tuple[str, bool, bool, Sight], tuple[Prepared, dict[int, int]]] = {}

    def _prepare(self, text: str, include_deleted: bool, deep: bool, sight: Sight) -> Prepared:
        shape, values = shapes.split(text)
        key = (shape, include_deleted, deep, sight)
        if key in self._shapes:
            known, at = self._shapes[key]
            select = known.select.rebound(at, values)
            if select is not None:
                return replace(known, text=text, select=select)
        prepared = self._prepare_anew(text, include_deleted=include_deleted, deep=deep, sight=sight)
        at_or_none = shapes.places(prepared.select.all_slots(), values)
        if at_or_none is not None:
            if len(self._shapes) >= PREPARED_MAX:
                self._shapes.clear()
            self._shapes[key] = prepared, at_or_none
        return prepared

    def _prepare_anew(self, text: str, *, include_deleted: bool, deep: bool, sight: Sight) -> Prepared:
        version = DEEPER_CHILDREN_FROM if deep else 0.0
        query = check(self._schema, text, parse(text), version=version, sight=sight)
        compile_kind = {"rows": _row_select, "count": _count_select, "aggregate": _group_select}
        select = compile_kind[query.kind](self._schema, query, include_deleted or query.all_rows, sight)
        return Prepared(text=text, query=query, select=select)


def _row_select(schema: Schema, query: plan.RowQuery, include_deleted: bool, sight: Sight) -> Select:
    builder = _builder(schema, query, include_deleted=include_deleted, sight=sight)
    reader = row_reader(builder, query.shapes)
    tests = builder.where(query)
    order = [*builder.order_terms(query.order_by), *_by_id(builder, query)]
    statement = sa.select(*builder.columns).select_from(builder.source).where(*tests)
    statement = _limited(statement.order_by(*order), query)
    children = tuple(_child_select(schema, each, include_deleted, sight) for each in reader.children)
    return _finished(builder, statement, build=reader.build, id_index=reader.id_index, children=children)


def _child_select(schema: Schema, shape: plan.Children, include_deleted: bool, sight: Sight) -> Select:
    query = shape.query
    builder = _builder(schema, query, include_deleted=include_deleted or query.all_rows, sight=sight)
    reader = row_reader(builder, query.shapes)
    parent = builder.root.table.c[shape.relationship.field.name]
    tests = [*builder.where(query), parent.in_(sa.bindparam(PARENTS, expanding=True))]
    order = [*builder.order_terms(query.order_by), builder.root.table.c.Id]
    columns = [*builder.columns, parent.label("parent")]
    statement = sa.select(*columns).select_from(builder.source).where(*tests)
    if query.limit is None and query.offset is None:
        statement = statement.order_by(*order)
    else:
        # LIMIT and OFFSET count the children of each parent.
        place = sa.func.row_number().over(partition_by=parent, order_by=order).label("place")
        placed = statement.add_columns(place).subquery()
        first = query.offset or 0
        tests = [placed.c.place > first]
        if query.limit is not None:
            tests.append(placed.c.place <= first + query.limit)
        wanted = [each for each in placed.c if each.name != "place"]
        statement = sa.select(*wanted).where(*tests).order_by(placed.c.place)
    children = tuple(_child_select(schema, each, include_deleted, sight) for each in reader.children)
    return _finished(
        builder,
        statement,
        build=reader.build,
        id_index=reader.id_index,
        key=shape.key,
        children=children,
    )


def _count_select(schema: Schema, query: plan.RowQuery, include_deleted: bool, sight: Sight) -> Select:
    builder = _builder(schema, query, include_deleted=include_deleted, sight=sight)
    tests = builder.where(query)
    if query.limit is None and query.offset is None:
        statement = sa.select(sa.func.count()).select_from(builder.source).where(*tests)
    else:
        found = sa.select(builder.root.table.c.Id).select_from(builder.source).where(*tests)
        statement = sa.select(sa.func.count()).select_from(_limited(found, query).subquery())
    return _finished(builder, statement, build=lambda _row, _base, _lists: {})


def _group_select(schema: Schema, query: plan.RowQuery, include_deleted: bool, sight: Sight) -> Select:
    builder = _builder(schema, query, include_deleted=include_deleted, sight=sight)
    fields = []
    columns = []
    for shape in query.shapes:
        assert isinstance(shape, plan.Leaf), "check makes leaves of aggregates"
        column = builder.expression(shape.column)
        if is_folded(shape.column) and not isinstance(shape.column, plan.Aggregate):
            column = sa.func.min(column)  # one of the spellings that fell into the group
        columns.append(column)
        fields.append((shape.key, shape.column.field))
    groups = [comparable(builder.expression(each), each) for each in query.groups]
    tests = builder.where(query)
    having = [] if query.having is None else [builder.test(query.having)]
    order = builder.order_terms(query.order_by)
    # Groups come in the order of their keys unless the query says otherwise.
    order += [each.asc().nulls_first() for each in groups]
    statement = sa.select(*columns).select_from(builder.source).where(*tests)
    statement = statement.group_by(*groups).having(*having).order_by(*order)
    return _finished(builder, _limited(statement, query), build=aggregate_reader(fields))


def _builder(schema: Schema, query: plan.RowQuery, *, include_deleted: bool, sight: Sight) -> SelectBuilder:
    return SelectBuilder(schema, query.sobject, include_deleted=include_deleted, counter=[0], sight=sight)


def _by_id(builder: SelectBuilder, query: plan.RowQuery) -> list[Any]:
    """Rows that sort alike come in the order of their ids, unless the ids were sorted by already."""
    if any(
        isinstance(each.operand, plan.Column) and not each.operand.route and each.operand.field.name == "Id"
        for each in query.order_by
    ):
        return []
    return [builder.root.table.c.Id]


def _limited(statement: Any, query: plan.RowQuery) -> Any:
    if query.limit is not None:
        statement = statement.limit(query.limit)
    return statement if query.offset is None else statement.offset(query.offset)


def _finished(
    builder: SelectBuilder,
    statement: sa.Select[Any],
    *,
    build: Build,
    id_index: int = 0,
    key: str = "",
    children: tuple[Select, ...] = (),
) -> Select:
    return Select(
        statement=statement,
        parameters=frozenset(builder.parameters),
        spans=dict(builder.spans),
        build=build,
        id_index=id_index,
        key=key,
        children=children,
        slots=tuple(builder.slots),
    )
