"""Plain data as TOML that a person can read and a diff can compare: one field is one line.

The standard library reads TOML and does not write it; libraries that write it spread each table over many lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_WIDE = 3  # tables nested deeper than this are written inline


def to_toml(data: Mapping[str, Any], *, remarks: Mapping[str, str] | None = None) -> str:
    """*data* as a TOML document. *remarks*: text above a table, by the table's dotted path."""
    return "\n".join(_table(data, (), remarks or {})) + "\n"


def _table(data: Mapping[str, Any], path: tuple[str, ...], remarks: Mapping[str, str]) -> Iterator[str]:
    deeper = {key: value for key, value in data.items() if _is_table(value, path)}
    plain = {key: value for key, value in data.items() if key not in deeper}
    if path and (plain or not deeper):
        yield ""
        yield from (f"# {line}" for line in remarks.get(".".join(path), "").splitlines())
        yield f"[{'.'.join(_key(one) for one in path)}]"
    for key, value in plain.items():
        yield from _pair(key, value)
    for key, value in deeper.items():
        if isinstance(value, Mapping):
            yield from _table(value, (*path, key), remarks)
        else:
            yield ""
            yield from (f"# {line}" for line in remarks.get(".".join((*path, key)), "").splitlines())
            for row in value:
                yield f"[[{'.'.join(_key(one) for one in (*path, key))}]]"
                for name, each in row.items():
                    yield from _pair(name, each)


def _is_table(value: Any, path: tuple[str, ...]) -> bool:
    """Written under a header of its own; deep ones, and the lines of a list, are written inline."""
    if isinstance(value, Mapping):
        return len(path) < _WIDE - 1 or (
            len(path) == _WIDE - 1 and any(isinstance(one, Mapping) for one in value.values())
        )
    rows = isinstance(value, Sequence) and not isinstance(value, str) and bool(value)
    return rows and len(path) == 1 and all(isinstance(one, Mapping) for one in value)


def _pair(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, list) and any(isinstance(one, dict) for one in value) and len(value) > 1:
        yield f"{_key(key)} = ["
        yield from (f"  {_value(one)}," for one in value)
        yield "]"
    else:
        yield f"{_key(key)} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, int | float):
        return repr(value)
    assert isinstance(value, str), f"{value!r} has no TOML form"
    # A JSON string is a TOML basic string but for DEL, which TOML wants escaped, and half surrogate pairs.
    return json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)
