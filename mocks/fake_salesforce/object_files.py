"""Reads object files: the standard objects in `data/objects`, and an org's own fields and objects.

One format for both. An object is a table with `label`, `key_prefix`, `abilities` and `fields`; a
field is one row:

    Subject = {label = "Subject", type = "combobox(255)", flags = "NCUFS*", values = ["Call"]}

`type` is the describe's type word with its length, `(precision,scale)` or digits. `flags` are those
of the fact tables: N nillable, C createable, U updateable, D defaulted on create, F filterable,
G groupable, S sortable, A aggregatable, i id lookup, R restricted picklist, p permissionable,
P polymorphic, np name pointing, * name field. Further keys are in FIELD_KEYS.

An org file leaves `flags` out: they follow from the type and from `required`, `unique`,
`external_id`, `restricted`. A mistake in it is a MisuseError of one line: where, what, what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NoReturn

import sqlalchemy as sa

from fake_core.errors import MisuseError
from fake_salesforce.data_files import load
from fake_salesforce.metadata import Field, PicklistValue, Schema, SObject
from fake_salesforce.record_ids import SERIAL_ALPHABET, mint

# The standard objects, in the order of the global describe (by name).
OBJECT_FILES: Final = (
    "account", "case", "case_status", "contact", "event", "group", "lead", "lead_status",
    "opportunity", "opportunity_stage", "organization", "profile", "record_type", "task",
    "task_priority", "task_status", "user", "user_role",
)  # fmt: skip
AUDIT_FIELDS: Final = (
    "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
)  # fmt: skip
SYSTEM_FIELDS: Final = ("Id", "IsDeleted", *AUDIT_FIELDS)

_FLAGS: Final[Mapping[str, str]] = {
    "N": "nillable",
    "C": "createable",
    "U": "updateable",
    "D": "defaulted_on_create",
    "F": "filterable",
    "G": "groupable",
    "S": "sortable",
    "A": "aggregatable",
    "i": "id_lookup",
    "R": "restricted_picklist",
    "p": "permissionable",
    "P": "polymorphic",
    "*": "name_field",
}
FIELD_KEYS: Final = frozenset({
    "label", "type", "flags", "to", "relationship", "children", "on_delete", "values",
    "values_from", "default", "part_of", "extra_type_info", "block", "feature", "help",
    "required", "unique", "external_id", "case_sensitive", "restricted", "auto_number",
    "source", "grade",
})  # fmt: skip
# What an org file may say about a field that Salesforce already has.
_OVERRIDE_KEYS: Final = frozenset({"label", "values", "default", "restricted", "help"})
_OBJECT_KEYS: Final = frozenset({
    "label", "label_plural", "key_prefix", "name_field", "fields", "activities", "source", "grade",
})  # fmt: skip
_ON_DELETE: Final = frozenset({"clear", "cascade", "restrict"})

# What a custom field of each type can do, before `required`, `unique` and the like are read.
_CUSTOM_FLAGS: Final[Mapping[str, str]] = {
    "string": "NCUFGSpA",
    "email": "NCUFGSpA",
    "phone": "NCUFGSpA",
    "url": "NCUFGSpA",
    "picklist": "NCUFGSpA",
    "multipicklist": "NCUFp",
    "textarea": "NCUFGSpA",  # up to 255 characters; longer ones see _custom_flags
    "boolean": "CUDFGSp",
    "int": "NCUFGSpA",
    "double": "NCUFSpA",
    "currency": "NCUFSpA",
    "percent": "NCUFSpA",
    "date": "NCUFGSpA",
    "datetime": "NCUFSpA",
    "time": "NCUFSpA",
    "reference": "NCUFGSpA",
}
_CUSTOM_ABILITIES: Final = frozenset({
    "createable", "deletable", "layoutable", "mruEnabled", "queryable", "replicateable",
    "retrieveable", "searchable", "triggerable", "undeletable", "updateable",
})  # fmt: skip
_CUSTOM_URLS: Final = (
    "sobject", "describe", "rowTemplate", "layouts", "compactLayouts", "approvalLayouts",
    "defaultValues", "listviews", "quickActions", "uiDetailTemplate", "uiEditTemplate",
    "uiNewRecord",
)  # fmt: skip
_TYPE: Final = re.compile(r"(?P<word>[A-Za-z]+)(?:\((?P<first>\d+)(?:,(?P<second>\d+))?\))?")
_CUSTOM_NAME: Final = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")
_LONG_TEXT_CHARS: Final = 255  # a longer textarea can be neither filtered nor sorted
_CUSTOM_SOURCE: Final = "the org file"


def load_schema(extra: Mapping[str, Any] | None = None) -> Schema:
    """The schema of an org; see `Schema.load`. Without *extra* the same schema each time."""
    if not extra or not any(extra.get(key) for key in ("objects", "features", "rows")):
        return _standard_schema()
    return _build(extra)


@cache
def _standard_schema() -> Schema:
    return _build({})


def known_external_names() -> frozenset[str]:
    """Objects that references may point at though this fake has no rows of them."""
    return frozenset(load("shared.toml")["external"]["names"])


def _build(extra: Mapping[str, Any]) -> Schema:
    """Read the standard files, lay the org file over them, and assemble the schema."""
    features = frozenset(_list(extra.get("features", []), "features"))
    known_features = load("shared.toml")["features"]
    for feature in sorted(features):
        if feature not in known_features:
            _refuse("features", f"{feature!r} is unknown", f"use {sorted(known_features)}")
    objects = _table(extra.get("objects", {}), "objects")
    rows = _rows(extra)
    metadata = sa.MetaData()
    drafts = {draft["name"]: draft for draft in (load(f"objects/{name}.toml") for name in OBJECT_FILES)}
    canonical = {name.lower(): name for name in drafts}
    own = {name: _table(each, f"objects.{name}") for name, each in objects.items()}
    additions: dict[str, Mapping[str, Any]] = {}
    created: dict[str, Mapping[str, Any]] = {}
    for name, each in own.items():
        if name.lower() in canonical:
            additions[canonical[name.lower()]] = each
        else:
            created[name] = each
    targets = {*canonical.values(), *created, *known_external_names()}
    with_activities = tuple(name for name, each in created.items() if each.get("activities", False))
    reader = _Reader(features=features, rows=rows, targets=targets, activities=with_activities)
    sobjects = [reader.standard(draft, additions.get(name, {}), metadata) for name, draft in drafts.items()]
    taken = {each.key_prefix for each in sobjects}
    for serial, (name, each) in enumerate(created.items()):
        sobjects.append(reader.custom(name, each, _custom_prefix(serial), metadata))
        if sobjects[-1].key_prefix in taken:
            _refuse(f"objects.{name}", "its key_prefix is taken", "choose another or leave it out")
        taken.add(sobjects[-1].key_prefix)
    prefixes = {each.name: each.key_prefix for each in sobjects}
    return Schema(
        sobjects=tuple(sorted(sobjects, key=lambda each: each.name.lower())),
        metadata=metadata,
        rows={name: _with_ids(each, prefixes[name]) for name, each in rows.items()},
    )


def _custom_prefix(serial: int) -> str:
    """Custom objects get a00, a01, ... aZZ in the order of the org file."""
    return "a" + SERIAL_ALPHABET[serial // 62] + SERIAL_ALPHABET[serial % 62]


def _rows(extra: Mapping[str, Any]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The rows orgs start with; an org file's list replaces the standard list of that object."""
    standard: dict[str, Any] = dict(load("rows.toml")["rows"])
    for name, each in _table(extra.get("rows", {}), "rows").items():
        if name not in standard:
            _refuse(f"rows.{name}", "cannot be given here", f"use one of {sorted(standard)}")
        rows = [_table(row, f"rows.{name}") for row in _list(each, f"rows.{name}")]
        for number, row in enumerate(rows, start=1):
            if "MasterLabel" not in row and "Name" not in row:
                _refuse(f"rows.{name}[{number}]", "has no MasterLabel", "give each row one")
        standard[name] = [_filled(row, number) for number, row in enumerate(rows, start=1)]
    return standard


def _filled(row: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    """A status or stage row with the columns that follow from its label and place."""
    if "MasterLabel" not in row:
        return row
    return {"ApiName": row["MasterLabel"], "SortOrder": number, **row}


def _with_ids(rows: Sequence[Mapping[str, Any]], prefix: str | None) -> tuple[Mapping[str, Any], ...]:
    if prefix is None:
        return tuple(rows)
    return tuple({"Id": mint(prefix, n), **row} for n, row in enumerate(rows, start=1))


def _refuse(where: str, what: str, remedy: str) -> NoReturn:
    """The org file is wrong: one line that says where, what and what to do."""
    raise MisuseError(f"org file: {where}: {what}; {remedy}")


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _refuse(where, f"is {value!r}", "make it a table")
    return value


def _list(value: object, where: str) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        _refuse(where, f"is {value!r}", "make it a list")
    return value


class _Reader:
    """Turns rows of object files into fields, for one org."""

    def __init__(
        self,
        *,
        features: frozenset[str],
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        targets: set[str],
        activities: tuple[str, ...],
    ) -> None:
        self._features = features
        self._rows = rows
        self._targets = targets
        self._activities = activities
        shared = load("shared.toml")
        self._picklists: Mapping[str, Sequence[Any]] = shared["picklists"]
        self._lists: Mapping[str, Sequence[str]] = shared["targets"]
        self._blocks: Mapping[str, Sequence[Mapping[str, Any]]] = shared["blocks"]
        self._system: Mapping[str, Mapping[str, Any]] = shared["system"]

    # --- objects -----------------------------------------------------------------------------

    def standard(self, draft: Mapping[str, Any], added: Mapping[str, Any], metadata: sa.MetaData) -> SObject:
        """A standard object, with what the org file adds to it."""
        name = draft["name"]
        fields = list(self._with_system(draft))
        for key in added:
            if key != "fields":
                _refuse(f"objects.{name}", f"{key!r} cannot be changed", "give only 'fields'")
        place = {each.name.lower(): n for n, each in enumerate(fields)}
        for key, row in _table(added.get("fields", {}), f"objects.{name}.fields").items():
            where = f"objects.{name}.fields.{key}"
            if key.lower() in place:
                at = place[key.lower()]
                fields[at] = self._overridden(fields[at], _table(row, where), where)
            else:
                fields.append(self._custom_field(key, _table(row, where), where, of=name))
        return SObject(
            name=name,
            label=draft["label"],
            label_plural=draft["label_plural"],
            key_prefix=draft.get("key_prefix"),
            fields=tuple(fields),
            abilities=frozenset(draft["abilities"]),
            scopes=tuple((each["name"], each["label"]) for each in draft.get("scopes", ())),
            url_names=tuple(draft.get("urls", ("sobject", "describe", "rowTemplate"))),
            source=draft["source"],
            grade=draft["grade"],
            metadata=metadata,
        )

    def custom(self, name: str, row: Mapping[str, Any], prefix: str, metadata: sa.MetaData) -> SObject:
        """A custom object of the org file."""
        where = f"objects.{name}"
        if _CUSTOM_NAME.fullmatch(name) is None:
            _refuse(where, "is no standard object here", "custom objects end in __c")
        _check_keys(row, _OBJECT_KEYS, where)
        label = row.get("label", name.removesuffix("__c").replace("_", " "))
        draft = {
            "name": name,
            "id_label": "Record ID",
            "source": row.get("source", _CUSTOM_SOURCE),
            "grade": row.get("grade", "assumed"),
            "audit_after": "Name",
            "fields": {
                "OwnerId": {
                    "label": "Owner ID", "type": "reference", "flags": "CUDFGSPnpA",
                    "to": ["Group", "User"], "relationship": "Owner",
                },
                "Name": self._name_field(row.get("name_field", {}), f"{label} Name", where),
            },
        }  # fmt: skip
        fields = list(self._with_system(draft))
        given = _table(row.get("fields", {}), f"{where}.fields")
        for key, each in given.items():
            here = f"{where}.fields.{key}"
            fields.append(self._custom_field(key, _table(each, here), here, of=name))
        _refuse_doubles(fields, where)
        return SObject(
            name=name,
            label=label,
            label_plural=row.get("label_plural", f"{label}s"),
            key_prefix=row.get("key_prefix", prefix),
            fields=tuple(fields),
            abilities=_CUSTOM_ABILITIES,
            custom=True,
            scopes=(("everything", f"All {label}"), ("mine", f"My {label}")),
            url_names=_CUSTOM_URLS,
            source=draft["source"],
            grade=draft["grade"],
            metadata=metadata,
        )

    def _name_field(self, given: object, label: str, where: str) -> Mapping[str, Any]:
        """The Name of a custom object: free text of 80 characters, or an automatic number."""
        row = _table(given, f"{where}.name_field")
        _check_keys(row, frozenset({"label", "auto_number"}), f"{where}.name_field")
        number = row.get("auto_number")
        return {
            "label": row.get("label", label),
            "type": "string(80)",
            # Free text may be left out: the row's id then stands in for it.
            "flags": "DFGSi*A" if number else "NCUDFGSi*A",
            **({"auto_number": number} if number else {}),
        }

    def _with_system(self, draft: Mapping[str, Any]) -> Iterator[Field]:
        """The draft's fields with the system fields at their places."""
        system = draft.get("system", SYSTEM_FIELDS)
        evidence = {"source": draft["source"], "grade": draft["grade"]}

        def of_system(*names: str) -> Iterator[Field]:
            for name in names:
                if name in system:
                    row = {**self._system[name]}
                    if name == "Id":
                        row["label"] = draft.get("id_label", row["label"])
                    yield self._field(name, row, evidence)

        deleted_after = draft.get("deleted_after", "Id")
        audit_after = draft.get("audit_after", "")
        assert deleted_after == "Id" or deleted_after in draft["fields"], draft["name"]
        assert not audit_after or audit_after in draft["fields"], draft["name"]
        yield from of_system("Id")
        if deleted_after == "Id":
            yield from of_system("IsDeleted")
        for name, row in draft["fields"].items():
            if "feature" not in row or row["feature"] in self._features:
                if "block" in row:
                    yield from self._block(name, row, evidence)
                else:
                    yield self._field(name, row, evidence)
            if name == deleted_after:
                yield from of_system("IsDeleted")
            if name == audit_after:
                yield from of_system(*AUDIT_FIELDS)
        if not audit_after:
            yield from of_system(*AUDIT_FIELDS)

    # --- fields ------------------------------------------------------------------------------

    def _block(self, name: str, row: Mapping[str, Any], evidence: Mapping[str, str]) -> Iterator[Field]:
        """A run of fields that always come together: an address with its parts."""
        compound = self._blocks[row["block"]][-1]["name"]
        prefix = name.removesuffix(compound)
        spoken = f"{prefix} " if prefix else ""
        for part in self._blocks[row["block"]]:
            own = {key: value for key, value in part.items() if key != "name"}
            own["label"] = spoken + part["label"]
            if part["name"] != compound:
                own["part_of"] = name
            yield self._field(prefix + part["name"], own, evidence)

    def _field(
        self,
        name: str,
        row: Mapping[str, Any],
        evidence: Mapping[str, str],
        *,
        custom: bool = False,
    ) -> Field:
        """One field from one row whose flags are written out."""
        flags = _read_flags(row["flags"], name)
        kind, sizes = _read_type(row["type"], name)
        on_delete = row.get("on_delete", "clear")
        values = self._values(row)
        return Field(
            name=name,
            type=kind,
            label=row.get("label", name),
            **sizes,
            **flags,
            unique=row.get("unique", False),
            external_id=row.get("external_id", False),
            case_sensitive=row.get("case_sensitive", False),
            picklist=values,
            default=row.get("default", False if kind == "boolean" else None),
            **self._reference(row),
            auto_number=row.get("auto_number"),
            compound_field_name=row.get("part_of"),
            extra_type_info=row.get("extra_type_info"),
            inline_help=row.get("help"),
            cascade_delete=on_delete == "cascade",
            restricted_delete=on_delete == "restrict",
            custom=custom,
            source=row.get("source", evidence["source"]),
            grade=row.get("grade", evidence["grade"]),
        )

    def _reference(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What a reference field points at, and what the ways there and back are called."""
        to = row.get("to", ())
        targets = tuple(self._lists[to[1:]]) if isinstance(to, str) else tuple(to)
        if to == "@what":
            targets += self._activities
        children = row.get("children")
        names = children if isinstance(children, Mapping) else dict.fromkeys(targets, children)
        return {
            "reference_to": targets,
            "relationship_name": row.get("relationship"),
            "child_names": names if targets else {},
        }

    def _values(self, row: Mapping[str, Any]) -> tuple[PicklistValue, ...]:
        """The picklist of a row: written out, shared (`@name`), or another object's rows."""
        if "values_from" in row:
            return tuple(
                PicklistValue(
                    value=each["ApiName"],
                    label=each["MasterLabel"],
                    default=each.get("IsDefault", False),
                    active=each.get("IsActive", True),
                )
                for each in self._rows[row["values_from"]]
            )
        values = row.get("values", ())
        if isinstance(values, str):
            values = self._picklists[values[1:]]
        default = row.get("default")
        return tuple(_picklist_value(each, default) for each in values)

    # --- the org file ------------------------------------------------------------------------

    def _custom_field(self, name: str, row: Mapping[str, Any], where: str, *, of: str) -> Field:
        """One custom field; everything the org file can get wrong about it is refused here."""
        if _CUSTOM_NAME.fullmatch(name) is None and not _is_optional_standard(of, name):
            _refuse(where, f"{of} has no such standard field", "custom fields end in __c")
        _check_keys(row, FIELD_KEYS - {"block", "feature", "flags", "part_of"}, where)
        if not isinstance(row.get("type"), str):
            _refuse(where, "has no type", 'say e.g. type = "string(40)"')
        kind = row["type"].partition("(")[0]
        if kind not in _CUSTOM_FLAGS:
            _refuse(where, f"type {kind!r} is not faked", f"use one of {sorted(_CUSTOM_FLAGS)}")
        try:
            _, sizes = _read_type(row["type"], name)
        except AssertionError:
            _refuse(where, f"type {row['type']!r} has no size", 'say e.g. "string(40)"')
        if kind in ("picklist", "multipicklist"):
            _check_picklist(row, where)
        if kind == "reference":
            self._check_reference(row, where)
        custom = name.endswith("__c")
        stem = name.removesuffix("__c").removesuffix("Id")
        filled = {
            "label": stem.replace("_", " ").strip(),
            **row,
            "flags": _custom_flags(kind, sizes["length"], row),
        }
        if kind == "reference":
            filled.setdefault("relationship", f"{stem}__r" if custom else stem)
            children = row.get("children")
            if custom and isinstance(children, str) and not children.endswith("__r"):
                filled["children"] = f"{children}__r"
        evidence = {"source": _CUSTOM_SOURCE, "grade": "assumed"}
        return self._field(name, filled, evidence, custom=custom)

    def _check_reference(self, row: Mapping[str, Any], where: str) -> None:
        to = row.get("to")
        if not isinstance(to, Sequence) or isinstance(to, str) or not to:
            _refuse(where, "a reference needs its targets", 'say e.g. to = ["Account"]')
        for target in to or ():
            if target not in self._targets:
                _refuse(where, f"target {target!r} is no object", "name a standard or custom one")
        if row.get("on_delete", "clear") not in _ON_DELETE:
            _refuse(where, f"on_delete {row['on_delete']!r}", f"use one of {sorted(_ON_DELETE)}")

    def _overridden(self, known: Field, row: Mapping[str, Any], where: str) -> Field:
        """A standard field with its picklist, label or help as this org has set them."""
        from dataclasses import replace

        _check_keys(row, _OVERRIDE_KEYS, where)
        changed: dict[str, Any] = {}
        if "values" in row or "default" in row:
            if known.type not in ("picklist", "multipicklist", "combobox"):
                _refuse(where, f"is a {known.type}, without values", "leave out values and default")
            values = row.get("values", [each.value for each in known.picklist])
            merged = {"values": values, "default": row.get("default", known.default)}
            _check_picklist(merged, where)
            changed["picklist"] = tuple(_picklist_value(each, merged["default"]) for each in merged["values"])
            changed["default"] = merged["default"]
        for key, attribute in (
            ("label", "label"), ("help", "inline_help"), ("restricted", "restricted_picklist"),
        ):  # fmt: skip
            if key in row:
                changed[attribute] = row[key]
        return replace(known, source=_CUSTOM_SOURCE, **changed)


def _is_optional_standard(sobject: str, name: str) -> bool:
    """A standard field most orgs do not have, which an org file may add (Task.Type)."""
    return f"{sobject}.{name}" in load("shared.toml")["optional"]["fields"]


def _check_keys(row: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    for key in row:
        if key not in allowed:
            _refuse(where, f"{key!r} is unknown", f"use {', '.join(sorted(allowed))}")


def _check_picklist(row: Mapping[str, Any], where: str) -> None:
    values = row.get("values")
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        _refuse(where, "a picklist needs its values", 'say e.g. values = ["A", "B"]')
    known = [_picklist_value(each, None).value for each in values]
    if len(set(known)) != len(known):
        _refuse(where, "a value stands there twice", "remove one")
    default = row.get("default")
    if default is not None and default not in known:
        _refuse(where, f"default {default!r} is not one of its values", f"use one of {known}")


def _refuse_doubles(fields: Sequence[Field], where: str) -> None:
    seen: set[str] = set()
    for each in fields:
        if each.name.lower() in seen:
            _refuse(f"{where}.fields.{each.name}", "stands there twice", "remove one")
        seen.add(each.name.lower())


def _picklist_value(entry: Any, default: Any) -> PicklistValue:
    """An entry is a value, or a table with value, label and active."""
    if isinstance(entry, Mapping):
        value = str(entry["value"])
        return PicklistValue(
            value=value,
            label=str(entry.get("label", value)),
            default=value == default,
            active=bool(entry.get("active", True)),
        )
    return PicklistValue(value=str(entry), label=str(entry), default=entry == default)


def _read_flags(flags: str, name: str) -> dict[str, Any]:
    """The attributes behind the letters of a `flags` entry."""
    found: dict[str, Any] = {}
    if "np" in flags:
        flags = flags.replace("np", "")
        found["name_pointing"] = True
    for flag in flags:
        assert flag in _FLAGS, f"{name}: unknown flag {flag!r}"
        found[_FLAGS[flag]] = True
    return found


def _read_type(text: str, name: str) -> tuple[str, dict[str, Any]]:
    """The type word and its sizes: `string(40)`, `currency(18,2)`, `int(8)`, `date`."""
    match = _TYPE.fullmatch(text)
    assert match is not None, f"{name}: {text!r} is no type"
    kind = match["word"]
    first = int(match["first"]) if match["first"] else 0
    sizes = {"length": 0, "precision": 0, "scale": 0, "digits": 0}
    if kind in ("id", "reference"):
        sizes["length"] = 18
    elif kind in ("double", "currency", "percent"):
        assert match["second"] is not None, f"{name}: {text!r} needs precision and scale"
        sizes["precision"], sizes["scale"] = first, int(match["second"])
    elif kind == "int":
        sizes["digits"] = first or 8
    elif kind not in ("boolean", "date", "datetime", "time", "address", "base64"):
        # Picklists may leave their length out: custom ones are always 255 characters.
        assert first or kind in ("picklist", "multipicklist"), f"{name}: {text!r} needs a length"
        sizes["length"] = first or (4099 if kind == "multipicklist" else 255)
    return kind, sizes


def _custom_flags(kind: str, length: int, row: Mapping[str, Any]) -> str:
    """The flags of a custom field, from its type and what the org file says of it."""
    flags = _CUSTOM_FLAGS[kind]
    if kind == "textarea" and length > _LONG_TEXT_CHARS:
        flags = "NCUp"
    if row.get("required") or row.get("on_delete") == "cascade":
        flags = flags.replace("N", "")
    if row.get("on_delete") == "cascade":
        flags = flags.replace("U", "")  # a detail row does not change its master
    if row.get("external_id") or row.get("unique"):
        flags += "i"
    if row.get("restricted"):
        flags += "R"
    if row.get("default") is not None and "D" not in flags:
        flags += "D"
    if row.get("auto_number"):
        flags = flags.replace("N", "").replace("C", "").replace("U", "") + "D"
    return flags
