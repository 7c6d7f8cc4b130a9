"""Records that were merged away: what is new for one of them goes to the one that is left (F14)."""

from __future__ import annotations

import contextlib

import pytest
from tests.crm_sync.both import RECEIVE, SEND, SF, Both, Killed
from tests.crm_sync.sia_both import Sellers
from tests.crm_sync.totango_both import TotangoBoth

SOAP = {
    "e": "http://schemas.xmlsoap.org/soap/envelope/",
    "u": "urn:partner.soap.sforce.com",
    "o": "urn:sobject.partner.soap.sforce.com",
}


def merge(both: Both | Sellers, loser: str, into: str, sobject: str = "Account") -> None:
    """A person merges two records; REST cannot."""
    token = both.salesforce.credentials(SF)["access_token"]
    names = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in SOAP.items())
    header = f"<e:Header><u:SessionHeader><u:sessionId>{token}</u:sessionId></u:SessionHeader></e:Header>"
    master = f"<u:masterRecord><o:type>{sobject}</o:type><o:Id>{into}</o:Id></u:masterRecord>"
    request = f"<u:merge><u:request>{master}<u:recordToMergeIds>{loser}</u:recordToMergeIds></u:request></u:merge>"
    answer = both.session.post(
        f"{SF}/services/Soap/u/60.0",
        data=f"<e:Envelope {names}>{header}<e:Body>{request}</e:Body></e:Envelope>",
        headers={"Content-Type": "text/xml", "SOAPAction": '""'},
    )
    assert "<success>true</success>" in answer.text, answer.text


def accounts(both: Both) -> list[tuple[str, str]]:
    """(Subject, WhatId) of each Salesforce Task."""
    return sorted((row["Subject"], both.sf_get(row["Id"])["WhatId"]) for row in both.sf_tasks())


@pytest.mark.rule("F14", "P27")
@pytest.mark.parametrize("hops", [1, 3])
@pytest.mark.parametrize("keyed", [False, True])
def test_what_is_new_goes_to_the_account_that_is_left(both: Both, hops: int, *, keyed: bool) -> None:
    """However often it was merged on, and however the record is made; the pair then syncs as any does."""
    both.sf_options = {"external_id_field": "Planhat_Id__c"} if keyed else {}
    both.configure(task=SEND, conversation=SEND)
    account = both.account
    for number in range(hops):
        left = both.sf_create("Account", Name=f"Left {number}")
        merge(both, account, left)
        account = left
    task = both.ph_task(action="New", status="In-progress")
    note = both.ph_conversation(subject="Met")

    report = both.run()
    both.settle()

    assert [("Met", account), ("New", account)] == accounts(both)
    assert 2 == sum(f"WhatId {both.account} was merged into {account}" in one for one in report.notes)
    assert {} == {name: one.quarantined for name, one in report.sections.items() if one.quarantined}
    both.ph_edit("tasks", task, action="Edited")
    both.settle()
    assert [("Edited", account), ("Met", account)] == accounts(both)
    assert both.company == both.ph_get("conversations", note)["companyId"]


@pytest.mark.rule("F14", "M26")
@pytest.mark.parametrize(("person", "sobject"), [(1, "Contact"), (2, "Lead")])
def test_a_reminder_goes_to_the_person_who_is_left(on: Sellers, person: int, sobject: str) -> None:
    """Sales Insight still stores the id of the one who was merged away."""
    stored = {"Contact": on.contact, "Lead": on.lead}[sobject]
    left = on.sf_create(sobject, LastName="Pat", Company="Acme") if sobject == "Lead" else ""
    left = left or on.sf_create(sobject, LastName="Pat", AccountId=on.account)
    merge(on, stored, left, sobject)

    _, task = on.pushed(person=person)
    on.settle()

    assert left == on.sf_get(task)["WhoId"]


@pytest.mark.rule("F14", "T11")
def test_a_totango_task_goes_to_the_account_that_is_left(totango_world: TotangoBoth) -> None:
    """Totango's account still carries the id of the one that was merged away."""
    world = totango_world.again()
    left = world.stage.accounts["nowhere"]
    world.people.merge("Account", left, world.account)
    world.tt_task(title="New")
    world.settle()

    assert ("New", left) == tuple(world.sf_one()[name] for name in ("Subject", "WhatId"))


@pytest.mark.rule("F14", "F65", "P27")
def test_an_account_that_was_deleted_has_no_heir(both: Both) -> None:
    """What is new at its Company is put aside with Salesforce's own reason, and the others go on."""
    other = both.sf_create("Account", Name="Other")
    company = both.ph_create("companies", name="Other", sourceId=other)["_id"]
    both._sf("DELETE", f"/sobjects/Account/{both.account}")
    task = both.ph_task(action="Left behind")
    both.ph_task(action="Elsewhere", companyId=company)

    report = both.run()

    assert [("Elsewhere", other)] == accounts(both)
    (reason,) = report.section("Task:Task").quarantined.values()
    assert "ENTITY_IS_DELETED" in reason
    assert [task] == [one.record_id for one in both.state.pending()]


@pytest.mark.rule("F14", "F01", "F02", "I3")
@pytest.mark.parametrize("how", ["kill before", "kill after", "lose request", "lose response"])
def test_a_death_or_a_lost_answer_at_any_request_makes_one_record(both: Both, how: str) -> None:
    """What was asked again with the other account is found again by it."""
    left = both.sf_create("Account", Name="Left")
    merge(both, both.account, left)
    both.configure(task=SEND, conversation=RECEIVE)
    both.run()
    both.ph_task(action="New")
    back, at = both.mark(), 0
    while True:
        both.wire.arm(at, how)
        with contextlib.suppress(Killed):
            both.run()
        due = len(both.wire.sent) > at
        both.wire.arm(None)
        for _ in range(4):
            both.clock.advance(600)
            both.run()

        assert [("New", left)] == accounts(both), at
        if not due:
            break
        back()
        at += 1
    assert at > 4
