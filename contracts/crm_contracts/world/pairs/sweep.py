"""I10 for pairs: one fault at every request (and commit) of a scenario, and after recovery the same world.

The work is `world.sweep`'s; here a world of pairs begins. A sync that is not `Portable` is judged by playing each
history from its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence

from crm_contracts.world.monitors import Exchange
from crm_contracts.world.pairs import ops
from crm_contracts.world.pairs.ops import Op
from crm_contracts.world.pairs.settings import PairSettings
from crm_contracts.world.pairs.stage import PairStage
from crm_contracts.world.pairs.under_test import PairSyncFactory
from crm_contracts.world.pairs.world import PairWorld
from crm_contracts.world.rounds import Tally, compare
from crm_contracts.world.sweep import KINDS, single_faults, sweep_world
from crm_contracts.world.under_test import Portable
from crm_contracts.world.violations import InvariantViolated

__all__ = ["KINDS", "Tally", "sweep"]


def sweep(
    scenario: Sequence[Op],
    *,
    stage: PairStage,
    sync: PairSyncFactory,
    settings: PairSettings | None = None,
    kinds: Sequence[str] = tuple(KINDS),
    lasting: Sequence[bool] = (False, True),
    rounds: str = "every",
    found: list[InvariantViolated] | None = None,
) -> Tally:
    """Strike *scenario* at every point of *rounds* ("every" or the "last") with every fault of *kinds*, and a death.

    *lasting*: once (False), until somebody heals it (True). Raises the invariant that a variant violates, or puts each
    into *found*.
    """
    with PairWorld(stage, sync=sync, settings=settings) as world:
        if isinstance(world.sync, Portable):
            return sweep_world(world, scenario, kinds=kinds, lasting=lasting, rounds=rounds, found=found)
    return _play_all(scenario, stage, sync, settings, kinds, lasting)


def _play_all(
    scenario: Sequence[Op],
    stage: PairStage,
    sync: PairSyncFactory,
    settings: PairSettings | None,
    kinds: Sequence[str],
    lasting: Sequence[bool],
) -> Tally:
    exchanges: list[Exchange] = []
    with PairWorld(stage, sync=sync, settings=settings) as world:
        for op in scenario:
            world.apply(op)
            if isinstance(op, ops.Sync):
                exchanges = list(world.exchanges)
        world.finish()
        expected = world.summary()
    tally = Tally(rounds=1)
    for variant in single_faults(scenario, exchanges, kinds=kinds, lasting=lasting):
        with PairWorld(stage, sync=sync, settings=settings) as world:
            world.apply_all(variant)
            world.finish()
            tally.points += 1
            tally.played += 1
            tally.settled += 1
            compare(world.summary(), expected, timeline=[str(op.to_dict()) for op in variant])
    return tally
