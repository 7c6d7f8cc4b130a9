"""What a naive fake gets wrong about Salesforce: at least one test for each point, numbered as in reviews. 33 to 50.

The first points, and what the list is, are in test_naive.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from .bulk1_client import Bulk
from .bulk2 import load, new_job, new_query
from .conftest import DATA, HOST, Caller
from .naive import asked, later
from .secured import ADMIN, PASSWORD, made

READ_ONLY = (
    "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is"
    " read/write for your profile or permission set."
)


@pytest.mark.evidence("documented", "SOQL reference, date literals: the running user's time zone")
@pytest.mark.parametrize(
    ("zone", "now", "day"),
    [
        ("America/Los_Angeles", "2026-03-04T03:00:00+00:00", "TODAY"),
        ("GMT", "2026-03-04T03:00:00+00:00", "YESTERDAY"),
        ("Asia/Tokyo", "2026-03-03T20:00:00+00:00", "YESTERDAY"),
        ("GMT", "2026-03-03T20:00:00+00:00", "TODAY"),
    ],
)
def test_33_days_are_those_of_the_running_user(org: Caller, zone: str, now: str, day: str) -> None:
    """A row made at noon of 3 March, UTC, is of today or of yesterday depending on who asks."""
    me = org.row("Account", org.make("Account", Name="x"))["OwnerId"]
    assert 204 == org.patch(f"/sobjects/User/{me}", {"TimeZoneSidKey": zone}).status
    later(org, datetime(2026, 3, 3, 12, 0, tzinfo=UTC))
    noon = org.make("Account", Name="noon")
    later(org, datetime.fromisoformat(now))

    for literal in ("TODAY", "YESTERDAY"):
        found = asked(org, f"SELECT Id FROM Account WHERE CreatedDate = {literal}")
        assert ([noon] if literal == day else []) == [row["Id"] for row in found]


@pytest.mark.evidence("recorded", "OpenStax, sf-functions: headers of 2xx, 4xx and 401")
def test_34_sforce_limit_info(org: Caller) -> None:
    """On every answer to a session, refused or not; not on 401 and not on the list of versions."""
    account = org.make("Account", Name="a")
    answers = [
        org.get("/sobjects/Nope"),
        org.post("/sobjects/Account", {}),
        org.patch(f"/sobjects/Account/{account}", {"Phone": "1"}),
        org.get("/query?q=SELEKT"),
        org.get("/limits"),
    ]

    used = []
    for answer in answers:
        shown = re.fullmatch(r"api-usage=(\d+)/(\d+)", answer.headers["sforce-limit-info"])
        assert shown, answer.headers
        used.append(int(shown[1]))
    assert sorted(used) == used
    dead = Caller(org.fake, token="00D000000000000!dead").get("/limits")
    assert (401, "Token") == (dead.status, dead.headers["www-authenticate"])
    assert b'[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]' == dead.body
    for answer in (dead, org.get("/services/data"), Caller(org.fake).get("/services/data/")):
        assert "sforce-limit-info" not in answer.headers


@pytest.mark.evidence("recorded", "OpenStax 201: Location and its neighbours")
def test_35_location_is_a_path(org: Caller) -> None:
    """Of a create and of an upsert that created, at any version."""
    made = org.post("/services/data/v51.0/sobjects/Account/", {"Name": "a"})
    upserted = org.patch("/sobjects/Account/Key__c/k", {"Name": "b"})

    assert f"/services/data/v51.0/sobjects/Account/{made.json['id']}" == made.headers["location"]
    assert f"{DATA}/sobjects/Account/{upserted.json['id']}" == upserted.headers["location"]


@pytest.mark.evidence("recorded", "OpenStax: password flow; jsforce splits the identity URL")
def test_36_the_token_answer() -> None:
    """issued_at is text in milliseconds, id ends in /id/ORG/USER, the signature is over both, in the recorded order."""
    org = made()
    form = {
        "grant_type": "password",
        "client_id": "3MVG9understudy.connected.app",
        "client_secret": "UNDERSTUDYSECRET0000000001",
        "username": ADMIN,
        "password": PASSWORD,
    }
    media = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = Caller(org.fake).post("/services/oauth2/token", data=urlencode(form).encode(), headers=media)
    found = answer.json

    assert ["access_token", "instance_url", "id", "token_type", "issued_at", "signature"] == list(found)
    assert str(int(org.clock.now().timestamp() * 1000)) == found["issued_at"]
    assert re.fullmatch(r"https://[^/]+/id/00D[0-9A-Za-z]{15}/005[0-9A-Za-z]{15}", found["id"])
    assert re.fullmatch(r"00D[0-9A-Za-z]{12}![0-9A-Za-z._]+", found["access_token"])
    assert ("Bearer", f"https://{HOST}") == (found["token_type"], found["instance_url"])
    signed = hmac.new(form["client_secret"].encode(), (found["id"] + found["issued_at"]).encode(), hashlib.sha256)
    assert base64.b64encode(signed.digest()).decode() == found["signature"]
    assert "application/json;charset=UTF-8" == answer.headers["content-type"]
    wrong = urlencode(form | {"password": "wrong"}).encode()
    answer = Caller(org.fake).post("/services/oauth2/token", data=wrong, headers=media)
    expected = {"error": "invalid_grant", "error_description": "authentication failure"}
    assert (400, expected) == (answer.status, answer.json)


@pytest.mark.evidence("client-derived", "simple-salesforce and jsforce: what they look for in a fault")
def test_37_soap_faults_are_500_and_prefixed(anyone: Caller) -> None:
    """simple-salesforce reads sf:exceptionCode and sf:exceptionMessage, jsforce faultstring."""
    body = (
        '<?xml version="1.0" encoding="utf-8" ?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"><env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com">'
        "<n1:username>nobody@nowhere.example</n1:username><n1:password>x</n1:password></n1:login></env:Body>"
        "</env:Envelope>"
    )
    headers = {"Content-Type": "text/xml", "SOAPAction": "login"}
    answer = anyone.post("/services/Soap/u/59.0", data=body.encode(), headers=headers)

    words = "Invalid username, password, security token; or user locked out."
    assert (500, "text/xml;charset=UTF-8") == (answer.status, answer.headers["content-type"])
    for text in (
        "<faultcode>sf:INVALID_LOGIN</faultcode>",
        f"<faultstring>INVALID_LOGIN: {words}</faultstring>",
        "<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>",
        f"<sf:exceptionMessage>{words}</sf:exceptionMessage>",
    ):
        assert text in answer.text


@pytest.mark.evidence("documented", "Bulk API 2.0 Developer Guide v67; simple-salesforce and jsforce")
def test_38_bulk_2(org: Caller) -> None:
    """201 for the upload, numeric apiVersion, InProgress on the way, `null` as last locator, any case of a path."""
    job = new_job(org, "Account")
    open_info = job.poll()
    assert ("Open", 60.0, f"services/data/v60.0/jobs/ingest/{job.id}/batches") == tuple(
        open_info[key] for key in ("state", "apiVersion", "contentUrl")
    )
    uploaded = job.upload("Name\na\nb\n")
    assert (201, b"") == (uploaded.status, uploaded.body)
    assert "UploadComplete" == job.change("UploadComplete").json["state"]
    states = [job.poll()["state"] for _ in range(4)]
    assert states.index("InProgress") < states.index("JobComplete")
    for name in ("unprocessedrecords", "unprocessedRecords", "successfulResults", "failedResults"):
        answer = org.get(f"{job.path}/{name}")
        assert (200, "text/csv") == (answer.status, answer.headers["content-type"].partition(";")[0])

    query = new_query(org, "SELECT Id, Name FROM Account ORDER BY Name")
    query.finish()
    first = org.get(f"{query.path}/results?maxRecords=1")
    assert "1" == first.headers["sforce-numberofrecords"]
    assert "null" != first.headers["sforce-locator"]
    last = org.get(f"{query.path}/results?maxRecords=1&locator={first.headers['sforce-locator']}")
    assert ("1", "null") == (last.headers["sforce-numberofrecords"], last.headers["sforce-locator"])
    empty = new_query(org, "SELECT Id, Name FROM Contact")
    empty.finish()
    answer = org.get(f"{empty.path}/results")
    assert ("0", "null", '"Id","Name"') == (
        answer.headers["sforce-numberofrecords"],
        answer.headers["sforce-locator"],
        answer.text.strip(),
    )
    failed = load(org, "Account", "Name,Foo__c\na,b\n")
    assert ("Failed", "InvalidBatch : Field name not found : Foo__c") == (
        failed.finish()["state"],
        failed.finish()["errorMessage"],
    )


@pytest.mark.evidence("recorded", "CumulusCI: Bulk 1.0 in XML and JSON")
def test_39_bulk_1(org: Caller) -> None:
    """X-SFDC-Session and nothing else; the answer is in the form of Content-Type; a query results in a list of ids."""
    org.make("Account", Name="a")
    bulk = Bulk(org)
    body = '{"operation":"query","object":"Account","concurrencyMode":1,"contentType":"JSON"}'
    by_bearer = org.post("/services/async/60.0/job", data=body.encode(), headers={"Content-Type": "application/json"})
    assert 400 == by_bearer.status
    assert "InvalidSessionId" in by_bearer.text

    made_json = bulk("POST", "/job", body, "application/json; charset=UTF-8")
    assert (201, "Open") == (made_json.status, made_json.json["state"])
    batch = bulk.batch(made_json.json["id"], "SELECT Name FROM Account", "application/json")
    bulk.finish(made_json.json["id"], batch)
    (result,) = bulk("GET", f"/job/{made_json.json['id']}/batch/{batch}/result").json
    assert result.startswith("752")

    job = bulk.job("query", "Account")
    batch = bulk.batch(job, "SELECT Name FROM Account")
    bulk.finish(job, batch)
    listed = bulk("GET", f"/job/{job}/batch/{batch}/result")
    assert re.search(r"<result-list[^>]*><result>752[0-9A-Za-z]{12,15}</result></result-list>", listed.text)
    one = re.search("<result>(752[^<]*)</result>", listed.text)
    assert one
    rows = bulk("GET", f"/job/{job}/batch/{batch}/result/{one[1]}")
    assert ["text/csv", '"Name"', '"a"'] == [rows.headers["content-type"].partition(";")[0], *rows.text.split()]


@pytest.mark.evidence("recorded", "CumulusCI: composite; REST API Developer Guide: tree")
def test_40_composite_is_200_and_a_tree_201_or_400(org: Caller) -> None:
    """The status of a part is in the part."""
    parts = [
        {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "a", "body": {"Name": "a"}},
        {"method": "GET", "url": f"{DATA}/sobjects/Nope", "referenceId": "b"},
        {"method": "PATCH", "url": f"{DATA}/sobjects/Account/@{{a.id}}", "referenceId": "c", "body": {"Phone": "1"}},
        {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "d", "body": {}},
    ]
    answer = org.post("/composite", {"compositeRequest": parts})

    found = answer.json["compositeResponse"]
    assert (200, [201, 404, 204, 400]) == (answer.status, [part["httpStatusCode"] for part in found])
    assert [["body", "httpHeaders", "httpStatusCode", "referenceId"]] * 4 == [list(part) for part in found]
    assert {"Location": f"{DATA}/sobjects/Account/{found[0]['body']['id']}"} == found[0]["httpHeaders"]
    missing = {"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}
    assert ([missing], ["errorCode", "message"]) == (found[1]["body"], list(found[1]["body"][0]))
    assert (None, {}) == (found[2]["body"], found[2]["httpHeaders"])
    tree = {"records": [{"attributes": {"type": "Account", "referenceId": "r"}, "Name": "t"}]}
    good = org.post("/composite/tree/Account", tree)
    assert (201, False) == (good.status, good.json["hasErrors"])
    assert ["referenceId", "id"] == list(good.json["results"][0])
    bad = {"records": [{"attributes": {"type": "Account", "referenceId": "r"}}]}
    answer = org.post("/composite/tree/Account", bad)
    assert (400, True) == (answer.status, answer.json["hasErrors"])


@pytest.mark.evidence("documented", "Object Reference v67: Task")
def test_41_what_a_task_decides_itself(org: Caller) -> None:
    """TaskSubtype is for creates, IsClosed for nobody; CompletedDateTime follows the status; a lead excludes WhatId."""
    account, lead = org.make("Account", Name="a"), org.make("Lead", LastName="l", Company="c")
    task = org.make("Task", TaskSubtype="Call")
    path = f"/sobjects/Task/{task}"

    for name, value in (("TaskSubtype", "Email"), ("IsClosed", True), ("CompletedDateTime", "2026-01-01T00:00:00Z")):
        assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE", READ_ONLY.format(name)) == org.patch(path, {name: value}).error

    def stamps(status: str) -> tuple[bool, str | None]:
        org.clock.advance(60)
        assert 204 == org.patch(path, {"Status": status}).status
        row = org.row("Task", task)
        return row["IsClosed"], row["CompletedDateTime"]

    assert (True, "2026-01-05T09:01:00.000+0000") == stamps("Completed")
    assert (True, "2026-01-05T09:01:00.000+0000") == stamps("Completed")
    assert (False, None) == stamps("In Progress")
    assert (False, None) == stamps("Invented")
    assert (True, "2026-01-05T09:05:00.000+0000") == stamps("Completed")
    answer = org.post("/sobjects/Task", {"WhoId": lead, "WhatId": account})
    assert (400, "FIELD_INTEGRITY_EXCEPTION") == answer.error[:2]
    (error,) = org.post("/sobjects/Task", {"WhoId": account}).json
    assert ("FIELD_INTEGRITY_EXCEPTION", f"Name ID: id value of incorrect type: {account}", ["WhoId"]) == (
        error["errorCode"],
        error["message"],
        error["fields"],
    )


@pytest.mark.evidence("documented", "Object Reference v62: Event")
def test_42_what_an_event_needs_and_keeps_in_step(org: Caller) -> None:
    """A start, and a duration or an end; the others follow, on update too."""
    start = {"StartDateTime": "2026-01-05T10:00:00Z"}
    assert (400, "REQUIRED_FIELD_MISSING") == org.post("/sobjects/Event", start).error[:2]
    assert (400, "REQUIRED_FIELD_MISSING") == org.post("/sobjects/Event", {"DurationInMinutes": 5}).error[:2]
    wrong = start | {"DurationInMinutes": 5, "EndDateTime": "2026-01-05T10:06:00Z"}
    assert (400, "FIELD_INTEGRITY_EXCEPTION") == org.post("/sobjects/Event", wrong).error[:2]
    (error,) = org.post("/sobjects/Event", start | {"DurationInMinutes": 1441}).json
    assert ("FIELD_INTEGRITY_EXCEPTION", "Duration must be between 0 and 1440 minutes: Duration") == (
        error["errorCode"],
        error["message"],
    )
    assert ["DurationInMinutes"] == error["fields"]

    names = ("StartDateTime", "ActivityDateTime", "ActivityDate", "DurationInMinutes", "EndDateTime", "EndDate")
    event = org.make("Event", ActivityDateTime="2026-01-05T10:00:00Z", EndDateTime="2026-01-05T10:30:00Z")
    ten, half = "2026-01-05T10:00:00.000+0000", "2026-01-05T10:30:00.000+0000"
    row = org.row("Event", event)
    assert (ten, ten, "2026-01-05", 30, half, "2026-01-05") == tuple(row[name] for name in names)
    org.patch(f"/sobjects/Event/{event}", {"DurationInMinutes": 60})
    assert (60, "2026-01-05T11:00:00.000+0000") == tuple(
        org.row("Event", event)[name] for name in ("DurationInMinutes", "EndDateTime")
    )
    day = org.row("Event", org.make("Event", IsAllDayEvent=True, ActivityDate="2026-01-06"))
    assert (1440, "2026-01-06", True) == (day["DurationInMinutes"], day["ActivityDate"], day["IsAllDayEvent"])


@pytest.mark.evidence("recorded", "CumulusCI: rows pretty, describe compact")
def test_43_pretty_json_only_when_asked(org: Caller) -> None:
    """Spaces on both sides of the colon, two to indent; a describe stays compact."""
    org.make("Account", Name="a")
    pretty = {"X-PrettyPrint": "1"}

    text = org.get("/query?q=SELECT+Name+FROM+Account", headers=pretty).text
    assert text.startswith('{\n  "totalSize" : 1,\n  "done" : true,\n  "records" : [ {\n    "attributes" : {\n')
    assert text.endswith('    "Name" : "a"\n  } ]\n}')
    assert '{\n  "totalSize" : 0,\n  "done" : true,\n  "records" : [ ]\n}' == (
        org.get("/query?q=SELECT+Id+FROM+Lead", headers=pretty).text
    )
    assert org.get("/sobjects/Nope", headers=pretty).text.startswith('[ {\n  "errorCode" : "NOT_FOUND",\n')
    assert '":"' in org.get("/sobjects/Account/describe", headers=pretty).text
    assert '" : ' not in org.get("/query?q=SELECT+Name+FROM+Account").text


@pytest.mark.evidence("assumed", "null for a checkbox is widely reported as an error")
def test_44_booleans_are_never_null(org: Caller) -> None:
    """Not given is false; null is refused."""
    contact = org.make("Contact", LastName="c")
    task = org.row("Task", org.make("Task"))
    fields = org.get("/sobjects/Task/describe").json["fields"]

    assert {bool} == {type(task[field["name"]]) for field in fields if field["type"] == "boolean"}
    assert False is org.row("Contact", contact)["IsEmailBounced"]
    refused = org.patch(f"/sobjects/Task/{task['Id']}", {"IsReminderSet": None})
    assert 400 == refused.status
    assert 400 == org.post("/sobjects/Event", {"IsAllDayEvent": None}).status


@pytest.mark.evidence("recorded", "CumulusCI: recordCount")
def test_45_record_count_leaves_out_what_is_empty(org: Caller) -> None:
    """Unknown names, too."""
    for name in "abc":
        org.make("Account", Name=name)

    found = org.get("/limits/recordCount?sObjects=Account,Contact,Nope__c")
    assert b'{"sObjects":[{"count":3,"name":"Account"}]}' == found.body
    assert {"sObjects": []} == org.get("/limits/recordCount?sObjects=Contact").json


@pytest.mark.evidence("recorded", "CumulusCI describes: Name and addresses are neither createable nor updateable")
@pytest.mark.parametrize(
    ("sobject", "name", "value"),
    [
        ("Contact", "Name", "Ann Bee"),
        ("Lead", "Name", "Ann Bee"),
        ("Account", "BillingAddress", {"city": "Oslo"}),
        ("Contact", "MailingAddress", {"city": "Oslo"}),
    ],
)
def test_46_compounds_are_read_only(org: Caller, sobject: str, name: str, value: Any) -> None:
    """The parts are written, the whole is read."""
    needed = {"Account": {"Name": "a"}, "Contact": {"LastName": "c"}, "Lead": {"LastName": "l", "Company": "c"}}[
        sobject
    ]
    answer = org.post(f"/sobjects/{sobject}", needed | {name: value})

    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE", READ_ONLY.format(name)) == answer.error
    account = org.row("Account", org.make("Account", Name="a", BillingCity="Oslo", BillingLatitude=59.9))
    assert {
        "city": "Oslo",
        "country": None,
        "geocodeAccuracy": None,
        "latitude": 59.9,
        "longitude": None,
        "postalCode": None,
        "state": None,
        "street": None,
    } == account["BillingAddress"]
    assert None is account["ShippingAddress"]


@pytest.mark.evidence("client-derived", "restforce fixture and public issues: the body of a 300")
@pytest.mark.parametrize("method", ["GET", "PATCH", "HEAD", "DELETE"])
def test_47_several_rows_by_an_external_id(org: Caller, method: str) -> None:
    """300 with a list of paths, and nothing is changed."""
    ids = [org.make("Account", Name=name, Region_Code__c="north") for name in "ab"]
    body = {"Name": "x"} if method == "PATCH" else None
    answer = org.call(method, "/sobjects/Account/Region_Code__c/north", body)

    assert 300 == answer.status
    if method != "HEAD":
        assert [f"{DATA}/sobjects/Account/{one}" for one in ids] == answer.json
    assert ["a", "b"] == sorted(row["Name"] for row in asked(org, "SELECT Name FROM Account"))


@pytest.mark.evidence(
    "client-derived", "simple-salesforce and django-salesforce with a slash, jsforce and restforce without"
)
@pytest.mark.parametrize("path", ["", "/limits", "/sobjects", "/sobjects/Account", "/query", "/queryAll", "/recent"])
def test_48_a_slash_at_the_end_is_fine(org: Caller, path: str) -> None:
    """Same answer with and without."""
    org.make("Account", Name="a")
    query = {"q": "SELECT Name FROM Account"} if "query" in path else {}
    bare, slashed = org.get(path, query=query), org.get(f"{path}/", query=query)

    assert (200, 200) == (bare.status, slashed.status)
    if path != "/limits":
        assert bare.json == slashed.json
    assert 201 == org.post("/sobjects/Account/", {"Name": "b"}).status


@pytest.mark.evidence("client-derived", "public issues: invalid cross reference id")
@pytest.mark.parametrize(
    ("sobject", "body", "name"),
    [
        ("Contact", {"LastName": "c", "AccountId": "001{}"}, "AccountId"),
        ("Task", {"WhoId": "003{}"}, "WhoId"),
        ("Task", {"WhatId": "001{}"}, "WhatId"),
        ("Account", {"Name": "a", "OwnerId": "005{}"}, "OwnerId"),
        ("Account", {"Name": "a", "ParentId": "001{}"}, "ParentId"),
    ],
)
def test_49_a_lookup_to_nothing_is_refused(org: Caller, sobject: str, body: dict[str, str], name: str) -> None:
    """Right shape, no such row; a row that was deleted is no row either."""
    model = org.make("Contact", LastName="x")
    missing = model[3:10] + "zzzzz"
    given = {key: value.format(missing) for key, value in body.items()}
    status, code, _words = org.post(f"/sobjects/{sobject}", given).error

    assert (400, True) == (
        status,
        code in {"INVALID_CROSS_REFERENCE_KEY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"},
    )
    wrong = org.post(f"/sobjects/{sobject}", given | {name: "garbage"})
    assert 400 == wrong.status
    assert wrong.error[1] in {"MALFORMED_ID", "FIELD_INTEGRITY_EXCEPTION"}


@pytest.mark.evidence("documented", "SOQL reference: polymorphic relationships and the Name object")
def test_50_polymorphic_paths_have_the_fields_of_name(org: Caller) -> None:
    """Others need TYPEOF; the row behind is named by its real type."""
    lead = org.make("Lead", LastName="Dee", Company="c", Email="d@x.example")
    org.make("Task", WhoId=lead)

    (row,) = asked(org, "SELECT Who.Name, Who.Type, Who.Email FROM Task")
    assert {"type": "Lead", "url": f"{DATA}/sobjects/Lead/{lead}"} == row["Who"]["attributes"]
    assert ("Dee", "Lead", "d@x.example") == tuple(row["Who"][name] for name in ("Name", "Type", "Email"))
    for path in ("Who.Company", "What.Industry", "Who.AccountId", "Owner.QueueName"):
        status, code, words = org.get("/query", query={"q": f"SELECT {path} FROM Task"}).error
        assert (400, "INVALID_FIELD") == (status, code)
        assert f"No such column '{path.partition('.')[2]}' on entity 'Name'" in words
    soql = "SELECT TYPEOF Who WHEN Lead THEN Company, Email WHEN Contact THEN AccountId ELSE Name END FROM Task"
    (row,) = asked(org, soql)
    assert ["attributes", "Company", "Email"] == list(row["Who"])
    assert "Lead" == row["Who"]["attributes"]["type"]
