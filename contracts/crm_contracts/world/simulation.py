"""Many histories from one seed, each played twice; the first that breaks an invariant is shrunk.

Rule 1: the outcome depends on profile, seed, number and length alone: neither on the machine nor on how many jobs share
the work. Of several findings the first by number is told.
Rule 2: two plays of one history make the same requests, to the byte (I14).
Rule 3: a fake is a function of its state, its clock and the request (`photographs`), so worlds that follow one another
share its answers: the second play is the sync's and the judge's work. `play_once` by itself shares nothing, and gives
the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from typing import Any

from crm_contracts.world.monitors import Exchange
from crm_contracts.world.ops import InjectFault, Op
from crm_contracts.world.points import HIDING, SEARCHES
from crm_contracts.world.profiles import Profile, profile
from crm_contracts.world.shrink import shrink
from crm_contracts.world.violations import InvariantViolated, NotDeterministic

__all__ = ["Finding", "Simulated", "play_once", "seed_of", "simulate"]

SEEDS_APART = 1_000_003  # of two simulations: their histories do not repeat
AT_ONCE = 8  # histories that a job takes at a time
_LOGGED = ("at", "vendor", "method", "path", "request", "status", "fault", "response")


@dataclass(frozen=True)
class Finding:
    """A history that breaks an invariant, as short as it could be made. *stage* is the number of its stage."""

    profile: str
    seed: int
    number: int
    stage: int
    violation: InvariantViolated
    history: Sequence[Op]
    steps: int  # how long it was before


@dataclass(frozen=True)
class Simulated:
    """How it went: how many histories were played, the hash of all their logs, and the finding that ended it."""

    histories: int
    sha256: str
    finding: Finding | None = None


def seed_of(seed: int, number: int) -> int:
    """The seed of the *number*-th history (from 0) of a simulation."""
    return seed * SEEDS_APART + number


def simulate(
    name: str,
    *,
    histories: int,
    seed: int,
    steps: int,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda _done: None,
) -> Simulated:
    """Play *histories* histories of *steps* operations; *progress* is called with how many more were played."""
    chosen = profile(name)
    digest = hashlib.sha256()
    played = 0
    with _results(name, histories, seed, steps, jobs) as results:
        for log, violated in results:
            played += 1
            progress(1)
            digest.update(log.encode())
            if violated:
                number = played - 1
                stage, history = _made(chosen, seed_of(seed, number), steps)
                with _many(chosen):
                    finding = _finding(chosen, seed, number, stage, history)
                return Simulated(played, digest.hexdigest(), finding)
    return Simulated(played, digest.hexdigest())


def play_once(chosen: Profile, stage: int, history: Iterable[Op]) -> str:
    """Play a history on a fresh world and demand everything in the end. Returns the hash of its log."""
    digest = hashlib.sha256()

    def log(exchanges: Iterable[Exchange]) -> None:
        for one in exchanges:
            digest.update("\0".join(str(one[key]) for key in _LOGGED).encode())

    with chosen.world(_stage(chosen.name, stage)) as world:
        world.log = log
        world.apply_all(history)
        world.finish()
    return digest.hexdigest()


def _made(chosen: Profile, seed: int, steps: int) -> tuple[int, list[Op]]:
    """The stage and the history of one seed."""
    stage = seed % len(chosen.stages)
    return stage, chosen.history(seed, steps, stage)


def _verdict(name: str, seed: int, steps: int) -> tuple[str, bool]:
    """The hash of one history's log, and whether it broke an invariant."""
    chosen = profile(name)
    stage, history = _made(chosen, seed, steps)
    found = _broken(chosen, stage, history)
    if isinstance(found, InvariantViolated):
        return hashlib.sha256(type(found).__name__.encode()).hexdigest(), True
    return found, False


def _broken(chosen: Profile, stage: int, history: Sequence[Op]) -> InvariantViolated | str:
    """What a history breaks when it is played twice; else the hash of its log."""
    try:
        first, second = play_once(chosen, stage, history), play_once(chosen, stage, history)
    except InvariantViolated as found:
        return found
    return first if first == second else NotDeterministic("two plays of this history made different requests")


def _finding(chosen: Profile, seed: int, number: int, stage: int, history: Sequence[Op]) -> Finding:
    violated = _broken(chosen, stage, history)
    assert isinstance(violated, InvariantViolated), "found once, it is found again"
    kind = type(violated)

    def shows(candidate: Sequence[Op]) -> bool:
        if any(isinstance(op, InjectFault) and op.fault == HIDING and op.verb not in SEARCHES for op in candidate):
            return False
        try:
            return isinstance(_broken(chosen, stage, candidate), kind)
        except AssertionError:
            return False  # with a word less a user's deed may be one that the vendor refuses

    short = shrink(history, shows)
    shortest = _broken(chosen, stage, short)
    assert isinstance(shortest, InvariantViolated)
    return Finding(chosen.name, seed, number, stage, shortest, short, len(history))


@contextmanager
def _results(name: str, histories: int, seed: int, steps: int, jobs: int) -> Iterator[Iterator[tuple[str, bool]]]:
    """Verdicts in the order of the histories."""
    if jobs == 1:
        with _many(profile(name)):
            yield (_verdict(name, seed_of(seed, number), steps) for number in range(histories))
        return
    numbers = iter(range(histories))
    batches = iter(lambda: list(islice(numbers, AT_ONCE)), [])
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_batch, name, [seed_of(seed, one) for one in batch], steps) for batch in batches]
        try:
            yield (verdict for future in futures for verdict in future.result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _batch(name: str, seeds: Sequence[int], steps: int) -> list[tuple[str, bool]]:
    with _many(profile(name)):
        return [_verdict(name, seed, steps) for seed in seeds]


@contextmanager
def _many(chosen: Profile) -> Iterator[None]:
    """Many worlds follow one another: what a fake was asked in one of them, it is not asked in the next (rule 3)."""
    counters = [_stage(chosen.name, number).counter for number in range(len(chosen.stages))]
    for counter in counters:
        counter.for_many = True
    try:
        yield
    finally:
        for counter in counters:
            counter.for_many, counter.room = False, None


@lru_cache(maxsize=8)
def _stage(name: str, number: int) -> Any:
    return profile(name).stages[number]()
