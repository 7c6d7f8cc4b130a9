"""Findings by their cause: what every writer shows, in one order.

Rule 1: a failed result without a finding is a finding all the same: nothing that failed is out of a report.
Rule 2: causes with errors come first, then those with the most findings, then as they came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crm_contracts.findings import Finding, Level, Report, Result

__all__ = ["LEVELS", "Group", "findings_of", "grouped", "levels", "not_run", "number", "words"]

LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Group:
    """What one change would mend: pairs of a check's result and its finding."""

    name: str
    found: Sequence[tuple[Result, Finding]]

    @property
    def level(self) -> Level:
        """The gravest."""
        return min((finding.level for _, finding in self.found), key=LEVELS.index)

    def one(self, part: str) -> str | None:
        """What all its findings say alike for *part* (`why`, `remedy`, `held_to`), None if they differ."""
        said = {getattr(finding, part) for _, finding in self.found}
        return said.pop() if len(said) == 1 else None


def findings_of(result: Result) -> Sequence[Finding]:
    """The findings of one result (Rule 1)."""
    if result.findings or result.state != "failed":
        return result.findings
    return [
        Finding(
            check=result.name,
            seen=result.why or result.title or result.name,
            why="the check failed and says no more",
            remedy="run this check alone and read what it answers",
            vendor=result.vendor,
            operation=result.operation,
            grade=result.grade,
        )
    ]


def grouped(report: Report) -> list[Group]:
    """Every finding of *report*, by cause (Rule 2)."""
    groups: dict[str, list[tuple[Result, Finding]]] = {}
    for result in report.results:
        for finding in findings_of(result):
            groups.setdefault(finding.group, []).append((result, finding))
    made = [Group(name, found) for name, found in groups.items()]
    return sorted(made, key=lambda group: (LEVELS.index(group.level), -len(group.found)))


def not_run(report: Report) -> list[tuple[str, list[Result]]]:
    """The results that did not run, by the reason; the reason of the most first."""
    reasons: dict[str, list[Result]] = {}
    for result in report.results:
        if result.state == "not run":
            reasons.setdefault(result.why or "no reason was given", []).append(result)
    return sorted(reasons.items(), key=lambda pair: -len(pair[1]))


def number(count: int) -> str:
    """`1,234`."""
    return f"{count:,}"


def words(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`, `1,234 findings`."""
    return f"{number(count)} {noun}" + ("" if count == 1 else "s")


def levels(report: Report) -> Iterator[tuple[Level, int]]:
    """How many findings of each level there are, the gravest first, without those of which there is none."""
    counts = Counter(finding.level for group in grouped(report) for _, finding in group.found)
    return ((level, counts[level]) for level in LEVELS if counts[level])
