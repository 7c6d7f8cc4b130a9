"""What Salesforce refuses, and how often it is asked."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from tests.crm_sync.actions.desk import TASK, Desk, Go, crashing, for_each, items, part

from crm_sync.actions.data import load
from crm_sync.actions.failures import class_of

CLASSES = {
    "INVALID_SESSION_ID": "auth",
    "MALFORMED_ID": "permanent",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "permanent",
    "FIELD_INTEGRITY_EXCEPTION": "permanent",
    "UNABLE_TO_LOCK_ROW": "transient",
    "REQUEST_LIMIT_EXCEEDED": "stop",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "permanent",
}


@pytest.mark.rule("A23")
def test_each_error_has_a_class_and_a_remedy() -> None:
    """The table's classes, a cure for each, and permanent for what is not in it."""
    table = load("error_classes.toml")

    assert CLASSES == {code: table[code]["class"] for code in CLASSES}
    assert [] == [code for code, row in table.items() if not row["remedy"]]
    assert "permanent" == class_of("SOMETHING_NEW")


@pytest.mark.rule("A23")
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"Phase__c": "Three"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"AccountId": "00300000000000"}, "MALFORMED_ID"),
        ({"Amount": "much"}, "JSON_PARSER_ERROR"),
        ({"IsClosed": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ],
)
def test_what_is_refused_for_good_is_sent_once(desk: Desk, values: dict[str, Any], code: str) -> None:
    """One call, no wait, the item refused with Salesforce's code."""
    began = desk.clock.now()

    (outcome,) = desk.update(values).outcomes

    assert ("refused", code, 1) == (outcome.status, outcome.code, desk.calls)
    assert began == desk.clock.now()


@pytest.mark.rule("A26")
@pytest.mark.parametrize("kind", ["task", "opportunity"])
@pytest.mark.parametrize("locked", range(6))
def test_a_locked_row_is_tried_three_times(desk: Desk, locked: int, kind: str) -> None:
    """It succeeds when the lock goes in time: min(k + 1, 3) calls, 1 and 2 seconds apart on the injected clock."""
    if locked:
        desk.fault("row_locked", verb="create" if kind == "task" else "update", times=locked)
    began = desk.clock.now()

    made = desk.tasks_of(items("Call")) if kind == "task" else desk.update({"NextStep": "Call"})

    assert (locked < 3, min(locked + 1, 3)) == (made.good, len(desk.writes))
    assert [0, 1, 3, 3, 3, 3][locked] == (desk.clock.now() - began).total_seconds()
    assert ["UNABLE_TO_LOCK_ROW"] * (locked >= 3) == [o.code for o in made.outcomes if o.wrong]


@pytest.mark.rule("A26")
def test_an_item_whose_row_stays_locked_goes_on_with_the_next_firing(desk: Desk) -> None:
    """The others are done; the same event again does only what is left."""
    desk.fault("row_locked", verb="create", times=3)
    first = desk.tasks_of(items("One", "Two"))
    again = desk.tasks_of(items("One", "Two"))

    assert ["failed", "created"] == [o.status for o in first.outcomes]
    assert ["created", "remembered"] == [o.status for o in again.outcomes]
    assert ["One", "Two"] == sorted(desk.subjects())


@pytest.mark.rule("A26")
@pytest.mark.parametrize(("seconds", "wait"), [(None, 1), (7, 7), (31, None)])
def test_salesforces_own_wish_for_a_wait_is_kept_up_to_30_seconds(
    desk: Desk, seconds: int | None, wait: int | None
) -> None:
    """Too many requests: as long as it asks; what is longer than 30 seconds ends the item's attempts."""
    asked: list[bool] = []

    def busy(request: Any, go: Go) -> Any:
        if request.method != "PATCH" or asked:
            return go(request)
        asked.append(True)
        answer = requests.Response()
        answer.status_code, answer.request, answer.url, answer._content = 429, request, request.url, b""
        answer.headers.update({"Retry-After": str(seconds)} if seconds else {})
        return answer

    desk.wire.between = busy
    began = desk.clock.now()
    made = desk.update({"NextStep": "Call"})

    assert (wait is not None, wait or 0) == (made.good, (desk.clock.now() - began).total_seconds())


@pytest.mark.rule("A24")
@pytest.mark.parametrize("verb", ["create", "read"])
def test_an_expired_session_is_renewed_once_and_the_call_replayed(desk: Desk, verb: str) -> None:
    """The result is the same as without it, with exactly one refresh."""
    desk.fault("session_expired", verb=verb, object="Task")

    made = desk.tasks_of(items("One", "Two"))

    assert (True, 1, ["One", "Two"]) == (made.good, desk.logins, desk.subjects())
    assert "connected" == made.connection


@pytest.mark.rule("A24", "A32")
def test_a_session_that_expires_again_at_once_needs_a_person(desk: Desk) -> None:
    """Two refusals in a row: no third try, needs_reconnect, and nothing more is sent, in this run or the next."""
    desk.fault("session_expired", verb="create", times=2)

    first = desk.tasks_of(items("One", "Two"))
    sent = desk.calls
    again = desk.tasks_of(items("One", "Two"))

    assert (2, 1) == (len(desk.writes), desk.logins)
    assert ["NEEDS_RECONNECT"] * 2 == [o.code for o in first.outcomes] == [o.code for o in again.outcomes]
    assert ("needs_reconnect", sent) == (again.connection, desk.calls)


@pytest.mark.rule("A24", "A32")
def test_a_refused_refresh_needs_a_person(desk: Desk) -> None:
    """A refresh that is refused is not tried again."""
    desk.fault("session_expired", verb="create")

    made = desk.tasks_of(items("One", "Two"), desk.settings(refresh_token="revoked"))

    assert (["NEEDS_RECONNECT"] * 2, 1, 1) == ([o.code for o in made.outcomes], desk.logins, len(desk.writes))
    assert [] == desk.subjects()


@pytest.mark.rule("A24")
def test_a_log_in_host_that_does_not_answer_is_no_refusal(desk: Desk) -> None:
    """One refresh is tried; the connection stays as it is and the next firing does the work."""
    desk.fault("session_expired", verb="create")
    desk.fault("unavailable", verb="login")

    first = desk.tasks_of(items("Call"))
    again = desk.tasks_of(items("Call"))

    assert ["LOGIN_UNAVAILABLE"] == [o.code for o in first.outcomes]
    assert (True, ["Call"], "connected") == (again.good, desk.subjects(), again.connection)


@pytest.mark.rule("A24", "A25")
def test_connecting_again_is_the_cure(desk: Desk) -> None:
    """After a person connects, the same event does what was left."""
    desk.fault("session_expired", verb="create", times=2)
    desk.tasks_of(items("Call"))

    desk.runner().connection.connect()
    made = desk.tasks_of(items("Call"))

    assert (True, ["Call"], "connected") == (made.good, desk.subjects(), made.connection)


@pytest.mark.rule("A27")
@pytest.mark.parametrize("limit", range(8))
def test_at_the_daily_limit_nothing_more_is_sent(limit: int, desk: Desk) -> None:
    """Every call counts, reading back, too; the first refused one is the last, and a day later the run goes on."""
    desk.control.set_limit("api_requests", limit)
    try:
        first = desk.tasks_of(items("One", "Two", "Three"))
        sent = desk.calls
        desk.clock.advance(25 * 3600)
        desk.control.set_limit("api_requests", 100)
        second = desk.tasks_of(items("One", "Two", "Three"))
    finally:
        desk.control.set_limit("api_requests", 100_000)

    assert min(limit + 1, 6) == sent
    created = min(3, (limit + 1) // 2)  # create, read back, create, …
    statuses = [o.status for o in first.outcomes]
    assert ["created"] * created == statuses[:created]
    assert {"failed", "stopped"} >= set(statuses[created:])
    assert (created == 3, created < 3) == (first.good, bool(first.stopped))
    assert (True, ["One", "Three", "Two"]) == (second.good, sorted(desk.subjects()))


@pytest.mark.rule("A27")
@pytest.mark.parametrize(
    ("edition", "calls"), [("Professional", 15_000), ("Enterprise", 100_000), ("Unlimited", 500_000)]
)
def test_an_editions_daily_calls(edition: str, calls: int) -> None:
    """What an org of each edition allows a day; how much it is is Salesforce's to say, not the runner's."""
    desk = Desk(org={}, edition=edition)

    assert calls == desk.control.limits()["api_requests"]["limit"]


@pytest.mark.rule("A26")
@given(
    faults=st.lists(
        st.tuples(
            st.sampled_from(["row_locked", "session_expired", "unavailable", "lost_response"]), st.integers(1, 3)
        ),
        max_size=3,
    )
)
@part(3)
def test_after_any_faults_the_same_event_ends_in_one_task_for_each_item(
    made_desk: Desk, faults: list[tuple[str, int]]
) -> None:
    """Fired until it is finished, with a person connecting where one is needed: nothing is lost or doubled."""
    desk = made_desk.again()
    for kind, nth in faults:
        desk.fault(kind, verb="create", nth=nth)

    for _ in range(len(faults) + 1):
        made = desk.tasks_of(items("One", "Two", "Three"))
        if made.connection == "needs_reconnect":
            desk.runner().connection.connect()

    assert ["One", "Three", "Two"] == sorted(desk.subjects())
    assert desk.run(for_each(**TASK)).already
    assert crashing(desk, 99, lambda: desk.run(for_each(**TASK))) is not None
