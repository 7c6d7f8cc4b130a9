"""Reads object files: the standard objects in `data/objects`, and an org's own fields and objects.

One format for both. An object is a table with `label`, `key_prefix`, `abilities` and `fields`; a
field is one row:

    Subject = {label = "Subject", type = "combobox(255)", flags = "NCUFS*", values = ["Call"]}

`type` is the describe's type word with its length, `(precision,scale)` or digits; `flags` are
explained in `field_rows`. A standard file may also use `block` (an address with its parts), `feature`
(only in orgs that switch it on), `values_from` (the rows of another object) and `@name` for a list of
`data/shared.toml`.

An org file uses the keys of `org_file.FIELD_KEYS` and leaves `flags` out: they follow from the type
and from `required`, `unique`, `external_id`, `restricted`. `on_delete` is clear, cascade (the row is a
detail of its master) or restrict. A mistake is a MisuseError of one line: where, what, what to do.
fixtures/orgs/planhat.toml is an example.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from fake_salesforce.data_files import load
from fake_salesforce.record_ids import SERIAL_ALPHABET, mint
from fake_salesforce.schema.field_rows import default_of, picklist_value, read_flags, read_type
from fake_salesforce.schema.imported import read_imported
from fake_salesforce.schema.metadata import Field, PicklistValue, RecordType, Schema, SObject
from fake_salesforce.schema.object_words import (
    AUDIT_FIELDS,
    CUSTOM_ABILITIES,
    CUSTOM_URLS,
    LAYOUT_URLS,
    OBJECT_FILES,
    OWNER,
    RECORD_TYPE,
    SYSTEM_FIELDS,
    URLS,
    WITH_CUSTOM,
)
from fake_salesforce.schema.org_file import (
    CUSTOM_FLAGS,
    CUSTOM_NAME,
    FIELD_KEYS,
    LOCATION_KEYS,
    NAME_KEYS,
    OVERRIDE_KEYS,
    OrgFile,
    check_picklist,
    check_reference,
    check_row,
    checked,
    custom_flags,
    custom_sizes,
    is_optional_standard,
    read_org_file,
    refuse,
    refuse_doubles,
    refuse_unclear_children,
    table,
    with_length,
)
from fake_salesforce.schema.record_types import (
    check_dependencies,
    checked_record_types,
    read_record_types,
    record_type_rows,
)
from fake_salesforce.schema.share_objects import share_drafts

_LOCATION: Final = re.compile(r"location(?:\((?P<places>\d{1,2})\))?")
_PREFIX: Final = re.compile(r"a[0-9A-Za-z]{2}")
_CUSTOM_SOURCE: Final = "the org file"
FIELDS_MAX: Final = 1_999  # of one object: SQLite's tables have 2,000 columns, one of which remembers deletions


def load_schema(extra: Mapping[str, Any] | None = None) -> Schema:
    """The standard objects, plus the custom fields and objects of the org file *extra*; for the same the same schema.

    *extra* is parsed TOML or JSON: `{"objects": {...}, "features": [...], "rows": {...}}`;
    other keys are not looked at. Raises MisuseError when it says something impossible.
    """
    given = extra or {}
    said = {key: given[key] for key in ("objects", "features", "rows", "imported", "sharing") if given.get(key)}
    if not said:
        return _standard_schema()
    text = repr(said)  # tells everything that TOML and JSON can say, and in which order
    found = _BUILT.pop(text, None) or _build(said)
    _BUILT[text] = found
    if len(_BUILT) > BUILT_MAX:
        _BUILT.pop(next(iter(_BUILT)), None)
    return found


@cache
def _standard_schema() -> Schema:
    return _build({})


#: Those asked for last. Orgs may share a schema: to read one, and to prepare its statements, takes longer than all else
#: of making an org.
_BUILT: dict[str, Schema] = {}
BUILT_MAX: Final = 4  # of some 17 MB each


def known_external_names() -> frozenset[str]:
    """Objects that references may point at though this fake has no rows of them."""
    return frozenset(load("shared.toml")["external"]["names"])


def _build(extra: Mapping[str, Any]) -> Schema:
    """Read the standard files, lay the org file over them, and assemble the schema."""
    drafts = {draft["name"]: draft for draft in (load(f"objects/{name}.toml") for name in OBJECT_FILES)}
    own = read_org_file(extra, standard=drafts)
    for name in [name for name, draft in drafts.items() if draft.get("feature", "") not in {"", *own.features}]:
        if name in own.added:
            refuse(f"objects.{name}", "is not in this org", f'say features = ["{drafts[name]["feature"]}"]')
        del drafts[name]
    reader = _Reader(own, targets={*drafts, *own.created, *known_external_names()})
    sobjects = [reader.standard(draft, own.added.get(name, {})) for name, draft in drafts.items()]
    taken: set[str | None] = {each.key_prefix for each in sobjects}
    for serial, (name, each) in enumerate(own.created.items()):
        sobjects.append(reader.custom(name, each, _custom_prefix(serial)))
        if sobjects[-1].key_prefix in taken:
            refuse(f"objects.{name}", "its key_prefix is taken", "choose another or leave it out")
        taken.add(sobjects[-1].key_prefix)
    by_name = {each.name: each for each in sobjects}
    if own.imported:
        for name in own.imported:
            if name in own.added or name in own.created:
                refuse(f"objects.{name}", "is imported, too", f"say it in imported.{name}, or take that out")
        by_name |= read_imported(own.imported, standard=by_name, metadata=reader.metadata)
        sobjects = list(by_name.values())
    sobjects += [reader.standard(draft, {}) for draft in share_drafts(extra.get("sharing"), by_name)]
    for name, rows in own.rows.items():
        for number, row in enumerate(rows, start=1):
            check_row(row, by_name[name], f"rows.{name}[{number}]")
    refuse_unclear_children(sobjects)
    for one in sobjects:
        if one.view is None and len(one.stored) > FIELDS_MAX:
            where = f"{'imported' if one.name in own.imported else 'objects'}.{one.name}"
            refuse(where, f"has {len(one.stored)} fields that hold a value", f"take some out: {FIELDS_MAX} at most")
    return Schema(
        sobjects=tuple(sorted(sobjects, key=lambda each: each.name.lower())),
        metadata=reader.metadata,
        rows={name: _with_ids(each, by_name[name].key_prefix) for name, each in own.rows.items()}
        | record_type_rows(sobjects),
    )


def _places() -> dict[str, list[Any]]:
    """Countries and states as picklists; a state is valid for its country's code."""
    facts = load("places.toml")
    states: dict[str, dict[str, Any]] = {}
    for country, named in facts["states"].items():
        for code, label in named.items():
            states.setdefault(code, {"value": code, "label": label, "valid_for": []})["valid_for"].append(country)
    countries = [{"value": code, "label": label} for code, label in facts["countries"].items()]
    return {"countries": countries, "states": list(states.values())}


def _has_master(fields: Mapping[str, Any]) -> bool:
    """Rows that go with their master have its owner and no OwnerId of their own."""
    return any(isinstance(row, Mapping) and row.get("on_delete") == "cascade" for row in fields.values())


def _custom_prefix(serial: int) -> str:
    """Custom objects get a00, a01, ... aZZ in the order of the org file."""
    return "a" + SERIAL_ALPHABET[serial // 62] + SERIAL_ALPHABET[serial % 62]


def _with_ids(rows: Sequence[Mapping[str, Any]], prefix: str | None) -> tuple[Mapping[str, Any], ...]:
    if prefix is None:
        return tuple(rows)
    return tuple({"Id": mint(prefix, n), **row} for n, row in enumerate(rows, start=1))


class _Reader:
    """Turns rows of object files into fields, for one org."""

    def __init__(self, own: OrgFile, *, targets: Container[str]) -> None:
        self.metadata = sa.MetaData()
        self._features = own.features
        self._rows = own.rows
        self._targets = targets
        self._activities = tuple(name for name, each in own.created.items() if each.get("activities"))
        self._created = tuple(own.created)
        self._typed: dict[str, tuple[RecordType, ...]] = read_record_types(own)
        shared = load("shared.toml")
        self._picklists: Mapping[str, Sequence[Any]] = {**shared["picklists"], **_places()}
        self._lists: Mapping[str, Sequence[str]] = shared["targets"]
        self._blocks: Mapping[str, Sequence[Mapping[str, Any]]] = shared["blocks"]
        self._system: Mapping[str, Mapping[str, Any]] = shared["system"]

    # --- objects -----------------------------------------------------------------------------

    def standard(self, draft: Mapping[str, Any], added: Mapping[str, Any]) -> SObject:
        """A standard object, with what the org file adds to it."""
        name = draft["name"]
        fields = list(self._with_system(draft))
        place = {each.name.lower(): n for n, each in enumerate(fields)}
        for key, row in table(added.get("fields", {}), f"objects.{name}.fields").items():
            where = f"objects.{name}.fields.{key}"
            if key.lower() in place:
                at = place[key.lower()]
                fields[at] = self._overridden(fields[at], table(row, where), where)
            else:
                fields.extend(self._custom_fields(key, table(row, where), where, of=name))
        check_dependencies(fields, f"objects.{name}")
        return SObject(
            name=name,
            label=draft["label"],
            label_plural=draft["label_plural"],
            key_prefix=draft.get("key_prefix"),
            fields=tuple(fields),
            abilities=frozenset(draft["abilities"]),
            scopes=tuple((each["name"], each["label"]) for each in draft.get("scopes", ())),
            url_names=tuple(draft.get("urls", LAYOUT_URLS if "layoutable" in draft["abilities"] else URLS)),
            master_record_type=draft.get("master_record_type", True),
            view=draft.get("view"),
            filter_on=tuple(draft.get("filter_on", ())),
            hides=tuple(draft.get("hides", ())),
            record_types=checked_record_types(self._typed.get(name, ()), fields, f"objects.{name}"),
            source=draft["source"],
            grade=draft["grade"],
            metadata=self.metadata,
        )

    def custom(self, name: str, row: Mapping[str, Any], prefix: str) -> SObject:
        """A custom object of the org file."""
        where = f"objects.{name}"
        label = row.get("label", name.removesuffix("__c").replace("_", " "))
        if _PREFIX.fullmatch(str(row.get("key_prefix", prefix))) is None:
            refuse(where, f"key_prefix {row['key_prefix']!r}", 'use "a" and two letters or digits')
        given = table(row.get("fields", {}), f"{where}.fields")
        owner = {} if _has_master(given) else {"OwnerId": OWNER}
        draft = {
            "name": name,
            "id_label": "Record ID",
            "source": row.get("source", _CUSTOM_SOURCE),
            "grade": row.get("grade", "assumed"),
            "deleted_after": "OwnerId" if owner else "Id",
            "audit_after": "RecordTypeId" if name in self._typed else "Name",
            "fields": {
                **owner,
                "Name": self._name_field(row.get("name_field", {}), f"{label} Name", where),
                **({"RecordTypeId": RECORD_TYPE} if name in self._typed else {}),
            },
        }
        fields = list(self._with_system(draft))
        for key, each in given.items():
            here = f"{where}.fields.{key}"
            fields.extend(self._custom_fields(key, table(each, here), here, of=name))
        refuse_doubles(fields, where)
        check_dependencies(fields, where)
        return SObject(
            name=name,
            label=label,
            label_plural=row.get("label_plural", f"{label}s"),
            key_prefix=row.get("key_prefix", prefix),
            fields=tuple(fields),
            abilities=CUSTOM_ABILITIES,
            custom=True,
            scopes=(("everything", f"All {label}"), ("mine", f"My {label}")),
            url_names=CUSTOM_URLS,
            record_types=checked_record_types(self._typed.get(name, ()), fields, where),
            source=draft["source"],
            grade=draft["grade"],
            metadata=self.metadata,
        )

    def _name_field(self, given: object, label: str, where: str) -> Mapping[str, Any]:
        """The Name of a custom object: free text of 80 characters, or an automatic number."""
        row = checked(given, NAME_KEYS, f"{where}.name_field")
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
        assert deleted_after in {"Id", "SystemModstamp"} or deleted_after in draft["fields"], draft["name"]
        assert not audit_after or audit_after in draft["fields"], draft["name"]
        yield from of_system("Id")
        if deleted_after == "Id":
            yield from of_system("IsDeleted")
        for name, row in draft["fields"].items():
            if self._is_on(row.get("feature"), draft["name"]):
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
        if deleted_after == "SystemModstamp":
            yield from of_system("IsDeleted")

    def _is_on(self, feature: str | None, sobject: str) -> bool:
        """Whether the org has what *feature* brings. Record types come with the first one of an object, too."""
        if feature is None or feature in self._features:
            return True
        return feature == "record_types" and sobject in self._typed

    # --- fields ------------------------------------------------------------------------------

    def _block(self, name: str, row: Mapping[str, Any], evidence: Mapping[str, str]) -> Iterator[Field]:
        """A run of fields that always come together: an address with its parts."""
        compound = self._blocks[row["block"]][-1]["name"]
        prefix = name.removesuffix(compound)
        spoken = f"{prefix} " if prefix else ""
        for part in self._blocks[row["block"]]:
            if part.get("feature", "") not in {"", *self._features}:
                continue
            own = {key: value for key, value in part.items() if key != "name"}
            if "controller" in own:
                own["controller"] = prefix + own["controller"]
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
        flags = read_flags(row["flags"], name)
        kind, sizes = read_type(row["type"], name)
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
            default=row.get("default", default_of(kind, values)),
            **self._reference(row),
            auto_number=row.get("auto_number"),
            compound_field_name=row.get("part_of"),
            extra_type_info=row.get("extra_type_info"),
            inline_help=row.get("help"),
            controller=row.get("controller"),
            cascade_delete=on_delete == "cascade",
            restricted_delete=on_delete == "restrict",
            cascade_shown=row.get("cascade_shown", True),
            junction=tuple(row.get("junction", ())),
            custom=custom,
            source=row.get("source", evidence["source"]),
            grade=row.get("grade", evidence["grade"]),
        )

    def _reference(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What a reference field points at, and what the ways there and back are called."""
        to = row.get("to", ())
        targets = tuple(self._lists[to[1:]]) if isinstance(to, str) else tuple(to)
        if isinstance(to, str) and to in WITH_CUSTOM:
            targets += self._created if WITH_CUSTOM[to] == "every" else self._activities
        children = row.get("children")
        names = dict(children) if isinstance(children, Mapping) else dict.fromkeys(targets, children)
        names.update(dict.fromkeys(row.get("unnamed", ())))
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
        return tuple(picklist_value(each, default) for each in values)

    # --- the org file ------------------------------------------------------------------------

    def _custom_fields(self, name: str, row: Mapping[str, Any], where: str, *, of: str) -> Iterator[Field]:
        """A custom field; a geolocation is its two parts, which clients write, and the whole, which they read."""
        match = _LOCATION.fullmatch(str(row.get("type", "")))
        if match is None or CUSTOM_NAME.fullmatch(name) is None:
            yield self._custom_field(name, row, where, of=of)
            return
        checked(row, LOCATION_KEYS, where)
        stem = name.removesuffix("c")
        label = row.get("label", name.removesuffix("__c").replace("_", " ").strip())
        evidence = {"source": _CUSTOM_SOURCE, "grade": "assumed"}
        places = min(int(match["places"] or 15), 15)
        for part in ("Latitude", "Longitude"):
            flags = "CUFSpA" if row.get("required") else "NCUFSpA"
            spoken = {"label": f"{label} ({part})", "type": f"double(18,{places})", "flags": flags, "part_of": name}
            yield self._field(f"{stem}{part}__s", spoken, evidence, custom=True)
        whole = {"label": label, "type": "location", "flags": "NFp", "help": row.get("help")}
        yield self._field(name, whole, evidence, custom=True)

    def _custom_field(self, name: str, row: Mapping[str, Any], where: str, *, of: str) -> Field:
        """One custom field; everything the org file can get wrong about it is refused here."""
        if CUSTOM_NAME.fullmatch(name) is None and not is_optional_standard(of, name):
            refuse(where, f"{of} has no such standard field", "custom fields end in __c")
        checked(row, FIELD_KEYS, where)
        if "type" not in row:
            refuse(where, "has no type", 'say e.g. type = "string(40)"')
        kind = row["type"].partition("(")[0]
        if kind not in CUSTOM_FLAGS:
            refuse(where, f"type {kind!r} is not faked", f"use one of {sorted(CUSTOM_FLAGS)}")
        sizes = custom_sizes(kind, row, where)
        if kind in ("picklist", "multipicklist"):
            check_picklist(row, where)
        if kind == "reference":
            check_reference(row, self._targets, where)
        custom = name.endswith("__c")
        stem = name.removesuffix("__c").removesuffix("Id")
        filled = {
            "label": stem.replace("_", " ").strip(),
            **row,
            "type": row["type"] if "(" in row["type"] else with_length(kind),
            "flags": custom_flags(kind, sizes["length"], row),
        }
        if kind == "reference":
            filled.setdefault("relationship", f"{stem}__r" if custom else stem)
            children = row.get("children")
            if custom and isinstance(children, str) and not children.endswith("__r"):
                filled["children"] = f"{children}__r"
        evidence = {"source": _CUSTOM_SOURCE, "grade": "assumed"}
        return self._field(name, filled, evidence, custom=custom)

    def _overridden(self, known: Field, row: Mapping[str, Any], where: str) -> Field:
        """A standard field with its picklist, label or help as this org has set them."""
        checked(row, OVERRIDE_KEYS, where)
        changed: dict[str, Any] = {}
        if "values" in row or "default" in row:
            if known.type not in ("picklist", "multipicklist", "combobox"):
                refuse(where, f"is a {known.type}, without values", "leave out values and default")
            kept = [{"value": e.value, "label": e.label, "active": e.active} for e in known.picklist]
            values = row.get("values", kept)
            merged = {"values": values, "default": row.get("default", known.default)}
            check_picklist(merged, where)
            changed["picklist"] = tuple(picklist_value(each, merged["default"]) for each in merged["values"])
            changed["default"] = merged["default"]
        for key, attribute in (
            ("label", "label"), ("help", "inline_help"), ("restricted", "restricted_picklist"),
            ("controller", "controller"),
        ):  # fmt: skip
            if key in row:
                changed[attribute] = row[key]
        return replace(known, source=_CUSTOM_SOURCE, **changed)
