"""Fields and functions as they stand in SELECT, WHERE, GROUP BY, HAVING and ORDER BY.

Rule 1: which function exists and over which types it runs is a table.
Rule 2: where a function may stand is said by the caller; a word that is no function there is refused as
an unexpected token.
Source: SOQL and SOSL Reference, "Aggregate Functions", "Date Functions", "convertTimezone()", "toLabel()",
"GROUPING()", "Location-Based SOQL Queries".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fake_salesforce.schema.metadata import Field
from fake_salesforce.soql import plan, syntax
from fake_salesforce.soql.errors import soql_error
from fake_salesforce.soql.names import Scope, compound_parts, find_column

NUMBERS: Final = frozenset({"int", "long", "double", "currency", "percent"})
IDS: Final = frozenset({"id", "reference"})
TEXTS: Final = frozenset({
    "string", "textarea", "picklist", "multipicklist", "combobox", "phone", "url", "email",
    "encryptedstring", "anyType",
})  # fmt: skip
COMPOUNDS: Final = frozenset({"address", "location"})

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
# They change how a value is shown, not which one it is.
SHOWN: Final = frozenset({"FORMAT", "CONVERTCURRENCY", "TOLABEL"})
ROLLUPS: Final = frozenset({"ROLLUP", "CUBE"})
DEGREES_NORTH: Final = 90
DEGREES_EAST: Final = 180
UNITS: Final = frozenset({"mi", "km"})


def function_of(what: syntax.Operand) -> str | None:
    """The function's name in capitals, or None for a plain field."""
    return what.name.upper() if isinstance(what, syntax.Call) else None


def is_aggregate(what: syntax.Operand) -> bool:
    """Whether *what* is COUNT, SUM ... of something."""
    return function_of(what) in AGGREGATES


def find_operand(scope: Scope, what: syntax.Operand, *, aggregates: bool, filters: bool = False) -> plan.Operand:
    """What a field or function means.

    *aggregates*: COUNT(...) and its kind may stand here. *filters*: this is WHERE.
    """
    if isinstance(what, syntax.Path):
        return find_column(scope, what)
    name = what.name.upper()
    if name in AGGREGATES and aggregates:
        return _aggregate(scope, what, name)
    if name in DATE_FUNCTIONS:
        return _date_part(scope, what, name)
    if name == "DISTANCE":
        return _distance(scope, what)
    if name == "GROUPING" and aggregates:
        operand = find_operand(scope, only_argument(scope, what), aggregates=False)
        return plan.Grouping(operand, stand_in(name, "int"))
    if name == "TOLABEL":
        column = _column_in(scope, what)
        return plan.Labelled(column, stand_in(column.field.name, "string"))
    if name == "CONVERTCURRENCY":
        if filters:
            raise soql_error("convert_in_filter", scope.text, what.at)
        return converted(scope, what, aggregates=aggregates)
    raise no_function(scope, what)


def converted(scope: Scope, call: syntax.Call, *, aggregates: bool) -> plan.Operand:
    """convertCurrency(...): the org has one currency, so that the amount stays what it is."""
    argument = only_argument(scope, call)
    operand = find_operand(scope, argument, aggregates=aggregates)
    if operand.field.type != "currency":
        raise soql_error("not_currency", scope.text, call.at, field=argument)
    return operand


def only_argument(scope: Scope, call: syntax.Call) -> syntax.Operand:
    """The field or function *call* is about; refuses none, several, and literals."""
    if len(call.arguments) != 1 or isinstance(call.arguments[0], syntax.Value):
        raise no_function(scope, call)
    return call.arguments[0]


def stand_in(name: str, kind: str, *, scale: int = 0) -> Field:
    """A describe of a computed value; *scale*: decimal digits that FORMAT shows."""
    return Field(name=name, type=kind, label=name, scale=scale, filterable=True, groupable=True, sortable=True)


def no_function(scope: Scope, call: syntax.Call) -> Exception:
    """The refusal of a function that is not known, or may not stand where it does."""
    return soql_error("unknown_function", scope.text, call.at + len(call.name), token="(")  # noqa: S106


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
        # The sum of amounts is an amount: FORMAT and convertCurrency ask.
        field = stand_in(name, "currency" if kind == "currency" else "double", scale=operand.field.scale)
    else:
        field = operand.field
    return plan.Aggregate(name, operand, field)


def _date_part(scope: Scope, call: syntax.Call, name: str) -> plan.DatePart:
    argument = only_argument(scope, call)
    column: plan.Operand
    if function_of(argument) == "CONVERTTIMEZONE":
        assert isinstance(argument, syntax.Call), "it has a function name"
        moment = _column_in(scope, argument)
        if moment.field.type != "datetime":
            raise no_function(scope, argument)
        column = plan.LocalTime(moment, moment.field)
    else:
        column = find_operand(scope, argument, aggregates=False)
    if not isinstance(column, plan.Column | plan.LocalTime) or column.field.type not in DATE_FUNCTIONS[name]:
        raise no_function(scope, call)
    return plan.DatePart(name, column, stand_in(name, "date" if name == "DAY_ONLY" else "int"))


def _column_in(scope: Scope, call: syntax.Call) -> plan.Column:
    """The stored field *call* is about."""
    argument = only_argument(scope, call)
    column = find_operand(scope, argument, aggregates=False)
    if not isinstance(column, plan.Column) or not column.field.column:
        raise no_function(scope, call)
    return column


# ---- Places


def _distance(scope: Scope, call: syntax.Call) -> plan.Distance:
    """DISTANCE(location field, GEOLOCATION(...) or location field, 'mi' or 'km'); the field stands first."""
    match call.arguments:
        case (syntax.Path() as field, there, syntax.Value(kind="string", text=unit)) if unit.lower() in UNITS:
            here = _place(scope, field, call)
            to = _geolocation(scope, there, call) if isinstance(there, syntax.Call) else _place(scope, there, call)
            return plan.Distance(here, to, unit.lower(), stand_in("DISTANCE", "double"))
    raise soql_error("distance", scope.text, call.at)


def _place(scope: Scope, what: syntax.Operand | syntax.Value, call: syntax.Call) -> plan.Place:
    column = find_column(scope, what) if isinstance(what, syntax.Path) else None
    if not isinstance(column, plan.Column) or column.field.type not in COMPOUNDS:
        raise soql_error("distance", scope.text, call.at)
    parts = dict(compound_parts(column))
    if not {"latitude", "longitude"} <= set(parts):
        raise soql_error("distance", scope.text, call.at)
    return plan.Place(parts["latitude"], parts["longitude"])


def _geolocation(scope: Scope, there: syntax.Call, call: syntax.Call) -> plan.Place:
    match there.arguments:
        case (syntax.Value(kind="number", text=latitude), syntax.Value(kind="number", text=longitude)):
            north, east = float(latitude), float(longitude)
            if there.name.upper() == "GEOLOCATION" and abs(north) <= DEGREES_NORTH and abs(east) <= DEGREES_EAST:
                return plan.Place(north, east)
    raise soql_error("distance", scope.text, call.at)
