"""The limit of one token: so many calls in each minute, counted in windows that do not overlap.

Source: API rate limit page: 100 requests a minute, the seconds until the counter is reset on every answer. That windows
do not overlap is read from the word "reset"; whether one begins with a call or with the minute is a switch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fake_core.clock import Clock
from fake_core.limits import RollingWindow

WINDOW_SECONDS = 60


class FixedWindow(RollingWindow):
    """At most *limit* calls in each window of a minute; *aligned*: windows begin with the clock's minute."""

    def __init__(self, clock: Clock, *, limit: int, aligned: Callable[[], bool]) -> None:
        super().__init__(clock, limit=limit, period=timedelta(seconds=WINDOW_SECONDS))
        self._aligned = aligned
        self._began = 0.0
        self._calls = 0
        self._guard = threading.Lock()

    def take(self, count: int = 1) -> bool:
        """Count *count* calls if they fit; past the limit nothing is counted and the answer is False."""
        with self._guard:
            now = self._turn()
            if self._calls + count > self.limit:
                return False
            if self._calls == 0:
                self._began = now - now % WINDOW_SECONDS if self._aligned() else now
            self._calls += count
            return True

    def used(self) -> int:
        with self._guard:
            self._turn()
            return self._calls

    def reset_seconds(self) -> float:
        """Seconds until the counter is at nought again: a whole window when nothing is counted."""
        with self._guard:
            now = self._turn()
            if self._calls:
                return self._began + WINDOW_SECONDS - now
            return WINDOW_SECONDS - now % WINDOW_SECONDS if self._aligned() else float(WINDOW_SECONDS)

    def retry_after_seconds(self) -> float:
        return 0.0 if self.used() < self.limit else self.reset_seconds()

    def clear(self) -> None:
        with self._guard:
            self._calls = 0

    def dump(self) -> dict[str, Any]:
        return {"limit": self.limit, "began": self._began, "calls": self._calls}

    def load(self, state: dict[str, Any]) -> None:
        with self._guard:
            self.limit, self._began, self._calls = state["limit"], state["began"], state["calls"]

    def _turn(self) -> float:
        """Now; a window that is over is forgotten, also when the clock was set back before its beginning."""
        now = self._clock.now().timestamp()
        if not self._began <= now < self._began + WINDOW_SECONDS:
            self._calls = 0
        return now
