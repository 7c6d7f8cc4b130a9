"""The days of a Classic series: from a pattern and two dates, the due dates of its occurrences.

Rule 1: weekday masks count Sunday 1, Monday 2, … Saturday 64; weeks begin on Sunday.
Rule 2: a day that a month does not have is its last day (assumed).
Source: Object Reference v62, Task and Event, recurrence field usage.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Final

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_INSTANCES: Final = {"First": 0, "Second": 1, "Third": 2, "Fourth": 3, "Last": -1}
_WEEK_DAYS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The fields of a series; those its type does not use are None."""

    kind: str
    start: date
    end: date
    interval: int | None = None
    mask: int | None = None
    day: int | None = None
    instance: str | None = None
    month: str | None = None


def days(pattern: Pattern) -> Iterator[date]:
    """The days of the series in order, from its start to its end, both included."""
    for day in _KINDS[pattern.kind](pattern):
        if day > pattern.end:
            return
        if day >= pattern.start:
            yield day


def _daily(pattern: Pattern) -> Iterator[date]:
    for n in count():
        yield pattern.start + timedelta(days=n * (pattern.interval or 1))


def _masked(day: date, mask: int) -> bool:
    return bool(mask >> (day.isoweekday() % _WEEK_DAYS) & 1)


def _weekdays(pattern: Pattern) -> Iterator[date]:
    for n in count():
        day = pattern.start + timedelta(days=n)
        if _masked(day, pattern.mask or 0):
            yield day


def _weekly(pattern: Pattern) -> Iterator[date]:
    sunday = pattern.start - timedelta(days=pattern.start.isoweekday() % _WEEK_DAYS)
    for week in count():
        first = sunday + timedelta(weeks=week * (pattern.interval or 1))
        for n in range(_WEEK_DAYS):
            day = first + timedelta(days=n)
            if _masked(day, pattern.mask or 0):
                yield day


def _months(pattern: Pattern, step: int, first: int) -> Iterator[tuple[int, int]]:
    start = pattern.start.year * 12 + first
    for n in count():
        at = start + n * step
        yield at // 12, at % 12 + 1


def _monthly(pattern: Pattern) -> Iterator[date]:
    for year, month in _months(pattern, pattern.interval or 1, pattern.start.month - 1):
        yield _in_month(year, month, pattern.day or 1)


def _monthly_nth(pattern: Pattern) -> Iterator[date]:
    for year, month in _months(pattern, pattern.interval or 1, pattern.start.month - 1):
        yield _nth(year, month, pattern)


def _yearly(pattern: Pattern) -> Iterator[date]:
    for year, month in _months(pattern, 12, _MONTHS.index(pattern.month or "January")):
        yield _in_month(year, month, pattern.day or 1)


def _yearly_nth(pattern: Pattern) -> Iterator[date]:
    for year, month in _months(pattern, 12, _MONTHS.index(pattern.month or "January")):
        yield _nth(year, month, pattern)


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _nth(year: int, month: int, pattern: Pattern) -> date:
    """The first, second … last day of the month that the mask names."""
    every = (date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1))
    return [day for day in every if _masked(day, pattern.mask or 0)][_INSTANCES[pattern.instance or "First"]]


_KINDS: Final[dict[str, Callable[[Pattern], Iterator[date]]]] = {
    "RecursDaily": _daily,
    "RecursEveryWeekday": _weekdays,
    "RecursMonthly": _monthly,
    "RecursMonthlyNth": _monthly_nth,
    "RecursWeekly": _weekly,
    "RecursYearly": _yearly,
    "RecursYearlyNth": _yearly_nth,
}
