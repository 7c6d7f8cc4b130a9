"""Undelete, merge and lead conversion: what becomes of everything around the row. They are called through SOAP."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from .conftest import Caller
from .soap_client import Soap, one, result, soap

__all__ = ["soap"]
UNDELETE = ("documented", "SOAP API Developer Guide, undelete(); Apex Developer Guide, Restoring Deleted Records")
MERGE = ("documented", "SOAP API Developer Guide, merge(); Object Reference, MasterRecordId")
CONVERT = ("documented", "SOAP API Developer Guide, convertLead(); Salesforce Help, Lead Conversion Field Mapping")


def undelete(soap: Soap, record_id: str) -> str:
    return result(soap(f"<urn:undelete><urn:ids>{record_id}</urn:ids></urn:undelete>"))


def merge(soap: Soap, sobject: str, master: str, *losers: str, more: str = "") -> str:
    ids = "".join(f"<urn:recordToMergeIds>{each}</urn:recordToMergeIds>" for each in losers)
    record = f"<ns:type>{sobject}</ns:type><ns:Id>{master}</ns:Id>{more}"
    return result(
        soap(f"<urn:merge><urn:request><urn:masterRecord>{record}</urn:masterRecord>{ids}</urn:request></urn:merge>")
    )


def convert(soap: Soap, lead: str, **fields: str) -> str:
    given = {"convertedStatus": "Closed - Converted", "leadId": lead, **fields}
    inner = "".join(f"<urn:{name}>{value}</urn:{name}>" for name, value in sorted(given.items()))
    return result(soap(f"<urn:convertLead><urn:leadConverts>{inner}</urn:leadConverts></urn:convertLead>"))


# --- undelete ---------------------------------------------------------------------------------------


@pytest.mark.evidence(*UNDELETE)
def test_look_ups_come_back(org: Caller, soap: Soap) -> None:
    """A row that lost its parent points at it again, unless it has another by now; SystemModstamp moves."""
    parent, other = org.make("Account", Name="p"), org.make("Account", Name="o")
    kept, moved = (org.make("Account", Name=name, ParentId=parent) for name in "km")
    org.delete(f"/sobjects/Account/{parent}")
    assert org.row("Account", kept)["ParentId"] is None
    org.patch(f"/sobjects/Account/{moved}", {"ParentId": other})
    deleted = org.get("/queryAll", query={"q": f"SELECT LastModifiedDate FROM Account WHERE Id = '{parent}'"}).json
    org.clock.set(org.clock.now() + timedelta(minutes=5))
    assert "true" == one(undelete(soap, parent), "success")
    row = org.row("Account", parent)
    assert "2026-01-05T09:05:00.000+0000" == row["SystemModstamp"]
    assert deleted["records"][0]["LastModifiedDate"] == row["LastModifiedDate"]
    assert (parent, other) == (org.row("Account", kept)["ParentId"], org.row("Account", moved)["ParentId"])


@pytest.mark.evidence(
    "documented", "REST API Developer Guide, QueryAll; Object Reference, IsDeleted and SystemModstamp"
)
def test_a_deletion_is_a_change(org: Caller) -> None:
    """Whoever asks queryAll for what changed since a moment is shown what was deleted since, with its last values."""
    gone, kept = (org.make("Account", Name=name) for name in ("gone", "kept"))
    org.clock.set(org.clock.now() + timedelta(minutes=5))
    org.delete(f"/sobjects/Account/{gone}")
    changed = "SELECT Id, Name, IsDeleted FROM Account WHERE SystemModstamp >= 2026-01-05T09:05:00Z"

    rows = org.get("/queryAll", query={"q": changed}).json["records"]

    assert [(gone, "gone", True)] == [(row["Id"], row["Name"], row["IsDeleted"]) for row in rows]
    assert [] == org.get("/query", query={"q": changed}).json["records"]
    assert kept != gone


@pytest.mark.evidence(*UNDELETE)
def test_only_what_went_along_comes_back(org: Caller, soap: Soap) -> None:
    """A child that was deleted before its parent stays in the bin."""
    account = org.make("Account", Name="a")
    before, along = (org.make("Contact", LastName=name, AccountId=account) for name in "ba")
    org.delete(f"/sobjects/Contact/{before}")
    org.clock.set(org.clock.now() + timedelta(minutes=5))
    org.delete(f"/sobjects/Account/{account}")
    undelete(soap, account)
    assert [404, 200] == [org.get(f"/sobjects/Contact/{each}").status for each in (before, along)]


@pytest.mark.evidence("assumed", "a unique value that is taken by now")
def test_a_taken_value_keeps_a_row_in_the_bin(org: Caller, soap: Soap) -> None:
    """Two rows cannot have one unique value."""
    first = org.make("Account", Name="a", Key__c="K")
    org.delete(f"/sobjects/Account/{first}")
    org.make("Account", Name="b", Key__c="k")
    assert "DUPLICATE_VALUE" == one(undelete(soap, first), "statusCode")


@pytest.mark.evidence(*UNDELETE)
def test_a_document_comes_back_with_its_versions(org: Caller, soap: Soap) -> None:
    """File, versions, links and note."""
    note = org.make("ContentNote", Title="n", Content=base64.b64encode(b"text").decode())
    org.delete(f"/sobjects/ContentNote/{note}")
    assert "true" == one(undelete(soap, note), "success")
    assert [200, 200] == [org.get(f"/sobjects/{name}/{note}").status for name in ("ContentDocument", "ContentNote")]
    (version,) = org.soql("SELECT Id FROM ContentVersion")
    assert b"text" == org.get(f"/sobjects/ContentVersion/{version['Id']}/VersionData").body


# --- merge ------------------------------------------------------------------------------------------


@pytest.mark.evidence(*MERGE)
def test_what_a_loser_leaves(org: Caller, soap: Soap) -> None:
    """Losers are deleted with MasterRecordId; activities and files are the master's; a membership is there once."""
    campaign = org.make("Campaign", Name="c")
    master, first, second = (org.make("Contact", LastName=name) for name in "mab")
    for each in (master, first):
        org.make("CampaignMember", CampaignId=campaign, ContactId=each)
    task = org.make("Task", WhoId=first, ActivityDate="2026-01-02", Status="Completed")
    note = org.make("Note", ParentId=second, Title="n")
    text = merge(soap, "Contact", master, first, second, more="<ns:Title>Boss</ns:Title>")
    assert "true" == one(text, "success"), text
    assert (master, master) == (org.row("Task", task)["WhoId"], org.row("Note", note)["ParentId"])
    row = org.row("Contact", master)
    assert ("Boss", "2026-01-02") == (row["Title"], row["LastActivityDate"])
    assert 1 == len(org.soql("SELECT Id FROM CampaignMember"))
    gone = org.get("/queryAll", query={"q": "SELECT Id, MasterRecordId FROM Contact WHERE IsDeleted = true"}).json
    assert {(first, master), (second, master)} == {(each["Id"], each["MasterRecordId"]) for each in gone["records"]}


@pytest.mark.evidence("assumed", "rules documented, texts assumed")
def test_refused_merges(org: Caller, soap: Soap) -> None:
    """With itself, with too many, with what is deleted, of what cannot be merged; nothing changes."""
    master, *others = (org.make("Account", Name=name) for name in "mabc")
    gone = org.make("Account", Name="g")
    org.delete(f"/sobjects/Account/{gone}")
    deal = [org.make("Opportunity", Name=n, StageName="Prospecting", CloseDate="2026-02-01") for n in "xy"]
    before = org.rows
    assert "INVALID_OPERATION" == one(merge(soap, "Account", master, master), "statusCode")
    assert "INVALID_OPERATION" == one(merge(soap, "Account", master, *others), "statusCode")
    assert "ENTITY_IS_DELETED" == one(merge(soap, "Account", master, gone), "statusCode")
    assert "INVALID_TYPE_FOR_OPERATION" == one(merge(soap, "Opportunity", *deal), "statusCode")
    assert before == org.rows


# --- convert ----------------------------------------------------------------------------------------


@pytest.mark.evidence(*CONVERT)
def test_what_a_lead_becomes(org: Caller, soap: Soap) -> None:
    """Fields are mapped, activities and memberships move, the lead is read-only."""
    campaign = org.make("Campaign", Name="c")
    lead = org.make(
        "Lead", FirstName="An", LastName="Ng", Company="Co", Street="1 Main", City="Bonn", Phone="1", LeadSource="Web",
        Title="Boss", Email="a@b.de", Industry="Energy", Description="d",
    )  # fmt: skip
    org.make("CampaignMember", CampaignId=campaign, LeadId=lead)
    task = org.make("Task", WhoId=lead, Subject="t")
    text = convert(soap, lead)
    account, contact, deal = (one(text, f"{name}Id") for name in ("account", "contact", "opportunity"))

    def fields(sobject: str, record_id: str, *names: str) -> tuple[Any, ...]:
        row = org.row(sobject, record_id)
        return tuple(row[name] for name in names)

    of_account = ("Name", "BillingCity", "Phone", "Industry", "AccountSource")
    assert ("Co", "Bonn", "1", "Energy", "Web") == fields("Account", account, *of_account)
    of_contact = ("Name", "AccountId", "MailingStreet", "Title", "Email", "Description")
    assert ("An Ng", account, "1 Main", "Boss", "a@b.de", "d") == fields("Contact", contact, *of_contact)
    of_deal = ("Name", "AccountId", "StageName", "CloseDate", "LeadSource")
    assert ("Co-", account, "Prospecting", "2026-03-31", "Web") == fields("Opportunity", deal, *of_deal)
    of_lead = ("IsConverted", "Status", "ConvertedDate", "ConvertedAccountId", "ConvertedContactId")
    assert (True, "Closed - Converted", "2026-01-05", account, contact) == fields("Lead", lead, *of_lead)
    assert (contact, deal, account) == fields("Task", task, "WhoId", "WhatId", "AccountId")
    (role,) = org.soql("SELECT ContactId, IsPrimary FROM OpportunityContactRole")
    assert (contact, True) == (role["ContactId"], role["IsPrimary"])
    (member,) = org.soql("SELECT LeadId, ContactId FROM CampaignMember")
    assert (lead, contact) == (member["LeadId"], member["ContactId"])
    assert "CANNOT_UPDATE_CONVERTED_LEAD" == org.patch(f"/sobjects/Lead/{lead}", {"Title": "x"}).error[1]


@pytest.mark.evidence(*CONVERT)
def test_into_rows_that_are_there(org: Caller, soap: Soap) -> None:
    """Only empty fields are filled in, LeadSource also where told; no opportunity where told."""
    account = org.make("Account", Name="Mine", Phone="9")
    contact = org.make("Contact", LastName="Mine", AccountId=account, LeadSource="Other")
    lead = org.make("Lead", LastName="Ng", Company="Co", Phone="1", Fax="2", LeadSource="Web", Email="a@b.de")
    text = convert(
        soap, lead, accountId=account, contactId=contact, doNotCreateOpportunity="true", overwriteLeadSource="true"
    )
    assert (account, contact) == (one(text, "accountId"), one(text, "contactId"))
    assert ("Mine", "9", "2") == tuple(org.row("Account", account)[name] for name in ("Name", "Phone", "Fax"))
    row = org.row("Contact", contact)
    assert ("Mine", "1", "a@b.de", "Web") == tuple(row[name] for name in ("LastName", "Phone", "Email", "LeadSource"))
    assert [] == org.soql("SELECT Id FROM Opportunity")


@pytest.mark.evidence("client-derived", "invalid convertedStatus in public issues")
def test_refused_conversion(org: Caller, soap: Soap) -> None:
    """A status that converts nothing, a lead that is none; nothing is made."""
    lead = org.make("Lead", LastName="Ng", Company="Co")
    before = org.rows
    text = convert(soap, lead, convertedStatus="Working - Contacted")
    assert ("INVALID_STATUS", "invalid convertedStatus: Working - Contacted") == (
        one(text, "statusCode"),
        one(text, "message"),
    )
    assert before == org.rows
    assert "false" == one(convert(soap, org.make("Account", Name="a")), "success")
    assert ("REQUIRED_FIELD_MISSING", "false") == (one(text := convert(soap, ""), "statusCode"), one(text, "success"))
    assert [] == org.soql("SELECT Id FROM Contact")
