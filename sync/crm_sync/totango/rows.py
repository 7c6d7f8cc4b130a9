"""Which rows travel: the window, what a row must say, what must never be written.

Rule T16: inbound, a task needs a Title, a touchpoint Subject or Content; white space says nothing, and an update that
would leave a record without is rejected whole. Outbound there is no such rule.
Rule T17: WhatId is written when a record is made, and never after. Rule T18: AccountId is written on an update only if
it is mapped and the org's describe lets it be written. Rule T19: who made a record and when is never written.
Rule T23: what was last updated 30 days of 24 hours before the job began, to the instant, still goes out.
Rule T42: a touchpoint with disable_sync never goes out.
Rule T14: a filter is the body of a WHERE; it says what is imported, and never what was deleted.
Source: Totango help, Synchronize tasks and touchpoints with Salesforce; Touchpoints API (disable_sync).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from crm_sync.errors import ConfigError

WINDOW_DAYS = 30
NEVER_SENT = frozenset({"CreatedById", "CreatedDate", "CreatedBy.Email"})
#: attribute groups of which at least one must say something, by model
REQUIRED_ANY = {"Task": (("title",),), "Touchpoint": (("subject", "content"),)}
_CLAUSES = r"\b(ORDER\s+BY|GROUP\s+BY|HAVING|LIMIT|OFFSET|FOR\s+(?:VIEW|REFERENCE|UPDATE)|ALL\s+ROWS)\b"
_CLAUSE = re.compile(_CLAUSES, re.IGNORECASE)
_TEXTS = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)


def why_rejected(model: str, row: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> str:
    """Why Totango would not take an inbound row; "" when it would. *before* is the record that it updates."""
    after = {**(before or {}), **row}
    for group in REQUIRED_ANY.get(model, ()):
        if not any(str(after.get(name) or "").strip() for name in group):
            return f"{' or '.join(group)} must say something (rule T16)"
    return ""


def in_window(updated_at: datetime, *, job_start: datetime, days: int | None = WINDOW_DAYS) -> bool:
    """Whether a record goes out; *days* None means that Totango's support lifted the limit."""
    return days is None or updated_at >= job_start - timedelta(days=days)


def outbound_body(
    fields: Mapping[str, Any], *, creating: bool, updateable: Collection[str], mapped: Collection[str] = ()
) -> tuple[dict[str, Any], list[str]]:
    """What of *fields* is sent to Salesforce, and what was left out, as notes."""
    body, notes = {}, []
    for name, value in fields.items():
        if name in NEVER_SENT:
            notes.append(f"{name} is never written (rule T19)")
        elif name == "WhatId" and not creating:
            notes.append("WhatId is written on create only (rule T17)")
        elif name == "AccountId" and (name not in updateable or (not creating and name not in mapped)):
            notes.append("AccountId is derived here, or not mapped: not sent (rule T18)")
        else:
            body[name] = value
    return body, notes


def where_body(text: str | None) -> str:
    """An inbound filter, checked as far as can be without Salesforce; "" imports everything.

    Raises:
        ConfigError: it would change the query around it.
    """
    body = (text or "").strip()
    bare = _TEXTS.sub("''", body)
    if re.match(r"(SELECT|WHERE)\b", bare, re.IGNORECASE):
        raise ConfigError("filter: write the condition alone, without SELECT or WHERE (rule T14)")
    depth = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    if depth or bare.count("'") % 2:
        raise ConfigError("filter: a parenthesis or a quote is not closed (rule T14)")
    clause = _CLAUSE.search(bare)
    if clause:
        raise ConfigError(f"filter: {clause[0].upper()} is no condition (rule T14)")
    return body


def inbound_condition(text: str | None) -> str:
    """The filter as it is added to a scan: what was deleted is seen whether it passes or not (rules T14, T40)."""
    body = where_body(text)
    return f"(({body}) OR IsDeleted = true)" if body else ""


def excluded_outbound(model: str, values: Mapping[str, Any]) -> str:
    """Why a Totango record never goes out; "" when it may."""
    if model == "Touchpoint" and values.get("disable_sync") is True:
        return "disable_sync keeps it out of Salesforce (rule T42)"
    return ""


def excluded_inbound(values: Mapping[str, Any], *, campaign_touch_field: str) -> str:
    """Why an Event never comes in as a touchpoint; "" when it may (rule T1)."""
    if campaign_touch_field and values.get(campaign_touch_field):
        return "it is the Event of a campaign touch, which only goes out (rule T1)"
    return ""
