"""GROUP BY, ROLLUP and CUBE, HAVING, and the SELECT of a query over groups.

Rule 1: every plain field of SELECT, HAVING and ORDER BY is among those of GROUP BY.
Rule 2: what has no alias is expr0, expr1 ... in the order of SELECT; a grouped field keeps its name.
Rule 3: ROLLUP (a, b) adds subtotals of each a and of all; CUBE those of every combination.
Source: SOQL and SOSL Reference, "GROUP BY", "GROUP BY ROLLUP", "GROUP BY CUBE", "GROUPING()".
"""

from __future__ import annotations

from itertools import product
from typing import Final, TypeAlias

from fake_salesforce.soql import plan, syntax
from fake_salesforce.soql.errors import soql_error
from fake_salesforce.soql.names import Scope
from fake_salesforce.soql.operands import (
    DATE_FUNCTIONS,
    ROLLUPS,
    SHOWN,
    find_operand,
    function_of,
    is_aggregate,
)
from fake_salesforce.soql.selection import shown

SUBTOTAL_FIELDS_MAX: Final = 3

Groups: TypeAlias = tuple[plan.Operand, ...]


def is_computed(item: syntax.SelectItem) -> bool:
    """An aggregate or date function, also inside FORMAT: either makes the query one over groups."""
    if not isinstance(item, syntax.Item):
        return False
    what: syntax.Operand | syntax.Value = item.what
    while isinstance(what, syntax.Call) and what.name.upper() in SHOWN and what.arguments:
        what = what.arguments[0]
    if isinstance(what, syntax.Value):
        return False
    return is_aggregate(what) or function_of(what) in {*DATE_FUNCTIONS, "GROUPING"}


def find_groups(scope: Scope, group: syntax.Group | None) -> tuple[Groups, tuple[tuple[bool, ...], ...]]:
    """The fields of GROUP BY, and for each kind of subtotal which of them it keeps apart."""
    by = group.by if group else ()
    rollup = next((each for each in by if isinstance(each, syntax.Call) and each.name.upper() in ROLLUPS), None)
    if rollup is None:
        return tuple(_group(scope, each) for each in by), ()
    if len(by) > 1:
        raise soql_error("rollup_alone", scope.text, rollup.at, function=rollup.name.upper())
    inside = [each for each in rollup.arguments if not isinstance(each, syntax.Value)]
    if not inside or len(inside) != len(rollup.arguments):
        raise soql_error("unknown_function", scope.text, rollup.at + len(rollup.name), token="(")  # noqa: S106
    if len(inside) > SUBTOTAL_FIELDS_MAX:
        raise soql_error("rollup_too_many", limit=SUBTOTAL_FIELDS_MAX, function=rollup.name.upper())
    groups = tuple(_group(scope, each) for each in inside)
    if rollup.name.upper() == "CUBE":
        return groups, tuple(product((True, False), repeat=len(groups)))
    return groups, tuple(tuple(place < kept for place in range(len(groups))) for kept in range(len(groups), -1, -1))


def _group(scope: Scope, what: syntax.Operand) -> plan.Operand:
    operand = find_operand(scope, what, aggregates=False)
    if isinstance(operand, plan.Distance | plan.Labelled):
        raise soql_error("not_groupable", scope.text, what.at, field=what)
    if isinstance(operand, plan.Column) and not (operand.field.groupable and operand.field.column):
        raise soql_error("not_groupable", scope.text, what.at, field=operand.field.name)
    return operand


def grouped_shapes(scope: Scope, query: syntax.Query, groups: Groups, *, subtotals: bool) -> tuple[plan.Shape, ...]:
    """What a record of a query over groups is made of."""
    shapes: list[plan.Shape] = []
    taken: set[str] = set()
    unnamed = 0
    for item in query.items:
        if not isinstance(item, syntax.Item):
            raise soql_error("not_grouped", scope.text, query.at, field="sub-query or TYPEOF")
        function = function_of(item.what)
        if function == "FIELDS":
            raise soql_error("not_grouped", scope.text, item.at, field=item.what)
        labels = localized = False
        if function in SHOWN:
            assert isinstance(item.what, syntax.Call), "it has a function name"
            operand, labels, localized = shown(scope, item.what, aggregates=True)
            if not isinstance(operand, plan.Aggregate):
                function = None  # it keeps the name of the field
        else:
            operand = find_operand(scope, item.what, aggregates=True)
        check_grouped(scope, item.what, operand, groups, subtotals=subtotals)
        if item.alias is not None:
            key = item.alias
        elif function is None:
            key = operand.field.name
        else:
            key, unnamed = f"expr{unnamed}", unnamed + 1
        if key.lower() in taken:
            raise soql_error("duplicate_alias", alias=key)
        taken.add(key.lower())
        shapes.append(plan.Leaf(key, operand, labels=labels, localized=localized))
    return tuple(shapes)


def check_grouped(
    scope: Scope,
    what: syntax.Operand,
    operand: plan.Operand,
    groups: Groups,
    *,
    subtotals: bool,
    key: str = "not_grouped",
) -> None:
    """Refuse a field that GROUP BY does not name. GROUPING() asks for one of a ROLLUP or CUBE."""
    if isinstance(operand, plan.Aggregate):
        return
    if isinstance(operand, plan.Grouping):
        if not subtotals or operand.operand not in groups:
            raise soql_error("grouping_of_other", scope.text, what.at, field=what)
    elif operand not in groups:
        raise soql_error(key, scope.text, what.at, field=what)


def check_having(having: syntax.Condition, scope: Scope, groups: Groups, *, subtotals: bool) -> None:
    """HAVING speaks of groups."""
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
                operand = find_operand(scope, left, aggregates=True)
                check_grouped(scope, left, operand, groups, subtotals=subtotals)


def select_aliases(query: syntax.Query) -> dict[str, syntax.Operand]:
    """What an alias of SELECT stands for in ORDER BY."""
    return {
        item.alias.lower(): item.what
        for item in query.items
        if isinstance(item, syntax.Item) and item.alias is not None
    }
