"""What a valid call of the Marketo stand-in needs to know of the tenant: ids. And the tenant that the lane runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemathesis.core.parameters import ParameterLocation
from werkzeug.test import Client

from crm_contracts.openapi.lane import Case, Lane, positive
from fake_marketo import TenantConfig

if TYPE_CHECKING:
    from fake_core.fake import Fake

SIA = "/_standin/sia"
TASK = "00T5e000004aBcDEAU"
_SEED = {
    "people": [{"id": 1, "name": "Pat", "owner": 1, "shared": True, "sf_contact_id": "0035e000004aBcDEAU"}],
    "campaign_steps": [{"id": 1, "campaign_name": "Spring", "day": 3, "step": 2}],
}
_REFERENCES = ("assignee", "person", "campaign_step", "reminder")  # each points to record 1


def lane() -> Lane:
    """The Marketo lane."""
    return Lane("marketo", seed=seed, fit=fit, org=TenantConfig(seed=_SEED))


def seed(fake: Fake, headers: dict[str, str]) -> dict[str, Any]:
    """A reminder and a failure, made through the API; ids by the name of their path parameter."""
    client = Client(fake)
    reminder = {"name": "Call Pat", "type": "Call", "person": 1, "campaign_step": 1, "due_date": "2026-01-05"}
    failure = {"reminder": 1, "operation": "update", "code": "UNABLE_TO_LOCK_ROW"}
    ids = {"user_id": "1", "person_id": "1", "sf_task_id": TASK}
    for name, collection, body in (("reminder_id", "reminders", reminder), ("diagnostic_id", "diagnostics", failure)):
        answer = client.post(f"{SIA}/{collection}", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        ids[name] = str(answer.get_json()["id"])
    return ids


def fit(case: Case, lane: Lane) -> None:
    """What is meant to be valid names records that are there; a path does so in two calls of three."""
    if positive(case, ParameterLocation.BODY) and isinstance(case.body, dict):
        for name in _REFERENCES:
            if case.body.get(name) is not None:
                case.body[name] = 1
        if case.body.get("reminder") and lane.step:  # a step before may have deleted it
            case.body["reminder"] = None
    if positive(case, ParameterLocation.PATH):
        for name, value in case.path_parameters.items():
            if sum(map(ord, str(value))) % 3 and name in lane.seeded:
                case.path_parameters[name] = lane.seeded[name]
