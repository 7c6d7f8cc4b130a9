"""Answers that have more pages, of which the next was never asked for.

Rule 1: Salesforce says so itself (`done: false`, `nextRecordsUrl`, `Sforce-Locator`), Totango by a total or a full
        page.
Rule 2: Planhat says nothing: a list that is as long as a page may be has, as far as anybody can know, more.
Rule 3: who asks for a handful (`limit=1`) asks whether there is one; that is no page. Who says how many, the last ones
        first, may want no more: a warning.
Rule 4: a next page that was asked for counts, whatever became of it.
Source: REST API Developer Guide, Query; Bulk API 2.0 Developer Guide, Get Results; Planhat developer documentation
(lists are bare arrays, each collection has its own limit); Totango Search API (offset and count).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from crm_contracts.findings import Level
from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run
from crm_contracts.integration.table import facts

PEEK_ROWS_MAX = 10
_SEARCHES = {"searchAccounts": "accounts", "searchUsers": "users", "searchCollections": "collections"}


def ignored_next_page(run: Run) -> Looked:
    looked = Looked()
    for one in run.parsed:
        if not one.ok or one.lost:
            continue
        for about, what, asked_for in _more(one):
            looked.number += 1
            if what and not any(asked_for(later) for later in run.after(one, vendor=one.vendor)) and not run.told:
                level: Level | None = "warning" if _wants_the_last(one) else None
                looked.seen.append(Seen(what=what, calls=[one], about=about, level=level))
    return looked


def unordered_pages(run: Run) -> Looked:
    looked = Looked()
    for one in run.of("planhat"):
        if one.acts_as != "GET" or not one.parameter("offset") or not one.operation.startswith("list"):
            continue
        looked.number += 1
        if one.parameter("offset") != "0" and not one.parameter("sort"):
            what = f"{one.operation}: pages are asked for by offset, without sort"
            looked.seen.append(Seen(what=what, calls=[one], about=one.operation))
    return looked


def _more(one: ParsedCall) -> Iterator[tuple[str, str, Any]]:
    """(what tells it from others, what was seen or "" for a last page, whether a later call asks for the next one)."""
    if one.vendor == "salesforce":
        yield from _salesforce(one)
    elif one.vendor == "planhat":
        yield from _planhat(one)
    elif one.vendor == "totango":
        yield from _totango(one)
    elif one.vendor == "marketo" and isinstance(one.answer_json, dict) and "next_cursor" in one.answer_json:
        cursor = one.answer_json["next_cursor"]
        what = f"{one.operation}: there is a next cursor, and nobody asked for it" if cursor else ""
        yield one.operation, what, lambda later: cursor in dict(later.query).values()


def _salesforce(one: ParsedCall) -> Iterator[tuple[str, str, Any]]:
    locator = one.call.answered("sforce-locator") if one.operation == "getQueryResults" else None
    if locator is not None:
        what = "" if locator == "null" else "a Bulk query has a next locator, and nobody asked for it"
        yield "locator", what, lambda later: later.parameter("locator") == locator
        return
    told = one.answer_json if one.may_answer("done") else None
    if isinstance(told, dict) and "done" in told and "records" in told:
        for part in _unfinished(told) if one.may_answer("nextRecordsUrl") else ():
            who = "a query" if part is told else "a query in a query"
            held = len(part.get("records") or ())
            what = f"{who} found {part.get('totalSize')} rows, {held} came, and nextRecordsUrl was never asked for"
            name = part["nextRecordsUrl"].rstrip("/").rpartition("/")[2]
            yield f"{_shape(one)}", what, lambda later, name=name: name in later.said
        if told["done"]:
            yield "", "", None


def _unfinished(value: Any) -> Iterator[dict[str, Any]]:
    """The results in an answer that have a next page: of the query, and of queries in it."""
    if isinstance(value, dict):
        if isinstance(value.get("nextRecordsUrl"), str) and value.get("done") is False:
            yield value
        for inner in value.values():
            yield from _unfinished(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _unfinished(inner)


def _shape(one: ParsedCall) -> str:
    match = re.search(r"\bfrom\s+(\w+)", one.soql or "", re.IGNORECASE)
    return f"{one.operation} {match[1] if match else ''}"


def _wants_the_last(one: ParsedCall) -> bool:
    return one.vendor == "planhat" and bool(one.parameter("limit")) and (one.parameter("sort") or "").startswith("-")


def _planhat(one: ParsedCall) -> Iterator[tuple[str, str, Any]]:
    if not one.operation.startswith("list") or not isinstance(one.answer_json, list):
        return
    collection = one.path.strip("/").rpartition("/")[2]
    lists = facts("planhat")["lists"].get(collection)
    if lists is None:
        return
    default, most = lists
    asked = one.parameter("limit") or ""
    limit = min(int(asked), most) if asked.isdigit() else default
    if limit <= PEEK_ROWS_MAX:
        return
    rows, offset = len(one.answer_json), _number(one.parameter("offset"))
    how = f"limit={asked}" if asked else f"its default of {default}"
    what = f"{one.operation}: a full page of {rows} rows ({how}), and the next was never asked for"

    def next_page(later: ParsedCall) -> bool:
        return later.path.rstrip("/") == one.path.rstrip("/") and _number(later.parameter("offset")) > offset

    yield one.operation, what if rows >= limit else "", next_page


def _totango(one: ParsedCall) -> Iterator[tuple[str, str, Any]]:
    asked = _search(one)
    told = one.answer_json.get("response", {}) if isinstance(one.answer_json, dict) else {}
    offset, count = _number(asked.get("offset")), _number(asked.get("count"))
    if one.operation in _SEARCHES:
        part = told.get(_SEARCHES[one.operation]) or {}
        hits, total = len(part.get("hits") or ()), _number(part.get("total_hits"))
        more = offset + hits < total and hits > 0 and count != 1
        what = f"{one.operation}: {total} hits, {hits} came, and the next page was never asked for"
    elif one.operation == "searchEvents":
        hits = len((told.get("events") or {}).get("hits") or ())
        more = count > 0 and hits >= count
        what = f"{one.operation}: a full page of {hits} events, and the next was never asked for"
    else:
        return

    def next_page(later: ParsedCall) -> bool:
        return later.operation == one.operation and _number(_search(later).get("offset")) > offset

    yield one.operation, what if more else "", next_page


def _search(one: ParsedCall) -> dict[str, Any]:
    text = one.form.get("query") or (one.json or {}).get("query") if isinstance(one.json, dict) or one.form else None
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except ValueError:
            return {}
    return text if isinstance(text, dict) else {}


def _number(value: Any) -> int:
    return int(value) if str(value or "").isdigit() else 0
