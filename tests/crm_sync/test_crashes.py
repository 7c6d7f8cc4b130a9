"""The sync dies, or loses an answer, at every request of a busy round; the outcome is the same.

Invariants I3 (nothing twice), I10 (crash consistency) and I2 (then quiet), for each request and kind.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.crm_sync.both import KEY_FIELD, RECEIVE, SEND, Both, Killed

HOW = ["kill before", "kill after", "lose request", "lose response", "500 after"]
CASES = [
    pytest.param({}, {}, id="intent and read-back"),
    pytest.param({"external_id_field": KEY_FIELD}, {}, id="unique external id"),
    pytest.param({}, {"task": RECEIVE, "conversation": SEND}, id="receive and send"),
]


def begin(sf_options: dict[str, Any], sections: dict[str, Any]) -> Both:
    """Both sides in the middle of their day: everything that a round can have to do."""
    both = Both()
    both.hook = False
    both.sf_options = sf_options
    both.configure(**{"task": "Both Directions", "conversation": "Both Directions", **sections})
    known = {
        "done": both.sf_task(Subject="To be done"),
        "edited in SF": both.sf_task(Subject="Old"),
        "completed in SF": both.sf_task(Subject="Complete me"),
        "deleted in SF": both.sf_task(Subject="Delete me"),
    }
    both.run()
    tasks = {t["sourceId"]: t["_id"] for t in both.ph_tasks()}
    changes: list[Callable[[], object]] = [
        lambda: both.ph_done(tasks[known["done"]]),
        lambda: both.sf_edit(known["edited in SF"], Subject="New"),
        lambda: both.sf_edit(known["completed in SF"], Status="Completed"),
        lambda: both.sf_delete(known["deleted in SF"]),
        lambda: both.sf_task(Subject="From Salesforce", ActivityDate="2026-03-01"),
        lambda: both.ph_task(action="From Planhat"),
        lambda: both.ph_task(action="From Planhat"),  # the same words on purpose
        lambda: both.ph_conversation(subject="Logged"),
    ]
    for change in changes:
        both.clock.advance(300)  # further apart than a scan overlaps
        change()
    return both


def outcome(both: Both) -> Any:
    """Who is there and what they say, without ids and stamps."""
    tasks = {t["_id"]: t for t in both.ph_tasks()}
    conversations = {c["_id"]: c for c in both.ph_list("conversations")}
    live = {t["Id"] for t in both.sf_tasks()}
    keys = [t.get("sourceId") for t in tasks.values()]
    for key in [k for k in keys if k]:
        assert 1 == keys.count(key), "two Planhat Tasks carry one Salesforce id"
    shown = []
    for record in live:
        sf = both.sf_get(record)
        shown.append(
            (
                sf["Subject"],
                sf["Status"],
                sf["ActivityDate"],
                sf["Description"],
                [(t["action"], t["status"], t.get("startTime")) for t in tasks.values() if t.get("sourceId") == record],
                [(c["subject"], c["type"]) for c in conversations.values() if c.get("externalId") == record],
            )
        )
    loose = [t["action"] for t in tasks.values() if t.get("sourceId") not in live]
    return sorted(shown, key=repr), sorted(loose), len(conversations)


def clean_round(both: Both) -> tuple[list[bool], Any]:
    """For each request of an undisturbed round: does it write? And what comes of it."""
    both.wire.arm(None)
    both.run()
    writing = [entry in both.wire.writes for entry in both.wire.sent]
    both.settle()
    return writing, outcome(both)


def broken_rounds(sf_options: dict[str, Any], sections: dict[str, Any], *, every: bool) -> int:
    """Break a round at each request in each way; not *every*: die at each write's either side,
    and lose each write's answer.
    """
    both = begin(sf_options, sections)
    back = both.mark()
    writing, expected = clean_round(both)
    count = 0
    for at, writes in enumerate(writing):
        for how in HOW if every else ("kill before", "kill after", "lose response") * writes:
            back()
            both.wire.arm(at, how)
            with contextlib.suppress(Killed):
                both.run()
            both.wire.arm(None)
            both.clock.advance(3600)  # far beyond any overlap: only the cursors can tell
            both.settle()
            assert expected == outcome(both), (how, at)
            count += 1
    return count


@pytest.mark.rule("P10", "P25", "I2", "I3", "I10", "F01", "F02")
@pytest.mark.parametrize(("sf_options", "sections"), CASES)
def test_a_round_broken_at_a_write_comes_out_the_same(sf_options: dict[str, Any], sections: dict[str, Any]) -> None:
    """Killed around a write, or its answer lost: nothing doubled, nothing lost."""
    assert 20 < broken_rounds(sf_options, sections, every=False)


@pytest.mark.nightly
@pytest.mark.rule("I10")
@pytest.mark.parametrize(("sf_options", "sections"), CASES)
def test_a_round_broken_anywhere_comes_out_the_same(sf_options: dict[str, Any], sections: dict[str, Any]) -> None:
    """The same at every request, in every way."""
    assert 100 < broken_rounds(sf_options, sections, every=True)


def killed_at_the_create(both: Both) -> None:
    """A run dies when Salesforce has made the record and nobody knows it yet."""
    back = both.mark()
    both.wire.arm(None)
    both.run()
    creating = next(
        n for n, (method, url) in enumerate(both.wire.sent) if method == "POST" and url.endswith("/sobjects/Task")
    )
    back()
    both.wire.arm(creating, "kill after")
    with contextlib.suppress(Killed):
        both.run()
    both.wire.arm(None)


@pytest.mark.rule("F02", "I5", "I10")
def test_an_edit_after_the_crash_is_an_edit(both: Both) -> None:
    """What was sent is the agreed value, so that a later edit on one side is no conflict."""
    both.configure(task="Both Directions", task_extra={"conflict": "salesforce"})
    task = both.ph_task(action="Written")
    killed_at_the_create(both)
    both.ph_edit("tasks", task, action="Edited")

    both.settle()

    assert ["Edited"] == [t["Subject"] for t in both.sf_tasks()]
    assert [] == both.state.conflicts()


@pytest.mark.rule("F02", "I3")
def test_a_twin_made_by_hand(both: Both) -> None:
    """Somebody makes the same Task by hand after the crash: two activities, not three."""
    both.ph_task(action="Twin", description="<p>Ours</p>")
    killed_at_the_create(both)
    ours = both.sf_tasks()[0]["Id"]
    both.sf_task(Subject="Twin")

    both.settle()

    assert 2 == len(both.sf_tasks()) == len(both.ph_tasks())
    mine = next(t for t in both.ph_tasks() if t.get("snippet") == "Ours")
    assert ours == mine["sourceId"]


@pytest.mark.rule("F17", "I10")
def test_a_journal_of_an_older_version_is_read(both: Both) -> None:
    """A write begun by a version that wrote down less about it is taken over, too: nothing undone, nothing twice."""
    both.configure(task="Both Directions", conversation="Both Directions")
    activity = both.sf_task(Subject="Call")
    both.run()
    (task,) = both.ph_tasks()
    both.clock.advance(300)
    both.ph_done(task["_id"])
    both.ph_edit("tasks", task["_id"], action="Call again")
    back = both.mark()
    writing, expected = clean_round(both)

    for at in (at for at, writes in enumerate(writing) if writes):
        back()
        both.wire.arm(at, "kill after")
        with contextlib.suppress(Killed):
            both.run()
        both.wire.arm(None)
        for intent in both.state.intents():
            fields = intent.body["fields"]
            older = {name: {"written": one["written"], "agreed": one["agreed"]} for name, one in fields.items()}
            both.state.change_intent(intent, fields=older, ids={})
        both.settle()
        assert expected == outcome(both), at
    assert "Call again" == both.sf_get(activity)["Subject"]
