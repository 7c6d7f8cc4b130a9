"""A tenant of Sales Insight Actions with two users, in this process on a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from fake_core import ControlClient, Fake, FrozenClock, InProcess
from fake_core.testing import clean
from fake_marketo import TenantConfig, User, create_app

URL = "https://sia.understudy.example"
SIA = f"{URL}/_standin/sia"
TASK_ID, OTHER_ID = "00T1a000000XYZUEA4", "00T1A000000xyzuUAA"  # the same but for case
USERS = (
    User(id=1, name="Ann", email="ann@acme.example", token="ann"),
    User(id=2, name="Bo", email="bo@acme.example", token="bo", time_zone="Asia/Tokyo"),
)
WORLD = {
    "people": [
        {"id": 1, "name": "Pat", "owner": 1, "shared": True, "sf_contact_id": "0035e000004aBcDEAU"},
        {"id": 2, "name": "Quin", "owner": 1},
    ],
    "campaign_steps": [{"id": 1, "campaign_name": "Spring", "day": 3, "step": 2}],
}


class Api:
    """One user's calls: JSON in, `requests.Response` or what it says out."""

    def __init__(self, fake: Fake, token: str = "ann") -> None:
        self.fake = fake
        self.session = InProcess([fake]).session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.control = ControlClient(URL, self.session)

    def as_(self, token: str) -> Api:
        return Api(self.fake, token)

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.fake.clock, FrozenClock)
        return self.fake.clock

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(method, SIA + path, json=body, params=query)

    def told(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """What an answer that is no refusal says."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """Status and key of a refusal."""
        answer = self.call(method, path, body, **query)
        return answer.status_code, answer.json()["error"]

    def remind(self, **keys: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.told("POST", "/reminders", {"name": "Call Pat", **keys})
        return made

    def edit(self, reminder: dict[str, Any], **keys: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.told("PATCH", f"/reminders/{reminder['id']}", keys)
        return made

    def listed(self, **query: Any) -> list[int]:
        """Ids in the list of reminders."""
        return [one["id"] for one in self.told("GET", "/reminders", **query)["items"]]

    def switch(self, **switches: Any) -> None:
        self.control.seed({"switches": switches})


@pytest.fixture(scope="session")
def acme() -> Iterator[Fake]:
    fake = create_app(clock=FrozenClock(), org=TenantConfig(users=USERS, seed=WORLD))
    yield fake
    fake.close()


@pytest.fixture
def api(acme: Fake) -> Api:
    clean(acme)
    return Api(acme)


@pytest.fixture
def make_api() -> Iterator[Callable[..., Api]]:
    """Make another tenant: keywords go to TenantConfig."""
    fakes: list[Fake] = []

    def make(**config: Any) -> Api:
        fakes.append(create_app(clock=FrozenClock(), org=TenantConfig(**{"users": USERS, **config})))
        return Api(fakes[-1])

    yield make
    for fake in fakes:
        fake.close()
