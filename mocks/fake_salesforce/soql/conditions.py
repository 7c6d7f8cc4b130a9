"""WHERE and HAVING against the schema: may this field be compared so, with such a value?

Rule 1: what a literal may be is decided by the field's type, in VALUE_READERS.
Rule 2: `''` is null for text and ids; null inside IN is a test for null.
Rule 3: nesting is bounded, so that no query can exhaust the stack here or in the database.
Source: SOQL and SOSL Reference, "Comparison Operators", "Semi-Joins with IN and Anti-Joins".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from fake_salesforce import record_ids
from fake_salesforce.errors import SalesforceError
from fake_salesforce.soql import dates, plan, syntax
from fake_salesforce.soql.errors import soql_error
from fake_salesforce.soql.names import Scope
from fake_salesforce.soql.operands import IDS, NUMBERS, TEXTS, find_operand
from fake_salesforce.soql.parser import STRING_CHARS_MAX

NESTING_MAX: Final = 20  # SQLite's own parser gives up at about 50 nested AND and OR
VALUES_MAX: Final = 30_000  # of one IN; SQLite takes 32,766 values in a statement
SEMI_JOINS_MAX: Final = 2
# Source: same guide; these cannot stand in FROM of the inner query.
SEMI_JOIN_REFUSES: Final = frozenset({
    "ActivityHistory", "Attachment", "Event", "Note", "OpenActivity", "Task"
})  # fmt: skip

InnerChecker: TypeAlias = Callable[[Scope, syntax.Query], plan.RowQuery]
# None stands for null.
Read: TypeAlias = plan.Constant | plan.Span | None

_ORDERINGS: Final = frozenset({"<", "<=", ">", ">="})
_RADIUS: Final = frozenset({"<", ">"})  # "supports only the logical operators > and <"
_TYPE_WORDS: Final = {"datetime": "dateTime", "reference": "ID", "id": "ID"}
_CURRENCY_CODE_CHARS: Final = 3  # USD5000: the org has one currency, so the code changes nothing
_EQUALITIES: Final = frozenset({"=", "!="})
# type -> operators it takes; what is not listed takes all but LIKE
_OPERATORS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(TEXTS, _EQUALITIES | _ORDERINGS | {"LIKE"}),
    "multipicklist": _EQUALITIES,
    "boolean": _EQUALITIES,
}


class ConditionChecker:
    """Checks the conditions of one query (outer, child or inner)."""

    def __init__(self, scope: Scope, *, inner: InnerChecker | None, aggregates: bool) -> None:
        """*inner* checks the query of a semi-join; None: there may be none. *aggregates*: HAVING."""
        self.scope = scope
        self.inner = inner
        self.aggregates = aggregates

    def check(self, condition: syntax.Condition) -> plan.Condition:
        """The condition in the schema's terms."""
        return self._check(condition, depth=0, top=True)

    def _check(self, condition: syntax.Condition, *, depth: int, top: bool) -> plan.Condition:
        if depth > NESTING_MAX:
            raise soql_error("too_complicated")
        deeper = depth + 1
        match condition:
            case syntax.AllOf(conditions):
                return plan.AllOf(
                    tuple(
                        self._check(each, depth=deeper, top=top and not isinstance(each, syntax.AllOf))
                        for each in conditions
                    )
                )
            case syntax.AnyOf(conditions):
                return plan.AnyOf(tuple(self._check(each, depth=deeper, top=False) for each in conditions))
            case syntax.Negation(inner):
                return plan.Not(self._check(inner, depth=deeper, top=False))
            case syntax.Compare():
                return self._compare(condition)
            case syntax.Picks():
                return self._picks(condition)
            case syntax.Membership(inner=None):
                return self._member(condition)
            case syntax.Membership():
                return self._semi_join(condition, top=top)

    # ---- Comparisons

    def _compare(self, condition: syntax.Compare) -> plan.Condition:
        operand = self._filterable(condition.left)
        operator, kind = condition.operator, operand.field.type
        if isinstance(operand, plan.Distance) and operator not in _RADIUS:
            raise self._refused_operator(condition.left, "DISTANCE")
        if operator not in _OPERATORS.get(kind, _EQUALITIES | _ORDERINGS):
            raise self._refused_operator(condition.left, kind)
        value = self._read(condition.left, operand, condition.value)
        if operator == "!=":
            return plan.Not(self._equal(operand, value, condition.value.at))
        if operator == "=":
            return self._equal(operand, value, condition.value.at)
        if value is None:
            return plan.Never()
        if operator == "LIKE":
            return plan.Like(operand, condition.value.pattern, condition.value.at)
        if isinstance(value, plan.Span):
            return plan.Within(operand, operator, value)
        return plan.Compare(operand, operator, value, condition.value.at)

    def _equal(self, operand: plan.Operand, value: Read, at: int) -> plan.Condition:
        if value is None:
            return plan.IsNull(operand)
        if isinstance(value, plan.Span):
            return plan.Within(operand, "=", value)
        if operand.field.type == "multipicklist":
            return plan.SameSet(operand, _picks(str(value)))
        return plan.Compare(operand, "=", value, at)

    def _member(self, condition: syntax.Membership) -> plan.Condition:
        operand = self._filterable(condition.left)
        if isinstance(operand, plan.Distance):
            raise self._refused_operator(condition.left, "DISTANCE")
        if len(condition.values) > VALUES_MAX:
            raise soql_error("too_complicated")
        read = [self._read(condition.left, operand, value) for value in condition.values]
        constants: dict[plan.Constant, int] = {}
        spans: list[plan.Condition] = []
        for each, value in zip(read, condition.values, strict=True):
            if isinstance(each, plan.Span) or operand.field.type == "multipicklist":
                spans.append(self._equal(operand, each, value.at))
            elif each is not None:
                constants.setdefault(each, value.at)
        found: plan.Condition = plan.OneOf(operand, tuple(constants), None in read, tuple(constants.values()))
        if spans:
            found = plan.AnyOf((found, *spans))
        return plan.Not(found) if condition.negated else found

    def _picks(self, condition: syntax.Picks) -> plan.Condition:
        operand = self._filterable(condition.left)
        if operand.field.type != "multipicklist":
            raise self._refused_operator(condition.left, operand.field.type)
        groups = []
        for value in condition.values:
            read = self._read(condition.left, operand, value)
            if read is not None:
                groups.append(_picks(str(read)))
        found = plan.HasPicks(operand, tuple(groups))
        return plan.Not(found) if condition.negated else found

    # ---- Semi-joins

    def _semi_join(self, condition: syntax.Membership, *, top: bool) -> plan.Condition:
        assert condition.inner is not None, "the caller looked"
        if self.inner is None:
            raise soql_error("semi_join_in_semi_join")
        if not top:
            raise soql_error("semi_join_nested")
        self.scope.usage.semi_joins += 1
        if self.scope.usage.semi_joins > SEMI_JOINS_MAX:
            raise soql_error("semi_join_too_many")
        left = self._filterable(condition.left)
        if not isinstance(left, plan.Column) or left.route or left.field.type not in IDS:
            raise self._error("semi_join_left", condition.left, field=condition.left)
        found = plan.InQuery(left, self.inner(self.scope, condition.inner))
        return plan.Not(found) if condition.negated else found

    # ---- Operands and values

    def _filterable(self, what: syntax.Operand) -> plan.Operand:
        operand = find_operand(self.scope, what, aggregates=self.aggregates, filters=not self.aggregates)
        column: plan.Operand = operand
        while isinstance(column, plan.DatePart | plan.LocalTime | plan.Labelled):
            column = column.column
        # A describe calls an address filterable; only DISTANCE may filter by it.
        if isinstance(column, plan.Column) and not (column.field.filterable and column.field.column):
            raise self._error("not_filterable", what, field=column.field.name)
        return operand

    def _read(self, left: syntax.Operand, operand: plan.Operand, value: syntax.Value) -> Read:
        if value.kind == "null":
            return None
        if value.kind == "bind":
            raise soql_error("bind_variable")
        kind = operand.field.type
        if value.kind == "currency" and kind == "currency":
            value = replace(value, kind="number", text=value.text[_CURRENCY_CODE_CHARS:])
        span = self._span(kind, value)
        if span is not None:
            return span
        try:
            return read_literal(kind, value)
        except _WrongKind:
            quotes = "unquoted_value" if kind in IDS or kind not in VALUE_READERS else "quoted_value"
            word = "string" if kind in TEXTS else _TYPE_WORDS.get(kind, kind)
            name = operand.field.name if isinstance(left, syntax.Path) else left
            raise self._error(quotes, left, field=name, type=word) from None
        except _Refused as refused:
            raise self._error(refused.key, left, value=value.text) from None

    def _span(self, kind: str, value: syntax.Value) -> plan.Span | None:
        name = value.text.upper()
        if value.kind == "range":
            if name not in dates.COUNTED_SPANS:
                raise soql_error("unexpected_token", self.scope.text, value.at, token=value.text)
        elif value.kind != "word":
            return None
        elif name not in dates.SPANS:
            raise soql_error("bind_variable")  # a field or a function where a value should stand
        if kind not in ("date", "datetime"):
            return None
        return plan.Span(name, value.count or 0, moments=kind == "datetime")

    def _refused_operator(self, left: syntax.Operand, kind: str) -> SalesforceError:
        return self._error("invalid_operator", left, type="id" if kind in IDS else kind)

    def _error(self, key: str, left: syntax.Operand, /, **words: object) -> SalesforceError:
        return soql_error(key, self.scope.text, left.at, **words)


class LiteralRefused(Exception):
    """A literal cannot be compared with a field of the type."""


class _WrongKind(LiteralRefused):
    """The literal is of another kind than the field."""


class _Refused(LiteralRefused):
    """The literal is of the right kind and means nothing. *key* is a row of messages.toml."""

    def __init__(self, key: str) -> None:
        self.key = key


def _read_text(value: syntax.Value) -> plan.Constant | None:
    if value.kind != "string":
        raise _WrongKind
    if len(value.text) > STRING_CHARS_MAX:
        raise _Refused("string_too_long")
    return value.text or None


def _read_id(value: syntax.Value) -> plan.Constant | None:
    text = _read_text(value)
    if text is None:
        return None
    found = record_ids.canonical(str(text))
    if found is None:
        raise _Refused("invalid_id")
    return found


def _read_number(value: syntax.Value) -> plan.Constant:
    if value.kind != "number":
        raise _WrongKind
    number = float(value.text)
    # Whole numbers stay whole while SQLite's 64 bits hold them.
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _read_boolean(value: syntax.Value) -> plan.Constant:
    if value.kind != "boolean":
        raise _WrongKind
    return int(value.text.upper() == "TRUE")


def _moment_reader(kind: str, parse: Callable[[str], str | None], key: str) -> Callable[[syntax.Value], plan.Constant]:
    def read(value: syntax.Value) -> plan.Constant:
        if value.kind != kind:
            raise _WrongKind
        found = parse(value.text)
        if found is None:
            raise _Refused(key)
        return found

    return read


# describe type -> how its literals are read; text where nothing is said
VALUE_READERS: Final[Mapping[str, Callable[[syntax.Value], plan.Constant | None]]] = {
    **dict.fromkeys(IDS, _read_id),
    **dict.fromkeys(NUMBERS, _read_number),
    "boolean": _read_boolean,
    "date": _moment_reader("date", dates.parse_date, "invalid_date"),
    "datetime": _moment_reader("datetime", dates.parse_datetime, "invalid_datetime"),
    "time": _moment_reader("time", dates.parse_time, "invalid_datetime"),
}


def read_literal(kind: str, value: syntax.Value) -> plan.Constant | None:
    """What *value* says to a field of type *kind*; None is null. Raises LiteralRefused."""
    return VALUE_READERS.get(kind, _read_text)(value)


def _picks(text: str) -> tuple[str, ...]:
    """The values of `a;b`, each once."""
    return tuple(dict.fromkeys(each.strip() for each in text.split(";") if each.strip()))


def check_semi_join_shape(scope: Scope, query: syntax.Query) -> syntax.Path:
    """The one field the inner *query* selects. Raises where the documented limits say so."""
    given = {
        "ORDER BY": query.order_by,
        "LIMIT": query.limit is not None,
        "OFFSET": query.offset is not None,
        "GROUP BY": query.group,
        "FOR": query.purposes or query.tracking,
        "second field": len(query.items) != 1,
    }
    for clause, present in given.items():
        if present:
            raise soql_error("semi_join_clause", clause=clause)
    item = query.items[0]
    if not isinstance(item, syntax.Item):
        raise soql_error("semi_join_clause", clause="sub-query or TYPEOF")
    if not isinstance(item.what, syntax.Path) or len(scope.local(item.what)) > 1:
        raise soql_error("semi_join_field", scope.text, item.at, field=item.what)
    if scope.sobject.name in SEMI_JOIN_REFUSES:
        raise soql_error("semi_join_entity", name=scope.sobject.name)
    return item.what
