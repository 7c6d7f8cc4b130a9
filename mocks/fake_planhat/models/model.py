"""A model: its properties as data, the marshmallow schema made from them, and the order of keys in its answers.

Rule 1: what a record is stored as is what GET of one record answers; every other answer is made from it.
Rule 2: the caller's keys keep the caller's order, as the documented create example shows.
Rule 3: unknown top-level keys vanish; unknown keys of `custom` stay; `custom.X` is `custom` with the key X.
Rule 4: of an *open* model nobody published the properties: its unknown keys stay as they are (switch open_models).
Source: data/models/*.toml; the head of task.toml tells the keys of a row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import EXCLUDE, Schema, ValidationError

from fake_planhat.errors import PlanhatError
from fake_planhat.models.fields import Cast, Refused, field_of

Document = dict[str, Any]
OPERATIONS = ("create", "list", "bulkUpsert", "get", "update", "patch", "delete")
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
    min: float | None = None
    max: float | None = None
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
    """One collection of records, made of its file."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.name: str = row["name"]
        self.plural: str = row.get("plural", f"{self.name}s")
        self.collection: str = row["collection"]
        self.operations: tuple[str, ...] = tuple(row.get("operations", OPERATIONS))
        self.source: str = row["source"]
        self.keyables: tuple[str, ...] = tuple(row["keyables"])
        self.prefixes: tuple[str, ...] = tuple(row["prefixes"])
        self.required: tuple[str, ...] = tuple(row["required"])
        self.required_any: tuple[str, ...] = tuple(row.get("required_any", ()))
        self.list_default: int = row["list_default"]
        self.list_max: int = row["list_max"]
        self.filters: tuple[str, ...] = tuple(row["filters"])
        self.filter_of: dict[str, str] = row.get("filter_of", {})
        self.aliases: dict[str, str] = row.get("aliases", {})
        self.not_in_list: tuple[str, ...] = tuple(row.get("not_in_list", ()))
        self.deletes_with_document: bool = row.get("deletes_with_document", False)
        self.bulk_single: bool = row.get("bulk_single", False)
        self.bulk_extra: tuple[str, ...] = tuple(row.get("bulk_extra", ()))
        self.open: bool = row.get("open", False)
        self.members: str = row.get("members", "")
        self.columns: dict[str, str] = row.get("columns", {})
        self.properties = tuple(
            Property(**{**one, "choices": tuple(one.get("choices", ()))}) for one in row["properties"]
        )
        names = {one.name for one in self.properties}
        company, company_name = self.key_of("companyId"), row.get("company_name", "companyName")
        self.company_key = company if company in names else None
        self.company_name = company_name if company_name in names else None
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
        self.currencies = tuple(one.name for one in self.properties if one.type == "currency")
        self._names = frozenset(names)
        self._schemas: dict[tuple[bool, bool], Schema] = {}

    def __repr__(self) -> str:
        return f"<Model {self.name}>"

    def key_of(self, column: str) -> str:
        """The key of a document that stands in *column* of the table."""
        return self.columns.get(column, column)

    def column_of(self, key: str) -> str:
        """The column of the table in which *key* of a document stands."""
        return next((column for column, one in self.columns.items() if one == key), key)

    def _schema(self, *, strict: bool, validates: bool) -> Schema:
        made = {
            one.name: field_of(
                one.type,
                strict=strict,
                choices=one.choices if validates else (),
                limits=(one.min, one.max) if validates else (None, None),
            )
            for one in self.properties
            if not one.auto
        }
        schema = Schema.from_dict(cast("dict[str, Any]", made), name=f"{self.name}Body")
        return schema(unknown=EXCLUDE)

    def read_body(self, body: Mapping[str, Any], *, switches: Mapping[str, Any]) -> Document:
        """What *body* says of this model, cast, in the caller's order.

        Raises PlanhatError (cast, not_a_choice, out_of_range). `custom` and dotted `custom.X` come out as one `custom`
        object of the keys to merge. *switches* are the tenant's.
        """
        kind = (switches["casting"] == "strict", switches["validators"] == "refuse")
        schema = self._schemas.get(kind)
        if schema is None:
            schema = self._schemas[kind] = self._schema(strict=kind[0], validates=kind[1])
        kept = self.open and switches["open_models"] == "keep"
        try:
            loaded = schema.load(body)
        except ValidationError as error:
            raise _refusal(schema, body, error) from None
        said = {
            key: loaded.get(key, value)
            for key, value in body.items()
            if key in loaded or (kept and key not in self._names and not key.startswith("custom."))
        }
        dotted = {key[7:]: value for key, value in body.items() if key.startswith("custom.") and key[7:]}
        if "custom" in self._names and (dotted or said.get("custom", dotted) is None):
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
        key = {"choice": "not_a_choice", "range": "out_of_range"}.get(refused.kind, "cast")
        return PlanhatError(key, kind=refused.kind, path=path, value=refused.value)
    raise AssertionError(f"{path} was refused and is now accepted")
