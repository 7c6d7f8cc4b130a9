"""What a valid Planhat call needs to know of the tenant: real ids and keys. And the tenant that the lane runs on."""

from __future__ import annotations

import base64
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from werkzeug.test import Client

from crm_contracts.openapi.lane import Case, Lane, is_random, positive
from fake_planhat import TenantConfig

if TYPE_CHECKING:
    from fake_core.fake import Fake

TENANT_ID = "5f1e3c1a-7f0b-4c39-9d0e-0c5a6f1b2d3e"
HOOK = "3f6d2a10-5c1e-4a8e-9f57-6a0d1c2b3e4f"
SEGMENT = "/dock/segment"
COMPANY_KEYS = ("extid-acme", "srcid-001Pc00000LuBMUIA3")


def lane() -> Lane:
    """The Planhat lane."""
    schemathesis.openapi.format("planhat-company-ref", st.sampled_from(COMPANY_KEYS))
    automation = {"name": "lane", "trigger": "incoming", "hook": HOOK, "steps": [_STEP]}
    org = TenantConfig(tenant_id=TENANT_ID, automations=[automation])
    return Lane("planhat", seed=seed, fit=fit, prepare=with_short_arrays, session=session, org=org)


def session(token: str, path: str) -> dict[str, str]:
    """Segment shows the tenant's id, everybody else a token."""
    if path != SEGMENT:
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": f"Basic {base64.b64encode(f'{TENANT_ID}:'.encode()).decode()}"}


def with_short_arrays(document: dict[str, Any]) -> dict[str, Any]:
    """*document* with the limit of 5,000 items on one bulk call only: at the border every case costs seconds.

    PATCH, which runs what PUT runs, is left to the nightly lane.
    """
    made = deepcopy(document)
    for item in made["paths"].values():
        if not is_random():
            item.pop("patch", None)
        row = item.get("put", {})
        if row.get("operationId", "").startswith("bulkUpsert") and row["operationId"] != "bulkUpsertTasks":
            schema = row["requestBody"]["content"]["application/json"]["schema"]
            for one in (schema, *schema.get("anyOf", ())):
                one.pop("maxItems", None)
    return made


def seed(fake: Fake, headers: dict[str, str]) -> dict[str, Any]:
    """One record of each model, made through the API where it can be; their ids and keys by collection."""
    client = Client(fake)
    made: dict[str, Any] = {}
    for collection, body in _ROWS.items():
        answer = client.post(f"/{collection}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        made[collection] = [answer.get_json()["_id"], *_prefixed(collection, body)]
    assert fake.seed is not None
    fake.seed({"workflows": [{"_id": WORKFLOW_ID, **_WORKFLOW}]})
    made["workflows"] = [WORKFLOW_ID, *_prefixed("workflows", _WORKFLOW)]
    answer = client.put("/tickets", json={"sourceId": _TICKET_KEY, "email": "e@acme.example"}, headers=headers)
    made["tickets"] = answer.get_json()["upsertedIds"]
    return made


def _prefixed(collection: str, body: dict[str, Any]) -> list[str]:
    names = {"extid-": "extId" if collection == "invoices" else "externalId", "srcid-": "sourceId"}
    without = _NO_PREFIX.get(collection, ())
    return [f"{prefix}{body[name]}" for prefix, name in names.items() if name in body and prefix not in without]


def fit(case: Case, lane: Lane) -> None:
    """What is meant to be valid names the tenant's company; a path, in two calls of three, a record that is there."""
    if positive(case, ParameterLocation.BODY):
        items = case.body if isinstance(case.body, list) else [case.body]
        for item in [one for one in items if isinstance(one, dict)]:
            _fit_item(item, case, lane)
            for entry in item.get("data") or [] if case.path == "/licenses/actions" else []:
                entry["cId"] = COMPANY_KEYS[0]
    elif isinstance(case.body, dict) and case.body.get("repeat") == "custom":
        case.body.pop("repeatDays", None)  # with them it would be valid
    elif isinstance(case.body, list):
        _apart([item for item in case.body if isinstance(item, dict)])
    if case.operation.definition.raw["operationId"] in _PUSHED:
        _fit_push(case)
    elif positive(case, ParameterLocation.PATH):
        for name, value in case.path_parameters.items():
            keys = lane.seeded[collection_of(case.path, name)]
            number = sum(map(ord, str(value)))
            if number % 3:  # DELETE takes no prefixed key
                only_id = case.method == "DELETE" and name == "key"
                case.path_parameters[name] = keys[0] if only_id else keys[number % len(keys)]


def collection_of(path: str, name: str) -> str:
    """The collection whose records the parameter *name* of *path* names: the part of the path before it."""
    return path.partition(f"/{{{name}}}")[0].rpartition("/")[2]


def _fit_item(item: dict[str, Any], case: Case, lane: Lane) -> None:
    """One object of a body that is meant to be valid."""
    for name in ("companyId", "cId"):
        if item.get(name) and item[name] not in COMPANY_KEYS:
            item[name] = lane.seeded["companies"][0]
    if item.get("companyIds"):
        item["companyIds"] = [lane.seeded["companies"][0]] * len(item["companyIds"])
    if case.path == "/tickets":
        item["companyExternalId"] = "acme"  # what an unknown e-mail needs
    if case.path == "/timeentries/duplicate":
        item["ids"] = lane.seeded["timeentries"][:1] * len(item["ids"])
    collection = case.path.strip("/")
    if case.method == "PUT" and collection in lane.seeded and _is_matched(item.get("_id")):
        item["_id"] = lane.seeded[collection][0]  # an item of a bulk call names a record that is there
    for name in ("sourceId", "externalId", "extId", *(() if case.path == "/tickets" else ("email",))):
        # Each keyable once: rows stay from step to step, and those of the seed are there before the first.
        if item.get(name) and (lane.step or item[name] in _SEEDED_KEYS):
            item[name] = f"{item[name]} {lane.step}"


def _apart(items: list[dict[str, Any]]) -> None:
    """Each item a record of its own: one that repeats an earlier one's key changes what that one made, and needs
    nothing but the key for it.
    """
    seen: set[tuple[str, str]] = set()
    for number, item in enumerate(items):
        for name in _KEYABLES:
            value = item.get(name)
            if isinstance(value, str) and (name, value) in seen:
                item[name] = f"{value} {number}"
            elif isinstance(value, str):
                seen.add((name, value))


def _is_matched(value: Any) -> bool:
    """Whether Planhat matches an item by this value of `_id`; any other is dropped, as in a body of POST."""
    return isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""


def _fit_push(case: Case) -> None:
    """A push to the tenant, in two calls of three what its document shows: whatever else comes is taken as well."""
    number = sum(map(ord, str(case.body))) % 3
    for name, value in (("tenant_id", TENANT_ID), ("hook", HOOK)):
        if number and name in (case.path_parameters or {}):
            case.path_parameters[name] = value
    for media in case.operation.definition.raw["requestBody"]["content"].values():
        if number and "example" in media and positive(case, ParameterLocation.BODY):
            case.body = deepcopy(media["example"])


_PUSHED = frozenset(
    {"pushDimensionData", "pushActivity", "pushActivities", "streamActivities", "segment", "receiveWebhook"}
)
_STEP = {"kind": "get", "model": "Company", "id": "<<object.companyId>>"}
WORKFLOW_ID = "5f0000000000000000000001"
_WORKFLOW = {"name": "Onboarding", "externalId": "w-1", "sourceId": "wf-1"}
_KEYS = {"externalId": "x-1", "sourceId": "s-1"}
_NAMED = {"companyId": "extid-acme", "name": "N", **_KEYS}
_ROWS: dict[str, dict[str, Any]] = {
    "companies": {"name": "Acme", "externalId": "acme", "sourceId": "001Pc00000LuBMUIA3", "domains": ["acme.example"]},
    "users": {"email": "u@example.com", "nickName": "U", "firstName": "U", "lastName": "Ser", "externalId": "user-1"},
    "endusers": {"companyId": "extid-acme", "email": "e@acme.example", "externalId": "e-1", "sourceId": "003-1"},
    "tasks": {"companyId": "extid-acme", "action": "Call", "description": "<p>Hi.</p>", "sourceId": "00T-1"},
    "conversations": {"companyId": "extid-acme", "subject": "Met", "externalId": "c-1"},
    "assets": _NAMED,
    "licenses": {"companyId": "extid-acme", "_currency": "USD", "fromDate": "2026-01-01", "value": 100, **_KEYS},
    "opportunities": {"companyId": "extid-acme", "title": "New", "_currency": "USD", **_KEYS},
    "sales": {"companyId": "extid-acme", "_currency": "USD", "salesDate": "2026-01-01", "value": 5, **_KEYS},
    "invoices": {"cId": "extid-acme", "currency": "USD", "invoiceDate": 20454, "extId": "i-1", "sourceId": "s-1"},
    "nps": {"email": "e@acme.example", "campaignId": "n-1", "score": 9, "sourceId": "s-1"},
    "churn": {"companyId": "extid-acme", "value": 10, **_KEYS},
    "issues": {"title": "Slow", "sourceId": "s-1", "archived": False, "companyIds": ["extid-acme"]},
    "projects": _NAMED,
    "campaigns": _NAMED,
    "objectives": _NAMED,
    "workspaces": _NAMED,
    "deals": _NAMED,
    "lineitems": _NAMED,
    "products": _NAMED,
    "timeentries": _NAMED,
    "timesheets": {"dateFrom": 20454, "dateTo": 20460},
    "customfields": {"name": "HScore", "parent": "conversation", "type": "number"},
}
_TICKET_KEY = "500-1"
_KEYABLES = ("sourceId", "externalId", "extId", "email")
_SEEDED_KEYS = [_TICKET_KEY, *(body[name] for body in _ROWS.values() for name in _KEYABLES if name in body)]
_NO_PREFIX = {"users": ("srcid-",)}
