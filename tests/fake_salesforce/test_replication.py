"""What changed and what was deleted in a window."""

from __future__ import annotations

from typing import Any

import pytest


def ask(org: Any, what: str, start: str, end: str, sobject: str = "Account") -> Any:
    return org.get(f"/sobjects/{sobject}/{what}/", query={"start": start, "end": end})


@pytest.mark.evidence("documented", "REST API Developer Guide, Get Updated")
def test_updated(org: Any) -> None:
    """Rows saved in the window, seconds of start and end ignored; the answer covers no future."""
    first = org.make("Account", Name="a")
    org.clock.advance(90)
    second = org.make("Account", Name="b")

    both = ask(org, "updated", "2026-01-05T09:00:59Z", "2026-01-05T09:02:30+00:00")
    assert {"ids": [first, second], "latestDateCovered": "2026-01-05T09:01:00.000+0000"} == both.json
    assert ["ids", "latestDateCovered"] == list(both.json)
    early = ask(org, "updated", "2026-01-05T09:00:00Z", "2026-01-05T09:01:59Z")
    assert {"ids": [first], "latestDateCovered": "2026-01-05T09:01:00.000+0000"} == early.json


def test_a_poll_that_starts_where_the_last_one_ended_loses_nothing(org: Any) -> None:
    """Two writes within one minute, a poll between them: the second one comes with the next poll."""
    seen: set[str] = set()
    start, made = "2026-01-05T09:00:00.000+0000", []
    for _ in range(6):
        made.append(org.make("Account", Name="x"))
        org.clock.advance(25)
        now = org.clock.now().isoformat()
        body = ask(org, "updated", start, now).json if start[:16] != now[:16] else None
        if body:
            seen |= set(body["ids"])
            start = body["latestDateCovered"]
    org.clock.advance(120)
    seen |= set(ask(org, "updated", start, org.clock.now().isoformat()).json["ids"])

    assert set(made) == seen


@pytest.mark.evidence("documented", "REST API Developer Guide, Get Deleted")
def test_deleted(org: Any) -> None:
    """Deletions with their moment, the earliest one that could be told, and what is covered."""
    keep, gone = org.make("Account", Name="a"), org.make("Account", Name="b")
    org.clock.advance(65)
    org.delete(f"/sobjects/Account/{gone}")
    org.clock.advance(120)

    body = ask(org, "deleted", "2026-01-05T09:00:00Z", "2026-01-05T09:03:00Z").json
    assert {
        "deletedRecords": [{"id": gone, "deletedDate": "2026-01-05T09:01:05.000+0000"}],
        "earliestDateAvailable": "2025-12-21T09:03:00.000+0000",
        "latestDateCovered": "2026-01-05T09:03:00.000+0000",
    } == body
    assert [keep] == ask(org, "updated", "2026-01-05T09:00:00Z", "2026-01-05T09:03:00Z").json["ids"]


def test_a_plus_that_was_not_encoded(org: Any) -> None:
    """`+00:00` in a query string arrives as a blank; simple-salesforce's users meet this."""
    answer = org.get("/sobjects/Account/updated/?start=2026-01-05T08:00:00+00:00&end=2026-01-05T09:00:00%2B00:00")

    assert 200 == answer.status


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2025-12-01T00:00:00Z", "2026-01-05T09:00:00Z", "INVALID_REPLICATION_DATE"),
        ("2026-01-05T09:00:00Z", "2026-01-05T09:00:59Z", "INVALID_REPLICATION_DATE"),
        ("2026-01-05T09:00:00Z", "2026-01-05T08:00:00Z", "INVALID_REPLICATION_DATE"),
        ("yesterday", "2026-01-05T08:00:00Z", "ILLEGAL_QUERY_PARAMETER_VALUE"),
        ("", "2026-01-05T08:00:00Z", "ILLEGAL_QUERY_PARAMETER_VALUE"),
    ],
)
def test_refused_window(org: Any, start: str, end: str, code: str) -> None:
    """More than 30 days back, empty or unreadable windows."""
    assert (400, code) == ask(org, "updated", start, end).error[:2]


def test_object_that_is_not_replicated(org: Any) -> None:
    """Only replicateable objects answer."""
    assert 404 == ask(org, "updated", "2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z", "TaskStatus").status
