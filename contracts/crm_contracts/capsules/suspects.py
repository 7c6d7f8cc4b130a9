"""Known faults that would explain a bug: the engines in which a capsule does not hold.

Rule 1: a fault that explains a bug is no proof that a sync has it; it says where to look.
Rule 2: where a capsule says what broke (`breaks`), or which records are not as they should be (`expect`), a fault that
breaks something else explains nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from crm_contracts.capsules.capsule import Capsule, Engine
from crm_contracts.capsules.replay import Replay, replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.world.mutants import MUTANTS
from crm_contracts.world.mutants.planting import TargetGone
from crm_contracts.world.scenarios.faulty import FAULTY
from crm_contracts.world.violations import Duplicated, NotConverged

__all__ = ["Suspect", "known_engines", "played_on", "suspects"]


def played_on(capsule: Capsule, engine: Engine, stages: Stages) -> Replay | None:
    """*capsule* played with a sync at fault; None where the place of a planted fault is gone."""
    try:
        return replay(replace(capsule, engine=engine), stages, at_fault=True)
    except TargetGone:
        return None


@dataclass(frozen=True)
class Suspect:
    """An engine in which a capsule does not hold. *explains*: what breaks is what the capsule is about."""

    engine: Engine
    played: Replay
    explains: bool


def known_engines(capsule: Capsule) -> list[Engine]:
    """The syncs with a known fault on which *capsule* can be played; the published ones are Planhat's."""
    published = FAULTY if capsule.profile == "planhat" else ()
    return [
        *(Engine("published", name) for name in published),
        *(Engine("planted", mutant.name) for mutant in MUTANTS if not mutant.of_a_fake),
    ]


def suspects(
    capsule: Capsule, engines: Sequence[Engine], stages: Stages, *, done: Callable[[], None] = lambda: None
) -> Iterator[Suspect]:
    """Each of *engines* in which *capsule* does not hold; *done* is called once one was played and told."""
    for engine in engines:
        played = played_on(capsule, engine, stages)
        if played is not None and not played.holds:
            yield Suspect(engine, played, _explains(capsule, played))
        done()


def _explains(capsule: Capsule, played: Replay) -> bool:
    if capsule.breaks or not capsule.expect or played.violation is None:
        return played.shows(capsule)
    # An invariant ends the replay before the records are counted: it is about the same activity, in the same way.
    counted = any(isinstance(wanted, int) for sides in capsule.expect.values() for wanted in sides.values())
    about = played.violation.activity in capsule.expect
    return about and (not counted or isinstance(played.violation, (Duplicated, NotConverged)))
