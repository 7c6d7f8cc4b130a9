"""The `query` of a search: JSON text in a form field (or in a JSON body); and the terms in it, made into one predicate.

Rule 1: everything in a query is looked at before anything is searched; what is not understood is refused by name.
Source: Search API pages; terms and operators are those of the pages' samples and of clients. Jokers: data/terms.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fake_core import json_text
from fake_totango.data_files import read_toml
from fake_totango.errors import TotangoError
from fake_totango.operations.fields import Fields
from fake_totango.stamps import DAY_MILLISECONDS
from fake_totango.store import INTEGER_MAX, Document
from fake_totango.tenant import COUNT_MAX, Tenant

WORDS: dict[str, dict[str, Any]] = read_toml("terms.toml")
DEPTH_MAX = 20  # of terms inside terms
Predicate = Callable[[Document], bool]
Look = Callable[[Document, str], Any]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gte": lambda value, bound: value >= bound,
    "gt": lambda value, bound: value > bound,
    "lte": lambda value, bound: value <= bound,
    "lt": lambda value, bound: value < bound,
}
_TEXT_KINDS = {"string", "string_attribute"}
_NUMBER_KINDS = {
    "date", "date_attribute", "simple_date_attribute", "number", "number_attribute", "integer_attribute",
}  # fmt: skip


@dataclass(frozen=True)
class Query:
    """A query, checked. *terms* and *fields* are as they came; *offset* is a page or a record, as the search has it."""

    terms: list[Any]
    fields: list[Any]
    count: int
    offset: int
    given: Fields


def read_query(tenant: Tenant, fields: Fields, *, paged: bool) -> Query:
    """The query of a search; *paged* searches must name count and offset. Raises TotangoError."""
    text = fields.text("query")
    if text is None:
        raise TotangoError("missing", name="query")
    try:
        given = json_text.loads(text.encode())
    except ValueError:
        raise TotangoError("bad_query") from None
    if not isinstance(given, dict):
        raise TotangoError("bad_query")
    query = Fields(given)
    if tenant.switches["missing_query_keys"] == "refuse":
        for name in ("terms", "fields", *(("count", "offset") if paged else ())):
            if name not in query:
                raise TotangoError("missing", name=name)
    count = query.integer("count", most=INTEGER_MAX)
    if count is not None and count > COUNT_MAX and tenant.switches["count_over_max"] == "refuse":
        raise TotangoError("count_too_large", limit=COUNT_MAX)
    return Query(
        terms=_array(query, given, "terms"),
        fields=_array(query, given, "fields"),
        count=COUNT_MAX if count is None else min(count, COUNT_MAX),
        offset=query.integer("offset", most=INTEGER_MAX) or 0,
        given=query,
    )


def _array(query: Fields, given: Mapping[str, Any], name: str) -> list[Any]:
    value = given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise query.invalid(name)
    return value


class Terms:
    """Makes predicates of terms. *look* finds a term's value in a record; *more* are kinds of terms of one search."""

    def __init__(
        self,
        tenant: Tenant,
        look: Look,
        more: Mapping[str, Callable[[dict[str, Any], Look, int], Predicate]] | None = None,
    ) -> None:
        self._tenant = tenant
        self._look = look
        self._more = more or {}

    def all_of(self, terms: list[Any], depth: int = 0) -> Predicate:
        """True of a record for which every one of *terms* is. Raises TotangoError (unknown_term)."""
        tests = [self._one(term, depth) for term in terms]
        return lambda record: all(test(record) for test in tests)

    def any_of(self, terms: list[Any], depth: int) -> Predicate:
        tests = [self._one(term, depth) for term in terms]
        return lambda record: any(test(record) for test in tests)

    def _one(self, term: Any, depth: int) -> Predicate:
        if not isinstance(term, dict) or depth > DEPTH_MAX:
            raise TotangoError("unknown_term", term=term)
        kind = term.get("type")
        if isinstance(kind, str) and kind in {"or", "and"}:
            inner = term.get(kind)
            if not isinstance(inner, list):
                raise TotangoError("unknown_term", term=term)
            return self.any_of(inner, depth + 1) if kind == "or" else self.all_of(inner, depth + 1)
        if isinstance(kind, str) and kind in self._more:
            return self._more[kind](term, self._look, depth)
        name = term.get("term", term.get("attribute", term.get("name")))
        test = self._test(kind, term) if isinstance(kind, str) and isinstance(name, str) else None
        if test is None:
            return self.unknown(term)
        look, named = self._look, str(name)
        return lambda record: test(look(record, named))

    def unknown(self, term: Any) -> Predicate:
        """What a term that nobody knows means."""
        if self._tenant.switches["unknown_terms"] == "refuse":
            raise TotangoError("unknown_term", term=term)
        return lambda _record: True

    def _test(self, kind: str, term: Mapping[str, Any]) -> Callable[[Any], bool] | None:
        if kind in _TEXT_KINDS or kind == "event_property":
            return text_test(term, decoded=self._tenant.switches["encoded_terms"] == "decode")
        return self._number_test(term) if kind in _NUMBER_KINDS else None

    def _number_test(self, term: Mapping[str, Any]) -> Callable[[Any], bool] | None:
        joker = term.get("joker")
        if joker is not None:
            if not isinstance(joker, str) or joker not in WORDS["jokers"]:
                return None
            before, after = WORDS["jokers"][joker]
            today = self._tenant.now() // DAY_MILLISECONDS * DAY_MILLISECONDS
            first, end = today - before * DAY_MILLISECONDS, today - after * DAY_MILLISECONDS
            return lambda value: is_real(value) and first <= value < end
        bounds = [(_COMPARE[name], term[name]) for name in _COMPARE if name in term]
        if "eq" in term:
            bounds.append((lambda value, bound: bool(value == bound), term["eq"]))
        if not bounds or not all(is_real(bound) for _, bound in bounds):
            return None
        return lambda value: is_real(value) and all(compare(value, bound) for compare, bound in bounds)


def text_test(term: Mapping[str, Any], *, decoded: bool) -> Callable[[Any], bool] | None:
    """A test of a text: `eq`, `in_list`, or `contains` in any case; of an array, that one of it passes.

    With *decoded* a text may also stand percent-encoded in the term.
    """
    part = term.get("contains")
    if isinstance(part, str) and part:
        return lambda value: any(part.casefold() in (as_text(one) or "").casefold() for one in _each(value))
    if "eq" in term:
        wanted = [term["eq"]]
    elif isinstance(term.get("in_list"), list):
        wanted = term["in_list"]
    else:
        return None
    if not all(isinstance(one, (str, int, float)) for one in wanted):
        return None
    texts = {as_text(one) for one in wanted}
    if decoded:
        texts |= {unquote(one) for one in texts if one}
    return lambda value: any(as_text(one) in texts for one in _each(value))


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def as_text(value: Any) -> str | None:
    """A value as a text; None stays None, an object is no text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else None


def is_real(value: Any) -> bool:
    """Whether *value* is a number that can be compared."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
