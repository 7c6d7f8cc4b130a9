"""Every exchange a fake had, in order: what was asked, what was answered, which fault struck.

The newest `JOURNAL_EXCHANGES_MAX` are kept. What an exchange meant is worked out when somebody reads the journal, so
that writing it costs next to nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

JOURNAL_EXCHANGES_MAX = 20_000
JOURNAL_BODY_BYTES_MAX = 262_144  # a longer body is cut in the journal, never on the wire


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. *environ* holds what is needed to tell its meaning; status 0 = no answer."""

    n: int
    at: datetime
    environ: dict[str, Any]
    request: bytes
    status: int
    response: bytes
    fault: str | None


class Journal:
    """A bounded list of exchanges, numbered from 1 without gaps since the fake was made."""

    def __init__(self, *, vendor: str, exchanges_max: int = JOURNAL_EXCHANGES_MAX) -> None:
        self.vendor = vendor
        self._exchanges: deque[Exchange] = deque(maxlen=exchanges_max)
        self._n = 0
        self._lock = threading.Lock()

    def add(
        self,
        *,
        at: datetime,
        environ: dict[str, Any],
        request: bytes,
        status: int,
        response: bytes,
        fault: str | None,
    ) -> None:
        with self._lock:
            self._n += 1
            self._exchanges.append(
                Exchange(
                    self._n,
                    at,
                    environ,
                    request[:JOURNAL_BODY_BYTES_MAX],
                    status,
                    response[:JOURNAL_BODY_BYTES_MAX],
                    fault,
                )
            )

    def __len__(self) -> int:
        return len(self._exchanges)

    @property
    def last(self) -> int:
        """The number of the newest exchange, 0 when there was none."""
        return self._n

    def clear(self) -> None:
        """Forget the exchanges; the numbers go on."""
        with self._lock:
            self._exchanges.clear()

    def since(
        self,
        n: int,
        *,
        meaning: Callable[[dict[str, Any]], tuple[str, str]],
        who: Callable[[dict[str, Any]], str],
    ) -> list[dict[str, Any]]:
        """The exchanges after number *n* as plain data, oldest first."""
        with self._lock:
            chosen = list(takewhile(lambda exchange: exchange.n > n, reversed(self._exchanges)))[::-1]
        entries = []
        for one in chosen:
            verb, object_ = meaning(one.environ)
            path, query = one.environ["PATH_INFO"], one.environ["QUERY_STRING"]
            entries.append(
                {
                    "n": one.n,
                    "at": one.at.isoformat(),
                    "vendor": self.vendor,
                    "method": one.environ["REQUEST_METHOD"],
                    "path": f"{path}?{query}" if query else path,
                    "verb": verb,
                    "object": object_,
                    "status": one.status,
                    "fault": one.fault,
                    "request": one.request.decode("utf-8", "replace"),
                    "response": one.response.decode("utf-8", "replace"),
                    "who": who(one.environ),
                    "agent": one.environ.get("HTTP_USER_AGENT", ""),
                }
            )
        return entries
