"""Clients that cannot be run here, replayed: their calls as data, and what each reads from the answer.

A file of fixtures/documented/clients names the vendor, headers and calls in order. `{name}` in a call is a credential
of the fake or what an earlier call kept. An answer is held against `status`, `text`, `says` (keys of an object), `rows`
(a whole array, or the one that `at` leads to; the named keys of each), `lacks`, and against the kinds of values that
the client's own types take: `reads`, `each`, `within`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fake_core.testing import Played

FOLDER = Path(__file__).parents[2] / "fixtures" / "documented" / "clients"
FILES = sorted(FOLDER.glob("*.toml"))


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _list_of(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(one, kind) for one in value)


# What a strictly typed client takes for a key; with a question mark also null, and no key at all.
KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "whole": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "truth": lambda value: isinstance(value, bool),
    "time": _is_time,
    "object": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "texts": _list_of(str),
    "objects": _list_of(dict),
}


def load(path: Path) -> dict[str, Any]:
    """The file *path*, each of its streams as a call."""
    told = tomllib.loads(path.read_text("utf-8"))
    for stream in told.pop("streams", []):
        for name in stream["paths"]:
            url = f"https://api.planhat.com/{name}?{stream['query']}"
            told["calls"].append({"what": name, "method": "GET", "url": url, "status": 200, "array": True})
    return told


def replay(told: Mapping[str, Any], played: Played) -> Iterator[tuple[str, list[str]]]:
    """Each call's name, and what its answer was wrong in."""
    if "seed" in told:
        played.control.seed(told["seed"])
    kept: dict[str, str] = {name: value for name, value in played.credentials.items() if isinstance(value, str)}
    for one in told["calls"]:
        call = _filled(one, kept)
        headers = _filled({**told.get("headers", {}), **call.get("headers", {})}, kept)
        if "json" in call:
            data: Any = json.dumps(call["json"]).encode()
            headers.setdefault("Content-Type", "application/json")
        else:
            data = call.get("form")
        answer = played.session.request(call["method"], call["url"], data=data, headers=headers)
        wrong = list(_wrong(told, call, answer.status_code, answer.text))
        yield call["what"], wrong
        if wrong:
            return
        kept |= {name: _found(answer.json(), path) for name, path in call.get("keep", {}).items()}


def _filled(value: Any, kept: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, kept) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, kept) for one in value]
    if isinstance(value, str):
        whole = re.fullmatch(r"\{(\w+)\}", value)
        if whole and whole[1] in kept:
            return kept[whole[1]]
        return re.sub(r"\{(\w+)\}", lambda match: str(kept.get(match[1], match[0])), value)
    return value


def _found(body: Any, path: str) -> Any:
    for key in path.split("."):
        body = body[int(key)] if isinstance(body, list) else body[key]
    return body


def _wrong(told: Mapping[str, Any], call: Mapping[str, Any], status: int, text: str) -> Iterator[str]:
    if status != call["status"]:
        yield f"status {status}, not {call['status']}: {text[:200]}"
        return
    if "text" in call and text != call["text"]:
        yield f"body {text[:200]!r}, not {call['text']!r}"
    if not {"says", "rows", "array", "lacks", "reads", "each"} & set(call):
        return
    body = whole = json.loads(text)
    types = told.get("reads", {})
    if "at" in call:
        body = _found(whole, call["at"])
    if "rows" in call or "each" in call or "array" in call:
        if not isinstance(body, list):
            yield f"no array: {text[:200]}"
            return
        for row in body:
            yield from _misread(types.get(call.get("each"), {}), row)
    if "rows" in call:
        shown = [_part(row, wanted) for row, wanted in zip(body, call["rows"], strict=False)]
        if len(body) != len(call["rows"]) or shown != call["rows"]:
            yield f"rows {body}, not {call['rows']}"
    for key, value in call.get("says", {}).items():
        if body.get(key) != value:
            yield f"{key}: {body.get(key)!r}, not {value!r}"
    yield from (f"{key} is there" for key in call.get("lacks", ()) if key in body)
    if "reads" in call:
        yield from _misread(types[call["reads"]], whole)
    for key, kind in call.get("within", {}).items():
        if not body[key]:
            yield f"{key} is empty"
        for row in body[key]:
            yield from _misread(types[kind], row)


def _part(row: Any, wanted: Mapping[str, Any]) -> Any:
    return {key: row.get(key) for key in wanted}


def _misread(types: Mapping[str, str], body: Any) -> Iterator[str]:
    """What a client with *types* cannot read in *body*."""
    for path, kind in types.items():
        optional, value = kind.endswith("?"), body
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is None and optional:
            continue
        if not KINDS[kind.removesuffix("?")](value):
            yield f"{path} is {value!r}, which is no {kind}"
