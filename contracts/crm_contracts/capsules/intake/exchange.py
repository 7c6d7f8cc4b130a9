"""One request and its answer, whatever recorded it: a browser, a proxy, a fake's journal.

Rule: every entry of a source is counted once, under one word: what it was used as, or why it was left out. The words'
numbers sum to the number of entries.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["RecordedExchange", "Tally"]

# The first noun of what several are counted under: "1 write of the sync", "1 other path".
_SEVERAL = re.compile(r"\b(answer|fault|host|job|log-in|part|path|preflight|read|record|request|row|socket|write)s\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedExchange:
    """A request and its answer, with everything secret left behind.

    *number* and *source* tell where it stands (`where`). *request* and *response* are parsed: JSON data, a form as a
    mapping, text otherwise, None for nothing; *request_unread* and *response_unread* say why one could not be read.
    *status* 0: no answer came. *who* names the caller by a word of our own ("" for a log-in). *fault* and *meaning*
    (verb, object) are what a fake's journal tells. *ahead*: seconds by which the vendor's clock is ahead of the
    recorder's.
    """

    number: int
    at: datetime
    vendor: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    request: Any = None
    status: int = 0
    response: Any = None
    request_unread: str = ""
    response_unread: str = ""
    who: str = ""
    fault: str | None = None
    meaning: tuple[str, str] | None = None
    ahead: float | None = None
    source: str = "entry"
    timed: bool = True

    @property
    def where(self) -> str:
        """Which one, and when: for a person who looks it up."""
        return f"{self.source} {self.number}" + (f" ({self.at:%Y-%m-%d %H:%M:%S})" if self.timed else "")


class Tally:
    """How many entries there were, and what became of each."""

    def __init__(self) -> None:
        self.used: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()

    @property
    def entries(self) -> int:
        return sum(self.used.values()) + sum(self.ignored.values())

    def line(self) -> str:
        """Everything on one line."""
        used, ignored = sum(self.used.values()), sum(self.ignored.values())
        said = f"{self.entries} entries: {used} used{_listed(self.used)}, {ignored} ignored{_listed(self.ignored)}"
        return said.replace("1 entries:", "1 entry:", 1) if self.entries == 1 else said


def _listed(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    shown = ", ".join(f"{count} {_one(word) if count == 1 else word}" for word, count in ordered)
    return f" ({shown})" if shown else ""


def _one(word: str) -> str:
    return _SEVERAL.sub(r"\1", word, count=1)
