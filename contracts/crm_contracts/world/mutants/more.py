"""Further scenarios: what planted bugs showed to be missing in the catalogue. Name -> (settings, history).

The catalogue's deeds are a minute apart, which is less than the overlap of the sync's scans: whatever changed is read
again, stamp or no stamp. `apart` puts an hour in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crm_contracts.world import ops
from crm_contracts.world.mutants.more_reading import READING
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, Op
from crm_contracts.world.scenarios.made import LATER, SYNC, Scenario, edit, fault, salesforce, scenario, task
from crm_contracts.world.settings import BOTH, OFF, RECEIVE, Settings

__all__ = ["MORE", "apart"]

HOUR = ops.Tick(seconds=3_600)
DONE = ops.Complete(side=TASK, act="act-1")

_SCENARIOS: tuple[Scenario, ...] = (
    scenario(
        "F09",
        "a Task is done before it was ever sent",
        [task(), DONE, SYNC, LATER, edit(CONVERSATION, subject="It went well"), SYNC],
    ),
    scenario(
        "F10",
        "inheritance was switched on, its configuration is given up, and a Task is done",
        [
            salesforce(),
            SYNC,
            ops.Configure(settings={"conversation": RECEIVE}),
            LATER,
            DONE,
            SYNC,
            ops.Configure(settings={"conversation": BOTH}),
            LATER,
            edit(CONVERSATION, subject="After it"),
            SYNC,
        ],
    ),
    scenario(
        "F12",
        "a newer Task names by hand one that says more",
        [salesforce(Description="The agenda"), LATER, task(link=15), SYNC],
    ),
    scenario(
        "F14",
        "a linked Task goes to a customer that Planhat does not know, and is edited",
        [salesforce(), SYNC, LATER, ops.Move(act="act-1", to="nowhere"), edit(SALESFORCE, Subject="Gone off"), SYNC],
    ),
    scenario(
        "F17",
        "what came over is edited where it came to, and Salesforce wins by policy",
        [
            salesforce(),
            SYNC,
            LATER,
            edit(SALESFORCE, Subject="From Salesforce"),
            SYNC,
            LATER,
            edit(TASK, action="From Planhat"),
            SYNC,
        ],
        settings=Settings(conflict="salesforce"),
    ),
    scenario(
        "F17",
        "what went out is edited where it went to, and Planhat wins by policy",
        [
            task(),
            SYNC,
            LATER,
            edit(TASK, action="From Planhat"),
            SYNC,
            LATER,
            edit(SALESFORCE, Subject="From Salesforce"),
            SYNC,
        ],
        settings=Settings(conflict="planhat"),
    ),
    scenario(
        "F18",
        "a round dies before its change arrives, again and again",
        [
            salesforce(),
            task("act-2"),
            SYNC,
            *(
                op
                for n in range(3, 12)
                for op in (
                    LATER,
                    edit(TASK, action=f"At {n}"),
                    edit(SALESFORCE, "act-2", Subject=f"At {n}"),
                    ops.Sync(crash_at=n),
                )
            ),
        ],
    ),
    scenario(
        "F27",
        "done in Planhat, where no Conversations are synced",
        [salesforce(), SYNC, LATER, DONE, SYNC],
        settings=Settings(conversation=OFF),
    ),
    scenario(
        "F28",
        "a Salesforce Task is edited and related to another customer in one go",
        [salesforce(), SYNC, LATER, ops.Move(act="act-1", to="globex"), edit(SALESFORCE, Subject="Moved"), SYNC],
    ),
    scenario(
        "F42",
        "a text is emptied on each side",
        [
            salesforce(Description="one"),
            task("act-2", description="<p>two</p>"),
            SYNC,
            LATER,
            edit(TASK, description=""),
            edit(SALESFORCE, "act-2", Description=None),
            SYNC,
        ],
    ),
    scenario(
        "F45",
        "the memory is lost, and one title is longer than Salesforce takes",
        [task(action="x" * 300), SYNC, LATER, ops.Forget(), SYNC, LATER, edit(SALESFORCE, Description="text"), SYNC],
    ),
    scenario("F54", "a dozen records, and pages of three", [*(salesforce(f"act-{n}") for n in range(1, 13)), SYNC]),
    scenario(
        "F52",
        "a round dies before it made what it had read, a long way below the newest",
        [
            op
            for n in range(7, 12)
            for op in (
                salesforce(f"act-{n}"),
                task(f"act-{n}0"),
                ops.Tick(seconds=300),
                salesforce(f"act-{n}1"),
                task(f"act-{n}2"),
                ops.Sync(crash_at=n),
            )
        ],
    ),
    scenario(
        "F55",
        "taken out of the recycle bin long after, and edited on the other side",
        [
            salesforce(),
            SYNC,
            HOUR,
            ops.Delete(side=SALESFORCE, act="act-1"),
            SYNC,
            HOUR,
            ops.Undelete(act="act-1"),
            SYNC,
            HOUR,
            edit(TASK, action="Awake"),
            SYNC,
        ],
    ),
    scenario(
        "F59",
        "a customer becomes known while others go on",
        [
            salesforce(at="nowhere"),
            SYNC,
            HOUR,
            salesforce("act-2"),
            SYNC,
            HOUR,
            ops.Introduce(customer="nowhere"),
            salesforce("act-3"),
            SYNC,
        ],
    ),
    scenario(
        "F63",
        "every session is refused until somebody looks",
        [
            salesforce(),
            SYNC,
            LATER,
            edit(TASK, action="Edited"),
            fault("session_expired", "salesforce", "update", times=None),
            SYNC,
            ops.Heal(),
            SYNC,
        ],
    ),
)

MORE: Mapping[str, tuple[Settings, tuple[Op, ...]]] = {
    f"{one.failure} {one.name}": (one.settings, one.history) for one in (*_SCENARIOS, *READING)
}


def apart(history: Sequence[Op]) -> tuple[Op, ...]:
    """*history* with two hours after every round, in which another record moves the cursors on: no overlap of scans
    reaches back over them.
    """
    played: list[Op] = []
    for n, op in enumerate(history):
        played.append(op)
        if isinstance(op, ops.Sync):
            played += [HOUR, salesforce(f"other-{n}"), SYNC, HOUR]
    return tuple(played)
