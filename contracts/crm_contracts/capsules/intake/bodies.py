"""Recorded bodies, and what they say. How they are unpacked: `crm_contracts.traffic.bodies`.

Source: HTTP Archive format 1.2, postData and content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from crm_contracts.traffic.bodies import Unreadable, recorded

__all__ = ["Unreadable", "form", "mapping", "mappings", "parsed", "unpacked"]


def unpacked(text: str, *, encoding: str, coding: str) -> str:
    """The text of a recorded body. *encoding* is the recorder's (`base64`), *coding* the answer's Content-Encoding.

    Raises Unreadable.
    """
    raw = recorded(text, encoding=encoding, coding=coding)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def parsed(text: str | None, mime: str) -> Any:
    """What *text* says: JSON data where it is JSON, a mapping where it is a form, else the text. Raises Unreadable."""
    if text is None or not text.strip():
        return None
    kind = mime.lower()
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        try:
            return json.loads(text.lstrip("\ufeff"))
        except (ValueError, RecursionError):
            raise Unreadable("JSON that breaks off or is broken") from None
    if "json" in kind:
        raise Unreadable("no JSON")
    if "x-www-form-urlencoded" in kind:
        return form(text)
    return text


def mapping(given: Any) -> Mapping[str, Any]:
    """*given*, or nothing where it is no mapping."""
    return given if isinstance(given, Mapping) else {}


def mappings(given: Any) -> list[Mapping[str, Any]]:
    """A list of mappings, each at its place; nothing where *given* is no list."""
    return [mapping(one) for one in given] if isinstance(given, list) else []


def form(text: str) -> Mapping[str, str]:
    """A form or a query string as a mapping; of a name given twice, the last."""
    return dict(parse_qsl(text, keep_blank_values=True))
