"""Transport, limits and operations: F60 to F70."""

from __future__ import annotations

from crm_contracts.world import ops
from crm_contracts.world.ops import SALESFORCE, TASK
from crm_contracts.world.scenarios.made import LATER, SYNC, edit, fault, salesforce, scenario, task

__all__ = ["SCENARIOS"]

THREE = ("act-1", "act-2", "act-3")
IN_SALESFORCE = [*(salesforce(act) for act in THREE), SYNC, LATER]
EDITED = [edit(TASK, act, action=f"Edited {act}") for act in THREE]

SCENARIOS = (
    scenario(
        "F60",
        "one item of a collection is refused",
        [*IN_SALESFORCE, *EDITED, fault("item_refused", "salesforce", "update", "Task", item=1), SYNC],
    ),
    scenario(
        "F61",
        "several creations answered by ids alone",
        [
            *(salesforce(act, Description=f"text of {act}") for act in THREE),
            *(task(f"{act}0", description=f"<p>text of {act}0</p>") for act in THREE),
            SYNC,
            LATER,
            *(edit(TASK, act, action=f"Edited {act}") for act in THREE),
            SYNC,
        ],
    ),
    scenario(
        "F62",
        "the day's requests are used up in the middle of a round",
        [*IN_SALESFORCE, *EDITED, fault("limit_reached", "salesforce", "update", times=None), SYNC, ops.Heal(), SYNC],
    ),
    scenario(
        "F62",
        "Planhat asks to wait in the middle of a round",
        [*(salesforce(act) for act in THREE), fault("limit_reached", "planhat", "create"), SYNC],
    ),
    scenario(
        "F63",
        "the session ends between two writes",
        [*IN_SALESFORCE, *EDITED, fault("session_expired", "salesforce", "update"), SYNC],
    ),
    scenario(
        "F63",
        "the session ends before a creation",
        [task(), task("act-2"), fault("session_expired", "salesforce", "create", nth=2), SYNC],
    ),
    scenario(
        "F64",
        "rows are locked for a while",
        [*IN_SALESFORCE, *EDITED, fault("row_locked", "salesforce", "update", "Task", times=2), SYNC],
    ),
    scenario(
        "F67",
        "a customer that Planhat does not know",
        [salesforce(at="nowhere"), salesforce("act-2"), SYNC, LATER, edit(SALESFORCE, Subject="Still alone"), SYNC],
    ),
)
