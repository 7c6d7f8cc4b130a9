"""What can be wrong with a sync: one class for each invariant, so that a failure says which and shrinks well.

Rule: the message tells the story to somebody who was not there: which activity, which field, which
values, and the timeline that led there.
Source of the numbering: the invariants I1 to I10 of the project's sync-correctness notes.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "BrokenFrame",
    "CrashLeftATrace",
    "DirectionIgnored",
    "Duplicated",
    "FalselyDeleted",
    "InvariantViolated",
    "LostUpdate",
    "NotConverged",
    "NotQuiet",
    "Stumbled",
]


class InvariantViolated(Exception):
    """An invariant does not hold. `activity` is the handle concerned ("" when it is the whole world)."""

    invariant = "I?"

    def __init__(self, what: str, *, activity: str = "", timeline: Iterable[str] = ()) -> None:
        self.what = what
        self.activity = activity
        self.timeline = tuple(timeline)
        super().__init__(self._story())

    def _story(self) -> str:
        heading = f"{self.invariant} {type(self).__name__}: {self.what}"
        if not self.timeline:
            return heading
        return "\n".join([heading, "What happened:", *(f"  {line}" for line in self.timeline)])

    def with_timeline(self, lines: Iterable[str]) -> InvariantViolated:
        """The same finding with the story attached."""
        return type(self)(self.what, activity=self.activity, timeline=lines)


class NotConverged(InvariantViolated):
    """I1: users and faults stopped, and two sides that share a field still differ, or a record has no partner."""

    invariant = "I1"


class NotQuiet(InvariantViolated):
    """I2: everything had settled, and a further round wrote something."""

    invariant = "I2"


class Duplicated(InvariantViolated):
    """I3: one activity has more records in one system than the rules allow."""

    invariant = "I3"


class LostUpdate(InvariantViolated):
    """I5: a value that the policy had to keep is gone, or a value appeared that nobody was entitled to."""

    invariant = "I5"


class FalselyDeleted(InvariantViolated):
    """I6: the sync deleted a record, or brought back one that a user had deleted."""

    invariant = "I6"


class DirectionIgnored(InvariantViolated):
    """I7: a write (or, when not syncing, any request) that the section's direction excludes."""

    invariant = "I7"


class BrokenFrame(InvariantViolated):
    """I8: something the sync has no mapping for was changed by it."""

    invariant = "I8"


class Stumbled(InvariantViolated):
    """I1: the sync raised although nothing had gone wrong, so it cannot converge."""

    invariant = "I1"


class CrashLeftATrace(InvariantViolated):
    """I10: after one fault and recovery the world differs from the one in which nothing had gone wrong."""

    invariant = "I10"
