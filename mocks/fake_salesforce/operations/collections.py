"""sObject collections: up to 200 rows in one call, each with its own result.

Rule 1: one call is one transaction; a row that is refused rolls back alone, or with `allOrNone`
takes all others with it.
Rule 2: a result stands where its row stood; errors say `statusCode`, not `errorCode`.
Rule 3: what the JSON reader refuses refuses the whole call.
Rule 4: rows are saved in chunks of one type. A row that is rolled back shows the id it had before the call, or was
given in a chunk that was done before the first refused row; in the refused chunk no new row gets one (the guide's
samples show both; that it is by chunk is assumed).
Source: REST API Developer Guide, sObject Collections; results recorded by CumulusCI.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from fake_core.faults import Fault
from fake_salesforce import record_ids
from fake_salesforce.errors import SalesforceError, among_many, salesforce_error
from fake_salesforce.operations import records, rows
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.records import ManyFound
from fake_salesforce.operations.values import TypeMismatch, flag
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject

RECORDS_MAX = 200
CHUNKS_MAX = 10  # runs of rows of one type
RETRIEVE_BY_POST_MAX = 2_000

Item = dict[str, Any]
Step = Callable[[Caller, int], Item]


class _RolledBack(Exception):
    """A row was refused and the call is all or none."""


# --- reading the request ----------------------------------------------------------------------------


def _request(body: Any) -> tuple[list[Any], bool]:
    """(records, allOrNone) of a body; raises SalesforceError."""
    if not isinstance(body, dict) or not isinstance(body.get("records"), list):
        raise salesforce_error("JSON_PARSER_ERROR", text="The value for the field records is missing")
    found = body["records"]
    _refuse_more_than(RECORDS_MAX, len(found))
    return found, flag(body.get("allOrNone"), "allOrNone")


def _refuse_more_than(limit: int, number: int) -> None:
    if number > limit:
        raise salesforce_error("EXCEEDED_ID_LIMIT", limit=limit)


def _type_of(record: Any) -> str:
    """The type a record says it has; raises for one that says none."""
    attributes = record.get("attributes") if isinstance(record, dict) else None
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise salesforce_error("INVALID_FIELD.type_missing")
    return name


def _typed(org: Org, found: Sequence[Any]) -> list[tuple[SObject, dict[str, Any]]]:
    """Each record with its object; raises for a record without a type and for too many chunks."""
    typed = [(records.find_sobject(org, _type_of(record)), record) for record in found]
    chunks = sum(1 for _ in groupby(typed, key=lambda pair: pair[0].name))
    if chunks > CHUNKS_MAX:
        text = f"Too many chunks of records of the same type: {chunks}, at most {CHUNKS_MAX}"
        raise salesforce_error("LIMIT_EXCEEDED", text=text)
    return typed


# --- running ----------------------------------------------------------------------------------------


def _run(
    org: Org, caller: Caller, steps: Sequence[Step], *, all_or_none: bool, types: Sequence[str] = (), new: bool = False
) -> list[Item]:
    """Each step's item. *types* of the rows tell the chunks apart; with *new* every id is one of the call's own."""
    items: list[Item] = []
    try:
        with org.store.begin():
            for number, step in enumerate(steps):
                items.append(_item(struck(caller, number), step, number))
            if all_or_none and not all(item["success"] for item in items):
                raise _RolledBack  # noqa: TRY301 - the transaction is left by raising
    except _RolledBack:
        return _rolled_back(items, types, new=new)
    return items


def _rolled_back(items: list[Item], types: Sequence[str], *, new: bool) -> list[Item]:
    """The items of a call that is undone: what was refused as it is, everything else without success."""
    error = salesforce_error("ALL_OR_NONE_OPERATION_ROLLED_BACK").as_item("statusCode")
    first = next(number for number, item in enumerate(items) if not item["success"])
    while first and types and types[first - 1] == types[first]:
        first -= 1  # where the refused chunk begins
    if not types:
        first = 0
    undone = []
    for number, item in enumerate(items):
        if item["success"]:
            made_here = new or item.get("created", False)
            shown = {} if made_here and number >= first else {"id": item["id"]}
            undone.append({**shown, "success": False, "errors": [error]})
        else:
            undone.append(item)
    return undone


def _item(caller: Caller, step: Step, number: int) -> Item:
    try:
        return step(caller, number)  # each operation has its own savepoint inside the call's transaction
    except SalesforceError as error:
        return {"success": False, "errors": [among_many(error).as_item("statusCode")]}


def struck(caller: Caller, number: int) -> Caller:
    """The caller of row *number*: a refused item meets a locked row, the others meet none."""
    if caller.fault is None or caller.fault.kind != "item_refused":
        return caller
    hit = caller.fault.item == number
    return replace(caller, fault=Fault(kind="row_locked") if hit else None)


def _done(record_id: str) -> Item:
    return {"id": record_id, "success": True, "errors": []}


# --- the operations ---------------------------------------------------------------------------------


def create(org: Org, caller: Caller, *, body: Any) -> list[Item]:
    """New rows, in order. Raises TypeMismatch or SalesforceError for the whole call."""
    found, all_or_none = _request(body)
    typed = _typed(org, found)

    def step(caller: Caller, number: int) -> Item:
        sobject, record = typed[number]
        return _done(records.create(org, caller, sobject=sobject, body=record))

    types = [sobject.name for sobject, _ in typed]
    return _run(org, caller, [step] * len(typed), all_or_none=all_or_none, types=types, new=True)


def update(org: Org, caller: Caller, *, body: Any) -> list[Item]:
    """Changed rows, each named by its id. Raises TypeMismatch or SalesforceError."""
    found, all_or_none = _request(body)
    typed = _typed(org, found)

    def step(caller: Caller, number: int) -> Item:
        sobject, record = typed[number]
        text, rest = _split_id(record)
        if text is None:
            raise salesforce_error("MISSING_ARGUMENT.id", operation="update")
        record_id = _id_of(sobject, text)
        records.update(org, caller, sobject=sobject, record_id=record_id, body=rest)
        return _done(record_id)

    return _run(org, caller, [step] * len(typed), all_or_none=all_or_none)


def _split_id(record: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    rest = {key: value for key, value in record.items() if key.lower() != "id"}
    text = next((value for key, value in record.items() if key.lower() == "id"), None)
    return text, rest


def _id_of(sobject: SObject, text: Any) -> str:
    if not isinstance(text, str):
        raise TypeMismatch(kind="reference", value=text, key="Id")
    record_id = record_ids.canonical(text)
    if record_id is None or record_id[:3] != sobject.key_prefix:
        raise salesforce_error("MALFORMED_ID", label=sobject.id_label, field="Id", value=text)
    return record_id


def upsert(org: Org, caller: Caller, *, sobject: SObject, key: str, body: Any) -> list[Item]:
    """Rows created or changed by *key*: an external id, an idLookup field, or Id."""
    field = sobject.field(key)
    if field is None or field.name != "Id":
        field = records.find_key_field(sobject, key)
    found, all_or_none = _request(body)
    for record in found:
        if records.find_sobject(org, _type_of(record)) is not sobject:
            raise salesforce_error("INVALID_FIELD.type_of_path", object=sobject.name)
    by_id = field.name == "Id"
    twice = set() if by_id else _repeated(field, found)

    def step(caller: Caller, number: int) -> Item:
        if number in twice:
            value = _value_of(found[number], field)
            raise salesforce_error("DUPLICATE_VALUE.external_id", field=field.name, value=value)
        one = _upsert_by_id if by_id else _upsert_by_key
        record_id, created = one(org, caller, sobject, field, found[number])
        return {**_done(record_id), "created": created}

    return _run(org, caller, [step] * len(found), all_or_none=all_or_none)


def _repeated(field: Field, found: Sequence[dict[str, Any]]) -> set[int]:
    """Numbers of the records whose external id an earlier one of the call has."""
    seen: set[str] = set()
    twice = set()
    for number, record in enumerate(found):
        value = _value_of(record, field)
        if value is None:
            continue
        text = str(value).strip()
        text = text if field.case_sensitive else text.lower()
        if text in seen:
            twice.add(number)
        seen.add(text)
    return twice


def _value_of(record: dict[str, Any], field: Field) -> Any:
    return next((value for key, value in record.items() if key.lower() == field.name.lower()), None)


def _upsert_by_id(org: Org, caller: Caller, sobject: SObject, field: Field, record: dict[str, Any]) -> tuple[str, bool]:
    del field
    text, rest = _split_id(record)
    if text is None:
        return records.create(org, caller, sobject=sobject, body=rest), True
    record_id = _id_of(sobject, text)
    records.update(org, caller, sobject=sobject, record_id=record_id, body=rest)
    return record_id, False


def _upsert_by_key(
    org: Org, caller: Caller, sobject: SObject, field: Field, record: dict[str, Any]
) -> tuple[str, bool]:
    value = records.key_value(field, _value_of(record, field))
    if value is None:
        raise salesforce_error("MISSING_ARGUMENT.external_id", field=field.name)
    rest = {key: one for key, one in record.items() if key.lower() != field.name.lower()}
    try:
        return records.upsert(org, caller, sobject=sobject, field=field, value=value, body=rest)
    except ManyFound as many:
        raise salesforce_error(
            "DUPLICATE_EXTERNAL_ID",
            label=field.label,
            field=field.name,
            value=", ".join(record_ids.to_15(one) for one in many.ids),
        ) from many


def delete(org: Org, caller: Caller, *, ids: Sequence[str], all_or_none: bool) -> list[Item]:
    """Rows of any objects, deleted in order."""
    _refuse_more_than(RECORDS_MAX, len(ids))

    def step(caller: Caller, number: int) -> Item:
        text = ids[number]
        record_id = record_ids.canonical(text)
        sobject = org.schema.by_prefix(record_id) if record_id is not None else None
        if record_id is None or sobject is None:
            raise salesforce_error("MALFORMED_ID.delete", value=text)
        records.delete(org, caller, sobject=sobject, record_id=record_id)
        return _done(record_id)

    return _run(org, caller, [step] * len(ids), all_or_none=all_or_none)


def retrieve(
    org: Org, *, sobject: SObject, ids: Sequence[str], names: Sequence[str], base: str
) -> list[rows.Row | None]:
    """Chosen fields of many rows, None where there is none; raises SalesforceError."""
    _refuse_more_than(RETRIEVE_BY_POST_MAX, len(ids))
    return rows.get_many(org, sobject=sobject, ids=ids, names=names, base=base)
