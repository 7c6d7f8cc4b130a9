"""What reads show: one record, rows of a list, filters, order, paging, chosen keys.

Rules: each collection has its own default and maximum; nulls sort first ascending; `_id` is always chosen; archived
tasks and endusers are hidden; list rows of Conversations have no description; a list shows owners and roles as objects.
Source: developer documentation of each model; live notes; the Go client for the populated owners and roles.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.properties.reference.planhat_state import Row, State
from tests.properties.reference.planhat_tables import MODELS, PLAIN, RESERVED, ROLES, Model
from tests.properties.reference.planhat_values import Refused, buckets

Query = list[tuple[str, str]]
PAGING = ("limit", "l", "offset", "sort", "select")
_COMPANY = ("companyId", "cId", "cid", "c")
_CSV_LEAN = ("externalId", "sourceId", "status")


def written(collection: str, row: Row, *, created: str = "") -> Row:
    """What a write answers; *created*: the e-mail address of the creator, "" for an update."""
    shown = deepcopy(row)
    for name, default in MODELS[collection].read.items():
        if name in shown and shown[name] == default:
            del shown[name]  # as if it had never been said
    if _repeat(shown):
        del shown["repeat"]
    if collection == "tasks" and created:
        shown.pop("ownerName", None)
        shown["userEmail"] = created
    if collection == "conversations":
        shown["timeBucket"] = [] if created else buckets(row.get("date"))
    return shown


def read(_state: State, collection: str, row: Row) -> Row:
    return deepcopy(dict(MODELS[collection].read)) | written(collection, row) | _repeat(row)


def _repeat(row: Row) -> Row:
    """Reads show that a task is not repeated; writes, and the documented event rows, do not."""
    return {"repeat": None} if row.get("repeat", "") is None else {}


def listed(state: State, collection: str, row: Row) -> Row:
    shown = read(state, collection, row)
    if collection == "conversations":
        shown.pop("description", None)
        users = row.get("users") or []
        shown["userIds"] = [one["id"] for one in users if isinstance(one, dict) and "id" in one]
        custom = row["type"] not in {"note", *RESERVED}
        shown |= {"hasMore": False, "isCustomType": custom, "hasAttachments": False, "isSeen": False}
        shown["assigneeName"] = ""
    if collection == "companies" and state.switch("company_list_owner") == "populated":
        for name in ("owner", "coOwner"):
            if shown.get(name):
                user = state.rows("users").get(shown[name])
                if user is not None:
                    shown[name] = {"_id": user["_id"], "nickName": user.get("nickName")}
    if collection == "users" and shown.get("roles"):
        shown["roles"] = [
            {"_id": one, "name": ROLES[one], "description": ROLES[one]} if one in ROLES else one
            for one in shown["roles"]
        ]
    return shown


def page_query(state: State, collection: str, query: Query, *, hidden: set[str]) -> dict[str, str]:
    """The parameters by name; one that would order by what is hidden is none."""
    given = dict(reversed(query))
    check_known(state, collection, given)
    if given.get("sort", "").removeprefix("-") in hidden:
        del given["sort"]
    return given


def page(
    state: State, collection: str, given: dict[str, str], *, company: str | None = None, prefixes: bool = True
) -> list[Row]:
    """The rows that are asked for, whole. *company*: the one in a path, which decides; *prefixes*: may name another."""
    model = MODELS[collection]
    limit = _limit(state, model, given.get("limit", given.get("l")))
    offset = _number(state, "offset", given.get("offset"), least=0) or 0
    rows = [row for row in state.rows(collection).values() if _wanted(state, collection, row, given)]
    for name in _COMPANY:
        if model.in_company and company is None and name in given:
            ids = _companies(state, given[name], prefixes=prefixes and state.switch("company_filter_prefixes"))
            rows = [row for row in rows if row.get("companyId") in ids]
    if company is not None:
        rows = [row for row in rows if row.get("companyId") == company]
    rows.sort(key=lambda row: str(row["_id"]), reverse=state.switch("default_sort") == "-_id")
    return [listed(state, collection, row) for row in _sorted(rows, given.get("sort", ""))][offset : offset + limit]


def lean(state: State, query: Query) -> list[Row]:
    given = dict(reversed(query))
    if state.switch("unknown_parameters") == "refuse":
        _refuse_unknown(given, _CSV_LEAN)
    rows = sorted(state.rows("companies").values(), key=lambda row: str(row["_id"]))
    if state.switch("default_sort") == "-_id":
        rows.reverse()
    rows = [row for row in rows if all(row.get(key) in _csv(given[key]) for key in _CSV_LEAN if key in given)]
    names = ("_id", "name", "externalId", "sourceId", "slug")
    return [{name: row[name] for name in names if name in row} for row in rows]


def _csv(text: str) -> list[str]:
    return [one.strip() for one in text.split(",")]


def check_known(state: State, collection: str, given: dict[str, str]) -> None:
    if state.switch("unknown_parameters") == "refuse":
        known = (*PAGING, *FILTERS[collection])
        _refuse_unknown(given, known)


def _refuse_unknown(given: dict[str, str], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise Refused("unknown_parameter", path=name)


def _limit(state: State, model: Model, text: str | None) -> int:
    limit = _number(state, "limit", text, least=1)
    if limit is None:
        return model.limit_default
    most = state.switch("churn_list_max") if model.name == "Churn" else model.limit_max
    if limit > most and state.switch("list_over_max") == "refuse":
        raise Refused("over_list_limit", limit=most)
    return int(min(limit, most))


def _number(state: State, path: str, text: str | None, *, least: int) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit() and int(text) >= least:
        return int(text)
    if state.switch("bad_paging") == "refuse":
        raise Refused("bad_paging", value=text, path=path)
    return None


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    name = sort.removeprefix("-")
    if not name:
        return rows
    rows = sorted(rows, key=lambda row: str(row["_id"]))  # ties, whatever the order without `sort`
    return sorted(rows, key=lambda row: _rank(row.get(name)), reverse=sort.startswith("-"))


def _rank(value: Any) -> tuple[int, Any]:
    """Nulls first, then numbers, then text, then booleans."""
    if value is None:
        return 0, 0
    if isinstance(value, bool):
        return 3, value
    return (1, value) if isinstance(value, (int, float)) else (2, str(value))


def chosen(row: Row, given: dict[str, str]) -> Row:
    """The keys that are selected, and `_id`."""
    names = [name for name in _csv(given.get("select", "")) if name]
    if not names:
        return row
    return {name: row[name] for name in row if name in {"_id", *names}}


def _wanted(state: State, collection: str, row: Row, given: dict[str, str]) -> bool:
    hidden = MODELS[collection].hidden_by
    if hidden and bool(row.get(hidden)) != (given.get(hidden) == "true"):
        return False
    return all(test(state, row, given[name]) for name, test in FILTERS[collection].items() if name in given)


def _companies(state: State, text: str, *, prefixes: bool) -> set[str]:
    ids = set()
    for one in _csv(text):
        if not one.startswith(("extid-", "srcid-")):
            ids.add(one.lower())
        elif prefixes:
            try:
                ids.add(state.by_key("companies", one)[0]["_id"])
            except Refused:
                continue
    return ids


def _has_enduser(_state: State, row: Row, text: str) -> bool:
    held = [one.get("id", one.get("_id")) if isinstance(one, dict) else one for one in row.get("endusers") or []]
    return any(one in _csv(text) for one in held)


def _equals(key: str) -> Callable[[State, Row, str], bool]:
    return lambda _state, row, text: row.get(key) == text


def _always(_state: State, _row: Row, _text: str) -> bool:
    return True


_BY_COMPANY: dict[str, Callable[[State, Row, str], bool]] = dict.fromkeys(_COMPANY, _always)
FILTERS: dict[str, dict[str, Callable[[State, Row, str], bool]]] = {
    "companies": {},
    "endusers": {**_BY_COMPANY, "archived": _always, "email": _equals("email"), "euId": _equals("_id")},
    "users": {"email": _equals("email")},
    "tasks": {**_BY_COMPANY, "isArchived": _always, "enduserIds": _has_enduser},
    "conversations": {**_BY_COMPANY, "type": _equals("type")},
    **{name: {**_BY_COMPANY} for name in PLAIN},
}
