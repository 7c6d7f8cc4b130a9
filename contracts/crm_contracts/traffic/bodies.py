"""Bodies without their content coding: as they stood on the wire, and as a recorder wrote them down.

Rule 1: nothing unfolds into more than BODY_BYTES_MAX.
Rule 2: a recorder may have unpacked a body and left the header that says otherwise: what can be read is taken as it is.
Rule 3: brotli and zstd are not unpacked here: a body that needs it is told, and never taken for another.
Source: RFC 9110, section 8.4; HTTP Archive format 1.2, postData and content.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

__all__ = ["BASE64_BROKEN", "BODY_BYTES_MAX", "READABLE", "TOO_LARGE", "Unreadable", "recorded", "unpacked"]

BODY_BYTES_MAX = 64 * 1024 * 1024
BASE64_BROKEN = "broken base64"
TOO_LARGE = f"more than {BODY_BYTES_MAX // 1024 // 1024} MB once unpacked"
READABLE = ("gzip", "x-gzip", "deflate", "identity")  # content codings
_GZIP, _ZLIB = b"\x1f\x8b", (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


class Unreadable(Exception):
    """A body that cannot be read; the message says why, in a few words."""


def unpacked(body: bytes, coding: str) -> bytes | None:
    """A *body* of the wire without its content coding, as far as it goes where it was cut; None: it is not READABLE."""
    plain: bytes | None = body
    for one in reversed([part.strip().lower() for part in coding.split(",")]):
        if one in ("", "identity") or plain is None:
            continue
        plain = _inflated(plain, one)
    return plain


def _inflated(body: bytes, coding: str) -> bytes | None:
    if coding in ("gzip", "x-gzip"):
        windows: tuple[int, ...] = (16 + zlib.MAX_WBITS,)
    elif coding == "deflate":
        windows = (zlib.MAX_WBITS, -zlib.MAX_WBITS)
    else:
        return None
    for window in windows:
        try:
            return zlib.decompressobj(window).decompress(body, BODY_BYTES_MAX)
        except zlib.error:
            continue
    return None


def recorded(text: str, *, encoding: str, coding: str) -> bytes:
    """A body that a recorder wrote as *text*. *encoding* is the recorder's (`base64`), *coding* the Content-Encoding:
    "" where none is known, `identity` where there is none.

    Raises Unreadable.
    """
    if encoding.lower() != "base64":
        return text.encode("utf-8", "replace")  # a recorder that has text has unpacked it
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(BASE64_BROKEN) from None
    return _whole(raw, coding.lower().strip())


def _whole(raw: bytes, coding: str) -> bytes:
    if coding == "identity":
        return raw
    if raw.startswith(_GZIP):
        return _through(zlib.decompressobj(16 + zlib.MAX_WBITS), raw, "gzip")
    if coding == "deflate" or (raw[:2] in _ZLIB and coding not in ("", "br", "zstd")):
        window = zlib.MAX_WBITS if raw[:2] in _ZLIB else -zlib.MAX_WBITS
        try:
            return _through(zlib.decompressobj(window), raw, "deflate")
        except Unreadable:
            if _looks_like_text(raw):
                return raw
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
        raise Unreadable(TOO_LARGE)
    if not decoder.eof:
        raise Unreadable(f"{name} that breaks off")
    return whole
