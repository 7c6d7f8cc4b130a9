"""The record type of a row: which one it gets, which it may have, and what that leaves of its picklists.

Rule 1: a row that names none gets the default one; a named one must be active, of this object and available.
Rule 2: a restricted picklist takes what the record type offers; a default that it does not offer is left out (assumed).
Source: Object Reference v62, RecordType; the refusal is quoted in public issues.
"""

from __future__ import annotations

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import inside
from fake_salesforce.operations.save import Save
from fake_salesforce.schema.metadata import RecordType


def settle(save: Save) -> None:
    """Fill in and check RecordTypeId, and the picklists it narrows. Raises SalesforceError."""
    types = save.prep.sobject.record_types
    new = save.new
    if "RecordTypeId" not in save.prep.blank:
        return  # of an import that lists record types and not the field: no row can have one
    if save.old is None and "RecordTypeId" not in save.given:
        new["RecordTypeId"] = next((each.id for each in types if each.default), None)
    chosen = new["RecordTypeId"]
    found = next((each for each in types if each.id == chosen), None)
    if chosen is not None and save.changed("RecordTypeId") and not _usable(save, found, chosen):
        raise salesforce_error("INVALID_CROSS_REFERENCE_KEY.record_type", value=chosen)
    if found is not None and found.picklists:
        _narrow(save, found)


def _usable(save: Save, found: RecordType | None, chosen: str) -> bool:
    if found is not None:
        return found.active and found.available
    row = inside.row(save.org, save.conn, "RecordType", chosen)
    return row is not None and row["SobjectType"] == save.prep.name and bool(row["IsActive"])


def _narrow(save: Save, found: RecordType) -> None:
    for name, offered in found.picklists.items():
        field = save.prep.fields.get(name)
        value = save.new.get(name)
        if field is None or value is None:
            continue
        refused = [each for each in value.split(";") if each not in offered]
        if not refused:
            continue
        if name not in save.given:
            if save.old is None and field.nillable:
                save.new[name] = None
        elif field.restricted_picklist:
            raise salesforce_error(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", label=field.label, field=name, value=refused[0]
            )
