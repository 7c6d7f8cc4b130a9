"""Who waits for a proof is told how far it is, and can say how long it may take."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from crm_contracts.cli import understudy
from crm_contracts.verify.arena import Arena
from crm_contracts.verify.campaign import HUNG_REPLAYS_MAX, Campaign, Plan
from crm_contracts.verify.report import Report
from crm_contracts.verify.runner import Ended, Given
from crm_contracts.verify.text import render
from crm_contracts.verify.watch import EVERY_SECONDS, Watch
from fake_core.clock import FrozenClock


def test_a_log_gets_a_line_now_and_then() -> None:
    """Nothing of what is over soon; of what takes long the newest, with the time that it took."""
    clock, said = FrozenClock(), list[str]()
    watch = Watch(clock, said.append)
    watch.progress(0, 44, "first", 1)
    clock.advance(EVERY_SECONDS * 4)
    watch.progress(3, 44, "fourth/write 1: lost_response", 57)
    watch.progress(4, 44, "fifth", 60)

    assert ["verify: 3 of 44 histories, 57 runs, 1:20 min; now fourth/write 1: lost_response\n"] == said


def test_a_terminal_gets_a_bar_that_moves() -> None:
    """It is written over, and ended at the end."""
    said = list[str]()
    watch = Watch(FrozenClock(), said.append, terminal=True)
    watch.progress(1, 2, "second", 9)
    watch.progress(2, 2, "", 10)

    assert [True, True] == [one.startswith("\r[###") for one in said]
    assert ("1/2, 9 runs  second", True) == (said[0].partition("] ")[2].rstrip(), said[1].endswith("\n"))


@pytest.mark.parametrize(("minutes", "over"), [(2.0, True), (3.0, False), (None, False)])
def test_the_time_allowed_is_over(minutes: float | None, over: bool) -> None:
    """Who allows none waits for the end."""
    clock = FrozenClock()
    watch = Watch(clock, lambda _text: None, minutes=minutes)
    clock.advance(120)
    assert over is watch.enough()


def test_what_the_time_did_not_allow_is_told() -> None:
    """The first history is played in any case; what is left is neither held nor violated."""
    names = ("created-in-salesforce", "two-of-one-name")
    words = [word for name in names for word in ("--only", name)]
    words = ["--command", "true", *words, "--histories", "0", "--minutes", "0.0001"]
    found = json.loads(CliRunner().invoke(understudy, ["verify", *words, "--json"]).stdout)
    text = CliRunner().invoke(understudy, ["verify", *words]).stdout

    assert ([names[0]], [names[1]]) == ([one["name"] for one in found["tried"]], found["not_tried"])
    assert "Not tried     1 history, for --minutes were over: two-of-one-name" in text


def test_what_held_is_what_was_tried() -> None:
    """The last line claims no more than the time allowed."""
    report = Report(
        sync="x",
        profile="planhat",
        settings=Arena("planhat").settings({}),
        sets=(),
        fixed=False,
        seed=1,
        steps=8,
        tried=(),
        findings=(),
        runs=1,
        requests=1,
        can_die=True,
        reports=False,
    )

    ends = [render(replace(report, left=left)).splitlines()[-1].partition(" made")[0] for left in ((), ("seed-3",))]

    assert ["Held: none of these histories", "Held: none of the histories that were tried"] == ends


class Hanging:
    """A sync that works where there is nothing to do, and then never ends."""

    name, can_die = "hanging", True

    def __init__(self) -> None:
        self.runs = 0

    def run(self, _given: Given) -> Ended:
        self.runs += 1
        return Ended(0) if self.runs == 1 else Ended(None, hung=True)

    def kill(self) -> None:
        """There is nothing to kill."""


def test_a_run_that_hangs_is_seldom_played_again() -> None:
    """Each replay takes the whole time allowed; whoever waits sees each."""
    arena, runner, seen = Arena("planhat"), Hanging(), list[str]()
    plan = Plan(settings=arena.settings({}), only=("seed-3",), histories=3, steps=30)
    with arena.stage(runner) as stage:
        report = Campaign(stage, plan, progress=lambda _done, _all, name, _runs: seen.append(name)).run()

    assert ["Hangs"] == [one.found for one in report.tried]
    assert 1 + 1 + HUNG_REPLAYS_MAX == runner.runs  # where nothing is to do; the history; replays
    assert runner.runs == len(seen)  # the last notice is of the end
