"""Any sync put to the proof: a command or an HTTP hook that performs one run against served fakes.

`trial` plays one history, `ladder` and `campaign` make and choose them, `report` says in plain words what was found.
The sync is met over sockets only; it is told where everything is by environment variables (see `given`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_contracts.verify.arena import Arena
    from crm_contracts.verify.campaign import Campaign, Plan
    from crm_contracts.verify.report import Report
    from crm_contracts.verify.runner import CommandRunner, HookRunner, Runner

__all__ = ["Arena", "Campaign", "CommandRunner", "HookRunner", "Plan", "Report", "Runner"]

# Loaded when asked for: whoever only runs a command (`crm_contracts.integration`) needs no world.
_PLACES = {
    "Arena": "arena",
    "Campaign": "campaign",
    "CommandRunner": "runner",
    "HookRunner": "runner",
    "Plan": "campaign",
    "Report": "report",
    "Runner": "runner",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
