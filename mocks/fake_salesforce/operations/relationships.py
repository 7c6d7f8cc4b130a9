"""From a row along its relationships: to one parent row, or to the list of its children.

Rule 1: a path goes at most five parents up; its last step may be a list of children, and only one can be.
Rule 2: a parent that is not set is NOT_FOUND; a list without children is a query result without records.
Source: REST API Developer Guide v66, sObject Relationships; Traverse Relationships with Friendly URLs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import query, rows
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import ChildRelationship, SObject

PARENTS_MAX = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: a row, or with *children* the list of children of that row."""

    sobject: SObject
    record_id: str
    children: ChildRelationship | None = None


def resolve(org: Org, *, sobject: SObject, record_id: str, path: str) -> Place:
    """Follow *path* (names joined by slashes) from a row; raises NOT_FOUND."""
    names = path.strip("/").split("/")
    for number, name in enumerate(names):
        relation = org.schema.child(sobject, name) if org.schema.parent(sobject, name) is None else None
        if relation is not None and number == len(names) - 1:
            rows.get(org, sobject=sobject, record_id=record_id, base="")  # a row that is not there has no children
            return Place(sobject, record_id, relation)
        if number >= PARENTS_MAX:
            raise salesforce_error("NOT_FOUND")
        sobject, record_id = rows.parent_of(org, sobject=sobject, record_id=record_id, relationship=name)
    return Place(sobject, record_id)


def children(
    org: Org, caller: Caller, *, place: Place, names: Sequence[str] | None, options: str | None, version: str
) -> dict[str, Any]:
    """The children at *place* as a query answers them, with all fields or the chosen ones; raises INVALID_FIELD."""
    assert place.children is not None, "resolve() named a list"
    child = place.children.child
    if names is None:
        chosen = [each.name for each in child.fields]
    else:
        asked = {name.strip().lower() for name in names}
        chosen = [name for name in rows.chosen_names(child, names) if name != "Id" or "id" in asked]
    where = f"{place.children.field.name} = '{place.record_id}'"
    text = f"SELECT {', '.join(chosen)} FROM {child.name} WHERE {where}"  # noqa: S608 - SOQL of the schema's own names
    return query.run(org, caller, text=text, include_deleted=False, options=options, version=version)
