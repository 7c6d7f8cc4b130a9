"""`understudy demo`: what a new user sees first tells the truth."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crm_contracts import demo
from crm_contracts.world import reference_sync


def test_the_story_is_told_and_judged(capsys: pytest.CaptureFixture[str]) -> None:
    """One SF Task an activity, the conflict and its loser, the field held back, the calls spent; and True."""
    assert demo.run_demo(seed=1, plain=True)
    told = capsys.readouterr().out
    ending = told.partition("In the end")[2]

    assert "\x1b" not in told
    assert {"1"} == set(re.findall(r"(\d+) SF Task", ending))
    assert "salesforce wins with 'Visit the bakery with Pia'; kept in the log: 'Visit the bakery (morning!)'" in told
    assert "held back from 'Visit the bakery': type = 'Site visit', not in the restricted picklist Task.Type" in told
    assert re.search(r"! PATCH \S+: lost_response", told)
    assert re.search(r"\d+ of 100,000 Salesforce calls of the day are spent", told)


def test_the_same_seed_tells_the_same_story(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is ambient: not a byte differs."""
    told = []
    for _ in range(2):
        demo.run_demo(seed=3, plain=True)
        told.append(capsys.readouterr().out)

    assert told[0] == told[1]


def test_a_sync_that_forgets_is_found_out(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit status is the invariants': the same demo with a sync that runs but once is False."""

    def forgetful(connection: Any, settings: Any) -> Any:
        sync = reference_sync(connection, settings)
        reports: list[Any] = []
        really_run = sync.run

        def run() -> Any:
            if not reports:
                reports.append(really_run())
            return reports[0]

        sync.run = run  # type: ignore[method-assign]
        return sync

    assert not demo.run_demo(seed=1, plain=True, sync=forgetful)
    assert "I1 NotConverged" in capsys.readouterr().out
