"""Planted bugs in histories of 200 operations: what is left of each is 10 operations or fewer, and shows the bug."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_contracts.capsules.minimise import minimise
from crm_contracts.capsules.padded import OPS, long_capsule
from crm_contracts.capsules.replay import faulty, replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.world.mutants import MUTANTS, Mutant

LEFT_MAX = 10
BY_DAY = ("a creation in doubt is made again",)  # half a dozen seconds of the processor each


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with Stages() as made:
        yield made


@pytest.mark.parametrize(
    "mutant",
    [pytest.param(one, marks=[] if one.name in BY_DAY else pytest.mark.nightly, id=one.name) for one in MUTANTS],
)
def test_a_planted_bug_is_made_small(mutant: Mutant, stages: Stages) -> None:
    """From 200 operations to 10 or fewer: the same bug on the engine at fault, none on ours."""
    found = long_capsule(mutant, stages)
    if found is None:
        assert mutant.name not in BY_DAY
        pytest.skip("no history of the catalogue, and none of a few random ones, shows it")
    with faulty(found) as sync:
        small = minimise(found, stages, sync=sync).capsule
        shown = replay(small, stages, sync=sync)

    assert OPS <= len(found.ops)
    assert len(small.start) + len(small.ops) <= LEFT_MAX
    assert found.breaks == type(shown.violation).__name__
    assert replay(small, stages).holds
