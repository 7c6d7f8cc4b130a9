"""Seed data: documents put into the tables as they are given, for tests; and settings, switches and automations.

    {"companies": [...], "tasks": [...], any other model's collection: [...],
     "settings": {"inherit_source_id": true}, "switches": {"note_on_done": false},
     "automations": [{"name": ..., "trigger": "created", "model": "Task", "steps": [...]}]}

`automations` replaces those the tenant has (automations/config.py says what one looks like); seeding starts none.
A ticket is seeded as the Conversation it is; a company's `licenses` and `sales` are not filled from seeded ones.
A document keeps its `_id`, or gets one. A property has the type that answers show, or null; nothing else is validated,
derived or added.
"""

from __future__ import annotations

from typing import Any

from fake_core.errors import MisuseError
from fake_planhat.models import MODELS
from fake_planhat.models.fields import OBJECT_ID
from fake_planhat.models.model import Document
from fake_planhat.operations.reaching_back import reach_back
from fake_planhat.operations.rows import Work
from fake_planhat.store import COLLECTIONS
from fake_planhat.tenant import Tenant

_COLLECTIONS = {model.collection: model for model in MODELS}
_TEXT, _NUMBER = ("a text", (str,)), ("a number", (int, float))
_STORED = {
    "array": ("an array", (list,)),
    "object": ("an object", (dict,)),
    "boolean": ("true or false", (bool,)),
    "number": _NUMBER,
    "integer": _NUMBER,
}
_TYPES = {
    name: {one.name: _STORED.get(one.type, _TEXT) for one in model.properties} for name, model in _COLLECTIONS.items()
}
_OTHERS = ("settings", "switches")


def seed(tenant: Tenant, data: Any) -> dict[str, Any]:
    """Insert, replacing a record of the same `_id`; the `_id`s per collection. Raises MisuseError, changing nothing."""
    known = (*_COLLECTIONS, *_OTHERS, "automations")
    if not isinstance(data, dict):
        raise MisuseError(f"seed data is an object of {', '.join(known)}")
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise MisuseError(f"seed data has no part {unknown[0]!r}: there are {', '.join(known)}")
    for name in _OTHERS:
        if not isinstance(data.get(name, {}), dict):
            raise MisuseError(f"{name} is an object, not {data[name]!r}")
    if "automations" in data:
        tenant.automations.check(data["automations"])
    ids: dict[str, Any] = {}
    with tenant.store.begin() as connection:
        for name in _COLLECTIONS:
            documents = [_document(tenant, name, one) for one in _array(name, data.get(name, []))]
            collection = COLLECTIONS[_COLLECTIONS[name].name]
            for document in documents:
                collection.delete(connection, document["_id"])
            collection.insert(connection, list({one["_id"]: one for one in documents}.values()))
            if documents:
                ids[name] = [one["_id"] for one in documents]
        before = tenant.settings.dump()
        try:
            tenant.settings.change(data.get("settings", {}))
            tenant.switches.set(data.get("switches", {}))
        except MisuseError:
            tenant.settings.load(before)
            raise
        turned_on = tenant.settings.inherit_source_id and not before["settings"]["inherit_source_id"]
        if turned_on and tenant.switches["inherit_reaches_back"]:
            reach_back(tenant, Work(connection))
        if "automations" in data:
            tenant.automations.set(data["automations"])
    return {**ids, **{name: data[name] for name in (*_OTHERS, "automations") if name in data}}


def _array(name: str, given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise MisuseError(f"{name} is an array of documents, not {given!r}")
    return given


def _document(tenant: Tenant, name: str, given: Any) -> Document:
    if not isinstance(given, dict):
        raise MisuseError(f"a document of {name} is an object, not {given!r}")
    record_id = given.get("_id") or tenant.new_id(tenant.clock.now())
    if not isinstance(record_id, str) or not OBJECT_ID.fullmatch(record_id):
        raise MisuseError(f"_id {record_id!r} of {name}: 24 lower-case hexadecimal digits")
    types = _TYPES[name]
    for key, value in given.items():
        said, kinds = types.get(key, ("", (object,)))
        if value is not None and (not isinstance(value, kinds) or (kinds is _NUMBER[1] and isinstance(value, bool))):
            raise MisuseError(f"{key} of {name} is {said}, not {value!r}")
    return {**given, "_id": record_id} if "_id" in given else {"_id": record_id, **given}
