"""Values that the two sides say differently: status, priority, moments and days.

Rule T45: closed if and only if Salesforce's status is a closed one; High, Normal and Low are 1, 2 and 3, and what has
no row is 2. Outbound, `open` names no status while Salesforce's is an open one; it is Not Started for a new record and
for one that Salesforce has closed; `closed` is Completed.
Rule T35: the day of a moment is its day in UTC, for ActivityDate and StartDateTime come from the same instant.
Source: Tasks API (1 high, 2 normal, 3 low; open, closed); no value map is published, so the tables are assumed and
stand in the profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from crm_sync.totango.stamps import milliseconds, moment

OPEN, CLOSED = "open", "closed"


def status_in(*, is_closed: bool) -> str:
    """Totango's status for a Salesforce Task."""
    return CLOSED if is_closed else OPEN


def status_out(status: str, *, closed_in_salesforce: bool | None, to_salesforce: Mapping[str, str]) -> str | None:
    """Salesforce's status for Totango's; None: leave it as it is. *closed_in_salesforce* is None for a new record."""
    same = closed_in_salesforce is not None and (status == CLOSED) == closed_in_salesforce
    return None if same else to_salesforce[status]


def priority_in(text: str | None, *, to_totango: Mapping[str, int], unknown: int) -> int:
    """Totango's priority for a Salesforce one."""
    return to_totango.get(text or "", unknown)


def priority_out(number: int | None, *, to_totango: Mapping[str, int], current: str | None, unknown: int) -> str | None:
    """Salesforce's priority; *current* is kept where it means the same (so Urgent, read as 2, is not made Normal)."""
    if number is None or (current and to_totango.get(current, unknown) == number):
        return current
    return next((text for text, known in to_totango.items() if known == number), current)


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
