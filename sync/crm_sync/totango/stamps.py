"""Moments as Totango writes them: whole milliseconds since 1970.

Source: Touchpoints API (create_date), Search events API (date terms).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(when: datetime) -> int:
    """*when* (aware) in milliseconds since 1970, cut, not rounded."""
    return (when - _EPOCH) // _MILLISECOND


def moment(stamp: int) -> datetime:
    """Milliseconds since 1970 as a moment in UTC."""
    return _EPOCH + stamp * _MILLISECOND
