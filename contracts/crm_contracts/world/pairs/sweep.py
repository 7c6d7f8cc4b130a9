"""I10 for pairs: one fault at every request (and commit) of a scenario, and after recovery the same world.

The work is `world.sweep`'s; here a world of pairs begins. A sync that is not `Portable` is judged by playing each
history from its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence

from crm_contracts.world.pairs.ops import Op
from crm_contracts.world.pairs.settings import PairSettings
from crm_contracts.world.pairs.stage import PairStage
from crm_contracts.world.pairs.under_test import PairSyncFactory
from crm_contracts.world.pairs.world import PairWorld
from crm_contracts.world.rounds import Tally
from crm_contracts.world.sweep import KINDS, play_all, sweep_world
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
    return play_all(scenario, lambda: PairWorld(stage, sync=sync, settings=settings), kinds, lasting)
