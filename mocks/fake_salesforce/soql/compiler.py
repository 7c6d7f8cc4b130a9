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
from sqlalchemy.sql.elements import ColumnElement, Grouping

from fake_salesforce.metadata import Field, Schema, SObject
from fake_salesforce.soql import plan
from fake_salesforce.soql.operands import TEXTS
from fake_salesforce.soql.sight import Sight

Expression = ColumnElement[Any]
Test = ColumnElement[bool]

PARENTS: Final = "parent_ids"  # the expanding parameter of child statements
USER: Final = "running_user"
FISCAL_START: Final = "fiscal_start_month"
JOINED_MAX: Final = 200  # AND and OR of more terms are split: SQLite bounds the depth at 1,000
_ACTIVITIES: Final = frozenset({"Task", "Event"})  # old ones are archived: only queryAll sees them
_NOCASE: Final = "NOCASE"
_ESCAPE: Final = "\\"

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
        self.root = Base(self._alias(sobject), (), sobject)
        self.source: sa.FromClause = self.root.table
        self.columns: list[Expression] = []
        self.spans: dict[str, plan.Span] = {}
        self.parameters: set[str] = set()  # USER and FISCAL_START where they are used
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
        return self.index((base.key, field.name), lambda: base.table.c[field.name])

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
            found = Base(self._alias(target), key, target)
            self._bases[key] = found
            on = sa.and_(found.table.c.Id == base.table.c[reference.name], *self._seen(target, found.table))
            self.source = self.source.outerjoin(found.table, on)
        return found

    def expression(self, operand: plan.Operand, base: Base | None = None) -> Expression:
        """SQL for *operand*, seen from *base* (the root unless told)."""
        start = base or self.root
        match operand:
            case plan.Column(route, _, field):
                return self.base_at(start, route).table.c[field.name]
            case plan.NameColumn():
                return self._name_column(operand, start)
            case plan.DatePart(function, column):
                if function.startswith("FISCAL"):
                    self.parameters.add(FISCAL_START)
                return date_part(function, self.expression(column, start))
            case plan.Aggregate(function, inner):
                return self._aggregate(function, self.expression(inner, start), inner)

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

    def _name_column(self, column: plan.NameColumn, start: Base) -> Expression:
        """A field of the pseudo object Name: of whichever type the reference holds."""
        owner = self.base_at(start, column.route)
        reference = owner.table.c[column.reference.name]
        wanted = column.field.name
        targets = [
            target for name in column.reference.reference_to if (target := self.schema.sobject(name)) is not None
        ]
        if wanted == "Id":
            return reference
        if wanted == "Type":
            prefix = sa.func.substr(reference, 1, 3)
            kinds = [(prefix == each.key_prefix, each.name) for each in targets if each.key_prefix]
            return sa.case(*kinds, else_=sa.null()) if kinds else sa.null()
        found: list[Expression] = []
        for target in targets:
            field = target.name_field if wanted == "Name" else target.field(wanted)
            if field is not None and field.column:
                found.append(self.join(owner, column.reference, target).table.c[field.name])
        if not found:
            return sa.null()
        return found[0] if len(found) == 1 else sa.func.coalesce(*found)

    # ---- Rows

    def visible(self) -> list[Test]:
        """What keeps rows the user may not see out, and deleted and archived ones."""
        table, sobject = self.root.table, self.root.sobject
        tests = self._seen(sobject, table)
        if self.include_deleted:
            return tests
        if sobject.has_recycle_bin:
            tests.append(table.c.IsDeleted == sa.literal_column("0"))
        if sobject.name in _ACTIVITIES and "IsArchived" in table.c:
            tests.append(table.c.IsArchived == sa.literal_column("0"))
        return tests

    def _seen(self, sobject: SObject, table: sa.FromClause) -> list[Test]:
        """The running user's share of the rows of *table*."""
        found = self.sight.row_filter(sobject, table)
        if found is None:
            return []
        self.parameters.add(USER)  # a value too many does no harm
        return [found]

    def where(self, query: plan.RowQuery) -> list[Test]:
        """All conditions on the rows of *query*."""
        tests = self.visible()
        if query.mine:
            self.parameters.add(USER)
            tests.append(self.root.table.c.OwnerId == sa.bindparam(USER, type_=sa.Text))
        if query.where is not None:
            tests.append(self.test(query.where))
        return tests

    def order_terms(self, orders: Sequence[plan.Order]) -> list[Any]:
        """ORDER BY: without regard to case, nulls where the query says (first unless told)."""
        terms = []
        for each in orders:
            term = self.expression(each.operand)
            if not isinstance(each.operand, plan.Aggregate):
                term = comparable(term, each.operand)
            directed = term.desc() if each.descending else term.asc()
            terms.append(directed.nulls_last() if each.nulls_last else directed.nulls_first())
        return terms

    # ---- Conditions

    def test(self, condition: plan.Condition) -> Test:
        """SQL that is true exactly for the rows *condition* is true for (else false or null)."""
        match condition:
            case plan.AllOf(conditions):
                return _joined(sa.and_, [self.test(each) for each in conditions])
            case plan.AnyOf(conditions):
                return _joined(sa.or_, [self.test(each) for each in conditions])
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
                each_group = [_joined(sa.and_, [_holds(expression, value) for value in group]) for group in groups]
                return _joined(sa.or_, each_group)
            case plan.InQuery(operand, inner):
                return self.expression(operand).in_(self._inner(inner))

    def _not(self, condition: plan.Condition) -> Test:
        match condition:
            case plan.Not(inner):
                return self.test(inner)
            case plan.AllOf(conditions):
                return _joined(sa.or_, [self._not(each) for each in conditions])
            case plan.AnyOf(conditions):
                return _joined(sa.and_, [self._not(each) for each in conditions])
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
            return expression.op("GLOB")(sa.literal(_as_glob(pattern), sa.Text))
        if not pattern.isascii():
            folded = sa.literal(pattern.casefold(), sa.Text)
            return sa.func.fold(expression).like(folded, escape=_ESCAPE)
        return expression.like(self._slot(operand, pattern, (test.at,), like=True), escape=_ESCAPE)

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
        return _joined(sa.or_, tests)

    def _same_set(self, operand: plan.Operand, values: tuple[str, ...]) -> Test:
        expression = self.expression(operand)
        if not values:
            return sa.false()
        separators = sa.func.length(expression) - sa.func.length(sa.func.replace(expression, ";", ""))
        holds = [_holds(expression, value) for value in values]
        return _joined(sa.and_, [separators == len(values) - 1, *holds])

    def _inner(self, query: plan.RowQuery) -> Any:
        builder = SelectBuilder(
            self.schema,
            query.sobject,
            include_deleted=self.include_deleted,
            counter=self.counter,
            sight=self.sight,
        )
        (leaf,) = query.shapes
        assert isinstance(leaf, plan.Leaf), "check.inner makes one leaf"
        column = builder.expression(leaf.column)
        # Null matches nothing either way; saying so lets the index of filled references serve.
        tests = [*builder.where(query), column.is_not(None)]
        self.spans.update(builder.spans)
        self.parameters |= builder.parameters
        self.slots += builder.slots
        return sa.select(column).select_from(builder.source).where(*tests)

    # ---- Names of aliases and parameters

    def _alias(self, sobject: SObject) -> sa.FromClause:
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


# ---- Text


def is_folded(operand: plan.Operand) -> bool:
    """The operand is text that compares without regard to case."""
    return operand.field.type in TEXTS and not operand.field.case_sensitive


def comparable(expression: Expression, operand: plan.Operand) -> Expression:
    """*expression* as it is compared, sorted and grouped."""
    return sa.collate(expression, _NOCASE) if is_folded(operand) else expression


def _holds(expression: Expression, value: str) -> Test:
    """A multi-select picklist holds *value*."""
    if "\0" in value:
        return sa.false()
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    wrapped = sa.literal(";") + expression + sa.literal(";")
    if not value.isascii():
        wrapped, escaped = sa.func.fold(wrapped), escaped.casefold()
    return wrapped.like(sa.literal(f"%;{escaped};%", sa.Text), escape=_ESCAPE)


def _as_glob(pattern: str) -> str:
    """A LIKE pattern as GLOB, which is case-sensitive."""
    glob: list[str] = []
    chars = iter(pattern)
    for char in chars:
        if char == _ESCAPE:
            char = next(chars, _ESCAPE)  # noqa: PLW2901 - the escaped one counts
        elif char in "%_":
            glob.append("*" if char == "%" else "?")
            continue
        glob.append(f"[{char}]" if char in "*?[" else char)
    return "".join(glob)


def _joined(join: Callable[..., Any], tests: list[Test]) -> Test:
    """AND or OR over any number of tests, as a shallow tree."""
    if not tests:
        return sa.false() if join is sa.or_ else sa.true()
    while len(tests) > JOINED_MAX:
        # The coercion keeps SQLAlchemy from flattening the pieces into one list again.
        tests = [
            sa.type_coerce(Grouping(join(*tests[at : at + JOINED_MAX])), sa.Boolean)
            for at in range(0, len(tests), JOINED_MAX)
        ]
    return join(*tests)  # type: ignore[no-any-return]


# ---- Dates


def date_part(function: str, column: Expression) -> Expression:
    """A date function over a stored date or datetime (UTC), by the places of its text."""
    year = sa.cast(sa.func.substr(column, 1, 4), sa.Integer)
    month = sa.cast(sa.func.substr(column, 6, 2), sa.Integer)
    day = sa.cast(sa.func.substr(column, 9, 2), sa.Integer)
    only_day = sa.func.substr(column, 1, 10)
    day_in_year = sa.cast(sa.func.strftime("%j", only_day), sa.Integer)
    start = sa.bindparam(FISCAL_START, type_=sa.Integer)
    fiscal_month = (month - start + 12) % 12
    found: dict[str, Expression] = {
        "CALENDAR_YEAR": year,
        "CALENDAR_QUARTER": (month + 2) // 3,
        "CALENDAR_MONTH": month,
        # The fiscal year is named after the calendar year it ends in.
        "FISCAL_YEAR": year + sa.case((sa.and_(start > 1, month >= start), 1), else_=0),
        "FISCAL_QUARTER": fiscal_month // 3 + 1,
        "FISCAL_MONTH": fiscal_month + 1,
        "DAY_ONLY": only_day,
        "DAY_IN_MONTH": day,
        "DAY_IN_WEEK": sa.cast(sa.func.strftime("%w", only_day), sa.Integer) + 1,
        "DAY_IN_YEAR": day_in_year,
        # Week 1 is the first seven days of the month or year.
        "WEEK_IN_MONTH": (day - 1) // 7 + 1,
        "WEEK_IN_YEAR": (day_in_year - 1) // 7 + 1,
        "HOUR_IN_DAY": sa.cast(sa.func.substr(column, 12, 2), sa.Integer),
    }
    return found[function]
