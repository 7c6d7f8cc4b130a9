"""Bulk upsert: each item matched by its first keyable, then updated or inserted; items are independent.

Rules: an identical item is neither updated nor modified; upsertedIds are the created ones; keys echo what was sent;
200 all, 206 some, 400 none, 403 where permission was missing.
Source: developer documentation, Bulk upsert and HTTP response codes; the worked example of the Timesheet page.
"""

from __future__ import annotations

from typing import Any

from tests.properties.reference.planhat_rows import create, update
from tests.properties.reference.planhat_state import Row, State, Token
from tests.properties.reference.planhat_tables import MODELS
from tests.properties.reference.planhat_values import OBJECT_ID, Refused

TEXTS_OF = Any


def upsert(state: State, collection: str, items: list[Any], token: Token, *, text_of: TEXTS_OF) -> tuple[int, Row]:
    result: Row = {
        "created": 0, "createdErrors": [], "insertsKeys": [],
        "updated": 0, "updatedErrors": [], "updatesKeys": [],
        "nonupdates": 0, "modified": [], "upsertedIds": [], "permissionErrors": [],
    }  # fmt: skip
    said: set[tuple[str, str, str | None]] = set()
    for index, item in enumerate(items):
        where = "createdErrors"
        try:
            where = _where(state, collection, item, token)
            found, found_by = _match(state, collection, item, said)
            if found is not None:
                where = "updatedErrors"
            _permit(token, "create" if found is None else "update", collection)
            _apply(state, collection, item, token, result, found=found, found_by=found_by)
        except Refused as refused:
            text = text_of(refused)
            whole = {"message": text, "index": index, "item": item}
            where = "permissionErrors" if refused.key == "forbidden" else where
            result[where].append(whole if state.switch("bulk_error_shape") == "object" else text)
    return _status(state, result), result


def _permit(token: Token, operation: str, collection: str) -> None:
    if not token.may(operation, MODELS[collection]):
        raise Refused("forbidden")


def _where(state: State, collection: str, item: Any, token: Token) -> str:
    """Which list takes an item that fails before it is matched; raises Refused where the token may do nothing."""
    if not isinstance(item, dict):
        raise Refused("bad_item")
    first = next(iter(_keys(collection, item)), None)
    only_update = first == "_id" and state.switch("bulk_unknown_id") == "error"
    if not token.may("create", MODELS[collection]) or only_update:
        _permit(token, "create" if first is None else "update", collection)
    return "updatedErrors" if first == "_id" else "createdErrors"


def _apply(
    state: State, collection: str, item: Row, token: Token, result: Row, *, found: Row | None, found_by: str
) -> None:
    if found is None:
        row = create(state, collection, item, token, bulk=True)
        result["created"] += 1
        result["upsertedIds"].append(row["_id"])
        result["insertsKeys"].append({"_id": row["_id"], **_echo(item)})
        return
    if update(state, collection, found, item, token, found_by=found_by, bulk=True):
        result["updated"] += 1
        result["modified"].append(found["_id"])
        result["updatesKeys"].append({"_id": found["_id"], **_echo(item)})
    else:
        result["nonupdates"] += 1


def _echo(item: Row) -> Row:
    """What the item itself says of its keys."""
    return {name: item[name] for name in ("sourceId", "externalId") if name in item}


def _keys(collection: str, item: Row) -> Row:
    """The keyables that *item* brings, the strongest first, what is no text or number is none."""
    keys: Row = {}
    for name in MODELS[collection].keyables:
        value = item.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            keys[name] = str(value)
    return keys


def _match(state: State, collection: str, item: Row, said: set[tuple[str, str, str | None]]) -> tuple[Row | None, str]:
    """The record that the first keyable names, and that keyable; None and "" where there is no keyable."""
    keys = _keys(collection, item)
    if not keys:
        return None, ""
    name, value = next(iter(keys.items()))
    company = _company_of(state, collection, item, name)
    if name == "_id" and not OBJECT_ID.fullmatch(value):
        raise Refused("malformed_id", value=item["_id"], path="_id")
    key = (name, value.lower() if name == "_id" else value, company)
    if key in said and state.switch("bulk_same_key") == "refuse":
        raise Refused("duplicated", keys=name)
    said.add(key)
    if name == "_id":
        row = state.rows(collection).get(value.lower())
        if row is None and state.switch("bulk_unknown_id") == "error":
            raise Refused("unknown_id")
        return row, name
    found = state.holding(collection, name, value, company=company)
    if len(found) > 1 and name == "email":
        raise Refused("duplicated", keys="email")
    return (found[0] if found else None), name


def _company_of(state: State, collection: str, item: Row, key: str) -> str | None:
    if key not in {"externalId", "email"} or not MODELS[collection].in_company or not item.get("companyId"):
        return None
    company: str = state.company(item["companyId"])["_id"]
    return company


def _status(state: State, result: Row) -> int:
    done = result["created"] + result["updated"] + result["nonupdates"]
    failed = result["createdErrors"] or result["updatedErrors"]
    if result["permissionErrors"]:
        return int(state.switch("bulk_permission_status")) if done else 403
    if not failed:
        return 200
    return 206 if done else 400
