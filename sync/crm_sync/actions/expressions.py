"""The expressions of `if`, `selectMany` and `loadMeeting`: the part of CEL that workflows use.

Rule 1: paths, indexes, literals, lists, `==` `!=` `<` `<=` `>` `>=` `in`, `&&` `||` `!`, `has(path)`, `size(x)`.
Anything else is refused when the workflow is checked, never when it runs.
Rule 2: what is absent is an error, as in CEL; `has()` asks. `&&` and `||` stop at the first side that decides.
Source: Common Expression Language specification, the operators above.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

from crm_sync.actions.failures import Failure

_GRAMMAR: Final = r"""
?start: either
?either: both ("||" both)*
?both: compared ("&&" compared)*
?compared: unary (OP unary)?
?unary: "!" unary -> negated
      | member
?member: primary
       | member "." NAME -> field
       | member "[" either "]" -> index
?primary: "has" "(" member ")" -> has
        | "size" "(" either ")" -> size
        | "(" either ")"
        | "[" [either ("," either)*] "]" -> list
        | NUMBER -> number
        | STRING -> string
        | CONSTANT -> constant
        | NAME -> name
OP.2: "==" | "!=" | "<=" | ">=" | "<" | ">" | /in\b/
CONSTANT.2: /(true|false|null)\b/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
NUMBER: /-?\d+(\.\d+)?/
STRING: /"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*'/
%ignore /\s+/
"""
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}


class BadExpression(ValueError):
    """The text is no expression that is played here."""


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr")


@lru_cache(maxsize=1024)
def parse(text: str) -> Tree[Token]:
    """The expression's tree. Raises BadExpression."""
    try:
        tree = _parser().parse(text)
    except LarkError as error:
        column = getattr(error, "column", 0)
        where = f" at column {column}" if column > 0 else " at its end"
        raise BadExpression(f"{text!r} cannot be read{where}") from None
    return tree if isinstance(tree, Tree) else Tree("name", [tree])


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """The value of the expression. Raises Failure EXPRESSION_FAILED for what is absent or of the wrong type."""
    try:
        return _value(parse(text), names)
    except _Absent as error:
        raise Failure("EXPRESSION_FAILED", f"{text!r}: {error}") from None


class _Absent(Exception):
    """A path that leads nowhere, or a value of the wrong type."""


def _value(tree: Any, names: Mapping[str, Any]) -> Any:  # one branch for each kind of node
    kind, parts = tree.data, tree.children
    if kind == "either":
        return any(_true(part, names) for part in parts)
    if kind == "both":
        return all(_true(part, names) for part in parts)
    if kind == "negated":
        return not _true(parts[0], names)
    if kind == "compared":
        return _compared(_value(parts[0], names), str(parts[1]), _value(parts[2], names))
    if kind == "has":
        return _has(parts[0], names)
    if kind == "size":
        return _size(_value(parts[0], names))
    if kind == "field":
        return _member(_value(parts[0], names), str(parts[1]))
    if kind == "index":
        return _member(_value(parts[0], names), _value(parts[1], names))
    if kind == "list":
        return [_value(part, names) for part in parts if part is not None]
    if kind == "name":
        return _member(names, str(parts[0]))
    return _literal(kind, str(parts[0]))


def _literal(kind: str, text: str) -> Any:
    if kind == "constant":
        return _CONSTANTS[text]
    if kind == "number":
        return float(text) if "." in text else int(text)
    assert kind == "string", kind
    made, body = [], iter(text[1:-1])
    for letter in body:
        if letter == "\\":
            escaped = next(body)
            made.append(_ESCAPES.get(escaped, escaped))
        else:
            made.append(letter)
    return "".join(made)


def _true(tree: Any, names: Mapping[str, Any]) -> bool:
    value = _value(tree, names)
    if not isinstance(value, bool):
        raise _Absent(f"{value!r} is neither true nor false")
    return value


def _has(tree: Any, names: Mapping[str, Any]) -> bool:
    try:
        return _value(tree, names) is not None
    except _Absent:
        return False


def _size(value: Any) -> int:
    if not isinstance(value, (str, list, Mapping)):
        raise _Absent(f"{value!r} has no size")
    return len(value)


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(key, str) and key in value:
        return value[key]
    if isinstance(value, list) and type(key) is int and 0 <= key < len(value):
        return value[key]
    raise _Absent(f"there is no {key!r}")


def _compared(left: Any, sign: str, right: Any) -> bool:
    if sign in {"==", "!="}:
        return (_kind(left) == _kind(right) and left == right) is (sign == "==")
    if sign == "in":
        if isinstance(right, Mapping):
            return isinstance(left, str) and left in right
        if not isinstance(right, list):
            raise _Absent(f"{right!r} is no list")
        return any(_kind(left) == _kind(one) and left == one for one in right)
    if _kind(left) != _kind(right) or _kind(left) not in {"number", "text"}:
        raise _Absent(f"{left!r} and {right!r} have no order")
    return _ORDER[sign](left, right)


def _kind(value: Any) -> str:
    """Values of two kinds are never equal: true is not 1."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__
