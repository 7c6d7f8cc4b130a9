"""What the wire and the services can do to a run (F60-F66), by the fakes' own faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests
from tests.crm_sync.both import KEY_FIELD, Both

from crm_sync.errors import RecordRefused
from crm_sync.report import Report
from crm_sync.sides.salesforce import Salesforce


def day(both: Both) -> None:
    """Something to do in both directions."""
    both.sf_task(Subject="From Salesforce")
    both.ph_task(action="From Planhat")
    both.ph_conversation(subject="Logged")


def all_there(both: Both) -> None:
    both.settle()
    tasks = both.sf_tasks()
    assert ["From Planhat", "From Salesforce", "Logged"] == sorted(t["Subject"] for t in tasks)
    assert ["From Planhat", "From Salesforce"] == sorted(t["action"] for t in both.ph_tasks())


def with_fault(both: Both, vendor: str, **fault: Any) -> Report:
    control = both.sf_control if vendor == "salesforce" else both.ph_control
    control.add_fault(**fault)
    report = both.run()
    control.clear_faults()
    return report


@pytest.mark.rule("P10", "F01", "I3")
@pytest.mark.parametrize("key_field", ["", KEY_FIELD])
@pytest.mark.parametrize("kind", ["lost_response", "lost_request", "error_after", "truncated"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_create_in_doubt_is_looked_for(both: Both, kind: str, key_field: str, nth: int) -> None:
    """Whatever happened to the answer, one Salesforce Task per activity."""
    both.sf_options = {"external_id_field": key_field}
    both.configure(task="Both Directions", conversation="Both Directions")
    day(both)

    verb = "upsert" if key_field else "create"
    report = with_fault(both, "salesforce", kind=kind, verb=verb, object="Task", nth=nth)

    assert not report.stopped
    all_there(both)


def answers_a_list(response: requests.Response, **_given: Any) -> None:
    """What somebody between us and the log-in host may say; the fake's own refusals are objects."""
    if response.request.path_url.endswith("/oauth2/token"):
        response.status_code = 401
        response._content = b'[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]'
        response.headers["Content-Length"] = str(len(response.content))


@pytest.mark.rule("F63", "I13")
def test_a_log_in_that_answers_a_list_of_errors_is_refused(both: Both) -> None:
    """Neither a token nor an OAuth error: the run stops with what to look at, and the next one goes on."""
    day(both)
    both.sf_options = {"access_token": ""}

    both.sync_session.hooks["response"] = [answers_a_list]
    report = both.run()
    both.sync_session.hooks["response"] = []

    assert "Salesforce refused the log-in at" in report.stopped
    all_there(both)


@pytest.mark.rule("F63", "I10")
@pytest.mark.parametrize("verb", ["create", "query", "describe", "update"])
def test_an_expired_session_is_renewed_once(both: Both, verb: str) -> None:
    """Refreshed, and only what may be repeated is repeated."""
    day(both)
    sf_id = both.sf_task(Subject="Linked")
    both.run()
    both.sf_delete(sf_id)
    both.ph_task(action="Another")

    report = with_fault(both, "salesforce", kind="session_expired", verb=verb)

    assert not report.stopped
    both.settle()
    assert 4 == len(both.sf_tasks())


@pytest.mark.rule("F64", "I13")
@pytest.mark.parametrize("times", [1, 3, None])
def test_a_locked_row(both: Both, times: int | None) -> None:
    """Tried again with a growing wait, up to a cap; then put aside while others go on."""
    sf_id = both.sf_task(Subject="Old")
    both.run()
    task = both.ph_tasks()[0]["_id"]
    both.ph_edit("tasks", task, action="New")
    both.sf_task(Subject="From Salesforce")
    started = both.clock.now()

    report = with_fault(both, "salesforce", kind="row_locked", verb="update", times=times)

    assert (both.clock.now() - started).total_seconds() > 120
    assert (1 if times is None else 0) == len(report.section("Task:Task").quarantined)
    both.settle()
    assert "New" == both.sf_get(sf_id)["Subject"]


@pytest.mark.rule("F60")
@pytest.mark.parametrize("item", [0, 1, 2])
def test_one_item_of_a_collection_is_refused(both: Both, item: int) -> None:
    """The answer is 200; each item is read on its own."""
    ids = [both.sf_task(Subject=f"S{n}") for n in range(3)]
    both.run()
    for number, task in enumerate(both.ph_tasks()):
        both.ph_edit("tasks", task["_id"], action=f"edited {number}")

    both.wire.arm(None)
    report = with_fault(both, "salesforce", kind="item_refused", verb="update", item=item)

    again = [url for _, url in both.wire.writes if "/sobjects/Task/" in url]
    assert 3 == report.section("Task:Task").updated
    assert [sorted(ids)[item]] == [url.rsplit("/", 1)[-1] for url in again]
    assert all(both.sf_get(i)["Subject"].startswith("edited") for i in ids)


@pytest.mark.rule("F60", "F65", "I13")
def test_an_item_that_stays_refused(both: Both) -> None:
    """One bad value in a collection: that record is put aside, the others are written."""
    both.configure(
        task="Both Directions",
        task_extra={"fields": [{"name": "stage", "planhat": "custom.Stage", "salesforce": "CallDurationInSeconds"}]},
    )
    for number in range(3):
        both.sf_task(Subject=f"S{number}")
    both.run()
    tasks = both.ph_tasks()
    for number, task in enumerate(tasks):
        value = "no number" if number == 1 else 5
        both.ph_edit("tasks", task["_id"], action=f"edited {number}", custom={"Stage": value})

    report = both.run()

    section = report.section("Task:Task")
    assert (2, 1) == (section.updated, len(section.quarantined))
    both.ph_edit("tasks", tasks[1]["_id"], custom={"Stage": 7})
    both.settle()
    assert {"edited 0", "edited 1", "edited 2"} == {t["Subject"] for t in both.sf_tasks()}


@pytest.mark.rule("F62")
@pytest.mark.parametrize("vendor", ["salesforce", "planhat"])
@pytest.mark.parametrize("kind", ["unavailable", "lost_request", "error_after", "limit_reached"])
def test_a_service_that_stays_away(both: Both, vendor: str, kind: str) -> None:
    """The run stops cleanly with a reason; when the service is back nothing is missing."""
    both.run()
    day(both)

    report = with_fault(both, vendor, kind=kind, verb="*", times=None)

    assert vendor in report.stopped.casefold()
    both.clock.advance(86_401)
    all_there(both)


@pytest.mark.parametrize("vendor", ["salesforce", "planhat"])
@pytest.mark.parametrize("kind", ["unavailable", "lost_response", "truncated"])
@pytest.mark.parametrize("nth", range(1, 8))
def test_a_short_trouble_is_not_noticed(both: Both, vendor: str, kind: str, nth: int) -> None:
    """One failed exchange anywhere: the same run gets over it."""
    day(both)

    report = with_fault(both, vendor, kind=kind, verb="*", nth=nth)

    assert not report.stopped, report.stopped
    all_there(both)


@pytest.mark.rule("F62")
def test_no_call_after_the_daily_limit(both: Both) -> None:
    """Refused once, Salesforce is not asked again in this run."""
    day(both)
    both.sf_control.add_fault(kind="limit_reached", verb="create", times=None)
    both.wire.arm(None)

    report = both.run()

    refused = next(
        n for n, (method, url) in enumerate(both.wire.sent) if method == "POST" and url.endswith("/sobjects/Task")
    )
    assert len(both.wire.sent) <= refused + 2
    assert "daily limit" in report.stopped
    both.sf_control.clear_faults()
    all_there(both)


@pytest.mark.rule("F03", "P8")
def test_duplicate_value_means_it_exists(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """DUPLICATE_VALUE on our key: the existing record is fetched and adopted."""
    both.sf_options = {"external_id_field": KEY_FIELD}
    both.configure(task="Both Directions")
    task = both.ph_task(action="From Planhat")
    made = both.sf_task(Subject="From Planhat", **{KEY_FIELD: f"Task-{task}"})

    def refuse(*_args: Any) -> str:
        raise RecordRefused("DUPLICATE_VALUE: duplicate value found", code="DUPLICATE_VALUE")

    monkeypatch.setattr("crm_sync.sides.salesforce.Salesforce.upsert", refuse)
    both.configure(task="Send to Salesforce")
    both.run()
    both.run()

    assert [made] == [t["Id"] for t in both.sf_tasks()]
    assert made == both.ph_get("tasks", task)["sourceId"]


@pytest.mark.rule("F05", "P8")
def test_several_matches_are_put_aside(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP 300 on an upsert: quarantined with both ids, none is picked."""
    both.sf_options = {"external_id_field": KEY_FIELD}
    both.configure(task="Send to Salesforce")
    both.ph_task()
    both.wire.answer = (
        "PATCH",
        300,
        [
            "/services/data/v60.0/sobjects/Task/00T000000000001EAA",
            "/services/data/v60.0/sobjects/Task/00T000000000002EAA",
        ],
    )

    report = both.run()

    (reason,) = report.section("Task:Task").quarantined.values()
    assert "00T000000000001EAA" in reason
    assert "00T000000000002EAA" in reason


@pytest.mark.rule("F62")
def test_retry_after_is_honoured(both: Both) -> None:
    """A 429 with Retry-After: waited for that long on the injected clock, then done."""
    both.sf_task()
    both.wire.answer = ("GET", 429, None)
    both.wire.answer_headers = {"Retry-After": "37"}
    started = both.clock.now()

    report = both.run(tick=0)

    assert 37 == (both.clock.now() - started).total_seconds()
    assert 1 == report.section("Task:Task").created


@pytest.mark.rule("F63", "I10")
def test_who_we_are_is_asked_again_when_the_session_is_over(both: Both) -> None:
    """The user-info service says 403 Bad_OAuth_Token where others say 401: the session is renewed all the same."""
    assert both.config is not None
    login = replace(both.config.salesforce, access_token="00D000000000000!over")
    salesforce = Salesforce(login, session=both.session, clock=both.clock)

    assert salesforce.me().startswith("005")
