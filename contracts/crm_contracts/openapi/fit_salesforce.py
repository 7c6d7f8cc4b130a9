"""What a valid Salesforce call needs to know of the org: real ids, a locator, credentials. And the lane's org."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from werkzeug.test import Client

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
    schemathesis.openapi.format("http-date", st.sampled_from(_HTTP_DATES))
    return Lane("salesforce", seed=seed, fit=Fit(document), prepare=with_bodies, org=OrgConfig(extra=_EXTRA))


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
        "organization": organization,
        "user": user,
        "credentials": fake.credentials("https://understudy.my.salesforce.com"),
    }


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
        if positive(case, ParameterLocation.BODY):
            self._body(case, org)
        elif isinstance(case.body, dict):
            _keep_too_long(case.body)

    def _path(self, case: Case, org: dict[str, Any]) -> None:
        path = case.path_parameters
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
        if "org_id" in path:
            path |= {"org_id": org["organization"], "user_id": org["user"]}
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
        if "q" in query and not re.match("SELECT .* FROM ", query["q"]):
            query["q"] = "SELECT Id FROM Task"

    def _body(self, case: Case, org: dict[str, Any]) -> None:
        body, path = case.body, case.operation.definition.raw["operationId"]
        name, _, sobject = path.partition(".")
        if sobject and isinstance(body, dict):
            self._references(body, org, schema=f"{sobject}{'Create' if name == 'createRecord' else 'Update'}")
        elif name in {"createRecord", "createRecordById", "updateRecord", "upsertRecord"}:
            case.body = _row(_sobject(case), case)
        elif name == "token":
            case.body = {key: org["credentials"].get(key, value) for key, value in body.items()}
            if "password" in body:
                told = org["credentials"]
                case.body["password"] = told["password"] + told["security_token"]
        elif name == "introspect":
            case.body |= {key: org["credentials"][key] for key in ("client_id", "client_secret")}
        elif name == "revoke":
            body["token"] = org["credentials"]["access_token"]
        elif name == "getRecordsByPost":
            case.body = {"ids": [*org["ids"].get(_sobject(case), []), *body["ids"]][:2000], "fields": ["Id"]}
        elif name in {"createRecords", "updateRecords", "upsertRecords"}:
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


def _keep_too_long(body: dict[str, Any]) -> None:
    """Texts are trimmed on save: blanks at the ends must not make a text fit that is meant to be too long."""
    for key, value in body.items():
        if isinstance(value, str) and len(value) > len(value.strip()) > 0:
            body[key] = value.strip().ljust(len(value), "*")


def _subrequest(method: str, org: dict[str, Any]) -> dict[str, Any]:
    """A subrequest that the routes know."""
    row = f"{DATA}/sobjects/Task/{org['ids']['Task'][0]}"
    return {"url": f"{DATA}/sobjects/Task" if method == "POST" else row, "body": {"Subject": "Composed"}}


def _leaf(sobject: str, number: int) -> dict[str, Any]:
    """A record of a tree that has no children."""
    row = {key: one for key, one in _ROWS.get(sobject, {}).items() if key != KEY and not str(one).startswith("@")}
    return {"attributes": {"type": sobject, "referenceId": f"ref{number}"}, **row}


def _sobject(case: Case) -> str:
    found = re.search(r"/(?:sobjects|tree)/(\w+)", case.path)
    return found[1] if found else str((case.path_parameters or {}).get("sobject", ""))


def _row(sobject: str, case: Case) -> dict[str, Any]:
    """A small valid row for the operations whose body depends on the object in the path."""
    row = {key: one for key, one in _ROWS.get(sobject, {}).items() if key != KEY and not str(one).startswith("@")}
    return row if case.method == "POST" else {key: row[key] for key in sorted(row)[:1]}
