"""A long history that shows something, made short: delta debugging over operations, then over what they say.

Rule 1: deterministic; what is tried in which order depends on the history alone.
Rule 2: shorter is better, then simpler: an operation goes away, or one of its words takes its default.
Source: Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input (ddmin).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, replace

from crm_contracts.world.ops import Op

__all__ = ["shrink"]

PLAYS_MAX = 600


def shrink(history: Sequence[Op], shows: Callable[[Sequence[Op]], bool], *, plays_max: int = PLAYS_MAX) -> list[Op]:
    """The shortest history found of which *shows* still says True; *history* itself is one."""
    left = [plays_max]

    def tried(candidate: Sequence[Op]) -> bool:
        left[0] -= 1
        return left[0] >= 0 and shows(candidate)

    best = list(history)
    while left[0] > 0:
        before = best
        best = _simpler(_fewer(best, tried), tried)
        if best == before:
            break
    return best


def _fewer(history: list[Op], shows: Callable[[Sequence[Op]], bool]) -> list[Op]:
    size = max(1, len(history) // 2)
    while True:
        at = len(history)
        while at > 0:  # from the end: what comes last matters least to what comes first
            start = max(0, at - size)
            candidate = history[:start] + history[at:]
            if candidate and shows(candidate):
                history = candidate
            at = start
        if size == 1:
            return history
        size //= 2


def _simpler(history: list[Op], shows: Callable[[Sequence[Op]], bool]) -> list[Op]:
    for n in range(len(history)):
        for simpler in _variants(history[n]):
            candidate = [*history[:n], simpler, *history[n + 1 :]]
            if shows(candidate):
                history = candidate
    return history


def _variants(op: Op) -> Iterator[Op]:
    for one in fields(op):
        value = getattr(op, one.name)
        if one.default is not MISSING and value != one.default:
            yield replace(op, **{one.name: one.default})
        if isinstance(value, Mapping) and len(value) > 1:
            for name in value:
                yield replace(op, **{one.name: {key: kept for key, kept in value.items() if key != name}})
