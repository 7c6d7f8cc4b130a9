"""The caller's settings: whether tasks are synced, since when, and the activity detail template.

Rule 1: the sync is off until a person switches it on (M1).
Rule 2: `enabled_at` is the latest enabling (M15); `previously_enabled` says that an earlier one ended (M18).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_marketo.operations import fields, template
from fake_marketo.operations.call import Call
from fake_marketo.store import SETTINGS, Row


def settings_of(call: Call, user: int) -> Row:
    """The settings of *user*; nobody has to make them."""
    return SETTINGS.get(call.connection, user) or fields.whole("settings", {"user": user})


def get(call: Call) -> Row:
    return settings_of(call, call.user["id"])


def update(call: Call, given: Mapping[str, Any]) -> Row:
    """Merge *given* into the caller's settings."""
    before = get(call)
    made = {**before, **fields.read("settings", given)}
    if given.get("task_sync") == "on" and (before["task_sync"] == "off" or call.switches["resave_enables"]):
        made["enabled_at"] = call.now()
    if (before["task_sync"], made["task_sync"]) == ("on", "off"):
        made["previously_enabled"] = True
    SETTINGS.put(call.connection, made)
    return made


def preview(call: Call, given: Mapping[str, Any]) -> dict[str, str]:
    """What a template (the caller's own without one) makes of *given* fields; the rest have no value."""
    row = fields.read("preview", given)
    text = row.pop("activity_detail_template", None)
    if text is None:
        text = get(call)["activity_detail_template"]
    return {"activity_detail_template": text, "text": template.render(text, row, call.switches)}
