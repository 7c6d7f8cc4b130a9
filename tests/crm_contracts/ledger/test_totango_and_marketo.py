"""Defaults and limits of Totango's and Marketo's tables, and the largest body of each vendor but Salesforce."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import Client

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from crm_contracts.ledger.tables import data_of
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
    fake.seed({"people": [{"id": 1, "name": "Pat", "owner": CALLER}], "logged_activities": [{"sf_task_id": TASK_ID}]})
    made = call("POST", "/reminders", {"name": "Call"})
    call("POST", "/diagnostics", {"operation": "create", "code": "NO_SUCH_CODE"})
    yield {
        "reminder": call("GET", f"/reminders/{made['id']}"),
        "user": call("GET", "/me")["user"],
        "person": call("GET", "/people")["items"][0],
        "settings": call("GET", "/settings"),
        "diagnostic": call("GET", "/diagnostics")["items"][0],
        "logged_activity": call("GET", "/logged-activities")["items"][0],
    }
    fake.close()


MEANT = {"the caller": CALLER, "now": NOW, "switch default_type": "Custom"}
MARKETO = [pytest.param(one, id=one.id) for one in entries("marketo") if one.kind == "default" and "." in one.id]


@pytest.mark.ledger("marketo/default/*.*")
@pytest.mark.parametrize("one", MARKETO)
def test_what_a_record_of_marketo_starts_with(kept: dict[str, dict[str, Any]], one: Entry) -> None:
    """A key that nobody sent has the default of the table."""
    record, _, key = one.id.removeprefix("marketo/default/").partition(".")
    default = data_of("marketo", "fields.toml")[record][key]["default"]

    assert MEANT.get(default, default) == kept[record][key]


@pytest.mark.ledger("marketo/default/diagnostic-category")
def test_a_code_that_the_page_does_not_name(kept: dict[str, dict[str, Any]]) -> None:
    """It is put with the others."""
    assert "Other" == kept["diagnostic"]["category"] == data_of("marketo", "diagnostics.toml")["unlisted"]


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


@pytest.mark.ledger("totango/default/catalogue/*")
@pytest.mark.parametrize(
    "one", [pytest.param(one, id=one.id) for one in entries("totango") if "/default/catalogue/" in one.id]
)
def test_what_a_service_of_totango_starts_with(one: Entry) -> None:
    """The lists of a new service are those of the catalogue."""
    name = one.id.rpartition("/")[2]
    fake = create_totango(clock=FrozenClock())
    shown = Client(fake).get(f"/api/v3/{SHOWN[name]}", headers=headers(fake)).get_json()
    fake.close()

    assert data_of("totango", "catalogue.toml")[name] == shown


# --- bodies ---------------------------------------------------------------------------------------------------------

BODIES: dict[str, tuple[Callable[..., Fake], str, str, bytes]] = {
    "planhat": (create_planhat, "POST", "/companies", b'{"name": "x"}'),
    "totango": (create_totango, "POST", "/api/v3/touchpoints/", b'{"account_id": "a1", "content": "x"}'),
    "marketo": (create_marketo, "POST", f"{SIA}/reminders", b'{"name": "x"}'),
}


@pytest.mark.ledger("planhat/limit/body_bytes_max", "totango/limit/body_bytes_max", "marketo/limit/body_bytes_max")
@pytest.mark.parametrize("vendor", BODIES)
def test_the_largest_body(vendor: str) -> None:
    """A body as long as the table says is read; one byte more is refused with 413."""
    create, method, path, body = BODIES[vendor]
    most = data_of(vendor, "limits.toml")["body_bytes_max"]["value"]
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
