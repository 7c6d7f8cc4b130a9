"""Bodies that may be larger than memory: an upload read into a temporary file, an answer sent as it is read.

Rule 1: what is too large is refused before it is read where its length is stated, and while it is read where not.
Source: Bulk API 2.0 Developer Guide v67, Upload Job Data (150 MB) and limits.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from fake_core.streams import Streamed, stated_length
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.routes.answers import STATUS_LINES, Answer, Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SPOOL_BYTES = 1_048_576  # a smaller body stays in memory
_READ_BYTES = 262_144
_WINDOW_BITS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


def spool_body(environ: WSGIEnvironment, *, limit: int, too_large: Callable[[], SalesforceError]) -> IO[bytes]:
    """The body, uncompressed, as a temporary file that the caller closes.

    Raises what *too_large* makes for one of more than *limit* bytes, and JSON_PARSER_ERROR for broken compression.
    """
    stated = stated_length(environ)
    if stated is not None and stated > limit:
        raise too_large()
    spooled: IO[bytes] = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - the caller's to close
    try:
        size = 0
        for piece in _unpacked(environ, _wire(environ, stated)):
            size += len(piece)
            if size > limit:
                raise too_large()  # noqa: TRY301 - the file is closed on the way
            spooled.write(piece)
        spooled.seek(0)
    except BaseException:
        spooled.close()
        raise
    return spooled


def _wire(environ: WSGIEnvironment, length: int | None) -> Iterator[bytes]:
    """The body as it came; nothing for one that states no length on a server that does not end it."""
    if length is None and not environ.get("wsgi.input_terminated"):
        return
    source = environ["wsgi.input"]
    while length is None or length > 0:
        piece = source.read(_READ_BYTES if length is None else min(length, _READ_BYTES))
        if not piece:
            return
        if length is not None:
            length -= len(piece)
        yield piece


def _unpacked(environ: WSGIEnvironment, pieces: Iterable[bytes]) -> Iterator[bytes]:
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").lower()
    if encoding not in _WINDOW_BITS:
        yield from pieces
        return
    unpack = zlib.decompressobj(_WINDOW_BITS[encoding])
    try:
        for piece in pieces:
            yield (waiting := unpack.decompress(piece, _READ_BYTES))
            while waiting and unpack.unconsumed_tail:
                yield (waiting := unpack.decompress(unpack.unconsumed_tail, _READ_BYTES))
    except zlib.error as error:
        raise salesforce_error("JSON_PARSER_ERROR", text=f"{encoding}: {error}") from error
    if not unpack.eof:
        raise salesforce_error("JSON_PARSER_ERROR", text=f"{encoding}: the stream ends before its end")


class StreamedAnswer(Answer):
    """An answer whose body is made while it is sent: *pieces* of *length* bytes in all."""

    def __init__(self, pieces: Iterator[bytes], length: int, status: int, headers: Headers) -> None:
        super().__init__(b"", status, headers)
        headers[-1] = ("Content-Length", str(length))
        self._streamed = Streamed(pieces, length)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        start_response(STATUS_LINES[self._status_code], self.header_list)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else self._streamed
