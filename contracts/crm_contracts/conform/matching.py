"""Is an answer what a check expects? Each difference is a place, what was expected and what was there.

Rule 1: a kind is part of a value: 4000 is not 4000.0, 1 is not true.
Rule 2: `<...>` in an expectation stands for any value of a kind; each vendor adds its own kinds (`<id>`, `<time>`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["KINDS", "Difference", "Kinds", "compared", "plain", "shown"]

Kinds = Mapping[str, Callable[[Any, str], bool]]
_KIND = re.compile(r"<([a-z]+)(\?)?(?::(.*))?>", re.DOTALL)
SHOWN_MAX = 300

KINDS: dict[str, Callable[[Any, str], bool]] = {
    "any": lambda _value, _more: True,
    "null": lambda value, _more: value is None,
    "text": lambda value, _more: isinstance(value, str) and value != "",
    "whole": lambda value, _more: isinstance(value, int) and not isinstance(value, bool),
    "decimal": lambda value, _more: isinstance(value, float),
    "number": lambda value, _more: isinstance(value, (int, float)) and not isinstance(value, bool),
    "truth": lambda value, _more: isinstance(value, bool),
    "object": lambda value, _more: isinstance(value, dict),
    "list": lambda value, _more: isinstance(value, list),
    "date": lambda value, _more: isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None,
    "re": lambda value, more: isinstance(value, str) and re.search(more, value) is not None,
    "unlike": lambda value, more: value != more,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """*place* is words for a person (`body.0.message`, `status`)."""

    place: str
    expected: Any
    actual: Any

    def __str__(self) -> str:
        return f"{self.place}: {shown(self.actual)}, not {shown(self.expected)}"


def compared(expected: Any, actual: Any, kinds: Kinds, *, place: str, whole: bool) -> Iterator[Difference]:
    """Where *actual* differs. *whole*: no key more than expected, at any depth; else further keys are allowed."""
    kind = _KIND.fullmatch(expected) if isinstance(expected, str) else None
    if kind:
        test = kinds.get(kind[1]) or KINDS[kind[1]]
        if not (kind[2] and actual is None) and not test(actual, kind[3] or ""):
            yield Difference(place, expected, actual)
    elif isinstance(expected, Mapping) and isinstance(actual, dict):
        for key, value in expected.items():
            if key in actual:
                yield from compared(value, actual[key], kinds, place=f"{place}.{key}", whole=whole)
            else:
                yield Difference(f"{place}.{key}", value, "<no such key>")
        if whole:
            yield from (
                Difference(f"{place}.{key}", "<no such key>", value)
                for key, value in actual.items()
                if key not in expected
            )
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield Difference(place, expected, actual)
            return
        for number, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from compared(one, other, kinds, place=f"{place}.{number}", whole=whole)
    elif type(expected) is not type(actual) or expected != actual:
        yield Difference(place, expected, actual)


def plain(value: Any) -> Any:
    """A body to send: `<null>`, which TOML cannot say, is null."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return None if value == "<null>" else value


def shown(value: Any) -> str:
    """*value* in one line of bearable length."""
    if isinstance(value, str) and value.startswith("<re:"):
        text = f"what fits {value.removeprefix('<re:').removesuffix('>')}"
    elif isinstance(value, str) and value.startswith("<"):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
