"""Finds what a name in a query means: a column, over parents, or a field behind Who, What, Owner.

Rule 1: names are found without regard to case and answered in the describe's spelling.
Rule 2: behind a polymorphic reference only the fields of the pseudo object Name are there; TYPEOF
is the way to others.
Source: SOQL and SOSL Reference, "Relationship Queries" and "Polymorphic Keys".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.soql import plan, syntax
from fake_salesforce.soql.errors import NotFaked, soql_error
from fake_salesforce.soql.sight import ALL, Sight

PARENT_LEVELS_MAX: Final = 5
PARENT_RELATIONSHIPS_MAX: Final = 55
CHILD_RELATIONSHIPS_MAX: Final = 20

# The parts of an address in the order of the answer.
_ADDRESS_PARTS: Final = (
    "city", "country", "countryCode", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "stateCode",
    "street",
)  # fmt: skip
_NAME_FIELD_TYPES: Final = {
    "Id": "id", "Name": "string", "Type": "picklist", "FirstName": "string", "LastName": "string",
    "Email": "email", "Phone": "phone", "Title": "string", "UserRoleId": "reference",
    "ProfileId": "reference", "Username": "string", "Alias": "string", "IsActive": "boolean",
    "RecordTypeId": "reference",
}  # fmt: skip
NAME_FIELDS: Final[Mapping[str, Field]] = {
    name.lower(): Field(name=name, type=kind, label=name, filterable=True, groupable=True, sortable=True)
    for name, kind in _NAME_FIELD_TYPES.items()
}


@dataclass(slots=True)
class Usage:
    """What one statement has used up of its limits."""

    parents: set[tuple[str, ...]] = field(default_factory=set)
    children: int = 0
    semi_joins: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where names are looked up: the object of FROM and the words that may stand for it."""

    schema: Schema
    text: str
    sobject: SObject
    own_names: frozenset[str]
    usage: Usage
    sight: Sight = ALL
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # FROM Contact c, c.Account a

    def local(self, path: syntax.Path) -> tuple[str, ...]:
        """The names of *path* without the object's own name or alias in front, and aliases spelled out."""
        names = path.names
        first = names[0].lower()
        if len(names) > 1 and first in self.joined:
            return (*self.joined[first], *names[1:])
        return names[1:] if len(names) > 1 and first in self.own_names else names

    def visible_field(self, sobject: SObject, name: str) -> Field | None:
        """The field of *sobject* called *name*, if the running user may see it."""
        found = sobject.field(name)
        return found if found is not None and self.sight.visible(sobject, found) else None


def find_column(scope: Scope, path: syntax.Path) -> plan.Column | plan.NameColumn:
    """The column *path* names. Raises INVALID_FIELD where a name means nothing."""
    *hops, last = scope.local(path)
    route, sobject, reference = follow(scope, tuple(hops), path)
    if reference is not None:
        stand_in = NAME_FIELDS.get(last.lower())
        if stand_in is None:
            raise soql_error("no_such_column", scope.text, path.at, field=last, entity="Name")
        return plan.NameColumn(route, sobject, reference, stand_in)
    found = scope.visible_field(sobject, last)
    if found is None:
        raise soql_error("no_such_column", scope.text, path.at, field=last, entity=sobject.name)
    return plan.Column(route, sobject, found)


def follow(scope: Scope, hops: tuple[str, ...], path: syntax.Path) -> tuple[tuple[Field, ...], SObject, Field | None]:
    """Where *hops* lead: the route, the object at its end, and the polymorphic reference beyond.

    With a reference, the route ends at the row that holds it.
    """
    if len(hops) > PARENT_LEVELS_MAX:
        raise soql_error("path_too_long", scope.text, path.at, path=path)
    sobject = scope.sobject
    route: tuple[Field, ...] = ()
    reference: Field | None = None
    for hop in hops:
        found = None if reference else scope.schema.parent(sobject, hop)
        if found is None or not scope.sight.visible(sobject, found):
            raise soql_error("no_such_relationship", scope.text, path.at, relationship=hop)
        _count_parent(scope, route, found)
        if is_polymorphic(found):
            reference = found
            continue
        target = scope.schema.sobject(found.reference_to[0]) if found.reference_to else None
        if target is None:
            raise NotFaked(f"the relationship {found.relationship_name} of {sobject.name}")
        if not scope.sight.readable(target):
            raise soql_error("no_such_relationship", scope.text, path.at, relationship=hop)
        route, sobject = (*route, found), target
    return route, sobject, reference


def is_polymorphic(reference: Field) -> bool:
    """The reference may hold ids of several types."""
    return reference.polymorphic or len(reference.reference_to) > 1


def relationship_name(reference: Field) -> str:
    """The key under which the parent appears."""
    assert reference.relationship_name is not None, f"{reference.name} was followed by name"
    return reference.relationship_name


def _count_parent(scope: Scope, route: tuple[Field, ...], found: Field) -> None:
    used = scope.usage.parents
    used.add((scope.sobject.name, *(each.name for each in route), found.name))
    if len(used) > PARENT_RELATIONSHIPS_MAX:
        raise soql_error("too_many_relationships", limit=PARENT_RELATIONSHIPS_MAX, kind="child-to-parent")


def compound_parts(column: plan.Column) -> tuple[tuple[str, plan.Column], ...]:
    """The stored parts of a compound, by their key in the answer."""
    compound = column.field
    found: dict[str, plan.Column] = {}
    for each in column.sobject.fields:
        if each.compound_field_name == compound.name and each.column:
            key = _part_key(compound.name, each.name)
            found[key] = plan.Column(column.route, column.sobject, each)
    order = {key: place for place, key in enumerate(_ADDRESS_PARTS)}
    return tuple(sorted(found.items(), key=lambda part: order.get(part[0], len(order))))


def _part_key(compound: str, part: str) -> str:
    """`BillingPostalCode` of `BillingAddress` is `postalCode`; `Where__Latitude__s` `latitude`."""
    stem = compound.removesuffix("Address").removesuffix("__c")
    rest = part.removeprefix(stem).strip("_").removesuffix("__s")
    return rest[:1].lower() + rest[1:]
