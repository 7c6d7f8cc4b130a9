"""A checked query as SQL, and the reader that makes records of its rows.

Rule 1: every value is a bound parameter; no text of a client becomes SQL text.
Rule 2: text is compared without regard to case. ASCII literals compare under NOCASE, which an index
serves; others compare through fold(), which is right for every script and scans. Ids and fields
flagged case-sensitive compare as they are.
Rule 3: conditions are two-valued. SQL's unknown counts as false, and so Not of it is true: that is
why `!= 'x'`, NOT IN and NOT keep rows with null.
Rule 4: a child sub-query is one statement for all parents (in chunks), never one for each.
Source: SOQL and SOSL Reference; null under NOT was checked in an org by others and published.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.soql import plan
from fake_salesforce.soql.expressions import (
    ESCAPE,
    FISCAL_SHIFT,
    FISCAL_START,
    Expression,
    Test,
    as_glob,
    comparable,
    date_part,
    holds,
    is_folded,
    joined,
)
from fake_salesforce.soql.polymorphic import name_column, reference_test
from fake_salesforce.soql.scopes import TEAMS
from fake_salesforce.soql.sight import Sight
from fake_salesforce.viewed import DATES, viewed_table

PARENTS: Final = "parent_ids"  # the expanding parameter of child statements
AMONG: Final = "among_ids"  # a JSON list: only these rows
USER: Final = "running_user"
ZONE: Final = "running_zone"
_ACTIVITIES: Final = frozenset({"Task", "Event"})  # old ones are archived: only queryAll sees them
_SYSTEM_TYPES: Final = frozenset({"id", "datetime", "boolean"})
_QUEUE, _PERSON = "00G", "005"  # key prefixes of owners

_COMPARE: Final[Mapping[str, Callable[[Expression, Any], Any]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Base:
    """A row other rows hang on: its table in FROM and how it was reached (for sharing joins)."""

    table: sa.FromClause
    key: tuple[str, ...]
    sobject: SObject


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter that stands for literals of the text: one, or the list of an IN.

    `kind` is the type of the field they are compared with; `ats` says where they stand. `like`: a
    pattern. `ascii_only`: with another script the SQL would be another.
    """

    name: str
    kind: str
    ats: tuple[int, ...]
    many: bool
    like: bool
    ascii_only: bool


class SelectBuilder:
    """Collects what one SELECT needs: columns, joins, and parameters filled in at run time."""

    def __init__(
        self, schema: Schema, sobject: SObject, *, include_deleted: bool, counter: list[int], sight: Sight
    ) -> None:
        self.schema = schema
        self.include_deleted = include_deleted
        self.sight = sight
        self.counter = counter  # shared by all SELECTs of one statement: names stay apart
        self.root = Base(self.alias(sobject), (), sobject)
        self.source: sa.FromClause = self.root.table
        self.columns: list[Expression] = []
        self.rolled: tuple[plan.Operand, ...] = ()  # groups that the subtotal being written puts together
        self.among = False  # only the rows whose ids the parameter AMONG lists
        self.spans: dict[str, plan.Span] = {}
        self.parameters: set[str] = set()  # USER, ZONE, FISCAL_START ... where they are used
        self.slots: list[Slot] = []  # the literals that may be exchanged
        self._bases: dict[tuple[str, ...], Base] = {(): self.root}
        self._indexes: dict[Any, int] = {}

    # ---- Columns

    def index(self, key: Any, expression: Callable[[], Expression]) -> int:
        """The place of a column in the result; the same *key* is selected once."""
        found = self._indexes.get(key)
        if found is None:
            found = len(self.columns)
            self._indexes[key] = found
            self.columns.append(expression().label(f"c{found}"))
        return found

    def column_index(self, base: Base, field: Field) -> int:
        """The place of a stored field of the row at *base*."""
        return self.index((base.key, field.name), lambda: self.column(base, field))

    def column(self, base: Base, field: Field) -> Expression:
        """A stored field of the row at *base*; when it was viewed is asked for the user who runs the query."""
        date = DATES.get(field.name)
        if date is None:
            return base.table.c[field.name]
        self.parameters.add(USER)
        seen = viewed_table(self.schema.metadata).alias(f"seen{self._next()}")
        mine = seen.c.user_id == sa.bindparam(USER, type_=sa.Text)
        here = seen.c.record_id == base.table.c.Id
        return sa.select(seen.c[date]).where(mine, here).correlate(base.table).scalar_subquery()

    def id_index(self, base: Base) -> int:
        """The place of the id of the row at *base*."""
        return self.index((base.key, "Id"), lambda: base.table.c.Id)

    def base_at(self, base: Base, route: Sequence[Field]) -> Base:
        """The row *route* leads to from *base*, joined where it is not yet."""
        for reference in route:
            target = self.schema.sobject(reference.reference_to[0])
            assert target is not None, "names.follow looked"
            base = self.join(base, reference, target)
        return base

    def join(self, base: Base, reference: Field, target: SObject) -> Base:
        """The row of *target* whose id stands in *reference* of *base*'s row, if any."""
        key = (*base.key, reference.name, target.name)
        found = self._bases.get(key)
        if found is None:
            found = Base(self.alias(target), key, target)
            self._bases[key] = found
            on = sa.and_(found.table.c.Id == base.table.c[reference.name], *self.seen(target, found.table))
            self.source = self.source.outerjoin(found.table, on)
        return found

    def expression(self, operand: plan.Operand, base: Base | None = None) -> Expression:
        """SQL for *operand*, seen from *base* (the root unless told)."""
        start = base or self.root
        if self.rolled and operand in self.rolled:
            return sa.null()
        match operand:
            case plan.Column(route, _, field):
                return self.column(self.base_at(start, route), field)
            case plan.NameColumn():
                return name_column(self, operand, start)
            case plan.DatePart(function, column):
                if function.startswith("FISCAL"):
                    self.parameters |= {FISCAL_START, FISCAL_SHIFT}
                return date_part(function, self.expression(column, start))
            case plan.LocalTime(column):
                self.parameters.add(ZONE)
                return sa.func.in_zone(self.expression(column, start), sa.bindparam(ZONE, type_=sa.Text))
            case plan.Labelled(column):
                return self._label(self.expression(column, start), column.field)
            case plan.Distance(here, to, unit):
                parts = [
                    self._degrees(each, start) for place in (here, to) for each in (place.latitude, place.longitude)
                ]
                return sa.func.distance(*parts, unit)
            case plan.Grouping(group):
                return sa.literal_column("1" if group in self.rolled else "0")
            case plan.Aggregate(function, inner):
                rolled, self.rolled = self.rolled, ()  # a subtotal still adds up the field itself
                found = self._aggregate(function, self.expression(inner, start), inner)
                self.rolled = rolled
                return found

    def _degrees(self, given: plan.Column | float, start: Base) -> Any:
        return self.expression(given, start) if isinstance(given, plan.Column) else sa.literal(given, sa.Float)

    @staticmethod
    def _label(value: Expression, field: Field) -> Expression:
        labels = {entry.value: entry.label for entry in field.picklist if entry.label != entry.value}
        return sa.case(labels, value=value, else_=value) if labels else value

    def _aggregate(self, function: str, inner: Expression, operand: plan.Operand) -> Expression:
        compared = comparable(inner, operand)
        match function:
            case "COUNT":
                return sa.func.count(inner)
            case "COUNT_DISTINCT":
                return sa.func.count(sa.distinct(compared))
            case "MIN" | "MAX":
                return getattr(sa.func, function.lower())(compared)  # type: ignore[no-any-return]
            case _:
                return getattr(sa.func, function.lower())(inner)  # type: ignore[no-any-return]

    # ---- Rows

    def visible(self) -> list[Test]:
        """What keeps rows the user may not see out, and deleted and archived ones."""
        table, sobject = self.root.table, self.root.sobject
        tests = self.seen(sobject, table)
        if self.include_deleted:
            return tests
        if sobject.has_recycle_bin:
            tests.append(table.c.IsDeleted == sa.literal_column("0"))
        if sobject.name in _ACTIVITIES and "IsArchived" in table.c:
            tests.append(table.c.IsArchived == sa.literal_column("0"))
        return tests

    def seen(self, sobject: SObject, table: sa.FromClause) -> list[Test]:
        """The running user's share of the rows of *table*."""
        found = self.sight.row_filter(sobject, table)
        if found is None:
            return []
        self.parameters.add(USER)  # a value too many does no harm
        return [found]

    def where(self, query: plan.RowQuery) -> list[Test]:
        """All conditions on the rows of *query*."""
        tests = [*self.visible(), *self._scope(query.scope)]
        if self.among:
            listed = sa.func.json_each(sa.bindparam(AMONG, type_=sa.Text)).table_valued("value")
            tests.append(self.root.table.c.Id.in_(sa.select(listed.c.value)))
        if query.where is not None:
            tests.append(self.test(query.where))
        return tests

    def _scope(self, scope: str) -> list[Test]:
        """USING SCOPE."""
        table = self.root.table
        me = sa.bindparam(USER, type_=sa.Text)
        match scope:
            case "mine":
                self.parameters.add(USER)
                return [table.c.OwnerId == me]
            case "delegated":  # what I made and another is to do
                self.parameters.add(USER)
                return [table.c.CreatedById == me, table.c.OwnerId != me]
            case "queue_owned" | "user_owned":
                prefix = _QUEUE if scope == "queue_owned" else _PERSON
                return [table.c.OwnerId >= prefix, table.c.OwnerId < prefix[:-1] + chr(ord(prefix[-1]) + 1)]
            case "team" | "genericteam" | "team_by_role":
                return [self._in_my_teams(me)]
        return []

    def _in_my_teams(self, me: Any) -> Test:
        """The user is among the team of the record; without teams in the org nobody is."""
        name, parent = TEAMS.get(self.root.sobject.name, ("", ""))
        team = self.schema.sobject(name)
        if team is None:
            return sa.false()
        self.parameters.add(USER)
        members = self.alias(team)
        return self.root.table.c.Id.in_(sa.select(members.c[parent]).where(members.c.UserId == me))

    def order_terms(self, orders: Sequence[plan.Order]) -> list[Any]:
        """ORDER BY: without regard to case, nulls where the query says (first unless told)."""
        return [directed(self.sorted_by(each), each) for each in orders]

    def sorted_by(self, order: plan.Order) -> Expression:
        """What one term of ORDER BY sorts by."""
        term = self.expression(order.operand)
        return term if isinstance(order.operand, plan.Aggregate) else comparable(term, order.operand)

    # ---- Conditions

    def test(self, condition: plan.Condition) -> Test:
        """SQL that is true exactly for the rows *condition* is true for (else false or null)."""
        by_reference = reference_test(self, condition)
        if by_reference is not None:
            return by_reference
        match condition:
            case plan.AllOf(conditions):
                return joined(sa.and_, [self.test(each) for each in conditions])
            case plan.AnyOf(conditions):
                return joined(sa.or_, [self.test(each) for each in conditions])
            case plan.Not(inner):
                return self._not(inner)
            case plan.Never():
                return sa.false()
            case plan.IsNull(operand):
                return self.expression(operand).is_(None)
            case plan.Compare():
                return self._compare(condition)
            case plan.Within(operand, name, span):
                return self._within(operand, name, span)
            case plan.Like():
                return self._like(condition)
            case plan.OneOf():
                return self._one_of(condition)
            case plan.SameSet(operand, values):
                return self._same_set(operand, values)
            case plan.HasPicks(operand, groups):
                expression = self.expression(operand)
                each_group = [joined(sa.and_, [holds(expression, value) for value in group]) for group in groups]
                return joined(sa.or_, each_group)
            case plan.InQuery(operand, inner):
                return self.expression(operand).in_(self._inner(inner))

    def _not(self, condition: plan.Condition) -> Test:
        match condition:
            case plan.Not(inner):
                return self.test(inner)
            case plan.AllOf(conditions):
                return joined(sa.or_, [self._not(each) for each in conditions])
            case plan.AnyOf(conditions):
                return joined(sa.and_, [self._not(each) for each in conditions])
            case plan.Never():
                return sa.true()
            case plan.IsNull(operand):
                return self.expression(operand).is_not(None)
            case _:
                return sa.not_(sa.func.coalesce(self.test(condition), sa.false()))

    def _compare(self, test: plan.Compare) -> Test:
        operand, value = test.operand, test.value
        expression = self.expression(operand)
        compare = _COMPARE[test.operator]
        if is_folded(operand) and not str(value).isascii():
            return compare(sa.func.fold(expression), sa.literal(str(value).casefold()))  # type: ignore[no-any-return]
        return compare(comparable(expression, operand), self._slot(operand, value, (test.at,)))  # type: ignore[no-any-return]

    def _slot(self, operand: plan.Operand, value: Any, ats: tuple[int, ...], *, like: bool = False) -> Any:
        """A parameter for *value* that can be bound to what other literals at *ats* say."""
        each = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in each):
            return value  # numbers and booleans are part of the shape
        name = f"v{self._next()}"
        many = isinstance(value, list)
        self.slots.append(Slot(name, operand.field.type, ats, many, like, is_folded(operand)))
        return sa.bindparam(name, value, expanding=many)

    def _within(self, operand: plan.Operand, name: str, span: plan.Span) -> Test:
        expression = self.expression(operand)
        number = self._next()
        # Each bound may be used twice; a parameter of one name is bound once.
        start = sa.bindparam(f"span{number}_start", type_=sa.Text)
        end = sa.bindparam(f"span{number}_end", type_=sa.Text)
        self.spans[f"span{number}"] = span
        match name:
            case "=":
                return sa.and_(expression >= start, expression < end)
            case "<":
                return expression < start
            case "<=":
                return expression < end
            case ">":
                return expression >= end
            case _:
                return expression >= start

    def _like(self, test: plan.Like) -> Test:
        operand, pattern = test.operand, test.pattern
        expression = self.expression(operand)
        if "\0" in pattern:
            return sa.false()  # SQLite would stop reading there; no stored text holds one
        if operand.field.case_sensitive:
            return expression.op("GLOB")(sa.literal(as_glob(pattern), sa.Text))
        if not pattern.isascii():
            folded = sa.literal(pattern.casefold(), sa.Text)
            return sa.func.fold(expression).like(folded, escape=ESCAPE)
        return expression.like(self._slot(operand, pattern, (test.at,), like=True), escape=ESCAPE)

    def _one_of(self, test: plan.OneOf) -> Test:
        operand, values = test.operand, test.values
        expression = self.expression(operand)
        tests: list[Test] = [expression.is_(None)] if test.null else []
        plain = [each for each in values if not is_folded(operand) or str(each).isascii()]
        folded = [str(each).casefold() for each in values if is_folded(operand) and not str(each).isascii()]
        if plain:
            # With all values plain and none null they may be exchanged for others.
            same = len(plain) == len(values) and not test.null
            listed = self._slot(operand, plain, test.ats) if same else plain
            tests.append(comparable(expression, operand).in_(listed))
        if folded:
            tests.append(sa.func.fold(expression).in_(folded))
        return joined(sa.or_, tests)

    def _same_set(self, operand: plan.Operand, values: tuple[str, ...]) -> Test:
        expression = self.expression(operand)
        if not values:
            return sa.false()
        separators = sa.func.length(expression) - sa.func.length(sa.func.replace(expression, ";", ""))
        all_there = [holds(expression, value) for value in values]
        return joined(sa.and_, [separators == len(values) - 1, *all_there])

    def _inner(self, query: plan.RowQuery) -> Any:
        builder = self.beside(query.sobject)
        (leaf,) = query.shapes
        assert isinstance(leaf, plan.Leaf), "check.inner makes one leaf"
        column = builder.expression(leaf.column)
        tests = builder.where(query)
        if query.where is None:
            # Null matches nothing either way; saying so lets the index of filled references serve.
            tests.append(column.is_not(None))
        self.take_over(builder)
        return sa.select(column).select_from(builder.source).where(*tests)

    # ---- SELECTs within this one

    def beside(self, sobject: SObject) -> SelectBuilder:
        """A builder of a SELECT over *sobject* that will stand inside this one."""
        return SelectBuilder(
            self.schema, sobject, include_deleted=self.include_deleted, counter=self.counter, sight=self.sight
        )

    def take_over(self, builder: SelectBuilder) -> None:
        """What *builder* needs to be bound is needed here."""
        self.spans.update(builder.spans)
        self.parameters |= builder.parameters
        self.slots += builder.slots

    # ---- Names of aliases and parameters

    def alias(self, sobject: SObject) -> sa.FromClause:
        """The table under a name of its own. Kept: making one copies every column of the table."""
        kept = self.schema.described
        key = ("soql alias", sobject.name, self._next())
        found: sa.FromClause | None = kept.get(key)
        if found is None:
            found = kept[key] = sobject.table.alias(f"t{key[-1]}")
        return found

    def _next(self) -> int:
        self.counter[0] += 1
        return self.counter[0]


def directed(term: Expression, order: plan.Order) -> Any:
    """*term* up or down. Where no null can be, SQL hears nothing of nulls: an index gives the order."""
    found = term.desc() if order.descending else term.asc()
    operand = order.operand
    if isinstance(operand, plan.Column) and not operand.route and _always_set(operand.field):
        return found
    return found.nulls_last() if order.nulls_last else found.nulls_first()


def _always_set(field: Field) -> bool:
    """The system sees to it that the field is never null; what clients must fill in may still be."""
    return not field.nillable and field.type in _SYSTEM_TYPES
