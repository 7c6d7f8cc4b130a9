"""Where the proxy writes what it saw: an evidence file without secrets, whole after every exchange.

Rule 1: an exchange is on disk when its answer has passed; a death at any moment loses at most those under way.
Rule 2: a secret that shows itself late is taken out of what is written already.
Rule 3: a body is kept up to KEPT_BYTES_MAX; what is longer is cut in the file, never on the wire.
"""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

from crm_contracts.traffic import Call
from crm_contracts.traffic.har import HarFile, read
from crm_contracts.traffic.scrubbed import Scrubber, scrubbed

__all__ = ["Evidence"]


class Evidence:
    """An evidence file that grows. *source* and *today* stand in it: an answer without them proves nothing."""

    def __init__(self, path: Path, *, source: str, today: date) -> None:
        self._file = HarFile(path, source=source, date=today.isoformat())
        self._scrubber = Scrubber()
        self._lock = threading.Lock()
        self._last = 0
        self.path = path

    @property
    def count(self) -> int:
        """How many exchanges are written."""
        return self._file.count

    @property
    def withheld(self) -> list[str]:
        """Why bodies were left out."""
        return self._scrubber.withheld

    def arrive(self) -> int:
        """The number of a call that has just begun."""
        with self._lock:
            self._last += 1
            return self._last

    def keep(self, call: Call) -> None:
        """Write *call* without its secrets. Raises MisuseError where the file cannot be written."""
        with self._lock:
            known = self._scrubber.secrets.count
            clean = self._scrubber.scrub(call)
            if self._scrubber.secrets.count > known and self._file.count:
                written = list(read(self.path).calls)
                again = scrubbed(written, self._scrubber)
                if again != written:
                    self._file.rewrite(again)
            self._file.add(clean)
