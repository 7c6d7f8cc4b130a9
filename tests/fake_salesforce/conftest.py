"""An org with a few custom fields, and a caller that speaks HTTP to it without a client library."""

from __future__ import annotations

import io
import json as jsonlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.fake import Fake
from fake_salesforce import OrgConfig, create_app

HOST = "understudy.my.salesforce.com"
DATA = "/services/data/v60.0"
EXTRA = {
    "objects": {
        "Task": {
            "fields": {
                "Planhat_Id__c": {"label": "Planhat Id", "type": "string(60)", "external_id": True, "unique": True}
            }
        },
        "Account": {
            "fields": {
                "Region_Code__c": {"label": "Region Code", "type": "string(20)", "external_id": True},
                "Key__c": {"label": "Key", "type": "string(20)", "external_id": True, "unique": True},
            }
        },
    }
}


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body of one exchange."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return jsonlib.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, errorCode and message of the one error in the list."""
        (item,) = self.json
        return self.status, item["errorCode"], item["message"]


@dataclass
class Caller:
    """A client of nothing but WSGI. Paths without `/services` are below the data version."""

    fake: Fake
    token: str = ""
    scheme: str = "https"
    host: str = HOST
    sent: dict[str, str] = field(default_factory=dict)

    def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        if not path.startswith(("/services", "/id/", "/cometd", "/setup/", "/secur/", "/.well-known/")):
            path = DATA + path
        path, _, tail = path.partition("?")
        body = data if data is not None else b"" if json is None else jsonlib.dumps(json).encode()
        given = {"Content-Type": "application/json"} if body else {}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        given |= headers or {}
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": "&".join(part for part in (tail, urlencode(query or {}, quote_via=quote)) if part),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self.host,
            "wsgi.url_scheme": self.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "CONTENT_LENGTH": str(len(body)) if body else "",
        }
        for name, value in given.items():
            key = name.upper().replace("-", "_")
            environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
        seen: list[Any] = []
        chunks = self.fake(environ, lambda status, found, exc=None: seen.extend([status, found]))  # type: ignore[arg-type]
        answer = b"".join(chunks)
        return Answer(int(seen[0][:3]), {name.lower(): value for name, value in seen[1]}, answer)

    def get(self, path: str, **more: Any) -> Answer:
        return self.call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Answer:
        return self.call("POST", path, json, **more)

    def patch(self, path: str, json: Any = None, **more: Any) -> Answer:
        return self.call("PATCH", path, json, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        return self.call("DELETE", path, **more)

    def make(self, sobject: str, **fields: Any) -> str:
        """The id of a new row; fails the test when the fake refuses it."""
        answer = self.post(f"/sobjects/{sobject}", fields)
        assert 201 == answer.status, answer.text
        found: str = answer.json["id"]
        return found

    def row(self, sobject: str, record_id: str) -> dict[str, Any]:
        answer = self.get(f"/sobjects/{sobject}/{record_id}")
        assert 200 == answer.status, answer.text
        found: dict[str, Any] = answer.json
        return found

    def soql(self, text: str, **more: Any) -> list[dict[str, Any]]:
        answer = self.get("/query", query={"q": text}, **more)
        assert 200 == answer.status, answer.text
        found: list[dict[str, Any]] = answer.json["records"]
        return found

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.fake.clock, FrozenClock)
        return self.fake.clock

    @property
    def rows(self) -> bytes:
        """All rows as bytes: equal when nothing was written."""
        return self.fake.store.contents()


def with_rules(table: str) -> Iterator[Callable[..., Caller]]:
    """Makes callers of orgs whose org file has these rows in *table*; closes the orgs afterwards."""
    made: list[Caller] = []

    def of(*rules: dict[str, Any]) -> Caller:
        caller = Caller(create_app(clock=FrozenClock(), org=OrgConfig(extra={table: list(rules)})))
        caller.token = caller.fake.credentials(f"https://{HOST}")["access_token"]
        made.append(caller)
        return caller

    yield of
    for one in made:
        one.fake.close()


@pytest.fixture(scope="session")
def _fake() -> Iterator[Fake]:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA))
    yield fake
    fake.close()


@pytest.fixture
def anyone(_fake: Fake) -> Caller:
    """A caller without a session, at an org as it was made."""
    _fake.reset()
    caller = Caller(_fake)
    caller.clock.set(DEFAULT_MOMENT)
    return caller


@pytest.fixture
def org(anyone: Caller) -> Caller:
    """A caller with a session of the administrator."""
    anyone.token = anyone.fake.credentials(f"https://{HOST}")["access_token"]
    return anyone
