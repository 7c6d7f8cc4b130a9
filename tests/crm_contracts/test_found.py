"""What the machines found in the reference sync, kept as the shortest history that shows it.

A finding that is not mended yet is marked xfail with what is wrong; xfail is strict, so the mark goes when it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from crm_contracts.world import Stage, ops, play
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, Op
from crm_contracts.world.settings import BOTH, CONFLICTS, OFF, RECEIVE, SEND, Settings
from crm_contracts.world.stage import STAGED, Cast

NOTE = ops.Create(side=CONVERSATION, act="act-1", fields={"subject": "Call", "type": "note"})
PLANNED = ops.Create(side=TASK, act="act-1", fields={"action": "Call"})
MET = ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call"})
TYPED = ops.Create(side=TASK, act="act-1", fields={"action": "Typed"}, link=18)
DIES = ops.Sync(crash_at=9, acted=True)  # just after the other half was made, before anybody could note that


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def slow(vendor: str, verb: str) -> Op:
    """The next rows of a vendor are those of now, whatever is written until then."""
    return ops.InjectFault(fault="slow_visibility", vendor=vendor, verb=verb, object="*")


def found(*history: Op, wrong: str = "") -> object:
    """A history and, if it still fails, what is wrong."""
    marks = [pytest.mark.xfail(reason=wrong)] if wrong else []
    return pytest.param(list(history), marks=marks)


HISTORIES = {
    "two fields lose the same words in the run after a death": found(
        ops.Create(side=TASK, act="act-1", fields={"action": "One"}),
        ops.Create(side=SALESFORCE, act="act-2", fields={"Subject": "Two"}),
        ops.Create(side=SALESFORCE, act="act-3", fields={"Subject": "Three"}),
        ops.Create(side=TASK, act="act-2", fields={"action": "Typed"}, link=18),
        ops.Edit(side=SALESFORCE, act="act-2", fields={"Description": "text"}),
        ops.Sync(crash_at_commit=7),
        ops.Complete(side=TASK, act="act-2"),
        ops.Edit(side=CONVERSATION, act="act-2", fields={"subject": "Same", "description": "<p>Same</p>"}),
    ),
    "edited between a death and the recovery": found(
        NOTE,
        DIES,
        ops.Tick(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Other"}),
    ),
    "an empty field is filled between a death and the recovery": found(
        NOTE,
        DIES,
        ops.Tick(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Description": "new"}),
    ),
    "a newer edit of an empty field after a death": found(
        PLANNED,
        DIES,
        ops.Tick(),
        ops.Edit(side=TASK, act="act-1", fields={"description": "<p>old</p>"}),
        ops.Tick(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Description": "new"}),
    ),
    "a death before the id is written back, and the type takes no part any more": found(
        NOTE,
        ops.Sync(crash_at_commit=4),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"type": "chat"}),
    ),
    "the done Task was edited, and the Conversation that was logged of it": found(
        PLANNED,
        ops.Sync(),
        ops.Edit(side=TASK, act="act-1", fields={"action": "B"}),
        ops.Complete(side=TASK, act="act-1"),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "C"}),
    ),
    "a second Task is due and its account is merged away": found(
        PLANNED,
        ops.Sync(),
        ops.Merge(loser="acme", into="nowhere"),
        ops.StaffDisable(),
        ops.Complete(side=TASK, act="act-1"),
    ),
    "a section is switched off between a death and the recovery": found(
        ops.Configure(settings={"conversation": OFF}),
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call"}),
        DIES,
        ops.Configure(settings={"task": OFF}),
    ),
    "a logged Conversation is edited in a section that only receives": found(
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "a", "Description": "b"}),
        ops.Sync(),
        ops.Complete(side=SALESFORCE, act="act-1"),
        ops.Sync(),
        ops.Configure(settings={"conversation": RECEIVE}),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "Call"}),
    ),
    "what was made in Salesforce, and its section only receives by now": found(
        PLANNED,
        DIES,
        ops.Configure(settings={"task": RECEIVE}),
        ops.Complete(side=SALESFORCE, act="act-1"),
        ops.Sync(),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"description": "<p>new</p>"}),
    ),
    "what was made in Salesforce, and it is done and told of before the recovery": found(
        PLANNED,
        DIES,
        ops.Complete(side=TASK, act="act-1"),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"description": "<p>new</p>"}),
    ),
    "what was made in Salesforce is continued by a Conversation while Tasks are not syncing": found(
        PLANNED,
        DIES,
        ops.Configure(settings={"task": OFF}),
        ops.Complete(side=TASK, act="act-1"),
    ),
    "the same once its link was known": found(
        PLANNED,
        ops.Sync(crash_at=10, acted=True),
        ops.Configure(settings={"task": OFF}),
        ops.Complete(side=TASK, act="act-1"),
    ),
    "what was made in Planhat gets a day before the recovery": found(
        MET,
        ops.Sync(crash_at=11),
        ops.Edit(side=TASK, act="act-1", fields={"startTime": "2026-02-07T00:00:00.000Z"}),
    ),
    "what was made in Salesforce, and its section is switched off": found(
        PLANNED,
        DIES,
        ops.Configure(settings={"task": OFF}),
    ),
    "what was made in Salesforce, and its section was off for a while": found(
        PLANNED,
        DIES,
        ops.Configure(settings={"task": OFF}),
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Other"}),
        ops.Sync(),
        ops.Configure(settings={"task": BOTH}),
    ),
    "what was made in Planhat is deleted before anybody read it": found(
        MET,
        ops.Sync(crash_at=11),
        ops.Delete(side=TASK, act="act-1"),
    ),
    "what was made in Planhat is deleted, and nobody was told that it had been made": found(
        MET,
        ops.Sync(crash_at=10, acted=True),
        ops.Delete(side=TASK, act="act-1"),
    ),
    "made from its Task while its Conversation, which only receives, says something else": found(
        PLANNED,
        ops.Configure(settings={"conversation": RECEIVE}),
        ops.Complete(side=TASK, act="act-1"),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "Other"}),
    ),
    "Planhat's clock is behind when a Task that nobody synced yet is done": found(
        PLANNED,
        ops.Skew(vendor="planhat", seconds=-45),
        ops.Complete(side=TASK, act="act-1"),
    ),
    "a pair from before, whose Planhat Task has the id of 15 characters": found(
        ops.Configure(settings={"task": OFF, "conversation": OFF}),
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "One"}),
        ops.Create(side=TASK, act="act-1", link=15, fields={"action": "Another"}),
        ops.Configure(settings={"task": BOTH, "conversation": BOTH}),
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Two"}),
    ),
    "a pair from before, whose Conversation has the id of 15 characters": found(
        ops.Configure(settings={"task": OFF, "conversation": OFF}),
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "One", "Status": "Completed"}),
        ops.Create(side=CONVERSATION, act="act-1", link=15, fields={"subject": "Other", "type": "note"}),
        ops.Configure(settings={"task": BOTH, "conversation": BOTH}),
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Two"}),
    ),
    "a value loses that Planhat had taken over into the Conversation": found(
        ops.Create(side=TASK, act="act-1", fields={"action": "One"}),
        ops.Sync(),
        ops.Edit(side=TASK, act="act-1", fields={"action": "From Planhat"}),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "From Salesforce"}),
        ops.Complete(side=TASK, act="act-1"),
    ),
    "Salesforce's clock is ahead of ours by more than a creation takes": found(
        ops.Skew(vendor="salesforce", seconds=3_600), NOTE, DIES
    ),
    "Salesforce's clock is behind ours by more than two clocks usually are apart": found(
        ops.Skew(vendor="salesforce", seconds=-600), NOTE, DIES
    ),
    "a Task whose Conversation was sent before it takes part, and the Salesforce Task is deleted": found(
        ops.Configure(settings={"task": OFF}),
        PLANNED,
        ops.Complete(side=TASK, act="act-1"),
        ops.Sync(),
        ops.Configure(settings={"task": SEND}),
        ops.Delete(side=SALESFORCE, act="act-1"),
        ops.Edit(side=TASK, act="act-1", fields={"action": "Again"}),
    ),
    "Planhat copies a Task over what its user said in the Conversation, because the sync completed it": found(
        ops.StaffDisable(),
        PLANNED,
        ops.Edit(side=TASK, act="act-1", fields={"description": ""}),
        ops.Complete(side=TASK, act="act-1"),
        ops.Sync(),
        ops.Reopen(side=SALESFORCE, act="act-1"),
        ops.Sync(),
        ops.Complete(side=SALESFORCE, act="act-1"),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"description": "<p>Met</p>"}),
    ),
    "a status typed in Salesforce wins over the completion, and then it is completed there": found(
        MET,
        ops.StaffDisable(),
        ops.Sync(),
        ops.Complete(side=TASK, act="act-1"),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "Met"}),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Status": "Waiting on someone else"}),
        ops.Sync(),
        ops.Complete(side=SALESFORCE, act="act-1"),
    ),
    "Planhat logs a deleted Conversation once more, because the sync completed its Task": found(
        ops.StaffDisable(),
        PLANNED,
        ops.Complete(side=TASK, act="act-1"),
        ops.Delete(side=CONVERSATION, act="act-1"),
        ops.Reopen(side=TASK, act="act-1"),
        ops.Sync(),
        ops.Complete(side=SALESFORCE, act="act-1"),
    ),
    "a deleted Conversation is logged once more, without what its user had said there": found(
        PLANNED,
        ops.Complete(side=TASK, act="act-1"),
        ops.Ignore(act="act-1"),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"custom": {"Mood": "good"}}),
        ops.Delete(side=CONVERSATION, act="act-1"),
        ops.Complete(side=TASK, act="act-1"),
    ),
    "a status typed in Salesforce opens a completed Task again": found(
        ops.StaffDisable(),
        PLANNED,
        ops.Complete(side=TASK, act="act-1"),
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Status": "In Progress"}),
        ops.Sync(),
        ops.Complete(side=SALESFORCE, act="act-1"),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Description": "Met"}),
    ),
    "a done Task was edited, and its Conversation, which takes no part": found(
        ops.Configure(settings={"conversation": OFF}),
        PLANNED,
        ops.Sync(),
        ops.Edit(side=TASK, act="act-1", fields={"description": "<p>Agenda</p>"}),
        ops.Complete(side=TASK, act="act-1"),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"description": "<p>It went well</p>"}),
    ),
    "a status that goes nowhere is overruled later": found(
        PLANNED,
        ops.Configure(settings={"task": SEND}),
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Status": "Deferred"}),
        ops.Sync(),
        ops.Edit(side=TASK, act="act-1", fields={"status": "To Do"}),
    ),
    "the account of a linked Task is merged into one without a Company": found(
        MET,
        ops.Sync(),
        ops.Merge(loser="acme", into="nowhere"),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Status": "Deferred"}),
    ),
    "who writes once more what is there wrote nothing": found(
        MET,
        ops.Create(side=TASK, act="act-2", fields={"action": "T"}),
        ops.Ignore(act="act-2"),
        ops.Sync(),
        ops.Tick(seconds=600),
        ops.Ignore(act="act-1"),
        ops.Sync(),
        ops.Move(act="act-1", to="acme"),
        ops.Ignore(act="act-2"),
        ops.Sync(),
    ),
    "a done Task goes over as a Conversation past a Planhat Task that takes no part": found(
        ops.Configure(settings={"task": OFF}),
        MET,
        TYPED,
        ops.StaffDisable(),
        ops.Complete(side=SALESFORCE, act="act-1"),
    ),
    "and that Planhat Task is done, too": found(
        ops.Configure(settings={"task": OFF}),
        MET,
        TYPED,
        ops.StaffDisable(),
        ops.Complete(side=SALESFORCE, act="act-1"),
        ops.Complete(side=TASK, act="act-1"),
    ),
    "a Salesforce Task is done, and not shown so, when it goes over": found(
        MET, slow("salesforce", "query"), ops.Complete(side=SALESFORCE, act="act-1"), ops.Tick(), ops.Sync()
    ),
    "a Planhat Task is edited, and not shown so, when it goes over": found(
        PLANNED, slow("planhat", "*"), ops.Edit(side=TASK, act="act-1", fields={"action": "Call them"}), ops.Sync()
    ),
    "of two edits one is shown": found(
        MET,
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "One"}),
        slow("salesforce", "query"),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Two"}),
        ops.Sync(),
    ),
    "an edit is not shown when its record meets one with its id": found(
        MET,
        TYPED,
        slow("salesforce", "query"),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Two"}),
        ops.Sync(),
    ),
    "an id of 15 characters is not shown when its record is made": found(
        MET,
        slow("planhat", "*"),
        ops.Create(side=TASK, act="act-1", fields={"action": "Typed"}, link=15),
        ops.Sync(),
    ),
    "a pair by hand, before the first run, and a way that is opened": found(
        MET,
        TYPED,
        ops.Configure(settings={"task": RECEIVE}),
        ops.Configure(settings={"task": SEND}),
    ),
    "a Task with an id by hand, elsewhere, is not shown when its record is made": found(
        ops.Create(side=SALESFORCE, act="act-1", at="globex", fields={"Subject": "Call"}),
        slow("planhat", "*"),
        TYPED,
        ops.Move(act="act-1", to="acme"),
        ops.Sync(),
    ),
    "a status is chosen while its partner is in the bin": found(
        MET,
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Status": "Waiting on someone else"}),
        ops.Sync(),
        ops.Delete(side=SALESFORCE, act="act-1"),
        ops.Reopen(side=TASK, act="act-1"),
        ops.Undelete(act="act-1"),
    ),
    "a Task is sent whose Conversation takes no part any more": found(
        PLANNED,
        ops.Sync(),
        ops.Edit(side=TASK, act="act-1", fields={"description": "<p>About prices</p>"}),
        ops.Complete(side=TASK, act="act-1"),
        ops.Configure(settings={"task": SEND}),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Description": "About terms"}),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"type": "email"}),
    ),
    "an id of 15 characters in a done Task that is not shown, but its Conversation": found(
        ops.StaffDisable(),
        MET,
        ops.InjectFault(fault="slow_visibility", vendor="planhat", verb="*", object="*", nth=2),
        ops.Create(side=TASK, act="act-1", fields={"action": "Typed"}, link=15),
        ops.Complete(side=TASK, act="act-1"),
        ops.Sync(),
    ),
    "what was written and not noted loses its text": found(
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call", "Description": "About prices"}),
        ops.Sync(crash_at_commit=2),
        ops.Edit(side=TASK, act="act-1", fields={"description": ""}),
    ),
    "what was written to a pair by hand and not noted loses its text": found(
        MET,
        ops.Create(side=TASK, act="act-1", fields={"action": "Typed", "description": "<p>About prices</p>"}, link=15),
        ops.InjectFault(fault="lost_request", vendor="salesforce", verb="query", object="*", nth=3, times=None),
        ops.Sync(),
        ops.Heal(),
        ops.Edit(side=TASK, act="act-1", fields={"description": ""}),
    ),
    "a Conversation that takes no part any more is shown as it was": found(
        PLANNED,
        ops.StaffDisable(),
        ops.Complete(side=TASK, act="act-1"),
        ops.InjectFault(fault="slow_visibility", vendor="planhat", verb="*", object="*", nth=3),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"type": "email"}),
        ops.Sync(),
    ),
    "what a person had linked, and no run had noted, is deleted": found(
        MET,
        TYPED,
        ops.Sync(crash_at=5),
        ops.Delete(side=TASK, act="act-1"),
    ),
    "an id typed after a death at the creation": found(
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call", "Description": "About prices"}),
        ops.Sync(crash_at=10),
        ops.Tick(),
        TYPED,
    ),
    "a text emptied between a death and the recovery may pass for one that was never there": found(
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call", "Description": "About prices"}),
        ops.Sync(crash_at=10, acted=True),
        ops.Tick(),
        ops.Edit(side=TASK, act="act-1", fields={"description": ""}),
    ),
    "an id typed for what was deleted before the first run, and is back": found(
        MET,
        TYPED,
        ops.Delete(side=SALESFORCE, act="act-1"),
        ops.Sync(),
        ops.Undelete(act="act-1"),
    ),
    "a done Task was edited, and its Conversation, which only receives": found(
        PLANNED,
        ops.Sync(),
        ops.Edit(side=TASK, act="act-1", fields={"action": "B"}),
        ops.Complete(side=TASK, act="act-1"),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "C"}),
        ops.Configure(settings={"conversation": RECEIVE}),
    ),
    "a search is behind when it is read back, and a user undoes what was written": found(
        MET,
        ops.InjectFault(fault="slow_visibility", vendor="salesforce", verb="query", object="*", times=None),
        ops.Sync(),
        ops.Edit(side=TASK, act="act-1", fields={"description": "<p>About prices</p>"}),
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Description": None}),
    ),
    "both sides edit what is back from the bin before any run saw it gone": found(
        PLANNED,
        ops.Sync(),
        ops.Delete(side=SALESFORCE, act="act-1"),
        ops.Undelete(act="act-1"),
        ops.Edit(side=TASK, act="act-1", fields={"description": "<p>About prices</p>"}),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Description": "About dates"}),
    ),
    "a Conversation is edited after a death before it was met": found(
        PLANNED,
        ops.Complete(side=TASK, act="act-1"),
        ops.Sync(crash_at=11, acted=True),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "Other"}),
    ),
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_what_was_found_once(stage: Stage, history: list[Op]) -> None:
    """The history settles and every invariant holds."""
    play(history, stage=stage)


WITH_FIELDS_OF_ITS_OWN = {
    "what a Conversation alone maps was on its way to it at a death": found(
        ops.Configure(settings={"phase": "conversation"}),
        ops.Create(side=SALESFORCE, act="act-1", fields={"Stage__c": "Trial"}),
        ops.Sync(),
        ops.Complete(side=TASK, act="act-1"),
        ops.Sync(crash_at=10),
    ),
    "a field is mapped before any run saw the Conversation, and Salesforce changes it": found(
        PLANNED,
        ops.Sync(),
        ops.Complete(side=TASK, act="act-1"),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Stage__c": "Trial"}),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"custom": {"Phase": "Trial"}}),
        ops.Configure(settings={"phase": "conversation"}),
        ops.Configure(settings={"conflict": "planhat"}),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Stage__c": "Rollout"}),
    ),
    "a Task that only receives, whose Conversation does not sync any more": found(
        PLANNED,
        ops.Complete(side=TASK, act="act-1"),
        ops.Configure(settings={"task": RECEIVE}),
        ops.Skew(vendor="planhat", seconds=45),
        ops.Sync(),
        ops.Configure(settings={"conversation": OFF}),
    ),
    "an older status is shown after a death": found(
        ops.Create(side=TASK, act="act-1", fields={"action": "Call", "status": "To Do"}),
        ops.Sync(),
        ops.Edit(side=TASK, act="act-1", fields={"status": "In-progress"}),
        ops.InjectFault(fault="slow_visibility", vendor="salesforce", verb="query", object="*", nth=2, times=None),
        ops.Create(side=TASK, act="act-2", fields={"action": "Other"}),
        ops.Sync(crash_at_commit=3),
        ops.Sync(),
    ),
    "a field is mapped while one of a pair is in the bin": found(
        NOTE,
        ops.Sync(),
        ops.Delete(side=SALESFORCE, act="act-1"),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"custom": {"Phase": "Trial"}}),
        ops.Configure(settings={"phase": "both"}),
        ops.Undelete(act="act-1"),
    ),
    "a field is mapped after a run that died over a pair by hand": found(
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call", "Stage__c": "Trial"}),
        TYPED,
        ops.Sync(crash_at_commit=2),
        ops.Configure(settings={"phase": "both"}),
    ),
    "a field is mapped between the logging of a Conversation and the next run": found(
        ops.Create(side=SALESFORCE, act="act-1", fields={"Stage__c": "Trial"}),
        ops.Sync(),
        ops.Complete(side=SALESFORCE, act="act-1"),
        ops.Sync(),
        ops.Configure(settings={"phase": "conversation"}),
    ),
    "a field that Conversations alone map, of a Task that no scan shows any more": found(
        ops.Configure(settings={"phase": "conversation"}),
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call", "Stage__c": "Trial"}),
        ops.Sync(),
        ops.Complete(side=SALESFORCE, act="act-1"),
        ops.Tick(seconds=600),
        ops.Create(side=SALESFORCE, act="act-2", fields={"Subject": "Newer"}),
    ),
    "a long text loses, of which Salesforce keeps a part": found(
        MET,
        ops.Configure(settings={"phase": "both"}),
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Stage__c": "Rollout"}),
        ops.Edit(
            side=TASK, act="act-1", fields={"custom": {"Phase": "A stage with more letters than Salesforce can keep"}}
        ),
    ),
    "a field is mapped where Tasks are off, and one that says otherwise is done": found(
        MET,
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Stage__c": "Rollout"}),
        ops.Edit(side=TASK, act="act-1", fields={"custom": {"Phase": "Trial"}}),
        ops.Configure(settings={"task": OFF}),
        ops.Configure(settings={"phase": "both"}),
        ops.Complete(side=TASK, act="act-1"),
    ),
    "Planhat logs a Task once more, with what was written since": found(
        MET,
        ops.Sync(),
        ops.Complete(side=SALESFORCE, act="act-1"),
        ops.Sync(),
        ops.Edit(side=TASK, act="act-1", fields={"custom": {"Phase": "Trial"}}),
        ops.Ignore(act="act-1"),
        ops.Complete(side=TASK, act="act-1"),
        ops.Edit(side=TASK, act="act-1", fields={"custom": {"Phase": "Rollout"}}),
    ),
}


@pytest.mark.rule("P29", "I8")
@pytest.mark.parametrize("history", WITH_FIELDS_OF_ITS_OWN.values(), ids=WITH_FIELDS_OF_ITS_OWN)
def test_what_was_found_in_an_org_with_fields_of_its_own(history: list[Op]) -> None:
    """The same where people write to a custom field, and the sync has a key of its own."""
    with closing(Stage(cast=Cast(task_fields=STAGED), external_id=True)) as staged:
        play(history, stage=staged)


@pytest.mark.parametrize("dies_at", [0, 7])
def test_our_own_write_is_nobodys_edit(stage: Stage, dies_at: int) -> None:
    """What was written to a Task that no scan had shown is agreed on, also after a death: the user's next edit fights
    with nobody, whoever wins by policy (F17, I5).
    """
    apart = ops.Tick(seconds=600)
    made = [ops.Create(side=SALESFORCE, act=act, fields={"Subject": act}) for act in ("act-1", "act-2")]
    edits = [ops.Edit(side=TASK, act="act-1", fields={"action": value}) for value in ("B", "C")]
    writes = ops.Sync(crash_at=dies_at, acted=True)
    history = [made[0], ops.Sync(), apart, made[1], ops.Sync(), apart, edits[0], writes, ops.Tick(seconds=60), edits[1]]

    world = play(history, stage=stage, settings=Settings(conflict="salesforce"))

    sent = [line for line in world.story("act-1") if "PATCH" in line and '"Subject"' in line]
    assert ["B", "C"] == [next(value for value in "BC" if f'"{value}"' in line) for line in sent]
    assert [] == [conflict for report in world.reports for conflict in report.conflicts]


@pytest.mark.parametrize("dies_at", [1, 2])
def test_a_task_that_is_open_again_is_not_forgotten(stage: Stage, dies_at: int) -> None:
    """Its status was on its way when the sync died; Salesforce's closed Task is not taken for what was sent (I10)."""
    status = [ops.Edit(side=TASK, act="act-1", fields={"status": "To Do"})]
    history = [PLANNED, ops.Sync(), ops.Complete(side=TASK, act="act-1"), ops.Sync(), ops.Tick(seconds=30), *status]

    died = play([*history, ops.Sync(crash_at_commit=dies_at, acted=True)], stage=stage).summary()
    lived = play([*history, ops.Sync()], stage=stage).summary()

    assert lived == died


def linked(*edits: Op) -> list[Op]:
    """A Task and Salesforce's are in step; then *edits*, half a minute apart."""
    return [PLANNED, ops.Sync(), *(op for edit in edits for op in (edit, ops.Tick(seconds=30)))]


DONE = ops.Complete(side=TASK, act="act-1")
HALVES = {
    "a new Conversation speaks, of one moment with its Task": [
        *linked(DONE)[:-1],
        ops.Edit(side=TASK, act="act-1", fields={"status": "Blocked"}),
        ops.Tick(seconds=30),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Status": "Waiting on someone else"}),
    ],
    "the Task speaks after its new Conversation": linked(
        ops.Edit(side=TASK, act="act-1", fields={"action": "B"}),
        DONE,
        ops.Edit(side=TASK, act="act-1", fields={"action": "C"}),
    ),
    "a Conversation speaks after its Task, and Salesforce last": [
        *linked(DONE, ops.Sync(), ops.Edit(side=TASK, act="act-1", fields={"action": "B"})),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "C"}),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "S"}),
    ],
    "the Task speaks after its old Conversation": [
        *linked(DONE, ops.Sync(), ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "B"})),
        ops.Edit(side=TASK, act="act-1", fields={"action": "C"}),
    ],
}
SINCE = {
    "nobody": [],
    "the Conversation": [ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "D"})],
    "the Task": [ops.Edit(side=TASK, act="act-1", fields={"action": "E"})],
}


@pytest.mark.parametrize("since", SINCE.values(), ids=SINCE)
@pytest.mark.parametrize("history", HALVES.values(), ids=HALVES)
def test_half_of_what_was_written_has_no_say(stage: Stage, history: list[Op], since: list[Op]) -> None:
    """One of Planhat's records spoke, and the sync died when Salesforce had heard of it and the other had not: what the
    other said is overruled, what a user of Planhat's writes since is not (F17, I10).
    """
    later = [ops.Tick(seconds=30), *since, ops.Sync()]
    settings = Settings(conflict="planhat")

    died = play([*history, ops.Sync(crash_at=9), *later], stage=stage, settings=settings)
    lived = play([*history, ops.Sync(), *later], stage=stage, settings=settings)

    assert lived.summary() == died.summary()


@pytest.mark.parametrize(
    "last",
    [
        [ops.Sync(crash_at_commit=6, acted=True)],
        [ops.InjectFault(fault="lost_response", vendor="planhat", verb="list"), ops.Sync()],
    ],
    ids=["died", "asked again"],
)
def test_what_was_counted_in_a_broken_round_is_not_owed_again(last: list[Op]) -> None:
    """A record of which nothing is to be done, long before a round that was told of it and did not end well, is behind
    the cursor of the next one: nobody demands that it is counted there (I15).
    """
    mail = ops.Create(side=CONVERSATION, act="act-1", fields={"subject": "Mail", "type": "email"})
    note = ops.Create(side=CONVERSATION, act="act-2", fields={"subject": "Call", "type": "note"})
    later = ops.Tick(seconds=600)

    with closing(Stage(external_id=True)) as keyed:
        play([mail, later, note, *last, later, ops.Sync()], stage=keyed, settings=Settings())


@pytest.mark.parametrize("since", [*SINCE.values(), [ops.Reopen(side=TASK, act="act-1")]], ids=[*SINCE, "opened"])
@pytest.mark.parametrize("conflict", CONFLICTS)
def test_a_note_of_before_does_not_close_what_was_opened_again(stage: Stage, conflict: str, since: list[Op]) -> None:
    """Planhat logs a Conversation of a Task that was done; who opens it again means it, though the sync dies when it
    has told Planhat and before it wrote down that it has seen that Conversation (P1, I5, I10).
    """
    done = [MET, ops.Sync(), ops.Tick(seconds=31), ops.Complete(side=SALESFORCE, act="act-1"), ops.Sync()]
    history = [*done, ops.Reopen(side=SALESFORCE, act="act-1")]
    later = [ops.Tick(seconds=30), *since, ops.Sync()]
    settings = Settings(conflict=conflict)

    died = play([*history, ops.Sync(crash_at=8, acted=True), *later], stage=stage, settings=settings)
    lived = play([*history, ops.Sync(), *later], stage=stage, settings=settings)

    assert lived.summary() == died.summary()


@pytest.mark.parametrize("dies_at", [8, 10])
def test_what_never_reached_salesforce_is_decided_anew(stage: Stage, dies_at: int) -> None:
    """One field goes each way, and neither was written, or one: what loses then is logged as ever (F17, I5)."""
    edits = [
        ops.Edit(side=CONVERSATION, act="act-1", fields={"description": "<p>B</p>"}),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Description": "C"}),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "D"}),
    ]

    play([NOTE, ops.Sync(), *edits, ops.Sync(crash_at=dies_at)], stage=stage, settings=Settings(conflict="newest"))


def test_two_fields_may_lose_the_same_words(stage: Stage) -> None:
    """Subject and text say the same and both lose: the log of conflicts has the words twice, once for each (I5)."""
    edits = [
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "S", "Description": "D"}),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "Same", "description": "<p>Same</p>"}),
    ]

    play([NOTE, ops.Sync(), *edits, ops.Sync()], stage=stage, settings=Settings(conflict="salesforce"))


@pytest.mark.parametrize("stale", [1, None], ids=["once", "from the start"])
def test_a_conversation_that_shows_late_undoes_nothing(stage: Stage, stale: int | None) -> None:
    """The round of its completed Task is not shown it, or neither; once it shows, its values of then are no edit (I5,
    F49).
    """
    late = ops.InjectFault(fault="slow_visibility", vendor="planhat", verb="list", object="*", times=stale)
    history = [
        *([late] if stale is None else []),
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Review"}),
        ops.Sync(),
        ops.InjectFault(fault="slow_visibility", vendor="planhat", verb="list", object="Conversation"),
        ops.Complete(side=TASK, act="act-1"),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Edited since"}),
        ops.Sync(),
        ops.Sync(),
    ]

    play(history, stage=stage, settings=Settings(conflict="planhat" if stale else "newest"))


def test_what_only_receives_gives_way_to_what_nobody_changed(stage: Stage) -> None:
    """A Task done before its section only received: its Conversation makes the Salesforce Task, and in the round after
    it the Task gives up its title, which is logged (I5).
    """
    history = [
        ops.Create(side=TASK, act="act-1", fields={"action": "Call"}),
        ops.Complete(side=TASK, act="act-1"),
        ops.Configure(settings={"task": RECEIVE}),
        ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "Met", "description": "<p>Met</p>"}),
        ops.Sync(),
    ]

    play(history, stage=stage, settings=Settings(conflict="planhat"))


@pytest.mark.rule("P1", "P10", "I3")
@pytest.mark.parametrize("dies_at", [10, 11, 12])
@pytest.mark.parametrize("again", [False, True])
def test_a_task_that_was_begun_gets_no_conversation_beside_it(stage: Stage, dies_at: int, again: bool) -> None:
    """The run dies while it makes two Planhat Tasks, and by the next one Tasks do not sync: what was made of one is
    what the Conversation section finds, so its Salesforce Task, done since, becomes no second activity.
    """
    later = [ops.Configure(settings={"task": BOTH}), ops.Sync()] if again else []
    history = [
        *(ops.Create(side=SALESFORCE, act=f"act-{n}", fields={"Subject": "Call"}) for n in (1, 2)),
        ops.Sync(crash_at=dies_at),
        ops.Complete(side=SALESFORCE, act="act-2"),
        ops.Configure(settings={"task": OFF}),
        ops.Sync(),
        ops.Complete(side=TASK, act="act-2"),
        *later,
    ]

    play(history, stage=stage)


@pytest.mark.rule("P10", "P21")
@pytest.mark.parametrize("direction", [BOTH, RECEIVE])
@pytest.mark.parametrize("seconds", [0, 1])
def test_logged_in_the_moment_of_the_switch(stage: Stage, direction: str, seconds: int) -> None:
    """A Task is done in the very moment in which inheritance goes on: whether its Conversation continues it nobody can
    know. A second before, it does not.
    """
    history = [
        MET,
        ops.StaffDisable(),
        ops.Create(side=TASK, act="act-1", fields={"action": "Typed"}, link=15),
        ops.Configure(settings={"task": SEND}),
        ops.Complete(side=TASK, act="act-1"),
        *([ops.Tick(seconds=seconds)] if seconds else []),
        ops.Configure(settings={"task": direction}),
        ops.Sync(),
    ]

    world = play(history, stage=stage, settings=Settings(conflict="newest"))

    assert ("" if seconds else "switch-moment") == world.oracle.model.activities["act-1"].silent
