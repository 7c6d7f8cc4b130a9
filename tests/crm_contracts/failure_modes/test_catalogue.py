"""The catalogue is whole: seventy failure modes, each with a history, a test over HTTP, or a named reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from crm_contracts import rules
from crm_contracts.world import Stage, World, ops, play
from crm_contracts.world.invariants import INVARIANTS
from crm_contracts.world.scenarios import CATALOGUE, SCENARIOS, failure_modes

TESTS = Path(__file__).parents[2]
NUMBERS = [f"F{n:02}" for n in range(1, 71)]
PROFILES = {"planhat", "totango", "marketo", "agents"}


@cache
def _tests_of_the_sync() -> dict[str, list[str]]:
    """Which tests, outside the fakes' rooms, name a failure mode; one that is known to fail counts."""
    found: dict[str, list[str]] = {}
    for named in rules.named_in(TESTS):
        if not named.test.startswith("fake_"):
            for name in named.rules:
                found.setdefault(name, []).append(named.test)
    return found


def test_all_seventy_are_there() -> None:
    """F01 to F70, without a gap."""
    assert NUMBERS == list(failure_modes())


@pytest.mark.parametrize("number", NUMBERS)
def test_none_is_silently_missing(number: str) -> None:
    """A failure mode has a history, or a test that names it, or is another partner's and says why."""
    mode = failure_modes()[number]
    scenarios = [one for one in SCENARIOS.values() if one.failure == number]
    tests = _tests_of_the_sync().get(number, [])

    assert scenarios or tests or mode.elsewhere, f"{number} {mode.title}"
    assert (mode.profile == "planhat") == (mode.elsewhere == "")


def test_rows_name_what_there_is() -> None:
    """Invariants, rules and profiles of each row exist; nothing is left empty."""
    known = set(rules.load())
    families = {rule[0] for rule in known}
    for number, mode in failure_modes().items():
        assert mode.invariants, number
        assert set(mode.invariants) <= set(INVARIANTS), number
        assert {rule for rule in mode.rules if rule[0] in families} <= known, number
        assert mode.rules, number
        assert mode.profile in PROFILES, number
        assert all((mode.title, mode.trigger, mode.engine, mode.source)), number


def test_histories_are_plain_data() -> None:
    """Each survives JSON, names a failure mode, and syncs at least once."""
    for name, one in SCENARIOS.items():
        text = json.dumps([op.to_dict() for op in one.history])
        assert list(one.history) == ops.history_from_json(json.loads(text)), name
        assert one.failure in NUMBERS, name
        assert any(isinstance(op, ops.Sync) for op in one.history), name


def test_the_catalogue_leaves_out_only_what_is_known_to_be_wrong() -> None:
    """What a sweep may play is every scenario that the reference sync lives through."""
    assert {name for name, one in SCENARIOS.items() if not one.wrong} == set(CATALOGUE)


@pytest.fixture(scope="module")
def plain_org() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


@pytest.fixture(scope="module")
def keyed_org() -> Iterator[Stage]:
    """An org with a unique external-id field on Task."""
    made = Stage(external_id=True)
    yield made
    made.close()


def _lives(stage: Stage, name: str) -> None:
    one = SCENARIOS[name]

    world = play(one.history, stage=stage, settings=one.settings)

    assert world.exchanges, "a round that asked nothing shows nothing"


def _marked(name: str, *marks: pytest.MarkDecorator) -> object:
    wrong = SCENARIOS[name].wrong
    return pytest.param(name, marks=[*marks, *([pytest.mark.xfail(reason=wrong)] if wrong else [])])


def _by_key(name: str) -> bool:
    """Whether it is about creating, where a key makes the difference."""
    return SCENARIOS[name].failure <= "F16" or SCENARIOS[name].failure in {"F52", "F61", "F63"}


@pytest.mark.parametrize("name", [_marked(name) for name in SCENARIOS])
def test_the_reference_sync_lives_through_it(plain_org: Stage, name: str) -> None:
    """Every invariant holds in every round, and the world settles."""
    _lives(plain_org, name)


@pytest.mark.parametrize(
    "name", [_marked(name, *(() if _by_key(name) else (pytest.mark.nightly,))) for name in SCENARIOS]
)
def test_it_does_so_with_a_unique_key(keyed_org: Stage, name: str) -> None:
    """The same in an org where creations go by a key of their own."""
    _lives(keyed_org, name)


@pytest.mark.parametrize("name", ["F15 a deleted Task is taken out of the recycle bin", "F14 two accounts are merged"])
def test_what_a_scenario_says_does_happen(plain_org: Stage, name: str) -> None:
    """No operation of these histories is passed over as making no sense."""
    one = SCENARIOS[name]
    with World(plain_org, settings=one.settings) as world:
        happened = [world.apply(op) for op in one.history]

    assert [True] * len(one.history) == happened
