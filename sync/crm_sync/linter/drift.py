"""What changed in an org's describe between two runs (F33, F69).

Law: two describes have one hash exactly when `drift` has nothing to say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from crm_sync.known import SfField, SfObject

_SETS = ("values", "references")


def as_data(sobject: SfObject) -> dict[str, Any]:
    """The describe as JSON can hold it, in one order, to be kept for the next run."""
    known = {}
    for name in sorted(sobject.fields):
        row = asdict(sobject.fields[name])
        known[name] = {**row, **{key: sorted(row[key]) for key in _SETS}}
    return {"name": sobject.name, "key_prefix": sobject.key_prefix, "fields": known}


def from_data(data: Mapping[str, Any]) -> SfObject:
    """What `as_data` made; attributes that a newer version added have their defaults."""
    known = {field.name for field in fields(SfField)}
    made = {}
    for name, row in data["fields"].items():
        kept = {key: value for key, value in row.items() if key in known}
        made[name] = SfField(**{**kept, **{key: frozenset(kept.get(key) or ()) for key in _SETS}})
    return SfObject(data["name"], data["key_prefix"], made)


def describe_hash(sobject: SfObject) -> str:
    """A fingerprint of everything that `drift` tells."""
    text = json.dumps(as_data(sobject), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def drift(before: SfObject, after: SfObject) -> list[str]:
    """One line for each change, in the order of the fields' names; an empty list for the same describe."""
    name = after.name
    lines = [f"{name}: it was {before.name}"] if before.name != name else []
    if before.key_prefix != after.key_prefix:
        lines.append(f"{name}: its ids began with {before.key_prefix}, now {after.key_prefix}")
    for field in sorted(before.fields.keys() | after.fields.keys()):
        old, new = before.fields.get(field), after.fields.get(field)
        if new is None:
            assert old is not None
            lines.append(f"{name}.{field} is gone: {_successors(old, before, after)}")
        elif old is None:
            lines.append(f"{name}.{field} is new ({new.type or 'unknown type'})")
        else:
            lines += [f"{name}.{field} {change}" for change in _changes(old, new)]
    return lines


def _successors(gone: SfField, before: SfObject, after: SfObject) -> str:
    """Who may be the field under another name: describes know no identity beside the name."""
    alike = sorted(
        new.name
        for new in after.fields.values()
        if new.name not in before.fields
        and new.name.endswith("__c")
        and (new.type, new.length, new.values, new.references) == (gone.type, gone.length, gone.values, gone.references)
    )
    if alike:
        return f"deleted, hidden from this user, or renamed (to {' or '.join(alike)}?)"
    return "deleted, or hidden from this user"


def _changes(old: SfField, new: SfField) -> list[str]:
    lines = []
    if old.type != new.type:
        lines.append(f"was of type {old.type}, now {new.type}")
    if old.length != new.length:
        lines.append(f"held {old.length} characters, now {new.length}")
    if old.values - new.values:
        lines.append(f"no longer has the values {', '.join(sorted(old.values - new.values))}")
    if new.values - old.values:
        lines.append(f"has new values: {', '.join(sorted(new.values - old.values))}")
    if old.references != new.references:
        lines.append(f"referred to {_named(old.references)}, now {_named(new.references)}")
    flags = {
        "createable": ("can be set on creation now", "can no longer be set on creation"),
        "updateable": ("can be changed now", "can no longer be changed"),
        "restricted": ("takes only its own values now", "takes any value now"),
        "calculated": ("is calculated now", "is no longer calculated"),
        "nillable": ("may be empty now", "must be filled now"),
        "unique": ("is unique now", "is no longer unique"),
        "external_id": ("is an external id now", "is no longer an external id"),
        "defaulted": ("is filled by Salesforce now", "is no longer filled by Salesforce"),
    }
    for flag, (gained, lost) in flags.items():
        was, now = getattr(old, flag), getattr(new, flag)
        if was != now:
            lines.append(gained if now else lost)
    if old.default != new.default:
        lines.append(f"had the default {old.default!r}, now {new.default!r}")
    if (old.name, old.relationship) != (new.name, new.relationship):
        lines.append(f"was reached as {old.relationship or old.name}, now {new.relationship or new.name}")
    return lines


def _named(objects: frozenset[str]) -> str:
    return ", ".join(sorted(objects)) or "nothing"
