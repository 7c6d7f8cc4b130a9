"""The activity detail template: rule M12. Substitute, remove line breaks, cut.

Source: data/activity_detail.toml; the order of the three is ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fake_core.switches import Switches
from fake_marketo.data_files import read_toml
from fake_marketo.store import Row

_DATA = read_toml("activity_detail.toml")
FIELDS: dict[str, dict[str, str]] = _DATA["fields"]
CHARACTERS_MAX: int = _DATA["characters_max"]
_FIELD = re.compile(r"\{\{(\w+)\}\}", re.ASCII)


def values_of(reminder: Row, step: Row | None) -> dict[str, Any]:
    """The fields of the template for *reminder* and its campaign step, if it has one."""
    return {
        name: reminder[where["key"]] if "key" in where else (step or {}).get(where["step"])
        for name, where in FIELDS.items()
    }


def render(template: str, values: Mapping[str, Any], switches: Switches) -> str:
    """*template* with its fields filled in once: what a value says is text, never a field."""
    any_case = switches["template_names"] == "any_case"
    keep = switches["template_unknown_field"] == "keep"

    def fill(found: re.Match[str]) -> str:
        name = found[1].lower() if any_case else found[1]
        if name not in FIELDS:
            return found[0] if keep else ""
        value = values.get(name)
        return "" if value is None else str(value)

    return "".join(_FIELD.sub(fill, template).splitlines())[:CHARACTERS_MAX]
