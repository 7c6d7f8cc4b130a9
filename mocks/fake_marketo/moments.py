"""How this fake writes and reads moments and days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
FIRST, LAST = "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"


def iso(moment: datetime) -> str:
    """`2026-01-05T09:00:00.000Z`: texts in the order of time."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def moment_of(text: str) -> str | None:
    """A moment of RFC 3339, with its zone, as `iso` writes it; None for any other text."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return iso(datetime.fromisoformat(text.upper()))
    except OverflowError:  # the zone takes it out of Python's calendar
        return FIRST if text.startswith("0001") else LAST
    except ValueError:
        return None


def is_day(text: str) -> bool:
    """A day of the calendar, without a time: rule M8."""
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
