"""The rows of one batch, written: insert, update, upsert, delete and hardDelete.

Rule 1: a batch that cannot be read, or that names a field nobody knows, fails as a whole before a row is written.
Rule 2: so does one in JSON or XML whose value does not fit its field's type; in CSV that refuses its row only.
Rule 3: of a batch with too many rows the first 10,000 are processed, and it fails.
Source: Bulk API Developer Guide, Handle Failed Records in Batches; rule 2 simple-salesforce issues 313 and 366; rule 3
jsforce issue 469.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any, Final

from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import records, values
from fake_salesforce.operations.bulk import columns, csvtext, jobs, sheet
from fake_salesforce.operations.bulk.apply import Outcome, apply_cells, apply_rows
from fake_salesforce.operations.bulk.jobs import Job
from fake_salesforce.operations.bulk.refusals import state_text
from fake_salesforce.operations.bulk1 import rows as batch_rows
from fake_salesforce.operations.bulk1 import xmltext
from fake_salesforce.operations.bulk1.batches import COMPLETED, FAILED, REQUEST, RESULT, Batch
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject
from fake_salesforce.wire import jsontext

IDS_OF_FAILED_FROM: Final = 57  # the first version whose results name the rows that failed (simple-salesforce 627)
_CSV_HEAD: Final = ("Id", "Success", "Created", "Error")

Row = Mapping[str, Any]


def load(org: Org, caller: Caller, job: Job, batch: Batch) -> None:
    """Write the batch's rows and keep its results; the batch is Completed or Failed then, and not saved yet.

    *org* is the org as the job's maker sees it.
    """
    body = b"".join(found.body for found in jobs.pieces(org, batch.id, REQUEST))
    limit = jobs.facts("bulk1")["batch_rows_max"]
    try:
        count, outcomes = (_from_csv if job.content_type == "CSV" else _from_records)(org, caller, job, body, limit)
    except SalesforceError as error:
        _fail(batch, error)
        return
    except csvtext.BrokenCsv as broken:
        batch.state, batch.state_message = FAILED, state_text(broken.key, **broken.words)
        return
    batch.state, batch.processed = COMPLETED, len(outcomes)
    batch.failed = sum(not one.success for one in outcomes)
    if count > limit:
        _fail(batch, salesforce_error("InvalidBatch.rows_max", count=limit + 1, limit=limit))
    result = _RESULTS[job.content_type](outcomes, named=job.api_version >= IDS_OF_FAILED_FROM)
    with org.store.begin() as conn:
        jobs.put(org, conn, batch.id, RESULT, 0, result, rows=len(outcomes))


def _fail(batch: Batch, error: SalesforceError) -> None:
    batch.state, batch.state_message = FAILED, f"{error.code} : {error.message}"


# --- the forms of a batch ---------------------------------------------------------------------------


def _from_csv(org: Org, caller: Caller, job: Job, body: bytes, limit: int) -> tuple[int, list[Outcome]]:
    """How many rows there are, and what became of the first *limit*. Raises BrokenCsv or SalesforceError."""
    header, *pieces = csvtext.cut(BytesIO(body), rows_max=jobs.facts("pace")["step_rows"])
    # Bulk API 1.0 asks nobody for the line end: it is the one that the header has.
    ending = csvtext.line_ending_of(csvtext.decode(header.body, first=True)) or "LF"
    dialect = replace(job, line_ending=ending)
    found = sheet.read_header(dialect, header.body, ends_file=True)
    task = sheet.task(org, dialect, found)
    rows = [row for piece in pieces for row in sheet.read_rows(dialect, found, piece.body)]
    if not rows:
        raise salesforce_error("InvalidBatch.no_rows")
    return len(rows), apply_cells(org, caller, task, [found.cells(row) for row in rows[:limit]])


def _from_records(org: Org, caller: Caller, job: Job, body: bytes, limit: int) -> tuple[int, list[Outcome]]:
    """The same for JSON and XML. Raises SalesforceError."""
    sobject = records.find_sobject(org, job.object)
    found = list((batch_rows.from_json if job.content_type == "JSON" else batch_rows.from_xml)(body))
    if not found:
        raise salesforce_error("InvalidBatch.no_rows")
    _refuse_unreadable(org, sobject, job, found)
    applied = apply_rows(
        org,
        caller,
        sobject=sobject,
        operation=job.operation,
        external_id_field=job.external_id_field,
        rows=found[:limit],
    )
    return len(found), list(applied)


def _refuse_unreadable(org: Org, sobject: SObject, job: Job, found: Sequence[Row]) -> None:
    """Refuse the batch for the first name that is no field, or the first value that its field cannot be read from."""
    bound: dict[str, Field] = {}
    for row in found:
        for name, value in row.items():
            if name not in bound:
                column = columns.bind(org, sobject, name)
                if column is None:
                    raise salesforce_error("InvalidBatch.field_not_found", field=name)
                bound[name] = column.field if column.parent is None else column.parent[1]
            try:
                values.parse(value, bound[name])
            except values.TypeMismatch as error:
                text = f"Value of {name} does not fit its type: {error.value!r}"
                raise salesforce_error(f"InvalidBatch.not_{job.content_type.lower()}", text=text) from error


# --- results ----------------------------------------------------------------------------------------


def _id_of(outcome: Outcome, *, named: bool) -> str:
    return outcome.id if outcome.success or named else ""


def _csv(outcomes: Sequence[Outcome], *, named: bool) -> bytes:
    lines = (
        (_id_of(one, named=named), _word(one.success), _word(one.created), sheet.error_cell(one.errors))
        for one in outcomes
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
