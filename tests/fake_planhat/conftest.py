"""A Planhat tenant in this process on a clock that stands still, spoken to by requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from fake_core import ControlClient, Fake, FrozenClock, InProcess
from fake_core.testing import clean
from fake_planhat import ApiToken, TenantConfig, create_app

URL = "https://api.planhat.com"
TOKEN = "token-of-the-app"
USER_ID = "5a0000000000000000000001"
COMPANY_ID = "5c0000000000000000000001"
OTHER_ID = "5c0000000000000000000002"


class Api:
    """One tenant and its clients: `api.get("/tasks")`, JSON in and `requests.Response` out."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self.session = InProcess([fake]).session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"
        self.control = ControlClient(URL, self.session)

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.fake.clock, FrozenClock)
        return self.fake.clock

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        if body is not None:
            options["json"] = body
        return self.session.request(method, URL + path, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> requests.Response:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any, **options: Any) -> requests.Response:
        return self.call("PUT", path, body, **options)

    def delete(self, path: str) -> requests.Response:
        return self.call("DELETE", path)

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """A record that must be created; the answer."""
        answer = self.post(path, body)
        assert 200 == answer.status_code, answer.text
        record: dict[str, Any] = answer.json()
        return record

    def task(self, **body: Any) -> dict[str, Any]:
        return self.made("/tasks", {"companyId": COMPANY_ID, "action": "Call", **body})

    def row(self, path: str) -> dict[str, Any]:
        """A record that must be there."""
        answer = self.get(path)
        assert 200 == answer.status_code, answer.text
        record: dict[str, Any] = answer.json()
        return record

    def done(self, task: dict[str, Any], **body: Any) -> dict[str, Any]:
        """Complete a task; the update answer."""
        answer = self.put(f"/tasks/{task['_id']}", {"status": "Done", **body})
        assert 200 == answer.status_code, answer.text
        record: dict[str, Any] = answer.json()
        return record

    def switch(self, **switches: Any) -> None:
        self.control.seed({"switches": switches})


WORLD = {
    "companies": [
        {"_id": COMPANY_ID, "name": "Acme", "externalId": "acme", "sourceId": "001A", "owner": USER_ID,
         "domains": ["acme.example"]},
        {"_id": OTHER_ID, "name": "Bolt", "externalId": "bolt", "sourceId": "001B"},
    ],
    "users": [{"_id": USER_ID, "nickName": "Alex", "firstName": "Alexandra", "lastName": "Berg",
               "email": "alex@us.example", "roles": ["000000000000000000000000"]}],
}  # fmt: skip


@pytest.fixture(scope="session")
def tenants() -> Iterator[dict[str, Fake]]:
    """Tenants by configuration: a reset is a hundred times quicker than a new one."""
    fakes: dict[str, Fake] = {}
    yield fakes
    for fake in fakes.values():
        fake.close()


@pytest.fixture
def make_api(tenants: dict[str, Fake]) -> Callable[..., Api]:
    """Make a tenant: keywords go to TenantConfig; `world=False` leaves it empty. One per configuration and test."""

    def make(*, world: bool = True, **config: Any) -> Api:
        config.setdefault("tokens", [ApiToken(TOKEN, user_id=USER_ID, email="user@planhat.com")])
        config["switches"] = {"rate_limits": "off", **config.get("switches", {})}
        key = repr(sorted(config.items()))
        if key not in tenants:
            tenants[key] = create_app(clock=FrozenClock(), org=TenantConfig(**config))
        clean(tenants[key])
        api = Api(tenants[key])
        if world:
            api.control.seed(WORLD)
        return api

    return make


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    return make_api()
