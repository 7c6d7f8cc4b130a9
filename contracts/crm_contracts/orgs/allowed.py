"""Differences between two orgs that somebody has looked at and allowed, as rows of a TOML file.

    [[allowed]]
    at = "Task.*"                      # Object or Object.Field; * is any text, ? any character
    what = "picklist value *"          # as `understudy org diff` tells it; the same signs
    reason = "the sales team adds values; the sync passes them through"
    until = 2027-03-31                 # the last day, UTC; without it: for good

Rule 1: every row says its reason; a row that allows nothing is told, for the next difference would hide behind it.
Rule 2: after its last day a row allows nothing, and what it allowed is told with its reason.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from crm_contracts.orgs.drift import Drift
from fake_core.errors import MisuseError

__all__ = ["Row", "Sorted", "read_allowed", "sort_out"]

_TEXTS = ("at", "what", "reason")
_KEYS = (*_TEXTS, "until")
_HEADER = re.compile(r"^\s*\[\[\s*allowed\s*\]\]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row. *place* is `FILE:LINE`, *line* its number there."""

    at: str
    what: str
    reason: str
    until: date | None
    file: str
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def fits(self, drift: Drift) -> bool:
        """Whether it is about that difference."""
        return _fits(self.at, drift.at) and _fits(self.what, drift.what)

    def holds(self, today: date) -> bool:
        """Rule 2."""
        return self.until is None or today <= self.until


@dataclass(frozen=True, slots=True)
class Sorted:
    """Differences, those that stay and those that a row allows; rows that allow nothing, and that did until a day."""

    kept: Sequence[Drift]
    allowed: Sequence[tuple[Drift, Row]] = ()
    stale: Sequence[Row] = ()
    expired: Sequence[tuple[Row, int]] = ()


def _fits(pattern: str, text: str) -> bool:
    """`*` and `?`; other characters, brackets among them, are themselves: picklist values have them."""
    parts = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL | re.IGNORECASE) is not None


def sort_out(drifts: Sequence[Drift], rows: Sequence[Row], today: date) -> Sorted:
    """Which of *drifts* stay on that day."""
    kept: list[Drift] = []
    allowed: list[tuple[Drift, Row]] = []
    for drift in drifts:
        by = next((row for row in rows if row.fits(drift) and row.holds(today)), None)
        if by is None:
            kept.append(drift)
        else:
            allowed.append((drift, by))
    return Sorted(
        kept=kept,
        allowed=allowed,
        stale=[row for row in rows if not any(row.fits(drift) for drift in drifts)],
        expired=[
            (row, number) for row in rows if not row.holds(today) and (number := sum(row.fits(drift) for drift in kept))
        ],
    )


def read_allowed(path: Path) -> list[Row]:
    """The rows of a file. Raises MisuseError: file, row, what is wrong with it."""
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise MisuseError(f"--allowed {path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MisuseError(f"--allowed {path}: is no TOML: {error}") from error
    for key in data:
        if key != "allowed":
            raise MisuseError(f"--allowed {path}: {key!r} is unknown: the file has rows [[allowed]] and nothing else")
    given = data.get("allowed", [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise MisuseError(f"--allowed {path}: allowed: write one table [[allowed]] for each row")
    return list(_rows(given, str(path), text))


def _rows(given: Sequence[dict[str, Any]], file: str, text: str) -> Iterator[Row]:
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if _HEADER.match(line)]
    for number, row in enumerate(given, start=1):
        where = f"--allowed {file}: row {number}"
        for key in row:
            if key not in _KEYS:
                raise MisuseError(f"{where}: {key!r} is unknown; a row has {', '.join(_KEYS)}")
        for key in _TEXTS:
            if not isinstance(row.get(key), str) or not row[key].strip():
                raise MisuseError(f"{where}: {key}: a text is needed")
        until = row.get("until")
        if until is not None and (not isinstance(until, date) or isinstance(until, datetime)):
            raise MisuseError(f"{where}: until: a date is needed, as until = 2027-03-31")
        line = lines[number - 1] if len(lines) == len(given) else 1
        yield Row(row["at"], row["what"], row["reason"], until, file, line)
