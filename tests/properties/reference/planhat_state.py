"""One tenant as plain dictionaries, and how a record is found in it.

Rule: an `_id` is unique within its collection, not beyond: a Task and the Conversation it logged share one.
Source: help centre, external and source ids; uniqueness of keyables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.properties.reference.planhat_tables import MODELS, Model
from tests.properties.reference.planhat_values import OBJECT_ID, Refused, iso

Row = dict[str, Any]
HARD, SOFT = "hard_calls_per_second", "soft_calls_per_minute"
LIMITS = {HARD: (150, timedelta(seconds=1)), SOFT: (200, timedelta(minutes=1))}  # documented


@dataclass(frozen=True)
class Token:
    """*permissions*: model name -> operations; None permits everything."""

    value: str
    email: str = "api@understudy.example"
    user_id: str | None = None
    permissions: Mapping[str, frozenset[str]] | None = None

    def may(self, operation: str, model: Model) -> bool:
        return self.permissions is None or operation in self.permissions.get(model.name, ())


@dataclass
class Kept:
    """What a snapshot holds and a reset puts back."""

    switches: dict[str, Any]
    settings: dict[str, Any] = field(
        default_factory=lambda: {
            "inherit_source_id": False,
            "conversation_types": [],
            "conversation_custom_fields": [],
        }
    )
    limits: dict[str, int] = field(default_factory=lambda: {name: most for name, (most, _) in LIMITS.items()})
    calls: dict[str, list[datetime]] = field(default_factory=lambda: {name: [] for name in LIMITS})
    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: {name: {} for name in MODELS})


class State:
    """*kept*, the moment, and the ids that the API is seen to invent."""

    def __init__(self, switches: Mapping[str, Any], at: datetime) -> None:
        self._made = Kept(dict(switches))
        self.kept = deepcopy(self._made)
        self.at = at
        self.fresh: Iterator[str] = iter(())

    @property
    def now(self) -> str:
        return iso(self.at)

    def switch(self, name: str) -> Any:
        return self.kept.switches[name]

    def setting(self, name: str) -> Any:
        return self.kept.settings[name]

    def reset(self) -> None:
        self.kept = deepcopy(self._made)

    def rows(self, collection: str) -> dict[str, Row]:
        return self.kept.rows[collection]

    def used(self, limit: str) -> int:
        """How many calls count against *limit* at this moment."""
        kept, period = self.kept.calls, LIMITS[limit][1]
        kept[limit] = [one for one in kept[limit] if one > self.at - period]
        return len(kept[limit])

    def take(self) -> None:
        """Count one call; raises Refused past a limit that refuses. What does not fit is not counted."""
        fits = {}
        for limit in LIMITS:
            fits[limit] = self.used(limit) < self.kept.limits[limit]
            if fits[limit]:
                self.kept.calls[limit].append(self.at)
        refusing = [HARD, SOFT] if self.switch("soft_limit") == "refuse" else [HARD]
        if self.switch("rate_limits") == "enforce" and not all(fits[limit] for limit in refusing):
            raise Refused("too_many_requests")

    def new_id(self, collection: str) -> str:
        """The id that the API invented; one it may not invent becomes a difference."""
        found = next(self.fresh, "no id in the answer")
        if not OBJECT_ID.fullmatch(found) or found in self.rows(collection):
            return f"{found} is not a new id"
        return found

    def holding(self, collection: str, key: str, value: Any, *, company: str | None = None) -> list[Row]:
        """The rows whose *key* is *value*, of one company if *company* is given, the lowest _id first."""
        found = [
            row
            for row in self.rows(collection).values()
            if row.get(key) == value and (company is None or row.get("companyId") == company)
        ]
        return sorted(found, key=lambda row: str(row["_id"]))

    def by_key(self, collection: str, text: str) -> tuple[Row, str]:
        """The record that a path names, and by which keyable; raises Refused."""
        model = MODELS[collection]
        if OBJECT_ID.fullmatch(text):
            row = self.rows(collection).get(text.lower())
            if row is None:
                raise Refused("unknown_id")
            return row, "_id"
        for prefix, key in model.prefixes.items():
            if text.startswith(prefix) and len(text) > len(prefix):
                return self._one(collection, key, text[len(prefix) :]), key
        raise Refused("malformed_id", value=text, path="_id")

    def _one(self, collection: str, key: str, value: str) -> Row:
        found = self.holding(collection, key, value)
        if not found:
            raise Refused("unknown_id")
        if len(found) > 1 and self.switch("ambiguous_external_id") == "refuse":
            raise Refused("ambiguous", path=key)
        return found[0]

    def company(self, given: Any) -> Row:
        """The company that a companyId names, by _id or by prefixed key; raises Refused."""
        if not isinstance(given, str):
            raise Refused("malformed_id", value=given, path="companyId")
        try:
            return self.by_key("companies", given)[0]
        except Refused as refused:
            if refused.key == "malformed_id":
                raise Refused("cast", kind="ObjectId", value=given, path="companyId") from None
            raise Refused("unknown_company") from None

    def user_name(self, user_id: Any) -> str | None:
        """How a user is called: the nick name, else the first and last name."""
        row = self.rows("users").get(user_id) if isinstance(user_id, str) else None
        if row is None:
            return None
        return row.get("nickName") or f"{row['firstName']} {row['lastName']}"
