"""Bulk API 2.0 ingest: the life of a job, and what becomes of its rows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.fake_salesforce.bulk2 import CSV, INGEST, Job, load, new_job, new_query
from tests.fake_salesforce.conftest import EXTRA, Caller

from fake_core.clock import FrozenClock
from fake_core.faults import Fault
from fake_salesforce import OrgConfig, UserConfig, create_app
from fake_salesforce.org import ADMIN, APP

ACCOUNTS = "Name,Key__c\nAcme,A1\nBeta,A2\n"
NO_INT = (
    "INVALID_FIELD:Failed to deserialize field at col 2. Due to, 'no' is not a valid value for the type xsd:int"
    ":NumberOfEmployees --"
)
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
    "contentUrl",
    "lineEnding",
    "columnDelimiter",
]
PROGRESS_KEYS = [
    "numberRecordsProcessed",
    "numberRecordsFailed",
    "retries",
    "totalProcessingTime",
    "apiActiveProcessingTime",
    "apexProcessingTime",
]


def slow_org(rows_each_poll: int) -> Caller:
    """An org that works on a few rows in each request."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA, bulk_rows_each_poll=rows_each_poll))
    return Caller(fake, token=fake.credentials("https://understudy.my.salesforce.com")["access_token"])


def pass_time(org: Caller, **span: int) -> None:
    """Let time pass and log in again."""
    org.clock.advance(timedelta(**span))
    org.token = org.fake.credentials("https://understudy.my.salesforce.com")["access_token"]


# --- the life of a job ------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "Bulk API 2.0 Developer Guide v67, Create a Job")
def test_created(org: Caller) -> None:
    """The job's info: keys in order, a number for the version, a path without a slash in front."""
    answer = org.post(INGEST, {"object": "account", "operation": "insert", "contentType": "CSV"})
    job = answer.json

    assert (200, CREATED_KEYS) == (answer.status, list(job))
    assert ("Open", "Account", "CSV", "COMMA", "LF") == (
        job["state"],
        job["object"],
        job["contentType"],
        job["columnDelimiter"],
        job["lineEnding"],
    )
    assert b'"apiVersion":60.0' in answer.body
    assert f"services/data/v60.0/jobs/ingest/{job['id']}/batches" == job["contentUrl"]
    assert "2026-01-05T09:00:00.000+0000" == job["createdDate"]


@pytest.mark.evidence("client-derived", "simple-salesforce insists on 201; naive fakes skip InProgress")
def test_every_state_is_seen(org: Caller) -> None:
    """Open, UploadComplete, InProgress, JobComplete; the upload is answered 201 without a body."""
    job = new_job(org, "Account")
    uploaded = job.upload(ACCOUNTS)
    states = [job.change("UploadComplete").json["state"], job.poll()["state"], job.poll()["state"]]

    assert (201, b"") == (uploaded.status, uploaded.body)
    assert ["UploadComplete", "InProgress", "JobComplete"] == states
    assert PROGRESS_KEYS == list(job.poll())[-6:]
    assert "contentUrl" not in job.poll()
    assert ["Acme", "Beta"] == [row["Name"] for row in org.soql("SELECT Name FROM Account ORDER BY Name")]


@pytest.mark.evidence("documented", "Bulk API 2.0 Developer Guide v67, Get Job Successful and Failed Record Results")
def test_results(org: Caller) -> None:
    """Rows as they were sent, after the vendor's two columns, every value quoted."""
    job = load(org, "Account", 'Name,Key__c,NumberOfEmployees\n"A, ""b""\nc",K1,5\n,K2,\n#N/A,,\nZ,,no\n')
    info = job.finish()
    good = org.get(f"{job.path}/successfulResults")

    assert (4, 3) == (info["numberRecordsProcessed"], info["numberRecordsFailed"])
    assert "text/csv" == good.headers["content-type"]
    assert good.text.startswith('"sf__Id","sf__Created","Name","Key__c","NumberOfEmployees"\n"001')
    assert good.text.endswith('","true","A, ""b""\nc","K1","5"\n')
    assert [
        ["sf__Id", "sf__Error", "Name", "Key__c", "NumberOfEmployees"],
        ["", "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --", "", "K2", ""],
        ["", "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --", "#N/A", "", ""],
        [
            "",
            NO_INT,
            "Z",
            "",
            "no",
        ],
    ] == job.rows("failedResults")
    assert b"Name,Key__c,NumberOfEmployees\n" == org.get(f"{job.path}/unprocessedrecords").body


@pytest.mark.evidence("client-derived", "simple-salesforce asks unprocessedRecords, jsforce unprocessedrecords")
@pytest.mark.parametrize("word", ["unprocessedRecords", "unprocessedrecords", "SUCCESSFULRESULTS", "failedResults"])
def test_results_in_any_case(org: Caller, word: str) -> None:
    """The last part of the path is read without regard to case."""
    assert 200 == org.get(f"{load(org, 'Account', ACCOUNTS).path}/{word}").status
    assert 404 == org.get(f"{load(org, 'Account', ACCOUNTS).path}/{word}s").status


def test_abort_in_the_middle() -> None:
    """Rows that were saved stay saved; the others are told back as they were sent."""
    org = slow_org(2)
    job = load(org, "Account", "Name\na\nb\nc\nd\n\ne\n")
    assert [0, 2, 4] == [job.poll()["numberRecordsProcessed"] for _ in range(3)]
    aborted = job.change("Aborted")

    assert (200, "Aborted") == (aborted.status, aborted.json["state"])
    assert 4 == job.poll()["numberRecordsProcessed"]
    assert b"Name\n\ne\n" == org.get(f"{job.path}/unprocessedrecords").body
    assert 4 == len(org.soql("SELECT Id FROM Account"))
    org.fake.close()


def test_states_that_cannot_be(org: Caller) -> None:
    """Closing and aborting what has ended, uploading twice or too late, closing without data."""
    done = load(org, "Account", ACCOUNTS)
    done.finish()
    waiting = load(org, "Account", ACCOUNTS)
    empty = new_job(org, "Account")
    twice = new_job(org, "Account")
    twice.upload(ACCOUNTS)

    assert (400, "INVALIDJOBSTATE", "Closing already Completed Job not allowed") == done.change("UploadComplete").error
    assert (400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed") == done.change("Aborted").error
    assert (400, "INVALIDJOBSTATE", "Closing already Closed Job not allowed") == waiting.change("UploadComplete").error
    assert ["errorCode", "message"] == list(done.change("Aborted").json[0])
    assert "CLIENTINPUTERROR" == empty.change("UploadComplete").error[1]
    assert twice.upload(ACCOUNTS).error[2].startswith("Found multiple contents for job")
    assert "INVALIDJOBSTATE" == waiting.upload(ACCOUNTS).error[1]
    assert "Aborted" == empty.change("Aborted").json["state"]


def test_delete(org: Caller) -> None:
    """A job that has ended goes with its data; an open one stays."""
    job = load(org, "Account", ACCOUNTS)
    job.finish()
    assert 400 == org.delete(new_job(org, "Account").path).status
    assert (204, b"") == ((answer := org.delete(job.path)).status, answer.body)

    for path in (job.path, f"{job.path}/successfulResults"):
        assert (404, "NOT_FOUND", "The requested resource does not exist") == org.get(path).error
    assert 404 == org.get(f"{INGEST}/750000000000000AAA").status


@pytest.mark.ledger("salesforce/limit/bulk2/open_seconds_max", "salesforce/limit/bulk2/kept_seconds")
def test_time_passes_over_jobs(org: Caller) -> None:
    """A job open for a day is aborted; seven days after it ended it is gone."""
    job = new_job(org, "Account")
    pass_time(org, hours=24)
    assert "Aborted" == job.poll()["state"]
    pass_time(org, days=7, seconds=-1)
    assert 200 == org.get(job.path).status
    pass_time(org, seconds=1)
    assert 404 == org.get(job.path).status


def test_a_snapshot_keeps_jobs(org: Caller) -> None:
    """Jobs and their data are rows of the store: restored, a job goes on where it was."""
    job = load(org, "Account", ACCOUNTS)
    snapshot = org.fake.store.snapshot()
    assert "JobComplete" == job.finish()["state"]
    org.fake.store.restore(snapshot)

    assert "InProgress" == job.poll()["state"]
    assert 2 == job.finish()["numberRecordsProcessed"]
    assert 2 == len(org.soql("SELECT Id FROM Account"))


def test_list(org: Caller) -> None:
    """Jobs by id, with what a list shows of them."""
    jobs = [load(org, "Account", ACCOUNTS), new_job(org, "Task")]
    org.post("/jobs/query", {"operation": "query", "query": "SELECT Id FROM Task"})
    listed = org.get(INGEST, query={"jobType": "V2Ingest"}).json

    assert [job.id for job in jobs] == [one["id"] for one in listed["records"]]
    assert (True, None, ["done", "records", "nextRecordsUrl"]) == (
        listed["done"],
        listed["nextRecordsUrl"],
        list(listed),
    )
    assert "numberRecordsProcessed" not in listed["records"][0]
    assert [] == org.get(INGEST, query={"jobType": "Classic"}).json["records"]
    assert 400 == org.get(INGEST, query={"jobType": "V2Query"}).status


@pytest.mark.ledger("salesforce/limit/bulk2/jobs_page")
def test_list_in_pages(org: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full page says where the next one begins."""
    from fake_salesforce.operations.bulk import jobs

    monkeypatch.setitem(jobs.facts("limits"), "jobs_page", 2)
    made = [new_job(org, "Account").id for _ in range(5)]
    seen: list[str] = []
    path = INGEST
    while path is not None:
        page = org.get(path).json
        seen += [one["id"] for one in page["records"]]
        path = page["nextRecordsUrl"]

    assert made == seen
    assert 400 == org.get(f"{INGEST}?queryLocator=nonsense").status


# --- what cannot be a job ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"object": "Nope", "operation": "insert"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "upsert"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "upsert", "externalIdFieldName": "Phone"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "explode"}, "API_ERROR"),
        ({"object": "Account", "operation": "insert", "lineEnding": "CR"}, "API_ERROR"),
        ({"object": "Account", "operation": "insert", "columnDelimiter": "SPACE"}, "API_ERROR"),
        ({"object": "Account", "operation": "insert", "contentType": "XML"}, "API_ERROR"),
        ({"object": "Account"}, "INVALIDJOB"),
        ({"operation": "insert"}, "INVALIDJOB"),
        ({"object": 7, "operation": "insert"}, "API_ERROR"),
        ({"object": "Account", "operation": "insert", "odd": 1}, "JSON_PARSER_ERROR"),
        ([], "API_ERROR"),
    ],
)
def test_refused_jobs(org: Caller, body: Any, code: str) -> None:
    """Nothing is made of a job that says something the vendor does not know."""
    before = org.rows
    answer = org.post(INGEST, body)

    assert (400, code) == (answer.status, answer.json[0]["errorCode"])
    assert before == org.rows


@pytest.mark.ledger("salesforce/limit/bulk2/upload_bytes_max")
def test_upload_too_large(org: Caller) -> None:
    """More than 100 MB is refused before it is read."""
    job = new_job(org, "Account")
    answer = org.call("PUT", f"{job.path}/batches", data=b"Name\n", headers={**CSV, "Content-Length": "104857601"})

    assert (400, "CLIENTINPUTERROR") == answer.error[:2]
    assert 201 == job.upload("Name\n").status


def test_upload_of_no_csv(org: Caller) -> None:
    """The data are CSV and say so."""
    job = new_job(org, "Account")
    answer = org.call("PUT", f"{job.path}/batches", data=b"[]", headers={"Content-Type": "application/json"})

    assert 400 == answer.status


@pytest.mark.ledger("salesforce/limit/bulk2/multipart_chars_max")
def test_multipart(org: Caller) -> None:
    """Job and data in one request: the job is closed at once."""
    parts = [
        b"--sep",
        b'Content-Type: application/json\r\nContent-Disposition: form-data; name="job"',
        b"",
        b'{"object": "Account", "operation": "insert"}',
        b"--sep",
        b'Content-Type: text/csv\r\nContent-Disposition: form-data; name="content"; filename="content"',
        b"",
        ACCOUNTS.encode(),
        b"--sep--\r\n",
    ]
    kind = {"Content-Type": "multipart/form-data; boundary=sep"}
    answer = org.call("POST", INGEST, data=b"\r\n".join(parts), headers=kind)
    job = Job(org, INGEST, answer.json["id"])

    assert (200, "UploadComplete") == (answer.status, answer.json["state"])
    assert 2 == job.finish()["numberRecordsProcessed"]
    parts[7] = b"Name\n" + b"x" * 100_000
    assert 400 == org.call("POST", INGEST, data=b"\r\n".join(parts), headers=kind).status


def test_day_limits(org: Caller) -> None:
    """Each job takes a batch for 10,000 rows of the day's 15,000; then no job can be made until a day has passed."""
    load(org, "Account", ACCOUNTS)
    assert {"Max": 15_000, "Remaining": 14_999} == {
        key: value
        for key, value in org.get("/limits").json["DailyBulkApiBatches"].items()
        if key in {"Max", "Remaining"}
    }
    org.fake.limits["bulk_batches"].take(14_999)

    assert (400, "EXCEEDEDQUOTA") == org.post(INGEST, {"object": "Account", "operation": "insert"}).error[:2]
    pass_time(org, days=1)
    new_job(org, "Account")


# --- operations -------------------------------------------------------------------------------------


def test_update(org: Caller) -> None:
    """An empty cell leaves a field alone, `#N/A` clears it; a row without id, or of another object, is refused."""
    first = org.make("Account", Name="a", Phone="1", Fax="2")
    task = org.make("Task", Subject="t")
    job = load(org, "Account", f"Id,Phone,Fax\n{first[:15]},,#N/A\n,3,\n{task},3,\n", "update")
    job.finish()

    assert ("1", None) == (org.row("Account", first)["Phone"], org.row("Account", first)["Fax"])
    assert [[first, "false", first[:15], "", "#N/A"]] == job.rows("successfulResults")[1:]
    assert [
        "MISSING_ARGUMENT:Id not specified in an update call:--",
        f"MALFORMED_ID:Account ID: id value of incorrect type: {task}:Id --",
    ] == [row[1] for row in job.rows("failedResults")[1:]]


def test_upsert(org: Caller) -> None:
    """By external id: sf__Created tells which way it went; a key twice in a job finds its first row."""
    first = org.make("Account", Name="a", Key__c="K1")
    data = "Key__c,Name\nk1,b\nK2,c\nK2,d\n,e\n"
    job = load(org, "Account", data, "upsert", externalIdFieldName="Key__c")
    job.finish()

    assert [first, "false"] == job.rows("successfulResults")[1][:2]
    assert ["false", "true", "false"] == [row[1] for row in job.rows("successfulResults")[1:]]
    assert {"b", "d"} == {row["Name"] for row in org.soql("SELECT Name FROM Account")}
    assert ["MISSING_ARGUMENT:Key__c not specified:--"] == [row[1] for row in job.rows("failedResults")[1:]]
    assert "Key__c" == job.poll()["externalIdFieldName"]


def test_upsert_by_id(org: Caller) -> None:
    """With Id as the key a row without one is new."""
    first = org.make("Account", Name="a")
    load(org, "Account", f"Id,Name\n{first},b\n,c\n", "upsert", externalIdFieldName="Id").finish()

    assert ["b", "c"] == sorted(row["Name"] for row in org.soql("SELECT Name FROM Account"))


def test_parents(org: Caller) -> None:
    """A parent named by an external id or an idLookup field, with the object where there are several."""
    account = org.make("Account", Name="a", Key__c="K1")
    contact = org.make("Contact", LastName="c", Email="c@example.com")
    job = load(
        org,
        "Task",
        "Subject,What:Account.Key__c,Who:Contact.Email\nt,K1,C@example.com\nu,K9,\nv,,\nw,#N/A,#N/A\n",
    )
    job.finish()

    assert [(account, contact), (None, None), (None, None)] == [
        (row["WhatId"], row["WhoId"]) for row in org.soql("SELECT WhatId, WhoId FROM Task ORDER BY Subject")
    ]
    assert ["INVALID_FIELD:Foreign key external ID: K9 not found for field Key__c in entity Account:--"] == [
        row[1] for row in job.rows("failedResults")[1:]
    ]
    load(org, "Contact", "LastName,Account.Key__c\nd,k1\n").finish()
    assert [account] == [row["AccountId"] for row in org.soql("SELECT AccountId FROM Contact WHERE LastName = 'd'")]


def test_delete_and_hard_delete(org: Caller) -> None:
    """A deleted row stays in the recycle bin with what went along; a hard-deleted one is nowhere."""
    ids = [org.make("Account", Name=name) for name in "ab"]
    contacts = [org.make("Contact", LastName="c", AccountId=one) for one in ids]
    first = load(org, "Account", f"Id\n{ids[0]}\n{ids[0]}\n", "delete")
    first.finish()
    load(org, "Account", f"Id\n{ids[1]}\n", "hardDelete").finish()
    binned = {"q": "SELECT Id FROM Account", "all": "SELECT Id FROM Contact"}

    assert ["ENTITY_IS_DELETED:entity is deleted:--"] == [row[1] for row in first.rows("failedResults")[1:]]
    assert [ids[0]] == [row["Id"] for row in org.get("/queryAll", query={"q": binned["q"]}).json["records"]]
    assert [contacts[0]] == [row["Id"] for row in org.get("/queryAll", query={"q": binned["all"]}).json["records"]]


def test_row_faults(org: Caller) -> None:
    """A refused item meets a locked row, wherever in the job it is; the others go on."""
    org.fake.faults.add(Fault(kind="item_refused", verb="bulk", item=201))
    job = load(org, "Account", "Name\n" + "a\n" * 300)
    info = job.finish()

    assert (300, 1) == (info["numberRecordsProcessed"], info["numberRecordsFailed"])
    assert "UNABLE_TO_LOCK_ROW" == job.rows("failedResults")[1][1].partition(":")[0]
    assert 299 == len(job.rows("successfulResults")[1:])


def test_rows_belong_to_who_made_the_job(org: Caller) -> None:
    """Whoever asks how the job stands: its rows are its maker's."""
    job = load(org, "Account", ACCOUNTS)
    job.finish()

    (made,) = {row["CreatedById"] for row in org.soql("SELECT CreatedById FROM Account")}
    assert job.poll()["createdById"] == made


def test_the_pace_is_of_the_org_file(tmp_path: Path) -> None:
    """How many rows a look saves is the tester's to say."""
    path = tmp_path / "org.toml"
    path.write_text("[org]\nbulk_rows_each_poll = 1\n", "utf-8")
    fake = create_app(clock=FrozenClock(), org=str(path))
    org = Caller(fake, token=fake.credentials("https://understudy.my.salesforce.com")["access_token"])
    job = load(org, "Account", "Name\na\nb\nc\n")

    assert [0, 1, 2, 3] == [job.poll()["numberRecordsProcessed"] for _ in range(4)]
    fake.close()


def test_jobs_of_others() -> None:
    """A user with a few rights neither reads nor stops what somebody else made, and makes jobs with those rights."""
    users = (ADMIN, UserConfig(username="s@x.example", password="p", profile="Standard User"))
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA, users=users))
    org = Caller(fake, token=fake.credentials("https://understudy.my.salesforce.com")["access_token"])
    words = {"grant_type": "password", "username": "s@x.example", "password": "p"}
    app = {"client_id": APP.client_id, "client_secret": APP.client_secret}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    told = org.call("POST", "/services/oauth2/token", data=urlencode(words | app).encode(), headers=form)
    other = Caller(fake, token=told.json["access_token"])
    job = load(org, "Account", ACCOUNTS)
    query = new_query(org, "SELECT Id FROM Account")

    for path in (job.path, f"{job.path}/successfulResults", query.path, f"{query.path}/results"):
        assert 404 == other.get(path).status
    assert 404 == Job(other, INGEST, job.id).change("Aborted").status
    assert "FEATURENOTENABLED" == other.post(INGEST, {"object": "Account", "operation": "hardDelete"}).error[1]
    own = load(other, "Account", ACCOUNTS)
    assert "InProgress" == Job(org, INGEST, own.id).poll()["state"]
    assert 0 == own.finish()["numberRecordsFailed"]
    (maker,) = {row["CreatedById"] for row in org.soql("SELECT CreatedById FROM Account")}
    assert own.poll()["createdById"] == maker
    fake.close()
