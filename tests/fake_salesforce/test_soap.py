"""The SOAP API, partner and enterprise: reading, saving, describing, faults."""

from __future__ import annotations

import re

import pytest

from fake_core.faults import Fault
from fake_salesforce.org import ADMIN

from .conftest import Caller
from .soap_client import HEAD, PARTNER, Soap, code, envelope, one, query, result, soap, sobject

__all__ = ["soap"]


# --- queries ----------------------------------------------------------------------------------------


@pytest.mark.evidence("recorded", "WWW::Salesforce tests: a partner query")
def test_partner_query(org: Caller, soap: Soap) -> None:
    """Type, Id, then what was selected, Id once more; the API's usage in the header."""
    record_id = org.make("Contact", LastName="O'Hara & Söhne <x>")
    answer = soap(query("SELECT Id, Name, Phone FROM Contact"))
    assert result(answer) == (
        '<queryResponse><result xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/>'
        f'<records xsi:type="sf:sObject"><sf:type>Contact</sf:type><sf:Id>{record_id}</sf:Id><sf:Id>{record_id}</sf:Id>'
        '<sf:Name>O&apos;Hara &amp; Söhne &lt;x&gt;</sf:Name><sf:Phone xsi:nil="true"/></records>'
        "<size>1</size></result></queryResponse>"
    )
    assert re.search(
        r"<soapenv:Header><LimitInfoHeader><limitInfo><current>\d+</current><limit>100000</limit>"
        r"<type>API REQUESTS</type></limitInfo></LimitInfoHeader></soapenv:Header>",
        answer.text,
    )
    assert 'xmlns:sf="urn:sobject.partner.soap.sforce.com"' in answer.text


@pytest.mark.evidence("recorded", "salesforce-python-toolkit: parents, partner and enterprise")
def test_parents(org: Caller, soap: Soap) -> None:
    """A parent is a record; without a selected Id it is nil; enterprise has types and leaves nulls out."""
    account = org.make("Account", Name="Unknown")
    org.make("Contact", LastName="Administrator", AccountId=account)
    asked = query("SELECT Account.Name, FirstName, LastName FROM Contact")
    assert (
        '<records xsi:type="sf:sObject"><sf:type>Contact</sf:type><sf:Id xsi:nil="true"/>'
        '<sf:Account xsi:type="sf:sObject"><sf:type>Account</sf:type><sf:Id xsi:nil="true"/><sf:Name>Unknown</sf:Name>'
        '</sf:Account><sf:FirstName xsi:nil="true"/><sf:LastName>Administrator</sf:LastName></records>'
    ) in soap(asked).text
    enterprise = soap(asked, "/services/Soap/c/60.0")
    assert (
        '<queryResponse><result><done>true</done><queryLocator xsi:nil="true"/><records xsi:type="sf:Contact">'
        '<sf:Account xsi:type="sf:Account"><sf:Name>Unknown</sf:Name></sf:Account><sf:LastName>Administrator'
        "</sf:LastName></records><size>1</size></result></queryResponse>"
    ) == result(enterprise)
    assert 'xmlns:sf="urn:sobject.enterprise.soap.sforce.com"' in enterprise.text


def test_children_moments_numbers_and_addresses(org: Caller, soap: Soap) -> None:
    """Children are a QueryResult; moments end in Z; an address is a structure."""
    account = org.make("Account", Name="A", BillingCity="Keysborough", AnnualRevenue=5)
    org.make("Contact", LastName="C", AccountId=account)
    text = result(
        soap(
            query(
                "SELECT CreatedDate, IsDeleted, AnnualRevenue, BillingAddress, (SELECT LastName FROM Contacts)"
                " FROM Account"
            )
        )
    )
    assert "<sf:CreatedDate>2026-01-05T09:00:00.000Z</sf:CreatedDate><sf:IsDeleted>false</sf:IsDeleted>" in text
    assert "<sf:AnnualRevenue>5.0</sf:AnnualRevenue>" in text
    assert '<sf:BillingAddress xsi:type="address"><latitude xsi:nil="true"/>' in text
    assert "<city>Keysborough</city>" in text
    assert '<sf:Contacts xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/><records xsi:' in text


def test_counts(org: Caller, soap: Soap) -> None:
    """COUNT() is a size; other aggregates are typed values of an AggregateResult."""
    org.make("Account", Name="A")
    assert "<size>1</size>" in soap(query("SELECT COUNT() FROM Account")).text
    assert (
        '<sf:type>AggregateResult</sf:type><sf:Id xsi:nil="true"/><sf:expr0 xsi:type="xsd:int">1</sf:expr0>'
        in soap(query("SELECT COUNT(Id) FROM Account")).text
    )


def test_query_more(org: Caller, soap: Soap) -> None:
    """QueryOptions sets the page; the locator leads to the next; queryAll sees deleted rows."""
    rows = [{"attributes": {"type": "Account"}, "Name": f"A{number}"} for number in range(200)]
    org.post("/composite/sobjects", {"records": rows})
    last = org.make("Account", Name="last")
    options = "<urn:QueryOptions><urn:batchSize>200</urn:batchSize></urn:QueryOptions>"
    first = result(soap(query("SELECT Id FROM Account"), header=options))
    locator = one(first, "queryLocator")
    assert ("false", "201", 200) == (one(first, "done"), one(first, "size"), first.count("<records "))
    assert re.fullmatch(r"01g\w{15}-200", locator)
    second = result(soap(f"<urn:queryMore><urn:queryLocator>{locator}</urn:queryLocator></urn:queryMore>"))
    assert ("true", 1, 'queryLocator xsi:nil="true"' in second) == (
        one(second, "done"),
        second.count("<records "),
        True,
    )
    answer = soap("<urn:queryMore><urn:queryLocator>nothing</urn:queryLocator></urn:queryMore>")
    assert ("INVALID_QUERY_LOCATOR", True) == (code(answer)[0], "<sf:InvalidQueryLocatorFault " in answer.text)

    org.delete(f"/sobjects/Account/{last}")
    deleted = "SELECT Id FROM Account WHERE IsDeleted = true"
    assert "<size>1</size>" in soap(query(deleted).replace("urn:query>", "urn:queryAll>")).text


@pytest.mark.evidence("recorded", "WWW::Salesforce tests: a fault of a query, with row and column")
def test_query_faults(soap: Soap) -> None:
    """The fault element follows from the code and says the place."""
    answer = soap(query("select adfId, Name from Contact"))
    assert "INVALID_FIELD" == code(answer)[0]
    assert '<detail><sf:InvalidFieldFault xsi:type="sf:InvalidFieldFault"><sf:exceptionCode>' in answer.text
    assert "<sf:row>1</sf:row><sf:column>8</sf:column></sf:InvalidFieldFault></detail>" in answer.text
    assert "No such column &apos;adfId&apos; on entity" in answer.text
    malformed = soap(query("SELECT FROM"))
    assert ("MALFORMED_QUERY", True) == (code(malformed)[0], "<sf:MalformedQueryFault " in malformed.text)
    unknown = soap(query("SELECT Id FROM Nothing"))
    assert ("INVALID_TYPE", True) == (code(unknown)[0], "<sf:InvalidSObjectFault " in unknown.text)


def test_retrieve(org: Caller, soap: Soap) -> None:
    """Rows in the order of their ids, nil for one that is not there."""
    ids = [org.make("Account", Name=name) for name in "ab"]
    asked = "".join(f"<urn:ids>{each}</urn:ids>" for each in (ids[1], ids[0][:15], "001000000000001AAA"))
    text = result(
        soap(
            f"<urn:retrieve><urn:fieldList>Name</urn:fieldList><urn:sObjectType>Account</urn:sObjectType>{asked}</urn:retrieve>"
        )
    )
    assert ["b", "a"] == re.findall("<sf:Name>(.)</sf:Name>", text)
    assert text.endswith('<result xsi:nil="true"/></retrieveResponse>')
    assert '<sf:type>Account</sf:type><sf:Id xsi:nil="true"/>' in text


def test_search(org: Caller, soap: Soap) -> None:
    """SOSL: each row in an element of its own."""
    org.make("Account", Name="Findable Ltd")
    text = result(
        soap("<urn:search><urn:searchString>FIND {findable} RETURNING Account(Name)</urn:searchString></urn:search>")
    )
    assert '<searchRecords><record xsi:type="sf:sObject"><sf:type>Account</sf:type>' in text


# --- saves ------------------------------------------------------------------------------------------


@pytest.mark.evidence("client-derived", "jsforce: SaveResult, and what it sends")
def test_create(org: Caller, soap: Soap) -> None:
    """Each row has its own result; values are texts and become what the fields are."""
    rows = (
        sobject("Account", Name="Good", NumberOfEmployees="7")
        + sobject("Account")
        + sobject("Task", IsReminderSet="true")
    )
    text = result(soap(f"<urn:create>{rows}</urn:create>"))
    good, bad, task = re.findall("<result>(.*?)</result>", text)
    record_id = one(good, "id")
    assert f"<id>{record_id}</id><success>true</success>" == good
    assert (
        "<errors><fields>Name</fields><message>Required fields are missing: [Name]</message>"
        '<statusCode>REQUIRED_FIELD_MISSING</statusCode></errors><id xsi:nil="true"/><success>false</success>'
    ) == bad
    assert ("Good", 7) == tuple(org.row("Account", record_id)[key] for key in ("Name", "NumberOfEmployees"))
    assert org.row("Task", one(task, "id"))["IsReminderSet"] is True


def test_all_or_none(org: Caller, soap: Soap) -> None:
    """The header takes all or none."""
    header = "<urn:AllOrNoneHeader><urn:allOrNone>true</urn:allOrNone></urn:AllOrNoneHeader>"
    before = org.rows
    text = result(soap(f"<urn:create>{sobject('Account', Name='a')}{sobject('Account')}</urn:create>", header=header))
    assert ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"] == re.findall("<statusCode>(.*?)</", text)
    assert before == org.rows


def test_update_and_fields_to_null(org: Caller, soap: Soap) -> None:
    """fieldsToNull empties; an element that is nil changes nothing."""
    record_id = org.make("Account", Name="A", Phone="1", Fax="2", Site="3")
    inner = (
        f"<urn:sObjects><ns:type>Account</ns:type><ns:fieldsToNull>Phone</ns:fieldsToNull><ns:Id>{record_id[:15]}</ns:Id>"
        '<ns:Fax xsi:nil="true"/><ns:Site>new</ns:Site></urn:sObjects>'
    )
    assert f"<id>{record_id}</id><success>true</success>" in soap(f"<urn:update>{inner}</urn:update>").text
    row = org.row("Account", record_id)
    assert (None, "2", "new") == (row["Phone"], row["Fax"], row["Site"])


def test_upsert_and_parents_by_external_id(org: Caller, soap: Soap) -> None:
    """created before the id; a parent is named by its own external id."""
    key = "<urn:externalIDFieldName>Key__c</urn:externalIDFieldName>"
    asked = f"<urn:upsert>{key}{sobject('Account', Key__c='K1', Name='a')}</urn:upsert>"
    texts = [result(soap(asked)) for _ in range(2)]
    assert ["true", "false"] == [one(text, "created") for text in texts]
    account = one(texts[0], "id")
    assert f"<result><created>false</created><id>{account}</id><success>true</success></result>" in texts[1]
    parent = "<ns:Account><ns:type>Account</ns:type><ns:Key__c>K1</ns:Key__c></ns:Account>"
    child = f"<urn:sObjects><ns:type>Contact</ns:type><ns:LastName>C</ns:LastName>{parent}</urn:sObjects>"
    made = one(result(soap(f"<urn:create>{child}</urn:create>")), "id")
    assert account == org.row("Contact", made)["AccountId"]


def test_enterprise_create(org: Caller, soap: Soap) -> None:
    """The object is the xsi:type of the element."""
    inner = '<urn:create><urn:sObjects xsi:type="ns:Account"><ns:Name>Typed</ns:Name></urn:sObjects></urn:create>'
    made = one(result(soap(inner, "/services/Soap/c/60.0")), "id")
    assert "Typed" == org.row("Account", made)["Name"]


def test_delete(org: Caller, soap: Soap) -> None:
    record_id = org.make("Account", Name="A")
    ids = f"<urn:ids>{record_id}</urn:ids><urn:ids>001000000000001AAA</urn:ids>"
    text = result(soap(f"<urn:delete>{ids}</urn:delete>"))
    assert f"<result><id>{record_id}</id><success>true</success></result>" in text
    assert "<success>false</success>" in text
    assert 404 == org.get(f"/sobjects/Account/{record_id}").status


@pytest.mark.evidence("client-derived", "quoted in many public issue threads of SOAP clients")
@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("NumberOfEmployees", "many", "xsd:int"),
        ("AnnualRevenue", "a lot", "xsd:double"),
    ],
)
def test_values_of_a_wrong_type_refuse_the_call(org: Caller, soap: Soap, field: str, value: str, kind: str) -> None:
    """No row is saved; the fault is that of the vendor's XML reader."""
    rows = sobject("Account", Name="A") + sobject("Account", Name="B", **{field: value})
    text = result(soap(f"<urn:create>{rows}</urn:create>"), 500)
    assert f"'{value}' is not a valid value for the type {kind}" == one(text, "faultstring")
    assert "soapenv:Client" == one(text, "faultcode")


def test_more_than_200_rows_and_unknown_objects(org: Caller, soap: Soap) -> None:
    before = org.rows
    assert "EXCEEDED_ID_LIMIT" == code(soap(f"<urn:create>{sobject('Account', Name='A') * 201}</urn:create>"))[0]
    assert ("INVALID_TYPE", "sObject type 'Nope' is not supported.") == code(
        soap(f"<urn:create>{sobject('Nope')}</urn:create>")
    )
    assert "INVALID_TYPE" == code(soap("<urn:create><urn:sObjects><ns:Name>x</ns:Name></urn:sObjects></urn:create>"))[0]
    assert before == org.rows


# --- describes, replication, who --------------------------------------------------------------------


def test_describes(soap: Soap) -> None:
    """The same describes as in JSON: lists repeat, nothing is null but a missing key prefix."""
    one_of = result(soap("<urn:describeSObject><urn:sObjectType>task</urn:sObjectType></urn:describeSObject>"))
    assert "<keyPrefix>00T</keyPrefix>" in one_of
    assert one_of.count("<fields>") > 30
    assert "<urls>" not in one_of
    both = "<urn:sObjectType>Account</urn:sObjectType><urn:sObjectType>Lead</urn:sObjectType>"
    assert 2 == result(soap(f"<urn:describeSObjects>{both}</urn:describeSObjects>")).count("<result>")
    everything = result(soap("<urn:describeGlobal/>"))
    assert everything.startswith("<describeGlobalResponse><result><encoding>UTF-8</encoding><maxBatchSize>200<")
    assert "<name>Account</name>" in everything
    assert (
        "INVALID_TYPE"
        == code(soap("<urn:describeSObject><urn:sObjectType>X</urn:sObjectType></urn:describeSObject>"))[0]
    )


def test_replication(org: Caller, soap: Soap) -> None:
    """Ids and moments, in Z."""
    kept, gone = (org.make("Account", Name=name) for name in "ab")
    org.clock.advance(60)
    org.delete(f"/sobjects/Account/{gone}")
    org.clock.advance(60)
    window = (
        "<urn:sObjectType>Account</urn:sObjectType><urn:startDate>2026-01-05T08:00:00.000Z</urn:startDate>"
        "<urn:endDate>2026-01-05T09:02:00.000Z</urn:endDate>"
    )
    updated = result(soap(f"<urn:getUpdated>{window}</urn:getUpdated>"))
    assert f"<ids>{kept}</ids><latestDateCovered>2026-01-05T09:02:00.000Z</latestDateCovered>" in updated
    deleted = result(soap(f"<urn:getDeleted>{window}</urn:getDeleted>"))
    assert (
        f"<deletedRecords><deletedDate>2026-01-05T09:01:00.000Z</deletedDate><id>{gone}</id></deletedRecords>"
        in deleted
    )


def test_who_and_when(soap: Soap) -> None:
    text = result(soap("<urn:getServerTimestamp/>"))
    assert (
        "<getServerTimestampResponse><result><timestamp>2026-01-05T09:00:00.000Z</timestamp></result>"
        "</getServerTimestampResponse>"
    ) == text
    info = result(soap("<urn:getUserInfo/>"))
    assert (ADMIN.username, "Ada Admin") == (one(info, "userName"), one(info, "userFullName"))


def test_logout(org: Caller, soap: Soap) -> None:
    """The session is over, here and in REST; the fault is the one jsforce looks for."""
    assert "<logoutResponse/>" == result(soap("<urn:logout/>"))
    assert 401 == org.get("/limits").status
    answer = soap(query("SELECT Id FROM Account"))
    words = "Invalid Session ID found in SessionHeader: Illegal Session"
    assert ("INVALID_SESSION_ID", words) == code(answer)
    assert re.search(r"<faultcode>[a-zA-Z]+:INVALID_SESSION_ID</faultcode>", answer.text)


# --- refusals ---------------------------------------------------------------------------------------


def test_calls_that_are_not_there(soap: Soap) -> None:
    """What the vendor has is NOT_FAKED with 501; what nobody has is the vendor's sentence."""
    assert ("NOT_FAKED", True) == (code(soap("<urn:sendEmail/>"), 501)[0], True)
    text = result(soap("<urn:fish/>"), 500)
    assert (
        "No operation available for request {urn:partner.soap.sforce.com}fish, please check the WSDL for the service."
    ) == one(text, "faultstring")
    assert "UNSUPPORTED_API_VERSION" == code(soap("<urn:getUserInfo/>", "/services/Soap/u/99.0"))[0]


def test_metadata_apex_and_wsdl_are_not_faked(org: Caller) -> None:
    """Where the vendor speaks SOAP the words stand in a fault: clients of SOAP read nothing else."""
    for path in ("/services/Soap/m/60.0", "/services/Soap/s/60.0", "/services/Soap/class/X"):
        assert "NOT_FAKED" == code(org.post(path, data=b"<a/>"), 501)[0]
    assert (501, "NOT_FAKED") == org.get("/services/wsdl/partner").error[:2]


def test_not_faked_needs_a_session(org: Caller) -> None:
    """Nobody learns more without logging in."""
    answer = org.post(PARTNER, data=envelope("x", "<urn:sendEmail/>"))
    assert "INVALID_SESSION_ID" == code(answer)[0]


@pytest.mark.parametrize(
    "body",
    [
        HEAD.encode(),
        b"<a><Body><query/></Body></a>",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x"><x/>',
        b'<?xml version="1.0" encoding="nothing"?><x/>',
        b"\xff\xfe<",
        envelope("x", "<urn:create>" + "<urn:sObjects>" * 400 + "</urn:sObjects>" * 400 + "</urn:create>"),
    ],
)
def test_hostile_xml(soap: Soap, org: Caller, body: bytes) -> None:
    """A fault, whatever it is."""
    body = body.replace(b"<urn:sessionId>x<", f"<urn:sessionId>{org.token}<".encode())
    answer = org.post(PARTNER, data=body, headers={"Content-Type": "text/xml"})
    assert "<soapenv:Fault>" in result(answer, 500)


def test_soap_counts_and_is_limited(org: Caller, soap: Soap) -> None:
    """A call counts like one of REST, a log-in does not; past the limit there is a fault."""
    window = org.fake.limits["api_requests"]
    before = window.used()
    soap("<urn:getUserInfo/>")
    assert before + 1 == window.used()
    limit, window.limit = window.limit, window.used()
    try:
        assert "REQUEST_LIMIT_EXCEEDED" == code(soap("<urn:getUserInfo/>"))[0]
    finally:
        window.limit = limit


def test_faults_of_the_wire_speak_soap(org: Caller, soap: Soap) -> None:
    """A scripted fault is aimed at a SOAP call by verb and object, and answered as a SOAP fault."""
    org.fake.faults.add(Fault(kind="unavailable", verb="create", object="Contact"))
    assert 200 == soap(f"<urn:create>{sobject('Account', Name='A')}</urn:create>").status
    answer = soap(f"<urn:create>{sobject('Contact', LastName='A')}</urn:create>")
    assert ("text/xml;charset=UTF-8", "SERVER_UNAVAILABLE") == (
        answer.headers["content-type"],
        code(answer, answer.status)[0],
    )
    org.fake.faults.add(Fault(kind="session_expired", verb="query", object="Account"))
    assert ["INVALID_SESSION_ID"] * 2 == [code(soap(query("SELECT Id FROM Account")))[0] for _ in range(2)]
    assert 401 == org.get("/limits").status


def test_row_locks(org: Caller, soap: Soap) -> None:
    """A row_locked fault plays within a save."""
    org.fake.faults.add(Fault(kind="row_locked", verb="create", object="Account"))
    assert "UNABLE_TO_LOCK_ROW" == one(
        result(soap(f"<urn:create>{sobject('Account', Name='A')}</urn:create>")), "statusCode"
    )


def test_the_journal_names_the_caller(org: Caller, soap: Soap) -> None:
    """Who called over SOAP is told from the envelope."""
    soap("<urn:getUserInfo/>")
    assert ADMIN.username == org.fake.exchanges()[-1]["who"]
