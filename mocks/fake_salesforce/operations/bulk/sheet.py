"""A job's data as a table: its header bound to fields, its rows as cells, its results as CSV.

Rule 1: an empty cell says nothing about its row, `#N/A` sets null; more cells than columns, or more text than the
vendor takes, fail the job.
Rule 2: results show every value in quotes; an error cell is `CODE:message:fields --`.
Source: Bulk API 2.0 Developer Guide v67, Prepare CSV Files, Get Job Failed Record Results; limits of the guide; texts
of the vendor's own CSV reader (forcedotcom/wsc).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fake_salesforce.errors import SalesforceError
from fake_salesforce.operations.bulk import columns, csvtext
from fake_salesforce.operations.bulk.apply import ABSENT, DELETE, HARD_DELETE, Cells, Task, key_field
from fake_salesforce.operations.bulk.jobs import Job, facts
from fake_salesforce.org import Org

RESULT_COLUMNS = {"success": ("sf__Id", "sf__Created"), "failed": ("sf__Id", "sf__Error")}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The header of a job's data, as its client wrote it."""

    names: tuple[str, ...]

    def cells(self, row: Sequence[str]) -> Cells:
        """The row's cells, as many as there are columns."""
        found: list[Any] = [ABSENT if one == "" else None if one == csvtext.NULL else one for one in row]
        return found if len(found) == len(self.names) else found + [ABSENT] * (len(self.names) - len(found))


def read_header(job: Job, body: bytes, *, ends_file: bool) -> Sheet:
    """The header. Raises BrokenCsv for one that cannot be read, or whose line end is not the job's."""
    text = csvtext.decode(body, first=True)
    ending = csvtext.line_ending_of(text)
    if ending != job.line_ending and not (ending is None and ends_file):
        raise csvtext.BrokenCsv("ClientInputError.line_ending", setting=job.line_ending)
    names = next(csvtext.rows(text, _delimiter(job), _line_ending(job)), [])
    limit = facts("limits")["fields_max"]
    if len(names) > limit:
        raise csvtext.BrokenCsv("InvalidBatch.columns_max", limit=limit)
    if not any(names):
        raise csvtext.BrokenCsv("ClientInputError.empty")
    return Sheet(tuple(names))


def task(org: Org, job: Job, sheet: Sheet) -> Task:
    """What to do with each row. Raises BrokenCsv for a column that is no field, or two that are the same."""
    sobject = org.schema.sobject(job.object)
    assert sobject is not None, "a job's object was found when it was made"
    if job.operation in {DELETE, HARD_DELETE} and [name.lower() for name in sheet.names] != ["id"]:
        raise csvtext.BrokenCsv("InvalidBatch.only_ids", operation=job.operation)
    bound: list[columns.Column] = []
    for name in sheet.names:
        column = columns.bind(org, sobject, name)
        if column is None:
            raise csvtext.BrokenCsv("InvalidBatch.field_not_found", field=name)
        if any(column.field is other.field for other in bound):
            raise csvtext.BrokenCsv("InvalidBatch.field_twice", field=name)
        bound.append(column)
    key = None if job.external_id_field is None else key_field(sobject, job.external_id_field)
    return Task(sobject=sobject, operation=job.operation, columns=tuple(bound), key=key)


def read_rows(job: Job, sheet: Sheet, body: bytes) -> list[list[str]]:
    """The rows of a piece. Raises BrokenCsv."""
    found = list(csvtext.rows(csvtext.decode(body, first=False), _delimiter(job), _line_ending(job)))
    width = len(sheet.names)
    limits = facts("limits")
    if len(body) > limits["field_chars_max"]:
        for row in found:
            _refuse_long(row, limits)
    if any(len(row) > width for row in found):
        cells = next(len(row) for row in found if len(row) > width)
        raise csvtext.BrokenCsv("InvalidBatch.header_and_row", cells=cells, columns=width)
    return [row for row in found if len(row) > 1 or row[0]]


def _refuse_long(row: Sequence[str], limits: Any) -> None:
    for cell in row:
        if len(cell) > limits["field_chars_max"]:
            raise csvtext.BrokenCsv("InvalidBatch.field_chars_max", chars=len(cell))
    chars = sum(len(cell) for cell in row)
    if chars > limits["record_chars_max"]:
        raise csvtext.BrokenCsv("InvalidBatch.record_chars_max", chars=chars, limit=limits["record_chars_max"])


def written(job: Job, rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows in the job's own dialect."""
    return csvtext.write(rows, _delimiter(job), _line_ending(job))


def result_header(job: Job, body: bytes, kind: str) -> bytes:
    """The first line of a result: the vendor's two columns, then the header that the data had (if it can be read)."""
    try:
        names = next(csvtext.rows(csvtext.decode(body, first=True), _delimiter(job), _line_ending(job)), [])
    except csvtext.BrokenCsv:
        names = []
    return written(job, [(*RESULT_COLUMNS[kind], *names)])


def error_cell(errors: Sequence[SalesforceError]) -> str:
    """`CODE:message:fields --`, one after the other."""
    return ";".join(f"{one.code}:{one.message}:{_fields(one)}--" for one in errors)


def _fields(error: SalesforceError) -> str:
    return f"{','.join(error.fields)} " if error.fields else ""


def _delimiter(job: Job) -> str:
    found: str = facts("delimiters")[job.column_delimiter]
    return found


def _line_ending(job: Job) -> str:
    found: str = facts("line_endings")[job.line_ending]
    return found
