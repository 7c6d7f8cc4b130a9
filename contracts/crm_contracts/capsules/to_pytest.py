"""A capsule as a Python test: for a suite that wants to read and change it as code.

Rule: it uses public names only, and says what the capsule says: what is at its default is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any

from crm_contracts.capsules.capsule import Capsule, Customer, Engine
from crm_contracts.world.ops import Op

__all__ = ["to_pytest"]

WIDTH = 110
_UNSAID = frozenset({"log", "versions", "questions", "engine", "breaks"})  # not what a test of ours has to hold

_LAST = ("start", "ops", "expect")  # behind what they happen in


def to_pytest(capsule: Capsule) -> str:
    """The whole file."""
    module = "crm_contracts.world" if capsule.profile == "planhat" else "crm_contracts.world.pairs"
    told = [f"# open question: {' '.join(one.split())}" for one in capsule.questions]
    names = ["Capsule", *(["Customer"] if capsule.customers else []), "assert_holds"]
    dated = ["from datetime import UTC, datetime", ""] if capsule.clock != Capsule.clock else []
    lines = [
        *dated,
        f"from crm_contracts.capsules import {', '.join(names)}",
        f"from {module} import ops",
        "",
        "",
        f"def test_{_slug(capsule.title)}() -> None:",
        *(f"    {line}" for line in told),
        "    assert_holds(",
        *_written(capsule, indent=8),
        "    )",
    ]
    return "\n".join(lines) + "\n"


def _slug(title: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", title.lower()))[:60].rstrip("_") or "a_capsule"


def _written(value: Any, *, indent: int, before: str = "", after: str = "") -> Iterator[str]:
    """*value* as code: in a line if it fits, otherwise its parts in lines of their own."""
    whole = f"{' ' * indent}{before}{_said(value)}{after}"
    parts = list(_parts(value))
    if not parts or (len(whole) <= WIDTH and not isinstance(value, Capsule)):
        yield whole
        return
    opening, closing = _brackets(value)
    yield f"{' ' * indent}{before}{opening}"
    for name, part in parts:
        yield from _written(part, indent=indent + 4, before=name, after=",")
    yield f"{' ' * indent}{closing}{after}"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What *value* is made of: each with what stands before it."""
    if is_dataclass(value) and not isinstance(value, type):
        for one in sorted(fields(value), key=lambda each: each.name in _LAST):
            given = getattr(value, one.name)
            default = one.default_factory() if one.default_factory is not MISSING else one.default
            if given != default and not (isinstance(value, Capsule) and one.name in _UNSAID):
                yield f"{one.name}=", given
    elif isinstance(value, Mapping):
        yield from ((f"{_said(name)}: ", one) for name, one in value.items())
    elif isinstance(value, (list, tuple)):
        yield from (("", one) for one in value)


def _said(value: Any) -> str:
    """*value* in one line."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, datetime):
        moment = ", ".join(map(str, (value.year, value.month, value.day, value.hour, value.minute, value.second)))
        return f"datetime({moment}, tzinfo=UTC)"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    opening, closing = _brackets(value)
    inner = ", ".join(f"{name}{_said(part)}" for name, part in _parts(value))
    return f"{opening}{inner}{',' if isinstance(value, tuple) and len(value) == 1 else ''}{closing}"


def _brackets(value: Any) -> tuple[str, str]:
    if isinstance(value, Op):
        return f"ops.{type(value).__name__}(", ")"
    if isinstance(value, (Capsule, Customer, Engine)):
        return f"{type(value).__name__}(", ")"
    return ("{", "}") if isinstance(value, Mapping) else ("(", ")") if isinstance(value, tuple) else ("[", "]")


def _quoted(text: str) -> str:
    said = repr(text)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a character
        return ascii(text)
    return said if '"' in text or said.startswith('"') else f'"{said[1:-1]}"'
