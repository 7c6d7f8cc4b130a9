"""For each check: calls that break it, calls that do not, and what else the run shows."""

from __future__ import annotations

from typing import Any

from tests.crm_contracts.integration.calls import DATA, call, ph, refused, sf, soql

from crm_contracts.traffic import Call

ID, SHORT = "003Ud0000000001IAA", "003Ud0000000001"
CONTACT = {"attributes": {"type": "Contact"}, "Id": ID, "LastName": "O'Brien", "Email": "ann+crm@acme.example"}
NEXT = f"{DATA}/query/01gUd0000000001IAA-200"
PAGE = {"totalSize": 250, "done": False, "nextRecordsUrl": NEXT, "records": [CONTACT]}
LAST = {"totalSize": 250, "done": True, "records": [CONTACT]}
TWO = {"records": [{"attributes": {"type": "Task"}, "Subject": f"Call {name}"} for name in ("Ann", "Bob")]}
HALF = [
    {"id": "00TUd0000000001MAA", "success": True, "errors": []},
    {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "locked", "fields": []}]},
]
USERS = [{"sourceId": "a-1", "email": "a@acme.example"}, {"sourceId": "b-2", "email": "b@acme.example"}]
REFUSED = {"message": "no company", "index": 1, "item": USERS[1]}
PARTLY = {"created": 1, "createdErrors": [REFUSED], "updatedErrors": []}
TASK = {"Subject": "Call"}
JOB = {"id": "750Ud0000000001", "state": "Open"}
ENDED = {"id": "750Ud0000000001", "state": "JobComplete", "numberRecordsFailed": 2}
INGEST = "/jobs/ingest/750Ud0000000001"
NEW_TOKEN = {"access_token": "a-new-session-2", "instance_url": "https://x"}
FORM = {"content-type": "application/x-www-form-urlencoded", "authorization": ""}
PAGE_OF_A_BROWSER = call("salesforce", "GET", "/secur/frontdoor.jsp", status=302)
LOG_IN = call(
    "salesforce", "POST", "/services/oauth2/token", body=b"grant_type=password", headers=FORM, answer=NEW_TOKEN
)
DEAD = soql("SELECT Id FROM Task", status=401, answer=refused("INVALID_SESSION_ID"))
ALIVE = soql("SELECT Id FROM Task")
AGAIN = soql("SELECT Id FROM Task", headers={"authorization": "Bearer a-new-session-2"})
SOAP = "/services/Soap/u/60.0"
HITS = {"response": {"accounts": {"total_hits": 5, "hits": [{"name": "a"}, {"name": "b"}]}}}


GONE = [{"success": False, "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "entity is deleted"}]}]
DELETED = sf("DELETE", "/composite/sobjects", query={"ids": ID}, answer=GONE)
LOOK = sf(
    "POST",
    "/composite",
    body={"compositeRequest": [{"method": "GET", "url": f"{DATA}/sobjects/Account/Key__c/1", "referenceId": "a"}]},
    answer={"compositeResponse": [{"body": refused("NOT_FOUND"), "httpStatusCode": 404, "referenceId": "a"}]},
)


def search(offset: int) -> Call:
    body = f"query=%7B%22terms%22%3A%5B%5D%2C%22count%22%3A2%2C%22offset%22%3A{offset}%7D".encode()
    return call("totango", "POST", "/api/v1/search/accounts", body=body, headers=FORM, answer=HITS)


def get(number: int) -> Call:
    return sf("GET", f"/sobjects/Contact/003Ud000000000{number}", answer={"Id": "x"})


# (check, calls that break it, calls that do not, what else the run is told)
CASES: list[tuple[str, list[Call], list[Call], dict[str, Any]]] = [
    ("unknown-operation", [ph("GET", "/notes", status=404)], [ph("GET", "/tasks", answer=[])], {}),
    (
        "unknown-operation",
        [sf("PATCH", "/limits", status=405)],
        [sf("GET", "/limits/", answer={}), PAGE_OF_A_BROWSER],
        {},
    ),
    (
        "retired-version",
        [call("salesforce", "GET", "/services/data/v30.0/limits", status=410)],
        [call("salesforce", "GET", "/services/data/v31.0/limits")],
        {},
    ),
    (
        "wrong-content-type",
        [ph("POST", "/tasks", body={}, headers={"content-type": ""})],
        [ph("POST", "/tasks", body={"action": "x"})],
        {},
    ),
    (
        "bad-parameter",
        [sf("GET", "/sobjects/Contact/updated", query={"start": "2026-01-01T00:00:00Z"}, status=400)],
        [
            sf("GET", "/sobjects/Contact/x", query={"fields": "Id"}),
            sf("GET", "/search", query={"q": "{A}"}, status=503),
        ],
        {},
    ),
    (
        "unknown-parameter",
        [ph("GET", "/endusers", query={"sourceId": ID}, answer=[])],
        [ph("GET", "/endusers", query={"email": "a@b", "c": "1"}, answer=[])],
        {},
    ),
    (
        "bad-body",
        [sf("POST", "/composite/sobjects", body={"records": {}}, status=400)],
        [sf("POST", "/composite/sobjects", body=TWO), ph("PUT", "/endusers", body=[{"email": "a@b"}], status=0)],
        {},
    ),
    (
        "bad-body",
        [sf("POST", "/sobjects/Task", body=b"{'a': 1}", status=400)],
        [sf("POST", "/sobjects/Task", body=TASK)],
        {},
    ),
    (
        "dropped-key",
        [ph("POST", "/tasks", body={"title": "x"})],
        [ph("POST", "/tasks", body={"action": "x", "custom.title": "y"})],
        {},
    ),
    (
        "dropped-key",
        [
            ph("GET", "/tasks/1", answer={"_id": "1", "sortPosition": 1}),
            ph("PUT", "/tasks/1", body={"sortPosition": 2}),
        ],
        [
            ph("GET", "/tasks/1", answer={"_id": "1", "sortPosition": 1}),
            ph("PUT", "/tasks/1", body={"sortPosition": 1}),
        ],
        {},
    ),
    (
        "refused-request",
        [sf("PATCH", f"/sobjects/Task/{ID}", body=TASK, status=400, answer=refused("INVALID_FIELD"))],
        [sf("PATCH", f"/sobjects/Task/{ID}", body=TASK, status=400, answer=refused("UNABLE_TO_LOCK_ROW"))],
        {},
    ),
    (
        "unhandled-partial-failure",
        [sf("POST", "/composite/sobjects", body=TWO, answer=HALF)],
        [
            sf("POST", "/composite/sobjects", body=TWO, answer=HALF),
            soql("SELECT Id FROM Task WHERE Subject='Call Bob'"),
            LOOK,
            DELETED,
        ],
        {},
    ),
    (
        "unhandled-partial-failure",
        [ph("PUT", "/endusers", body=USERS, status=206, answer=PARTLY), ph("PUT", "/endusers", body=USERS[:1])],
        [ph("PUT", "/endusers", body=USERS, status=206, answer=PARTLY), ph("GET", "/endusers/srcid-b-2")],
        {},
    ),
    (
        "duplicate-key-in-batch",
        [ph("PUT", "/endusers", body=[USERS[0], USERS[0]])],
        [ph("PUT", "/endusers", body=USERS)],
        {},
    ),
    (
        "duplicate-key-in-batch",
        [ph("PUT", "/endusers", body=[{"email": "a@acme.example"}, {"email": "a@acme.example"}])],
        [ph("PUT", "/endusers", body=[{"email": "a@acme.example"}, {"email": "a@acme.example", "companyId": "1"}])],
        {},
    ),
    (
        "duplicate-key-in-batch",
        [sf("PATCH", "/composite/sobjects/Task/Key__c", body={"records": [{"Key__c": "1"}, {"Key__c": "1"}]})],
        [sf("PATCH", "/composite/sobjects/Task/Key__c", body={"records": [{"Key__c": "1"}, {"Key__c": "2"}]})],
        {},
    ),
    (
        "blank-key",
        [sf("PATCH", "/sobjects/Task/Key__c/None", body=TASK)],
        [sf("PATCH", "/sobjects/Task/Key__c/1", body=TASK)],
        {},
    ),
    (
        "blank-key",
        [sf("PATCH", "/sobjects/Task/Key__c/", body=TASK)],
        [sf("PATCH", f"/sobjects/Task/{ID}/", body=TASK)],
        {},
    ),
    ("blank-key", [ph("PUT", "/tasks", body=[{"sourceId": ""}])], [ph("PUT", "/tasks", body=[{"sourceId": None}])], {}),
    (
        "bulk-results-not-read",
        [
            sf("POST", "/jobs/ingest", body={"object": "Task"}, answer=JOB),
            sf("PATCH", INGEST, body={"state": "UploadComplete"}, answer=JOB),
            sf("GET", INGEST, answer=ENDED),
        ],
        [
            sf("POST", "/jobs/ingest", body={"object": "Task"}, answer=JOB),
            sf("PATCH", INGEST, body={"state": "UploadComplete"}, answer=JOB),
            sf("GET", INGEST, answer=ENDED),
            sf("GET", f"{INGEST}/failedResults/"),
        ],
        {},
    ),
    (
        "bulk-results-not-read",
        [
            sf("POST", "/jobs/ingest", body={"object": "Task"}, answer=JOB),
            sf("PATCH", INGEST, body={"state": "UploadComplete"}, answer=JOB),
        ],
        [
            sf("POST", "/jobs/ingest", body={"object": "Task"}, answer=JOB),
            sf("PATCH", INGEST, body={"state": "Aborted"}, answer=JOB),
        ],
        {},
    ),
    (
        "ignored-next-page",
        [soql("SELECT Id FROM Contact", answer=PAGE), ALIVE],
        [soql("SELECT Id FROM Contact", answer=PAGE), call("salesforce", "GET", NEXT, answer=LAST)],
        {},
    ),
    (
        "ignored-next-page",
        [ph("GET", "/conversations", answer=[{"_id": str(n)} for n in range(30)])],
        [
            ph("GET", "/conversations", answer=[{"_id": str(n)} for n in range(30)]),
            ph("GET", "/conversations", query={"offset": "30"}, answer=[]),
        ],
        {},
    ),
    (
        "ignored-next-page",
        [soql("SELECT Id, (SELECT Id FROM Contacts) FROM Account", [{"Id": "1", "Contacts": PAGE}])],
        [soql("SELECT Id, (SELECT Id FROM Contacts) FROM Account", [{"Id": "1", "Contacts": LAST}])],
        {},
    ),
    ("ignored-next-page", [search(0), search(0)], [search(0), search(2), search(4)], {}),
    (
        "ignored-next-page",
        [sf("GET", "/jobs/query/750Ud0000000001/results", answered={"sforce-locator": "MTAw"})],
        [sf("GET", "/jobs/query/750Ud0000000001/results", answered={"sforce-locator": "null"})],
        {},
    ),
    (
        "unordered-pages",
        [ph("GET", "/tasks", query={"offset": "500"}, answer=[])],
        [ph("GET", "/tasks", query={"offset": "500", "sort": "_id"}, answer=[])],
        {},
    ),
    (
        "mixed-id-forms",
        [soql("SELECT Id FROM Contact", [CONTACT]), ph("PUT", "/endusers", body=[{"sourceId": SHORT}])],
        [soql("SELECT Id FROM Contact", [CONTACT]), ph("PUT", "/endusers", body=[{"sourceId": ID}])],
        {},
    ),
    (
        "mixed-id-forms",
        [soql("SELECT Id FROM Contact", [CONTACT]), soql(f"SELECT Name FROM Contact WHERE Id = '{ID.lower()}'")],
        [soql("SELECT Id FROM Contact", [CONTACT]), soql(f"SELECT Name FROM Contact WHERE Id = '{ID}'")],
        {},
    ),
    (
        "pasted-query",
        [soql("SELECT Id FROM Contact WHERE LastName = 'O'Brien'", status=400, answer=refused("MALFORMED_QUERY"))],
        [soql("SELECT Id FROM Contact WHERE LastName = 'O\\'Brien'")],
        {},
    ),
    (
        "pasted-query",  # a backslash takes the sign behind it along
        [soql("SELECT Id FROM Account WHERE Name = 'Back\\slash'", status=400, answer=refused("MALFORMED_QUERY"))],
        [soql("SELECT Id FROM Account WHERE Name = 'Back\\\\slash'")],
        {"known": ["Back\\slash"]},
    ),
    (
        "pasted-query",  # the query is whole, and asks for everybody
        [soql("SELECT Id FROM Contact WHERE LastName = 'x' OR Name != ''")],
        [soql("SELECT Id FROM Contact WHERE LastName = 'x\\' OR Name != \\''")],
        {"known": ["x' OR Name != '"]},
    ),
    (
        "pasted-url",
        [soql("SELECT Id FROM Contact", [CONTACT]), ph("GET", "/endusers?email=ann+crm@acme.example", answer=[])],
        [soql("SELECT Id FROM Contact", [CONTACT]), ph("GET", "/endusers?email=ann%2Bcrm@acme.example", answer=[])],
        {},
    ),
    (
        "blind-create-retry",
        [sf("POST", "/sobjects/Task", body=TASK, status=0), sf("POST", "/sobjects/Task", body=TASK, status=201)],
        [
            sf("POST", "/sobjects/Task", body=TASK, status=0),
            soql("SELECT Id FROM Task WHERE Subject = 'Call'"),
            sf("POST", "/sobjects/Task", body=TASK, status=201),
        ],
        {},
    ),
    (
        "blind-create-retry",
        [ph("POST", "/tasks", body={"action": "x"}, status=500), ph("POST", "/tasks", body={"action": "x"})],
        [ph("POST", "/tasks", body={"sourceId": "x"}, status=500), ph("POST", "/tasks", body={"sourceId": "x"})],
        {},
    ),
    (
        "blind-create-retry",  # an address is a key to an upsert alone
        [ph("POST", "/endusers", body={"email": "a@b"}, status=500), ph("POST", "/endusers", body={"email": "a@b"})],
        [ph("PUT", "/endusers", body=[{"email": "a@b"}], status=500), ph("PUT", "/endusers", body=[{"email": "a@b"}])],
        {},
    ),
    (
        "unresolved-write",
        [sf("POST", "/sobjects/Task", body=TASK, status=0), ph("GET", "/tasks", answer=[])],
        [sf("POST", "/sobjects/Task", body=TASK, status=0), ALIVE],
        {},
    ),
    (
        "no-back-off",
        [ph("GET", "/tasks", status=429, answered={"retry-after": "30"}), ph("GET", "/tasks", answer=[])],
        [ph("GET", "/tasks", status=429, answered={"retry-after": "9"}), ph("GET", "/tasks", answer=[])],
        {},
    ),
    (
        "limit-ignored",
        [soql("SELECT Id FROM Task", status=403, answer=refused("REQUEST_LIMIT_EXCEEDED")), ALIVE],
        [soql("SELECT Id FROM Task", status=403, answer=refused("REQUEST_LIMIT_EXCEEDED")), ph("GET", "/tasks")],
        {},
    ),
    ("expired-session", [ALIVE, DEAD, DEAD], [ALIVE, DEAD, LOG_IN, AGAIN], {}),
    ("expired-session", [ALIVE, DEAD], [ALIVE, DEAD, LOG_IN], {}),
    ("over-budget", [ALIVE, ALIVE], [ALIVE], {"budget": {"salesforce": 1}}),
    ("call-for-each-record", [get(number) for number in range(10, 16)], [get(number) for number in range(10, 15)], {}),
    (
        "call-for-each-record",
        [soql(f"SELECT Id FROM Task WHERE Subject = '{n}'") for n in range(6)],
        [soql(f"SELECT Id FROM Task WHERE Subject IN ('{n}', '1{n}')") for n in range(6)]
        + [soql(f"SELECT Id FROM Task WHERE Id > '{n}' ORDER BY Id LIMIT 200") for n in range(6)],
        {},
    ),
    (
        "secret-in-url",
        [sf("GET", "/limits", query={"oauth_token": "x"})],
        [call("planhat", "POST", "/analytics/5f1e3c1a-7f0b-4c39-9d0e-0c5a6f1b2d3e", body=[])],
        {"secrets": ["5f1e3c1a-7f0b-4c39-9d0e-0c5a6f1b2d3e"]},
    ),
    ("secret-in-url", [ph("GET", "/tasks", query={"q": "planhat-session-1"})], [ph("GET", "/tasks")], {}),
    (
        "token-to-another-host",
        [ALIVE, ph("GET", "/tasks", headers={"x-sfdc-session": "salesforce-session-1"})],
        [ALIVE, ph("GET", "/tasks")],
        {},
    ),
    (
        "token-to-another-host",
        [ph("GET", "/tasks", host="http://api.planhat.com")],
        [ph("GET", "/tasks", host="http://localhost:1"), ph("GET", "/tasks", host="http://planhat:8444")],
        {},
    ),
    (
        "unsteady-cursor",
        [soql("SELECT Id FROM Task WHERE SystemModstamp > 2026-01-05T09:00:00Z")],
        [soql("SELECT Id FROM Task WHERE SystemModstamp >= 2026-01-05T09:00:00Z")],
        {},
    ),
    (
        "unsteady-cursor",
        [soql("SELECT Id FROM Task WHERE LastModifiedDate >= 2026-01-05T09:00:00Z")],
        [soql(f"SELECT Id FROM Task WHERE SystemModstamp > 2026-01-05T09:00:00Z OR Id > '{ID}'")],
        {},
    ),
    (
        "offset-in-query",
        [soql("SELECT Id FROM Task ORDER BY Id LIMIT 50 OFFSET 50")],
        [soql("SELECT Id FROM Task ORDER BY Id LIMIT 50")],
        {},
    ),
]
