"""Running a search: the index finds ids, SOQL reads the rows as the caller may see them.

Rule 1: what RETURNING says of an object is one SOQL query over the ids that were found; its refusals are SOQL's own.
Rule 2: without ORDER BY rows come best match first, as the index ranks them.
Source: SOSL reference, RETURNING and LIMIT; REST API Developer Guide, Search, Parameterized Search, Search Suggested
Records. The order of relevance is SQLite's, assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fake_salesforce import data_files
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import query
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.search import index
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import SObject
from fake_salesforce.sosl import syntax, words

Row = dict[str, Any]
_PAGED: Final = re.compile(r"(?:\bLIMIT\s+(\d{1,9}))?\s*(?:\bOFFSET\s+(\d{1,9}))?\s*$", re.IGNORECASE)
_AFTER_WHERE: Final = re.compile(r"\b(?:ORDER\s+BY|LIMIT|OFFSET)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, object after object, and whether the labels of its fields were asked for."""

    records: list[Row]
    metadata: list[dict[str, Any]] | None = None


def search(org: Org, caller: Caller, *, text: str, version: str, labels: bool = False) -> Found:
    """What the SOSL *text* finds; with *labels* also those of its fields.

    Raises MALFORMED_SEARCH, SOQL's refusals, or NotFaked.
    """
    limits = data_files.load("search.toml")["limits"]
    found = syntax.parse(text)
    objects = [(_object(org, text, each), each) for each in found.returning]
    if not found.returning:
        objects = [(each, syntax.Returning(each.name, 0)) for each in searchable(org)]
    if len(found.words) > limits["query_chars_max"]:
        return Found([])
    term = words.read(
        found.words,
        chars_min=limits["term_chars_min"],
        operators=len(found.words) <= limits["operators_chars_max"],
    )
    lists = [_rows(org, caller, each, one, term, found.group, version) for each, one in objects]
    records = _evenly(lists, min(found.limit if found.limit is not None else limits["rows_max"], limits["rows_max"]))
    return Found(records, _labels(objects) if found.metadata or labels else None)


def searchable(org: Org) -> list[SObject]:
    """The objects a search without RETURNING looks into."""
    return [each for each in org.schema.sobjects if each.searchable and each.queryable and each.key_prefix is not None]


def _object(org: Org, text: str, one: syntax.Returning) -> SObject:
    sobject = org.schema.sobject(one.sobject)
    if sobject is None or not sobject.searchable:
        raise syntax.no_such_object(text, one)
    return sobject


def _rows(
    org: Org,
    caller: Caller,
    sobject: SObject,
    one: syntax.Returning,
    term: words.Term | None,
    group: str,
    version: str,
) -> list[Row]:
    """The rows of one object; its SOQL is checked even when nothing is found."""
    ids = [] if term is None else find(org, sobject, term, group)
    where, tail = _split(one.rest)
    plain = f"SELECT {one.fields} FROM {one.sobject} {one.rest}"
    if where == "":
        query.found(org, caller, text=plain, include_deleted=False, version=version)
    ordered = re.match(r"ORDER\s+BY\b", tail, re.IGNORECASE) is not None
    paged = None if ordered else _PAGED.search(tail)
    rest = tail if paged is None else tail[: paged.start()]
    listed = ", ".join(f"'{each}'" for each in ids) or f"'{_NOBODY}'"
    condition = f"({where}) AND Id IN ({listed})" if where else f"Id IN ({listed})"
    has_id = ordered or re.search(r"\bId\b", one.fields, re.IGNORECASE)
    fields = one.fields if has_id else f"{one.fields}, Id"
    text = f"SELECT {fields} FROM {one.sobject} WHERE {condition} {rest}"
    try:
        result = query.found(org, caller, text=text, include_deleted=False, version=version)
    except SalesforceError:
        # What is wrong is in the text of the client: let SOQL point at it there.
        query.found(org, caller, text=plain, include_deleted=False, version=version)
        raise
    rows: list[Row] = [dict(each) for each in result.page(0, result.total_size)]
    if ordered:
        return rows
    place = {each: number for number, each in enumerate(ids)}
    rows.sort(key=lambda row: place[row["Id"]])
    if fields != one.fields:
        for row in rows:
            del row["Id"]
    start = int(paged[2] or 0) if paged else 0
    return rows[start : start + int(paged[1])] if paged and paged[1] else rows[start:]


_NOBODY: Final = "000000000000000AAA"


def _split(rest: str) -> tuple[str | None, str]:
    """(condition, what follows it) of the text behind the field list; None without WHERE."""
    if not re.match(r"WHERE\b", rest, re.IGNORECASE):
        return None, rest
    plain = {at for at, _ in syntax.outside_strings(rest, 0, len(rest))}
    for match in _AFTER_WHERE.finditer(rest):
        depth = rest.count("(", 0, match.start()) - rest.count(")", 0, match.start())
        if match.start() in plain and depth == 0:
            return rest[5 : match.start()].strip(), rest[match.start() :]
    return rest[5:].strip(), ""


def find(org: Org, sobject: SObject, term: words.Term, group: str) -> list[str]:
    """Ids of the rows of *sobject* that hold *term*, best first."""
    whole: Org = getattr(org, "whole", org)  # the index is the org's, whoever searches
    full = whole.schema.sobject(sobject.name)
    assert full is not None, "who sees an object sees one of the org's"
    with org.store.begin() as conn:
        return index.hits(conn, full, term, group=group, limit=data_files.load("search.toml")["limits"]["rows_max"])


def _evenly(lists: Sequence[list[Row]], limit: int) -> list[Row]:
    """At most *limit* rows, evenly from each list, the lists in their order."""
    if sum(len(each) for each in lists) <= limit:
        return [row for each in lists for row in each]
    kept = [0] * len(lists)
    left = limit
    while left:
        for number, each in enumerate(lists):
            if left and kept[number] < len(each):
                kept[number] += 1
                left -= 1
    return [row for number, each in enumerate(lists) for row in each[: kept[number]]]


def _labels(objects: Iterable[tuple[SObject, syntax.Returning]]) -> list[dict[str, Any]]:
    found = []
    for sobject, one in objects:
        fields = [sobject.field(each.strip()) for each in one.fields.split(",")]
        labels = [{"name": each.name, "label": each.label} for each in fields if each is not None]
        found.append({"entityName": sobject.name, "fieldMetadata": labels})
    return found


# --- parameterized search, suggestions --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object of a parameterized search."""

    name: str
    fields: tuple[str, ...] = ()
    where: str = ""
    order_by: str = ""
    limit: int | None = None
    offset: int | None = None


def text_of(
    q: str, *, group: str, wanted: Sequence[Wanted], fields: Sequence[str], overall: int | None, default: int | None
) -> str:
    """A parameterized search as SOSL; *q* is words and no clause."""
    parts = ["FIND {" + _escaped(q) + "}"]
    if group:
        parts.append(f"IN {group} FIELDS")
    if wanted:
        parts.append("RETURNING " + ", ".join(_returning(each, fields, default) for each in wanted))
    if overall is not None:
        parts.append(f"LIMIT {overall}")
    return " ".join(parts)


def _returning(one: Wanted, fields: Sequence[str], default: int | None) -> str:
    shown = ", ".join(one.fields or fields or ("Id",))
    where = f" WHERE {one.where}" if one.where else ""
    order = f" ORDER BY {one.order_by}" if one.order_by else ""
    limit = one.limit if one.limit is not None else default
    rows = f" LIMIT {limit}" if limit is not None else ""
    start = f" OFFSET {one.offset}" if one.offset is not None else ""
    return f"{one.name}({shown}{where}{order}{rows}{start})"


def _escaped(q: str) -> str:
    """Words with what would end or break the braces taken literally; wildcards and quotes keep their meaning."""
    return re.sub(r"([&|!{}\[\]^~:+\-'\\()])", r"\\\1", q)


SUGGESTION_CHARS = (3, 255)
SUGGESTION_CHARS_EASTERN = 1  # from as many on where a character is about a word
SUGGESTION_WORD_CHARS_MAX = 200
_EASTERN = re.compile(
    r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)  # Thai, Korean, Japanese, Chinese
SUGGESTIONS_DEFAULT = 5


def suggestions(
    org: Org, caller: Caller, *, q: str, names: Sequence[str], fields: Sequence[str], limit: int, version: str
) -> Mapping[str, Any]:
    """Rows whose name has a word that begins with *q*, for one or several objects; none for a *q* that is too short.

    Source: REST API Developer Guide, Search Suggested Records: the lengths, and that only a longer one is an error.
    """
    least, most = SUGGESTION_CHARS
    if len(q) > most or any(len(word) > SUGGESTION_WORD_CHARS_MAX for word in q.split()):
        raise salesforce_error("ILLEGAL_QUERY_PARAMETER_VALUE", text=f"q: {most} characters at most")
    sobjects = [sobject for name in names if (sobject := org.schema.sobject(name)) is not None and sobject.searchable]
    if len(sobjects) < len(names):
        raise salesforce_error("NOT_FOUND")
    if len(q.strip()) < (SUGGESTION_CHARS_EASTERN if _EASTERN.search(q) else least):
        return {"autoSuggestResults": [], "hasMoreResults": False}
    found: list[Row] = []
    for sobject in sobjects:
        named = sobject.name_field
        shown = list(dict.fromkeys(["Id", *([named.name] if named else []), *fields]))
        prefix = words.read(_escaped(q.strip()) + "*", chars_min=1)
        ids = [] if prefix is None else find(org, sobject, prefix, "NAME")
        if not ids:
            continue
        listed = ", ".join(f"'{each}'" for each in ids)
        text = f"SELECT {', '.join(shown)} FROM {sobject.name} WHERE Id IN ({listed})"
        result = query.found(org, caller, text=text, include_deleted=False, version=version)
        place = {each: number for number, each in enumerate(ids)}
        found += sorted(result.page(0, result.total_size), key=lambda row: place[row["Id"]])
    return {"autoSuggestResults": found[:limit], "hasMoreResults": len(found) > limit}
