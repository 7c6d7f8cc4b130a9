"""Bulk API 2.0 as simple-salesforce and jsforce use it, unmodified."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import simple_salesforce.bulk2
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceOperationError
from tests.clients.bulk_client import client_of, played_with
from tests.clients.served import Served, jsforce

from fake_core.testing import Played


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    yield from played_with(simple_salesforce.bulk2, monkeypatch)


@pytest.fixture
def sf(played: Played) -> Any:
    return client_of(played)


def names(sf: Any) -> list[str]:
    return [row["LastName"] for row in sf.query("SELECT LastName FROM Contact ORDER BY LastName")["records"]]


def test_simple_salesforce_writes(sf: Any, tmp_path: Path) -> None:
    """insert, update, upsert, delete, hard_delete of records; results as text and as files."""
    contact = sf.bulk2.Contact
    (made,) = contact.insert(records=[{"LastName": "A", "Key__c": "a"}, {"Key__c": "b"}, {"LastName": 'C, "D"\nE'}])
    assert (3, 3, 1) == (made["numberRecordsTotal"], made["numberRecordsProcessed"], made["numberRecordsFailed"])
    good = list(csv.DictReader(contact.get_successful_records(made["job_id"]).splitlines(keepends=True)))
    bad = list(csv.DictReader(contact.get_failed_records(made["job_id"]).splitlines(keepends=True)))
    left = list(csv.DictReader(contact.get_unprocessed_records(made["job_id"]).splitlines()))
    assert ["A", 'C, "D"\nE'] == [row["LastName"] for row in good]
    assert ["REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"] == [
        row["sf__Error"] for row in bad
    ]
    assert [] == left
    every = contact.get_all_ingest_records(made["job_id"])
    assert [2, 1, 0] == [len(every[kind]) for kind in ("successfulRecords", "failedRecords", "unprocessedRecords")]
    contact.get_successful_records(made["job_id"], file=str(tmp_path / "good.csv"))
    assert (tmp_path / "good.csv").read_text("utf-8").startswith('"sf__Id","sf__Created"')

    ids = [row["sf__Id"] for row in good]
    contact.update(records=[{"Id": ids[0], "LastName": "B", "Key__c": "#N/A"}])
    contact.upsert(
        records=[{"Key__c": "n", "LastName": "N"}, {"Key__c": "a", "LastName": "A"}], external_id_field="Key__c"
    )
    assert ["A", "B", 'C, "D"\nE', "N"] == names(sf)
    contact.delete(records=[{"Id": ids[0]}])
    contact.hard_delete(records=[{"Id": ids[1]}])
    assert ["A", "N"] == names(sf)
    gone = sf.query_all("SELECT Id FROM Contact WHERE IsDeleted = true", include_deleted=True)["records"]
    assert [ids[0]] == [row["Id"] for row in gone]


def test_simple_salesforce_files(sf: Any, tmp_path: Path) -> None:
    """A file in several jobs, several at a time; another delimiter and line end; a query into files, page by page."""
    path = tmp_path / "contacts.csv"
    path.write_bytes("\r\n".join(["LastName|Email", *(f"n{n:02}|n{n}@b.de" for n in range(25))]).encode() + b"\r\n")
    done = sf.bulk2.Contact.insert(
        csv_file=str(path), batch_size=10, concurrency=2, column_delimiter="PIPE", line_ending="CRLF"
    )
    assert [10, 10, 5] == [one["numberRecordsProcessed"] for one in done]

    pages = list(sf.bulk2.Contact.query("SELECT LastName, CreatedDate FROM Contact ORDER BY LastName", max_records=10))
    files = sf.bulk2.Contact.download(
        "SELECT LastName FROM Contact ORDER BY LastName", path=str(tmp_path), max_records=10
    )
    read = [row for one in files for row in csv.reader(Path(one["file"]).read_text("utf-8").splitlines())]

    assert [11, 11, 6] == [len(page.splitlines()) for page in pages]
    assert '"n00","2026-01-05T' in pages[0]
    assert [f"n{n:02}" for n in range(25)] == [row[0] for row in read if row != ["LastName"]]


def test_simple_salesforce_is_refused(sf: Any) -> None:
    """A job that cannot be is SalesforceMalformedRequest; one that fails says why."""
    with pytest.raises(SalesforceMalformedRequest, match="INVALIDJOB"):
        sf.bulk2.Nope__c.insert(records=[{"Name": "x"}])
    with pytest.raises(SalesforceOperationError, match="InvalidBatch : Field name not found : Nope__c"):
        sf.bulk2.Contact.insert(records=[{"LastName": "A", "Nope__c": "1"}])
    with pytest.raises(SalesforceMalformedRequest, match="not supported in Bulk"):
        list(sf.bulk2.Contact.query("SELECT COUNT() FROM Contact"))


def test_jsforce(served_both: Served) -> None:
    """loadAndWaitForResults, a job step by step, a query as a stream of records; what is refused."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        conn.bulk2.pollInterval = 50;
        const load = (more) => conn.bulk2.loadAndWaitForResults({object: 'Contact', ...more});
        const made = await load({operation: 'insert',
            input: [{LastName: 'Bulk2 A', Email: 'A@b.de'}, {LastName: '', Email: 'x@y.de'},
                {LastName: 'Bulk2 C, "D"'}]});
        const csv = await load({operation: 'insert', lineEnding: 'LF', input: 'LastName,Title\\nBulk2 E,Dr\\n'});
        const id = made.successfulResults[0].sf__Id;
        const changed = await load({operation: 'update', input: [{Id: id, LastName: 'Bulk2 B', Email: '#N/A'}]});
        const upserted = await load({operation: 'upsert', externalIdFieldName: 'Ext__c',
            input: [{Ext__c: 'b2', LastName: 'Bulk2 One'}, {Ext__c: 'b2', LastName: 'Bulk2 Two'}]});
        const rows = async (soql, more) => (await conn.bulk2.query(soql, more)).toArray();
        const found = await rows(
            "SELECT Id, LastName, Email, CreatedDate FROM Contact WHERE LastName LIKE 'Bulk2%' ORDER BY LastName");
        const none = await rows("SELECT Id FROM Case WHERE Subject = 'nothing'");
        const gone = await load({operation: 'delete', input: [{Id: id}]});
        const all = await rows(
            "SELECT Id FROM Contact WHERE IsDeleted = true AND LastName LIKE 'Bulk2%'", {scanAll: true});
        const job = conn.bulk2.createJob({object: 'Contact', operation: 'insert'});
        const opened = await job.open();
        await job.abort();
        const aborted = await job.check();
        await job.delete();
        const again = await refused(() => conn.bulk2.job('ingest', {id: opened.id}).check());
        const fails = await refused(() => load({operation: 'insert', input: [{LastName: 'X', Nope__c: 1}]}));
        const nothing = await refused(() => conn.bulk2.loadAndWaitForResults(
            {object: 'Nope__c', operation: 'insert', input: [{Name: 'X'}]}));
        return {made, csv, changed, upserted, found, none, gone, all, opened, aborted, again, fails, nothing, id};
        """,
    )
    assert ["Bulk2 A", 'Bulk2 C, "D"'] == [row["LastName"] for row in told["made"]["successfulResults"]]
    assert [("", "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --")] == [
        (row["sf__Id"], row["sf__Error"]) for row in told["made"]["failedResults"]
    ]
    assert ["true"] == [row["sf__Created"] for row in told["csv"]["successfulResults"]]
    assert ["false"] == [row["sf__Created"] for row in told["changed"]["successfulResults"]]
    assert ["true", "false"] == [row["sf__Created"] for row in told["upserted"]["successfulResults"]]
    assert ["Bulk2 B", 'Bulk2 C, "D"', "Bulk2 E", "Bulk2 Two"] == [row["LastName"] for row in told["found"]]
    assert told["found"][0]["CreatedDate"].endswith(".000Z")
    assert told["found"][0]["Email"] in {None, ""}
    assert [] == told["none"]
    assert [told["id"]] == [row["sf__Id"] for row in told["gone"]["successfulResults"]]
    assert told["id"] in [row["Id"] for row in told["all"]]
    assert ("Open", "Aborted") == (told["opened"]["state"], told["aborted"]["state"])
    assert "NOT_FOUND" == told["again"]["code"]
    assert "Field name not found : Nope__c" in told["fails"]["message"]
    assert "Unable to find object: Nope__c" in told["nothing"]["message"]
