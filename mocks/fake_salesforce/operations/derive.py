"""Fields that follow from other fields: computed before each save, object by object.

Rule 1: a hook sees the whole row as it will be (`new`), as it was (`old`, None on create) and which
fields the client gave; it may change `new` and may refuse the save.
Rule 2: values that follow from a status, a priority or a stage come from the org's rows of
TaskStatus, TaskPriority, CaseStatus and OpportunityStage, not from code.
Source: Object Reference v62/v67, Task, Event, Opportunity, Case, Contact, Lead; what is assumed there is
marked beside the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import campaigns, files, people, places, products, record_types, recurrence, relations
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.operations.save import CASE_MIRROR, Hook
from fake_salesforce.operations.save import Save as Save  # noqa: PLC0414 - what hooks are written with

EVENT_MINUTES_MAX = 1_440  # multi-day events are off in a new org
ALL_DAY_MINUTES = 1_440


# --- activities -------------------------------------------------------------------------------------


def _no_what_beside_a_lead(save: Save) -> None:
    who, what = save.new["WhoId"], save.new["WhatId"]
    if who is not None and what is not None and _object_of(save, who) == "Lead":
        raise salesforce_error("FIELD_INTEGRITY_EXCEPTION.lead_with_what")


def _activity_account(save: Save) -> None:
    """The account an activity counts for: of what it is related to, else of the contact."""
    if save.old is not None and not {"WhoId", "WhatId"} & save.given:
        return
    what, who = save.new["WhatId"], save.new["WhoId"]
    account = None
    if what is not None:
        account = what if _object_of(save, what) == "Account" else _account_of(save, what)
    if account is None and who is not None and _object_of(save, who) == "Contact":
        account = _account_of(save, who)
    save.new["AccountId"] = account


def _task_status(save: Save) -> None:
    """IsClosed and CompletedDateTime from Status; an unknown status counts as open (assumed)."""
    status = save.new["Status"]
    closed = _standard_value(save, "TaskStatus", status).get("IsClosed", False)
    save.new["IsClosed"] = int(closed)
    if "CompletedDateTime" not in save.new:
        return
    if not closed:
        save.new["CompletedDateTime"] = None
    elif save.changed("Status"):
        save.new["CompletedDateTime"] = save.stamp


def _task_priority(save: Save) -> None:
    row = _standard_value(save, "TaskPriority", save.new["Priority"])
    save.new["IsHighPriority"] = int(row.get("IsHighPriority", False))


def _subtype(name: str, value: str) -> Hook:
    def set_on_create(save: Save) -> None:
        if save.old is None and save.new.get(name) is None and name in save.new:
            save.new[name] = value

    return set_on_create


_EVENT_TIMES = frozenset(
    {
        "ActivityDate",
        "ActivityDateTime",
        "DurationInMinutes",
        "EndDateTime",
        "IsAllDayEvent",
        "StartDateTime",
    }
)


def _event_times(save: Save) -> None:
    """Start, end and duration filled in from each other; refused when they disagree."""
    if save.old is not None and not _EVENT_TIMES & save.given:
        return
    new = save.new
    given = {name: new[name] for name in _EVENT_TIMES & save.given if new[name] is not None}
    all_day = bool(new["IsAllDayEvent"])
    start = _all_day_start(save, given) if all_day else _timed_start(save, given)
    end, minutes = given.get("EndDateTime"), given.get("DurationInMinutes")
    if end is None and minutes is None:
        if all_day:
            minutes = ALL_DAY_MINUTES
        elif save.old is not None and new["DurationInMinutes"] is not None:
            minutes = new["DurationInMinutes"]
    missing = [] if end is not None or minutes is not None else ["DurationInMinutes"]
    if start is None:
        missing.append("ActivityDate" if all_day else "ActivityDateTime")
    if missing or start is None:
        raise salesforce_error("REQUIRED_FIELD_MISSING", fields=tuple(missing))
    begins = _moment(start)
    between = None if end is None else int((_moment(end) - begins).total_seconds() // 60)
    if between is not None and minutes is not None and between != minutes:
        raise _event_conflict("EndDateTime", "DurationInMinutes")
    length = minutes if between is None else between
    assert length is not None
    if not 0 <= length <= EVENT_MINUTES_MAX:
        raise salesforce_error("FIELD_INTEGRITY_EXCEPTION.duration")
    ends = _text(begins + timedelta(minutes=length))
    new["StartDateTime"] = start
    new["ActivityDateTime"] = None if all_day else start
    new["ActivityDate"] = start[:10]
    new["DurationInMinutes"] = length
    new["EndDateTime"] = ends
    new["EndDate"] = ends[:10]


def _timed_start(save: Save, given: Mapping[str, Any]) -> str | None:
    first, second = given.get("StartDateTime"), given.get("ActivityDateTime")
    if first is not None and second is not None and first != second:
        raise _event_conflict("StartDateTime", "ActivityDateTime")
    kept = _series_start(save) if save.old is None else save.new["StartDateTime"]
    start: str | None = first or second or kept
    return start


def _series_start(save: Save) -> str | None:
    """A recurring event begins when its series does, unless it says so itself."""
    start: str | None = save.new["RecurrenceStartDateTime"] if save.new["IsRecurrence"] else None
    return start


def _all_day_start(save: Save, given: Mapping[str, Any]) -> str | None:
    moment = given.get("StartDateTime") or given.get("ActivityDateTime")
    day = given.get("ActivityDate")
    if moment is not None and day is not None and moment[:10] != day:
        raise _event_conflict("StartDateTime", "ActivityDate")
    chosen = day or (moment[:10] if moment else None)
    if chosen is None and save.old is not None:
        chosen = save.old["ActivityDate"]
    if chosen is None:
        chosen = (_series_start(save) or "")[:10] or None
    return None if chosen is None else f"{chosen}T00:00:00.000+0000"


def _event_conflict(first: str, second: str) -> Exception:
    return salesforce_error("FIELD_INTEGRITY_EXCEPTION.event_times", fields=(first, second))


# --- people -----------------------------------------------------------------------------------------


def _person_name(save: Save) -> None:
    parts = (save.new["FirstName"], save.new["LastName"])
    save.new["Name"] = " ".join(part for part in parts if part) or None


def _user_identity(save: Save) -> None:
    if save.new["Username"] is not None:
        save.new["Username"] = save.new["Username"].lower()


def _converted_lead_is_fixed(save: Save) -> None:
    if save.old is not None and save.old["IsConverted"]:
        raise salesforce_error("CANNOT_UPDATE_CONVERTED_LEAD")


# --- opportunity ------------------------------------------------------------------------------------


def _opportunity_stage(save: Save) -> None:
    """Probability and forecast category follow the stage unless the client gives them, too."""
    new = save.new
    if save.changed("StageName"):
        row = _standard_value(save, "OpportunityStage", new["StageName"])
        new["IsClosed"] = int(row.get("IsClosed", False))
        new["IsWon"] = int(row.get("IsWon", False))
        if new["Probability"] is None or "Probability" not in save.given:
            new["Probability"] = float(row.get("DefaultProbability", 0.0))
        if new["ForecastCategoryName"] is None or "ForecastCategoryName" not in save.given:
            new["ForecastCategoryName"] = row.get("ForecastCategoryName", "Pipeline")
        if save.old is not None and "LastStageChangeDate" in new:
            new["LastStageChangeDate"] = save.stamp
    if new["ForecastCategoryName"] is not None:
        new["ForecastCategory"] = FORECAST_CATEGORIES.get(new["ForecastCategoryName"])


FORECAST_CATEGORIES = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "Best Case": "BestCase",
    "Commit": "Forecast",
    "Closed": "Closed",
}


def _opportunity_revenue(save: Save) -> None:
    amount, probability = save.new["Amount"], save.new["Probability"]
    expected = None
    if amount is not None and probability is not None:
        exact = Decimal(repr(amount)) * Decimal(repr(probability)) / 100
        expected = float(exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))
    save.new["ExpectedRevenue"] = expected


def _opportunity_fiscal(save: Save) -> None:
    day = save.new["CloseDate"]
    if day is None:
        return
    quarter = (int(day[5:7]) + 2) // 3  # the fiscal year begins in January
    save.new["FiscalYear"] = int(day[:4])
    save.new["FiscalQuarter"] = quarter
    save.new["Fiscal"] = f"{day[:4]} {quarter}"


# --- case -------------------------------------------------------------------------------------------


def _case_status(save: Save) -> None:
    row = _standard_value(save, "CaseStatus", save.new["Status"])
    closed = bool(row.get("IsClosed", save.new["Status"] == "Closed"))
    save.new["IsClosed"] = int(closed)
    if not closed:
        save.new["ClosedDate"] = None
    elif save.new["ClosedDate"] is None:
        save.new["ClosedDate"] = save.stamp


def _case_contact(save: Save) -> None:
    if not save.changed("ContactId"):
        return
    contact = None if save.new["ContactId"] is None else _row(save, save.new["ContactId"])
    for mine, theirs in CASE_MIRROR.items():
        if mine in save.new:
            save.new[mine] = None if contact is None else contact[theirs]
    if contact is not None and save.new["AccountId"] is None and "AccountId" not in save.given:
        save.new["AccountId"] = contact["AccountId"]


# --- every object -----------------------------------------------------------------------------------


def _auto_numbers(save: Save) -> None:
    for field in save.prep.numbered:
        if field.auto_number is not None and save.new.get(field.name) is None:  # a rule may have the hooks run twice
            serial = save.org.ids.next(f"{save.prep.name}.{field.name}")
            save.new[field.name] = auto_number(field.auto_number, serial)


def auto_number(pattern: str, serial: int) -> str:
    """*serial* in a display format such as `PH-{0000}`: the braces hold the least digits."""
    before, opening, rest = pattern.partition("{")
    zeros, _, after = rest.partition("}")
    return f"{before}{serial:0{len(zeros)}}{after}" if opening else str(serial)


def _custom_name(save: Save) -> None:
    """A custom object's text Name may be left out and is then the row's id."""
    name = save.prep.sobject.name_field
    if save.prep.sobject.custom and name is not None and save.new.get(name.name) is None:
        save.new[name.name] = save.new["Id"]


def _photo_url(save: Save) -> None:
    if "PhotoUrl" in save.new:
        save.new["PhotoUrl"] = f"/services/images/photo/{save.new['Id']}"


HOOKS: dict[str, tuple[Hook, ...]] = {
    "Account": (_photo_url,),
    "Case": (_case_status, _case_contact),
    "AccountContactRelation": (people.relation,),
    "Attachment": (files.attached_body,),
    "Campaign": (campaigns.campaign,),
    "CampaignMember": (campaigns.member,),
    "Contract": (products.contract,),
    "Contact": (_person_name, _photo_url),
    "ContentDocument": (),
    "ContentDocumentLink": (files.new_link,),
    "ContentNote": (files.note,),
    "ContentVersion": (files.version,),
    "Document": (files.attached_body,),
    "EmailMessage": (people.email_name,),
    "Event": (
        _no_what_beside_a_lead,
        _event_times,
        _activity_account,
        _subtype("EventSubtype", "Event"),
        recurrence.check,
    ),
    "EventRelation": (relations.relation,),
    "Lead": (_converted_lead_is_fixed, _person_name, _photo_url),
    "Opportunity": (products.keep_amount, _opportunity_stage, _opportunity_revenue, _opportunity_fiscal),
    "OpportunityLineItem": (products.line,),
    "Order": (products.contract,),
    "PricebookEntry": (products.price,),
    "Task": (
        _no_what_beside_a_lead,
        _subtype("TaskSubtype", "Task"),
        _task_status,
        _task_priority,
        _activity_account,
        recurrence.check,
    ),
    "TaskRelation": (relations.relation,),
    "User": (_user_identity, _person_name),
}
# Objects whose hooks read or write rows of their own kind: of many new ones each is saved before the next is made.
ONE_BY_ONE = frozenset({
    "AccountContactRelation", "Attachment", "CampaignMember", "CampaignMemberStatus", "ContentDocumentLink",
    "ContentNote", "ContentVersion", "Document", "EventRelation", "OpportunityLineItem", "PricebookEntry",
    "TaskRelation",
})  # fmt: skip
CUSTOM_HOOKS: tuple[Hook, ...] = (_custom_name,)


def before_save(save: Save) -> None:
    """Run the hooks of the row's object; raises the SalesforceError of the one that refuses."""
    if save.prep.numbered and save.old is None:
        _auto_numbers(save)
    hooks = HOOKS.get(save.prep.name)
    if hooks is None:
        hooks = CUSTOM_HOOKS
    for hook in hooks:
        hook(save)
    if save.prep.coded_addresses:
        places.settle(save)
    if save.prep.sobject.record_types:
        record_types.settle(save)


# --- helpers ----------------------------------------------------------------------------------------


def _standard_value(save: Save, table: str, value: str | None) -> Mapping[str, Any]:
    """The org's row of a status-like table whose ApiName or MasterLabel is *value*; {} if none."""
    key = ("standard values", table)
    known = save.org.prepared.get(key)
    if known is None:
        known = {}
        for row in save.org.schema.rows(table):
            for name in ("MasterLabel", "ApiName"):
                if row.get(name):
                    known[row[name].lower()] = row
        save.org.prepared[key] = known
    found: Mapping[str, Any] = known.get(value.lower(), {}) if value else {}
    return found


def _object_of(save: Save, record_id: str) -> str:
    found = save.org.schema.by_prefix(record_ids.prefix_of(record_id))
    return found.name if found is not None else ""


def _row(save: Save, record_id: str) -> Mapping[str, Any] | None:
    sobject = save.org.schema.by_prefix(record_ids.prefix_of(record_id))
    if sobject is None:
        return None
    prep = prepared(save.org, sobject)
    found = prep.select_row.one(save.conn, id=record_id)
    return None if found is None else dict(zip(prep.column_names, found, strict=True))


def _account_of(save: Save, record_id: str) -> Any:
    """The AccountId of any row that has one; None for objects without the field."""
    sobject = save.org.schema.by_prefix(record_ids.prefix_of(record_id))
    if sobject is None:
        return None
    field = sobject.field("AccountId")
    if field is None or not field.column:
        return None
    select = prepared(save.org, sobject).select(("AccountId",))
    found = select.one(save.conn, id=record_id)
    return None if found is None else found[0]


def _moment(text: str) -> datetime:
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return f"{moment.year:04}" + moment.strftime("-%m-%dT%H:%M:%S.000+0000")
