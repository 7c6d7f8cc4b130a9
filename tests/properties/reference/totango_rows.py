"""What the Totango model keeps; what may be written to a record, and what becomes of it.

Source: Tasks API, Touchpoints API, the help article on syncing tasks and touchpoints (T4, T43, T45).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.properties.reference.totango_values import Refused

Row = dict[str, Any]


@dataclass
class Kept:
    """What a snapshot holds and a reset puts back."""

    switches: dict[str, Any]
    accounts: dict[str, Row] = field(default_factory=dict)
    users: dict[str, Row] = field(default_factory=dict)
    tasks: dict[int, Row] = field(default_factory=dict)
    touchpoints: dict[int, Row] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)  # of tasks; a touchpoint is its own event
    deletions: list[Row] = field(default_factory=list)


_LOWER = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def fold(key: str) -> str | None:
    """An external id as it is kept: A to Z in lower case; blanks are none (T4)."""
    return key.translate(_LOWER) if key.strip() else None


def account_not_found() -> Refused:
    """The account of a new record is not there."""
    return Refused(400)


def _text(value: Any) -> Any:
    return value


def _text_or_none(value: Any) -> Any:
    return value or None


def _one_of(*values: Any) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in values or isinstance(value, bool):
            raise Refused(400)
        return value

    return check


def _day(value: Any) -> Any:
    if value is not None:
        try:
            date.fromisoformat(value)
        except ValueError:
            raise Refused(400) from None
    return value


def _title(value: Any) -> Any:
    if not str(value or "").strip():
        raise Refused(400)
    return value


Takes = Mapping[str, tuple[str, Callable[[Any], Any]]]  # key of a body -> key of the record, and its check

TASK: Takes = {
    "title": ("title", _title),
    "description": ("description", _text),
    "due_date": ("due_date", _day),
    "priority": ("priority", _one_of(1, 2, 3)),
    "status": ("status", _one_of("open", "closed")),
    "assignee": ("assignee", _text),
    "activity_type_id": ("activity_type_id", _text),
}
TOUCHPOINT: Takes = {
    "content": ("content", _text),
    "subject": ("subject", _text_or_none),
    "activity_type_id": ("activity_type_id", _text),
    "touchpointType": ("touchpoint_type", _text),
    "touchpoint_tags": ("touchpoint_tags", _text),
    "participantList": ("participants", lambda value: [one["userid"] for one in value]),
    "created_by": ("created_by", _text),
    "create_date": ("touchpoint_date", _text),
    "disable_sync": ("disable_sync", _text),
}
_TASK_ROW: Takes = {**TASK, "title": ("title", _text), "assigner": ("assigner", _text)}
_TOUCHPOINT_ROW: Takes = {
    "subject": ("subject", _text_or_none),
    "content": ("content", _text),
    "created_by": ("created_by", _text),
    "participants": ("participants", _text),
    "touchpoint_date": ("touchpoint_date", _text),
}
IMPORTED: Mapping[str, Takes] = {"tasks": _TASK_ROW, "touchpoints": _TOUCHPOINT_ROW}


def checked(takes: Takes, body: Row, switches: Mapping[str, Any]) -> Row:
    """What *body* writes, by the record's own keys; raises Refused. A body has one fault at most."""
    given = {takes[name][0]: takes[name][1](value) for name, value in body.items() if name in takes}
    if len(given.get("content") or "") > switches["content_limit"]:
        raise Refused(400)
    return given
