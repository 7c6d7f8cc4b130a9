"""Identity and creation: F01 to F16."""

from __future__ import annotations

from crm_contracts.world import ops
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.scenarios.made import (
    LATER,
    SYNC,
    conversation,
    edit,
    fault,
    salesforce,
    scenario,
    task,
)
from crm_contracts.world.settings import BOTH, OFF, RECEIVE, SEND, Settings

__all__ = ["SCENARIOS"]

DONE = ops.Complete(side=TASK, act="act-1")

SCENARIOS = (
    scenario(
        "F01",
        "the answer to a creation in Salesforce is lost",
        [task(), fault("lost_response", "salesforce", "create", "Task"), SYNC],
    ),
    scenario(
        "F01",
        "the answer to an upsert in Salesforce is lost",
        [task(), fault("lost_response", "salesforce", "upsert", "Task"), SYNC],
    ),
    scenario(
        "F01",
        "Planhat acts and answers with an error",
        [salesforce(), fault("error_after", "planhat", "create", "Task"), SYNC],
    ),
    scenario("F02", "death just after a creation in Salesforce", [task(), ops.Sync(crash_at=9, acted=True)]),
    scenario("F02", "death just after a creation in Planhat", [salesforce(), ops.Sync(crash_at=10, acted=True)]),
    scenario(
        "F02",
        "an id is typed into Planhat after a death just before a creation there",
        [salesforce(Description="About prices"), ops.Sync(crash_at=10), LATER, task(link=18), SYNC],
    ),
    scenario(
        "F04",
        "a Task and its Conversation, one Salesforce Task, change in one round",
        [
            salesforce(),
            SYNC,
            DONE,
            SYNC,
            LATER,
            edit(TASK, action="The task"),
            edit(CONVERSATION, subject="The conversation", description="<p>both</p>"),
            SYNC,
        ],
    ),
    scenario(
        "F06",
        "blank keys on two records",
        [task(sourceId=""), task("act-2", sourceId=""), conversation("act-3", externalId=""), SYNC],
    ),
    scenario(
        "F07",
        "an id of 15 characters is typed into Planhat",
        [salesforce(), task(link=15), SYNC, LATER, edit(TASK, action="By the short id"), SYNC],
    ),
    scenario(
        "F07",
        "what cannot be seen yet is named by 15 characters",
        [
            SYNC,
            ops.Rights(blind=True),
            salesforce(),
            task(link=15),
            *(LATER, SYNC) * 4,
            ops.Rights(),
            edit(SALESFORCE, Description="Shown now"),
            SYNC,
        ],
    ),
    scenario(
        "F09",
        "a Task and the Conversation that continues it",
        [task(), SYNC, DONE, SYNC, LATER, edit(CONVERSATION, subject="It went well"), SYNC],
    ),
    scenario(
        "F09",
        "a Task takes part later than the Conversation that was logged of it",
        [
            ops.Configure(settings={"task": OFF}),
            task(),
            DONE,
            SYNC,
            ops.Configure(settings={"task": SEND}),
            edit(TASK, action="The task"),
            SYNC,
        ],
    ),
    scenario(
        "F10",
        "inheritance is off while a Task is done, and on again later",
        [
            salesforce(),
            SYNC,
            ops.StaffDisable(),
            DONE,
            SYNC,
            ops.Configure(settings={"conversation": RECEIVE}),
            ops.Configure(settings={"conversation": BOTH}),
            SYNC,
        ],
    ),
    scenario(
        "F10",
        "a Task is done before Tasks are received at all, which switches inheritance on",
        [task(), SYNC, DONE, LATER, ops.Configure(settings={"task": BOTH}), SYNC],
        settings=Settings(task=SEND),
    ),
    scenario(
        "F10",
        "a Conversation is logged while its section is off, which is then enabled",
        [salesforce(), SYNC, DONE, SYNC, ops.Configure(settings={"conversation": SEND}), SYNC],
        settings=Settings(conversation=OFF),
    ),
    scenario(
        "F11",
        "a Task is cloned in Salesforce",
        [
            task(description="<p>as it was</p>"),
            SYNC,
            ops.Clone(act="act-1", new="act-2"),
            SYNC,
            LATER,
            edit(TASK, "act-2", action="The copy"),
            SYNC,
        ],
    ),
    scenario(
        "F12",
        "both sides were filled and linked by hand before the first run",
        [salesforce(), task(link=18), salesforce("act-2"), conversation("act-2", link=18), SYNC],
    ),
    scenario(
        "F13",
        "the memory of the sync is lost",
        [
            salesforce(),
            task("act-2"),
            conversation("act-3"),
            SYNC,
            DONE,
            SYNC,
            ops.Forget(),
            SYNC,
            LATER,
            edit(TASK, "act-2", action="After the loss"),
            SYNC,
        ],
    ),
    scenario(
        "F13",
        "the memory is lost, and Salesforce has deleted a record that Planhat still points at",
        [salesforce(), SYNC, ops.Delete(side=SALESFORCE, act="act-1"), SYNC, ops.Forget(), SYNC],
    ),
    scenario(
        "F14",
        "two accounts are merged",
        [
            salesforce(),
            task("act-2"),
            salesforce("act-3", at="globex"),
            SYNC,
            ops.Merge(loser="acme", into="globex"),
            SYNC,
            LATER,
            edit(TASK, action="After the merge"),
            edit(SALESFORCE, "act-2", Subject="After the merge, too"),
            SYNC,
        ],
    ),
    scenario(
        "F14",
        "the account of a Planhat Task is merged away before it was sent",
        [task(), ops.Merge(loser="acme", into="globex"), task("act-2", at="globex"), SYNC],
    ),
    scenario(
        "F14",
        "an account that Planhat does not know is merged into one that it knows",
        [salesforce(at="nowhere"), SYNC, ops.Merge(loser="nowhere", into="globex"), SYNC],
    ),
    scenario(
        "F15",
        "a deleted Task is taken out of the recycle bin",
        [
            salesforce(),
            SYNC,
            ops.Delete(side=SALESFORCE, act="act-1"),
            SYNC,
            ops.Undelete(act="act-1"),
            SYNC,
            LATER,
            edit(SALESFORCE, Subject="Back again"),
            SYNC,
        ],
    ),
    scenario(
        "F15",
        "Planhat is edited while the Task is in the recycle bin",
        [
            salesforce(),
            SYNC,
            ops.Delete(side=SALESFORCE, act="act-1"),
            SYNC,
            edit(TASK, action="Edited meanwhile"),
            SYNC,
            ops.Tick(seconds=3_600),
            task("act-2"),
            SYNC,
            ops.Undelete(act="act-1"),
            SYNC,
        ],
    ),
    scenario(
        "F15",
        "deleted and undeleted between two rounds",
        [
            task(),
            SYNC,
            ops.Delete(side=SALESFORCE, act="act-1"),
            ops.Undelete(act="act-1"),
            SYNC,
            LATER,
            edit(SALESFORCE, Subject="Never gone"),
            SYNC,
        ],
    ),
)
