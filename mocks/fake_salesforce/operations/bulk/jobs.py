"""Jobs of both Bulk APIs: what they are, where they are kept, and when they are forgotten.

Rule 1: a job, its data and its results are rows of the store; nothing of them is in memory between requests.
Rule 2: time is the org's clock: a job open for more than a day is aborted, and seven days after its last change it is
gone; both happen when somebody looks.
Rule 3: work is done inside requests, so much in each (`pace` of data/bulk.toml): no thread, no timer, the same
requests give the same states.
Source: Bulk API 2.0 Developer Guide v67, States and Limits.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from fake_salesforce import data_files, record_ids
from fake_salesforce.org import Org, stamp
from fake_salesforce.state import bulk_tables

JOB_PREFIX: Final = "750"
BATCH_PREFIX: Final = "751"
OPEN, UPLOADED, WORKING, DONE, FAILED, ABORTED = (
    "Open",
    "UploadComplete",
    "InProgress",
    "JobComplete",
    "Failed",
    "Aborted",
)
ENDED: Final = frozenset({DONE, FAILED, ABORTED, "Closed"})
_PACK_LEVEL: Final = 1  # CSV packs to a fifth at next to no cost


def facts(table: str) -> Mapping[str, Any]:
    """A table of `data/bulk.toml`."""
    found: Mapping[str, Any] = data_files.load("bulk.toml")[table]
    return found


@dataclass(kw_only=True)
class Job:
    """One job. *api* is "2" or "1"; *object* the API name as described; *created* and *modified* are stamps.

    *more* is for what only one of the APIs has (JSON values only).
    """

    id: str
    api: str
    object: str
    operation: str
    state: str
    created_by: str
    created: str
    modified: str
    api_version: float
    content_type: str = "CSV"
    column_delimiter: str = "COMMA"
    line_ending: str = "LF"
    concurrency_mode: str = "Parallel"
    external_id_field: str | None = None
    assignment_rule_id: str | None = None
    query: str | None = None
    error_message: str | None = None
    rows_processed: int = 0
    rows_failed: int = 0
    retries: int = 0
    total_ms: int = 0
    active_ms: int = 0
    apex_ms: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Nothing will change it any more."""
        return self.state in ENDED


# --- keeping jobs -----------------------------------------------------------------------------------


def new(org: Org, conn: sa.Connection, *, now: datetime, **given: Any) -> Job:
    """A new job with an id and stamps of *now*, saved. *given* are the other attributes of `Job`."""
    at = stamp(now)
    minted = record_ids.mint(JOB_PREFIX, org.ids.next(JOB_PREFIX))
    job = Job(id=minted, created=at, modified=at, **given)
    save(org, conn, job)
    return job


def save(org: Org, conn: sa.Connection, job: Job, *, now: datetime | None = None) -> None:
    """Write the job; with *now* also its moment of last change."""
    if now is not None:
        job.modified = stamp(now)
    row = {"id": job.id, "api": job.api, "state": job.state, "modified": job.modified, "body": json.dumps(asdict(job))}
    table = _jobs(org)
    changed = conn.execute(table.update().where(table.c.id == job.id).values(row))
    if not changed.rowcount:
        conn.execute(table.insert().values(row))


def find(org: Org, conn: sa.Connection, job_id: str, *, api: str, now: datetime) -> Job | None:
    """The job of this API with this id of 15 or 18 characters, as it is at *now*; None when there is none."""
    canonical = record_ids.canonical(job_id)
    table = _jobs(org)
    found = conn.execute(sa.select(table.c.body).where(table.c.id == canonical, table.c.api == api)).first()
    if found is None:
        return None
    job = Job(**json.loads(found[0]))
    return None if _age(org, conn, job, now) else job


def listing(
    org: Org, conn: sa.Connection, *, now: datetime, apis: tuple[str, ...] = ("2",), after: str = "", at_most: int
) -> list[Job]:
    """Up to *at_most* jobs of these APIs by id, those after *after*."""
    table = _jobs(org)
    wanted = sa.select(table.c.body).where(table.c.api.in_(apis), table.c.id > after).order_by(table.c.id)
    found = []
    for (body,) in conn.execute(wanted):
        job = Job(**json.loads(body))
        if not _age(org, conn, job, now):
            found.append(job)
        if len(found) == at_most:
            break
    return found


def forget(org: Org, conn: sa.Connection, job: Job, *owners: str) -> None:
    """Remove the job with its data and results; *owners* are batches whose chunks go with it."""
    table = _jobs(org)
    conn.execute(table.delete().where(table.c.id == job.id))
    bulk_tables.drop_found(conn, job.id)
    for owner in (job.id, *owners, *job.more.get("batches", ())):
        drop(org, conn, owner)


def _age(org: Org, conn: sa.Connection, job: Job, now: datetime) -> bool:
    """Let time pass over the job: abort it when it stood open too long; True when it is gone."""
    limits = facts("limits")
    if not job.ended and job.state == OPEN:
        closes = moment(job.created) + timedelta(seconds=limits["open_seconds_max"])
        if now >= closes:
            job.state = ABORTED
            save(org, conn, job, now=closes)
    if job.ended and now >= moment(job.modified) + timedelta(seconds=limits["kept_seconds"]):
        forget(org, conn, job)
        return True
    return False


def moment(text: str) -> datetime:
    """The moment of a stamp."""
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)


def _jobs(org: Org) -> sa.Table:
    return org.schema.metadata.tables[bulk_tables.JOBS]


# --- keeping data and results -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a job's data or results: whole rows, so that each piece can be read by itself."""

    number: int
    rows: int
    body: bytes


def put(org: Org, conn: sa.Connection, owner: str, kind: str, number: int, body: bytes, *, rows: int = 0) -> None:
    """Keep *body* as piece *number* of the *kind* of *owner* (a job or a batch), in place of what was there."""
    table = _chunks(org)
    drop(org, conn, owner, kind, number)
    packed = zlib.compress(body, _PACK_LEVEL)
    row = {"owner": owner, "kind": kind, "number": number, "rows": rows, "size": len(body), "body": packed}
    conn.execute(table.insert().values(row))


def drop(org: Org, conn: sa.Connection, owner: str, kind: str | None = None, number: int | None = None) -> None:
    """Forget the pieces of *owner*, of one *kind*, or one of them."""
    table = _chunks(org)
    where = [table.c.owner == owner]
    if kind is not None:
        where.append(table.c.kind == kind)
    if number is not None:
        where.append(table.c.number == number)
    conn.execute(table.delete().where(*where))


def piece(org: Org, conn: sa.Connection, owner: str, kind: str, *, since: int = 0) -> Chunk | None:
    """The first piece whose number is *since* or more; None after the last."""
    table = _chunks(org)
    found = conn.execute(
        sa.select(table.c.number, table.c.rows, table.c.body)
        .where(table.c.owner == owner, table.c.kind == kind, table.c.number >= since)
        .order_by(table.c.number)
        .limit(1)
    ).first()
    return None if found is None else Chunk(found[0], found[1], zlib.decompress(found[2]))


def pieces(org: Org, owner: str, kind: str, *, since: int = 0) -> Iterator[Chunk]:
    """All pieces from number *since* on, one in memory at a time; the store is free between two of them."""
    while True:
        with org.store.read() as conn:
            found = piece(org, conn, owner, kind, since=since)
        if found is None:
            return
        yield found
        since = found.number + 1


def sizes(org: Org, conn: sa.Connection, owner: str, kind: str) -> list[tuple[int, int, int]]:
    """(number, rows, bytes) of each piece, in order, without reading the pieces."""
    table = _chunks(org)
    found = conn.execute(
        sa.select(table.c.number, table.c.rows, table.c.size)
        .where(table.c.owner == owner, table.c.kind == kind)
        .order_by(table.c.number)
    )
    return [(number, rows, size) for number, rows, size in found]


def _chunks(org: Org) -> sa.Table:
    return org.schema.metadata.tables[bulk_tables.CHUNKS]
