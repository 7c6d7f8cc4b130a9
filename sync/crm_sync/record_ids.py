"""Salesforce record ids as people and systems hand them on: 15 or 18 characters, any case.

The last three of an 18-character id encode which of the first fifteen are upper-case letters, so a
lower-cased 18 can be restored, and a lower-cased 15 cannot (rule P9, failure modes F07 and F08).
Source: Salesforce id layout as recorded in public traffic; the checksum's worked examples are in
the tests.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")


class NotAnId(ValueError):
    """The text does not have the shape of a Salesforce id."""


class AmbiguousId(ValueError):
    """The text once was an id, but its case is lost and cannot be restored."""


def checksum(first15: str) -> str:
    """The three letters that turn a 15-character id into an 18-character one."""
    letters = []
    for start in (0, 5, 10):
        bits = sum(1 << k for k, c in enumerate(first15[start : start + 5]) if "A" <= c <= "Z")
        letters.append(_ALPHABET[bits])
    return "".join(letters)


def canonical(text: str, *, prefix: str | None = None) -> str:
    """The 18-character id *text* names.

    *prefix* is the key prefix the id should have ("00T" for Task); it reveals a 15-character id
    that was lower-cased on its way.

    Raises:
        NotAnId: not 15 or 18 letters and digits, a checksum no case can satisfy, or another
            object's prefix.
        AmbiguousId: a 15-character id whose case was lost.
    """
    text = text.strip()
    if not _SHAPE.fullmatch(text):
        raise NotAnId(f"{text!r} is not a Salesforce id")
    full = _restored(text) if len(text) == 18 else _completed(text, prefix)
    if prefix is not None and not full.startswith(prefix):
        raise NotAnId(f"{text!r} is not an id of this object: its ids start with {prefix}")
    return full


@lru_cache(maxsize=4_096)
def _restored(text: str) -> str:
    """An 18 with the case its suffix tells; the suffix itself is read without case."""
    suffix = text[15:].upper()
    letters = []
    for n, c in enumerate(text[:15]):
        group = suffix[n // 5]
        if group not in _ALPHABET:
            raise NotAnId(f"{text!r} has a wrong checksum")
        upper = bool(_ALPHABET.index(group) >> (n % 5) & 1)
        if upper and not c.isalpha():
            raise NotAnId(f"{text!r} has a wrong checksum")
        letters.append(c.upper() if upper else c.lower())
    restored = "".join(letters) + suffix
    mixed = text[:15] != text[:15].lower() and text[:15] != text[:15].upper()
    if mixed and restored[:15] != text[:15]:
        raise NotAnId(f"{text!r} has a wrong checksum")
    return restored


def _completed(text: str, prefix: str | None) -> str:
    """A 15 with its checksum; refuses one that was lower- or upper-cased."""
    if prefix is not None and text[:3] != prefix and text[:3].lower() == prefix.lower():
        if any(c.isalpha() for c in text[3:]):
            raise AmbiguousId(f"{text!r} is a 15-character id that lost its case; paste the 18-character id")
        text = prefix + text[3:]
    return text + checksum(text)


def external_key(model: str, record_id: str) -> str:
    """What the unique external-id field of the Salesforce record holds. Task and Conversation of
    one activity share their `_id` in Planhat, so the model is part of the key.
    """
    return f"{model}-{record_id}"
