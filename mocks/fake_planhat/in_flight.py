"""How many calls are being answered at this moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class InFlight:
    """Counts calls that are under way; `most` of them may be so at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._now = 0
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[bool]:
        """One call, from beginning to end; whether it is one of the `most` that may be."""
        with self._lock:
            self._now += 1
            fits = self._now <= self.most
        try:
            yield fits
        finally:
            with self._lock:
                self._now -= 1
