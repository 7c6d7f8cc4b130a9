"""Values that the two sides say differently: moments, days, e-mail addresses.

Rule T35: the day of a moment is its day in UTC, for ActivityDate and StartDateTime come from the same instant.
Rule T45: a task is open or closed.
Source: Tasks API; Touchpoints API (milliseconds).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from crm_sync.totango.stamps import milliseconds, moment

OPEN, CLOSED = "open", "closed"


def day_of(stamp: int | None) -> str | None:
    """The day (UTC) of a moment in milliseconds, as YYYY-MM-DD."""
    return None if stamp is None else moment(stamp).date().isoformat()


def stamp_of_day(text: str, *, keep_time_of: int | None) -> int:
    """The moment for a day: midnight in UTC, or the time of day that the moment had before."""
    at = moment(keep_time_of).timetz() if keep_time_of is not None else time(tzinfo=UTC)
    return milliseconds(datetime.combine(date.fromisoformat(text), at))


def emails(text: Any) -> str | None:
    """An e-mail address as it is compared; None for none."""
    return text.strip().casefold() or None if isinstance(text, str) else None
