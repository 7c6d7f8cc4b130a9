"""Hostile requests for every route: an answer as Planhat gives it, and what was refused left no trace.

The requests are grown in `hostile.py`: a route of the table, an id, parameters and a body made of the keys that the
models have, each with values that have broken something somewhere. A new route or model is tried without a word here.
"""

from __future__ import annotations

import base64
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from fake_core import Fake, FrozenClock, IdSource
from fake_planhat import ApiToken, TenantConfig, create_app
from fake_planhat.switches import SWITCHES

from .hostile import BY_COLLECTION, LIVELY, RECORDS, SEED, TENANT, TOKEN, USER, requests_

PUSHED = ("/analytics", "/dimensiondata/")  # what goes to the analytics host
JUDGED = ("list_over_max", "error_body", "status_refusal_code", "analytics_bad_body", "analytics_unknown_tenant",
          "analytics_rate_headers", "rate_limit_headers", "bulk_permission_status")  # fmt: skip


class Judge:
    """One tenant, and what must be so after each call, whatever it was."""

    def __init__(self, switches: Mapping[str, Any] | None = None, *, data: str = "sqlite://") -> None:
        config = TenantConfig(
            tokens=[ApiToken(TOKEN, user_id=USER)],
            tenant_id=TENANT,
            switches={**(switches or {}), "rate_limits": "off"},
            seed=SEED,
        )
        self.fake: Fake = create_app(clock=FrozenClock(), ids=IdSource(), data=data, org=config)
        self.client = Client(self.fake)
        self.calls = 0

    def call(self, method: str, path: str, *, host: str = "api.planhat.com", **rest: Any) -> Any:
        credential = f"Basic {_basic(TENANT)}" if path.startswith("/dock") else f"Bearer {TOKEN}"
        return self.client.open(
            path,
            method=method,
            base_url=f"https://{host}",
            headers={"Authorization": credential},
            buffered=True,
            **rest,
        )

    def send(self, request: Mapping[str, Any]) -> Any:
        """The answer to a request as requests_() makes it."""
        given = {key: value for key, value in request.items() if key != "name"}
        pushed = given["path"].startswith(PUSHED)
        return self.call(**given, host="analytics.planhat.com" if pushed else "api.planhat.com")

    def told(self, requests: Sequence[Mapping[str, Any]]) -> list[Any]:
        """What each of *requests* was answered."""
        answers = [self.send(one) for one in requests]
        return [(one.status_code, sorted(one.headers), one.get_data()) for one in answers]

    def control(self, name: str, body: Any) -> Any:
        return self.call("POST", f"/__understudy__/{name}", json=body).get_json()

    def state(self) -> Any:
        """All that a tenant holds: its rows, its runs, what endusers did."""
        events = [self.call("GET", f"/__understudy__/events?{one}").get_data() for one in ("", "channel=/activity")]
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(self.fake.store.contents())
            rows = [line for line in database.iterdump() if "understudy_parts" not in line]  # a file has them
        return rows, events, self.call("GET", "/__understudy__/limits").get_data()

    def wrong(self, request: Mapping[str, Any]) -> list[str]:
        """What is wrong with the answer to *request*; nothing, one hopes."""
        self.calls += 1
        if self.calls % 40 == 0:
            self.fake.reset()
        pushed = request["path"].startswith(PUSHED)
        before = self.fake.store.contents()
        answer = self.send(request)
        after = self.fake.store.contents()
        found = [text for bad, text in self._rules(request["name"], answer, pushed=pushed) if bad]
        if answer.status_code not in {200, 206} and before != after:
            found.append("a refused call wrote something")
        if request["method"] == "GET" and before != after:
            found.append("a read wrote something")
        if before != after:
            found += self._unreadable(request["path"])
        return [f"{one}: {answer.status_code} {answer.get_data(as_text=True)[:300]}" for one in found]

    def _rules(self, name: str, answer: Any, *, pushed: bool) -> Iterator[tuple[bool, str]]:
        status, text = answer.status_code, answer.get_data(as_text=True)
        yield status not in {200, 206, 400, 404}, "a status Planhat does not have here"
        yield pushed and status != 200, "the analytics host did not answer 200"
        yield status == 206 and not name.startswith("bulkUpsert"), "206 for no bulk call"
        is_json = answer.headers["Content-Type"] == "application/json; charset=utf-8"
        yield not is_json and answer.headers["Content-Type"] != "text/html; charset=utf-8", "another type of answer"
        yield is_json and not _is_strict(text), "no JSON"
        yield not pushed and "X-Rate-Limit-Remaining" not in answer.headers, "no rate-limit headers"
        if is_json and name.startswith("bulkUpsert") and _is_strict(text):
            yield from _counts(status, json.loads(text))

    def _unreadable(self, path: str) -> list[str]:
        """Collections that can no longer be listed after what *path* wrote: its own, and what follows from it."""
        names = {path.split("/")[1], "companies", "endusers", "tasks", "conversations"} & BY_COLLECTION.keys()
        paths = (f"/{one}?limit=1000&sort=-custom.X" for one in sorted(names))
        return [f"cannot list {path}" for path in paths if self.call("GET", path).status_code != 200]


def _counts(status: int, result: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    failed = len(result["createdErrors"]) + len(result["updatedErrors"])
    done = result["created"] + result["updated"] + result["nonupdates"]
    yield result["created"] != len(result["insertsKeys"]) or result["created"] != len(result["upsertedIds"]), "created"
    yield result["updated"] != len(result["updatesKeys"]) or result["updated"] != len(result["modified"]), "updated"
    yield status != (200 if not failed else 206 if done else 400), "the status does not fit the counts"


def _is_strict(text: str) -> bool:
    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


def _basic(value: str) -> str:
    return base64.b64encode(f"{value}:".encode()).decode()


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    made = Judge()
    yield made
    made.fake.close()


@pytest.fixture(scope="module")
def other_judge() -> Iterator[Judge]:
    """The same with every switch, but for those that change what is right, at its last value."""
    made = Judge({name: row.values[-1] for name, row in SWITCHES.items() if name not in JUDGED})
    yield made
    made.fake.close()


PATIENT = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@settings(PATIENT, max_examples=500)
@given(request=requests_())
def test_hostile_requests(judge: Judge, request: dict[str, Any]) -> None:
    """Whatever is sent, Planhat's own answer comes back, and what was refused wrote nothing."""
    assert [] == judge.wrong(request)


@settings(PATIENT, max_examples=200)
@given(request=requests_())
def test_hostile_requests_with_other_switches(other_judge: Judge, request: dict[str, Any]) -> None:
    """The same where every choice was made the other way."""
    assert [] == other_judge.wrong(request)


@pytest.mark.nightly
@settings(PATIENT, max_examples=20_000, derandomize=False)
@given(request=requests_())
def test_many_hostile_requests(judge: Judge, request: dict[str, Any]) -> None:
    """The same, of which there are a great many."""
    assert [] == judge.wrong(request)


HISTORIES = st.lists(requests_(), min_size=10, max_size=15).map(lambda some: some + LIVELY)


@settings(PATIENT, max_examples=2, phases=[Phase.generate])
@given(before=HISTORIES, detour=HISTORIES, after=HISTORIES)
def test_a_restored_tenant_is_what_it_was(before: list[Any], detour: list[Any], after: list[Any]) -> None:
    """Two tenants made alike answer alike, byte for byte; a detour that is taken back leaves no trace."""
    one, other = Judge(), Judge()
    assert one.told(before) == other.told(before)
    taken = one.control("snapshot", {})["id"]
    one.told(detour)
    one.control("restore", {"id": taken})

    assert one.told(after) == other.told(after)
    assert one.state() == other.state()
    one.fake.reset()
    assert Judge().state() == one.state()
    assert one.told(after) == Judge().told(after)


@settings(PATIENT, max_examples=2, phases=[Phase.generate])
@given(before=HISTORIES, after=HISTORIES)
def test_a_tenant_on_a_file_goes_on(before: list[Any], after: list[Any]) -> None:
    """A tenant on a file, closed and opened again, answers as one that was never closed."""
    with tempfile.TemporaryDirectory() as folder:
        data = f"sqlite:///{folder}/tenant.sqlite"
        one, stayed = Judge(data=data), Judge()
        assert one.told(before) == stayed.told(before)
        one.fake.close()
        again = Judge(data=data)
        assert again.told(after) == stayed.told(after)
        assert again.state() == stayed.state()
        again.fake.close()


@pytest.mark.parametrize("value", [2**63, 1e300, [1], {"a": 1}, True, 0.5, [], {}], ids=str)
@pytest.mark.parametrize("key", ["email", "sourceId", "externalId", "companyId", "_id", "type", "members"])
def test_any_value_under_a_key_of_a_model_without_types(judge: Judge, key: str, value: Any) -> None:
    """A product's properties are not published: what stands where other models have a key is kept, or refused."""
    made = judge.call("POST", "/products", json={"name": "p", key: value})
    statuses = {made.status_code}
    for body in ({key: value}, {key: "text"}, {key: value}):
        statuses.add(judge.call("PUT", f"/products/{RECORDS['products']}", json=body).status_code)
    bulk = [{"name": "p", key: value}, {"_id": RECORDS["products"], key: value}]
    statuses.add(judge.call("PUT", "/products", json=bulk).status_code)

    assert {200, 206, 400} >= statuses
    assert 200 == judge.call("GET", f"/products?sort={key}").status_code
