"""What a valid Planhat call needs to know of the tenant: real ids and keys. And the tenant that the lane runs on."""

from __future__ import annotations

import base64
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from werkzeug.test import Client

from crm_contracts.openapi.lane import Case, Lane, positive
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
    """*document* with the limit of 5,000 items on one bulk call only: at the border every case costs seconds."""
    made = deepcopy(document)
    for item in made["paths"].values():
        row = item.get("put", {})
        if row.get("operationId", "").startswith("bulkUpsert") and row["operationId"] != "bulkUpsertTasks":
            del row["requestBody"]["content"]["application/json"]["schema"]["maxItems"]
    return made


def seed(fake: Fake, headers: dict[str, str]) -> dict[str, Any]:
    """One record of each model, made through the API; their ids and keys by collection."""
    client = Client(fake)
    made: dict[str, Any] = {}
    for collection, body in _ROWS.items():
        answer = client.post(f"/{collection}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        keys = [answer.get_json()["_id"]]
        keys += [f"{prefix}{body[name]}" for name, prefix in _PREFIXES[collection].items()]
        made[collection] = keys
    return made


def fit(case: Case, lane: Lane) -> None:
    """What is meant to be valid names the tenant's company; a path, in two calls of three, a record that is there."""
    if positive(case, ParameterLocation.BODY):
        for item in case.body if isinstance(case.body, list) else [case.body]:
            if not isinstance(item, dict):
                continue
            if "companyId" in item and item["companyId"] not in COMPANY_KEYS:
                item["companyId"] = lane.seeded["companies"][0]
            for key in ("sourceId", "externalId", "email"):
                if lane.step and item.get(key):  # rows stay from step to step: each keyable once
                    item[key] = f"{item[key]} {lane.step}"
    if case.operation.definition.raw["operationId"] in _PUSHED:
        _fit_push(case)
    elif positive(case, ParameterLocation.PATH):
        keys = lane.seeded[case.path.strip("/").split("/")[0]]
        for name, value in case.path_parameters.items():
            number = sum(map(ord, str(value)))
            if number % 3:  # DELETE takes no prefixed key
                case.path_parameters[name] = keys[0] if case.method == "DELETE" else keys[number % len(keys)]


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
_ROWS: dict[str, dict[str, Any]] = {
    "companies": {"name": "Acme", "externalId": "acme", "sourceId": "001Pc00000LuBMUIA3", "domains": ["acme.example"]},
    "users": {"email": "u@example.com", "nickName": "U", "firstName": "U", "lastName": "Ser", "externalId": "user-1"},
    "endusers": {"companyId": "extid-acme", "email": "e@acme.example", "externalId": "e-1", "sourceId": "003-1"},
    "tasks": {"companyId": "extid-acme", "action": "Call", "description": "<p>Hi.</p>", "sourceId": "00T-1"},
    "conversations": {"companyId": "extid-acme", "subject": "Met", "externalId": "c-1"},
}
_PREFIXES = {
    "companies": {"externalId": "extid-", "sourceId": "srcid-"},
    "users": {"externalId": "extid-"},
    "endusers": {"externalId": "extid-", "sourceId": "srcid-"},
    "tasks": {"sourceId": "srcid-"},
    "conversations": {"externalId": "extid-"},
}
