"""What is worked out once for each object of an org, so that a request only looks things up.

Rule 1: everything here follows from the schema alone; it holds no row and no request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fake_salesforce.operations.statements import Statement
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject
from fake_salesforce.security import RIGHTS_OBJECTS

_NUMBERS = frozenset({"double", "currency", "percent"})
ADDRESS_PARTS = (  # key of the compound, ending of the part's field name
    ("city", "City"),
    ("country", "Country"),
    ("countryCode", "CountryCode"),
    ("geocodeAccuracy", "GeocodeAccuracy"),
    ("latitude", "Latitude"),
    ("longitude", "Longitude"),
    ("postalCode", "PostalCode"),
    ("state", "State"),
    ("stateCode", "StateCode"),
    ("street", "Street"),
)
LOCATION_PARTS = (("latitude", "Latitude__s"), ("longitude", "Longitude__s"))


@dataclass(frozen=True, slots=True)
class Compound:
    """A field put together on reading: (key, part's field name) in the order they are shown."""

    field: Field
    parts: tuple[tuple[str, str], ...]

    def of(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The compound's value, None when every part is null."""
        value = {key: row.get(name) for key, name in self.parts}
        return value if any(part is not None for part in value.values()) else None


class Prepared:
    """One object's statements and shapes."""

    def __init__(self, sobject: SObject, seen: sa.ColumnElement[bool] | None = None) -> None:
        """*seen*: the condition on the rows that whoever uses this may see; None: all."""
        self.sobject = sobject
        self.name = sobject.name
        self.table = table = sobject.table
        self.column_names = tuple(column.name for column in table.columns)
        self.fields = {each.name: each for each in sobject.fields}
        self.shown = tuple(each.name for each in sobject.fields)
        self.booleans = tuple(each.name for each in sobject.fields if each.type == "boolean")
        self.compounds = tuple(_compounds(sobject))
        self.coded_addresses = tuple(
            each.name.removesuffix("CountryCode") for each in sobject.fields if each.name.endswith("CountryCode")
        )
        self.numbered = tuple(each for each in sobject.stored if each.auto_number is not None)
        self.blobs = tuple(each.name for each in sobject.fields if each.type == "base64")
        self.has_bin = sobject.has_recycle_bin
        self.unique = tuple(each for each in sobject.fields if each.unique and not each.auto_number)
        shown = [table.c[name] if name in table.c else sa.null().label(name) for name in self.shown]
        self.seen = seen
        self.tells_rights = sobject.name in RIGHTS_OBJECTS
        here = self.visible(table.c.Id == sa.bindparam("id"))
        alive = sa.and_(here, table.c.IsDeleted == 0) if self.has_bin else here
        self.select_shown = Statement(sa.select(*shown).where(alive))
        self.select_row = Statement(sa.select(table).where(here))
        state = [
            table.c.IsDeleted if self.has_bin else sa.literal(0).label("IsDeleted"),
            table.c.IsActive if "IsActive" in table.c else sa.literal(1).label("IsActive"),
        ]
        self.select_state = Statement(sa.select(*state).where(here))
        self.insert = Statement(table.insert())
        stamp = table.c.get("SystemModstamp")
        self.newest_stamp = None if stamp is None else Statement(sa.select(sa.func.max(stamp)))
        checkboxes = {each.name for each in sobject.stored if each.type == "boolean"}
        self.blank: dict[str, Any] = {column.name: 0 if column.name in checkboxes else None for column in table.columns}
        self.defaults = dict(_defaults(sobject))
        self._updates: dict[frozenset[str], Statement] = {}
        self._selects: dict[tuple[str, ...], Statement] = {}
        self._children: dict[str, Statement] = {}
        self._matches: dict[str, Statement] = {}
        self._alive = alive

    def visible(self, *tests: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        """*tests* on the rows that may be seen: every statement that is made elsewhere goes through this."""
        return sa.and_(*tests) if self.seen is None else sa.and_(*tests, self.seen)

    def update(self, columns: frozenset[str]) -> Statement:
        """The UPDATE of exactly these columns; bind `id_` and one value for each column name."""
        found = self._updates.get(columns)
        if found is None:
            values: dict[str, Any] = {name: sa.bindparam(name) for name in sorted(columns)}
            where = self.table.c.Id == sa.bindparam("id_")
            found = self._updates[columns] = Statement(self.table.update().where(where).values(values))
        return found

    def select(self, names: tuple[str, ...]) -> Statement:
        """The living row `id`, these columns only."""
        found = self._selects.get(names)
        if found is None:
            columns = [self.table.c[name] for name in names]
            found = self._selects[names] = Statement(sa.select(*columns).where(self._alive))
        return found

    def children_of(self, name: str) -> Statement:
        """The whole living rows whose reference *name* is the bound `parent`, in order."""
        found = self._children.get(name)
        if found is None:
            column = self.table.c[name]
            here: sa.ColumnElement[bool] = column == sa.bindparam("parent")
            if self.has_bin:
                here = sa.and_(here, self.table.c.IsDeleted == sa.literal_column("0"))
            query = sa.select(self.table).where(here).order_by(self.table.c.Id)
            found = self._children[name] = Statement(query)
        return found

    def ids_with(self, field: Field) -> Statement:
        """Ids of the living rows whose *field* equals the bound `value`, in order."""
        found = self._matches.get(field.name)
        if found is None:
            ids = sa.select(self.table.c.Id).where(self._match(field)).order_by(self.table.c.Id)
            found = self._matches[field.name] = Statement(ids)
        return found

    def _match(self, field: Field) -> sa.ColumnElement[bool]:
        """Living rows whose *field* equals the bound `value`, in the field's own sense of case."""
        column: sa.ColumnElement[Any] = self.table.c[field.name]
        if not field.case_sensitive and field.type not in {*_NUMBERS, "int", "id", "reference"}:
            column = sa.collate(column, "NOCASE")
        found = self.visible(column == sa.bindparam("value"))
        return sa.and_(found, self.table.c.IsDeleted == 0) if self.has_bin else found


def prepared(org: Org, sobject: SObject) -> Prepared:
    """The prepared form of *sobject*, made at its first use."""
    found: Prepared | None = org.prepared.get(sobject.name)
    if found is None:
        found = org.prepared[sobject.name] = Prepared(*org.sees(sobject))
    return found


def _has_part(sobject: SObject, name: str) -> bool:
    """An address has codes only where countries are a picklist; its other parts always."""
    return not name.endswith("Code") or name.endswith("PostalCode") or sobject.field(name) is not None


def _compounds(sobject: SObject) -> list[Compound]:
    found = []
    for field in sobject.fields:
        if field.type == "address":
            stem = field.name.removesuffix("Address")
            parts = [(key, stem + ending) for key, ending in ADDRESS_PARTS if _has_part(sobject, stem + ending)]
        elif field.type == "location":
            stem = field.name.removesuffix("__c") + "__"
            parts = [(key, stem + ending) for key, ending in LOCATION_PARTS]
        else:
            continue
        found.append(Compound(field, tuple(parts)))
    return found


def _defaults(sobject: SObject) -> list[tuple[str, Any]]:
    found = []
    for field in sobject.stored:
        value = field.default
        if value is not None:
            found.append((field.name, int(value) if field.type == "boolean" else value))
    return found
