"""Salesforce record ids: the 15 and 18 character forms, their checksum, and minting new ones.

Rule 1: inside this fake an id is always the 18 character form; `canonical` is the one gate through
which an id written by a client comes in.
Rule 2: a 15 character id is case-sensitive. Two of them may differ in nothing but case.

An id is a 3 character key prefix (which object), 2 or 3 characters naming the instance (constant in
one org), a reserved `0`, and a serial number in base 62. The 18 character form adds three
characters that say which of the 15 are capitals.

Source: consecutive ids and the checksum are recorded in public traffic (heroku/sf-functions-python,
CumulusCI and OpenStax cassettes); restoring the case of a re-cased id follows from the checksum.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

SERIAL_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKSUM_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
GROUP_CHARS: Final = 5  # 15 characters are three groups of 5, each one checksum character
SHORT_CHARS: Final = 15
PREFIX_CHARS: Final = 3
INSTANCE: Final = "Ud"  # the instance code of a fake org unless it is told another
MASTER_RECORD_TYPE_ID: Final = "012000000000000AAA"

assert len(SERIAL_ALPHABET) == 62
assert len(CHECKSUM_ALPHABET) == 2**GROUP_CHARS

_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Za-z0-5]{3})?", re.ASCII)


def checksum(id15: str) -> str:
    """The three characters that turn the 15 character form into the 18 character form."""
    return _letter(id15[:GROUP_CHARS]) + _letter(id15[GROUP_CHARS : 2 * GROUP_CHARS]) + _letter(id15[2 * GROUP_CHARS :])


@lru_cache(maxsize=4_096)  # the ids of an object begin alike
def _letter(group: str) -> str:
    """Bit k is set when the k-th character of the group is a capital; the five bits index `CHECKSUM_ALPHABET`."""
    bits = 0
    for k, char in enumerate(group):
        if "A" <= char <= "Z":
            bits |= 1 << k
    return CHECKSUM_ALPHABET[bits]


def to_18(record_id: str) -> str:
    """The 18 character form of a well-formed id of 15 or 18 characters. Checks nothing."""
    id15 = record_id[:SHORT_CHARS]
    return id15 + checksum(id15)


def to_15(record_id: str) -> str:
    """The 15 character form, as some error messages print it."""
    return record_id[:SHORT_CHARS]


def canonical(text: object) -> str | None:
    """The 18 character id a client means by *text*, or None when it is not an id.

    Accepted: 15 characters; 18 with the right checksum; 18 whose letters were all lower-cased or
    all upper-cased on the way (a spreadsheet, a URL), whose case the checksum restores. A checksum
    that does not fit the letters is refused.
    """
    if not isinstance(text, str) or _SHAPE.fullmatch(text) is None:
        return None
    if len(text) == SHORT_CHARS:
        return text + checksum(text)
    id15, suffix = text[:SHORT_CHARS], text[SHORT_CHARS:].upper()
    if checksum(id15) == suffix:
        return id15 + suffix
    if id15 == id15.lower() or id15 == id15.upper():
        return _restore_case(id15, suffix)
    return None


def _restore_case(id15: str, suffix: str) -> str | None:
    """*id15* with capitals where *suffix* sets a bit; None when a bit points at a digit."""
    chars = list(id15.lower())
    for group, letter in enumerate(suffix):
        bits = CHECKSUM_ALPHABET.index(letter)
        for k in range(GROUP_CHARS):
            if bits >> k & 1:
                position = group * GROUP_CHARS + k
                if not chars[position].isalpha():
                    return None
                chars[position] = chars[position].upper()
    return "".join(chars) + suffix


def prefix_of(record_id: str) -> str:
    """The key prefix: which object the id belongs to."""
    return record_id[:PREFIX_CHARS]


def mint(prefix: str, serial: int, *, instance: str = INSTANCE) -> str:
    """The 18 character id number *serial* of the object with key *prefix*.

    Serials count in the order 0-9, A-Z, a-z, so ids of one object sort by age.
    """
    width = SHORT_CHARS - PREFIX_CHARS - len(instance) - 1  # 1: the reserved zero
    assert len(prefix) == PREFIX_CHARS, f"{prefix!r} is not a key prefix"
    assert 0 <= serial < 62**width, f"serial {serial} does not fit in {width} base 62 digits"
    return to_18(f"{prefix}{instance}0{base62(serial, width)}")


def base62(number: int, width: int) -> str:
    """*number* in base 62 with leading zeros up to *width* digits."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = SERIAL_ALPHABET[digit] + digits
    return digits.rjust(width, "0")
