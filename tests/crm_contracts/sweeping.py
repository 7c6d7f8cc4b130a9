"""What the sweeps' tests share: scenarios by seed, and shards of a fixed number of points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
LATE = ("slow_visibility",)
PROMPT = tuple(kind for kind in KINDS if kind not in LATE)


def scenario(seed: int) -> list[Op]:
    """A history without faults that ends with a round."""
    history = [op for op in random_history(seed, STEPS) if not isinstance(op, ops.InjectFault)]
    return [ops.Sync() if isinstance(op, ops.Sync) else op for op in history] + [ops.Sync()]


def seeds(shard: int) -> Iterator[int]:
    """The seeds of one shard: no other has them."""
    return count(shard * SHARDS_APART)


def sweep_shard(
    shard: int,
    stage: Stage,
    *,
    points: int,
    rounds: str,
    scenarios: int = 1,
    kinds: Sequence[str] = PROMPT,
    shared: bool = False,
) -> Tally:
    """Sweep scenarios of this shard until there were *points* points and so many *scenarios*.

    *shared*: exactly so many points, of each scenario as many as of another that has them.
    """
    tally = Tally()
    for done, seed in enumerate(seeds(shard)):
        if tally.points >= points and done >= scenarios:
            break
        share = -(-(points - tally.points) // max(1, scenarios - done)) if shared else 0
        settings = Settings(conflict=CONFLICTS[seed % len(CONFLICTS)])
        swept = sweep(
            scenario(seed), stage=stage, settings=settings, kinds=kinds, rounds=rounds, points_max=share, seed=seed
        )
        tally.add(swept)
    return tally
