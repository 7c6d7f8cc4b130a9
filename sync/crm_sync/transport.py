"""HTTP with manners: one place that repeats, waits and gives up.

A *repeatable* request (a read, or a write that says the same twice) is sent again after a lost
connection, 5xx, 429 or a truncated answer, with a doubling wait on the injected clock and no jitter,
up to a cap; `Retry-After` wins when the service sends it. A request that is not repeatable raises
`UnknownOutcome` at the first doubt: the caller reads back before it does anything (F01).
Each answer's `Date` tells how far the service's clock is from ours: a stamp of the service's is held against our own
time by `ours`, never as it stands (F56).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import lru_cache
from typing import Any

import requests

from crm_sync.clock import Clock
from crm_sync.errors import AccessRefused, ServiceUnavailable, UnknownOutcome

TIMEOUT_SECONDS = (10, 120)  # connect, read
BACKOFF_SECONDS_MAX = 60
RETRY_AFTER_SECONDS_MAX = 900  # a longer wish ends the run; the next one continues
SKEW_MIN = timedelta(seconds=2)  # `Date` tells whole seconds: less is no difference
#: Bytes of an answer that is parsed once for all its equals: a describe, say, which is the same in every run.
LONG_MIN, LONG_MAX = 16_384, 1_048_576


class Verdict(Enum):
    """What an answer means for the request."""

    DONE = "done"  # a usable answer, good or bad
    NOT_NOW = "not now"  # refused for the moment, certainly not done
    UNCLEAR = "unclear"  # it may have been done


Judge = Callable[[requests.Response], Verdict]


class Transport:
    """Sends requests for one service and counts them.

    *calls* and *writes* are the report's counters; with *read_only* a write is our bug. *may_send* is asked before each
    request, one that is sent again included, and raises where no more is to be sent. *skew* is how far the service's
    clock was ahead of ours at its newest answer, zero as long as nothing shows.
    """

    def __init__(
        self,
        *,
        service: str,
        session: requests.Session,
        clock: Clock,
        attempts_max: int,
        judge: Judge,
    ) -> None:
        self.service = service
        self.calls: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.read_only = False
        self.may_send: Callable[[], None] = lambda: None
        self.skew = timedelta(0)
        self._session = session
        self._clock = clock
        self._attempts_max = attempts_max
        self._judge = judge

    def now(self) -> datetime:
        """What the service's clock says."""
        return self._clock.now() + self.skew

    def ours(self, stamp: datetime) -> datetime:
        """When, by our clock, the service's said *stamp*; right to the second, and rather later than earlier."""
        return stamp - self.skew

    def send(
        self,
        method: str,
        url: str,
        *,
        repeatable: bool,
        write: bool = False,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> requests.Response:
        """Send until there is a usable answer.

        Raises:
            UnknownOutcome: a request that must not be repeated has no usable answer.
            ServiceUnavailable: no usable answer after every attempt.
            AccessRefused: the address or a header is none that can be sent.
        """
        assert not (write and self.read_only), f"a dry run wanted to write: {method} {url}"
        trouble = ""
        for attempt in range(1, self._attempts_max + 1):
            self.may_send()
            self.calls[self.service] += 1
            self.writes[self.service] += write
            response: requests.Response | None = None
            asked_at = self._clock.now()
            try:
                # `verify` is said again, or REQUESTS_CA_BUNDLE would win over the session's own CA file.
                response = self._session.request(
                    method,
                    url,
                    headers=dict(headers or {}),
                    timeout=TIMEOUT_SECONDS,
                    verify=self._session.verify,
                    **body,
                )
                self._measure(response, asked_at)
                verdict = Verdict.UNCLEAR if _truncated(response) else self._judge(response)
                trouble = f"HTTP {response.status_code}"
            except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, UnicodeError) as error:
                # Not what `error` says: it shows the token.
                raise AccessRefused(
                    f"{self.service}: a request cannot be sent ({type(error).__name__}); check the address, and that "
                    "the token is one line of plain letters"
                ) from None
            except requests.RequestException as error:
                verdict, trouble = Verdict.UNCLEAR, type(error).__name__
            if verdict is Verdict.DONE:
                assert response is not None
                return response
            if verdict is Verdict.UNCLEAR and not repeatable:
                raise UnknownOutcome(f"{self.service}: {method} {_path(url)}: {trouble}")
            if attempt < self._attempts_max:
                self._clock.sleep(self._wait_seconds(response, attempt))
        raise ServiceUnavailable(
            f"{self.service} did not answer {method} {_path(url)} after {self._attempts_max} "
            f"attempts (last: {trouble}); nothing is lost, run again later"
        )

    def _measure(self, response: requests.Response, asked_at: datetime) -> None:
        """The service answered between *asked_at* and now; a `Date` outside of that is another clock's."""
        told = _moment(response.headers.get("Date", ""))
        if told is None:
            return
        ahead = told - asked_at
        if ahead > timedelta(0):
            ahead = max(timedelta(0), told - self._clock.now())  # a slow answer is no fast clock
        self.skew = ahead if abs(ahead) >= SKEW_MIN else timedelta(0)

    def _wait_seconds(self, response: requests.Response | None, attempt: int) -> float:
        headers = response.headers if response is not None else {}
        asked = headers.get("Retry-After", "")
        if not asked and response is not None and response.status_code == 429:
            asked = headers.get("RateLimit-Reset", "")  # Totango's: seconds until the window is over
        if asked.isdigit():
            seconds = float(asked)
            if seconds > RETRY_AFTER_SECONDS_MAX:
                raise ServiceUnavailable(f"{self.service} asks to wait {seconds:.0f} s; run again after that")
            return seconds
        if response is not None and response.status_code == 429:
            return BACKOFF_SECONDS_MAX  # Planhat's window is a minute, and not every answer says more
        return float(min(BACKOFF_SECONDS_MAX, 2 ** (attempt - 1)))


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime | None:
    try:
        told = parsedate_to_datetime(text)
    except ValueError:
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)


def _path(url: str) -> str:
    return "/" + url.split("?", maxsplit=1)[0].split("/", 3)[-1]


def _truncated(response: requests.Response) -> bool:
    """A body that says it is JSON and is not, or one shorter than announced."""
    announced = response.headers.get("Content-Length", "")
    encoded = response.headers.get("Content-Encoding")
    if announced.isdigit() and not encoded and len(response.content) < int(announced):
        return True
    if "json" not in response.headers.get("Content-Type", "") or not response.content:
        return False
    if LONG_MIN <= len(response.content) <= LONG_MAX and response.encoding in _UNICODE:
        return not _is_json(response.content)
    try:
        response.json()
    except ValueError:
        return True
    return False


_UNICODE = frozenset({None, "utf-8", "UTF-8"})


@lru_cache(maxsize=16)
def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True
