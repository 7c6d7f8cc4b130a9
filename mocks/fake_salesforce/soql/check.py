"""A parsed query against the schema: what it means, or why it is refused.

Rule 1: every refusal happens here or below, before a row is read; running a checked query cannot
fail.
Rule 2: what is understood and not played raises NotFaked; it never runs as something else.
Source: SOQL and SOSL Reference; the limits stand beside their names.
"""

from __future__ import annotations

from typing import Final

from fake_salesforce.metadata import ChildRelationship, Schema, SObject
from fake_salesforce.soql import plan, syntax
from fake_salesforce.soql.conditions import ConditionChecker, check_semi_join_shape
from fake_salesforce.soql.errors import NotFaked, soql_error
from fake_salesforce.soql.names import (
    CHILD_RELATIONSHIPS_MAX,
    Scope,
    Usage,
    find_column,
)
from fake_salesforce.soql.operands import (
    DATE_FUNCTIONS,
    IDS,
    find_operand,
    function_of,
    is_aggregate,
)
from fake_salesforce.soql.selection import SelectionChecker
from fake_salesforce.soql.sight import ALL, Sight

OFFSET_MAX: Final = 2_000  # SOQL and SOSL Reference, "OFFSET"
FIELDS_LIMIT_MAX: Final = 200  # same, "FIELDS()": rows where the set of fields is unbounded
CHILD_LEVELS: Final = 1  # nested child sub-queries ...
CHILD_LEVELS_V58: Final = 5  # ... and from API version 58
DEEPER_CHILDREN_FROM: Final = 58.0

_SCOPES_PLAYED: Final = frozenset({"everything", "mine"})
_SCOPES: Final = _SCOPES_PLAYED | {
    "mine_and_my_groups", "my_territory", "my_team_territory", "team", "delegated", "scopingrule",
    "queue_owned", "user_owned",
}  # fmt: skip
_WITH_MODES: Final = frozenset({"security_enforced", "user_mode", "system_mode"})


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
        self.child_levels_max = CHILD_LEVELS_V58 if version >= DEEPER_CHILDREN_FROM else CHILD_LEVELS

    # ---- The three places a query can stand

    def root(self, query: syntax.Query) -> plan.RowQuery:
        scope = self._scope(query, self._queried_object(query.sources[0]))
        if _is_count(query):
            return self._count(scope, query)
        if query.group is not None or any(_is_computed(item) for item in query.items):
            return self._aggregate(scope, query)
        return self._rows(scope, query, level=0)

    def child(self, parent: Scope, query: syntax.Query, level: int) -> plan.Children:
        """A sub-query in SELECT of a query over *parent*."""
        if level > self.child_levels_max:
            raise soql_error("child_depth", levels=self.child_levels_max)
        if query.group is not None or any(_is_computed(item) for item in query.items):
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
            mine=self._mine(scope, query),
        )

    # ---- The three kinds of query

    def _rows(self, scope: Scope, query: syntax.Query, *, level: int) -> plan.RowQuery:
        selection = SelectionChecker(scope, child=lambda inner: self.child(scope, inner, level + 1))
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
            all_rows=query.all_rows,
            mine=self._mine(scope, query),
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
            all_rows=query.all_rows,
            mine=self._mine(scope, query),
        )

    def _aggregate(self, scope: Scope, query: syntax.Query) -> plan.RowQuery:
        groups = self._groups(scope, query.group)
        if query.group is None and query.limit is not None:
            raise soql_error("aggregate_with_limit")
        having = None
        if query.group is not None and query.group.having is not None:
            checker = ConditionChecker(scope, inner=None, aggregates=True)
            having = checker.check(query.group.having)
            self._must_be_grouped(query.group.having, scope, groups)
        return plan.RowQuery(
            sobject=scope.sobject,
            kind="aggregate",
            shapes=self._aggregate_shapes(scope, query, groups),
            where=self._where(scope, query),
            groups=groups,
            having=having,
            order_by=tuple(self._order(scope, each, groups=groups, aliases=_aliases(query)) for each in query.order_by),
            limit=query.limit,
            offset=_offset(query),
            all_rows=query.all_rows,
            mine=self._mine(scope, query),
        )

    # ---- Clauses

    def _where(self, scope: Scope, query: syntax.Query) -> plan.Condition | None:
        if query.with_condition is not None:
            raise NotFaked("WITH a condition")
        mode = query.with_mode
        if mode is not None and str(mode).lower() not in _WITH_MODES:
            raise soql_error("unexpected_token", self.text, mode.at, token=mode)
        if query.tracking:
            raise NotFaked(f"UPDATE {query.tracking[0]}")
        if query.where is None:
            return None
        return ConditionChecker(scope, inner=self.inner, aggregates=False).check(query.where)

    def _mine(self, scope: Scope, query: syntax.Query) -> bool:
        if query.scope is None:
            return False
        name = str(query.scope).lower()
        if name not in _SCOPES:
            raise soql_error("unexpected_token", self.text, query.scope.at, token=query.scope)
        if name not in _SCOPES_PLAYED:
            raise NotFaked(f"USING SCOPE {query.scope}")
        if name == "mine" and scope.sobject.field("OwnerId") is None:
            raise NotFaked(f"USING SCOPE mine on {scope.sobject.name}")
        return name == "mine"

    def _order(
        self,
        scope: Scope,
        order: syntax.Order,
        *,
        groups: tuple[plan.Operand, ...] | None = None,
        aliases: dict[str, syntax.Operand] | None = None,
    ) -> plan.Order:
        what = order.what
        if aliases and isinstance(what, syntax.Path):
            what = aliases.get(str(what).lower(), what)
        operand = find_operand(scope, what, aggregates=groups is not None)
        if isinstance(operand, plan.Column) and not (operand.field.sortable and operand.field.column):
            raise soql_error("not_sortable", self.text, order.what.at, field=operand.field.name)
        if groups is not None and not isinstance(operand, plan.Aggregate):
            if operand not in groups:
                raise soql_error("order_not_grouped", self.text, order.what.at, field=what)
        elif groups is None and isinstance(operand, plan.DatePart):
            raise soql_error("not_grouped", self.text, order.what.at, field=what)
        return plan.Order(operand, order.descending, bool(order.nulls_last))

    def _groups(self, scope: Scope, group: syntax.Group | None) -> tuple[plan.Operand, ...]:
        found: list[plan.Operand] = []
        for each in group.by if group else ():
            operand = find_operand(scope, each, aggregates=False)
            if isinstance(operand, plan.Column) and not (operand.field.groupable and operand.field.column):
                raise soql_error("not_groupable", self.text, each.at, field=operand.field.name)
            found.append(operand)
        return tuple(found)

    def _aggregate_shapes(
        self, scope: Scope, query: syntax.Query, groups: tuple[plan.Operand, ...]
    ) -> tuple[plan.Shape, ...]:
        shapes: list[plan.Shape] = []
        taken: set[str] = set()
        unnamed = 0
        for item in query.items:
            if not isinstance(item, syntax.Item):
                raise soql_error("not_grouped", self.text, query.at, field="sub-query or TYPEOF")
            function = function_of(item.what)
            if function == "FIELDS":
                raise soql_error("not_grouped", self.text, item.at, field=item.what)
            operand = find_operand(scope, item.what, aggregates=True)
            if not isinstance(operand, plan.Aggregate) and operand not in groups:
                raise soql_error("not_grouped", self.text, item.at, field=item.what)
            if item.alias is not None:
                key = item.alias
            elif function is None:
                key = operand.field.name
            else:
                key, unnamed = f"expr{unnamed}", unnamed + 1
            if key.lower() in taken:
                raise soql_error("duplicate_alias", alias=key)
            taken.add(key.lower())
            shapes.append(plan.Leaf(key, operand))
        return tuple(shapes)

    def _must_be_grouped(self, having: syntax.Condition, scope: Scope, groups: tuple[plan.Operand, ...]) -> None:
        """HAVING speaks of groups: its plain fields are among those of GROUP BY."""
        pending = [having]
        while pending:
            condition = pending.pop()
            match condition:
                case syntax.AllOf(conditions) | syntax.AnyOf(conditions):
                    pending.extend(conditions)
                case syntax.Negation(inner):
                    pending.append(inner)
                case _:
                    left = condition.left
                    grouped = is_aggregate(left) or (find_operand(scope, left, aggregates=False) in groups)
                    if not grouped:
                        raise soql_error("not_grouped", self.text, left.at, field=left)

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
        if len(query.sources) > 1:
            raise NotFaked("several names in FROM")
        source = query.sources[0]
        own = {sobject.name.lower(), source.path.names[-1].lower()}
        if source.alias is not None:
            own.add(source.alias.lower())
        return Scope(
            schema=self.schema,
            text=self.text,
            sobject=sobject,
            own_names=frozenset(own),
            usage=self.usage,
            sight=self.sight,
        )

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


def _is_computed(item: syntax.SelectItem) -> bool:
    """An aggregate or date function: either makes the query one over groups."""
    if not isinstance(item, syntax.Item):
        return False
    return is_aggregate(item.what) or function_of(item.what) in DATE_FUNCTIONS


def _aliases(query: syntax.Query) -> dict[str, syntax.Operand]:
    """What an alias of SELECT stands for in ORDER BY."""
    return {
        item.alias.lower(): item.what
        for item in query.items
        if isinstance(item, syntax.Item) and item.alias is not None
    }


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
