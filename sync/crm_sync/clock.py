"""The only source of 'now' in the sync. Whoever runs it hands one in; the command line uses the
real one. The fakes' clocks have the same shape, so a test can share one clock with them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

import requests

CLOCK_VARIABLE = "UNDERSTUDY_CLOCK"
CLOCK_SECONDS_MAX = 30


class Clock(Protocol):
    """What the sync needs from a clock."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class RealClock:
    """The machine's clock, for runs against real services."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: TID251 - this class is the one place that may


class ServedClock:
    """A clock that somebody serves: GET answers `{"now": …}`, a POST of `{"advance_seconds": …}` waits.

    `understudy verify` lends one to the syncs that it puts to the proof: their time is that of the fakes.
    """

    def __init__(self, url: str, session: requests.Session) -> None:
        self._url = url
        self._session = session

    def now(self) -> datetime:
        return self._asked(self._session.get(self._url, timeout=CLOCK_SECONDS_MAX))

    def sleep(self, seconds: float) -> None:
        self._asked(self._session.post(self._url, json={"advance_seconds": seconds}, timeout=CLOCK_SECONDS_MAX))

    def _asked(self, answer: requests.Response) -> datetime:
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"])


def clock_of(environment: Mapping[str, str], session: requests.Session) -> Clock:
    """The clock that *environment* names by its URL; the machine's own where it names none."""
    url = environment.get(CLOCK_VARIABLE)
    return ServedClock(url, session) if url else RealClock()
