"""Histories of pairs by seed: the honest toy lives through them, and they are the same every time."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import settings

from crm_contracts.world.pairs import PairStage, PairWorld, play
from crm_contracts.world.pairs.ops import Sync, Tick, history_from_json
from crm_contracts.world.pairs.settings import PROFILES
from crm_contracts.world.pairs.simulate import DAY, random_history
from crm_contracts.world.pairs.toys import Honest
from crm_contracts.world.violations import Duplicated, InvariantViolated

STEPS = 25
ORDINARY, NIGHTLY = 12, 2_000


@pytest.fixture(scope="module", params=sorted(PROFILES))
def stage(request: pytest.FixtureRequest) -> Iterator[PairStage]:
    made = PairStage(request.param)
    yield made
    made.close()


def seeds() -> range:
    return range(NIGHTLY if settings().max_examples >= NIGHTLY else ORDINARY)


def test_any_history_without_a_fault_settles(stage: PairStage) -> None:
    """Users, jobs one way or both, settings and deletions: every invariant, at every round and in the end."""
    for seed in seeds():
        history = random_history(stage.profile, seed, STEPS, faults=False)
        try:
            play(history, stage=stage, sync=Honest)
        except InvariantViolated as found:
            raise AssertionError(f"{stage.profile}, seed {seed}, {STEPS} steps: {found}") from found


def test_a_fault_finds_what_the_toy_does_not_survive(stage: PairStage) -> None:
    """The faults of a history are real: an edit between a lost answer and the next run doubles what the toy made."""
    history = history_from_json(
        [
            {"op": "create", "side": "partner", "act": "act-1", "section": PROFILES[stage.profile][0]}
            | {"fields": {"name" if stage.profile == "marketo" else "title": "Call act-1"}},
            {"op": "fault", "fault": "lost_response", "vendor": "salesforce", "verb": "create"},
            {"op": "sync"},
            {"op": "edit", "side": "partner", "act": "act-1"}
            | {"fields": {"name" if stage.profile == "marketo" else "title": "Call back act-1"}},
        ]
    )
    with pytest.raises(Duplicated):
        play(history, stage=stage, sync=Honest)
    play([op for op in history if op.kind != "fault"], stage=stage, sync=Honest)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_seed_is_a_history(profile: str) -> None:
    """The same seed gives the same operations; they are JSON and come back from it; another seed gives others."""
    for faults in (True, False):
        history = random_history(profile, 7, 200, faults=faults)
        again = history_from_json(json.loads(json.dumps([op.to_dict() for op in history])))
        assert history == again == random_history(profile, 7, 200, faults=faults)
        assert faults == any(op.kind == "fault" for op in history)
    assert random_history(profile, 7, 50) != random_history(profile, 8, 50)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_history_makes_the_same_requests_after_another(profile: str) -> None:
    """I14: what an earlier history left on a stage (a session that went on) is seen by no later one."""
    stage = PairStage(profile)
    history = [*random_history(profile, 3, 10, faults=False), Tick(seconds=31 * DAY), Sync()]
    logs = []
    for _ in (1, 2):
        log: list[str] = []
        with PairWorld(stage, sync=Honest) as world:
            for op in history:
                world.apply(op)
                log += [f"{one['path']} {one['request']} {one['response']}" for one in world.exchanges]
        logs.append(log)
    stage.close()

    assert logs[0] == logs[1]
