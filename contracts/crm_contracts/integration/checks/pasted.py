r"""Queries and addresses that were put together from texts without escaping them.

Rule 1: a value that somebody's record holds, with a quote or a backslash in it, stands in the query as it is: then
        the query means something else, or nothing. Seen with the starting records' own values, and those that came in
        answers.
Rule 2: a query refused as malformed whose quotes do not close is the same, whoever's the value was.
Rule 3: a value with & or + in it stands unescaped in an address: the server reads another value, or two.
Source: SOQL and SOSL Reference, Quoted String Escape Sequences (a quote is written \', doubling it is no escape);
RFC 3986.
"""

from __future__ import annotations

import re
from html import unescape

from crm_contracts.integration.lookup import Texts
from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'", re.DOTALL)
_QUERY_SIGNS = re.compile(r"['\\]")
_URL_SIGNS = re.compile(r"[&+]")
_SOAP_QUERY = re.compile(r"<(?:\w+:)?queryString>(.*?)</", re.DOTALL)
_VALUE_CHARS_MAX = 300


def pasted_query(run: Run) -> Looked:
    looked = Looked()
    quoted: Texts | None = None
    for one in run.parsed:
        query = one.soql or _other_query(one)
        if not query or "'" not in query:
            continue
        looked.number += 1
        if quoted is None:
            quoted = Texts(text for text in run.values if _QUERY_SIGNS.search(text) and _is_data(text))
        found = quoted.within(query)
        escaped = _escaped(query, quoted) if found else ()
        value = next((text for text in found if text not in escaped), None)
        if value is not None:
            does = "its quote ends the literal" if "'" in value else "its backslash escapes the sign behind it"
            what = f"the value {value[:60]!r} stands in a query as it is: {does}"
            looked.seen.append(Seen(what=what, calls=[one], about=_shape(query)))
        elif one.soql and "MALFORMED_QUERY" in one.codes and _open(query):
            what = "a query whose quotes do not close was refused: a value's quote ended a literal"
            looked.seen.append(Seen(what=what, calls=[one], about=_shape(query)))
    return looked


def pasted_url(run: Run) -> Looked:
    looked = Looked()
    values: Texts | None = None
    for one in run.parsed:
        if not one.raw_query:
            continue
        looked.number += 1
        if not _URL_SIGNS.search(one.raw_query):
            continue
        if values is None:
            values = Texts(text for text in run.values if _URL_SIGNS.search(text) and _is_value(text))
        raw = one.raw_query.replace("%20", " ").replace("%27", "'")
        text = next((text for text in values.within(raw) if _begins(raw, text)), None)
        if text is not None:
            what = f"{one.operation or one.path}: the value {text[:60]!r} stands in the address unescaped"
            looked.seen.append(Seen(what=what, calls=[one], about=one.operation or one.path))
    return looked


def _other_query(one: ParsedCall) -> str | None:
    """The query of a search, or the one in a SOAP envelope."""
    if one.operation == "search":
        return one.parameter("q")
    found = _SOAP_QUERY.search(one.text) if one.operation in {"soap", "soapOfOrg"} else None
    return unescape(found[1]) if found else None


def _is_data(text: str) -> bool:
    """Whether a text is short enough, and word enough, to be looked for in a query."""
    return 3 <= len(text) <= _VALUE_CHARS_MAX and not text.lower().startswith("select ")


def _is_value(text: str) -> bool:
    """Whether a text is data, and no address itself."""
    return _is_data(text) and "://" not in text and not text.startswith("/")


def _begins(raw: str, text: str) -> bool:
    """Whether *text* stands in *raw* as a value, or as one of a list or query."""
    return any(sign + text in f"={raw}" for sign in "=,'( ")


def _escaped(query: str, quoted: Texts) -> set[str]:
    """Those of *quoted* that stand inside a literal of *query* that is closed behind them."""
    found: set[str] = set()
    for literal in _LITERAL.findall(query):
        if "\\" in literal:
            found.update(set(quoted.within(_value(literal))).difference(quoted.within(_ESCAPE.sub("\0\0", literal))))
    return found


def _value(literal: str) -> str:
    return _ESCAPE.sub(r"\1", literal[1:-1])


def _open(query: str) -> bool:
    left = _LITERAL.sub("''", query)
    return left.count("'") % 2 == 1 or re.search(r"''\s*[A-Za-z]\w*\s*''", left) is not None or "'''" in left


def _shape(query: str) -> str:
    """The query without its values."""
    return re.sub(r"'.*", "'", query, count=1, flags=re.DOTALL)[:200]
