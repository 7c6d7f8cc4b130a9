"""Change detection: F49 to F59."""

from __future__ import annotations

from crm_contracts.world import ops
from crm_contracts.world.ops import SALESFORCE, TASK
from crm_contracts.world.scenarios.made import LATER, SYNC, edit, salesforce, scenario, task

__all__ = ["SCENARIOS"]

FIVE_MINUTES = ops.Tick(seconds=300)

SCENARIOS = (
    scenario(
        "F49",
        "an edit in Salesforce comes to light below the cursor",
        [
            salesforce(),
            SYNC,
            FIVE_MINUTES,
            salesforce("act-2"),
            SYNC,
            edit(SALESFORCE, Subject="Committed late", late=100),
            SYNC,
        ],
    ),
    scenario(
        "F49",
        "a new Salesforce Task comes to light below the cursor",
        [salesforce(), SYNC, FIVE_MINUTES, salesforce("act-2"), SYNC, salesforce("act-3", late=90), SYNC],
    ),
    scenario(
        "F49",
        "an edit in Planhat comes to light below the cursor",
        [task(), SYNC, FIVE_MINUTES, task("act-2"), SYNC, edit(TASK, action="Committed late", late=100), SYNC],
    ),
    scenario(
        "F51",
        "a dozen records with one stamp",
        [*(salesforce(f"act-{n}") for n in range(1, 7)), *(task(f"act-{n}") for n in range(7, 13)), SYNC, SYNC],
    ),
    scenario(
        "F52",
        "death after the other half was made, before anything was noted",
        [salesforce(), task("act-2"), ops.Sync(crash_at=9, acted=True), ops.Sync(crash_at=12, acted=True)],
    ),
    scenario(
        "F55",
        "a change that does not move the date of the last edit",
        [
            salesforce(),
            ops.Delete(side=SALESFORCE, act="act-1"),
            ops.Tick(seconds=3_600),
            salesforce("act-2"),
            SYNC,
            ops.Undelete(act="act-1"),
            SYNC,
        ],
    ),
    scenario(
        "F56",
        "Salesforce's clock is a minute and a half ahead",
        [
            ops.Skew(vendor="salesforce", seconds=90),
            salesforce(),
            SYNC,
            LATER,
            edit(TASK, action="Later by the wall"),
            SYNC,
            LATER,
            edit(SALESFORCE, Subject="Both"),
            edit(TASK, action="At once"),
            SYNC,
        ],
    ),
    scenario(
        "F56",
        "Planhat's clock is two minutes behind",
        [
            ops.Skew(vendor="planhat", seconds=-120),
            task(),
            SYNC,
            LATER,
            edit(TASK, action="Later by the wall"),
            SYNC,
            LATER,
            edit(SALESFORCE, Subject="Both"),
            edit(TASK, action="At once"),
            SYNC,
        ],
    ),
    scenario(
        "F56",
        "Planhat's clock is behind when a Task that nobody synced yet is done",
        [task(), ops.Skew(vendor="planhat", seconds=-45), ops.Complete(side=TASK, act="act-1"), SYNC],
    ),
    scenario(
        "F56",
        "Salesforce's clock is ten minutes behind when the run dies",
        [ops.Skew(vendor="salesforce", seconds=-600), task(), ops.Sync(crash_at=9, acted=True)],
    ),
    scenario(
        "F57",
        "both sides write one field in the same second",
        [
            salesforce(),
            SYNC,
            LATER,
            edit(TASK, action="From Planhat"),
            edit(SALESFORCE, Subject="From Salesforce"),
            SYNC,
        ],
    ),
    scenario(
        "F59",
        "the customer becomes known long after the record was made",
        [
            salesforce(at="nowhere"),
            SYNC,
            ops.Tick(seconds=40 * 86_400),
            SYNC,
            ops.Introduce(customer="nowhere"),
            SYNC,
        ],
    ),
)
