"""The whole ladders, and histories by seed, with real commands: a new process for each run."""

from __future__ import annotations

import sys

import pytest
from tests.crm_contracts.verify import honest_pair
from tests.crm_contracts.verify.in_process import NAIVE, InProcess, NaiveRunner
from tests.crm_contracts.verify.test_verify import REFERENCE, TASKS_ONLY

from crm_contracts.verify import Arena, Campaign, CommandRunner, Plan, Report
from crm_contracts.verify.text import render

pytestmark = pytest.mark.nightly


def condemned(runner: CommandRunner | NaiveRunner) -> Report:
    arena = Arena("planhat")
    settings = arena.settings({"conversation": "Not Syncing"})
    with arena.stage(runner, tls=True) as stage:
        return Campaign(stage, Plan(settings=settings, sets=TASKS_ONLY, histories=2)).run()


def test_the_naive_sync_as_a_command_has_the_report_of_the_naive_sync_in_process() -> None:
    """What the ordinary lane shows in the test's own process holds for a process that is really killed."""
    command = f"{sys.executable} {NAIVE}"

    assert condemned(NaiveRunner(command)).as_json() == condemned(CommandRunner(command)).as_json()


@pytest.mark.parametrize("external_id", [False, True])
def test_the_reference_sync_holds_as_a_command(external_id: bool) -> None:
    """The whole ladder, and histories by seed."""
    arena = Arena("planhat")
    with arena.stage(CommandRunner(REFERENCE), external_id=external_id) as stage:
        report = Campaign(stage, Plan(settings=arena.settings(), histories=40)).run()

    assert report.held, render(report)


@pytest.mark.parametrize("profile", ["totango", "marketo"])
def test_the_honest_syncs_of_pairs_hold(profile: str) -> None:
    """The whole ladder but the one rung on pages, which the toy does not turn."""
    arena = Arena(profile)
    with arena.stage(InProcess("honest", honest_pair.sync)) as stage:
        report = Campaign(stage, Plan(settings=arena.settings(), histories=0)).run()

    expected = {"more-than-a-page": "Stumbled"} if profile == "totango" else {}
    assert expected == {one.name: one.found for one in report.tried if one.found}
