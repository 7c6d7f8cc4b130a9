"""The journal by itself: what an intent holds, and what becomes of it; both systems are tables, the state is real."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.crm_sync.facts import NOON, OTHER_ID, SF_ID, link, ph, section, sf, sf_field
from tests.crm_sync.journal_room import (
    CONVERSATION,
    FIELDS,
    ME,
    TASK,
    TEXT,
    Room,
    made,
)

from crm_sync.config import load_profile
from crm_sync.errors import RecordRefused
from crm_sync.model import SALESFORCE, Direction
from crm_sync.sides.partner import Gone
from crm_sync.state import PARTNER, Intent

# -- what is written down ---------------------------------------------------------------------------------


@pytest.mark.rule("I5", "F02")
def test_what_an_intent_holds() -> None:
    """What was sent, what both sides said then, what stays open, and by which texts a person would know it."""
    room = Room()
    record = ph(status="Done", day="x", ownerId="u1")
    keep = {("Task", "Status"), (SALESFORCE, "Subject"), (SALESFORCE, "Day__c")}

    intent = room.begun(record, fields={"Subject": "a", "Day__c": "x"}, keep=keep, key="k", replaces=link())

    assert (SALESFORCE, NOON) == (intent.kind, intent.at)
    assert {
        "object": "Task",
        "ids": {"Task": "Task1"},
        "base": {"Task": {"Subject": "a", "Day__c": "x", "CreatedDate": None, "OwnerId": "u1"}},
        "open": ["Day__c", "Subject"],
        "key": "k",
        "replaces": 7,
        "telling": ["Subject"],
        "ahead": 0.0,
        "fields": {"Subject": "a", "Day__c": "x"},
        "born": {"Subject": "a", "Day__c": "x", "Status": "In-progress"},
    } == intent.body
    assert [intent] == room.state.intents()


@pytest.mark.rule("I5")
@pytest.mark.parametrize("replica", ["touchpoint", "Task", "sia_task"])
def test_what_a_partner_keeps_is_open_there_alone(replica: str) -> None:
    """Only what Salesforce keeps is open in Salesforce, whatever the partner's models are called."""
    assert [] == Room().begun(keep={(replica, "Subject")}).body["open"]


@pytest.mark.rule("I5")
def test_what_a_new_record_says_at_birth() -> None:
    """What is sent; else the default that the describe tells; an owner nobody named is not known yet."""
    room = Room()

    intent = room.begun(fields={"OwnerId": ME})

    assert {"Subject": "", "Day__c": None, "Status": "In-progress", "OwnerId": ME} == intent.body["born"]
    assert None is intent.body["replaces"]
    assert [] == intent.body["telling"]
    again = room.journal.resend(intent, {"Subject": "b"})
    assert ({"Subject": "b"}, "b") == (again.body["fields"], again.body["born"]["Subject"])
    assert [again] == room.state.intents()


@pytest.mark.rule("I5")
@pytest.mark.parametrize(
    ("createable", "updateable", "born"), [(False, True, True), (True, False, True), (False, False, False)]
)
def test_what_nobody_may_write_is_not_born(createable: bool, updateable: bool, born: bool) -> None:
    """A field that can be written in one way is; one that cannot at all is Salesforce's own."""
    fields = [sf_field("Subject", createable=createable, updateable=updateable)]
    room = Room(section("Task", TEXT), fields=fields)

    assert ({"Subject": "a"} if born else {}) == room.begun().body["born"]


@pytest.mark.rule("P2")
def test_replicas_of_sections_that_sync() -> None:
    """A replica whose section is off has no agreed values; it is named all the same."""
    room = Room(TASK)

    body = room.begun(ph(), ph("Conversation")).body

    assert {"Task"} == set(body["base"])
    assert {"Task": "Task1", "Conversation": "Conversation1"} == body["ids"]


@pytest.mark.rule("I5", "P8")
def test_what_an_intent_at_the_partner_holds() -> None:
    """What was sent, and what Salesforce said then."""
    room = Room()
    record = sf(Status="Completed")

    intent = room.journal.begin_at_partner("Task", record, {"action": "a"}, replaces=link())

    assert {
        "object": "Task",
        "model": "Task",
        "sf_id": SF_ID,
        "sf_base": {"Subject": "a", "Status": "Done", "Day__c": None, "CreatedDate": None, "OwnerId": None},
        "sent": {"action": "a"},
        "replaces": 7,
    } == intent.body
    assert (PARTNER, NOON) == (intent.kind, intent.at)
    assert None is room.journal.begin_at_partner("Task", record, {}).body["replaces"]


# -- agreed values ----------------------------------------------------------------------------------------


@pytest.mark.rule("I5", "I12")
def test_agreed_values_of_a_creation_in_salesforce() -> None:
    """As they were at the creation; what nobody could know then as first read; what stays open is not agreed on."""
    room = Room()
    intent = room.begun(fields={"Subject": "a"}, keep={(SALESFORCE, "Day__c")})
    row = made(Subject="edited", Status="Completed", OwnerId=ME, CreatedDate="c", Day__c="x")

    base = room.journal.base_with_salesforce(intent, row)
    unread = room.journal.base_with_salesforce(intent, None)

    assert {"Subject": "a", "Status": "In-progress", "OwnerId": ME, "CreatedDate": "c"} == base[SALESFORCE]
    assert intent.body["base"]["Task"] == base["Task"]
    assert {"Subject": "a", "Status": "In-progress"} == unread[SALESFORCE]
    older = replace(intent, body={key: value for key, value in intent.body.items() if key != "open"})
    assert "Day__c" in room.journal.base_with_salesforce(older, row)[SALESFORCE]


@pytest.mark.rule("I5", "I12")
def test_agreed_values_of_a_creation_at_the_partner() -> None:
    """As sent, nothing where nothing was; what the partner fills by itself as first read."""
    room = Room()
    intent = room.journal.begin_at_partner("Task", sf(), {"action": "a"})
    record = ph(action="edited", status="Blocked", ownerId="u9", day="edited")

    base = room.journal.received_base(intent, record)

    assert {"Subject": "a", "Status": "Blocked", "Day__c": None, "CreatedDate": None, "OwnerId": "u9"} == base["Task"]
    assert intent.body["sf_base"] == base[SALESFORCE]


# -- links ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("I3")
def test_a_record_belongs_to_one_link() -> None:
    """Another one is refused with the name of the first, or without where that is not known."""
    room = Room()
    first = room.journal.add_link("Task", SF_ID, {"Task": "1"}, {})

    with pytest.raises(RecordRefused, match=rf"Task {SF_ID} already belongs to another activity \(link {first.id}\)"):
        room.journal.add_link("Task", SF_ID, {"Task": "2"}, {})
    with pytest.raises(RecordRefused, match=r"\(link \?\)"):
        room.journal.add_link("Task", OTHER_ID, {"Task": "1"}, {})
    assert [(SF_ID, {"Task": "1"})] == room.links()


@pytest.mark.rule("T41", "P25")
def test_a_link_that_replaces_one() -> None:
    """What was deleted was made again: the old link goes; a deleted record is known as one."""
    room = Room()
    first = room.journal.add_link("Task", SF_ID, {"Task": "1"}, {})
    assert frozenset() == first.deleted

    again = room.journal.add_link("Task", OTHER_ID, {"Task": "1"}, {}, sf_deleted=True, replaces=first.id)

    assert [(OTHER_ID, {"Task": "1"})] == room.links()
    assert frozenset({SALESFORCE}) == again.deleted


# -- looking for what was made ------------------------------------------------------------------------------------


@pytest.mark.rule("F01", "I3")
def test_a_creation_is_found_by_its_unique_key() -> None:
    """The record with the key, one that is there before a deleted one; none of another link."""
    room = Room(key_field="Key__c")
    intent = room.begun(key="k'1")

    assert None is room.journal.search(intent)
    room.systems.rows = [replace(made(), deleted=True), made(OTHER_ID)]
    assert OTHER_ID == room.journal.search(intent)
    assert ("Task", ["Id", "Subject"], r"Key__c = 'k\'1'") == room.systems.asked[-1]
    room.state.add_link(sf_object="Task", sf_id=OTHER_ID, ids={"Task": "other"}, base={})
    assert SF_ID == room.journal.search(intent)


@pytest.mark.rule("F01")
@pytest.mark.parametrize(
    ("name", "used"), [("", False), ("Key__c", True), ("Loose__c", False), ("Subject", False), ("No__c", False)]
)
def test_the_key_field(name: str, used: bool) -> None:
    """It must be an external id and unique in this org; else it is told, unless none was asked for."""
    room = Room(key_field=name)

    assert (name if used else "") == room.journal.key_field("Task")
    assert (1 if name and not used else 0) == len(room.notes)
    if room.notes:
        assert f"Task.{name} is no unique external id here" in room.notes[0]


@pytest.mark.rule("F01", "F02", "I3")
@pytest.mark.parametrize("key_field", ["", "Key__c"])
def test_a_creation_without_a_key_is_found_by_who_and_when(key_field: str) -> None:
    """By our own user, since it was begun as clocks go; what another creation made is known already."""
    room = Room(key_field=key_field)
    intent = room.begun()
    other = room.state.change_intent(room.begun(ph(), fields={"Subject": "other"}), sf_id=OTHER_ID)
    room.systems.rows = [made()]

    assert SF_ID == room.journal.search(intent)
    asked = ("Task", ["Id", "Subject", "CreatedById", "CreatedDate", "LastModifiedById"])
    assert asked == room.systems.asked[-1][:2]
    assert f"CreatedDate >= 2026-01-05T11:55:00Z AND CreatedById = '{ME}'" == room.systems.asked[-1][2]
    assert 1 == len(room.systems.asked)
    room.systems.rows = [made(Subject="other")]
    assert None is room.journal.search(intent)
    assert other.id != intent.id


@pytest.mark.rule("F01", "I4")
def test_a_record_that_somebody_saved_since_may_say_anything() -> None:
    """Saved by another user: it is ours whatever it says now. Saved by nobody else: it still says what was sent."""
    room = Room()
    intent = room.begun()

    room.systems.rows = [made(Subject="edited", LastModifiedById="005000000000009AAA")]
    assert SF_ID == room.journal.search(intent)
    for values in ({"LastModifiedById": ME}, {"LastModifiedById": None}):
        room.systems.rows = [made(Subject="edited", **values)]
        assert None is room.journal.search(intent)


@pytest.mark.rule("F01")
def test_when_a_record_was_made() -> None:
    """By its own word, else by its last change."""
    room = Room()
    intent = room.begun()
    late = timedelta(hours=2)

    room.systems.rows = [made(CreatedDate="2026-01-05T12:00:01.000+0000", at=late.total_seconds())]
    assert SF_ID == room.journal.search(intent)
    room.systems.rows = [made(at=late.total_seconds())]
    assert None is room.journal.search(intent)


@pytest.mark.rule("F01", "I4")
def test_an_object_that_does_not_tell_who_made_a_record() -> None:
    """Nobody is asked for: all texts, the account and the day must be as sent."""
    fields = [one for one in FIELDS if one.name not in {"CreatedById", "LastModifiedById"}]
    room = Room(fields=fields)
    sent: dict[str, Any] = {"Subject": "a", "WhatId": "001A", "ActivityDate": "2026-01-05"}
    intent = room.begun(fields=sent)

    room.systems.rows = [made(**sent)]
    assert SF_ID == room.journal.search(intent)
    assert ["Id", "Subject", "CreatedDate", "ActivityDate", "WhatId"] == room.systems.asked[-1][1]
    assert "CreatedDate >= 2026-01-05T11:55:00Z" == room.systems.asked[-1][2]
    for name in sent:
        room.systems.rows = [made(**{**sent, name: "other"})]
        assert None is room.journal.search(intent)


@pytest.mark.rule("F01", "I4")
@pytest.mark.parametrize("other", ["Event", "Touch__c"])
def test_creations_of_other_objects_made_no_task(other: str) -> None:
    """A record of one object is not taken for what an earlier creation of another object made."""
    room = Room()
    body = room.begun().body
    for intent in room.state.intents():
        room.state.close_intent(intent)
    room.state.open_intent(SALESFORCE, NOON, {**body, "object": other})
    intent = room.begun()
    room.systems.rows = [made()]

    assert SF_ID == room.journal.search(intent)


@pytest.mark.rule("F01", "I3")
def test_the_key_is_looked_for_in_the_field_of_its_own_section() -> None:
    """Of two sections one may have an external-id field of its own: the key's model says which is asked."""
    room = Room(TASK, replace(CONVERSATION, external_id_field="Key__c"))
    room.journal.search(room.begun(key="Conversation-c1"))
    assert ("Task", "Key__c = 'Conversation-c1'") == (room.systems.asked[-1][0], room.systems.asked[-1][2])

    room.journal.search(room.begun(key="Task-t1"))
    assert room.systems.asked[-1][2].startswith("CreatedDate >= ")


# -- recovery -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("F01", "I3", "I10")
def test_what_had_been_made_is_adopted() -> None:
    """The record is linked with what both sides said at its creation, told of, and its partner's looked at again."""
    room = Room()
    room.begun()
    room.systems.rows, room.systems.partners = [made()], {("Task", "Task1"): ph()}

    room.journal.recover(look_again=True)

    (found,) = room.state.links()
    assert (SF_ID, {"Task": "Task1"}, "a") == (found.sf_id, found.ids, found.base[SALESFORCE]["Subject"])
    assert frozenset() == found.deleted
    assert [f"Task {SF_ID} had been created when the run broke off; adopted"] == room.notes
    assert [("Task", "Task1", "waiting")] == room.waiting()
    assert [] == room.state.intents()


@pytest.mark.rule("P25", "I6", "T41")
def test_what_had_been_made_and_deleted_is_a_tombstone() -> None:
    """A link of a deleted record; and one that was made in the place of another takes its place."""
    room = Room()
    old = room.journal.add_link("Task", OTHER_ID, {"Task": "Task1"}, {})
    room.begun(replaces=old)
    room.systems.rows = [replace(made(), deleted=True)]

    room.journal.recover(look_again=True)

    (found,) = room.state.links()
    assert (SF_ID, frozenset({SALESFORCE})) == (found.sf_id, found.deleted)
    assert [] == room.waiting()


@pytest.mark.rule("F01", "I3")
def test_an_answer_that_was_read_is_not_looked_for() -> None:
    """Its id is known: nothing is searched. Linked since, or gone: there is nothing to adopt."""
    for linked, there in ((False, True), (True, True), (False, False)):
        room = Room()
        room.state.change_intent(room.begun(), sf_id=SF_ID)
        room.systems.rows = [made()] if there else []
        if linked:
            room.journal.add_link("Task", SF_ID, {"Task": "Task1"}, {})

        room.journal.recover(look_again=True)

        assert [] == room.systems.asked
        assert (there and not linked) is bool(room.notes)
        assert (1 if there else 0) == len(room.state.links())
        assert [] == room.state.intents()


@pytest.mark.rule("F01", "I11")
@pytest.mark.parametrize(("look_again", "waits"), [(True, 1), (False, 0)])
def test_what_was_not_made_may_be_made_in_this_run(look_again: bool, waits: int) -> None:
    """The partner's record is looked at again, if the run makes anything; one that is gone is not."""
    room = Room()
    room.begun(ph(), ph("Conversation"))
    room.systems.partners = {("Task", "Task1"): ph()}

    room.journal.recover(look_again=look_again)

    assert waits == len(room.waiting())
    assert [] == room.state.links()
    assert [] == room.state.intents()


@pytest.mark.rule("P2", "P10", "I7")
def test_an_intent_whose_section_is_off_waits() -> None:
    """No request, and it is told."""
    off = Room(replace(TASK, salesforce="Event"))
    off.begun()
    off.state.open_intent(PARTNER, NOON, {"object": "Task", "model": "Task", "sf_id": SF_ID})
    off.journal.recover(look_again=True)
    assert 2 == len(off.state.intents())
    assert ["a Task that was begun waits: its section is not syncing"] * 2 == off.notes
    assert [] == off.systems.asked


@pytest.mark.rule("P1", "P2", "P10", "I3")
def test_what_was_begun_for_a_task_that_does_not_sync_is_found() -> None:
    """A Conversation may continue it, and must not be made beside it: as the settings are saved it is linked, as its
    section maps it. A run asks for no Task (P2).
    """
    room = Room(CONVERSATION)
    room.begun()
    room.state.open_intent(
        PARTNER, NOON, {"object": "Task", "model": "Task", "sf_id": SF_ID, "sf_base": {}, "sent": {}}
    )
    room.systems.partners["Task", "Task1"] = ph(sourceId=SF_ID, action="a")

    room.journal.recover(look_again=True)
    assert [PARTNER] == [one.kind for one in room.state.intents()]
    assert ["a Task that was begun waits: its section is not syncing"] == room.notes

    room.journal.recover(look_again=False)
    assert [] == room.state.intents()
    assert [(SF_ID, {"Task": "Task1"})] == room.links()
    assert {"Subject", "Status", "Day__c", "CreatedDate", "OwnerId"} == set(room.state.links()[0].base["Task"])


@pytest.mark.parametrize("profile", ["totango", "marketo"])
def test_where_nothing_continues_each_section_settles_its_own(profile: str) -> None:
    """What was begun for one model is no other's."""
    told = load_profile(profile)

    assert all(told.one_activity(model) == {model} for model in told.models)


@pytest.mark.rule("P2", "I7")
@pytest.mark.parametrize("other", ["Event", "Touch__c"])
def test_what_waits_keeps_nobody_waiting(other: str) -> None:
    """An intent of an object that does not sync stays, and the next one is resolved all the same."""
    room = Room()
    body = room.begun().body
    room.state.open_intent(SALESFORCE, NOON, {**body, "object": other})
    room.begun(ph("Conversation"), fields={"Subject": "x"})

    room.journal.recover(look_again=True)

    assert [other] == [one.body["object"] for one in room.state.intents()]
    assert [f"a {other} that was begun waits: its section is not syncing"] == room.notes


@pytest.mark.rule("F01", "F65", "I13")
def test_a_creation_that_cannot_be_adopted_stays_open() -> None:
    """Its partner's record belongs to another activity: that is told, and the others are resolved."""
    room = Room()
    room.journal.add_link("Task", OTHER_ID, {"Task": "Task1"}, {})
    room.state.change_intent(room.begun(), sf_id=SF_ID)
    room.begun(ph("Conversation"), fields={"Subject": "x"})
    room.systems.rows = [made()]

    room.journal.recover(look_again=True)

    assert [SF_ID] == [one.body.get("sf_id") for one in room.state.intents()]
    assert 1 == len(room.notes)
    assert room.notes[0].startswith("a creation that was begun stays open: ")


def at_partner(room: Room, **more: Any) -> Intent:
    return room.state.change_intent(room.journal.begin_at_partner("Task", sf(), {"action": "a"}), **more)


@pytest.mark.rule("F01", "I3", "P8")
def test_a_creation_at_the_partner_is_found_by_its_key() -> None:
    """It is linked with what was sent; with a link there already, or nothing to be found, there is nothing to do."""
    room = Room()
    at_partner(room)
    room.systems.partners = {("Task", "Task1"): ph(action="a", day="edited")}
    room.journal.recover(look_again=True)
    (found,) = room.state.links()
    assert (SF_ID, {"Task": "Task1"}) == (found.sf_id, found.ids)
    assert ("a", None) == (found.base["Task"]["Subject"], found.base["Task"]["Day__c"])

    at_partner(room)
    room.systems.partners = {("Task", "Task2"): ph()}
    room.journal.recover(look_again=True)
    assert [(SF_ID, {"Task": "Task1"})] == room.links()

    nothing = Room()
    at_partner(nothing)
    nothing.journal.recover(look_again=True)
    assert [] == nothing.state.links()
    assert [] == nothing.state.intents()
    assert [] == nothing.notes


@pytest.mark.rule("F01", "I5", "P9")
@pytest.mark.parametrize(("heard", "action"), [(False, "A"), (False, "b"), (False, None), (True, "b")])
def test_a_record_with_the_key_that_says_nothing_of_what_was_sent(heard: bool, action: str | None) -> None:
    """A person may have made it and typed the key: it is read once more and linked by that, unless the partner said
    that ours is stored."""
    room = Room()
    at_partner(room, **({"made": True} if heard else {}))
    room.systems.partners = {("Task", "Task1"): ph(action=action)}
    room.journal.recover(look_again=True)

    assert ([(SF_ID, {"Task": "Task1"})] if heard else []) == room.links()
    assert ([] if heard else [("Task", "Task1", "waiting")]) == room.waiting()
    assert [] == room.state.intents()


@pytest.mark.rule("F01", "I5", "P9")
@pytest.mark.parametrize(("flag", "may_type"), [("", False), ("typed_keys", True), ("own_keys", False)])
def test_who_bears_a_key_that_nobody_types_is_ours(
    monkeypatch: pytest.MonkeyPatch, flag: str, *, may_type: bool
) -> None:
    """Where the sync alone gives records the key, one that has it was made by it, whatever it says by now."""
    room = Room()
    monkeypatch.setitem(room.facts.profile.raw, "partner", {flag: True})
    at_partner(room)
    room.systems.partners = {("Task", "Task1"): ph(action="b")}
    room.journal.recover(look_again=True)

    assert ([] if may_type else [(SF_ID, {"Task": "Task1"})]) == room.links()


@pytest.mark.rule("F01", "I5")
@pytest.mark.parametrize("day", ["2026-01-01", None])
def test_what_is_no_text_tells_nobody_apart(day: str | None) -> None:
    """Where no text was sent, a day that somebody changed since makes it no other record."""
    room = Room()
    room.journal.begin_at_partner("Task", sf(), {"day": "2026-02-02"})
    room.systems.partners = {("Task", "Task1"): ph(action="a", day=day)}
    room.journal.recover(look_again=True)
    assert [(SF_ID, {"Task": "Task1"})] == room.links()


@pytest.mark.rule("T41")
def test_a_creation_at_the_partner_in_the_place_of_a_deleted_one() -> None:
    """The link that it replaces is no obstacle, and goes; not made, it stays as it is."""
    room = Room()
    old = room.journal.add_link("Task", SF_ID, {"Task": "Task0"}, {})
    at_partner(room, replaces=old.id, made=True)
    room.journal.recover(look_again=True)
    assert [(SF_ID, {"Task": "Task0"})] == room.links()
    assert [] == room.notes

    at_partner(room, replaces=old.id)
    room.systems.partners = {("Task", "Task1"): replace(ph(), id="Task1")}
    room.journal.recover(look_again=True)
    assert [(SF_ID, {"Task": "Task1"})] == room.links()


@pytest.mark.rule("T41")
def test_a_link_is_replaced_by_its_number() -> None:
    """In a state of many links, too: numbers are equal without being one object."""
    room = Room()
    for number in range(300):
        old = room.journal.add_link("Task", f"00T{number:012}EAA", {"Task": f"old{number}"}, {})
    intent = at_partner(room, replaces=old.id, sf_id=old.sf_id)
    room.systems.partners = {("Task", "Task1"): ph(sourceId=intent.body["sf_id"])}

    room.journal.recover(look_again=True)

    assert (old.sf_id, {"Task": "Task1"}) == room.links()[-1]


@pytest.mark.rule("P25", "I6")
def test_a_creation_that_the_partner_confirmed_and_that_is_gone_is_buried() -> None:
    """Nobody read its id: the tombstone goes by its key."""
    room = Room()
    at_partner(room, made=True)

    room.journal.recover(look_again=True)

    (found,) = room.state.links()
    assert ({"Task": f"sourceId={SF_ID}"}, frozenset({"Task"})) == (found.ids, found.deleted)
    assert [f"the Task made for Task {SF_ID} was deleted before the run had read it"] == room.notes
    assert [] == room.state.intents()


@pytest.mark.rule("I6", "M21", "T39")
@pytest.mark.parametrize(
    ("sf_id", "after", "ahead", "buried"),
    [
        (SF_ID, 0, 0, True),
        (SF_ID, -60, 0, False),
        ("another", 0, 0, False),
        ("00T000000000000EAA", 0, 0, False),
        (SF_ID, -1, 0, True),  # it tells whole seconds
        (SF_ID, -1.5, 0, False),
        (SF_ID, -11, -10, True),  # its clock is behind ours
        (SF_ID, -11.5, -10, False),
        (SF_ID, -1, 10, True),  # and where it is ahead, it may be set right meanwhile
        (SF_ID, -1.5, 10, False),
    ],
)
def test_what_was_made_without_an_answer_and_deleted_stays_so(
    sf_id: str, after: float, ahead: float, *, buried: bool
) -> None:
    """The partner tells of the deletion of a record with that key, after the creation began: it had been made."""
    room = Room()
    at_partner(room)
    room.systems.transport.skew = timedelta(seconds=ahead)
    room.systems.deleted = [Gone("Task1", NOON + timedelta(seconds=after), sf_id)]

    room.journal.recover(look_again=True)

    assert buried == bool(room.state.links())
    assert all(one.dead for one in room.state.links())


@pytest.mark.rule("F17", "P2")
def test_changes_in_doubt_wait_for_their_section_too() -> None:
    """Resolved where the link's object syncs, or the link is gone; else they wait without a request."""
    room = Room()
    link_of = room.journal.add_link("Task", SF_ID, {"Task": "Task1"}, {})
    other = room.journal.add_link("Event", OTHER_ID, {"Conversation": "C1"}, {})
    for number in (link_of.id, other.id, 99):
        room.state.open_intent("update", NOON, {"link": number, "version": 0, "fields": {}})

    room.journal.recover(look_again=True)

    assert [other.id] == [one.body["link"] for one in room.state.intents()]
    assert [] == room.notes
    assert datetime(2026, 1, 5, 12, tzinfo=UTC) == NOON


@pytest.mark.rule("F01", "P2", "I13")
def test_a_change_that_waits_keeps_no_creation_waiting() -> None:
    """The change was begun first and its section is not syncing; the creation after it is resolved all the same."""
    room = Room()
    other = room.journal.add_link("Event", OTHER_ID, {"Conversation": "C1"}, {})
    room.state.open_intent("update", NOON, {"link": other.id, "version": 0, "fields": {}})
    room.begun()

    room.journal.recover(look_again=True)

    assert ["update"] == [one.kind for one in room.state.intents()]


@pytest.mark.rule("T39", "M21", "I6")
@pytest.mark.parametrize("made", [True, False])
@pytest.mark.parametrize(
    ("rules", "direction", "carried"),
    [
        ({"delete_out": True}, Direction.BOTH, True),
        ({"delete_out": True}, Direction.RECEIVE, False),
        ({"delete_in": True}, Direction.BOTH, False),
    ],
)
def test_the_deletion_of_what_was_just_made_is_read_with_the_others(
    rules: dict[str, bool], direction: Direction, *, carried: bool, made: bool
) -> None:
    """Where deletions go on to Salesforce the pair is one, and what is observed next says that half of it is gone;
    elsewhere it is buried.
    """
    room = Room(section("Task", TEXT, rules=rules, direction=direction))
    at_partner(room, made=made)
    room.systems.deleted = [Gone("Task0", NOON, "00T000000000000EAA"), Gone("Task1", NOON, SF_ID)]

    room.journal.recover(look_again=True)

    (found,) = room.state.links()
    if carried:
        assert ({"Task": "Task1"}, frozenset(), ["salesforce"]) == (found.ids, found.deleted, list(found.base))
        assert [] == room.notes
    else:
        assert ({"Task": f"sourceId={SF_ID}"}, frozenset({"Task"})) == (found.ids, found.deleted)
    assert [] == room.state.intents()
