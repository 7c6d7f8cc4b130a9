"""The people of a Conversation: [{"id", "name", "isOwner"}] of users, [{"id", "name"}] of contacts; names are cached.

Source: developer documentation of Conversation; live notes: names are written once and go stale.
"""

from __future__ import annotations

from typing import Any

from tests.properties.reference.planhat_state import State


def people(state: State, collection: str, given: list[Any] | None) -> list[Any] | None:
    if given is None:
        return None
    return [_person(state, collection, one) for one in given]


def _person(state: State, collection: str, given: Any) -> Any:
    told = given if isinstance(given, dict) else {"id": given}
    if not isinstance(told.get("id"), str):
        return given
    if collection == "endusers" and state.switch("conversation_endusers") == "ids":
        return told["id"]
    row = state.rows(collection).get(told["id"])
    name = told.get("name")
    if row is not None:
        name = state.user_name(told["id"]) if collection == "users" else row.get("name")
    person = {"id": told["id"], "name": name}
    if collection == "users":
        person["isOwner"] = told.get("isOwner") is True
    return person
