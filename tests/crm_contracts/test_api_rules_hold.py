"""The rules H1 to H6 of the Planhat API, asked of the fake by a client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_core.testing import Played

Call = Callable[..., Any]


@pytest.fixture
def call(planhat: Played) -> Call:
    """A request with the tenant's token; the JSON of the answer and its status."""
    headers = {"Authorization": f"Bearer {planhat.credentials['token']}"}

    def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = planhat.session.request(method, planhat.url + path, json=body, headers=headers)
        return answer.status_code, answer.json() if "json" in answer.headers["Content-Type"] else answer.text

    return ask


@pytest.fixture
def company(call: Call) -> str:
    """A Company with both keyables."""
    _, made = call("POST", "/companies", {"name": "Acme", "sourceId": "S-1", "externalId": "E-1"})
    found: str = made["_id"]
    return found


@pytest.mark.rule("H1")
def test_an_unknown_status_is_stored(call: Call, company: str) -> None:
    """Planhat keeps a Task status that no configuration knows."""
    _, made = call("POST", "/tasks", {"companyId": company, "action": "x", "status": "Waiting for legal"})

    assert "Waiting for legal" == call("GET", f"/tasks/{made['_id']}")[1]["status"]


@pytest.mark.rule("H2")
def test_the_first_keyable_matches(call: Call, company: str) -> None:
    """_id is asked before sourceId; an unknown sourceId is a new Task."""
    _, first = call("POST", "/tasks", {"companyId": company, "action": "one", "sourceId": "00T1"})
    _, other = call("POST", "/tasks", {"companyId": company, "action": "two", "sourceId": "00T2"})
    items = [
        {"_id": other["_id"], "sourceId": "00T1", "action": "by id"},
        {"sourceId": "00T1", "action": "by source id"},
        {"sourceId": "00T3", "companyId": company, "action": "new"},
    ]
    _, result = call("PUT", "/tasks", items)

    assert (1, 1) == (result["created"], len(result["upsertedIds"]))
    assert "by source id" == call("GET", f"/tasks/{first['_id']}")[1]["action"]


@pytest.mark.rule("H2")
def test_a_bulk_request_has_a_limit(call: Call, company: str) -> None:
    """5,000 items are taken, one more is refused whole."""
    items = [{"companyId": company, "action": "x"}] * 5_001

    assert 400 <= call("PUT", "/tasks", items)[0] < 500
    assert [] == call("GET", "/tasks")[1]


@pytest.mark.rule("H3")
def test_prefixed_ids_stand_for_ids(call: Call, company: str) -> None:
    """srcid- in a Task's path, srcid- and extid- in companyId."""
    for key in ("srcid-S-1", "extid-E-1"):
        _, made = call("POST", "/tasks", {"companyId": key, "action": "x", "sourceId": f"00T-{key}"})
        assert company == made["companyId"]

    assert 200 == call("GET", "/tasks/srcid-00T-extid-E-1")[0]
    assert 200 != call("GET", "/tasks/extid-00T-extid-E-1")[0]


@pytest.mark.rule("H4")
def test_a_snippet_is_derived(call: Call, company: str) -> None:
    """The plain text of the description, whatever the caller says; it follows the description."""
    body = {"companyId": company, "action": "x", "description": "<p>Call.</p><p>Now</p>", "snippet": "mine"}
    _, made = call("POST", "/tasks", body)
    _, changed = call("PUT", f"/tasks/{made['_id']}", {"description": "<p>Later</p>"})

    assert ("Call.\n\nNow", "Later") == (made["snippet"], changed["snippet"])


@pytest.mark.rule("H5")
def test_names_are_filled_in(call: Call, company: str) -> None:
    """companyName and ownerName come from the records, not from the body."""
    person = {"email": "ada@understudy.example", "firstName": "Ada", "lastName": "Lovelace"}
    _, user = call("POST", "/users", person)
    body = {"companyId": company, "action": "x", "ownerId": user["_id"], "companyName": "no", "ownerName": "no"}
    _, made = call("POST", "/tasks", body)
    _, read = call("GET", f"/tasks/{made['_id']}")

    assert ("Acme", "Ada Lovelace") == (read["companyName"], read["ownerName"])


@pytest.mark.rule("H6")
def test_a_custom_repeat_needs_days(call: Call, company: str) -> None:
    """repeat custom without repeatDays is refused; with it, it is stored."""
    body = {"companyId": company, "action": "x", "repeat": "custom"}

    assert 400 == call("POST", "/tasks", body)[0]
    assert 200 == call("POST", "/tasks", body | {"repeatDays": 3})[0]
