"""The properties of each of Planhat's models: what a caller may write, and as what type Planhat takes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.crm_contracts.ledger.planhat_models import COLLECTIONS, PROPERTIES, properties_of
from tests.crm_contracts.ledger.test_planhat import HEADERS, LEAST, Tenant, cases
from tests.fake_planhat.conftest import COMPANY_ID, OTHER_ID

from crm_contracts.ledger.entry import Entry
from fake_core.errors import MisuseError

ID = "ABCDEFABCDEF000000000009"
DOLLARS = {"_id": "3518f8944d42212dd37daffe", "symbol": "USD", "rate": 1, "isBase": True, "overrides": {}}
OPEN = {"Campaign", "Objective", "Workspace", "Deal", "LineItem", "Product", "TimeEntry"}  # nobody published the rest
# By type: what is sent, and what is kept of it, as Mongoose casts it; then what it refuses, and the name it says.
CASTS: dict[str, tuple[Any, Any]] = {
    "string": (5, "5"),
    "number": ("7.5", 7.5),
    "integer": ("7", 7),
    "boolean": ("yes", True),
    "date": ("2026-02-03", "2026-02-03T00:00:00.000Z"),
    "objectid": (ID, ID.lower()),
    "array": ("x", ["x"]),
    "object": ({"a": 1}, {"a": 1}),
    "currency": ("USD", DOLLARS),
}
REFUSED: dict[str, tuple[Any, str]] = {
    "string": (["x"], "string"),
    "number": ("x", "Number"),
    "integer": ("x", "Number"),
    "boolean": ("x", "Boolean"),
    "date": ("x", "date"),
    "objectid": ("x", "ObjectId"),
    "object": ("x", "Object"),
    "currency": (5, "string"),
}
# Where not every value of the type will do: what is sent, and what is kept.
OTHERWISE: dict[str, tuple[Any, Any]] = {
    "companyId": (OTHER_ID, OTHER_ID),
    "cId": (OTHER_ID, OTHER_ID),
    "Company.status": ("lost", "lost"),
    "Task.status": (5, "5"),
    "Task.endusers": ([], []),
    "Conversation.type": ("call", "call"),
    "Conversation.users": ("x", [{"id": "x", "name": None, "isOwner": False}]),
    "Conversation.endusers": ("x", [{"id": "x", "name": None}]),
    "License.renewalStatus": ("renewed", "renewed"),
    "Opportunity.status": ("won", "won"),
    "Issue.companyIds": (COMPANY_ID, [COMPANY_ID]),
    "Timesheet.status": ("approved", "approved"),
    "CustomField.type": ("rating", "rating"),
}


def cast_of(model: str, name: str, kind: str) -> tuple[Any, Any]:
    return OTHERWISE.get(f"{model}.{name}") or OTHERWISE.get(name) or CASTS[kind]


def writable(model: str) -> dict[str, str]:
    return {name: kind for name, kind in properties_of(model).items() if kind != "auto"}


@pytest.fixture(scope="module")
def tenant() -> Iterator[Tenant]:
    made = Tenant(rate_limits="off")
    yield made
    made.fake.close()


@pytest.fixture(scope="module")
def shown(tenant: Tenant) -> dict[str, dict[str, Any]]:
    """By model: the record that a create made of a value for every property, and of one that nobody has."""
    found = {}
    for model, collection in COLLECTIONS.items():
        sent = {name: cast_of(model, name, kind)[0] for name, kind in writable(model).items()}
        theirs = {name: "theirs" for name, kind in properties_of(model).items() if kind == "auto"}
        found[model] = tenant.make(collection, **sent, **theirs, nobodys="x")[1]
    return found


def refusals(tenant: Tenant, model: str) -> dict[str, str]:
    """Property -> the type that a refused value of it was to be, by Planhat's words."""
    found = {}
    for name, kind in writable(model).items():
        if kind in REFUSED:
            body = {**LEAST[COLLECTIONS[model]], name: REFUSED[kind][0]}
            answer = tenant.client.post(f"/{COLLECTIONS[model]}", json=body, headers=HEADERS)
            assert (400, True) == (answer.status_code, answer.text.endswith(f'at path "{name}"')), answer.text
            found[name] = answer.text.partition("Cast to ")[2].partition(" failed")[0]
    return found


@pytest.mark.ledger("planhat/model/*")
@pytest.mark.parametrize("one", cases("planhat/model/"))
def test_what_a_caller_may_write(tenant: Tenant, shown: dict[str, dict[str, Any]], one: Entry) -> None:
    """Each property takes a value of its type and refuses others; what Planhat fills in and what nobody has is left."""
    model = one.id.rpartition("/")[2]
    if model in {"any", "Ticket", "Workflow"}:
        {"any": of_every_model, "Ticket": of_tickets, "Workflow": of_workflows}[model](tenant, shown)
        return
    kinds, record = writable(model), shown[model]

    assert {name: cast_of(model, name, kind)[1] for name, kind in kinds.items()} == {
        name: record.get(name) for name in kinds
    }
    assert {name: REFUSED[kind][1] for name, kind in kinds.items() if kind in REFUSED} == refusals(tenant, model)
    assert [] == [
        name for name, kind in properties_of(model).items() if kind == "auto" and record.get(name) == "theirs"
    ]
    assert (model in OPEN) == ("nobodys" in record)


def of_every_model(_tenant: Tenant, shown: dict[str, dict[str, Any]]) -> None:
    """A record has an id, its version and stamps; a company's name where it has a company; ids of its own."""
    for model in COLLECTIONS:
        assert (model, set()) == (model, {"_id", "__v", "createdAt", "updatedAt"} - shown[model].keys())
    given = {model: record["custom"] for model, record in shown.items() if "custom" in record}
    assert {model: {"a": 1} for model in COLLECTIONS if model != "CustomField"} == given
    for name in ("companyId", "externalId", "sourceId"):
        there = {model for model, record in shown.items() if name in record}
        assert {model for model in COLLECTIONS if name in properties_of(model)} == there


def of_tickets(tenant: Tenant, _shown: dict[str, dict[str, Any]]) -> None:
    """A ticket is a Conversation: what it says stands there, some of it under another name."""
    kinds = writable("Ticket")
    sent = {name: CASTS[kind][0] for name, kind in kinds.items()}
    sent |= {"companyId": COMPANY_ID, "companyExternalId": None, "email": "t@acme.example"}
    tenant.call("PUT", "/tickets", [{**sent, "nobodys": "x"}])
    [ticket] = [each for each in tenant.call("GET", "/tickets") if each["sourceId"] == "5"]
    renamed = {"title": "subject", "createdAt": "date", "updatedAt": "updateDate", "type": "subType"}
    wanted = {renamed.get(name, name): CASTS[kind][1] for name, kind in kinds.items() if name != "companyExternalId"}

    assert {**wanted, "companyId": COMPANY_ID, "email": "t@acme.example"} == {name: ticket.get(name) for name in wanted}
    assert "nobodys" not in ticket
    for name, kind in kinds.items():
        if kind in REFUSED:
            text = tenant.client.put("/tickets", json=[{**sent, name: REFUSED[kind][0]}], headers=HEADERS).text
            assert (name, True) == (name, f"Cast to {REFUSED[kind][1]} failed" in text)


def of_workflows(tenant: Tenant, _shown: dict[str, dict[str, Any]]) -> None:
    """Workflows are read only: what is seeded is listed, and its name is a text."""
    tenant.seed({"workflows": [{"name": "Onboarding", "companyId": COMPANY_ID}]})
    [row] = tenant.call("GET", "/workflows")

    assert ("Onboarding", COMPANY_ID) == (row["name"], row["companyId"])
    for name in writable("Workflow").keys() - {"custom"}:
        with pytest.raises(MisuseError, match=f"{name} of workflows is a text"):
            tenant.seed({"workflows": [{name: 5}]})


# What Planhat fills in: the value in the record above.
FILLED = {
    "Conversation.numberOfParts": 1,
    "Conversation.numberOfRelevantParts": 1,
    "Issue.companies": [{"_id": COMPANY_ID, "name": "Acme"}],
}


@pytest.mark.ledger("planhat/property/*")
@pytest.mark.parametrize("one", cases("planhat/property/"))
def test_a_property_that_is_known_otherwise(shown: dict[str, dict[str, Any]], one: Entry) -> None:
    """What the vendor's pages do not tell of a model is there, too, with its type."""
    model, _, name = one.id.rpartition("/")[2].partition(".")
    if model == "any":
        there = {each: record["companyName"] for each, record in shown.items() if "companyName" in record}
        assert {each: "Bolt" for each in COLLECTIONS if "companyName" in properties_of(each)} == there
        return
    kind = properties_of(model)[name]
    wanted = FILLED[f"{model}.{name}"] if kind == "auto" else cast_of(model, name, kind)[1]

    assert wanted == shown[model][name]


def test_every_model_is_written_down() -> None:
    """The tables above speak of every model that the ledger has."""
    assert {case.values[0].id.rpartition("/")[2] for case in cases("planhat/model/")} == {"any", *PROPERTIES}
