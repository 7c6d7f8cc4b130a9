"""Requests that run so long that only so many of them may run at a time.

Rule 1: a request counts once it has run for 20 seconds; while as many as allowed do, no new one is let in.
Rule 2: a request that would run for more than ten minutes is stopped after ten minutes.
Source: Salesforce Developer Limits quick reference (Summer '26), API Request Limits and Allocations.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from fake_core.clock import Clock

LONG_SECONDS = 20
TIMEOUT_SECONDS = 600
QUERY_SECONDS = 120  # a query has its own limit: Salesforce Developer Limits quick reference, SOQL and SOSL limits


class LongRequests:
    """The requests that a delay holds up now, and how many of them may be long at a time: *limit*."""

    def __init__(self, clock: Clock, *, limit: int) -> None:
        self.limit = limit
        self._clock = clock
        self._begun: dict[int, datetime] = {}  # requests in flight that a delay holds up
        self._serial = itertools.count()
        self._lock = threading.Lock()

    def full(self) -> bool:
        """No new request is let in; costs nothing while none is held up."""
        if len(self._begun) < self.limit:
            return False
        begun_by = self._clock.now() - timedelta(seconds=LONG_SECONDS)
        with self._lock:
            return sum(at <= begun_by for at in self._begun.values()) >= self.limit

    @contextmanager
    def running(self) -> Iterator[None]:
        """A request is held up for as long as the block runs."""
        with self._lock:
            mine = next(self._serial)
            self._begun[mine] = self._clock.now()
        try:
            yield
        finally:
            with self._lock:
                del self._begun[mine]
