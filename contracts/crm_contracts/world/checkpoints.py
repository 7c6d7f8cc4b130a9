"""A world put back to an earlier moment, and told apart from another: what lets a sweep share all that is equal.

Rule 1: a checkpoint is everything the future depends on: both fakes, the clock, what the sync remembers, what the judge
knows. Going back to it is as good as playing the history again.
Rule 2: two worlds of one fingerprint have one future, for nothing in a world is ambient; `fingerprint` leaves out only
what no answer depends on (who is logged in, how many calls were made) and what the sync says that it never reads.
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from crm_contracts.world.photographs import Photograph
from crm_contracts.world.playing import Playing
from crm_contracts.world.under_test import Portable

__all__ = ["Checkpoint", "checkpoint", "fingerprint", "restore"]

_PLAIN = (str, int, float, bool, type(None), datetime, timedelta, bytes)


@dataclass(frozen=True)
class Checkpoint:
    """One moment of one world. *memory* is the sync's, *judge* what the judge knows."""

    fakes: Photograph
    memory: bytes
    at: datetime
    judge: bytes
    seen: Mapping[str, Any]
    told: tuple[int, int, int]  # lines of the timeline, operations, reports


def checkpoint(world: Playing) -> Checkpoint:
    """This moment of *world*, whose sync must be `Portable`."""
    sync = world.sync
    assert isinstance(sync, Portable), "only a sync whose memory can be taken out can be put back"
    return Checkpoint(
        world.darkroom.photograph(),
        sync.photograph(),
        world.stage.clock.now(),
        pickle.dumps(_kept(world)),
        world.seen,
        (len(world.timeline), len(world.history), len(world.reports)),
    )


def restore(world: Playing, given: Checkpoint, *, fakes: Photograph | None = None, memory: bytes | None = None) -> None:
    """*world* as it was; with other *fakes* or another *memory*, as after a part of a round."""
    mine, stages = pickle.loads(given.judge)  # noqa: S301 - written a moment ago, by this process
    for name, value in mine.items():
        setattr(world, name, value)
    for name, value in stages.items():
        setattr(world.stage, name, value)
    world.darkroom.restore(fakes or given.fakes)
    for fake in world.stage.fakes.values():
        fake.faults.clear()
    world.stage.clock.set(given.at)
    world.seen = given.seen
    lines, operations, reports = given.told
    del world.timeline[lines:], world.history[operations:], world.reports[reports:]
    assert isinstance(world.sync, Portable)
    world.sync.restore(given.memory if memory is None else memory, world.settings)


def fingerprint(world: Playing) -> Hashable:
    """Equal for two worlds whose futures are equal, when nothing but polls is to come."""
    assert isinstance(world.sync, Portable)
    return (
        world.darkroom.photograph().essence(),
        world.sync.essence(),
        world.next_poll(),
        _told(pickle.dumps(_kept(world))),
    )


def _kept(world: Playing) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        {name: getattr(world, name) for name in world.KEPT},
        {name: getattr(world.stage, name) for name in world.stage.KEPT},
    )


@lru_cache(maxsize=1_024)
def _told(pickled: bytes) -> str:
    """What was pickled, as `_canonical` tells it, which is slow: many worlds know the same, down to the byte."""
    return _canonical(pickle.loads(pickled))  # noqa: S301 - written a moment ago, by this process


def _canonical(value: Any) -> str:
    """*value* as text that is equal for equal contents, whatever objects they are made of."""
    kind = type(value)
    if kind in _ATOMS or isinstance(value, _PLAIN):
        return repr(value)
    if kind is dict or isinstance(value, Mapping):
        if _ATOMS.issuperset(map(type, value.values())) and _TEXT.issuperset(map(type, value)):
            return repr(sorted(value.items()))  # names differ, so values are never compared
        return "{" + ",".join(sorted([f"{key!r}:{_canonical(one)}" for key, one in value.items()])) + "}"
    if isinstance(value, (set, frozenset)):
        return "<" + ",".join(sorted(map(_canonical, value))) + ">"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if dataclasses.is_dataclass(value) or hasattr(value, "__dict__"):
        return f"{kind.__name__}({_canonical(vars(value))})"
    raise TypeError(f"a judge that keeps a {kind.__name__} cannot be put back")


_ATOMS = frozenset({str, int, float, bool, type(None)})
_TEXT = frozenset({str})
