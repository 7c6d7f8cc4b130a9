"""Reminders: failures that wait for a person, and failures that do not (rule M27)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.crm_sync.sia_both import HOUR, Sellers

from crm_sync.marketo.diagnostics import code_of_stop

LOCKED = [
    {"errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "fields": []}
]
INVALID = [{"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "A call needs an outcome", "fields": []}]


def diagnostics(on: Sellers) -> list[dict[str, Any]]:
    return list(on.call("GET", "/diagnostics")["items"])


@pytest.mark.rule("M27")
def test_a_failure_that_waits_for_a_person(on: Sellers) -> None:
    """It stands on the page once, with category and message; it is tried again when somebody has seen to it."""
    reminder = on.remind()
    on.wire.answer = ("POST", 400, INVALID)
    for _ in range(3):
        on.run()
        on.clock.advance(HOUR)

    (shown,) = diagnostics(on)
    assert (int(reminder), None, "create", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Access/Validation", False) == tuple(
        shown[name] for name in ("reminder", "sf_task_id", "operation", "code", "category", "retried")
    )
    assert "A call needs an outcome" in shown["message"]
    assert [] == on.tasks()
    on.call("POST", f"/diagnostics/{shown['id']}/acknowledge")
    on.settle()
    assert 1 == len(on.tasks()) == len(diagnostics(on))


@pytest.mark.rule("M27")
def test_a_failure_is_tried_again_when_its_record_changes(on: Sellers) -> None:
    """Who puts the data right need not acknowledge anything."""
    reminder, task = on.pushed()
    on.edit(reminder, details="refused")
    on.wire.answer = ("PATCH", 400, INVALID)
    on.run()
    on.clock.advance(HOUR)
    on.run()
    assert on.sf_get(task)["Description"] is None
    (shown,) = diagnostics(on)
    assert (task, "update") == (shown["sf_task_id"], shown["operation"])

    on.edit(reminder, details="accepted")
    on.settle()

    assert "accepted" == on.sf_get(task)["Description"]


@pytest.mark.rule("M27")
def test_an_intermittent_failure_is_tried_again_by_itself(on: Sellers) -> None:
    """It stands on the page as retried, and the next runs carry it out."""
    on.options = {"retry_attempts_max": 1}
    on.remind()
    on.wire.answer = ("POST", 400, LOCKED)
    on.run()
    assert [] == on.tasks()
    assert [("Intermittent", True)] == [(one["category"], one["retried"]) for one in diagnostics(on)]

    on.settle()

    assert 1 == len(on.tasks()) == len(diagnostics(on))


@pytest.mark.rule("M27")
def test_a_refused_connection(on: Sellers) -> None:
    """What stops a whole run stands on the page, too."""
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    on.remind()
    on.wire.answer = ("POST", 403, body)

    report = on.run()

    assert report.stopped
    assert [("REQUEST_LIMIT_EXCEEDED", "Intermittent", None)] == [
        (one["code"], one["category"], one["reminder"]) for one in diagnostics(on)
    ]


@pytest.mark.rule("M27")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Salesforce refused the log-in at https://a.b/token: expired access/refresh token", "INVALID_GRANT"),
        ("Salesforce's daily limit of API calls is used up; the next run continues", "REQUEST_LIMIT_EXCEEDED"),
        ("salesforce did not answer GET /x after 5 attempts", "SERVER_UNAVAILABLE"),
        ("marketo did not answer GET /x after 5 attempts", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_code_of_a_run_that_ended(text: str, code: str) -> None:
    """Only what Salesforce did stands on the page."""
    assert code == code_of_stop(text)
