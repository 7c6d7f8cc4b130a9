"""Bulk API 2.0 ingest: a job takes one upload, is closed, and is worked on while somebody asks how it stands.

Rule 1: Open, UploadComplete, InProgress, JobComplete are all seen: the first GET after closing finds the job
InProgress, rows are saved in later ones, so many in each (`rows_each_poll`); a job that fails or is aborted keeps what
was saved.
Rule 2: the rows of a step, their results and the job's progress are one transaction.
Rule 3: what is wrong with the text as a whole fails the job; what is wrong with a row fails the row.
Source: Bulk API 2.0 Developer Guide v67, How Requests Are Processed, Upload Job Data, Close or Abort a Job, Delete a
Job.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import IO, Any, Final

import sqlalchemy as sa

from fake_core.faults import Fault
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import access
from fake_salesforce.operations.automation.options import DEFAULTS, SaveOptions
from fake_salesforce.operations.bulk import csvtext, jobs, sheet, spec
from fake_salesforce.operations.bulk.apply import HARD_DELETE, Task, apply_cells
from fake_salesforce.operations.bulk.jobs import ABORTED, DONE, FAILED, OPEN, UPLOADED, WORKING, Job, facts
from fake_salesforce.operations.bulk.refusals import refusal, state_text
from fake_salesforce.operations.bulk.sheet import Sheet
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org

API: Final = "2"
HEADER, DATA, SUCCESS, FAILURE = "header", "data", "success", "failed"
_STATE_WORDS: Final = {DONE: "Completed", FAILED: "Failed", ABORTED: "Aborted"}  # else: Closed


# --- requests ---------------------------------------------------------------------------------------


def create(org: Org, caller: Caller, *, body: Any) -> Job:
    """A new open job. Raises SalesforceError."""
    given = spec.read_ingest(org, body)
    if given["operation"] == HARD_DELETE and not access.may(org, "bulk_hard_delete"):
        raise refusal("FeatureNotEnabled.hard_delete")
    if not org.bulk_batches.remaining():
        raise refusal("ExceededQuota.batches")
    with org.store.begin() as conn:
        job = jobs.new(
            org,
            conn,
            now=caller.now,
            api=API,
            state=OPEN,
            created_by=caller.user_id,
            api_version=float(caller.number),
            **given,
        )
        _remember_fault(org, conn, job, caller)
    return job


def upload(org: Org, caller: Caller, *, job_id: str, source: IO[bytes]) -> None:
    """Keep the one upload of an open job. Raises SalesforceError."""
    with org.store.begin() as conn:
        job = _found(org, conn, job_id, caller)
        if job.state != OPEN:
            raise refusal("InvalidJobState.not_open", state=job.state)
        if job.more.get("uploaded"):
            raise refusal("ClientInputError.contents", job=job.id)
        _take(org, conn, job, source)
        _remember_fault(org, conn, job, caller)


def _take(org: Org, conn: sa.Connection, job: Job, source: IO[bytes]) -> None:
    rows_max = min(facts("pace")["chunk_rows"], org.bulk_rows_each_poll)
    rows = 0
    for number, piece in enumerate(csvtext.cut(source, rows_max=rows_max)):
        jobs.put(org, conn, job.id, DATA if number else HEADER, number, piece.body, rows=piece.rows)
        rows += piece.rows if number else 0
    job.more |= {"uploaded": True, "rows": rows}
    jobs.save(org, conn, job)


def create_with_content(org: Org, caller: Caller, *, body: Any, source: IO[bytes]) -> Job:
    """A job with its data in one request: closed already. Raises SalesforceError."""
    job = create(org, caller, body=body)
    upload(org, caller, job_id=job.id, source=source)
    return change_state(org, caller, job_id=job.id, body={"state": UPLOADED})


def change_state(org: Org, caller: Caller, *, job_id: str, body: Any) -> Job:
    """Close or abort the job. Raises SalesforceError."""
    state = spec.wanted_state(body, (UPLOADED, ABORTED))
    with org.store.begin() as conn:
        job = _found(org, conn, job_id, caller)
        if state == ABORTED:
            if job.ended:
                raise refusal("InvalidJobState.already", doing="Aborting", state=_STATE_WORDS[job.state])
        else:
            if job.state != OPEN:
                said = _STATE_WORDS.get(job.state, "Closed")
                raise refusal("InvalidJobState.already", doing="Closing", state=said)
            if not job.more.get("uploaded"):
                raise refusal("ClientInputError.empty")
            _count(org, job)
        job.state = state
        _remember_fault(org, conn, job, caller)
        jobs.save(org, conn, job, now=caller.now)
    return job


def _count(org: Org, job: Job) -> None:
    """Charge the day's batches and rows. Raises SalesforceError."""
    rows = job.more["rows"]
    batches = max(1, -(-rows // facts("limits")["batch_rows"]))
    if not org.bulk_batches.take(batches):
        raise refusal("ExceededQuota.batches")
    if not org.bulk_rows.take(rows):
        raise refusal("ExceededQuota.rows")


def poll(org: Org, caller: Caller, *, job_id: str) -> Job:
    """The job as it stands, after the work that falls to this request. Raises SalesforceError."""
    with org.store.begin() as conn:
        job = _found(org, conn, job_id, caller)
        if job.state == UPLOADED:
            job.state = WORKING
            jobs.save(org, conn, job, now=caller.now)
            return job
    done = 0
    while job.state == WORKING and done < org.bulk_rows_each_poll:
        done += _step(org, caller.now, job, org.bulk_rows_each_poll - done)
    return job


def remove(org: Org, caller: Caller, *, job_id: str) -> None:
    """Delete the job with its data and results. Raises SalesforceError."""
    with org.store.begin() as conn:
        job = _found(org, conn, job_id, caller)
        if job.state in {OPEN, WORKING}:
            raise salesforce_error("API_ERROR.job_not_ended")
        jobs.forget(org, conn, job)


def _found(org: Org, conn: sa.Connection, job_id: str, caller: Caller) -> Job:
    job = jobs.find(org, conn, job_id, api=API, now=caller.now)
    if job is None or job.operation in {spec.QUERY, spec.QUERY_ALL} or not access.sees_job_of(org, job.created_by):
        raise salesforce_error("NOT_FOUND")
    return job


def _remember_fault(org: Org, conn: sa.Connection, job: Job, caller: Caller) -> None:
    """A row fault that struck a request on the job strikes its rows when they are saved."""
    if caller.fault is not None:
        job.more["fault"] = caller.fault.to_dict()
        jobs.save(org, conn, job)


# --- work -------------------------------------------------------------------------------------------


def _step(org: Org, now: datetime, job: Job, rows_max: int) -> int:
    """Save some rows, at most about *rows_max*; returns how many. The job moves on with them."""
    budget = min(rows_max, facts("pace")["step_rows"])
    rows = 0
    with org.store.begin() as conn:
        try:
            maker = access.enter(org, job.created_by)
            found = _sheet(org, conn, job)
            task = sheet.task(maker, job, found)
            while rows < budget:
                piece = jobs.piece(org, conn, job.id, DATA)
                if piece is None:
                    job.state = DONE
                    break
                rows += _save_piece(maker, conn, now, job, found, task, piece)
        except csvtext.BrokenCsv as broken:
            job.state, job.error_message = FAILED, state_text(broken.key, **broken.words)
        except SalesforceError as gone:  # the user is
            job.state, job.error_message = FAILED, f"{gone.code} : {gone.message}"
        if job.state != WORKING:
            job.total_ms = job.active_ms = _elapsed_ms(job, now)
        jobs.save(org, conn, job, now=now if job.state != WORKING else None)
    return rows


def _sheet(org: Org, conn: sa.Connection, job: Job) -> Sheet:
    header = jobs.piece(org, conn, job.id, HEADER)
    if header is None:
        raise csvtext.BrokenCsv("ClientInputError.empty")
    first = jobs.piece(org, conn, job.id, DATA)
    return sheet.read_header(job, header.body, ends_file=first is None and not job.rows_processed)


def _save_piece(
    org: Org, conn: sa.Connection, now: datetime, job: Job, found: Sheet, task: Task, piece: jobs.Chunk
) -> int:
    """The rows of one piece, saved: their results take its place."""
    rows = sheet.read_rows(job, found, piece.body)
    outcomes = apply_cells(org, _worker(job, now), task, [found.cells(row) for row in rows])
    good, bad = [], []
    for row, outcome in zip(rows, outcomes, strict=True):
        if outcome.success:
            good.append((outcome.id, "true" if outcome.created else "false", *row))
        else:
            bad.append((outcome.id, sheet.error_cell(outcome.errors), *row))
    for kind, lines in ((SUCCESS, good), (FAILURE, bad)):
        if lines:
            jobs.put(org, conn, job.id, kind, piece.number, sheet.written(job, lines), rows=len(lines))
    jobs.drop(org, conn, job.id, DATA, piece.number)
    job.rows_processed += len(rows)
    job.rows_failed += len(bad)
    return max(1, len(rows))


def _worker(job: Job, now: datetime) -> Caller:
    """Who saves the rows: the user who made the job, in the job's version."""
    options = DEFAULTS if job.assignment_rule_id is None else SaveOptions(assignment=job.assignment_rule_id)
    fault = None
    struck = job.more.get("fault")
    if struck is not None:
        fault = _fault_now(job, struck)
    return Caller(job.created_by, now, int(job.api_version), fault, options)


def _fault_now(job: Job, struck: dict[str, Any]) -> Fault | None:
    """A lock strikes the job's first rows; a refused item is the row of its number."""
    fault = Fault.from_dict(struck)
    if fault.kind == "item_refused":
        item = fault.item - job.rows_processed
        return replace(fault, item=item) if item >= 0 else None
    return None if job.rows_processed else fault


def _elapsed_ms(job: Job, now: datetime) -> int:
    return max(0, round((now - jobs.moment(job.modified)).total_seconds() * 1_000))


# --- results ----------------------------------------------------------------------------------------


def results(org: Org, caller: Caller, *, job_id: str, kind: str) -> tuple[int, Iterator[bytes]]:
    """The bytes of successfulResults, failedResults or unprocessedrecords (*kind*), and how many there are.

    Raises SalesforceError.
    """
    with org.store.read() as conn:
        job = _found(org, conn, job_id, caller)
        header = jobs.piece(org, conn, job.id, HEADER)
        sizes = jobs.sizes(org, conn, job.id, kind)
    text = b"" if header is None else header.body
    first = text if kind == DATA else sheet.result_header(job, text, kind)
    return len(first) + sum(size for _, _, size in sizes), _stream(org, job, kind, first)


def _stream(org: Org, job: Job, kind: str, first: bytes) -> Iterator[bytes]:
    yield first
    for piece in jobs.pieces(org, job.id, kind):
        yield piece.body
