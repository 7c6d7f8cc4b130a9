"""The smallest capsule that still shows the bug: fewer operations, starting records, words, customers.

Rule 1: deterministic: what is tried in which order depends on the capsule alone.
Rule 2: what is left shows the same bug: it violates the invariant that the capsule names, or the same record differs
from what was expected.
Rule 3: what ours lives through stays something that ours lives through while it is made small on an engine at fault: it
is to become a test that a repaired sync passes.
Rule 4: words that people wrote (title, what the customer saw, expectations, questions) stay.
Source: Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input (ddmin), by `world.shrink`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crm_contracts.capsules.capsule import BREAKS, Capsule
from crm_contracts.capsules.replay import Replay, replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.world.ops import Op
from crm_contracts.world.shrink import shrink
from fake_core.errors import MisuseError

__all__ = ["PLAYS_MAX", "Minimised", "minimise"]

PLAYS_MAX = 2_000


@dataclass(frozen=True)
class Minimised:
    """The smaller capsule, and how many replays that took."""

    capsule: Capsule
    plays: int


def minimise(
    capsule: Capsule,
    stages: Stages,
    *,
    at_fault: bool = False,
    plays_max: int = PLAYS_MAX,
    progress: Callable[[Capsule, int], None] = lambda _best, _plays: None,
) -> Minimised:
    """Make *capsule* as small as it can be. *progress* is told the smallest so far and how many replays it took.

    *at_fault*: on the engine that it names, not on ours. Raises MisuseError when it shows no bug there.
    """
    search = _Search(capsule, stages, progress, at_fault=at_fault, plays_max=plays_max)
    first = search.first
    if not search.is_it(first):
        raise MisuseError("it shows no bug with this sync, so there is nothing to keep: see --faulty")
    best = capsule
    if first.violation is not None:
        best = search.cut(replace(capsule, breaks=type(first.violation).__name__), first)
    while True:
        before = best
        best = search.fewer(best, "ops")
        best = search.fewer(best, "start")
        best = search.plainer(best)
        if best == before or search.plays >= plays_max:
            return Minimised(replace(best, log=""), search.plays)


class _Search:
    def __init__(
        self,
        capsule: Capsule,
        stages: Stages,
        progress: Callable[[Capsule, int], None],
        *,
        at_fault: bool,
        plays_max: int,
    ) -> None:
        self._stages, self._progress = stages, progress
        self._at_fault, self._plays_max = at_fault, plays_max
        self._seen: dict[str, bool] = {}
        self.plays = 0
        self.first = self._play(capsule, at_fault=at_fault)
        self._kind = BREAKS[capsule.breaks] if capsule.breaks else type(self.first.violation)
        self._where = {line.partition(":")[0] for line in self.first.differs}
        self._ours_lives = at_fault and self._play(capsule, at_fault=False).holds

    def _play(self, capsule: Capsule, *, at_fault: bool) -> Replay:
        self.plays += 1
        return replay(capsule, self._stages, at_fault=at_fault)

    def is_it(self, played: Replay) -> bool:
        """Whether this is the bug that the first replay showed."""
        if played.violation is not None:
            return isinstance(played.violation, self._kind)
        return not self._where.isdisjoint(line.partition(":")[0] for line in played.differs)

    def shows(self, capsule: Capsule) -> bool:
        if self.plays >= self._plays_max:
            return False
        key = repr(capsule)
        if key not in self._seen:
            try:
                shown = self.is_it(self._play(capsule, at_fault=self._at_fault))
                self._seen[key] = shown and (not self._ours_lives or self._play(capsule, at_fault=False).holds)
            except MisuseError:
                self._seen[key] = False  # without what was left out its words make no sense
            if self._seen[key]:
                self._progress(capsule, self.plays)
        return self._seen[key]

    def cut(self, capsule: Capsule, played: Replay) -> Capsule:
        """What came after the bug showed is no part of it."""
        before = len(capsule.start) + bool(capsule.start)
        shorter = _with(capsule, ops=capsule.ops[: max(0, played.played - before)])
        return shorter if self.shows(shorter) else capsule

    def fewer(self, capsule: Capsule, name: str) -> Capsule:
        """Fewer operations of the list *name*, and simpler ones."""

        def shows(history: Sequence[Op]) -> bool:
            return self.shows(_with(capsule, **{name: tuple(history)}))

        history = getattr(capsule, name)
        if history and shows(()):
            return _with(capsule, **{name: ()})
        return (
            _with(capsule, **{name: tuple(shrink(history, shows, plays_max=self._plays_max))}) if history else capsule
        )

    def plainer(self, capsule: Capsule) -> Capsule:
        """Settings at their default, no people, no customers but those who are named, no fields that nobody fills."""
        for name in capsule.settings:
            capsule = self._without(capsule, "settings", name)
        for name in ("people", "owners"):
            for one in getattr(capsule, name):
                left = tuple(each for each in getattr(capsule, name) if each is not one)
                capsule = self._if_it_shows(capsule, _with(capsule, **{name: left}))
        for handle in capsule.customers:
            capsule = self._without(capsule, "customers", handle)
        for name in capsule.task_fields:
            capsule = self._without(capsule, "task_fields", name)
        plain = {handle: replace(one, name="", id="") for handle, one in capsule.customers.items()}
        capsule = self._if_it_shows(capsule, _with(capsule, customers=plain))
        for name in ("external_id", "clock"):
            default: Any = getattr(Capsule, name)
            capsule = self._if_it_shows(capsule, _with(capsule, **{name: default}))
        return capsule

    def _without(self, capsule: Capsule, name: str, key: str) -> Capsule:
        given: Mapping[str, Any] = getattr(capsule, name)
        left = {each: value for each, value in given.items() if each != key}
        return self._if_it_shows(capsule, _with(capsule, **{name: left}))

    def _if_it_shows(self, capsule: Capsule, candidate: Capsule) -> Capsule:
        return candidate if candidate != capsule and self.shows(candidate) else capsule


def _with(capsule: Capsule, **changes: Any) -> Capsule:
    return replace(capsule, **changes)
