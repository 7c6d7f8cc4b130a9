"""simple-salesforce from PyPI, unmodified: every public call of it, against `understudy serve --tls`.

Its log-ins are in the neighbours of this file; here it has a session, as `Salesforce(instance_url=, session_id=)`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import simple_salesforce.bulk
import zeep.exceptions
from simple_salesforce.api import Salesforce
from simple_salesforce.bulk2 import ColumnDelimiter, LineEnding, Operation
from simple_salesforce.exceptions import (
    SalesforceBulkV2LoadError,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceOperationError,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_external_id, format_soql
from tests.clients.served import Served

VERSION = "60.0"
WAIT = 0.1  # seconds between two looks at a job; a test does not wait the five that a user would


def connect(served: Served, **words: Any) -> Any:
    """The client as a user makes it: a session of his own with the CA to trust."""
    session = requests.Session()
    session.verify = str(served.words["ca_file"])
    session.trust_env = False
    given = {"instance_url": served.url, "session_id": served.words["access_token"], "version": VERSION} | words
    return Salesforce(session=session, **given)


@pytest.fixture(scope="module")
def sf(served_tls: Served) -> Any:
    return connect(served_tls)


def test_rows(sf: Any) -> None:
    """create, get, update, upsert, delete and their raw responses; get_by_custom_id; metadata and describe."""
    made = sf.Account.create({"Name": "SS One", "Ext__c": "ss/1 ä+%", "NumberOfEmployees": 5})
    assert made == {"id": made["id"], "success": True, "errors": []}
    assert sf.Account.get(made["id"], params={"fields": "Name,NumberOfEmployees"})["NumberOfEmployees"] == 5
    assert sf.Account.get(format_external_id("Ext__c", "ss/1 ä+%"))["Id"] == made["id"]
    assert sf.Account.update(made["id"], {"Name": "SS Uno"}) == 204
    assert sf.Account.update(made["id"], {"Site": "x"}, raw_response=True).content == b""
    assert sf.Account.upsert("Ext__c/ss2", {"Name": "SS Two"}) == 201
    again = sf.Account.upsert("Ext__c/ss2", {"Name": "SS Due"}, raw_response=True)
    assert (again.status_code, again.json()["created"]) == (200, False)
    row = sf.Account.get_by_custom_id("Ext__c", "ss2")
    assert (row["Name"], row["Id"]) == ("SS Due", again.json()["id"])
    assert sf.Account.delete(made["id"]) == 204
    assert sf.Account.delete(row["Id"], raw_response=True).status_code == 204
    assert {"objectDescribe", "recentItems"} == set(sf.Account.metadata())
    assert "Ext__c" in {field["name"] for field in sf.Account.describe()["fields"]}
    assert sf.Account.describe_layout("012000000000000AAA")["detailLayoutSections"]
    assert {"Account", "Contact"} <= {one["name"] for one in sf.describe()["sobjects"]}
    assert sf.Account.api_usage == {}, "each attribute is an SFType of its own, which remembers its own calls"
    known = sf.Account
    known.describe()
    assert known.api_usage["api-usage"].total == sf.limits()["DailyApiRequests"]["Max"]


def test_headers_of_ones_own(sf: Any) -> None:
    """Every method of a row takes headers: the conditions and save headers arrive."""
    made = sf.Account.create({"Name": "SS Same"}, headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"})
    answer = sf.session.get(f"{sf.base_url}sobjects/Account/{made['id']}", headers=sf.headers)
    unchanged = sf.session.get(answer.url, headers=sf.headers | {"If-Modified-Since": answer.headers["Last-Modified"]})
    assert unchanged.status_code == 304
    with pytest.raises(SalesforceGeneralError, match="412"):
        sf.Account.update(made["id"], {"Site": "y"}, headers={"If-Unmodified-Since": "Mon, 02 Jan 2006 15:04:05 GMT"})


def test_queries(sf: Any) -> None:
    """query, query_more by URL and by id, query_all, query_all_iter, with deleted rows and without; format_soql."""
    rows = [{"LastName": f"SS page {number:03}", "Department": "50% o'clock_\\"} for number in range(230)]
    for part in (rows[:200], rows[200:]):
        records = [{"attributes": {"type": "Contact"}} | row for row in part]
        made = sf.restful("composite/sobjects", method="POST", json={"allOrNone": True, "records": records})
    sf.Contact.delete(made[0]["id"])
    soql = "SELECT Id, LastName FROM Contact WHERE LastName LIKE 'SS page%' ORDER BY LastName"
    small = {"headers": {"Sforce-Query-Options": "batchSize=200"}}
    for deleted, many in ((False, 229), (True, 230)):
        first = sf.query(soql, include_deleted=deleted, **small)
        assert (first["totalSize"], len(first["records"]), first["done"]) == (many, 200, False)
        locator = first["nextRecordsUrl"].rpartition("/")[2]
        by_id = sf.query_more(locator, include_deleted=deleted, **small)
        by_url = sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)
        assert by_id == by_url
        assert len(by_id["records"]) == many - 200
        whole = sf.query_all(soql, include_deleted=deleted, **small)
        assert (whole["totalSize"], whole["done"]) == (many, True)
        assert list(sf.query_all_iter(soql, include_deleted=deleted, **small)) == whole["records"]
    hard = format_soql("SELECT COUNT() FROM Contact WHERE Department = {} AND LastName IN {}", rows[0]["Department"],
                       [row["LastName"] for row in rows])  # fmt: skip
    assert sf.query(hard)["totalSize"] == 229
    assert sf.query(format_soql("SELECT COUNT() FROM Contact WHERE Department LIKE '{:like}'", rows[0]["Department"]))[
        "totalSize"
    ] == 229  # fmt: skip
    moment = format_soql("SELECT COUNT() FROM Contact WHERE CreatedDate > {}", datetime(2020, 1, 1, tzinfo=UTC))
    assert sf.query(moment)["totalSize"] >= 229


def test_numbers_as_the_user_wants_them(served_tls: Served) -> None:
    """parse_float and object_pairs_hook reach the answers: a money field is written with a point."""
    sf = connect(served_tls, parse_float=Decimal, object_pairs_hook=dict)
    deal = {"Name": "SS Deal", "StageName": "Prospecting", "CloseDate": "2030-01-01", "Amount": 10.1}
    made = sf.restful("sobjects/Opportunity", method="POST", json=deal)
    row = sf.query(f"SELECT Amount FROM Opportunity WHERE Id = '{made['id']}'")["records"][0]
    assert (type(row), row["Amount"]) == (dict, Decimal("10.1"))


def test_search(sf: Any) -> None:
    """search and quick_search."""
    made = sf.Account.create({"Name": "Quetzalcoatl Feathers"})
    found = sf.search("FIND {Quetzalcoatl} IN NAME FIELDS RETURNING Account(Id, Name)")["searchRecords"]
    assert [(one["Id"], one["Name"]) for one in found] == [(made["id"], "Quetzalcoatl Feathers")]
    assert [one["Id"] for one in sf.quick_search("Quetzalcoatl")["searchRecords"]] == [made["id"]]
    assert sf.quick_search("nothing at all")["searchRecords"] == []


def test_the_org_and_its_users(sf: Any, served_tls: Served) -> None:
    """is_sandbox, limits, restful, oauth2, set_password; the usage of the API read from the header."""
    assert sf.is_sandbox() is False
    daily = sf.limits()["DailyApiRequests"]
    assert sf.api_usage["api-usage"].total == daily["Max"]
    assert sf.limits(headers={"Accept": "application/json"})["DailyApiRequests"]["Remaining"] < daily["Remaining"]
    assert sf.restful("")["sobjects"] == f"/services/data/v{VERSION}/sobjects"
    assert sf.restful("limits/recordCount", params={"sObjects": "User"})["sObjects"][0]["name"] == "User"
    assert sf.oauth2("userinfo")["preferred_username"] == served_tls.words["username"]
    user = sf.query("SELECT Id FROM User WHERE Username != '{}'".format(served_tls.words["username"]))["records"][0]
    assert sf.set_password(user["Id"], "new password 12") is None
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_NEW_PASSWORD"):
        sf.set_password(user["Id"], "x")


def test_updated_and_deleted(sf: Any) -> None:
    kept, gone = (sf.Contact.create({"LastName": f"SS {name}"})["id"] for name in ("kept", "gone"))
    sf.Contact.delete(gone)
    end = datetime.now(UTC) + timedelta(minutes=2)  # the served fake keeps real time
    start = end - timedelta(days=10)
    updated = sf.Contact.updated(start, end)["ids"]
    assert kept in updated
    assert gone not in updated
    assert gone in [one["id"] for one in sf.Contact.deleted(start, end)["deletedRecords"]]


def test_files(sf: Any, tmp_path: Path) -> None:
    """update_base64 and get_base64; upload_base64 sends the body alone, which the vendor's objects refuse."""
    one, two = tmp_path / "one.bin", tmp_path / "two.bin"
    one.write_bytes(bytes(range(256)))
    two.write_bytes(b"\x00\xff" * 1_000)
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        sf.Attachment.upload_base64(str(one))
    parent = sf.Account.create({"Name": "SS Files"})["id"]
    made = sf.Attachment.create({"Name": "one.bin", "ParentId": parent, "Body": "aGk="})["id"]
    assert sf.Attachment.get_base64(made) == b"hi"
    assert sf.Attachment.update_base64(made, str(two)) == 204
    assert sf.Attachment.get_base64(made) == two.read_bytes()
    version = sf.ContentVersion.create({"Title": "T", "PathOnClient": "t.txt", "VersionData": "aGk="})["id"]
    assert sf.ContentVersion.get_base64(version, base64_field="VersionData") == b"hi"


def test_bulk_1(sf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its threads over a real socket: batches of their own at the same time; results by the order of rows."""
    monkeypatch.setattr(simple_salesforce.bulk, "sleep", lambda _seconds: threading.Event().wait(WAIT))
    rows = [{"Name": f"SS B1 {number:02}", "Ext__c": f"b1-{number:02}"} for number in range(24)]
    made = sf.bulk.Account.upsert(rows, "Ext__c", batch_size=5)
    assert [one["success"] for one in made] == [True] * 24
    ids = [{"Id": one["id"]} for one in made]
    again = sf.bulk.submit_dml("Account", "upsert", rows[:3], "Ext__c")
    assert [(one["id"], one["created"]) for one in again] == [(each["Id"], False) for each in ids[:3]]
    soql = "SELECT Name FROM Account WHERE Ext__c LIKE 'b1-%' ORDER BY Name"
    assert [row["Name"] for row in sf.bulk.Account.query(soql, wait=WAIT)] == [row["Name"] for row in rows]
    assert all(one["success"] for one in sf.bulk.Account.delete(ids[:10], batch_size=4))
    assert all(one["success"] for one in sf.bulk.Account.hard_delete(ids[10:]))
    assert len(sf.bulk.Account.query_all(soql, wait=WAIT)) == 10


def test_bulk_2_writes(sf: Any, tmp_path: Path) -> None:
    """insert, update, upsert, delete and hard_delete of records and of a file; jobs side by side; what failed."""
    kind = sf.bulk2.Account
    rows = [{"Name": f"SS B2 {number}", "Ext__c": f"b2-{number}"} for number in range(7)]
    jobs = kind.insert(records=rows, batch_size=3, concurrency=2, wait=WAIT)
    assert [(job["numberRecordsProcessed"], job["numberRecordsFailed"]) for job in jobs] == [(3, 0), (3, 0), (1, 0)]
    dialect = {"column_delimiter": ColumnDelimiter.PIPE, "line_ending": LineEnding.CRLF}
    changes = [{"Ext__c": "b2-0", "Name": 'a|b "c"\nd'}, {"Ext__c": "b2-new", "Name": "SS B2 new"}, {"Ext__c": "b2-x"}]
    (job,) = kind.upsert(records=changes, external_id_field="Ext__c", wait=WAIT, **dialect)
    assert (job["numberRecordsTotal"], job["numberRecordsFailed"]) == (3, 1)
    made = kind.get_successful_records(job["job_id"])
    assert [line.split("|")[1] for line in made.splitlines() if line.startswith('"001')] == ['"false"', '"true"']
    found = sf.query("SELECT Id, Name FROM Account WHERE Ext__c = 'b2-0'")["records"][0]
    assert found["Name"] == changes[0]["Name"]
    file = tmp_path / "rows.csv"
    file.write_text(f"Id,Site\n{found['Id']},here\n001Ud0000000zzzIAA,there\n", "utf-8")
    (job,) = kind.update(csv_file=str(file), wait=WAIT)
    told = kind.get_all_ingest_records(job["job_id"])
    assert [(one["sf__Id"], one["Site"]) for one in told["successfulRecords"]] == [(found["Id"], "here")]
    assert [one["sf__Error"].partition(":")[0] for one in told["failedRecords"]] == ["INVALID_CROSS_REFERENCE_KEY"]
    assert told["unprocessedRecords"] == []
    out = tmp_path / "failed.csv"
    assert kind.get_failed_records(job["job_id"], file=str(out)) == ""
    assert out.read_text("utf-8") == kind.get_failed_records(job["job_id"])
    ids = [{"Id": row["Id"]} for row in sf.query("SELECT Id FROM Account WHERE Ext__c LIKE 'b2-%'")["records"]]
    assert [job["numberRecordsFailed"] for job in kind.delete(records=ids[:4], wait=WAIT)] == [0]
    assert [job["numberRecordsFailed"] for job in kind.hard_delete(records=ids[4:], wait=WAIT)] == [0]
    left = sf.query_all("SELECT Id FROM Account WHERE Ext__c LIKE 'b2-%'", include_deleted=True)
    assert left["totalSize"] == 4
    with pytest.raises(SalesforceBulkV2LoadError, match="must contain only 'Id'"):
        kind.delete(records=[{"Id": "x", "Name": "y"}])


def test_bulk_2_reads(sf: Any, tmp_path: Path) -> None:
    """query, query_all and download: page by page as CSV of the dialect asked for."""
    for name in "abcde":
        made = sf.Account.create({"Name": f"SS Q {name}", "Ext__c": f"q-{name}"})
    sf.Account.delete(made["id"])
    kind = sf.bulk2.Account
    soql = "SELECT Name FROM Account WHERE Ext__c LIKE 'q-%' ORDER BY Name"
    pages = list(kind.query(soql, max_records=3, wait=WAIT))
    assert pages == ['"Name"\n"SS Q a"\n"SS Q b"\n"SS Q c"\n', '"Name"\n"SS Q d"\n']
    dialect = {"column_delimiter": ColumnDelimiter.TAB, "line_ending": LineEnding.CRLF}
    (everything,) = kind.query_all(soql.replace("SELECT ", "SELECT IsDeleted, "), wait=WAIT, **dialect)
    assert everything.splitlines()[-1] == '"true"\t"SS Q e"'
    assert everything.count("\r\n") == 6
    told = kind.download(soql, str(tmp_path), max_records=3, wait=WAIT)
    assert [one["number_of_records"] for one in told] == [3, 1]
    assert [Path(one["file"]).read_text("utf-8") for one in told] == pages


def test_bulk_2_jobs(sf: Any) -> None:
    """The calls beneath: create, look, upload, close, abort, delete; a query that cannot be is told."""
    client = sf.bulk2.Account._client
    job = client.create_job(Operation.insert)
    assert job["state"] == "Open"
    client.upload_job_data(job["id"], "Name\nNever\n", content_url=None)
    assert client.abort_job(job["id"], is_query=False)["state"] == "Aborted"
    with pytest.raises(SalesforceOperationError, match="Job failure"):
        client.wait_for_job(job["id"], is_query=False, wait=WAIT)
    with pytest.raises(requests.JSONDecodeError):  # the client reads JSON from the vendor's 204
        client.delete_job(job["id"], is_query=False)
    with pytest.raises(SalesforceResourceNotFound):
        client.get_job(job["id"], is_query=False)
    empty = client.create_job(Operation.insert)
    with pytest.raises(SalesforceMalformedRequest, match="Unable to find any data to create batch"):
        client.close_job(empty["id"])
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD|No such column"):
        list(sf.bulk2.Account.query("SELECT Bacon__c FROM Account", wait=WAIT))


def test_what_is_not_faked_says_so(served_tls: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apex, Tooling and everything of `mdapi` answer 501; the words NOT_FAKED reach the user."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served_tls.words["ca_file"]))  # zeep has a session of its own
    sf = connect(served_tls)
    file = tmp_path / "package.zip"
    file.write_bytes(b"PK\5\6" + bytes(18))
    calls: list[Callable[[], Any]] = [
        lambda: sf.apexecute("own", method="POST", data={"a": 1}),
        lambda: sf.toolingexecute("query/?q=SELECT+Id+FROM+ApexClass"),
        lambda: sf.deploy(str(file), sandbox=False),
        lambda: sf.checkDeployStatus("0Af000000000000"),
        lambda: sf.mdapi.retrieve("x", unpackaged={"CustomObject": ["*"]}),
    ]
    for call in calls:
        with pytest.raises(SalesforceGeneralError, match="501.*NOT_FAKED"):
            call()
    kind = sf.mdapi.CustomObject
    calls = [
        sf.mdapi.describe_metadata,
        lambda: sf.mdapi.list_metadata([]),
        lambda: kind.read(["Own__c"]),
        lambda: kind.create([kind(fullName="Own__c")]),
        lambda: kind.delete(["Own__c"]),
        lambda: kind.rename("Own__c", "Other__c"),
        kind.describe,
    ]
    for call in calls:
        with pytest.raises(zeep.exceptions.Fault, match="Metadata API in SOAP") as refused:
            call()
        assert refused.value.code == "sf:NOT_FAKED"


def test_refusals(served_tls: Served, sf: Any) -> None:
    """The exception class and the vendor's words."""
    with pytest.raises(SalesforceResourceNotFound, match="NOT_FOUND"):
        sf.Nope__c.describe()
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Bacon__c'"):
        sf.query("SELECT Bacon__c FROM Account")
    with pytest.raises(SalesforceExpiredSession, match="INVALID_SESSION_ID"):
        connect(served_tls, session_id="00D!gone").limits()
