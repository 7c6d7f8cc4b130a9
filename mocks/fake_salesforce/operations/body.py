"""From the JSON object of a row to column values, in the order in which the vendor refuses.

1. the JSON reader: a value its field cannot be read from (TypeMismatch), first in the body's order;
2. unknown names, the first of them; 3. all fields the client may not write, together;
4. each value in the body's order: length, picklist, email, range, reference; 5. nulls in required
fields, together.
Rule: names are matched without regard to case; `attributes` is no field.
Source: REST API Developer Guide, sObject Rows; the order is as observed in public issues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fake_salesforce import record_ids
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import values
from fake_salesforce.operations.access import no_such_parent, refuse_owner
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject


@dataclass(frozen=True, slots=True)
class Given:
    """What a client wrote, read but not yet checked. *parents*: reference field -> {name: value}."""

    fields: tuple[tuple[Field, Any], ...]
    parents: tuple[tuple[Field, Mapping[str, Any]], ...]


def read(org: Org, sobject: SObject, body: Any, *, creating: bool, url_field: Field | None = None) -> Given:
    """Steps 1 to 3. *url_field* is the external id an upsert names in its path, not in its body.

    Raises TypeMismatch or SalesforceError.
    """
    if not isinstance(body, dict):
        raise _not_an_object(body)
    fields: list[tuple[Field, Any]] = []
    parents: list[tuple[Field, Mapping[str, Any]]] = []
    unknown: str | None = None
    denied: list[str] = []
    prep = prepared(org, sobject)
    sobject, known = prep.sobject, prep.fields  # as the caller sees it
    for key, value in body.items():
        field = known.get(key) or sobject.field(key)
        if field is None:
            parent = None if key == "attributes" else org.schema.parent(sobject, key)
            if parent is not None:
                parents.append((parent, _parent_object(value, parent)))
                field = parent  # may the client write it? Judged like the reference itself
            else:
                if key != "attributes" and unknown is None and key.lower() not in sobject.silent:
                    unknown = key
                continue
        else:
            fields.append((field, values.parse(value, field)))
        if not (field.createable if creating else field.updateable):
            denied.append(field.name)
    if unknown is not None:
        raise salesforce_error("INVALID_FIELD.no_such_column", field=unknown, object=sobject.name)
    if denied and sobject.silent:
        dropped = {name for name in denied if name.lower() in sobject.silent}
        fields = [each for each in fields if each[0].name not in dropped]
        parents = [each for each in parents if each[0].name not in dropped]
        denied = [name for name in denied if name not in dropped]
    if denied:
        raise _denied(denied, creating=creating)
    if url_field is not None and any(field is url_field for field, _ in fields):
        raise salesforce_error("INVALID_FIELD.key_in_body", field=url_field.name)
    return Given(tuple(fields), tuple(parents))


def _denied(names: list[str], *, creating: bool) -> SalesforceError:
    if "Id" in names:
        if creating:
            return salesforce_error("INVALID_FIELD_FOR_INSERT_UPDATE.id_on_create")
        return salesforce_error("INVALID_FIELD.id_in_body")
    return salesforce_error("INVALID_FIELD_FOR_INSERT_UPDATE.read_only", fields=tuple(names))


def _not_an_object(body: Any) -> SalesforceError:
    token = "START_ARRAY" if isinstance(body, list) else values.token(body)[0]
    return salesforce_error("JSON_PARSER_ERROR.not_an_object", token=token, position="[line:1, column:1]")


def _parent_object(value: Any, field: Field) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise values.TypeMismatch(kind="complexvalue", value=value, key=field.relationship_name or "")
    return {key: one for key, one in value.items() if key != "attributes"}


def settle(org: Org, conn: sa.Connection, sobject: SObject, given: Given, *, creating: bool = False) -> dict[str, Any]:
    """Steps 4 and 5: column values by field name. Raises SalesforceError.

    When *creating*, the refusal of a null in a required field also names the required fields that are not there.
    """
    settled: dict[str, Any] = {}
    nulls: list[str] = []
    for field, value in given.fields:
        if value is None:
            if field.type == "boolean":
                raise salesforce_error("INVALID_TYPE_ON_FIELD_IN_RECORD", label=field.label, field=field.name, value="")
            if not field.nillable:
                nulls.append(field.name)
            settled[field.name] = None
        elif field.type == "reference":
            settled[field.name] = reference(org, conn, sobject, field, value)
        else:
            settled[field.name] = values.check(value, field)
    for field, keys in given.parents:
        settled[field.name] = _by_external_id(org, conn, sobject, field, keys)
    if nulls:
        if creating:
            absent = {each.name for each in sobject.required_fields} - settled.keys()
            nulls = [each.name for each in sobject.fields if each.name in nulls or each.name in absent]
        raise required_missing(nulls)
    return settled


def required_missing(names: list[str]) -> SalesforceError:
    """REQUIRED_FIELD_MISSING for these fields."""
    return salesforce_error("REQUIRED_FIELD_MISSING", fields=tuple(names))


def reference(org: Org, conn: sa.Connection, sobject: SObject, field: Field, value: str) -> str:
    """The id of an existing row that *field* may point at; raises SalesforceError."""
    record_id = record_ids.canonical(value)
    words: dict[str, Any] = {"label": field.label, "field": field.name, "value": value}
    if record_id is None:
        raise salesforce_error("MALFORMED_ID", **words)
    target = org.schema.by_prefix(record_id)
    if target is None or target.name not in field.reference_to:
        _refuse_unseen(org, conn, field, record_id)
        if field.name == "RecordTypeId":
            raise salesforce_error("INVALID_CROSS_REFERENCE_KEY.record_type", value=value)
        if target is None and record_id[:3] in _unfaked_prefixes(field):
            raise salesforce_error("INVALID_CROSS_REFERENCE_KEY")
        if field.name in _INTEGRITY_FIELDS:
            raise salesforce_error("FIELD_INTEGRITY_EXCEPTION.wrong_type", **words)
        raise salesforce_error("MALFORMED_ID", **words)
    state = prepared(org, target).select_state.one(conn, id=record_id)
    if state is None:
        _refuse_unseen(org, conn, field, record_id)
        if field.name == "RecordTypeId":
            raise salesforce_error("INVALID_CROSS_REFERENCE_KEY.record_type", value=value)
        raise salesforce_error("INVALID_CROSS_REFERENCE_KEY")
    if state[0]:
        raise salesforce_error("ENTITY_IS_DELETED")
    if field.name == "OwnerId" and not state[1]:
        raise salesforce_error("INACTIVE_OWNER_OR_USER", value=record_id, object=sobject.label.lower())
    if field.name == "OwnerId":
        refuse_owner(org, sobject.name, record_id)
    return record_id


def _refuse_unseen(org: Org, conn: sa.Connection, field: Field, record_id: str) -> None:
    """Raise the refusal of a row that is there and the caller may not see."""
    refusal = no_such_parent(org, conn, field, record_id)
    if refusal is not None:
        raise refusal


_QUEUE_PREFIX = "00G"
_INTEGRITY_FIELDS = frozenset({"WhoId", "WhatId"})  # another object's id here is no MALFORMED_ID


def _unfaked_prefixes(field: Field) -> tuple[str, ...]:
    """Prefixes of objects this org does not have but the field may point at."""
    return (_QUEUE_PREFIX,) if "Group" in field.reference_to else ()


def _by_external_id(org: Org, conn: sa.Connection, sobject: SObject, field: Field, keys: Mapping[str, Any]) -> str:
    """The parent's id from `{"Ext__c": "A1"}`; raises INVALID_FIELD, which names the parent's object."""
    entity = sobject.name
    for target_name in field.reference_to:
        target = org.schema.sobject(target_name)
        if target is None:
            continue
        for key, value in keys.items():
            key_field = target.field(key)
            if key_field is None:
                continue
            entity = target.name
            if not (key_field.external_id or key_field.id_lookup) or value is None:
                break
            found = _ids_where(org, conn, target, key_field, values.parse(value, key_field))
            if len(found) == 1:
                return found[0]
            break
    raise salesforce_error(
        "INVALID_FIELD.foreign_key_not_found",
        object=entity,
        field=next(iter(keys), ""),
        value=str(next(iter(keys.values()), "")),
    )


def _ids_where(org: Org, conn: sa.Connection, target: SObject, field: Field, value: Any) -> list[str]:
    prep = prepared(org, target)
    bound = values.check(value, field) if value is not None else None
    if field.type == "id":
        bound = record_ids.canonical(value)
    return [row[0] for row in prep.ids_with(field).run(conn, {"value": bound})]
