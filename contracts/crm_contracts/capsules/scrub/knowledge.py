"""What the fields of a capsule hold: which values stay because they are choices, dates, numbers or handles.

Salesforce says it in its describe, custom fields of the capsule included; the partners' fields stand in fields.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.stages import Stages

__all__ = ["Field", "Knowledge", "knowledge_of"]

_KEPT = frozenset({"date", "datetime", "time", "double", "int", "currency", "percent", "boolean", "long"})
_SOBJECTS = {"planhat": ("Task",), "totango": ("Task", "Event"), "marketo": ("Task",)}


@dataclass(frozen=True)
class Field:
    """*kept*: whatever it holds stays. *choices* stay. *known*: what is neither is text of a person."""

    kept: bool = False
    choices: frozenset[str] = frozenset()
    known: bool = True
    custom: bool = False  # the customer's own: its choices are words of the customer


@dataclass(frozen=True)
class Knowledge:
    """Fields by name, those of Salesforce and those of the partner. *prefixes* are key prefixes of objects."""

    salesforce: Mapping[str, Field] = field(default_factory=dict)
    partner: Mapping[str, Field] = field(default_factory=dict)
    prefixes: frozenset[str] = frozenset()

    def of(self, side: str, name: str) -> Field:
        """What a field of *side* holds; of a field that nobody knows, nothing is known."""
        fields = self.salesforce if side == "salesforce" else self.partner
        return fields.get(name, Field(known=False))


def knowledge_of(capsule: Capsule, stages: Stages) -> Knowledge:
    """What the fakes of *capsule* say of their fields."""
    user = stages.of(capsule).salesforce
    fields: dict[str, Field] = {}
    for sobject in _SOBJECTS[capsule.profile]:
        for one in user.describe(sobject)["fields"]:
            custom = one["name"] in capsule.task_fields
            choices = frozenset() if custom else frozenset(each["value"] for each in one["picklistValues"])
            fields[one["name"]] = Field(kept=one["type"] in _KEPT, choices=choices, custom=custom)
    return Knowledge(fields, _partner(capsule.profile), frozenset(user.key_prefixes()))


@cache
def _partner(profile: str) -> dict[str, Field]:
    given: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("fields.toml").read_text("utf-8"))[profile]
    found = {name: Field(kept=True) for name in given["kept"]}
    found |= {name: Field() for key in ("text", "person", "customer") for name in given.get(key, ())}
    return found | {name: Field(choices=frozenset(values)) for name, values in given["choice"].items()}
