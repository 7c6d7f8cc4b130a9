"""Records that were merged into others: what would point at such a one points at the one that is left (F14).

Rule 1: asked only when Salesforce refused a row because something it names is deleted; nobody reads for it in advance.
Rule 2: a record without a MasterRecordId was deleted, not merged: nothing takes its place.
Source: Object Reference v62, MasterRecordId of Account, Case, Contact and Lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_sync.errors import RecordRefused
from crm_sync.sides.salesforce import Salesforce

MERGEABLE = {"001": "Account", "003": "Contact", "00Q": "Lead", "500": "Case"}  # by the prefix of their ids
HOPS_MAX = 10  # the one that is left may have been merged away, too


def retargeted(salesforce: Salesforce, fields: Mapping[str, Any]) -> dict[str, str]:
    """The *fields* that name a merged record, with the id of the one that is left; {} where none does."""
    found = {}
    for name, value in fields.items():
        text = str(value)
        sobject = MERGEABLE.get(text[:3]) if len(text) in {15, 18} and text.isalnum() else None
        if sobject and (left := _left_of(salesforce, sobject, text)):
            found[name] = left
    return found


def _left_of(salesforce: Salesforce, sobject: str, record_id: str) -> str:
    """The id of the record that *record_id* was merged into, at last; "" for one that was not, or that nobody tells."""
    left = ""
    for _ in range(HOPS_MAX):
        try:
            rows = salesforce.by_ids(sobject, ("Id", "SystemModstamp", "IsDeleted", "MasterRecordId"), [record_id])
        except RecordRefused:
            return ""  # this user may not read it: then nobody knows
        row = next(iter(rows.values()), None)
        if row is None:
            return ""
        if not row.deleted:
            return left
        left = record_id = str(row.get("MasterRecordId") or "")
        if not left:
            return ""
    return ""
