"""Functions SQLite lacks, made known to a connection at its first query.

in_zone(moment, zone): a stored UTC moment as the clock of *zone* showed it, in the stored form.
distance(latitude, longitude, latitude, longitude, unit): along a great circle, in `mi` or `km`.

Source: SOQL and SOSL Reference, convertTimezone() and DISTANCE(); the radius is the mean one (assumed).
"""

from __future__ import annotations

import math
import sqlite3
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

_KILOMETRES: Final = 6_371.0088
_RADIUS: Final = {"km": _KILOMETRES, "mi": _KILOMETRES / 1.609344}
_SECONDS_AT: Final = 19  # "2026-01-05T09:00:00"
_CACHED: Final = 65_536
_MADE_KNOWN: Final = "soql functions"


def add_functions(conn: sa.Connection) -> sqlite3.Connection:
    """The driver's connection of *conn*, which knows the functions."""
    driver = conn.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection), "Store opens SQLite only"
    if _MADE_KNOWN not in conn.info:
        driver.create_function("in_zone", 2, _in_zone, deterministic=True)
        driver.create_function("distance", 5, _distance, deterministic=True)
        conn.info[_MADE_KNOWN] = True
    return driver


@lru_cache(_CACHED)
def _in_zone(moment: str | None, zone: str) -> str | None:
    if moment is None:
        return None
    try:
        local = datetime.fromisoformat(f"{moment[:_SECONDS_AT]}+00:00").astimezone(ZoneInfo(zone))
    except OverflowError:  # the calendar ends within a day
        return moment
    return local.replace(tzinfo=None).isoformat(timespec="seconds") + moment[_SECONDS_AT:]


def _distance(*given: Any) -> float | None:
    *degrees, unit = given
    if None in degrees:
        return None
    north, east, other_north, other_east = (math.radians(each) for each in degrees)
    half = (
        math.sin((other_north - north) / 2) ** 2
        + math.cos(north) * math.cos(other_north) * math.sin((other_east - east) / 2) ** 2
    )
    return 2 * _RADIUS[unit] * math.asin(min(1.0, math.sqrt(half)))
