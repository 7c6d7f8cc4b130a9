"""A request's body as bytes, and an answer as it goes on the wire.

Source: REST API Developer Guide, Headers (compression), blob insert (the most that a body may hold).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response

from fake_core.streams import stated_length
from fake_salesforce.errors import salesforce_error

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BODY_BYTES_MAX = 52_428_800  # 50 MB of text: REST API Developer Guide, blob insert
STATUS_LINES = {one.value: f"{one.value} {one.phrase}" for one in HTTPStatus}
PRETTY = {"1", "true", "True"}

Headers = list[tuple[str, str]]
_WINDOW_BITS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class Answer(Response):
    """A finished answer: its headers go on the wire as they are, without another look at them.

    Flask's own Response parses, copies and completes headers twice for each answer, which costs as
    much as reading a row.
    """

    def __init__(self, body: bytes, status: int, headers: Headers) -> None:
        """*headers* may not hold Content-Length: it is counted here."""
        # The base class is not initialised on purpose: nothing of it is used but its type.
        self.body = body
        self._status_code = status
        self._status = STATUS_LINES.get(status) or f"{status} Unknown"
        self.header_list = headers
        if status not in {204, 304}:
            headers.append(("Content-Length", str(len(body))))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(self._status, self.header_list)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]


def read_body(environ: WSGIEnvironment) -> bytes:
    """The body, uncompressed; raises REQUEST_TOO_LARGE past `BODY_BYTES_MAX`."""
    length = stated_length(environ)
    if length is not None:
        if length > BODY_BYTES_MAX:
            raise salesforce_error("REQUEST_TOO_LARGE")
        body: bytes = environ["wsgi.input"].read(length)
    elif environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read(BODY_BYTES_MAX + 1)
    else:
        body = b""
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").lower()
    if encoding in _WINDOW_BITS and body:
        unpack = zlib.decompressobj(_WINDOW_BITS[encoding])
        try:
            body = unpack.decompress(body, BODY_BYTES_MAX + 1)
        except zlib.error as error:
            raise salesforce_error("JSON_PARSER_ERROR", text=f"{encoding}: {error}") from error
        if not unpack.eof and len(body) <= BODY_BYTES_MAX:
            raise salesforce_error("JSON_PARSER_ERROR", text=f"{encoding}: the stream ends before its end")
    if len(body) > BODY_BYTES_MAX:
        raise salesforce_error("REQUEST_TOO_LARGE")
    return body
