"""Pairs that are put aside before anything was agreed on: neither half passes for a record that nobody knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.crm_sync.both import BOTH, OFF, Both

NUMBER = {"fields": [{"name": "length", "planhat": "custom.Length", "salesforce": "CallDurationInSeconds"}]}


@pytest.mark.rule("I3", "I5", "P9", "F65")
@pytest.mark.parametrize("characters", [15, 18])
def test_an_edit_of_one_half_meets_the_other(both: Both, characters: int) -> None:
    """A typed id, and a value that Salesforce refuses: no second Planhat Task, and no value goes without a word."""
    both.configure(task=BOTH, conversation=OFF, task_extra=NUMBER)
    both.run()
    sf_id = both.sf_task(Subject="Salesforce's", CallDurationInSeconds=60)
    both.clock.advance(60)
    task = both.ph_task(action="Planhat's", sourceId=sf_id[:characters], custom={"Length": "no number"})
    for _ in range(6):
        both.run()
    both.clock.advance(600)
    both.ph_task(action="Newer than any overlap")
    both.run()
    both.sf_edit(sf_id, Description="Edited")

    conflicts = {one.field: one.losing_value for one in both.run().conflicts}

    assert "Planhat's" == conflicts["subject"]
    assert ["Salesforce's"] == [one["action"] for one in both.ph_tasks() if one["_id"] == task]
    assert 1 == [one["action"] for one in both.ph_tasks()].count("Salesforce's")
    both.settle()


@pytest.mark.rule("I5", "T3")
@pytest.mark.parametrize("first", ["in", "out"])
@pytest.mark.parametrize("newer", ["in", "out"])
def test_a_loser_is_logged_by_the_job_that_writes_over_it(both: Both, first: str, newer: str) -> None:
    """Both jobs decide the same; one of them carries it out."""
    sf_id = both.sf_task(Subject="Agreed")
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    edits: dict[str, Callable[[], object]] = {
        "in": lambda: both.sf_edit(sf_id, Subject="Salesforce's", Description="More"),
        "out": lambda: both.ph_edit("tasks", task, action="Planhat's"),
    }
    for one in sorted(edits, key=lambda way: way == newer):
        both.clock.advance(60)
        edits[one]()
    for way in (first, {"in": "out", "out": "in"}[first]) * 2:
        both.clock.advance(60)
        both.sync().run(ways=[way])

    loser = {"in": "Planhat's", "out": "Salesforce's"}[newer]
    assert [loser] == [one.losing_value for one in both.state.conflicts()]


@pytest.mark.rule("F65", "I11")
@pytest.mark.parametrize("edited", ["Planhat", "both"])
def test_a_refused_pair_is_tried_ever_more_rarely(both: Both, edited: str) -> None:
    """Salesforce's half is the newest of all, so that each scan shows it; who corrects it is heard at once."""
    both.configure(task=BOTH, conversation=OFF, task_extra=NUMBER)
    sf_id = both.sf_task(Subject="Agreed")
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    both.ph_edit("tasks", task, custom={"Length": "no number"})
    if edited == "both":
        both.run()
        both.sf_edit(sf_id, Description="Edited")
    writes = []
    for _ in range(20):
        both.wire.arm(None)
        report = both.run(tick=300)
        assert report.section("Task:Task").quarantined
        writes.append(len(both.wire.writes))
    assert sum(writes[:3]) > 1
    assert 3 > sum(writes[10:])

    both.ph_edit("tasks", task, custom={"Length": 60})
    both.settle()
    assert 60 == both.sf_get(sf_id)["CallDurationInSeconds"]
