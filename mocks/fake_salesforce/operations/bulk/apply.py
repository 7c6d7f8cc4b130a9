"""Many rows, one operation: each row succeeds or fails alone.

Rule 1: a row is saved by the same code as a single one, so Bulk gives the rows that single calls would give. `fast`
saves many new rows together where that is proven to give the same.
Rule 2: rows are saved in chunks of 200, each chunk one transaction; inside another transaction it is a savepoint.
Rule 3: a cell is text, or what JSON gave; a name that is absent from a row leaves its field alone, None sets null.
Source: Bulk API 2.0 Developer Guide v67, How Requests Are Processed; error cells quoted by public clients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from fake_core.faults import Fault
from fake_salesforce import record_ids
from fake_salesforce.errors import SalesforceError, among_many, salesforce_error
from fake_salesforce.operations import records
from fake_salesforce.operations.bulk import columns
from fake_salesforce.operations.bulk.columns import Column
from fake_salesforce.operations.bulk.fast import Fast, Unsure
from fake_salesforce.operations.bulk.jobs import facts
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.records import ManyFound
from fake_salesforce.operations.values import TypeMismatch
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject

INSERT, UPDATE, UPSERT, DELETE, HARD_DELETE = "insert", "update", "upsert", "delete", "hardDelete"
OPERATIONS: Final = (INSERT, UPDATE, UPSERT, DELETE, HARD_DELETE)
ABSENT: Final[Any] = object()  # in a row of cells: this column says nothing about the row

Cells = Sequence[Any]  # one cell for each column, ABSENT where there is none


@dataclass(slots=True)
class Outcome:
    """What became of one row. *id* is "" for a row that was not created or could not be told."""

    id: str
    success: bool
    created: bool
    errors: list[SalesforceError] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One operation on rows of one object with the same columns; *key* is the field of an upsert."""

    sobject: SObject
    operation: str
    columns: tuple[Column, ...]
    key: Field | None = None


def _mismatch(error: TypeMismatch, column: int) -> SalesforceError:
    """The vendor's words for a CSV cell in column number *column* (from 0) that its field cannot be read from."""
    named = facts("csv_types").get(error.kind, f"xsd:{error.kind}")
    return salesforce_error(
        "INVALID_FIELD.not_deserialized", column=column, value=error.value, type=named, fields=(error.key,)
    )


def apply_rows(
    org: Org,
    caller: Caller,
    *,
    sobject: SObject,
    operation: str,
    external_id_field: str | None = None,
    rows: Iterable[Mapping[str, Any]],
) -> Iterator[Outcome]:
    """One outcome for each of *rows*, in order; they are taken and saved 200 at a time.

    A row maps column names to values: text, None for null, or any JSON value. *external_id_field* is for upsert (it may
    be "Id"). A name that is no column refuses its row with INVALID_FIELD. Raises SalesforceError before the first row
    for an upsert without a field that identifies rows.
    """
    key = key_field(sobject, external_id_field) if operation == UPSERT else None
    bound: dict[str, Column | None] = {}
    given = iter(rows)
    while chunk := list(islice(given, facts("pace")["chunk_rows"])):
        unknown = {number: _bind_names(org, sobject, row, bound) for number, row in enumerate(chunk)}
        good = [row for number, row in enumerate(chunk) if unknown[number] is None]
        names = list(dict.fromkeys(name for row in good for name in row))
        found = tuple(bound[name] for name in names)
        task = Task(sobject=sobject, operation=operation, columns=found, key=key)  # type: ignore[arg-type]  # all known
        done = iter(_chunk(org, caller, task, [[row.get(name, ABSENT) for name in names] for row in good]))
        for refusal in unknown.values():
            yield next(done) if refusal is None else _refused("", refusal)


def _bind_names(
    org: Org, sobject: SObject, row: Mapping[str, Any], bound: dict[str, Column | None]
) -> SalesforceError | None:
    for name in row:
        if name not in bound:
            bound[name] = columns.bind(org, sobject, name)
        if bound[name] is None:
            return salesforce_error("INVALID_FIELD.no_such_column", field=name, object=sobject.name)
    return None


def key_field(sobject: SObject, name: str | None) -> Field:
    """The field an upsert goes by: an external id, an idLookup field, or Id. Raises SalesforceError."""
    found = sobject.field(name or "")
    if found is not None and found.name == "Id":
        return found
    return records.find_key_field(sobject, name or "")


def apply_cells(org: Org, caller: Caller, task: Task, rows: Sequence[Cells]) -> list[Outcome]:
    """As `apply_rows` for rows of cells under the same columns; all outcomes at once."""
    chunk_rows = facts("pace")["chunk_rows"]
    outcomes: list[Outcome] = []
    for at in range(0, len(rows), chunk_rows):
        outcomes += _chunk(org, caller, task, rows[at : at + chunk_rows], first=at)
    return outcomes


def _chunk(org: Org, caller: Caller, task: Task, rows: Sequence[Cells], *, first: int = 0) -> list[Outcome]:
    """One transaction: rows of one chunk; the first of them is number *first* of its call."""
    by_id = task.key is not None and task.key.name == "Id"
    if (
        task.operation in {INSERT, UPSERT}
        and not by_id
        and Fast.possible(org, caller, task.sobject, task.columns, len(rows))
    ):
        serials = org.ids.dump()
        try:
            return _chunk_together(org, caller, task, rows)
        except SalesforceError:  # from what a row changes in others: then nothing was written
            org.ids.load(serials)
    with org.store.begin():
        return [_one(org, _struck(caller, number), task, cells) for number, cells in enumerate(rows, start=first)]


def _chunk_together(org: Org, caller: Caller, task: Task, rows: Sequence[Cells]) -> list[Outcome]:
    fast = Fast(org, caller, task.columns, sobject=task.sobject, absent=ABSENT)
    outcomes = []
    with org.store.begin() as conn:
        for cells in rows:
            try:
                made = fast.add(conn, cells, task.key)
            except Unsure:
                fast.flush(conn)
                outcomes.append(_one(org, caller, task, cells))
            except SalesforceError as error:
                outcomes.append(_refused(_given_id(task, cells), among_many(error)))
            else:
                outcomes.append(Outcome(made, success=True, created=True))
        fast.flush(conn)
    return outcomes


def _struck(caller: Caller, number: int) -> Caller:
    """The caller of row *number*: a refused item meets a locked row, the others meet none."""
    if caller.fault is None or caller.fault.kind != "item_refused":
        return caller
    return replace(caller, fault=Fault(kind="row_locked") if caller.fault.item == number else None)


# --- one row ----------------------------------------------------------------------------------------


def _refused(record_id: str, error: SalesforceError) -> Outcome:
    return Outcome(record_id, success=False, created=False, errors=[error])


def _one(org: Org, caller: Caller, task: Task, cells: Cells) -> Outcome:
    given_id = _given_id(task, cells)
    try:
        return _DOERS[task.operation](org, caller, task, cells, given_id)
    except TypeMismatch as error:
        wrong = next((n for n, one in enumerate(task.columns) if one.field.name == error.key), 0)
        return _refused(given_id, _mismatch(error, wrong))
    except SalesforceError as error:
        return _refused(given_id, among_many(error))


def _given_id(task: Task, cells: Cells) -> str:
    """The id a row says it has, as it says it; "" when it says none."""
    for column, value in zip(task.columns, cells, strict=True):
        if column.field.name == "Id" and isinstance(value, str):
            return record_ids.canonical(value) or value
    return ""


def _body(org: Org, task: Task, cells: Cells, *, without: Field | None = None) -> dict[str, Any]:
    """The row as the body of a single call: parents named by other fields are looked up."""
    body: dict[str, Any] = {}
    for column, value in zip(task.columns, cells, strict=True):
        if value is ABSENT or column.field is without:
            continue
        if column.parent is not None and value is not None:
            with org.store.read() as conn:
                body[column.field.name] = columns.parent_id(org, conn, column, value)
        else:
            body[column.field.name] = value
    return body


def _insert(org: Org, caller: Caller, task: Task, cells: Cells, given_id: str) -> Outcome:
    del given_id
    made = records.create(org, caller, sobject=task.sobject, body=_body(org, task, cells))
    return Outcome(made, success=True, created=True)


def _update(org: Org, caller: Caller, task: Task, cells: Cells, given_id: str) -> Outcome:
    record_id = _needed_id(task, given_id, UPDATE)
    body = _body(org, task, cells, without=task.sobject.field("Id"))
    records.update(org, caller, sobject=task.sobject, record_id=record_id, body=body)
    return Outcome(record_id, success=True, created=False)


def _upsert(org: Org, caller: Caller, task: Task, cells: Cells, given_id: str) -> Outcome:
    key = task.key
    assert key is not None, "apply_rows finds the key of an upsert"
    if key.name == "Id":
        return (_update if given_id else _insert)(org, caller, task, cells, given_id)
    body = _body(org, task, cells)
    value = records.key_value(key, body.pop(key.name, None))
    if value is None:
        raise salesforce_error("MISSING_ARGUMENT.external_id", field=key.name)
    try:
        made, created = records.upsert(org, caller, sobject=task.sobject, field=key, value=value, body=body)
    except ManyFound as many:
        raise salesforce_error(
            "DUPLICATE_EXTERNAL_ID",
            label=key.label,
            field=key.name,
            value=", ".join(record_ids.to_15(one) for one in many.ids),
        ) from many
    return Outcome(made, success=True, created=created)


def _delete(org: Org, caller: Caller, task: Task, cells: Cells, given_id: str) -> Outcome:
    del cells
    record_id = _needed_id(task, given_id, DELETE)
    records.delete(org, caller, sobject=task.sobject, record_id=record_id)
    return Outcome(record_id, success=True, created=False)


def _hard_delete(org: Org, caller: Caller, task: Task, cells: Cells, given_id: str) -> Outcome:
    del cells
    record_id = _needed_id(task, given_id, DELETE)
    with org.store.begin() as conn:
        records.erase(org, caller, conn, task.sobject, record_id)
    return Outcome(record_id, success=True, created=False)


def _needed_id(task: Task, given_id: str, operation: str) -> str:
    if not given_id:
        raise salesforce_error("MISSING_ARGUMENT.id", operation=operation)
    record_id = record_ids.canonical(given_id)
    if record_id is None or record_id[:3] != task.sobject.key_prefix:
        raise salesforce_error("MALFORMED_ID", label=task.sobject.id_label, field="Id", value=given_id)
    return record_id


_DOERS: Mapping[str, Callable[[Org, Caller, Task, Cells, str], Outcome]] = {
    INSERT: _insert,
    UPDATE: _update,
    UPSERT: _upsert,
    DELETE: _delete,
    HARD_DELETE: _hard_delete,
}
