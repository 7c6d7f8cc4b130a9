"""Creating and changing one record: what is taken from a body, what is refused, what Planhat fills in.

Rules: unknown top-level keys vanish, unknown custom keys stay; custom merges key by key, `custom.X` too; a key that
found the record is not changed by the same call; sourceId is unique in its model, externalId in its company.
Source: developer documentation of each model; help centre on keyables; live notes on writes (see the switches).
"""

from __future__ import annotations

import hashlib
import re
from copy import deepcopy
from typing import Any

from tests.properties.reference.planhat_life import actor, live, noted, of_company
from tests.properties.reference.planhat_people import people
from tests.properties.reference.planhat_state import Row, State, Token
from tests.properties.reference.planhat_tables import COMPANY_REF, MODELS, RESERVED, Model
from tests.properties.reference.planhat_values import Refused, cast, plain, shown

_STRONGER = {  # what a call that found its record by this key may not change
    "_id": {"_id"},
    "sourceId": {"_id", "sourceId"},
    "externalId": {"_id", "sourceId", "externalId"},
    "email": {"_id", "sourceId", "externalId", "email"},
}


def create(state: State, collection: str, body: dict[str, Any], token: Token, *, bulk: bool = False) -> Row:
    model = MODELS[collection]
    given = _taken(state, model, body, keys=set(), bulk=bulk)
    if collection == "endusers":
        if not any(given.get(key) for key in ("email", "externalId", "sourceId")):
            raise Refused("required", path="email")
        _assign(state, given)
    for name in _required(state, model):
        if _empty(given.get(name)):
            raise Refused("required", path=name)
    if collection == "tasks" and given.get("repeat") == "custom" and given.get("repeatDays") is None:
        raise Refused("repeat_days")
    _resolve(state, model, given)
    row: Row = deepcopy(dict(model.defaults)) | _defaults(state, collection) | deepcopy(given)
    if row.get("mainType") == "task":
        row.setdefault("repeat", None)
    _check_unique(state, collection, row, given, None)
    _derive(state, collection, row, given, None)
    if collection == "tasks":
        live(state, row, given, None, token, bulk=bulk)
    if collection == "conversations":
        row |= actor(state, token)
    row["_id"] = state.new_id(collection)
    row |= {"createdAt": state.now, "updatedAt": state.now}
    for name in ("createDate", "lastUpdated"):
        if name in _OLDER_STAMPS.get(collection, ()):
            row[name] = state.now
    state.rows(collection)[row["_id"]] = row
    return row


_OLDER_STAMPS = {
    "companies": ("createDate", "lastUpdated"),
    "endusers": ("createDate",),
    "users": ("createDate",),
    "conversations": ("createDate",),
}


def update(
    state: State, collection: str, old: Row, body: dict[str, Any], token: Token, *, found_by: str, bulk: bool = False
) -> bool:
    """Change *old* in place; whether anything changed. Raises Refused, having changed nothing."""
    if collection == "companies" and "_id" in body and not bulk and state.switch("id_in_company_body") == "refuse":
        raise Refused("read_only", path="_id")
    model = MODELS[collection]
    given = _taken(state, model, body, keys=_STRONGER[found_by], bulk=bulk)
    for name in model.not_empty:
        if name in given and _empty(given[name]):
            raise Refused("required", path=name)
    repeats = {name: given.get(name, old.get(name)) for name in ("repeat", "repeatDays")}
    if collection == "tasks" and given.keys() & repeats.keys() and repeats == {"repeat": "custom", "repeatDays": None}:
        raise Refused("repeat_days")
    _resolve(state, model, given)
    row = _merged(deepcopy(old), given)
    _check_unique(state, collection, row, given, old)
    _derive(state, collection, row, given, old)
    if collection == "tasks":
        live(state, row, given, old, token, bulk=bulk)
    changed = row != old
    if changed or (state.switch("noop_update_touches") and not bulk):
        row["updatedAt"] = state.now
        if collection == "companies":
            row["lastUpdated"] = state.now
    state.rows(collection)[row["_id"]] = row
    return changed


def _taken(state: State, model: Model, body: dict[str, Any], *, keys: set[str], bulk: bool) -> dict[str, Any]:
    """What of *body* counts, converted; custom keys gathered under `custom`."""
    strict, keeps = state.switch("casting") == "strict", state.switch("open_models") == "keep"
    given: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    if state.switch("read_only_keys") == "refuse":
        for name in body:  # before any value is looked at
            if name in model.read_only and not (bulk and name == "_id"):
                raise Refused("read_only", path=name)
    for name, value in body.items():
        if name in keys:
            continue
        if name == "custom":
            given["custom"] = cast("Object", value, "custom", strict=strict) or {}
        elif name.startswith("custom.") and name != "custom.":
            custom[name.removeprefix("custom.")] = value
        elif name == "snippet" and name in model.read_only and _kept_snippet(state, value):
            given[name] = value
        elif name in model.kinds and not _automatic(state, model, name):
            kind = model.kinds[name]
            given[name] = value if kind == COMPANY_REF else cast(kind, value, name, strict=strict)
            outside = given[name] is not None and given[name] not in model.choices.get(name, (given[name],))
            if outside and state.switch("validators") == "refuse":
                raise Refused("not_a_choice", value=shown(value), path=name)
        elif model.open and name not in model.read_only and not name.startswith("custom.") and keeps:
            given[name] = value
    if (
        model.name == "Conversation"
        and given.get("type") in RESERVED
        and state.switch("reserved_conversation_types") == "refuse"
    ):
        raise Refused("reserved_type", value=given["type"])
    if custom:  # the dotted ones have the last word
        given["custom"] = {**given.get("custom", {}), **custom}
    return given


def _kept_snippet(state: State, value: Any) -> bool:
    kept = state.switch("snippet_from_caller") and state.switch("read_only_keys") == "ignore"
    return bool(kept) and isinstance(value, str)


def _automatic(state: State, model: Model, name: str) -> bool:
    return model.name == "Task" and name in {"endusers", "users"} and state.switch("task_participants") == "auto"


def _required(state: State, model: Model) -> tuple[str, ...]:
    if model.name == "User" and state.switch("user_nickname_required"):
        return ("nickName", *model.required)
    return model.required


def _defaults(state: State, collection: str) -> dict[str, Any]:
    if collection == "users":
        return {"inactive": state.switch("user_inactive")}
    if collection == "endusers" and state.switch("enduser_trend_numbers"):
        return {"beatTrend": 0, "experience": 0}
    return {}


def _resolve(state: State, model: Model, given: dict[str, Any]) -> None:
    if model.in_company and not _empty(given.get("companyId")):
        given["companyId"] = state.company(given["companyId"])["_id"]


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _assign(state: State, given: dict[str, Any]) -> None:
    """An enduser without a company belongs to the one that has the domain of its e-mail address."""
    email = given.get("email")
    if given.get("companyId") or not email or "@" not in email:
        return
    domain = email.rsplit("@", 1)[1].lower()
    for row in sorted(state.rows("companies").values(), key=lambda one: str(one["_id"])):
        if domain in [one.lower() for one in row.get("domains") or [] if isinstance(one, str)]:
            given["companyId"] = row["_id"]
            return


def _merged(row: Row, given: dict[str, Any]) -> Row:
    custom = {**row.get("custom", {}), **given.get("custom", {})}
    changed = row | given
    if custom or "custom" in row:
        changed["custom"] = custom
    else:
        changed.pop("custom", None)  # nothing to merge
    return changed


def _check_unique(state: State, collection: str, row: Row, given: dict[str, Any], old: Row | None) -> None:
    """sourceId: once in the model; externalId: once in the company, and an enduser's once with the same e-mail."""
    model = MODELS[collection]
    others = [one for one in state.rows(collection).values() if one["_id"] != row.get("_id")]
    moved = old is not None and old.get("companyId") != row.get("companyId")
    clashes = []
    if row.get("sourceId") and "sourceId" in given and any(one.get("sourceId") == row["sourceId"] for one in others):
        clashes.append("sourceId")
    if row.get("externalId") and ("externalId" in given or "email" in given or moved):
        same = [one for one in others if one.get("externalId") == row["externalId"]]
        both = [one for one in same if row.get("email") and one.get("email") == row["email"]]
        near = [one for one in same if not model.in_company or one.get("companyId") == row.get("companyId")]
        if near or (both and collection == "endusers"):
            clashes += ["externalId", "email"] if both else ["externalId"]
    if collection == "users" and "email" in given and any(one.get("email") == row["email"] for one in others):
        clashes.append("email")
    if clashes:
        raise Refused("duplicated", keys=",".join(clashes))


def _derive(state: State, collection: str, row: Row, given: dict[str, Any], old: Row | None) -> None:
    """What Planhat works out from the rest."""
    if collection == "companies":
        if "name" in given:
            row["slug"] = re.sub(r"[^a-z0-9]", "", row["name"].lower())
        return
    if collection == "users":
        return
    if collection == "endusers" and {"firstName", "lastName"} & given.keys() and "name" not in given:
        row["name"] = " ".join(row[name] for name in ("firstName", "lastName") if row.get(name))
    if collection == "endusers" and "email" in given:
        email = row["email"]
        if email:
            row["emailMd5"] = hashlib.md5(email.lower().encode()).hexdigest()
        elif old is not None:
            row["emailMd5"] = None
    if old is None or old["companyId"] != row["companyId"]:
        row["companyName"] = state.rows("companies")[row["companyId"]]["name"]
    if "description" in given and collection in {"tasks", "conversations"}:
        told = row["description"]
        if "snippet" not in given and (told is not None or old is not None):
            row["snippet"] = told and plain(told, readable=state.switch("snippet") == "readable")
    if collection == "conversations":
        _conversation(state, row, given, old)


def _conversation(state: State, row: Row, given: dict[str, Any], old: Row | None) -> None:
    kind = row.get("type")
    if (old is None or "type" in given) and kind not in {"note", *RESERVED, *state.setting("conversation_types")}:
        row["type"] = "note"
    for name, source in (("users", "users"), ("endusers", "endusers")):
        if name in given:
            row[name] = people(state, source, given[name])
    if old is None:
        row.setdefault("date", state.now)
    if old is None or old["companyId"] != row["companyId"]:
        row |= of_company(state, row["companyId"])
    if {"subject", "description"} & given.keys():
        row["note"] = noted(row.get("subject"), row.get("description"))
