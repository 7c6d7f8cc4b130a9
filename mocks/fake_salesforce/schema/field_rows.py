"""The words of a field row: flags, types with their sizes, picklist entries.

The letters are those of the fact tables in `data/objects`: N nillable, C createable, U updateable,
D defaulted on create, F filterable, G groupable, S sortable, A aggregatable, i id lookup,
R restricted picklist, p permissionable, P polymorphic, np name pointing, * name field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fake_salesforce.schema.metadata import PicklistValue

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
TYPE: Final = re.compile(r"(?P<word>base64|[A-Za-z]+)(?:\((?P<first>\d+)(?:,(?P<second>\d+))?\))?")


def read_flags(flags: str, name: str) -> dict[str, Any]:
    """The attributes behind the letters of a `flags` entry."""
    found: dict[str, Any] = {}
    if "np" in flags:
        flags = flags.replace("np", "")
        found["name_pointing"] = True
    for flag in flags:
        assert flag in _FLAGS, f"{name}: unknown flag {flag!r}"
        found[_FLAGS[flag]] = True
    return found


def read_type(text: str, name: str) -> tuple[str, dict[str, Any]]:
    """The type word and its sizes: `string(40)`, `currency(18,2)`, `int(8)`, `date`."""
    match = TYPE.fullmatch(text)
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
    elif kind not in ("boolean", "date", "datetime", "time", "address", "location", "base64"):
        # Picklists may leave their length out: custom ones are always 255 characters.
        assert first or kind in ("picklist", "multipicklist"), f"{name}: {text!r} needs a length"
        sizes["length"] = first or (4099 if kind == "multipicklist" else 255)
    return kind, sizes


def picklist_value(entry: Any, default: Any) -> PicklistValue:
    """An entry is a value, or a table with value, label, active and valid_for (see `metadata.PicklistValue`)."""
    if isinstance(entry, Mapping):
        value = str(entry["value"])
        valid_for = entry.get("valid_for")
        return PicklistValue(
            value=value,
            label=str(entry.get("label", value)),
            default=value == default,
            active=bool(entry.get("active", True)),
            valid_for=tuple(valid_for) if isinstance(valid_for, list) else valid_for,
        )
    return PicklistValue(value=str(entry), label=str(entry), default=entry == default)


def default_of(kind: str, values: Sequence[PicklistValue]) -> Any:
    """What an omitted field gets when its row does not say: unchecked, or the default value."""
    if kind == "boolean":
        return False
    return next((each.value for each in values if each.default), None)
