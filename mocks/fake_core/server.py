"""Serving a fake on a socket, by a thread of a test's process (cheroot); and the certificates for any server.

`understudy serve` runs granian instead, in a process of its own. Both speak http and https; the certificates come
from a CA made on the spot (trustme), whose file a client is told to trust.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes, urlsplit

import trustme
from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

from fake_core.errors import ConnectionDropped
from fake_core.fake import LATER_KEY

if TYPE_CHECKING:
    from fake_core.fake import Application

CERTIFIED_NAMES = (
    "localhost",
    "127.0.0.1",
    "::1",
    "*.salesforce.com",
    "*.my.salesforce.com",
    "*.planhat.com",
    "*.totango.com",
    "*.understudy.example",
)
SERVER_THREADS = 10
IDLE_CHECK_SECONDS = 0.02  # cheroot's default of half a second is how long stop() would wait


class Certificates:
    """A CA and one server certificate, as PEM files in *folder* whose keys only this user can read.

    A CA already there is used again, so that a client told to trust it once need not be told again.
    """

    def __init__(self, folder: Path, *, names: tuple[str, ...] = (), leaf: str = "server") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "ca.pem"
        key_file = folder / "ca.key"
        if self.ca_file.exists() and key_file.exists():
            ca = trustme.CA.from_pem(self.ca_file.read_bytes(), key_file.read_bytes())
        else:
            ca = trustme.CA()
            _write_private(key_file, ca.private_key_pem.bytes())
            self.ca_file.write_bytes(ca.cert_pem.bytes())
        issued = ca.issue_cert(*CERTIFIED_NAMES, *names)
        self.cert_file = folder / f"{leaf}.pem"
        self.key_file = folder / f"{leaf}.key"
        self.cert_file.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        _write_private(self.key_file, issued.private_key_pem.bytes())

    def remove_leaf(self) -> None:
        """Forget the server's certificate; the CA stays."""
        self.cert_file.unlink(missing_ok=True)
        self.key_file.unlink(missing_ok=True)


def _write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)


class ServedFake:
    """A fake on a free port of 127.0.0.1, answered by threads of this process.

    *tls*: over https, with a certificate of a CA of its own, or with those that are given.
    """

    def __init__(
        self,
        fake: Application,
        *,
        tls: bool | Certificates = False,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="understudy-") if tls is True else None
        self.ca_file: Path | None = None
        self._fake = fake
        self._later: list[threading.Thread] = []
        self._server = wsgi.Server((host, port), self._answer, numthreads=SERVER_THREADS, server_name="understudy")
        self._server.gateway = _Gateway
        self._server.expiration_interval = IDLE_CHECK_SECONDS
        certificates = Certificates(Path(self._folder.name)) if self._folder is not None else tls
        if isinstance(certificates, Certificates):
            self.ca_file = certificates.ca_file
            self._server.ssl_adapter = BuiltinSSLAdapter(str(certificates.cert_file), str(certificates.key_file))
        self._server.prepare()
        port = self._server.bind_addr[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{port}"
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()

    def _answer(self, environ: Any, start_response: Any) -> Any:
        environ[LATER_KEY] = self._do_later
        raw = urlsplit(environ["REQUEST_URI"]).path
        if "%2f" in raw.lower():  # cheroot leaves an encoded slash as it is: WSGI servers decode the whole path
            environ["PATH_INFO"] = unquote_to_bytes(raw).decode("latin-1")
        return self._fake(environ, start_response)

    def _do_later(self, work: Callable[[], None]) -> None:
        """Beside the connection, which its client may be using again."""
        self._later = [one for one in self._later if one.is_alive()]
        thread = threading.Thread(target=work, daemon=True)
        self._later.append(thread)
        thread.start()

    def stop(self) -> None:
        self._server.stop()
        self._thread.join(timeout=10)
        for thread in self._later:
            thread.join(timeout=10)
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


class _Gateway(wsgi.Gateway_10):
    """cheroot's gateway, able to break a connection where a fault says so."""

    def respond(self) -> None:
        try:
            super().respond()
        except ConnectionDropped as dropped:
            self.req.close_connection = True
            self.req.sent_headers = True  # or cheroot would answer 500 in our name
            self.req.ready = False
            _break(self.req.conn.socket)
            dropped.settle()
        if (b"Connection", b"close") in self.req.outheaders:  # a truncated body: nothing more will come
            self.req.close_connection = True


def _break(connection: Any) -> None:
    with suppress(OSError):  # the client was quicker
        connection.shutdown(socket.SHUT_RDWR)


def broken_answer(start_response: Any) -> list[bytes]:
    """What a server that cannot drop a connection sends instead: an answer that breaks off after its first byte."""
    # Not before the first byte: a server mends a promised length that it sees is wrong for nothing at all.
    start_response("200 OK", [("Content-Length", "2"), ("Connection", "close")])
    return [b"\n"]


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
