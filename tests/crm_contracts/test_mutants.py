"""Planted bugs by day: a sample of them is caught, and the runner of them all does what it says.

All of them: `make mutants`, in `make nightly`. Time is counted in looks at the clock here: nothing is judged by it.
"""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import crm_sync.decide
import crm_sync.observe.scans
import crm_sync.plan
from crm_contracts.world import ops
from crm_contracts.world.mutants import MUTANTS, Mutant
from crm_contracts.world.mutants.__main__ import main
from crm_contracts.world.mutants.lane import Lane
from crm_contracts.world.mutants.model import Row, Text, Value
from crm_contracts.world.mutants.more import MORE
from crm_contracts.world.mutants.planting import TargetGone, planted
from crm_contracts.world.mutants.runner import CAUGHT, EXCUSED, GONE, SURVIVED, run
from crm_contracts.world.scenarios import failure_modes
from crm_sync.verdict import verdict

ROOT = Path(__file__).parents[2]
BY_NAME = {one.name: one for one in MUTANTS}
# Name -> the invariant that sees it.
SAMPLE = {
    "a creation in doubt is made again": "I3 Duplicated",
    "open intents are forgotten": "I3 Duplicated",
    "a blank key is a key": "I1 NotConverged",
    "15 and 18 characters are two ids": "I3 Duplicated",
    "out of the bin and still buried": "I1 NotConverged",
    "the survivor is made again": "I6 FalselyDeleted",
    "a write that finds nothing is tried for ever": "I2 NotQuiet",
    "every record is of one customer": "I4 Invented",
    "WhatId is written with each change": "I8 BrokenFrame",
    "a status is compared by its word": "I4 Invented",
    "no baseline": "I7 DirectionIgnored",
    "two forms of one letter": "I16 LensBroken",
    "no overlap": "I9 ChangeMissed",
    "answers are taken by order": "I1 NotConverged",
    "a NUL goes over": "I16 LensBroken",
    "Salesforce's cursor is the wall clock": "I9 ChangeMissed",
    "a query goes on from its stamp alone": "I11 CallsUnbounded",
    "the limit is asked again": "I11 CallsUnbounded",
    "a locked row is written": "I5 LostUpdate",
    "what is skipped is not counted": "I15 Unaccounted",
    "the newest of a list is the cursor, Totango": "I9 ChangeMissed",
    "a rendered name is not agreed on": "I12 Looping",
    "line ends are content, Marketo": "I16 LensBroken",
    "the first of several contacts took part": "I8 BrokenFrame",
    "what is kept out is not looked at, Totango": "I5 LostUpdate",
    "what is kept out is not looked at, Marketo": "I5 LoserUnlogged",
    "the window is open to whoever is read": "I5 LostUpdate",
}
HARMLESS = Mutant(
    "harmless", "F49", "Nothing.", (Text("crm_sync.observe.scans.scan_start", "cursor is None", "None is cursor"),)
)
EXAMPLES_MAX, PLAYS_MAX = 4, 40

PLAN: Any = crm_sync.plan  # as it stands there: imported by name from where it is made


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    made = Lane()
    yield made
    made.close()


def looks() -> Callable[[], float]:
    """A clock that goes on by one at each look."""
    counter = count()
    return lambda: float(next(counter))


@pytest.mark.parametrize("name", SAMPLE)
def test_a_planted_bug_is_caught(lane: Lane, name: str) -> None:
    """It is caught by the invariant that is there for it, and can be told as JSON."""
    found = run(BY_NAME[name], lane, clock=looks(), seconds_max=EXAMPLES_MAX, plays_max=0)

    assert (CAUGHT, SAMPLE[name]) == (found.outcome, found.check), found.what
    assert 1 <= len(found.history) == found.steps
    assert json.dumps(found.to_dict())


@pytest.mark.parametrize("name", MORE)
def test_the_further_scenarios_hold(lane: Lane, name: str) -> None:
    """What is played beside the catalogue finds nothing in the engine as it is, its last words included."""
    org = list(lane.stages)[list(MORE).index(name) % 2]

    assert lane.scene(name, org).play() == 1


def test_what_caught_it_is_made_short(lane: Lane) -> None:
    """Of the eleven operations that show a loss of links a few are left, and the first of them makes a record."""
    found = run(
        BY_NAME["links are in the memory only"], lane, clock=looks(), seconds_max=EXAMPLES_MAX, plays_max=PLAYS_MAX
    )

    assert (CAUGHT, "I3 Duplicated") == (found.outcome, found.check)
    assert len(found.history) <= 4 < found.steps
    assert isinstance(found.history[0], ops.Create)


def test_a_harmless_change_survives(lane: Lane) -> None:
    """What breaks nothing is caught by nothing, and reported as a survivor with the examples that it lived through."""
    found = run(HARMLESS, lane, clock=looks(), seconds_max=2)

    assert (SURVIVED, "", ()) == (found.outcome, found.check, found.history)
    assert found.examples == 2


def test_what_fails_anyway_is_no_catch(lane: Lane) -> None:
    """A finding that the engine without the bug has, too, is nobody's."""
    with planted(BY_NAME["no overlap"]):
        found = run(HARMLESS, lane, clock=looks(), seconds_max=2, plays_max=0)

    assert (EXCUSED, "harmless") == (found.outcome, found.mutant.name)


def test_a_target_that_is_gone_is_told(lane: Lane) -> None:
    """Who changed the engine reads where the bug cannot be planted any more."""
    for patch, told in (
        (Text("crm_sync.observe.scans.scan_stop", "a", "b"), "there is no crm_sync.observe.scans.scan_stop any more"),
        (Text("crm_sync.observe.scans.scan_start", "no such text", "b"), "says 'no such text' 0 times"),
        (Text("crm_sync.observe.scans.scan_start", "None", "b"), "says 'None' "),
        (Text("crm_sync.observe.aside.NEVER", "a", "b"), "is no function any more"),
        (Row("no such reason", "skip"), "no row of crm_sync.verdict.verdict says 'no such reason'"),
    ):
        found = run(Mutant("gone", "F01", "", (patch,)), lane, clock=looks())

        assert found.outcome == GONE
        assert told in found.what


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: f"{one.failure} {one.name}")
def test_each_can_be_planted_and_leaves_nothing_behind(mutant: Mutant) -> None:
    """Every target is there; the code differs while the bug is planted, and is as it was afterwards."""
    before = inspect.getsource(crm_sync.observe.scans), verdict.answers, PLAN.decide, crm_sync.decide._preferred

    try:
        with planted(mutant):
            pass
    except TargetGone as gone:
        pytest.fail(str(gone))

    after = inspect.getsource(crm_sync.observe.scans), verdict.answers, PLAN.decide, crm_sync.decide._preferred
    assert before == after


def test_a_planted_function_is_planted_everywhere() -> None:
    """Every module that took the function by name gets the wrong one, and the right one back."""
    right = PLAN.decide
    with planted(Mutant("one", "F19", "", (Text("crm_sync.decide.decide", "", "return NOTHING"),))):
        assert PLAN.decide is crm_sync.decide.decide is not right
    assert PLAN.decide is crm_sync.decide.decide is right


def test_two_changes_of_one_function_and_a_constant() -> None:
    """The second change sees the first; a constant is planted in each module that has it."""
    from crm_sync import model
    from crm_sync.observe.scans import scan_start

    twice = (
        Text("crm_sync.observe.scans.scan_start", "cursor is None", "cursor is True"),
        Text("crm_sync.observe.scans.scan_start", "cursor is True", "cursor == 7"),
    )
    with planted(Mutant("one", "F19", "", (*twice, Value("crm_sync.model.TASK", "Todo")))):
        assert crm_sync.observe.scans.scan_start(7, 0) is None  # type: ignore[arg-type]
        assert model.TASK == "Todo"
    assert crm_sync.observe.scans.scan_start is scan_start
    assert model.TASK == "Task"


def test_the_catalogue_of_bugs() -> None:
    """At least one for each failure mode, 60 in the engine, 20 in the fakes; names are unique, tests are there."""
    engine = [one for one in MUTANTS if not one.of_a_fake]

    assert set(failure_modes()) == {one.failure for one in engine}
    assert len(engine) >= 60
    assert len(MUTANTS) - len(engine) >= 20
    assert {1} == set(Counter(one.name for one in MUTANTS).values())
    assert set(SAMPLE) <= set(BY_NAME)
    for one in MUTANTS:
        assert one.wrong.endswith("."), one.name
        for test in one.tests:
            path, _, name = test.partition("::")
            assert f"def {name}" in (ROOT / path).read_text(encoding="utf-8"), test


def test_a_name_that_is_none() -> None:
    """An unknown bug or share is one line and exit status 2."""
    for arguments, told in (
        (["--only", "nothing"], "no planted bug 'nothing'"),
        (["--share", "3/2"], "--share is N/M"),
    ):
        done = CliRunner().invoke(main, arguments)

        assert done.exit_code == 2
        assert told in done.output
