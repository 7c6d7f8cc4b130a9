"""How a property of each type takes a value from a body: marshmallow fields that cast as Mongoose does.

Two sets, chosen by the switch `casting`: `mongoose` converts near types (5 -> "5"), `strict` refuses them.
Every refusal is the key `invalid`; its words come from errors.toml through the caller (`Refused`).
Source: Mongoose's casting rules. That Planhat runs on Mongoose is inferred from `__v` and its delete answers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from marshmallow import ValidationError, fields

from fake_planhat.dates import iso

OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_DATE_ONLY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONG_FRACTION = re.compile(r"(\.\d{3})\d+")
_SHORT_FRACTION = re.compile(r"\.(\d{1,2})(?!\d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSPECTED_DEPTH_MAX = 2  # Node's util.inspect: what lies deeper is [Object] or [Array]
_TRUE = frozenset({True, "true", "1", "yes"})  # True is 1, too
_FALSE = frozenset({False, "false", "0", "no"})


def inspected(value: Any, *, depth: int = 0) -> str:
    """*value* as Mongoose's messages show it, which is JavaScript's way: `[ 'x' ]`, `{ a: 1 }`, `true`."""
    if isinstance(value, str):
        return f"'{value}'" if depth else value
    if isinstance(value, (list, dict)):
        left, right, name = ("[", "]", "[Array]") if isinstance(value, list) else ("{", "}", "[Object]")
        if not value:
            return left + right
        if depth > _INSPECTED_DEPTH_MAX:
            return name
        deeper = depth + 1
        if isinstance(value, list):
            parts = [inspected(one, depth=deeper) for one in value]
        else:
            parts = [f"{key}: {inspected(one, depth=deeper)}" for key, one in value.items()]
        return f"{left} {', '.join(parts)} {right}"
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    return "null" if value is None else _text(value)


class Refused(ValidationError):
    """A value cannot be cast. *kind* is Mongoose's name of the type."""

    def __init__(self, kind: str, value: Any) -> None:
        super().__init__(f"not a {kind}")
        self.kind = kind
        self.value = inspected(value)


class Cast(fields.Field[Any]):
    """A field whose value goes through *cast*; None is kept."""

    def __init__(
        self, kind: str, cast: Callable[[Any], Any], choices: tuple[str, ...], limits: tuple[float | None, float | None]
    ) -> None:
        super().__init__(allow_none=True)
        self.kind = kind
        self.cast = cast
        self.choices = choices
        self.least, self.most = limits

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - marshmallow's signature
        try:
            result = self.cast(value)
        except (TypeError, ValueError, OverflowError, IndexError):
            raise Refused(self.kind, value) from None
        if self.choices and result not in self.choices:
            raise Refused("choice", value)
        if result is not None and not self._within(result):
            raise Refused("range", value)
        return result

    def _within(self, number: float) -> bool:
        return (self.least is None or number >= self.least) and (self.most is None or number <= self.most)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if value == int(value) else str(value)
    raise TypeError


def _strict_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError


def _number(value: Any) -> int | float | None:
    if value == "":
        return None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and len(value) <= 64:
        if "_" in value or not value.isascii():
            raise ValueError  # numbers to Python, not to JavaScript
        value = float(value)
        value = int(value) if value.is_integer() else value
    return _strict_number(value)


def _strict_number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, (list, dict)):
        raise TypeError
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ValueError


def _strict_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError


def _array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _strict_array(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise TypeError


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise TypeError


def _currency(value: Any) -> str | None:
    """A currency by its symbol; a populated one, sent back as it was read, by the symbol in it."""
    if isinstance(value, dict):
        value = value.get("symbol") or value.get("_id")
    return _strict_text(value) or None


def _object_id(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("_id"), str):
        value = value["_id"]  # a populated reference, sent back as it was read
    text = value.lower() if isinstance(value, str) else ""
    if OBJECT_ID.fullmatch(text):
        return text
    raise ValueError


def _date(value: Any) -> str | None:
    """Any date that JavaScript would parse, as `2026-01-05T09:00:00.000Z`; an empty text is no date."""
    if value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError
    if not isinstance(value, str):
        return iso(_EPOCH + timedelta(milliseconds=int(value)))  # JavaScript's Date cuts off what is less than one
    return iso(_moment(value.strip()))


def _strict_date(value: Any) -> str | None:
    if isinstance(value, str):
        return _date(value)
    raise TypeError


def _moment(text: str) -> datetime:
    if len(text) > 64:
        raise ValueError
    if not text[:4].isdigit():
        parsed = parsedate_to_datetime(text)
    elif _DATE_ONLY.fullmatch(text):
        parsed = datetime.fromisoformat(text)
    else:
        # fromisoformat wants three or six decimals; the documented sample has two.
        text = _SHORT_FRACTION.sub(lambda found: "." + found[1].ljust(3, "0"), text)
        parsed = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


# type of a row in data/models -> Mongoose's name, its cast, and the strict one
TYPES: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "string": ("string", _text, _strict_text),
    "number": ("Number", _number, _strict_number),
    "integer": ("Number", _number, _strict_number),
    "boolean": ("Boolean", _boolean, _strict_boolean),
    "date": ("date", _date, _strict_date),
    "objectid": ("ObjectId", _object_id, _object_id),
    "currency": ("string", _currency, _currency),
    "array": ("Array", _array, _strict_array),
    "object": ("Object", _object, _object),
}


def field_of(
    kind: str,
    *,
    strict: bool,
    choices: tuple[str, ...] = (),
    limits: tuple[float | None, float | None] = (None, None),
) -> Cast:
    """The field for a property of *kind*, a key of TYPES; *limits* are the least and the most a number may be."""
    name, cast, strict_cast = TYPES[kind]
    return Cast(name, strict_cast if strict else cast, choices, limits)
