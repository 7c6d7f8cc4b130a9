"""A SOSL text, read into its clauses.

Rule 1: the filter of an object in RETURNING is SOQL and is left as text for the SOQL engine.
Rule 2: places in error texts count from 0 where SOQL's count from 1: recorded so for searches.
Source: SOSL reference; error texts from restforce #688, simple-salesforce #415, force-rest-api #92.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fake_salesforce import data_files
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.soql.errors import NotFaked, soql_error

SHOWN_CHARS: Final = 60  # of a search, on each side of the caret
GROUPS: Final = ("ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR")
_RESERVED: Final = frozenset("&|!{}[]()^~*:\\\"'+-?")
# What cannot stand in braces without a backslash; the others have a meaning there.
_FORBIDDEN: Final = frozenset("&|!{[]^~:+-'\\")
_WORD: Final = re.compile(r"[^\s(){},=<>]+")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_TAIL: Final = re.compile(r"\b(?:USING|WHERE|ORDER|LIMIT|OFFSET)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Returning:
    """One object of RETURNING: its *fields* as SOQL writes them, and the rest of its SOQL from WHERE on."""

    sobject: str
    at: int
    fields: str = "Id"
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """A whole search. `words` is the text between the braces, escapes kept."""

    words: str
    group: str = "ALL"
    returning: tuple[Returning, ...] = ()
    limit: int | None = None
    metadata: bool = False


def malformed(text: str, at: int, message: str) -> SalesforceError:
    """MALFORMED_SEARCH with a caret at offset *at*. The recorded ones show a whole search of one line; how much of a
    longer one is shown is assumed.
    """
    start = max(0, at - SHOWN_CHARS)
    shown = text[start : at + SHOWN_CHARS].replace("\n", " ")
    caret = f"\n{shown}\n{' ' * max(0, at - start - 1)}^\nERROR at Row:1:Column:{at}\n"
    return salesforce_error("MALFORMED_SEARCH.syntax", caret=caret, text=message)


def no_such_object(text: str, one: Returning) -> SalesforceError:
    """An object of RETURNING that is not there, or not searchable."""
    return soql_error("no_such_type", text, one.at, name=one.sobject)


def parse(text: str) -> Search:
    """The search *text* says; raises MALFORMED_SEARCH, or NotFaked for a clause that is not played."""
    return _Reader(text).search()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def search(self) -> Search:
        if not self.text.strip():
            raise salesforce_error("MALFORMED_SEARCH.no_braces")
        if self._keyword("FIND") is None:
            raise malformed(self.text, self._skip(), f"unexpected token: {self._shown()}")
        words = self._braces()
        group = self._group()
        returning = self._returning() if self._keyword("RETURNING") is not None else ()
        metadata = self._with_clauses()
        limit = self._number("LIMIT")
        while self._keyword("UPDATE") is not None:
            while self._keyword("TRACKING") is not None or self._keyword("VIEWSTAT") is not None or self._comma():
                pass
        self._skip()
        if self.at < len(self.text):
            raise malformed(self.text, self.at, f"unexpected token: {self._shown()}")
        return Search(words, group, returning, limit, metadata)

    # --- clauses -------------------------------------------------------------------------------

    def _braces(self) -> str:
        """The text of FIND {…}: a backslash takes the next character as it is."""
        start = self._skip()
        if start >= len(self.text) or self.text[start] != "{":
            raise salesforce_error("MALFORMED_SEARCH.no_braces")
        at = start + 1
        quoted = False
        while at < len(self.text):
            sign = self.text[at]
            if sign == "\\" and self.text[at + 1 : at + 2] in _RESERVED and at + 1 < len(self.text):
                at += 2
                continue
            if sign == '"':
                quoted = not quoted
            elif sign == "}" and not quoted:
                break
            elif sign in _FORBIDDEN and not quoted:
                raise malformed(self.text, at, f"line 1:{at} mismatched character '{sign}' expecting '}}'")
            at += 1
        else:
            raise malformed(self.text, len(self.text), f"line 1:{at} mismatched character '<EOF>' expecting '}}'")
        words = self.text[start + 1 : at]
        self.at = at + 1
        if not words.strip():
            raise salesforce_error("MALFORMED_SEARCH.no_braces")
        return words

    def _group(self) -> str:
        if self._keyword("IN") is None:
            return "ALL"
        at = self._skip()
        for group in GROUPS:
            if self._keyword(group) is not None:
                at = self._skip()
                if self._keyword("FIELDS") is None:
                    raise malformed(self.text, at, f"Malformed search token: {self._shown()}")
                return group
        raise malformed(self.text, at, f"Malformed search token: {self._shown()}")

    def _returning(self) -> tuple[Returning, ...]:
        found: list[Returning] = []
        while True:
            at = self._skip()
            match = _NAME.match(self.text, at)
            if match is None:
                raise malformed(self.text, at, f"unexpected token: {self._shown()}")
            self.at = match.end()
            found.append(self._object(match[0], at))
            if not self._comma():
                return tuple(found)

    def _object(self, name: str, at: int) -> Returning:
        if self.text[self._skip() : self.at + 1] != "(":
            return Returning(name, at)
        start = self.at + 1
        end = _closing(self.text, self.at)
        if end is None:
            raise malformed(self.text, len(self.text), "unexpected token: <EOF>")
        self.at = end + 1
        tail = _tail(self.text, start, end)
        rest = self.text[tail:end].strip()
        if re.match(r"USING\b", rest, re.IGNORECASE):
            raise NotFaked("USING ListView")
        fields = self.text[start:tail].strip()
        if not fields:
            raise malformed(self.text, start, f"unexpected token: {rest.split()[0] if rest else ')'}")
        return Returning(name, at, fields, rest)

    def _with_clauses(self) -> bool:
        metadata = False
        while self._keyword("WITH") is not None:
            at = self._skip()
            word = self._shown().upper()
            if word == "METADATA":
                self.at += len(word)
                if self._equals() and self._shown().strip("'").upper() == "LABELS":
                    self.at += len(self._shown())
                    metadata = True
                    continue
                raise malformed(self.text, self._skip(), f"Malformed search token: {self._shown()}")
            if word == "SPELL_CORRECTION":  # nothing is corrected here, with or without it
                self.at += len(word)
                self._equals()
                self.at += len(self._shown())
                continue
            for clause in data_files.load("search.toml")["not_faked"]:
                if clause.startswith(f"WITH {word.partition('=')[0].partition('(')[0]}"):
                    raise NotFaked(clause)
            raise malformed(self.text, at, f"Malformed search token: {self._shown()}")
        return metadata

    # --- tokens --------------------------------------------------------------------------------

    def _skip(self) -> int:
        """Past white space; the place."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.at

    def _shown(self) -> str:
        """The word at this place, as an error names it."""
        at = self._skip()
        match = _WORD.match(self.text, at)
        return match[0] if match else (self.text[at : at + 1] or "<EOF>")

    def _keyword(self, word: str) -> int | None:
        """Take *word*, in any case, when it is next; where it stood."""
        at = self._skip()
        match = _NAME.match(self.text, at)
        if match is None or match[0].upper() != word:
            return None
        self.at = match.end()
        return at

    def _comma(self) -> bool:
        return self._sign(",")

    def _equals(self) -> bool:
        return self._sign("=")

    def _sign(self, sign: str) -> bool:
        if self.text[self._skip() : self.at + 1] != sign:
            return False
        self.at += 1
        self._skip()
        return True

    def _number(self, keyword: str) -> int | None:
        if self._keyword(keyword) is None:
            return None
        at = self._skip()
        shown = self._shown()
        if not re.fullmatch(r"[0-9]{1,9}", shown):
            raise malformed(self.text, at, f"unexpected token: {shown}")
        self.at += len(shown)
        return int(shown)


def _closing(text: str, start: int) -> int | None:
    """Where the parenthesis at *start* closes; strings are skipped."""
    depth = 0
    for at, sign in outside_strings(text, start, len(text)):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return at
    return None


def _tail(text: str, start: int, end: int) -> int:
    """Where the field list between *start* and *end* is over."""
    depth = 0
    plain = {at for at, _ in outside_strings(text, start, end)}
    for match in _TAIL.finditer(text, start, end):
        depth = text.count("(", start, match.start()) - text.count(")", start, match.start())
        if depth == 0 and match.start() in plain:
            return match.start()
    return end


def outside_strings(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """Place and sign of everything between *start* and *end* that is not inside quotes."""
    found = []
    at, quoted = start, False
    while at < end:
        sign = text[at]
        if quoted and sign == "\\":
            at += 2
            continue
        if sign == "'":
            quoted = not quoted
        elif not quoted:
            found.append((at, sign))
        at += 1
    return found
