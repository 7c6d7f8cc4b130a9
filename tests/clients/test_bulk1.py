"""Bulk API 1.0 as simple-salesforce (all JSON) and jsforce (XML and CSV) use it, unmodified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import simple_salesforce.bulk
from simple_salesforce.exceptions import SalesforceGeneralError, SalesforceMalformedRequest
from tests.clients.bulk_client import client_of, played_with
from tests.clients.served import Served, jsforce

from fake_core.testing import Played


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    yield from played_with(simple_salesforce.bulk, monkeypatch)


@pytest.fixture
def sf(played: Played) -> Any:
    return client_of(played)


def test_simple_salesforce_writes(sf: Any) -> None:
    """insert, update, upsert, delete, hard_delete: a list of results in the order of the rows."""
    contact = sf.bulk.Contact
    made = contact.insert([{"LastName": "A", "Key__c": "a"}, {"Email": "x@y.de"}, {"LastName": "C"}])
    assert [True, False, True] == [one["success"] for one in made]
    assert "REQUIRED_FIELD_MISSING" == made[1]["errors"][0]["statusCode"]

    ids = [one["id"] for one in made if one["success"]]
    changed = contact.update([{"Id": ids[0], "LastName": "B", "Email": None}], batch_size=1)
    assert [{"success": True, "created": False, "id": ids[0], "errors": []}] == changed

    upserted = contact.upsert([{"Key__c": "a", "LastName": "D"}, {"Key__c": "b", "LastName": "E"}], "Key__c")
    assert [False, True] == [one["created"] for one in upserted]

    assert all(one["success"] for one in contact.delete([{"Id": ids[0]}]))
    assert all(one["success"] for one in contact.hard_delete([{"Id": ids[1]}]))
    assert ["E"] == [row["LastName"] for row in sf.query("SELECT LastName FROM Contact")["records"]]
    left = sf.query_all("SELECT LastName FROM Contact ORDER BY LastName", include_deleted=True)["records"]
    assert ["D", "E"] == [row["LastName"] for row in left]


def test_simple_salesforce_in_many_batches(sf: Any) -> None:
    """Rows in batches of their own, of a fixed and of an automatic size; with results and without."""
    rows = [{"LastName": f"n{number}"} for number in range(7)]
    assert 7 == len(sf.bulk.Contact.insert(rows, batch_size=3))
    assert 7 == len(sf.bulk.Contact.insert(rows, batch_size="auto", use_serial=True))
    sf.bulk.Contact.insert(rows, batch_size=2, bypass_results=True)
    detailed = sf.bulk.Contact.insert([{"LastName": "detailed"}], include_detailed_results=True)

    assert 22 == sf.query("SELECT COUNT() FROM Contact")["totalSize"]
    assert (True, "detailed") == (detailed[0]["success"], detailed[0]["LastName"])
    by_dml = sf.bulk.submit_dml("Contact", "insert", [{"LastName": "dml"}])
    assert by_dml[0]["success"]


def test_simple_salesforce_queries(sf: Any) -> None:
    """query and query_all, whole and lazy; moments as milliseconds."""
    sf.bulk.Contact.insert([{"LastName": "A"}, {"LastName": "B"}])
    gone = sf.query("SELECT Id FROM Contact WHERE LastName = 'B'")["records"][0]["Id"]
    sf.Contact.delete(gone)
    rows = sf.bulk.Contact.query("SELECT LastName, CreatedDate, Account.Name FROM Contact")
    lazy = sf.bulk.Contact.query_all("SELECT LastName FROM Contact ORDER BY LastName", lazy_operation=True)

    assert [("A", None)] == [(row["LastName"], row["Account"]) for row in rows]
    assert isinstance(rows[0]["CreatedDate"], int)
    assert [["A", "B"]] == [[row["LastName"] for row in page] for page in lazy]


def test_simple_salesforce_is_refused(sf: Any) -> None:
    """What the job cannot be is SalesforceMalformedRequest; a batch that fails says why."""
    with pytest.raises(SalesforceMalformedRequest, match="InvalidJob"):
        sf.bulk.Nope__c.insert([{"Name": "x"}])
    with pytest.raises(SalesforceMalformedRequest, match="Records not processed"):
        sf.bulk.Contact.insert([{"LastName": "A", "Nope__c": 1}])
    with pytest.raises(SalesforceGeneralError, match="does not match the entity"):
        sf.bulk.Account.query("SELECT Id FROM Contact")
    handler = sf.bulk
    handler.headers["X-SFDC-Session"] = "00D!over"
    with pytest.raises(SalesforceMalformedRequest, match="InvalidSessionId"):
        handler.Contact.insert([{"LastName": "A"}])


def test_jsforce(served_both: Served) -> None:
    """bulk.load of rows and of CSV, with and without a key; bulk.query as a stream; what is refused."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        conn.bulk.pollInterval = 50;
        const made = await conn.bulk.load('Contact', 'insert',
            [{LastName: 'A', Email: 'A@b.de'}, {Email: 'x@y.de'}, {LastName: 'C, "D"', HasOptedOutOfEmail: undefined}]);
        const csv = await conn.bulk.load('Contact', 'insert', 'LastName,Title\\nE,Dr\\n');
        const changed = await conn.bulk.load('Contact', 'update', [{Id: made[0].id, LastName: 'B', Email: null}]);
        const upserted = await conn.bulk.load('Account', 'upsert', {extIdField: 'Ext__c'},
            [{Ext__c: 'b1', Name: 'One'}, {Ext__c: 'b1', Name: 'Uno'}]);
        const rows = async (soql) => (await conn.bulk.query(soql)).toArray();
        const found = await rows('SELECT Id, LastName, Email, CreatedDate FROM Contact' +
            ` WHERE LastName IN ('B', 'C, "D"', 'E') ORDER BY LastName`);
        const none = await rows("SELECT Id FROM Case WHERE Subject = 'nothing'");
        const gone = await conn.bulk.load('Contact', 'delete', [{Id: made[0].id}]);
        const hard = await conn.bulk.load('Contact', 'hardDelete', [{Id: made[2].id}]);
        const job = conn.bulk.createJob('Contact', 'insert');
        await job.open();
        const batches = await job.list();
        const closed = await job.close();
        const fails = await refused(() => conn.bulk.load('Contact', 'insert', [{LastName: 'X', Nope__c: 1}]));
        const nothing = await refused(() => conn.bulk.load('Nope__c', 'insert', [{Name: 'X'}]));
        return {made, csv, changed, upserted, found, none, gone, hard, batches, closed, fails, nothing};
        """,
    )
    assert [True, False, True] == [one["success"] for one in told["made"]]
    assert ["REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"] == told["made"][1]["errors"]
    assert [True] == [one["created"] for one in told["csv"]]
    assert [False, True] == [told["changed"][0]["created"], told["changed"][0]["success"]]
    assert [True, False] == [one["created"] for one in told["upserted"]]
    assert ["B", 'C, "D"', "E"] == [row["LastName"] for row in told["found"]]
    assert told["found"][0]["CreatedDate"].endswith(".000Z")
    assert [] == told["none"]
    assert all(one["success"] for one in told["gone"] + told["hard"])
    assert "Closed" == told["closed"]["state"]
    assert "Field name not found : Nope__c" in told["fails"]["message"]
    assert ("InvalidJob", "Unable to find object: Nope__c") == (told["nothing"]["code"], told["nothing"]["message"])
