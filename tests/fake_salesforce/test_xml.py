"""Requests and answers in XML."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

XML = {"Accept": "application/xml"}
SENT = {"Content-Type": "application/xml"}
DECLARED = '<?xml version="1.0" encoding="UTF-8"?>'
TREE = """<SObjectTreeRequest>
    <records type="Account" referenceId="ref1">
        <name>SampleAccount</name>
        <numberOfEmployees>100</numberOfEmployees>
        <Contacts>
            <records type="Contact" referenceId="ref2">
                <lastname>Smith</lastname>
                <email>{email}</email>
            </records>
            <records type="Contact" referenceId="ref3"><lastname>Evans</lastname></records>
        </Contacts>
    </records>
    <records type="Account" referenceId="ref4"><name>SampleAccount2</name></records>
</SObjectTreeRequest>"""


def read(answer: Any) -> Element:
    """The root of an XML answer."""
    assert "application/xml;charset=UTF-8" == answer.headers["content-type"]
    assert answer.text.startswith(DECLARED)
    root: Element = fromstring(answer.body)
    return root


def plain(text: str) -> str:
    """Ids as they are told apart, without the rest."""
    return re.sub(r"\b00[0-9A-Za-z]{16}\b", "ID", text.removeprefix(DECLARED))


# --- answers ----------------------------------------------------------------------------------------


@pytest.mark.evidence("client-derived", "code-politan.blogspot.com, Salesforce REST API Part 2")
def test_versions(anyone: Any) -> None:
    """The list as a blogger was answered it in 2010."""
    text = anyone.get("/services/data/.xml").text

    first = "<label>Summer '14</label><url>/services/data/v31.0</url><version>31.0</version>"
    assert text.startswith(f"{DECLARED}<Versions><Version>{first}</Version><Version>")


@pytest.mark.evidence("documented", "REST API Developer Guide, Get a List of Updated Records: XML sample")
def test_updated(org: Any) -> None:
    """The object's name is the root; a list is its element again and again; datetimes end in Z."""
    ids = [org.make("Account", Name=name) for name in "ab"]
    answer = org.get("/sobjects/account/updated?start=2026-01-01T00:00:00Z&end=2026-01-06T00:00:00Z", headers=XML)

    inner = "".join(f"<ids>{one}</ids>" for one in ids)
    covered = "<latestDateCovered>2026-01-05T09:00:00.000Z</latestDateCovered>"
    assert f"{DECLARED}<Account>{inner}{covered}</Account>" == answer.text


@pytest.mark.evidence("documented", "REST API Developer Guide, Get a List of Deleted Records: XML sample")
def test_deleted(org: Any) -> None:
    """Members stand in alphabetical order."""
    record_id = org.make("Account", Name="x")
    org.delete(f"/sobjects/Account/{record_id}")
    path = "/sobjects/Account/deleted?start=2026-01-01T00:00:00Z&end=2026-01-06T00:00:00Z"
    root = read(org.get(path, headers=XML))

    assert ["deletedRecords", "earliestDateAvailable", "latestDateCovered"] == [one.tag for one in root]
    assert [("deletedDate", "2026-01-05T09:00:00.000Z"), ("id", record_id)] == [(one.tag, one.text) for one in root[0]]


@pytest.mark.evidence("documented", "REST API Developer Guide, sObject Tree: XML samples of request and answers")
def test_a_tree(org: Any) -> None:
    """The guide's request gives the guide's answers, for success and for failure."""
    good = org.post("/composite/tree/Account", data=TREE.format(email="a@b.example").encode(), headers=SENT | XML)
    bad = org.post("/composite/tree/Account", data=TREE.format(email="123").encode(), headers=SENT | XML)

    results = "".join(f"<results><id>ID</id><referenceId>ref{n}</referenceId></results>" for n in (1, 4, 2, 3))
    made = f"<SObjectTreeResponse><hasErrors>false</hasErrors>{results}</SObjectTreeResponse>"
    assert (201, made) == (good.status, plain(good.text))
    errors = (
        "<errors><fields>Email</fields><message>Email: invalid email address: 123</message>"
        "<statusCode>INVALID_EMAIL_ADDRESS</statusCode></errors>"
    )
    refused = f"<results>{errors}<referenceId>ref2</referenceId></results>"
    expected = f"<SObjectTreeResponse><hasErrors>true</hasErrors>{refused}</SObjectTreeResponse>"
    assert (400, expected) == (bad.status, plain(bad.text))


@pytest.mark.evidence("client-derived", "Apache Camel, SObjectBatchResponseTest: an answer of composite/batch")
def test_a_batch(org: Any) -> None:
    """Each result in an element of its own, the row inside under its object's name."""
    record_id = org.make("Account", Name="x")
    body = (
        "<batch><batchRequests>"
        f"<batchRequest><method>PATCH</method><url>v60.0/sobjects/account/{record_id}</url>"
        "<richInput><Account><Name>NewName</Name></Account></richInput></batchRequest>"
        f"<batchRequest><method>GET</method><url>v60.0/sobjects/account/{record_id}?fields=Name</url></batchRequest>"
        "</batchRequests></batch>"
    )
    answer = org.post("/composite/batch", data=body.encode(), headers=SENT | XML)

    url = f"/services/data/v60.0/sobjects/Account/{record_id}"
    row = f'<Account type="Account" url="{url}"><Id>{record_id}</Id><Name>NewName</Name></Account>'
    results = (
        "<batchResult><statusCode>204</statusCode><result/></batchResult>"
        f"<batchResult><statusCode>200</statusCode><result>{row}</result></batchResult>"
    )
    whole = f"<batchResults><hasErrors>false</hasErrors><results>{results}</results></batchResults>"
    assert DECLARED + whole == answer.text


@pytest.mark.evidence("client-derived", "jsforce http-api: XML errors are Errors.Error")
def test_errors(org: Any) -> None:
    """A list of errors, without a session and with one."""
    refused = org.post("/sobjects/Account", {}, headers=XML)
    assert 400 == refused.status
    assert [("errorCode", "REQUIRED_FIELD_MISSING"), ("fields", "Name")] == [
        (one.tag, one.text) for one in read(refused).findall("Error/*")[:2]
    ]
    assert (404, "NOT_FOUND") == (org.get("/nope.xml").status, read(org.get("/nope.xml")).findtext("Error/errorCode"))
    org.token = ""
    denied = org.get("/limits", headers=XML)
    assert (401, "INVALID_SESSION_ID") == (denied.status, read(denied).findtext("Error/errorCode"))


@pytest.mark.evidence("documented", "REST API Developer Guide: root is the object's name or QueryResult")
def test_rows_and_queries(org: Any) -> None:
    """attributes are attributes, nested rows and lists too; null is nil; what XML cannot hold is replaced."""
    account = org.make("Account", Name="A & <b>\x01", AnnualRevenue=4000)
    org.make("Contact", LastName="x", AccountId=account)
    row = read(org.get(f"/sobjects/Account/{account}?fields=Name,Industry,AnnualRevenue,IsDeleted", headers=XML))
    assert ("Account", {"type": "Account", "url": f"/services/data/v60.0/sobjects/Account/{account}"}) == (
        row.tag,
        row.attrib,
    )
    nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"
    assert [
        ("Id", account, {}),
        ("Name", "A & <b>\ufffd", {}),
        ("Industry", None, {nil: "true"}),
        ("AnnualRevenue", "4000.0", {}),
        ("IsDeleted", "false", {}),
    ] == [(one.tag, one.text, one.attrib) for one in row]

    soql = "SELECT LastName, Account.Name, (SELECT Id FROM Tasks) FROM Contact"
    result = read(org.get("/query", query={"q": soql}, headers=XML))
    assert ("QueryResult", ["done", "records", "totalSize"]) == (result.tag, [one.tag for one in result])
    assert ("Contact", "Account") == (result[1].attrib["type"], result[1][1].attrib["type"])


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("", "urls"),
        ("/limits", "LimitsSnapshot"),
        ("/sobjects", "DescribeGlobal"),
        ("/sobjects/task", "Task"),
        ("/sobjects/Task/describe", "Task"),
        ("/limits/recordCount", "RecordCounts"),
        ("/query?q=SELECT+COUNT()+FROM+Task", "QueryResult"),
        ("/queryAll?q=SELECT+Id+FROM+Task", "QueryResult"),
        ("/composite/sobjects/Task?ids=x&fields=Id", "Results"),
    ],
)
def test_every_answer_has_an_xml_form(org: Any, path: str, root: str) -> None:
    """By header, and by suffix where there is no query."""
    assert root == read(org.get(path, headers=XML)).tag
    if "?" not in path:
        assert root == read(org.get(f"{path}.xml" if path else "/services/data/v60.0.xml")).tag


def test_a_write_answers_in_xml(org: Any) -> None:
    """Create, upsert and collections; a change has no body in either form."""
    made = org.post("/sobjects/Account", {"Name": "x"}, headers=XML)
    assert (201, "<Result><id>ID</id><success>true</success></Result>") == (made.status, plain(made.text))
    assert made.headers["location"].endswith(read(made).findtext("id"))
    upserted = org.patch("/sobjects/Account/Key__c/1", {"Name": "x"}, headers=XML)
    assert "<Result><created>true</created><id>ID</id><success>true</success></Result>" == plain(upserted.text)
    many = {"records": [{"attributes": {"type": "Account"}, "Name": "x"}]}
    answer = org.post("/composite/sobjects", many, headers=XML)
    assert "<Results><Result><id>ID</id><success>true</success></Result></Results>" == plain(answer.text)
    assert b"" == org.delete(f"/sobjects/Account/{read(made).findtext('id')}", headers=XML).body


@pytest.mark.parametrize(
    ("accept", "is_xml"),
    [
        ("application/xml", True),
        ("text/xml", True),
        ("application/json;q=0.5, application/xml", True),
        ("application/xml, application/json", False),
        ("application/xml;q=0.9, */*;q=0.8", True),
        ("application/xml, */*", False),
        ("*/*", False),
        ("text/html", False),
        ("application/xml;q=x", False),
    ],
)
def test_who_wants_xml(org: Any, accept: str, *, is_xml: bool) -> None:
    """JSON is the default: XML is for who prefers it."""
    kind = "application/xml" if is_xml else "application/json"

    assert org.get("/limits", headers={"Accept": accept}).headers["content-type"].startswith(kind)


@pytest.mark.evidence("documented", "REST API Developer Guide, Composite and Composite Graph: format JSON")
def test_json_only(org: Any) -> None:
    """Composite and graph have no XML form; they take no XML either."""
    answer = org.post("/composite", {"compositeRequest": []}, headers=XML)

    assert {"compositeResponse": []} == answer.json
    for path in ("/composite", "/composite/graph"):
        assert 415 == org.post(path, data=b"<x/>", headers=SENT).status


def test_pretty(org: Any) -> None:
    """With X-PrettyPrint each element has a line of its own."""
    record_id = org.make("Account", Name="x")
    lines = org.get(f"/sobjects/Account/{record_id}?fields=Name", headers=XML | {"X-PrettyPrint": "1"}).text.split("\n")

    assert [DECLARED, f"    <Id>{record_id}</Id>", "    <Name>x</Name>", "</Account>", ""] == [lines[0], *lines[2:]]


# --- requests ---------------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "REST API Developer Guide, sObject Rows: formats JSON and XML")
def test_a_row_in_xml(org: Any) -> None:
    """Create and change; texts become the field's type; empty and nil are null; the answer is JSON unless asked."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><Account xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        "<Name>Köln &amp; Söhne</Name><NumberOfEmployees>7</NumberOfEmployees><AnnualRevenue>1500</AnnualRevenue>"
        '<Industry/><Phone xsi:nil="true"/></Account>'
    )
    made = org.post("/sobjects/Account", data=body.encode(), headers=SENT)
    assert (201, True) == (made.status, made.json["success"])
    path = f"/sobjects/Account/{made.json['id']}"
    row = org.get(path).json
    assert ("Köln & Söhne", 7, 1500.0, None) == tuple(
        row[name] for name in ("Name", "NumberOfEmployees", "AnnualRevenue", "Phone")
    )
    changed = org.patch(path, data="<Account><Phone>1</Phone></Account>".encode("utf-16"), headers=SENT)
    assert (204, "1") == (changed.status, org.get(path).json["Phone"])


def test_a_parent_by_external_id_in_xml(org: Any) -> None:
    """A nested element is a nested object; a collection is a list of records."""
    account = org.make("Account", Name="x", Key__c="k")
    body = b"<Contact><LastName>x</LastName><Account><Key__c>k</Key__c></Account></Contact>"
    made = org.post("/sobjects/Contact", data=body, headers=SENT).json["id"]
    assert account == org.row("Contact", made)["AccountId"]

    body = b'<x><allOrNone>true</allOrNone><records type="Account"><Name>only</Name></records></x>'
    assert [True] == [one["success"] for one in org.post("/composite/sobjects", data=body, headers=SENT).json]
    body = f"<x><ids>{account}</ids><fields>Name</fields></x>".encode()
    assert "x" == org.post("/composite/sobjects/Account", data=body, headers=SENT).json[0]["Name"]


@pytest.mark.parametrize(
    "body",
    [
        b"<Account><Name>x</Account>",
        b"x",
        b'<!DOCTYPE a [<!ENTITY e "x">]><Account><Name>&e;</Name></Account>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x"><Account><Name>x</Name></Account>',
        b"<Account><Name>&e;</Name></Account>",
        b'<?xml version="1.0" encoding="nope"?><Account/>',
        b"<Account>\xff</Account>",
        b"<a>" * 5000 + b"</a>" * 5000,
        b"\x00",
    ],
)
def test_no_xml(org: Any, body: bytes) -> None:
    """Broken text, entities and DTDs are refused and change nothing."""
    before = org.rows

    assert (400, "XML_PARSER_ERROR") == org.post("/sobjects/Account", data=body, headers=SENT).error[:2]
    assert before == org.rows


def test_no_row_in_xml(org: Any) -> None:
    """An empty body, an empty element, a text where a row is meant."""
    assert 400 == org.post("/sobjects/Account", data=b" ", headers=SENT).status
    assert 400 == org.post("/sobjects/Account", data=b"<Account/>", headers=SENT).status
    assert 400 == org.post("/sobjects/Account", data=b"<Account>x</Account>", headers=SENT).status
    assert 400 == org.post("/composite/sobjects", data=b"<x><records>y</records></x>", headers=SENT).status
    assert 415 == org.post("/sobjects/Account", data=b"x", headers={"Content-Type": "text/plain"}).status
