"""What an org file may say, and the one clear line it gets when it says something else.

Every refusal is a MisuseError: where in the file, what is wrong, what to do.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Final, NoReturn

from fake_core.errors import MisuseError
from fake_salesforce.data_files import load
from fake_salesforce.schema.field_rows import TYPE, picklist_value, read_type
from fake_salesforce.schema.metadata import Field, SObject

# What each table of an org file may hold, and of which kind.
Kinds = Mapping[str, type | tuple[type, ...]]
FILE_KEYS: Final[Kinds] = {
    "objects": dict,
    "features": list,
    "rows": dict,
    "imported": dict,
    "profiles": dict,  # these three are read by security_file
    "permission_sets": dict,
    "sharing": dict,
    # What an org does by itself; read by operations/automation.
    "validation_rules": list,
    "updates": list,
    "duplicate_rules": list,
    "assignment_rules": list,
    "lookup_filters": list,
    "change_data_capture": list,  # read by change_capture
    "approval_locks": list,
}
OBJECT_KEYS: Final[Kinds] = {
    "label": str,
    "label_plural": str,
    "key_prefix": str,
    "name_field": dict,
    "fields": dict,
    "record_types": list,
    "activities": bool,  # tasks and events may be related to its rows
    "source": str,
    "grade": str,
}
# To a standard object an org file adds fields and record types.
ADDED_KEYS: Final[Kinds] = {"fields": dict, "record_types": list}
RECORD_TYPE_KEYS: Final[Kinds] = {
    "id": str,
    "name": str,
    "developer_name": str,
    "description": str,
    "active": bool,
    "available": bool,
    "default": bool,
    "business_process": str,
    "picklists": dict,
}
NAME_KEYS: Final[Kinds] = {"label": str, "auto_number": str}
FIELD_KEYS: Final[Kinds] = {
    "label": str,
    "type": str,
    "help": str,
    "to": list,
    "children": str,
    "on_delete": str,
    "values": list,
    "default": (str, bool, int, float),
    "required": bool,
    "unique": bool,
    "external_id": bool,
    "case_sensitive": bool,
    "restricted": bool,
    "controller": str,
    "auto_number": str,
    "source": str,
    "grade": str,
}
LOCATION_KEYS: Final[Kinds] = {"label": str, "type": str, "help": str, "required": bool}
# What an org file may say about a field that Salesforce already has.
OVERRIDE_KEYS: Final[Kinds] = {
    "label": str,
    "values": list,
    "default": str,
    "restricted": bool,
    "help": str,
    "controller": str,
}
VALUE_KEYS: Final[Kinds] = {"value": str, "label": str, "active": bool, "valid_for": (list, str)}
ON_DELETE: Final = frozenset({"clear", "cascade", "restrict"})

# What a custom field of each type can do, before `required`, `unique` and the like are read.
CUSTOM_FLAGS: Final[Mapping[str, str]] = {
    "string": "NCUFGSpA",
    "email": "NCUFGSpA",
    "phone": "NCUFGSpA",
    "url": "NCUFGSpA",
    "picklist": "NCUFGSpA",
    "multipicklist": "NCUFp",
    "textarea": "NCUFGSpA",  # up to 255 characters; longer ones see custom_flags
    "boolean": "CUDFGSp",
    "double": "NCUFSpA",
    "currency": "NCUFSpA",
    "percent": "NCUFSpA",
    "date": "NCUFGSpA",
    "datetime": "NCUFSpA",
    "time": "NCUFSpA",
    "reference": "NCUFGSpA",
}
# The lengths that custom fields of these types always have, when the org file gives none.
_CUSTOM_LENGTHS: Final[Mapping[str, int]] = {"email": 80, "phone": 40, "url": 255}
_CUSTOM_LENGTHS_MAX: Final[Mapping[str, int]] = {"string": 255, "textarea": 131_072}
_KEYABLE_TYPES: Final = frozenset({"string", "email", "double"})  # may be unique or external id
_LONG_TEXT_CHARS: Final = 255  # a longer textarea can be neither filtered nor sorted
_RELATIONSHIP: Final = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*(?:__r)?")
CUSTOM_NAME: Final = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")


@dataclass(frozen=True)
class OrgFile:
    """A checked org file: fields for standard objects, objects of its own, features, start rows."""

    added: Mapping[str, Mapping[str, Any]]
    created: Mapping[str, Mapping[str, Any]]
    features: frozenset[str]
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    imported: Mapping[str, Mapping[str, Any]] = dataclass_field(default_factory=dict)


def read_org_file(extra: Mapping[str, Any], *, standard: Iterable[str]) -> OrgFile:
    """The org file *extra* with its tables checked; *standard* are the objects there already are.

    Fields are checked one by one where they are read. Raises MisuseError.
    """
    given = checked({key: extra[key] for key in FILE_KEYS if key in extra}, FILE_KEYS, "the file")
    features = texts(given.get("features", []), "features")
    known = load("shared.toml")["features"]
    for feature in features:
        if feature not in known:
            refuse("features", f"{feature!r} is unknown", f"use {sorted(known)}")
    spelling = {name.lower(): name for name in standard}
    added: dict[str, Mapping[str, Any]] = {}
    created: dict[str, Mapping[str, Any]] = {}
    seen: set[str] = set()
    for name, each in table(given.get("objects", {}), "objects").items():
        where = f"objects.{name}"
        if name.lower() in seen:
            refuse(where, "stands there twice", "remove one")
        seen.add(name.lower())
        if name.lower() in spelling:
            added[spelling[name.lower()]] = checked(each, ADDED_KEYS, where)
        elif CUSTOM_NAME.fullmatch(name) is None:
            refuse(where, "is no standard object here", "custom objects end in __c")
        else:
            created[name] = checked(each, OBJECT_KEYS, where)
    imported = table(given.get("imported", {}), "imported")
    return OrgFile(added, created, frozenset(features), _rows(given.get("rows", {})), imported)


def _rows(given: Mapping[str, Any]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The rows orgs start with; the file's list replaces the standard list of that object."""
    rows: dict[str, Any] = dict(load("rows.toml")["rows"])
    for name, each in table(given, "rows").items():
        if name not in rows:
            refuse(f"rows.{name}", "cannot be given here", f"use one of {sorted(rows)}")
        if not isinstance(each, list) or not each:
            refuse(f"rows.{name}", f"is {each!r}", "make it a list of tables")
        rows[name] = [_row(row, number, f"rows.{name}[{number}]") for number, row in enumerate(each, start=1)]
        _refuse_unclear_values(rows[name], f"rows.{name}")
    return rows


def _row(given: object, number: int, where: str) -> dict[str, Any]:
    """A status or stage row with the columns that follow from its label and place."""
    row = table(given, where)
    if not isinstance(row.get("MasterLabel"), str) or not row["MasterLabel"].strip():
        refuse(where, "has no MasterLabel", "give each row one")
    return {"ApiName": row["MasterLabel"], "SortOrder": number, **row}


def _refuse_unclear_values(rows: Sequence[Mapping[str, Any]], where: str) -> None:
    names = [row["ApiName"] for row in rows]
    for name in names:
        if names.count(name) > 1:
            refuse(where, f"{name!r} stands there twice", "remove one")
    if sum(row.get("IsDefault") is True for row in rows) > 1:
        refuse(where, "has two defaults", "leave IsDefault out of all but one")


def check_row(row: Mapping[str, Any], sobject: SObject, where: str) -> None:
    """Refuse columns the object does not have, and values of another kind."""
    for name, value in row.items():
        field = sobject.field(name)
        if field is None or field.name != name or name == "Id":
            refuse(where, f"{sobject.name} has no {name!r}", "use the names of its fields")
        wanted = _DEFAULTS.get(field.type, int if field.type == "int" else str)
        if not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
            refuse(where, f"{name} is {value!r}", f"give a {field.type}")


def refuse(where: str, what: str, remedy: str) -> NoReturn:
    """The org file is wrong: one line that says where, what and what to do."""
    raise MisuseError(f"org file: {where}: {what}; {remedy}")


def table(value: object, where: str) -> dict[str, Any]:
    """*value*, when it is a table."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        refuse(where, f"is {value!r}", "make it a table")
    return value


def checked(value: object, kinds: Kinds, where: str) -> dict[str, Any]:
    """*value*, when it is a table of keys and kinds that *kinds* allows."""
    row = table(value, where)
    for key, entry in row.items():
        kind = kinds.get(key)
        if kind is None:
            refuse(where, f"{key!r} is unknown", f"use {', '.join(sorted(kinds))}")
        if not isinstance(entry, kind) or (isinstance(entry, bool) and not _takes_bool(kind)):
            refuse(f"{where}.{key}", f"is {entry!r}", f"make it {_KIND_NAMES[_first(kind)]}")
    return row


_KIND_NAMES: Final[Mapping[type, str]] = {
    str: "a text",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def _first(kind: type | tuple[type, ...]) -> type:
    return kind[0] if isinstance(kind, tuple) else kind


def _takes_bool(kind: type | tuple[type, ...]) -> bool:
    return bool in kind if isinstance(kind, tuple) else kind is bool


def texts(value: Sequence[Any], where: str) -> list[str]:
    """*value*, when all its entries are texts."""
    for each in value:
        if not isinstance(each, str):
            refuse(where, f"holds {each!r}", "make it a list of texts")
    return list(value)


def is_optional_standard(sobject: str, name: str) -> bool:
    """A standard field most orgs do not have, which an org file may add (Task.Type)."""
    return f"{sobject}.{name}" in load("shared.toml")["optional"]["fields"]


def check_picklist(row: Mapping[str, Any], where: str) -> None:
    """Refuse a picklist without values, with doubles, or with a default that is none of them."""
    values = row.get("values")
    if not values:
        refuse(where, "a picklist needs its values", 'say e.g. values = ["A", "B"]')
    for each in values:
        if not isinstance(each, str):
            checked(each, VALUE_KEYS, f"{where}.values")
            if not each.get("value"):
                refuse(f"{where}.values", f"{each!r} has no value", "give it one")
    known = [picklist_value(each, None).value for each in values]
    if len(set(known)) != len(known):
        refuse(where, "a value stands there twice", "remove one")
    default = row.get("default")
    if default is not None and default not in known:
        refuse(where, f"default {default!r} is not one of its values", f"use one of {known}")


def check_reference(row: Mapping[str, Any], targets: Container[str], where: str) -> None:
    """Refuse a reference without targets, to nowhere, or with an unusable name of its children."""
    to = texts(row.get("to", []), f"{where}.to")
    if not to:
        refuse(where, "a reference needs its targets", 'say e.g. to = ["Account"]')
    for target in to:
        if target not in targets:
            refuse(where, f"target {target!r} is no object", "name a standard or custom one")
    if row.get("on_delete", "clear") not in ON_DELETE:
        refuse(where, f"on_delete {row['on_delete']!r}", f"use one of {sorted(ON_DELETE)}")
    if _RELATIONSHIP.fullmatch(row.get("children", "Children")) is None:
        refuse(where, f"children {row['children']!r} is no name", "use letters, digits and single _")


def refuse_doubles(fields: Sequence[Field], where: str) -> None:
    """Refuse two fields whose names differ in nothing but case."""
    seen: set[str] = set()
    for each in fields:
        if each.name.lower() in seen:
            refuse(f"{where}.fields.{each.name}", "stands there twice", "remove one")
        seen.add(each.name.lower())


def refuse_unclear_children(sobjects: Sequence[SObject]) -> None:
    """Refuse two relationships from one object that have the same name."""
    seen: dict[tuple[str, str], str] = {}
    for sobject in sobjects:
        for field in sobject.references:
            for target, name in field.child_names.items():
                if name is None:
                    continue
                other = seen.setdefault((target, name.lower()), f"{sobject.name}.{field.name}")
                if other != f"{sobject.name}.{field.name}":
                    where = f"objects.{sobject.name}.fields.{field.name}"
                    refuse(where, f"children {name!r} of {target} is also {other}", "choose another name")


def with_length(kind: str) -> str:
    """The type word with the length it always has, if it has one."""
    return f"{kind}({_CUSTOM_LENGTHS[kind]})" if kind in _CUSTOM_LENGTHS else kind


def custom_sizes(kind: str, row: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The sizes of a custom field; refuses what no custom field can be."""
    text = row["type"] if "(" in row["type"] else with_length(kind)
    match = TYPE.fullmatch(text)
    sized = kind in ("double", "currency", "percent")
    if match is None or (sized and not match["second"]):
        refuse(where, f"type {row['type']!r} has no size", 'say e.g. "string(40)" or "double(18,2)"')
    if kind in _CUSTOM_LENGTHS_MAX and not match["first"]:
        refuse(where, f"type {row['type']!r} has no length", f'say e.g. "{kind}(40)"')
    _, sizes = read_type(text, where)
    most = _CUSTOM_LENGTHS_MAX.get(kind, sizes["length"])
    if sizes["length"] > most:
        refuse(where, f"length {sizes['length']} is too long", f"use at most {most}")
    for key in ("unique", "external_id"):
        if row.get(key) and kind not in _KEYABLE_TYPES:
            refuse(where, f"a {kind} cannot be {key}", f"use one of {sorted(_KEYABLE_TYPES)}")
    _check_default(kind, row, where)
    return sizes


def _check_default(kind: str, row: Mapping[str, Any], where: str) -> None:
    """A default is a boolean, a number or a text, as the type wants it."""
    default = row.get("default")
    if default is None:
        return
    wanted = _DEFAULTS.get(kind)
    if wanted is None:
        refuse(where, f"a default for a {kind} is not faked", "leave it out")
    fits = isinstance(default, wanted) and isinstance(default, bool) == (wanted is bool)
    if not fits:
        refuse(where, f"default {default!r} does not fit a {kind}", "give a value of that type")


_DEFAULTS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "boolean": bool,
    "double": (int, float),
    "currency": (int, float),
    "percent": (int, float),
    "string": str,
    "textarea": str,
    "picklist": str,
    "phone": str,
    "url": str,
}


def custom_flags(kind: str, length: int, row: Mapping[str, Any]) -> str:
    """The flags of a custom field, from its type and what the org file says of it."""
    flags = CUSTOM_FLAGS[kind]
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
