"""From text to syntax: reads `soql.lark`, and turns the parser's complaints into the vendor's.

Rule 1: the parser is built on first use, not at import, and once: building costs 40 ms.
Rule 2: nothing here recurses, so no nesting is too deep to parse.
Source: SOQL and SOSL Reference for escapes and limits; public recordings for the messages.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any, Final

from lark import Lark, Token, UnexpectedCharacters, UnexpectedToken

from fake_salesforce.errors import SalesforceError
from fake_salesforce.soql import syntax
from fake_salesforce.soql.errors import caret_block, row_and_column, soql_error

STATEMENT_CHARS_MAX: Final = 100_000
STRING_CHARS_MAX: Final = 4_000  # of one string in WHERE

_ESCAPED: Final = {
    "n": "\n", "N": "\n", "r": "\r", "R": "\r", "t": "\t", "T": "\t", "b": "\b", "B": "\b",
    "f": "\f", "F": "\f", '"': '"', "'": "'", "\\": "\\", "%": "%", "_": "_",
}  # fmt: skip
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_WILD: Final = "%_\\"
_NUMBER_MAX_CHARS: Final = 400  # more digits than any double has
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}[0-9]+")


def parse(text: str) -> syntax.Query:
    """The query *text* says. Raises SalesforceError (MALFORMED_QUERY)."""
    if not text.strip():
        raise soql_error("empty")
    if len(text) > STATEMENT_CHARS_MAX:
        raise soql_error("too_long")
    try:
        return _lark().parse(text)  # type: ignore[return-value]  # the transformer makes a Query
    except UnexpectedToken as trouble:
        raise _unexpected_token(text, trouble) from None
    except UnexpectedCharacters as trouble:
        raise _unexpected_character(text, trouble.pos_in_stream or 0) from None


@cache
def _lark() -> Lark:
    grammar = resources.files("fake_salesforce.soql").joinpath("soql.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=_Builder())


def _unexpected_token(text: str, trouble: UnexpectedToken) -> SalesforceError:
    token = trouble.token
    if token.type == "$END":
        return soql_error("unexpected_token", text, len(text), token="<EOF>")  # noqa: S106
    at = token.start_pos or 0
    first_word = not text[:at].strip()
    other = {"_AND": "_OR", "_OR": "_AND"}.get(token.type)
    if first_word or (other is not None and other in trouble.expected):
        return soql_error("unexpected_word", token=token.value)
    if token.type == "BIND":
        return soql_error("bind_variable")
    return soql_error("unexpected_token", text, at, token=token.value)


def _unexpected_character(text: str, at: int) -> SalesforceError:
    """The lexer counts columns from 0, and its caret block follows it (recorded for SOSL)."""
    row, column = row_and_column(text, at)
    where = caret_block(text, at, column=max(1, column - 1))
    line = f"{row}:{column - 1}"
    if text[at] == "'":
        return soql_error("string_without_end", block=where, line=line)
    return soql_error("no_viable_character", block=where, line=line, character=text[at])


def _decode(token: Token) -> syntax.Value:
    """A string literal, as text and as LIKE pattern."""
    raw = token.value[1:-1]
    at = token.start_pos or 0
    if "\\" not in raw:
        return syntax.Value("string", _whole(raw), at, pattern=_whole(raw))
    text: list[str] = []
    pattern: list[str] = []
    done = 0
    for match in _ESCAPE.finditer(raw):
        plain = raw[done : match.start()]
        done = match.end()
        code, letter = match.groups()
        char = chr(int(code, 16)) if code else _ESCAPED.get(letter)
        if char is None:
            raise soql_error("bad_escape", literal=raw, sequence=match.group())
        text += (plain, char)
        pattern += (plain, f"\\{char}" if char in _WILD else char)
    text.append(raw[done:])
    pattern.append(raw[done:])
    return syntax.Value("string", _whole("".join(text)), at, pattern=_whole("".join(pattern)))


def _whole(text: str) -> str:
    """*text* with surrogate pairs joined and lone surrogates replaced: no store holds those."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _path(token: Token) -> syntax.Path:
    return syntax.Path(tuple(token.value.split(".")), token.start_pos or 0)


def _integer(token: Token) -> int:
    if token.type == "BIND":
        raise soql_error("bind_variable")
    digits = token.value.lstrip("0") or "0"
    return int(digits) if len(digits) < 10 else 10**9  # more rows than a store can hold


class _Builder:
    """One method for each rule or alias of the grammar; called bottom-up while parsing."""

    # ---- Query

    def start(self, children: list[Any]) -> syntax.Query:
        query: syntax.Query = children[0]
        return query

    def query(self, children: list[Any]) -> syntax.Query:
        select, items, sources, *clauses = children
        purposes: list[str] = []
        given: dict[str, Any] = {}
        for name, value in clauses:
            if name == "purpose":
                purposes.append(value)
            else:
                given[name] = value
        return syntax.Query(items=items, sources=sources, purposes=tuple(purposes), at=select.start_pos or 0, **given)

    # ---- SELECT

    def select_list(self, children: list[Any]) -> tuple[Any, ...]:
        return tuple(children)

    def plain_item(self, children: list[Any]) -> syntax.Item:
        what = self._operand(children[0])
        return syntax.Item(what, None, what.at)

    def aliased_item(self, children: list[Any]) -> syntax.Item:
        what = self._operand(children[0])
        return syntax.Item(what, children[1].value, what.at)

    def child_item(self, children: list[Any]) -> syntax.ChildItem:
        return syntax.ChildItem(children[0])

    def typeof_item(self, children: list[Any]) -> syntax.TypeofItem:
        reference, *parts = children
        branches = tuple(part for part in parts if part[0] is not None)
        otherwise = next((part[1] for part in parts if part[0] is None), None)
        return syntax.TypeofItem(_path(reference), branches, otherwise)

    def when(self, children: list[Any]) -> tuple[syntax.Path, Any]:
        return _path(children[0]), children[1]

    def otherwise(self, children: list[Any]) -> tuple[None, Any]:
        return None, children[0]

    def paths(self, children: list[Any]) -> tuple[syntax.Path, ...]:
        return tuple(_path(token) for token in children)

    def call(self, children: list[Any]) -> syntax.Call:
        name, *arguments = children
        return syntax.Call(name.value, tuple(arguments), name.start_pos or 0)

    empty_call = call

    # ---- FROM

    def sources(self, children: list[Any]) -> tuple[syntax.Source, ...]:
        return tuple(children)

    def source(self, children: list[Any]) -> syntax.Source:
        return syntax.Source(_path(children[0]), None)

    def aliased_source(self, children: list[Any]) -> syntax.Source:
        return syntax.Source(_path(children[0]), children[1].value)

    def scope(self, children: list[Any]) -> tuple[str, syntax.Path]:
        return "scope", _path(children[0])

    # ---- WHERE

    def where(self, children: list[Any]) -> tuple[str, Any]:
        return "where", children[0]

    def all_of(self, children: list[Any]) -> syntax.AllOf:
        return syntax.AllOf(tuple(children))

    def any_of(self, children: list[Any]) -> syntax.AnyOf:
        return syntax.AnyOf(tuple(children))

    def negation(self, children: list[Any]) -> syntax.Negation:
        return syntax.Negation(children[1])

    def compare(self, children: list[Any]) -> syntax.Compare:
        left, operator, value = children
        name = operator.value.upper()
        return syntax.Compare(left, "!=" if name == "<>" else name, value)

    def is_in(self, children: list[Any]) -> syntax.Membership:
        return syntax.Membership(children[0], False, values=children[-1])

    def is_not_in(self, children: list[Any]) -> syntax.Membership:
        return syntax.Membership(children[0], True, values=children[-1])

    def is_in_query(self, children: list[Any]) -> syntax.Membership:
        return syntax.Membership(children[0], False, inner=children[-1])

    def is_not_in_query(self, children: list[Any]) -> syntax.Membership:
        return syntax.Membership(children[0], True, inner=children[-1])

    def is_in_bind(self, _children: list[Any]) -> None:
        raise soql_error("bind_variable")

    def picks(self, children: list[Any]) -> syntax.Picks:
        return syntax.Picks(children[0], children[1].type == "EXCLUDES", children[2])

    def path(self, children: list[Any]) -> syntax.Path:
        return _path(children[0])

    def values(self, children: list[Any]) -> tuple[syntax.Value, ...]:
        return tuple(children)

    def string(self, children: list[Any]) -> syntax.Value:
        return _decode(children[0])

    def counted_range(self, children: list[Any]) -> syntax.Value:
        token = children[0]
        name, digits = token.value.split(":")
        digits = digits.strip().lstrip("0") or "0"
        count = int(digits) if len(digits) < 10 else 10**9
        return syntax.Value("range", name.strip().upper(), token.start_pos or 0, count=count)

    def word(self, children: list[Any]) -> syntax.Value:
        """TODAY, a field name or a function where a value should stand."""
        word = children[0]
        if isinstance(word, syntax.Call):
            return syntax.Value("word", str(word), word.at)
        kind: syntax.ValueKind = "currency" if _CURRENCY.fullmatch(word.value) else "word"
        return syntax.Value(kind, word.value, word.start_pos or 0)

    # ---- The clauses behind WHERE

    def with_mode(self, children: list[Any]) -> tuple[str, syntax.Path]:
        return "with_mode", _path(children[0])

    def with_condition(self, children: list[Any]) -> tuple[str, Any]:
        return "with_condition", children[0]

    def with_category(self, children: list[Any]) -> tuple[str, tuple[syntax.Path, ...]]:
        return "with_category", tuple(children)

    def category(self, children: list[Any]) -> syntax.Path:
        return _path(children[1])

    def group(self, children: list[Any]) -> tuple[str, syntax.Group]:
        having = None
        if isinstance(children[-1], tuple):
            having = children.pop()[1]
        return "group", syntax.Group(tuple(children), having)

    def having(self, children: list[Any]) -> tuple[str, Any]:
        return "having", children[0]

    def order_by(self, children: list[Any]) -> tuple[str, tuple[syntax.Order, ...]]:
        return "order_by", tuple(children)

    def order(self, children: list[Any]) -> syntax.Order:
        words = {token.type for token in children[1:]}
        nulls_last = "LAST" in words if words & {"FIRST", "LAST"} else None
        return syntax.Order(children[0], "DESC" in words, nulls_last)

    def limit(self, children: list[Any]) -> tuple[str, int]:
        return "limit", _integer(children[0])

    def offset(self, children: list[Any]) -> tuple[str, int]:
        return "offset", _integer(children[0])

    def all_rows(self, children: list[Any]) -> tuple[str, bool]:
        return "all_rows", not children

    def purpose(self, children: list[Any]) -> tuple[str, str]:
        return "purpose", children[0].type

    def update(self, children: list[Any]) -> tuple[str, tuple[syntax.Path, ...]]:
        return "tracking", tuple(_path(token) for token in children)

    @staticmethod
    def _operand(child: Any) -> syntax.Operand:
        return child if isinstance(child, syntax.Call) else _path(child)


def _literal(kind: syntax.ValueKind) -> Any:
    def build(_self: _Builder, children: list[Any]) -> syntax.Value:
        token = children[0]
        if kind == "number" and len(token.value) > _NUMBER_MAX_CHARS:
            raise soql_error("too_complicated")
        return syntax.Value(kind, token.value, token.start_pos or 0)

    return build


for _kind, _rules in {
    "number": ("number",),
    "currency": ("currency",),
    "datetime": ("datetime",),
    "date": ("date",),
    "time": ("time",),
    "boolean": ("true", "false"),
    "null": ("null",),
    "bind": ("bind",),
}.items():
    for _rule in _rules:
        setattr(_Builder, _rule, _literal(_kind))  # type: ignore[arg-type]
