"""Bodies as they stood on the wire, without their content coding.

Source: RFC 9110, section 8.4. What a recorder made of a body is another matter: `crm_contracts.capsules.intake.bodies`.
"""

from __future__ import annotations

import zlib

BODY_BYTES_MAX = 64 * 1024 * 1024  # nothing unfolds into more


def unpacked(body: bytes, coding: str) -> bytes | None:
    """*body* without its content coding, as far as it goes where it was cut; None where we cannot read the coding."""
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
