"""Bulk API 1.0: the rows of batches in CSV, JSON and XML, their results, and what single calls would have given."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.fake_salesforce.bulk1_client import NAMESPACE, Bulk, refused

MISSING = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


@pytest.fixture
def bulk(org: Any) -> Bulk:
    return Bulk(org)


def records(*inner: str) -> str:
    """A batch in XML; each of *inner* is what one record holds."""
    body = "".join(f"<sObject>{one}</sObject>" for one in inner)
    return f'<?xml version="1.0" encoding="UTF-8"?><sObjects xmlns="{NAMESPACE}" xmlns:xsi="{XSI}">{body}</sObjects>'


def names(bulk: Bulk, soql: str = "SELECT LastName FROM Contact ORDER BY LastName") -> list[str]:
    return [row["LastName"] for row in bulk.org.soql(soql)]


# --- writing ----------------------------------------------------------------------------------------


@pytest.mark.evidence("recorded", "CumulusCI cassettes: results of a CSV batch; the error cell is documented")
def test_insert_in_csv(bulk: Bulk) -> None:
    """Every value quoted, one line a row in order, and the media type of CSV."""
    answer = bulk.load("insert", "Contact", 'LastName,Email\r\n"Smith, J.",a@b.de\r\n,x@y.de\r\n')
    (made,) = bulk.org.soql("SELECT Id, LastName FROM Contact")

    assert "text/csv" == answer.headers["content-type"]
    assert (f'"Id","Success","Created","Error"\n"{made["Id"]}","true","true",""\n"","false","false","{MISSING}"\n') == (
        answer.text
    )
    assert "Smith, J." == made["LastName"]


@pytest.mark.evidence("client-derived", "results quoted by a simple-salesforce tutorial and issue 627")
def test_insert_in_json(bulk: Bulk) -> None:
    """An error is a record of message, fields, statusCode and extendedErrorDetails."""
    answer = bulk.load("insert", "Contact", json.dumps([{"LastName": "A"}, {"Email": "x@y.de"}]), form="JSON")
    good, bad = answer.json

    assert ["success", "created", "id", "errors"] == list(good)
    assert (True, True, "003", []) == (good["success"], good["created"], good["id"][:3], good["errors"])
    assert {
        "success": False,
        "created": False,
        "id": None,
        "errors": [
            {
                "message": "Required fields are missing: [LastName]",
                "fields": ["LastName"],
                "statusCode": "REQUIRED_FIELD_MISSING",
                "extendedErrorDetails": None,
            }
        ],
    } == bad


@pytest.mark.evidence("client-derived", "results in XML as quoted by seiun; the Bulk API Developer Guide")
def test_insert_in_xml(bulk: Bulk) -> None:
    """Results in order; a refused row has errors and no id."""
    answer = bulk.load(
        "insert", "Contact", records("<LastName>A &amp; B</LastName>", "<Email>x@y.de</Email>"), form="XML"
    )
    (made,) = bulk.org.soql("SELECT Id, LastName FROM Contact")

    assert "A & B" == made["LastName"]
    assert (
        f'<?xml version="1.0" encoding="UTF-8"?><results xmlns="{NAMESPACE}"><result><id>{made["Id"]}</id>'
        "<success>true</success><created>true</created></result><result><errors><fields>LastName</fields>"
        "<message>Required fields are missing: [LastName]</message><statusCode>REQUIRED_FIELD_MISSING</statusCode>"
        "</errors><success>false</success><created>false</created></result></results>"
    ) == answer.text


@pytest.mark.parametrize("form", ["CSV", "JSON", "XML"])
def test_a_batch_gives_what_single_calls_give(bulk: Bulk, form: str) -> None:
    """Defaults, owner, derived fields, stamps, normal form: all but the ids are the same."""
    given = {"Subject": " Call ", "Status": "Completed", "ActivityDate": "2026-01-07", "Priority": "High"}
    single = bulk.org.row("Task", bulk.org.make("Task", **given))
    bodies = {
        "CSV": "{}\n{}\n".format(",".join(given), ",".join(given.values())),
        "JSON": json.dumps([given]),
        "XML": records("".join(f"<{key}>{value}</{key}>" for key, value in given.items())),
    }
    bulk.load("insert", "Task", bodies[form], form=form)
    (loaded,) = (
        bulk.org.row("Task", row["Id"]) for row in bulk.org.soql("SELECT Id FROM Task") if row["Id"] != single["Id"]
    )

    different = {key for key in single if single[key] != loaded[key]}
    assert {"attributes", "Id"} == different


@pytest.mark.evidence("documented", "Bulk API Developer Guide, Valid CSV Record Rows; Valid XML and JSON Records")
@pytest.mark.parametrize("form", ["CSV", "JSON", "XML"])
def test_clearing_and_leaving_alone(bulk: Bulk, form: str) -> None:
    """`#N/A`, null and xsi:nil clear a field; what is absent or empty stays."""
    made = bulk.org.make("Contact", LastName="A", Email="a@b.de", Phone="1", Title="t")
    bodies = {
        "CSV": f"Id,Email,Phone\n{made},#N/A,\n",
        "JSON": json.dumps([{"Id": made, "Email": None}]),
        "XML": records(f'<Id>{made}</Id><Email xsi:nil="true"/><Phone></Phone>'),
    }
    bulk.load("update", "Contact", bodies[form], form=form)
    row = bulk.org.row("Contact", made)

    assert (None, "1", "t") == (row["Email"], row["Phone"], row["Title"])


@pytest.mark.evidence("documented", "Bulk API Developer Guide, Relationship Fields in Records and in a Header Row")
@pytest.mark.parametrize("form", ["CSV", "JSON", "XML"])
def test_parents_by_external_id(bulk: Bulk, form: str) -> None:
    """A parent is named by its external id; one that may be of several objects also by its type."""
    account = bulk.org.make("Account", Name="Acme", Key__c="k1")
    contact = bulk.org.make("Contact", LastName="A", Email="a@b.de")
    bodies = {
        "CSV": "Subject,What:Account.Key__c,Who:Contact.Email\nx,k1,a@b.de\n",
        "JSON": json.dumps(
            [
                {
                    "Subject": "x",
                    "What": {"attributes": {"type": "Account"}, "Key__c": "k1"},
                    "Who": {"type": "Contact", "Email": "a@b.de"},
                }
            ]
        ),
        "XML": records(
            "<Subject>x</Subject><What><sObject><type>Account</type><Key__c>k1</Key__c></sObject></What>"
            "<Who><sObject><type>Contact</type><Email>a@b.de</Email></sObject></Who>"
        ),
    }
    bulk.load("insert", "Task", bodies[form], form=form)

    assert [{"WhatId": account, "WhoId": contact}] == [
        {key: row[key] for key in ("WhatId", "WhoId")} for row in bulk.org.soql("SELECT WhatId, WhoId FROM Task")
    ]


@pytest.mark.evidence("client-derived", "simple-salesforce: upsert, update, delete; ids of failed rows from v57 (#627)")
def test_the_other_operations(bulk: Bulk) -> None:
    """Upsert says what it created; update, delete and hardDelete name their rows, and from v57 on failed ones too."""
    known = bulk.org.make("Account", Name="old", Key__c="k1")
    upserted = bulk.load("upsert", "Account", "Key__c,Name\nk1,new\nk2,two\n", key="Key__c").text.splitlines()
    assert [f'"{known}","true","false",""', '"true","true",""'] == [upserted[1], upserted[2].partition(",")[2]]

    other = bulk.org.soql("SELECT Id FROM Account WHERE Key__c = 'k2'")[0]["Id"]
    deleted = bulk.load("delete", "Account", f"Id\n{known}\n{known}\n").text.splitlines()
    assert f'"{known}","true","false",""' == deleted[1]
    assert deleted[2].startswith(f'"{known}","false","false","ENTITY_IS_DELETED:')

    old = Bulk(bulk.org, "56.0").load("delete", "Account", f"Id\n{known}\n").text.splitlines()
    assert old[1].startswith('"","false","false","ENTITY_IS_DELETED:')

    bulk.load("hardDelete", "Account", f"Id\n{other}\n")
    found = bulk.org.get("/queryAll", query={"q": "SELECT Id FROM Account"}).json["records"]
    assert [known] == [row["Id"] for row in found]


@pytest.mark.evidence("client-derived", "stateMessage of failed batches quoted by Bulk clients; JSON and XML assumed")
@pytest.mark.parametrize(
    ("form", "body", "message"),
    [
        ("CSV", "LastName,Nope__c\nA,1\n", "InvalidBatch : Field name not found : Nope__c"),
        ("JSON", '[{"LastName":"A","Nope__c":1}]', "InvalidBatch : Field name not found : Nope__c"),
        ("XML", "<LastName>A</LastName><Nope__c>1</Nope__c>", "InvalidBatch : Field name not found : Nope__c"),
        ("CSV", "LastName\n", "InvalidBatch : Records not found"),
        ("JSON", "[]", "InvalidBatch : Records not found"),
        ("CSV", 'LastName\nA"B\n', "InvalidBatch : Failed to parse CSV. Found unescaped quote."),
        ("JSON", '{"LastName":"A"}', "InvalidBatch : Failed to parse JSON."),
        ("JSON", "[17]", "InvalidBatch : Failed to parse JSON."),
        ("JSON", '[{"LastName":"A"}', "InvalidBatch : Failed to parse JSON."),
        ("JSON", '[{"LastName":"A"},{"LastName":"B","Birthdate":"tomorrow"}]', "InvalidBatch : Failed to parse JSON."),
        ("XML", '<!DOCTYPE x [<!ENTITY a "b">]><sObjects/>', "InvalidBatch : Failed to parse XML."),
    ],
)
def test_batches_that_fail_as_a_whole(bulk: Bulk, form: str, body: str, message: str) -> None:
    """Nothing is written, the batch says why, and there is no result."""
    job = bulk.job("insert", "Contact", form=form)
    text = records(body) if form == "XML" and not body.startswith("<!") else body
    batch = bulk.batch(job, text, {"CSV": "text/csv", "JSON": "application/json", "XML": "application/xml"}[form])
    info = bulk.finish(job, batch)

    assert "Failed" == info["state"]
    assert info["stateMessage"].startswith(message)
    assert [] == names(bulk)
    assert "Records not processed" in bulk("GET", f"/job/{job}/batch/{batch}/result").text


@pytest.mark.evidence("client-derived", "SFDO-Tooling/Snowfakery 793: a CSV cell refuses its row only")
def test_a_cell_of_the_wrong_type_in_csv(bulk: Bulk) -> None:
    """The other rows of the batch are written."""
    lines = bulk.load("insert", "Contact", "LastName,Birthdate\nA,tomorrow\nB,2000-01-01\n").text.splitlines()

    assert ["false", "true"] == [line.split(",")[1].strip('"') for line in lines[1:]]
    assert ["B"] == names(bulk)


@pytest.mark.evidence("client-derived", "jsforce issue 469; forcedotcom/wsc issue 150")
@pytest.mark.ledger("salesforce/limit/bulk1/batch_rows_max")
def test_more_than_ten_thousand_rows(bulk: Bulk) -> None:
    """The first 10,000 are written and have results; the batch fails for the rest."""
    job = bulk.job("insert", "Contact")
    batch = bulk.batch(job, "LastName\n" + "A\n" * 10_001)
    info = bulk.finish(job, batch)
    answer = bulk("GET", f"/job/{job}/batch/{batch}/result")

    assert ("Failed", "10000") == (info["state"], info["numberRecordsProcessed"])
    assert "Exceeded number of records : 10001." in info["stateMessage"]
    assert 10_001 == len(answer.text.splitlines())


def test_the_request_comes_back(bulk: Bulk) -> None:
    """GET request answers the bytes that were sent."""
    job = bulk.job("insert", "Contact")
    batch = bulk.batch(job, "LastName\r\nÄ\r\n")
    answer = bulk("GET", f"/job/{job}/batch/{batch}/request")

    assert ("text/csv", "LastName\r\nÄ\r\n") == (answer.headers["content-type"], answer.text)


# --- queries ----------------------------------------------------------------------------------------

SOQL = "SELECT Id, Name, IsDeleted, AnnualRevenue, CreatedDate, Owner.Name, Parent.Name FROM Account"


@pytest.mark.evidence("recorded", "CumulusCI, 2024: rows in JSON")
def test_query_in_json(bulk: Bulk) -> None:
    """Pretty unasked; attributes, moments as milliseconds, parents inside, a missing one null."""
    made = bulk.org.make("Account", Name="Acme", AnnualRevenue=5)
    answer = bulk.select(SOQL, "Account", form="JSON")
    (row,) = answer.json

    assert answer.text.startswith('[ {\n  "attributes" : {\n    "type" : "Account",\n')
    assert {
        "attributes": {"type": "Account", "url": f"/services/data/v60.0/sobjects/Account/{made}"},
        "Id": made,
        "Name": "Acme",
        "IsDeleted": False,
        "AnnualRevenue": 5.0,
        "CreatedDate": 1_767_603_600_000,
        "Owner": {**row["Owner"], "Name": "Ada Admin"},
        "Parent": None,
    } == row


@pytest.mark.evidence("documented", "Bulk API Developer Guide: header in the order of SELECT, moments in Z")
def test_query_in_csv(bulk: Bulk) -> None:
    """Paths in the header, everything quoted, null empty."""
    made = bulk.org.make("Account", Name='Ac"me', AnnualRevenue=5)

    assert (
        '"Id","Name","IsDeleted","AnnualRevenue","CreatedDate","Owner.Name","Parent.Name"\n'
        f'"{made}","Ac""me","false","5.0","2026-01-05T09:00:00.000Z","Ada Admin",""\n'
    ) == bulk.select(SOQL, "Account").text


@pytest.mark.evidence("client-derived", "many Bulk clients look for this line")
def test_query_without_rows(bulk: Bulk) -> None:
    """CSV says so in words; JSON and XML are empty lists."""
    assert "Records not found for this query" == bulk.select("SELECT Id FROM Case", "Case").text
    assert [] == bulk.select("SELECT Id FROM Case", "Case", form="JSON").json
    assert bulk.select("SELECT Id FROM Case", "Case", form="XML").text.endswith("</queryResult>")


@pytest.mark.evidence("client-derived", "queryResult as quoted by wso2 and seiun")
def test_query_in_xml(bulk: Bulk) -> None:
    """Type and id first, the id again where it was selected, null as xsi:nil."""
    made = bulk.org.make("Account", Name="A & B")

    assert (
        f'<?xml version="1.0" encoding="UTF-8"?><queryResult xmlns="{NAMESPACE}" xmlns:xsi="{XSI}">'
        f'<records xsi:type="sObject"><type>Account</type><Id>{made}</Id><Id>{made}</Id><Name>A &amp; B</Name>'
        '<Phone xsi:nil="true"/><Owner xsi:type="sObject"><type>User</type><Id xsi:nil="true"/>'
        "<Name>Ada Admin</Name></Owner></records></queryResult>"
    ) == bulk.select("SELECT Id, Name, Phone, Owner.Name FROM Account", "Account", form="XML").text


@pytest.mark.evidence("recorded", "CumulusCI, 2024: TYPEOF in a Bulk query")
def test_typeof(bulk: Bulk) -> None:
    """A parent of one of several types, in JSON and with a column for each branch in CSV."""
    contact = bulk.org.make("Contact", LastName="A")
    bulk.org.make("Task", Subject="x", WhoId=contact)
    soql = "SELECT Subject, TYPEOF Who WHEN Contact THEN LastName WHEN Lead THEN Company ELSE Id END FROM Task"

    assert "A" == bulk.select(soql, "Task", form="JSON").json[0]["Who"]["LastName"]
    assert '"Subject","Who.LastName","Who.Company","Who.Id"\n"x","A","",""\n' == bulk.select(soql, "Task").text


def test_query_all(bulk: Bulk) -> None:
    """queryAll also finds deleted rows; any letter case of the operation will do."""
    bulk.org.delete(f"/sobjects/Contact/{bulk.org.make('Contact', LastName='A')}")

    assert "Records not found for this query" == bulk.select("SELECT LastName FROM Contact", "Contact").text
    assert '"LastName"\n"A"\n' == bulk.select("SELECT LastName FROM Contact", "Contact", operation="queryall").text


@pytest.mark.evidence("client-derived", "simple-salesforce issues 502 and 531; salesforcer")
@pytest.mark.parametrize(
    ("soql", "message"),
    [
        (
            "SELECT Id FROM Contact",
            "INVALID_TYPE_FOR_OPERATION: The root entity of the requested query (Contact) does not match the entity",
        ),
        ("SELECT Nope__c FROM Account", "INVALID_FIELD: "),
        ("SELEKT", "MALFORMED_QUERY: "),
        ("SELECT COUNT(Id) FROM Account", "FUNCTIONALITY_NOT_ENABLED: Aggregate Relationships not supported in Bulk"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "FUNCTIONALITY_NOT_ENABLED: Aggregate Relationships"),
        ("SELECT BillingAddress FROM Account", "FUNCTIONALITY_NOT_ENABLED: Selecting compound data not supported in"),
        ("SELECT Id FROM Account LIMIT 1 OFFSET 1", "FUNCTIONALITY_NOT_ENABLED: OFFSET"),
    ],
)
def test_queries_that_fail(bulk: Bulk, soql: str, message: str) -> None:
    """The batch fails and says why; there is no result."""
    job = bulk.job("query", "Account")
    info = bulk.finish(job, bulk.batch(job, soql))

    assert "Failed" == info["state"]
    assert info["stateMessage"].startswith(f"InvalidBatch : Failed to process query: {message}")


def test_a_query_that_is_not_faked(bulk: Bulk) -> None:
    """501 at once: the batch is not taken."""
    job = bulk.job("query", "Account")
    answer = bulk("POST", f"/job/{job}/batch", "SELECT DandbCompany.Name FROM Account", "text/csv")

    assert (501, "NOT_FAKED") == refused(answer)[:2]
    assert "<batchInfoList" in bulk("GET", f"/job/{job}/batch").text


# --- PK chunking ------------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "Bulk API Developer Guide, PK Chunking")
@pytest.mark.parametrize("where", ["", " WHERE Name = 'n0' OR Name = 'WHERE (x' OR Name = 'n4'"])
def test_pk_chunking(bulk: Bulk, where: str) -> None:
    """The batch is NotProcessed, others hold ranges of ids: together they find each row once."""
    expected = [0, 4] if where else [0, 1, 2, 3, 4]
    for number in range(5):
        bulk.org.make("Account", Name=f"n{number}")
    job = bulk.job("query", "Account", **{"Sforce-Enable-PKChunking": "chunkSize=2"})
    first = bulk.batch(job, f"SELECT Name FROM Account{where}")
    assert "NotProcessed" == bulk.state(job, first)

    listed = bulk("GET", f"/job/{job}/batch").text
    ids = [part.partition("<")[0] for part in listed.split("<id>")[1:]]
    found = []
    for batch in ids[1:]:
        text = bulk.result(job, batch).text
        result = text.partition("<result>")[2].partition("<")[0]
        found += bulk("GET", f"/job/{job}/batch/{batch}/result/{result}").text.splitlines()[1:]
    assert (first, 4) == (ids[0], len(ids))
    assert [f'"n{number}"' for number in expected] == [line for line in found if line.startswith('"n')]
    assert 15_000 - 4 == bulk.org.get("/limits").json["DailyBulkApiBatches"]["Remaining"]


@pytest.mark.evidence("documented", "PK Chunking: startRow; FALSE; only WHERE (what else runs whole is assumed)")
def test_pk_chunking_bounds(bulk: Bulk) -> None:
    """startRow leaves out what is before; FALSE and a query that sorts are not split; an empty table is one batch."""
    ids = [bulk.org.make("Account", Name=f"n{number}") for number in range(3)]

    def batches(header: str, soql: str, sobject: str = "Account") -> list[str]:
        job = bulk.job("query", sobject, **{"Sforce-Enable-PKChunking": header})
        bulk.batch(job, soql)
        listed = [bulk("GET", f"/job/{job}/batch").text for _ in range(3)][-1]
        return [part.partition("<")[0] for part in listed.split("<state>")[1:]]

    plain = "SELECT Name FROM Account"
    assert ["NotProcessed", "Completed"] == batches(f"chunkSize=2; startRow={ids[1]}", plain)
    assert ["NotProcessed", "Completed"] == batches("TRUE", plain)
    assert ["Completed"] == batches("FALSE", plain)
    assert ["Completed"] == batches("chunkSize=1", f"{plain} ORDER BY Name")
    assert ["NotProcessed", "Completed"] == batches("chunkSize=1", "SELECT Id FROM Case", "Case")
