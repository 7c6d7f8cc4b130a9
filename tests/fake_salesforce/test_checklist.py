"""What clients send and read, line by line, as plain HTTP: the requests of clients that are not installed here, too.

simple-salesforce, jsforce and the sf command line run unmodified in tests/clients; this is the list of their lines.
"""

from __future__ import annotations

import gzip
import json
import re
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from .bulk1_client import NAMESPACE, Bulk, leaves
from .conftest import DATA, HOST, Answer, Caller

PRETTY = {"Content-Type": "application/json", "X-PrettyPrint": "1"}


def by_oauth(org: Caller) -> Caller:
    """Faraday's and django-salesforce's way: `Authorization: OAuth`."""
    return _With(org, {"Authorization": f"OAuth {org.token}"})


class _With(Caller):
    """A caller that sends the same headers each time."""

    def __init__(self, org: Caller, headers: dict[str, str]) -> None:
        super().__init__(org.fake)
        self.always = headers

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> Answer:
        more["headers"] = self.always | (more.get("headers") or {})
        return super().call(method, path, json, **more)


def typed(sobject: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject}, **fields}


# --- simple-salesforce ------------------------------------------------------------------------------


@pytest.fixture
def simple(org: Caller) -> Caller:
    return _With(org, {"Authorization": f"Bearer {org.token}", **PRETTY})


@pytest.mark.evidence("client-derived", "simple-salesforce, api.py")
def test_simple_salesforce_paths(simple: Caller) -> None:
    """Every path of SFType and Salesforce, each with JSON's media type and X-PrettyPrint."""
    made = simple.post("/sobjects/Account/", {"Name": "a", "Key__c": "k1ä"})
    account = made.json["id"]
    assert (201, [], True) == (made.status, made.json["errors"], made.json["success"])

    assert account == simple.get(f"/sobjects/Account/{account}").json["Id"]
    assert account == simple.get("/sobjects/Account/Key__c/k1ä").json["Id"]
    assert 200 == simple.patch("/sobjects/Account/Key__c/k1ä", {"Phone": "1"}).status
    assert 204 == simple.patch(f"/sobjects/Account/{account}", {"Phone": "2"}).status
    for path in ("/sobjects", "/sobjects/Account", "/sobjects/Account/describe", "/limits/", "/recent/"):
        assert 200 == simple.get(path).status
    window = f"start={quote('2026-01-05T08:00:00+00:00', safe='')}&end={quote('2026-01-05T10:00:00+00:00', safe='')}"
    assert [account] == simple.get(f"/sobjects/Account/updated/?{window}").json["ids"]
    assert [] == simple.get(f"/sobjects/Account/deleted/?{window}").json["deletedRecords"]
    for resource in ("query", "queryAll"):
        assert 1 == simple.get(f"/{resource}/?q=SELECT+Id+FROM+Account").json["totalSize"]
    found = simple.get("/search/?q=FIND+%7BNothing%7D").json
    assert {"searchRecords": []} == found
    body = {"q": "Nothing", "fields": ["id"], "sobjects": [{"name": "Account"}]}
    assert {"searchRecords": []} == simple.get("/parameterizedSearch/?q=Nothing&sobject=Account").json
    assert {"searchRecords": []} == simple.post("/parameterizedSearch/", body).json
    user = simple.get("/query/?q=SELECT+OwnerId+FROM+Account").json["records"][0]["OwnerId"]
    assert {"isExpired": False} == simple.get(f"/sobjects/User/{user}/password").json
    assert 204 == simple.delete(f"/sobjects/Account/{account}").status


@pytest.mark.evidence("client-derived", "simple-salesforce, util.exception_handler: one class for each status")
def test_simple_salesforce_statuses(simple: Caller) -> None:
    """300 several, 400 malformed, 401 expired, 404 not found; each body is JSON that `.json()` reads."""
    for name in "ab":
        simple.post("/sobjects/Account/", {"Name": name, "Region_Code__c": "north"})
    several = simple.get("/sobjects/Account/Region_Code__c/north")
    malformed = simple.get("/query/?q=SELEKT")
    expired = simple.get("/limits/", headers={"Authorization": "Bearer 00D000000000000!x"})
    missing = simple.get("/sobjects/Account/001000000000000AAA")

    assert [300, 400, 401, 404] == [one.status for one in (several, malformed, expired, missing)]
    assert [str, dict, dict, dict] == [type(one.json[0]) for one in (several, malformed, expired, missing)]


@pytest.mark.evidence("client-derived", "simple-salesforce, bulk.py: JSON with concurrencyMode as a number")
def test_simple_salesforce_bulk_1(org: Caller) -> None:
    """Job, batch, close, poll and results, all JSON."""
    bulk, media = Bulk(org), "application/json"
    body = {"operation": "insert", "object": "Account", "concurrencyMode": 1, "contentType": "JSON"}
    job = bulk("POST", "/job", json.dumps(body), media).json
    assert (sorted(job), "Open", 60.0) == (list(job), job["state"], job["apiVersion"])
    rows = json.dumps([{"Name": "a"}, {"Phone": "1"}])
    batch = bulk("POST", f"/job/{job['id']}/batch", rows, media).json
    assert ("Queued", None, job["id"]) == (batch["state"], batch["stateMessage"], batch["jobId"])
    assert "Closed" == bulk("POST", f"/job/{job['id']}", '{"state":"Closed"}', media).json["state"]
    bulk.finish(job["id"], batch["id"])
    good, bad = bulk("GET", f"/job/{job['id']}/batch/{batch['id']}/result").json

    assert (True, True, []) == (good["success"], good["created"], good["errors"])
    assert (False, False, None) == (bad["success"], bad["created"], bad["id"])
    assert ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]) == tuple(
        bad["errors"][0][key] for key in ("statusCode", "message", "fields")
    )


@pytest.mark.evidence("client-derived", "simple-salesforce, bulk2.py: media types and the two headers it reads")
def test_simple_salesforce_bulk_2(simple: Caller) -> None:
    """Each request says which answer it takes."""
    as_csv = {"Content-Type": "text/csv; charset=UTF-8"}
    wants_csv = {"Accept": "text/csv; charset=UTF-8", "Content-Type": "application/json; charset=UTF-8"}
    as_json = {"Content-Type": "application/json; charset=UTF-8", "Accept": "application/json; charset=UTF-8"}
    body = {
        "operation": "insert",
        "object": "Account",
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    job = simple.post("/jobs/ingest", body, headers=as_json).json
    path = f"/jobs/ingest/{job['id']}"
    assert 201 == simple.call("PUT", f"{path}/batches", data=b"Name\na\n", headers=as_csv).status
    assert 200 == simple.patch(path, {"state": "UploadComplete"}, headers=as_json).status
    states = [simple.get(path, headers=as_json).json["state"] for _ in range(4)]
    assert "JobComplete" == states[-1]
    for kind in ("successfulResults", "failedResults", "unprocessedRecords"):
        answer = simple.get(f"{path}/{kind}", headers=wants_csv)
        assert (200, "text/csv") == (answer.status, answer.headers["content-type"].partition(";")[0])

    query = simple.post(
        "/jobs/query", {"operation": "query", "query": "SELECT Name FROM Account"}, headers=as_json
    ).json
    for _ in range(4):
        state = simple.get(f"/jobs/query/{query['id']}", headers=as_json).json["state"]
    assert "JobComplete" == state
    answer = simple.get(f"/jobs/query/{query['id']}/results?maxRecords=50000", headers=wants_csv)
    assert (1, "null") == (int(answer.headers["sforce-numberofrecords"]), answer.headers["sforce-locator"])


# --- jsforce ----------------------------------------------------------------------------------------


@pytest.mark.evidence("client-derived", "jsforce, connection.ts")
def test_jsforce_starts(org: Caller) -> None:
    """Versions without a session; the resources; identity as an absolute URL that splits into org and user."""
    versions = Caller(org.fake).get("/services/data").json
    assert ["label", "url", "version"] == list(versions[-1])
    assert [one["version"] for one in versions] == sorted((one["version"] for one in versions), key=float)
    resources = org.get("").json
    found = re.fullmatch(rf"https://{HOST}/id/(00D\w{{15}})/(005\w{{15}})", resources["identity"])
    assert found
    identity = org.get(resources["identity"].removeprefix(f"https://{HOST}")).json
    assert found.groups() == (identity["organization_id"], identity["user_id"])
    assert "{version}" in identity["urls"]["rest"]


@pytest.mark.evidence("client-derived", "jsforce, connection.ts: arrays by collections from v42")
def test_jsforce_arrays(org: Caller) -> None:
    """Create, update, upsert, retrieve by POST after a describe, delete by ids."""
    records = [typed("Account", Name="a"), typed("Account", Name="b")]
    made = org.post("/composite/sobjects", {"allOrNone": False, "records": records}).json
    ids = [one["id"] for one in made]
    changed = [typed("Account", id=one, Phone="1") for one in ids]
    answer = org.patch("/composite/sobjects", {"allOrNone": False, "records": changed})
    assert [{"id": one, "success": True, "errors": []} for one in ids] == answer.json
    upserts = {"allOrNone": False, "records": [typed("Account", Key__c="k", Name="c")]}
    answer = org.patch("/composite/sobjects/Account/Key__c", upserts).json
    assert (True, True, []) == (answer[0]["created"], answer[0]["success"], answer[0]["errors"])
    inserts = {"allOrNone": False, "records": [typed("Account", Id=None, Name="d")]}
    assert True is org.patch("/composite/sobjects/Account/Id", inserts).json[0]["created"]

    names = [field["name"] for field in org.get("/sobjects/Account/describe").json["fields"]]
    body = {"ids": [ids[0], "001000000000000AAA", "garbage"], "fields": names}
    rows = org.post("/composite/sobjects/Account", body)
    assert (200, ["attributes", *names]) == (rows.status, list(rows.json[0]))
    assert [None, None] == rows.json[1:]
    answer = org.delete(f"/composite/sobjects?ids={','.join(ids)}&allOrNone=false")
    assert [{"id": one, "success": True, "errors": []} for one in ids] == answer.json


@pytest.mark.evidence("client-derived", "jsforce, http-api.ts: the media type chooses the parser")
def test_jsforce_media_types(org: Caller) -> None:
    """JSON, XML and CSV are told apart by the type; XML errors are Errors.Error; a 204 has nothing to parse."""
    account = org.make("Account", Name="a")
    xml = {"Accept": "application/xml"}

    assert "application/json;charset=UTF-8" == org.get(f"/sobjects/Account/{account}").headers["content-type"]
    row = org.get(f"/sobjects/Account/{account}", headers=xml)
    assert ("application/xml", "Account") == (
        row.headers["content-type"].partition(";")[0],
        ET.fromstring(row.text).tag,
    )
    assert "QueryResult" == ET.fromstring(org.get("/query?q=SELECT+Id+FROM+Account", headers=xml).text).tag
    error = ET.fromstring(org.get("/sobjects/Nope", headers=xml).text)
    assert ("Errors", "NOT_FOUND") == (error.tag, error.findtext("Error/errorCode"))
    assert "The requested resource does not exist" == error.findtext("Error/message")
    deleted = org.delete(f"/sobjects/Account/{account}")
    assert (204, b"", False) == (deleted.status, deleted.body, "content-type" in deleted.headers)
    assert re.search(r"api-usage=(\d+)/(\d+)", deleted.headers["sforce-limit-info"])


@pytest.mark.evidence("client-derived", "the sf command line: what it asks an org for")
def test_the_command_line(org: Caller) -> None:
    """Organization, the user, userinfo."""
    soql = (
        "SELECT Id, OrganizationType, IsSandbox, InstanceName, NamespacePrefix, TrialExpirationDate FROM Organization"
    )
    (row,) = org.soql(soql)
    assert ["OrganizationType", "IsSandbox", "InstanceName", "NamespacePrefix", "TrialExpirationDate"] == list(row)[2:]
    told = org.get("/services/oauth2/userinfo").json
    assert row["Id"] == told["organization_id"]
    (user,) = org.soql(f"SELECT Id FROM User WHERE Username = '{told['preferred_username']}'")
    assert user["Id"] == told["user_id"]
    refused = Caller(org.fake, token="00D000000000000!x").get("/services/oauth2/userinfo")
    assert (403, "Bad_OAuth_Token") == (refused.status, refused.text)


# --- django-salesforce ------------------------------------------------------------------------------


@pytest.mark.evidence("client-derived", "django-salesforce, dbapi/driver.py")
def test_django_salesforce_reads(org: Caller) -> None:
    """`OAuth`, `query/?q=`, a large query as the one GET of a composite, pages by the offset of the locator."""
    django = by_oauth(org)
    for start in (0, 200):
        body = {"records": [typed("Account", Name=str(n)) for n in range(start, start + 200)], "allOrNone": True}
        assert all(one["success"] for one in django.post("/composite/sobjects", body).json)
    assert 200 == Caller(org.fake).get("/services/data/").status

    soql = "SELECT Account.Id, Account.Name FROM Account WHERE Account.Name IN ({}) ORDER BY Account.Id".format(
        ",".join(f"'{n}'" for n in range(400))
    )
    part = {"method": "GET", "url": f"{DATA}/query/?{'q=' + quote_plus(soql)}", "referenceId": "q"}
    answer = django.post("/composite", {"compositeRequest": [part]})
    (inner,) = answer.json["compositeResponse"]
    assert (200, 200, 400) == (answer.status, inner["httpStatusCode"], inner["body"]["totalSize"])

    small = {"Sforce-Query-Options": "batchSize=200"}
    page = django.get("/query/?q=SELECT+Id+FROM+Account", headers=small).json
    base, offset = page["nextRecordsUrl"].rsplit("-", 1)
    assert "200" == offset
    assert page["records"][150:] == django.get(f"{base}-150").json["records"][:50]


@pytest.mark.evidence(
    "client-derived", "django-salesforce, dbapi/driver.py: bulk writes with allOrNone, errors it tolerates"
)
def test_django_salesforce_writes(org: Caller) -> None:
    """Booleans and numbers as text; both answers to the DELETE of nothing that it takes for success."""
    django = by_oauth(org)
    task = {"Subject": "x", "IsReminderSet": "false", "CallDurationInSeconds": "12"}
    made = django.post("/sobjects/Task/", task)
    assert 201 == made.status
    row = django.get(f"/sobjects/Task/{made.json['id']}").json
    assert (False, 12) == (row["IsReminderSet"], row["CallDurationInSeconds"])

    path = f"/sobjects/Task/{made.json['id']}"
    never = f"/sobjects/Task/{made.json['id'][:10]}zzzzz"
    assert [204, 404, 404] == [django.delete(one).status for one in (path, path, never)]
    assert "ENTITY_IS_DELETED" == django.delete(path).error[1]
    assert (404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id") == django.delete(never).error
    records = [typed("Task", Subject="a"), typed("Task", CallType="Sideways")]
    first, second = django.post("/composite/sobjects", {"allOrNone": True, "records": records}).json
    assert "ALL_OR_NONE_OPERATION_ROLLED_BACK" == first["errors"][0]["statusCode"]
    assert "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" == second["errors"][0]["statusCode"]
    expired = by_oauth(Caller(org.fake, token="00D000000000000!x")).get("/limits")
    assert (401, "INVALID_SESSION_ID") == expired.error[:2]


# --- restforce and others by Faraday ----------------------------------------------------------------


@pytest.mark.evidence("client-derived", "restforce: its requests and fixtures")
def test_restforce(org: Caller) -> None:
    """`OAuth`, a query without slash, gzip asked for, upsert by PATCH, paths in a 300."""
    ruby = by_oauth(org)
    for name in "ab":
        assert 201 == ruby.post("/sobjects/Account", {"Name": name, "Region_Code__c": "x"}).status
    several = ruby.patch("/sobjects/Account/Region_Code__c/x", {"Name": "c"})
    assert (300, True) == (several.status, all(one.startswith(f"{DATA}/sobjects/Account/001") for one in several.json))
    assert 201 == ruby.patch("/sobjects/Account/Key__c/k", {"Name": "c"}).status
    assert 2 == ruby.get("/query?q=SELECT%20Id%20FROM%20Account%20WHERE%20Key__c%20=%20null").json["totalSize"]
    packed = ruby.get("/sobjects/Account/describe", headers={"Accept-Encoding": "gzip"})
    assert "gzip" == packed.headers["content-encoding"]
    assert "Account" == json.loads(gzip.decompress(packed.body))["name"]
    unknown = ruby.patch("/sobjects/Account/Namez/x", {"Name": "c"})
    assert (404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Namez") == unknown.error


@pytest.mark.evidence("client-derived", "restforce 243 and NPSP 2511, live orgs: Lead.Email, Contact.Email in a path")
def test_a_row_named_by_an_id_lookup_field(org: Caller) -> None:
    """Upsert and read by an email without an external id; several rows are a 300; Id names a row, too."""
    ruby = by_oauth(org)
    made = ruby.patch("/sobjects/Lead/Email/User01@x.example", {"LastName": "One", "Company": "c"})
    assert (201, True) == (made.status, made.json["created"])
    assert "user01@x.example" == org.row("Lead", made.json["id"])["Email"]
    assert 200 == ruby.patch("/sobjects/Lead/Email/USER01@x.example", {"LastName": "Two"}).status
    assert "Two" == ruby.get("/sobjects/Lead/Email/user01@x.example?fields=LastName").json["LastName"]
    changed = ruby.patch(f"/sobjects/Lead/Id/{made.json['id']}", {"LastName": "Three"})
    assert {"id": made.json["id"], "success": True, "errors": [], "created": False} == changed.json
    assert "Three" == ruby.get(f"/sobjects/Lead/Id/{made.json['id']}").json["LastName"]

    org.make("Lead", LastName="Other", Company="c", Email="user01@x.example")
    several = ruby.patch("/sobjects/Lead/Email/user01@x.example", {"LastName": "Four"})
    assert (300, 2) == (several.status, len(several.json))


# --- CumulusCI --------------------------------------------------------------------------------------


@pytest.mark.evidence("recorded", "CumulusCI cassettes")
def test_cumulusci_rest(org: Caller) -> None:
    """Spaces in a composite's SOQL, recordCount, the global describe asked for again by its date."""
    org.make("Account", Name="a")
    part = {"method": "GET", "url": f"{DATA}/query?q=SELECT Id FROM Account LIMIT 1", "referenceId": "CCI__RefId__0__"}
    (inner,) = org.post("/composite", {"compositeRequest": [part]}).json["compositeResponse"]
    assert (200, 1, "CCI__RefId__0__") == (inner["httpStatusCode"], inner["body"]["totalSize"], inner["referenceId"])
    counted = org.get("/limits/recordCount?sObjects=Account,Contact").json
    assert {"sObjects": [{"count": 1, "name": "Account"}]} == counted

    described = org.get("/sobjects")
    again = org.get("/sobjects", headers={"If-Modified-Since": described.headers["last-modified"]})
    assert (304, b"", described.headers["etag"]) == (again.status, again.body, again.headers["etag"])
    since = {"If-Modified-Since": described.headers["last-modified"]}
    whole = {"method": "GET", "url": f"{DATA}/sobjects", "referenceId": "d", "httpHeaders": since}
    (inner,) = org.post("/composite", {"compositeRequest": [whole]}).json["compositeResponse"]
    assert (None, 304, {"ETag", "Last-Modified"}) == (inner["body"], inner["httpStatusCode"], set(inner["httpHeaders"]))


@pytest.mark.evidence("recorded", "CumulusCI cassettes: bulkdata")
def test_cumulusci_bulk_1(org: Caller) -> None:
    """An XML job, CSV in chunks, closed, read back by batch; a list of batches in the recorded order."""
    bulk = Bulk(org)
    job = bulk.job("insert", "Account")
    listed = " ".join(bulk("GET", f"/job/{job}/batch").text.split())
    assert listed.endswith(f'<batchInfoList xmlns="{NAMESPACE}" />')
    batches = [bulk.batch(job, f'"Name"\n"{chunk}1"\n"{chunk}2"\n') for chunk in "ab"]
    closed = bulk("POST", f"/job/{job}", f'<jobInfo xmlns="{NAMESPACE}"><state>Closed</state></jobInfo>')
    assert (200, "Closed") == (closed.status, leaves(closed.text)["state"])
    for batch in batches:
        assert "Completed" == bulk.finish(job, batch)["state"]
        answer = bulk("GET", f"/job/{job}/batch/{batch}/result")
        assert "text/csv" == answer.headers["content-type"].partition(";")[0]
        header, *rows = answer.text.strip().split("\n")
        assert '"Id","Success","Created","Error"' == header
        assert [True] * 2 == [bool(re.fullmatch('"001[0-9A-Za-z]{15}","true","true",""', row)) for row in rows]
    info = [each.tag.rpartition("}")[2] for each in ET.fromstring(bulk("GET", f"/job/{job}").text)]
    assert [
        "id",
        "operation",
        "object",
        "createdById",
        "createdDate",
        "systemModstamp",
        "state",
        "concurrencyMode",
        "contentType",
        "numberBatchesQueued",
        "numberBatchesInProgress",
        "numberBatchesCompleted",
        "numberBatchesFailed",
        "numberBatchesTotal",
        "numberRecordsProcessed",
        "numberRetries",
        "apiVersion",
        "numberRecordsFailed",
        "totalProcessingTime",
        "apiActiveProcessingTime",
        "apexProcessingTime",
    ] == info
    assert 4 == org.get("/query?q=SELECT+COUNT()+FROM+Account").json["totalSize"]
