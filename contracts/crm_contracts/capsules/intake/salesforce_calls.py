"""What a request to Salesforce asks for: the verb and object by which a fault finds it, and calls inside a call.

Source: REST API Developer Guide (sObject rows, Query, Composite, Batch, Collections, Tree); User Interface API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from crm_contracts.capsules.intake.bodies import mapping, mappings

__all__ = ["FROM", "PREFIXES", "Call", "inner", "meaning", "named"]

Call = Mapping[str, Any]
FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)
PREFIXES = {"00T": "Task", "00U": "Event", "001": "Account", "003": "Contact", "005": "User"}
_REFERENCE = re.compile(r"@\{(\w+)\.(\w+)\}")
_SPELLINGS = {name.lower(): name for name in PREFIXES.values()}
_VERBS = {"GET": "read", "HEAD": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}


def meaning(call: Call) -> tuple[str, str]:
    """The verb and object by which a fault finds such a call: that of its first, where it has several."""
    method, parts, body = call["method"], call["parts"], call["body"]
    match parts:
        case ["sobjects", name]:
            return ("create" if method == "POST" else "describe", named(name))
        case ["sobjects", name, "describe"]:
            return "describe", named(name)
        case ["sobjects", name, "updated" | "deleted"]:
            return "list", named(name)
        case ["sobjects", name, _, _, *_] if method == "PATCH":
            return "upsert", named(name)
        case ["sobjects", name, *_] | ["composite", "tree", name]:
            return _VERBS.get(method, "other"), named(name)
        case ["query" | "queryAll", *_]:
            found = FROM.search(str(call["query"].get("q", "")))
            return "query", named(found[1]) if found else ""
        case ["composite", "sobjects", *rest]:
            records = mappings(mapping(body).get("records"))
            ids = str(call["query"].get("ids", ""))
            given = mapping(records[0].get("attributes")) if records else {}
            model = str(given.get("type", "")) if given else PREFIXES.get(ids[:3], "")
            verb = "upsert" if len(rest) > 1 and method == "PATCH" else _VERBS.get(method, "other")
            return verb, named(rest[0] if rest else model)
        case ["composite", *_]:
            calls = mappings(mapping(body).get("compositeRequest") or mapping(body).get("batchRequests"))
            first = inner(calls[0], "body", {}) if calls else None
            return meaning(first) if first else ("other", "")
        case ["ui-api", "records", *rest]:
            name = str(mapping(body).get("apiName", ""))
            return _VERBS.get(method, "other"), named(name or (PREFIXES.get(rest[0][:3], "") if rest else ""))
        case ["jobs", *_]:
            return "bulk", ""
        case ["limits", *_]:
            return "limits", ""
    return "other", ""


def inner(one: Call, body: str, made: Call) -> Call | None:
    """A request inside another, with what it refers to filled in."""

    def fill(found: re.Match[str]) -> str:
        row = made.get(found[1])
        return str(row.get(found[2], found[0])) if isinstance(row, Mapping) else found[0]

    path, _, query = _REFERENCE.sub(fill, str(one.get("url", ""))).partition("?")
    path = re.sub(r"^/?(?:services/data/)?v[\d.]+/", "", path)
    content = one.get(body)
    if isinstance(content, Mapping):
        content = {k: _REFERENCE.sub(fill, v) if isinstance(v, str) else v for k, v in content.items()}
    return {
        "method": str(one.get("method", "GET")).upper(),
        "parts": [unquote(part) for part in path.split("/") if part],
        "query": dict(parse_qsl(query)),
        "body": content,
    }


def named(name: str) -> str:
    """An object's name as the documentation spells it: paths may have it in any case."""
    return _SPELLINGS.get(name.lower(), name)
