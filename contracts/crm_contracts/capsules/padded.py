"""Long capsules that show a planted bug: what `minimise` is tried and measured on.

Rule 1: a short history of the catalogue in which the bug shows stands in the middle of a random one; where the random
one hides it, at its beginning; where none is known, a random history in which the bug shows by itself is taken.
Rule 2: deterministic: the same bug has the same long capsule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from crm_contracts.capsules.capsule import Capsule, Engine
from crm_contracts.capsules.gallery import failure_capsules
from crm_contracts.capsules.replay import faulty, replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.world.mutants import Mutant
from crm_contracts.world.ops import Op
from crm_contracts.world.profiles import profile

__all__ = ["OPS", "long_capsule"]

OPS = 200
SEEDS, STORIES = 4, 3
_APART = "bug-"  # before the handles of the bug's own history: the random one has its own


def long_capsule(mutant: Mutant, stages: Stages, *, length: int = OPS) -> Capsule | None:
    """A capsule of *length* operations that names *mutant* and in which it shows; None where none was found."""
    for candidate in _candidates(mutant, stages, length):
        shown = _shown(candidate, stages)
        if shown and replay(candidate, stages).holds:
            return replace(candidate, breaks=shown)
    return None


def _candidates(mutant: Mutant, stages: Stages, length: int) -> Iterator[Capsule]:
    for one in _short(mutant, stages):
        for seed in range(1, SEEDS + 1):
            yield replace(one, ops=padded(one.ops, seed, length))
        yield replace(one, ops=padded(one.ops, 1, length, first=True))
    empty = _naming(mutant, Capsule(title=mutant.wrong, profile="planhat", failure=mutant.failure, ops=()))
    for number, external_id in enumerate((False, True)):
        for seed in range(1, SEEDS + 1):
            story = tuple(profile("planhat").history(seed, length, number))
            yield replace(empty, ops=story, external_id=external_id)


def _short(mutant: Mutant, stages: Stages) -> Iterator[Capsule]:
    """Capsules of the catalogue in which the bug shows, at most STORIES: those of its own failure mode first."""
    every = [_naming(mutant, capsule) for _, capsule in failure_capsules()]
    near = [one for one in every if one.failure == mutant.failure]
    keyed = [replace(one, external_id=True) for one in near]
    far = [one for one in every if one.failure != mutant.failure]
    return islice((one for one in (*near, *keyed, *far) if _shown(one, stages)), STORIES)


def _naming(mutant: Mutant, capsule: Capsule) -> Capsule:
    return replace(capsule, engine=Engine("planted", mutant.name), expect={}, breaks="", log="")


def _shown(capsule: Capsule, stages: Stages) -> str:
    """The name of the invariant that *capsule* breaks on the engine that it names; "" for none."""
    with faulty(capsule) as sync:
        found = replay(capsule, stages, sync=sync).violation
    return "" if found is None else type(found).__name__


def padded(story: tuple[Op, ...], seed: int, length: int, *, first: bool = False) -> tuple[Op, ...]:
    """*story* in the middle (or at the beginning) of a random history, *length* operations in all."""
    around = profile("planhat").history(seed, max(0, length - len(story)), 0)
    before = 0 if first else len(around) // 2
    return (*around[:before], *map(_apart, story), *around[before:])


def _apart(op: Op) -> Op:
    names: dict[str, Any] = {
        name: f"{_APART}{value}" for name in ("act", "new") if (value := getattr(op, name, "")) != ""
    }
    return replace(op, **names) if names else op
