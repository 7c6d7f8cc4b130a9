"""Jobs of Bulk API 1.0: made, filled with batches, worked on, closed.

Rule 1: every request to a job first works on the batches that came before it, as far as one request goes; only an abort
does not, so that what waits is not processed.
Rule 2: a batch counts against the day's batches when it is sent, even if the job is closed by then; so does each chunk
of a query.
Rule 3: a job and its batches are seen by the user who made them.
Source: Bulk API Developer Guide, JobInfo, BatchInfo, Errors; Limits and Allocations Quick Reference (15,000 batches a
day, shared with Bulk API 2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from fake_core.faults import Fault
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import access
from fake_salesforce.operations.automation.options import DEFAULTS
from fake_salesforce.operations.bulk import jobs
from fake_salesforce.operations.bulk.apply import DELETE, HARD_DELETE, INSERT, UPDATE, UPSERT, key_field
from fake_salesforce.operations.bulk.jobs import Job
from fake_salesforce.operations.bulk1 import batches, chunks
from fake_salesforce.operations.bulk1.batches import (
    ABORTED,
    CLOSED,
    FAILED,
    NOT_PROCESSED,
    OPEN,
    QUEUED,
    REQUEST,
    Batch,
)
from fake_salesforce.operations.bulk1.load import load
from fake_salesforce.operations.bulk1.select import QUERY, QUERY_ALL, checked, select
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.not_faked import not_faked
from fake_salesforce.operations.records import find_sobject
from fake_salesforce.org import Org

API: Final = "1"
_OPERATIONS: Final = {one.lower(): one for one in (INSERT, UPDATE, UPSERT, DELETE, HARD_DELETE, QUERY, QUERY_ALL)}
_CONTENT_TYPES: Final = frozenset({"CSV", "JSON", "XML"})
_ZIPPED: Final = frozenset({"ZIP_CSV", "ZIP_JSON", "ZIP_XML"})
_MODES: Final = {"0": "Parallel", "1": "Serial", "parallel": "Parallel", "serial": "Serial"}
_TEXTS: Final = ("operation", "object", "contentType", "assignmentRuleId", "externalIdFieldName")
_DOING: Final = {CLOSED: "Closing", ABORTED: "Aborting"}


# --- jobs -------------------------------------------------------------------------------------------


def create(org: Org, caller: Caller, *, given: Mapping[str, Any], chunking: str | None) -> Job:
    """A new open job. *chunking* is the PK chunking header. Raises InvalidJob and NOT_FAKED (zipped batches)."""
    if any(not isinstance(given.get(name, ""), str) for name in _TEXTS):
        raise salesforce_error("InvalidJob.not_read")
    operation = _OPERATIONS.get(str(given.get("operation", "")).lower())
    content_type = given.get("contentType", "XML")
    mode = _MODES.get(str(given.get("concurrencyMode", "Parallel")).lower())
    if operation == HARD_DELETE and not access.may(org, "bulk_hard_delete"):
        raise salesforce_error("FeatureNotEnabled.hard_delete")
    if content_type in _ZIPPED:
        raise not_faked("bulkZip")
    if operation is None or mode is None or content_type not in _CONTENT_TYPES or given.get("state", OPEN) != OPEN:
        raise salesforce_error("InvalidJob.not_read")
    name = given.get("object") or ""
    sobject = org.schema.sobject(name)
    if sobject is None:
        raise salesforce_error("InvalidJob.object", object=name)
    key = given.get("externalIdFieldName") or None
    if operation == UPSERT:
        if key is None:
            raise salesforce_error("InvalidJob.no_external_id", object=sobject.name)
        try:
            key = key_field(sobject, key).name
        except SalesforceError as error:
            raise salesforce_error("InvalidJob.external_id", field=key, object=sobject.name) from error
    more: dict[str, Any] = {"next": 0}
    if operation == QUERY:
        more["chunking"] = chunks.read_header(chunking)
    with org.store.begin() as conn:
        return jobs.new(
            org,
            conn,
            now=caller.now,
            api=API,
            object=sobject.name,
            operation=operation,
            state=OPEN,
            created_by=caller.user_id,
            api_version=float(caller.number),
            content_type=content_type,
            concurrency_mode=mode,
            external_id_field=key if operation == UPSERT else None,
            assignment_rule_id=given.get("assignmentRuleId") or None,
            more=more,
        )


def find(org: Org, caller: Caller, job_id: str) -> Job:
    """The job, nothing done to it; raises InvalidJob or InvalidUser."""
    with org.store.begin() as conn:  # looking may abort or forget a job that is too old
        job = jobs.find(org, conn, job_id, api=API, now=caller.now)
    if job is None:
        raise salesforce_error("InvalidJob.unknown", job=job_id)
    if job.created_by != caller.user_id:
        raise salesforce_error("InvalidUser", job=job.id)
    return job


def change(org: Org, caller: Caller, job: Job, *, state: Any) -> None:
    """Close or abort the job; raises InvalidJob or InvalidJobState."""
    if not isinstance(state, str) or state not in _DOING:
        raise salesforce_error("InvalidJob.not_read")
    if job.state in {state, ABORTED}:
        raise salesforce_error("InvalidJobState.already", doing=_DOING[state], state=job.state.lower())
    with org.store.begin() as conn:
        if state == ABORTED:
            _drop_waiting(org, conn, job)
        job.state = state
        jobs.save(org, conn, job, now=caller.now)


def _drop_waiting(org: Org, conn: sa.Connection, job: Job) -> None:
    while (batch := batches.at(org, conn, job, job.more["next"])) is not None:
        batch.state = NOT_PROCESSED
        batches.save(org, conn, batch)
        job.more["next"] = batch.number + 1


# --- batches ----------------------------------------------------------------------------------------


def admit(org: Org, job: Job) -> None:
    """Let one more batch in, before it is read; raises ExceededQuota or InvalidJobState."""
    if not org.bulk_batches.take():
        raise salesforce_error("ExceededQuota.batches")
    if job.state != OPEN:
        raise salesforce_error("InvalidJobState.not_open", state=job.state)


def add(org: Org, caller: Caller, job: Job, *, body: bytes, media: str) -> Batch:
    """A new batch of *body*; raises ClientInputError for an empty one, NotFaked for a query that is not played."""
    if not body.strip():
        raise salesforce_error("ClientInputError.empty")
    soql = None
    if job.operation in {QUERY, QUERY_ALL}:
        soql = body.decode(errors="replace").strip()
        _refuse_not_faked(org, job, soql)
    fault = caller.fault.to_dict() if caller.fault is not None else None
    with org.store.begin() as conn:
        batch = batches.new(org, conn, job, now=caller.now, media=media, soql=soql, fault=fault)
        jobs.put(org, conn, batch.id, REQUEST, 0, body)
    return batch


def _refuse_not_faked(org: Org, job: Job, soql: str) -> None:
    """Only NotFaked passes: what the vendor refuses fails the batch when it is worked on."""
    with suppress(SalesforceError):
        checked(org, job, soql)


def batch_of(org: Org, job: Job, batch_id: str) -> Batch:
    """The batch; raises InvalidBatch."""
    with org.store.read() as conn:
        found = batches.find(org, conn, job, batch_id)
    if found is None:
        raise salesforce_error("InvalidBatch.unknown", batch=batch_id)
    return found


# --- working ----------------------------------------------------------------------------------------


def work(org: Org, job: Job, now: datetime) -> None:
    """Process the batches that wait, in order, until one request has done enough. *job* is as it is afterwards."""
    rows = 0
    while rows < org.bulk_rows_each_poll:
        with org.store.begin() as conn:
            batch = batches.at(org, conn, job, job.more["next"])
            if batch is None:
                return
            if batch.state == QUEUED:
                _process(org, conn, job, batch, now)
                batches.save(org, conn, batch)
            job.more["next"] = batch.number + 1
            jobs.save(org, conn, job)
        rows += batch.processed


def _process(org: Org, conn: sa.Connection, job: Job, batch: Batch, now: datetime) -> None:
    options = DEFAULTS
    if job.assignment_rule_id is not None:
        options = replace(DEFAULTS, assignment=job.assignment_rule_id)
    fault = None if batch.fault is None else Fault.from_dict(batch.fault)
    caller = Caller(job.created_by, now, int(job.api_version), fault, options)
    try:
        maker = access.enter(org, job.created_by)
    except SalesforceError as gone:  # the user is
        batch.state, batch.state_message = FAILED, f"{gone.code} : {gone.message}"
        return
    if batch.soql is None:
        load(maker, caller, job, batch)
    elif job.more.get("chunking") and not batch.chunk and _split(maker, conn, caller, job, batch):
        batch.state = NOT_PROCESSED
    else:
        select(maker, caller, job, batch)


def _split(org: Org, conn: sa.Connection, caller: Caller, job: Job, batch: Batch) -> bool:
    """Put the batch's chunks behind it; False for a query that is not split, or not understood."""
    assert batch.soql is not None
    try:
        prepared = checked(org, job, batch.soql)
    except SalesforceError:
        return False  # to fail as any other
    if not chunks.can_split(prepared.query):
        return False
    sobject = find_sobject(org, job.object)
    for text in list(chunks.split(org, conn, sobject, batch.soql, **job.more["chunking"])):
        if not org.bulk_batches.take():
            break
        made = batches.new(org, conn, job, now=caller.now, media=batch.media, soql=text, chunk=True)
        jobs.put(org, conn, made.id, REQUEST, 0, text.encode())
    return True
