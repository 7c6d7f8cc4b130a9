"""Values of the Marketo stand-in: what each key of a reminder takes, what a template makes, categories of failures.

Source: rules M8, M12 and M27 with the pages that they name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

TEMPLATE_MAX = 255
TYPES, STATUSES, PRIORITIES = ("Email", "Call", "InMail", "Custom"), ("open", "complete"), ("normal", "high")
INTERMITTENT = {
    *("FAILED_WRITE", "INVALID_FIELD", "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "QUERY_TIMEOUT"),
    *("REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "UNABLE_TO_LOCK_ROW"),
}
CATEGORIES = {"EXPIRED_ACCESS": "Authentication", "INVALID_TYPE": "Access/Validation"} | dict.fromkeys(
    INTERMITTENT, "Intermittent"
)
_SF_ID = re.compile(r"[0-9A-Za-z]{18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIELD = re.compile(r"\{\{(\w+)\}\}", re.ASCII)


class Refused(Exception):
    """A refusal by its name in the answer."""

    def __init__(self, status: int, name: str) -> None:
        super().__init__(status, name)
        self.status, self.name = status, name


def is_day(value: Any) -> bool:
    """A day of the calendar as YYYY-MM-DD (M8)."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def render(template: str, fields: Mapping[str, str | None], switches: Mapping[str, Any]) -> str:
    """What a template makes of *fields* (M12): replaced, line breaks removed, cut."""

    def fill(found: re.Match[str]) -> str:
        name = found[1].lower() if switches["template_names"] == "any_case" else found[1]
        if name in fields:
            return fields[name] or ""
        return found[0] if switches["template_unknown_field"] == "keep" else ""

    return _FIELD.sub(fill, template).replace("\n", "").replace("\r", "")[:TEMPLATE_MAX]


def _one_of(values: tuple[str, ...]) -> Callable[[Any], bool]:
    return lambda value: value in values


def _text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _id_or_null(value: Any) -> bool:
    return value is None or (type(value) is int and value > 0)


# what a key of a reminder takes
TAKES: dict[str, Callable[[Any], bool]] = {
    "type": _one_of(TYPES),
    "name": lambda value: isinstance(value, str) and bool(value.strip()),
    "status": _one_of(STATUSES),
    "priority": _one_of(PRIORITIES),
    "due_date": lambda value: value is None or is_day(value),
    "details": lambda value: isinstance(value, str),
    "assignee": lambda value: type(value) is int and value > 0,
    "person": _id_or_null,
    "campaign_step": _id_or_null,
    "call_outcome": _text_or_null,
    "call_reason": _text_or_null,
    "sf_task_id": lambda value: value is None or (isinstance(value, str) and bool(_SF_ID.fullmatch(value))),
}
