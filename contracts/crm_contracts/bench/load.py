"""A small load generator: N keep-alive connections, one request in flight on each, latencies kept.

Raw sockets and one selector loop, so that on two cores the generator is not what is measured. A server that closes its
connections (moto's does) is met again: the new connection is part of its price, as it would be for a client.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

ANSWER_SECONDS_MAX = 30
_READ_BYTES = 262_144


@dataclass(frozen=True)
class Load:
    """What a run showed."""

    requests: int
    seconds: float
    latencies_ms: list[float]

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request_bytes(method: str, url: str, *, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """One HTTP/1.1 request, ready to send."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: keep-alive"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method in {"POST", "PUT", "PATCH"}:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class _Connection:
    def __init__(self, address: tuple[str, int], make: Callable[[int], bytes], tls: ssl.SSLContext | None) -> None:
        self.address = address
        self.make = make
        self.tls = tls
        self.socket: socket.socket | None = None
        self.started = 0.0
        self.buffer = bytearray()
        self.wanted = -1  # the whole answer's length; -1 = headers not read, -2 = until the server closes

    def send(self, request: bytes) -> None:
        self.buffer.clear()
        self.wanted = -1
        self.started = time.perf_counter()
        if self.socket is None:
            self.socket = socket.create_connection(self.address, timeout=ANSWER_SECONDS_MAX)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                self.socket = self.tls.wrap_socket(self.socket, server_hostname=self.address[0])
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Read what is there: the status once the answer is whole, else None."""
        assert self.socket is not None
        chunk = self.socket.recv(_READ_BYTES)
        self.buffer += chunk
        while isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():  # decrypted already: no event will tell
            self.buffer += self.socket.recv(_READ_BYTES)
        if self.wanted == -1:
            end = self.buffer.find(b"\r\n\r\n")
            if end >= 0:
                self.wanted = self._length(bytes(self.buffer[:end]).lower(), end + 4)
        closed = not chunk
        whole = closed if self.wanted == -2 else 0 <= self.wanted <= len(self.buffer)
        if whole:
            return int(self.buffer[9:12])
        if closed:
            raise ConnectionError("the server hung up in the middle of an answer")
        return None

    def close_if_told(self) -> bool:
        head = bytes(self.buffer[: self.buffer.find(b"\r\n\r\n")]).lower()
        if b"connection: close" in head or head.startswith(b"http/1.0") or self.wanted == -2:
            assert self.socket is not None
            self.socket.close()
            self.socket = None
            return True
        return False

    @staticmethod
    def _length(head: bytes, start: int) -> int:
        if head[9:12] in {b"204", b"304"}:
            return start
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return start + int(line.partition(b":")[2])
        if b"transfer-encoding: chunked" in head:
            raise ConnectionError("a chunked answer: the generator reads answers of a stated length only")
        return -2


def run_load(
    url: str, next_request: Callable[[int], bytes], *, connections: int, seconds: float, expect: set[int]
) -> Load:
    """Drive *url*'s host for *seconds* with *next_request(n)* and check that each status is in *expect*."""
    return run_loads([(url, next_request)], connections=connections, seconds=seconds, expect=expect)


def run_loads(
    servers: Sequence[tuple[str, Callable[[int], bytes]]],
    *,
    connections: int,
    seconds: float,
    expect: set[int],
    tls: ssl.SSLContext | None = None,
) -> Load:
    """As `run_load`, with the connections shared out among several servers, over https with *tls*."""
    selector = selectors.DefaultSelector()
    open_ = []
    for number in range(connections):
        url, make = servers[number % len(servers)]
        parts = urlsplit(url)
        assert parts.hostname is not None
        open_.append(_Connection((parts.hostname, parts.port or 80), make, tls))
    number = 0
    latencies: list[float] = []

    def start(one: _Connection) -> None:
        nonlocal number
        one.send(one.make(number))
        number += 1
        selector.register(one.socket, selectors.EVENT_READ, one)  # type: ignore[arg-type]

    began = time.perf_counter()
    for one in open_:
        start(one)
    busy = connections
    while busy:
        events = selector.select(timeout=ANSWER_SECONDS_MAX)
        if not events:
            raise ConnectionError(f"no answer from {servers[0][0]} within {ANSWER_SECONDS_MAX} s")
        for key, _ in events:
            one = key.data
            status = one.receive()
            if status is None:
                continue
            now = time.perf_counter()
            latencies.append((now - one.started) * 1_000)
            if status not in expect:
                raise ConnectionError(f"{one.address} answered {status}: {bytes(one.buffer[-300:])!r}")
            selector.unregister(key.fileobj)
            one.close_if_told()
            if now - began < seconds:
                start(one)
            else:
                busy -= 1
    took = time.perf_counter() - began
    for one in open_:
        if one.socket is not None:
            one.socket.close()
    return Load(len(latencies), took, latencies)
