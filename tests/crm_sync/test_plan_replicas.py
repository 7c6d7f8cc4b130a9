"""Plans of an activity that has several records at the partner, and of the keys that tie them together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.crm_sync.facts import BASE, NOTE, OTHER_ID, SF_ID, SUBJECT, Facts, activity, link, ph, section, sf, sf_field
from tests.crm_sync.plans import CONVERSATION, FIRST_ID, KEYS, RECEIVE, SEND, TWO, UNCHANGED, UPDATED, plan

from crm_sync.model import SALESFORCE, FieldMap, Policy, Rules
from crm_sync.plan import sections_for

# -- Task and Conversation --------------------------------------------------------------------------------


@pytest.mark.rule("P1")
def test_a_change_goes_to_every_replica() -> None:
    """Task and Conversation of one activity get Salesforce's value, each in its own field."""
    one = activity(sf(Subject="b"), ph(), ph("Conversation", subject="a"), link=link("Task", "Conversation"))

    expected = {"Task": {"action": "b"}, "Conversation": {"subject": "b"}}
    assert {"verdicts": {"Task:Task": ("UPDATED",), "Conversation:Task": ("UPDATED",)}, "write": expected} == plan(
        one, *TWO
    )


@pytest.mark.rule("P1", "I7")
def test_what_a_section_did_is_its_own() -> None:
    """The Conversation sent a value: its section and the Task's, which gets it; one that only receives did nothing."""
    one = activity(
        sf(),
        ph(action="a"),
        ph("Conversation", subject="b"),
        link=link(
            "Task",
            "Conversation",
            base={SALESFORCE: {"Subject": "a"}, "Task": {"Subject": "a"}, "Conversation": {"Subject": "a"}},
        ),
    )

    said = plan(one, section("Task", replace(SUBJECT, direction=RECEIVE), direction=RECEIVE), CONVERSATION)

    assert {SALESFORCE: {"Subject": "b"}, "Task": {"action": "b"}} == said["write"]
    assert {"Task:Task": ("UPDATED",), "Conversation:Task": ("UPDATED",)} == said["verdicts"]


@pytest.mark.rule("P1", "P23")
def test_a_replica_that_was_not_read_keeps_what_was_agreed() -> None:
    """Nothing is written to a Conversation that nobody read, and its value, known from the link, does not speak."""
    one = activity(sf(Subject="b"), ph(), link=link("Task", "Conversation"))

    said = plan(one, *TWO)

    assert {"Task": {"action": "b"}} == said["write"]
    assert {"Task:Task": ("UPDATED",), "Conversation:Task": ("UNCHANGED",)} == said["verdicts"]


@pytest.mark.rule("P1", "P23")
def test_a_replica_that_was_not_read_hides_no_other() -> None:
    """Nobody read the Task; the Conversation, which was read, gets Salesforce's value all the same."""
    one = activity(sf(Subject="b"), ph("Conversation", subject="a"), link=link("Task", "Conversation"))

    assert {"Conversation": {"subject": "b"}} == plan(one, *TWO)["write"]


@pytest.mark.rule("I2", "P23")
def test_a_change_to_what_an_unread_replica_says_already() -> None:
    """Both say the same now, as far as anybody knows: nothing is left to carry over."""
    base = {SALESFORCE: BASE, "Task": {**BASE, "Subject": "b"}}

    assert UNCHANGED == plan(activity(sf(Subject="b"), link=link(base=base)))


@pytest.mark.rule("T9", "P23")
def test_an_unread_replica_wins_no_field() -> None:
    """The Conversation won the record; what the Task alone holds cannot be taken from a Task that nobody read."""
    whole = Rules(grain="record")
    two = [replace(section("Task", NOTE), rules=whole), replace(CONVERSATION, rules=whole)]
    base = {SALESFORCE: BASE, "Task": {"Description": "n"}, "Conversation": {"Subject": "a"}}
    conversation = ph("Conversation", at=5, subject="ours")
    one = activity(sf(Subject="theirs", Description="m"), conversation, link=link("Task", "Conversation", base=base))

    assert {SALESFORCE: {"Subject": "ours"}} == plan(one, *two)["write"]


@pytest.mark.rule("P1", "P26")
def test_a_replica_that_cannot_hold_a_value_hides_no_other() -> None:
    """The Task knows no such user; the Conversation keeps the id as a text, and gets it."""
    task = section("Task", FieldMap("owner", "ownerId", "OwnerId", "owner"))
    conversation = section("Conversation", FieldMap("owner id", "ownerText", "OwnerId", "same"))
    known, unknown = "005000000000001AAA", "005000000000009AAA"
    base = {SALESFORCE: {"OwnerId": known}, "Task": {"OwnerId": "u1"}, "Conversation": {"OwnerId": known}}
    two = [ph(ownerId="u1"), ph("Conversation", ownerText=known)]

    said = plan(activity(sf(OwnerId=unknown), *two, link=link("Task", "Conversation", base=base)), task, conversation)

    assert {"Conversation": {"ownerText": unknown}} == said["write"]
    assert [("owner", unknown, "this owner is not a user of Planhat")] == said["held"]


@pytest.mark.rule("P23")
def test_salesforces_record_was_not_read() -> None:
    """Only the partner's changed and was read: its value is sent over what was agreed."""
    one = activity(ph(action="b"), link=link())

    assert UPDATED | {"write": {SALESFORCE: {"Subject": "b"}}} == plan(one)
    assert UNCHANGED == plan(activity(ph(), link=link()))


@pytest.mark.rule("P24", "P1")
def test_the_conversations_section_speaks() -> None:
    """Where both sections map a field, the later model's policy decides."""
    one = activity(sf(5, Subject="theirs"), ph(), ph("Conversation", subject="ours"), link=link("Task", "Conversation"))
    sections = [section("Task", conflict=Policy.SALESFORCE), replace(CONVERSATION, conflict=Policy.PARTNER)]

    (conflict,) = plan(one, *sections)["conflicts"]

    assert ("Conversation", SALESFORCE, "planhat") == (conflict[1], conflict[2], conflict[5])


def test_sections_by_model() -> None:
    """Those of records that are there, or were linked and not deleted; the earlier model first."""
    both = Facts(sections=TWO[::-1])

    assert ["Task", "Conversation"] == list(sections_for(activity(ph("Conversation"), ph()), both))
    assert ["Conversation"] == list(sections_for(activity(ph("Conversation")), both))
    assert ["Conversation"] == list(sections_for(activity(link=link("Conversation")), both))
    gone = link("Task", "Conversation", deleted=frozenset({"Task"}))
    assert ["Conversation"] == list(sections_for(activity(link=gone), both))
    assert [] == list(sections_for(activity(ph("Conversation")), Facts()))
    assert [] == list(sections_for(activity(sf()), both))


# -- keys -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("P7", "P8")
@pytest.mark.parametrize("raw", [None, "", "  "])
def test_a_missing_key_is_written(raw: str | None) -> None:
    """Whichever way values go, the Salesforce id belongs into the partner's record."""
    assert UPDATED | {"write": {"Task": KEYS}} == plan(activity(sf(), ph(sourceId=raw), link=link()))
    assert UPDATED | {"write": {"Task": KEYS}} == plan(
        activity(sf(), ph(sourceId=raw), link=link()), section(direction=SEND)
    )


@pytest.mark.rule("P7", "P8")
def test_no_place_for_a_key_or_nobody_to_write_it_to() -> None:
    """A model without such a field, and a record that nobody read, get none."""
    assert UNCHANGED == plan(activity(sf(), ph(sourceId=None), link=link()), keyed=False)
    assert UNCHANGED == plan(activity(sf(), link=link()))


@pytest.mark.rule("P8", "P9")
@pytest.mark.parametrize("raw", ["crm-42", SF_ID[:15], SF_ID.lower(), f" {SF_ID} ", "003000000000001AAA"])
def test_a_key_that_names_nothing_else_stays(raw: str) -> None:
    """Another form of the id, another object's, or a text that is none, is a person's: it is not written over."""
    assert UNCHANGED == plan(activity(sf(), ph(sourceId=raw), link=link()))


@pytest.mark.rule("P8", "F06")
@pytest.mark.parametrize("other", [FIRST_ID, OTHER_ID, "00T100000000002EAA"])
def test_a_key_that_names_another_record(other: str) -> None:
    """Nothing is written before a person has decided, other changes neither."""
    why = f"its sourceId names {other}, but it belongs to {SF_ID}; decide which"

    said = plan(activity(sf(), ph(sourceId=other, action="b"), link=link()))

    assert {"refuse": why} == {name: said[name] for name in said if name != "verdicts"}


@pytest.mark.rule("P8", "F12")
def test_records_found_by_their_key() -> None:
    """No link yet: what differs is settled as a conflict is, and told; an equal field is no matter."""
    one = activity(sf(5, Subject="theirs"), ph(), claimed_sf_id=SF_ID)

    said = plan(one)

    assert {"Task": {"action": "theirs"}} == said["write"]
    assert [("subject", SALESFORCE, "Task", "theirs", "a", "newest")] == said["conflicts"]
    assert [f"salesforce Task {SF_ID}: linked by its key; subject differed"] == said["notes"]
    assert UNCHANGED == plan(activity(sf(), ph(), claimed_sf_id=SF_ID))


@pytest.mark.rule("M4", "M5", "M7")
def test_no_opinion_is_written_over_by_a_change_alone() -> None:
    """Salesforce's Low says nothing to Marketo: found again by its key, it stays; what is changed there later goes."""
    priority = FieldMap("priority", "priority", "Priority", "choice")
    mapped, base = section("Task", priority), {SALESFORCE: {"Priority": None}, "Task": {"Priority": "normal"}}
    low, fields = sf(Priority="Low"), [sf_field("Priority")]

    found = plan(activity(low, ph(priority="normal"), claimed_sf_id=SF_ID), mapped, fields=fields)
    changed = plan(activity(low, ph(priority="high"), link=link(base=base)), mapped, fields=fields)

    assert "write" not in found
    assert {SALESFORCE: {"Priority": "High"}} == changed["write"]
