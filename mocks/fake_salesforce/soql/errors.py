"""What SOQL answers when it refuses: the one place where its errors are made.

Rule 1: the words are rows of `messages.toml`, each with its source and grade; a key without a row
is our bug.
Rule 2: what parses but is not implemented is NotFaked, never a guess.

A message may carry a *caret block*: a window of the query, a caret under the token at fault, and
`ERROR at Row:r:Column:c`. The window is the token with up to five tokens and fifty characters on
each side, without a comma at either end. That rule is inferred; it gives the three recorded windows
(a test holds them).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from fake_core.errors import FakeError
from fake_salesforce.errors import SalesforceError

WINDOW_TOKENS_MAX: Final = 5
WINDOW_CHARS_MAX: Final = 50

_TOKEN: Final = re.compile(r"'(?:[^'\\]|\\.)*'?|[A-Za-z0-9_][\w.:+-]*|[<>!]=|<>|\S", re.DOTALL)


class NotFaked(FakeError):
    """Valid SOQL that this fake does not play yet; `feature` names it. The caller answers 501."""

    def __init__(self, feature: str) -> None:
        """*feature* is the SOQL as the vendor's manual writes it, e.g. `GROUP BY ROLLUP`."""
        super().__init__(f"SOQL: {feature} is not faked")
        self.feature = feature


@cache
def messages() -> Mapping[str, Mapping[str, Any]]:
    """The rows of messages.toml by key."""
    text = resources.files("fake_salesforce.soql").joinpath("messages.toml").read_text("utf-8")
    return tomllib.loads(text)


def soql_error(key: str, text: str = "", at: int | None = None, /, **words: object) -> SalesforceError:
    """The refusal *key*, filled with *words*.

    *text* is the query and *at* the offset of the token at fault; both are needed where the row has
    `caret = true`.
    """
    row = messages().get(key)
    assert row is not None, f"{key} is raised but has no row in soql/messages.toml"
    message = row["message"].format(**words)
    if row.get("caret"):
        assert at is not None, f"{key} points with a caret and was not told where"
        message = caret_block(text, at) + message
    return SalesforceError(key=f"soql.{key}", status=400, code=row["code"], message=message, fields=None)


def row_and_column(text: str, at: int) -> tuple[int, int]:
    """Line and column, both counted from 1, of offset *at*."""
    start = text.rfind("\n", 0, at) + 1
    return text.count("\n", 0, at) + 1, at - start + 1


def caret_block(text: str, at: int, *, column: int | None = None) -> str:
    """The window, the caret line and the `ERROR at` line. *column* overrules the counted one."""
    row, counted = row_and_column(text, at)
    start, end = _window(text, at)
    shown = text[start:end]
    spaces = " " * max(0, at - start - (0 if column is None else counted - column))
    return f"\n{shown}\n{spaces}^\nERROR at Row:{row}:Column:{column or counted}\n"


def _window(text: str, at: int) -> tuple[int, int]:
    """Where the shown part of the line around *at* begins and ends."""
    line_start = text.rfind("\n", 0, at) + 1
    line_end = text.find("\n", at)
    line_end = len(text) if line_end < 0 else line_end
    start = end = at
    before = [match.start() for match in _TOKEN.finditer(text, line_start, at)]
    for token_start in reversed(before[-WINDOW_TOKENS_MAX:]):
        if at - token_start <= WINDOW_CHARS_MAX:
            start = token_start
    for count, match in enumerate(_TOKEN.finditer(text, at, line_end)):
        if count > WINDOW_TOKENS_MAX or (count and match.end() - at > WINDOW_CHARS_MAX):
            break
        end = match.end()
    while start < at and text[start] in ", ":
        start += 1
    return start, max(at, start + len(text[start:end].rstrip(", ")))
