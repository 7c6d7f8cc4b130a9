"""Letting the proof at a planted bug: which check notices it, after how many examples, and how short it can be told.

Rule 1: whatever notices it must be silent without it; else the finding is nobody's (`Outcome.EXCUSED`).
Rule 2: a bug that nothing noticed in its time survives, and is a hole in the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from crm_contracts.world.mutants.lane import Example, History, Lane, Sweep, Test, TestFailed
from crm_contracts.world.mutants.model import Mutant
from crm_contracts.world.mutants.planting import TargetGone, planted
from crm_contracts.world.ops import Op
from crm_contracts.world.shrink import shrink
from crm_contracts.world.violations import InvariantViolated

__all__ = ["CAUGHT", "EXCUSED", "GONE", "SURVIVED", "Outcome", "run", "run_all"]

CAUGHT, SURVIVED, GONE, EXCUSED = "caught", "survived", "target gone", "fails without the bug"
SECONDS_MAX = 60.0  # of the processor, for noticing it
PLAYS_MAX = 60  # for making it short


@dataclass(frozen=True)
class Outcome:
    """What became of one planted bug. *check* is the invariant or test that noticed it, *means* the example.

    *examples*: how many there were until then; *steps* and *history*: the operations that show it, before and after
    they were made short (a test has none).
    """

    mutant: Mutant
    outcome: str
    check: str = ""
    means: str = ""
    what: str = ""
    examples: int = 0
    seconds: float = 0.0
    steps: int = 0
    history: Sequence[Op] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.mutant.name,
            "failure": self.mutant.failure,
            "wrong": self.mutant.wrong,
            "outcome": self.outcome,
            "check": self.check,
            "means": self.means,
            "what": self.what,
            "examples": self.examples,
            "seconds": round(self.seconds, 2),
            "operations_before": self.steps,
            "operations": len(self.history),
            "history": [op.to_dict() for op in self.history],
        }


def run_all(
    mutants: Iterable[Mutant],
    lane: Lane,
    *,
    clock: Callable[[], float],
    seconds_max: float = SECONDS_MAX,
    plays_max: int = PLAYS_MAX,
) -> Iterator[Outcome]:
    """One after the other; *clock* counts seconds of the processor."""
    for mutant in mutants:
        yield run(mutant, lane, clock=clock, seconds_max=seconds_max, plays_max=plays_max)


def run(
    mutant: Mutant,
    lane: Lane,
    *,
    clock: Callable[[], float],
    seconds_max: float = SECONDS_MAX,
    plays_max: int = PLAYS_MAX,
) -> Outcome:
    """Show *mutant* one example after the other until one notices it, and make that short."""
    began, seen = clock(), 0
    excused: Outcome | None = None
    for example in lane.examples(mutant):
        if clock() - began > seconds_max:
            break
        if isinstance(example, Test) and not _is_green(example):
            continue  # a test that fails anyway shows nothing
        try:
            with planted(mutant):
                seen += example.play()
        except TargetGone as gone:
            return Outcome(mutant, GONE, what=str(gone))
        except Exception as found:  # noqa: BLE001 - a wrong fake breaks the world itself in many ways
            spent = clock() - began
            outcome = _short(mutant, example, found, plays_max)
            outcome = replace(outcome, examples=seen + 1, seconds=spent)
            if outcome.outcome == CAUGHT:
                return outcome
            excused = excused or outcome
    return excused or Outcome(mutant, SURVIVED, examples=seen, seconds=clock() - began)


def _short(mutant: Mutant, example: Example, found: Exception, plays_max: int) -> Outcome:
    """The outcome of *example*, as short as it can be told."""
    told = Outcome(mutant, CAUGHT, check=_check(example, found), means=example.means, what=_what(found))
    if isinstance(example, Test):
        return told
    scene = example.scene if isinstance(example, Sweep) else example
    long: Sequence[Op] = tuple(getattr(found, "history", ()) or ()) if isinstance(example, Sweep) else scene.history
    kind = type(found)

    def shows(history: Sequence[Op]) -> bool:
        if scene.says and _fails(replace(scene, history=history), kind):
            return False  # what a whole history ends with, a part of it need not
        with planted(mutant):
            return replace(scene, history=history).shows(kind)

    # What only a sweep can tell (a strike in the middle of a round that is known) is not played again.
    short = shrink(long, shows, plays_max=plays_max) if plays_max and shows(long) else list(long)
    for history in (short, long):
        if not _fails(replace(scene, history=history), kind):
            return replace(told, steps=len(long), history=tuple(history))
    return replace(told, outcome=EXCUSED, steps=len(long), history=tuple(long))


@cache
def _is_green(test: Test) -> bool:
    """Does it pass without the bug? It loads what it needs besides, before the bug is there."""
    try:
        test.play()
    except TestFailed:
        return False
    return True


def _fails(scene: History, kind: type[Exception]) -> bool:
    return scene.shows(kind)


def _check(example: Example, found: Exception) -> str:
    if isinstance(found, InvariantViolated):
        return f"{found.invariant} {type(found).__name__}"
    if isinstance(found, TestFailed):
        return f"test {example.means.rsplit('::', 1)[-1]}"
    return f"the world itself ({type(found).__name__})"


def _what(found: Exception) -> str:
    return found.what if isinstance(found, InvariantViolated) else (str(found).splitlines() or [""])[0][:300]
