"""Around the operations: limits, permissions, scripted faults, what is not faked, state."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from fake_core import FrozenClock, IdSource, MisuseError
from fake_planhat import ApiToken, TenantConfig, create_app
from fake_planhat.errors import ERRORS
from fake_planhat.faults import meaning
from fake_planhat.models import MODELS
from fake_planhat.routes import NOT_FAKED, ROUTES

from .conftest import COMPANY_ID, TOKEN, URL, Api


@pytest.mark.evidence("documented", "developer documentation, Authentication and limits; text of 2017")
def test_hard_limit(make_api: Any) -> None:
    """The 151st call within a second answers 429 `Too many requests`, changes nothing, and passes a second later."""
    api = make_api(switches={"rate_limits": "enforce"})
    for _ in range(150):
        assert 200 == api.get("/users").status_code

    refused = api.post("/tasks", {"companyId": COMPANY_ID})

    assert (429, "Too many requests") == (refused.status_code, refused.text)
    api.clock.advance(1.1)
    assert [] == api.get("/tasks").json()


@pytest.mark.evidence("documented", "developer documentation, Authentication and limits")
def test_limits_are_settable(make_api: Any) -> None:
    """The control plane shows and sets both limits; the soft one is reported in the headers."""
    api = make_api(switches={"rate_limits": "enforce"}, hard_calls_per_second=500, soft_calls_per_minute=3)
    assert {"soft_calls_per_minute", "hard_calls_per_second"} == set(api.control.limits())

    remaining = [api.get("/users").headers["X-Rate-Limit-Remaining"] for _ in range(4)]
    api.control.set_limit("soft_calls_per_minute", 10)

    assert ["2", "1", "0", "0"] == remaining
    headers = api.get("/users").headers
    assert ("10", "6") == (headers["X-Rate-Limit-Limit"], headers["X-Rate-Limit-Remaining"])
    api.clock.advance(61)
    assert "9" == api.get("/users").headers["X-Rate-Limit-Remaining"]


@pytest.mark.evidence("documented", "developer documentation, HTTP response codes: 403")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_permissions_per_model_and_operation(make_api: Any, model: Any) -> None:
    """A token with one operation on one model may do that and nothing else."""
    path, unknown = f"/{model.collection}", f"/{model.collection}/{'0' * 24}"
    calls: dict[str, list[tuple[str, str, Any]]] = {
        "read": [("GET", path, None), ("GET", unknown, None)],
        "create": [("POST", path, {})] if "create" in model.operations else [],
        "update": [("PUT", unknown, {})] if "update" in model.operations else [],
        "delete": [("DELETE", unknown, None)] if "delete" in model.operations else [],
    }
    tokens = [ApiToken(TOKEN), ApiToken("none", permissions={})]
    tokens += [ApiToken(one, permissions={model.name: frozenset({one})}) for one in calls]
    api = make_api(tokens=tokens)

    for operation in calls:
        for other, some in calls.items():
            for method, url, body in some:
                code = api.call(method, url, body, headers={"Authorization": f"Bearer {operation}"}).status_code
                assert (code == 403) == (operation != other), (operation, method, url, code)
    assert "Forbidden" == api.get(path, headers={"Authorization": "Bearer none"}).text


@pytest.mark.evidence("documented", "developer documentation, pages of the named models")
@pytest.mark.parametrize("row", NOT_FAKED, ids=lambda row: row.operation_id)
def test_not_faked_says_so(api: Api, row: Any) -> None:
    """What Planhat has and this fake does not play answers 501 and tells why."""
    answer = api.call(row.method, row.path.replace("<key>", "0" * 24).replace("<tenant_id>", "t"))

    assert (501, "NOT_FAKED", row.operation_id) == (
        answer.status_code,
        answer.json()["error"],
        answer.json()["operationId"],
    )
    assert row.why in answer.json()["message"]


def test_routes_are_named_once() -> None:
    """Every route has an operationId of its own, and none is both played and not."""
    names = [operation_id for _, _, operation_id, _ in ROUTES] + [row.operation_id for row in NOT_FAKED]
    places = [(method, path) for method, path, _, _ in ROUTES] + [(row.method, row.path) for row in NOT_FAKED]

    assert len(set(names)) == len(names)
    assert len(set(places)) == len(places)


def test_every_error_has_a_source() -> None:
    """Each row of errors.toml has a status, a text, a source and a grade."""
    for key, row in ERRORS.items():
        assert {"status", "text", "source", "grade"} == set(row), key


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/tasks", ("create", "Task")),
        ("GET", "/tasks/", ("list", "Task")),
        ("PUT", "/tasks", ("bulk", "Task")),
        ("GET", "/conversations/extid-1", ("read", "Conversation")),
        ("PUT", "/companies/1", ("update", "Company")),
        ("PATCH", "/users/1", ("update", "User")),
        ("DELETE", "/endusers/1", ("delete", "Enduser")),
        ("GET", "/companies/1/endusers", ("list", "Enduser")),
        ("GET", "/companies/1/conversations", ("list", "Conversation")),
        ("GET", "/leancompanies", ("list", "Company")),
        ("POST", "/companies/1/licenses", ("create", "License")),
        ("PUT", "/companies/1/licenses/2", ("update", "License")),
        ("PUT", "/licenses/actions", ("update", "License")),
        ("PUT", "/invoices", ("bulk", "Invoice")),
        ("DELETE", "/churn/1", ("delete", "Churn")),
        ("PUT", "/tickets", ("bulk", "Ticket")),
        ("POST", "/timeentries/duplicate", ("create", "TimeEntry")),
        ("GET", "/myprofile", ("read", "User")),
        ("GET", "/notes", ("other", "")),
        ("OPTIONS", "/tasks", ("other", "Task")),
        ("GET", "/", ("other", "")),
    ],
)
def test_meaning(method: str, path: str, expected: tuple[str, str]) -> None:
    """What a call means, in the words faults and the journal use."""
    assert expected == tuple(meaning({"REQUEST_METHOD": method, "PATH_INFO": path}))


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("error_after", 500, "Internal Server Error"),
        ("unavailable", 503, "Service Unavailable"),
        ("session_expired", 401, "Unauthorized"),
        ("limit_reached", 429, "Too many requests"),
    ],
)
def test_fault_answers(api: Api, kind: str, status: int, text: str) -> None:
    """A fault speaks in Planhat's words; only error_after happens after the call did its work."""
    api.control.add_fault(kind=kind, verb="create", object="Task")

    answer = api.post("/tasks", {"companyId": COMPANY_ID})

    assert (status, text) == (answer.status_code, answer.text)
    assert "X-Rate-Limit-Limit" in answer.headers
    assert (1 if kind == "error_after" else 0) == len(api.get("/tasks").json())


def test_lost_response(api: Api) -> None:
    """The task is made, the client sees a broken connection."""
    api.control.add_fault(kind="lost_response", verb="create", object="Task")

    with pytest.raises(requests.ConnectionError):
        api.task()

    assert 1 == len(api.get("/tasks").json())


@pytest.mark.parametrize(
    ("items", "key"), [([{}, {"sourceId": "s"}], "updatedErrors"), ([{}, {"sourceId": "n"}], "createdErrors")]
)
def test_item_refused(api: Api, items: list[dict[str, Any]], key: str) -> None:
    """The n-th item of a bulk call fails where it would have been counted; the others are carried out."""
    api.task(sourceId="s")
    api.control.add_fault(kind="item_refused", verb="bulk", item=1)

    answer = api.put("/tasks", [{"companyId": COMPANY_ID, "action": "changed", **item} for item in items])

    assert 206 == answer.status_code
    assert [(1, "Failed to save item")] == [(one["index"], one["message"]) for one in answer.json()[key]]
    assert 1 == answer.json()["created"]


@pytest.mark.parametrize(
    ("fault", "call"),
    [
        ({"kind": "item_refused"}, ("POST", "/tasks", {"companyId": COMPANY_ID})),
        ({"kind": "item_refused", "item": 3}, ("PUT", "/tasks", [{}])),
    ],
)
def test_faults_planhat_does_not_have(api: Api, fault: dict[str, Any], call: tuple[str, str, Any]) -> None:
    """A fault without a counterpart is the tester's mistake, told as such."""
    api.control.add_fault(**fault)

    with pytest.raises(MisuseError, match=fault["kind"]):
        api.call(*call)


@pytest.mark.parametrize("kind", ["row_locked", "lock_held"])
def test_locks_that_planhat_does_not_have(api: Api, kind: str) -> None:
    """Where no call could play a fault, who scripts it hears so at once."""
    with pytest.raises(MisuseError, match=kind):
        api.control.add_fault(kind=kind)

    assert [] == api.control.faults()


def test_same_seed_same_answers() -> None:
    """Two tenants with the same clock and ids answer the same calls with the same bytes."""

    def run() -> list[str]:
        api = Api(create_app(clock=FrozenClock(), ids=IdSource(3), org=TenantConfig(tokens=[ApiToken(TOKEN)])))
        company = api.post("/companies", {"name": "A", "sourceId": "1"}).text
        bulk = api.put("/tasks", [{"companyId": "srcid-1", "sourceId": "t"}]).text
        done = api.put("/tasks/srcid-t", {"status": "Done"}).text
        return [company, bulk, done, api.get("/conversations").text]

    assert run() == run()


def test_ids_ascend_with_creation(api: Api) -> None:
    """An ObjectId starts with the clock's seconds, so ascending ids are the order of creation."""
    first = api.task()["_id"]
    second = api.task()["_id"]
    api.clock.advance(3600)
    third = api.task()["_id"]

    assert [first, second, third] == sorted([first, second, third])
    assert 3600 == int(third[:8], 16) - int(first[:8], 16)
    assert int(api.clock.now().timestamp()) == int(third[:8], 16)


def test_reset_and_snapshot(api: Api) -> None:
    """Rows, settings, limits and serial numbers go back together: the same calls give the same ids again."""
    before = api.control.snapshot()
    first = api.task()
    api.control.seed({"settings": {"inherit_source_id": True}})
    api.control.restore(before)

    assert [] == api.get("/tasks").json()
    assert first["_id"] == api.task(sourceId="s")["_id"]
    assert "externalId" not in api.row(f"/conversations/{api.done(first)['noteId']}")
    api.control.reset()
    assert [] == api.get("/companies").json()


def test_a_file_keeps_everything(tmp_path: Any) -> None:
    """A tenant kept in a file is there again: rows, flag, and serial numbers that do not repeat."""
    url = f"sqlite:///{tmp_path / 'tenant.db'}"
    org = TenantConfig(tokens=[ApiToken(TOKEN)])
    first = Api(create_app(clock=FrozenClock(), data=url, org=org))
    company = first.made("/companies", {"name": "Kept"})
    first.control.seed({"settings": {"inherit_source_id": True}})
    first.fake.close()

    second = Api(create_app(clock=FrozenClock(), data=url, org=org))
    task = second.made("/tasks", {"companyId": company["_id"], "sourceId": "00T"})
    second.done(task)

    assert company["_id"] < task["_id"]
    assert "00T" == second.row(f"/conversations/{task['_id']}")["externalId"]
    second.fake.close()


def test_credentials_and_journal(api: Api) -> None:
    """The control plane hands out what a client needs, and tells who did what."""
    assert {"url": URL, "token": TOKEN} == {key: api.control.credentials()[key] for key in ("url", "token")}
    api.task()

    entry = api.control.journal()[-1]

    assert ("planhat", "create", "Task", 200, "Private App") == tuple(
        entry[key] for key in ("vendor", "verb", "object", "status", "who")
    )
    assert COMPANY_ID == json.loads(entry["request"])["companyId"]
