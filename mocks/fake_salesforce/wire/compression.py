"""Answers in gzip or deflate, for a client that takes them.

Rule 1: what a client sees is the same with and without; an answer too small to gain by it stays plain, which the
vendor leaves itself free to do.
Rule 2: an ETag of a compressed answer ends in `-gzip`, as in the guide's samples.
Rule 3: an answer that is made while it is sent is not compressed.
Source: REST API Developer Guide v66, Compression Headers; `Vary: Accept-Encoding` is recorded.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from fake_core.streams import Streamed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SMALL_BYTES = 2_048
_LEVEL = 1  # of nine: speed counts here, not size
_WINDOW_BITS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}

Headers = list[tuple[str, str]]


def compressed(environ: WSGIEnvironment, headers: Headers, body: bytes | Streamed) -> tuple[Headers, bytes | Streamed]:
    """The headers and the body as they go on the wire."""
    if isinstance(body, Streamed) or len(body) < SMALL_BYTES:
        return headers, body
    encoding = _wanted(environ.get("HTTP_ACCEPT_ENCODING", ""))
    names = {name.lower() for name, _ in headers}
    if encoding is None or "content-encoding" in names or "vary" not in names:
        return headers, body
    pack = zlib.compressobj(_LEVEL, wbits=_WINDOW_BITS[encoding])
    packed = pack.compress(body) + pack.flush()
    kept = [
        (name, f'{value[:-1]}-gzip"' if name == "ETag" else value)
        for name, value in headers
        if name.lower() != "content-length"
    ]
    return [*kept, ("Content-Encoding", encoding), ("Content-Length", str(len(packed)))], packed


def _wanted(accept: str) -> str | None:
    """The encoding the client takes; gzip where it takes both."""
    if not accept:
        return None
    taken = set()
    for part in accept.lower().split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            taken.add(name.strip())
    return next((name for name in _WINDOW_BITS if name in taken), None)
