"""Every route, called by users who may not see a row: nothing of the row is in the answer, and nothing of it changes.

Three users, each blind in another way: without a right on any object, without a share in any row, without the fields
that hold the secret. The table below has a line for every operation of the routes, and a test fails for one that has
none: who adds a route says here how it would be asked for somebody else's rows.
Written from the rules (Salesforce Security Guide: object, field and record access; "not found, not forbidden").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.fake_salesforce.conftest import Answer, Caller
from tests.fake_salesforce.secured import logged_in, made, user

from fake_salesforce import app

SECRET = "Zanzibar"
KEY = "zz-key-1"
CSV_TYPE = {"Content-Type": "text/csv"}
SHOWN = {
    "Account": "Name", "Contact": "LastName", "Lead": "LastName", "Opportunity": "Name", "Case": "Subject",
    "Task": "Subject", "Event": "Subject", "Campaign": "Name", "Secret__c": "Name",
}  # fmt: skip
BULK1_JOB = {"object": "Account", "operation": "query", "contentType": "JSON"}
OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "Case", "Task", "Event", "Campaign", "Secret__c")
PRIVATE = {
    "Account": "Private", "Lead": "Private", "Opportunity": "Private", "Case": "Private", "Campaign": "Private",
    "Contact": "Private", "Secret__c": "Private",
}  # fmt: skip
TEXTS = (
    "Account.Description", "Account.Phone", "Contact.Description", "Contact.Phone", "Lead.Description", "Lead.Phone",
    "Opportunity.Description", "Case.Description", "Campaign.Description",
    "Secret__c.Text__c",
)  # fmt: skip
LOGIN = "opens or ends a session, or shows the caller's own user"
OWN = "shows what the org is, and no row"


@dataclass
class World:
    """The administrator's rows, by object; what a blind user must not learn."""

    admin: Caller
    ids: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    locator: str = ""
    snapshot: bytes = b""

    def all_rows(self) -> dict[str, Any]:
        return {name: self.admin.row(name, record_id) for name, record_id in self.ids.items()}


Attempt = tuple[str, str, dict[str, Any]]
Attempts = Callable[[World], Iterator[Attempt]]


def typed(name: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": name}, **fields}


def each(method: str, path: str, json: Any = None) -> Attempts:
    """*path* for every object and its row: {name}, {id}."""

    def attempts(world: World) -> Iterator[Attempt]:
        for name, record_id in world.ids.items():
            yield (
                method,
                path.format(name=name, id=record_id, shown=SHOWN[name]),
                {"json": json} if json is not None else {},
            )

    return attempts


def once(method: str, path: str, json: Any = None, **more: Any) -> Attempts:
    def attempts(_world: World) -> Iterator[Attempt]:
        yield method, path, {**({"json": json} if json is not None else {}), **more}

    return attempts


def several(*parts: Attempts) -> Attempts:
    def attempts(world: World) -> Iterator[Attempt]:
        for part in parts:
            yield from part(world)

    return attempts


def queries(path: str) -> Attempts:
    """Ways to ask SOQL for rows, and for what rows are like."""

    def attempts(world: World) -> Iterator[Attempt]:
        texts = [f"SELECT FIELDS(ALL) FROM {name} LIMIT 200" for name in OBJECTS]
        texts += [f"SELECT Id FROM {name} WHERE Id = '{world.ids[name]}'" for name in OBJECTS]
        texts += [f"SELECT {text.split('.')[1]} FROM {text.split('.')[0]}" for text in TEXTS]
        texts += [f"SELECT MAX({name}) m FROM {text}" for text, name in (("Account", "Name"), ("Task", "Subject"))]
        texts += [
            "SELECT Name, (SELECT Name, Phone FROM Contacts), (SELECT Name FROM Opportunities) FROM Account",
            "SELECT Account.Name, Account.Phone FROM Contact",
            "SELECT Who.Name, What.Name, Subject, Description FROM Task",
            "SELECT TYPEOF What WHEN Account THEN Name, Phone ELSE Name END FROM Task",
            "SELECT Id FROM User WHERE Id IN (SELECT OwnerId FROM Account WHERE Name LIKE 'Zanzi%')",
            "SELECT Name, COUNT(Id) FROM Account GROUP BY Name",
            "SELECT Id, (SELECT Subject FROM ActivityHistories), (SELECT Subject FROM OpenActivities) FROM Account",
            "SELECT RelationId FROM TaskRelation",
            "SELECT RelationId FROM EventRelation",
        ]
        for text in texts:
            yield "GET", path, {"query": {"q": text}}

    return attempts


def composite_rows(world: World) -> Iterator[Attempt]:
    for name, record_id in world.ids.items():
        url = f"/services/data/v60.0/sobjects/{name}/{record_id}"
        calls = [
            {"method": "GET", "url": url, "referenceId": "a"},
            {"method": "PATCH", "url": url, "referenceId": "b", "body": {"OwnerId": world.admin.soql(ME)[0]["Id"]}},
            {
                "method": "GET",
                "url": f"/services/data/v60.0/query?q=SELECT+{SHOWN[name]}+FROM+{name}",
                "referenceId": "c",
            },
        ]
        yield "POST", "/composite", {"json": {"compositeRequest": calls}}


ME = "SELECT Id FROM User WHERE Username = 'ada@acme.example'"


def batch_rows(world: World) -> Iterator[Attempt]:
    for name, record_id in world.ids.items():
        one = {"method": "GET", "url": f"v60.0/sobjects/{name}/{record_id}"}
        yield "POST", "/composite/batch", {"json": {"batchRequests": [one]}}


def graph_rows(world: World) -> Iterator[Attempt]:
    for name, record_id in world.ids.items():
        url = f"/services/data/v60.0/sobjects/{name}/{record_id}"
        calls = [
            {"method": "GET", "url": url, "referenceId": "a"},
            {"method": "DELETE", "url": url, "referenceId": "b"},
        ]
        yield "POST", "/composite/graph", {"json": {"graphs": [{"graphId": "1", "compositeRequest": calls}]}}


def collection(method: str) -> Attempts:
    def attempts(world: World) -> Iterator[Attempt]:
        if method == "DELETE":
            yield "DELETE", f"/composite/sobjects?ids={','.join(world.ids.values())}", {}
            return
        rows = [typed(name, id=record_id, OwnerId=OTHER) for name, record_id in world.ids.items()]
        yield "PATCH", "/composite/sobjects", {"json": {"records": rows}}

    return attempts


ADMIN_ID = "005Ud0000000001IAA"
OTHER = "005Ud0000000002MAA"


def references(path: str, wrap: Callable[[str, dict[str, Any]], Any]) -> Attempts:
    """New rows that point at the administrator's, or repeat a key of theirs."""

    def attempts(world: World) -> Iterator[Attempt]:
        bodies: list[tuple[str, dict[str, Any]]] = [
            ("Task", {"Subject": "mine", "WhatId": world.ids["Account"]}),
            ("Task", {"Subject": "mine", "WhoId": world.ids["Contact"]}),
            ("Contact", {"LastName": "mine", "AccountId": world.ids["Account"]}),
            ("Contact", {"LastName": "mine", "Account": {"Key__c": KEY}}),
            ("Account", {"Name": "mine", "Key__c": KEY}),
        ]
        for name, body in bodies:
            yield "POST", path.format(name=name), {"json": wrap(name, body)}

    return attempts


def list_views(end: str) -> Attempts:
    """Each list view that the administrator sees."""

    def attempts(world: World) -> Iterator[Attempt]:
        for name in world.ids:
            answer = world.admin.get(f"/sobjects/{name}/listviews")
            for one in answer.json["listviews"] if answer.status == 200 else ():
                yield "GET", one["url"] + end, {}

    return attempts


def ingest(world: World) -> Iterator[Attempt]:
    for name in world.ids:
        yield "POST", "/jobs/ingest", {"json": {"object": name, "operation": "update"}}


def job(method: str, path: str, kind: str, **more: Any) -> Attempts:
    def attempts(world: World) -> Iterator[Attempt]:
        yield method, path.format(id=world.jobs[kind]), more

    return attempts


def searches(world: World) -> Iterator[Attempt]:
    for name in world.ids:
        text = f"FIND {{Zanzi*}} IN ALL FIELDS RETURNING {name}(Id, {SHOWN[name]})"
        yield "GET", "/search", {"query": {"q": text}}
    yield "GET", "/search", {"query": {"q": "FIND {Zanzi*}"}}


def soap_calls(path: str) -> Attempts:
    """The SOAP calls that name rows or ask for them."""

    def attempts(world: World) -> Iterator[Attempt]:
        for name, record_id in world.ids.items():
            fields = f"<type>{name}</type><Id>{record_id}</Id><OwnerId>{OTHER}</OwnerId>"
            row = f'<sObjects xsi:type="{name}">{fields}</sObjects>'
            merged = f"<masterRecord><type>{name}</type><Id>{record_id}</Id></masterRecord>"
            lead = f"<leadId>{record_id}</leadId><convertedStatus>Closed - Converted</convertedStatus>"
            ids = f"<ids>{record_id}</ids>"
            window = "<startDate>2026-01-01T00:00:00Z</startDate><endDate>2026-01-30T00:00:00Z</endDate>"
            typed_name = f"<sObjectType>{name}</sObjectType>"
            for body in (
                f"<query><queryString>SELECT Id, {SHOWN[name]} FROM {name}</queryString></query>",
                f"<queryAll><queryString>SELECT Id, {SHOWN[name]} FROM {name}</queryString></queryAll>",
                f"<queryMore><queryLocator>{world.locator.rpartition('/')[2]}</queryLocator></queryMore>",
                f"<search><searchString>FIND {{Zanzi*}} RETURNING {name}(Id, {SHOWN[name]})</searchString></search>",
                f"<retrieve><fieldList>{SHOWN[name]}</fieldList>{typed_name}{ids}</retrieve>",
                f"<getUpdated>{typed_name}{window}</getUpdated>",
                f"<getDeleted>{typed_name}{window}</getDeleted>",
                f"<update>{row}</update>",
                f"<upsert><externalIDFieldName>Id</externalIDFieldName>{row}</upsert>",
                f"<delete>{ids}</delete>",
                f"<undelete>{ids}</undelete>",
                f"<emptyRecycleBin>{ids}</emptyRecycleBin>",
                f"<merge><request>{merged}<recordToMergeIds>{record_id}</recordToMergeIds></request></merge>",
                f"<convertLead><leadConverts>{lead}</leadConverts></convertLead>",
                f"<describeSObject>{typed_name}</describeSObject>",
            ):
                yield "POST", path, {"soap": body}

    return attempts


ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="urn:partner.soap.sforce.com"><soapenv:Header>'
    "<SessionHeader><sessionId>{token}</sessionId></SessionHeader></soapenv:Header>"
    "<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
)


def bulk1(method: str, path: str, json: Any = None) -> Attempts:
    def attempts(world: World) -> Iterator[Attempt]:
        words = {"job": world.jobs["bulk1"], "batch": world.jobs["bulk1 batch"], "result": world.jobs["result"]}
        yield method, f"/services/async/60.0{path.format(**words)}", {"json": json} if json is not None else {}

    return attempts


CSV: dict[str, Any] = {"data": b"Id\n", "headers": CSV_TYPE}
TABLE: dict[str, Attempts | str] = {
    "listVersions": OWN, "authorize": LOGIN, "authorizeByPost": LOGIN, "oauthSuccess": LOGIN, "deviceConnect": LOGIN,
    "deviceConnectByPost": LOGIN, "tokenByGet": LOGIN, "token": LOGIN, "revokeByGet": LOGIN, "revoke": LOGIN,
    "introspect": LOGIN, "openidKeys": OWN, "openidConfiguration": OWN, "userinfo": LOGIN, "userinfoByPost": LOGIN,
    "identity": LOGIN, "singleAccess": LOGIN, "singleAccessByPost": LOGIN, "listResources": OWN, "limits": OWN,
    "recent": once("GET", "/recent"),
    "recordCount": once("GET", "/limits/recordCount"),
    "describeGlobal": once("GET", "/sobjects"),
    "sobjectBasic": each("GET", "/sobjects/{name}"),
    "describeObject": each("GET", "/sobjects/{name}/describe"),
    "describeLayouts": each("GET", "/sobjects/{name}/describe/layouts"),
    "describeLayout": each("GET", "/sobjects/{name}/describe/layouts/012000000000000AAA"),
    "describeNamedLayout": once("GET", "/sobjects/User/describe/namedLayouts/UserAlt"),
    "describeCompactLayouts": each("GET", "/sobjects/{name}/describe/compactLayouts"),
    "describeCompactLayout": each("GET", "/sobjects/{name}/describe/compactLayouts/primary"),
    "describeApprovalLayouts": each("GET", "/sobjects/{name}/describe/approvalLayouts"),
    "compactLayouts": once("GET", "/compactLayouts?q=Account,Contact"),
    "listListViews": each("GET", "/sobjects/{name}/listviews"),
    "getListView": list_views(""),
    "describeListView": list_views("/describe"),
    "listViewResults": list_views("/results"),
    "getUpdated": each("GET", "/sobjects/{name}/updated?start=2026-01-01T00:00:00Z&end=2026-01-30T00:00:00Z"),
    "getDeleted": each("GET", "/sobjects/{name}/deleted?start=2026-01-01T00:00:00Z&end=2026-01-30T00:00:00Z"),
    "createRecord": references("/sobjects/{name}", lambda _name, body: body),
    "createRecordById": references("/sobjects/{name}/Id", lambda _name, body: body),
    "getRecord": several(each("GET", "/sobjects/{name}/{id}"), each("GET", "/sobjects/{name}/{id}?fields={shown}")),
    "updateRecord": each("PATCH", "/sobjects/{name}/{id}", {"OwnerId": OTHER}),
    "deleteRecord": each("DELETE", "/sobjects/{name}/{id}"),
    "getRecordByKey": several(
        once("GET", f"/sobjects/Account/Key__c/{KEY}"),
        each("GET", "/sobjects/{name}/{id}/Account"),
        each("GET", "/sobjects/{name}/{id}/Contacts"),
        each("GET", "/sobjects/{name}/{id}/Tasks"),
    ),
    "passwordExpired": once("GET", f"/sobjects/User/{ADMIN_ID}/password"),
    "setPassword": once("POST", f"/sobjects/User/{ADMIN_ID}/password", {"NewPassword": "mine-12345"}),
    "resetPassword": once("DELETE", f"/sobjects/User/{ADMIN_ID}/password"),
    "upsertRecord": once("PATCH", f"/sobjects/Account/Key__c/{KEY}", {"Name": "mine"}),
    "deleteRecordByKey": once("DELETE", f"/sobjects/Account/Key__c/{KEY}"),
    "query": queries("/query"),
    "queryAll": queries("/queryAll"),
    "queryMore": lambda world: iter([("GET", world.locator, {})]),
    "queryAllMore": lambda world: iter([("GET", world.locator.replace("/query/", "/queryAll/"), {})]),
    "listComposite": OWN,
    "composite": composite_rows,
    "compositeBatch": batch_rows,
    "compositeGraph": graph_rows,
    "createTree": references(
        "/composite/tree/{name}",
        lambda name, body: {"records": [{**typed(name, **body), "attributes": {"type": name, "referenceId": "r1"}}]},
    ),
    "createRecords": references("/composite/sobjects", lambda name, body: {"records": [typed(name, **body)]}),
    "updateRecords": collection("PATCH"),
    "deleteRecords": collection("DELETE"),
    "getRecords": each("GET", "/composite/sobjects/{name}?ids={id}&fields={shown}"),
    "getRecordsByPost": lambda world: iter(
        [
            ("POST", f"/composite/sobjects/{name}", {"json": {"ids": [record_id], "fields": [SHOWN[name]]}})
            for name, record_id in world.ids.items()
        ]
    ),
    "upsertRecords": once(
        "PATCH", "/composite/sobjects/Account/Key__c", {"records": [typed("Account", Key__c=KEY, Name="mine")]}
    ),
    "listJobResources": once("GET", "/jobs"),
    "createIngestJob": ingest,
    "listIngestJobs": once("GET", "/jobs/ingest"),
    "getIngestJob": job("GET", "/jobs/ingest/{id}", "ingest"),
    "changeIngestJob": job("PATCH", "/jobs/ingest/{id}", "ingest", json={"state": "Aborted"}),
    "deleteIngestJob": job("DELETE", "/jobs/ingest/{id}", "ingest"),
    "uploadJobData": job("PUT", "/jobs/ingest/{id}/batches", "ingest", **CSV),
    "getIngestResults": several(
        job("GET", "/jobs/ingest/{id}/successfulResults", "ingest"),
        job("GET", "/jobs/ingest/{id}/failedResults", "ingest"),
        job("GET", "/jobs/ingest/{id}/unprocessedrecords", "ingest"),
    ),
    "createQueryJob": lambda world: iter(
        [
            ("POST", "/jobs/query", {"json": {"operation": "query", "query": f"SELECT {text} FROM {name}"}})
            for name, text in SHOWN.items()
        ]
    ),
    "listQueryJobs": once("GET", "/jobs/query"),
    "getQueryJob": job("GET", "/jobs/query/{id}", "query"),
    "abortQueryJob": job("PATCH", "/jobs/query/{id}", "query", json={"state": "Aborted"}),
    "deleteQueryJob": job("DELETE", "/jobs/query/{id}", "query"),
    "getQueryResults": job("GET", "/jobs/query/{id}/results", "query"),
    "getQueryResultPages": job("GET", "/jobs/query/{id}/resultPages", "query"),
    "soap": soap_calls("/services/Soap/u/60.0"),
    "soapOfOrg": soap_calls("/services/Soap/c/60.0/00DUd0000000001"),
    "search": searches,
    "searchScopeOrder": once("GET", "/search/scopeOrder"),
    "searchSuggestions": each("GET", "/search/suggestions?q=Zanzi&sobject={name}"),
    "parameterizedSearch": each("GET", "/parameterizedSearch?q=Zanzi*&sobject={name}&{name}.fields={shown}"),
    "parameterizedSearchByPost": lambda world: iter(
        [
            ("POST", "/parameterizedSearch", {"json": {"q": "Zanzi*", "sobjects": [{"name": name, "fields": [text]}]}})
            for name, text in SHOWN.items()
        ]
    ),
    "createBulk1Job": once("POST", "/services/async/60.0/job", BULK1_JOB),
    "getBulk1Job": bulk1("GET", "/job/{job}"),
    "changeBulk1Job": bulk1("POST", "/job/{job}", {"state": "Aborted"}),
    "addBatch": bulk1("POST", "/job/{job}/batch", {}),
    "listBatches": bulk1("GET", "/job/{job}/batch"),
    "getBatch": bulk1("GET", "/job/{job}/batch/{batch}"),
    "getBatchRequest": bulk1("GET", "/job/{job}/batch/{batch}/request"),
    "getBatchResult": bulk1("GET", "/job/{job}/batch/{batch}/result"),
    "getBatchQueryResult": bulk1("GET", "/job/{job}/batch/{batch}/result/{result}"),
}  # fmt: skip
BLIND = {
    "nora": "no right on any object",
    "piet": "all rights on objects, no share in a row",
    "fay": "everything but the fields with the secret",
}


def bulk_headers(caller: Caller) -> dict[str, str]:
    return {"X-SFDC-Session": caller.token, "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Rows of the administrator, each with the secret; jobs of the administrator that hold it."""
    admin = made(
        user("nora", "Nobody"),
        user("piet", "Private Person"),
        user("fay", "Fieldless"),
        profiles={
            "Nobody": {"like": "Minimum Access - Salesforce", "permissions": {"view_setup": True}},
            "Private Person": {},
            "Fieldless": {
                "permissions": {"modify_all_data": False, "view_all_data": True},
                "fields": dict.fromkeys(TEXTS, "none"),
            },
        },
        sharing=PRIVATE,
        objects={
            "Account": {"fields": {"Key__c": {"type": "string(20)", "external_id": True, "unique": True}}},
            "Secret__c": {"fields": {"Text__c": {"type": "string(80)"}}},
        },
    )
    found = World(admin)
    ids, text = found.ids, {"Description": SECRET}
    ids["Account"] = admin.make("Account", Name=SECRET, Key__c=KEY, Phone=f"{SECRET}-1", **text)
    ids["Contact"] = admin.make("Contact", LastName=SECRET, AccountId=ids["Account"], Phone=f"{SECRET}-1", **text)
    ids["Lead"] = admin.make("Lead", LastName=SECRET, Company=SECRET, Phone=f"{SECRET}-1", **text)
    closing = {"StageName": "Prospecting", "CloseDate": "2026-02-01"}
    ids["Opportunity"] = admin.make("Opportunity", Name=SECRET, AccountId=ids["Account"], **closing, **text)
    ids["Case"] = admin.make("Case", Subject=SECRET, AccountId=ids["Account"], **text)
    ids["Task"] = admin.make("Task", Subject=SECRET, WhatId=ids["Account"], WhoId=ids["Contact"], **text)
    ids["Event"] = admin.make(
        "Event",
        Subject=SECRET,
        WhatId=ids["Account"],
        DurationInMinutes=5,
        ActivityDateTime="2026-01-06T10:00:00Z",
        **text,
    )
    ids["Campaign"] = admin.make("Campaign", Name=SECRET, **text)
    ids["Secret__c"] = admin.make("Secret__c", Name=SECRET, Text__c=SECRET)
    for number in range(0, 400, 200):
        rows = [typed("Account", Name=f"{SECRET} {number + one}") for one in range(200)]
        admin.post("/composite/sobjects", {"records": rows})
    paged = admin.get(
        "/query", query={"q": "SELECT Id, Name FROM Account"}, headers={"Sforce-Query-Options": "batchSize=200"}
    )
    found.locator = paged.json["nextRecordsUrl"]
    _jobs(found)
    found.snapshot = admin.fake.store.snapshot()
    yield found
    admin.fake.close()


@pytest.fixture(autouse=True)
def _as_it_was(world: World) -> None:
    """What one test did does not help the next."""
    world.admin.fake.store.restore(world.snapshot)


def _jobs(found: World) -> None:
    admin, jobs = found.admin, found.jobs
    jobs["ingest"] = admin.post("/jobs/ingest", {"object": "Account", "operation": "insert"}).json["id"]
    admin.call(
        "PUT", f"/jobs/ingest/{jobs['ingest']}/batches", data=f"Name\n{SECRET} bulk\n".encode(), headers=CSV_TYPE
    )
    admin.patch(f"/jobs/ingest/{jobs['ingest']}", {"state": "UploadComplete"})
    made_job = admin.post("/jobs/query", {"operation": "query", "query": "SELECT Name FROM Account"})
    jobs["query"] = made_job.json["id"]
    for _ in range(4):
        admin.get(f"/jobs/ingest/{jobs['ingest']}")
        admin.get(f"/jobs/query/{jobs['query']}")
    assert SECRET in admin.get(f"/jobs/query/{jobs['query']}/results").text
    base = "/services/async/60.0/job"
    jobs["bulk1"] = admin.post(base, BULK1_JOB, headers=bulk_headers(admin)).json["id"]
    batch = admin.call(
        "POST", f"{base}/{jobs['bulk1']}/batch", data=b"SELECT Name FROM Account", headers=bulk_headers(admin)
    )
    jobs["bulk1 batch"] = batch.json["id"]
    for _ in range(4):
        admin.get(f"{base}/{jobs['bulk1']}/batch/{jobs['bulk1 batch']}", headers=bulk_headers(admin))
    results = admin.get(f"{base}/{jobs['bulk1']}/batch/{jobs['bulk1 batch']}/result", headers=bulk_headers(admin))
    jobs["result"] = results.json[0]


def operations() -> list[str]:
    """Every operation of the tables of routes."""
    tables = [value for name, value in vars(app).items() if name.endswith("_ROUTES") or name == "ROUTES"]
    return [row[2] for table in tables for row in table]


def test_every_operation_is_in_the_table() -> None:
    """A route that was added is asked for other people's rows here, or stands with the reason why it has none."""
    assert set() == set(operations()) ^ set(TABLE)


def ask(caller: Caller, attempt: Attempt) -> Answer:
    method, path, more = attempt
    if "soap" in more:
        text = ENVELOPE.format(token=caller.token, body=more["soap"])
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        return caller.call(method, path, data=text.encode(), headers=headers)
    if path.startswith("/services/async"):
        more = {**more, "headers": bulk_headers(caller)}
    return caller.call(method, path, more.get("json"), **{key: value for key, value in more.items() if key != "json"})


def said(attempt: Attempt) -> str:
    """Everything the caller said: what comes back of it was known before."""
    return json.dumps(attempt, default=str)


@pytest.mark.parametrize("name", BLIND)
@pytest.mark.parametrize("operation", [name for name, line in TABLE.items() if not isinstance(line, str)])
def test_nothing_leaks(world: World, operation: str, name: str) -> None:
    """No secret and no id in any answer, no 500, and every row as it was."""
    blind = logged_in(world.admin, name)
    line = TABLE[operation]
    assert not isinstance(line, str)
    before = world.all_rows()

    for attempt in line(world):
        answer = ask(blind, attempt)
        assert "UNKNOWN_EXCEPTION" not in answer.text, f"{attempt}: {answer.text}"
        if name == "fay":
            shown = answer.json if answer.body[:1] in {b"{", b"["} else []
            assert set() == set(TEXTS) & names(shown), f"{attempt}: {answer.text[:500]}"
            continue
        assert SECRET not in answer.text, f"{attempt}: {answer.text[:500]}"
        for record_id in world.ids.values():
            known = record_id[:15] in said(attempt)
            assert known or record_id[:15] not in answer.text, f"{attempt}: {answer.text[:500]}"

    if name != "fay":
        assert before == world.all_rows()
    logged_in(world.admin, "ada")  # whose password is as it was


def names(value: Any) -> set[str]:
    """Object.Field of every row and every describe anywhere inside *value*."""
    if isinstance(value, list):
        return {name for one in value for name in names(one)}
    if not isinstance(value, dict):
        return set()
    shown: set[str] = set()
    if isinstance(value.get("attributes"), dict):
        shown = {f"{value['attributes'].get('type')}.{name}" for name in value}
    elif isinstance(value.get("fields"), list) and "name" in value:
        shown = {f"{value['name']}.{one['name']}" for one in value["fields"]}
    return shown | {name for one in value.values() for name in names(one)}


READING = (
    "getRecord", "query", "queryAll", "queryMore", "getRecords", "getRecordsByPost", "composite", "compositeBatch",
    "search", "parameterizedSearch", "parameterizedSearchByPost", "getQueryResults", "getBatchQueryResult",
)  # fmt: skip


@pytest.mark.parametrize("operation", READING)
def test_the_world_is_worth_guarding(world: World, operation: str) -> None:
    """The administrator gets the secret by the same requests: the test above would notice a leak."""
    line = TABLE[operation]
    assert not isinstance(line, str)
    assert any(SECRET in ask(world.admin, attempt).text for attempt in line(world))


def test_soap_is_worth_guarding(world: World) -> None:
    """The administrator gets the secret by SOAP."""
    body = "<query><queryString>SELECT Id, Name FROM Account</queryString></query>"
    assert SECRET in ask(world.admin, ("POST", "/services/Soap/u/60.0", {"soap": body})).text
