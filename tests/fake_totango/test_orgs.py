"""fixtures/orgs/totango.toml shows what it says it shows: each rule that lives in the fake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fake_totango.conftest import DAY, NOW, Api

from crm_contracts.rules import load
from fake_core import Fake, FrozenClock
from fake_core.testing import clean
from fake_totango import create_app

FILE = Path(__file__).parents[2] / "fixtures/orgs/totango.toml"
HUB, JOBS = "/_standin/totango/records", "/_standin/totango/jobs"
CALL_ADA, OFFER, THIRTY_DAYS, LONGER_AGO = range(40_000_001, 40_000_005)


@pytest.fixture(scope="module")
def made() -> Iterator[Fake]:
    fake = create_app(clock=FrozenClock(), org=str(FILE))
    yield fake
    fake.close()


@pytest.fixture
def api(made: Fake) -> Api:
    clean(made)
    api = Api(made)
    api.session.headers["app-token"] = "jo-token"
    return api


def told(api: Api, path: str, **query: Any) -> Any:
    answer = api.get(path, params=query)
    assert 200 == answer.status_code, answer.text
    return answer.json()


def brought(api: Api, kind: str, key: str, row: dict[str, Any]) -> Any:
    answer = api.put(f"{HUB}/{kind}/{key}", json=row)
    assert 200 == answer.status_code, answer.text
    return answer.json()


def test_it_shows_each_rule_of_the_fake() -> None:
    """Every rule that lives in the fake is named beside rows that show it."""
    living = {rule.id for rule in load().values() if rule.vendor == "totango" and rule.lives == "fake"}
    assert {"T4", "T43"} <= living
    assert set() == living - set(re.findall(r"\bT\d+\b", FILE.read_text("utf-8")))


@pytest.mark.rule("T4", "T5")
def test_the_key_is_kept_low_and_found_in_any_case(api: Api) -> None:
    """The id as Salesforce writes it finds the row, and makes no second one."""
    record = told(api, f"{HUB}/tasks/00T5E000001ABCDEAL")
    again = brought(api, "tasks", "00T5e000001AbCdEAL", {"account_id": "acme_1", "title": "Call Ada again"})

    assert ("00t5e000001abcdeal", CALL_ADA) == (record["external_id"], record["id"])
    assert ("updated", CALL_ADA) == (again["outcome"], again["record"]["id"])


@pytest.mark.rule("T6", "T45")
def test_a_number_is_a_key_and_the_sets_are_closed(api: Api) -> None:
    """The task without an external id is found by its own number; all priorities and both states are there."""
    offer = told(api, f"{HUB}/tasks/{OFFER}")
    tasks = told(api, f"{HUB}/tasks")["records"]

    assert (OFFER, None) == (offer["id"], offer["external_id"])
    assert ({1, 2, 3}, {"open", "closed"}) == tuple({one[name] for one in tasks} for name in ("priority", "status"))


@pytest.mark.rule("T8", "T11", "T12", "T31")
def test_a_row_stays_with_its_account_and_its_assigner(api: Api) -> None:
    """Another account is not taken, an unknown one is refused for a new row, the assigner stays."""
    moved = brought(api, "tasks", "00T5e000001AbCdEAL", {"account_id": "bolt", "assigner": "x@crm.example"})
    nobody = api.put(f"{HUB}/tasks/new?create_new=true", json={"account_id": "ACME_1", "title": "x"})

    assert ["account_change_ignored"] == moved["warnings"]
    assert ("acme_1", "rep@crm.example") == (moved["record"]["account_id"], moved["record"]["assigner"])
    assert 400 == nobody.status_code


@pytest.mark.rule("T23")
def test_thirty_days_is_in_and_a_millisecond_more_is_out(api: Api) -> None:
    """The window is closed at its edge."""
    out = {one["id"] for one in told(api, f"{HUB}/tasks", updated_from=NOW - 30 * DAY)["records"]}

    assert {CALL_ADA, OFFER, THIRTY_DAYS} == out
    assert LONGER_AGO in {one["id"] for one in told(api, f"{HUB}/tasks")["records"]}


@pytest.mark.rule("T16", "T34", "T43")
def test_touchpoints_say_something_and_keep_their_participants(api: Api) -> None:
    """One has a subject alone, one content alone, shown as it was written; participants are set once."""
    subject, content = told(api, f"{HUB}/touchpoints")["records"]
    later = brought(api, "touchpoints", "00U5E000001ABCDEAL", {"account_id": "acme_1", "participants": ["x@y.example"]})

    assert (("Kick-off", ""), (None, "<b>Met Ada</b> about the renewal.")) == tuple(
        (one["subject"], one["content"]) for one in (subject, content)
    )
    assert ["ada@acme.example"] == later["record"]["participants"]


@pytest.mark.rule("T2", "T13", "T29", "T35", "T37", "T38")
def test_the_jobs_are_what_their_comments_say(api: Api) -> None:
    """Two jobs make a sync; both warn of lossy time; a template's mapping is there; a connection's user stays."""
    jobs = {job["id"]: job for job in told(api, JOBS)["jobs"]}
    into, out, tasks, campaigns = (
        jobs[name] for name in ("touchpoints-in", "touchpoints-out", "tasks-in", "campaigns-out")
    )
    other = api.put(f"{JOBS}/touchpoints-out", json={"connection": {"user": "other@crm.example"}})

    assert [("inbound", "hourly"), ("outbound", "once")] == [
        (job["direction"], job["schedule"]["kind"]) for job in (into, out)
    ]
    assert [["lossy_time"]] * 2 == [into["warnings"], out["warnings"]]
    assert (True, False, True) == tuple(job["create_new"] for job in (into, tasks, campaigns))
    assert {"Touchpoint Creator", "Last Updater"} <= {one["attribute"] for one in into["mapping"]}
    assert ("ActivityDate", "Start Date") in {(one["crm"], one["attribute"]) for one in campaigns["mapping"]}
    assert 400 == other.status_code
    assert "the user of a connection cannot be changed" in other.text


def test_each_token_has_its_own_minute(api: Api) -> None:
    """The second person's calls do not count with the first's."""
    told(api, "/api/v3/touchpoint-types")
    api.session.headers["app-token"] = "al-token"

    assert "99" == api.get("/api/v3/touchpoint-types").headers["RateLimit-Remaining"]
