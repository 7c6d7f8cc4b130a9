"""Fields behind a reference that may hold ids of several objects: Who.Name, What.Type, Owner.Email.

Rule 1: a value is looked up in the one table the id belongs to; no table is joined for it, SQLite joins 64.
Rule 2: a condition asks the tables which ids it holds for, and then the reference for these ids, so that
indexes on names and on the reference serve it.
Source: SOQL and SOSL Reference, "Polymorphic Keys and Relationships".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fake_salesforce.schema.metadata import Field, SObject
from fake_salesforce.soql import plan
from fake_salesforce.soql.expressions import Expression, Test, is_folded, joined

if TYPE_CHECKING:
    from fake_salesforce.soql.compiler import Base, SelectBuilder


def name_column(builder: SelectBuilder, column: plan.NameColumn, start: Base) -> Expression:
    """A field of the pseudo object Name: of whichever object the reference holds an id of."""
    owner = builder.base_at(start, column.route)
    reference = owner.table.c[column.reference.name]
    wanted = column.field.name
    if wanted == "Id":
        return reference
    prefix = sa.func.substr(reference, 1, 3)
    if wanted == "Type":
        kinds = [(prefix == each.key_prefix, each.name) for each in _targets(builder, column)]
        return sa.case(*kinds, else_=sa.null()) if kinds else sa.null()
    found: list[tuple[Any, Expression]] = []
    for target, field in _fields(builder, column):
        other = builder.alias(target)
        look = sa.select(other.c[field.name]).where(other.c.Id == reference, *builder.seen(target, other))
        found.append((prefix == target.key_prefix, look.correlate(owner.table).scalar_subquery()))
    return sa.case(*found, else_=sa.null()) if found else sa.null()


def reference_test(builder: SelectBuilder, condition: plan.Condition) -> Test | None:
    """*condition* on such a field as a test of the reference; None where that is not the way."""
    match condition:
        case plan.Compare(plan.NameColumn() as column) | plan.Like(plan.NameColumn() as column):
            pass
        case plan.OneOf(plan.NameColumn() as column, null=False):
            pass
        case _:
            return None
    if column.field.name == "Id":
        return None
    reference = builder.base_at(builder.root, column.route).table.c[column.reference.name]
    if column.field.name == "Type":
        return _type_test(builder, condition, column, reference)
    fields = list(_fields(builder, column))
    if len({is_folded(plan.Column((), target, field)) for target, field in fields}) != 1:
        return None  # none, or not alike: a literal stands for one parameter or for none
    asked = []
    for target, field in fields:
        inner = builder.beside(target)
        test = inner.test(replace(condition, operand=plan.Column((), target, field)))
        tests = [test, *inner.seen(target, inner.root.table)]
        builder.take_over(inner)
        asked.append(sa.select(inner.root.table.c.Id).select_from(inner.source).where(*tests))
    return reference.in_(asked[0] if len(asked) == 1 else sa.union_all(*asked))


def _type_test(
    builder: SelectBuilder, condition: plan.Condition, column: plan.NameColumn, reference: Expression
) -> Test | None:
    """Which object an id belongs to stands in its first three characters: a range of ids."""
    match condition:
        case plan.Compare(operator="=", value=value):
            names = {str(value).lower()}
        case plan.OneOf(values=values):
            names = {str(value).lower() for value in values}
        case _:
            return None
    ranges = []
    for target in _targets(builder, column):
        if target.name.lower() in names:
            prefix = str(target.key_prefix)
            ranges.append(sa.and_(reference >= prefix, reference < prefix[:-1] + chr(ord(prefix[-1]) + 1)))
    return joined(sa.or_, ranges)


def _targets(builder: SelectBuilder, column: plan.NameColumn) -> Iterator[SObject]:
    for name in column.reference.reference_to:
        target = builder.schema.sobject(name)
        if target is not None and target.key_prefix:
            yield target


def _fields(builder: SelectBuilder, column: plan.NameColumn) -> Iterator[tuple[SObject, Field]]:
    """The objects that have the field, with theirs."""
    wanted = column.field.name
    for target in _targets(builder, column):
        field = target.name_field if wanted == "Name" else target.field(wanted)
        if field is not None and field.column:
            yield target, field
