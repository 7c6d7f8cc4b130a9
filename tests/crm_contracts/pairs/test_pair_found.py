"""What histories by seed found in the judge of pairs or in the reference sync, kept as the shortest that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from crm_contracts.world.invariants import check_isolated
from crm_contracts.world.pairs import PairStage, PairWorld, play
from crm_contracts.world.pairs.ops import (
    BOTH,
    IN,
    OUT,
    PARTNER,
    SALESFORCE,
    WAYS,
    Configure,
    Create,
    Delete,
    Edit,
    InjectFault,
    Introduce,
    Op,
    Reopen,
    Settle,
    Sync,
    Tick,
    Undelete,
)
from crm_contracts.world.pairs.reference import reference_pair_sync
from crm_contracts.world.pairs.settings import REMINDER, TASK, TOUCHPOINT
from crm_contracts.world.pairs.toys import Honest
from crm_contracts.world.violations import LoserUnlogged, NotConverged

HERE = Create(side=SALESFORCE, act="act-1", section=TASK, fields={"Subject": "Call"})
THERE = Create(side=PARTNER, act="act-1", section=TASK, fields={"title": "Call"})
DAY = 86_400
BY_FIELD = Configure(settings={"task.grain": "field"})


def edit(side: str, **fields: object) -> Edit:
    return Edit(side=side, act="act-1", fields=fields)


HIGH = Configure(settings={"task.in_filter": "Priority = 'High'"})
PASSING = Create(side=SALESFORCE, act="act-1", section=TASK, fields={"Subject": "Call", "Priority": "High"})
LATER = Tick(seconds=60)
OUT_FIRST = Sync(ways=(OUT, IN))
QBR = {"Subject": "QBR", "ActivityDate": "2026-02-08"}
AT_ONCE = Sync(ways=(BOTH,))
# Totango's is the later edit of a record that the filter keeps out.
KEPT_OUT = (
    HIGH,
    PASSING,
    Sync(),
    LATER,
    edit(SALESFORCE, Description="older", Priority="Low"),
    Sync(),
    LATER,
    edit(PARTNER, description="newer"),
    Sync(),
)

HISTORIES: dict[str, tuple[Op, ...]] = {
    "what was made was read from a search that was behind": (
        Create(side=SALESFORCE, act="act-1", section=TOUCHPOINT, at="nowhere", fields=QBR),
        Sync(),
        InjectFault(fault="slow_visibility", vendor="salesforce", verb="query", object="Event", times=1),
        edit(SALESFORCE, Description="text"),
        Introduce(customer="nowhere"),
        Tick(seconds=30),
        Sync(),
    ),
    "an assignee nobody knows gives way to the agreed one": (
        HERE,
        AT_ONCE,
        edit(PARTNER, description="text", assignee="stranger"),
        AT_ONCE,
        edit(SALESFORCE, OwnerId="quinn"),
        edit(PARTNER, assignee="pia"),
    ),
    "a run died before the key was written, and the window is over": (
        Create(side=PARTNER, act="act-1", section=TOUCHPOINT, fields={"subject": "Call"}),
        Sync(ways=(BOTH,), crash_at=16),
        Tick(seconds=31 * DAY),
    ),
    "the same where jobs run": (
        Create(side=PARTNER, act="act-1", section=TOUCHPOINT, fields={"subject": "Call"}),
        Sync(crash_at=28),
        Tick(seconds=31 * DAY),
    ),
    "both said the same when one of them was deleted": (
        Create(side=SALESFORCE, act="act-1", section=TASK, fields={"Subject": "Call", "ActivityDate": "2026-02-18"}),
        Sync(),
        edit(SALESFORCE, ActivityDate=None, Priority="Low"),
        edit(PARTNER, due_date=""),
        Sync(ways=(OUT,)),
        Delete(side=SALESFORCE, act="act-1"),
    ),
    "the later edit is kept out by a filter": (
        HIGH,
        PASSING,
        Sync(),
        LATER,
        edit(PARTNER, description="older"),
        LATER,
        edit(SALESFORCE, Description="newer", Priority="Low"),
        Sync(),
        LATER,
        edit(SALESFORCE, Priority="High"),
    ),
    "what a filter keeps out was edited before": KEPT_OUT,
    "the survivor of a deletion that is past the window is edited": (
        HERE,
        Sync(),
        Delete(side=PARTNER, act="act-1"),
        Tick(seconds=31 * DAY),
        edit(SALESFORCE, Subject="Edited"),
    ),
    "a deletion waits for its job until it is past the window": (
        HERE,
        Sync(),
        Delete(side=PARTNER, act="act-1"),
        edit(SALESFORCE, Subject="Edited"),
        Sync(ways=(IN,)),
        Tick(seconds=31 * DAY),
    ),
    "the job that carries no deletions notices the last write first": (
        Configure(settings={"task.delete_vs_update": "last_write_wins"}),
        HERE,
        Sync(),
        edit(SALESFORCE, Subject="Edited"),
        LATER,
        Delete(side=PARTNER, act="act-1"),
        Sync(ways=(IN,)),
        LATER,
    ),
    "in the second of the deletion Salesforce's edit is the last write": (
        Configure(settings={"task.delete_vs_update": "last_write_wins"}),
        HERE,
        Sync(),
        edit(SALESFORCE, Subject="Edited"),
        Delete(side=PARTNER, act="act-1"),
    ),
    "the record that wins as a whole has no owner, and Salesforce's was changed": (
        THERE,
        Sync(),
        edit(SALESFORCE, OwnerId="pia"),
        LATER,
        edit(PARTNER, description="text"),
    ),
    "an assignee whom Salesforce does not know wins no record": (
        Create(side=PARTNER, act="act-1", section=TASK, fields={"assignee": "stranger", "title": "Call"}),
        Configure(settings={"task.tie": "partner"}),
        Sync(),
        edit(SALESFORCE, ActivityDate="2026-02-28"),
    ),
    "what was made, and nobody heard of, was renamed, and its source is deleted": (
        HERE,
        Sync(crash_at=12, acted=True),
        edit(PARTNER, title="Renamed"),
        Delete(side=SALESFORCE, act="act-1"),
    ),
    "an owner that a filter keeps out comes in when the record that won opens it": (
        Configure(settings={"task.in_filter": "Priority != 'Low'"}),
        THERE,
        Sync(),
        edit(SALESFORCE, OwnerId="pia", Priority="Low"),
        LATER,
        edit(PARTNER, title="Renamed"),
    ),
    "what was made, and nobody heard of, is deleted": (
        HERE,
        Sync(crash_at=12, acted=True),
        Delete(side=PARTNER, act="act-1"),
    ),
    "what was made, and nobody read, is deleted": (
        HERE,
        Sync(crash_at=13),
        Delete(side=PARTNER, act="act-1"),
    ),
    "a deletion takes an edit along": (
        HERE,
        Sync(),
        edit(SALESFORCE, Subject="Edited", Description="words"),
        LATER,
        Delete(side=PARTNER, act="act-1"),
    ),
    "both completed it, and one changed something else": (
        HERE,
        Sync(),
        edit(SALESFORCE, Status="Completed"),
        edit(PARTNER, status="closed", priority=3),
    ),
    "a rejected row comes again, and no filter lets it through": (
        HIGH,
        Create(side=SALESFORCE, act="act-1", section=TASK, fields={"Priority": "High"}),
        Sync(),
        LATER,
        edit(SALESFORCE, Subject="Call", Priority="Low"),
    ),
    "a deletion is older than an edit that a filter keeps out": (
        HIGH,
        Configure(settings={"task.delete_vs_update": "last_write_wins"}),
        PASSING,
        Sync(),
        LATER,
        Delete(side=PARTNER, act="act-1"),
        LATER,
        edit(SALESFORCE, Subject="Other", Priority="Low"),
    ),
    "a row is rejected, and by field something goes out": (
        BY_FIELD,
        HERE,
        Sync(),
        LATER,
        edit(SALESFORCE, Subject=None),
        edit(PARTNER, description="text"),
    ),
    "what comes in opens the window for what goes out after it": (
        BY_FIELD,
        HERE,
        Sync(),
        LATER,
        edit(PARTNER, description="text"),
        Tick(seconds=31 * 86_400),
        edit(SALESFORCE, Subject="Other"),
    ),
    "an owner nobody knows is the last word on the record": (
        HERE,
        Sync(),
        edit(PARTNER, assignee="stranger"),
        edit(SALESFORCE, Subject="Other"),
        Configure(settings={"task.tie": "partner"}),
    ),
    "an edit is on its way when fields begin to win alone": (THERE, Sync(), edit(PARTNER, priority=3), BY_FIELD),
    "the survivor is edited, and its counterpart went a month ago": (
        HERE,
        Sync(),
        edit(SALESFORCE, Subject="Other"),
        Delete(side=PARTNER, act="act-1"),
        Tick(seconds=31 * 86_400),
    ),
    "one half is out of the bin again, and fields win alone since": (
        HERE,
        Sync(),
        Delete(side=SALESFORCE, act="act-1"),
        BY_FIELD,
        Undelete(act="act-1"),
        edit(SALESFORCE, Description="text"),
    ),
    "one job alone carries what changed on its side, and the other side has drifted elsewhere": (
        HERE,
        Sync(),
        Configure(settings={"task.direction": "in"}),
        edit(PARTNER, description="Drifted"),
        edit(SALESFORCE, Subject="Other"),
    ),
    "one job passes what the loser of a record changed, before the other job writes the winner's record": (
        HERE,
        Sync(),
        edit(SALESFORCE, Subject="Other"),
        Tick(seconds=86_400),
        edit(PARTNER, priority=3),
        Create(side=SALESFORCE, act="act-2", section=TASK, fields={"Subject": "News"}),
    ),
    "a task is closed, and the sync dies before Salesforce hears of it": (
        HERE,
        Sync(),
        Tick(seconds=60),
        edit(PARTNER, status="closed"),
        Sync(crash_at_commit=4, acted=True),
    ),
    "both completed it, and the later one has the subject that the other took away": (
        HERE,
        Sync(),
        edit(SALESFORCE, Status="Completed", Subject=None),
        LATER,
        edit(PARTNER, status="closed"),
    ),
    "what goes out gives the row its title before it comes in": (
        BY_FIELD,
        HERE,
        Sync(),
        edit(SALESFORCE, Subject=None, Description="text"),
        LATER,
        edit(PARTNER, title="Other"),
        OUT_FIRST,
    ),
    "what goes out lets the row through the filter before it comes in": (
        BY_FIELD,
        HIGH,
        THERE,
        Sync(),
        edit(SALESFORCE, Description="text"),
        edit(PARTNER, priority=1),
        OUT_FIRST,
    ),
}


TO_CALL = Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call"})
LOCKED = InjectFault(fault="row_locked", vendor="salesforce", verb="update", object="Task", times=None)
BEHIND = InjectFault(fault="slow_visibility", vendor="marketo", verb="list", object="Reminder", times=None)
REMINDERS: dict[str, tuple[Op, ...]] = {
    "a run dies over two of one name, and one is about somebody": (
        Configure(settings={"template": "Reminder"}),
        Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call", "person": "ann"}),
        Create(side=PARTNER, act="act-2", section=REMINDER, fields={"name": "Other"}),
        Sync(ways=(BOTH,), crash_at=13),
    ),
    "who says again what is there writes nothing": (
        TO_CALL,
        Sync(),
        Tick(seconds=600),
        Create(side=PARTNER, act="act-2", section=REMINDER, fields={"name": "Other"}),
        OUT_FIRST,
        Reopen(side=PARTNER, act="act-1"),
        Edit(side=PARTNER, act="act-2", fields={"priority": "normal"}),
        AT_ONCE,
    ),
    "a run dies over one of two that have one name": (
        Configure(settings={"template": "Reminder"}),
        Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call", "priority": "high"}),
        Create(side=PARTNER, act="act-2", section=REMINDER, fields={"name": "Other"}),
        Sync(ways=(BOTH,), crash_at=10),
    ),
    "what a skipped status keeps back is looked at without its reminder": (
        Configure(settings={"unmapped_status": "skip_record"}),
        Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call", "details": "line"}),
        Sync(),
        Tick(seconds=600),
        Create(side=SALESFORCE, act="act-2", section=REMINDER, fields={"Description": "line"}),
        edit(SALESFORCE, Status="Deferred", Description=None),
        Sync(),
        Sync(),
        Reopen(side=SALESFORCE, act="act-1"),
    ),
    "a list of the moment of our own write is behind it": (
        TO_CALL,
        Sync(),
        BEHIND,
        edit(SALESFORCE, Description="text"),
        Sync(),
    ),
    "a name was on its way when the sync died, and Salesforce's Subject has no opinion": (
        TO_CALL,
        Sync(),
        Tick(seconds=60),
        edit(PARTNER, name="Other"),
        Sync(crash_at_commit=4, acted=True),
    ),
    "Salesforce refused for a while, and the job that has nothing to do looks first": (
        TO_CALL,
        Sync(),
        edit(PARTNER, name="Other", details="text"),
        Create(side=SALESFORCE, act="act-2", section=REMINDER, fields={"Subject": "News"}),
        Tick(seconds=3_600),
        LOCKED,
        Sync(),
    ),
    "a run dies over one of two that a template gives one name": (
        Configure(settings={"template": "Reminder"}),
        Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call", "details": "text"}),
        Create(side=PARTNER, act="act-2", section=REMINDER, fields={"name": "Other"}),
        InjectFault(fault="session_expired", vendor="marketo", verb="*", object="*", nth=3),
        Sync(crash_at=15),
    ),
    "a name is given to what was made, and nobody heard of": (
        Create(side=SALESFORCE, act="act-1", section=REMINDER, fields={"Subject": None}),
        Sync(crash_at=10, acted=True),
        edit(PARTNER, name="Call"),
    ),
    "what was written in Salesforce waits for the job that reads it": (
        TO_CALL,
        Tick(seconds=600),
        Create(side=PARTNER, act="act-2", section=REMINDER, fields={"name": "Other"}),
        Sync(),
        Edit(side=SALESFORCE, act="act-2", fields={"Subject": "Renamed"}),
        edit(SALESFORCE, WhatId="globex"),
        Sync(ways=(OUT,)),
    ),
    "a rename that Marketo never hears is no write after the deletion": (
        TO_CALL,
        Sync(),
        Configure(settings={"reminder.delete_vs_update": "last_write_wins"}),
        Delete(side=PARTNER, act="act-1"),
        LATER,
        edit(SALESFORCE, Subject="Renamed"),
    ),
    "nobody looks at what was written long before the sync is switched on again": (
        Create(side=SALESFORCE, act="act-1", section=REMINDER, fields={"Subject": "Call"}),
        Configure(settings={"enabled": False}),
        Tick(seconds=31 * DAY),
        Configure(settings={"enabled": True}),
    ),
    "a record wins, and what its other side cannot hear stands": (
        Create(side=SALESFORCE, act="act-1", section=REMINDER, fields={"Status": "Not Started"}),
        Configure(settings={"reminder.grain": "record"}),
        Sync(),
        edit(SALESFORCE, Status="Waiting on someone else"),
        edit(PARTNER, due_date="2026-02-24"),
    ),
    "a template names the name from now on": (
        Configure(settings={"template": "Reminder"}),
        Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call"}),
        Sync(),
        edit(PARTNER, name="Renamed"),
        Sync(),
        Configure(settings={"template": "{{activity_subject}}"}),
        Sync(),
    ),
    "a name is on its way when the template begins to name it": (
        Configure(settings={"template": "Reminder"}),
        Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call"}),
        Sync(),
        edit(PARTNER, name="Renamed"),
        Configure(settings={"template": "{{activity_subject}}"}),
        Sync(),
    ),
    "a reminder that was made when the sync died is deleted before it starts again": (
        TO_CALL,
        Sync(),
        edit(PARTNER, priority="high"),
        Create(side=SALESFORCE, act="act-2", section=REMINDER, fields={"WhoId": "bob"}),
        Sync(crash_at=13, acted=True),
        Delete(side=PARTNER, act="act-2"),
    ),
    "the template is saved again, and is the same": (
        TO_CALL,
        Sync(),
        edit(PARTNER, name="Renamed"),
        Configure(settings={"template": "{{activity_subject}}"}),
        Sync(),
    ),
    "what goes out gives the task a status that syncs before it comes in": (
        Configure(settings={"unmapped_status": "skip_record"}),
        TO_CALL,
        Sync(),
        edit(PARTNER, status="complete"),
        edit(SALESFORCE, Status="Waiting on someone else", Priority="High"),
        OUT_FIRST,
    ),
    "a contact is related, and Salesforce derives the account": (
        TO_CALL,
        Sync(),
        edit(SALESFORCE, WhoId="another ann"),
    ),
}


@pytest.fixture(scope="module")
def stage() -> Iterator[PairStage]:
    made = PairStage("totango")
    yield made
    made.close()


@pytest.fixture(scope="module")
def reminders() -> Iterator[PairStage]:
    made = PairStage("marketo")
    yield made
    made.close()


@pytest.mark.rule("M4", "M5", "M22")
@pytest.mark.parametrize("name", REMINDERS)
def test_what_was_found_of_reminders(reminders: PairStage, name: str) -> None:
    """The reference sync is right about it, and the judge knows."""
    play(REMINDERS[name], stage=reminders, sync=reference_pair_sync)


@pytest.mark.rule("M5", "M7")
@pytest.mark.parametrize("word", [{"Priority": "Low"}, {"Status": "Waiting on someone else"}])
def test_a_record_that_wins_changes_nothing_else(reminders: PairStage, word: dict[str, str]) -> None:
    """The partner's record wins for its date; what Marketo cannot hear stays, in the engine and in the honest toy."""
    history = [
        Create(side=SALESFORCE, act="act-1", section=REMINDER, fields={"Subject": "Call", **word}),
        Sync(),
        Configure(settings={"reminder.grain": "record"}),
        edit(PARTNER, due_date="2026-02-04"),
        Sync(),
    ]

    for sync in (reference_pair_sync, Honest):
        world = play(history, stage=reminders, sync=sync)
        said = world.oracle.model.activities["act-1"].live(SALESFORCE)[0].row
        assert {**word, "ActivityDate": "2026-02-04"}.items() <= said.items()


TWINS: dict[str, tuple[Op, ...]] = {
    "a run dies over one of two that differ by their key alone": (
        Configure(settings={"template": "Reminder"}),
        Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call"}),
        Create(side=PARTNER, act="act-2", section=REMINDER, fields={"name": "Other"}),
        Configure(settings={"reminder.delete_out": False}),
        Sync(crash_at=15, acted=True),
    ),
    "a run dies over what another template names": (
        Configure(settings={"template": "Reminder"}),
        Create(side=PARTNER, act="act-1", section=REMINDER, fields={"name": "Call"}),
        Create(side=PARTNER, act="act-2", section=REMINDER, fields={"name": "Other"}),
        Configure(settings={"template": "{{activity_subject}}"}),
        Configure(settings={"reminder.delete_out": False}),
        Sync(crash_at=15, acted=True),
    ),
}


@pytest.mark.rule("M11", "M13", "I3")
@pytest.mark.parametrize("name", TWINS)
def test_what_was_found_where_salesforce_has_a_key(name: str) -> None:
    """The same in an org with a key field of the sync's own."""
    with closing(PairStage("marketo", external_id=True)) as keyed:
        play(TWINS[name], stage=keyed, sync=reference_pair_sync)


@pytest.mark.rule("T9", "T14", "T16", "T23", "T32", "T39", "T41")
@pytest.mark.parametrize("name", HISTORIES)
def test_what_was_found_once(stage: PairStage, name: str) -> None:
    """The reference sync is right about it, and the judge knows."""
    play(HISTORIES[name], stage=stage, sync=reference_pair_sync)


@pytest.mark.rule("T9", "T14", "I5")
def test_the_loser_is_logged_of_what_a_filter_keeps_out(stage: PairStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its way is shut at present, and it loses all the same: a sync that says nothing of it is found out."""
    monkeypatch.setattr("crm_sync.plan.conflicts_of", lambda *_: [])
    with pytest.raises(LoserUnlogged, match="'older'"):
        play(KEPT_OUT, stage=stage, sync=reference_pair_sync)


def twice_from_the_partner(section: str, text: str) -> tuple[Op, ...]:
    """Another record has moved Salesforce's cursor on, and a user edits the first one again after it went over."""
    apart = Tick(seconds=600)
    made = [Create(side=SALESFORCE, act=act, section=section, fields={"Subject": act}) for act in ("act-1", "act-2")]
    edits = [edit(PARTNER, **{text: value}) for value in ("B", "C")]
    settings = Configure(settings={f"{section}.conflict": "salesforce"})
    return (settings, made[0], Sync(), apart, made[1], Sync(), apart, edits[0], Sync(), Tick(seconds=60), edits[1])


@pytest.mark.rule("T9", "M8")
def test_a_due_date_is_a_persons(stage: PairStage, reminders: PairStage) -> None:
    """The half that was made has no day, the process dies before it is linked, and a user gives it one: it arrives."""
    for one, section, dies_at in ((stage, TASK, 13), (reminders, REMINDER, 12)):
        made = Create(side=SALESFORCE, act="act-1", section=section, fields={"Subject": "Call"})
        day = edit(PARTNER, due_date="2026-02-21")

        world = play((made, Sync(crash_at=dies_at), day), stage=one, sync=reference_pair_sync)

        assert "2026-02-21" == next(iter(world.seen[SALESFORCE].values()))["ActivityDate"]


@pytest.mark.rule("T9", "M22")
def test_our_own_write_is_nobodys_edit(stage: PairStage, reminders: PairStage) -> None:
    """What was written to a record that no scan had shown is agreed on: the user's next edit fights with nobody."""
    for one, section, text in ((stage, TASK, "description"), (reminders, REMINDER, "details")):
        world = play(twice_from_the_partner(section, text), stage=one, sync=reference_pair_sync)

        assert [] == [conflict for round_ in world.reports for job in round_ for conflict in job.conflicts]


@pytest.mark.rule("T16")
def test_a_task_without_a_title_holds_up_nobody(stage: PairStage) -> None:
    """What cannot come in is put aside, and the others fare as they would without it (I13)."""

    def outcome(history: Sequence[Op]) -> dict[str, object]:
        with PairWorld(stage, sync=reference_pair_sync) as world:
            world.apply_all([*history, Settle()])
            return world.summary()

    untitled = Create(side=SALESFORCE, act="act-1", section=TASK, fields={"Description": "text"})
    other = Create(side=SALESFORCE, act="act-2", section=TASK, fields={"Subject": "Call"})
    check_isolated([untitled, other, Sync()], outcome, bad={"act-1"})


class Forgetful(Honest):
    """Takes what it finds after a change of settings for agreed."""

    def _merge(self, *_pair: object) -> None:
        return None


@pytest.mark.rule("T9")
def test_what_was_on_its_way_still_has_to_arrive(stage: PairStage) -> None:
    """Fields win alone from now on, and an edit from before is not forgotten for that."""
    history, granted = HISTORIES["an edit is on its way when fields begin to win alone"], {"record-stamp"}

    play(history, stage=stage, sync=reference_pair_sync, granted=granted)
    with pytest.raises(NotConverged):
        play(history, stage=stage, sync=Forgetful, granted=granted)


def test_both_ways_are_one_run(reminders: PairStage) -> None:
    """Whoever lets it run so is polled so; jobs are two runs. A sync without that runs its jobs."""
    for ways, runs in (((BOTH,), 1), ((IN, OUT), 2), ((IN,), 2)):
        world = play((TO_CALL, Sync(ways=ways)), stage=reminders, sync=reference_pair_sync)
        assert {runs} == {len(one) for one in world.reports[1:]}

    class Jobs(Honest):
        def run(self, ways: Sequence[str], sections: Sequence[str]) -> None:
            ran.append(tuple(ways))
            super().run(ways, sections)

    ran: list[tuple[str, ...]] = []
    play((TO_CALL, AT_ONCE), stage=reminders, sync=Jobs)
    assert {WAYS} == set(ran)
