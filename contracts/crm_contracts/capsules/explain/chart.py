"""What a chart shows, before anybody draws it.

Five lanes, so that no arrow crosses one: the people who work in Salesforce, Salesforce, the sync, the partner, the
people who work there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm_contracts.capsules.intake.blacking import Secrets

__all__ = [
    "ANSWER_LOST", "ARRIVES", "LOST", "PARTNER", "PARTNER_USERS", "REFUSED", "SALESFORCE", "SALESFORCE_USERS", "SYNC",
    "Chart", "Step", "seen", "wrapped",
]  # fmt: skip

SALESFORCE_USERS, SALESFORCE, SYNC, PARTNER, PARTNER_USERS = range(5)
#: How a request fares: it arrives; it never arrives; it arrives and the answer is lost; it is answered with a refusal.
ARRIVES, LOST, ANSWER_LOST, REFUSED = "arrives", "lost", "answer lost", "refused"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that happened. *number* is its name in a conversation, 0 for what is only the frame of others.

    *arrow* goes from lane to lane; None: it concerns all lanes, or the one it is *at_lane*.
    """

    at: datetime
    says: str
    number: int = 0
    arrow: tuple[int, int] | None = None
    at_lane: int | None = None
    fares: str = ARRIVES
    short: str = ""  # for the arrow itself: "creates Task"
    values: str = ""
    mishap: str = ""
    parts: str = ""  # here the two sides part: over what
    run: bool = False  # the sync begins to run
    until: datetime | None = None  # where it stands for several alike

    @property
    def by_sync(self) -> bool:
        """Whether it belongs to a run of the sync."""
        return self.at_lane == SYNC or (self.arrow is not None and self.arrow[0] == SYNC)

    def words(self) -> list[str]:
        """What happened and, in a line of its own, what went wrong with it."""
        between = " " if self.values.startswith("(") else ": "
        told = f"{self.says}{between}{self.values}" if self.values else self.says
        return [one for one in (told, f"✗ {self.mishap}" if self.mishap else "") if one]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """*heading* are lines of (what it is, text); *verdict* what came of it, *bad* whether that is a bug."""

    title: str
    lanes: Sequence[str]
    steps: Sequence[Step]
    verdict: Sequence[str]
    bad: bool
    heading: Sequence[tuple[str, str]] = field(default_factory=tuple)


def seen(text: str) -> str:
    """*text* in one line, with what cannot be seen, or would turn the line around, written out.

    What looks like a credential is blanked: a chart is made to be handed on.
    """
    return "".join(_seen(one) for one in " ".join(Secrets().without(text).split()))


def _seen(character: str) -> str:
    kind = unicodedata.category(character)
    bidi = unicodedata.bidirectional(character) in _TURNING
    if kind in ("Cc", "Cs", "Co", "Cn") or bidi:
        return f"\\u{ord(character):04x}"
    return character


def width(text: str) -> int:
    """How many columns of a terminal *text* takes."""
    return sum(_columns(one) for one in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def wrapped(text: str, columns: int, *, hanging: int = 0) -> list[str]:
    """*text* in lines of at most so many columns; the further ones begin with *hanging* blanks."""
    lines: list[str] = []
    line, used = "", 0
    for word in text.split():
        if line and used + 1 + width(word) <= columns:
            line, used = f"{line} {word}", used + 1 + width(word)
            continue
        if line:
            lines.append(line)
        line, used = " " * hanging * bool(lines), hanging * bool(lines)
        for one in word:
            if used + _columns(one) > columns:
                lines.append(line)
                line, used = " " * hanging, hanging
            line, used = line + one, used + _columns(one)
    return [*lines, line]


_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
