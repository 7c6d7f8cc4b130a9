"""The columns of a job's data: which field of which object each name means.

Rule 1: names are matched without regard to case. `Account.Ext__c`, `Account__r.Ext__c` and `Who:Contact.Email` name the
parent by a field that identifies it; the column then writes the reference.
Source: Bulk API 2.0 Developer Guide v67, Relationship Fields in a Header Row, polymorphic relationship fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import records
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject


@dataclass(frozen=True, slots=True)
class Column:
    """One column: *field* is what it writes; *parent* the object and field by which its cells name the row."""

    name: str
    field: Field
    parent: tuple[SObject, Field] | None = None


def bind(org: Org, sobject: SObject, name: str) -> Column | None:
    """The column called *name* in a header, or None when no field is called that."""
    relation, dot, key = name.partition(".")
    if dot:
        return _parent_column(org, sobject, name, relation, key)
    field = sobject.field(name)
    return None if field is None or not field.column else Column(name, field)


def _parent_column(org: Org, sobject: SObject, name: str, relation: str, key: str) -> Column | None:
    relation, _, type_name = relation.partition(":")
    field = org.schema.parent(sobject, relation)
    if field is None:
        return None
    for target_name in field.reference_to:
        if type_name and target_name.lower() != type_name.lower():
            continue
        target = org.schema.sobject(target_name)
        found = None if target is None else target.field(key)
        if target is not None and found is not None and (found.external_id or found.id_lookup):
            return Column(name, field, (target, found))
    return None


def parent_id(org: Org, conn: sa.Connection, column: Column, value: Any) -> str:
    """The id of the one living parent that *value* names; raises INVALID_FIELD, TypeMismatch or SalesforceError."""
    assert column.parent is not None
    target, key = column.parent
    found = records.rows_with(conn, prepared(org, target), key, records.key_value(key, value))
    if len(found) != 1:
        raise salesforce_error(
            "INVALID_FIELD.foreign_key_not_found", object=target.name, field=key.name, value=str(value)
        )
    return found[0]
