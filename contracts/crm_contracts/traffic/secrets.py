"""Secrets of a recording: learned wherever they show themselves, and blacked out wherever else they stand.

Rule 1: what is a secret is known by where it stood (a header, a telling key), or by its shape.
Rule 2: a stand-in tells nothing of what it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

__all__ = ["BLACK", "COOKIE_LENGTH_MIN", "TOKEN_LENGTH_MIN", "Secrets"]

BLACK = "[removed]"
TOKEN_LENGTH_MIN, COOKIE_LENGTH_MIN = 6, 12  # a shorter one would black out ordinary words
_HEADERS = re.compile(
    r"authorization|token|api-?key|secret|password|session|x-sfdc|x-auth|x-csrf|x-xsrf|^cookie$|^set-cookie$",
    re.IGNORECASE,
)
_KEYS = re.compile(
    r"^(sid|oid|code|assertion|jwt|signature|sig|pw|pwd)$|token|secret|passw|api_?key|session_?id|refresh|credential",
    re.IGNORECASE,
)
_STANDS_IN = r"(?!secret-\d+(?![\w-]))"  # what crm_contracts.traffic.scrubbed writes for a secret is none
_SHAPES = re.compile(
    r"00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{20,}"  # a Salesforce session
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"  # a JSON Web Token
    rf"|(?i:\bbearer)\s+{_STANDS_IN}[\w.~+/!=-]{{8,}}"
    r"|(?i:\b(?:password|passwd|pwd|client_secret|refresh_token|access_token|api_?key|sid))\s*[=:]\s*"
    rf"{_STANDS_IN}[^\s&;,\"'<>]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
_IN_A_SHAPE = (  # one of these, or a _SIGN, is in each of _SHAPES, in small letters
    *("eyj", "bearer", "password", "passwd", "pwd", "client_secret", "refresh_token", "access_token", "api_key"),
    *("apikey", "-----begin"),
)
_SIGNS = (re.compile("00d[a-z0-9]{12,15}!"), re.compile(r"sid\s*[=:]"), re.compile(r"://[^/\s:@]+:[^/\s@]+@"))


class Secrets:
    """The secrets of one recording, and a text without them.

    *stand_in* makes the word that stands for the n-th secret (from 1); by default all are `BLACK`.
    """

    def __init__(self, stand_in: Callable[[int], str] = lambda _number: BLACK) -> None:
        self._known: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._stand_in = stand_in
        self._stood = 0
        self.blacked = 0

    def add(self, value: str, *, least: int = TOKEN_LENGTH_MIN, forms: Iterable[str] = ()) -> str:
        """*value* is a secret, also where it is written as one of *forms*; what stands for it ("": it is too short)."""
        value = value.strip()
        if len(value) < least or value.lower() in ("bearer", "basic", "password"):
            return ""
        if value not in self._known:
            self._stood += 1
            self._known[value] = self._stand_in(self._stood)
            self._pattern = None
        stands = self._known[value]
        for form in forms:
            if form not in self._known and len(form) >= least:
                self._known[form] = stands
                self._pattern = None
        return stands

    def of_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        """Learn what a request or an answer shows in its headers."""
        for name, value in headers:
            if not _HEADERS.search(name):
                continue
            if name.lower() in ("cookie", "set-cookie"):
                for part in value.split(";"):
                    self.add(part.partition("=")[2], least=COOKIE_LENGTH_MIN)
            else:
                for part in value.split():
                    self.add(part)

    def of_data(self, data: Any) -> None:
        """Learn the values of telling keys in a form, a query or JSON, however deep."""
        stack = [data]
        while stack:
            one = stack.pop()
            if isinstance(one, Mapping):
                for key, value in one.items():
                    if isinstance(value, str):
                        if _KEYS.search(str(key)):
                            self.add(value)
                    elif value:
                        stack.append(value)
            elif isinstance(one, list):
                stack.extend(one)

    def without_known(self, text: str) -> str:
        """*text* with every secret that was learned blacked out, whatever else it holds."""
        if not any(word in text for word in self._known):
            return text
        if self._pattern is None:
            self._pattern = re.compile("|".join(map(re.escape, sorted(self._known, key=len, reverse=True))))
        return self._pattern.sub(lambda found: self._known[found[0]], text)

    def may_be_in(self, text: str, small: str) -> bool:
        """Whether `without` may change *text*; *small* is its casefold(). A quick look: only a no is certain."""
        return (
            any(part in small for part in _IN_A_SHAPE)
            or any(sign.search(small) for sign in _SIGNS)
            or any(word in text for word in self._known)
        )

    def without(self, text: str) -> str:
        """*text* with every secret blacked out, the known ones and what has the shape of one."""
        found = _SHAPES.sub(BLACK, self.without_known(text))
        self.blacked += found != text
        return found

    @property
    def count(self) -> int:
        """How many different secrets are known."""
        return self._stood

    def cleaned(self, value: Any) -> Any:
        """Plain data, or a dataclass of it, without secrets, keys of mappings too."""
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, Mapping):
            return {self.cleaned(key): self.cleaned(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.cleaned(one) for one in value)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{one.name: self.cleaned(getattr(value, one.name)) for one in fields(value)})
        return value
