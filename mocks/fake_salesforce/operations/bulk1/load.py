"""The rows of one batch, written: insert, update, upsert, delete and hardDelete.

Rule 1: a batch that cannot be read, or that names a field nobody knows, fails as a whole before a row is written.
Rule 2: so does one in JSON or XML whose value does not fit its field's type; in CSV that refuses its row only.
Rule 3: of a batch with too many rows the first 10,000 are processed, and it fails.
Source: Bulk API Developer Guide, Handle Failed Records in Batches; rule 2 simple-salesforce issues 313 and 366; rule 3
jsforce issue 469.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from fake_salesforce import jsontext
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.metadata import SObject
from fake_salesforce.operations import records, values
from fake_salesforce.operations.bulk import columns, csvtext, jobs
from fake_salesforce.operations.bulk.apply import DELETE, HARD_DELETE, Outcome, apply_rows
from fake_salesforce.operations.bulk.jobs import Job
from fake_salesforce.operations.bulk1 import rows as batch_rows
from fake_salesforce.operations.bulk1 import xmltext
from fake_salesforce.operations.bulk1.batches import COMPLETED, FAILED, REQUEST, RESULT, Batch
from fake_salesforce.operations.records import Caller
from fake_salesforce.org import Org

IDS_OF_FAILED_FROM: Final = 57  # the first version whose results name the rows that failed (simple-salesforce 627)
_CSV_HEAD: Final = ("Id", "Success", "Created", "Error")

Row = Mapping[str, Any]


def load(org: Org, caller: Caller, job: Job, batch: Batch) -> None:
    """Write the batch's rows and keep its results; the batch is Completed or Failed then, and not saved yet."""
    sobject = records.find_sobject(org, job.object)
    body = b"".join(found.body for found in jobs.pieces(org, batch.id, REQUEST))
    limit = jobs.facts("bulk1")["batch_rows_max"]
    try:
        found = list(islice(_rows(org, job, sobject, body), limit + 1))
        if not found:
            raise salesforce_error("InvalidBatch.no_rows")
    except SalesforceError as error:
        _fail(batch, error)
        return
    outcomes = list(
        apply_rows(
            org,
            caller,
            sobject=sobject,
            operation=job.operation,
            external_id_field=job.external_id_field,
            rows=found[:limit],
        )
    )
    batch.state, batch.processed = COMPLETED, len(outcomes)
    batch.failed = sum(not one.success for one in outcomes)
    if len(found) > limit:
        _fail(batch, salesforce_error("InvalidBatch.rows_max", count=limit + 1, limit=limit))
    result = _RESULTS[job.content_type](outcomes, named=job.api_version >= IDS_OF_FAILED_FROM)
    with org.store.begin() as conn:
        jobs.put(org, conn, batch.id, RESULT, 0, result, rows=len(outcomes))


def _fail(batch: Batch, error: SalesforceError) -> None:
    batch.state, batch.state_message = FAILED, f"{error.code} : {error.message}"


# --- reading ----------------------------------------------------------------------------------------


def _rows(org: Org, job: Job, sobject: SObject, body: bytes) -> Iterator[Row]:
    """The rows, checked as a whole: raises InvalidBatch."""
    if job.content_type == "CSV":
        return _csv_rows(org, sobject, job, body)
    reader = batch_rows.from_json if job.content_type == "JSON" else batch_rows.from_xml
    found = list(reader(body))
    _refuse_unreadable(org, sobject, job, found)
    return iter(found)


def _csv_rows(org: Org, sobject: SObject, job: Job, body: bytes) -> Iterator[Row]:
    lines = csvtext.rows(csvtext.decode(body, first=True), ",", "\n")
    try:
        header = next(lines, [])
        _refuse_unknown(org, sobject, job, header)
        for cells in lines:
            yield {
                name: None if cell == csvtext.NULL else cell for name, cell in zip(header, cells, strict=False) if cell
            }
    except csvtext.BrokenCsv as error:
        raise salesforce_error(error.key) from error


def _refuse_unknown(org: Org, sobject: SObject, job: Job, names: Iterable[str]) -> None:
    for name in names:
        if job.operation in {DELETE, HARD_DELETE} and name.lower() == "id":
            continue
        if columns.bind(org, sobject, name) is None:
            raise salesforce_error("InvalidBatch.field_not_found", field=name)


def _refuse_unreadable(org: Org, sobject: SObject, job: Job, found: Sequence[Row]) -> None:
    """Refuse the batch for the first value that its field cannot be read from."""
    _refuse_unknown(org, sobject, job, dict.fromkeys(name for row in found for name in row))
    for row in found:
        for name, value in row.items():
            column = columns.bind(org, sobject, name)
            assert column is not None, "unknown names are refused"
            field = column.field if column.parent is None else column.parent[1]
            try:
                values.parse(value, field)
            except values.TypeMismatch as error:
                text = f"Value of {name} does not fit its type: {error.value!r}"
                raise salesforce_error(f"InvalidBatch.not_{job.content_type.lower()}", text=text) from error


# --- results ----------------------------------------------------------------------------------------


def error_cell(errors: Iterable[SalesforceError]) -> str:
    """The errors of a row as one cell of CSV: `CODE:message:fields --`."""
    return ";".join(f"{one.code}:{one.message}:{','.join(one.fields or ())} --" for one in errors)


def _id_of(outcome: Outcome, *, named: bool) -> str:
    return outcome.id if outcome.success or named else ""


def _csv(outcomes: Sequence[Outcome], *, named: bool) -> bytes:
    lines = (
        (_id_of(one, named=named), _word(one.success), _word(one.created), error_cell(one.errors)) for one in outcomes
    )
    return csvtext.write([_CSV_HEAD, *lines], ",", "\n")


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def _json(outcomes: Sequence[Outcome], *, named: bool) -> bytes:
    return jsontext.compact(
        [
            {
                "success": one.success,
                "created": one.created,
                "id": _id_of(one, named=named) or None,
                "errors": [_json_error(error) for error in one.errors],
            }
            for one in outcomes
        ]
    ).encode(errors="replace")


def _json_error(error: SalesforceError) -> dict[str, Any]:
    return {
        "message": error.message,
        "fields": list(error.fields or ()),
        "statusCode": error.code,
        "extendedErrorDetails": None,
    }


def _xml(outcomes: Sequence[Outcome], *, named: bool) -> bytes:
    return xmltext.document("results", (xmltext.result(one, _id_of(one, named=named)) for one in outcomes))


_RESULTS = {"CSV": _csv, "JSON": _json, "XML": _xml}
