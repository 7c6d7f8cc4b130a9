"""The worlds that can be simulated, by profile: how a stage is made, which world plays on it, which histories it gets.

Rule: a profile is a row of PROFILES; its module is loaded when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from crm_contracts.world.ops import Op
from crm_contracts.world.playing import Playing
from fake_core.errors import MisuseError

__all__ = ["PROFILES", "Profile", "profile"]

PROFILES: Mapping[str, str] = {
    "planhat": "crm_contracts.world.profile_planhat:PLANHAT",
    "totango": "crm_contracts.world.pairs.profiles:TOTANGO",
    "marketo": "crm_contracts.world.pairs.profiles:MARKETO",
}


@dataclass(frozen=True)
class Profile:
    """*stages* makes one stage each; a history's number says on which it plays. *world* begins a world on a stage.

    *history* takes a seed, a length and the number of the stage; *read* an operation's plain data. *task_fields* are
    the fields that the stages' Task has beside the usual ones, by name, as in an org file.
    """

    name: str
    stages: Sequence[Callable[[], Any]]
    world: Callable[[Any], Playing]
    history: Callable[[int, int, int], list[Op]]
    read: Callable[[Mapping[str, Any]], Op]
    task_fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def profile(name: str) -> Profile:
    """The profile of this name. Raises MisuseError where there is none."""
    if name not in PROFILES:
        raise MisuseError(f"no profile {name!r}: there are {', '.join(PROFILES)}")
    module, _, attribute = PROFILES[name].partition(":")
    found: Profile = getattr(import_module(module), attribute)
    return found
