"""What the HTML page draws: results by evidence grade, calls by operation. Numbers in, shapes of SVG out.

Rule 1: grades stand from the strongest evidence to the weakest; an unknown word comes last, nothing is left out.
Rule 2: operations that nobody called are drawn, too, where the report names them: what is not covered is the news.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from crm_contracts.findings import Report, State

__all__ = ["Bar", "Operation", "Part", "VendorCalls", "by_grade", "by_operation"]

NO_GRADE = "no grade"
STATES: tuple[State, ...] = ("passed", "failed", "not run")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar, in hundredths of the width."""

    kind: str
    number: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of several parts."""

    name: str
    total: int
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Operation:
    """How often an operation was called; *width* in hundredths, on a logarithmic scale."""

    name: str
    calls: int
    width: float


@dataclass(frozen=True, slots=True)
class VendorCalls:
    """The calls to one vendor."""

    vendor: str
    calls: int
    called: int
    operations: Sequence[Operation]


def by_grade(report: Report) -> list[Bar]:
    """The results of each grade, by state."""
    counts: dict[str, Counter[str]] = {}
    for result in report.results:
        counts.setdefault(result.grade or NO_GRADE, Counter())[result.state] += 1
    most = max((sum(each.values()) for each in counts.values()), default=0)
    return [
        Bar(grade, sum(counts[grade].values()), list(_parts(counts[grade], most)))
        for grade in sorted(counts, key=_strength)
    ]


def _strength(grade: str) -> tuple[int, str]:
    from crm_contracts.ledger.entry import GRADES  # a report in another form than HTML needs no ledger

    order = list(GRADES)
    return order.index(grade) if grade in order else len(order) + (grade == NO_GRADE), grade


def _parts(counts: Mapping[str, int], most: int) -> Iterator[Part]:
    start = 0.0
    for state in STATES:
        if counts[state]:
            width = 100 * counts[state] / most
            yield Part(state, counts[state], round(start, 2), round(width, 2))
            start += width


def by_operation(report: Report) -> list[VendorCalls]:
    """The calls to each operation, by vendor, the most called first, then by name."""
    made = []
    for vendor, calls in report.coverage.items():
        top = log(1 + max(calls.values(), default=0)) or 1.0
        operations = [
            Operation(name, number, round(100 * log(1 + number) / top, 2))
            for name, number in sorted(calls.items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        called = sum(bool(number) for number in calls.values())
        made.append(VendorCalls(vendor, sum(calls.values()), called, operations))
    return made
