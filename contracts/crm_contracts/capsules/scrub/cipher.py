"""Stand-ins for words: one word, one stand-in; another word, another one; and no way back.

Each letter becomes a letter of the same kind, chosen by HMAC-SHA256 of the key and of the letters around it. For given
neighbours that is a permutation, so two words never get one stand-in; upper case follows lower case, so words that
differ only in case go on differing only in case.

Rule 1: a letter's kind is what software looks at: category, script page, direction, width, whether it has a capital,
how it decomposes, how long its UTF-8 is. A letter that has no like stays.
Rule 2: composed and decomposed forms of one text get composed and decomposed forms of one stand-in.
Rule 3: digits become digits. Marks, punctuation, symbols, emoji and blanks stay.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import gcd

from crm_contracts.capsules.scrub.entities import written_as

__all__ = ["Cipher", "Unit", "units"]

_PAGE = 128
_LARGE = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x20000, 0x2A6DF))  # one page each
_MARKS_MAX = 8  # more compose with nothing, and would take long
_BEGIN = b"understudy capsule scrub"


@dataclass(frozen=True)
class Unit:
    """A letter or digit with the marks on it. *base* is in lower case; *like* is what it may become."""

    base: str
    inner: str  # marks that the text holds in one character with the letter
    marks: str
    upper: bool
    like: tuple[str, ...]
    entity: str = ""  # as which it is written

    @property
    def number(self) -> int:
        return self.like.index(self.base)

    def shown(self, base: str) -> str:
        """*base* in the form of this unit."""
        letter = base.upper() if self.upper else base
        letter = unicodedata.normalize("NFC", letter + self.inner) if self.inner else letter
        return (written_as(letter, self.entity) or self.entity if self.entity else letter) + self.marks


class Cipher:
    """Stand-ins under one *key*.

    *whole*: each letter depends on all others of its word. Otherwise only on those before it, so that words that begin
    alike have stand-ins that begin alike: weaker, and what a bug about texts that are cut off needs.
    """

    def __init__(self, key: bytes, *, whole: bool = True) -> None:
        self._key = key
        self._whole = whole
        self._known: dict[tuple[tuple[str, str, str, str, int], ...], list[str]] = {}

    def stand_in(self, word: Sequence[Unit]) -> list[str]:
        """The new bases of a *word*'s units, in their order."""
        key = tuple((one.base, one.inner, one.marks, one.entity, len(one.like)) for one in word)
        if key not in self._known:
            likes = [one.like for one in word]
            numbers = self._pass([one.number for one in word], likes, [one.inner + one.marks for one in word])
            if self._whole:
                marks = [one.inner + one.marks for one in reversed(word)]
                numbers = self._pass(numbers[::-1], likes[::-1], marks)[::-1]
            self._known[key] = [like[number] for like, number in zip(likes, numbers, strict=True)]
        return self._known[key]

    def _pass(self, numbers: Sequence[int], likes: Sequence[Sequence[str]], marks: Sequence[str]) -> list[int]:
        found = []
        state = self._digest(_BEGIN)
        for number, like, mark in zip(numbers, likes, marks, strict=True):
            found.append(_permuted(number, len(like), state))
            state = self._digest(state + f"{like[number]}{mark}".encode("utf-8", "surrogatepass"))
        return found

    def _digest(self, text: bytes) -> bytes:
        return hmac.digest(self._key, text, "sha256")


def _permuted(number: int, size: int, state: bytes) -> int:
    """Where *number* goes under the permutation that *state* chooses."""
    if size == 1:
        return 0
    factor = int.from_bytes(state[:8], "big") % size or 1
    while gcd(factor, size) != 1:
        factor = factor % size + 1
    return (number * factor + int.from_bytes(state[8:16], "big")) % size


def units(text: str) -> Iterator[Unit | str]:
    """*text* as letters and digits with their marks, and everything else as it stands."""
    place = 0
    while place < len(text):
        end = place + 1
        while end < len(text) and unicodedata.category(text[end]).startswith("M"):
            end += 1
        yield _unit(text[place], text[place + 1 : end])
        place = end


@cache
def _unit(letter: str, marks: str) -> Unit | str:
    kind = unicodedata.category(letter)
    if kind == "Nd":
        zero = ord(letter) - unicodedata.digit(letter)
        return Unit(letter, "", marks, upper=False, like=tuple(map(chr, range(zero, zero + 10))))
    if not kind.startswith("L"):
        return letter + marks
    decomposed = unicodedata.normalize("NFD", letter)
    composed = len(decomposed) > 1 and not _is_hangul(letter) and unicodedata.normalize("NFC", decomposed) == letter
    base, inner = (decomposed[0], decomposed[1:]) if composed else (letter, "")
    upper = base.lower() != base and len(base.lower()) == 1 and base.lower().upper() == base
    low = base.lower() if upper else base
    return Unit(low, inner, marks, upper=upper, like=_like(low, inner or marks))


@cache
def _like(base: str, marks: str) -> tuple[str, ...]:
    """The letters that *base* may become where it bears *marks*, itself among them."""
    if len(marks) > _MARKS_MAX:
        return _alphabet(base)
    wanted = _composes(base, marks)
    return tuple(one for one in _alphabet(base) if _composes(one, marks) == wanted)


def _composes(base: str, marks: str) -> tuple[object, ...]:
    """How a letter and its marks go together: into how much, in each case."""
    if not marks:
        return ()
    found: list[object] = []
    for letter in (base, base.upper()):
        whole = unicodedata.normalize("NFC", letter + marks)
        found += [len(whole), len(whole.encode("utf-8", "surrogatepass")), ord(whole[0]) // _PAGE]
    return tuple(found)


@cache
def _alphabet(base: str) -> tuple[str, ...]:
    begin, end = _page(ord(base))
    kind = _kind(base)
    return tuple(one for one in map(chr, range(begin, end)) if _kind(one) == kind)


def _page(code: int) -> tuple[int, int]:
    for begin, end in _LARGE:
        if begin <= code <= end:
            return begin, end + 1
    begin = code - code % _PAGE
    return begin, begin + _PAGE


def _is_hangul(letter: str) -> bool:
    return 0xAC00 <= ord(letter) <= 0xD7A3


@cache
def _kind(letter: str) -> tuple[object, ...]:
    """All that software may look at in a letter, but which letter it is."""
    upper, lower = letter.upper(), letter.lower()
    forms = [unicodedata.normalize(form, letter) for form in ("NFC", "NFD", "NFKC")]
    return (
        unicodedata.category(letter),
        unicodedata.bidirectional(letter),
        unicodedata.east_asian_width(letter),
        letter.isidentifier(),
        lower == letter,
        (len(upper), upper.lower() == letter, ord(upper[0]) // _PAGE, len(upper.encode("utf-8", "surrogatepass"))),
        len(letter.casefold()),
        len(letter.encode("utf-8", "surrogatepass")),
        tuple(len(form) for form in forms),
        tuple(form == letter for form in forms),
        all(_fits(one, "latin-1") for one in (letter, upper)),
        all(_fits(one, "cp1252") for one in (letter, upper)),
    )


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
