"""Date literals and date literals' ranges: TODAY, LAST_N_DAYS:30, THIS_FISCAL_QUARTER ...

Rule 1: a range is half open, [start, end), in days of the user's time zone.
Rule 2: no clock here: the moment the query runs is handed in.
Rule 3: a range that leaves the calendar (years 1 to 9999) stops at its edge.
Source: SOQL and SOSL Reference, "Date Formats and Date Literals". Weeks begin on Sunday (en_US).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MONTHS_PER_QUARTER: Final = 3
MONTHS_PER_YEAR: Final = 12
FIRST_MOMENT: Final = "0001-01-01T00:00:00.000+0000"
LAST_MOMENT: Final = "9999-12-31T23:59:59.999+0000"

# literal -> (unit, first unit, unit after the last one), counted from the current unit = 0.
SPANS: Final[Mapping[str, tuple[str, int, int]]] = {
    "YESTERDAY": ("day", -1, 0),
    "TODAY": ("day", 0, 1),
    "TOMORROW": ("day", 1, 2),
    "LAST_90_DAYS": ("day", -90, 1),
    "NEXT_90_DAYS": ("day", 1, 91),
    **{
        f"{word}_{unit.upper()}": (unit, first, first + 1)
        for unit in ("week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")
        for word, first in (("LAST", -1), ("THIS", 0), ("NEXT", 1))
    },
}

# literal with :n -> (unit, first unit, unit after the last one) for that n.
COUNTED_SPANS: Final[Mapping[str, tuple[str, Callable[[int], tuple[int, int]]]]] = {
    # The days' forms differ from the others: the last n days include today.
    "LAST_N_DAYS": ("day", lambda n: (-n, 1)),
    "NEXT_N_DAYS": ("day", lambda n: (1, n + 1)),
    "N_DAYS_AGO": ("day", lambda n: (-n, -n + 1)),
    **{
        name: (unit, reach)
        for unit in ("week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")
        for name, reach in (
            (f"LAST_N_{unit.upper()}S", lambda n: (-n, 0)),
            (f"NEXT_N_{unit.upper()}S", lambda n: (1, n + 1)),
            (f"N_{unit.upper()}S_AGO", lambda n: (-n, -n + 1)),
        )
    },
}

_DATETIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d))")
_TIME: Final = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?[Zz]?")


def day_range(name: str, count: int, *, now: datetime, zone: ZoneInfo, fiscal_start_month: int) -> tuple[date, date]:
    """First day of the literal and the day after its last, for *now* seen in *zone*."""
    if name in SPANS:
        unit, first, after = SPANS[name]
    else:
        unit, reach = COUNTED_SPANS[name]
        first, after = reach(count)
    today = now.astimezone(zone).date()
    return (
        _start_of(unit, today, first, fiscal_start_month),
        _start_of(unit, today, after, fiscal_start_month),
    )


def moment_range(name: str, count: int, *, now: datetime, zone: ZoneInfo, fiscal_start_month: int) -> tuple[str, str]:
    """The same range as two moments in the stored form, UTC."""
    first, after = day_range(name, count, now=now, zone=zone, fiscal_start_month=fiscal_start_month)
    return midnight(first, zone), midnight(after, zone)


def midnight(day: date, zone: ZoneInfo) -> str:
    """When *day* begins in *zone*, in the stored form."""
    try:
        moment = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return FIRST_MOMENT if day.year == date.min.year else LAST_MOMENT
    return stored(moment)


def stored(moment: datetime) -> str:
    """A UTC moment as tables hold it: `2026-01-05T09:00:00.000+0000`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000".rjust(28, "0")


def parse_datetime(text: str) -> str | None:
    """A datetime literal in the stored form, or None when there is no such moment."""
    match = _DATETIME.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
        if sign:
            ahead = timedelta(hours=int(hours), minutes=int(minutes))
            moment = moment - ahead if sign == "+" else moment + ahead
    except (ValueError, OverflowError):
        return None
    return stored(moment.replace(microsecond=int((fraction or "0")[:3].ljust(3, "0")) * 1000))


def parse_date(text: str) -> str | None:
    """A date literal, or None when the calendar has no such day."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def parse_time(text: str) -> str | None:
    """A time literal in the stored form `11:59:59.000Z`, or None."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 59:
        return None
    return f"{hours}:{minutes}:{seconds}.{(fraction or '0').ljust(3, '0')}Z"


def _start_of(unit: str, today: date, steps: int, fiscal_start_month: int) -> date:
    """The first day of the unit *steps* after the one that holds *today*."""
    if unit in ("day", "week"):
        days = 1 if unit == "day" else 7
        # Monday is weekday 0; the week that holds today began on the last Sunday.
        back = 0 if unit == "day" else (today.weekday() + 1) % 7
        return _day(today.toordinal() - back + steps * days)
    first_month = fiscal_start_month if unit.startswith("fiscal") else 1
    length = {"month": 1, "quarter": MONTHS_PER_QUARTER, "year": MONTHS_PER_YEAR}[unit.removeprefix("fiscal_")]
    months = today.year * MONTHS_PER_YEAR + today.month - first_month
    return _first_of_month((months // length + steps) * length + first_month - 1)


def _day(ordinal: int) -> date:
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def _first_of_month(months: int) -> date:
    """*months* counted from January of year 0."""
    year, month = divmod(months, MONTHS_PER_YEAR)
    if year < date.min.year:
        return date.min
    return date(year, month + 1, 1) if year <= date.max.year else date.max
