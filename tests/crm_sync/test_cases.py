"""Which case of the table an activity is: what changed, which section decides, who is there, who takes part."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.crm_sync.facts import BASE, NOON, NOTE, SF_ID, SUBJECT, Facts, activity, link, ph, section, sf

from crm_sync.cases import case_of, deciding, seen
from crm_sync.decide import Seen
from crm_sync.model import SALESFORCE, Activity, Direction, FieldMap, Rules
from crm_sync.verdict import Case, Deletions, LinkState, Order, Presence, Scope

TASK, CONVERSATION = section("Task"), section("Conversation", replace(SUBJECT, partner="subject"))
DAY = FieldMap("date", "startTime", "Day__c", "day")


def changed(base: dict[str, Any], replica: str, key: Any, mapped: FieldMap = SUBJECT, **facts: Any) -> bool:
    one = activity(link=link("Task", "Conversation", base=base))
    return seen(one, Facts(**facts), replica, mapped, key) is Seen.CHANGED


def asked(
    one: Activity, *, model: str = "Task", sections: Any = (TASK, CONVERSATION), **facts: Any
) -> tuple[Case, str]:
    known = Facts(sections=sections, **facts)
    found = known.section_of(model, "Task")
    assert found is not None
    return case_of(one, found, known)


# -- did it change? -----------------------------------------------------------------------------------


@pytest.mark.rule("I5", "I12")
def test_a_value_changed_when_it_is_not_the_agreed_one() -> None:
    """Each replica is held against what was agreed with it; nothing agreed on at all is a change."""
    base = {SALESFORCE: {"Subject": "a"}, "Task": {"Subject": "b"}}

    assert [False, True] == [changed(base, SALESFORCE, key) for key in "ab"]
    assert [True, False] == [changed(base, "Task", key) for key in "ab"]
    assert Seen.CHANGED is seen(activity(sf()), Facts(), SALESFORCE, SUBJECT, "a")
    assert changed({}, SALESFORCE, "a")


@pytest.mark.rule("I5", "P9")
@pytest.mark.parametrize("empty", [None, ""])
def test_what_was_never_agreed_on_and_is_empty_is_no_change(empty: str | None) -> None:
    """It would take from the other side what nobody meant to give up; what was agreed on and emptied is a change."""
    assert Seen.SAME is seen(activity(sf()), Facts(), SALESFORCE, SUBJECT, empty)
    assert [False, False] == [changed({}, replica, empty) for replica in (SALESFORCE, "Task")]
    assert changed({SALESFORCE: {"Subject": "a"}}, SALESFORCE, empty)


@pytest.mark.rule("P1", "P8", "I4")
def test_a_conversation_starts_from_its_tasks_values() -> None:
    """What the Task agreed on is no change of the Conversation's, and the day that Planhat stamps on it is none."""
    base = {SALESFORCE: {"Subject": "a", "Day__c": "x"}, "Task": {"Subject": "b", "Day__c": "x"}}

    assert [True, False, True] == [changed(base, "Conversation", key) for key in "abc"]
    assert not changed(base, "Conversation", "another day", DAY)
    assert changed(base, "Conversation", "another day", replace(DAY, lens="closed"))
    assert changed(base, "Task", "another day", DAY)
    own = base | {"Conversation": {"Day__c": "y"}}
    assert changed(own, "Conversation", "b")
    assert [True, False] == [changed(own, "Conversation", key, DAY) for key in "xy"]


@pytest.mark.rule("P29", "F38")
def test_a_field_mapped_later_starts_from_todays_values() -> None:
    """Nobody agreed on it yet: it is no change, unless a section brings the past over, and it says something."""
    base: dict[str, Any] = {SALESFORCE: {"Subject": "a"}, "Task": {"Subject": "a"}}
    backfill = [CONVERSATION, section("Task", backfill=True)]
    read = "".join(list("Task"))  # as it comes out of a configuration: not the same object

    assert not changed(base, "Task", "n", NOTE)
    for other in ("Event", "Zoo__c"):
        elsewhere = [TASK, replace(section("Conversation", backfill=True), salesforce=other)]
        assert not changed(base, "Task", "n", NOTE, sections=elsewhere)
    assert changed(base, "Task", "n", NOTE, sections=[replace(section("Task", backfill=True), salesforce=read)])
    said = [changed(base, "Task", key, NOTE, sections=backfill) for key in ("n", 0, False, "", None)]
    assert [True, True, True, False, False] == said
    assert changed(base | {SALESFORCE: {"Description": "n"}}, "Task", "n", NOTE)


@pytest.mark.rule("P1", "P29")
def test_a_field_that_only_the_conversation_maps_begins_with_what_is_said() -> None:
    """Nobody could agree on it while there was the Task alone: of the Conversation that just came it is a change."""
    base: dict[str, Any] = {SALESFORCE: {"Subject": "a"}, "Task": {"Subject": "a"}}
    task = section("Task", SUBJECT)
    read = replace(NOTE, salesforce="".join(list("Description")))  # as it comes out of a configuration
    around = [replace(NOTE, salesforce=name) for name in ("A__c", "Z__c")]

    def met(*fields: FieldMap, model: str = "Conversation", agreed: dict[str, Any] = base) -> bool:
        known = Facts(sections=[task, section("Conversation", *fields)])
        return seen(activity(ph(model), link=link(base=agreed)), known, SALESFORCE, NOTE, "n") is Seen.CHANGED

    assert met(read)
    assert met(*around, read)
    assert [False, False] == [met(one) for one in around]
    assert not met(read, model="Task")
    assert not met(read, agreed=base | {"Conversation": {"Subject": "a"}})


# -- whose word it is ---------------------------------------------------------------------------------


@pytest.mark.rule("P1", "P11", "P13")
def test_the_section_that_decides() -> None:
    """The later model's of what is there; of a Salesforce record alone the first that receives, else the first."""
    sends = Direction.SEND
    both = Facts(sections=[TASK, CONVERSATION])

    def model(one: Activity, known: Facts = both) -> str:
        found = deciding(one, known)
        return found.model if found else ""

    assert "Conversation" == model(activity(ph(), ph("Conversation")))
    assert "Task" == model(activity(ph()))
    assert "Conversation" == model(activity(link=link("Task", "Conversation")))
    assert "Task" == model(activity(ph(), link=link("Task")))
    assert "Conversation" == model(activity(ph("Conversation"), link=link("Task")))
    assert "Task" == model(activity(sf()))
    assert "Conversation" == model(activity(sf()), Facts(sections=[replace(TASK, direction=sends), CONVERSATION]))
    assert "Task" == model(activity(sf()), Facts(sections=[replace(one, direction=sends) for one in both.sections]))
    assert "" == model(activity(sf()), Facts(sections=[]))
    assert "" == model(activity(ph("Conversation")), Facts(sections=[TASK]))


@pytest.mark.rule("P2", "P8")
def test_a_section_that_sends_decides_about_a_creation_in_salesforce() -> None:
    """The Conversation only receives: what is made is the Task's matter, unless nobody sends."""
    receives = replace(CONVERSATION, direction=Direction.RECEIVE)
    one, new = Facts(sections=[TASK, receives]), activity(ph(), ph("Conversation"))
    none = Facts(sections=[replace(TASK, direction=Direction.RECEIVE), receives])

    assert TASK == deciding(new, one)
    assert receives == deciding(new, none)
    assert receives == deciding(replace(new, salesforce=sf()), one)
    assert receives == deciding(replace(new, link=link("Task", "Conversation")), one)


# -- who is there ---------------------------------------------------------------------------------------


def there(one: Activity, **facts: Any) -> tuple[Presence, Presence, LinkState]:
    case, _ = asked(one, **facts)
    return case.left, case.right, case.link


ABSENT, SAME, CHANGED, DELETED = Presence.ABSENT, Presence.SAME, Presence.CHANGED, Presence.DELETED


@pytest.mark.rule("I6", "P8", "P25")
def test_records_without_a_link() -> None:
    """What is there is news; one that was not read is absent; a key makes a pair of them."""
    assert (CHANGED, ABSENT, LinkState.NONE) == there(activity(sf()))
    assert (ABSENT, CHANGED, LinkState.NONE) == there(activity(ph()))
    assert (DELETED, ABSENT, LinkState.NONE) == there(activity(sf(deleted=True)))
    assert (CHANGED, CHANGED, LinkState.KEYED) == there(activity(sf(), ph(), claimed_sf_id=SF_ID))


@pytest.mark.rule("I6", "P23", "P25")
def test_records_with_a_link() -> None:
    """What was not read is as it was; a deletion is known from the link, or was read."""
    live = LinkState.LIVE

    assert (SAME, SAME, live) == there(activity(link=link()))
    assert (SAME, SAME, live) == there(activity(sf(), ph(), link=link()))
    assert (CHANGED, SAME, live) == there(activity(sf(Subject="b"), ph(), link=link()))
    assert (CHANGED, SAME, live) == there(activity(sf(Description="b"), link=link()))
    assert (SAME, CHANGED, live) == there(activity(ph(description="b"), link=link()))
    assert (SAME, SAME, live) == there(activity(ph("Conversation"), link=link("Task", "Conversation")))
    assert (DELETED, SAME, live) == there(activity(sf(deleted=True), link=link()))
    one_of_two = link("Task", "Conversation", deleted=frozenset({"Task"}))
    assert (SAME, SAME, live) == there(activity(link=one_of_two))
    assert (SAME, SAME, LinkState.DORMANT) == there(activity(link=link(dormant=True)))
    no_partner = link(ids={}, deleted=frozenset())
    assert SAME is there(activity(link=no_partner))[1]


@pytest.mark.rule("P25", "T39", "T41")
def test_a_deletion_that_the_section_carries_is_a_live_pairs() -> None:
    """Without that, and where nothing is left on either side, what is known is a tombstone."""
    gone_there, gone_here = (link(deleted=frozenset({side})) for side in (SALESFORCE, "Task"))
    carries = [section(rules={"delete_in": True, "delete_out": True})]
    later_wins = [section(rules={"delete_in": True, "delete_wins": False})]
    gone = link(deleted=frozenset({SALESFORCE, "Task"}))

    assert (DELETED, SAME, LinkState.TOMBSTONE) == there(activity(link=gone_there))
    assert (SAME, DELETED, LinkState.TOMBSTONE) == there(activity(link=gone_here))
    assert (DELETED, SAME, LinkState.LIVE) == there(activity(link=gone_there), sections=carries)
    assert (SAME, DELETED, LinkState.LIVE) == there(activity(link=gone_here), sections=carries)
    assert LinkState.LIVE is there(activity(link=gone_there), sections=later_wins)[2]
    assert (DELETED, DELETED, LinkState.TOMBSTONE) == there(activity(link=gone), sections=carries)
    assert LinkState.DORMANT is there(activity(link=replace(gone, dormant=True)))[2]


@pytest.mark.rule("P24", "T41", "M22")
def test_who_was_later() -> None:
    """By when somebody changed it, of a deletion by when it was deleted; what is unknown on a side is not later."""

    def last(one: Activity, **facts: Any) -> Order:
        return asked(one, **facts)[0].order

    assert Order.PARTNER_NEWER is last(activity(sf(), ph(at=5), link=link()))
    assert Order.SALESFORCE_NEWER is last(activity(sf(5), ph(), link=link()))
    assert Order.SAME_SECOND is last(activity(sf(5), ph(at=5), link=link()))
    late_scan = replace(sf(), changed_at=NOON + timedelta(seconds=60))
    assert Order.PARTNER_NEWER is last(activity(late_scan, ph(at=5), link=link()))
    late_deletion = replace(sf(deleted=True), changed_at=NOON + timedelta(seconds=60))
    assert Order.SALESFORCE_NEWER is last(activity(late_deletion, ph(at=5), link=link()))
    gone = {"Task": NOON + timedelta(seconds=5)}
    assert Order.PARTNER_NEWER is last(activity(sf(), link=link(), gone=gone))
    assert Order.SAME_SECOND is last(
        activity(sf(), ph(at=5), link=link()), sections=[section(rules={"resolution_seconds": 10})]
    )
    assert Order.SAME_SECOND is last(activity(sf(), ph(at=5), link=link()), apart_seconds=10.0)


# -- who takes part -------------------------------------------------------------------------------------


def scopes(one: Activity, *, model: str = "Task", **facts: Any) -> tuple[Scope, Scope, str]:
    case, why = asked(one, model=model, **facts)
    return case.scope_in, case.scope_out, why


IN = (Scope.IN, Scope.IN, "")
NO_PARENT = "no Planhat company has the Source ID 001Z"
NO_ACCOUNT = "the company has no Salesforce account id in its Source ID"


@pytest.mark.rule("P27", "T11", "T20")
@pytest.mark.parametrize(
    ("policy", "scope"), [("wait", Scope.PARENT_AWAITED), ("skip", Scope.PARENT_MISSING), ("omit", Scope.IN)]
)
def test_a_record_without_its_parent(policy: str, scope: Scope) -> None:
    """It waits, is passed over, or goes without; each way is the matter of the side where the record is."""
    one = [section(rules={"parent_missing": policy})]
    out = scope is not Scope.IN

    assert (scope, Scope.IN, NO_PARENT if out else "") == scopes(activity(sf(AccountId="001Z")), sections=one)
    assert (Scope.IN, scope, NO_ACCOUNT if out else "") == scopes(activity(ph(companyId="c9")), sections=one)
    assert IN == scopes(activity(sf()), sections=one) == scopes(activity(ph()), sections=one)


@pytest.mark.rule("P27")
def test_a_record_of_no_account() -> None:
    """It is said so."""
    assert "the Salesforce record belongs to no account" == scopes(activity(sf(AccountId=None)))[2]


@pytest.mark.rule("P27")
def test_planhats_own_option_sends_without_a_company() -> None:
    """What would wait is sent without; what is passed over still is."""
    send = {"unmatched_company": "send"}

    assert IN == scopes(activity(ph(companyId="c9")), options=send)
    skips = [section(rules={"parent_missing": "skip"})]
    assert Scope.PARENT_MISSING is scopes(activity(ph(companyId="c9")), options=send, sections=skips)[1]


@pytest.mark.rule("T12", "T20")
@pytest.mark.parametrize(
    ("policy", "direction", "scope"),
    [
        ("skip", Direction.BOTH, Scope.PARENT_MISSING),
        ("skip", Direction.RECEIVE, Scope.IN),
        ("wait", Direction.BOTH, Scope.IN),
        ("send", Direction.BOTH, Scope.IN),
        ("omit", Direction.BOTH, Scope.IN),
    ],
)
def test_an_edit_of_what_is_linked_and_lost_its_account(policy: str, direction: Direction, scope: Scope) -> None:
    """It is passed over where the section passes such over; what nobody edited, or what has its account, is not."""
    one = [section(direction=direction, rules={"parent_missing": policy})]
    edited = activity(sf(), ph(companyId="c9", action="new"), link=link())

    assert (Scope.IN, scope, NO_ACCOUNT if scope is not Scope.IN else "") == scopes(edited, sections=one)
    assert IN == scopes(activity(sf(), ph(companyId="c9"), link=link()), sections=one)
    assert IN == scopes(activity(sf(), ph(action="new"), link=link()), sections=one)
    assert IN == scopes(activity(sf(), link=link(ids={})), sections=one)  # has none
    shut = replace(edited, shut_out="too old")
    assert (Scope.IN, Scope.FILTERED, "too old") == scopes(shut, sections=one)


@pytest.mark.rule("P6", "P8")
def test_what_is_linked_or_keyed_is_not_asked_again() -> None:
    """Whether it is made or not is settled."""
    assert IN == scopes(activity(sf(AccountId="001Z"), link=link()))
    assert IN == scopes(activity(sf(AccountId="001Z"), claimed_sf_id=SF_ID))
    assert IN == scopes(activity(sf(deleted=True, AccountId="001Z")))


@pytest.mark.rule("T1", "T42", "F34")
def test_a_value_with_which_a_record_takes_no_part() -> None:
    """Each side has its own; a series of recurring Tasks is none."""
    one = [section(rules={"exclude_new": {"status": ["Ignored"]}, "exclude_salesforce": {"Type": ["Call"]}})]

    assert (Scope.IN, Scope.EXCLUDED, 'its status is "Ignored": no record is made for it') == scopes(
        activity(ph(status="Ignored")), sections=one
    )
    assert (Scope.EXCLUDED, Scope.IN, 'its Type is "Call"') == scopes(activity(sf(Type="Call")), sections=one)
    assert IN == scopes(activity(ph(status="Done")), sections=one) == scopes(activity(sf(Type="Other")), sections=one)
    series = scopes(activity(sf(IsRecurrence=True)))
    assert (Scope.EXCLUDED, Scope.IN, "a series of recurring Tasks is not a Task; its occurrences are") == series


@pytest.mark.rule("P1", "P16")
def test_a_conversation_is_logged_when_the_task_is_completed() -> None:
    """A planned Task makes none, unless the option says so; what has no such mark, and a Task, is not asked."""
    why = "not completed yet; a Conversation is logged when it is"
    planned, done = activity(sf(IsClosed=False)), activity(sf(IsClosed=True))

    assert (Scope.FILTERED, Scope.IN, why) == scopes(planned, model="Conversation")
    assert IN == scopes(done, model="Conversation") == scopes(activity(sf()), model="Conversation")
    assert IN == scopes(planned)
    assert IN == scopes(planned, model="Conversation", options={"receive_only_completed": False})


def test_a_case_holds_what_the_section_says() -> None:
    """Where deletions go is the section's."""
    case, _ = asked(activity(sf(deleted=True), link=link()), sections=[section(rules={"delete_in": True})])

    assert Deletions.DELETE_WINS is case.deletions
    assert BASE == link().base["Task"]


@pytest.mark.rule("T41", "F23", "F24")
@pytest.mark.parametrize("shown", [(), (sf(deleted=True),)])
@pytest.mark.parametrize("models", [("Task",), ("Task", "Conversation")])
@pytest.mark.parametrize(
    "rules", [{}, {"delete_in": True}, {"delete_out": True}, {"delete_in": True, "delete_out": True}]
)
def test_both_gone_is_a_tombstone(shown: Any, models: tuple[str, ...], rules: dict[str, Any]) -> None:
    """A pair of which both sides were deleted is over, and stays in mind: the table is never asked of it as of a live
    one, whatever deletions the section carries.
    """
    gone = activity(*shown, link=link(*models, deleted=frozenset({SALESFORCE, *models})))
    case, _ = asked(gone, sections=(replace(section("Task"), rules=Rules(**rules)),))

    assert (Presence.DELETED, Presence.DELETED, LinkState.TOMBSTONE) == (case.left, case.right, case.link)
