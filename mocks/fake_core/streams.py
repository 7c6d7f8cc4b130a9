"""Bodies too large for memory: requests read from the wire as they are needed, answers sent as they are made."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def stated_length(environ: WSGIEnvironment) -> int | None:
    """What Content-Length says, in bytes; None where it is not there, or no number that a server would let pass."""
    text = environ.get("CONTENT_LENGTH") or ""
    if not (text.isascii() and text.isdigit()):
        return None
    return int(text[:_DIGITS_MAX])  # of more digits all are past every limit, and Python reads no more than 4,300


_DIGITS_MAX = 20


class Rejoined(io.RawIOBase):
    """A body whose beginning was read: *head*, then what *rest* gives, *length* bytes in all (None: to its end).

    The server is never asked for more than the body has: on a connection that is kept it would wait for it.
    """

    def __init__(self, head: bytes, rest: IO[bytes], length: int | None) -> None:
        super().__init__()
        self._head = memoryview(head)
        self._rest = rest
        self._left = None if length is None else length - len(head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray, /) -> int:  # type: ignore[override]
        size = len(buffer)
        if self._head:
            found: memoryview | bytes = self._head[:size]
            self._head = self._head[size:]
        else:
            found = self._rest.read(size if self._left is None else min(size, self._left))
            if self._left is not None:
                self._left -= len(found)
        buffer[: len(found)] = found
        return len(found)


class Streamed:
    """The body of an answer, made while it is sent: what a WSGI application returns in place of a list.

    *length* is the number of bytes that *pieces* will give. *done* is called once when nobody reads any further.
    """

    def __init__(self, pieces: Iterator[bytes], length: int, done: Callable[[], None] = lambda: None) -> None:
        self._pieces = pieces
        self._done = done
        self.length = length

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._done()

    def head(self, at_least: int) -> bytes:
        """The first *at_least* bytes, or all there are; they stay to be sent."""
        taken: list[bytes] = []
        size = 0
        for piece in self._pieces:
            taken.append(piece)
            size += len(piece)
            if size >= at_least:
                break
        self._pieces = _chain(taken, self._pieces)
        return b"".join(taken)

    def then(self, more: Callable[[], None]) -> Streamed:
        """The same body, with *more* to be done when nobody reads any further."""

        def done() -> None:
            self._done()
            more()

        return Streamed(self._pieces, self.length, done)

    def cut(self, length: int) -> Streamed:
        """The first *length* bytes alone."""
        return Streamed(_first(self._pieces, length), length, self._done)


def _chain(taken: list[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
    yield from taken
    yield from rest


def _first(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:length]
        length -= len(piece)
        if length <= 0:
            return
