"""Any sync put to the proof: a command or an HTTP hook that performs one run against served fakes.

`trial` plays one history, `ladder` and `campaign` make and choose them, `report` says in plain words what was found.
The sync is met over sockets only; it is told where everything is by environment variables (see `given`).
"""

from __future__ import annotations

from crm_contracts.verify.arena import Arena
from crm_contracts.verify.campaign import Campaign, Plan
from crm_contracts.verify.report import Report
from crm_contracts.verify.runner import CommandRunner, HookRunner, Runner

__all__ = ["Arena", "Campaign", "CommandRunner", "HookRunner", "Plan", "Report", "Runner"]
