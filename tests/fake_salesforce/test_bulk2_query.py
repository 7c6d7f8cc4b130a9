"""Bulk API 2.0 query: jobs, what they refuse, results page by page."""

from __future__ import annotations

import csv
import io

import pytest
from tests.fake_salesforce.bulk2 import QUERY, Job, new_query
from tests.fake_salesforce.conftest import Caller
from tests.fake_salesforce.test_bulk2_ingest import pass_time, slow_org

CREATED_KEYS = [
    "id",
    "operation",
    "object",
    "createdById",
    "createdDate",
    "systemModstamp",
    "state",
    "concurrencyMode",
    "contentType",
    "apiVersion",
    "jobType",
    "lineEnding",
    "columnDelimiter",
]
AGGREGATES = "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"
COMPOUND = "Selecting compound data not supported in Bulk Query"
COUNT, LOCATOR = "sforce-numberofrecords", "sforce-locator"


def read(job: Job, **asked: str) -> list[list[str]]:
    """All rows of the results, pages put together, one header."""
    rows: list[list[str]] = []
    locator = None
    while locator != "null":
        answer = job.org.get(f"{job.path}/results", query=asked | ({"locator": locator} if locator else {}))
        assert 200 == answer.status, answer.text
        page = list(csv.reader(io.StringIO(answer.text)))
        assert int(answer.headers[COUNT]) == len(page) - 1
        assert int(answer.headers["content-length"]) == len(answer.body)
        rows += page[1:] if rows else page
        locator = answer.headers[LOCATOR]
    return rows


@pytest.mark.evidence("documented", "Bulk API 2.0 Developer Guide v67, Create a Query Job")
def test_life_of_a_job(org: Caller) -> None:
    """UploadComplete, InProgress, JobComplete; results only then."""
    answer = org.post(QUERY, {"operation": "query", "query": "SELECT Id FROM task"})
    job = Job(org, QUERY, answer.json["id"])
    early = org.get(f"{job.path}/results")
    states = [job.poll()["state"], job.poll()["state"]]

    assert (200, CREATED_KEYS, "UploadComplete", "Task", "V2Query") == (
        answer.status,
        list(answer.json),
        answer.json["state"],
        answer.json["object"],
        answer.json["jobType"],
    )
    assert (204, b"") == (early.status, early.body)
    assert ["InProgress", "JobComplete"] == states
    assert ["numberRecordsProcessed", "retries", "totalProcessingTime", "isPkChunkingSupported"] == list(job.poll())[
        -4:
    ]
    assert org.get(f"{job.path}/results").body == b'"Id"\n'


@pytest.mark.evidence("documented", "Bulk API 2.0 Developer Guide v67, Get Results for a Query Job")
def test_results(org: Caller) -> None:
    """Columns in the order of SELECT, parents by path, moments with Z, nothing for null."""
    account = org.make("Account", Name='A, "B"\nC', AnnualRevenue=4000)
    org.make("Contact", LastName="c", AccountId=account)
    org.make("Contact", LastName="d")
    job = new_query(
        org, "SELECT LastName, account.name, Account.AnnualRevenue, CreatedDate, IsDeleted, Fax FROM Contact"
    )
    job.finish()
    answer = org.get(f"{job.path}/results")

    assert ("2", "null", "text/csv") == (answer.headers[COUNT], answer.headers[LOCATOR], answer.headers["content-type"])
    assert (
        b'"LastName","Account.Name","Account.AnnualRevenue","CreatedDate","IsDeleted","Fax"\n'
        b'"c","A, ""B""\nC","4000.0","2026-01-05T09:00:00.000Z","false",""\n'
        b'"d","","","2026-01-05T09:00:00.000Z","false",""\n'
    ) == answer.body


def test_columns_before_v50(org: Caller) -> None:
    """Up to v49 the columns come in the order of their names."""
    body = {"operation": "query", "query": "SELECT Name, Id FROM Account"}
    made = org.post("/services/data/v49.0/jobs/query", body).json["id"]
    path = f"/services/data/v49.0/jobs/query/{made}"
    for _ in range(2):
        org.get(path)

    assert b'"Id","Name"\n' == org.get(f"{path}/results").body
    assert 409 == org.get(f"{QUERY}/{made}/results").status


@pytest.mark.parametrize("rows_max", ["1", "2", "3", "7", "100"])
def test_pages(org: Caller, rows_max: str) -> None:
    """Pages of any size give all rows once, in order; a locator can be read again."""
    for number in range(7):
        org.make("Task", Subject=f"s\n{number}")
    job = new_query(org, "SELECT Subject FROM Task ORDER BY Subject", lineEnding="CRLF", columnDelimiter="TAB")
    job.finish()

    assert [["Subject"], *([f"s\n{number}"] for number in range(7))] == read(job, maxRecords=rows_max)
    assert 400 == org.get(f"{job.path}/results", query={"locator": "nonsense"}).status
    assert 400 == org.get(f"{job.path}/results", query={"maxRecords": "0"}).status


def test_pages_across_pieces() -> None:
    """Rows are kept in pieces; a page may begin and end inside one."""
    org = slow_org(3)
    for number in range(8):
        org.make("Task", Subject=f"s{number}")
    job = new_query(org, "SELECT Subject FROM Task ORDER BY Subject")
    assert [0, 3, 6, 8] == [job.poll()["numberRecordsProcessed"] for _ in range(4)]

    for rows_max in range(1, 10):
        assert [f"s{number}" for number in range(8)] == [row[0] for row in read(job, maxRecords=str(rows_max))[1:]]
    org.fake.close()


def test_what_was_found_is_fixed() -> None:
    """Rows written while a job is worked on neither appear nor push others out."""
    org = slow_org(2)
    ids = [org.make("Task", Subject=f"s{number}") for number in range(4)]
    job = new_query(org, "SELECT Subject FROM Task ORDER BY Subject")
    job.poll()
    job.poll()
    org.make("Task", Subject="a")
    org.delete(f"/sobjects/Task/{ids[3]}")
    org.patch(f"/sobjects/Task/{ids[2]}", {"Subject": "z"})
    snapshot = org.fake.store.snapshot()
    job.finish()
    org.fake.store.restore(snapshot)
    job.finish()

    assert ["s0", "s1", "s2", "s3"] == [row[0] for row in read(job)[1:]]
    org.fake.close()


def test_query_all(org: Caller) -> None:
    """queryAll finds deleted rows, too."""
    record_id = org.make("Task", Subject="gone")
    org.delete(f"/sobjects/Task/{record_id}")
    jobs = [new_query(org, "SELECT Id, IsDeleted FROM Task", operation) for operation in ("query", "queryAll")]
    for job in jobs:
        job.finish()

    assert [[], [[record_id, "true"]]] == [read(job)[1:] for job in jobs]


@pytest.mark.evidence("client-derived", "texts quoted by salesforcer, OpenFn/adaptors #395, airbytehq/airbyte #8206")
@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT COUNT() FROM Task", "API_ERROR", AGGREGATES),
        ("SELECT COUNT(Id) FROM Task", "API_ERROR", AGGREGATES),
        ("SELECT Status FROM Task GROUP BY Status", "API_ERROR", AGGREGATES),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR", AGGREGATES),
        ("SELECT BillingAddress FROM Account", "API_ERROR", COMPOUND),
        ("SELECT Account.BillingAddress FROM Contact", "API_ERROR", COMPOUND),
        ("SELECT Id FROM Task LIMIT 1 OFFSET 1", "API_ERROR", "OFFSET not supported in Bulk Query"),
        ("SELECT TYPEOF What WHEN Account THEN Name END FROM Task", "API_ERROR", "TYPEOF not supported in Bulk Query"),
        ("SELECT FIELDS(ALL) FROM Task LIMIT 200", "API_ERROR", "FIELDS(ALL) not supported in Bulk Query"),
        ("SELECT fields( custom ) FROM Task", "API_ERROR", "FIELDS(CUSTOM) not supported in Bulk Query"),
        ("SELECT Nope FROM Task", "INVALID_FIELD", None),
        ("SELECT Id FROM Nope", "INVALID_TYPE", None),
        ("nonsense", "MALFORMED_QUERY", None),
        ("", "INVALIDJOB", None),
    ],
)  # fmt: skip
def test_refused_queries(org: Caller, soql: str, code: str, message: str | None) -> None:
    """Refused when the job is made."""
    status, found, text = org.post(QUERY, {"operation": "query", "query": soql}).error

    assert (400, code) == (status, found)
    assert text == message or message is None


def test_abort_and_delete(org: Caller) -> None:
    """A job that waits can be aborted, one that is worked on cannot be deleted, one that ended can."""
    waiting, working, done = (new_query(org, "SELECT Id FROM Task") for _ in range(3))
    working.poll()
    done.finish()

    assert "Aborted" == waiting.change("Aborted").json["state"]
    assert (400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed") == done.change("Aborted").error
    assert (400, "API_ERROR") == org.delete(working.path).error[:2]
    assert [204, 404] == [org.delete(done.path).status, org.get(done.path).status]
    assert 204 == org.delete(waiting.path).status
    assert "Aborted" == working.change("Aborted").json["state"]
    assert 204 == org.get(f"{working.path}/results").status


def test_day_limit(org: Caller) -> None:
    """10,000 query jobs a day."""
    org.fake.limits["bulk_query_jobs"].take(10_000)
    assert (400, "EXCEEDEDQUOTA") == org.post(QUERY, {"operation": "query", "query": "SELECT Id FROM Task"}).error[:2]
    assert 0 == org.get("/limits").json["DailyBulkV2QueryJobs"]["Remaining"]
    pass_time(org, days=1)
    new_query(org, "SELECT Id FROM Task")


@pytest.mark.evidence("documented", "Bulk API 2.0 Developer Guide v67, Get Parallel Results for a Query Job")
@pytest.mark.ledger("salesforce/limit/bulk2/result_pages", "salesforce/limit/bulk-pace/result_rows")
def test_result_pages(org: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to five links in an answer; together they give all rows; v58 and later."""
    from fake_salesforce.operations.bulk import jobs

    monkeypatch.setitem(jobs.facts("pace"), "result_rows", 2)
    for number in range(13):
        org.make("Task", Subject=f"s{number:02}")
    job = new_query(org, "SELECT Subject FROM Task ORDER BY Subject")
    assert 204 == org.get(f"{job.path}/resultPages").status
    job.finish()
    first = org.get(f"{job.path}/resultPages").json
    second = org.get(first["nextRecordsUrl"]).json
    links = [page["resultUrl"] for page in first["resultPages"] + second["resultPages"]]
    subjects = [row[0] for link in links for row in list(csv.reader(io.StringIO(org.get(link).text)))[1:]]

    assert (5, False, 2, True) == (len(first["resultPages"]), first["done"], len(second["resultPages"]), second["done"])
    assert [f"s{number:02}" for number in range(13)] == subjects
    assert 404 == org.get(f"/services/data/v57.0/jobs/query/{job.id}/resultPages").status


def test_jobs_are_kept_apart(org: Caller) -> None:
    """A query job is no ingest job; lists know the difference."""
    job = new_query(org, "SELECT Id FROM Task")

    assert 404 == org.get(f"/jobs/ingest/{job.id}").status
    assert [] == org.get("/jobs/ingest").json["records"]
    assert [job.id] == [one["id"] for one in org.get(QUERY).json["records"]]
