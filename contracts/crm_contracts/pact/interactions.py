"""Calls as interactions of a Pact file: what was asked and answered, and which parts of it are only examples."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from crm_contracts.record.identifiers import ID, STAMP, id_kind, ids_in, is_stamp
from crm_contracts.traffic import UPSTREAM_HEADER, Call
from fake_core.control import CONTROL_PREFIX

__all__ = ["interactions"]

_FORMS = {
    "salesforce": "[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?",
    "objectid": "[0-9a-f]{24}",
    "uuid": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
_STAMP = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?"
_STAND_IN = re.compile(r"secret-\d+|\[removed\]")
_SENT, _GOT = ("content-type",), ("content-type",)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def interactions(calls: Iterable[Call]) -> list[dict[str, Any]]:
    """The different ones among *calls*, sorted; what only tells which record or moment it was makes no difference."""
    counting = [call for call in calls if _counts(call)]
    made = _made(counting)
    found: dict[str, dict[str, Any]] = {}
    for call in counting:
        one = _interaction(call, made)
        key = _print(one)
        # Of several that mean the same, the same one is the example, whoever was first.
        found[key] = min(found.get(key, one), one, key=lambda each: json.dumps(each, sort_keys=True))
    ordered = [one for _, one in sorted(found.items(), key=lambda pair: (pair[1]["description"], pair[0]))]
    times: dict[str, int] = {}
    for one in ordered:  # two of one description and state would be one for a broker
        times[one["description"]] = count = times.get(one["description"], 0) + 1
        if count > 1:
            one["description"] += f" ({count})"
    return ordered


def _made(calls: Iterable[Call]) -> dict[str, str]:
    """The ids of records that were created, and the last word of where."""
    return {
        id_: unquote(urlsplit(call.url).path).rstrip("/").rpartition("/")[2]
        for call in calls
        if call.method == "POST" and 200 <= call.status < 300
        for id_ in ids_in(call.response.decode("utf-8", "replace"))
    }


def _counts(call: Call) -> bool:
    answered = 100 <= call.status <= 599 and call.answered(UPSTREAM_HEADER) is None
    return answered and not urlsplit(call.url).path.startswith(CONTROL_PREFIX)


def _interaction(call: Call, made: dict[str, str]) -> dict[str, Any]:
    parts = urlsplit(call.url)
    path = unquote(parts.path) or "/"
    request: dict[str, Any] = {"method": call.method, "path": path}
    rules: dict[str, Any] = {}
    if any(ids_in(path)):
        rules["path"] = _regex(_form_of(path))
    query = parse_qs(parts.query, keep_blank_values=True)
    if query:
        request["query"] = query
        odd = {name: values for name, values in query.items() if any(_varies(value) for value in values)}
        rules |= {"query": {name: _regex(_form_of(values[0])) for name, values in odd.items()}} if odd else {}
    _add(request, rules, call.request, call.request_headers, _SENT)
    response: dict[str, Any] = {"status": call.status}
    _add(response, {}, call.response, call.response_headers, _GOT)
    states = [
        {"name": f"a record of {made[id_]} exists", "params": {"id": id_}}
        for id_ in dict.fromkeys(ids_in(path))
        if id_ in made
    ]
    one = {
        "description": f"{call.method} {_masked(path)} is answered {call.status}",
        "pending": False,
        **({"providerStates": states} if states else {}),
        "request": request,
        "response": response,
        "type": "Synchronous/HTTP",
    }
    named: dict[str, Any] = json.loads(_STAND_IN.sub("secret", json.dumps(one)))  # their numbers tell of the order
    return named


def _add(
    side: dict[str, Any], rules: dict[str, Any], body: bytes, headers: Iterable[tuple[str, str]], kept: tuple[str, ...]
) -> None:
    """Give one side its headers, body and rules."""
    named: dict[str, list[str]] = {}
    for name, value in headers:
        if name in kept:
            named.setdefault(name, []).append(value)
    if named:
        side["headers"] = named
    if body:
        mime = next(iter(named.get("content-type", ())), "application/octet-stream").partition(";")[0].strip()
        side["body"], data = _body(body, mime)
        found = dict(_rules(data, "$")) if data is not None else {}
        if found:
            rules["body"] = found
    if rules:
        side["matchingRules"] = rules


def _body(body: bytes, mime: str) -> tuple[dict[str, Any], Any]:
    """The body as a Pact file has it, and its data where it is JSON."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        packed = base64.b64encode(body).decode()
        return {"content": packed, "contentType": mime, "contentTypeHint": "BINARY", "encoded": "base64"}, None
    data = None
    if "json" in mime:
        with suppress(ValueError):  # broken JSON is what the client sent: that is its body
            data = json.loads(text)
    content = text if data is None else data
    return {"content": content, "contentType": mime, "contentTypeHint": "TEXT", "encoded": False}, data


def _rules(data: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The rules for what is only an example in JSON *data*."""
    if isinstance(data, dict):
        for key, value in data.items():
            step = f".{key}" if _PLAIN_KEY.fullmatch(str(key)) else f"['{key}']"
            yield from _rules(value, path + step)
    elif isinstance(data, list):
        for value in data:
            yield from _rules(value, f"{path}[*]")
    elif isinstance(data, str):
        if _STAND_IN.search(data):
            yield path, {"combine": "AND", "matchers": [{"match": "type"}]}
        elif _varies(data):
            yield path, _regex(_form_of(data))


def _varies(text: str) -> bool:
    return is_stamp(text) or STAMP.search(text) is not None or any(ids_in(text))


def _regex(form: str) -> dict[str, Any]:
    return {"combine": "AND", "matchers": [{"match": "regex", "regex": form}]}


def _form_of(text: str) -> str:
    """A regular expression for *text*, in which any id and any stamp will do."""
    return "^" + "".join(form or re.escape(plain) for plain, form in _parts(text)) + "$"


def _masked(text: str) -> str:
    return "".join("{id}" if form else plain for plain, form in _parts(text))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """*text* in pieces: plain ones, and ids or stamps with their form."""
    at = 0
    for found in re.finditer(f"{STAMP.pattern}|{ID.pattern}", text):
        form = _STAMP if is_stamp(found[0]) else _FORMS.get(id_kind(found[0]), "")
        if form:
            yield text[at : found.start()], ""
            yield found[0], form
            at = found.end()
    yield text[at:], ""


def _print(one: dict[str, Any]) -> str:
    """*one* without what differs from run to run."""
    text = json.dumps({key: one[key] for key in ("request", "response")}, sort_keys=True)
    return "".join(form or plain for plain, form in _parts(text))
