"""Which conditions of a query an index of the store serves.

Rule 1: an index is told by its name, `ix_<table>_<field>`; the ids have one by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from fake_salesforce.schema.metadata import SObject
from fake_salesforce.soql import plan

# A condition, and the field of the queried row it is about (None: it is about no single one).
Term: TypeAlias = tuple[str | None, plan.Condition]


def indexed(sobject: SObject, field: str) -> bool:
    """The store has an index on *field*."""
    if field == "Id":
        return True
    return any(index.name == f"ix_{sobject.table.name}_{field}" for index in sobject.table.indexes)


def terms(where: plan.Condition | None) -> Sequence[Term]:
    """The conditions that must all hold."""
    if where is None:
        return []
    if isinstance(where, plan.AllOf):
        return [found for each in where.conditions for found in terms(each)]
    operand = getattr(where, "operand", None)
    if isinstance(operand, plan.Column) and not operand.route:
        return [(operand.field.name, where)]
    return [(None, where)]


def has_indexed_range(sobject: SObject, where: plan.Condition | None) -> bool:
    """A condition asks for a range that an index holds in one piece (since a moment, a span of days)."""
    return any(
        field is not None and isinstance(condition, plan.Compare | plan.Within) and indexed(sobject, field)
        for field, condition in terms(where)
    )
