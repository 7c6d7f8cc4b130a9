"""A model: its properties as data, the marshmallow schema made from them, and the order of keys in its answers.

Rule 1: what a record is stored as is what GET of one record answers; every other answer is made from it.
Rule 2: the caller's keys keep the caller's order, as the documented create example shows.
Rule 3: unknown top-level keys vanish; unknown keys of `custom` stay; `custom.X` is `custom` with the key X.
Source: data/models/*.toml.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import EXCLUDE, Schema, ValidationError

from fake_planhat.data_files import read_toml
from fake_planhat.errors import PlanhatError
from fake_planhat.models.fields import Cast, Refused, field_of

Document = dict[str, Any]
_STAMPS = ("createdAt", "updatedAt")


@dataclass(frozen=True)
class Property:
    """One row of a model's file; see the head of data/models/task.toml for the meaning of each key."""

    name: str
    type: str
    auto: bool = False
    place: str = ""
    default: str = ""
    after: str = ""
    choices: tuple[str, ...] = ()
    not_in_create_answer: bool = False
    create_answer: str = ""
    switch: str = ""
    grade: str = ""


@dataclass(frozen=True)
class ReadDefault:
    """A key that a read adds behind *after*; a write answer leaves it out while it has this default."""

    name: str
    after: str
    default: Any
    only_when: Mapping[str, Any]


class Model:
    """One collection of records."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.name: str = row["name"]
        self.collection: str = row["collection"]
        self.source: str = row["source"]
        self.keyables: tuple[str, ...] = tuple(row["keyables"])
        self.prefixes: tuple[str, ...] = tuple(row["prefixes"])
        self.required: tuple[str, ...] = tuple(row["required"])
        self.required_any: tuple[str, ...] = tuple(row.get("required_any", ()))
        self.list_default: int = row["list_default"]
        self.list_max: int = row["list_max"]
        self.filters: tuple[str, ...] = tuple(row["filters"])
        self.not_in_list: tuple[str, ...] = tuple(row.get("not_in_list", ()))
        self.deletes_with_document: bool = row.get("deletes_with_document", False)
        self.properties = tuple(
            Property(**{**one, "choices": tuple(one.get("choices", ()))}) for one in row["properties"]
        )
        self.auto = frozenset(one.name for one in self.properties if one.auto)
        self.head = tuple(one.name for one in self.properties if one.place == "head")
        self.tail = tuple(one.name for one in self.properties if one.place == "tail")
        self.defaults: dict[str, Any] = {
            one.name: json.loads(one.default)
            for one in self.properties
            if one.default and one.place in {"head", "tail"} and not one.switch
        }
        self.switched_defaults = {
            one.name: (one.switch, json.loads(one.default)) for one in self.properties if one.switch
        }
        self.read_defaults = _read_defaults(self.properties, row.get("read_defaults", ()))
        self._read_only_empty = {one.name: one.default for one in self.read_defaults}
        self._not_in_create = frozenset(one.name for one in self.properties if one.not_in_create_answer)
        self._create_values = {one.name: json.loads(one.create_answer) for one in self.properties if one.create_answer}
        self._schemas = {strict: self._schema(strict=strict) for strict in (False, True)}

    def __repr__(self) -> str:
        return f"<Model {self.name}>"

    def _schema(self, *, strict: bool) -> Schema:
        made = {
            one.name: field_of(one.type, strict=strict, choices=one.choices) for one in self.properties if not one.auto
        }
        schema = Schema.from_dict(cast("dict[str, Any]", made), name=f"{self.name}Body")
        return schema(unknown=EXCLUDE)

    def read_body(self, body: Mapping[str, Any], *, casting: str) -> Document:
        """What *body* says of this model, cast, in the caller's order; raises PlanhatError (cast, not_a_choice).

        `custom` and dotted `custom.X` come out as one `custom` object of the keys to merge.
        """
        schema = self._schemas[casting == "strict"]
        try:
            loaded = schema.load(body)
        except ValidationError as error:
            raise _refusal(schema, body, error) from None
        said = {key: loaded[key] for key in body if key in loaded}
        dotted = {key[7:]: value for key, value in body.items() if key.startswith("custom.") and key[7:]}
        if dotted or said.get("custom", dotted) is None:
            said["custom"] = {**(said.get("custom") or {}), **dotted}
        return said

    def stored(self, record_id: str, document: Document) -> Document:
        """*document* in the order GET shows: `_id` first, read defaults behind their anchors, stamps as they stand."""
        shown: Document = {"_id": record_id}
        missing = [
            one
            for one in self.read_defaults
            if one.name not in document and all(document.get(key) == value for key, value in one.only_when.items())
        ]
        for key, value in document.items():
            shown[key] = value
            for one in missing:
                if one.after == key:
                    shown[one.name] = one.default
        for one in missing:  # an anchor that is not there: a seeded row of another shape
            shown.setdefault(one.name, one.default)
        return shown

    def written(self, document: Document, *, created: bool) -> Document:
        """The answer to a create or an update: head defaults, `_id` (which opens a stored record), the rest.

        What only reads add is left out.
        """
        answer: Document = {key: document[key] for key in self.head if key in document}
        for key, value in document.items():
            if key in answer or key in _STAMPS:
                continue
            if key in self._read_only_empty and value == self._read_only_empty[key]:
                continue
            if not (created and key in self._not_in_create):
                answer[key] = value
        if created:
            answer.update(self._create_values)
        answer.update({key: document[key] for key in _STAMPS if key in document})
        return answer


def _read_defaults(properties: tuple[Property, ...], extra: Any) -> tuple[ReadDefault, ...]:
    placed = [
        ReadDefault(one.name, one.after, json.loads(one.default), {}) for one in properties if one.place == "read"
    ]
    given = [
        ReadDefault(one["name"], one["after"], json.loads(one["default"]), one.get("only_when", {})) for one in extra
    ]
    return (*placed, *given)


def _refusal(schema: Schema, body: Mapping[str, Any], error: ValidationError) -> PlanhatError:
    """Mongoose's words for the first value, in the caller's order, that could not be cast."""
    assert isinstance(error.messages, dict)
    path = next(key for key in body if key in error.messages)
    field = schema.fields[path]
    assert isinstance(field, Cast)
    try:
        field.deserialize(body[path])
    except Refused as refused:
        key = "not_a_choice" if refused.kind == "choice" else "cast"
        return PlanhatError(key, kind=refused.kind, path=path, value=refused.value)
    raise AssertionError(f"{path} was refused and is now accepted")


def _load(name: str) -> Model:
    return Model(read_toml(f"models/{name}.toml"))


COMPANY = _load("company")
ENDUSER = _load("enduser")
USER = _load("user")
TASK = _load("task")
CONVERSATION = _load("conversation")
MODELS = (COMPANY, ENDUSER, USER, TASK, CONVERSATION)
