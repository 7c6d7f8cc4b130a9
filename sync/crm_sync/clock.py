"""The only source of 'now' in the sync. Whoever runs it hands one in; the command line uses the
real one. The fakes' clocks have the same shape, so a test can share one clock with them.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


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
