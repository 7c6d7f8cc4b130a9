"""What the sweeps' tests share: scenarios by seed, and shards of a fixed number of points."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from crm_contracts.world import Settings, Stage, ops
from crm_contracts.world.ops import Op
from crm_contracts.world.points import KINDS
from crm_contracts.world.rounds import Tally
from crm_contracts.world.settings import CONFLICTS
from crm_contracts.world.simulate import random_history
from crm_contracts.world.sweep import sweep

STEPS = 8
SHARDS_APART = 10_000
# What the sync's reading is behind of has a test of its own in test_crash_sweep.py.
PROMPT = tuple(kind for kind in KINDS if kind != "slow_visibility")


def scenario(seed: int) -> list[Op]:
    """A history without faults that ends with a round."""
    history = [op for op in random_history(seed, STEPS) if not isinstance(op, ops.InjectFault)]
    return [ops.Sync() if isinstance(op, ops.Sync) else op for op in history] + [ops.Sync()]


def seeds(shard: int) -> Iterator[int]:
    """The seeds of one shard: no other has them."""
    return count(shard * SHARDS_APART)


def sweep_shard(shard: int, stage: Stage, *, points: int, rounds: str) -> Tally:
    """Sweep scenarios of this shard until there were *points* points."""
    tally = Tally()
    for seed in seeds(shard):
        if tally.points >= points:
            break
        settings = Settings(conflict=CONFLICTS[seed % len(CONFLICTS)])
        tally.add(sweep(scenario(seed), stage=stage, settings=settings, kinds=PROMPT, rounds=rounds))
    return tally
