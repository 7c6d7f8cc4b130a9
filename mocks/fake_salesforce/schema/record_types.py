"""Record types of an org file: `record_types` of an object, and the rows of RecordType and BusinessProcess they make.

    [[objects.Account.record_types]]
    name = "Customer"
    default = true                       # what a row gets that names none
    picklists = {Type = ["Prospect"]}    # what it offers; a field not named offers everything

Rule 1: an object has RecordTypeId exactly when it has record types (or the feature `record_types`).
Rule 2: ids follow from the order of the file, so that two orgs of one file agree; an imported one keeps its own.
Source: Object Reference v62, RecordType and BusinessProcess; describes recorded by CumulusCI for recordTypeInfos.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fake_salesforce import record_ids
from fake_salesforce.schema.metadata import Field, RecordType, SObject
from fake_salesforce.schema.org_file import RECORD_TYPE_KEYS, OrgFile, checked, refuse, table, texts

PREFIX = "012"
PROCESS_PREFIX = "019"
_DEVELOPER_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")


def read_record_types(own: OrgFile) -> dict[str, tuple[RecordType, ...]]:
    """The record types of each object that has some. Raises MisuseError."""
    found: dict[str, tuple[RecordType, ...]] = {}
    serial = 0
    for name, each in (*own.added.items(), *own.created.items()):
        rows = each.get("record_types", ())
        types: list[RecordType] = []
        for number, row in enumerate(rows, start=1):
            serial += 1
            types.append(_read(row, serial, f"objects.{name}.record_types[{number}]"))
        if types:
            found[name] = _with_default(types, f"objects.{name}.record_types")
    return found


def _read(given: object, serial: int, where: str) -> RecordType:
    row = checked(given, RECORD_TYPE_KEYS, where)
    name = row.get("name", row.get("developer_name", ""))
    if not name:
        refuse(where, "has no name", 'say e.g. name = "Customer"')
    developer_name = row.get("developer_name", re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_"))
    if _DEVELOPER_NAME.fullmatch(developer_name) is None:
        refuse(where, f"developer_name {developer_name!r} is none", "use letters, digits and single _")
    record_id = record_ids.canonical(row.get("id", record_ids.mint(PREFIX, serial)))
    if record_id is None or record_id[:3] != PREFIX:
        refuse(where, f"id {row['id']!r} is no id of a record type", "leave it out")
    return RecordType(
        id=record_id,
        name=name,
        developer_name=developer_name,
        description=row.get("description"),
        active=row.get("active", True),
        available=row.get("available", True),
        default=row.get("default", False),
        business_process=row.get("business_process"),
        picklists={
            field: frozenset(texts(values, f"{where}.picklists.{field}"))
            for field, values in table(row.get("picklists", {}), f"{where}.picklists").items()
            if isinstance(values, list) or refuse(f"{where}.picklists.{field}", "is no list", "list the values")
        },
    )


def _with_default(types: Sequence[RecordType], where: str) -> tuple[RecordType, ...]:
    """One default: the one that says so, else the first that is active."""
    for name in [each.developer_name for each in types]:
        if sum(each.developer_name == name for each in types) > 1:
            refuse(where, f"{name!r} stands there twice", "remove one")
    chosen = [each for each in types if each.default]
    if len(chosen) > 1:
        refuse(where, "has two defaults", "leave default out of all but one")
    if chosen and not chosen[0].active:
        refuse(where, f"the default {chosen[0].developer_name!r} is not active", "choose another")
    first = next((each for each in (*chosen, *types) if each.active and each.available), None)
    return tuple(replace(each, default=each is first) for each in types)


def checked_record_types(types: Sequence[RecordType], fields: Sequence[Field], where: str) -> tuple[RecordType, ...]:
    """*types*, when their picklists are fields and values of the object."""
    known = {each.name: each for each in fields}
    for number, each in enumerate(types, start=1):
        for name, values in each.picklists.items():
            here = f"{where}.record_types[{number}].picklists.{name}"
            field = known.get(name)
            if field is None or field.type not in ("picklist", "multipicklist", "combobox"):
                refuse(here, "is no picklist of the object", "use the name of one")
            for value in sorted(values - {one.value for one in field.picklist}):
                refuse(here, f"{value!r} is not one of its values", f"use {[one.value for one in field.picklist]}")
    return tuple(types)


def check_dependencies(fields: Sequence[Field], where: str) -> None:
    """Refuse a picklist that depends on no field, or on values that field does not have."""
    known = {each.name: each for each in fields}
    for field in fields:
        here = f"{where}.fields.{field.name}"
        if field.controller is None:
            if any(entry.valid_for is not None for entry in field.picklist):
                refuse(here, "has valid_for and no controller", "name the field it depends on")
            continue
        controller = known.get(field.controller)
        if controller is None or controller.type not in ("boolean", "picklist") or controller is field:
            refuse(here, f"controller {field.controller!r} is no picklist or checkbox here", "name one")
        values = {entry.value for entry in controller.picklist} or {"false", "true"}
        for entry in field.picklist:
            if isinstance(entry.valid_for, tuple) and not set(entry.valid_for) <= values:
                refuse(here, f"{entry.value!r} is valid for what {controller.name} has not", f"use {sorted(values)}")


def record_type_rows(sobjects: Sequence[SObject]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """The rows of RecordType and BusinessProcess that the record types of *sobjects* are."""
    types: list[dict[str, Any]] = []
    processes: dict[tuple[str, str], dict[str, Any]] = {}
    for sobject in sobjects:
        for each in sobject.record_types:
            process = None
            if each.business_process is not None:
                key = (sobject.name, each.business_process)
                made = {
                    "Id": record_ids.mint(PROCESS_PREFIX, len(processes) + 1),
                    "Name": each.business_process,
                    "TableEnumOrId": sobject.name,
                    "IsActive": True,
                }
                process = processes.setdefault(key, made)["Id"]
            types.append({
                "Id": each.id,
                "Name": each.name,
                "DeveloperName": each.developer_name,
                "Description": each.description,
                "BusinessProcessId": process,
                "SobjectType": sobject.name,
                "IsActive": each.active,
            })  # fmt: skip
    rows = {"BusinessProcess": tuple(processes.values()), "RecordType": tuple(types)}
    return {name: found for name, found in rows.items() if found}
