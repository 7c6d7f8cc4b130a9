"""Moments as Totango writes them: whole milliseconds since 1970, and ISO text with a numeric zone.

Source: Touchpoints API (create_date), Search events API (date terms), Accounts plan API (updated_date).
"""

from __future__ import annotations

from datetime import UTC, datetime

MILLISECONDS_MAX = 253_402_300_799_999  # the last one of the year 9999
DAY_MILLISECONDS = 86_400_000


def milliseconds(moment: datetime) -> int:
    """*moment* (aware) in milliseconds since 1970, cut, not rounded."""
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def iso(stamp: int) -> str:
    """`2024-01-25T08:36:46+00:00`"""
    return datetime.fromtimestamp(stamp // 1000, UTC).isoformat()
