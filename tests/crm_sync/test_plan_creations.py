"""Plans that make a record on the other side: what it says, whose it is, and when it is not made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.crm_sync.facts import NOTE, SF_ID, SUBJECT, activity, ph, section, sf, sf_field
from tests.crm_sync.plans import CONVERSATION, RECEIVE, SEND, TASK, TWO, only, plan, read

from crm_sync.model import SALESFORCE, FieldMap, Write


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
