"""Bodies as recorders write them down: base64, still compressed, cut short; and what they say.

Rule: nothing is executed, and nothing unfolds into more than BODY_BYTES_MAX.
Source: HTTP Archive format 1.2, postData and content; RFC 9110, section 8.4 (content codings).
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["BODY_BYTES_MAX", "Unreadable", "form", "mapping", "mappings", "parsed", "unpacked"]

BODY_BYTES_MAX = 64 * 1024 * 1024
_GZIP, _ZLIB = b"\x1f\x8b", (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


class Unreadable(Exception):
    """A body that cannot be read; the message says why, in a few words."""


def unpacked(text: str, *, encoding: str, coding: str) -> str:
    """The text of a recorded body. *encoding* is the recorder's (`base64`), *coding* the answer's Content-Encoding.

    Raises Unreadable.
    """
    if encoding.lower() != "base64":
        return text  # a recorder that has text has decompressed it
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("broken base64") from None
    raw = _inflated(raw, coding.lower().strip())
    for charset in ("utf-8-sig", "latin-1"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 reads everything")


def _inflated(raw: bytes, coding: str) -> bytes:
    if raw.startswith(_GZIP):
        return _through(zlib.decompressobj(16 + zlib.MAX_WBITS), raw, "gzip")
    if coding == "deflate" or (raw[:2] in _ZLIB and coding not in ("", "identity", "br", "zstd")):
        window = zlib.MAX_WBITS if raw[:2] in _ZLIB else -zlib.MAX_WBITS
        try:
            return _through(zlib.decompressobj(window), raw, "deflate")
        except Unreadable:
            if _looks_like_text(raw):
                return raw  # the recorder decompressed it and left the header
            raise
    if coding in ("br", "zstd") and not _looks_like_text(raw):
        raise Unreadable(f"compressed with {coding}, which is not unpacked here")
    return raw


def _looks_like_text(raw: bytes) -> bool:
    """Whether the first thing in it is JSON, XML or a CSV of plain words."""
    try:
        raw[:200].decode("utf-8", "strict" if len(raw) <= 200 else "ignore")
    except UnicodeDecodeError:
        return False
    return raw.lstrip()[:1] in (b"{", b"[", b"<", b'"', b"") or all(
        32 <= one < 127 or one in (9, 10, 13) for one in raw[:200]
    )


def _through(decoder: Any, raw: bytes, name: str) -> bytes:
    try:
        whole: bytes = decoder.decompress(raw, BODY_BYTES_MAX)
    except zlib.error:
        raise Unreadable(f"broken {name}") from None
    if decoder.unconsumed_tail:
        raise Unreadable(f"more than {BODY_BYTES_MAX // 1024 // 1024} MB once unpacked")
    if not decoder.eof:
        raise Unreadable(f"{name} that breaks off")
    return whole


def parsed(text: str | None, mime: str) -> Any:
    """What *text* says: JSON data where it is JSON, a mapping where it is a form, else the text. Raises Unreadable."""
    if text is None or not text.strip():
        return None
    kind = mime.lower()
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        try:
            return json.loads(text.lstrip("\ufeff"))
        except (ValueError, RecursionError):
            raise Unreadable("JSON that breaks off or is broken") from None
    if "json" in kind:
        raise Unreadable("no JSON")
    if "x-www-form-urlencoded" in kind:
        return form(text)
    return text


def mapping(given: Any) -> Mapping[str, Any]:
    """*given*, or nothing where it is no mapping."""
    return given if isinstance(given, Mapping) else {}


def mappings(given: Any) -> list[Mapping[str, Any]]:
    """A list of mappings, each at its place; nothing where *given* is no list."""
    return [mapping(one) for one in given] if isinstance(given, list) else []


def form(text: str) -> Mapping[str, str]:
    """A form or a query string as a mapping; of a name given twice, the last."""
    return dict(parse_qsl(text, keep_blank_values=True))
