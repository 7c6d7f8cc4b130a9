"""Searches page in two ways: events by page number, accounts, users and collections by record number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import DAY, NOW, Api

PAGE = 5


def seeded(api: Api, what: str, size: int) -> Api:
    """A service with *size* records of a kind and nothing else."""
    api.fake.store.reset()
    accounts = [{"id": f"a{n:05}", "name": f"Account {n:05}"} for n in range(size if what == "accounts" else 1)]
    data: dict[str, Any] = {"accounts": accounts}
    if what == "users":
        data["users"] = [{"account_id": "a00000", "id": f"u{n:05}@x.example"} for n in range(size)]
    elif what != "accounts":
        notes = [{"account_id": "a00000", "content": f"note {n}", "touchpoint_date": NOW - n // 3} for n in range(size)]
        data["touchpoints"] = notes
    api.control.seed({**data, "switches": {"rate_limits": "off"}})
    return api


def identity(hit: dict[str, Any]) -> Any:
    return hit.get("id", hit.get("name"))


@pytest.mark.evidence(
    "documented", "Search API (accounts and users): record number; stop when fewer come than asked for"
)
@pytest.mark.parametrize("size", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1])
@pytest.mark.parametrize("what", ["accounts", "users", "accounts/collections"])
def test_record_paging_gives_each_record_once(api: Api, what: str, size: int) -> None:
    """offset 0, 5, 10, …: every record comes once, and total_hits says how many there are."""
    seeded(api, what, size)
    seen, offset = [], 0

    while True:
        answer = api.search(what, count=PAGE, offset=offset).json()["response"][what.rpartition("/")[2]]
        assert size == answer["total_hits"]
        seen += [identity(hit) for hit in answer["hits"]]
        if len(answer["hits"]) < PAGE:
            break
        offset += PAGE

    assert (size, size) == (len(seen), len(set(seen)))


@pytest.mark.evidence("documented", "Search API (events): offset is a page number, 0 the first page")
@pytest.mark.parametrize("size", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1])
def test_page_paging_gives_each_event_once(api: Api, size: int) -> None:
    """offset 0, 1, 2, …: every event comes once, also those of one moment."""
    seeded(api, "events", size)
    seen, page = [], 0

    while True:
        hits = api.hits("events", count=PAGE, offset=page)
        seen += [identity(hit) for hit in hits]
        if len(hits) < PAGE:
            break
        page += 1

    assert (size, size) == (len(seen), len(set(seen)))


@pytest.mark.evidence("documented", "both Search API pages")
def test_one_paging_is_not_the_other(api: Api) -> None:
    """Who takes one for the other misses events, or gets accounts again."""
    seeded(api, "events", 11)
    assert [] == api.hits("events", count=PAGE, offset=PAGE)

    seeded(api, "accounts", 11)
    first, next_ = api.hits("accounts", count=PAGE, offset=0), api.hits("accounts", count=PAGE, offset=1)
    assert PAGE - 1 == len({identity(one) for one in first} & {identity(one) for one in next_})


@pytest.mark.evidence("documented", "Search API: count is at most 1000")
@pytest.mark.ledger("totango/limit/count_max")
def test_a_count_above_the_maximum(api: Api) -> None:
    """It is cut to 1,000, or refused by a switch."""
    seeded(api, "accounts", 1_001)

    assert 1_000 == len(api.hits("accounts", count=5_000))
    assert 1_000 == len(api.post("/api/v1/search/accounts", form={"query": '{"terms":[],"fields":[]}'})
                        .json()["response"]["accounts"]["hits"])  # fmt: skip
    api.switch(count_over_max="refuse")
    assert 400 == api.search("accounts", count=1_001).status_code


@pytest.mark.evidence("documented", "Search API (accounts and users): 10,000 records can be reached")
@pytest.mark.ledger("totango/limit/reach_max")
def test_the_ten_thousandth_is_the_last(api: Api) -> None:
    """Past number 10,000 nothing comes, though total_hits counts it; or the call is refused by a switch."""
    seeded(api, "accounts", 10_003)

    last = api.search("accounts", count=10, offset=9_995).json()["response"]["accounts"]

    assert (10_003, 5) == (last["total_hits"], len(last["hits"]))
    assert [] == api.hits("accounts", offset=10_000)
    api.switch(beyond_reach="refuse")
    assert 400 == api.search("accounts", count=10, offset=9_995).status_code
    assert 5 == len(api.hits("accounts", count=5, offset=9_995))


@pytest.mark.evidence("documented", "Search API (accounts and users), sample; hits as tap-totango reads them")
def test_the_pages_sample(api: Api) -> None:
    """Terms choose, fields come in their order, id and name always; a field nobody knows is null."""
    fields = [
        {"type": "string", "term": "health", "field_display_name": "Health rank "},
        {"type": "health_trend", "field_display_name": "Health last change "},
        {"type": "string_attribute", "attribute": "Region", "field_display_name": "Region"},
    ]
    terms = [{"type": "string", "term": "status_group", "in_list": ["paying"]}]

    hits = api.hits("accounts", terms=terms, fields=fields, sort_by="display_name", sort_order="ASC", scope="all")

    expected = {"name": "a1", "display_name": "Acme", "selected_fields": ["green", None, "EU"]}
    assert [expected] == [{key: hit[key] for key in expected} for hit in hits]


@pytest.mark.evidence("documented", "Search API (accounts and users): sort_by, sort_order")
def test_sorting(api: Api) -> None:
    """By display name without regard to case, by an attribute, either way; who has no value comes last."""
    api.control.seed({"accounts": [{"id": "a3", "name": "Chip"}]})

    def names(**query: Any) -> list[str]:
        return [hit["display_name"] for hit in api.hits("accounts", **query)]

    assert ["Acme", "bolt", "Chip"] == names()
    assert ["Chip", "bolt", "Acme"] == names(sort_order="DESC")
    assert ["bolt", "Acme", "Chip"] == names(sort_by="Region", sort_order="DESC")
    assert 400 == api.search("accounts", sort_order="up").status_code


@pytest.mark.evidence("client-derived", "Totango's Zendesk app; tap-totango; a fork of it")
def test_users(api: Api) -> None:
    """Users are found by identifier, attribute, activity and by their account, which the hit names."""
    api.control.seed({"users": [
        {"account_id": "a1", "id": "u@x.example", "name": "U", "attributes": {"Role": "Admin"},
         "last_activity_time": NOW},
        {"account_id": "a2", "id": "v@x.example", "name": "V", "last_activity_time": NOW - 2 * DAY},
    ]})  # fmt: skip

    def names(*terms: Any) -> list[str]:
        return [hit["name"] for hit in api.hits("users", terms=list(terms))]

    paying = {"type": "string", "term": "status_group", "in_list": ["paying"]}
    assert ["u@x.example"] == names({"type": "parent_account", "terms": [paying]})
    assert ["v@x.example"] == names(
        {"type": "or", "or": [{"type": "string", "term": "identifier", "eq": "v@x.example"}]}
    )
    assert ["u@x.example"] == names({"type": "string_attribute", "attribute": "Role", "eq": "Admin"})
    assert ["u@x.example"] == names({"type": "date", "term": "last_activity_time", "gt": NOW - DAY})
    (hit,) = api.hits("users", terms=[{"type": "string", "term": "identifier", "eq": "u@x.example"}])
    assert ({"name": "a1", "display_name": "Acme"}, "U", None, NOW) == (
        hit["account"], hit["display_name"], hit["first_activity_time"], hit["last_activity_time"],
    )  # fmt: skip


@pytest.mark.evidence("client-derived", "a fork of tap-totango")
def test_collections_are_touchpoints_as_rows(api: Api) -> None:
    """A hit has an id, its account with the service id, and the values of the fields in their order."""
    note_id = api.note(subject="QBR", touchpoint_tags=["g-1"])
    fields = [{"type": "string", "term": name} for name in ("subject", "touchpoint_type", "reasons", "creator", "nope")]

    (hit,) = api.hits("accounts/collections", fields=fields, parent_account_fields=[{"term": "identifier"}])

    assert (note_id, ["QBR", None, ["g-1"], "jo@us.example", None]) == (hit["id"], hit["selected_fields"])
    assert {"service_id": "SP-0000-11", "name": "a1", "display_name": "Acme", "selected_fields": ["a1"]} == hit[
        "account"
    ]


@pytest.mark.evidence("documented", "Search API pages: terms and fields mandatory; for events count and offset, too")
@pytest.mark.parametrize(
    ("what", "missing"),
    [("accounts", "terms"), ("users", "fields"), ("events", "terms"), ("events", "count"), ("events", "offset")],
)
def test_a_query_without_a_mandatory_key(api: Api, what: str, missing: str) -> None:
    """It is refused, or by a switch searched as if the key said nothing."""
    query = {"terms": [], "fields": [], "count": 5, "offset": 0}
    del query[missing]
    path = "/api/v2/events/search" if what == "events" else f"/api/v1/search/{what}"

    refused = api.post(path, form={"query": json.dumps(query)})
    api.switch(missing_query_keys="default")

    assert 400 == refused.status_code
    assert 200 == api.post(path, form={"query": json.dumps(query)}).status_code


@pytest.mark.evidence("assumed", "which terms there are beside those of the samples is not known")
@pytest.mark.parametrize(
    "term",
    [
        {"type": "moon"}, {"type": "string", "term": "health"}, {"type": "string", "eq": "x"}, {"type": ["or"]},
        {"type": "or", "or": 17}, {"type": "or"}, {"type": "date", "term": "date", "joker": "someday"},
        {"type": "date", "term": "date", "gte": "x"}, {"type": "date", "term": "date", "joker": ["x"]}, {},
        {"type": "string", "term": "health", "in_list": [{}]}, {"type": "or", "or": [17]},
    ],
)  # fmt: skip
def test_unknown_terms(api: Api, term: dict[str, Any]) -> None:
    """A term that is not understood is refused by name, not ignored; by a switch a whole one holds for everything."""
    assert 400 == api.search("accounts", terms=[term]).status_code
    assert 400 == api.search("events", terms=[term]).status_code


@pytest.mark.evidence("assumed", "as above")
def test_unknown_terms_hold_by_a_switch(api: Api) -> None:
    """With unknown_terms at ignore a term nobody knows narrows nothing."""
    api.switch(unknown_terms="ignore")

    assert 2 == len(api.hits("accounts", terms=[{"type": "moon", "term": "x"}]))


@pytest.mark.evidence("documented", "List API: record number offset, total_items, current_item_count; Authorization")
def test_the_old_list(api: Api) -> None:
    """The accounts of a list, up to 1,000 from a record number on; the token may come as Authorization."""
    api.control.seed({"settings": {"active_lists": {"1": None, "2": ["a2"]}}})
    path = "/api/v1/accounts/active_list/{}/current.json"

    whole = api.get(path.format(1), params={"length": 5, "offset": 1}).json()
    del api.session.headers["app-token"]
    part = api.get(path.format(2), headers={"Authorization": "token-of-jo"})

    assert (2, 1, ["a2"]) == (
        whole["total_items"], whole["current_item_count"], [one["account_id"] for one in whole["accounts"]],
    )  # fmt: skip
    assert (200, 1) == (part.status_code, part.json()["total_items"])
    assert 404 == api.get(path.format(3), headers={"app-token": "token-of-jo"}).status_code


@pytest.mark.evidence("client-derived", "Totango's Zendesk app reads data.account; Accounts plan API")
def test_one_account_and_its_plan(api: Api) -> None:
    """The account under `account`, attributes with `val`; the plan as HTML with author, ISO date and version."""
    api.control.seed({"accounts": [{"id": "a3", "name": "Chip", "plan": "<div>Grow</div>"}]})

    account = api.get("/api/v2/accounts/a1/").json()["account"]
    plan = api.get("/api/v3/accounts/a3/plan_summary").json()

    assert ("a1", "Acme", "paying", "green", "EU") == (
        account["name"], account["display_name"], account["status_group"], account["health"]["curr"],
        account["attributes"]["Region"]["val"],
    )  # fmt: skip
    assert ("<div>Grow</div>", "2026-01-05T09:00:00+00:00", 1) == (plan["plan"], plan["updated_date"], plan["_version"])
    assert None is api.get("/api/v3/accounts/a1/plan_summary").json()["plan"]
    unknown = ("/api/v2/accounts/nope/", "/api/v3/accounts/nope/plan_summary")
    assert [404, 404] == [api.get(path).status_code for path in unknown]
    api.switch(unknown_account_read=400)
    assert [400, 400] == [api.get(path).status_code for path in unknown]


@pytest.mark.evidence("client-derived", "Totango's Zendesk app percent-encodes the e-mail in a term's eq")
def test_a_text_in_a_term_may_be_percent_encoded(api: Api) -> None:
    """It finds what it says and what it says decoded; with encoded_terms at literal, the first only."""
    users = [{"account_id": "a1", "id": name} for name in ("ann@x.example", "ann%40x.example")]
    api.control.seed({"accounts": [{"id": "a1"}], "users": users})
    term = {"type": "string", "term": "identifier", "eq": "ann%40x.example"}

    assert {"ann@x.example", "ann%40x.example"} == {hit["name"] for hit in api.hits("users", terms=[term])}
    api.switch(encoded_terms="literal")
    assert ["ann%40x.example"] == [hit["name"] for hit in api.hits("users", terms=[term])]


@pytest.mark.evidence("client-derived", "a published script looks accounts up by a part of their name")
def test_accounts_by_a_part_of_their_name(api: Api) -> None:
    """search_name is the account's name; contains looks at no case (assumed)."""
    api.control.seed({"accounts": [{"id": "b1", "name": "Grand Hotel"}, {"id": "b2", "name": "Other"}]})

    found = api.hits("accounts", terms=[{"type": "string", "term": "search_name", "contains": "hot"}])
    assert ["b1"] == [hit["name"] for hit in found]
