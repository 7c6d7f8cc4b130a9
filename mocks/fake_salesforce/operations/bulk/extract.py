"""Bulk API 2.0 query: one SELECT, its rows as CSV, read page by page.

Rule 1: what a query cannot be in Bulk is refused when the job is made; what it finds is fixed when work on it begins,
and is turned into CSV in the GETs that follow, so many rows in each.
Rule 2: pages are told by the row they begin with; a locator stays good as long as its job.
Rule 3: moments end in Z, an unset field is an empty value; up to v49 columns come in the order of their names.
Source: Bulk API 2.0 Developer Guide v67, Query; locators in its examples are row numbers in base 64 (MTAwMDA).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from fake_salesforce import soql
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import access, query
from fake_salesforce.operations.bulk import csvtext, jobs, spec
from fake_salesforce.operations.bulk.jobs import ABORTED, DONE, FAILED, UPLOADED, WORKING, Job, facts
from fake_salesforce.operations.bulk.refusals import refusal
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org
from fake_salesforce.soql import plan
from fake_salesforce.state import bulk_tables

API: Final = "2"
RESULT: Final = "result"
PIECE_ROWS: Final = 1_000
_STATE_WORDS: Final = {DONE: "Completed", FAILED: "Failed", ABORTED: "Aborted"}
_EVERY_FIELD: Final = re.compile(r"\bFIELDS\s*\(\s*(ALL|CUSTOM)\s*\)", re.IGNORECASE)

Path: TypeAlias = tuple[str, ...]
Convert: TypeAlias = Callable[[Any], Any] | None


# --- requests ---------------------------------------------------------------------------------------


def create(org: Org, caller: Caller, *, body: Any) -> Job:
    """A new query job, waiting. Raises SalesforceError or NotFaked."""
    given = spec.read_query(body)
    prepared = _prepared(org, given["query"], given["operation"], caller.number)
    if not org.bulk_query_jobs.take():
        raise refusal("ExceededQuota.query_jobs")
    name = prepared.sobject_name
    chunked = name in facts("query")["chunked"] or prepared.query.sobject.custom
    with org.store.begin() as conn:
        return jobs.new(
            org,
            conn,
            now=caller.now,
            api=API,
            object=name,
            state=UPLOADED,
            created_by=caller.user_id,
            api_version=float(caller.number),
            more={"pk_chunking": chunked},
            **given,
        )


def _prepared(org: Org, text: str, operation: str, number: int) -> soql.Prepared:
    """The query, checked. Raises what Bulk or SOQL refuses."""
    every = _EVERY_FIELD.search(text)
    if every is not None:
        raise salesforce_error("API_ERROR.bulk_soql", what=f"FIELDS({every[1].upper()})")
    sight = soql.ALL if org.access is None else org.access.sight
    include_deleted = operation == spec.QUERY_ALL
    prepared = soql.prepare(org.schema, text, include_deleted=include_deleted, version=f"{number}.0", sight=sight)
    found = prepared.query
    if found.kind != "rows" or any(isinstance(each, plan.Children) for each in found.shapes):
        raise salesforce_error("API_ERROR.bulk_aggregates")
    if found.offset is not None:
        raise salesforce_error("API_ERROR.bulk_soql", what="OFFSET")
    _refuse_shapes(found.shapes)
    return prepared


def _refuse_shapes(shapes: Sequence[plan.Shape]) -> None:
    for shape in shapes:
        if isinstance(shape, plan.Compound):
            raise salesforce_error("API_ERROR.bulk_compound")
        if isinstance(shape, plan.Polymorphic) and shape.branches:
            raise salesforce_error("API_ERROR.bulk_soql", what="TYPEOF")
        if isinstance(shape, plan.Leaf) and shape.column.field.type == "base64":
            raise salesforce_error("API_ERROR.bulk_blob")
        if isinstance(shape, plan.Parent):
            _refuse_shapes(shape.shapes)


def poll(org: Org, caller: Caller, *, job_id: str) -> Job:
    """The job as it stands, after the work that falls to this request. Raises SalesforceError."""
    with org.store.begin() as conn:
        job = _found(org, conn, job_id, caller)
        if job.state == UPLOADED:
            job.state = WORKING
            jobs.save(org, conn, job, now=caller.now)
        elif job.state == WORKING:
            _work(org, conn, caller.now, job)
    return job


def abort(org: Org, caller: Caller, *, job_id: str, body: Any) -> Job:
    """Abort the job. Raises SalesforceError."""
    spec.wanted_state(body, (ABORTED,))
    with org.store.begin() as conn:
        job = _found(org, conn, job_id, caller)
        if job.ended:
            raise refusal("InvalidJobState.already", doing="Aborting", state=_STATE_WORDS[job.state])
        _drop_scratch(conn, job)
        jobs.drop(org, conn, job.id)
        job.state = ABORTED
        jobs.save(org, conn, job, now=caller.now)
    return job


def remove(org: Org, caller: Caller, *, job_id: str) -> None:
    """Delete the job and its results. Raises SalesforceError."""
    with org.store.begin() as conn:
        job = _found(org, conn, job_id, caller)
        if job.state == WORKING:
            raise salesforce_error("API_ERROR.job_not_ended")
        jobs.forget(org, conn, job)


def _found(org: Org, conn: sa.Connection, job_id: str, caller: Caller) -> Job:
    job = jobs.find(org, conn, job_id, api=API, now=caller.now)
    if job is None or job.operation not in {spec.QUERY, spec.QUERY_ALL} or not access.sees_job_of(org, job.created_by):
        raise salesforce_error("NOT_FOUND")
    return job


# --- work -------------------------------------------------------------------------------------------


def _work(org: Org, conn: sa.Connection, now: datetime, job: Job) -> None:
    """Find the rows, once, and write the next of them as CSV; the job moves on with them."""
    try:
        maker = access.enter(org, job.created_by)
        prepared = _prepared(maker, job.query or "", job.operation, int(job.api_version))
        moment = query.moment(maker, conn, Caller(job.created_by, now, int(job.api_version)))
        if not job.more.get("found"):
            _fill_scratch(org, conn, job, prepared.select, moment)
            job.more["found"] = True
        wanted = facts("pace")["query_rows_each_poll"]
        done = _write_rows(org, conn, job, prepared, moment, min(wanted, org.config.bulk_rows_each_poll or wanted))
    except SalesforceError as error:  # an object or a field went away, or the user
        job.state, job.error_message, done = FAILED, f"{error.code} : {error.message}", True
    else:
        if done:
            job.state = DONE
    if done:
        job.total_ms = max(0, round((now - jobs.moment(job.modified)).total_seconds() * 1_000))
        _drop_scratch(conn, job)
    jobs.save(org, conn, job, now=now if done else None)


def _fill_scratch(org: Org, conn: sa.Connection, job: Job, select: Any, moment: soql.Moment) -> None:
    """What the query finds, kept as SQL gives it: rows written later change nothing."""
    _drop_scratch(conn, job)
    try:
        with soql.stopping(conn, facts("pace")["query_seconds"]):
            conn.execute(bulk_tables.CreateTableAs(_scratch(job), select.statement), select.bound(moment))
    except SalesforceError:
        org.store.begin_again()
        raise


def _write_rows(
    org: Org, conn: sa.Connection, job: Job, prepared: soql.Prepared, moment: soql.Moment, wanted: int
) -> bool:
    """Write up to *wanted* more rows; True when none are left."""
    columns = _columns(prepared.query.shapes, int(job.api_version))
    build, setting = prepared.select.build, moment.setting("")
    # Named, not *: a database driver may remember the columns of a statement that read another table of this name.
    names = ", ".join(f'"{column.name}"' for column in prepared.select.statement.selected_columns)
    found = conn.exec_driver_sql(
        f'SELECT {names} FROM "{_scratch(job)}" WHERE rowid > ? ORDER BY rowid LIMIT ?',  # noqa: S608 - a job's id
        (job.rows_processed, wanted),
    )
    taken = 0
    while rows := found.fetchmany(PIECE_ROWS):
        lines = [_line(build(row, setting, {}), columns) for row in rows]
        body = csvtext.write(lines, _delimiter(job), _line_ending(job))
        jobs.put(org, conn, job.id, RESULT, job.rows_processed, body, rows=len(lines))
        job.rows_processed += len(rows)
        taken += len(rows)
    return taken < wanted


def _scratch(job: Job) -> str:
    return f"{bulk_tables.FOUND}{job.id}"


def _drop_scratch(conn: sa.Connection, job: Job) -> None:
    bulk_tables.drop_found(conn, job.id)


# --- rows as CSV ------------------------------------------------------------------------------------


def _columns(shapes: Sequence[plan.Shape], number: int) -> list[tuple[Path, Convert]]:
    found = list(_leaves(shapes, ()))
    if number < facts("query")["columns_as_asked_since"]:
        found.sort(key=lambda column: ".".join(column[0]))
    return found


def _leaves(shapes: Sequence[plan.Shape], above: Path) -> Iterator[tuple[Path, Convert]]:
    for shape in shapes:
        path = (*above, shape.key)
        if isinstance(shape, plan.Parent):
            yield from _leaves(shape.shapes, path)
        elif isinstance(shape, plan.Polymorphic):
            yield from _leaves(shape.otherwise or (), path)
        elif isinstance(shape, plan.Leaf):
            yield path, _CONVERT.get(shape.column.field.type)


def _zulu(text: str) -> str:
    return text.removesuffix("+0000") + "Z"


_CONVERT: Final[Mapping[str, Convert]] = {
    "datetime": _zulu,
    "boolean": lambda value: "true" if value else "false",
}


def _line(record: Mapping[str, Any], columns: Sequence[tuple[Path, Convert]]) -> list[Any]:
    line = []
    for path, convert in columns:
        value: Any = record
        for key in path:
            value = None if value is None else value[key]
        line.append(value if value is None or convert is None else convert(value))
    return line


def _delimiter(job: Job) -> str:
    found: str = facts("delimiters")[job.column_delimiter]
    return found


def _line_ending(job: Job) -> str:
    found: str = facts("line_endings")[job.line_ending]
    return found


# --- results ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """One page of results: how many rows, where the next page begins ("null" after the last), its bytes."""

    rows: int
    locator: str
    length: int
    pieces: Iterator[bytes]


def results(org: Org, caller: Caller, *, job_id: str, locator: str | None, rows_max: int | None) -> Page | None:
    """The page that begins at *locator*; None for a job that is not complete. Raises SalesforceError."""
    start = 0 if locator is None else _row_of(locator)
    with org.store.read() as conn:
        job = _complete(org, conn, job_id, caller)
        if job is None:
            return None
        if start and start >= job.rows_processed:
            raise refusal("InvalidJob.locator")
        stop = min(job.rows_processed, start + (rows_max or facts("pace")["result_rows"]))
        maker = access.enter(org, job.created_by)
        prepared = _prepared(maker, job.query or "", job.operation, int(job.api_version))
        names = [".".join(path) for path, _ in _columns(prepared.query.shapes, int(job.api_version))]
        header = csvtext.write([names], _delimiter(job), _line_ending(job))
        whole, parts = [], {}
        for first, rows, size in jobs.sizes(org, conn, job.id, RESULT):
            if first >= stop or first + rows <= start:
                continue
            if start <= first and first + rows <= stop:
                whole.append((first, size))
            else:
                parts[first] = _part(org, conn, job, first, start - first, stop - first)
    length = len(header) + sum(size for _, size in whole) + sum(map(len, parts.values()))
    following = _locator(stop) if stop < job.rows_processed else "null"
    order = sorted([first for first, _ in whole] + list(parts))
    return Page(stop - start, following, length, _stream(org, job, header, order, parts))


def _stream(org: Org, job: Job, header: bytes, order: Sequence[int], parts: Mapping[int, bytes]) -> Iterator[bytes]:
    yield header
    for first in order:
        if first in parts:
            yield parts[first]
        else:
            with org.store.read() as conn:
                piece = jobs.piece(org, conn, job.id, RESULT, since=first)
            yield b"" if piece is None else piece.body


def _part(org: Org, conn: sa.Connection, job: Job, first: int, start: int, stop: int) -> bytes:
    """Rows *start* to *stop* of a piece."""
    piece = jobs.piece(org, conn, job.id, RESULT, since=first)
    assert piece is not None, "its size was just read"
    lines = list(csvtext.rows(piece.body.decode(), _delimiter(job), _line_ending(job)))
    return csvtext.write(lines[max(0, start) : stop], _delimiter(job), _line_ending(job))


def result_pages(org: Org, caller: Caller, *, job_id: str, locator: str | None) -> dict[str, Any] | None:
    """Where the pages of the results are, up to five; None for a job that is not complete. Raises SalesforceError."""
    start = 0 if locator is None else _row_of(locator)
    with org.store.read() as conn:
        job = _complete(org, conn, job_id, caller)
    if job is None:
        return None
    rows = facts("pace")["result_rows"]
    stop = start + rows * facts("limits")["result_pages"]
    base = f"/services/data/v{job.api_version:.1f}/jobs/query/{job.id}"
    starts = range(start, max(min(stop, job.rows_processed), start + 1), rows)
    answer: dict[str, Any] = {"resultPages": [{"resultUrl": f"{base}/results?locator={_locator(at)}"} for at in starts]}
    done = stop >= job.rows_processed
    if not done:
        answer["nextRecordsUrl"] = f"{base}/resultPages?locator={_locator(stop)}"
    answer["done"] = done
    return answer


def _complete(org: Org, conn: sa.Connection, job_id: str, caller: Caller) -> Job | None:
    job = _found(org, conn, job_id, caller)
    if caller.number != int(job.api_version):
        raise salesforce_error("API_ERROR.job_version", version=f"{job.api_version:.1f}")
    return job if job.state == DONE else None


def _locator(row: int) -> str:
    return urlsafe_b64encode(str(row).encode()).decode().rstrip("=")


def _row_of(locator: str) -> int:
    try:
        row = int(urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except ValueError:
        row = -1
    if row < 0 or locator != _locator(row):
        raise refusal("InvalidJob.locator")
    return row
