"""What somebody may save in the integration's settings, and the switch that follows from it.

The oracle keeps its own copy of the switch, built from rules P17 to P22; must not import crm_sync.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from fake_core.errors import MisuseError

__all__ = ["BOTH", "CONFLICTS", "DIRECTIONS", "OFF", "PHASES", "RECEIVE", "SEND", "Inheritance", "Settings"]

BOTH = "Both Directions"
SEND = "Send to Salesforce"
RECEIVE = "Receive from Salesforce"
OFF = "Not Syncing"
DIRECTIONS = (BOTH, SEND, RECEIVE, OFF)
CONFLICTS = ("newest", "salesforce", "planhat")
PHASES = ("", "task", "conversation", "both")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The two sections and the conflict policy. *conversation_object* is the custom section's right side.

    *phase*: which sections map Planhat's custom field Phase to the custom field Stage__c of the Salesforce Task.
    """

    task: str = BOTH
    conversation: str = BOTH
    conversation_object: str = "Task"
    conflict: str = "newest"
    phase: str = ""

    def __post_init__(self) -> None:
        choices = {"task": DIRECTIONS, "conversation": DIRECTIONS, "conflict": CONFLICTS, "phase": PHASES}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise MisuseError(f"{name} is one of {', '.join(allowed)}, not {getattr(self, name)!r}")

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """These settings with *changes*; raises MisuseError for a name that is none."""
        unknown = sorted(set(changes) - {f.name for f in fields(self)})
        if unknown:
            raise MisuseError(f"no setting {unknown[0]!r}: there are {', '.join(f.name for f in fields(self))}")
        return replace(self, **changes)

    def sends(self, section: str) -> bool:
        """Whether *section* ("task" or "conversation") writes to Salesforce Tasks."""
        if section == "conversation" and self.conversation_object != "Task":
            return False
        return getattr(self, section) in (BOTH, SEND)

    def receives(self, section: str) -> bool:
        """Whether *section* writes to Planhat from Salesforce Tasks."""
        if section == "conversation" and self.conversation_object != "Task":
            return False
        return getattr(self, section) in (BOTH, RECEIVE)

    def maps_phase(self, side: str) -> bool:
        """Whether the custom field is mapped on *side*: in its section, or, of "salesforce", in any."""
        return bool(self.phase) if side == "salesforce" else self.phase in (side, "both")

    @property
    def sends_elsewhere(self) -> bool:
        """Whether Conversations go to another object than Task (rule P3)."""
        return self.conversation_object != "Task" and self.conversation in (BOTH, SEND)

    @property
    def meets_inheritance(self) -> bool:
        """The condition of rule P17."""
        return self.receives("task") and self.sends("conversation")


@dataclass
class Inheritance:
    """The switch "Notes to inherit Task sourceId": on by an edge of the condition, off by staff alone."""

    on: bool = False
    met: bool = False

    def saved(self, settings: Settings) -> None:
        """Somebody saved *settings*."""
        if settings.meets_inheritance and not self.met:
            self.on = True
        self.met = settings.meets_inheritance

    def staff_disabled(self) -> None:
        self.on = False
