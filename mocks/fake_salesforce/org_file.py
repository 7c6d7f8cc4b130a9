"""What an org file may say, and the one clear line it gets when it says something else.

Every refusal is a MisuseError: where in the file, what is wrong, what to do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from fake_core.errors import MisuseError
from fake_salesforce.data_files import load
from fake_salesforce.field_rows import TYPE, picklist_value, read_type
from fake_salesforce.metadata import Field

FIELD_KEYS: Final = frozenset({
    "label", "type", "flags", "to", "relationship", "children", "on_delete", "values",
    "values_from", "default", "part_of", "extra_type_info", "block", "feature", "help",
    "required", "unique", "external_id", "case_sensitive", "restricted", "auto_number",
    "source", "grade",
})  # fmt: skip
# What an org file may say about a field that Salesforce already has.
OVERRIDE_KEYS: Final = frozenset({"label", "values", "default", "restricted", "help"})
OBJECT_KEYS: Final = frozenset({
    "label", "label_plural", "key_prefix", "name_field", "fields", "activities", "source", "grade",
})  # fmt: skip
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
CUSTOM_NAME: Final = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")


def refuse(where: str, what: str, remedy: str) -> NoReturn:
    """The org file is wrong: one line that says where, what and what to do."""
    raise MisuseError(f"org file: {where}: {what}; {remedy}")


def table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        refuse(where, f"is {value!r}", "make it a table")
    return value


def list_of(value: object, where: str) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        refuse(where, f"is {value!r}", "make it a list")
    return value


def check_keys(row: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    for key in row:
        if key not in allowed:
            refuse(where, f"{key!r} is unknown", f"use {', '.join(sorted(allowed))}")


def is_optional_standard(sobject: str, name: str) -> bool:
    """A standard field most orgs do not have, which an org file may add (Task.Type)."""
    return f"{sobject}.{name}" in load("shared.toml")["optional"]["fields"]


def check_picklist(row: Mapping[str, Any], where: str) -> None:
    values = row.get("values")
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        refuse(where, "a picklist needs its values", 'say e.g. values = ["A", "B"]')
    known = [picklist_value(each, None).value for each in values]
    if len(set(known)) != len(known):
        refuse(where, "a value stands there twice", "remove one")
    default = row.get("default")
    if default is not None and default not in known:
        refuse(where, f"default {default!r} is not one of its values", f"use one of {known}")


def refuse_doubles(fields: Sequence[Field], where: str) -> None:
    seen: set[str] = set()
    for each in fields:
        if each.name.lower() in seen:
            refuse(f"{where}.fields.{each.name}", "stands there twice", "remove one")
        seen.add(each.name.lower())


def with_length(kind: str) -> str:
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
    if kind == "boolean" and not isinstance(row.get("default", False), bool):
        refuse(where, f"default {row['default']!r} is no boolean", "use true or false")
    return sizes


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
