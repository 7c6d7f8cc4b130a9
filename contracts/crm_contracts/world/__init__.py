"""A world in which a sync is judged: fakes, users, one clock, faults, and an oracle.

    stage = Stage()
    play([Create(side="task", act="act-1", fields={"action": "Call"}), Sync()], stage=stage)

Names that tests use are here; the modules' docstrings say which rules each of them keeps.
"""

from __future__ import annotations

from crm_contracts.world.reference import reference_sync
from crm_contracts.world.settings import Settings
from crm_contracts.world.stage import Cast, Stage
from crm_contracts.world.under_test import Connection, SyncUnderTest
from crm_contracts.world.world import World, play

__all__ = ["Cast", "Connection", "Settings", "Stage", "SyncUnderTest", "World", "play", "reference_sync"]
