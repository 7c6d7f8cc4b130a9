"""Bulk API 1.0: jobs and batches, the forms of their answers, what they refuse."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from tests.fake_salesforce.bulk1_client import JSON, NAMESPACE, XML, Bulk, leaves, refused
from tests.fake_salesforce.conftest import Caller

from fake_core.faults import Fault
from fake_salesforce import OrgConfig, create_app

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


@pytest.fixture
def bulk(org: Any) -> Bulk:
    return Bulk(org)


@pytest.mark.evidence("recorded", "CumulusCI cassettes: jobInfo of 2022 and 2024")
def test_job_in_xml(bulk: Bulk) -> None:
    """Elements in the recorded order, one blank before each, dates in Z; no Sforce-Limit-Info."""
    answer = bulk(
        "POST",
        "/job",
        f'<jobInfo xmlns="{NAMESPACE}"><operation>upsert</operation><object>contact</object>'
        "<externalIdFieldName>Id</externalIdFieldName><concurrencyMode>Parallel</concurrencyMode>"
        "<contentType>CSV</contentType></jobInfo>",
    )
    job = leaves(answer.text)["id"]

    assert (201, "application/xml") == (answer.status, answer.headers["content-type"])
    assert f"/services/async/60.0/job/{job}" == answer.headers["location"]
    assert "sforce-limit-info" not in answer.headers
    assert (
        f'{HEAD}<jobInfo\n   xmlns="{NAMESPACE}">\n'
        f" <id>{job}</id>\n <operation>upsert</operation>\n <object>Contact</object>\n"
        " <createdById>005Ud0000000001IAA</createdById>\n <createdDate>2026-01-05T09:00:00.000Z</createdDate>\n"
        " <systemModstamp>2026-01-05T09:00:00.000Z</systemModstamp>\n <state>Open</state>\n"
        " <externalIdFieldName>Id</externalIdFieldName>\n <concurrencyMode>Parallel</concurrencyMode>\n"
        " <contentType>CSV</contentType>\n <numberBatchesQueued>0</numberBatchesQueued>\n"
        " <numberBatchesInProgress>0</numberBatchesInProgress>\n <numberBatchesCompleted>0</numberBatchesCompleted>\n"
        " <numberBatchesFailed>0</numberBatchesFailed>\n <numberBatchesTotal>0</numberBatchesTotal>\n"
        " <numberRecordsProcessed>0</numberRecordsProcessed>\n <numberRetries>0</numberRetries>\n"
        " <apiVersion>60.0</apiVersion>\n <numberRecordsFailed>0</numberRecordsFailed>\n"
        " <totalProcessingTime>0</totalProcessingTime>\n <apiActiveProcessingTime>0</apiActiveProcessingTime>\n"
        " <apexProcessingTime>0</apexProcessingTime>\n</jobInfo>"
    ) == answer.text


@pytest.mark.evidence("client-derived", "simple-salesforce: everything in JSON, concurrencyMode as 0 or 1")
def test_job_in_json(bulk: Bulk) -> None:
    """The request's form is the answer's; keys in alphabetical order, dates with +0000, a numeric apiVersion."""
    body = {"operation": "insert", "object": "Contact", "concurrencyMode": 1, "contentType": "JSON"}
    answer = bulk("POST", "/job", json.dumps(body), JSON)

    assert (201, "application/json") == (answer.status, answer.headers["content-type"])
    assert sorted(answer.json) == list(answer.json)
    assert ("Serial", 60.0, None) == tuple(
        answer.json[key] for key in ("concurrencyMode", "apiVersion", "externalIdFieldName")
    )
    assert "2026-01-05T09:00:00.000+0000" == answer.json["createdDate"]


@pytest.mark.evidence("documented", "Bulk API Developer Guide, Content Type Header")
def test_the_job_decides_the_form(bulk: Bulk) -> None:
    """A JSON job made in XML is answered in JSON from then on; an unknown one as the request asks."""
    job = bulk.job("query", "Contact", form="JSON")

    assert {"batchInfo": []} == bulk("GET", f"/job/{job}/batch").json
    assert "JSON" == bulk("GET", f"/job/{job}", "x", XML).json["contentType"]
    assert "InvalidJob" == bulk("GET", "/job/750Ud00000000zz", "x", JSON).json["exceptionCode"]
    assert bulk("GET", "/job/750Ud00000000zz").text.startswith(HEAD)


@pytest.mark.evidence("recorded", "CumulusCI cassettes: batchInfo, and an empty list")
def test_batches_in_xml(bulk: Bulk) -> None:
    """The batchInfo, the list of one, and the list of none."""
    job = bulk.job("insert", "Contact")
    empty = bulk("GET", f"/job/{job}/batch").text
    batch = bulk.batch(job, "LastName\nA\n")
    bulk.finish(job, batch)
    listed = bulk("GET", f"/job/{job}/batch").text

    assert f'{HEAD}<batchInfoList\n   xmlns="{NAMESPACE}" />' == empty
    assert listed.startswith(
        f'{HEAD}<batchInfoList\n   xmlns="{NAMESPACE}">\n <batchInfo>\n  <id>{batch}</id>\n  <jobId>{job}</jobId>\n'
        "  <state>Completed</state>\n  <createdDate>2026-01-05T09:00:00.000Z</createdDate>\n"
    )
    assert listed.endswith("  <apexProcessingTime>0</apexProcessingTime>\n </batchInfo>\n</batchInfoList>")


@pytest.mark.evidence("recorded", "CumulusCI cassettes: a batch in JSON, and its headers")
def test_batch_in_json(bulk: Bulk) -> None:
    """Compact, in alphabetical order, with stateMessage; Location names the batch."""
    job = bulk.job("query", "Contact", form="JSON")
    answer = bulk("POST", f"/job/{job}/batch", "SELECT Id FROM Contact", JSON)
    batch = answer.json["id"]

    assert (
        '{"apexProcessingTime":0,"apiActiveProcessingTime":0,"createdDate":"2026-01-05T09:00:00.000+0000",'
        f'"id":"{batch}","jobId":"{job}","numberRecordsFailed":0,"numberRecordsProcessed":0,"state":"Queued",'
        '"stateMessage":null,"systemModstamp":"2026-01-05T09:00:00.000+0000","totalProcessingTime":0}'
    ) == answer.text
    assert f"/services/async/60.0/job/{job}/batch/{batch}" == answer.headers["location"]


@pytest.mark.evidence("assumed", "one step at each look; documented states")
def test_states_that_a_poller_sees(bulk: Bulk) -> None:
    """Queued, InProgress, Completed; there is no result before the last."""
    job = bulk.job("insert", "Contact")
    batch = bulk.batch(job, "LastName\nA\n\n")
    early = bulk("GET", f"/job/{job}/batch/{batch}/result")
    states = [bulk.state(job, batch) for _ in range(3)]

    assert (400, "InvalidBatch", "Records not processed") == refused(early)
    assert ["InProgress", "Completed", "Completed"] == states


@pytest.mark.evidence("assumed", "ten seconds: our rule")
@pytest.mark.ledger("salesforce/limit/bulk1/batch_seconds")
def test_time_finishes_a_batch(bulk: Bulk) -> None:
    """Who looks later finds it done at the first look, as of then."""
    job = bulk.job("insert", "Contact")
    batch = bulk.batch(job, "LastName\nA\n")
    bulk.org.clock.advance(60)
    info = bulk.info(job, batch)

    assert ("Completed", "1") == (info["state"], info["numberRecordsProcessed"])
    assert "2026-01-05T09:00:10.000Z" == info["systemModstamp"]


@pytest.mark.evidence("documented", "Bulk API Developer Guide: jobInfo counts its batches")
def test_the_job_counts_its_batches(bulk: Bulk) -> None:
    """A client may watch the job alone (CumulusCI does)."""
    job = bulk.job("insert", "Contact")
    bulk.batch(job, "LastName\nA\n")
    bulk.batch(job, "LastName,Email\nB,\nC,bad\n")
    first, second = (leaves(bulk("GET", f"/job/{job}").text) for _ in range(2))

    assert ("2", "0", "0") == (
        first["numberBatchesInProgress"],
        first["numberBatchesCompleted"],
        first["numberRecordsProcessed"],
    )
    assert ("0", "2", "3", "1") == (
        second["numberBatchesInProgress"],
        second["numberBatchesCompleted"],
        second["numberRecordsProcessed"],
        second["numberRecordsFailed"],
    )


def test_closing_is_enough(bulk: Bulk) -> None:
    """Who closes the job and never asks finds the rows all the same (bypass_results of simple-salesforce)."""
    job = bulk.job("insert", "Contact")
    bulk.batch(job, "LastName\nA\n")
    assert "Closed" == leaves(bulk.close(job).text)["state"]

    assert ["A"] == [row["LastName"] for row in bulk.org.soql("SELECT LastName FROM Contact")]


@pytest.mark.evidence("client-derived", "jetstream (closed job), a Bulk connector's tests (closing twice)")
def test_a_closed_job(bulk: Bulk) -> None:
    """It takes no batch, and is not closed again."""
    job = bulk.job("insert", "Contact")
    bulk.close(job)

    late = bulk("POST", f"/job/{job}/batch", "LastName\nA\n", "text/csv")
    text = "Failed to create batch, since the Job is not Open. Current job state is 'Closed'"
    assert (400, "InvalidJobState", text) == refused(late)
    assert (400, "InvalidJobState", "Closing already closed Job not allowed") == refused(bulk.close(job))


@pytest.mark.evidence("documented", "Bulk API Developer Guide, Abort a Job: what waits is not processed")
def test_an_aborted_job(bulk: Bulk) -> None:
    """Its batches are NotProcessed, nothing is written, and it stays aborted."""
    job = bulk.job("insert", "Contact")
    batch = bulk.batch(job, "LastName\nA\n")
    assert "Aborted" == leaves(bulk.close(job, "Aborted").text)["state"]

    assert "NotProcessed" == bulk.state(job, batch)
    assert [] == bulk.org.soql("SELECT Id FROM Contact")
    assert (400, "InvalidBatch", "Records not processed") == refused(bulk("GET", f"/job/{job}/batch/{batch}/result"))
    assert (400, "InvalidJobState", "Closing already aborted Job not allowed") == refused(bulk.close(job))


@pytest.mark.evidence("documented", "Limits and Allocations: no batches a day after, nothing left seven days after")
def test_old_jobs(bulk: Bulk) -> None:
    """A job left open is aborted after a day, and gone a week later."""
    job = bulk.job("insert", "Contact")
    bulk.org.clock.advance(86_400)
    session = bulk.org.fake.credentials("https://x")["access_token"]
    bulk.org.token = session

    assert "InvalidJobState" == refused(bulk("POST", f"/job/{job}/batch", "LastName\nA\n", "text/csv"))[1]
    bulk.org.clock.advance(7 * 86_400)
    bulk.org.token = bulk.org.fake.credentials("https://x")["access_token"]
    assert (400, "InvalidJob", f"Invalid job id: {job}") == refused(bulk("GET", f"/job/{job}"))


# --- refusals ---------------------------------------------------------------------------------------


@pytest.mark.evidence("client-derived", "jsforce: isSessionExpired; simple-salesforce 1.x logs")
def test_sessions(bulk: Bulk) -> None:
    """The session comes in X-SFDC-Session alone; an ended one is 400 InvalidSessionId in XML or JSON."""
    token = bulk.org.token
    bearer = bulk("GET", "/job/750Ud0000000001", **{"X-SFDC-Session": "", "Authorization": f"Bearer {token}"})
    ended = bulk("GET", "/job/750Ud0000000001", **{"X-SFDC-Session": "00D!wrong"})
    in_json = bulk("GET", "/job/750Ud0000000001", "{}", JSON, **{"X-SFDC-Session": "00D!wrong"})

    assert (400, "InvalidSessionId", "Unable to find session id") == refused(bearer)
    assert "<exceptionCode>InvalidSessionId</exceptionCode>" in ended.text
    assert {"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"} == in_json.json
    assert 400 == ended.status == in_json.status


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"object": "Nope__c"}, "InvalidJob", "Unable to find object: Nope__c"),
        ({"operation": "explode"}, "InvalidJob", "Unable to parse Job"),
        ({"contentType": "YAML"}, "InvalidJob", "Unable to parse Job"),
        ({"concurrencyMode": "Sideways"}, "InvalidJob", "Unable to parse Job"),
        ({"object": 17}, "InvalidJob", "Unable to parse Job"),
        (
            {"operation": "upsert"},
            "InvalidJob",
            "External ID was blank for Contact. An External ID must be specified for upsert.",
        ),
        (
            {"operation": "upsert", "externalIdFieldName": "LastName"},
            "InvalidJob",
            "Field name provided, LastName does not match an External ID for Contact",
        ),
    ],
)
@pytest.mark.evidence("client-derived", "texts quoted by Bulk clients; Unable to parse Job is assumed")
def test_jobs_that_cannot_be(bulk: Bulk, given: dict[str, Any], code: str, message: str) -> None:
    """Each is refused when the job is made, and leaves nothing behind."""
    before = bulk.org.rows
    body = {"operation": "insert", "object": "Contact", "contentType": "CSV", **given}

    assert (400, code, message) == refused(bulk("POST", "/job", json.dumps(body), JSON))
    assert before == bulk.org.rows


def test_zipped_batches_are_not_faked(bulk: Bulk) -> None:
    """Binary attachments in a zip: 501."""
    body = {"operation": "insert", "object": "Attachment", "contentType": "ZIP_CSV"}
    assert (501, "NOT_FAKED") == refused(bulk("POST", "/job", json.dumps(body), JSON))[:2]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<jobInfo>",
        b"nonsense",
        b"\xff\xfe",
        b'<?xml version="1.0"?><!DOCTYPE j [<!ENTITY a "insert">]><jobInfo><operation>&a;</operation></jobInfo>',
        b'<!DOCTYPE j SYSTEM "file:///etc/passwd"><jobInfo/>',
    ],
)
@pytest.mark.evidence("documented", "Bulk API Developer Guide, Errors: InvalidXML; the text is assumed")
def test_xml_that_is_none(bulk: Bulk, body: bytes) -> None:
    """Broken XML, and any document type, is InvalidXML; no entity is read."""
    answer = bulk("POST", "/job", body or b" ", XML)
    assert (400, "InvalidXML") == refused(answer)[:2]


@pytest.mark.evidence("client-derived", "jsforce issues 31 and 545")
@pytest.mark.ledger("salesforce/limit/bulk1/batch_bytes_max")
def test_batches_that_are_empty_or_too_large(bulk: Bulk) -> None:
    """No content, more than ten million bytes (by the stated length, and unpacked): ClientInputError."""
    job = bulk.job("insert", "Contact")
    path = f"/job/{job}/batch"
    too_large = (400, "ClientInputError", "Failed to read request. Exceeded max size limit of 10000000")
    packed = gzip.compress(b"LastName\n" + b"A\n" * 5_000_000)

    assert (400, "ClientInputError", "Unable to find any data to create batch") == refused(
        bulk("POST", path, b" \n", "text/csv")
    )
    assert too_large == refused(bulk("POST", path, b"x", "text/csv", **{"Content-Length": "10000001"}))
    assert too_large == refused(bulk("POST", path, packed, "text/csv", **{"Content-Encoding": "gzip"}))
    assert "ClientInputError" == refused(bulk("POST", path, b"no gzip", **{"Content-Encoding": "gzip"}))[1]


@pytest.mark.evidence("documented", "15,000 batches in 24 hours, shared by both Bulk APIs; a closed job's count, too")
def test_batches_of_a_day(bulk: Bulk) -> None:
    """Each batch takes one of the day's, in /limits as well; past the last there is ExceededQuota."""
    job = bulk.job("insert", "Contact")
    bulk.batch(job, "LastName\nA\n")
    bulk.close(job)
    bulk("POST", f"/job/{job}/batch", "LastName\nA\n", "text/csv")
    assert 14_998 == bulk.org.get("/limits").json["DailyBulkApiBatches"]["Remaining"]

    bulk.org.fake.limits["api_requests"].limit = 100_000
    window = bulk.org.fake.limits["bulk_batches"]
    assert window.take(14_998)
    job = bulk.job("insert", "Contact")
    full = bulk("POST", f"/job/{job}/batch", "LastName\nA\n", "text/csv")
    assert (400, "ExceededQuota", "ApiBatchItems Limit exceeded.") == refused(full)


@pytest.mark.evidence("documented", "Bulk API Developer Guide, Errors; texts assumed")
def test_unknown_things(bulk: Bulk) -> None:
    """Jobs, batches, results, paths, methods and versions that are not there."""
    job = bulk.job("query", "Contact")
    batch = bulk.batch(job, "SELECT Id FROM Contact")
    bulk.finish(job, batch)
    other = bulk.job("query", "Contact")

    assert ("InvalidJob", "Invalid job id: nope") == refused(bulk("GET", "/job/nope"))[1:]
    assert ("InvalidBatch", f"Invalid batch id: {batch}") == refused(bulk("GET", f"/job/{other}/batch/{batch}"))[1:]
    assert "InvalidBatch" == refused(bulk("GET", f"/job/{job}/batch/{batch}/result/752Ud00000000zz"))[1]
    assert (400, "InvalidUrl") == refused(bulk("GET", "/jub"))[:2]
    assert 405 == bulk("PUT", f"/job/{job}").status
    assert "InvalidVersion" == refused(Bulk(bulk.org, "9.0")("GET", f"/job/{job}"))[1]


@pytest.mark.evidence("documented", "Bulk API Developer Guide, Errors: InvalidUser; text assumed")
def test_the_job_of_another_user(bulk: Bulk) -> None:
    """Only who made a job sees it."""
    job = bulk.job("insert", "Contact")
    words = bulk.org.fake.credentials("https://understudy.my.salesforce.com")
    grant = f"grant_type=client_credentials&client_id={words['client_id']}&client_secret={words['client_secret']}"
    told = bulk.org.call(
        "POST",
        "/services/oauth2/token",
        data=grant.encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    bulk.org.token = told.json["access_token"]

    assert "InvalidUser" == refused(bulk("GET", f"/job/{job}"))[1]


@pytest.mark.evidence("assumed", "the words of both APIs put together")
def test_faults_in_the_words_of_bulk(bulk: Bulk) -> None:
    """Scripted faults answer as Bulk API 1.0 does; an expired session stays dead."""
    bulk.org.fake.faults.add(Fault(kind="limit_reached", verb="bulk"))
    assert (400, "ExceededQuota", "TotalRequests Limit exceeded.") == refused(bulk("GET", "/job/x"))
    bulk.org.fake.faults.add(Fault(kind="session_expired", verb="bulk"))
    assert (400, "InvalidSessionId", "Invalid session id") == refused(bulk("GET", "/job/x"))
    assert 401 == bulk.org.get("/limits").status


def test_a_refused_row_by_fault(bulk: Bulk) -> None:
    """A fault on the batch's request strikes the row it names when the rows are written."""
    job = bulk.job("insert", "Contact")
    bulk.org.fake.faults.add(Fault(kind="item_refused", verb="bulk", item=1))
    batch = bulk.batch(job, "LastName\nA\nB\nC\n")
    lines = bulk.result(job, batch).text.splitlines()

    assert [True, False, True] == ['"true","true"' in line for line in lines[1:]]
    assert "UNABLE_TO_LOCK_ROW" in lines[2]


def test_who_called_is_in_the_journal(bulk: Bulk) -> None:
    """The journal reads the caller from the session header, and the object from the job."""
    bulk.job("insert", "Contact")
    entry = bulk.org.fake.exchanges()[-1]

    assert ("bulk", "Contact", "admin@understudy.example") == (entry["verb"], entry["object"], entry["who"])


def test_jobs_are_kept_with_the_org() -> None:
    """A snapshot holds jobs, batches and results; a restored one goes on."""
    with_job = Caller(create_app(org=OrgConfig()))
    with_job.token = with_job.fake.credentials("https://x")["access_token"]
    bulk = Bulk(with_job)
    job = bulk.job("insert", "Contact")
    batch = bulk.batch(job, "LastName\nA\n")
    kept = with_job.fake.store.snapshot()
    bulk.finish(job, batch)
    with_job.fake.store.restore(kept)

    assert '"true","true",""' in bulk.result(job, batch).text
    assert 1 == len(with_job.soql("SELECT Id FROM Contact"))
    with_job.fake.close()
