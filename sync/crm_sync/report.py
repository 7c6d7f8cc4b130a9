"""What a run did, so that every record it saw is accounted for.

For each section: seen = created + updated + deleted + unchanged + skipped + quarantined (invariant I15). A
record has one outcome per section and run; the strongest one stays (a created record that was also
written is "created").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Outcome(IntEnum):
    """What became of one record; a higher one replaces a lower one."""

    UNCHANGED = 0
    SKIPPED = 1
    UPDATED = 2
    CREATED = 3
    DELETED = 4
    QUARANTINED = 5


@dataclass
class SectionReport:
    """One section's records: record label -> (outcome, reason or "")."""

    outcomes: dict[str, tuple[Outcome, str]] = field(default_factory=dict)

    def add(self, label: str, outcome: Outcome, reason: str = "") -> None:
        known = self.outcomes.get(label)
        if known is None or outcome >= known[0]:
            self.outcomes[label] = (outcome, reason)

    def count(self, outcome: Outcome) -> int:
        return sum(1 for known, _ in self.outcomes.values() if known is outcome)

    @property
    def seen(self) -> int:
        return len(self.outcomes)

    @property
    def created(self) -> int:
        return self.count(Outcome.CREATED)

    @property
    def updated(self) -> int:
        return self.count(Outcome.UPDATED)

    @property
    def deleted(self) -> int:
        """Records deleted on one side because somebody deleted the other's."""
        return self.count(Outcome.DELETED)

    @property
    def unchanged(self) -> int:
        return self.count(Outcome.UNCHANGED)

    @property
    def quarantined(self) -> dict[str, str]:
        """Record label -> reason."""
        return {k: r for k, (o, r) in self.outcomes.items() if o is Outcome.QUARANTINED}

    @property
    def skipped(self) -> dict[str, int]:
        """Reason -> how many records."""
        return dict(Counter(r for o, r in self.outcomes.values() if o is Outcome.SKIPPED).most_common())

    def account(self) -> str:
        """The sum that has to come out (I15), as a text."""
        deleted = f"{self.deleted} deleted + " if self.deleted else ""
        return (
            f"{self.seen} seen = {self.created} created + {self.updated} updated + {deleted}"
            f"{self.unchanged} unchanged + {sum(self.skipped.values())} skipped + {len(self.quarantined)} quarantined"
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "seen": self.seen,
            "created": self.created,
            "updated": self.updated,
            "deleted": self.deleted,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "quarantined": self.quarantined,
        }


@dataclass(frozen=True)
class Conflict:
    """Both sides changed one field; *losing_value* is what was given up, nowhere else kept."""

    activity: str
    field: str
    winner: str
    loser: str
    winning_value: Any
    losing_value: Any
    policy: str

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass(frozen=True)
class HeldBack:
    """A value that was not sent although the rest of its record was (rule P26)."""

    activity: str
    field: str
    value: Any
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass
class Report:
    """The result of one run. *stopped* is "" or why the run ended early; *planned* lists what a
    dry run would have written; *calls* counts requests sent, *writes* those that change something.
    """

    dry_run: bool = False
    partner: str = "planhat"
    sections: dict[str, SectionReport] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    held_back: list[HeldBack] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    limit_used: int | None = None
    limit_max: int | None = None
    inheritance: bool = False
    stopped: str = ""
    _noted: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def section(self, key: str) -> SectionReport:
        return self.sections.setdefault(key, SectionReport())

    def note(self, text: str) -> None:
        if text not in self._noted:
            self._noted.add(text)
            self.notes.append(text)

    def _held(self) -> dict[tuple[str, str, str], list[str]]:
        """What was held back for one reason -> of which records: an unknown owner may own thousands."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for one in self.held_back:
            found.setdefault((one.field, repr(one.value), one.reason), []).append(one.activity)
        return found

    @property
    def settled(self) -> bool:
        """True when the run came to its end and wrote nothing."""
        return not self.stopped and not sum(self.writes.values())

    @property
    def limit_remaining(self) -> int | None:
        if self.limit_used is None or self.limit_max is None:
            return None
        return self.limit_max - self.limit_used

    def as_dict(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "stopped": self.stopped,
            "sections": {key: section.as_dict() for key, section in self.sections.items()},
            "conflicts": [conflict.as_dict() for conflict in self.conflicts],
            "held_back": [held.as_dict() for held in self.held_back],
            "notes": self.notes,
            "planned": self.planned,
            "calls": dict(self.calls),
            "writes": dict(self.writes),
            "limit": {"used": self.limit_used, "max": self.limit_max, "remaining": self.limit_remaining},
            "inheritance": self.inheritance,
        }

    def lines(self) -> Iterator[str]:
        """The report for people."""
        if self.stopped:
            yield f"STOPPED EARLY: {self.stopped}"
        for key, section in self.sections.items():
            model, _, salesforce = key.partition(":")
            yield f"{self.partner.title()} {model} – Salesforce {salesforce}: {section.account()}"
            for reason, count in section.skipped.items():
                yield f"  skipped {count}: {reason}"
            for label, reason in section.quarantined.items():
                yield f"  quarantined {label}: {reason}"
        for conflict in self.conflicts:
            yield (
                f"conflict on {conflict.field} of {conflict.activity}: {conflict.winner} wins "
                f"({conflict.policy}) with {conflict.winning_value!r}; {conflict.loser} gave up "
                f"{conflict.losing_value!r}"
            )
        for (field_name, value, reason), activities in self._held().items():
            more = f" and {len(activities) - 1} more" if activities[1:] else ""
            yield f"held back {field_name}={value} of {activities[0]}{more}: {reason}"
        yield from (f"would {line}" for line in self.planned)
        yield from (f"note: {note}" for note in self.notes)
        yield (
            f"calls: Salesforce {self.calls['salesforce']} ({self.writes['salesforce']} writes), "
            f"{self.partner.title()} {self.calls[self.partner]} ({self.writes[self.partner]} writes)"
        )
        if self.limit_remaining is not None:
            yield f"Salesforce daily calls: {self.limit_used} of {self.limit_max} used"
        if self.inheritance:
            yield "Notes to inherit Task sourceId: on (read-only here)"
