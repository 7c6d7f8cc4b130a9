"""The activity detail template: what becomes the Subject of a reminder's Salesforce task (M10, M12, M13).

Rule 1: substitute, remove line breaks, cut; a field without a value is empty, a field that nobody knows stays as typed.
Rule 2: what a value says is text, never a field: it is substituted once.
Rule 3: the sync renders, it does not ask the partner: it is the integration that writes the Subject, asking would cost
a call for each reminder, and a pure function can be put to the proof. The partner's own view is the check of it.
Source: Marketo documentation, Configure Salesforce Activity Detail Customization (fields, line breaks, 255 characters:
documented; the order of the three steps, letter case and unknown fields: assumed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crm_sync.config import load_profile

_DATA = load_profile("marketo")["activity_detail"]
CHARACTERS_MAX: int = _DATA["characters_max"]
NO_SUBJECT: str = _DATA["no_subject"]
#: Field -> where a reminder's value is: {"key": a key of its own} or {"step": a key of its campaign step}.
FIELDS: Mapping[str, Mapping[str, str]] = _DATA["fields"]
_FIELD = re.compile(r"\{\{(\w+)\}\}", re.ASCII)


def values_of(reminder: Mapping[str, Any], step: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The template's fields for a reminder and its campaign step, if it has one."""
    return {
        name: reminder.get(where["key"]) if "key" in where else (step or {}).get(where["step"])
        for name, where in FIELDS.items()
    }


def render(template: str, values: Mapping[str, Any]) -> str:
    """One line of at most 255 characters."""

    def fill(found: re.Match[str]) -> str:
        name = found[1].lower()
        if name not in FIELDS:
            return found[0]
        value = values.get(name)
        return "" if value is None else str(value)

    return "".join(_FIELD.sub(fill, template).splitlines())[:CHARACTERS_MAX]


def follows_name(template: str) -> bool:
    """Does an edit of the name reach the Salesforce Subject? Only through `{{activity_subject}}` (M10, M13)."""
    return any(found[1].lower() == "activity_subject" for found in _FIELD.finditer(template))


def name_from_subject(subject: Any) -> str:
    """What a reminder that comes from Salesforce is called, once, when it is made (M11)."""
    text = "" if subject is None else str(subject)
    return text if text.strip() else NO_SUBJECT
