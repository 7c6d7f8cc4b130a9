"""The differences of two orgs as a report: what stays, what a mapping uses, what is allowed, what was not compared.

Rule 1: each object that was compared is a result; it fails if a difference stays.
Rule 2: where a mapping is given, a difference that it does not use is a warning, one that it uses an error.
Rule 3: what is allowed is a note with its reason, and fails nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crm_contracts.findings import Finding, Report, Result
from crm_contracts.findings.grouping import words
from crm_contracts.orgs.allowed import Row, Sorted
from crm_contracts.orgs.drift import Drift
from crm_contracts.orgs.mapped import Mapped

__all__ = ["Compared", "line_of"]

_DRIFTED = "import the org's describes again (understudy org import), or allow it with a reason (--allowed)"
_HIT = "fit the mapping to the org first; then import the org's describes again (understudy org import)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Two orgs that were compared. *objects* are fields by object; *undescribed* are objects that an org only names."""

    fake: str
    real: Sequence[str]
    objects: Mapping[str, int]
    undescribed: Sequence[str]
    drifts: Sequence[Drift]
    sorted: Sorted
    mapped: Mapped | None = None

    @property
    def hits(self) -> list[Drift]:
        """Differences that stay and that the mapping uses."""
        return [drift for drift in self.sorted.kept if self.mapped and self.mapped.hit_by(drift)]

    @property
    def status(self) -> int:
        """The exit status: 0 nothing stays, 3 a mapped field is hit, 1 something else stays."""
        return (3 if self.hits else 1) if self.sorted.kept else 0

    @property
    def unseen(self) -> list[str]:
        """Objects that the mapping uses, and of which no describe was given."""
        if self.mapped is None:
            return []
        described = {name.lower() for name in self.objects}
        return sorted(name for lower, name in self.mapped.objects.items() if lower not in described)

    def report(self) -> Report:
        """Rules 1 to 3."""
        results = [self._result(name) for name in sorted(self.objects)]
        results += [
            Result(
                name=name, state="not run", vendor="salesforce", why="the mapping uses it, and no describe was given"
            )
            for name in self.unseen
        ]
        known = {name.lower() for name in self.unseen}
        results += [
            Result(name=name, state="not run", vendor="salesforce", why="a global describe names it: add its describe")
            for name in self.undescribed
            if name.lower() not in known
        ]
        stale = [*map(_stale, self.sorted.stale), *(_expired(row, number) for row, number in self.sorted.expired)]
        if stale:
            results.append(Result(name="allowed changes", state="passed", findings=stale))
        return Report(title=f"org diff: {self.fake} and {' '.join(self.real)}", results=results, facts=self._facts())

    def _facts(self) -> dict[str, str]:
        facts = {
            "compared": f"{words(len(self.objects), 'object')} with {words(sum(self.objects.values()), 'field')}",
            "differences": f"{len(self.sorted.kept)}, and {len(self.sorted.allowed)} allowed",
        }
        if self.mapped is not None:
            used = f"{words(len(self.mapped.uses), 'field')} of {words(len(self.mapped.objects), 'object')}"
            facts["mapped"] = f"{self.mapped.name}: {used}; {words(len(self.hits), 'difference')} hit them"
        return facts

    def _result(self, name: str) -> Result:
        kept = [drift for drift in self.sorted.kept if drift.at.partition(".")[0] == name]
        allowed = [pair for pair in self.sorted.allowed if pair[0].at.partition(".")[0] == name]
        return Result(
            name=name,
            state="failed" if kept else "passed",
            title=f"{name}, {words(self.objects[name], 'field')}",
            findings=[*map(self._finding, kept), *(self._allowed(drift, row) for drift, row in allowed)],
            vendor="salesforce",
        )

    def _finding(self, drift: Drift) -> Finding:
        uses = self.mapped.hit_by(drift) if self.mapped else []
        kind = _kind(drift)
        file, line = self._place(drift)
        return Finding(
            check=f"org-drift.{re.sub(r'[^a-z]+', '-', kind.lower())}",
            cause=f"{kind} of a mapped field" if uses else kind,
            level="error" if uses or self.mapped is None else "warning",
            where=f"{drift.at} ({'; '.join(uses)})" if uses else drift.at,
            seen=f"{drift.what}: fake {drift.fake}, real {drift.real}",
            why=drift.means,
            remedy=_HIT if uses else _DRIFTED,
            vendor="salesforce",
            file=file,
            line=line,
        )

    def _allowed(self, drift: Drift, row: Row) -> Finding:
        return Finding(
            check="org-drift.allowed",
            cause=f"allowed: {row.reason}",
            level="note",
            where=drift.at,
            seen=f"{drift.what}: fake {drift.fake}, real {drift.real}",
            why=drift.means,
            remedy=f"nothing: {row.place} allows it" + (f" until {row.until}" if row.until else ""),
            vendor="salesforce",
            file=row.file,
            line=row.line,
        )

    def _place(self, drift: Drift) -> tuple[str, int]:
        """Where the fake's org file says it, if it is one."""
        path = Path(self.fake)
        if path.suffix != ".toml" or not path.is_file():
            return "", 0
        return self.fake, line_of(path.read_text("utf-8"), drift.at)


def _kind(drift: Drift) -> str:
    """`length`, `picklist value`, `picklist value, label`, `record type`: what may differ, without names."""
    for kind in ("picklist value", "record type", "child relationship"):
        if drift.what.startswith(f"{kind} "):
            part = re.search(r"', (active|defaultValue|label)$", drift.what) if kind == "picklist value" else None
            return f"{kind}, {part[1]}" if part else kind
    return drift.what


def _stale(row: Row) -> Finding:
    return _of_row(
        row,
        check="org-drift.stale-row",
        cause="rows of --allowed that allow nothing",
        seen=f"no difference is {row.at}: {row.what}",
        why="a row that allows nothing hides the next difference that it fits",
        remedy="remove the row",
    )


def _expired(row: Row, number: int) -> Finding:
    return _of_row(
        row,
        check="org-drift.expired-row",
        cause="rows of --allowed whose day is over",
        seen=f"{words(number, 'difference')} allowed until {row.until}: {row.reason}",
        why="the day that the row names is over",
        remedy="mend what it was a promise to mend, or look again and name another day",
    )


def _of_row(row: Row, **said: str) -> Finding:
    """A warning about a row of the file itself."""
    return Finding(level="warning", where=row.place, file=row.file, line=row.line, **said)


def line_of(text: str, at: str) -> int:
    """The line of an org file that is about `Object.Field`: the field's, else its object's table, else the first."""
    name, _, of = at.partition(".")
    header = re.compile(rf"^\s*\[.*(?<!\w){re.escape(name)}(?!\w)")
    row = re.compile(rf'^\s*"?{re.escape(of)}"?\s*=') if of else None
    first, inside = 0, False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            inside = header.match(line) is not None
            first = first or (number if inside else 0)
        elif inside and row is not None and row.match(line):
            return number
    return first or 1
