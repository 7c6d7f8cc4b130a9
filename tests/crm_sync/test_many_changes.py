"""Large changes at the partner: many records go together, and whatever goes wrong with one is its own affair."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from tests.crm_sync.both import BOTH, KEY_FIELD, Both, Killed, Wire

from crm_sync import act, together

COUNT = 6


@pytest.fixture
def many(both: Both, monkeypatch: pytest.MonkeyPatch) -> Both:
    """Pairs in agreement, and a sync that takes four changes for many."""
    monkeypatch.setattr(together, "MANY", 4)
    both.configure(task=BOTH)
    for n in range(COUNT):
        both.sf_task(Subject=f"Call {n}", Description=f"About {n}", ActivityDate="2026-02-03")
    both.settle()
    both.clock.advance(600)
    return both


def by_key(both: Both) -> dict[str, dict[str, Any]]:
    return {task["sourceId"]: task for task in both.ph_tasks()}


def edit_all(both: Both) -> list[str]:
    """A person edits every Salesforce Task; their ids, oldest first."""
    ids = [row["Id"] for row in both.sf_tasks()]
    for one in ids:
        both.sf_edit(one, Subject=f"Now {one}")
    return ids


def agree(both: Both) -> None:
    """What each pair says is the same on both sides."""
    tasks = by_key(both)
    for row in both.sf_tasks():
        assert row["Subject"] == tasks[row["Id"]]["action"]


class Meanwhile(Wire):
    """Somebody acts just *before* or *after* the first bulk request."""

    def __init__(self, both: Both, *, before: Callable[[], object] = list, after: Callable[[], object] = list) -> None:
        super().__init__(both.network.adapter())
        self._before, self._after, self._done = before, after, False

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        if self._done or (request.method, request.path_url) != ("PUT", "/tasks"):
            return super().send(request, **options)
        self._done = True
        self._before()
        answer = super().send(request, **options)
        self._after()
        return answer


def run_with(both: Both, meanwhile: Meanwhile) -> None:
    """A run during which somebody acts, and then until nothing is left to do."""
    both.sync_session.mount("https://", meanwhile)
    both.run()
    both.sync_session.mount("https://", both.wire)
    both.settle()


@pytest.mark.rule("P1", "I11")
def test_many_changes_take_few_calls(many: Both) -> None:
    """One request changes them all, without a word about what did not change."""
    ids = edit_all(many)
    before = by_key(many)

    report = many.run()

    assert (COUNT, 1) == (report.section("Task:Task").updated, report.writes["planhat"])
    after = by_key(many)
    assert [f"Now {one}" for one in ids] == [after[one]["action"] for one in ids]
    same = ("_id", "description", "startTime", "companyId", "status")
    assert [[before[one].get(f) for f in same] for one in ids] == [[after[one].get(f) for f in same] for one in ids]
    many.settle()


@pytest.mark.rule("P8", "I11")
def test_the_keys_of_many_creations_go_together(many: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made in Salesforce writes its id into each Planhat Task by one request."""
    monkeypatch.setattr(act, "MANY", 4)
    many.sf_options = {"external_id_field": KEY_FIELD}
    many.configure(task=BOTH)
    for n in range(COUNT):
        many.ph_task(action=f"Planned {n}")

    report = many.run()

    assert (COUNT, 1) == (report.section("Task:Task").created, report.writes["planhat"])
    assert {row["Id"] for row in many.sf_tasks()} == set(by_key(many))
    many.settle()


@pytest.mark.rule("I10", "I5", "F17")
@pytest.mark.parametrize(
    "how",
    [
        "kill after",
        "lose response",
        *(pytest.param(h, marks=pytest.mark.nightly) for h in ("kill before", "500 after")),
    ],
)
def test_a_death_or_a_lost_answer_at_any_request_loses_nothing(many: Both, how: str) -> None:
    """Wherever it happens, and whatever a person writes in Planhat before the next run, that person's word stays."""
    edit_all(many)
    first = by_key(many)[many.sf_tasks()[0]["Id"]]["_id"]
    many.wire.arm(None)
    at, back = 0, many.mark()
    while True:
        many.wire.arm(at, how)
        with contextlib.suppress(Killed):
            many.run()
        reached = len(many.wire.sent) > at
        many.wire.arm(None)
        many.ph_edit("tasks", first, action="A person's")
        many.settle()
        agree(many)
        assert "A person's" == many.ph_get("tasks", first)["action"], (at, how)
        assert COUNT == len(many.sf_tasks()) == len(many.ph_tasks())
        if not reached:
            break
        back()
        at += 1
    assert at > 4


@pytest.mark.rule("I13", "F60", "F61")
def test_one_refused_change_is_its_own_affair(many: Both) -> None:
    """Planhat takes all but one; that one is asked for alone, and no other."""
    ids = edit_all(many)
    many.ph_control.add_fault(kind="item_refused", verb="bulk", item=2)

    report = many.run()

    assert (COUNT, 2) == (report.section("Task:Task").updated, report.writes["planhat"])
    assert [] == many.ph_control.faults()
    many.settle()
    assert [f"Now {one}" for one in ids] == [by_key(many)[one]["action"] for one in ids]


@pytest.mark.rule("P25", "I6")
def test_what_is_gone_is_not_made_again(many: Both) -> None:
    """One of them was deleted in Planhat before the request: the others are changed, and it stays deleted."""
    ids = edit_all(many)
    gone = by_key(many)[ids[2]]["_id"]

    run_with(many, Meanwhile(many, before=lambda: many.ph_delete("tasks", gone)))

    tasks = by_key(many)
    assert set(ids) - {ids[2]} == set(tasks)
    assert [f"Now {one}" for one in ids if one != ids[2]] == [tasks[one]["action"] for one in ids if one != ids[2]]


@pytest.mark.rule("I5", "F40")
@pytest.mark.parametrize("field", ["action", "description"])
def test_what_a_person_writes_just_after_is_a_change(many: Both, field: str) -> None:
    """An edit between the request and its reading back, of the same field or another, comes to Salesforce."""
    ids = edit_all(many)
    task = by_key(many)[ids[1]]["_id"]
    many.clock.advance(60)

    run_with(many, Meanwhile(many, after=lambda: many.ph_edit("tasks", task, **{field: "A person's"})))

    name = {"action": "Subject", "description": "Description"}[field]
    assert "A person's" == many.sf_get(ids[1])[name]
    agree(many)


@pytest.mark.rule("P13")
def test_a_completion_goes_alone(many: Both) -> None:
    """What a status in a bulk request leads to is not published: each Task is done by a request of its own."""
    for row in many.sf_tasks():
        many.sf_edit(row["Id"], Status="Completed")
    many.wire.arm(None)

    report = many.run()

    assert COUNT <= report.writes["planhat"]
    assert not [url for method, url in many.wire.sent if method == "PUT" and url.endswith("/tasks")]
    many.settle()
