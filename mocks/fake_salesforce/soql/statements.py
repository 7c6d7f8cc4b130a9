"""A checked query as statements: one for its rows, one for each child sub-query, and who reads them.

Rule 1: what depends on the moment, the user and their time zone is bound when a statement runs.
Rule 2: a child sub-query is one statement for all parents (in chunks), never one for each.
Rule 3: SQLite has no ROLLUP: each kind of subtotal is a SELECT of its own, and all are one UNION ALL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from fake_salesforce.schema.metadata import Schema
from fake_salesforce.soql import dates, plan, shapes, syntax
from fake_salesforce.soql.compiler import PARENTS, USER, ZONE, SelectBuilder, Slot, directed
from fake_salesforce.soql.expressions import FISCAL_SHIFT, FISCAL_START, comparable, is_folded
from fake_salesforce.soql.formats import DEFAULT_LOCALE, Formats
from fake_salesforce.soql.indexes import has_indexed_range
from fake_salesforce.soql.records import Build, ChildLists, ChildRows, Row, Setting, aggregate_reader, row_reader
from fake_salesforce.soql.sight import Sight

PARENTS_AT_ONCE: Final = 500  # parents whose children one statement fetches

_NO_LISTS: Final[ChildLists] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiling:
    """What all statements of one query are compiled with. *among*: see `engine.run`."""

    schema: Schema
    include_deleted: bool
    sight: Sight
    among: bool = False

    def builder(self, query: plan.RowQuery) -> SelectBuilder:
        """A builder of a statement over the object of *query*."""
        return SelectBuilder(
            self.schema, query.sobject, include_deleted=self.include_deleted, counter=[0], sight=self.sight
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When, where and by whom a query runs. The fiscal year is named by the calendar year it ends in, or starts in."""

    now: datetime
    zone: ZoneInfo
    user_id: str
    locale: str = DEFAULT_LOCALE
    fiscal_start_month: int = 1
    fiscal_year_by_start: bool = False

    def setting(self, base: str) -> Setting:
        """For whom records are made; *base* begins every `attributes.url`."""
        return Setting(base, Formats(self.locale, self.zone))


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

    def child_lists(self, conn: sa.Connection, moment: Moment, rows: Sequence[Row]) -> ChildLists:
        """For each child sub-query: the QueryResult of each parent among *rows* that has any."""
        if not self.children:
            return _NO_LISTS
        ids = list(dict.fromkeys(row[self.id_index] for row in rows))
        return {child.key: child.by_parent(conn, moment, ids) for child in self.children}

    def by_parent(self, conn: sa.Connection, moment: Moment, ids: Sequence[str]) -> Mapping[str, ChildRows]:
        """The rows of this child sub-query by parent id, for the parents that have any."""
        rows: list[Row] = []
        for at in range(0, len(ids), PARENTS_AT_ONCE):
            some = ids[at : at + PARENTS_AT_ONCE]
            rows.extend(self.fetch(conn, moment, **{PARENTS: some}))
        lists = self.child_lists(conn, moment, rows)
        found: dict[str, ChildRows] = {}
        for row in rows:
            children = found.get(row[-1])
            if children is None:
                children = found[row[-1]] = ChildRows(self.build, lists)
            children.rows.append(row)
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
            values[FISCAL_SHIFT] = int(moment.fiscal_start_month > 1 and not moment.fiscal_year_by_start)
        if ZONE in self.parameters:
            values[ZONE] = moment.zone.key
        return values


def compile_query(compiling: Compiling, query: plan.RowQuery) -> Select:
    """The statements of *query*."""
    compile_kind = {"rows": _row_select, "count": _count_select, "aggregate": _group_select}
    return compile_kind[query.kind](compiling, query)


def _row_select(compiling: Compiling, query: plan.RowQuery) -> Select:
    builder = _root(compiling, query)
    reader = row_reader(builder, query.shapes)
    tests = builder.where(query)
    order = [*builder.order_terms(query.order_by), *_by_id(builder, query)]
    statement = sa.select(*builder.columns).select_from(builder.source).where(*tests)
    statement = _limited(statement.order_by(*order), query)
    children = tuple(_child_select(compiling, each) for each in reader.children)
    return _finished(builder, statement, build=reader.build, id_index=reader.id_index, children=children)


def _child_select(compiling: Compiling, shape: plan.Children) -> Select:
    query = shape.query
    builder = compiling.builder(query)
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
    children = tuple(_child_select(compiling, each) for each in reader.children)
    return _finished(
        builder,
        statement,
        build=reader.build,
        id_index=reader.id_index,
        key=shape.key,
        children=children,
    )


def _count_select(compiling: Compiling, query: plan.RowQuery) -> Select:
    builder = _root(compiling, query)
    tests = builder.where(query)
    if query.limit is None and query.offset is None:
        statement = sa.select(sa.func.count()).select_from(builder.source).where(*tests)
    else:
        found = sa.select(builder.root.table.c.Id).select_from(builder.source).where(*tests)
        statement = sa.select(sa.func.count()).select_from(_limited(found, query).subquery())
    return _finished(builder, statement, build=lambda _row, _setting, _lists: {})


def _group_select(compiling: Compiling, query: plan.RowQuery) -> Select:
    builder = _root(compiling, query)
    leaves = [shape for shape in query.shapes if isinstance(shape, plan.Leaf)]
    tests = builder.where(query)
    if not query.subtotals:
        groups = [comparable(builder.expression(each), each) for each in query.groups]
        # Groups come in the order of their keys unless the query says otherwise.
        order = [*builder.order_terms(query.order_by), *(each.asc().nulls_first() for each in groups)]
        having = [] if query.having is None else [builder.test(query.having)]
        statement: Any = sa.select(*_group_columns(builder, leaves)).select_from(builder.source).where(*tests)
        statement = statement.group_by(*groups).having(*having).order_by(*order)
    else:
        statement = _subtotals(builder, query, leaves, tests)
    return _finished(builder, _limited(statement, query), build=aggregate_reader(leaves))


def _group_columns(builder: SelectBuilder, leaves: Sequence[plan.Leaf]) -> list[Any]:
    columns = []
    for leaf in leaves:
        column = builder.expression(leaf.column)
        if is_folded(leaf.column) and not isinstance(leaf.column, plan.Aggregate):
            column = sa.func.min(column)  # one of the spellings that fell into the group
        columns.append(column)
    return columns


def _subtotals(builder: SelectBuilder, query: plan.RowQuery, leaves: Sequence[plan.Leaf], tests: list[Any]) -> Any:
    """ROLLUP and CUBE. Subtotals follow what they sum up, unless ORDER BY says otherwise."""
    selects = []
    for kept in query.subtotals:
        builder.rolled = tuple(each for each, keep in zip(query.groups, kept, strict=True) if not keep)
        groups = [
            comparable(builder.expression(each), each) for each, keep in zip(query.groups, kept, strict=True) if keep
        ]
        ordered = [builder.sorted_by(each) for each in query.order_by]
        natural = [
            part
            for each, keep in zip(query.groups, kept, strict=True)
            for part in (sa.literal_column("0" if keep else "1"), builder.expression(each) if keep else sa.null())
        ]
        columns = [*_group_columns(builder, leaves), *ordered, *natural]
        named = [column.label(f"c{place}") for place, column in enumerate(columns)]
        having = [] if query.having is None else [builder.test(query.having)]
        grouped = sa.select(*named).select_from(builder.source).where(*tests)
        selects.append(grouped.group_by(*(groups or [sa.null()])).having(*having))
    together = sa.union_all(*selects).subquery("subtotals")
    first, natural_first = len(leaves), len(leaves) + len(query.order_by)
    order = [
        directed(_outer(together.c[f"c{first + place}"], each.operand), each)
        for place, each in enumerate(query.order_by)
    ]
    for place, group in enumerate(query.groups):
        at = natural_first + 2 * place
        order += [together.c[f"c{at}"], _outer(together.c[f"c{at + 1}"], group).asc().nulls_first()]
    return sa.select(*(together.c[f"c{place}"] for place in range(len(leaves)))).order_by(*order)


def _outer(column: Any, operand: plan.Operand) -> Any:
    """A column of the UNION, which has forgotten how it compares."""
    return column if isinstance(operand, plan.Aggregate) else comparable(column, operand)


def _root(compiling: Compiling, query: plan.RowQuery) -> SelectBuilder:
    builder = compiling.builder(query)
    builder.among = compiling.among
    return builder


def _by_id(builder: SelectBuilder, query: plan.RowQuery) -> list[Any]:
    """Rows that sort alike come in the order of their ids, unless the ids were sorted by already.

    Where an index knows which rows a range holds, the ids are sorted after: SQLite would rather walk the
    whole table by id to save itself the sorting. A plus hides the index of the ids from it.
    """
    if any(
        isinstance(each.operand, plan.Column) and not each.operand.route and each.operand.field.name == "Id"
        for each in query.order_by
    ):
        return []
    ids = builder.root.table.c.Id
    if not query.order_by and has_indexed_range(query.sobject, query.where):
        return [UnaryExpression(ids, operator=custom_op("+"))]
    return [ids]


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
