"""Objects of a real org as its describes showed them: the tables `[imported.X]` of an org file.

Rule 1: an imported object replaces the standard one of its name. What the describe does not show is not there for a
client; a standard field it lacks stays as a hidden column, because what the vendor derives needs it.
Rule 2: a field row is that of every object file (label, type, flags, ...). What such a row cannot say stands beside it
word for word: `other` (plain values), `json` (null, lists and tables, as JSON text) and `absent` (keys an older API
version did not have). So the fake's describe is the imported one, key by key.
Rule 3: rows need ids: an object without a key prefix whose rows can be made gets one of ours, which no describe shows.
Rule 4: `org_import` writes these tables and nobody needs to; editing one is allowed like any other org file.
Source: the describes themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from fake_core.errors import MisuseError
from fake_salesforce.record_ids import base62
from fake_salesforce.schema.field_rows import TYPE, default_of, picklist_value, read_flags
from fake_salesforce.schema.metadata import Described, Field, RecordType, SObject

SOURCE: Final = "the org's own describe"
GRADE: Final = "recorded"
# The keys of an imported object and of a field row of one.
OBJECT_KEYS: Final = frozenset({
    "label", "label_plural", "key_prefix", "custom", "abilities", "scopes", "urls", "children", "fields", "all_fields",
    "other", "json", "absent", "associate_entity_type", "associate_parent_entity", "api_version",
})  # fmt: skip
FIELD_KEYS: Final = frozenset({
    "label", "type", "flags", "to", "relationship", "unique", "external_id", "case_sensitive", "values", "default",
    "auto_number", "calculated", "part_of", "extra_type_info", "help", "custom", "other", "json", "absent",
})  # fmt: skip
_SIZED: Final = frozenset({"double", "currency", "percent"})
_UNSIZED: Final = frozenset({"boolean", "date", "datetime", "time", "address", "location", "base64"})


def read_imported(
    given: Mapping[str, Any], *, standard: Mapping[str, SObject], metadata: sa.MetaData
) -> dict[str, SObject]:
    """The imported objects by name; *standard* are the objects an org has without them. Raises MisuseError."""
    tables: dict[str, Mapping[str, Any]] = {}
    for name, table in given.items():
        where = f"imported.{name}"
        tables[name] = _checked(table, OBJECT_KEYS, where)
        for key in ("label", "label_plural", "abilities", "fields"):
            if key not in table:
                raise _wrong(where, f"has no {key}")
    children = _ChildNames(tables, standard)
    found: dict[str, SObject] = {}
    for name, table in tables.items():
        fields = []
        for field_name, row in table["fields"].items():
            where = f"imported.{name}.fields.{field_name}"
            _checked(row, FIELD_KEYS, where)
            try:
                field = read_field(field_name, row, table.get("all_fields"), children.of(name, field_name, row))
            except (AssertionError, KeyError, ValueError, TypeError, AttributeError) as error:
                raise _wrong(where, f"cannot be read ({error})") from error
            like = standard[name].field(field_name) if name in standard else None
            if like is not None and field.auto_number:
                field = replace(field, auto_number=like.auto_number)  # a describe does not tell the pattern
            fields.append(field)
        if not any(each.name == "Id" for each in fields):
            raise _wrong(where=f"imported.{name}.fields", what="has no Id")
        shown = {each.name for each in fields}
        known = standard.get(name)
        hidden = tuple(each for each in known.fields if each.name not in shown) if known is not None else ()
        found[name] = SObject(
            name=name,
            label=table["label"],
            label_plural=table["label_plural"],
            key_prefix=table.get("key_prefix", _own_prefix(len(found)) if "createable" in table["abilities"] else None),
            fields=tuple(fields),
            hidden=hidden,
            abilities=frozenset(table["abilities"]),
            custom=table.get("custom", False),
            associate_entity_type=table.get("associate_entity_type"),
            associate_parent_entity=table.get("associate_parent_entity"),
            scopes=tuple((each["name"], each["label"]) for each in table.get("scopes", ())),
            url_names=tuple(table.get("urls", ())),
            described=read_described(table, children=table.get("children", ())),
            record_types=_record_types(table),
            hides=known.hides if known is not None else (),
            filter_on=known.filter_on if known is not None else (),
            source=SOURCE,
            grade=GRADE,
            metadata=metadata,
        )
    return found


def _own_prefix(number: int) -> str:
    """The key prefix of the imported object with this number: the vendor's own begin with other characters."""
    return f"z{base62(number, 2)}"


def _record_types(table: Mapping[str, Any]) -> tuple[RecordType, ...]:
    """The record types that the describe lists, without the master one."""
    told = json.loads(table.get("json", {}).get("recordTypeInfos", "[]"))
    return tuple(
        RecordType(
            id=each["recordTypeId"],
            name=each["name"],
            developer_name=each.get("developerName") or each["name"],
            active=each.get("active", True),
            available=each.get("available", True),
            default=each.get("defaultRecordTypeMapping", False),
        )
        for each in told
        if isinstance(each, dict) and not each.get("master") and each.get("recordTypeId")
    )


class _ChildNames:
    """What the way back from a parent to a reference field is called, and whether its rows go with the parent."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]], standard: Mapping[str, SObject]) -> None:
        self._standard = standard
        self._told = {
            (parent, *str(each["from"]).split(".", 1)): each
            for parent, table in tables.items()
            for each in table.get("children", ())
        }
        self._imported = frozenset(tables)

    def of(self, child: str, field: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """`child_names`, `cascade_delete` and `restricted_delete` of one reference field."""
        known = self._standard.get(child)
        like = known.field(field) if known is not None else None
        names: dict[str, str | None] = {}
        cascade = restrict = False
        for target in row.get("to", ()):
            told = self._told.get((target, child, field))
            if told is not None:
                names[target] = told.get("name")
                cascade = cascade or told.get("cascade", False)
                restrict = restrict or told.get("restrict", False)
            elif target not in self._imported and like is not None:
                names[target] = like.child_names.get(target)
                cascade, restrict = cascade or like.cascade_delete, restrict or like.restricted_delete
        return {"child_names": names, "cascade_delete": cascade, "restricted_delete": restrict}


def read_field(
    name: str, row: Mapping[str, Any], every: Mapping[str, Any] | None, children: Mapping[str, Any]
) -> Field:
    """One field of its *row*; *every* is what all fields of the object have in common beside their rows."""
    kind, sizes = read_sizes(row["type"])
    values = tuple(picklist_value(each, row.get("default")) for each in row.get("values", ()))
    described = read_described(row, every=every)
    return Field(
        name=name,
        type=kind,
        label=row.get("label", name),
        **sizes,
        **read_flags(row.get("flags", ""), name),
        unique=row.get("unique", False),
        external_id=row.get("external_id", False),
        case_sensitive=row.get("case_sensitive", False),
        picklist=values,
        default=row.get("default", default_of(kind, values)),
        reference_to=tuple(row.get("to", ())),
        relationship_name=row.get("relationship"),
        **children,
        calculated=row.get("calculated", False),
        auto_number="{0}" if row.get("auto_number") else None,
        compound_field_name=row.get("part_of"),
        extra_type_info=row.get("extra_type_info"),
        inline_help=row.get("help"),
        custom=row.get("custom", False),
        described=_not_from_the_parent(described) if row.get("to") else described,
        source=SOURCE,
        grade=GRADE,
    )


def _not_from_the_parent(found: Described | None) -> Described:
    """A reference's describe says these three itself; what its parent says of the way back does not change them."""
    said = {"cascadeDelete": False, "restrictedDelete": False, "relationshipOrder": None}
    return Described({**said, **(found.values if found else {})}, found.absent if found else ())


def read_sizes(text: str) -> tuple[str, dict[str, Any]]:
    """The type word and its sizes. Unlike in other object files a type without a size is allowed: it is then 0."""
    match = TYPE.fullmatch(text)
    assert match is not None, f"{text!r} is no type"
    kind = match["word"]
    first, second = int(match["first"] or 0), int(match["second"] or 0)
    sizes = {"length": 0, "precision": 0, "scale": 0, "digits": 0}
    if kind in {"id", "reference"}:
        sizes["length"] = first or 18
    elif kind in _SIZED:
        sizes["precision"], sizes["scale"] = first, second
    elif kind == "int":
        sizes["digits"] = first
    else:
        sizes["length"] = first
    return kind, sizes


def write_type(described: Mapping[str, Any]) -> str:
    """The type with its size, such that `read_sizes` gives both back."""
    kind = str(described["type"])
    if kind in _SIZED:
        return f"{kind}({described.get('precision', 0)},{described.get('scale', 0)})"
    if kind == "int":
        return f"int({described.get('digits', 0)})"
    length = described.get("length", 0)
    if kind in {"id", "reference"}:
        return kind if length == 18 else f"{kind}({length})"
    return f"{kind}({length})" if length and kind not in _UNSIZED else kind


def read_described(
    row: Mapping[str, Any], *, every: Mapping[str, Any] | None = None, children: Sequence[Mapping[str, Any]] = ()
) -> Described | None:
    """What a row says word for word about its describe; None when that is nothing."""
    values: dict[str, Any] = {}
    absent: tuple[str, ...] = ()
    for each in (every or {}, row):
        values.update(each.get("other", {}))
        values.update({key: json.loads(text) for key, text in each.get("json", {}).items()})
        absent += tuple(each.get("absent", ()))
    if children or "abilities" in row:
        values["childRelationships"] = [read_child(each) for each in children]
    return Described(values, absent) if values or absent else None


def read_child(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of childRelationships; its keys in the recorded order."""
    child, _, field = str(row["from"]).partition(".")
    return {
        "cascadeDelete": row.get("cascade", False),
        "childSObject": child,
        "deprecatedAndHidden": row.get("hidden", False),
        "field": field,
        "junctionIdListNames": row.get("junction_lists", []),
        "junctionReferenceTo": row.get("junction_to", []),
        "relationshipName": row.get("name"),
        "restrictedDelete": row.get("restrict", False),
    }


def _checked(table: object, keys: Iterable[str], where: str) -> Mapping[str, Any]:
    if not isinstance(table, dict):
        raise _wrong(where, "is no table")
    for key in table:
        if key not in keys:
            raise _wrong(where, f"{key!r} is unknown")
    return table


def _wrong(where: str, what: str) -> MisuseError:
    return MisuseError(f"org file: {where}: {what}; import the org's describes again: understudy org import")
