"""What a token sees of models that it may not read: ids, no names; of what it may write only: what it sent.

Source: none but the stated meaning of the switch `hidden_models`, and the table `reveals.toml` beside it.
"""

from __future__ import annotations

from typing import Any

from tests.properties.reference.planhat_state import Row, State, Token
from tests.properties.reference.planhat_tables import COMPANY, ENDUSER, MODELS, USER, Model

_WHOLE = {"companyName": COMPANY, "companySourceId": COMPANY, "ownerName": USER}
_WHOLE_OF_CONVERSATIONS = {"owner": COMPANY, "nickName": USER, "email": ENDUSER}
_NAMES = {"users": USER, "endusers": ENDUSER}


def hides(state: State, token: Token, model: Model) -> bool:
    return state.switch("hidden_models") == "hide" and not token.may("read", model)


def kept_back(state: State, token: Token, collection: str) -> set[str]:
    """The keys of a row of *collection* that tell of a model that *token* may not read."""
    whole = _WHOLE | (_WHOLE_OF_CONVERSATIONS if collection == "conversations" else {})
    names = {**whole, **_NAMES, **(dict.fromkeys(("owner", "coOwner"), USER) if collection == "companies" else {})}
    return {name for name, model in names.items() if hides(state, token, model)}


def seen_by(state: State, token: Token, collection: str, row: Row) -> Row:
    """*row* without what *token* may not read of other models."""
    kept = kept_back(state, token, collection)
    shown = {}
    for name, value in row.items():
        if name not in kept:
            shown[name] = value
        elif name in _NAMES:
            shown[name] = [_nameless(one) for one in value] if isinstance(value, list) else value
        elif collection == "companies" and name in {"owner", "coOwner"}:
            shown[name] = value["_id"] if isinstance(value, dict) else value
    return shown


def told_after(state: State, token: Token, collection: str, row: Row, body: Row) -> Row:
    """The answer *row* to a write of *body*."""
    if hides(state, token, MODELS[collection]):
        sent = {name.partition(".")[0] for name in body}
        row = {name: value for name, value in row.items() if name == "_id" or name in sent}
        if "custom" in row:
            said = {
                *(body.get("custom") or {}),
                *(name.partition(".")[2] for name in body if name.startswith("custom.")),
            }
            row["custom"] = {name: value for name, value in row["custom"].items() if name in said}
    return seen_by(state, token, collection, row)


def _nameless(person: Any) -> Any:
    return {name: value for name, value in person.items() if name != "name"} if isinstance(person, dict) else person
