"""What a sync says of itself: the report of a round, as far as an invariant needs it.

A sync that reports nothing is judged by what it does alone; one that reports is held to its word.
The shape (a mapping, or an object whose `as_dict()` gives one):

    {"stopped": "",                                        why the round ended early
     "sections": {"Task:Task": {"seen": 3, "created": 1, "updated": 1, "unchanged": 0, "deleted": 0,
                                "skipped": {"its reason": 1}, "quarantined": {"a record": "its reason"}}},
     "conflicts": [{"field": "subject", "losing_value": "B", …}]}

Must not import crm_sync.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["Counts", "Told", "told"]


@dataclass(frozen=True)
class Counts:
    """What became of the records of one section in one round."""

    seen: int
    created: int
    updated: int
    unchanged: int
    skipped: Mapping[str, int]
    quarantined: Mapping[str, str]
    deleted: int = 0  # whose deletion was carried over (T21)

    def plus(self, other: Counts) -> Counts:
        """Of two jobs together."""
        reasons = (*self.skipped, *other.skipped)
        return Counts(
            self.seen + other.seen,
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            {reason: self.skipped.get(reason, 0) + other.skipped.get(reason, 0) for reason in reasons},
            {**self.quarantined, **other.quarantined},
            self.deleted + other.deleted,
        )

    @property
    def explained(self) -> int:
        acted = self.created + self.updated + self.deleted
        return acted + self.unchanged + sum(self.skipped.values()) + len(self.quarantined)


@dataclass(frozen=True)
class Told:
    """One round's report."""

    stopped: str
    sections: Mapping[str, Counts]
    conflicts: tuple[Mapping[str, Any], ...]

    @property
    def quarantined(self) -> int:
        return sum(len(one.quarantined) for one in self.sections.values())

    @property
    def skipped(self) -> int:
        return sum(sum(one.skipped.values()) for one in self.sections.values())

    @property
    def seen(self) -> int:
        return sum(one.seen for one in self.sections.values())


def told(returned: Any) -> Told | None:
    """The report that a round *returned*; None when it says nothing that this module can read.

    A round of several jobs may return a list of reports, one of each: they are read as one.
    """
    if isinstance(returned, list):
        parts = [told(one) for one in returned]
        return _together([one for one in parts if one is not None]) if parts and None not in parts else None
    plain = returned.as_dict() if hasattr(returned, "as_dict") else returned
    if not isinstance(plain, Mapping) or "sections" not in plain:
        return None
    try:
        return Told(
            stopped=str(plain.get("stopped") or ""),
            sections={str(name): _counts(given) for name, given in plain["sections"].items()},
            conflicts=tuple(dict(one) for one in plain.get("conflicts") or ()),
        )
    except (AttributeError, TypeError, ValueError):
        return None  # a report of its own, in another shape


def _counts(given: Mapping[str, Any]) -> Counts:
    numbers = {name: int(given.get(name, 0)) for name in ("seen", "created", "updated", "unchanged", "deleted")}
    skipped = {str(reason): int(count) for reason, count in (given.get("skipped") or {}).items()}
    quarantined = {str(record): str(reason) for record, reason in (given.get("quarantined") or {}).items()}
    return Counts(**numbers, skipped=skipped, quarantined=quarantined)


def _together(parts: Sequence[Told]) -> Told:
    """Several jobs' reports as that of one round; a record that two jobs put aside is put aside twice."""
    sections: dict[str, Counts] = {}
    for n, part in enumerate(parts, 1):
        for name, one in part.sections.items():
            marked = replace(one, quarantined={f"{record} (job {n})": why for record, why in one.quarantined.items()})
            sections[name] = sections[name].plus(marked) if name in sections else marked
    stopped = "; ".join(one.stopped for one in parts if one.stopped)
    return Told(stopped, sections, tuple(conflict for one in parts for conflict in one.conflicts))
