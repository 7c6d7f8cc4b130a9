"""What must never enter a capsule: tokens, cookies, passwords, session ids.

Rule 1: only fields of records are carried over, so a secret can enter only inside a record's text; there it is blacked
out, by value where the recording shows it to be a secret, by shape otherwise.
Rule 2: callers are told apart by a word of our own, never by what they showed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

__all__ = ["BLACK", "Secrets"]

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
_SHAPES = re.compile(
    r"00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{20,}"  # a Salesforce session
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"  # a JSON Web Token
    r"|(?i:\bbearer)\s+[\w.~+/!=-]{8,}"
    r"|(?i:\b(?:password|passwd|pwd|client_secret|refresh_token|access_token|api_?key|sid))\s*[=:]\s*[^\s&;,\"'<>]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)


class Secrets:
    """The secrets of one recording, and a text without them."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.blacked = 0

    def add(self, value: str, *, least: int = TOKEN_LENGTH_MIN) -> None:
        """*value* is a secret."""
        value = value.strip()
        if len(value) >= least and value.lower() not in ("bearer", "basic", "password"):
            self._known.add(value)
            self._pattern = None

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

    def without(self, text: str) -> str:
        """*text* with every secret blacked out."""
        if self._pattern is None and self._known:
            self._pattern = re.compile("|".join(map(re.escape, sorted(self._known, key=len, reverse=True))))
        found = text if self._pattern is None else self._pattern.sub(BLACK, text)
        found = _SHAPES.sub(BLACK, found)
        self.blacked += found != text
        return found

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
