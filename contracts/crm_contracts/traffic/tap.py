"""A tap on a fake: every exchange is kept as a `Call`, whoever made it, in-process or over a socket.

Rule 1: what passes is not changed: status, headers, bodies and broken connections reach the client as the fake gave
them; a body that is made while it is sent stays one.
Rule 2: the control plane is no traffic of the vendor's: it passes unrecorded.
Rule 3: bodies are kept up to a length, as the journal keeps them; a longer one is cut here, never on the wire.
Rule 4: calls are numbered in the order of arrival. Several taps may share one `Traffic`, and so one order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from crm_contracts.traffic import Call
from fake_core.clock import Clock
from fake_core.control import CONTROL_PREFIX
from fake_core.errors import ConnectionDropped
from fake_core.fake import BODY_KEY, Application, take_body
from fake_core.journal import JOURNAL_BODY_BYTES_MAX
from fake_core.streams import Streamed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Tap", "Traffic"]

Pairs = list[tuple[str, str]]


class Traffic:
    """Calls in the order in which they arrived; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._last = 0

    def arrive(self) -> int:
        """The number of a call that has just begun."""
        with self._lock:
            self._last += 1
            return self._last

    def keep(self, call: Call) -> None:
        """*call* has ended."""
        with self._lock:
            self._calls.append(call)

    @property
    def calls(self) -> list[Call]:
        """The calls that have ended, in the order in which they began."""
        with self._lock:
            return sorted(self._calls, key=lambda call: call.number)

    def clear(self) -> None:
        """Forget the calls; the numbers begin at 1 again."""
        with self._lock:
            self._calls, self._last = [], 0


class Tap:
    """A WSGI application in place of *app*, a `Fake` or `Tenants`, that keeps what passes in *traffic*.

    *clock* stamps the calls: the fake's own, or the machine's. *body_bytes_max* is how much of a body is kept.
    """

    def __init__(
        self,
        app: Application,
        *,
        vendor: str,
        clock: Clock,
        traffic: Traffic | None = None,
        body_bytes_max: int = JOURNAL_BODY_BYTES_MAX,
    ) -> None:
        self.app = app
        self.vendor = vendor
        self.clock = clock
        self.traffic = traffic or Traffic()
        self.hosts: Sequence[str] = app.hosts
        self._bytes_max = body_bytes_max

    @property
    def calls(self) -> list[Call]:
        """Everything that passed so far, in the order of arrival."""
        return self.traffic.calls

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(CONTROL_PREFIX):
            return self.app(environ, start_response)
        request = environ[BODY_KEY] = take_body(environ)
        one = _Begun(self.traffic.arrive(), self.clock.now(), self.vendor, environ, request[: self._bytes_max])
        given: list[Any] = [0, ()]

        def start(line: str, headers: Pairs, *exc_info: Any) -> Callable[[bytes], object]:
            given[:] = int(line[:3]), headers
            return start_response(line, headers, *exc_info)

        def keep(answer: bytes) -> None:
            seconds = (self.clock.now() - one.at).total_seconds()
            self.traffic.keep(one.ended(given[0], given[1], answer[: self._bytes_max], seconds))

        try:
            answer = self.app(environ, start)
        except ConnectionDropped:
            given[:] = 0, ()
            keep(b"")
            raise
        if isinstance(answer, list):
            keep(answer[0] if len(answer) == 1 else b"".join(answer))
            return answer
        if isinstance(answer, Streamed):
            keep(answer.head(self._bytes_max))
            return answer
        return _Watched(answer, keep, self._bytes_max)


class _Begun:
    """A call whose answer is not there yet."""

    __slots__ = ("_headers", "_method", "_request", "_url", "_vendor", "at", "number")

    def __init__(self, number: int, at: datetime, vendor: str, environ: WSGIEnvironment, request: bytes) -> None:
        self.number, self.at = number, at
        # Now, not later: an application may write into its environ.
        self._method, self._vendor, self._request = environ["REQUEST_METHOD"], vendor, request
        self._url, self._headers = _url(environ), _headers(environ)

    def ended(self, status: int, headers: Iterable[tuple[str, str]], answer: bytes, seconds: float) -> Call:
        return Call(
            number=self.number,
            at=self.at,
            vendor=self._vendor,
            method=self._method,
            url=self._url,
            request_headers=self._headers,
            request=self._request,
            status=status,
            response_headers=tuple((name.lower(), value) for name, value in headers),
            response=answer,
            seconds=seconds,
        )


class _Watched:
    """An answer of any other kind, kept when it ends or is given up."""

    def __init__(self, pieces: Iterable[bytes], keep: Callable[[bytes], None], most: int) -> None:
        self._pieces = pieces
        self._keep: Callable[[bytes], None] | None = keep
        self._most = most
        self._kept = bytearray()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if len(self._kept) < self._most:
                self._kept += piece
            yield piece

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        keep, self._keep = self._keep, None
        if keep is not None:
            keep(bytes(self._kept))


def _url(environ: WSGIEnvironment) -> str:
    """The URL as the client wrote it, where the server tells that."""
    raw: str = environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""
    if "://" in raw[:8]:
        return raw  # a proxy's client writes it whole
    path = raw.partition("?")[0] or quote(environ["PATH_INFO"].encode("latin-1"))
    query = environ["QUERY_STRING"]
    host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
    return f"{environ['wsgi.url_scheme']}://{host}{path}{'?' if query else ''}{query}"


def _headers(environ: WSGIEnvironment) -> tuple[tuple[str, str], ...]:
    found = [(_name(key), value) for key, value in environ.items() if key.startswith("HTTP_")]
    for key, name in (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length")):
        if environ.get(key):
            found.append((name, environ[key]))
    return tuple(found)


_NAMES: dict[str, str] = {}
_NAMES_MAX = 1_000  # a client may make up names without end


def _name(key: str) -> str:
    name = _NAMES.get(key)
    if name is None:
        name = key[5:].replace("_", "-").lower()
        if len(_NAMES) < _NAMES_MAX:
            _NAMES[key] = name
    return name
