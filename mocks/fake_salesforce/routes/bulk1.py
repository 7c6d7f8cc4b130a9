"""`/services/async/NN.0/job`: Bulk API 1.0.

Source: Bulk API Developer Guide, Work with Jobs and Work with Batches; CumulusCI cassettes.
"""

from __future__ import annotations

from typing import Any

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations.bulk import jobs
from fake_salesforce.operations.bulk.jobs import Job
from fake_salesforce.operations.bulk1 import batches, work
from fake_salesforce.operations.bulk1.batches import (
    COMPLETED,
    FAILED,
    IN_PROGRESS,
    NOT_PROCESSED,
    QUEUED,
    RESULT,
    Batch,
    Shown,
)
from fake_salesforce.operations.bulk1.rows import NAMESPACE
from fake_salesforce.operations.bulk1.select import QUERY, QUERY_ALL
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.bulk1_wire import AsyncCall
from fake_salesforce.wire import jsontext

_MEDIA = {"CSV": "text/csv", "JSON": "application/json", "XML": "application/xml"}


def create(call: AsyncCall) -> Answer:
    """POST /job"""
    given = call.job_body()
    header = call.environ.get("HTTP_SFORCE_ENABLE_PKCHUNKING")
    job = work.create(call.org, call.caller(), given=given, chunking=header)
    return call.info("jobInfo", _job_values(call, job), 201, location=f"{call.base}/job/{job.id}")


def show(call: AsyncCall, job_id: str) -> Answer:
    """GET /job/<id>"""
    return call.info("jobInfo", _job_values(call, _worked_on(call, job_id), look=True))


def change(call: AsyncCall, job_id: str) -> Answer:
    """POST /job/<id>: close or abort"""
    job = _job(call, job_id)
    state = call.job_body().get("state")
    if state != batches.ABORTED:
        work.work(call.org, job, call.now)
    work.change(call.org, call.caller(), job, state=state)
    return call.info("jobInfo", _job_values(call, job))


def add_batch(call: AsyncCall, job_id: str) -> Answer:
    """POST /job/<id>/batch"""
    job = _worked_on(call, job_id)
    work.admit(call.org, job)
    body = call.body(jobs.facts("bulk1")["batch_bytes_max"])
    batch = work.add(call.org, call.caller(), job, body=body, media=call.media)
    location = f"{call.base}/job/{job.id}/batch/{batch.id}"
    return call.info("batchInfo", _batch_values(batch, batches.shown(batch, call.now)), 201, location=location)


def list_batches(call: AsyncCall, job_id: str) -> Answer:
    """GET /job/<id>/batch"""
    job = _worked_on(call, job_id)
    found = list(batches.every(call.org, job))
    with call.org.store.begin() as conn:
        told = [_batch_values(batch, batches.look(call.org, conn, batch, call.now)) for batch in found]
    return call.infos("batchInfoList", "batchInfo", told)


def show_batch(call: AsyncCall, job_id: str, batch_id: str) -> Answer:
    """GET /job/<id>/batch/<id>"""
    job = _worked_on(call, job_id)
    batch = work.batch_of(call.org, job, batch_id)
    with call.org.store.begin() as conn:
        told = batches.look(call.org, conn, batch, call.now)
    return call.info("batchInfo", _batch_values(batch, told))


def request(call: AsyncCall, job_id: str, batch_id: str) -> Answer:
    """GET /job/<id>/batch/<id>/request: the body as it was sent"""
    job = _worked_on(call, job_id)
    batch = work.batch_of(call.org, job, batch_id)
    body = b"".join(found.body for found in jobs.pieces(call.org, batch.id, batches.REQUEST))
    return call.send(
        body, _MEDIA["CSV" if batch.soql is not None else job.content_type]
    )  # SOQL is neither JSON nor XML


def result(call: AsyncCall, job_id: str, batch_id: str) -> Answer:
    """GET /job/<id>/batch/<id>/result: what became of each row, or the list of a query's results"""
    job = _worked_on(call, job_id)
    batch = _finished(call, job, batch_id)
    if job.operation in {QUERY, QUERY_ALL}:
        return _result_list(call, [batch.result_id] if batch.result_id else [])
    body = _result_body(call, batch)
    if call.as_json:
        return call.send_json(jsontext.parse(body))
    return call.send(body, _MEDIA[job.content_type])


def query_result(call: AsyncCall, job_id: str, batch_id: str, result_id: str) -> Answer:
    """GET /job/<id>/batch/<id>/result/<id>: the rows of a query"""
    job = _worked_on(call, job_id)
    batch = _finished(call, job, batch_id)
    if batch.result_id is None or result_id[:15] != batch.result_id:
        raise salesforce_error("InvalidBatch.result", result=result_id)
    return call.send(_result_body(call, batch), _MEDIA[job.content_type])


def unknown(call: AsyncCall) -> Answer:
    """Any other path."""
    del call
    raise salesforce_error("InvalidUrl")


def other_method(call: AsyncCall, allowed: str) -> Answer:
    """A path that exists, with a method that it does not take; *allowed* ones are joined by commas."""
    method = "".join(char for char in call.environ["REQUEST_METHOD"] if "A" <= char <= "Z")[:20]
    refusal = salesforce_error("MethodNotAllowed", method=method, allowed=allowed)
    return call.refusal(refusal, more=[("Allow", allowed)])


# --- helpers ----------------------------------------------------------------------------------------


def _job(call: AsyncCall, job_id: str) -> Job:
    """The job; from here on the answer has the job's form."""
    job = work.find(call.org, call.caller(), job_id)
    call.as_json = job.content_type == "JSON"
    return job


def _worked_on(call: AsyncCall, job_id: str) -> Job:
    job = _job(call, job_id)
    work.work(call.org, job, call.now)
    return job


def _finished(call: AsyncCall, job: Job, batch_id: str) -> Batch:
    """The batch, shown done and with results; raises InvalidBatch before."""
    batch = work.batch_of(call.org, job, batch_id)
    told = batches.shown(batch, call.now)
    if not told.done or (told.state != COMPLETED and not told.processed):
        raise salesforce_error("InvalidBatch.not_processed")
    return batch


def _result_body(call: AsyncCall, batch: Batch) -> bytes:
    return b"".join(found.body for found in jobs.pieces(call.org, batch.id, RESULT))


def _result_list(call: AsyncCall, ids: list[str]) -> Answer:
    if call.as_json:
        return call.send_json(ids)
    inner = "".join(f"<result>{one}</result>" for one in ids)
    return call.send(f'<result-list xmlns="{NAMESPACE}">{inner}</result-list>', "application/xml")


def _job_values(call: AsyncCall, job: Job, *, look: bool = False) -> dict[str, Any]:
    """The jobInfo, in the order of the XML."""
    found = list(batches.every(call.org, job))
    with call.org.store.begin() as conn:
        told = [
            batches.look(call.org, conn, batch, call.now) if look else batches.shown(batch, call.now) for batch in found
        ]
    states = [one.state for one in told]
    total, active = _milliseconds(told)
    changed = max([job.modified, *(one.modified for one in told)])
    values: dict[str, Any] = {
        "id": job.id,
        "operation": job.operation,
        "object": job.object,
        "createdById": job.created_by,
        "createdDate": _zulu(job.created),
        "systemModstamp": _zulu(changed),
        "state": job.state,
        "externalIdFieldName": job.external_id_field,
        "concurrencyMode": job.concurrency_mode,
        "contentType": job.content_type,
        "numberBatchesQueued": states.count(QUEUED),
        "numberBatchesInProgress": states.count(IN_PROGRESS),
        "numberBatchesCompleted": states.count(COMPLETED),
        "numberBatchesFailed": states.count(FAILED),
        "numberBatchesTotal": len(states),
        "numberRecordsProcessed": sum(one.processed for one in told),
        "numberRetries": 0,
        "apiVersion": job.api_version,
        "assignmentRuleId": job.assignment_rule_id,
        "numberRecordsFailed": sum(one.failed for one in told),
        "totalProcessingTime": total,
        "apiActiveProcessingTime": active,
        "apexProcessingTime": 0,
    }
    return values


def _batch_values(batch: Batch, told: Shown) -> dict[str, Any]:
    """The batchInfo, in the order of the XML."""
    total, active = _milliseconds([told])
    return {
        "id": batch.id,
        "jobId": batch.job_id,
        "state": told.state,
        "stateMessage": told.message,
        "createdDate": _zulu(batch.created),
        "systemModstamp": _zulu(told.modified),
        "numberRecordsProcessed": told.processed,
        "numberRecordsFailed": told.failed,
        "totalProcessingTime": total,
        "apiActiveProcessingTime": active,
        "apexProcessingTime": 0,
    }


def _milliseconds(told: list[Shown]) -> tuple[int, int]:
    spent = [batches.milliseconds(one.processed) for one in told if one.done and one.state != NOT_PROCESSED]
    return sum(total for total, _ in spent), sum(active for _, active in spent)


def _zulu(text: str) -> str:
    return text.removesuffix("+0000") + "Z"
