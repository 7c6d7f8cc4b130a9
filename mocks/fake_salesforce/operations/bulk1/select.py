"""The rows of a query batch: CSV, JSON or XML, made once and kept.

Rule 1: a query is checked when its batch is worked on; what is wrong with it fails the batch. Only what this fake does
not play is refused at once, with 501.
Rule 2: JSON has moments as milliseconds since 1970 and parents as rows inside; CSV and XML have them with Z.
Rule 3: a CSV result without rows is one line that says so.
Source: JSON rows are recorded (CumulusCI, 2024); CSV without rows is what many Bulk clients look for; failures are
quoted in simple-salesforce issues 502 and 531; limits from the Bulk API Developer Guide, How Bulk Queries Are
Processed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from fake_salesforce import record_ids, soql
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import query
from fake_salesforce.operations.bulk import csvtext, jobs
from fake_salesforce.operations.bulk.jobs import Job
from fake_salesforce.operations.bulk1 import xmltext
from fake_salesforce.operations.bulk1.batches import COMPLETED, FAILED, RESULT, Batch
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Schema
from fake_salesforce.soql import plan
from fake_salesforce.wire import jsontext

RESULT_PREFIX: Final = "752"
NO_ROWS: Final = "Records not found for this query"
QUERY, QUERY_ALL = "query", "queryAll"
_MOMENT: Final = "%Y-%m-%dT%H:%M:%S.%f%z"

Record = dict[str, Any]


def select(org: Org, caller: Caller, job: Job, batch: Batch) -> None:
    """Run the batch's query and keep its rows; the batch is Completed or Failed then, and not saved yet."""
    assert batch.soql is not None, "a batch of a query job has its text"
    try:
        prepared = checked(org, job, batch.soql)
        records = query.found(
            org, caller, text=batch.soql, include_deleted=job.operation == QUERY_ALL, version=_version(job)
        ).records
    except SalesforceError as error:
        wrapped = salesforce_error("InvalidBatch.query", code=error.code, message=error.message)
        batch.state, batch.state_message = FAILED, f"{wrapped.code} : {wrapped.message}"
        return
    body = _WRITERS[job.content_type](org.schema, prepared.query, records)
    batch.state, batch.processed = COMPLETED, len(records)
    batch.result_id = record_ids.mint(RESULT_PREFIX, org.ids.next(RESULT_PREFIX))[:15]
    with org.store.begin() as conn:
        jobs.put(org, conn, batch.id, RESULT, 0, body, rows=len(records))


def checked(org: Org, job: Job, text: str) -> soql.Prepared:
    """The query, checked; raises what the vendor or this fake refuses."""
    prepared = soql.prepare(
        org.schema,
        text,
        include_deleted=job.operation == QUERY_ALL,
        version=_version(job),
        sight=soql.ALL if org.access is None else org.access.sight,
    )
    if prepared.sobject_name != job.object:
        raise salesforce_error("INVALID_TYPE_FOR_OPERATION.job", root=prepared.sobject_name, object=job.object)
    found = prepared.query
    if found.kind != "rows" or any(isinstance(each, plan.Children) for each in found.shapes):
        raise salesforce_error("FUNCTIONALITY_NOT_ENABLED.bulk_aggregates")
    if found.offset is not None:
        raise salesforce_error("FUNCTIONALITY_NOT_ENABLED.bulk_offset")
    _refuse_shapes(found.shapes)
    return prepared


def _version(job: Job) -> str:
    return f"{job.api_version:.1f}"


def _refuse_shapes(shapes: Sequence[plan.Shape]) -> None:
    for shape in shapes:
        if isinstance(shape, plan.Compound):
            raise salesforce_error("FUNCTIONALITY_NOT_ENABLED.bulk_compound")
        if isinstance(shape, plan.Leaf) and shape.column.field.type == "base64":
            raise salesforce_error("FeatureNotEnabled.binary")
        if isinstance(shape, plan.Parent):
            _refuse_shapes(shape.shapes)


# --- values -----------------------------------------------------------------------------------------


def _moments(schema: Schema, record: Record, write: Callable[[str], Any]) -> Record:
    """*record* with every moment as *write* has it, parents included."""
    sobject = schema.sobject(record["attributes"]["type"])
    assert sobject is not None, "a record is of an object that was queried"
    told: Record = {}
    for key, value in record.items():
        if value is None or key == "attributes":
            told[key] = value
        elif isinstance(value, dict):
            told[key] = _moments(schema, value, write)
        else:
            field = sobject.field(key)
            told[key] = write(value) if field is not None and field.type == "datetime" else value
    return told


def _milliseconds(text: str) -> int:
    return int(datetime.strptime(text, _MOMENT).timestamp() * 1_000)  # noqa: DTZ007 - the format has %z


def _zulu(text: str) -> str:
    return text.removesuffix("+0000") + "Z"


# --- forms ------------------------------------------------------------------------------------------


def _json(schema: Schema, found: plan.RowQuery, records: Sequence[Record]) -> bytes:
    del found
    rows = [_moments(schema, record, _milliseconds) for record in records]
    return jsontext.pretty(rows).encode(errors="replace")  # pretty without being asked, as recorded


def _xml(schema: Schema, found: plan.RowQuery, records: Sequence[Record]) -> bytes:
    del found
    rows = (xmltext.record(_moments(schema, record, _zulu)) for record in records)
    return xmltext.document("queryResult", rows, typed=True)


def _csv(schema: Schema, found: plan.RowQuery, records: Sequence[Record]) -> bytes:
    if not records:
        return NO_ROWS.encode()
    paths = list(dict.fromkeys(_paths(found.shapes)))
    lines = ([_cell(row, path) for path in paths] for row in (_moments(schema, one, _zulu) for one in records))
    return csvtext.write([[".".join(path) for path in paths], *lines], ",", "\n")


def _paths(shapes: Sequence[plan.Shape], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The columns in the order of SELECT; of a TYPEOF those of each branch."""
    for shape in shapes:
        path = (*above, shape.key)
        if isinstance(shape, plan.Parent):
            yield from _paths(shape.shapes, path)
        elif isinstance(shape, plan.Polymorphic):
            for inner in (*(each for _, each in shape.branches), shape.otherwise or ()):
                yield from _paths(inner, path)
        else:
            yield path


def _cell(row: Mapping[str, Any], path: Sequence[str]) -> str | None:
    value: Any = row
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


_WRITERS: Mapping[str, Callable[[Schema, plan.RowQuery, Sequence[Record]], bytes]] = {
    "CSV": _csv,
    "JSON": _json,
    "XML": _xml,
}
