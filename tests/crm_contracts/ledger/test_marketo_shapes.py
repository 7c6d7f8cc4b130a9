"""The keys of Marketo's records, and where a template's fields come from: written down from the fake's document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_core.fake import Fake
from fake_marketo import TenantConfig, User, create_app

MARKETO = entries("marketo")
SIA = "/_standin/sia"
TASK_ID = "00T1a000000XYZUEA4"
PERSON_ID = "0035e000004aBcDEAU"
NOW = "2026-01-05T09:00:00.000Z"
LATER = "2026-01-06T10:00:00.000Z"


def cases(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(one, id=one.id) for one in MARKETO if one.id.startswith(prefix)]


# A record of each kind with a value for every key, in the order in which it is answered.
RECORDS: dict[str, dict[str, Any]] = {
    "reminder": {
        "id": 5, "type": "Call", "name": "Call Pat", "status": "complete", "priority": "high", "due_date": "2026-01-07",
        "details": "Ask.", "assignee": 1, "person": 1, "campaign_step": 1, "call_outcome": "Reached",
        "call_reason": "Renewal", "sf_task_id": TASK_ID, "creator": 2, "created_at": NOW, "updated_at": LATER,
        "deleted_at": None,
    },
    "user": {
        "id": 1, "name": "Ann", "email": "ann@acme.example", "token": "ann", "time_zone": "Asia/Tokyo",
        "sf_user_id": "0055e000004aBcDEAU", "sf_connected": True,
    },
    "person": {
        "id": 1, "name": "Pat", "email": "pat@acme.example", "owner": 1, "shared": True, "sf_contact_id": PERSON_ID,
        "sf_lead_id": "00Q5e000004aBcDEAU", "sf_account_id": "0015e000004aBcDEAU",
        "sf_opportunity_id": "0065e000004aBcDEAU",
    },
    "campaign_step": {"id": 1, "campaign_name": "Spring", "day": 3, "step": 2},
    "settings": {
        "user": 1, "task_sync": "on", "enabled_at": NOW, "previously_enabled": True,
        "activity_detail_template": "{{activity_type}}",
    },
    "diagnostic": {
        "id": 8, "user": 1, "reminder": 5, "sf_task_id": TASK_ID, "operation": "update", "code": "INVALID_TYPE",
        "message": "no", "created_at": NOW, "acknowledged_at": LATER,
    },
    "logged_activity": {"id": 3, "sf_task_id": TASK_ID, "user": 2, "logged_at": LATER},
}  # fmt: skip
PARTS = {
    "user": "users", "person": "people", "campaign_step": "campaign_steps", "reminder": "reminders",
    "settings": "settings", "diagnostic": "diagnostics", "logged_activity": "logged_activities",
}  # fmt: skip
# What none of the kinds takes: by key, a value of another form. Any other key is a text, and no number is one.
WRONG: dict[str, Any] = {
    **dict.fromkeys(("id", "assignee", "person", "campaign_step", "creator", "user", "owner", "reminder"), 0),
    **dict.fromkeys(("day", "step"), -1),
    **dict.fromkeys(("type", "status", "priority", "task_sync", "operation"), "other"),
    **dict.fromkeys(("created_at", "updated_at", "deleted_at", "enabled_at", "acknowledged_at", "logged_at"), "today"),
    **dict.fromkeys(("sf_task_id", "sf_user_id", "sf_contact_id", "sf_lead_id", "sf_account_id"), "00T1a000000XYZU"),
    **dict.fromkeys(("shared", "sf_connected", "previously_enabled"), "yes"),
    "sf_opportunity_id": "0065e000004aBcD",
    "due_date": NOW,
    "time_zone": "Nowhere",
}
PREVIEWED = (
    "activity_type", "activity_subject", "sales_campaign_name", "sales_campaign_day", "sales_campaign_step",
    "call_outcome", "call_reason",
)  # fmt: skip


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    users = [
        User(id=number, name=name, email=f"{name}@acme.example", token=name) for number, name in ((1, "ann"), (2, "bo"))
    ]
    made = create_app(clock=FrozenClock(), org=TenantConfig(users=tuple(users)))
    assert made.seed is not None
    made.seed({part: [RECORDS[kind]] for kind, part in PARTS.items()})
    yield made
    made.close()


def told(fake: Fake, method: str, path: str, body: Any = None) -> Any:
    answer = Client(fake).open(SIA + path, method=method, json=body, headers={"Authorization": "Bearer ann"})
    assert answer.status_code < 300, answer.text
    return answer.get_json()


def shown(fake: Fake, kind: str) -> dict[str, Any]:
    """The record of *kind* as the API shows it."""
    paths = {"reminder": "/reminders/5", "user": "/users/1", "person": "/people/1", "settings": "/settings"}
    if kind in paths:
        found: dict[str, Any] = told(fake, "GET", paths[kind])
        return found
    [found] = told(fake, "GET", f"/{PARTS[kind].replace('_', '-')}")["items"]
    return found


@pytest.mark.ledger("marketo/record/*")
@pytest.mark.parametrize("one", cases("marketo/record/"))
def test_the_keys_of_a_record(fake: Fake, one: Entry) -> None:
    """A record is answered with its keys in their order; each refuses what is not of its form; no other is known."""
    kind = one.id.rpartition("/")[2]
    if kind == "preview":
        check_previews(fake)
        return
    record = RECORDS[kind]
    visible = {name: value for name, value in record.items() if name != "token"}
    found = shown(fake, kind)

    assert list(visible.items()) == [(name, found[name]) for name in found if name not in {"category", "retried"}]
    assert fake.seed is not None
    for name in record:
        with pytest.raises(MisuseError, match=f"{PARTS[kind]}.0.: {name} "):
            fake.seed({PARTS[kind]: [{**record, name: WRONG.get(name, 17)}]})
    with pytest.raises(MisuseError, match="nobodys"):
        fake.seed({PARTS[kind]: [{**record, "nobodys": 1}]})


def check_previews(fake: Fake) -> None:
    """A preview takes a text for the template and each of its fields, and nothing else."""
    template = "".join(f"{{{{{name}}}}};" for name in PREVIEWED)
    body = {"activity_detail_template": template, **{name: name.upper() for name in PREVIEWED}}
    answer = told(fake, "POST", "/activity-detail-preview", body)
    assert {"activity_detail_template": template, "text": "".join(f"{name.upper()};" for name in PREVIEWED)} == answer
    for name in (*body, "nobodys"):
        refused = Client(fake).post(
            f"{SIA}/activity-detail-preview", json={**body, name: 17}, headers={"Authorization": "Bearer ann"}
        )
        assert (name, 400, True) == (name, refused.status_code, name in refused.text)


# What the reminder above says of each field of a template.
FILLED_IN = {
    "activity_type": "Call",
    "activity_subject": "Call Pat",
    "sales_campaign_name": "Spring",
    "sales_campaign_day": "3",
    "sales_campaign_step": "2",
    "call_outcome": "Reached",
    "call_reason": "Renewal",
}


@pytest.mark.ledger("marketo/shape/template-field/*")
@pytest.mark.parametrize("one", cases("marketo/shape/template-field/"))
def test_a_field_of_a_template(fake: Fake, one: Entry) -> None:
    """It is the reminder's own value, or that of its step of a campaign."""
    name = one.id.rpartition("/")[2]
    told(fake, "PATCH", "/settings", {"activity_detail_template": f"[{{{{{name}}}}}]"})
    text = told(fake, "GET", "/reminders/5/activity-detail")["text"]
    told(fake, "PATCH", "/settings", {"activity_detail_template": "{{activity_type}}"})

    assert f"[{FILLED_IN[name]}]" == text
