"""Converting a lead: an account, a contact and, unless told otherwise, an opportunity.

Rule 1: what is given is used, what is not is made. Fields of a row that is there already are filled in where they are
empty, LeadSource also where told to overwrite it.
Rule 2: the lead is then read-only: IsConverted, its date, its status and what it became.
Rule 3: activities, files, notes and campaign memberships go to the contact.
Source: SOAP API Developer Guide, convertLead(); Salesforce Help, Lead Conversion Field Mapping; what is assumed stands
beside the rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import inside, last_activity
from fake_salesforce.operations.access import refuse_row
from fake_salesforce.operations.body import Given
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.outcomes import ConvertOutcome, refusal
from fake_salesforce.operations.records import change, find_sobject, insert
from fake_salesforce.org import Org, stamp
from fake_salesforce.schema.metadata import SObject

_ADDRESS: Final = ("Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude", "GeocodeAccuracy")
# field of the new row: field of the lead
_TO_ACCOUNT: Final = {
    "Name": "Company", "Phone": "Phone", "Fax": "Fax", "Website": "Website", "Industry": "Industry",
    "AnnualRevenue": "AnnualRevenue", "NumberOfEmployees": "NumberOfEmployees", "Rating": "Rating",
    "AccountSource": "LeadSource", **{f"Billing{part}": part for part in _ADDRESS},
}  # fmt: skip
_TO_CONTACT: Final = {
    "Salutation": "Salutation", "FirstName": "FirstName", "LastName": "LastName", "Title": "Title", "Email": "Email",
    "Phone": "Phone", "MobilePhone": "MobilePhone", "Fax": "Fax", "Description": "Description",
    "LeadSource": "LeadSource", **{f"Mailing{part}": part for part in _ADDRESS},
}  # fmt: skip
_TO_OPPORTUNITY: Final = {"LeadSource": "LeadSource"}
_CHILDREN: Final = (  # what goes to the contact: object, field
    ("Task", "WhoId"), ("Event", "WhoId"), ("Note", "ParentId"), ("Attachment", "ParentId"),
    ("ContentDocumentLink", "LinkedEntityId"), ("TaskRelation", "RelationId"), ("EventRelation", "RelationId"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadConvert:
    """One lead to convert, as the call gives it; ids in any form."""

    lead_id: str
    converted_status: str
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None
    opportunity_name: str | None = None
    do_not_create_opportunity: bool = False
    overwrite_lead_source: bool = False
    owner_id: str | None = None


@dataclass(slots=True)
class _Work:
    org: Org
    caller: Caller
    conn: sa.Connection
    request: LeadConvert
    lead: dict[str, Any]
    owner: str

    def sobject(self, name: str) -> SObject:
        return find_sobject(self.org, name)


def convert_lead(org: Org, caller: Caller, request: LeadConvert) -> ConvertOutcome:
    """Convert one lead; never raises for it."""
    made: list[ConvertOutcome] = []

    def act() -> None:
        with org.store.begin() as conn:
            made.append(_convert(org, caller, conn, request))

    error = refusal(org.whole, act)
    if error is not None:
        return ConvertOutcome(id=record_ids.canonical(request.lead_id) or request.lead_id, errors=[error])
    return made[0]


def _convert(org: Org, caller: Caller, conn: sa.Connection, request: LeadConvert) -> ConvertOutcome:
    lead = _given_row(org, conn, "Lead", request.lead_id)
    if lead is None:
        raise salesforce_error("REQUIRED_FIELD_MISSING", fields=("leadId",))
    if lead["IsConverted"]:
        raise salesforce_error("CANNOT_UPDATE_CONVERTED_LEAD")
    statuses = {row["ApiName"].lower(): row for row in org.whole.schema.rows("LeadStatus") if row.get("IsConverted")}
    status = statuses.get(request.converted_status.lower())
    if status is None:
        raise salesforce_error("INVALID_STATUS.convert", value=request.converted_status)
    owner = record_ids.canonical(request.owner_id) if request.owner_id else lead["OwnerId"]
    if owner is None or not owner.startswith("005"):
        raise salesforce_error("REQUIRED_FIELD_MISSING", fields=("ownerId",))  # a queue cannot own what is made
    work = _Work(org, caller, conn, request, lead, owner)
    contact = _given_row(org, conn, "Contact", request.contact_id)
    account_id = _account(work, contact)
    contact_id = _contact(work, contact, account_id)
    opportunity_id = _opportunity(work, account_id, contact_id)
    _hand_over(work, account_id, contact_id, opportunity_id)
    _close(work, status["ApiName"], account_id, contact_id, opportunity_id)
    return ConvertOutcome(id=lead["Id"], account_id=account_id, contact_id=contact_id, opportunity_id=opportunity_id)


def _given_row(org: Org, conn: sa.Connection, name: str, text: str | None) -> dict[str, Any] | None:
    """The living row that *text* names, None for none; raises when there is no such row."""
    if not text:
        return None
    sobject = find_sobject(org, name)
    record_id = record_ids.canonical(text)
    if record_id is None or record_id[:3] != sobject.key_prefix:
        raise salesforce_error("MALFORMED_ID", label=sobject.id_label, field="Id", value=text)
    row = inside.row(org, conn, name, record_id)
    if row is None:
        raise salesforce_error("INVALID_CROSS_REFERENCE_KEY")
    refuse_row(org, conn, name, record_id, "edit")
    if row["IsDeleted"]:
        raise salesforce_error("ENTITY_IS_DELETED")
    return row


def _account(work: _Work, contact: dict[str, Any] | None) -> str:
    account = _given_row(work.org, work.conn, "Account", work.request.account_id)
    if account is None and contact is not None and contact["AccountId"] is not None:
        account = inside.row(work.org, work.conn, "Account", contact["AccountId"])
    if account is None:
        return _make(work, "Account", _mapped(work, "Account", _TO_ACCOUNT))
    _fill_in(work, "Account", account, _TO_ACCOUNT)
    found: str = account["Id"]
    return found


def _contact(work: _Work, contact: dict[str, Any] | None, account_id: str) -> str:
    if contact is None:
        return _make(work, "Contact", {**_mapped(work, "Contact", _TO_CONTACT), "AccountId": account_id})
    if contact["AccountId"] not in {None, account_id}:
        raise salesforce_error("INVALID_CROSS_REFERENCE_KEY")
    more = {} if contact["AccountId"] else {"AccountId": account_id}
    source = work.lead["LeadSource"]
    if work.request.overwrite_lead_source and source is not None:
        more["LeadSource"] = source
    _fill_in(work, "Contact", contact, _TO_CONTACT, more)
    found: str = contact["Id"]
    return found


def _opportunity(work: _Work, account_id: str, contact_id: str) -> str | None:
    request = work.request
    given = _given_row(work.org, work.conn, "Opportunity", request.opportunity_id)
    if given is not None:
        found: str = given["Id"]
        return found
    if request.do_not_create_opportunity:
        return None
    stages = [row for row in work.org.whole.schema.rows("OpportunityStage") if not row.get("IsClosed")]
    values = {
        **_mapped(work, "Opportunity", _TO_OPPORTUNITY),
        "Name": (request.opportunity_name or f"{work.lead['Company']}-")[:120],
        "AccountId": account_id,
        "StageName": stages[0]["ApiName"] if stages else "Prospecting",
        "CloseDate": _quarter_end(_today(work)).isoformat(),
    }
    made = _make(work, "Opportunity", values)
    role = {"OpportunityId": made, "ContactId": contact_id, "IsPrimary": 1}
    inside.make(
        work.org, work.conn, "OpportunityContactRole", role, user=work.caller.user_id, at=stamp(work.caller.now)
    )
    return made


def _today(work: _Work) -> date:
    """The day it is for the org."""
    return work.caller.now.astimezone(ZoneInfo(work.org.config.timezone)).date()


def _quarter_end(day: date) -> date:
    """The last day of the quarter: the close date of an opportunity that a conversion makes."""
    month = (day.month + 2) // 3 * 3
    after = date(day.year + month // 12, month % 12 + 1, 1)
    return after - timedelta(days=1)


def _mapped(work: _Work, name: str, mapping: dict[str, str]) -> dict[str, Any]:
    sobject = work.sobject(name)
    found = {}
    for mine, theirs in mapping.items():
        field = sobject.field(mine)
        value = work.lead.get(theirs)
        if field is not None and field.createable and value is not None:
            found[mine] = value
    return {**found, "OwnerId": work.owner}


def _make(work: _Work, name: str, values: dict[str, Any]) -> str:
    return insert(work.org, work.caller, work.conn, work.sobject(name), values)


def _fill_in(
    work: _Work, name: str, row: dict[str, Any], mapping: dict[str, str], more: dict[str, Any] | None = None
) -> None:
    """Put the lead's values where the row has none, and *more* in any case."""
    sobject = work.sobject(name)
    wanted = {mine: work.lead.get(theirs) for mine, theirs in mapping.items() if row.get(mine) is None}
    wanted = {key: value for key, value in {**wanted, **(more or {})}.items() if value is not None}
    fields = [(sobject.field(key), value) for key, value in wanted.items()]
    given = Given(tuple((field, value) for field, value in fields if field is not None and field.updateable), ())
    if given.fields:
        change(work.org, work.caller, work.conn, sobject, row["Id"], given)


def _hand_over(work: _Work, account_id: str, contact_id: str, opportunity_id: str | None) -> None:
    org, conn, at, lead_id = work.org, work.conn, stamp(work.caller.now), work.lead["Id"]
    for name, field in _CHILDREN:
        for row in inside.children(org, conn, name, field, lead_id):
            values: dict[str, Any] = {field: contact_id, "SystemModstamp": at}
            if field == "WhoId":  # related to what the lead became, as far as it became it (assumed)
                values |= {"WhatId": row["WhatId"] or opportunity_id or account_id, "AccountId": account_id}
            inside.change(org, conn, name, row["Id"], values)
    day = work.lead.get(last_activity.FIELD)
    for parent in (account_id, contact_id, opportunity_id):
        if day is not None and parent is not None:
            last_activity.raise_to(org, conn, parent, day)
    for row in inside.children(org, conn, "CampaignMember", "LeadId", lead_id):
        values = {"ContactId": contact_id, "LeadOrContactId": contact_id, "Type": "Contact", "SystemModstamp": at}
        inside.change(org, conn, "CampaignMember", row["Id"], values)


def _close(work: _Work, status: str, account_id: str, contact_id: str, opportunity_id: str | None) -> None:
    at = stamp(work.caller.now)
    values = {
        "IsConverted": 1,
        "Status": status,
        "ConvertedDate": _today(work).isoformat(),
        "ConvertedAccountId": account_id,
        "ConvertedContactId": contact_id,
        "ConvertedOpportunityId": opportunity_id,
        "IsUnreadByOwner": 0,
        "OwnerId": work.owner,
        "LastModifiedDate": at,
        "LastModifiedById": work.caller.user_id,
        "SystemModstamp": at,
    }
    inside.change(work.org, work.conn, "Lead", work.lead["Id"], values)
