"""A Totango service in this process on a clock that stands still, spoken to by requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from fake_core import ControlClient, Fake, FrozenClock, InProcess
from fake_core.testing import clean
from fake_totango import ApiToken, TeamMember, TenantConfig, create_app

URL = "https://api.totango.com"
TOKEN = "token-of-jo"
OTHER_TOKEN = "token-of-al"
NOW = 1_767_603_600_000  # 2026-01-05T09:00:00Z, where the clock stands
DAY = 86_400_000
JO = TeamMember(email="jo@us.example", name="Jo", uuid="568cb93b-0000-11ed-928a-0a46d54e722f")


class Api:
    """One service and its clients: form fields in by `form=`, JSON by `json=`; `requests.Response` out."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self.session = InProcess([fake]).session()
        self.session.headers["app-token"] = TOKEN
        self.control = ControlClient(URL, self.session)

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.fake.clock, FrozenClock)
        return self.fake.clock

    def call(self, method: str, path: str, *, host: str = URL, **options: Any) -> requests.Response:
        if "form" in options:
            options["data"] = options.pop("form")
        return self.session.request(method, host + path, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        return self.call("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return self.call("DELETE", path, **options)

    def switch(self, **switches: Any) -> None:
        self.control.seed({"switches": switches})

    def note(self, **fields: Any) -> int:
        """A touchpoint that must be created; the note's id."""
        answer = self.post("/api/v3/touchpoints/", json={"account_id": "a1", "content": "Met.", **fields})
        assert 200 == answer.status_code, answer.text
        note_id: int = answer.json()["note"]["id"]
        return note_id

    def task(self, **fields: Any) -> int:
        """A task that must be created; its id."""
        body = {"account_id": "a1", "title": "Call", "activity_type_id": "support", **fields}
        answer = self.post("/api/v3/tasks", json=body)
        assert 200 == answer.status_code, answer.text
        task_id: int = answer.json()["id"]
        return task_id

    def row(self, task_id: int) -> dict[str, Any]:
        """A task that must be there."""
        found: dict[str, Any] = self.get("/api/v3/tasks", params={"id": task_id}).json()[0]
        return found

    def events(self, account_id: str = "a1") -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.get("/api/v2/events/", params={"account_id": account_id}).json()
        return events

    def event_of(self, note_id: int) -> dict[str, Any]:
        """The event of a note, as the GitHub Action looks it up."""
        return next(e for e in self.events() if e["type"] == "note" and e["note_content"]["note_id"] == note_id)

    def search(self, what: str, **query: Any) -> requests.Response:
        """POST a search with a form: `search("accounts", terms=[...])`."""
        path = "/api/v2/events/search" if what == "events" else f"/api/v1/search/{what}"
        account = {"account_id": query.pop("account_id")} if "account_id" in query else {}
        given = {"terms": [], "fields": [], "count": 1000, "offset": 0, **query}
        return self.post(path, form={"query": json.dumps(given), **account})

    def hits(self, what: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.search(what, **query)
        assert 200 == answer.status_code, answer.text
        name = what.rpartition("/")[2]
        hits: list[dict[str, Any]] = answer.json()["response"][name]["hits"]
        return hits

    def imported(self, kind: str, key: str, *, create_new: bool = True, **row: Any) -> requests.Response:
        """A row of an inbound job (stand-in)."""
        path = f"/_standin/totango/records/{kind}/{key}"
        return self.put(path, params={"create_new": str(create_new).lower()}, json=row)

    def record(self, kind: str, key: Any) -> dict[str, Any]:
        """A record that must be there, by the stand-in."""
        answer = self.get(f"/_standin/totango/records/{kind}/{key}")
        assert 200 == answer.status_code, answer.text
        record: dict[str, Any] = answer.json()
        return record


WORLD = {
    "accounts": [
        {"id": "a1", "name": "Acme", "attributes": {"status_group": "paying", "health": "green", "Region": "EU"}},
        {"id": "a2", "name": "bolt", "attributes": {"status_group": "free", "Region": "US"}},
    ]
}


@pytest.fixture(scope="session")
def services() -> Iterator[dict[str, Fake]]:
    """Services by configuration: a reset is a hundred times quicker than a new one."""
    fakes: dict[str, Fake] = {}
    yield fakes
    for fake in fakes.values():
        fake.close()


@pytest.fixture
def make_api(services: dict[str, Fake]) -> Callable[..., Api]:
    """Make a service: keywords go to TenantConfig; `world=False` leaves it empty. One per configuration and test."""

    def make(*, world: bool = True, **config: Any) -> Api:
        tokens = [ApiToken(TOKEN, name="Jo", email=JO.email), ApiToken(OTHER_TOKEN, name="Al", email="al@us.example")]
        config = {"tokens": tokens, "team": [JO], **config}
        key = repr(sorted(config.items()))
        if key not in services:
            services[key] = create_app(clock=FrozenClock(), org=TenantConfig(**config))
        clean(services[key])
        api = Api(services[key])
        if world:
            api.control.seed(WORLD)
        return api

    return make


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    return make_api()
