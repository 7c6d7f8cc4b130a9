"""The bytes travel in-process: clients keep their real host names, no socket is opened.

Three doors to the same call: `InProcess.install()` patches urllib3's pool (requests, urllib3 and everything on them)
and httpx's transports; `adapter()` is mounted on one `requests.Session`; `httpx_transport()` is handed to one client.
A host that no fake plays goes to the network as before, through `install()`; the adapter refuses it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes, urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import HTTPConnectionPool

from fake_core.errors import ConnectionDropped, MisuseError
from fake_core.fake import Application, run_wsgi

if TYPE_CHECKING:
    import httpx

Answer = tuple[int, str, list[tuple[str, str]], bytes]


class InProcess:
    """A network in which the given fakes are the only hosts."""

    def __init__(self, fakes: Iterable[Application]) -> None:
        self._fakes = list(fakes)
        self._found: dict[str, Application | None] = {}
        self._undo: list[Callable[[], None]] = []

    def find(self, host: str) -> Application | None:
        """The fake that plays *host*, if any."""
        if host not in self._found:
            name = host.lower()
            self._found[host] = next(
                (fake for fake in self._fakes for one in fake.hosts if fnmatchcase(name, one)), None
            )
        return self._found[host]

    def adapter(self) -> BaseAdapter:
        """To be mounted: `session.mount("https://", network.adapter())`."""
        return _RequestsAdapter(self)

    def session(self) -> requests.Session:
        """A session to speak to the fakes by https; of the environment (a proxy, .netrc) it asks nothing."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self.adapter())
        return session

    def httpx_transport(self) -> httpx.BaseTransport:
        """For `httpx.Client(transport=…)` and `httpx.AsyncClient(transport=…)` alike."""
        from fake_core._httpx import HttpxTransport

        return HttpxTransport(self)

    def install(self) -> Self:
        """Let every client in this process meet the fakes; undo with remove()."""
        if self._undo:
            raise MisuseError("this in-process network is installed already: remove() it first")
        self._patch_urllib3()
        try:
            from fake_core._httpx import patch_httpx
        except ImportError:  # httpx is the user's choice, not our dependency
            pass
        else:
            self._undo.append(patch_httpx(self))
        return self

    def remove(self) -> None:
        while self._undo:
            self._undo.pop()()

    def __enter__(self) -> Self:
        return self.install()

    def __exit__(self, *_exc: object) -> None:
        self.remove()

    def send(
        self,
        fake: Application,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | Iterable[tuple[str, str]],
        body: bytes,
    ) -> Answer:
        """One exchange. Raises ConnectionDropped where a fault broke the connection."""
        parts = urlsplit(url)
        environ = _environ(method, parts.scheme, parts.netloc, parts.path, parts.query, body)
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        for name, value in pairs:
            key = name.upper().replace("-", "_")
            if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
                key = f"HTTP_{key}"
            environ[key] = value.decode("latin-1") if isinstance(value, bytes) else value
        try:
            line, answer_headers, answer = run_wsgi(fake, environ)
        except ConnectionDropped as dropped:
            dropped.settle()
            raise
        status, _, reason = line.partition(" ")
        _refuse_truncated(method, answer_headers, answer)
        return int(status), reason, answer_headers, answer

    def _patch_urllib3(self) -> None:
        network = self
        original = HTTPConnectionPool.urlopen

        def urlopen(pool: HTTPConnectionPool, method: str, url: str, *args: Any, **options: Any) -> Any:
            fake = network.find(pool.host)
            if fake is None:
                return original(pool, method, url, *args, **options)
            body = args[0] if args else options.get("body")
            headers = args[1] if len(args) > 1 else options.get("headers")
            netloc = pool.host if pool.port in {None, 80, 443} else f"{pool.host}:{pool.port}"
            target = url if "://" in url else f"{pool.scheme}://{netloc}{url}"
            data = _bytes(body)
            given = dict(headers or pool.headers)
            try:
                status, reason, answer_headers, answer = network.send(fake, method, target, headers=given, body=data)
            except ConnectionDropped as error:
                raise urllib3.exceptions.ProtocolError(
                    "Connection aborted.", ConnectionResetError(104, str(error))
                ) from None
            return _urllib3_response(method, status, reason, answer_headers, answer, options)

        HTTPConnectionPool.urlopen = urlopen  # type: ignore[method-assign, assignment]

        def undo() -> None:
            HTTPConnectionPool.urlopen = original  # type: ignore[method-assign]

        self._undo.append(undo)


class _RequestsAdapter(BaseAdapter):
    def __init__(self, network: InProcess) -> None:
        super().__init__()
        self._network = network

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        assert request.url is not None
        assert request.method is not None
        parts = urlsplit(request.url)
        fake = self._network.find(parts.hostname or "")
        if fake is None:
            raise requests.ConnectionError(f"no fake plays {parts.hostname}", request=request)
        try:
            status, reason, headers, answer = self._network.send(
                fake,
                request.method,
                request.url,
                headers=request.headers,
                body=_bytes(request.body),
            )
        except ConnectionDropped as error:
            raise requests.ConnectionError(str(error), request=request) from None
        response = requests.Response()
        response.status_code = status
        response.reason = reason
        response.headers = CaseInsensitiveDict(headers)
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response._content = _decoded(headers, answer)  # noqa: SLF001 - the whole body is here: nothing to stream
        response.url = request.url
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is open."""


def _environ(method: str, scheme: str, netloc: str, path: str, query: str, body: bytes) -> dict[str, Any]:
    host, _, port = netloc.rpartition("@")[2].partition(":")
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path or "/").decode("latin-1"),
        "RAW_URI": path,
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": port or ("443" if scheme == "https" else "80"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": netloc.rpartition("@")[2],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": _NoErrors(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


class _NoErrors:
    """Where a WSGI application would print its errors: ours raises them instead."""

    def write(self, _text: str) -> None:
        return

    def flush(self) -> None:
        return


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        data = body.read()
        return data.encode() if isinstance(data, str) else bytes(data)
    return b"".join(one.encode() if isinstance(one, str) else one for one in body)


def _refuse_truncated(method: str, headers: list[tuple[str, str]], answer: bytes) -> None:
    if method == "HEAD":
        return
    for name, value in headers:
        if name.lower() == "content-length" and int(value) > len(answer):
            missing = int(value) - len(answer)
            raise ConnectionDropped(f"truncated: the body broke off, {missing} bytes are missing")


def _decoded(headers: list[tuple[str, str]], answer: bytes) -> bytes:
    """*answer* as requests hands it out: unpacked."""
    encoding = next((value for name, value in headers if name.lower() == "content-encoding"), None)
    if encoding is None or not answer:
        return answer
    return zlib.decompress(answer, wbits=zlib.MAX_WBITS | (16 if encoding == "gzip" else 0))


def _urllib3_response(
    method: str,
    status: int,
    reason: str,
    headers: list[tuple[str, str]],
    answer: bytes,
    options: dict[str, Any],
) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(
        body=BytesIO(answer),
        headers=urllib3.HTTPHeaderDict(headers),
        status=status,
        reason=reason,
        version=11,
        preload_content=options.get("preload_content", True),
        decode_content=options.get("decode_content", True),
        request_method=method,
    )
