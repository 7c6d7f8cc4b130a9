"""The plan of one activity, whole: no network, no state; what the two systems know stands in tables (facts.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.crm_sync.facts import (
    BASE,
    NOTE,
    OTHER_ID,
    SF_ID,
    SUBJECT,
    Facts,
    TooLate,
    activity,
    link,
    ph,
    section,
    sf,
    sf_field,
)

from crm_sync.model import SALESFORCE, Activity, Direction, FieldMap, Policy, Rules, Write
from crm_sync.plan import Plan, plan_activity, sections_for
from crm_sync.report import Outcome
from crm_sync.verdict import Action, Verdict

KEYS = {"sourceId": SF_ID}
FIRST_ID = "00T000000000000EAA"  # before SF_ID; OTHER_ID comes after
TASK, CONVERSATION = section("Task"), section("Conversation", replace(SUBJECT, partner="subject"))
TWO = [TASK, CONVERSATION]
RECEIVE, SEND = Direction.RECEIVE, Direction.SEND


class Unasked(Facts):
    """The partner's parents would have to be fetched first."""

    def account_of_parent(self, parent_id: Any) -> str | None:
        raise AssertionError(f"the parent {parent_id} was looked up")


def read(text: str) -> str:
    """As it comes out of a configuration: an object of its own."""
    return "".join(list(text))


def told(plan: Plan) -> dict[str, Any]:
    """What a plan says, without what it does not say."""
    verdicts = {key: (outcome.name, *([why] if why else [])) for key, (outcome, why) in plan.verdicts.items()}
    said = {
        "write": plan.write,
        "create": plan.create,
        "delete": plan.delete,
        "drop": plan.drop,
        "keep": plan.keep,
        "conflicts": [(c.field, c.winner, c.loser, c.winning_value, c.losing_value, c.policy) for c in plan.conflicts],
        "held": [(h.field, h.value, h.reason) for h in plan.held],
        "notes": plan.notes,
        "wait": plan.wait,
        "refuse": plan.refuse,
    }
    return {"verdicts": verdicts} | {name: value for name, value in said.items() if value}


def plan(one: Activity, *sections: Any, **facts: Any) -> dict[str, Any]:
    return told(plan_activity(one, Facts(sections=sections or [TASK], **facts)))


def only(outcome: str, why: str = "", *, key: str = "Task:Task", **said: Any) -> dict[str, Any]:
    return {"verdicts": {key: (outcome, why) if why else (outcome,)}, **said}


UNCHANGED, UPDATED = only("UNCHANGED"), only("UPDATED")


# -- nothing to do, and refusals ------------------------------------------------------------------------


@pytest.mark.rule("P2")
def test_an_activity_of_no_section() -> None:
    """Its model is not synced: nothing is said about it at all."""
    assert {"verdicts": {}} == plan(activity(ph("Conversation"), sf()), TASK)


@pytest.mark.rule("P8", "F05")
def test_several_records_with_one_key() -> None:
    """A person has to keep one of them."""
    why = "00T1, 00T2 carry its key, too; keep one of them (rule P8)"

    assert only("QUARANTINED", why, refuse=why) == plan(activity(ph(), rivals=["00T1", "00T2"]))


@pytest.mark.rule("I2", "I12")
def test_what_did_not_change_is_left_alone() -> None:
    """Both sides say what was agreed: nothing is written, kept or told."""
    assert UNCHANGED == plan(activity(sf(), ph(), link=link()))


@pytest.mark.rule("I1")
@pytest.mark.parametrize(("values", "written"), [({"action": "b"}, {"Subject": "b"}), ({"action": "b"}, None)])
def test_a_change_of_the_partners(values: dict[str, Any], written: dict[str, Any] | None) -> None:
    """It goes to Salesforce, unless the section only receives; then it stays a change."""
    one = activity(sf(), ph(**values), link=link())
    direction = Direction.BOTH if written else RECEIVE

    expected = UPDATED | {"write": {SALESFORCE: written}} if written else UNCHANGED | {"keep": {("Task", "Subject")}}
    assert expected == plan(one, section(direction=direction))


@pytest.mark.rule("I1")
def test_a_change_of_salesforces() -> None:
    """It goes to the partner, unless the section only sends; then it stays a change."""
    one = activity(sf(Subject="b"), ph(), link=link())

    assert UPDATED | {"write": {"Task": {"action": "b"}}} == plan(one)
    assert UNCHANGED | {"keep": {(SALESFORCE, "Subject")}} == plan(one, section(direction=SEND))


@pytest.mark.rule("T30")
def test_a_section_without_updates() -> None:
    """What was made is never changed: not even its key is written, and its change is no news."""
    made = section(rules={"updates": False})

    assert UNCHANGED == plan(activity(sf(Subject="b"), ph(sourceId=None), link=link()), made)


@pytest.mark.rule("P24", "I5")
@pytest.mark.parametrize(
    ("policy", "at", "winner"),
    [
        (Policy.NEWEST, 5, "Task"),
        (Policy.NEWEST, -5, SALESFORCE),
        (Policy.PARTNER, -5, "Task"),
        (Policy.SALESFORCE, 5, SALESFORCE),
    ],
)
def test_a_conflict_names_both_values(policy: Policy, at: int, winner: str) -> None:
    """The winner's value is written on the other side; the loser's stands in the log as its own side holds it."""
    values = {SALESFORCE: "theirs", "Task": "ours"}
    loser = next(side for side in values if side != winner)
    name = "planhat" if policy is Policy.PARTNER else policy.value

    said = plan(activity(sf(Subject="theirs"), ph(at=at, action="ours"), link=link()), section(conflict=policy))

    field = {SALESFORCE: "Subject", "Task": "action"}[loser]
    conflict = ("subject", winner, loser, values[winner], values[loser], name)
    assert UPDATED | {"write": {loser: {field: values[winner]}}, "conflicts": [conflict]} == said


@pytest.mark.rule("P24", "F56")
@pytest.mark.parametrize(("rules", "winner"), [({}, SALESFORCE), ({"tie": "partner"}, "Task")])
def test_ties_go_where_the_section_says(rules: dict[str, Any], winner: str) -> None:
    """Nine seconds apart are one moment where clocks are ten apart; a tie is Salesforce's unless the section says."""
    one = activity(sf(Subject="theirs"), ph(at=9, action="ours"), link=link())

    (conflict,) = plan(one, section(rules={**rules, "resolution_seconds": 10}))["conflicts"]

    assert winner == conflict[1]


@pytest.mark.rule("T9")
@pytest.mark.parametrize(("grain", "winners"), [("field", []), ("record", ["Task"])])
def test_one_winner_for_all_fields(grain: str, winners: list[str]) -> None:
    """Each side changed another field: both stand, or the later record takes both."""
    one = activity(sf(Description="theirs"), ph(at=5, action="ours"), link=link())

    said = plan(one, section(rules={"grain": read(grain)}))

    both = {SALESFORCE: {"Subject": "ours"}, "Task": {"description": "theirs"}}
    whole = {SALESFORCE: {"Subject": "ours", "Description": "n"}}
    assert (both if grain == "field" else whole) == said["write"]
    assert winners == [one[1] for one in said.get("conflicts", [])]


@pytest.mark.rule("T9", "P1")
@pytest.mark.parametrize(("grains", "whole"), [(("field", "record"), True), (("record", "field"), False)])
def test_the_later_models_section_says_what_a_conflict_is_about(grains: tuple[str, str], whole: bool) -> None:
    """The Conversation's section settles the whole record or each field, whatever the Task's says."""
    two = [replace(one, rules=Rules(grain=grain)) for one, grain in zip(TWO, grains, strict=True)]
    conversation = ph("Conversation", at=5, subject="ours")
    one = activity(sf(Description="theirs"), ph(), conversation, link=link("Task", "Conversation"))

    said = plan(one, *two)

    subject = {SALESFORCE: {"Subject": "ours"}, "Task": {"action": "ours"}}
    settled = {SALESFORCE: {"Subject": "ours", "Description": "n"}, "Task": {"action": "ours"}}
    split = subject | {"Task": {"action": "ours", "description": "theirs"}}
    assert (settled if whole else split) == said["write"]


# -- values that cannot be written ---------------------------------------------------------------------


@pytest.mark.rule("P26", "F33")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"updateable": False}, "Task.Subject is read-only for this user"),
        ({"restricted": True, "values": frozenset({"a"})}, "not in the restricted picklist Task.Subject"),
    ],
)
def test_a_value_that_salesforce_would_refuse(options: dict[str, Any], reason: str) -> None:
    """It is held back, told of, and stays a change; the other field goes."""
    fields = [sf_field("Subject", **options), sf_field("Description")]
    one = activity(sf(), ph(action="b", description="m"), link=link())

    said = plan(one, fields=fields)

    held = [("subject", "b", reason)]
    assert UPDATED | {"write": {SALESFORCE: {"Description": "m"}}, "held": held, "keep": {("Task", "Subject")}} == said


STATUS = FieldMap("status", "", "Status", "status", constant="Done")


@pytest.mark.rule("P26")
def test_a_value_that_the_partner_cannot_hold() -> None:
    """A Conversation has no status: Salesforce's is held back, and the log of a conflict is not written."""
    owner = FieldMap("owner", "ownerId", "OwnerId", "owner")
    base = {SALESFORCE: {"OwnerId": "005000000000001AAA"}, "Task": {"OwnerId": "u1"}}
    one = activity(sf(5, OwnerId="005000000000009AAA"), ph(ownerId="u2"), link=link(base=base))

    said = plan(one, section("Task", owner))

    held = [("owner", "005000000000009AAA", "this owner is not a user of Planhat")]
    assert UNCHANGED | {"held": held} == said


@pytest.mark.rule("P1")
def test_a_constant_stands_in_the_log_as_it_is() -> None:
    """A Conversation has happened: its side of the conflict is what it always says."""
    done = section("Conversation", STATUS)
    base = {SALESFORCE: {"Status": "In-progress"}, "Conversation": {"Status": "Blocked"}}
    one = activity(sf(5, Status="Deferred"), ph("Conversation"), link=link("Conversation", base=base))

    said = plan(one, done)

    assert [("status", "Blocked", "a Conversation has no status")] == said["held"]
    one = replace(one, salesforce=sf(-5, Status="Deferred"))
    conflict = ("status", "Conversation", SALESFORCE, "Done", "Deferred", "newest")
    expected = {"write": {SALESFORCE: {"Status": "Completed"}}, "conflicts": [conflict]}
    assert only("UPDATED", key="Conversation:Task") | expected == plan(one, done)


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


# -- what a record must say, and what goes along ------------------------------------------------------------


@pytest.mark.rule("T16")
@pytest.mark.parametrize(
    ("rules", "lacks"),
    [
        ({"required": frozenset({"action"})}, "action must say something"),
        ({"required": frozenset({"zeal", "action"})}, "action must say something"),
        ({"required_any": frozenset({"action", "zeal"})}, "action or zeal must say something"),
        ({"required_any": frozenset({"action", "description"})}, ""),
        ({"required": frozenset({"description"}), "required_any": frozenset({"description"})}, ""),
    ],
)
def test_a_record_keeps_what_it_must_say(rules: dict[str, Any], lacks: str) -> None:
    """A change that would empty a field that must say something is refused, with all that goes with it."""
    one = activity(sf(Subject=" "), ph(), link=link())
    why = f"{lacks}; it keeps what it says (rule T16)"

    expected = only("QUARANTINED", why, refuse=why) if lacks else UPDATED | {"write": {"Task": {"action": " "}}}
    assert expected == plan(one, section(rules=rules))


@pytest.mark.rule("T16", "P7")
def test_a_key_alone_empties_nothing() -> None:
    """A record that lacks something already still gets its key, and what else changes is looked at."""
    strict = section(rules={"required": frozenset({"zeal"})})

    assert UPDATED | {"write": {"Task": KEYS}} == plan(activity(sf(), ph(sourceId=None), link=link()), strict)
    assert UPDATED | {"write": {SALESFORCE: {"Subject": "b"}}} == plan(
        activity(sf(), ph(action="b"), link=link()), strict
    )


@pytest.mark.rule("T36")
def test_who_changed_it_goes_along_and_never_alone() -> None:
    """The audit fields are written with what is written anyway, in a section that receives."""
    audit = FieldMap("audit", "audit", "LastModifiedDate", "audit", direction=RECEIVE)
    stamp = "2026-01-05T12:00:00.000+0000"
    changed, same = sf(Subject="b", LastModifiedDate=stamp), sf(LastModifiedDate=stamp)
    base = {SALESFORCE: {"Subject": "a", "LastModifiedDate": None}, "Task": {"Subject": "a", "LastModifiedDate": None}}

    said = plan(activity(changed, ph(), link=link(base=base)), section("Task", SUBJECT, audit))
    alone = plan(activity(same, ph(), link=link(base=base)), section("Task", SUBJECT, audit))

    assert {"action", "audit"} == set(said["write"]["Task"])
    assert "write" not in alone


@pytest.mark.rule("T12")
@pytest.mark.parametrize(
    ("account", "parent", "noted"),
    [("001B", "c1", True), ("001A", "c1", False), ("001B", "c9", False), (None, "c1", False)],
)
def test_another_account_is_told_of(account: str | None, parent: str, noted: bool) -> None:
    """A partner's record stays with its account; where Salesforce's names another one that is known, it is told."""
    one = activity(sf(AccountId=account), ph(companyId=parent), link=link())

    text = f"salesforce Task {SF_ID}: account_change_ignored: 001B is not the account of Task Task1"
    assert UNCHANGED | ({"notes": [text]} if noted else {}) == plan(
        one, section(rules={"parent_missing": read("skip")})
    )
    assert UNCHANGED == plan(one) == plan(one, section(rules={"parent_missing": "omit"}))


@pytest.mark.rule("T8", "T12")
def test_a_parent_that_is_the_account_is_not_looked_up() -> None:
    """The partner calls the account by Salesforce's own id: there is nothing to ask its directory for."""
    one = activity(sf(AccountId=read("001A")), ph(companyId=read("001A")), link=link())

    said = plan_activity(one, Unasked(sections=[section(rules={"parent_missing": "skip"})]))

    assert UNCHANGED == told(said)


# -- deletions --------------------------------------------------------------------------------------------------


@pytest.mark.rule("T39", "T40", "P25", "M18")
def test_a_deletion_is_carried_over() -> None:
    """To the side that the section carries deletions to; without that, the survivor is passed over."""
    gone_there = activity(ph(), sf(deleted=True), link=link(deleted=frozenset({SALESFORCE})))
    gone_here = activity(sf(), link=link(deleted=frozenset({"Task"})))
    inwards, outwards = section(rules={"delete_in": True}), section(rules={"delete_out": True})

    assert only("DELETED", delete="Task") == plan(gone_there, inwards)
    assert only("DELETED", delete=SALESFORCE) == plan(gone_here, outwards)
    assert "SKIPPED" == plan(gone_there)["verdicts"]["Task:Task"][0]
    assert "SKIPPED" == plan(gone_here)["verdicts"]["Task:Task"][0]


@pytest.mark.rule("M18")
def test_a_deletion_too_long_ago() -> None:
    """The partner's own settings may leave an old deletion alone, and the pair is forgotten; not the other way."""
    old, young = ([sf(at, deleted=True), ph()] for at in (-5, 5))
    inwards = section(rules={"delete_in": True, "delete_out": True})
    why = "it was deleted too long ago: its counterpart stays, unlinked"

    assert only("SKIPPED", why, drop=True) == plan(activity(*old, link=link()), inwards, scope=TooLate())
    assert only("DELETED", delete="Task") == plan(activity(*young, link=link()), inwards, scope=TooLate())
    gone = activity(sf(-5), link=link(deleted=frozenset({"Task"})))
    assert only("DELETED", delete=SALESFORCE) == plan(gone, inwards, scope=TooLate())
    untold = activity(ph(), link=link(deleted=frozenset({SALESFORCE})))
    assert only("DELETED", delete="Task") == plan(untold, inwards, scope=TooLate())


@pytest.mark.rule("F23", "F24")
def test_deleted_on_both_sides() -> None:
    """Nothing is left to do, and nothing is written: what is kept is the tombstone."""
    one = activity(sf(deleted=True), link=link(deleted=frozenset({SALESFORCE, "Task"})))
    carried = section(rules={"delete_in": True, "delete_out": True})

    assert only("SKIPPED", "neither record is there; the tombstone is kept") == plan(one, carried)


@pytest.mark.parametrize(
    ("action", "outcome", "said"),
    [
        (Action.DROP_LINK, "SKIPPED", {}),
        (Action.WAIT, "SKIPPED", {"wait": "why"}),
        (Action.QUARANTINE, "QUARANTINED", {"refuse": "why"}),
        (Action.IMPOSSIBLE, "QUARANTINED", {"refuse": "why"}),
        (Action.SKIP, "SKIPPED", {}),
        (Action.BURY, "SKIPPED", {}),
        (Action.SLEEP, "SKIPPED", {}),
    ],
)
def test_a_verdict_is_carried_out(
    action: Action, outcome: str, said: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the table says of a case: every section of the activity tells it, and nothing is written."""
    monkeypatch.setattr("crm_sync.plan.verdict", lambda _: Verdict(action, "", "why", "P1", 0))
    one = activity(sf(Subject="b"), ph(), ph("Conversation"), link=link("Task", "Conversation"))

    verdicts = dict.fromkeys(("Task:Task", "Conversation:Task"), (outcome, "why"))
    assert {"verdicts": verdicts, **said} == plan(one, *TWO)


@pytest.mark.parametrize("updates", [True, False])
def test_a_verdict_of_nothing(updates: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live pair of a section with updates still gets its key (P8); any other pair is passed over."""
    monkeypatch.setattr("crm_sync.plan.verdict", lambda _: Verdict(Action.NOTHING, "", "why", "P1", 0))
    made = section(rules={"updates": updates})

    live = plan(activity(sf(), ph(sourceId=None), link=link()), made)
    asleep = plan(activity(sf(), ph(sourceId=None), link=link(dormant=True)), made)

    assert (UPDATED | {"write": {"Task": KEYS}} if updates else UNCHANGED) == live
    assert only("SKIPPED", "why") == asleep


# -- creations ------------------------------------------------------------------------------------------------


@pytest.mark.rule("P8", "T13", "T17")
def test_a_record_made_at_the_partner() -> None:
    """Its key, its parent, what the section adds, and each field that travels there; never one that is not written."""
    never = FieldMap("never", "never", "Never__c", "same", write_in=Write.NEVER)
    once = FieldMap("once", "once", "Once__c", "same", write_in=Write.ONCE)
    sent = FieldMap("sent", "sent", "Sent__c", "same", direction=SEND)
    nowhere = FieldMap("nowhere", "", "Nowhere__c", "same")
    owner = FieldMap("owner", "ownerId", "OwnerId", "owner")
    one = section("Task", SUBJECT, never, once, sent, nowhere, owner, NOTE, on_create_partner={"mainType": "task"})
    values: dict[str, Any] = dict.fromkeys(("Never__c", "Once__c", "Sent__c", "Nowhere__c"), "x")
    record = sf(**values, Description=None, OwnerId="005000000000009AAA")

    said = plan(activity(record), one)

    written = {"sourceId": SF_ID, "mainType": "task", "companyId": "c1", "action": "a", "once": "x"}
    held = [("owner", "005000000000009AAA", "this owner is not a user of Planhat")]
    assert only("CREATED", create="Task", write={"Task": written}, held=held) == said


@pytest.mark.rule("P8")
def test_a_record_made_at_the_partner_without_what_it_may_lack() -> None:
    """A parent may be missing where the section says so, and what Salesforce does not say is not told as held back."""
    owner = FieldMap("owner", "ownerId", "OwnerId", "owner")
    one = section("Task", SUBJECT, owner, rules={"parent_missing": "omit"})

    said = plan(activity(sf(AccountId="001Z")), one)

    assert only("CREATED", create="Task", write={"Task": {"sourceId": SF_ID, "action": "a"}}) == said


@pytest.mark.rule("P8", "P26")
def test_what_a_new_record_at_the_partner_cannot_hold_hides_nothing() -> None:
    """The owner is no user there: it is told, and what is mapped after it goes."""
    owner = FieldMap("owner", "ownerId", "OwnerId", "owner")

    said = plan(activity(sf(OwnerId="005000000000009AAA")), section("Task", SUBJECT, owner, NOTE))

    assert {"sourceId": SF_ID, "companyId": "c1", "action": "a", "description": "n"} == said["write"]["Task"]
    assert ["owner"] == [name for name, _, _ in said["held"]]


@pytest.mark.rule("P1", "P13")
@pytest.mark.parametrize(("stamped", "day"), [(None, "2026-01-05T09:00:00.000Z"), ("2026-02-01", "2026-02-01")])
def test_a_new_conversation_has_a_date(stamped: str | None, day: str) -> None:
    """The mapped one, else the time of Salesforce's last change."""
    date = FieldMap("date", "date", "Day__c", "same")
    record = sf(LastModifiedDate="2026-01-05T09:00:00.000+0000", Day__c=stamped, IsClosed=True)
    one = section("Conversation", replace(SUBJECT, partner="subject"), date, stamp_field="date")

    said = plan(activity(record), one)

    assert day == said["write"]["Conversation"]["date"]
    assert "" == plan(activity(sf(IsClosed=True)), one)["write"]["Conversation"]["date"]
    assert (
        "date"
        not in plan(activity(record), replace(one, stamp_field="", fields=one.fields[:1]))["write"]["Conversation"]
    )


@pytest.mark.rule("T16")
def test_a_record_without_what_it_must_say_is_not_made() -> None:
    """It is put aside with the name of the field."""
    why = "zeal must say something (rule T16)"

    assert only("QUARANTINED", why, refuse=why) == plan(
        activity(sf()), section(rules={"required": frozenset({"zeal"})})
    )


@pytest.mark.rule("P8", "P26", "T24")
def test_a_record_made_in_salesforce() -> None:
    """Its account, what the section adds, each field that travels there; what cannot be sent is held back and kept."""
    never = FieldMap("never", "never", "Never__c", "same", write_out=Write.NEVER)
    received = FieldMap("received", "received", "Received__c", "same", direction=RECEIVE)
    once = FieldMap("once", "once", "Once__c", "same", write_out=Write.ONCE)
    closed = FieldMap("closed", "closed", "Closed__c", "same")
    text = FieldMap("text", "text", "Text__c", "html")
    owner = FieldMap("owner", "ownerId", "OwnerId", read("owner"))
    absent = FieldMap("absent", "absent", "Absent__c", "same")
    one = section("Task", SUBJECT, never, received, once, closed, text, owner, absent, on_create={"Priority": "Normal"})
    fields = [
        *map(sf_field, ("Subject", "Never__c", "Received__c", "Once__c", "OwnerId", "Absent__c")),
        sf_field("AccountId"),
        sf_field("Closed__c", createable=False),
        sf_field("Text__c", createable=False),
    ]
    record = ph(sourceId=None, never="x", received="x", once="x", closed="x", text="x", ownerId="u2")

    said = plan(activity(record), one, fields=fields)

    held = [
        ("closed", "x", "Task.Closed__c is read-only for this user"),
        ("text", "x", "Task.Text__c is read-only for this user"),
        ("owner", "u2", "this owner is not an active user of Salesforce"),
    ]
    keep = {("Task", "Closed__c"), ("Task", "Text__c"), ("Task", "OwnerId")}
    notes = ["planhat Task Task1: this owner is not an active user of Salesforce; the caller owns it"]
    written = {"Priority": "Normal", "AccountId": "001A", "Subject": "a", "Once__c": "x"}
    expected = only("CREATED", create=SALESFORCE, write={SALESFORCE: written}, held=held, keep=keep, notes=notes)
    assert expected == said


@pytest.mark.rule("M4", "P1")
def test_a_silent_value_is_not_sent() -> None:
    """No owner at the partner is no opinion: nothing is sent, held back or told, and what is mapped after it goes."""
    owner = FieldMap("owner", "ownerId", "OwnerId", "owner")

    said = plan(activity(ph(sourceId=None)), section("Task", SUBJECT, owner, NOTE))

    written = {"AccountId": "001A", "Subject": "a", "Description": "n"}
    assert only("CREATED", create=SALESFORCE, write={SALESFORCE: written}) == said


@pytest.mark.rule("P27", "T20")
@pytest.mark.parametrize(
    ("field", "fields", "expected"),
    [
        ("AccountId", ["AccountId", "WhatId"], "AccountId"),
        ("AccountId", ["WhatId"], "WhatId"),
        ("AccountId", ["AccountId!", "WhatId"], "WhatId"),
        ("ParentId", ["ParentId", "WhatId"], "ParentId"),
        ("ParentId", ["WhatId"], None),
        ("ACME__c", ["ACME__c", "WhatId"], "ACME__c"),
    ],
)
def test_the_account_of_a_new_record(field: str, fields: list[str], expected: str | None) -> None:
    """It stands in the section's field, or in WhatId where AccountId cannot be set; nowhere if there is none."""
    known = [sf_field(name.rstrip("!"), createable="!" not in name) for name in (*fields, "Subject", "Description")]

    said = plan(activity(ph(sourceId=None)), section(company_field=read(field)), fields=known)

    assert ({expected: "001A"} if expected else {}) == {
        name: value for name, value in said["write"][SALESFORCE].items() if name not in {"Subject", "Description"}
    }


@pytest.mark.rule("P27")
def test_a_new_record_without_an_account() -> None:
    """Planhat's own option: it is made without one; otherwise it waits."""
    one = activity(ph(sourceId=None, companyId="c9"))
    why = "the company has no Salesforce account id in its Source ID"

    assert only("SKIPPED", why, wait=why) == plan(one)
    assert {"Subject": "a", "Description": "n"} == plan(one, options={"unmatched_company": "send"})["write"][SALESFORCE]


@pytest.mark.rule("P1", "P8", "I7")
def test_task_and_conversation_make_one_record() -> None:
    """The later model's word is the later one; one that only receives is no source, and what it says else stays."""
    two = [
        ph(sourceId=None, action="task's"),
        ph("Conversation", sourceId=None, subject="conversation's", companyId="c2"),
    ]

    said = plan(activity(*two), *TWO)
    heard = plan(activity(*two), TASK, replace(CONVERSATION, direction=RECEIVE))
    equal = plan(activity(two[0], ph("Conversation", subject="task's")), TASK, replace(CONVERSATION, direction=RECEIVE))

    assert {"AccountId": "001B", "Subject": "conversation's", "Description": "n"} == said["write"][SALESFORCE]
    assert {"Task:Task": ("CREATED",), "Conversation:Task": ("CREATED",)} == said["verdicts"]
    assert "keep" not in said
    assert {"AccountId": "001A", "Subject": "task's", "Description": "n"} == heard["write"][SALESFORCE]
    assert {("Conversation", "Subject"), (SALESFORCE, "Subject")} == heard["keep"]
    assert "keep" not in equal


# -- the plan in words --------------------------------------------------------------------------------------------


def test_a_plan_in_words() -> None:
    """What is made, changed and deleted, in the order of names; a creation that sends nothing sends its key."""
    one = Plan(activity(sf(), ph()))
    one.write = {"Task": {"b": 1, "a": 2}, SALESFORCE: {}}
    one.create, one.delete = SALESFORCE, "Conversation"
    label = f"salesforce Task {SF_ID}"

    assert [
        f"update Task for {label}: a, b",
        f"create salesforce for {label}: its key",
        f"delete Conversation for {label}",
    ] == one.lines()
    one = Plan(activity(sf(), ph()))
    one.write, one.create = {SALESFORCE: {"a": 1}, "Task": {"b": 1}}, read("Task")
    assert [f"create Task for {label}: b", f"update salesforce for {label}: a"] == one.lines()
    assert [] == Plan(activity(sf())).lines()
    assert {SALESFORCE, "Task"} == set(one.read)
    assert {"Task"} == set(Plan(activity(ph())).read)
    assert (label, "", False) == (one.label, one.wait, one.left)
    assert Outcome.CREATED > Outcome.UPDATED
