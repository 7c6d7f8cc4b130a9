"""Records that evidence reads but never made: made in the fake from what the answers show of them.

Rule 1: a record is made through the vendor's own API, right before the first exchange that names it, from the rows that
show it before anything is written to it.
What cannot be written (stamps, formulas) is left out; a text that is required and not shown is filled in.
Rule 2: what cannot be made is told, and nothing that needs it is compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from crm_contracts.record.answers import error_of
from crm_contracts.record.identifiers import id_kind, ids_in, is_stamp
from crm_contracts.record.names import Names
from crm_contracts.traffic import Call

__all__ = ["Shown", "gone_before", "made_by", "seed", "shown_rows"]

Shown = dict[str, tuple[str, dict[str, Any]]]  # id -> (object, its row)
Send = Callable[[str, str, Any], tuple[int, Any]]  # (method, path, JSON) -> (status, JSON)

OURS = ("005", "00D", "00e", "00E", "012", "00G", "0PS", "100", "01p")  # every org has these of its own
TRIES_MAX = 12
GONE = "ENTITY_IS_DELETED"
_SOBJECT = re.compile(r"/services/data/v[\d.]+/sobjects/(\w+)/([0-9A-Za-z]{18})/?$")
_MODEL = re.compile(r"/(\w+)(?:/[\w-]+)?/?$")
_COLUMN = re.compile(r"No such column '(\w+)'")


def made_by(calls: Iterable[Call]) -> dict[str, int]:
    """Which ids the evidence itself makes, and in which of its exchanges."""
    seen: set[str] = set()
    found: dict[str, int] = {}
    for call in calls:
        seen.update(ids_in(call.url), ids_in(call.request.decode("utf-8", "replace")))
        answer = set(ids_in(call.response.decode("utf-8", "replace")))
        if call.method in ("POST", "PUT", "PATCH") and 200 <= call.status < 300:
            found.update(dict.fromkeys(answer - seen, call.number))
        seen |= answer
    return found


def shown_rows(calls: Iterable[Call], made: Mapping[str, int]) -> Shown:
    """What reads show of records that the evidence does not make, by id, until something is written to them."""
    found: Shown = {}
    written: set[str] = set()
    for call in calls:
        there = _SOBJECT.search(urlsplit(call.url).path)
        if there and there[2] not in made and (call.status < 300 or error_of(call)[0] == GONE):
            found.setdefault(there[2], (there[1], {}))  # that it was there is all that such an answer shows
        if not 200 <= call.status < 300:
            continue
        if call.method != "GET":
            written.update(ids_in(call.url), ids_in(call.request.decode("utf-8", "replace")))
        try:
            data = json.loads(call.response)
        except ValueError:
            continue
        rows = _salesforce(data, call) if call.vendor == "salesforce" else _by_id(data, call)
        for id_, kind, row in rows:
            if id_ not in made and not (call.vendor == "salesforce" and id_.startswith(OURS)):
                _, known = found.setdefault(id_, (kind, {}))
                if not known or id_ not in written:
                    known.update({key: value for key, value in row.items() if key not in known})
    return found


def _salesforce(
    data: Any, call: Call, above: tuple[str, str] | None = None
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The rows in an answer; *above* is the record (object, id) in whose child query a row stands."""
    if isinstance(data, list):
        for one in data:
            yield from _salesforce(one, call, above)
    elif isinstance(data, dict):
        about = data.get("attributes")
        if isinstance(about, dict) and isinstance(about.get("type"), str):
            id_ = str(data.get("Id") or str(about.get("url", "")).rpartition("/")[2])
            if id_kind(id_):
                yield id_, about["type"], {**_parents(data), **data, **({f"{above[0]}Id": above[1]} if above else {})}
                above = about["type"], id_
        for value in data.values():
            children = isinstance(value, dict) and "records" in value
            yield from _salesforce(value, call, above if children or isinstance(value, list) else None)


def _parents(row: Mapping[str, Any]) -> dict[str, str]:
    """The fields that refer to the records which *row* shows beside its own: `Account` is that of `AccountId`."""
    found = {}
    for key, value in row.items():
        about = value.get("attributes") if isinstance(value, dict) else None
        if isinstance(about, dict):
            id_ = str(value.get("Id") or str(about.get("url", "")).rpartition("/")[2])
            if id_kind(id_):
                found[f"{key.removesuffix('r')}c" if key.endswith("__r") else f"{key}Id"] = id_
    return found


def _by_id(data: Any, call: Call) -> Iterator[tuple[str, str, dict[str, Any]]]:
    model = _MODEL.search(urlsplit(call.url).path)
    for row in data if isinstance(data, list) else [data]:
        if model and call.method == "GET" and isinstance(row, dict) and id_kind(str(row.get("_id", ""))):
            yield row["_id"], model[1], row


def gone_before(calls: Iterable[Call], made: Mapping[str, int]) -> dict[str, str]:
    """The records (object by id) that were deleted before the recording began: the first that is said of them is so."""
    said: dict[str, tuple[str, bool]] = {}
    for call in calls:
        there = _SOBJECT.search(urlsplit(call.url).path)
        if there and there[2] not in made:
            said.setdefault(there[2], (there[1], error_of(call)[0] == GONE))
    return {id_: kind for id_, (kind, gone) in said.items() if gone}


def seed(id_: str, shown: Shown, vendor: str, names: Names, send: Send, api: str) -> dict[str, str]:
    """Make the record *id_* of *shown*, and before it those that it refers to; why any cannot be made, by id.

    *api* is the path of the version.
    """
    kind, row = shown[id_]
    why: dict[str, str] = {}
    rest = {key: one for key, one in shown.items() if key != id_}  # two that refer to each other: one goes without
    for other in sorted(_references(row)):
        if other in rest and not names.knows(other):
            why |= seed(other, rest, vendor, names, send, api)
    path = f"{api}/sobjects/{kind}" if vendor == "salesforce" else f"/{kind}"
    told = _make(path, _writable(row, names), send)
    if isinstance(told, str):
        return why | {id_: f"{kind} {id_} cannot be made from what is shown of it ({told})"}
    names.bind(id_, told["id"])
    return why


def _references(row: Mapping[str, Any]) -> set[str]:
    return {one for value in row.values() if isinstance(value, str) for one in ids_in(value)}


def _writable(row: Mapping[str, Any], names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in row.items():
        if key in ("Id", "_id", "id", "attributes", "__v") or value is None or isinstance(value, (dict, list)):
            continue
        if isinstance(value, str) and names.strangers(value):
            continue
        if (
            isinstance(value, str)
            and is_stamp(value)
            and key.lower().endswith(("modstamp", "createddate", "updatedat"))
        ):
            continue
        found[key] = names.ours(value) if isinstance(value, str) else value
    return found


def _make(path: str, row: dict[str, Any], send: Send) -> dict[str, str] | str:
    """The new record's id, or what the fake says to it."""
    said = ""
    for _ in range(TRIES_MAX):
        status, told = send("POST", path, row)
        if 200 <= status < 300 and isinstance(told, dict):
            return {"id": str(told.get("id") or told.get("_id"))}
        one = told[0] if isinstance(told, list) and told and isinstance(told[0], dict) else {}
        said = str(one.get("message") or told)[:200]
        fields = [str(name) for name in one.get("fields") or _COLUMN.findall(said)]
        if one.get("errorCode") == "REQUIRED_FIELD_MISSING":
            row |= dict.fromkeys(fields, "recorded elsewhere")
        elif not any(row.pop(name, None) is not None for name in fields):
            break
    return said
