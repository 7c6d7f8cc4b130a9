"""What an administrator may save about a profile: the policy of each section, and Marketo's own settings.

Names are those of the policy vocabulary (direction, create, conflict, delete, window). Must not import crm_sync.
Source: rules T1, T9, T13, T14, T23, T24, T39 to T41, M1, M10, M14 to M18, M21, M22.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from crm_contracts.world.pairs.ops import IN
from fake_core.errors import MisuseError

__all__ = [
    "CAMPAIGN_TOUCH",
    "EXISTENCE",
    "PROFILES",
    "REMINDER",
    "SOBJECTS",
    "TASK",
    "TOUCHPOINT",
    "PairSettings",
    "Policy",
]

TASK, TOUCHPOINT, CAMPAIGN_TOUCH, REMINDER = "task", "touchpoint", "campaign_touch", "reminder"
PROFILES = {"totango": (TASK, TOUCHPOINT, CAMPAIGN_TOUCH), "marketo": (REMINDER,)}
SOBJECTS = {TASK: "Task", TOUCHPOINT: "Event", CAMPAIGN_TOUCH: "Event", REMINDER: "Task"}
# Settings that decide whether a record is made or taken away, by the last word of their name. Who changes one lets a
# sync look at what it passed over before; any other alone may not write (I7).
EXISTENCE = frozenset(
    {"direction", "create_in", "create_out", "delete_in", "delete_out", "in_filter", "out_updated_days"}
    | {"enabled", "initial_import", "catch_up_days", "delete_vs_update", "unmapped_status"}
)

_CHOICES = {
    "direction": ("both", "in", "out", "off"),
    "conflict": ("newest", "salesforce", "partner"),
    "grain": ("record", "field"),
    "tie": ("salesforce", "partner"),
    "delete_vs_update": ("delete_wins", "last_write_wins"),
}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The policy of one section.

    *direction*: "both", "in" (from Salesforce), "out" or "off". *create_in* and *create_out*: whether what is not there
    is made (T13, T24). *conflict*, *grain*, *tie*: T9, M22. *out_updated_days*: what was not updated for so long does
    not go out (T23). *in_filter*: a SOQL condition on what comes in (T14). Deletions: T39 to T41, M21.
    """

    direction: str = "both"
    create_in: bool = True
    create_out: bool = True
    conflict: str = "newest"
    grain: str = "record"
    tie: str = "salesforce"
    delete_in: bool = True
    delete_out: bool = True
    delete_vs_update: str = "delete_wins"
    out_updated_days: int | None = None
    in_filter: str = ""

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise MisuseError(f"{name} is one of {', '.join(allowed)}, not {getattr(self, name)!r}")

    def opens(self, way: str) -> bool:
        """Whether the section has a job of this *way*, "in" or "out"."""
        return self.direction in ("both", way)

    def creates(self, way: str) -> bool:
        return self.create_in if way == IN else self.create_out

    def deletes(self, way: str) -> bool:
        return self.delete_in if way == IN else self.delete_out


_TOUCHES = Policy(direction="out", create_in=False, delete_in=False, delete_out=False, out_updated_days=30)
_DEFAULTS = {
    "totango": {TASK: Policy(out_updated_days=30), TOUCHPOINT: Policy(out_updated_days=30), CAMPAIGN_TOUCH: _TOUCHES},
    "marketo": {REMINDER: Policy(grain="field")},
}


_OWN = {
    "totango": ("participants",),
    "marketo": ("enabled", "template", "initial_import", "catch_up_days", "unmapped_status"),
}


@dataclass(frozen=True, kw_only=True)
class PairSettings:
    """The settings of one profile. *policies* are by section.

    Totango's own: *participants*, whether the touchpoints' jobs map Participants to WhoId (T33, T34).
    Marketo's own: *enabled* (M1), *template* of the activity detail (M10, M12), *initial_import* "last_24h" or
    "all_open" (M16), *catch_up_days* for deletions while the sync was off (M18), *unmapped_status* "keep_value" or
    "skip_record" (M4).
    """

    profile: str
    policies: Mapping[str, Policy] = field(default_factory=dict)
    participants: bool = False
    enabled: bool = True
    template: str = "{{activity_subject}}"
    initial_import: str = "last_24h"
    catch_up_days: int = 15
    unmapped_status: str = "keep_value"

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise MisuseError(f"a profile is one of {', '.join(PROFILES)}, not {self.profile!r}")
        if self.initial_import not in ("last_24h", "all_open"):
            raise MisuseError(f"initial_import is last_24h or all_open, not {self.initial_import!r}")
        if self.unmapped_status not in ("keep_value", "skip_record"):
            raise MisuseError(f"unmapped_status is keep_value or skip_record, not {self.unmapped_status!r}")
        unknown = sorted(set(self.policies) - set(PROFILES[self.profile]))
        if unknown:
            raise MisuseError(f"{self.profile} has no section {unknown[0]!r}")
        object.__setattr__(self, "policies", {**_DEFAULTS[self.profile], **self.policies})

    def policy(self, section: str) -> Policy:
        return self.policies[section]

    @property
    def sections(self) -> tuple[str, ...]:
        return PROFILES[self.profile]

    def changed(self, changes: Mapping[str, Any]) -> PairSettings:
        """These settings with *changes*: `{"task.create_in": False, "enabled": True}`. Raises MisuseError."""
        policies, own = dict(self.policies), {}
        for name, value in changes.items():
            section, dot, key = name.partition(".")
            if not dot:
                if name in ("profile", "policies") or name not in {one.name for one in fields(self)}:
                    raise self._unknown(name)
                own[name] = value
                continue
            if section not in policies or key not in {one.name for one in fields(Policy)}:
                raise self._unknown(name)
            policies[section] = replace(policies[section], **{key: value})
        return replace(self, policies=policies, **own)

    def _unknown(self, name: str) -> MisuseError:
        """What to say of a setting that is none: which there are."""
        section, keys = self.sections[0], ", ".join(one.name for one in fields(Policy))
        own, sections = ", ".join(_OWN[self.profile]), " or ".join(self.sections)
        return MisuseError(
            f"no setting {name!r} of {self.profile}: there are {own}, "
            f"and, for {sections}, {section}.direction and so on: {keys}"
        )
