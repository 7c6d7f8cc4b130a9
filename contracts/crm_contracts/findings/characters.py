"""Texts from the wire, made fit to be shown: nothing in them can steer a terminal or break a document.

Rule 1: what cannot be written as it is stands there as an escape; nothing is dropped silently.
"""

from __future__ import annotations

import re

__all__ = ["for_terminal", "for_utf8", "for_xml"]

# C0 but tab and line feed, DEL, C1, line and paragraph separators, and what turns the direction of writing.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What is no Char of XML 1.0 (section 2.2).
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def for_terminal(text: str) -> str:
    """Shown on a terminal, *text* moves no cursor, changes no colour and has no line ends but its own."""
    return _STEERING.sub(_escaped, text)


def for_xml(text: str) -> str:
    """*text* has only characters that XML 1.0 allows; markup in it is the serialiser's business."""
    return _NO_XML.sub(_escaped, text)


def for_utf8(text: str) -> str:
    """*text* can be encoded: half of a surrogate pair becomes its escape, which in JSON means the same."""
    return _SURROGATES.sub(_escaped, text)
