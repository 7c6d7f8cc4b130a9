"""`/search` and `/parameterizedSearch`: SOSL, and searches without it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations.search import run
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call
from fake_salesforce.routes.sobjects import caller
from fake_salesforce.sosl.syntax import GROUPS

ROWS_MAX = 2_000  # "the maximum defaultLimit is 2000"; that a larger one is refused is assumed
SEARCH_RECORDS_SINCE = 37  # before, the answer was the bare list of rows
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def search(call: Call) -> Answer:
    """GET /search?q="""
    text = call.query.get("q")
    if text is None:
        raise salesforce_error("MALFORMED_SEARCH.no_braces")
    return _answer(call, text)


def by_parameters(call: Call) -> Answer:
    """GET /parameterizedSearch?q="""
    pairs = parse_qsl(call.environ.get("QUERY_STRING", ""), keep_blank_values=True)
    given = dict(pairs)
    names = [name for key, value in pairs if key == "sobject" for name in value.split(",")]
    wanted = [
        run.Wanted(
            _name(name),
            _names(given.get(f"{name}.fields")),
            given.get(f"{name}.where", ""),
            given.get(f"{name}.orderBy", ""),
            _number(given.get(f"{name}.limit"), f"{name}.limit"),
            _number(given.get(f"{name}.offset"), f"{name}.offset"),
        )
        for name in names
    ]
    return _parameterized(call, given, wanted, _names(given.get("fields")))


def by_body(call: Call) -> Answer:
    """POST /parameterizedSearch"""
    body = call.json_body()
    if not isinstance(body, dict):
        raise salesforce_error("JSON_PARSER_ERROR", text="The search must be an object")
    sobjects = body.get("sobjects")
    sobjects = [] if sobjects is None else [sobjects] if isinstance(sobjects, dict) else sobjects
    if not isinstance(sobjects, list) or not all(isinstance(one, dict) for one in sobjects):
        raise salesforce_error("JSON_PARSER_ERROR", text="sobjects must be a list of objects")
    wanted = [
        run.Wanted(
            _name(one.get("name")),
            _texts(one.get("fields"), "fields"),
            _text(one.get("where"), "where"),
            _text(one.get("orderBy"), "orderBy"),
            _number(one.get("limit"), "limit"),
            _number(one.get("offset"), "offset"),
        )
        for one in sobjects
    ]
    return _parameterized(call, body, wanted, _texts(body.get("fields"), "fields"))


def scope_order(call: Call) -> Answer:
    """GET /search/scopeOrder: the objects a search looks into, in the order of the global describe."""
    return call.json(
        [{"type": one.name, "url": f"{call.base}/sobjects/{one.name}/describe"} for one in run.searchable(call.org)]
    )


def suggestions(call: Call) -> Answer:
    """GET /search/suggestions?q=&sobject="""
    given = call.query
    names = [name for name in given.get("sobject", "").split(",") if name]
    if not names or "q" not in given:
        raise _illegal("q and sobject are required")
    limit = _number(given.get("limit"), "limit")
    if "limit" in given and limit is None:
        raise _illegal("limit: ")
    found = run.suggestions(
        call.org,
        caller(call),
        q=given["q"],
        names=[_name(name) for name in names],
        fields=_names(given.get("fields")),
        limit=run.SUGGESTIONS_DEFAULT if limit is None else limit,
        version=call.version,
    )
    return call.json(found)


def _parameterized(call: Call, given: Mapping[str, Any], wanted: Sequence[run.Wanted], fields: Sequence[str]) -> Answer:
    q = given.get("q")
    if not isinstance(q, str) or not q.strip():
        raise salesforce_error("MALFORMED_SEARCH.no_braces")
    group = str(given.get("in") or "").upper().removesuffix("FIELDS").strip()
    if given.get("in") is not None and group not in GROUPS:
        raise _illegal(f"in: {given['in']}")
    if fields and not wanted:
        raise _illegal("fields without sobject")
    text = run.text_of(
        q,
        group=group,
        wanted=wanted,
        fields=fields,
        overall=_number(given.get("overallLimit"), "overallLimit"),
        default=_number(given.get("defaultLimit"), "defaultLimit"),
    )
    labels = str(given.get("metadata") or "").upper() == "LABELS"
    return _answer(call, text, labels=labels)


def _answer(call: Call, text: str, *, labels: bool = False) -> Answer:
    found = run.search(call.org, caller(call), text=text, version=call.version, labels=labels)
    if call.number < SEARCH_RECORDS_SINCE:
        return call.json(found.records)
    answer: dict[str, Any] = {"searchRecords": found.records}
    if found.metadata is not None:
        answer["metadata"] = {"entityetadata": found.metadata}  # the guide's own samples spell it so
    return call.json(answer)


def _illegal(text: str) -> Exception:
    return salesforce_error("ILLEGAL_QUERY_PARAMETER_VALUE", text=text)


def _name(value: object) -> str:
    """An object's or field's name, which goes into a SOSL text as it is."""
    if not isinstance(value, str) or _NAME.fullmatch(value.strip()) is None:
        raise _illegal(f"{value} is no name")
    return value.strip()


def _names(value: str | None) -> tuple[str, ...]:
    return tuple(one.strip() for one in (value or "").split(",") if one.strip())


def _texts(value: object, key: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise salesforce_error("JSON_PARSER_ERROR", text=f"{key} must be a list of texts")
    return tuple(value)


def _text(value: object, key: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise salesforce_error("JSON_PARSER_ERROR", text=f"{key} must be a text")
    return value


def _number(value: object, key: str) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", str(value)) or int(str(value)) > ROWS_MAX:
        raise _illegal(f"{key}: {value}")
    return int(str(value))
