"""Further scenarios of what a sync reads and how it compares, F47 to F63: see `more`."""

from __future__ import annotations

from crm_contracts.world import ops
from crm_contracts.world.ops import SALESFORCE, TASK
from crm_contracts.world.scenarios.made import LATER, SYNC, Scenario, edit, salesforce, scenario, task

__all__ = ["READING"]

TEN_MINUTES = ops.Tick(seconds=600)  # five times what a scan looks back
TWELVE = tuple(f"act-{n}" for n in range(1, 13))

READING: tuple[Scenario, ...] = (
    scenario(
        "F47",
        "a NUL comes into a text on each side, and other fields go on",
        [
            task(action="a\x00b"),
            salesforce("act-2"),
            SYNC,
            LATER,
            edit(TASK, action="c\x00d"),
            edit(SALESFORCE, "act-2", Description="New"),
            SYNC,
        ],
    ),
    # Whoever takes its own clock for a cursor passes over what began while it was still reading, and showed later.
    scenario(
        "F50",
        "a Salesforce edit that began during a long round shows after it",
        [salesforce(), TEN_MINUTES, SYNC, edit(SALESFORCE, Subject="Begun long ago", late=200), SYNC],
    ),
    scenario(
        "F50",
        "a Planhat edit that began during a long round shows after it",
        [task(), TEN_MINUTES, SYNC, edit(TASK, action="Begun long ago", late=200), SYNC],
    ),
    scenario(
        "F51",
        "a record is made in the second in which the round read the newest one",
        [salesforce(), task("act-2"), SYNC, salesforce("act-3"), task("act-4"), SYNC],
    ),
    scenario(
        "F54",
        "a dozen records of one second, and the cursor of each query runs out",
        [*(salesforce(act) for act in TWELVE), SYNC],
    ),
    scenario(
        "F54",
        "a dozen records of different seconds, and the cursor of each query runs out",
        [*(op for act in TWELVE for op in (salesforce(act), LATER)), SYNC],
    ),
    scenario(
        "F55",
        "one of two is edited while the other moves the cursor on",
        [
            salesforce(),
            task("act-2"),
            SYNC,
            TEN_MINUTES,
            salesforce("act-3"),
            task("act-4"),
            SYNC,
            TEN_MINUTES,
            edit(SALESFORCE, Subject="Edited"),
            edit(TASK, "act-2", action="Edited"),
            SYNC,
        ],
    ),
    scenario(
        "F56",
        "Planhat's clock is ten minutes behind",
        [ops.Skew(vendor="planhat", seconds=-600), task(), SYNC, LATER, edit(TASK, action="Seen"), SYNC],
    ),
    scenario(
        "F56",
        "Salesforce's clock is ten minutes behind",
        [
            ops.Skew(vendor="salesforce", seconds=-600),
            salesforce(),
            SYNC,
            LATER,
            edit(SALESFORCE, Subject="Seen"),
            SYNC,
        ],
    ),
)
