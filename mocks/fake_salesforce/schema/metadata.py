"""What an org knows about its objects: fields, references, picklists, and the tables that hold them.

Rule 1: this module holds no Salesforce name. The vocabulary is `data/objects/*.toml` (standard
objects) and an org file (custom fields and objects), read by `object_files`.
Rule 2: a schema never changes once it is loaded; two orgs may share one.
Rule 3: object, field and relationship names are looked up without regard to case and answered in
the describe's spelling.
Rule 4: a table holds each value as it looks on the wire, so that reading a row converts nothing
and comparing text sorts dates and datetimes rightly.

Source: describe calls recorded by CumulusCI (v48 to v60) for the meaning of the attributes; each
object's own source and evidence grade are in its data file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa

from fake_salesforce.viewed import viewed_table

# The column that remembers when a row went to the recycle bin; no describe shows it.
DELETED_AT: Final = "_DeletedAt"

# Kinds of text a client can neither filter nor sort by are still text columns.
_COLUMN_TYPES: Final[Mapping[str, type[sa.types.TypeEngine[Any]]]] = {
    "boolean": sa.Integer,
    "int": sa.Integer,
    "double": sa.Float,
    "currency": sa.Float,
    "percent": sa.Float,
}
# Compound values are put together from their parts on reading.
_COMPOUND_TYPES: Final = frozenset({"address", "location"})
# Everything else a describe can say is text: 'YYYY-MM-DD', 'YYYY-MM-DDTHH:MM:SS.000+0000', ids ...
_INDEXED_FIELDS: Final = frozenset({
    "CreatedDate", "SystemModstamp", "LastModifiedDate", "ActivityDate", "Status"
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class PicklistValue:
    """One entry of a picklist or combobox."""

    value: str
    label: str
    default: bool = False
    active: bool = True
    valid_for: tuple[str, ...] | str | None = None  # values of the controlling field, or the bitmap as described


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """One record type of an object. *picklists*: field name -> the values it offers (absent: all)."""

    id: str
    name: str
    developer_name: str
    description: str | None = None
    active: bool = True
    available: bool = True
    default: bool = False
    business_process: str | None = None
    picklists: Mapping[str, frozenset[str]] = attribute(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Described:
    """What a real org's describe said beyond what the attributes here can say: values by key, and keys it lacked."""

    values: Mapping[str, Any]
    absent: tuple[str, ...] = ()

    def over(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """*entry* of our own describe, as the real one was."""
        return {key: value for key, value in {**entry, **self.values}.items() if key not in self.absent}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an sObject; the attributes are those of the describe answer.

    `type` is the describe's type word. `length` counts characters, `digits`, `precision` and
    `scale` are decimal digits. `child_names` maps a target object to the name of the relationship
    from it back to this field (None: the relationship exists and has no name). `default` is the value
    an omitted field gets; for picklists it is also marked among `picklist`.
    """

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = False
    createable: bool = False
    updateable: bool = False
    defaulted_on_create: bool = False
    filterable: bool = False
    groupable: bool = False
    sortable: bool = False
    aggregatable: bool = False
    id_lookup: bool = False
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    permissionable: bool = False
    restricted_picklist: bool = False
    picklist: tuple[PicklistValue, ...] = ()
    default: Any = None
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    child_names: Mapping[str, str | None] = attribute(default_factory=dict)
    polymorphic: bool = False
    name_pointing: bool = False
    name_field: bool = False
    calculated: bool = False
    auto_number: str | None = None
    compound_field_name: str | None = None
    extra_type_info: str | None = None
    inline_help: str | None = None
    controller: str | None = None  # the field on which the values of this picklist depend
    cascade_delete: bool = False
    restricted_delete: bool = False
    cascade_shown: bool = True  # the parent's describe tells that rows go with it
    junction: tuple[str, ...] = ()  # lists of ids on the parent that stand for these rows
    custom: bool = False
    described: Described | None = None  # of an imported field
    source: str = ""
    grade: str = "assumed"

    @property
    def required(self) -> bool:
        """A client must send a value when it creates a row. A checkbox left out is false."""
        if self.type == "boolean":
            return False
        return not self.nillable and self.createable and not self.defaulted_on_create

    @property
    def column(self) -> bool:
        """The value is stored; False for compounds, which are put together from their parts."""
        return self.type not in _COMPOUND_TYPES

    @property
    def is_reference(self) -> bool:
        """The value is another row's id."""
        return self.type == "reference"


@dataclass(frozen=True, eq=False, kw_only=True)
class SObject:
    """One object type. `abilities` are the describe's flags that are true (createable, ...)."""

    name: str
    label: str
    label_plural: str
    key_prefix: str | None
    fields: tuple[Field, ...]
    abilities: frozenset[str]
    custom: bool = False
    associate_entity_type: str | None = None
    associate_parent_entity: str | None = None
    scopes: tuple[tuple[str, str], ...] = ()
    url_names: tuple[str, ...] = ()
    view: str | None = None  # the SELECT behind rows that are kept as rows of other objects
    filter_on: tuple[str, ...] = ()  # a query has to filter on one of these
    hides: tuple[str, ...] = ()  # checkboxes that hide a row from query and not from queryAll, like IsDeleted
    record_types: tuple[RecordType, ...] = ()
    master_record_type: bool = True  # the describe lists the master record type
    hidden: tuple[Field, ...] = ()  # stored and derived, but not there for a client; see imported.py
    silent: frozenset[str] = frozenset()  # fields, in lower case, whose refused values are dropped without a word
    described: Described | None = None  # of an imported object
    source: str = ""
    grade: str = "assumed"
    metadata: sa.MetaData = attribute(repr=False)

    @cached_property
    def _by_name(self) -> Mapping[str, Field]:
        return {each.name.lower(): each for each in self.fields}

    def field(self, name: str) -> Field | None:
        """The field called *name*, in any case, or None."""
        return self._by_name.get(name.lower())

    @cached_property
    def stored(self) -> tuple[Field, ...]:
        """The fields that have a column, in describe order, and after them the hidden ones."""
        return (*self.columns, *(each for each in self.hidden if each.column))

    def stored_field(self, name: str) -> Field | None:
        """The field called *name*, in any case, hidden or not: for what the org does by itself."""
        found = self.field(name)
        return found or next((each for each in self.hidden if each.name.lower() == name.lower()), None)

    def can(self, ability: str) -> bool:
        """Whether the describe says true for *ability*, e.g. `createable`."""
        return ability in self.abilities

    @property
    def createable(self) -> bool:
        """POST is possible."""
        return "createable" in self.abilities

    @property
    def updateable(self) -> bool:
        """PATCH is possible."""
        return "updateable" in self.abilities

    @property
    def deletable(self) -> bool:
        """DELETE is possible."""
        return "deletable" in self.abilities

    @property
    def undeletable(self) -> bool:
        """Deleted rows go to the recycle bin."""
        return "undeletable" in self.abilities

    @property
    def queryable(self) -> bool:
        """SOQL may name it in FROM."""
        return "queryable" in self.abilities

    @property
    def replicateable(self) -> bool:
        """`/updated` and `/deleted` answer for it."""
        return "replicateable" in self.abilities

    @property
    def retrieveable(self) -> bool:
        """GET by id is possible."""
        return "retrieveable" in self.abilities

    @property
    def searchable(self) -> bool:
        """SOSL finds it."""
        return "searchable" in self.abilities

    @cached_property
    def id_label(self) -> str:
        """The label of Id, with which messages about a bad id begin."""
        found = self.field("Id")
        return found.label if found else "Record ID"

    @cached_property
    def name_field(self) -> Field | None:
        """The one field that names a row to people, or None when the object has none."""
        return next((each for each in self.fields if each.name_field), None)

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """The stored fields, in describe order."""
        return tuple(each for each in self.fields if each.column)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """The fields that hold another row's id."""
        return tuple(each for each in self.fields if each.is_reference)

    @cached_property
    def required_fields(self) -> tuple[Field, ...]:
        """The fields a create must give a value, in describe order."""
        return tuple(each for each in self.fields if each.required)

    @cached_property
    def has_recycle_bin(self) -> bool:
        """Rows carry IsDeleted (and the hidden `_DeletedAt`)."""
        return self.field("IsDeleted") is not None

    @cached_property
    def table(self) -> sa.Table:
        """The SQL table: one column for each stored field, named as the field."""
        return _build_table(self)


@dataclass(frozen=True, slots=True)
class ChildRelationship:
    """The way back from a parent to the rows whose *field* holds its id. *name* may be None."""

    name: str | None
    child: SObject
    field: Field
    cascade_delete: bool
    restricted_delete: bool


class Schema:
    """All objects of one org. Obtain it from `object_files.load_schema`."""

    def __init__(
        self,
        *,
        sobjects: tuple[SObject, ...],
        metadata: sa.MetaData,
        rows: Mapping[str, tuple[Mapping[str, Any], ...]],
    ) -> None:
        """Use `object_files.load_schema`; *rows* are the rows every org of this schema starts with."""
        self.sobjects = sobjects
        self._metadata = metadata
        self._rows = rows
        self._by_name = {each.name.lower(): each for each in sobjects}
        self._by_prefix: dict[str, SObject] = {}
        for each in sobjects:  # of two with one prefix (a note is a file, too) the first speaks for both
            if each.key_prefix:
                self._by_prefix.setdefault(each.key_prefix, each)
        self._children = self._find_children()
        self.described: dict[Any, Any] = {}  # describe answers, built once each; see describe.py
        self.prepared: dict[Any, Any] = {}  # statements, built once each for all orgs; see operations

    def narrowed(self, sobjects: Sequence[SObject]) -> Schema:
        """The same org's tables and rows with these objects only: what one kind of user sees of it."""
        return Schema(sobjects=tuple(sobjects), metadata=self.metadata, rows=self._rows)

    def sobject(self, name: str) -> SObject | None:
        """The object called *name*, in any case, or None."""
        return self._by_name.get(name.lower())

    def by_prefix(self, prefix: str) -> SObject | None:
        """The object whose ids begin with *prefix* (three characters, case-sensitive)."""
        return self._by_prefix.get(prefix[:3])

    def children(self, sobject: SObject) -> tuple[ChildRelationship, ...]:
        """Every relationship that points at *sobject*, in the order of objects and fields."""
        return self._children.get(sobject.name, ())

    def child(self, sobject: SObject, relationship_name: str) -> ChildRelationship | None:
        """The relationship from *sobject* to its children called *relationship_name*, or None."""
        wanted = relationship_name.lower()
        for each in self.children(sobject):
            if each.name is not None and each.name.lower() == wanted:
                return each
        return None

    def parent(self, sobject: SObject, relationship_name: str) -> Field | None:
        """The reference field whose relationship is called *relationship_name*, or None."""
        return self._parent(sobject.references, relationship_name)

    def stored_parent(self, sobject: SObject, relationship_name: str) -> Field | None:
        """`parent`, hidden fields included: for what the org does by itself."""
        return self._parent((*sobject.references, *sobject.hidden), relationship_name)

    @staticmethod
    def _parent(fields: Sequence[Field], relationship_name: str) -> Field | None:
        wanted = relationship_name.lower()
        for each in fields:
            if each.relationship_name is not None and each.relationship_name.lower() == wanted:
                return each
        return None

    def rows(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """The rows object *name* starts with (Task statuses, stages ...), ids included.

        Keys are field names; fields a row does not speak about are absent.
        """
        return self._rows.get(name, ())

    @property
    def objects_with_rows(self) -> tuple[str, ...]:
        """The names for which `rows` answers something."""
        return tuple(self._rows)

    @cached_property
    def metadata(self) -> sa.MetaData:
        """The SQL tables of all objects."""
        for each in self.sobjects:
            _ = each.table  # building it registers it
        viewed_table(self._metadata)
        return self._metadata

    def _find_children(self) -> Mapping[str, tuple[ChildRelationship, ...]]:
        found: dict[str, list[ChildRelationship]] = {}
        for child in self.sobjects:
            for each in child.references:
                for target in each.reference_to:
                    found.setdefault(target, []).append(
                        ChildRelationship(
                            name=each.child_names.get(target),
                            child=child,
                            field=each,
                            cascade_delete=each.cascade_delete,
                            restricted_delete=each.restricted_delete,
                        )
                    )
        return {target: tuple(each) for target, each in found.items()}


def _build_table(sobject: SObject) -> sa.Table:
    """The table of *sobject*, registered in its schema's MetaData."""
    columns = [
        sa.Column(
            each.name,
            _COLUMN_TYPES.get(each.type, sa.Text),
            primary_key=each.name == "Id",
            nullable=each.name != "Id" and each.type != "boolean",
        )
        for each in sobject.columns
    ]
    columns += [sa.Column(each.name, _COLUMN_TYPES.get(each.type, sa.Text)) for each in sobject.hidden if each.column]
    if sobject.has_recycle_bin:
        columns.append(sa.Column(DELETED_AT, sa.Text))
    table = sa.Table(sobject.name, sobject.metadata, *columns)
    if sobject.view is not None:
        table.info["view"] = sobject.view
        return table
    for each in sobject.columns:
        _add_index(table, each)
    return table


def _add_index(table: sa.Table, each: Field) -> None:
    """Index the fields that queries, parents and replication look rows up by.

    References that are mostly null are indexed where they are not, which keeps inserts cheap.
    Text that is compared without regard to case is indexed that way on SQLite.
    """
    column = table.c[each.name]
    name = f"ix_{table.name}_{each.name}"
    if each.is_reference:
        sa.Index(name, column, sqlite_where=column.is_not(None))
    elif each.type == "id":
        return  # the primary key
    elif each.unique or each.external_id or each.id_lookup or each.name_field or each.name in _INDEXED_FIELDS:
        text = _COLUMN_TYPES.get(each.type, sa.Text) is sa.Text
        if text and each.type not in ("date", "datetime", "id") and not each.case_sensitive:
            sa.Index(name, sa.collate(column, "NOCASE"), _table=table).ddl_if(dialect="sqlite")
            sa.Index(f"{name}_folded", sa.func.lower(column)).ddl_if(dialect="postgresql")
        else:
            sa.Index(name, column)
