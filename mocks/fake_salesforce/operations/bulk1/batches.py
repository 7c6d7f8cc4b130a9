"""Batches of Bulk API 1.0 jobs: where they are kept, and which state a client is shown.

Rule 1: a batch is a piece of its job in the store; its request and its results are pieces of the batch.
Rule 2: rows are written by the first request to the job that comes after the batch (see `work`): nothing waits for a
timer, and a client that never asks finds its rows all the same once it has closed the job.
Rule 3: what is shown goes Queued, InProgress, Completed: one step each time somebody looks, and all of it once the
org's clock has moved on far enough. Counts are shown with the last step.
Source: Bulk API Developer Guide, Monitor a Batch and Interpret Batch State; how soon a batch is done is our rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from fake_salesforce import record_ids
from fake_salesforce.operations.bulk import jobs
from fake_salesforce.operations.bulk.jobs import Job
from fake_salesforce.org import Org, stamp

QUEUED, IN_PROGRESS, COMPLETED, FAILED, NOT_PROCESSED = (
    "Queued",
    "InProgress",
    "Completed",
    "Failed",
    "NotProcessed",
)
OPEN, CLOSED, ABORTED = "Open", "Closed", "Aborted"
REQUEST, RESULT = "request", "result"  # kinds of pieces of a batch
_BATCH: Final = "batch"  # the kind of pieces of a job that are its batches
_LOOKS_AT_MOST: Final = 2  # the second look finds the batch done


@dataclass(kw_only=True)
class Batch:
    """One batch. *state* is what really became of it; `shown` says what a client is told.

    *number* is its place in the job, from 0; *soql* the text of a query; *result_id* names the one result of a query;
    *media* is the media type it came with; *fault* what strikes its rows.
    """

    id: str
    job_id: str
    number: int
    created: str
    media: str = ""
    state: str = QUEUED
    looks: int = 0
    looked: str = ""  # when it was last looked at and had not been shown done
    state_message: str | None = None
    processed: int = 0
    failed: int = 0
    result_id: str | None = None
    soql: str | None = None
    chunk: bool = False  # one of those that a query with PK chunking became
    fault: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client is told of a batch at one moment."""

    state: str
    modified: str
    message: str | None
    processed: int
    failed: int

    @property
    def done(self) -> bool:
        return self.state not in {QUEUED, IN_PROGRESS}


def new(org: Org, conn: sa.Connection, job: Job, *, now: datetime, **given: Any) -> Batch:
    """A new batch at the end of the job, saved; the job is saved, too."""
    minted = record_ids.mint(jobs.BATCH_PREFIX, org.ids.next(jobs.BATCH_PREFIX))
    ids = job.more.setdefault("batches", [])
    batch = Batch(id=minted, job_id=job.id, number=len(ids), created=stamp(now), **given)
    ids.append(batch.id)
    jobs.save(org, conn, job)
    save(org, conn, batch)
    return batch


def save(org: Org, conn: sa.Connection, batch: Batch) -> None:
    """Write the batch itself."""
    jobs.put(org, conn, batch.job_id, _BATCH, batch.number, json.dumps(asdict(batch)).encode())


def find(org: Org, conn: sa.Connection, job: Job, batch_id: str) -> Batch | None:
    """The batch of this job with this id of 15 or 18 characters."""
    canonical = record_ids.canonical(batch_id)
    ids = job.more.get("batches", [])
    return at(org, conn, job, ids.index(canonical)) if canonical in ids else None


def at(org: Org, conn: sa.Connection, job: Job, number: int) -> Batch | None:
    """Batch number *number* of the job; None past the last."""
    found = jobs.piece(org, conn, job.id, _BATCH, since=number)
    return None if found is None else Batch(**json.loads(found.body))


def every(org: Org, job: Job) -> Iterator[Batch]:
    """The job's batches in the order in which they came."""
    for found in jobs.pieces(org, job.id, _BATCH):
        yield Batch(**json.loads(found.body))


def look(org: Org, conn: sa.Connection, batch: Batch, now: datetime) -> Shown:
    """What the client is told now; the next look finds the batch one step further."""
    batch.looks += 1
    told = shown(batch, now)
    if batch.looks <= _LOOKS_AT_MOST:
        batch.looked = stamp(now)
        save(org, conn, batch)
    return told


def shown(batch: Batch, now: datetime) -> Shown:
    """What a client is told at *now*, without a step."""
    if batch.state == NOT_PROCESSED:  # its job was aborted, or it became chunks: there is nothing to wait for
        return Shown(NOT_PROCESSED, batch.looked or batch.created, None, 0, 0)
    settled = _moment(batch.created) + timedelta(seconds=jobs.facts("bulk1")["batch_seconds"])
    if batch.state != QUEUED and (batch.looks >= _LOOKS_AT_MOST or now >= settled):
        modified = batch.looked if batch.looks >= _LOOKS_AT_MOST else stamp(settled)
        return Shown(batch.state, modified, batch.state_message, batch.processed, batch.failed)
    state = IN_PROGRESS if batch.looks else QUEUED
    return Shown(state, batch.looked or batch.created, None, 0, 0)


def milliseconds(rows: int) -> tuple[int, int]:
    """(total, active) time that so many rows are said to have taken; the same for the same rows."""
    pace = jobs.facts("bulk1")
    total = pace["batch_ms"] + rows * pace["row_us"] // 1_000
    return total, total * pace["active_percent"] // 100


def _moment(text: str) -> datetime:
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
