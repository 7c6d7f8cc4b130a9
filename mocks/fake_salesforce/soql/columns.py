"""What the columns of a query are: the answer to `/query?q=…&columns=true`.

Undocumented for REST: the sf command line asks it before it prints a query for people, and reads columnName,
displayName, aggregate and joinColumns (client-derived: salesforcecli/plugin-data, `data query`). The other keys, the
words of apexType and the flags are assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fake_salesforce.schema.metadata import Schema
from fake_salesforce.soql import plan
from fake_salesforce.soql.engine import prepare
from fake_salesforce.soql.sight import ALL, Sight

_APEX_TYPES: Final = {
    "id": "Id",
    "reference": "Id",
    "boolean": "Boolean",
    "int": "Integer",
    "double": "Double",
    "currency": "Decimal",
    "percent": "Decimal",
    "date": "Date",
    "datetime": "Datetime",
    "time": "Time",
    "base64": "Blob",
}
_NUMBERS: Final = frozenset({"Integer", "Double", "Decimal"})


def columns(schema: Schema, text: str, *, version: str = "60.0", sight: Sight = ALL) -> dict[str, Any]:
    """The columns of the SOQL *text*, in its order; raises as `engine.prepare` does."""
    query = prepare(schema, text, version=version, sight=sight).query
    return {
        "columnMetadata": [_column(each) for each in query.shapes],
        "entityName": query.sobject.name,
        "groupBy": bool(query.groups),
        "idSelected": any(each.key == "Id" for each in query.shapes),
        "keyPrefix": query.sobject.key_prefix,
    }


def _column(shape: plan.Shape) -> dict[str, Any]:
    if isinstance(shape, plan.Children):
        inner = [_column(each) for each in shape.query.shapes]
        return _entry(shape.key, shape.key, None, aggregate=True, joined=inner)
    if isinstance(shape, plan.Parent):
        return _entry(shape.key, shape.key, None, joined=[_column(each) for each in shape.shapes])
    if isinstance(shape, plan.Polymorphic):
        some: dict[str, dict[str, Any]] = {}
        for branch in (*(shapes for _, shapes in shape.branches), shape.otherwise or ()):
            some |= {each.key: _column(each) for each in branch}
        return _entry(shape.key, shape.key, None, joined=list(some.values()))
    if isinstance(shape, plan.Compound):
        return _entry(shape.key, shape.key, None)
    operand = shape.column
    if isinstance(operand, plan.Aggregate):
        return _entry(
            shape.key, f"{operand.function}({operand.operand.field.name})", operand.field.type, aggregate=True
        )
    custom = operand.field.custom
    return _entry(shape.key, operand.field.name or shape.key, operand.field.type, custom=custom)


def _entry(
    name: str,
    display: str,
    kind: str | None,
    *,
    aggregate: bool = False,
    custom: bool = False,
    joined: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    apex = None if kind is None else _APEX_TYPES.get(kind, "String")
    return {
        "aggregate": aggregate,
        "apexType": apex,
        "booleanType": apex == "Boolean",
        "columnName": name,
        "custom": custom,
        "displayName": display,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": list(joined),
        "numberType": apex in _NUMBERS,
        "textType": apex == "String",
        "updatable": False,
    }
