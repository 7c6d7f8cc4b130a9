"""A world in which a sync of pairs is judged: one Salesforce record meets one record of Totango or of Marketo.

    stage = PairStage("totango")
    call = Create(side="partner", act="act-1", section="task", fields={"title": "Call"})
    play([call, Sync()], stage=stage, sync=mine)

`mine` makes a `PairSync` over a `PairConnection`; there is none by default.
"""

from __future__ import annotations

from crm_contracts.world.pairs.oracle import EXCEPTIONS
from crm_contracts.world.pairs.settings import PairSettings, Policy
from crm_contracts.world.pairs.stage import PairStage
from crm_contracts.world.pairs.under_test import PairConnection, PairSync, PairSyncFactory
from crm_contracts.world.pairs.world import PairWorld, play

__all__ = [
    "EXCEPTIONS",
    "PairConnection",
    "PairSettings",
    "PairStage",
    "PairSync",
    "PairSyncFactory",
    "PairWorld",
    "Policy",
    "play",
]
