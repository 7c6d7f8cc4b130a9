"""The oracle on small hand-made histories: what it accepts, and which invariant it names otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_contracts.world.homes import Homes
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.oracle import Oracle
from crm_contracts.world.settings import OFF, RECEIVE, SEND, Settings
from crm_contracts.world.violations import (
    BrokenFrame,
    DirectionIgnored,
    Duplicated,
    FalselyDeleted,
    Invented,
    LensBroken,
    LostUpdate,
    NotConverged,
)

NINE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SF, PH = "00T000000000001AAA", "60" * 12


class Log:
    """A hand-made history: rows on both sides, users' writes, and what a round left behind."""

    def __init__(self, **settings: Any) -> None:
        self.oracle = Oracle(Settings(**settings), customers={"acme": True})
        self.rows: dict[str, dict[str, dict[str, Any]]] = {SALESFORCE: {}, TASK: {}, CONVERSATION: {}}
        self.now = NINE

    def user(self, side: str, record_id: str, act: str = "act-1", **fields: Any) -> None:
        """A user writes *fields* one minute later."""
        self.now += timedelta(minutes=1)
        self.put(side, record_id, **fields)
        row = dict(self.rows[side][record_id])
        self.oracle.user_saved(act, (side, record_id, row), at=self.now, names=fields, customer="acme")

    def put(self, side: str, record_id: str, **fields: Any) -> None:
        """Somebody (the sync, the vendor) writes *fields*."""
        stamp = "LastModifiedDate" if side == SALESFORCE else "updatedAt"
        row = self.rows[side].setdefault(record_id, {"Id" if side == SALESFORCE else "_id": record_id})
        row |= fields | {stamp: self.now.isoformat()}

    def round(self, *, clean: bool = True) -> None:
        """A round of the sync ends; it has read everything."""
        self.now += timedelta(minutes=1)
        after = {side: {k: dict(v) for k, v in rows.items()} for side, rows in self.rows.items()}
        read = " ".join(record_id for rows in self.rows.values() for record_id in rows)
        self.oracle.synced(after, clean=clean, read=read)

    def begin(self) -> None:
        self.oracle.about_to_sync()


def linked(**settings: Any) -> Log:
    """A Salesforce Task and its Planhat Task, agreed on the title A."""
    log = Log(**settings)
    log.user(SALESFORCE, SF, Subject="A")
    log.begin()
    log.put(TASK, PH, action="A", sourceId=SF)
    log.round()
    return log


def test_what_was_agreed_is_accepted() -> None:
    """A record carried over with its values is settled."""
    linked().oracle.settled()


def test_a_record_without_partner_is_not_converged() -> None:
    """I1: a Task in scope has no partner after the rounds."""
    log = Log()
    log.user(SALESFORCE, SF, Subject="A")
    log.begin()
    log.round()

    with pytest.raises(NotConverged, match="no Planhat Task"):
        log.oracle.settled()


def test_an_edit_that_never_arrives_is_not_converged() -> None:
    """I1: one side was edited, both live, and they differ for good."""
    log = linked()
    log.user(TASK, PH, action="B")
    log.begin()
    log.round()

    with pytest.raises(NotConverged, match="title of act-1"):
        log.oracle.settled()


@pytest.mark.rule("P24")
def test_the_old_value_must_not_come_back() -> None:
    """I5: only Planhat was edited, and the round put Salesforce's old value over it."""
    log = linked()
    log.user(TASK, PH, action="B")
    log.begin()
    log.put(TASK, PH, action="A")

    with pytest.raises(LostUpdate, match="last agreed 'A'"):
        log.round()


@pytest.mark.rule("P24")
@pytest.mark.parametrize(
    ("policy", "first", "second", "winner"),
    [
        ("newest", SALESFORCE, TASK, "planhat"),
        ("newest", TASK, SALESFORCE, "salesforce"),
        ("salesforce", SALESFORCE, TASK, "salesforce"),
        ("planhat", TASK, SALESFORCE, "planhat"),
    ],
)
def test_a_conflict_ends_as_the_policy_says(policy: str, first: str, second: str, winner: str) -> None:
    """The winner's value is accepted, the other one is a lost update."""
    for outcome in ("salesforce", "planhat"):
        log = linked(conflict=policy)
        for side in (first, second):
            if side == SALESFORCE:
                log.user(SALESFORCE, SF, Subject="salesforce")
            else:
                log.user(TASK, PH, action="planhat")
        log.begin()
        log.put(SALESFORCE, SF, Subject=outcome)
        log.put(TASK, PH, action=outcome)
        if outcome == winner:
            log.round()
            log.oracle.settled()
        else:
            with pytest.raises(LostUpdate):
                log.round()


def test_a_value_nobody_wrote_is_refused() -> None:
    """I4: both sides agree on something that no user ever wrote."""
    log = linked()
    log.user(TASK, PH, action="B")
    log.begin()
    log.put(SALESFORCE, SF, Subject="C")
    log.put(TASK, PH, action="C")

    with pytest.raises(Invented):
        log.round()


def test_after_a_lost_answer_both_histories_are_possible() -> None:
    """A write whose answer was lost may or may not count as agreed; a clean round decides."""
    for ending in ("B", "C"):
        log = linked(conflict="salesforce")
        log.user(SALESFORCE, SF, Subject="B")
        log.begin()
        log.put(TASK, PH, action="B")
        log.round(clean=False)
        log.user(TASK, PH, action="C")
        log.begin()
        log.put(SALESFORCE, SF, Subject=ending)
        log.put(TASK, PH, action=ending)
        log.round()
        log.oracle.settled()


def test_after_a_clean_round_only_one_history_is_possible() -> None:
    """The same without the fault: the later edit is no conflict, and must win."""
    log = linked(conflict="salesforce")
    log.user(SALESFORCE, SF, Subject="B")
    log.begin()
    log.put(TASK, PH, action="B")
    log.round()
    log.user(TASK, PH, action="C")
    log.begin()
    log.put(TASK, PH, action="B")

    with pytest.raises(LostUpdate):
        log.round()


@pytest.mark.rule("P10")
def test_a_second_salesforce_task_is_a_duplicate() -> None:
    """I3: with inheritance on, one activity has one Salesforce Task."""
    log = linked()
    log.put(CONVERSATION, PH, subject="A", taskId=PH, externalId="00T000000000002AAA", type="note")
    log.begin()
    log.put(SALESFORCE, "00T000000000002AAA", Subject="A", Status="Completed")
    log.round()

    with pytest.raises(Duplicated, match="2 Salesforce Tasks, 1 allowed"):
        log.oracle.settled()


@pytest.mark.rule("P11")
@pytest.mark.parametrize("second", [True, False])
def test_with_inheritance_off_the_second_task_is_due(*, second: bool) -> None:
    """P11: exactly one further Salesforce Task; sending the Conversation to the first is a silent repair."""
    log = linked()
    log.oracle.inheritance.staff_disabled()
    log.user(TASK, PH, status="Done")
    log.put(CONVERSATION, PH, subject="A", taskId=PH, type="note")
    log.oracle.planhat_logged("act-1", dict(log.rows[CONVERSATION][PH]))
    log.begin()
    target = "00T000000000002AAA" if second else SF
    log.put(SALESFORCE, SF, Subject="A", Status="Completed")
    log.put(SALESFORCE, target, Subject="A", Status="Completed")
    log.put(CONVERSATION, PH, externalId=target)
    log.round()

    if second:
        log.oracle.settled()
    else:
        with pytest.raises(NotConverged, match="P11"):
            log.oracle.settled()


def test_a_record_that_belongs_to_nobody_is_invented() -> None:
    """I4: a Salesforce Task that no activity explains."""
    log = linked()
    log.begin()
    log.put(SALESFORCE, "00T000000000009AAA", Subject="out of the blue")

    with pytest.raises(Invented, match="belongs to no activity"):
        log.round()


@pytest.mark.rule("P2", "P8")
@pytest.mark.parametrize("direction", [SEND, RECEIVE, OFF])
def test_an_id_that_was_not_written_back(direction: str) -> None:
    """I3: a Salesforce Task whose id nobody carries is a stray, unless its section makes no request by now (P2)."""
    log = Log(task=SEND)
    log.user(TASK, PH, action="A")
    log.begin()
    log.put(SALESFORCE, SF, Subject="A")
    log.round(clean=False)
    log.oracle.saved(Settings(task=direction))

    if direction == OFF:
        log.oracle.settled()
    else:
        with pytest.raises(Duplicated, match="no Planhat record carries its id"):
            log.oracle.settled()


@pytest.mark.rule("P2", "P11")
@pytest.mark.parametrize("whose", [TASK, CONVERSATION])
def test_the_stray_of_a_section_that_is_off(whose: str) -> None:
    """Two Salesforce Tasks are allowed; the one without an id is owed to the Task (off) or to the Conversation (on)."""
    log = Log()
    log.oracle.inheritance.staff_disabled()
    log.user(TASK, PH, action="A", status="Done")
    row = {"_id": PH, "subject": "A", "taskId": PH, "type": "note"}
    log.put(CONVERSATION, PH, **row)
    log.oracle.planhat_logged("act-1", row)
    log.begin()
    for record_id in (SF, "00T000000000002AAA"):
        log.put(SALESFORCE, record_id, Subject="A", Status="Completed")
    if whose == TASK:
        log.put(CONVERSATION, PH, externalId=SF)
    else:
        log.put(TASK, PH, sourceId=SF)
    log.round(clean=False)
    log.oracle.saved(Settings(task=OFF))

    if whose == TASK:
        log.oracle.settled()
    else:
        with pytest.raises(Duplicated, match="no Planhat record carries its id"):
            log.oracle.settled()


@pytest.mark.rule("P11")
@pytest.mark.parametrize("on", [True, False])
def test_a_conversation_logged_again_under_its_id(*, on: bool) -> None:
    """Its user had deleted it, then completes the Task once more: it lives, and P11 holds for it as for any other."""
    log = Log()
    log.user(TASK, PH, action="A", status="Done")
    row = {"_id": PH, "subject": "A", "taskId": PH, "type": "note"}
    log.put(CONVERSATION, PH, **row)
    log.oracle.planhat_logged("act-1", row)
    log.oracle.user_deleted("act-1", CONVERSATION, PH)
    if not on:
        log.oracle.inheritance.staff_disabled()
    log.oracle.planhat_logged("act-1", row)
    log.begin()
    for record_id in (SF, "00T000000000002AAA"):
        log.put(SALESFORCE, record_id, Subject="A", Status="Completed")
    log.put(TASK, PH, sourceId=SF)
    log.put(CONVERSATION, PH, externalId="00T000000000002AAA")
    log.round()

    if on:
        with pytest.raises(Duplicated, match="2 Salesforce Tasks, 1 allowed"):
            log.oracle.settled()
    else:
        log.oracle.settled()


@pytest.mark.rule("P1", "P10")
@pytest.mark.parametrize(("on", "later_off"), [(True, False), (True, True), (False, False)])
def test_a_conversation_continues_a_task_whose_id_is_owed(*, on: bool, later_off: bool) -> None:
    """A round broke off before the write-back, then the Task was done: the Conversation's edit belongs in the one
    Salesforce Task; with inheritance off that would be a silent repair (P11).
    """
    log = Log(conflict="salesforce")
    log.user(TASK, PH, action="A", description="")
    log.begin()
    log.put(SALESFORCE, SF, Subject="A", Status="In Progress")
    log.round(clean=False)
    if not on:
        log.oracle.inheritance.staff_disabled()
    log.user(TASK, PH, status="Done", isArchived=True)
    row = {"_id": PH, "subject": "A", "taskId": PH, "type": "note"}
    log.put(CONVERSATION, PH, **row)
    log.oracle.planhat_logged("act-1", row)
    log.user(CONVERSATION, PH, description="<p>new</p>")
    if later_off:
        log.oracle.inheritance.staff_disabled()
    log.begin()
    log.put(SALESFORCE, SF, Description="new", Status="Completed")
    log.put(TASK, PH, sourceId=SF, description="<p>new</p>")
    log.put(CONVERSATION, PH, externalId=SF)

    if on:
        log.round()
        log.oracle.settled()
    else:
        with pytest.raises(LostUpdate):
            log.round()


@pytest.mark.rule("P25")
def test_deleting_and_bringing_back_are_both_found() -> None:
    """I6: the sync removes a record, or makes one again that its user had deleted."""
    log = linked()
    log.begin()
    del log.rows[TASK][PH]
    with pytest.raises(FalselyDeleted, match="no user deleted it"):
        log.round()

    log = linked()
    log.oracle.user_deleted("act-1", TASK, PH)
    del log.rows[TASK][PH]
    log.begin()
    log.put(TASK, "61" * 12, action="A", sourceId=SF)
    with pytest.raises(FalselyDeleted, match="is back"):
        log.round()


def test_what_the_sync_never_saw_is_not_brought_back() -> None:
    """A Planhat Task that a user made and deleted between two rounds leaves no trace: the other half is new."""
    log = Log()
    log.user(SALESFORCE, SF, Subject="A")
    log.user(TASK, PH, action="A", sourceId=SF)
    log.oracle.user_deleted("act-1", TASK, PH)
    del log.rows[TASK][PH]
    log.begin()
    log.put(TASK, "61" * 12, action="A", sourceId=SF)
    log.round()


@pytest.mark.rule("P24")
@pytest.mark.parametrize(("outcome", "fine"), [("mine", True), ("A", False)])
def test_a_first_meeting_is_a_conflict(outcome: str, fine: bool) -> None:
    """A user typed the id into a Task with another title: nothing was agreed, so the policy decides."""
    log = Log()
    log.user(SALESFORCE, SF, Subject="A")
    log.user(TASK, PH, action="mine", sourceId=SF)
    log.begin()
    log.put(SALESFORCE, SF, Subject=outcome)
    log.put(TASK, PH, action=outcome)
    if fine:
        log.round()
    else:
        with pytest.raises(LostUpdate, match="never agreed"):
            log.round()


@pytest.mark.rule("P2")
@pytest.mark.parametrize("direction", [SEND, OFF])
def test_a_record_made_against_the_direction_is_found(direction: str) -> None:
    """I7: a Planhat Task appears although no section receives Tasks."""
    log = Log(task=direction)
    log.user(SALESFORCE, SF, Subject="A")
    log.begin()
    log.put(TASK, PH, action="A", sourceId=SF)

    with pytest.raises(DirectionIgnored):
        log.round()


@pytest.mark.rule("P6")
def test_an_email_must_not_reach_salesforce() -> None:
    """I7: a Conversation of type email gets a Salesforce Task."""
    log = Log()
    log.user(CONVERSATION, PH, subject="Re: A", type="email")
    log.begin()
    log.put(CONVERSATION, PH, externalId=SF)
    log.put(SALESFORCE, SF, Subject="Re: A", Status="Completed")

    with pytest.raises(DirectionIgnored):
        log.round()


@pytest.mark.rule("P6", "F36")
def test_what_is_written_while_a_type_is_excluded_waits() -> None:
    """I5, I1: nothing of a Conversation that takes no part goes over, and all of it does when it takes part again."""

    def asleep() -> Log:
        log = Log(conflict="salesforce")
        log.user(CONVERSATION, PH, subject="A", type="note")
        log.begin()
        log.put(CONVERSATION, PH, externalId=SF)
        log.put(SALESFORCE, SF, Subject="A", Status="Completed")
        log.round()
        log.user(CONVERSATION, PH, type="email")
        log.user(SALESFORCE, SF, Subject="B")
        log.begin()
        return log

    log = asleep()
    log.put(CONVERSATION, PH, subject="B")
    with pytest.raises(LostUpdate, match="takes no part"):
        log.round()

    log = asleep()
    log.round()
    log.oracle.settled()
    log.user(CONVERSATION, PH, type="note")
    log.begin()
    log.round()
    with pytest.raises(NotConverged):
        log.oracle.settled()


def test_a_one_way_section_keeps_its_source() -> None:
    """I5: in a section that only receives, Salesforce's edit must arrive whatever the policy says."""
    log = linked(task=RECEIVE, conflict="planhat")
    log.user(TASK, PH, action="mine")
    log.user(SALESFORCE, SF, Subject="B")
    log.begin()
    log.put(SALESFORCE, SF, Subject="mine")

    with pytest.raises(LostUpdate):
        log.round()


def test_the_frame_is_watched() -> None:
    """I8: a field without a mapping is as its user left it."""
    log = linked()
    log.user(SALESFORCE, SF, Priority="High")
    log.begin()
    log.put(SALESFORCE, SF, Priority="Normal")

    with pytest.raises(BrokenFrame, match="Priority"):
        log.round()


@pytest.mark.rule("P28")
def test_markup_survives_a_text_that_did_not_change() -> None:
    """I16: the description reads the same, but its markup was flattened."""
    log = linked()
    log.user(TASK, PH, description="<p><b>Call</b> her</p>")
    log.begin()
    log.put(SALESFORCE, SF, Description="Call her")
    log.round()
    log.begin()
    log.put(TASK, PH, description="<p>Call her</p>")

    with pytest.raises(LensBroken, match="reads the same"):
        log.round()


@pytest.mark.rule("P29")
def test_moving_settings_make_old_differences_optional() -> None:
    """What was written while a section was off may stay where it is when it is on again."""
    log = linked()
    log.oracle.saved(Settings(task=OFF))
    log.user(TASK, PH, action="B")
    log.begin()
    log.round()
    log.oracle.saved(Settings())
    log.begin()
    log.round()
    log.oracle.settled()


def test_a_story_is_told() -> None:
    """A finding names the invariant, the field, every value and the policy."""
    log = linked()
    log.user(TASK, PH, action="B")
    log.begin()
    log.put(TASK, PH, action="A")
    with pytest.raises(LostUpdate) as found:
        log.round()

    text = str(found.value.with_timeline(["09:01 a user writes B"]))
    for part in ("I5 LostUpdate", "title", "'A'", "'B'", "newest", "09:01 a user writes B"):
        assert part in text


@pytest.mark.rule("P24")
def test_a_choice_among_open_statuses_is_a_change() -> None:
    """Salesforce went from one open status to another, Planhat was done earlier: a conflict, not a lost completion."""
    log = linked()
    log.user(TASK, PH, status="Done")
    log.user(SALESFORCE, SF, Status="Deferred")
    log.begin()
    log.put(TASK, PH, status="Blocked")
    log.round()
    log.oracle.settled()


@pytest.mark.rule("P25")
@pytest.mark.parametrize("direction", ["Both Directions", SEND])
def test_what_is_back_from_the_bin_takes_part(direction: str) -> None:
    """A tombstone asks for nothing; a round after the undelete the pair does again, if its section asks Salesforce."""
    log = linked()
    log.oracle.user_deleted("act-1", SALESFORCE, SF)
    gone = log.rows[SALESFORCE].pop(SF)
    log.user(TASK, PH, action="Meanwhile")
    log.begin()
    log.round()
    log.oracle.settled()
    if direction == SEND:
        log.oracle.settings = Settings(task=SEND)
    log.rows[SALESFORCE][SF] = gone
    log.oracle.user_undeleted("act-1", SF, dict(gone))
    log.begin()
    log.round()
    log.oracle.settled()
    log.user(TASK, PH, action="Awake")
    log.begin()
    log.round()

    if direction == SEND:
        log.oracle.settled()
    else:
        with pytest.raises(NotConverged, match="'Awake'"):
            log.oracle.settled()


@pytest.mark.rule("P11", "P21")
@pytest.mark.parametrize(
    ("saved", "seconds", "skewed", "owed"),
    [
        (Settings(), 60, False, True),
        (Settings(), 0, False, False),
        (Settings(), 60, True, False),
        (Settings(task=SEND, conversation=SEND), 60, False, False),
    ],
)
def test_a_second_task_is_owed_after_the_switch(saved: Settings, seconds: int, *, skewed: bool, owed: bool) -> None:
    """What was logged while inheritance was off stays owed when it comes on, unless nobody can say what came first, or
    the Conversation's own section changed.
    """
    log = Log(task=SEND)
    log.user(TASK, PH, action="A")
    log.begin()
    log.put(SALESFORCE, SF, Subject="A", Status="Completed")
    log.put(TASK, PH, sourceId=SF)
    log.round()
    if skewed:
        log.oracle.skewed({"planhat": 5, "salesforce": 0})
    log.user(TASK, PH, status="Done")
    row = {"_id": PH, "subject": "A", "taskId": PH, "type": "note", "createdAt": log.now.isoformat()}
    log.put(CONVERSATION, PH, **row)
    log.oracle.planhat_logged("act-1", row)
    log.oracle.saved(saved, at=log.now + timedelta(seconds=seconds))
    log.begin()
    log.put(CONVERSATION, PH, externalId=SF)
    log.round()

    if owed:
        with pytest.raises(NotConverged, match="P11"):
            log.oracle.settled()
    else:
        log.oracle.settled()


@pytest.mark.rule("P27")
@pytest.mark.parametrize(("company", "right"), [("c-acme", True), ("c-globex", False), (None, False)])
def test_what_is_made_is_at_its_customer(company: str | None, *, right: bool) -> None:
    """I4: a Planhat Task is made at the Company of the account that its Salesforce Task is related to."""
    log = Log()
    log.oracle.homes = Homes({"acme": "001A", "globex": "001G"}, {"acme": "c-acme", "globex": "c-globex"})
    log.user(SALESFORCE, SF, Subject="A", WhatId="001A")
    log.begin()
    log.put(TASK, PH, action="A", sourceId=SF, companyId=company)

    if right:
        log.round()
    else:
        with pytest.raises(Invented, match="act-1 at"):
            log.round()


@pytest.mark.rule("P27")
def test_a_record_keeps_its_company() -> None:
    """I8: no sync moves a Planhat record to another Company (F28)."""
    log = Log()
    log.user(TASK, PH, action="A", companyId="c-acme")
    log.begin()
    log.put(TASK, PH, companyId="c-globex")

    with pytest.raises(BrokenFrame, match="moved to the Company c-globex"):
        log.round()


@pytest.mark.rule("P25")
def test_what_a_user_deleted_is_not_there_again() -> None:
    """I6: it is under its old id no more than under a new one."""
    log = linked()
    log.oracle.user_deleted("act-1", TASK, PH)
    log.begin()

    with pytest.raises(FalselyDeleted, match="is there again"):
        log.round()


@pytest.mark.rule("P10", "P21")
@pytest.mark.parametrize(("minutes", "allowed"), [(0, True), (60, False)])
def test_a_clock_that_is_set_between_logging_and_reading(minutes: int, *, allowed: bool) -> None:
    """Inheritance was switched on in the second in which it was logged: nobody knows which came first."""
    log = Log()
    log.oracle.saved(Settings(), at=log.now)
    log.now += timedelta(minutes=minutes)
    row = {"_id": PH, "subject": "A", "taskId": PH, "type": "note", "createdAt": log.now.isoformat()}
    log.user(TASK, PH, action="A", status="Done")
    log.put(CONVERSATION, PH, **row)
    log.oracle.planhat_logged("act-1", row)
    log.oracle.skewed({"planhat": 5, "salesforce": 0})
    log.begin()
    for record_id in (SF, "00T000000000002AAA"):
        log.put(SALESFORCE, record_id, Subject="A", Status="Completed")
    log.put(TASK, PH, sourceId=SF)
    log.put(CONVERSATION, PH, externalId="00T000000000002AAA")
    log.round()

    if allowed:
        log.oracle.settled()
    else:
        with pytest.raises(Duplicated, match="2 Salesforce Tasks, 1 allowed"):
            log.oracle.settled()
