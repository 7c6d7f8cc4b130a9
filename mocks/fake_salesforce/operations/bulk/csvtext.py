"""CSV as the Bulk APIs read and write it, a piece at a time.

Rule 1: reading is strict where the vendor is: a quote inside an unquoted value, or one that is never closed, refuses
the text; a quoted value may hold delimiters, line ends and doubled quotes.
Rule 2: a body of any size is cut into pieces of a few rows, each of which can be read by itself.
Rule 3: writing quotes every value; null is the empty value.
Source: Bulk API 2.0 Developer Guide v67, Prepare CSV Files; the texts are in errors.toml.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from fake_core.errors import VendorError

NULL = "#N/A"  # a cell that sets its field to null; an empty one leaves the field as it is
READ_BYTES = 65_536
ROW_BYTES_MAX = 4 * 400_000 + 131_072  # the longest row the vendor takes, in UTF-8, and its delimiters
_FIELD_CHARS_MAX = 2**31 - 1  # the vendor's own limits are checked elsewhere, with the vendor's words


class Source(Protocol):
    """Where bytes come from: `read(n)` gives at most n, b"" at the end."""

    def read(self, size: int, /) -> bytes: ...


class BrokenCsv(VendorError):
    """A text that is no CSV; *key* names the row of errors.toml that says why."""

    def __init__(self, key: str, **words: object) -> None:
        super().__init__(key)
        self.key = key
        self.words = words


class Piece(NamedTuple):
    """Some whole rows of an upload: how many lines that hold anything, and their bytes."""

    rows: int
    body: bytes


def cut(source: Source, *, rows_max: int) -> Iterator[Piece]:
    """The rows of *source* in pieces of at most *rows_max*, the header alone in the first.

    A line end inside quotes ends no row. Lines are only looked at as bytes: what a piece says is not checked here.
    """
    wanted = 1
    waiting = bytearray()
    end = quotes = rows = 0  # of what waits: bytes in whole rows, quotes in them and in the row begun, rows
    scanned = looked = 0  # bytes in whole lines; bytes without a line end that is not known
    while True:
        read = source.read(READ_BYTES)
        waiting += read
        while (stop := waiting.find(b"\n", looked) + 1) or (not read and scanned < len(waiting)):
            stop = stop or len(waiting)
            quotes += waiting.count(b'"', scanned, stop)
            blank = stop - end <= len(b"\r\n") and not waiting[end:stop].strip()
            scanned = looked = stop
            if quotes % 2 and stop - end <= ROW_BYTES_MAX and (read or stop < len(waiting)):
                continue
            end, quotes = stop, 0
            rows += not blank
            if rows == wanted:
                yield Piece(rows, bytes(waiting[:end]))
                del waiting[:end]
                wanted = rows_max
                end = rows = scanned = looked = 0
        looked = len(waiting)
        if not read:
            if waiting:
                yield Piece(rows, bytes(waiting))
            return


def decode(data: bytes, *, first: bool) -> str:
    """The text of a piece: UTF-8, what is not becomes U+FFFD; the *first* piece may begin with a byte order mark."""
    return data.decode("utf-8-sig" if first else "utf-8", "replace")


def rows(text: str, delimiter: str, line_ending: str) -> Iterator[list[str]]:
    """The rows of *text*; empty lines are no rows. Raises BrokenCsv."""
    if '"' in text:
        _refuse_stray_quotes(text, delimiter)
    csv.field_size_limit(_FIELD_CHARS_MAX)
    lines = io.StringIO(text, newline="\n") if "\r" not in text or line_ending == "\r\n" else _lines(text)
    reader = csv.reader(lines, delimiter=delimiter, quotechar='"', doublequote=True, strict=True)
    try:
        for row in reader:
            if row:
                yield row
    except csv.Error as error:
        raise BrokenCsv("InvalidBatch.stray_quote") from error


def _lines(text: str) -> Iterator[str]:
    """Lines at line feeds only: a carriage return that is not part of one is dropped, or the reader would end there."""
    return iter(io.StringIO(text.replace("\r\n", "\n").replace("\r", ""), newline="\n"))


_QUOTED = r'"[^"]*(?:""[^"]*)*"(?!")'
_VALUES_AT_ONCE = 1_000  # what the pattern keeps of each until it is through


@lru_cache(maxsize=len("`^,|;\t"))
def _well_formed(delimiter: str) -> re.Pattern[str]:
    """Some values, each with what ends it. Nothing possessive: before Python 3.11.5 that may match too much."""
    mark = re.escape(delimiter)
    value = rf'(?:{_QUOTED}|[^"{mark}\r\n]*)'
    return re.compile(rf"(?:{value}(?:{mark}|\r?\n|\r|\Z)){{1,{_VALUES_AT_ONCE}}}")


def _refuse_stray_quotes(text: str, delimiter: str) -> None:
    at = 0  # where the first value begins that is none
    while (match := _well_formed(delimiter).match(text, at)) and match.end() > at:
        at = match.end()
    if at == len(text):
        return
    if text[at] != '"':
        raise BrokenCsv("InvalidBatch.stray_quote")
    closed = re.compile(_QUOTED).match(text, at)
    raise BrokenCsv("InvalidBatch.after_quote" if closed else "InvalidBatch.unclosed_quote")


def line_ending_of(text: str) -> str | None:
    """The line end after the first row (outside quotes): LF, CRLF, or None when there is none."""
    quoted = False
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char == "\n" and not quoted:
            return "CRLF" if at and text[at - 1] == "\r" else "LF"
    return None


def write(found: Iterable[Sequence[Any]], delimiter: str, line_ending: str) -> bytes:
    """Rows as CSV, every value quoted, None as the empty value."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_ending, quoting=csv.QUOTE_ALL).writerows(found)
    return text.getvalue().encode("utf-8", "replace")
