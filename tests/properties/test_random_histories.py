"""Histories by seed, at volume: what the seeded driver draws, the reference sync lives through.

How many and how long comes from the active Hypothesis profile. A failing seed is a history: play it with
`play(random_history(seed, steps), stage=Stage())`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from crm_contracts.world import Stage, play
from crm_contracts.world.simulate import random_history

SEEDS = st.integers(0, 2**31)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage(external_id=True)
    yield made
    made.close()


# A seed does not shrink: a smaller number is another history, not a part of this one.
@settings(phases=[Phase.generate])
@given(seed=SEEDS)
@pytest.mark.rule("P10", "P24", "P25")
def test_any_history_settles(stage: Stage, seed: int) -> None:
    """Users, faults, deaths and settings in any order: the invariants hold at every round and in the end."""
    play(random_history(seed, settings().stateful_step_count), stage=stage)
