"""Fields and functions as they stand in SELECT, WHERE, GROUP BY, HAVING and ORDER BY.

Rule 1: which function exists and over which types it runs is a table.
Rule 2: a function of the language that is not played is NotFaked; a word that is none is an error.
Source: SOQL and SOSL Reference, "Aggregate Functions", "Date Functions".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fake_salesforce.metadata import Field
from fake_salesforce.soql import plan, syntax
from fake_salesforce.soql.errors import NotFaked, soql_error
from fake_salesforce.soql.names import Scope, find_column

NUMBERS: Final = frozenset({"int", "long", "double", "currency", "percent"})
IDS: Final = frozenset({"id", "reference"})
TEXTS: Final = frozenset({
    "string", "textarea", "picklist", "multipicklist", "combobox", "phone", "url", "email",
    "encryptedstring", "anyType",
})  # fmt: skip

# function -> the types it does not run over (None: numbers only)
AGGREGATES: Final[Mapping[str, frozenset[str] | None]] = {
    "COUNT": frozenset({"boolean", "address", "location", "base64"}),
    "COUNT_DISTINCT": frozenset({"boolean", "address", "location", "base64"}),
    "MIN": frozenset({"boolean", "address", "location", "base64", "multipicklist"}),
    "MAX": frozenset({"boolean", "address", "location", "base64", "multipicklist"}),
    "SUM": None,
    "AVG": None,
}
# function -> the types it reads
DATE_FUNCTIONS: Final[Mapping[str, frozenset[str]]] = {
    "HOUR_IN_DAY": frozenset({"datetime"}),
    "DAY_ONLY": frozenset({"datetime"}),
    **dict.fromkeys(
        (
            "CALENDAR_YEAR", "CALENDAR_QUARTER", "CALENDAR_MONTH", "FISCAL_YEAR", "FISCAL_QUARTER",
            "FISCAL_MONTH", "WEEK_IN_YEAR", "WEEK_IN_MONTH", "DAY_IN_YEAR", "DAY_IN_MONTH",
            "DAY_IN_WEEK",
        ),
        frozenset({"date", "datetime"}),
    ),
}  # fmt: skip
NOT_FAKED: Final[Mapping[str, str]] = {
    "GROUPING": "GROUPING()",
    "ROLLUP": "GROUP BY ROLLUP",
    "CUBE": "GROUP BY CUBE",
    "FORMAT": "FORMAT()",
    "CONVERTCURRENCY": "convertCurrency()",
    "CONVERTTIMEZONE": "convertTimezone()",
    "DISTANCE": "DISTANCE()",
    "GEOLOCATION": "GEOLOCATION()",
}


def function_of(what: syntax.Operand) -> str | None:
    """The function's name in capitals, or None for a plain field."""
    return what.name.upper() if isinstance(what, syntax.Call) else None


def is_aggregate(what: syntax.Operand) -> bool:
    """Whether *what* is COUNT, SUM ... of something."""
    return function_of(what) in AGGREGATES


def find_operand(scope: Scope, what: syntax.Operand, *, aggregates: bool) -> plan.Operand:
    """What a field or function means. *aggregates*: COUNT(...) and its kind may stand here."""
    if isinstance(what, syntax.Path):
        return find_column(scope, what)
    name = what.name.upper()
    if name in NOT_FAKED:
        raise NotFaked(NOT_FAKED[name])
    if name in AGGREGATES and aggregates:
        return _aggregate(scope, what, name)
    if name in DATE_FUNCTIONS:
        return _date_part(scope, what, name)
    if name == "TOLABEL":
        raise NotFaked("toLabel() outside SELECT")
    raise _no_function(scope, what)


def only_argument(scope: Scope, call: syntax.Call) -> syntax.Operand:
    """The field or function *call* is about; refuses none, several, and literals."""
    if len(call.arguments) != 1 or isinstance(call.arguments[0], syntax.Value):
        raise _no_function(scope, call)
    return call.arguments[0]


def stand_in(name: str, kind: str) -> Field:
    """A describe of a computed value."""
    return Field(name=name, type=kind, label=name, filterable=True, groupable=True, sortable=True)


def _aggregate(scope: Scope, call: syntax.Call, name: str) -> plan.Aggregate:
    argument = only_argument(scope, call)
    operand = find_operand(scope, argument, aggregates=False)
    assert not isinstance(operand, plan.Aggregate), "aggregates=False makes none"
    kind = operand.field.type
    refused = AGGREGATES[name]
    if (kind in refused) if refused is not None else (kind not in NUMBERS):
        raise soql_error("not_aggregatable", scope.text, call.at, field=argument, operator=name)
    if name in ("COUNT", "COUNT_DISTINCT"):
        field = stand_in(name, "int")
    elif name == "AVG" or (name == "SUM" and kind != "int"):
        field = stand_in(name, "double")
    else:
        field = operand.field
    return plan.Aggregate(name, operand, field)


def _date_part(scope: Scope, call: syntax.Call, name: str) -> plan.DatePart:
    column = find_operand(scope, only_argument(scope, call), aggregates=False)
    if not isinstance(column, plan.Column) or column.field.type not in DATE_FUNCTIONS[name]:
        raise _no_function(scope, call)
    return plan.DatePart(name, column, stand_in(name, "date" if name == "DAY_ONLY" else "int"))


def _no_function(scope: Scope, call: syntax.Call) -> Exception:
    return soql_error("unknown_function", scope.text, call.at + len(call.name), token="(")  # noqa: S106
