"""Campaigns, contact roles, products, contracts, notes: what a save of one makes of itself and of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.schema.object_files import load_schema

from .conftest import HOST, Caller

CAMPAIGN = ("documented", "Object Reference v62, CampaignMember and CampaignMemberStatus")
PRODUCTS = ("documented", "Object Reference v62, OpportunityLineItem and Opportunity")


# --- campaigns --------------------------------------------------------------------------------------


@pytest.mark.evidence(*CAMPAIGN)
def test_a_campaign_and_its_members(org: Any) -> None:
    """A new campaign has two statuses; members show their person; the campaign counts them."""
    campaign = org.make("Campaign", Name="c")
    statuses = org.soql("SELECT Label, IsDefault, HasResponded FROM CampaignMemberStatus ORDER BY SortOrder")
    assert [("Sent", True, False), ("Responded", False, True)] == [
        (each["Label"], each["IsDefault"], each["HasResponded"]) for each in statuses
    ]
    account = org.make("Account", Name="Acme")
    contact = org.make("Contact", LastName="Ng", FirstName="An", AccountId=account, MailingCity="Bonn", Email="a@b.de")
    lead = org.make("Lead", LastName="Li", Company="Co")
    member = org.make("CampaignMember", CampaignId=campaign, ContactId=contact, Status="Responded")
    org.make("CampaignMember", CampaignId=campaign, LeadId=lead)
    row = org.row("CampaignMember", member)
    wanted = {
        "Name": "An Ng", "City": "Bonn", "Email": "a@b.de", "CompanyOrAccount": "Acme", "Type": "Contact",
        "LeadOrContactId": contact, "HasResponded": True, "FirstRespondedDate": "2026-01-05",
    }  # fmt: skip
    assert wanted == {name: row[name] for name in wanted}
    counted = org.row("Campaign", campaign)
    assert (1, 1, 1, 0) == tuple(
        counted[f"NumberOf{what}"] for what in ("Leads", "Contacts", "Responses", "ConvertedLeads")
    )
    org.patch(f"/sobjects/Contact/{contact}", {"LastName": "Ngo"})
    assert "An Ngo" == org.row("CampaignMember", member)["Name"]
    assert 204 == org.delete(f"/sobjects/CampaignMember/{member}").status
    assert (1, 0, 0) == tuple(
        org.row("Campaign", campaign)[f"NumberOf{what}"] for what in ("Leads", "Contacts", "Responses")
    )


@pytest.mark.evidence(*CAMPAIGN)
def test_who_is_a_member(org: Any) -> None:
    """Either a contact or a lead, the contact of both; each once; an unknown status is the default one."""
    campaign = org.make("Campaign", Name="c")
    contact, lead = org.make("Contact", LastName="c"), org.make("Lead", LastName="l", Company="c")
    row = org.row(
        "CampaignMember", org.make("CampaignMember", CampaignId=campaign, ContactId=contact, LeadId=lead, Status="?")
    )
    assert (contact, None, "Sent", False) == tuple(
        row[name] for name in ("ContactId", "LeadId", "Status", "HasResponded")
    )
    again = org.post("/sobjects/CampaignMember", {"CampaignId": campaign, "ContactId": contact})
    assert (400, "DUPLICATE_VALUE", "Already a campaign member.") == again.error
    assert "REQUIRED_FIELD_MISSING" == org.post("/sobjects/CampaignMember", {"CampaignId": campaign}).error[1]


@pytest.mark.evidence("client-derived", "entity type cannot be inserted: Campaign, in public issues")
def test_campaigns_take_a_marketing_user(org: Any) -> None:
    """Without the flag a user cannot make one."""
    (user, *_) = org.soql("SELECT Id FROM User ORDER BY Id")
    org.patch(f"/sobjects/User/{user['Id']}", {"UserPermissionsMarketingUser": False})
    answer = org.post("/sobjects/Campaign", {"Name": "c"})
    assert (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: Campaign") == answer.error


@pytest.mark.evidence("documented", "Object Reference v62, Campaign: roll-up fields")
def test_a_campaign_counts_its_opportunities(org: Any) -> None:
    """Number and value, of all and of those won."""
    campaign = org.make("Campaign", Name="c")
    deal = {"StageName": "Prospecting", "CloseDate": "2026-02-01", "Amount": 100, "CampaignId": campaign}
    org.make("Opportunity", Name="a", **deal)
    won = org.make("Opportunity", Name="b", **{**deal, "StageName": "Closed Won"})
    names = (
        "NumberOfOpportunities", "NumberOfWonOpportunities", "AmountAllOpportunities", "AmountWonOpportunities",
    )  # fmt: skip
    assert [2, 1, 200.0, 100.0] == [org.row("Campaign", campaign)[name] for name in names]
    org.patch(f"/sobjects/Opportunity/{won}", {"CampaignId": None})
    assert [1, 0, 100.0, 0.0] == [org.row("Campaign", campaign)[name] for name in names]


# --- people and things ------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "Object Reference v62, Opportunity.ContactId; one primary role: assumed")
def test_contact_roles(org: Any) -> None:
    """An opportunity made with a contact has a primary role; a new primary takes the flag."""
    first, second = (org.make("Contact", LastName=name) for name in "ab")
    deal = org.make("Opportunity", Name="o", StageName="Prospecting", CloseDate="2026-02-01", ContactId=first)
    (role,) = org.soql("SELECT ContactId, IsPrimary FROM OpportunityContactRole")
    assert (first, True) == (role["ContactId"], role["IsPrimary"])
    org.make("OpportunityContactRole", OpportunityId=deal, ContactId=second, Role="Evaluator", IsPrimary=True)
    rows = org.soql("SELECT ContactId, IsPrimary FROM OpportunityContactRole ORDER BY CreatedDate, Id")
    assert [(first, False), (second, True)] == [(row["ContactId"], row["IsPrimary"]) for row in rows]
    (row,) = org.soql("SELECT Id, (SELECT Contact.LastName FROM OpportunityContactRoles) FROM Opportunity")
    assert 2 == row["OpportunityContactRoles"]["totalSize"]


@pytest.mark.evidence("documented", "Object Reference v62, Case.Comments")
def test_case_comments(org: Any) -> None:
    """Comments is not kept: it makes a comment."""
    case = org.make("Case", Subject="s", Comments="first")
    org.patch(f"/sobjects/Case/{case}", {"Comments": "second"})
    rows = org.soql(f"SELECT CommentBody FROM CaseComment WHERE ParentId = '{case}' ORDER BY Id")
    assert ["first", "second"] == [row["CommentBody"] for row in rows]
    assert org.row("Case", case)["Comments"] is None


@pytest.mark.evidence("documented", "Object Reference v62, Note")
def test_notes(org: Any) -> None:
    """A note belongs to a row of many kinds, which cannot be changed, and goes with it."""
    account = org.make("Account", Name="a")
    note = org.make("Note", ParentId=account, Title="t", Body="b")
    assert "INVALID_FIELD_FOR_INSERT_UPDATE" == org.patch(f"/sobjects/Note/{note}", {"ParentId": account}).error[1]
    (row,) = org.soql("SELECT Id, (SELECT Title FROM Notes) FROM Account")
    assert ["t"] == [each["Title"] for each in row["Notes"]["records"]]
    assert ["ParentId", "Title"] == org.post("/sobjects/Note", {}).json[0]["fields"]
    org.delete(f"/sobjects/Account/{account}")
    assert [] == org.soql("SELECT Id FROM Note")


@pytest.fixture
def many() -> Iterator[Caller]:
    """An org where a contact may have several accounts."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra={"features": ["contacts_to_multiple_accounts"]}))
    caller = Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
    yield caller
    fake.close()


@pytest.mark.evidence("documented", "Object Reference v62, AccountContactRelation")
def test_account_contact_relations(many: Caller) -> None:
    """The direct relation follows the contact's account; others are made by hand, once each."""
    first, second = (many.make("Account", Name=name) for name in "ab")
    contact = many.make("Contact", LastName="c", AccountId=first)
    many.make("AccountContactRelation", AccountId=second, ContactId=contact, Roles="Influencer;Other")
    text = "SELECT AccountId, IsDirect, IsActive FROM AccountContactRelation ORDER BY Id"
    assert [(first, True), (second, False)] == [(row["AccountId"], row["IsDirect"]) for row in many.soql(text)]
    many.patch(f"/sobjects/Contact/{contact}", {"AccountId": second})
    assert [(first, False), (second, True)] == [(row["AccountId"], row["IsDirect"]) for row in many.soql(text)]
    again = many.post("/sobjects/AccountContactRelation", {"AccountId": second, "ContactId": contact})
    assert "DUPLICATE_VALUE" == again.error[1]


def test_objects_of_a_feature() -> None:
    """An object that needs a feature is not there without it."""
    assert load_schema().sobject("AccountContactRelation") is None
    assert load_schema().sobject("TaskRelation") is None


# --- products ---------------------------------------------------------------------------------------


@pytest.mark.evidence(*PRODUCTS)
def test_lines_of_an_opportunity(org: Any) -> None:
    """Lines have price and total, and the opportunity is their sum."""
    (book,) = org.soql("SELECT Id FROM Pricebook2 WHERE IsStandard = true")
    product = org.make("Product2", Name="Widget", ProductCode="W1", IsActive=True)
    price = org.make("PricebookEntry", Pricebook2Id=book["Id"], Product2Id=product, UnitPrice=25, IsActive=True)
    deal = org.make("Opportunity", Name="Deal", StageName="Prospecting", CloseDate="2026-02-01", Amount=7)
    line = org.make("OpportunityLineItem", OpportunityId=deal, PricebookEntryId=price, Quantity=4, UnitPrice=20)
    row = org.row("OpportunityLineItem", line)
    wanted = {"TotalPrice": 80.0, "ListPrice": 25.0, "ProductCode": "W1", "Name": "Deal Widget", "Product2Id": product}
    assert wanted == {name: row[name] for name in wanted}
    org.make("OpportunityLineItem", OpportunityId=deal, PricebookEntryId=price, Quantity=1, TotalPrice=30, Discount=50)
    found = org.row("Opportunity", deal)
    assert (110.0, 5.0, True, book["Id"], 11.0) == tuple(
        found[name]
        for name in ("Amount", "TotalOpportunityQuantity", "HasOpportunityLineItem", "Pricebook2Id", "ExpectedRevenue")
    )
    org.patch(f"/sobjects/Opportunity/{deal}", {"Amount": 1})
    assert 110.0 == org.row("Opportunity", deal)["Amount"]
    org.patch(f"/sobjects/OpportunityLineItem/{line}", {"Quantity": 1})
    assert 50.0 == org.row("Opportunity", deal)["Amount"]
    both = {"OpportunityId": deal, "PricebookEntryId": price, "Quantity": 1, "UnitPrice": 1, "TotalPrice": 1}
    assert "FIELD_INTEGRITY_EXCEPTION" == org.post("/sobjects/OpportunityLineItem", both).error[1]


@pytest.mark.evidence("client-derived", "texts in public issues of product imports")
def test_prices(org: Any) -> None:
    """The standard price comes first; one price in each book."""
    (standard,) = org.soql("SELECT Id FROM Pricebook2 WHERE IsStandard = true")
    own = org.make("Pricebook2", Name="Own", IsActive=True)
    product = org.make("Product2", Name="Widget")
    entry = {"Pricebook2Id": own, "Product2Id": product, "UnitPrice": 1}
    refused = org.post("/sobjects/PricebookEntry", entry)
    assert (400, "STANDARD_PRICE_NOT_DEFINED", "No standard price defined for this product") == refused.error
    org.make("PricebookEntry", **{**entry, "Pricebook2Id": standard["Id"]})
    org.make("PricebookEntry", **entry)
    again = org.post("/sobjects/PricebookEntry", entry)
    assert (400, "DUPLICATE_VALUE", "This price definition already exists in this price book") == again.error


@pytest.mark.evidence("documented", "Object Reference v62, Contract: EndDate, StatusCode")
def test_contracts(org: Any) -> None:
    """A contract ends a day before its term is over; its number counts up; its status has a category."""
    account = org.make("Account", Name="a")
    contract = org.make("Contract", AccountId=account, StartDate="2026-01-31", ContractTerm=1)
    row = org.row("Contract", contract)
    assert ("2026-02-27", "Draft", "00000001") == tuple(
        row[name] for name in ("EndDate", "StatusCode", "ContractNumber")
    )
    org.patch(f"/sobjects/Contract/{contract}", {"Status": "Activated"})
    row = org.row("Contract", contract)
    assert ("Activated", "2026-01-05T09:00:00.000+0000") == (row["StatusCode"], row["ActivatedDate"])
    assert "DELETE_FAILED" == org.delete(f"/sobjects/Account/{account}").error[1]


# --- names of children ------------------------------------------------------------------------------

CHILDREN = {
    "Account": (
        "ChildAccounts Contacts Opportunities Cases Tasks Events Notes Attachments Contracts Assets OpenActivities "
        "ActivityHistories AccountContactRoles ContentDocumentLinks"
    ),
    "Contact": (
        "Cases Tasks Events Opportunities OpportunityContactRoles CampaignMembers Notes Attachments OpenActivities "
        "ActivityHistories AccountContactRoles EventRelations Assets"
    ),
    "Opportunity": (
        "Tasks Events OpportunityContactRoles OpportunityLineItems Notes Attachments OpenActivities ActivityHistories"
    ),
    "Lead": "Tasks Events CampaignMembers Notes Attachments OpenActivities ActivityHistories",
    "Case": "Cases CaseComments Tasks Events Attachments OpenActivities ActivityHistories",
    "Event": (
        "EventRelations AcceptedEventRelations DeclinedEventRelations UndecidedEventRelations RecurringEvents "
        "Attachments"
    ),
    "Task": "RecurringTasks Attachments",
}


@pytest.mark.parametrize("sobject", CHILDREN)
@pytest.mark.evidence("assumed", "names of child relationships as widely used; recalled, not re-verified")
def test_child_relationships(org: Any, sobject: str) -> None:
    """The names that queries of clients use are in the describe, and can be queried."""
    described = org.get(f"/sobjects/{sobject}/describe").json["childRelationships"]
    names = {each["relationshipName"] for each in described}
    assert set(CHILDREN[sobject].split()) - names == set()
    for name in CHILDREN[sobject].split():
        org.soql(f"SELECT Id, (SELECT Id FROM {name}) FROM {sobject}")
