"""Names in a check's texts, paths into an answer.

`{name}` is a credential, what an earlier step kept, or a word of the run: `{scratch}`, `{mark}` (the scratch word and
this check's own), `{key}` (eight letters and digits, this check's own), `{url}`. `{day:-1}` is a date in the caller's
zone, `{time:3600}` a moment in UTC to the second, both by the target's own clock; `{quoted:name}` is a kept value as it
stands in a path. `{{` and `}}` are braces. `[[name]]` is a word of the case, where a check is a family.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["NOTHING", "fill", "fill_case", "found", "names"]

NOTHING = object()
_NAME = re.compile(r"\{\{|\}\}|\{([A-Za-z_]\w*)(?::([^{}]*))?\}")  # {15} of a regular expression is no name
_CASE = re.compile(r"\[\[(\w+)\]\]")

Lookup = Callable[[str, str | None], Any]


def fill(value: Any, lookup: Lookup) -> Any:
    """*value* with its names filled in; a text that is one name becomes what it names."""
    if isinstance(value, Mapping):
        return {fill(key, lookup): fill(one, lookup) for key, one in value.items()}
    if isinstance(value, list):
        return [fill(one, lookup) for one in value]
    if not isinstance(value, str) or ("{" not in value and "}" not in value):
        return value
    whole = _NAME.fullmatch(value)
    if whole and whole[1]:
        return lookup(whole[1], whole[2])
    return _NAME.sub(lambda one: str(lookup(one[1], one[2])) if one[1] else one[0][0], value)


def names(value: Any) -> set[str]:
    """Every name that *value* uses."""
    if isinstance(value, Mapping):
        return {name for pair in value.items() for one in pair for name in names(one)}
    if isinstance(value, (list, tuple)):
        return {name for one in value for name in names(one)}
    return {one[1] for one in _NAME.finditer(value) if one[1]} if isinstance(value, str) else set()


def fill_case(value: Any, case: Mapping[str, Any]) -> Any:
    """*value* with `[[word]]` of *case* filled in; a text that is one such word becomes its value, of any kind."""
    if not case:
        return value
    if isinstance(value, Mapping):
        return {fill_case(key, case): fill_case(one, case) for key, one in value.items()}
    if isinstance(value, list):
        return [fill_case(one, case) for one in value]
    if not isinstance(value, str):
        return value
    whole = _CASE.fullmatch(value)
    if whole and whole[1] in case:
        return case[whole[1]]
    return _CASE.sub(lambda one: str(case[one[1]]) if one[1] in case else one[0], value)


def found(body: Any, path: str) -> Any:
    """What *path* (`records.0.Id`, "" = the whole) leads to in *body*, or NOTHING."""
    for key in path.split(".") if path else ():
        if isinstance(body, list) and re.fullmatch(r"-?\d+", key) and -len(body) <= int(key) < len(body):
            body = body[int(key)]
        elif isinstance(body, Mapping) and key in body:
            body = body[key]
        else:
            return NOTHING
    return body
