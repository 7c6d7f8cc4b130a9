"""Known faults that would explain a bug: the engines in which a capsule does not hold.

Rule: a fault that explains a bug is no proof that a sync has it; it says where to look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from crm_contracts.capsules.capsule import Capsule, Engine
from crm_contracts.capsules.replay import Replay, faulty, replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.world.mutants import MUTANTS
from crm_contracts.world.mutants.planting import TargetGone
from crm_contracts.world.scenarios.faulty import FAULTY

__all__ = ["played_on", "suspects"]


def played_on(capsule: Capsule, engine: Engine, stages: Stages) -> Replay | None:
    """*capsule* played with a sync at fault; None where the place of a planted fault is gone."""
    try:
        with faulty(replace(capsule, engine=engine)) as sync:
            return replay(capsule, stages, sync=sync)
    except TargetGone:
        return None


def suspects(capsule: Capsule, stages: Stages) -> Iterator[tuple[Engine, Replay]]:
    """Each sync with a known fault in which *capsule* does not hold; the published ones are Planhat's."""
    published = FAULTY if capsule.profile == "planhat" else ()
    engines = [
        *(Engine("published", name) for name in published),
        *(Engine("planted", mutant.name) for mutant in MUTANTS if not mutant.of_a_fake),
    ]
    for engine in engines:
        played = played_on(capsule, engine, stages)
        if played is not None and not played.holds:
            yield engine, played
