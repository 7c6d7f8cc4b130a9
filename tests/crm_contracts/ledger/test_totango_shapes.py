"""The words of Totango's searches, its jokers for days, and where a service lives: written down from its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_core.fake import Fake
from fake_totango import ApiToken, TenantConfig, create_app

TOTANGO = entries("totango")
TOKEN = "token-of-jo"
DAY = 86_400_000
TODAY = 1_767_571_200_000  # 2026-01-05T00:00:00Z; the clock stands at nine
SPURIOUS = "an attribute of that name"


def cases(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(one, id=one.id) for one in TOTANGO if one.id.startswith(prefix)]


# What each word finds in the record that WORLD has; every record has attributes of the same names, which are not meant.
ACCOUNT: dict[str, Any] = {
    "identifier": "a9",
    "name": "a9",
    "account_id": "a9",
    "display_name": "Zeta",
    "search_name": "Zeta",
    "first_activity_time": 111,
    "last_activity_time": 222,
}
USER: dict[str, Any] = {
    "identifier": "u@x.example",
    "name": "u@x.example",
    "display_name": "Uma",
    "first_activity_time": 333,
    "last_activity_time": 444,
}
TOUCHPOINT: dict[str, Any] = {
    "identifier": 71,
    "subject": "QBR",
    "content": "<p>Met.</p>",
    "touchpoint_type": "t-1",
    "success_flow": "f-1",
    "activity_type_id": "f-1",
    "created": 555,
    "create_date": 555,
    "date": 555,
    "contacts": ["p@x.example"],
    "reasons": ["g-1"],
    "touchpoint_tags": ["g-1"],
    "creator": "jo@us.example",
    "last_updated": 666,
}
FOUND = {"accounts": ACCOUNT, "users": USER, "collections": TOUCHPOINT}
WORLD = {
    "accounts": [
        {
            "id": "a9", "name": "Zeta", "first_activity_time": 111, "last_activity_time": 222,
            "attributes": dict.fromkeys(ACCOUNT, SPURIOUS),
        }
    ],
    "users": [
        {
            "account_id": "a9", "id": "u@x.example", "name": "Uma", "first_activity_time": 333,
            "last_activity_time": 444, "attributes": dict.fromkeys(USER, SPURIOUS),
        }
    ],
    "touchpoints": [
        {
            "account_id": "a9", "id": 71, "subject": "QBR", "content": "<p>Met.</p>", "touchpoint_type": "t-1",
            "activity_type_id": "f-1", "touchpoint_date": 555, "participants": ["p@x.example"],
            "touchpoint_tags": ["g-1"], "created_by": "jo@us.example", "updated_by": "al@us.example",
            "created_at": 1, "updated_at": 666,
        }
    ],
}  # fmt: skip


def service(region: str = "US") -> Fake:
    return create_app(clock=FrozenClock(), org=TenantConfig(tokens=[ApiToken(TOKEN)], region=region))


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    made = service()
    assert made.seed is not None
    made.seed(WORLD)
    yield made
    made.close()


def hits(fake: Fake, kind: str, *, field: str = "display_name", **term: Any) -> list[Any]:
    """The values of *field* of what a search of one term finds."""
    path = "accounts/collections" if kind == "collections" else kind
    query = {"terms": [term] if term else [], "fields": [{"type": "x", "term": field}], "count": 10, "offset": 0}
    headers = {"app-token": TOKEN}
    answer = Client(fake).post(f"/api/v1/search/{path}", data={"query": json.dumps(query)}, headers=headers)
    assert 200 == answer.status_code, answer.text
    return [hit["selected_fields"][0] for hit in answer.get_json()["response"][kind]["hits"]]


@pytest.mark.ledger("totango/shape/search-term/*")
@pytest.mark.parametrize("one", cases("totango/shape/search-term/"))
def test_a_word_of_a_search(fake: Fake, one: Entry) -> None:
    """The word selects the value of the record, and finds the record by it; not an attribute of the same name."""
    kind, word = one.id.split("/")[-2:]
    value = FOUND[kind][word]
    wanted = value[0] if isinstance(value, list) else value

    assert [value] == hits(fake, kind, field=word)
    assert [value] == hits(fake, kind, field=word, type="string", term=word, eq=wanted)
    assert [] == hits(fake, kind, field=word, type="string", term=word, eq=SPURIOUS)


@pytest.mark.ledger("totango/shape/date-joker/*")
@pytest.mark.parametrize("one", cases("totango/shape/date-joker/"))
def test_a_day_by_its_joker(one: Entry) -> None:
    """Yesterday and today are whole days of the clock in UTC: from midnight on, and the next midnight is no more."""
    start = {"yesterday": TODAY - DAY, "today": TODAY}[one.id.rpartition("/")[2]]
    stamps = [start - 1, start, start + DAY - 1, start + DAY]
    fake = service()
    assert fake.seed is not None
    fake.seed({"accounts": [{"id": str(each), "last_activity_time": each} for each in stamps]})
    term = {"type": "date", "term": "last_activity_time", "joker": one.id.rpartition("/")[2]}
    found = hits(fake, "accounts", field="last_activity_time", **term)
    fake.close()

    assert stamps[1:3] == sorted(found)


REGIONS = {
    "US": ("t01", ["api.totango.com", "app.totango.com"], "sdr.totango.com"),
    "EU": ("t11", ["api-eu1.totango.com"], "sdr-eu1.totango.com"),
}


@pytest.mark.ledger("totango/shape/region/*")
@pytest.mark.parametrize("one", cases("totango/shape/region/"))
def test_where_a_service_lives(one: Entry) -> None:
    """Its region's hosts know its token and take its pixel; those of a service of the other region they do not; the
    ingest's host answers no calls; the look-up says the site."""
    name = one.id.rpartition("/")[2]
    site, hosts, sdr = REGIONS[name]
    mine, theirs = service(name), service(next(each for each in REGIONS if each != name))

    def status(fake: Fake, host: str) -> int:
        headers = {"app-token": TOKEN}
        return Client(fake).get("/api/v3/activity-types", base_url=f"https://{host}", headers=headers).status_code

    def counted(fake: Fake) -> list[Any]:
        sent = {"sdr_s": fake.credentials("https://x")["service_id"], "sdr_o": "new"}
        Client(fake).get("/pixel.gif", base_url=f"https://{sdr}", query_string=sent)
        return hits(fake, "accounts", field="name", type="string", term="name", eq="new")

    asked = {"service_id": mine.credentials("https://x")["service_id"]}
    looked_up = Client(mine).get("/domains/", query_string=asked).get_json()
    answers = {host: (status(mine, host), status(theirs, host)) for host in (*hosts, sdr)}
    taken = (counted(mine), counted(theirs))
    for fake in (mine, theirs):
        fake.close()

    assert site == looked_up["site"]
    assert {**dict.fromkeys(hosts, (200, 401)), sdr: (404, 404)} == answers
    assert (["new"], []) == taken
