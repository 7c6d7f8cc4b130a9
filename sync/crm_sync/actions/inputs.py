"""What an action sends: its parameters rendered, checked, and put into a body.

Rule 1 (A2): what is absent or renders to nothing is left out of a Task; Status, Priority and OwnerId are Salesforce's
to choose.
Rule 2 (A3, A7, A16): what cannot be right is refused here, before any call.
Rule 3 (A10): an Opportunity's body has exactly the keys of `field_values`; values keep their case and their spaces
(A12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from crm_sync.actions.data import load
from crm_sync.actions.failures import Failure
from crm_sync.actions.templates import Templates, is_day
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical

_TASK_FIELDS: Final = {
    "what_id": "WhatId",
    "who_id": "WhoId",
    "subject": "Subject",
    "description": "Description",
    "activity_date": "ActivityDate",
}


@dataclass(frozen=True)
class Write:
    """One write to one object. *record_id* is "" for a creation."""

    object: str
    fields: Mapping[str, Any]
    record_id: str = ""


def task(parameters: Mapping[str, Any], templates: Templates, names: Mapping[str, Any]) -> Write:
    """The Task to create. Raises Failure before anything is sent."""
    rendered = {name: _rendered(parameters.get(name), templates, names) for name in _TASK_FIELDS}
    for name in ("subject", "description"):
        if not rendered[name].strip():
            raise Failure("MISSING_INPUT", f"{name} is required and renders to nothing")
    for name in ("what_id", "who_id"):
        rendered[name] = record_id(rendered[name], name) if rendered[name].strip() else ""
    day = rendered["activity_date"].strip()
    if day and not is_day(day):
        raise Failure("INVALID_DATE", f"activity_date is {day!r}, not YYYY-MM-DD")
    rendered["activity_date"] = day
    body = {field: rendered[name] for name, field in _TASK_FIELDS.items() if rendered[name]}
    return Write("Task", {**body, **load("node_types.toml")["task"]["constants"]})


def opportunity(
    parameters: Mapping[str, Any], templates: Templates, names: Mapping[str, Any], *, blank: str = "send"
) -> Write:
    """The Opportunity's change. *blank* says what a value that renders to nothing does: "send" empties the field,
    "omit" not.

    Raises Failure before anything is sent.
    """
    given = _rendered(parameters.get("opportunity_id"), templates, names)
    if not given.strip():
        raise Failure("MISSING_INPUT", "opportunity_id is required and renders to nothing")
    wanted = parameters.get("field_values")
    if not isinstance(wanted, Mapping):
        raise Failure("MISSING_INPUT", "field_values is required and is an object of fields and values")
    fields: dict[str, Any] = {}
    for name, value in wanted.items():
        made = templates.render(value, names) if isinstance(value, str) else value
        if blank == "omit" and isinstance(value, str) and not made.strip():
            continue
        if name in load("node_types.toml")["opportunity"]["dates"] and isinstance(made, str) and made.strip():
            made = made.strip()
            if not is_day(made):
                raise Failure("INVALID_DATE", f"{name} is {made!r}, not YYYY-MM-DD", fields=(name,))
        fields[name] = made
    return Write("Opportunity", fields, record_id(given, "opportunity_id"))


def record_id(text: str, name: str) -> str:
    """The 18-character id that *text* names (A7, A9). Raises Failure MALFORMED_ID."""
    try:
        return canonical(text)
    except (NotAnId, AmbiguousId) as error:
        raise Failure("MALFORMED_ID", f"{name}: {error}") from None


def _rendered(value: Any, templates: Templates, names: Mapping[str, Any]) -> str:
    if isinstance(value, str):
        return templates.render(value, names)
    return "" if value is None else str(value)
