"""What an exchange with Planhat, Totango or Marketo's stand-in shows.

Source: developer documentation of Planhat (Task, Conversation, Company) and Totango (touchpoints, tasks, search);
Marketo's and Totango's routes below /_standin are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from crm_contracts.capsules.intake.bodies import mapping
from crm_contracts.capsules.intake.exchange import RecordedExchange
from crm_contracts.capsules.intake.facts import (
    CREATE,
    DELETE,
    UPDATE,
    Company,
    Fact,
    Kind,
    Listed,
    Reading,
    Seen,
    Wrote,
)

__all__ = ["PARTNER_READERS"]

_VERBS = {"GET": "read", "HEAD": "read", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
_ON_LIST = {"GET": "list", "HEAD": "list", "POST": "create", "PUT": "bulk"}
_PLANHAT = {"tasks": ("task", "Task"), "conversations": ("conversation", "Conversation")}
_OTHERS = {
    "companies": "Company", "leancompanies": "Company", "endusers": "EndUser", "users": "User", "notes": "Note",
}  # fmt: skip
_PAGING = {"limit", "offset", "sort", "select", "isArchived"}
_TOTANGO = {
    "tasks": ("task", "Task"), "touchpoints": ("touchpoint", "Touchpoint"),
    "campaign_touches": ("campaign_touch", "CampaignTouch"),
}  # fmt: skip
# What Planhat leaves out of a record where it is empty (a list of Conversations has no descriptions at all).
_EMPTY: Mapping[str, Mapping[str, Any]] = {
    "task": dict.fromkeys(("action", "description", "startTime")),
    "conversation": dict.fromkeys(("subject", "description")),
}
_REMINDER: Kind = ("marketo", "reminder")


def read_planhat(one: RecordedExchange) -> Reading:
    """What an exchange with Planhat shows."""
    match [part for part in one.path.split("/") if part]:
        case ["companies" | "leancompanies" as path]:
            verb = "list" if path == "leancompanies" else _ON_LIST.get(one.method, "other")
            reading = Reading(verb, "Company", companies=verb == "list" and _all_of_them(one))
            for row in _rows(one.response):
                reading.facts += _company("planhat", row, "_id", "name", "sourceId")
        case ["companies", _]:
            reading = Reading(_VERBS.get(one.method, "other"), "Company")
            reading.facts += _company("planhat", mapping(one.response), "_id", "name", "sourceId")
        case [collection] if collection in _PLANHAT:
            model, name = _PLANHAT[collection]
            reading = Reading(_ON_LIST.get(one.method, "other"), name)
            reading.facts += _planhat_list(one, ("planhat", model))
        case [collection, record_id] if collection in _PLANHAT:
            model, name = _PLANHAT[collection]
            reading = Reading(_VERBS.get(one.method, "other"), name)
            reading.facts += _planhat_row(one, ("planhat", model), record_id)
        case [collection, *rest] if collection in _OTHERS:
            reading = Reading((_VERBS if rest else _ON_LIST).get(one.method, "other"), _OTHERS[collection])
            reading.left = "about no record"
        case _:
            return Reading("other", "", left="other paths")
    return _told(one, reading)


def _planhat_list(one: RecordedExchange, kind: Kind) -> Iterator[Fact]:
    if one.method == "GET" and isinstance(one.response, list):
        empty = {} if "select" in one.query or kind[1] != "task" else _EMPTY["task"]
        yield from _seen(kind, [{**empty, **row} for row in _rows(one.response)], "_id")
        if _all_of_them(one):
            ids = frozenset(str(row.get("_id")) for row in _rows(one.response))
            archived = one.query.get("isArchived", "")
            if kind[1] == "conversation":
                yield Listed(kind, ids)
            elif archived in ("true", "false"):
                yield Listed(kind, ids, archived, ("false", "true"))
    elif one.method == "POST":
        row = mapping(one.response)
        yield Wrote(kind, CREATE, str(row.get("_id") or ""), mapping(one.request), _done(one), _said(one))
        if row.get("_id"):
            yield Seen(kind, str(row["_id"]), row)
    elif one.method == "PUT":
        yield from _planhat_bulk(one, kind)


def _planhat_bulk(one: RecordedExchange, kind: Kind) -> Iterator[Fact]:
    answer = mapping(one.response)
    for number, item in enumerate(_rows(one.request)):
        verb, found, done = "", "", _done(one)
        for key, made in (("insertsKeys", CREATE), ("updatesKeys", UPDATE)):
            for row in _rows(answer.get(key)):
                same = [name for name in ("_id", "sourceId", "externalId") if item.get(name) and name in row]
                if same and all(item[name] == row[name] for name in same):
                    verb, found = made, str(row.get("_id") or "")
        refused = bool(answer.get("createdErrors") or answer.get("updatedErrors"))
        if done and not verb and refused:
            done = False
        record_id = found or str(item.get("_id") or "")
        pointer = str(item.get("sourceId") or item.get("externalId") or "")
        default = UPDATE if item.get("_id") or (done and not verb) else CREATE
        fields = {name: value for name, value in item.items() if name != "_id"}
        yield Wrote(kind, verb or default, record_id, fields, done, "" if done else _said(one), number, pointer)


def _planhat_row(one: RecordedExchange, kind: Kind, record_id: str) -> Iterator[Fact]:
    row = mapping(one.response)
    shown = str(row.get("_id") or "")
    named = record_id.partition("-")[2] if record_id.startswith(("srcid-", "extid-")) else ""
    if one.method in ("PUT", "PATCH", "DELETE"):
        verb = DELETE if one.method == "DELETE" else UPDATE
        fields = mapping(one.request) if verb == UPDATE else {}
        yield Wrote(kind, verb, shown or ("" if named else record_id), fields, _done(one), _said(one), key=named)
    if one.status < 300 and shown and one.method != "DELETE":
        yield Seen(kind, shown, row if "select" in one.query else {**_EMPTY[kind[1]], **row})
    elif one.status == 404 and one.method == "GET" and not named:
        yield Seen(kind, record_id, {}, gone=True)


def read_totango(one: RecordedExchange) -> Reading:
    """What an exchange with Totango shows."""
    verb = _VERBS.get(one.method, "other")
    match [part for part in one.path.split("/") if part]:
        case ["api", "v3", ("tasks" | "touchpoints") as name, *rest] if len(rest) <= 1:
            model, called = _TOTANGO[name]
            reading = Reading(verb, called)
            reading.facts += _totango_row(one, ("totango", model), rest[0] if rest else "")
        case ["_standin", "totango", "records", name, *rest] if name in _TOTANGO and len(rest) <= 1:
            model, called = _TOTANGO[name]
            kind: Kind = ("totango", model)
            reading = Reading(verb if rest else "list", called)
            if rest:
                reading.facts += _totango_row(one, kind, rest[0])
            else:
                answer = mapping(one.response)
                reading.facts += _seen(kind, answer.get("records"), "id")
                rows = _rows(answer.get("records"))
                if not set(one.query) - {"count", "offset"} and answer.get("total") == len(rows):
                    reading.facts.append(Listed(kind, frozenset(str(row.get("id")) for row in rows)))
        case ["_standin", "totango", "deletions"]:
            reading = Reading("list", "Deletion")
            model, _ = _TOTANGO.get(one.query.get("kind", ""), ("", ""))
            for row in _rows(mapping(one.response).get("deletions")):
                reading.facts.append(Seen(("totango", model), str(row.get("id")), {}, gone=True))
        case ["api", "v1", "search", "accounts"]:
            found = mapping(mapping(mapping(one.response).get("response")).get("accounts"))
            hits = _rows(found.get("hits"))
            reading = Reading("list", "Account", companies=bool(hits) and found.get("total_hits") == len(hits))
            for row in hits:
                reading.facts += _company("totango", row, "name", "display_name", "name")
        case ["api", *_]:
            reading = Reading("other", "", left="about no record")
        case _:
            return Reading("other", "", left="other paths")
    return _told(one, reading)


def _totango_row(one: RecordedExchange, kind: Kind, record_id: str) -> Iterator[Fact]:
    given = mapping(one.response)
    answer = mapping(given.get("record")) or given
    shown = str(answer.get("id") or mapping(answer.get("note")).get("id") or "")
    if one.method == "POST" or (one.method == "PUT" and given.get("outcome") == "created"):
        yield Wrote(kind, CREATE, shown, mapping(one.request), _done(one), _said(one))
    elif one.method in ("PUT", "DELETE"):
        verb = DELETE if one.method == "DELETE" else UPDATE
        yield Wrote(kind, verb, shown or record_id, mapping(one.request), _done(one), _said(one), key=record_id)
    if one.status == 200 and "account_id" in answer and one.method != "DELETE":
        yield Seen(kind, shown, answer)


def read_marketo(one: RecordedExchange) -> Reading:
    """What an exchange with Marketo's stand-in shows."""
    verb = _VERBS.get(one.method, "other")
    match [part for part in one.path.split("/") if part]:
        case ["_standin", "sia", "reminders"]:
            reading = Reading("list" if verb == "read" else verb, "Reminder")
            answer = mapping(one.response)
            if verb == "read":
                rows = _rows(answer.get("items"))
                reading.facts += _seen(_REMINDER, rows, "id")
                if not set(one.query) - {"limit", "include_deleted"} and answer.get("next") is None:
                    live = frozenset(str(row.get("id")) for row in rows if not row.get("deleted_at"))
                    reading.facts.append(Listed(_REMINDER, live))
            else:
                made = str(answer.get("id") or "")
                reading.facts.append(Wrote(_REMINDER, CREATE, made, mapping(one.request), _done(one), _said(one)))
                reading.facts += _seen(_REMINDER, [answer], "id") if made else ()
        case ["_standin", "sia", "reminders", record_id]:
            reading = Reading(verb, "Reminder")
            if verb in ("update", "delete"):
                fields = mapping(one.request) if verb == "update" else {}
                made = UPDATE if verb == "update" else DELETE
                reading.facts.append(Wrote(_REMINDER, made, record_id, fields, _done(one), _said(one)))
            if one.status == 200 and verb != "delete":
                reading.facts += _seen(_REMINDER, [mapping(one.response)], "id")
        case ["_standin", "sia", "users" | "me"]:
            answer = mapping(one.response)
            people = [*_rows(answer.get("items")), mapping(answer.get("user"))]
            found = frozenset(str(row["sf_user_id"])[:15] for row in people if row.get("sf_user_id"))
            reading = Reading("list", "User", left="about no record", owners=found)
        case ["_standin", "sia", *_]:
            reading = Reading("other", "", left="about no record")
        case _:
            return Reading("other", "", left="other paths")
    return _told(one, reading)


def _told(one: RecordedExchange, reading: Reading) -> Reading:
    reading.code = _said(one) if one.status >= 400 else ""
    return reading


def _all_of_them(one: RecordedExchange) -> bool:
    """Whether a list was asked for without a condition and has room for more."""
    try:
        limit, offset = int(one.query.get("limit", "0")), int(one.query.get("offset", "0"))
    except ValueError:
        return False
    whole = isinstance(one.response, list) and one.status == 200 and not set(one.query) - _PAGING
    return whole and offset == 0 and limit > len(one.response)


def _seen(kind: Kind, rows: Any, key: str) -> Iterator[Fact]:
    for row in _rows(rows):
        if row.get(key):
            yield Seen(kind, str(row[key]), row, gone=bool(row.get("deleted_at")))


def _company(vendor: str, row: Mapping[str, Any], key: str, name: str, account: str) -> Iterator[Fact]:
    if row.get(key):
        yield Company(vendor, str(row[key]), str(row.get(name) or ""), str(row.get(account) or ""))


def _done(one: RecordedExchange) -> bool | None:
    return None if one.status == 0 or one.status >= 500 else one.status < 400


def _said(one: RecordedExchange) -> str:
    return str(one.status) if one.status >= 400 else ""


def _rows(given: Any) -> Sequence[Mapping[str, Any]]:
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else ()


PARTNER_READERS: Mapping[str, Callable[[RecordedExchange], Reading]] = {
    "planhat": read_planhat,
    "totango": read_totango,
    "marketo": read_marketo,
}
