"""JSON as the vendor reads and writes it. No Flask, no store.

Reading: Python's parser finds the fault, the table below says it in the words of Jackson, the
parser the vendor uses. Columns count from 1 and point just past the offending character.
Writing: compact by default; with `X-PrettyPrint: 1` two spaces, a blank on both sides of the colon
and lists opened on the line of their key. Text outside ASCII is never escaped.
Source: message texts quoted in public issues (facts: JSON_PARSER_ERROR messages); the mapping from
a Python fault to a Jackson text is assumed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]  # the parser's own reader
from json.encoder import encode_basestring
from typing import Any

DEPTH_MAX = 200  # nesting; deeper text is refused before Python's own limit is met
VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

_JACKSON: dict[str, str] = {
    # Python's fault                                     what the vendor's parser says
    "Expecting property name enclosed in double quotes": (
        "Unexpected character ({char}): was expecting double-quote to start field name"
    ),
    "Illegal trailing comma before end of object": (
        "Unexpected character ({char}): was expecting double-quote to start field name"
    ),
    "Expecting ':' delimiter": (
        "Unexpected character ({char}): was expecting a colon to separate field name and value"
    ),
    "Expecting ',' delimiter": ("Unexpected character ({char}): was expecting comma to separate entries"),
    "Invalid control character at": (
        "Illegal unquoted character ({char}): has to be escaped using backslash to be included in string value"
    ),
    "Invalid \\escape": "Unrecognized character escape {char}",
    "Invalid \\uXXXX escape": ("Unexpected character ({char}): expected a hex-digit for character escape sequence"),
    "Extra data": "Unexpected character ({char}): expected end of input",
}
_END_OF_INPUT = "Unexpected end-of-input: expected close marker or value"
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_SPACE = " \t\r\n"


class NotJson(ValueError):
    """The text is not JSON. `message` is in the vendor's words, position included."""

    def __init__(self, message: str, *, line: int, column: int) -> None:
        super().__init__(message)
        self.message = f"{message} at [line:{line}, column:{column}]"


def parse(body: bytes) -> Any:
    """The value of *body*; raises NotJson with the vendor's words."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        line, column = _line_column(body[: error.start].decode(errors="replace"), error.start)
        byte = body[error.start]
        raise NotJson(f"Invalid UTF-8 start byte 0x{byte:x}", line=line, column=column) from error
    try:
        return _DECODER.decode(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from error
    except RecursionError as error:
        raise NotJson("Document nesting depth exceeds the maximum allowed", line=1, column=1) from error
    except ValueError as error:  # a NaN, or a number of more digits than Python reads
        raise NotJson(f"Non-standard token or number: {error}", line=1, column=1) from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"'{name}'")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _not_json(text: str, error: json.JSONDecodeError) -> NotJson:
    at = error.pos
    line, column = _line_column(text, at)
    if at >= len(text) or error.msg == "Unterminated string starting at":
        line, column = _line_column(text, len(text))
        return NotJson(_END_OF_INPUT, line=line, column=column)
    char = text[at]
    described = f"'{char}' (code {ord(char)})"
    if error.msg == "Expecting value":
        word = _WORD.match(text, at)
        if word is not None:
            message = f"Unrecognized token '{word.group()}': was expecting {VALUES}"
            return NotJson(message, line=line, column=column + len(word.group()))
        message = f"Unexpected character ({described}): expected a valid value {VALUES}"
    else:
        message = _JACKSON.get(error.msg, "Unexpected character ({char})").format(char=described)
    return NotJson(message, line=line, column=column + 1)


def _line_column(text: str, at: int) -> tuple[int, int]:
    """1-based line and column of the character number *at*."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def position_after(text: str, key: str) -> tuple[int, int] | None:
    """Line and column just past the value of *key* in the outermost object of a valid JSON text.

    None when the text is not an object or has no such key. Only used to word an error, so it may
    be slow.
    """
    at = _skip(text, 0)
    if not text.startswith("{", at):
        return None
    at = _skip(text, at + 1)
    found: tuple[int, int] | None = None
    while at < len(text) and text[at] == '"':
        name, at = scanstring(text, at + 1, True)
        at = _skip(text, _skip(text, at) + 1)  # over the colon
        start = at
        _, at = _DECODER.raw_decode(text, at)
        if name == key:
            opens = text[start] in "{["  # the parser stops at the opening bracket
            found = _line_column(text, start if opens else at)
        at = _skip(text, at)
        if not text.startswith(",", at):
            break
        at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


compact: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def pretty(value: Any, *, indent: str = "") -> str:
    """*value* in the style of `X-PrettyPrint: 1`: `"a" : 1`, two spaces, `[ {` on one line."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        if not value:
            return "{ }"
        inner = indent + "  "
        lines = [
            f"{inner}{encode_basestring(key)} : "
            f"{_SCALARS[kind](one) if (kind := type(one)) in _SCALARS else pretty(one, indent=inner)}"
            for key, one in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list | tuple):
        if not value:
            return "[ ]"
        return "[ " + ", ".join(pretty(one, indent=indent) for one in value) + " ]"
    return compact(value)


_SCALARS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    type(None): lambda _: "null",
    bool: lambda flag: "true" if flag else "false",
    int: repr,
    float: repr,
}
