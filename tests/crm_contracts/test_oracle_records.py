"""The oracle on small hand-made histories: which records may be there, and which have to be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.crm_contracts.oracle_log import PH, SF, Log, linked

from crm_contracts.world.homes import Homes
from crm_contracts.world.invariants.told import Counts, Told
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.settings import OFF, RECEIVE, SEND, Settings
from crm_contracts.world.violations import (
    BrokenFrame,
    DirectionIgnored,
    Duplicated,
    FalselyDeleted,
    Invented,
    LostUpdate,
    NotConverged,
)

SECOND = "61" * 12


def test_a_record_without_partner_is_not_converged() -> None:
    """I1: a Task in scope has no partner after the rounds."""
    log = Log()
    log.user(SALESFORCE, SF, Subject="A")
    log.begin()
    log.round()

    with pytest.raises(NotConverged, match="no Planhat Task"):
        log.oracle.settled()


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


@pytest.mark.rule("P6", "P11")
def test_no_second_task_is_due_for_a_type_that_takes_no_part() -> None:
    """A person makes an e-mail of the Conversation before anybody sends it: e-mails never are."""
    log = linked()
    log.oracle.inheritance.staff_disabled()
    log.user(TASK, PH, status="Done")
    log.put(CONVERSATION, PH, subject="A", taskId=PH, type="note")
    log.oracle.planhat_logged("act-1", dict(log.rows[CONVERSATION][PH]))
    log.user(CONVERSATION, PH, type="email")
    log.begin()
    log.put(SALESFORCE, SF, Status="Completed")
    log.round()

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


@pytest.mark.rule("P25")
@pytest.mark.parametrize("direction", ["Both Directions", SEND])
def test_what_is_back_from_the_bin_takes_part(direction: str) -> None:
    """A tombstone asks for nothing; a round after the undelete the pair does again, if its section asks Salesforce:
    what was written meanwhile goes over, and what is written from now on.
    """
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
    if direction != SEND:
        with pytest.raises(NotConverged, match="'Meanwhile'"):
            log.oracle.settled()
        log.begin()
        log.put(SALESFORCE, SF, Subject="Meanwhile")
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


@pytest.mark.rule("P27", "I15")
@pytest.mark.parametrize("moved", [True, False])
def test_a_task_that_is_moved_to_a_known_customer_is_no_longer_skipped(*, moved: bool) -> None:
    """Where Planhat is to look is where it is now; one that stays with a customer nobody knows is skipped by name."""
    log = Log()
    log.oracle.customers["nowhere"] = False
    log.oracle.homes = Homes({"acme": "001A", "nowhere": "001N"}, {"acme": "c-acme"})
    log.user(SALESFORCE, SF, Subject="A", WhatId="001N")
    log.oracle.model.activities["act-1"].at = "nowhere"
    log.user(SALESFORCE, SF, WhatId="001A" if moved else "001N")
    log.begin()
    log.put(TASK, PH, action="A", sourceId=SF, companyId="c-acme")
    told = Told(stopped="", sections={"Task": Counts(1, 1, 0, 0, {}, {})}, conflicts=())

    if moved:
        log.round()
        log.oracle.round_ended([], clean=True, told=told)
        log.oracle.settled()
    else:
        with pytest.raises(Invented, match="no customer that is known there"):
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


@pytest.mark.rule("P9")
@pytest.mark.parametrize(
    ("typed", "read", "allowed"),
    [(SF[:15], [SECOND], True), (SF, [SECOND], False), (SF[:15], [PH, SECOND], False)],
    ids=["not shown", "18 characters", "shown before"],
)
def test_who_was_not_shown_a_typed_id_makes_another(typed: str, read: list[str], *, allowed: bool) -> None:
    """By its own 18 characters Planhat finds no 15; it finds 18, and who was shown 15 knows whose they are."""
    log = Log()
    log.user(SALESFORCE, SF, Subject="A")
    log.user(TASK, PH, action="A", sourceId=typed)
    log.begin()
    log.put(TASK, SECOND, action="A", sourceId=SF)
    log.round(read=" ".join(read), behind={"planhat": {}})

    if allowed:
        log.oracle.settled()
    else:
        with pytest.raises(Duplicated, match="2 Planhat tasks"):
            log.oracle.settled()
