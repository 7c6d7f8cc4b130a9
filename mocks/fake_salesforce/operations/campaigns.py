"""Campaigns and their members: statuses, what a member shows of its person, and the campaign's counts.

Rule 1: a new campaign has the statuses Sent (default) and Responded; making one takes the user's Marketing User flag.
Rule 2: a member is a contact or a lead, once; of both the contact counts. An unknown status becomes the default one.
Rule 3: a member shows its person's fields as they are now; the campaign counts members and opportunities.
Source: Object Reference v62, Campaign, CampaignMember, CampaignMemberStatus; the refusal for Campaign is quoted in
public issues; what is assumed stands beside the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import inside
from fake_salesforce.operations.save import Save

_STATUSES: Final = (("Sent", 1, 0), ("Responded", 0, 1))  # label, default, responded
_PERSON: Final = (
    "Salutation", "Name", "FirstName", "LastName", "Title", "Email", "Phone", "Fax", "MobilePhone", "Description",
    "LeadSource", "DoNotCall", "HasOptedOutOfEmail", "HasOptedOutOfFax",
)  # fmt: skip
_PLACE: Final = ("Street", "City", "State", "PostalCode", "Country")
_FIRST_ORDER: Final = 3


def campaign(save: Save) -> None:
    """Only marketing users make campaigns."""
    if save.old is not None:
        return
    user = inside.row(save.org, save.conn, "User", save.user)
    if user is not None and not user["UserPermissionsMarketingUser"]:
        raise salesforce_error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.insert", label=save.prep.sobject.label)


def campaign_saved(save: Save) -> None:
    """The statuses of a new campaign."""
    if save.old is not None:
        return
    for order, (label, default, responded) in enumerate(_STATUSES, start=_FIRST_ORDER):
        values = {"CampaignId": save.new["Id"], "Label": label, "SortOrder": order}
        values |= {"IsDefault": default, "HasResponded": responded}
        inside.make(save.org, save.conn, "CampaignMemberStatus", values, user=save.user, at=save.stamp)


def member(save: Save) -> None:
    """Who it is, and what its status means."""
    new = save.new
    if save.old is None:
        if new["ContactId"] is not None:
            new["LeadId"] = None
        elif new["LeadId"] is None:
            raise salesforce_error("REQUIRED_FIELD_MISSING", fields=("ContactId", "LeadId"))
        field = "ContactId" if new["ContactId"] else "LeadId"
        for each in inside.children(save.org, save.conn, "CampaignMember", field, new[field]):
            if each["CampaignId"] == new["CampaignId"]:
                raise salesforce_error("DUPLICATE_VALUE.member")
        _show_person(save, new)
    if save.changed("Status"):
        statuses = inside.children(save.org, save.conn, "CampaignMemberStatus", "CampaignId", new["CampaignId"])
        known = {each["Label"].lower(): each for each in statuses}
        default = next((each for each in statuses if each["IsDefault"]), None)
        status = known.get((new["Status"] or "").lower(), default)
        if status is not None:
            new["Status"] = status["Label"]
        new["HasResponded"] = status["HasResponded"] if status is not None else 0
        if new["HasResponded"] and new["FirstRespondedDate"] is None:
            new["FirstRespondedDate"] = save.stamp[:10]


def _show_person(save: Save, values: dict[str, Any]) -> None:
    """Copy what a member shows of its contact or lead."""
    lead = values["ContactId"] is None
    person = inside.row(save.org, save.conn, "Lead" if lead else "Contact", values["LeadId"] or values["ContactId"])
    if person is None:
        return
    company = person.get("Company")
    if not lead and person["AccountId"] is not None:
        account = inside.row(save.org, save.conn, "Account", person["AccountId"])
        company = None if account is None else account["Name"]
    values.update({name: person.get(name) for name in _PERSON if person.get(name) is not None or name not in _FLAGS})
    values.update({name: person.get(name if lead else f"Mailing{name}") for name in _PLACE})
    values.update(
        CompanyOrAccount=company,
        Type="Lead" if lead else "Contact",
        LeadOrContactId=person["Id"],
        LeadOrContactOwnerId=person["OwnerId"],
    )


_FLAGS: Final = frozenset({"DoNotCall", "HasOptedOutOfEmail", "HasOptedOutOfFax"})


def person_saved(save: Save) -> None:
    """A contact or lead changed: its memberships show it."""
    if save.old is None:
        return
    field = f"{save.prep.name}Id"
    for row in inside.children(save.org, save.conn, "CampaignMember", field, save.new["Id"]):
        if field == "LeadId" and row["ContactId"] is not None:
            continue  # a converted lead is shown as its contact
        shown = dict(row)
        _show_person(save, shown)
        changed = {name: value for name, value in shown.items() if value != row[name]}
        if changed:
            inside.change(save.org, save.conn, "CampaignMember", row["Id"], {**changed, "SystemModstamp": save.stamp})


def member_saved(save: Save) -> None:
    """The campaign counts its members again."""
    rows = inside.children(save.org, save.conn, "CampaignMember", "CampaignId", save.new["CampaignId"])
    leads = [each for each in rows if each["LeadId"] is not None]
    converted = sum(each["ContactId"] is not None for each in leads)
    counts = {
        "NumberOfLeads": len(leads),
        "NumberOfConvertedLeads": converted,
        "NumberOfContacts": sum(each["ContactId"] is not None for each in rows),
        "NumberOfResponses": sum(bool(each["HasResponded"]) for each in rows),
        "SystemModstamp": save.stamp,
    }
    inside.change(save.org, save.conn, "Campaign", save.new["CampaignId"], counts)


def member_gone(save: Save, _bury: Callable[[str, Mapping[str, Any]], None]) -> None:
    """As `member_saved`, for a member that was deleted."""
    member_saved(save)


def opportunity_saved(save: Save) -> None:
    """The campaigns count their opportunities again."""
    old = None if save.old is None else save.old["CampaignId"]
    for campaign_id in {old, save.new["CampaignId"]} - {None}:
        prep = inside.prep_of(save.org, "Opportunity")
        assert prep is not None
        table = prep.table
        total, amount = sa.func.count(), sa.func.coalesce(sa.func.sum(table.c.Amount), 0.0)
        here = sa.and_(table.c.CampaignId == campaign_id, table.c.IsDeleted == 0)
        count, value = save.conn.execute(sa.select(total, amount).where(here)).one()
        won, won_value = save.conn.execute(sa.select(total, amount).where(here, table.c.IsWon == 1)).one()
        counts = {
            "NumberOfOpportunities": count,
            "AmountAllOpportunities": value,
            "NumberOfWonOpportunities": won,
            "AmountWonOpportunities": won_value,
            "SystemModstamp": save.stamp,
        }
        inside.change(save.org, save.conn, "Campaign", campaign_id, counts)


def opportunity_gone(save: Save, _bury: Callable[[str, Mapping[str, Any]], None]) -> None:
    """As `opportunity_saved`, for an opportunity that was deleted."""
    opportunity_saved(save)
