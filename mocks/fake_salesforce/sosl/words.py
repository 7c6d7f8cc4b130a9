"""The words of a FIND clause: what is looked for, and the same tokens for what is searched.

Rule 1: words end at white space, punctuation and between letters and digits; letter case does not count. One written
word that is several tokens (`john@acme.com`) is found where they stand side by side.
Rule 2: words beside each other must all be there; AND NOT, AND and OR bind in this order, parentheses first.
Source: SOSL reference, FIND {SearchQuery}. That `*` and `?` at the beginning of a word are left out follows from "at
the middle or end"; that words side by side mean AND is assumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fake_salesforce.errors import salesforce_error

_RUNS: Final = re.compile(r"[^\W\d_]+|\d+")  # letters, or digits
_PATTERN_RUNS: Final = re.compile(r"(?:[^\W\d_]|[*?])+|(?:\d|[*?])+")
_LEXEME: Final = re.compile(r'"(?P<phrase>(?:\\.|[^"\\])*)"|(?P<open>\()|(?P<close>\))|(?P<word>(?:\\.|[^\s()"\\])+)')
WILD: Final = frozenset("*?")
DEPTH_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens side by side; one may hold `*` and `?`."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """*yes* without *no*."""

    yes: Term
    no: Term


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of them."""

    terms: tuple[Term, ...]


Term = Phrase | Not | All | Any


def tokens(text: str) -> list[str]:
    """The tokens of *text*, as they are indexed."""
    return _RUNS.findall(text.casefold())


def read(words: str, *, chars_min: int, operators: bool = True) -> Term | None:
    """What the FIND clause *words* looks for; None when that is nothing that could be found.

    Without *operators* the words are alternatives. Raises MALFORMED_SEARCH.
    """
    if not operators:
        phrases = [_phrase(each) for each in words.split()]
        found = tuple(each for each in phrases if each is not None)
        return Any(found) if found else None
    term = _Reader(words).whole()
    if term is not None and _longest(term) < chars_min:
        raise salesforce_error("MALFORMED_SEARCH.too_short", term=words.strip())
    return term


def _longest(term: Term) -> int:
    """Characters of the longest phrase."""
    if isinstance(term, Phrase):
        return sum(len(each.strip("*?")) for each in term.tokens)
    if isinstance(term, Not):
        return _longest(term.yes)
    return max(_longest(each) for each in term.terms)


def _phrase(text: str) -> Phrase | None:
    plain = re.sub(r"\\(.)", lambda match: " " if match[1] in WILD else match[1], text)
    runs = [each.lstrip("*?") for each in _PATTERN_RUNS.findall(plain.casefold())]
    found = tuple(each for each in runs if each)
    return Phrase(found) if found else None


class _Reader:
    """Recursive descent over the lexemes."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.lexemes = list(_LEXEME.finditer(words))
        self.at = 0

    def whole(self) -> Term | None:
        term = self._any(0)
        if self.at < len(self.lexemes):
            raise self._unexpected()
        return term

    def _any(self, depth: int) -> Term | None:
        found = [self._all(depth)]
        while self._operator("OR"):
            found.append(self._all(depth))
        kept = tuple(each for each in found if each is not None)
        return None if not kept else kept[0] if len(kept) == 1 else Any(kept)

    def _all(self, depth: int) -> Term | None:
        found: list[Term | None] = [self._not(depth)]
        while self.at < len(self.lexemes):
            if self._operator("AND") or self._starts():
                found.append(self._not(depth))
            else:
                break
        kept = tuple(each for each in found if each is not None)
        return None if not kept else kept[0] if len(kept) == 1 else All(kept)

    def _not(self, depth: int) -> Term | None:
        term = self._one(depth)
        while self._and_not():
            without = self._one(depth)
            if term is not None and without is not None:
                term = Not(term, without)
        return term

    def _one(self, depth: int) -> Term | None:
        if self.at >= len(self.lexemes) or depth > DEPTH_MAX:
            raise self._unexpected()
        lexeme = self.lexemes[self.at]
        self.at += 1
        if lexeme["open"]:
            term = self._any(depth + 1)
            if self.at >= len(self.lexemes) or not self.lexemes[self.at]["close"]:
                raise self._unexpected()
            self.at += 1
            return term
        if lexeme["close"]:
            self.at -= 1
            raise self._unexpected()
        return _phrase(lexeme["phrase"] if lexeme["phrase"] is not None else lexeme["word"])

    def _starts(self) -> bool:
        """A word, a phrase or a parenthesis is next, and no operator."""
        lexeme = self.lexemes[self.at]
        return not lexeme["close"] and not (lexeme["word"] and lexeme["word"].upper() in {"OR", "AND"})

    def _operator(self, word: str) -> bool:
        """Take *word*; not the AND of AND NOT."""
        if self._is(self.at, word) and not (word == "AND" and self._is(self.at + 1, "NOT")):
            self.at += 1
            return True
        return False

    def _and_not(self) -> bool:
        if self._is(self.at, "AND") and self._is(self.at + 1, "NOT"):
            self.at += 2
            return True
        return False

    def _is(self, at: int, word: str) -> bool:
        """The lexeme at *at* is the operator *word*: it stands between two others."""
        inside = 0 < at < len(self.lexemes) - 1
        return inside and (self.lexemes[at]["word"] or "").upper() == word

    def _unexpected(self) -> Exception:
        shown = self.lexemes[self.at][0] if self.at < len(self.lexemes) else "<EOF>"
        return salesforce_error("MALFORMED_SEARCH.words", token=shown)
