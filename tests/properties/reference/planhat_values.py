"""Values as Planhat takes and shows them: conversion of near types, dates, text from HTML, time buckets.

Source: error texts and `__v` point to Mongoose, whose conversions these are (switch casting); the developer page of
Task for dates (`…00.00Z` in, `…00.000Z` out) and for the snippet's paragraphs.
"""

from __future__ import annotations

import html
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.properties.reference.planhat_tables import ARRAY, BOOLEAN, DATE, ID, NUMBER, OBJECT, TEXT

OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")
_TRUE, _FALSE = (True, "true", 1, "1", "yes"), (False, "false", 0, "0", "no")
_NUMERAL = re.compile(r"-?\d+(\.\d+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Refused(Exception):
    """What the API refuses: a row of its errors and the words in it."""

    def __init__(self, key: str, **words: Any) -> None:
        super().__init__(key, words)
        self.key = key
        self.words = words


def shown(value: Any, *, nested: bool = False) -> str:
    """*value* inside an error text, as JavaScript's inspector shows it (shallow values only)."""
    if isinstance(value, str):
        return f"'{value}'" if nested else value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return f"[ {', '.join(shown(one, nested=True) for one in value)} ]" if value else "[]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{k}: {shown(one, nested=True)}' for k, one in value.items())} }}" if value else "{}"
    return str(whole(value))


def whole(number: float) -> float:
    """JavaScript has one kind of number: 5.0 is 5."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def as_json(value: Any) -> Any:
    """*value* as JavaScript reads it from JSON."""
    if isinstance(value, dict):
        return {name: as_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_json(one) for one in value]
    return whole(value) if isinstance(value, float) else value


def cast(kind: str, value: Any, path: str, *, strict: bool) -> Any:
    """*value* as a value of *kind*; None stays None."""
    if value is None:
        return None
    near = _strictly(kind, value) if strict else _nearly(kind, value)
    if near is _NO:
        raise Refused("cast", kind=kind, value=shown(value), path=path)
    return near


_NO = object()


def _strictly(kind: str, value: Any) -> Any:
    fits = {
        TEXT: isinstance(value, str),
        NUMBER: isinstance(value, (int, float)) and not isinstance(value, bool),
        BOOLEAN: isinstance(value, bool),
        ARRAY: isinstance(value, list),
        OBJECT: isinstance(value, dict),
        DATE: isinstance(value, str),
        ID: isinstance(value, str),
    }[kind]
    return _nearly(kind, value) if fits else _NO


def _nearly(kind: str, value: Any) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == TEXT:
        return value if isinstance(value, str) else shown(value) if number or isinstance(value, bool) else _NO
    if kind == NUMBER:
        if value == "":
            return None
        if isinstance(value, str):
            return whole(float(value)) if _NUMERAL.fullmatch(value) else _NO
        return int(value) if isinstance(value, bool) else whole(value) if number else _NO
    if kind == BOOLEAN:
        if isinstance(value, (list, dict)):
            return _NO
        return True if value in _TRUE else False if value in _FALSE else _NO
    if kind == ARRAY:
        return value if isinstance(value, list) else [value]
    if kind == OBJECT:
        return value if isinstance(value, dict) else _NO
    if kind == ID:
        return value.lower() if isinstance(value, str) and OBJECT_ID.fullmatch(value) else _NO
    assert kind == DATE
    return _date(value) if isinstance(value, str) or number else _NO


def _date(value: str | float) -> Any:
    if value == "":
        return None
    try:
        if not isinstance(value, str):
            return iso(_EPOCH + timedelta(milliseconds=math.trunc(value)))
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        return _NO
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def iso(moment: datetime) -> str:
    """Three decimals and Z."""
    there = moment.astimezone(UTC)
    return there.strftime("%Y-%m-%dT%H:%M:%S.") + f"{there.microsecond // 1000:03d}Z"


def plain(description: str, *, readable: bool) -> str:
    """The snippet: tags away, paragraphs apart; *readable*: entities decoded, <br> and list items on own lines."""
    text = description
    if readable:
        text = re.sub(r"(?i)<br\s*/?>|</li>", "\n", text)
    text = re.sub(r"(?i)</(p|div|h\d|ul|ol|blockquote)>", "\n\n", text)
    text = re.sub(r"<[^<>]*>", "", text)
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return (html.unescape(text).replace("\xa0", " ") if readable else text).strip()


def buckets(date: str | None) -> list[str]:
    """`["2031", "2031-Q1", "2031-1", "2031-W1"]` of a date; the week is the ISO one."""
    if date is None:
        return []
    day = datetime.fromisoformat(date)
    week = day.isocalendar()
    return [
        str(day.year),
        f"{day.year}-Q{(day.month + 2) // 3}",
        f"{day.year}-{day.month}",
        f"{week.year}-W{week.week}",
    ]
