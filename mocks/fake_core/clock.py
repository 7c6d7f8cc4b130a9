"""The only source of 'now'. Tests own it; the command line hands in the real one."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from fake_core.errors import MisuseError

DEFAULT_MOMENT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # a Monday morning, far from any DST change


class Clock(Protocol):
    """What a fake knows of time: an aware UTC 'now', and waiting."""

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class RealClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: TID251 - the one place where waiting is real


class FrozenClock:
    """Time stands still until somebody moves it; sleeping moves it."""

    def __init__(self, at: datetime = DEFAULT_MOMENT) -> None:
        self._lock = threading.Lock()
        self._now = _aware(at)

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float | timedelta) -> datetime:
        """Move on by *seconds* (a number or a timedelta, not negative) and return the new 'now'."""
        step = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
        if step < timedelta(0):
            raise MisuseError(f"a clock cannot be advanced by {step}: use set() to go back")
        with self._lock:
            self._now += step
            return self._now

    def set(self, at: datetime) -> datetime:
        """Jump to *at*, an aware datetime, forward or back."""
        with self._lock:
            self._now = _aware(at)
            return self._now


class SteppedClock(FrozenClock):
    """Each look at the clock moves it on by a fixed step, so no two stamps are equal."""

    def __init__(self, at: datetime = DEFAULT_MOMENT, *, step_seconds: float = 1.0) -> None:
        super().__init__(at)
        self.step_seconds = step_seconds

    def now(self) -> datetime:
        return self.advance(self.step_seconds)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise MisuseError(f"{at.isoformat()} has no time zone: give the clock an aware datetime")
    return at.astimezone(UTC)
