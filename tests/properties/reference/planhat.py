"""The reference model of the Planhat API: plain dictionaries and lists, the same calls, the same answers.

It was written from what is published and from the named choices in `switches.toml`, never from the fake's code: where
the two differ, the facts decide. Ids are learnt from the fake's answer, timestamps come from the frozen clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.properties.reference.both import Answer, Call
from tests.properties.reference.planhat_bulk import upsert
from tests.properties.reference.planhat_hiding import hides, kept_back, seen_by, told_after
from tests.properties.reference.planhat_life import reach_back
from tests.properties.reference.planhat_lists import check_known, chosen, lean, page, page_query, read, written
from tests.properties.reference.planhat_rows import create, update
from tests.properties.reference.planhat_state import SOFT, Kept, Row, State, Token
from tests.properties.reference.planhat_tables import MODELS
from tests.properties.reference.planhat_values import OBJECT_ID, Refused, as_json

BULK_ITEMS_MAX = 5_000


class Reference:
    """*errors*: the table of words; *switches*: the defaults of the named choices."""

    def __init__(
        self,
        *,
        switches: Mapping[str, Any],
        errors: Mapping[str, Mapping[str, Any]],
        tokens: Sequence[Token],
        at: datetime,
    ) -> None:
        self.state = State(switches, at)
        self._errors = errors
        self._tokens = {token.value: token for token in tokens}

    # --- the control plane ---

    def reset(self) -> None:
        self.state.reset()

    def snapshot(self) -> Kept:
        return deepcopy(self.state.kept)

    def restore(self, taken: Kept) -> None:
        self.state.kept = deepcopy(taken)

    def choose(self, switches: Mapping[str, Any]) -> None:
        self.state.kept.switches |= switches

    def settle(self, settings: Mapping[str, Any]) -> None:
        was_on = self.state.setting("inherit_source_id")
        self.state.kept.settings |= settings
        if self.state.setting("inherit_source_id") and not was_on and self.state.switch("inherit_reaches_back"):
            reach_back(self.state)

    def limit(self, name: str, most: int) -> None:
        self.state.kept.limits[name] = most

    # --- the API ---

    def answer(self, call: Call, seen: Answer) -> Answer:
        """What the API answers; the ids in *seen* are those it invented."""
        self.state.fresh = iter(_invented(seen))
        call = replace(call, body=as_json(call.body))
        try:
            status, body = self._answer(call)
        except Refused as refused:
            return self._refusal(refused)
        return Answer(status, body)

    def headers(self) -> dict[str, str]:
        """What every answer says about the soft limit."""
        name, most = self.state.switch("rate_limit_headers"), self.state.kept.limits[SOFT]
        return {f"{name}-Limit": str(most), f"{name}-Remaining": str(max(0, most - self.state.used(SOFT)))}

    def _refusal(self, refused: Refused) -> Answer:
        if refused.key == "malformed_id" and self._code(refused) == 404:
            refused = Refused("no_route")
        text, shape = self._text(refused), self.state.switch("error_body")
        shapes = {"json_error": {"error": text}, "json_message": {"message": text}}
        return Answer(self._code(refused), shapes.get(shape, text))

    def _text(self, refused: Refused) -> str:
        text: str = self._errors[{"no_profile": "unknown_id"}.get(refused.key, refused.key)]["text"]
        return text.format_map(refused.words)

    def _code(self, refused: Refused) -> int:
        if refused.key == "no_profile":
            return 404
        switched = {"unknown_id": "unknown_id", "malformed_id": "malformed_id", "status_update": "status_refusal_code"}
        if refused.key in switched:
            return int(self.state.switch(switched[refused.key]))
        return int(self._errors[refused.key]["status"])

    def _answer(self, call: Call) -> tuple[int, Any]:
        token = self._tokens.get(call.token)
        path = call.path.strip("/").split("/")
        collection, rest = path[0], [unquote(one) for one in path[1:]]
        verb = call.method + ("/id" if rest else "")
        if not _is_route(call.method, [collection, *rest], verb):
            raise Refused("no_route")
        self.state.take()
        if collection == "leancompanies":
            self._permit(token, "read", "companies")
            return 200, lean(self.state, call.query)
        if collection == "myprofile":
            return self._profile(token)
        if len(rest) == 2:
            return self._nested(call, token, rest)
        if verb == "PATCH/id" and self.state.switch("patch") == "none":
            if token is None:
                raise Refused("unauthorized")
            raise Refused("no_route")
        operation = _OPERATIONS[verb]
        if verb == "PUT":
            return self._bulk(call, token, collection)
        if token is not None and verb in {"POST", "PUT/id", "PATCH/id"}:
            _object(call.body)  # a body is read before rights are asked for
        self._permit(token, operation, collection)
        assert token is not None
        if verb == "GET":
            return 200, self._page(call, token, collection)
        if verb == "POST":
            row = create(self.state, collection, _object(call.body), token)
            shown = written(collection, row, created=token.email)
            return 200, told_after(self.state, token, collection, shown, _object(call.body))
        if verb == "DELETE/id":
            return self._delete(token, collection, rest[0])
        row, found_by = self.state.by_key(collection, rest[0])
        if verb == "GET/id":
            return 200, seen_by(self.state, token, collection, read(self.state, collection, row))
        update(self.state, collection, row, _object(call.body), token, found_by=found_by)
        shown = written(collection, self.state.rows(collection)[row["_id"]])
        return 200, told_after(self.state, token, collection, shown, _object(call.body))

    def _page(self, call: Call, token: Token, collection: str, *, company: str | None = None) -> list[Row]:
        state = self.state
        query = page_query(state, collection, call.query, hidden=kept_back(state, token, collection))
        companies = not hides(state, token, MODELS["companies"])
        rows = page(state, collection, query, company=company, prefixes=companies)
        return [chosen(seen_by(state, token, collection, row), query) for row in rows]

    def _permit(self, token: Token | None, operation: str, collection: str) -> None:
        if token is None:
            raise Refused("unauthorized")
        if not token.may(operation, MODELS[collection]):
            raise Refused("forbidden")

    def _profile(self, token: Token | None) -> tuple[int, Any]:
        if token is None:
            raise Refused("unauthorized")
        if token.user_id is None:
            raise Refused("no_profile")
        self._permit(token, "read", "users")
        return 200, read(self.state, "users", self.state.by_key("users", token.user_id)[0])

    def _nested(self, call: Call, token: Token | None, rest: list[str]) -> tuple[int, Any]:
        self._permit(token, "read", rest[1])
        self._permit(token, "read", "companies")
        check_known(self.state, rest[1], dict(call.query))
        company, _ = self.state.by_key("companies", rest[0])
        assert token is not None
        return 200, self._page(call, token, rest[1], company=company["_id"])

    def _delete(self, token: Token, collection: str, key: str) -> tuple[int, Any]:
        if not OBJECT_ID.fullmatch(key) and not self.state.switch("delete_by_prefix"):
            raise Refused("malformed_id", value=key, path="_id")
        try:
            row, _ = self.state.by_key(collection, key)
        except Refused as refused:
            if refused.key == "unknown_id" and self.state.switch("delete_missing") == "zeros":
                return 200, {"n": 0, "ok": 1, "deletedCount": 0}
            raise
        shown = told_after(self.state, token, collection, read(self.state, collection, row), {})
        del self.state.rows(collection)[row["_id"]]
        return 200, shown if collection == "conversations" else {"n": 1, "ok": 1, "deletedCount": 1}

    def _bulk(self, call: Call, token: Token | None, collection: str) -> tuple[int, Any]:
        if token is None:
            raise Refused("unauthorized")
        items = {} if call.body is None else call.body
        if isinstance(items, dict) and self.state.switch("bulk_single_object") == "accept":
            items = [items]
        if not isinstance(items, list) or (not items and self.state.switch("bulk_empty") == "refuse"):
            raise Refused("not_an_array")
        if len(items) > BULK_ITEMS_MAX and self.state.switch("bulk_over_limit") == "refuse":
            raise Refused("too_many_items", limit=BULK_ITEMS_MAX)
        return upsert(self.state, collection, items, token, text_of=self._text)


_OPERATIONS = {
    "POST": "create",
    "GET": "read",
    "PUT": "update",
    "GET/id": "read",
    "PUT/id": "update",
    "PATCH/id": "update",
    "DELETE/id": "delete",
}


def _is_route(method: str, path: list[str], verb: str) -> bool:
    if path in (["leancompanies"], ["myprofile"]):
        return method == "GET"
    if len(path) == 3:
        return method == "GET" and path[0] == "companies" and path[2] in {"endusers", "conversations"}
    return path[0] in MODELS and len(path) < 3 and verb in _OPERATIONS


def _object(body: Any) -> dict[str, Any]:
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise Refused("not_an_object")
    return body


def _invented(seen: Answer) -> list[str]:
    """The ids in an answer of the fake that may be new."""
    if isinstance(seen.body, dict):
        ids = seen.body.get("upsertedIds", [seen.body.get("_id")])
        return [one for one in ids if isinstance(one, str)]
    return []
