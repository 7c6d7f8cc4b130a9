"""The JSON Schema of a capsule: generated from the operations and settings that worlds know, never behind them.

`understudy capsule schema` prints it.
Source of the form: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from crm_contracts.capsules.capsule import BREAKS, FORMAT
from crm_contracts.world import ops
from crm_contracts.world.pairs import ops as pair_ops
from crm_contracts.world.profiles import PROFILES

__all__ = ["schema"]

TEXT = {"type": "string"}
_SIDES = {"planhat": ops.SIDES, "pairs": pair_ops.SIDES}
_OPS = {"planhat": ops.KINDS, "pairs": pair_ops.KINDS}
_STARTING = ("create", "edit", "complete", "ignore", "tick")


@cache
def schema() -> dict[str, Any]:
    """The whole schema, as JSON data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Understudy capsule",
        "description": "A bug of a two-way sync between Salesforce and a partner, as a file that replays it.",
        "type": "object",
        "required": ["capsule", "title", "profile", "ops"],
        "properties": {
            "capsule": {"description": "The version of this format.", "type": "integer", "minimum": 1},
            "title": {"description": "The bug in one line.", "type": "string", "minLength": 1},
            "saw": {"description": "What the customer saw, in the customer's words.", **TEXT},
            "failure": {"description": "The failure mode it belongs to.", "type": "string", "pattern": "^F[0-9]{2}$"},
            "source": {"description": "Where it comes from.", **TEXT},
            "profile": {"description": "The partner.", "enum": list(PROFILES)},
            "settings": {"description": "The integration's settings; unsaid: default.", "type": "object"},
            "org": _object(
                "The Salesforce org.",
                external_id={"description": "A unique external-id field on the synced objects.", "type": "boolean"},
                task_fields={"description": "Further fields of Task, by name.", "type": "object"},
            ),
            "clock": {"description": "When the story begins, ISO 8601 with a zone.", **TEXT},
            "customers": {
                "description": "Accounts by handle.",
                "type": "object",
                "additionalProperties": _object(
                    "An account.",
                    salesforce={"description": "Is it in Salesforce?", "type": "boolean"},
                    partner={"description": "Does the partner know it?", "type": "boolean"},
                    name={"description": "Its name.", **TEXT},
                    id={"description": "Its Salesforce id, where the bug needs that very id.", **TEXT},
                ),
            },
            "people": {
                "description": "Contacts of customers, known on both sides (Planhat).",
                "type": "array",
                "items": _people("at"),
            },
            "owners": {"description": "Users of Planhat.", "type": "array", "items": _people()},
            "start": {
                "description": "What was there before the integration was switched on: " + ", ".join(_STARTING) + ".",
                "type": "array",
            },
            "ops": {"description": "What happened, in its order.", "type": "array"},
            "breaks": {"description": "The invariant that the bug violates.", "enum": list(BREAKS)},
            "engine": {
                "description": "One of our syncs with a known fault, in which the bug shows.",
                "type": "object",
                "properties": {"published": TEXT, "planted": TEXT},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
            "expect": {
                "description": "The records in the end: handle -> side -> how many, or the fields of the only one.",
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": {"type": ["integer", "object"], "minimum": 0},
                },
            },
            "log": {
                "description": "SHA-256 of the requests of the reference sync.",
                "type": "string",
                "pattern": "^[0-9a-f]{64}$",
            },
            "versions": {"description": "What wrote it.", "type": "object", "additionalProperties": TEXT},
            "questions": {"description": "What could not be inferred.", "type": "array", "items": TEXT},
        },
        "allOf": [
            {
                "if": {"properties": {"profile": {"const": name}}},
                "then": {
                    "properties": {
                        "start": {"items": _ops(_world(name), only=_STARTING)},
                        "ops": {"items": _ops(_world(name))},
                        "expect": {"additionalProperties": {"propertyNames": {"enum": list(_SIDES[_world(name)])}}},
                    }
                },
            }
            for name in PROFILES
        ],
        "$comment": f"Format {FORMAT}. A later format may have keys that this one does not know.",
    }


def _world(profile: str) -> str:
    return "planhat" if profile == "planhat" else "pairs"


def _object(description: str, **properties: Any) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _people(*more: str) -> dict[str, Any]:
    names = ("first", "last", "email", *more)
    return _object("A person.", **dict.fromkeys(names, TEXT)) | {"required": list(names)}


def _ops(world: str, only: Sequence[str] = ()) -> dict[str, Any]:
    kinds = {name: kind for name, kind in _OPS[world].items() if not only or name in only}
    return {
        "type": "object",
        "required": ["op"],
        "properties": {"op": {"enum": list(kinds)}},
        "allOf": [
            {"if": {"properties": {"op": {"const": name}}}, "then": _op(kind, _SIDES[world])}
            for name, kind in kinds.items()
        ],
    }


def _op(kind: type[ops.Op], sides: Sequence[str]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties: dict[str, Any] = {"op": True}
    for one in fields(kind):
        properties[one.name] = {"enum": list(sides)} if one.name == "side" else _type(hints[one.name])
    required = [one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING]
    return {"properties": properties, "required": required, "additionalProperties": False}


_SIMPLE: Mapping[Any, str] = {str: "string", int: "integer", bool: "boolean"}


def _type(hint: Any) -> dict[str, Any]:
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        kinds = [one for one in get_args(hint) if one is not type(None)]
        return {"type": [*(_SIMPLE[one] for one in kinds), "null"]}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object"}
    assert origin is not None
    assert issubclass(origin, Sequence), f"a schema for {hint}"
    return {"type": "array", "items": _type(get_args(hint)[0])}
