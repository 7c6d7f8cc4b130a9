"""What can be wrong with a sync: one class for each invariant, so that a failure says which and shrinks well.

Rule: the message tells the story to somebody who was not there: which activity, which field, which
values, and the timeline that led there.
Rule: an invariant has one class; where it is seen in two ways that a reader would mend differently, it has two.
Source of the numbering: the invariants I1 to I16 of the project's sync-correctness notes; each is told in
`crm_contracts.world.invariants`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = [
    "BrokenFrame",
    "CallsUnbounded",
    "ChangeMissed",
    "CrashLeftATrace",
    "DirectionIgnored",
    "Duplicated",
    "FalselyDeleted",
    "InvariantViolated",
    "Invented",
    "LensBroken",
    "Looping",
    "LoserUnlogged",
    "LostUpdate",
    "NotConverged",
    "NotDeterministic",
    "NotIsolated",
    "NotQuiet",
    "Stumbled",
    "Unaccounted",
]


class InvariantViolated(Exception):
    """An invariant does not hold. `activity` is the handle concerned ("" when it is the whole world)."""

    invariant = "I?"

    def __init__(self, what: str, *, activity: str = "", timeline: Iterable[str] = ()) -> None:
        self.what = what
        self.activity = activity
        self.timeline = tuple(timeline)
        self.history: Sequence[object] = ()  # the operations that show it, where somebody looked for them
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


class Invented(InvariantViolated):
    """I4: the sync wrote a value that no user ever gave this activity, or made a record that nobody asked for."""

    invariant = "I4"


class LostUpdate(InvariantViolated):
    """I5: a value that the policy had to keep is gone, or a value appeared that nobody was entitled to."""

    invariant = "I5"


class LoserUnlogged(InvariantViolated):
    """I5: a user's value lost a conflict, and the sync's own log does not hold it, or holds it twice; or the log names
    one that nobody lost.
    """

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


class ChangeMissed(InvariantViolated):
    """I9: the sync asked for what changed and went past a change, or its cursor went back by itself."""

    invariant = "I9"


class Stumbled(InvariantViolated):
    """I1: the sync raised although nothing had gone wrong, so it cannot converge."""

    invariant = "I1"


class CrashLeftATrace(InvariantViolated):
    """I10: after one fault and recovery the world differs from the one in which nothing had gone wrong."""

    invariant = "I10"


class CallsUnbounded(InvariantViolated):
    """I11: a round made more calls than what changed explains, or went on after the limit was used up."""

    invariant = "I11"


class Looping(InvariantViolated):
    """I12: without any deed of a user the sync wrote one field again and again."""

    invariant = "I12"


class NotIsolated(InvariantViolated):
    """I13: one record that cannot be synced changed what became of another."""

    invariant = "I13"


class NotDeterministic(InvariantViolated):
    """I14: the same history gave other requests."""

    invariant = "I14"


class Unaccounted(InvariantViolated):
    """I15: the sync's own counts do not add up, or a record that it had to look at is in none of them."""

    invariant = "I15"


class LensBroken(InvariantViolated):
    """I16: a value did not come back as it was put, or what only one side can say was rewritten for nothing."""

    invariant = "I16"
