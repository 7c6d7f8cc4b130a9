"""The plan of one activity, whole: no network, no state; what the two systems know stands in tables (facts.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.crm_sync.facts import BASE, NOTE, SF_ID, SUBJECT, TooLate, activity, link, ph, section, sf, sf_field
from tests.crm_sync.plans import KEYS, RECEIVE, SEND, TASK, TWO, UNCHANGED, UPDATED, Unasked, only, plan, read, told

from crm_sync.model import SALESFORCE, Direction, FieldMap, Policy, Rules
from crm_sync.plan import ACCOUNT_TOLD, Plan, plan_activity
from crm_sync.report import Outcome
from crm_sync.verdict import Action, Verdict

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


@pytest.mark.rule("T9", "T32", "I5")
@pytest.mark.parametrize("side", [SALESFORCE, "Task"])
def test_what_the_other_side_cannot_be_told_wins_no_record(side: str) -> None:
    """The later change is an owner or a word that the other side refuses: what was said there goes over."""
    owner = FieldMap("owner", "ownerId", "OwnerId", "owner")
    agreed = link(base={key: {**BASE, "OwnerId": None} for key in (SALESFORCE, "Task")})
    if side == SALESFORCE:
        one = activity(sf(at=5, OwnerId="a stranger"), ph(action="ours"), link=agreed)
    else:
        one = activity(sf(Description="theirs"), ph(at=5, action="ours"), link=agreed)
    fields = [sf_field("Subject", restricted=side == "Task", values=frozenset({"a"})), sf_field("Description")]

    said = plan(one, section("Task", SUBJECT, NOTE, owner, rules={"grain": read("record")}), fields=fields)

    expected = {SALESFORCE: {SALESFORCE: {"Subject": "ours"}}, "Task": {"Task": {"description": "theirs"}}}
    assert expected[side] == said["write"]
    assert [{SALESFORCE: "owner", "Task": "subject"}[side]] == [one[0] for one in said["held"]]
    assert "conflicts" not in said


@pytest.mark.rule("T9", "I5")
def test_what_nobody_read_is_no_obstacle() -> None:
    """Only the partner's record is known, and it changed: there is nothing to dispute."""
    said = plan(activity(ph(at=5, action="ours"), link=link()), section(rules={"grain": read("record")}))

    assert {SALESFORCE: {"Subject": "ours"}} == said["write"]


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


@pytest.mark.rule("T16", "I5")
def test_what_is_kept_has_not_lost() -> None:
    """The Conversation's blank title wins over both: Salesforce's is told as lost, and the Task's stays, for it must
    have one.
    """
    strict = replace(TWO[0], rules=Rules(required=frozenset({"action"})))
    conversation = ph("Conversation", at=9, subject=" ")
    one = activity(sf(Subject="theirs"), ph(at=5, action="ours"), conversation, link=link("Task", "Conversation"))

    said = plan(one, strict, TWO[1])

    assert {SALESFORCE: {"Subject": " "}} == said["write"]
    assert [SALESFORCE] == [conflict[2] for conflict in said["conflicts"]]


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


@pytest.mark.rule("T12")
@pytest.mark.parametrize(("told", "noted"), [("001A", True), ("001C", True), ("001B", False)])
def test_the_same_other_account_is_told_of_once(told: str, noted: bool) -> None:
    """One that was told of already is not told again; another one than last time is, whatever it is called."""
    base = {SALESFORCE: BASE, "Task": {**BASE, ACCOUNT_TOLD: told}}
    one = activity(sf(AccountId="001B"), ph(), link=link(base=base))

    assert noted == ("notes" in plan(one, section(rules={"parent_missing": "skip"})))


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
        (Action.SKIP, "SKIPPED", {"keep": {(SALESFORCE, "Subject"), ("Conversation", "Subject")}}),
        (Action.BURY, "SKIPPED", {}),
        (Action.SLEEP, "SKIPPED", {}),
    ],
)
def test_a_verdict_is_carried_out(
    action: Action, outcome: str, said: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the table says of a case: every section of the activity tells it, and nothing is written; a change that
    is skipped stays one."""
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


# -- the plan in words --------------------------------------------------------------------------------------------


def test_a_plan_in_words() -> None:
    """What is made, changed and deleted, in the order of names; a creation that sends nothing sends its key."""
    one = Plan(activity(sf(), ph()))
    assert (False, False) == one.shut
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


@pytest.mark.rule("P2", "P8", "F24")
def test_a_key_of_a_record_that_is_not_seen_is_no_pair_to_compare() -> None:
    """Where nothing may pass either, it is said why, and nothing is agreed on or kept."""
    keyed = activity(ph(), claimed_sf_id=SF_ID)
    why = "it carries a key, and the section does not send"

    assert only("SKIPPED", why) == plan(keyed, section(direction=RECEIVE))
    assert only("SKIPPED", "too old") == plan(replace(keyed, shut_in="too old", shut_out="too old"))
