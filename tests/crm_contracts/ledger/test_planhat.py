"""Planhat's entries that its model files make: defaults, what Planhat fills in, how many rows a list has.

What is expected stands in `planhat_models` and below, in our own words: nothing of it is read from the fake's files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from tests.crm_contracts.ledger.planhat_models import COLLECTIONS, DEFAULTS, LISTS, READ_LATER, ROLES, properties_of
from tests.fake_planhat.conftest import COMPANY_ID, OTHER_ID, TOKEN, USER_ID, WORLD
from werkzeug.test import Client

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_planhat import ApiToken, TenantConfig, create_app

PLANHAT = entries("planhat")
NOW = "2026-01-05T09:00:00.000Z"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
ABSENT = "not in the answer"
WITHOUT_CUSTOM = {"CustomField", "Conversation"}  # a conversation has it when somebody sent it: so the samples
# The least that a create of each collection takes.
_IN = {"companyId": COMPANY_ID}
_NAMED = {**_IN, "name": "N"}
LEAST: dict[str, dict[str, Any]] = {
    "companies": {"name": "Made"},
    "users": {"email": "u@example.com", "firstName": "U", "lastName": "Ser"},
    "endusers": {**_IN, "email": "e@acme.example"},
    "tasks": {**_IN, "action": "Call"},
    "conversations": {**_IN, "date": None},
    "assets": _NAMED,
    "licenses": {**_IN, "_currency": "USD", "fromDate": "2026-01-01", "value": 100},
    "opportunities": {**_IN, "title": "New"},
    "sales": {**_IN, "_currency": "USD", "salesDate": "2026-01-01", "value": 5},
    "invoices": {"cId": COMPANY_ID, "currency": "USD", "invoiceDate": 20454},
    "nps": {"email": "e@acme.example", "campaignId": "n-1", "score": 9},
    "churn": {**_IN, "value": 10},
    "issues": {"title": "Slow", "sourceId": "s-1", "archived": False},
    **dict.fromkeys(
        ("projects", "campaigns", "objectives", "workspaces", "deals", "lineitems", "products", "timeentries"), _NAMED
    ),
    "timesheets": {"dateFrom": 20454, "dateTo": 20460},
    "customfields": {"name": "HScore", "parent": "conversation", "type": "number"},
}


def cases(*prefixes: str, dotted: bool = False) -> list[Any]:
    """A case for each entry of the prefixes, named by its id."""
    found = [one for one in PLANHAT if one.id.startswith(prefixes)]
    return [pytest.param(one, id=one.id) for one in found if not dotted or "." in one.id]


class Tenant:
    """A tenant with two companies and a user, whose token is that user's."""

    def __init__(self, *, world: bool = True, **switches: Any) -> None:
        tokens = [ApiToken(TOKEN, user_id=USER_ID, email="user@planhat.com")]
        self.clock = FrozenClock()
        self.fake = create_app(clock=self.clock, org=TenantConfig(tokens=tokens, switches=switches))
        self.client = Client(self.fake)
        if world:
            self.seed(WORLD)

    def seed(self, data: Any) -> None:
        assert self.fake.seed is not None
        self.fake.seed(data)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.open(path, method=method, json=body, headers=HEADERS)
        assert 200 == answer.status_code, (method, path, answer.text)
        return answer.get_json()

    def make(self, collection: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a create answers, and what a read shows of it."""
        made = self.call("POST", f"/{collection}", {**LEAST[collection], **more})
        return made, self.call("GET", f"/{collection}/{made['_id']}")


@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, tuple[dict[str, Any], dict[str, Any]]]]:
    """A record of each collection as it was made of the least, and as it is read; what a switch turns on is on."""
    tenant = Tenant(enduser_trend_numbers=True)
    yield {collection: tenant.make(collection) for collection in LEAST}
    tenant.fake.close()


@pytest.mark.ledger("planhat/default/*.*")
@pytest.mark.parametrize("one", cases("planhat/default/", dotted=True))
def test_a_default_is_there(made: dict[str, tuple[dict[str, Any], dict[str, Any]]], one: Entry) -> None:
    """What was not sent has its default, in the answer to the create (unless reads add it) and later."""
    model, _, name = one.id.removeprefix("planhat/default/").removesuffix(".read").partition(".")
    value = DEFAULTS[model][name]
    every = [each for each in COLLECTIONS if name != "custom" or each not in WITHOUT_CUSTOM]
    for each in every if model == "any" else [model]:
        collection = COLLECTIONS[each]
        answer, shown = made[collection]
        assert name not in LEAST[collection], "a default is not seen where a value is sent"
        assert (each, value) == (each, shown[name])
        assert (each, ABSENT if name in READ_LATER.get(model, ()) else value) == (each, answer.get(name, ABSENT))


# --- what Planhat fills in ------------------------------------------------------------------------------------------

LATER = "2026-01-05T09:01:00.000Z"
# What a caller sends for it: a value that its type would take, so that it is ignored for nothing else.
THEIRS = "f" * 24
TYPED: dict[str, Any] = {
    **dict.fromkeys(
        ("createDate", "createdAt", "lastActive", "lastTouch", "lastUpdated", "npsDate", "npsSent", "updatedAt"),
        "2001-01-01T00:00:00.000Z",
    ),
    "nps": 77,
    "sortPosition": 77,
    "formulaRefs": ["theirs"],
    "filter": {"theirs": 1},
}
# What the derived keys of a record follow, as it is made and as it is changed; everything else is the least.
FOLLOWED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "companies": ({"name": "Made & Co"}, {"name": "Other, Inc"}),
    "endusers": ({"email": "A@acme.example"}, {"email": "b@acme.example"}),
    "users": ({}, {"lastName": "Berg"}),
    "nps": ({}, {"score": 8}),
    "issues": ({}, {"title": "Quick"}),
    "timesheets": ({}, {"dateTo": 20461}),
    "customfields": ({}, {"name": "Score"}),
    "tasks": (
        {"description": "<p>Hi.</p>", "ownerId": USER_ID},
        {"description": "<b>Bye</b>", "ownerId": None},
    ),
    "conversations": (
        {"subject": "Met", "description": "<p>Hi.</p>"},
        {"subject": "Rang", "description": "<b>Bye</b>"},
    ),
}
# What a key shows then, and what it shows after the change. Any other is Planhat's to fill, and nothing here fills it.
COMMON = {"companyName": ("Acme", "Bolt"), "createdAt": (NOW, NOW), "updatedAt": (NOW, LATER), "createDate": (NOW, NOW)}
FILLED: dict[str, tuple[Any, Any]] = {
    "Company.slug": ("madeco", "otherinc"),
    "Company.lastUpdated": (NOW, LATER),
    "Conversation.snippet": ("Hi.", "Bye"),
    "Conversation.companySourceId": ("001A", "001B"),
    "Conversation.owner": (USER_ID, USER_ID),  # the new company has none
    "Conversation.userId": (USER_ID, USER_ID),
    "Conversation.nickName": ("Alex", "Alex"),
    "Conversation.note": ("Met: <p>Hi.</p>", "Rang: <b>Bye</b>"),
    "Enduser.emailMd5": (
        hashlib.md5(b"a@acme.example").hexdigest(),
        hashlib.md5(b"b@acme.example").hexdigest(),
    ),
    "Invoice.cName": ("Acme", "Bolt"),
    "Task.snippet": ("Hi.", "Bye"),
    "Task.ownerName": ("Alex", "Alex"),  # written once
}


@pytest.fixture(scope="module")
def ignored() -> Iterator[dict[str, tuple[dict[str, Any], dict[str, Any]]]]:
    """By collection: a record whose caller sent values for all that Planhat fills, and after they did so again."""
    tenant = Tenant()
    theirs, before, after = {}, {}, {}
    for model, collection in COLLECTIONS.items():
        filled = [name for name, kind in properties_of(model).items() if kind == "auto"]
        theirs[collection] = {
            name: TYPED.get(name, THEIRS) for name in filled if name not in {"__v", *DEFAULTS.get(model, ())}
        }
    for one, sent in theirs.items():
        before[one] = tenant.make(one, **{**sent, "_id": THEIRS, **FOLLOWED.get(one, [{}])[0]})[1]
    tenant.clock.advance(60)
    for one, sent in theirs.items():
        moved = {key: OTHER_ID for key in ("companyId", "cId") if key in LEAST[one]}
        then = FOLLOWED[one][1] if one in FOLLOWED else {}
        tenant.call("PUT", f"/{one}/{before[one]['_id']}", {**sent, "_id": before[one]["_id"], **moved, **then})
        after[one] = tenant.call("GET", f"/{one}/{before[one]['_id']}")
    yield {one: (before[one], after[one]) for one in theirs}
    tenant.fake.close()


@pytest.mark.ledger(
    "planhat/derived/Company.*",
    "planhat/derived/Conversation.*",
    "planhat/derived/CustomField.*",
    "planhat/derived/Enduser.*",
    "planhat/derived/Invoice.*",
    "planhat/derived/User.*",
    "planhat/derived/any.*",
    "planhat/derived/Task.[!d]*",
)
@pytest.mark.parametrize(
    "one",
    [case for case in cases("planhat/derived/", dotted=True) if case.id != "planhat/derived/Task.dateDone"],
)
def test_what_planhat_fills_in(ignored: dict[str, tuple[dict[str, Any], dict[str, Any]]], one: Entry) -> None:
    """What the caller sends for it is ignored: it follows what it is made from, or is not there."""
    tag, _, name = one.id.removeprefix("planhat/derived/").removesuffix("/text").partition(".")
    having = [model for model in COLLECTIONS if name in properties_of(model)]
    assert tag == "any" or tag in having
    for model in having if tag == "any" else [tag]:
        before, after = ignored[COLLECTIONS[model]]
        if name == "_id":
            assert (before["_id"], True) == (after["_id"], before["_id"] != THEIRS)
            continue
        wanted = FILLED.get(f"{model}.{name}", COMMON.get(name, (ABSENT, ABSENT)))
        assert (model, *wanted) == (model, before.get(name, ABSENT), after.get(name, ABSENT))


# --- how many rows a list has ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lists() -> Iterator[dict[str, Tenant]]:
    """Tenants by collection, each with a row more than the longest list has."""
    tenants: dict[str, Tenant] = {}
    yield tenants
    for tenant in tenants.values():
        tenant.fake.close()


@pytest.mark.ledger("planhat/limit/*.list_default", "planhat/limit/*.list_max")
@pytest.mark.parametrize("one", [case for case in cases("planhat/limit/") if ".list_" in case.id])
def test_how_many_rows_a_list_has(lists: dict[str, Tenant], one: Entry) -> None:
    """Without `limit` as many as the model's page says; with `limit` no more than its most."""
    model = one.id.removeprefix("planhat/limit/").partition(".")[0]
    collection = {"Ticket": "tickets", "Workflow": "workflows", **COLLECTIONS}[model]
    usual, most = LISTS[model]
    if collection not in lists:
        lists[collection] = Tenant(world=False)
        more = {"type": "ticket"} if collection == "tickets" else {}
        rows = [{"_id": f"{number:024x}", **more} for number in range(1, most + 2)]
        lists[collection].seed({"conversations" if collection == "tickets" else collection: rows})
    tenant = lists[collection]

    if one.id.endswith(".list_default"):
        assert usual == len(tenant.call("GET", f"/{collection}?select=_id"))
    else:
        asked = [most - 1, most, most + 1]
        assert [most - 1, most, most] == [
            len(tenant.call("GET", f"/{collection}?select=_id&limit={number}")) for number in asked
        ]


# --- what is no model's ---------------------------------------------------------------------------------------------


@pytest.mark.ledger("planhat/default/role/*")
@pytest.mark.parametrize("one", cases("planhat/default/role/"))
def test_a_built_in_role(one: Entry) -> None:
    """A list of users shows the role of that id by its name and description."""
    name = one.id.rpartition("/")[2]
    row = {"_id": ROLES[name], "name": name, "description": name}
    tenant = Tenant()
    tenant.call("PUT", f"/users/{USER_ID}", {"roles": [row["_id"]]})
    [user] = tenant.call("GET", "/users")
    tenant.fake.close()

    assert [row] == user["roles"]


@pytest.mark.ledger("planhat/limit/bulk_items_max")
@pytest.mark.parametrize(("items", "status", "text"), [(5_000, 400, '"createdErr'), (5_001, 400, "Maximum 5000 items")])
def test_the_most_items_of_a_bulk_call(items: int, status: int, text: str) -> None:
    """Five thousand items are looked at one by one; one more refuses the call."""
    tenant = Tenant()
    answer = tenant.client.put("/tasks", json=[{}] * items, headers=HEADERS)
    tenant.fake.close()

    assert (status, True) == (answer.status_code, text in answer.text), answer.text[:200]
