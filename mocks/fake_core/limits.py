"""Limits on the injected clock: so many of a thing in any period that ends now."""

from __future__ import annotations

import threading
from collections import deque
from datetime import timedelta
from typing import Any

from fake_core.clock import Clock

# A call is forgotten up to one slice early, never late: who moves the clock by exactly a day finds the day over.
BUCKETS_PER_PERIOD = 1_440  # a rolling day is counted in minutes: small enough to be exact for a person


class RollingWindow:
    """At most *limit* calls in any *period* that ends now, counted in slices of the period."""

    def __init__(self, clock: Clock, *, limit: int, period: timedelta = timedelta(days=1)) -> None:
        self.limit = limit
        self.period = period
        self._clock = clock
        self._slice_seconds = period.total_seconds() / BUCKETS_PER_PERIOD
        self._slices: deque[list[int]] = deque()  # [slice number, count], oldest first
        self._used = 0
        self._lock = threading.Lock()

    def take(self, count: int = 1) -> bool:
        """Count *count* calls if they fit; past the limit nothing is counted and the answer is False."""
        with self._lock:
            current = self._expire()
            if self._used + count > self.limit:
                return False
            if self._slices and self._slices[-1][0] == current:
                self._slices[-1][1] += count
            else:
                self._slices.append([current, count])
            self._used += count
            return True

    def used(self) -> int:
        with self._lock:
            self._expire()
            return self._used

    def remaining(self) -> int:
        return max(0, self.limit - self.used())

    def retry_after_seconds(self) -> float:
        """Seconds until at least one more call fits; 0 when one fits now."""
        with self._lock:
            current = self._expire()
            if self._used < self.limit or not self._slices:
                return 0.0
            oldest = self._slices[0][0]
            return max(0.0, (oldest + BUCKETS_PER_PERIOD - current) * self._slice_seconds)

    def clear(self) -> None:
        with self._lock:
            self._slices.clear()
            self._used = 0

    def dump(self) -> dict[str, Any]:
        return {"limit": self.limit, "slices": [list(one) for one in list(self._slices)]}

    def load(self, state: dict[str, Any]) -> None:
        with self._lock:
            self.limit = state["limit"]
            self._slices = deque(list(one) for one in state["slices"])
            self._used = sum(count for _, count in self._slices)

    def _expire(self) -> int:
        current = int(self._clock.now().timestamp() / self._slice_seconds)
        horizon = current - BUCKETS_PER_PERIOD
        while self._slices and self._slices[0][0] <= horizon:
            self._used -= self._slices.popleft()[1]
        return current
