"""What a sync says of itself: the report of a round, as far as an invariant needs it.

A sync that reports nothing is judged by what it does alone; one that reports is held to its word.
The shape (a mapping, or an object whose `as_dict()` gives one):

    {"stopped": "",                                        why the round ended early
     "sections": {"Task:Task": {"seen": 3, "created": 1, "updated": 1, "unchanged": 0,
                                "skipped": {"its reason": 1}, "quarantined": {"a record": "its reason"}}},
     "conflicts": [{"field": "subject", "losing_value": "B", …}]}

Must not import crm_sync.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

    @property
    def explained(self) -> int:
        return self.created + self.updated + self.unchanged + sum(self.skipped.values()) + len(self.quarantined)


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
    """The report that a round *returned*; None when it says nothing that this module can read."""
    plain = returned.as_dict() if hasattr(returned, "as_dict") else returned
    if not isinstance(plain, Mapping) or "sections" not in plain:
        return None
    return Told(
        stopped=str(plain.get("stopped") or ""),
        sections={str(name): _counts(given) for name, given in plain["sections"].items()},
        conflicts=tuple(plain.get("conflicts") or ()),
    )


def _counts(given: Mapping[str, Any]) -> Counts:
    numbers = {name: int(given.get(name, 0)) for name in ("seen", "created", "updated", "unchanged")}
    return Counts(**numbers, skipped=given.get("skipped") or {}, quarantined=given.get("quarantined") or {})
