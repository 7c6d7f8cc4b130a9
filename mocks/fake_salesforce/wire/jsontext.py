"""JSON as the vendor reads and writes it. No Flask, no store.

Reading: Python's parser finds the fault, the table below says it in the words of Jackson, the
parser the vendor uses. Columns count from 1 and point just past the offending character.
Writing: compact by default; with `X-PrettyPrint: 1` two spaces, a blank on both sides of the colon
and lists opened on the line of their key. Text outside ASCII is never escaped.
Source: message texts quoted in public issues (facts: JSON_PARSER_ERROR messages); the mapping from a Python fault to a
Jackson text, and the texts no issue quotes, are assumed: they are those of Jackson 1.9, whose words the vendor uses.
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
    "Expecting ',' delimiter": ("Unexpected character ({char}): was expecting comma to separate {container} entries"),
    "Invalid control character at": (
        "Illegal unquoted character ({char}): has to be escaped using backslash to be included in string value"
    ),
    "Invalid \\escape": "Unrecognized character escape {char}",
    "Invalid \\uXXXX escape": ("Unexpected character ({char}): expected a hex-digit for character escape sequence"),
    "Extra data": "Unexpected character ({char}): expected end of input",
}
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
    except _Constant as error:
        raise _constant(text, str(error)) from error
    except ValueError as error:  # a number of more digits than Python reads
        raise NotJson(f"Malformed numeric value: {error}", line=1, column=1) from error


class _Constant(ValueError):
    """NaN or an infinity, which Python reads and the vendor does not."""


def _refuse_constant(name: str) -> Any:
    raise _Constant(name)


def _constant(text: str, name: str) -> NotJson:
    """The fault of the first *name* in *text* that stands outside strings."""
    at = next(match.start() for match in _STRING_OR_CONSTANT.finditer(text) if match.group() == name)
    line, column = _line_column(text, at)
    if name.startswith("-"):
        message = "Unexpected character ('I' (code 73)) in numeric value: expected digit (0-9) to follow minus sign"
        return NotJson(f"{message}, for valid numeric value", line=line, column=column + 2)
    message = f"Non-standard token '{name}': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow"
    return NotJson(message, line=line, column=column + len(name))


_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', re.DOTALL)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _not_json(text: str, error: json.JSONDecodeError) -> NotJson:
    at = error.pos
    line, column = _line_column(text, at)
    if at >= len(text) or error.msg == "Unterminated string starting at":
        line, column = _line_column(text, len(text))
        return NotJson(_end_of_input(text, error), line=line, column=column)
    char = text[at]
    described = f"'{char}' (code {ord(char)})"
    number = _number_fault(text, at)
    if number is not None:
        return NotJson(number, line=line, column=column + 1)
    if error.msg == "Expecting value":
        word = _WORD.match(text, at)
        if word is not None:
            message = f"Unrecognized token '{word.group()}': was expecting {VALUES}"
            return NotJson(message, line=line, column=column + len(word.group()))
        message = f"Unexpected character ({described}): expected a valid value {VALUES}"
    else:
        template = _JACKSON.get(error.msg, "Unexpected character ({char})")
        message = template.format(char=described, container=_container(text, at)[0])
    return NotJson(message, line=line, column=column + 1)


def _end_of_input(text: str, error: json.JSONDecodeError) -> str:
    """What the vendor's parser still waits for at the end of *text*."""
    if error.msg == "Unterminated string starting at":
        return "Unexpected end-of-input: was expecting closing quote for a string value"
    container, start = _container(text, len(text))
    if not container:
        return "Unexpected end-of-input"
    if text.rstrip(_SPACE).endswith((":", ",")):
        return f"Unexpected end-of-input within/between {container} entries"
    line, column = _line_column(text, start)
    return f"Unexpected end-of-input: expected close marker for {container} (from [line:{line}, column:{column - 1}])"


def _container(text: str, at: int) -> tuple[str, int]:
    """OBJECT or ARRAY, whichever is open at *at*, and where it begins; ("", 0) outside both."""
    open_: list[int] = []
    for match in _STRING_OR_BRACKET.finditer(text, 0, at):
        if match.group() in {"{", "["}:
            open_.append(match.start())
        elif match.group() in {"}", "]"} and open_:
            open_.pop()
    if not open_:
        return "", 0
    return ("OBJECT" if text[open_[-1]] == "{" else "ARRAY"), open_[-1]


_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)


def _number_fault(text: str, at: int) -> str | None:
    """What is wrong with a number that Python stopped in at *at*: it reads as far as it can, Jackson looks on."""
    before = _NUMBER_BEFORE.search(text, 0, at)
    if before is None and text[at] == "-":
        return None if at + 1 >= len(text) else _MINUS.format(char=_described(text[at + 1]))
    if before is None:
        return None
    if text[at].isdigit() and before.group() in {"0", "-0"}:
        return "Invalid numeric value: Leading zeroes not allowed"
    if text[at] == "." and before.group().lstrip("-").isdigit():
        after = _described(text[at + 1]) if at + 1 < len(text) else "end of input"
        return f"Unexpected character ({after}) in numeric value: Decimal point not followed by a digit"
    if text[at] in "eE":
        after = _described(text[at + 1]) if at + 1 < len(text) else "end of input"
        return f"Unexpected character ({after}) in numeric value: Exponent indicator not followed by a digit"
    return None


def _described(char: str) -> str:
    return f"'{char}' (code {ord(char)})"


_NUMBER_BEFORE = re.compile(r"(?<![\w.+\"-])-?[0-9]+(?:\.[0-9]+)?$", re.ASCII)
_MINUS = (
    "Unexpected character ({char}) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value"
)


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
