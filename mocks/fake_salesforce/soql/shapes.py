"""Running a statement again with other literals, without parsing and compiling it again.

Two texts have one shape when they differ in nothing but what their strings, dates and datetimes
say: a client that asks for one id after the other sends one shape. The compiled statement of the
first serves all.

Rule 1: only a text whose every literal is a plain parameter has a reusable shape.
Rule 2: a literal that would make another statement or a refusal (empty, another script, no id, an
escape) sends its text the whole way. So sharing a shape never changes an answer; it only saves time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fake_salesforce.soql import syntax
from fake_salesforce.soql.compiler import Slot
from fake_salesforce.soql.conditions import LiteralRefused, read_literal

_LITERAL: Final = re.compile(
    r"'[^'\\]*(?:\\.[^'\\]*)*'"
    r"|(?<![\w:.+-])\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))?(?![\w:.+-])",
    re.DOTALL,
)
_MARKS: Final[Mapping[str, str]] = {"string": "'?'", "date": "?d", "datetime": "?m"}


def split(text: str) -> tuple[str, list[syntax.Value]]:
    """The shape of *text*, and its literals in order (their `at` counts them from 0)."""
    values: list[syntax.Value] = []
    parts: list[str] = []
    done = 0
    for match in _LITERAL.finditer(text):
        found = match.group()
        kind: syntax.ValueKind = "string" if found[0] == "'" else "date" if len(found) == 10 else "datetime"
        raw = found[1:-1] if kind == "string" else found
        values.append(syntax.Value(kind, raw, match.start(), pattern=raw))
        parts += (text[done : match.start()], _MARKS[kind])
        done = match.end()
    parts.append(text[done:])
    return "".join(parts), values


def places(slots: Iterable[Slot], values: list[syntax.Value]) -> dict[int, int] | None:
    """Which literal stands at each offset a slot names; None when some literal is no slot's."""
    at = {value.at: number for number, value in enumerate(values)}
    known = {each for slot in slots for each in slot.ats}
    return at if known == set(at) else None


def rebind(slots: Iterable[Slot], at: Mapping[int, int], values: list[syntax.Value]) -> dict[str, Any] | None:
    """What each slot's parameter is with *values*; None when they make another statement."""
    bound: dict[str, Any] = {}
    for slot in slots:
        read = [_read(slot, values[at[each]]) for each in slot.ats]
        if any(each is None for each in read):
            return None
        bound[slot.name] = read if slot.many else read[0]
    return bound


def _read(slot: Slot, value: syntax.Value) -> Any:
    """The parameter for one literal, or None."""
    text = value.text
    if "\\" in text or "\0" in text or not text or (slot.ascii_only and not text.isascii()):
        return None
    try:
        return read_literal(slot.kind, value)
    except LiteralRefused:
        return None
