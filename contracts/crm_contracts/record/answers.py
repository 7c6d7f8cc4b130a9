"""Two answers to one request: a recorded one and ours. What differs, and what only looks different.

Rule 1: ids are compared by what they stand for (`names`), stamps by their format, hosts not at all.
Rule 2: numbers of this hour and values of this answer are compared by their type: `volatile.toml` names them.
Rule 3: a number with a decimal part is not one without: clients in typed languages read them as two types.
Rule 4: a recording that shows a part of an answer's `headers` or `body` says nothing of what it leaves out.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from crm_contracts.record.identifiers import ID, STAMP, id_kind, is_stamp
from crm_contracts.record.names import Names, same_form
from crm_contracts.traffic import WITHHELD, Call

__all__ = ["Difference", "differences", "error_of"]

_HOST = re.compile(r"https?://[^/\s\"'<>]+")
_STAND_IN = re.compile(r"(?:Bearer |OAuth )?(?:secret-\d+|\[removed\])")
_CODES = ("errorCode", "statusCode", "error", "code")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which an answer differs: *kind* (`status`, `error code`, `header`, `missing key`, `extra key`,
    `type`, `value`, `length`, `body`), *where* in the answer, and what stands there.
    """

    kind: str
    where: str
    recorded: str
    ours: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.where}: recorded {self.recorded}, ours {self.ours}"


def differences(recorded: Call, ours: Call, names: Names, *, partial: Collection[str] = ()) -> list[Difference]:
    """In what *ours* differs from *recorded*. Ids are learned on the way."""
    if recorded.status != ours.status:  # what else differs follows from it
        return [Difference("status", "status", _status(recorded), _status(ours))]
    found = list(_headers(recorded, ours, names, partial="headers" in partial))
    if recorded.answered(WITHHELD) is None and not ("body" in partial and not recorded.response):
        found += _bodies(recorded, ours, names, partial="body" in partial)
    return found


@lru_cache(maxsize=1)
def _volatile() -> dict[str, Any]:
    return tomllib.loads(files("crm_contracts.record").joinpath("volatile.toml").read_text(encoding="utf-8"))


def _headers(recorded: Call, ours: Call, names: Names, *, partial: bool) -> Iterator[Difference]:
    rules = _volatile()["headers"]
    theirs, here = _by_name(recorded.response_headers), _by_name(ours.response_headers)
    for name in sorted({*theirs, *here}):
        where = f"header {name}"
        if name in rules["ignored"]:
            continue
        if name not in here:
            yield Difference("header", where, theirs[name], "none")
        elif name not in theirs:
            if not partial and theirs:
                yield Difference("header", where, "none", here[name])
        elif name not in rules["present"] and not _same_text(theirs[name], here[name], names):
            yield Difference("header", where, theirs[name], here[name])


def _by_name(headers: Any) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(" ".join(value.split()))
    return {name: ", ".join(values) for name, values in found.items()}


def _bodies(recorded: Call, ours: Call, names: Names, *, partial: bool) -> Iterator[Difference]:
    theirs, here = _data(recorded), _data(ours)
    if isinstance(theirs, bytes) or isinstance(here, bytes):
        yield from _raw(recorded.response, ours.response, names)
        return
    volatile = _volatile()["keys"].get(recorded.vendor, ())
    yield from _Walk(names, volatile, partial=partial).compare(theirs, here, "$")


def _data(call: Call) -> Any:
    """The body as JSON data, or as it is."""
    try:
        return json.loads(call.response)
    except ValueError:
        return call.response


def _raw(theirs: bytes, here: bytes, names: Names) -> Iterator[Difference]:
    try:
        one, other = theirs.decode(), here.decode()
    except UnicodeDecodeError:
        if theirs != here:
            yield Difference("body", "body", f"{len(theirs)} bytes", f"{len(here)} bytes")
        return
    if not _same_text(one, other, names):
        yield Difference("body", "body", _shown(one), _shown(other))


class _Walk:
    """Through two JSON values at once."""

    def __init__(self, names: Names, volatile: Any, *, partial: bool) -> None:
        self._names = names
        self._volatile = frozenset(volatile)
        self._partial = partial

    def compare(self, theirs: Any, here: Any, path: str, *, key: str = "") -> Iterator[Difference]:
        kinds = _kind(theirs), _kind(here)
        if kinds[0] != kinds[1]:
            yield Difference("type", path, _with_kind(theirs), _with_kind(here))
        elif isinstance(theirs, dict):
            yield from self._mapping(theirs, here, path)
        elif isinstance(theirs, list):
            yield from self._list(theirs, here, path)
        elif key not in self._volatile and not self._same(theirs, here):
            yield Difference("error code" if key in _CODES else "value", path, _shown(theirs), _shown(here))

    def _mapping(self, theirs: Mapping[str, Any], here: Mapping[str, Any], path: str) -> Iterator[Difference]:
        for key, value in theirs.items():
            if key in here:
                yield from self.compare(value, here[key], f"{path}.{key}", key=key)
            else:
                yield Difference("missing key", f"{path}.{key}", _shown(value), "no such key")
        for key, value in here.items():
            if key not in theirs and not self._partial:
                yield Difference("extra key", f"{path}.{key}", "no such key", _shown(value))

    def _list(self, theirs: list[Any], here: list[Any], path: str) -> Iterator[Difference]:
        if len(theirs) != len(here):
            yield Difference("length", path, f"{len(theirs)} elements", f"{len(here)} elements")
        by_id = {one: row for row in here if (one := _id_of(row))}
        for number, (row, other) in enumerate(zip(theirs, here, strict=False)):
            id_ = _id_of(row)
            bound = by_id.get(self._names.ours(id_)) if id_ and self._names.knows(id_) else None
            yield from self.compare(row, other if bound is None else bound, f"{path}[{number}]")

    def _same(self, theirs: Any, here: Any) -> bool:
        return _same_text(theirs, here, self._names) if isinstance(theirs, str) else bool(theirs == here)


def _id_of(row: Any) -> str:
    found = next((row[key] for key in ("Id", "id", "_id") if key in row), "") if isinstance(row, dict) else ""
    return found if isinstance(found, str) and id_kind(found) else ""


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "decimal", str: "text", list: "list", dict: "object"}
    return kinds.get(type(value), "null")


def _with_kind(value: Any) -> str:
    return "null" if value is None else f"{_kind(value)} {_shown(value)}"


def _same_text(theirs: str, here: str, names: Names) -> bool:
    if _STAND_IN.fullmatch(theirs) and here:
        return True
    if is_stamp(theirs) and is_stamp(here):
        return same_form(theirs, here)
    theirs, here = _HOST.sub("https://host", theirs), _HOST.sub("https://host", here)
    ids = [one for one in ID.findall(theirs) if id_kind(one)], [one for one in ID.findall(here) if id_kind(one)]
    if len(ids[0]) != len(ids[1]) or not all(names.bind(one, other) for one, other in zip(*ids, strict=True)):
        return False
    return STAMP.sub("<stamp>", names.ours(theirs)) == STAMP.sub("<stamp>", here)


def _status(call: Call) -> str:
    return " ".join(filter(None, (str(call.status), error_of(call)[0])))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}..."


def error_of(call: Call) -> tuple[str, str]:
    """The code and the message of a refusal; ("", "") for what is none."""
    if call.status < 400:
        return "", ""
    data = _data(call)
    first = data[0] if isinstance(data, list) and data else data
    if isinstance(first, dict):
        inner = first["error"] if isinstance(first.get("error"), dict) else first
        code = next((str(inner[key]) for key in _CODES if isinstance(inner.get(key), (str, int))), "")
        message = next((str(inner[key]) for key in ("message", "error_description") if key in inner), "")
        return code, message
    return "", call.response.decode("utf-8", "replace") if isinstance(data, bytes) else str(data)
