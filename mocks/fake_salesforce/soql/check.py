"""A parsed query against the schema: what it means, or why it is refused.

Rule 1: every refusal happens here or below, before a row is read; running a checked query cannot
fail.
Rule 2: what is understood and not played raises NotFaked; it never runs as something else.
Source: SOQL and SOSL Reference; the limits stand beside their names.
"""

from __future__ import annotations

from typing import Final

from fake_salesforce.schema.metadata import ChildRelationship, Schema, SObject
from fake_salesforce.soql import plan, syntax
from fake_salesforce.soql.conditions import ConditionChecker, check_semi_join_shape
from fake_salesforce.soql.errors import soql_error
from fake_salesforce.soql.grouping import (
    check_grouped,
    check_having,
    find_groups,
    grouped_shapes,
    is_computed,
    select_aliases,
)
from fake_salesforce.soql.names import (
    CHILD_RELATIONSHIPS_MAX,
    Scope,
    Usage,
    find_column,
    follow,
)
from fake_salesforce.soql.operands import IDS, find_operand
from fake_salesforce.soql.restrictions import check_restrictions
from fake_salesforce.soql.scopes import check_scope
from fake_salesforce.soql.selection import SelectionChecker
from fake_salesforce.soql.sight import ALL, Sight

OFFSET_MAX: Final = 2_000  # SOQL and SOSL Reference, "OFFSET"
FIELDS_LIMIT_MAX: Final = 200  # same, "FIELDS()": rows where the set of fields is unbounded
CHILD_LEVELS: Final = 1  # nested child sub-queries ...
CHILD_LEVELS_V58: Final = 5  # ... and from API version 58
DEEPER_CHILDREN_FROM: Final = 58.0
FIELDS_FROM: Final = 51.0  # same, "FIELDS()"; how older versions refuse it is assumed
STEPS: Final = (DEEPER_CHILDREN_FROM, FIELDS_FROM, 0.0)  # between two of them all versions read a text alike

_WITH_MODES: Final = frozenset({"security_enforced", "user_mode", "system_mode"})
_CATEGORY_SELECTORS: Final = frozenset({"at", "above", "below", "above_or_below"})
_TRACKING: Final = frozenset({"tracking", "viewstat"})


def check(schema: Schema, text: str, query: syntax.Query, *, version: float, sight: Sight = ALL) -> plan.RowQuery:
    """What *query*, parsed from *text*, asks of an org with *schema*."""
    return _Checker(schema, text, version, sight).root(query)


class _Checker:
    """One statement."""

    def __init__(self, schema: Schema, text: str, version: float, sight: Sight) -> None:
        self.schema = schema
        self.text = text
        self.sight = sight
        self.usage = Usage()
        self.fields_known = version >= FIELDS_FROM
        self.child_levels_max = CHILD_LEVELS_V58 if version >= DEEPER_CHILDREN_FROM else CHILD_LEVELS

    # ---- The three places a query can stand

    def root(self, query: syntax.Query) -> plan.RowQuery:
        scope = self._scope(query, self._queried_object(query.sources[0]))
        check_restrictions(scope, query.where)
        if _is_count(query):
            return self._count(scope, query)
        if query.group is not None or any(is_computed(item) for item in query.items):
            return self._aggregate(scope, query)
        return self._rows(scope, query, level=0)

    def child(self, parent: Scope, query: syntax.Query, level: int) -> plan.Children:
        """A sub-query in SELECT of a query over *parent*."""
        if level > self.child_levels_max:
            raise soql_error("child_depth", levels=self.child_levels_max)
        if query.group is not None or any(is_computed(item) for item in query.items):
            raise soql_error("aggregate_in_child")
        path = query.sources[0].path
        *before, name = parent.local(path)
        found = None if before else self.schema.child(parent.sobject, name)
        if found is None or not self._may_follow(found):
            raise soql_error("no_such_child_relationship", self.text, path.at, relationship=".".join(path.names))
        self.usage.children += 1
        if self.usage.children > CHILD_RELATIONSHIPS_MAX:
            raise soql_error("too_many_relationships", limit=CHILD_RELATIONSHIPS_MAX, kind="parent-to-child")
        assert found.name is not None, "it was found by name"
        checked = self._rows(self._scope(query, found.child), query, level=level)
        return plan.Children(found.name, found, checked)

    def inner(self, outer: Scope, query: syntax.Query) -> plan.RowQuery:
        """The sub-query of a semi-join in WHERE of a query over *outer*."""
        scope = self._scope(query, self._queried_object(query.sources[0]))
        check_restrictions(scope, query.where)
        path = check_semi_join_shape(scope, query)
        column = find_column(scope, path)
        if not isinstance(column, plan.Column) or column.field.type not in IDS:
            raise soql_error("semi_join_field", self.text, path.at, field=path)
        if scope.sobject.name == outer.sobject.name:
            raise soql_error("semi_join_same_object")
        where = None
        if query.where is not None:
            where = ConditionChecker(scope, inner=None, aggregates=False).check(query.where)
        return plan.RowQuery(
            sobject=scope.sobject,
            kind="rows",
            shapes=(plan.Leaf(column.field.name, column),),
            where=where,
            scope=check_scope(scope, query),
        )

    # ---- The three kinds of query

    def _rows(self, scope: Scope, query: syntax.Query, *, level: int) -> plan.RowQuery:
        selection = SelectionChecker(
            scope, child=lambda inner: self.child(scope, inner, level + 1), fields_known=self.fields_known
        )
        shapes = selection.shapes(query.items)
        if selection.unbounded and not _few_rows(query):
            raise soql_error("fields_limit")
        return plan.RowQuery(
            sobject=scope.sobject,
            kind="rows",
            shapes=shapes,
            where=self._where(scope, query),
            order_by=tuple(self._order(scope, each) for each in query.order_by),
            limit=query.limit,
            offset=_offset(query),
            scope=check_scope(scope, query),
            purposes=frozenset(query.purposes),
            long_texts=selection.long_texts,
        )

    def _count(self, scope: Scope, query: syntax.Query) -> plan.RowQuery:
        for clause, given in {
            "an alias": isinstance(query.items[0], syntax.Item) and query.items[0].alias,
            "other fields": len(query.items) > 1,
            "GROUP BY": query.group,
            "ORDER BY": query.order_by,
        }.items():
            if given:
                raise soql_error("count_with_clause", clause=clause)
        return plan.RowQuery(
            sobject=scope.sobject,
            kind="count",
            shapes=(),
            where=self._where(scope, query),
            limit=query.limit,
            offset=_offset(query),
            scope=check_scope(scope, query),
        )

    def _aggregate(self, scope: Scope, query: syntax.Query) -> plan.RowQuery:
        groups, subtotals = find_groups(scope, query.group)
        if query.group is None and query.limit is not None:
            raise soql_error("aggregate_with_limit")
        having = None
        if query.group is not None and query.group.having is not None:
            checker = ConditionChecker(scope, inner=None, aggregates=True)
            having = checker.check(query.group.having)
            check_having(query.group.having, scope, groups, subtotals=bool(subtotals))
        aliases = select_aliases(query)
        return plan.RowQuery(
            sobject=scope.sobject,
            kind="aggregate",
            shapes=grouped_shapes(scope, query, groups, subtotals=bool(subtotals)),
            where=self._where(scope, query),
            groups=groups,
            subtotals=subtotals,
            having=having,
            order_by=tuple(
                self._group_order(scope, each, groups, aliases, subtotals=bool(subtotals)) for each in query.order_by
            ),
            limit=query.limit,
            offset=_offset(query),
            scope=check_scope(scope, query),
        )

    # ---- Clauses

    def _where(self, scope: Scope, query: syntax.Query) -> plan.Condition | None:
        self._with(scope, query)
        for word in query.tracking:  # counts views of articles, which this org has none of
            if str(word).lower() not in _TRACKING:
                raise soql_error("unexpected_token", self.text, word.at, token=word)
        if query.all_rows:
            raise soql_error("all_rows")
        if query.where is None:
            return None
        return ConditionChecker(scope, inner=self.inner, aggregates=False).check(query.where)

    def _with(self, scope: Scope, query: syntax.Query) -> None:
        """WITH: the modes are what every client has anyway; the rest is for knowledge articles."""
        mode = query.with_mode
        if mode is not None and str(mode).lower() not in _WITH_MODES:
            raise soql_error("unexpected_token", self.text, mode.at, token=mode)
        for selector in query.with_category:
            if str(selector).lower() not in _CATEGORY_SELECTORS:
                raise soql_error("unexpected_token", self.text, selector.at, token=selector)
        if query.with_category:
            raise soql_error("with_category", name=scope.sobject.name)
        if query.with_condition is not None:
            raise soql_error("with_condition", name=scope.sobject.name)

    def _order(self, scope: Scope, order: syntax.Order) -> plan.Order:
        operand = self._sortable(scope, order.what, order, aggregates=False)
        if isinstance(operand, plan.DatePart):
            raise soql_error("not_grouped", self.text, order.what.at, field=order.what)
        return plan.Order(operand, order.descending, bool(order.nulls_last))

    def _group_order(
        self,
        scope: Scope,
        order: syntax.Order,
        groups: tuple[plan.Operand, ...],
        aliases: dict[str, syntax.Operand],
        *,
        subtotals: bool,
    ) -> plan.Order:
        what = order.what
        if isinstance(what, syntax.Path):
            what = aliases.get(str(what).lower(), what)
        operand = self._sortable(scope, what, order, aggregates=True)
        check_grouped(scope, order.what, operand, groups, subtotals=subtotals, key="order_not_grouped")
        return plan.Order(operand, order.descending, bool(order.nulls_last))

    def _sortable(self, scope: Scope, what: syntax.Operand, order: syntax.Order, *, aggregates: bool) -> plan.Operand:
        operand = find_operand(scope, what, aggregates=aggregates)
        if isinstance(operand, plan.Labelled):
            raise soql_error("unknown_function", self.text, order.what.at, token=what)
        if isinstance(operand, plan.Column) and not (operand.field.sortable and operand.field.column):
            raise soql_error("not_sortable", self.text, order.what.at, field=operand.field.name)
        return operand

    # ---- FROM

    def _queried_object(self, source: syntax.Source) -> SObject:
        name = str(source.path)
        found = self.schema.sobject(name)
        if found is None or not self.sight.readable(found):
            raise soql_error("no_such_type", self.text, source.path.at, name=name)
        if not found.queryable:
            raise soql_error("not_queryable", name=found.name)
        return found

    def _scope(self, query: syntax.Query, sobject: SObject) -> Scope:
        first, *joined = query.sources
        own = {sobject.name.lower(), first.path.names[-1].lower()}
        if first.alias is not None:
            own.add(first.alias.lower())
        aliases: dict[str, tuple[str, ...]] = {}
        scope = Scope(
            schema=self.schema,
            text=self.text,
            sobject=sobject,
            own_names=frozenset(own),
            usage=self.usage,
            sight=self.sight,
            joined=aliases,
        )
        for source in joined:  # FROM Contact c, c.Account a: names for ways to parents
            hops = scope.local(source.path)
            if len(source.path.names) == 1 or hops == source.path.names:
                raise soql_error(
                    "no_such_child_relationship", self.text, source.path.at, relationship=".".join(source.path.names)
                )
            follow(scope, hops, source.path)
            name = (source.alias or source.path.names[-1]).lower()
            if name in aliases or (source.alias is not None and name in own):
                raise soql_error("duplicate_alias", alias=name)
            aliases[name] = hops
        return scope

    def _may_follow(self, relationship: ChildRelationship) -> bool:
        """The user may read the children, and the field that makes them children."""
        return self.sight.readable(relationship.child) and self.sight.visible(relationship.child, relationship.field)


def _is_count(query: syntax.Query) -> bool:
    """COUNT() without argument is there."""
    return any(
        isinstance(item, syntax.Item)
        and isinstance(item.what, syntax.Call)
        and item.what.name.upper() == "COUNT"
        and not item.what.arguments
        for item in query.items
    )


def _offset(query: syntax.Query) -> int | None:
    if query.offset is not None and query.offset > OFFSET_MAX:
        raise soql_error("offset_too_large")
    return query.offset


def _few_rows(query: syntax.Query) -> bool:
    """At most 200 rows can come: by LIMIT, or because WHERE names their ids."""
    if query.limit is not None:
        return query.limit <= FIELDS_LIMIT_MAX
    match query.where:
        case syntax.Membership(syntax.Path((name,)), False, values, None):
            return name.lower() == "id" and len(values) <= FIELDS_LIMIT_MAX
        case syntax.Compare(syntax.Path((name,)), "=", _):
            return name.lower() == "id"
        case syntax.AnyOf(conditions):
            return len(conditions) <= FIELDS_LIMIT_MAX and all(
                isinstance(each, syntax.Compare) and each.operator == "=" and str(each.left).lower() == "id"
                for each in conditions
            )
    return False
