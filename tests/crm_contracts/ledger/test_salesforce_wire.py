"""How Salesforce writes answers in XML and faults in SOAP: names of elements, written down from its guides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from tests.crm_contracts.ledger.causes import soap
from tests.fake_salesforce.bulk2 import load
from tests.fake_salesforce.conftest import HOST, Answer, Caller
from tests.fake_salesforce.soap_client import code, one, query, sobject

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, UserConfig, create_app

SALESFORCE = entries("salesforce")
XML = {"Accept": "application/xml"}
PASSWORD = "a-word-of-a-pretended-user"
# What a log-in can be refused with, for a reason that an org file gives a user.
REFUSED = (
    "PASSWORD_LOCKOUT", "LOGIN_DURING_RESTRICTED_DOMAIN", "LOGIN_DURING_RESTRICTED_TIME", "LOGIN_RATE_EXCEEDED",
)  # fmt: skip
USERS = (
    UserConfig(username="admin@understudy.example", password=PASSWORD),
    UserConfig(username="far@understudy.example", password=PASSWORD, security_token="T", trusted=False),
    *(UserConfig(username=f"{each}@understudy.example", password=PASSWORD, login_refused=each) for each in REFUSED),
)
FIELDS = {
    "Yes__c": "boolean", "Day__c": "date", "Moment__c": "datetime", "Hour__c": "time", "Count__c": "double(9,0)",
    "Price__c": "currency(9,2)", "Share__c": "percent(9,2)",
}  # fmt: skip
EXTRA = {
    "objects": {
        "Account": {
            "fields": {
                "Key__c": {"type": "string(20)", "external_id": True, "unique": True},
                **{name: {"type": kind, "label": name} for name, kind in FIELDS.items()},
            }
        }
    }
}


def each(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(entry, id=entry.id) for entry in SALESFORCE if entry.id.startswith(prefix)]


@pytest.fixture(scope="module")
def org() -> Iterator[Caller]:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(users=USERS, extra=EXTRA))
    yield Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
    fake.close()


# --- XML ------------------------------------------------------------------------------------------------------------

SPAN = "start=2026-01-01T00:00:00Z&end=2026-01-06T00:00:00Z"
BATCH = {"batchRequests": [{"method": "GET", "url": "v60.0/limits"}]}
TREE = {"records": [{"attributes": {"type": "Account", "referenceId": "r"}, "Name": "x"}]}


def user_id(org: Caller) -> str:
    found: str = org.soql("SELECT Id FROM User LIMIT 1")[0]["Id"]
    return found


def family(org: Caller) -> str:
    """An account with a contact."""
    account = org.make("Account", Name="a")
    org.make("Contact", LastName="c", AccountId=account)
    return account


def second_page(org: Caller, resource: str) -> str:
    rows = [{"attributes": {"type": "Case"}, "Subject": "s"} for _ in range(200)]
    for _ in range(2):
        org.post("/composite/sobjects", {"records": rows})
    answer = org.get(
        f"/{resource}", query={"q": "SELECT Id FROM Case"}, headers={"Sforce-Query-Options": "batchSize=200"}
    )
    found: str = answer.json["nextRecordsUrl"]
    return found


# By operation: what is asked, the root of the answer, and the first element below it.
ASKED: dict[str, tuple[Callable[[Caller], Answer], str, str]] = {
    "listVersions": (lambda org: org.get("/services/data", headers=XML), "Versions", "Version"),
    "listResources": (lambda org: org.get("", headers=XML), "urls", "actions"),
    "limits": (lambda org: org.get("/limits", headers=XML), "LimitsSnapshot", "AnalyticsExternalDataSizeMB"),
    "recordCount": (lambda org: org.get("/limits/recordCount", headers=XML), "RecordCounts", "sObjects"),
    "describeGlobal": (lambda org: org.get("/sobjects", headers=XML), "DescribeGlobal", "encoding"),
    "createRecord": (lambda org: org.post("/sobjects/Account", {"Name": "x"}, headers=XML), "Result", "id"),
    "createRecordById": (lambda org: org.post("/sobjects/Account/Id", {"Name": "x"}, headers=XML), "Result", "created"),
    "upsertRecord": (
        lambda org: org.patch("/sobjects/Account/Key__c/k", {"Name": "x"}, headers=XML), "Result", "created",
    ),
    "getUpdated": (lambda org: org.get(f"/sobjects/task/updated?{SPAN}", headers=XML), "Task", "latestDateCovered"),
    "getDeleted": (lambda org: org.get(f"/sobjects/task/deleted?{SPAN}", headers=XML), "Task", "earliestDateAvailable"),
    "describeObject": (lambda org: org.get("/sobjects/task/describe", headers=XML), "Task", "activateable"),
    "describeLayouts": (
        lambda org: org.get("/sobjects/Task/describe/layouts", headers=XML), "DescribeLayoutResult", "layouts",
    ),
    "describeCompactLayouts": (
        lambda org: org.get("/sobjects/Task/describe/compactLayouts", headers=XML), "DescribeCompactLayoutsResult",
        "compactLayouts",
    ),
    "sobjectBasic": (lambda org: org.get("/sobjects/task", headers=XML), "Task", "objectDescribe"),
    "query": (lambda org: org.get("/query?q=SELECT+Id+FROM+Task", headers=XML), "QueryResult", "done"),
    "queryMore": (lambda org: org.get(second_page(org, "query"), headers=XML), "QueryResult", "done"),
    "queryAll": (lambda org: org.get("/queryAll?q=SELECT+Id+FROM+Task", headers=XML), "QueryResult", "done"),
    "queryAllMore": (lambda org: org.get(second_page(org, "queryAll"), headers=XML), "QueryResult", "done"),
    "getRecordByKey": (
        lambda org: org.get(f"/sobjects/Account/{family(org)}/Contacts", headers=XML), "QueryResult", "done",
    ),
    "getRecords": (
        lambda org: org.get(f"/composite/sobjects/Account?ids={family(org)}&fields=Id", headers=XML), "Results",
        "Account",
    ),
    "getRecordsByPost": (
        lambda org: org.post("/composite/sobjects/Account", {"ids": [family(org)], "fields": ["Id"]}, headers=XML),
        "Results", "Account",
    ),
    "createTree": (
        lambda org: org.post("/composite/tree/Account", TREE, headers=XML), "SObjectTreeResponse", "hasErrors",
    ),
    "compositeBatch": (lambda org: org.post("/composite/batch", BATCH, headers=XML), "batchResults", "hasErrors"),
    "passwordExpired": (
        lambda org: org.get(f"/sobjects/User/{user_id(org)}/password", headers=XML), "Password", "isExpired",
    ),
}  # fmt: skip


@pytest.mark.ledger("salesforce/shape/xml-root/*")
@pytest.mark.parametrize("entry", each("salesforce/shape/xml-root/"))
def test_the_root_of_an_answer_in_xml(org: Caller, entry: Entry) -> None:
    """An answer that succeeds has this root, and its members below it."""
    operation = entry.id.rpartition("/")[2]
    ask, root, member = ASKED[operation]
    answer = ask(org)
    assert 300 > answer.status, answer.text
    found = fromstring(answer.body)

    assert (root, member) == (found.tag, found[0].tag)
    if operation == "compositeBatch":
        assert ["batchResult"] == [below.tag for below in found.findall("results/*")]


@pytest.mark.ledger("salesforce/shape/json-only")
def test_what_is_answered_in_json_alone(org: Caller) -> None:
    """Composites are JSON whatever is asked for, and take nothing else."""
    account = {
        "method": "POST",
        "url": "/services/data/v60.0/sobjects/Account",
        "referenceId": "r",
        "body": {"Name": "x"},
    }
    answers = [
        org.get("/composite", headers=XML),
        org.post("/composite", {"compositeRequest": [account]}, headers=XML),
        org.post("/composite/graph", {"graphs": [{"graphId": "g", "compositeRequest": [account]}]}, headers=XML),
    ]
    sent = {"Content-Type": "application/xml"}

    assert [{"batch", "graph", "sobjects", "tree"}, {"compositeResponse"}, {"graphs"}] == [
        set(answer.json) for answer in answers
    ]
    assert [415, 415] == [
        org.post(path, data=b"<x/>", headers=sent).status for path in ("/composite", "/composite/graph")
    ]
    assert 415 != org.post("/composite/batch", data=b"<x/>", headers=sent).status


# --- SOAP -----------------------------------------------------------------------------------------------------------


def logged_in(org: Caller, username: str, secret: str = PASSWORD) -> Answer:
    name = f"{username}@understudy.example"
    return soap(org, f"<urn:login><urn:username>{name}</urn:username><urn:password>{secret}</urn:password></urn:login>")


def of_locked_org(_org: Caller) -> Answer:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(users=USERS, locked=True))
    answer = logged_in(Caller(fake), "admin")
    fake.close()
    return answer


def new_password(org: Caller) -> Answer:
    return soap(
        org,
        f"<urn:setPassword><urn:userId>{user_id(org)}</urn:userId><urn:password>short</urn:password></urn:setPassword>",
    )


# By fault element: the codes it goes with, and a call that ends so.
FAULTS: dict[str, dict[str, Callable[[Caller], Answer]]] = {
    "LoginFault": {
        "INVALID_LOGIN": lambda org: logged_in(org, "admin", "wrong"),
        "LOGIN_MUST_USE_SECURITY_TOKEN": lambda org: logged_in(org, "far"),
        "ORG_LOCKED": of_locked_org,
        **{code: partial(logged_in, username=code) for code in REFUSED},
    },
    "MalformedQueryFault": {"MALFORMED_QUERY": lambda org: soap(org, query("SELECT FROM"))},
    "InvalidFieldFault": {"INVALID_FIELD": lambda org: soap(org, query("SELECT Nope FROM Account"))},
    "InvalidSObjectFault": {"INVALID_TYPE": lambda org: soap(org, query("SELECT Id FROM Nope"))},
    "InvalidIdFault": {
        "INVALID_ID_FIELD": lambda org: soap(
            org, "<urn:resetPassword><urn:userId>001000000000001AAA</urn:userId></urn:resetPassword>"
        ),
    },
    "InvalidQueryLocatorFault": {
        "INVALID_QUERY_LOCATOR": lambda org: soap(
            org, "<urn:queryMore><urn:queryLocator>nothing</urn:queryLocator></urn:queryMore>"
        )
    },
    "InvalidNewPasswordFault": {"INVALID_NEW_PASSWORD": new_password},
    "MalformedSearchFault": {
        "MALFORMED_SEARCH": lambda org: soap(
            org, "<urn:search><urn:searchString>FIND {x</urn:searchString></urn:search>"
        )
    },
}
SAY_WHERE = {"MalformedQueryFault", "InvalidFieldFault", "InvalidSObjectFault", "MalformedSearchFault"}


@pytest.mark.ledger("salesforce/soap-fault/*")
@pytest.mark.parametrize("entry", each("salesforce/soap-fault/"))
def test_the_element_of_a_fault(org: Caller, entry: Entry) -> None:
    """Each code has its element in the detail; those of queries say row and column, and no others."""
    name = entry.id.rpartition("/")[2]
    faults = FAULTS if name == "row-and-column" else {name: FAULTS[name]}
    for element, calls in faults.items():
        for wanted, call in calls.items():
            answer = call(org)
            assert wanted == code(answer)[0], answer.text
            [(shown, detail)] = re.findall(r"<detail><sf:(\w+) [^>]*>(.*)</sf:\1></detail>", answer.text, re.DOTALL)
            if name == "row-and-column":
                assert (element, element in SAY_WHERE) == (element, "<sf:row>" in detail and "<sf:column>" in detail)
            else:
                assert (wanted, element) == (wanted, shown)


# By type of field: how a text that is none of its values is refused.
XSD = {
    "Yes__c": "xsd:boolean", "Day__c": "xsd:date", "Moment__c": "xsd:dateTime", "Hour__c": "xsd:time",
    "Count__c": "xsd:double", "NumberOfEmployees": "xsd:int", "Price__c": "xsd:double", "Share__c": "xsd:double",
}  # fmt: skip


@pytest.mark.ledger("salesforce/shape/soap-types")
@pytest.mark.parametrize(("field", "kind"), [*XSD.items(), ("Body", "xsd:base64Binary")])
def test_a_type_by_its_name_in_xml_schema(org: Caller, field: str, kind: str) -> None:
    """A value that cannot be read is refused with the name of its type."""
    if field == "Body":
        row = sobject("Attachment", Name="a", ParentId=org.make("Account", Name="a"), Body="***")
    else:
        row = sobject("Account", Name="a", **{field: "x"})
    answer = soap(org, f"<urn:create>{row}</urn:create>")

    assert 500 == answer.status, answer.text
    assert one(answer.text, "faultstring").endswith(f"is not a valid value for the type {kind}")


@pytest.mark.ledger("salesforce/shape/bulk-csv-types")
@pytest.mark.parametrize(("field", "kind"), XSD.items())
def test_a_type_by_its_name_in_bulk(org: Caller, field: str, kind: str) -> None:
    """A cell that cannot be read fails its row with the name of its type."""
    job = load(org, "Account", f"Name,{field}\nA,x\n")
    job.finish()

    assert f"'x' is not a valid value for the type {kind}:{field} --" in job.rows("failedResults")[1][1]
