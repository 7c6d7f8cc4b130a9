"""Defaults and limits of Totango's and Marketo's tables, and the largest body of each vendor but Salesforce."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import Client

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_core.fake import Fake
from fake_marketo import TenantConfig as MarketoConfig
from fake_marketo import User
from fake_marketo import create_app as create_marketo
from fake_planhat import create_app as create_planhat
from fake_totango import create_app as create_totango

NOW = "2026-01-05T09:00:00.000Z"
CALLER = 7
SIA = "/_standin/sia"
TASK_ID = "00T1a000000XYZUEA4"


def headers(fake: Fake) -> dict[str, str]:
    """What a caller sends with a token of the tenant."""
    token = fake.credentials("https://x.example")["token"]
    return {"Authorization": f"Bearer {token}", "app-token": token}


# --- Marketo --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept() -> Iterator[dict[str, dict[str, Any]]]:
    """A record of each kind, made with the least that it takes: over the API where it can be."""
    user = User(id=CALLER, name="Ann", email="ann@acme.example", token="ann")
    fake = create_marketo(clock=FrozenClock(), org=MarketoConfig(users=(user,)))
    client = Client(fake)

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = client.open(SIA + path, method=method, json=body, headers={"Authorization": "Bearer ann"})
        assert answer.status_code < 300, answer.text
        return answer.get_json()

    assert fake.seed is not None
    fake.seed(
        {
            "users": [{"id": 8, "name": "Bo", "email": "bo@acme.example", "token": "bo"}],
            "people": [{"id": 1, "name": "Pat", "owner": CALLER}],
            "logged_activities": [{"sf_task_id": TASK_ID}],
        }
    )
    made = call("POST", "/reminders", {"name": "Call"})
    call("POST", "/diagnostics", {"operation": "create", "code": "NO_SUCH_CODE"})
    yield {
        "reminder": call("GET", f"/reminders/{made['id']}"),
        "user": call("GET", "/users/8"),
        "person": call("GET", "/people")["items"][0],
        "settings": call("GET", "/settings"),
        "diagnostic": call("GET", "/diagnostics")["items"][0],
        "logged_activity": call("GET", "/logged-activities")["items"][0],
    }
    fake.close()


# Off until a person switches it on: documented (Salesforce sync settings). The rest is the stand-in's own.
DEFAULTS = {
    "reminder.type": "Custom",
    "reminder.status": "open",
    "reminder.priority": "normal",
    "reminder.details": "",
    "reminder.assignee": CALLER,
    "reminder.creator": CALLER,
    "reminder.created_at": NOW,
    "reminder.updated_at": NOW,
    "user.time_zone": "UTC",
    "user.sf_connected": False,
    "person.shared": False,
    "settings.task_sync": "off",
    "settings.previously_enabled": False,
    "settings.activity_detail_template": "{{activity_subject}}",
    "diagnostic.user": CALLER,
    "diagnostic.message": "",
    "diagnostic.created_at": NOW,
    "logged_activity.user": CALLER,
    "logged_activity.logged_at": NOW,
}
MARKETO = [pytest.param(one, id=one.id) for one in entries("marketo") if one.kind == "default" and "." in one.id]


@pytest.mark.ledger("marketo/default/*.*")
@pytest.mark.parametrize("one", MARKETO)
def test_what_a_record_of_marketo_starts_with(kept: dict[str, dict[str, Any]], one: Entry) -> None:
    """A key that nobody sent has its default."""
    path = one.id.removeprefix("marketo/default/")
    record, _, key = path.partition(".")

    assert DEFAULTS[path] == kept[record][key]


@pytest.mark.ledger("marketo/default/diagnostic-category")
def test_a_code_that_the_page_does_not_name(kept: dict[str, dict[str, Any]]) -> None:
    """It is put with the others."""
    assert "Other" == kept["diagnostic"]["category"]


@pytest.mark.ledger("marketo/limit/page_default", "marketo/limit/page_max")
def test_the_pages_of_marketo() -> None:
    """A hundred when nobody says, five hundred at most; more than that cannot be asked for."""
    fake = create_marketo(clock=FrozenClock())
    assert fake.seed is not None
    fake.seed({"reminders": [{"name": "x"}] * 501})
    client, mine = Client(fake), headers(fake)
    answers = [client.get(f"{SIA}/reminders{query}", headers=mine) for query in ("", "?limit=500", "?limit=501")]
    fake.close()

    assert [200, 200, 400] == [one.status_code for one in answers]
    assert [100, 500] == [len(one.get_json()["items"]) for one in answers[:2]]


# --- Totango --------------------------------------------------------------------------------------------------------

SHOWN = {
    "activity_types": "activity-types",
    "touchpoint_types": "touchpoint-types",
    "touchpoint_tags": "touchpoint-tags",
}
_STAMPS = {
    "created_at": "2024-01-01T00:00:00+00:00",
    "created_by": "system",
    "updated_at": "2024-01-01T00:00:00+00:00",
    "updated_by": "system",
}
_TYPE = {"non_editable": True, "used": True, **_STAMPS}
# The ids of flows are those that pages and clients use; types and tags every service has of its own: these are ours.
CATALOGUE: dict[str, list[dict[str, Any]]] = {
    "activity_types": [
        {"activity_type_id": name.lower(), "display_name": name}
        for name in ("Adoption", "Escalation", "Renewal", "Support")
    ],
    "touchpoint_types": [
        {
            "id": "0b5b0a40-6f0e-4c8c-9a55-000000000001", "display_name": "Web meeting", "icon": "web-meeting",
            "is_default": True, **_TYPE,
        },
        {
            "id": "0b5b0a40-6f0e-4c8c-9a55-000000000002", "display_name": "Telephone call", "icon": "telephone-call",
            "is_default": False, **_TYPE,
        },
    ],
    "touchpoint_tags": [
        {
            "id": f"e53621bc-0000-4000-8000-00000000000{number}", "display_name": name, "is_default": False,
            "non_editable": False, "used": number == 1, **_STAMPS,
        }
        for number, name in enumerate(("Product feedback", "Business review"), 1)
    ],
}  # fmt: skip


@pytest.mark.ledger("totango/default/catalogue/*")
@pytest.mark.parametrize(
    "one", [pytest.param(one, id=one.id) for one in entries("totango") if "/default/catalogue/" in one.id]
)
def test_what_a_service_of_totango_starts_with(one: Entry) -> None:
    """The lists of a new service have these rows."""
    name = one.id.rpartition("/")[2]
    fake = create_totango(clock=FrozenClock())
    shown = Client(fake).get(f"/api/v3/{SHOWN[name]}", headers=headers(fake)).get_json()
    fake.close()

    assert CATALOGUE[name] == shown


# --- bodies ---------------------------------------------------------------------------------------------------------

# No vendor publishes a figure for these calls: all three are assumed (Planhat's is that of its analytics host).
BODIES: dict[str, tuple[Callable[..., Fake], str, str, bytes, int]] = {
    "planhat": (create_planhat, "POST", "/companies", b'{"name": "x"}', 32 * 1024 * 1024),
    "totango": (
        create_totango, "POST", "/api/v3/touchpoints/", b'{"account_id": "a1", "content": "x"}', 4 * 1024 * 1024,
    ),
    "marketo": (create_marketo, "POST", f"{SIA}/reminders", b'{"name": "x"}', 1024 * 1024),
}  # fmt: skip


@pytest.mark.ledger("planhat/limit/body_bytes_max", "totango/limit/body_bytes_max", "marketo/limit/body_bytes_max")
@pytest.mark.parametrize("vendor", BODIES)
def test_the_largest_body(vendor: str) -> None:
    """A body of the most bytes is read; one byte more is refused with 413."""
    create, method, path, body, most = BODIES[vendor]
    fake = create(clock=FrozenClock())
    if vendor == "totango":
        assert fake.seed is not None
        fake.seed({"accounts": [{"id": "a1", "name": "Acme"}]})
    sent = {"Content-Type": "application/json", **headers(fake)}
    answers = [
        Client(fake).open(path, method=method, data=body.ljust(length), headers=sent) for length in (most, most + 1)
    ]
    fake.close()

    assert (True, 413) == (answers[0].status_code < 300, answers[1].status_code), answers[0].text
