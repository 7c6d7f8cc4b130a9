"""What a valid Salesforce call needs to know of the org: real ids, a locator, credentials. And the lane's org."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from werkzeug.test import Client

from crm_contracts.openapi import fit_bulk1
from crm_contracts.openapi.documents import load
from crm_contracts.openapi.lane import Case, Lane, positive
from crm_contracts.openapi.soql_text import statements
from fake_salesforce import OrgConfig

if TYPE_CHECKING:
    from fake_core.fake import Fake

OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "Case", "Task", "Event")
DATA = "/services/data/v60.0"
_HTTP_DATES = ("Mon, 05 Jan 2026 08:00:00 GMT", "Tue, 06 Jan 2026 09:00:00 GMT")  # before and after the rows
KEY = "Lane_Key__c"  # an external id
_KEY_FIELD = {"label": "Lane Key", "type": "string(40)", "external_id": True, "unique": True}
_EXTRA = {"objects": {"Account": {"fields": {KEY: _KEY_FIELD}}}}
TASKS = 201  # one more than the smallest page, so that there is a locator


def lane() -> Lane:
    """The Salesforce lane."""
    document = load("salesforce")
    schemathesis.openapi.format("soql", statements(document, OBJECTS))
    schemathesis.openapi.format("soap-envelope", st.sampled_from(_ENVELOPES))
    schemathesis.openapi.format("http-date", st.sampled_from(_HTTP_DATES))
    schemathesis.openapi.format("auto-assign", st.sampled_from(("TRUE", "FALSE", "true")))
    return Lane(
        "salesforce", seed=seed, fit=Fit(document), prepare=with_bodies, session=session, org=OrgConfig(extra=_EXTRA)
    )


def session(token: str, path: str) -> dict[str, str]:
    """How a call of *path* names its session."""
    return fit_bulk1.headers(token) if fit_bulk1.is_async(path) else {"Authorization": f"Bearer {token}"}


_SESSION = "SESSION"  # stands for the session id until a case is fitted
_ENVELOPES = [
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><e:Header>'
    f"<SessionHeader><sessionId>{_SESSION}</sessionId></SessionHeader></e:Header><e:Body>{call}</e:Body></e:Envelope>"
    for call in (
        "<getUserInfo/>",
        "<getServerTimestamp/>",
        "<describeGlobal/>",
        "<describeSObject><sObjectType>Task</sObjectType></describeSObject>",
        "<query><queryString>SELECT Id, Who.Name, CreatedDate FROM Task</queryString></query>",
        "<query><queryString>SELECT COUNT(Id) FROM Task</queryString></query>",
        "<create><sObjects><type>Task</type><Subject>from SOAP</Subject></sObjects></create>",
        (
            "<upsert><externalIDFieldName>Lane_Key__c</externalIDFieldName><sObjects><type>Account</type><Name>S</Name>"
            "<Lane_Key__c>soap</Lane_Key__c></sObjects></upsert>"
        ),
        "<logout/>",
    )
]


def with_bodies(document: dict[str, Any]) -> dict[str, Any]:
    """*document* with one operation per object where the body depends on the object (x-bodies)."""
    made = deepcopy(document)
    for path, item in document["paths"].items():
        for method, row in item.items():
            if not isinstance(row, dict):
                continue
            for sobject, reference in row.get("x-bodies", {}).items():
                own = deepcopy(row)
                own["requestBody"]["content"]["application/json"]["schema"] = {"$ref": reference}
                own["operationId"] = f"{row['operationId']}.{sobject}"
                for answer in own["responses"].values():
                    answer.pop("links", None)
                place = made["paths"].setdefault(path.replace("{sobject}", sobject), {})
                place[method] = own
                place["parameters"] = [one for one in item["parameters"] if not one["$ref"].endswith("/sobject")]
    return made


def seed(fake: Fake, headers: dict[str, str]) -> dict[str, Any]:
    """A few rows of each object, made through the API: ids by object, a locator, credentials."""
    client = Client(fake)
    ids: dict[str, list[str]] = {}
    for sobject, body in _ROWS.items():
        given = {key: ids[value[1:]][0] if str(value).startswith("@") else value for key, value in body.items()}
        answer = client.post(f"{DATA}/sobjects/{sobject}", json=given, headers=headers)
        assert answer.status_code == 201, answer.text
        ids[sobject] = [answer.get_json()["id"]]
    tasks = {"records": [{"attributes": {"type": "Task"}, "Subject": f"Task {n}"} for n in range(TASKS - 1)]}
    for item in client.post(f"{DATA}/composite/sobjects", json=tasks, headers=headers).get_json():
        ids["Task"].append(item["id"])
    paged = {**headers, "Sforce-Query-Options": "batchSize=200"}
    page = client.get(f"{DATA}/query?q=SELECT+Id+FROM+Task", headers=paged).get_json()
    users = client.get(f"{DATA}/query?q=SELECT+Id+FROM+User", headers=headers).get_json()["records"]
    ids["User"] = [one["Id"] for one in users]
    resources = client.get(DATA, headers=headers).get_json()
    organization, user = resources["identity"].split("/")[-2:]
    return {
        "ids": ids,
        "locator": page["nextRecordsUrl"].rpartition("/")[2],
        "list views": _list_views(client, headers),
        "fields": {name: _fields(client, headers, name) for name in OBJECTS},
        "organization": organization,
        "user": user,
        "credentials": fake.credentials("https://understudy.my.salesforce.com"),
        "bulk1": fit_bulk1.seed(client, headers["Authorization"].removeprefix("Bearer ")),
        "ingest": _ingest_jobs(client, headers),
        "query": _query_jobs(client, headers),
    }


def _list_views(client: Client, headers: dict[str, str]) -> dict[str, list[str]]:
    """Ids of list views by object, for the objects that have some."""
    found = {}
    for name in OBJECTS:
        answer = client.get(f"{DATA}/sobjects/{name}/listviews", headers=headers).get_json()
        if isinstance(answer, dict):
            found[name] = [one["id"] for one in answer["listviews"]]
    return found


def _fields(client: Client, headers: dict[str, str], sobject: str) -> set[str]:
    """What a key of a row of *sobject* can name, lower-case: fields and the parents behind them."""
    described = client.get(f"{DATA}/sobjects/{sobject}/describe", headers=headers).get_json()["fields"]
    return {str(row[key]).lower() for row in described for key in ("name", "relationshipName") if row[key]}


def _ingest_jobs(client: Client, headers: dict[str, str]) -> dict[str, str]:
    """Jobs by the method that fits: an empty one to PUT into, one with data to PATCH, else one that is done."""
    csv = {**headers, "Content-Type": "text/csv"}
    made = {}
    for method in ("PUT", "PATCH", "GET"):
        body = {"object": "Task", "operation": "insert"}
        job = client.post(f"{DATA}/jobs/ingest", json=body, headers=headers).get_json()["id"]
        if method != "PUT":
            client.put(f"{DATA}/jobs/ingest/{job}/batches", data=b"Subject\nLane\n", headers=csv)
        if method == "GET":
            client.patch(f"{DATA}/jobs/ingest/{job}", json={"state": "UploadComplete"}, headers=headers)
            for _ in range(2):
                client.get(f"{DATA}/jobs/ingest/{job}", headers=headers)
        made[method] = job
    return made


def _query_jobs(client: Client, headers: dict[str, str]) -> dict[str, str]:
    """A job that waits and can be aborted by PATCH; one that is done."""
    made = {}
    for method, looks in (("PATCH", 0), ("GET", 2)):
        body = {"operation": "query", "query": "SELECT Id FROM Task"}
        job = client.post(f"{DATA}/jobs/query", json=body, headers=headers).get_json()["id"]
        for _ in range(looks):
            client.get(f"{DATA}/jobs/query/{job}", headers=headers)
        made[method] = job
    return made


_ROWS: dict[str, dict[str, Any]] = {
    "Account": {"Name": "Acme", KEY: "acme 1"},
    "Contact": {"LastName": "Müller", "Email": "lane@example.com", "AccountId": "@Account"},
    "Lead": {"LastName": "Lead", "Company": "Lead & Co"},
    "Opportunity": {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-02-01", "AccountId": "@Account"},
    "Case": {"Subject": "Broken"},
    "Event": {"Subject": "Met", "StartDateTime": "2026-01-05T10:00:00Z", "DurationInMinutes": 30},
    "Task": {"Subject": "Call", "WhoId": "@Contact", "WhatId": "@Account"},
}


class Fit:
    """See `lane`, rule 2: which values of a case are replaced by ones that this org knows."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas = document["components"]["schemas"]

    def __call__(self, case: Case, lane: Lane) -> None:
        org = lane.seeded if lane.fake else {}
        if positive(case, ParameterLocation.PATH):
            self._path(case, org)
        if positive(case, ParameterLocation.QUERY):
            self._query(case, org)
        else:
            self._wrong_query(case)
        if positive(case, ParameterLocation.BODY):
            self._body(case, org)
        elif isinstance(case.body, dict):
            _keep_wrong(case.body)

    def _path(self, case: Case, org: dict[str, Any]) -> None:
        path = case.path_parameters
        if "api" in path:
            path["version"] = "60.0"  # two digits are no version yet
        number = sum(map(ord, "".join(map(str, path.values()))))
        sobject = _sobject(case)
        ids = org["ids"].get(sobject, [])
        if "record_id" in path and ids:
            found = ids[number % len(ids)]
            if case.method != "POST":
                path["record_id"] = found if number % 3 else found[:15]
            elif path["version"] < "v37.0":
                path["version"] = "v37.0"  # the first that creates by /Id
        if "locator" in path:
            path["locator"] = org["locator"]
        if fit_bulk1.is_async(case.path):
            fit_bulk1.fit_path(path, case.method, org["bulk1"])
        if "list_view_id" in path:
            path["list_view_id"] = org["list views"][_sobject(case)][number % 2][: 15 + number % 2 * 3]
        if "listviews" in case.path and path["version"] == "v31.0":
            path["version"] = "v32.0"  # the first with list views
        if "job_id" in path and "/jobs/" in case.path:
            jobs = org["query" if "/jobs/query" in case.path else "ingest"]
            path["job_id"] = jobs.get(case.method, jobs["GET"])
            if "/jobs/query" in case.path:
                path["version"] = "v60.0"  # results are read in the version of their job
        if "org_id" in path:
            path |= {"org_id": org["organization"], "user_id": org["user"]}
        elif "user_id" in path:
            path["user_id"] = org["user"]
        if "key" in path and ids:
            if sobject == "Account" and number % 2:
                path["key"] = KEY
                if "value" in path and number % 3:
                    path["value"] = "acme 1"
            else:
                path["key"] = "Id" if "value" not in path or number % 5 else "Nope__c"
                if "value" in path:
                    path["value"] = ids[number % len(ids)]

    def _query(self, case: Case, org: dict[str, Any]) -> None:
        query = case.query
        if _operation(case) == "query" and not {"q", "explain"} & set(query):
            query["q"] = "SELECT Id FROM Task"
        if "fields" in query:
            query["fields"] = "Id" if len(query["fields"]) % 2 else "id,CreatedDate, OwnerId"
        if "ids" in query:
            query["ids"] = ",".join(org["ids"].get(_sobject(case), org["ids"]["Task"])[: 1 + len(query["ids"]) % 3])
        if "start" in query and "end" in query:
            query |= {"start": "2026-01-01T00:00:00Z", "end": "2026-01-05T09:00:00+00:00"}
        if "client_id" in query:
            query |= {"client_id": org["credentials"]["client_id"], "redirect_uri": "http://localhost:8080/callback"}
        if "token" in query:
            query["token"] = org["credentials"]["access_token"]
        if "q" in query and "/compactLayouts" in case.path:
            pass  # the document says all there is to say
        elif "q" in query and "earch" in case.path:
            query["q"] = query["q"] if str(query["q"]).startswith("FIND ") else "acme"
        elif "q" in query and not re.match("SELECT .* FROM ", query["q"]):
            query["q"] = "SELECT Id FROM Task"

    def _wrong_query(self, case: Case) -> None:
        """What is meant to be wrong is so in the vendor's eyes, too, or is not sent."""
        query = case.query
        # A limit of nothing is no limit (assumed), so that what is sent as nothing is not wrong.
        nothing = [
            name
            for name, value in query.items()
            if _is_limit(name) and (value == "" or isinstance(value, (list, dict)))
        ]
        query |= dict.fromkeys(nothing, "none")
        if _operation(case) == "query" and {"q", "explain"} <= set(query):
            # Who asks for a plan is answered that, whatever q says beside it.
            query |= dict.fromkeys(("q", "explain"), "SELECT Id FROM Task")

    def _body(self, case: Case, org: dict[str, Any]) -> None:
        body, path = case.body, _operation(case)
        name, _, sobject = path.partition(".")
        if name == "parameterizedSearchByPost" and isinstance(body, dict):
            body["q"] = "acme"
        if sobject and isinstance(body, dict):
            self._references(body, org, schema=f"{sobject}{'Create' if name == 'createRecord' else 'Update'}")
        elif name in {"createRecord", "createRecordById", "updateRecord", "upsertRecord"}:
            case.body = _row(_sobject(case), case)
        elif name == "createBulk1Job":
            fit_bulk1.fit_body(case)
        elif name == "token":
            case.body = {key: org["credentials"].get(key, value) for key, value in body.items()}
            if "password" in body:
                told = org["credentials"]
                case.body["password"] = told["password"] + told["security_token"]
        elif name in {"soap", "soapOfOrg"}:
            case.body = body.replace(_SESSION, org["credentials"]["access_token"])
        elif name == "introspect":
            case.body |= {key: org["credentials"][key] for key in ("client_id", "client_secret")}
        elif name == "revoke":
            body["token"] = org["credentials"]["access_token"]
        elif name == "createIngestJob":
            if body["operation"] == "upsert":
                body["externalIdFieldName"] = "Id"
        elif name == "createQueryJob":
            flat = [one for one in _FLAT if "FIELDS(" not in one or case.path_parameters["version"] >= "v51.0"]
            body["query"] = flat[len(body["query"]) % len(flat)]  # no aggregates, children and compounds in Bulk
        elif name == "setPassword":
            body["NewPassword"] += "a1"  # there is a letter in it, and a digit
        elif name == "getRecordsByPost":
            case.body = {"ids": [*org["ids"].get(_sobject(case), []), *body["ids"]][:2000], "fields": ["Id"]}
        elif name in {"createRecords", "updateRecords", "upsertRecords"}:
            for one in body["records"] if name == "upsertRecords" else ():
                one["attributes"] = {"type": _sobject(case)}  # an upsert takes the path's object only
            for one in body["records"]:
                # The document leaves the fields open; a value that cannot be a known field's fails the whole call.
                known = org["fields"].get(one["attributes"]["type"], {})
                for key in [key for key in one if key.lower() in known]:
                    del one[key]
            body["records"].sort(key=lambda one: one["attributes"]["type"])  # at most ten runs of one type
        elif name == "createTree":
            case.body = {"records": [_leaf(_sobject(case), number) for number in range(len(body["records"]) % 20)]}
        elif name == "compositeGraph":
            for number, graph in enumerate(body["graphs"]):
                graph["graphId"] = f"graph{number}"
                del graph["compositeRequest"][5:]
                for count, one in enumerate(graph["compositeRequest"]):
                    one.update(_subrequest(one["method"], org), referenceId=f"ref{count}")
                    one.pop("httpHeaders", None)
        elif name == "compositeBatch":
            for one in body["batchRequests"]:
                resource = _subrequest(one["method"], org)["url"].removeprefix(DATA)
                one["url"] = f"{case.path_parameters['version']}{resource}"  # no later version than the batch's own
        elif name == "composite":
            for number, one in enumerate(body["compositeRequest"]):
                one["referenceId"] = f"ref{number}"  # each once, and legal in every version
                if number % 2 == 0:
                    one.update(_subrequest(one["method"], org))

    def _references(self, body: dict[str, Any], org: dict[str, Any], *, schema: str) -> None:
        for key, row in self._schemas[schema]["properties"].items():
            value = body.get(key)
            if isinstance(value, str) and value and "x-refers" in row:
                body[key] = org["ids"][row["x-refers"][0]][0]
            longest = row.get("maxLength")
            if longest and isinstance(value, str):
                # Lengths are counted in UTF-16 units, maxLength in characters.
                body[key] = value.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")
            elif longest and not isinstance(value, bool) and len(str(value)) > longest:
                body[key] = 7  # a number that does not fit as text


_FLAT = (
    "SELECT Id FROM Task",
    "select id, account.name, createddate from Contact where email != null order by lastname limit 7",
    "SELECT FIELDS(STANDARD) FROM Task",
)


def _is_limit(name: str) -> bool:
    return name.lower().endswith("limit")


def _keep_wrong(body: dict[str, Any]) -> None:
    """Texts are trimmed on save: blanks at the ends must not make a text fit that is meant to be too long, nor blanks
    alone the nothing that an address may be.
    """
    for key, value in body.items():
        if isinstance(value, str) and key.endswith("Email") and value and not value.strip():
            body[key] = "no address"
        elif isinstance(value, str) and len(value) > len(value.strip()) > 0:
            body[key] = value.strip().ljust(len(value), "*")


def _subrequest(method: str, org: dict[str, Any]) -> dict[str, Any]:
    """A subrequest that the routes know."""
    row = f"{DATA}/sobjects/Task/{org['ids']['Task'][0]}"
    return {"url": f"{DATA}/sobjects/Task" if method == "POST" else row, "body": {"Subject": "Composed"}}


def _leaf(sobject: str, number: int) -> dict[str, Any]:
    """A record of a tree that has no children."""
    row = {key: one for key, one in _ROWS.get(sobject, {}).items() if key != KEY and not str(one).startswith("@")}
    return {"attributes": {"type": sobject, "referenceId": f"ref{number}"}, **row}


def _operation(case: Case) -> str:
    name: str = case.operation.definition.raw["operationId"]
    return name


def _sobject(case: Case) -> str:
    found = re.search(r"/(?:sobjects|tree)/(\w+)", case.path)
    return found[1] if found else str((case.path_parameters or {}).get("sobject", ""))


def _row(sobject: str, case: Case) -> dict[str, Any]:
    """A small valid row for the operations whose body depends on the object in the path."""
    row = {key: one for key, one in _ROWS.get(sobject, {}).items() if key != KEY and not str(one).startswith("@")}
    return row if case.method == "POST" else {key: row[key] for key in sorted(row)[:1]}
