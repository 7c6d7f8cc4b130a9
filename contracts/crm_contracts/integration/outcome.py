"""What a check says: what it looked at, and what it saw that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from crm_contracts.findings import Level
from crm_contracts.integration.parsed import ParsedCall, Run

__all__ = ["Check", "Looked", "Seen"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One thing that is wrong. *calls* are those that show it, the one to be named first. *about* tells it from others
    of its check; the same from two runs is told once. What else is None is the check's own row.
    """

    what: str
    calls: Sequence[ParsedCall]
    about: str = ""
    level: Level | None = None
    why: str | None = None
    remedy: str | None = None
    grade: str | None = None
    source: str | None = None


@dataclass(kw_only=True, slots=True)
class Looked:
    """*number* counts what there was to look at: at none, the check was not made."""

    number: int = 0
    seen: list[Seen] = field(default_factory=list)


Check = Callable[[Run], Looked]
