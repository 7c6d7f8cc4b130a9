"""A proxy that hands requests on to the real service, or to a fake, and keeps what passes.

Rule 1: the client gets what the upstream sent: status, reason, headers, several of one name, bodies byte for byte,
compressed or not, as they come. A connection that breaks, breaks for the client, too.
Rule 2: one exception, for clients that would go past us: in the answer to a log-in, and in a Location, the upstream's
host is replaced by ours (`rewrite`). The evidence has the answer as it was.
Another towards the upstream: it is asked only for codings that we can look through, for secrets (`bodies.READABLE`).
Rule 3: an upstream that cannot be reached is answered with 502 and one line; it is no answer of the vendor's, and the
evidence says so.
Source: RFC 9110, 7.6 (what a proxy forwards), 15.6.3 (502).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3 import exceptions
from urllib3.exceptions import HTTPError
from urllib3.util import SKIP_HEADER, Timeout

from crm_contracts.traffic import KEPT_BYTES_MAX, UPSTREAM_HEADER, Call
from crm_contracts.traffic.bodies import READABLE, unpacked
from fake_core.clock import Clock
from fake_core.control import CONTROL_PREFIX
from fake_core.errors import ConnectionDropped, MisuseError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Proxy", "check_upstream"]

_OF_ONE_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_LOG_IN = re.compile(r"/services/(?:oauth2/token|Soap/[uc]/[\d.]+/?$)")  # an org's id behind it: no log-in any more
_LOG_IN_HOST = re.compile(rf"{_LOG_IN.pattern}|/services/oauth2/|/id/|/\.well-known/")
PIECE_BYTES = 65_536
CONNECT_SECONDS, READ_SECONDS = 10, 620  # Salesforce gives a call ten minutes
_ORIGINS = (b"instance_url", b"serverUrl", b"metadataServerUrl")


def check_upstream(url: str) -> str:
    """*url* without its path. Raises MisuseError for what is no address of a service."""
    parts = urlsplit(url)
    try:
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or parts.username or parts.password or parts.query or parts.path.strip("/"):
        raise MisuseError(
            f"--upstream {url}: is no address of a service: write scheme and host, like https://acme.my.salesforce.com"
        )
    return f"{parts.scheme}://{parts.netloc}"


class Proxy:
    """A WSGI application that plays *upstream*. *arrive* and *keep* are those of an `Evidence`.

    *own* tells our own address, once we are served; *ca* is a file of certificates to trust beside the usual ones.
    """

    hosts: Sequence[str] = ()

    def __init__(
        self,
        upstream: str,
        *,
        vendor: str,
        clock: Clock,
        arrive: Callable[[], int],
        keep: Callable[[Call], None],
        rewrite: bool = True,
        ca: str = "",
        threads: int = 10,
    ) -> None:
        self.upstream = check_upstream(upstream)
        self.vendor = vendor
        self.own = ""
        self._instance = self.upstream
        self._clock = clock
        self._arrive = arrive
        self._keep = keep
        self._rewrite = rewrite
        self._pool = _pool(self.upstream, ca, threads)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        target = environ.get("REQUEST_URI") or quote(environ["PATH_INFO"].encode("latin-1"))
        path: str = environ["PATH_INFO"]
        base = self.upstream if _LOG_IN_HOST.match(path) else self._instance
        method = environ["REQUEST_METHOD"]
        body = _body(environ)
        sent = list(_headers(environ))
        seen = not path.startswith(CONTROL_PREFIX)
        call = Call(
            number=self._arrive() if seen else 0,
            at=self._clock.now(),
            vendor=self.vendor,
            method=method,
            url=base + target,
            request_headers=tuple((name.lower(), value) for name, value in sent),
            request=body,
        )
        keep = self._kept if seen else _unseen
        try:
            answer = self._pool.request(
                method,
                base + target,
                body=body if body or method in ("POST", "PUT", "PATCH") else None,
                headers=urllib3.HTTPHeaderDict([*sent, *_skipped(sent)]),
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
            )
        except HTTPError as error:
            return self._cannot(call, keep, f"{base}: {_why(error)}", start_response)
        headers = [(name, value) for name, value in answer.headers.iteritems() if name.lower() not in _OF_ONE_HOP]
        line = f"{answer.status} {answer.reason or ''}"
        if self._rewrite and _LOG_IN.match(path):
            return self._logged_in(call, keep, answer, line, headers, start_response)
        start_response(line, [self._located(pair) for pair in headers])
        return _Passing(answer, lambda got: keep(call, answer.status, headers, got))

    def _kept(self, call: Call, status: int, headers: Iterable[tuple[str, str]], answer: bytes) -> None:
        self._keep(
            replace(
                call,
                request=call.request[:KEPT_BYTES_MAX],
                status=status,
                response_headers=tuple((name.lower(), value) for name, value in headers),
                response=answer[:KEPT_BYTES_MAX],
                seconds=(self._clock.now() - call.at).total_seconds(),
            )
        )

    def _cannot(self, call: Call, keep: Any, why: str, start_response: StartResponse) -> list[bytes]:
        body = json.dumps({"error": f"understudy record: no answer from {why}"}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), (UPSTREAM_HEADER, why)]
        keep(call, 502, headers, body)
        start_response("502 Bad Gateway", headers)
        return [body]

    def _located(self, pair: tuple[str, str]) -> tuple[str, str]:
        name, value = pair
        if self._rewrite and name.lower() == "location":
            for base in (self.upstream, self._instance):
                if value == base or value.startswith(f"{base}/"):
                    return name, self.own + value[len(base) :]
        return pair

    def _logged_in(
        self,
        call: Call,
        keep: Any,
        answer: urllib3.BaseHTTPResponse,
        line: str,
        headers: list[tuple[str, str]],
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """The answer to a log-in, in which the address of the org becomes ours; whose it is, is remembered."""
        passing = _Passing(answer, lambda got: keep(call, answer.status, headers, got))
        try:
            whole = b"".join(passing)
        finally:
            passing.close()
        plain = unpacked(whole, answer.headers.get("content-encoding", ""))
        instance = _instance(plain or b"")
        if plain is None or not instance:
            start_response(line, [self._located(pair) for pair in headers])
            return [whole]
        self._instance = instance.decode()
        plain = plain.replace(instance, self.own.encode())
        kept = [pair for pair in headers if pair[0].lower() not in ("content-encoding", "content-length")]
        start_response(line, [*kept, ("Content-Length", str(len(plain)))])
        return [plain]


class _Passing:
    """An answer on its way to the client; its beginning is kept when it has passed, or broke off."""

    def __init__(self, answer: urllib3.BaseHTTPResponse, keep: Callable[[bytes], None]) -> None:
        self._answer = answer
        self._keep: Callable[[bytes], None] | None = keep
        self._got = bytearray()
        self._left = int(answer.headers.get("content-length") or -1)

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._answer.stream(PIECE_BYTES, decode_content=False):
                if len(self._got) < KEPT_BYTES_MAX:
                    self._got += piece
                self._left -= len(piece)
                if self._left == 0:
                    self._told()  # the client has its answer with this piece: it must not be sooner than we
                yield piece
        except HTTPError as error:
            self.close()
            raise ConnectionDropped(f"the upstream's answer broke off: {_why(error)}") from None
        self._told()

    def _told(self) -> None:
        keep, self._keep = self._keep, None
        if keep is not None:
            keep(bytes(self._got))

    def close(self) -> None:
        self._told()
        self._answer.close()  # of an answer that was read to its end, the connection is back in the pool already


def _unseen(*_given: Any) -> None:
    """The control plane of a fake is no traffic of the vendor's."""


def _pool(upstream: str, ca: str, threads: int) -> urllib3.PoolManager:
    proxy = select_proxy(upstream, get_environ_proxies(upstream, no_proxy=None))
    options: dict[str, Any] = {
        "maxsize": threads,
        "timeout": Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        "ca_certs": ca or DEFAULT_CA_BUNDLE_PATH,
    }
    return urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)


def _body(environ: WSGIEnvironment) -> bytes:
    if environ.get("CONTENT_LENGTH"):
        whole: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        return whole
    if environ.get("wsgi.input_terminated"):
        rest: bytes = environ["wsgi.input"].read()
        return rest
    return b""


def _headers(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    for key, value in environ.items():
        name = key[5:].replace("_", "-").title() if key.startswith("HTTP_") else ""
        if name and name.lower() not in _OF_ONE_HOP and name not in ("Host", "Expect"):
            yield name, _codings(value) if name == "Accept-Encoding" else value
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", environ["CONTENT_TYPE"]


def _codings(accepted: str) -> str:
    """What a client accepts, without what could not be kept: the body would be missing in the evidence."""
    named = [part.strip() for part in accepted.split(",")]
    return ", ".join(part for part in named if part.partition(";")[0].strip().lower() in READABLE) or "identity"


def _skipped(sent: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What the client did not say is not said in its name."""
    given = {name.lower() for name, _ in sent}
    for name in ("accept-encoding", "user-agent"):
        if name not in given:
            yield name, SKIP_HEADER


def _instance(body: bytes) -> bytes:
    """The address of the org that the answer to a log-in names."""
    for key in _ORIGINS:
        at = body.find(key)
        if at >= 0:
            start = body.find(b"http", at)
            end = min(
                (found for end in (b'"', b"/", b"<") if (found := body.find(end, start + 8)) > 0), default=len(body)
            )
            if 0 <= start - at - len(key) <= 4:
                return body[start:end]
    return b""


def _why(error: Exception) -> str:
    """What happened, in one line."""
    if isinstance(error, exceptions.SSLError):
        return f"TLS failed ({_last(error)})"
    if isinstance(error, exceptions.NewConnectionError):
        return f"cannot connect ({_last(error)})"
    if isinstance(error, exceptions.TimeoutError):
        return f"no answer in time ({_last(error)})"
    return f"the connection broke ({_last(error)})"


def _last(error: Exception) -> str:
    return " ".join(str(error).rpartition(": ")[2].split())[:200] or type(error).__name__
