"""`/updated` and `/deleted` over weeks: windows, the emptied recycle bin, what an org's settings say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fake_salesforce.conftest import HOST, Caller

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.operations import replication

DAY = 86_400


def ask(org: Any, what: str, start: datetime, end: datetime, sobject: str = "Account") -> Any:
    query = {"start": start.isoformat(), "end": end.isoformat()}
    return org.get(f"/sobjects/{sobject}/{what}/", query=query)


def login(org: Any) -> None:
    org.token = org.fake.credentials(f"https://{HOST}")["access_token"]


def gone(org: Any, record_id: str) -> bool:
    found = org.get("/queryAll", query={"q": f"SELECT Id FROM Account WHERE Id = '{record_id}'"})
    empty: bool = found.json["totalSize"] == 0
    return empty


@pytest.mark.evidence("documented", "REST API Developer Guide, Get Deleted: rows leave the bin after 15 days")
def test_a_deleted_row_is_removed_after_fifteen_days(org: Any) -> None:
    """Until then queryAll sees it; after that nobody does, and earliestDateAvailable is its deletion."""
    first, second = org.make("Account", Name="a"), org.make("Account", Name="b")
    org.delete(f"/sobjects/Account/{first}")
    org.clock.advance(65)
    deleted = org.clock.now()
    org.delete(f"/sobjects/Account/{second}")
    org.clock.set(DEFAULT_MOMENT + timedelta(days=15) - timedelta(seconds=1))
    login(org)
    assert not gone(org, first)

    org.clock.advance(1)
    assert gone(org, first)
    assert not gone(org, second)
    org.clock.advance(65)
    assert gone(org, second)
    body = ask(org, "deleted", org.clock.now() - timedelta(days=1), org.clock.now()).json
    assert deleted.strftime("%Y-%m-%dT%H:%M:00.000+0000") == body["earliestDateAvailable"]


def test_children_leave_with_their_parent(org: Any) -> None:
    """What a deletion took along is removed, too; who comes back from the bin stays."""
    account = org.make("Account", Name="a")
    task = org.make("Task", WhatId=account)
    org.delete(f"/sobjects/Account/{account}")
    org.clock.advance(15 * DAY)
    login(org)
    query = {"q": f"SELECT Id FROM Task WHERE Id = '{task}'"}

    assert 0 == org.get("/queryAll", query=query).json["totalSize"]


def test_reset_brings_the_bin_back(org: Any) -> None:
    """What waits in the bin is part of the org."""
    account = org.make("Account", Name="a")
    org.delete(f"/sobjects/Account/{account}")
    kept = org.fake.store.snapshot()
    org.clock.advance(16 * DAY)
    login(org)
    assert gone(org, account)
    org.fake.store.restore(kept)
    org.clock.set(DEFAULT_MOMENT)
    login(org)
    assert not gone(org, account)
    org.clock.advance(15 * DAY)
    login(org)
    assert gone(org, account)


@pytest.mark.evidence("documented", "REST API Developer Guide: 30 days for updated, 15 for deleted")
def test_how_far_back(org: Any) -> None:
    """Exactly thirty days back is answered, a minute more is not; deletions begin fifteen days ago."""
    now = org.clock.now()
    thirty = now - timedelta(days=30)

    assert 200 == ask(org, "updated", thirty, now).status
    answer = ask(org, "updated", thirty - timedelta(minutes=1), now)
    assert (400, "INVALID_REPLICATION_DATE", "startDate cannot be more than 30 days ago") == answer.error
    body = ask(org, "deleted", thirty, now).json
    assert (now - timedelta(days=15)).strftime("%Y-%m-%dT%H:%M:%S.000+0000") == body["earliestDateAvailable"]


def test_seconds_are_ignored(org: Any) -> None:
    """12:30:15 is 12:30:00 at both ends."""
    org.clock.advance(20)
    org.make("Account", Name="a")
    org.clock.advance(100)
    at = DEFAULT_MOMENT

    late = ask(org, "updated", at + timedelta(seconds=59), at + timedelta(seconds=61)).json
    assert 1 == len(late["ids"])
    same = ask(org, "updated", at + timedelta(seconds=1), at + timedelta(seconds=59))
    text = "endDate must chronologically follow the startDate by more than one minute"
    assert (400, "INVALID_REPLICATION_DATE", text) == same.error


@pytest.fixture
def settled() -> Any:
    """An org that was enabled for replication two days ago and whose transactions run for up to five minutes."""
    since = DEFAULT_MOMENT - timedelta(days=2)
    config = OrgConfig(replication_since=since, replication_lag_seconds=300)
    caller = Caller(create_app(clock=FrozenClock(), org=config))
    login(caller)
    yield caller
    caller.fake.close()


@pytest.mark.evidence("client-derived", "public issues: startDate before org replication enabled date")
def test_before_replication_was_enabled(settled: Any) -> None:
    """An org that says since when refuses earlier windows."""
    now = settled.clock.now()
    answer = ask(settled, "updated", now - timedelta(days=3), now)

    assert (400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date") == answer.error
    assert 200 == ask(settled, "deleted", now - timedelta(days=2), now).status


@pytest.mark.evidence("documented", "REST API Developer Guide, latestDateCovered")
def test_running_transactions_hold_the_covered_date_back(settled: Any) -> None:
    """The answer covers the time before the oldest transaction that may still run."""
    now = settled.clock.now()
    body = ask(settled, "updated", now - timedelta(hours=1), now).json

    assert "2026-01-05T08:55:00.000+0000" == body["latestDateCovered"]


@pytest.mark.parametrize("what", ["updated", "deleted"])
@pytest.mark.evidence("documented", "REST API Developer Guide: at most 600,000 ids")
def test_too_many_ids(org: Any, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """More ids than an answer may hold refuse the call."""
    ids = [org.make("Account", Name="x") for _ in range(3)]
    if what == "deleted":
        for one in ids:
            org.delete(f"/sobjects/Account/{one}")
    org.clock.advance(120)
    start, end = DEFAULT_MOMENT, org.clock.now()
    assert 200 == ask(org, what, start, end).status
    monkeypatch.setattr(replication, "IDS_MAX", 2)

    assert (400, "EXCEEDED_ID_LIMIT") == ask(org, what, start, end).error[:2]


def test_settings_in_an_org_file(tmp_path: Any) -> None:
    """TOML's own moments and texts are taken; anything else is a mistake."""
    file = tmp_path / "org.toml"
    file.write_text("[org]\nreplication_since = 2026-01-03T09:00:00Z\ndata_storage_mb = 5\n")
    fake = create_app(org=str(file), clock=FrozenClock(datetime(2026, 1, 5, tzinfo=UTC)))
    caller = Caller(fake)
    login(caller)

    assert 400 == ask(caller, "updated", DEFAULT_MOMENT - timedelta(days=5), DEFAULT_MOMENT).status
    assert 5 == caller.get("/limits").json["DataStorageMB"]["Max"]
    fake.close()
