"""The oracle's own tables of what corresponds to what, for Totango and Marketo. Must not import crm_sync.

Rule 1: a field has one canonical value that both systems can hold. Two raw values that read the same are the same.
Rule 2: a value that means nothing to the other side reads as UNSAID: it is not carried, and nothing is written over it
until the other side really changes (M4, M5, M7; an owner nobody knows, T32).
Rule 3: what has no row here is frame: the sync may not touch it once the record is there.
Source: the default mappings of the help article (rules T1, T17, T28 to T36, T45) and of the reminder sync (M2 to M13).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crm_contracts.world.fields import Row, Value, day, plain
from crm_contracts.world.pairs.ops import PARTNER, SALESFORCE
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, TASK, TOUCHPOINT, PairSettings

__all__ = ["FRAME", "NO_SUBJECT", "UNSAID", "Field", "Known", "Row", "Value", "render", "shared"]

UNSAID = "(no opinion)"
NO_SUBJECT = "(no subject)"  # rule M11
SUBJECT_MAX = 255  # rules M12, T27
_PLACE = re.compile(r"\{\{(\w+)\}\}", re.ASCII)
_FROM_REMINDER = {
    "activity_subject": "name", "activity_type": "type", "call_outcome": "call_outcome", "call_reason": "call_reason",
}  # fmt: skip
_NAMES_A_STEP = frozenset({"sales_campaign_name", "sales_campaign_day", "sales_campaign_step"})


@dataclass(frozen=True)
class Known:
    """What the oracle knows of the world beside records.

    *emails* by Salesforce user id; the *template* (M12); Salesforce accounts by customer; contacts by the partner's
    person, and their *mails*; the Salesforce user whose reminders are synced (M24).
    """

    emails: Mapping[str, str] = field(default_factory=dict)
    template: str = "{{activity_subject}}"
    accounts: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[int, str] = field(default_factory=dict)
    mails: Mapping[str, str] = field(default_factory=dict)
    user_id: str = ""


Reader = Callable[[Any, Known], Value]


@dataclass(frozen=True)
class Field:
    """One thing both systems know. *out_only*: it goes to Salesforce and never comes back (M10, M11)."""

    name: str
    salesforce: str
    partner: str
    read_salesforce: Reader
    read_partner: Reader
    out_only: bool = False

    def name_on(self, side: str) -> str:
        return self.salesforce if side == SALESFORCE else self.partner

    def heard(self, side: str, value: Any, known: Known) -> Value:
        """*value* as far as it can be this field's on *side*; UNSAID for what was some other field's."""
        try:
            return (self.read_salesforce if side == SALESFORCE else self.read_partner)(value, known)
        except (TypeError, ValueError, OverflowError, OSError):
            return UNSAID

    def read(self, side: str, row: Row, known: Known) -> Value:
        """The canonical value of *row*, a record of *side*."""
        if side == PARTNER and self.out_only:
            return self.read_partner(row, known)
        reader = self.read_salesforce if side == SALESFORCE else self.read_partner
        return reader(row.get(self.name_on(side)), known)


def render(template: str, reminder: Row) -> str:
    """What the activity detail template makes of a reminder: substitute, remove line breaks, cut (M12)."""

    def fill(found: re.Match[str]) -> str:
        name = found[1].lower()
        if name in _NAMES_A_STEP:
            return ""  # no reminder of this world belongs to a campaign
        return str(reminder.get(_FROM_REMINDER[name]) or "") if name in _FROM_REMINDER else found[0]

    return _kept("".join(_PLACE.sub(fill, template).splitlines())[:SUBJECT_MAX], SUBJECT_MAX)


def touch_subject(touch: Row) -> str:
    """The Subject of a campaign touch's Event; a long name is cut, so that the rest survives (T27)."""
    tail = f'" was sent to {touch["users_count"]} users. From: {touch["from"]}'
    head = f'{touch["kind"]} campaign "'
    return head + _kept(str(touch["name"]), SUBJECT_MAX - len(head) - len(tail)) + tail


def _kept(text: str, units: int) -> str:
    """What a field of so many UTF-16 units keeps of *text* (F47)."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def _touched(touch: Any, _known: Known) -> Value:
    return plain(touch_subject(touch))


def _text(value: Any, _known: Known) -> Value:
    return plain(value)


def _day(value: Any, _known: Known) -> Value:
    return day(value)


def _day_of_stamp(value: Any, _known: Known) -> Value:
    return datetime.fromtimestamp(value / 1000, UTC).date().isoformat() if value is not None else None


def _as_it_is(value: Any, _known: Known) -> Value:
    return None if value is None else str(value)


def _among(table: Mapping[str, str], otherwise: str) -> Reader:
    return lambda value, _known: table.get(str(value), otherwise)


def _owner(value: Any, known: Known) -> Value:
    """A Salesforce owner; the sync's own user stands for nobody."""
    email = known.emails.get(str(value), "")
    return UNSAID if not email or email.startswith("sync@") else email


def _assignee(value: Any, known: Known) -> Value:
    """A partner's assignee, if a Salesforce user has that e-mail (T32)."""
    email = str(value or "").lower()
    return UNSAID if email.startswith("sync@") or email not in known.emails.values() else email


def _subject(reminder: Any, known: Known) -> Value:
    return plain(render(known.template, reminder))


_CLOSED = {"Completed": "closed"}  # the one closed status of the stock picklist (T45)
_FIELDS: dict[str, tuple[Field, ...]] = {
    TASK: (
        Field("title", "Subject", "title", _text, _text),
        Field("text", "Description", "description", _text, _text),
        Field("date", "ActivityDate", "due_date", _day, _day),
        Field("state", "Status", "status", _among(_CLOSED, "open"), _as_it_is),
        Field("priority", "Priority", "priority", _among({"High": "1", "Normal": "2", "Low": "3"}, "2"), _as_it_is),
        Field("owner", "OwnerId", "assignee", _owner, _assignee),
    ),
    TOUCHPOINT: (
        Field("title", "Subject", "subject", _text, _text),
        Field("text", "Description", "content", _text, _text),
        Field("date", "ActivityDate", "touchpoint_date", _day, _day_of_stamp),
    ),
    CAMPAIGN_TOUCH: (
        Field("title", "Subject", "subject", _text, _touched, out_only=True),
        Field("text", "Description", "description", _text, _text),
        Field("date", "ActivityDate", "start_date", _day, _day_of_stamp),
    ),
    REMINDER: (
        Field("state", "Status", "status", _among({"Not Started": "open", "Completed": "complete"}, UNSAID), _as_it_is),
        Field("priority", "Priority", "priority", _among({"Normal": "normal", "High": "high"}, UNSAID), _as_it_is),
        Field("date", "ActivityDate", "due_date", _day, _day),
        Field("text", "Description", "details", _text, _text),
    ),
}
NAME = Field("title", "Subject", "name", _text, _subject, out_only=True)


def shared(section: str, settings: PairSettings) -> tuple[Field, ...]:
    """The fields that a pair of *section* shares. A template that names no subject never writes it again (M13)."""
    if section == REMINDER and "{{activity_subject}}" in settings.template.lower():
        return (NAME, *_FIELDS[section])
    return _FIELDS[section]


def born_with(section: str) -> tuple[Field, ...]:
    """The fields that a new record takes from its counterpart, the Subject always (M13)."""
    return (NAME, *_FIELDS[section]) if section == REMINDER else _FIELDS[section]


# Once a record is there, the sync changes none of these (I8; T12, T17, T18, T19, T31, T34, M24).
_SALESFORCE = ("WhoId", "WhatId", "AccountId", "CreatedById", "CreatedDate")
FRAME: dict[tuple[str, str], tuple[str, ...]] = {
    (SALESFORCE, TASK): (*_SALESFORCE, "CallDisposition"),
    (SALESFORCE, REMINDER): (*_SALESFORCE, "CallDisposition", "OwnerId"),
    (SALESFORCE, TOUCHPOINT): (*_SALESFORCE, "Location", "ShowAs", "IsAllDayEvent"),
    (SALESFORCE, CAMPAIGN_TOUCH): (
        *_SALESFORCE, "Location", "ShowAs", "IsAllDayEvent", "Subject", "Description", "ActivityDate", "OwnerId",
    ),
    (PARTNER, TASK): ("account_id", "assigner", "created_at", "activity_type_id"),
    (PARTNER, TOUCHPOINT): (
        "account_id", "created_by", "created_at", "participants", "activity_type_id", "touchpoint_type",
        "touchpoint_tags", "disable_sync", "event_id", "parent_id",
    ),
    (PARTNER, CAMPAIGN_TOUCH): ("account_id", "kind", "name", "subject", "description", "start_date", "updated_at"),
    (PARTNER, REMINDER): (
        "type", "person", "campaign_step", "call_outcome", "call_reason", "creator", "assignee", "created_at", "name",
    ),
}  # fmt: skip
