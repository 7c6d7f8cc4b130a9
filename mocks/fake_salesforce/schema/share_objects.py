"""AccountShare and its kind: rows that give a user or a group access to one row by hand.

Rule 1: an object has a share object in an org whose organization-wide default for it is Private or Read.
Rule 2: a share row says Read or Edit; whoever may delete the row it shares, or manages sharing, writes it. Rows for
owners, roles and rules, which the vendor keeps there as well, are not made: who owns a row has access without.
Source: Object Reference v62, AccountShare, CustomObject__Share; key prefixes of the custom ones are all 02c.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fake_salesforce.schema.metadata import SObject

SHARED_MODELS: Final = frozenset({"Private", "Read"})
_PREFIXES: Final = {
    "Account": "00r",
    "Campaign": "08s",
    "Case": "01n",
    "Contact": "03s",
    "Lead": "01o",
    "Opportunity": "00t",
}
_CUSTOM_PREFIX: Final = "02c"
_CUSTOM_END: Final = "__Share"


def share_name(name: str) -> str:
    """The name of an object's share object."""
    return f"{name.removesuffix('__c')}{_CUSTOM_END}" if name.endswith("__c") else f"{name}Share"


def share_columns(name: str) -> tuple[str, str]:
    """The field that names the shared row, and the one that says how it is shared."""
    return ("ParentId", "AccessLevel") if name.endswith("__c") else (f"{name}Id", f"{name}AccessLevel")


def share_drafts(sharing: Any, sobjects: Mapping[str, SObject]) -> Iterator[dict[str, Any]]:
    """Object files of the share objects of an org with the org file's table *sharing*, which is checked elsewhere."""
    for name, model in sharing.items() if isinstance(sharing, Mapping) else ():
        sobject = sobjects.get(name)
        shareable = (
            sobject is not None and (sobject.custom or name in _PREFIXES) and sobject.field("OwnerId") is not None
        )
        if sobject is not None and shareable and model in SHARED_MODELS:
            yield _draft(sobject)


def _draft(sobject: SObject) -> dict[str, Any]:
    parent, level = share_columns(sobject.name)
    label = f"{sobject.label} Access"
    return {
        "name": share_name(sobject.name),
        "label": f"{sobject.label} Share",
        "label_plural": f"{sobject.label} Share",
        "key_prefix": _PREFIXES.get(sobject.name, _CUSTOM_PREFIX),
        "source": "Object Reference v62, AccountShare",
        "grade": "documented",
        "system": ["Id", "IsDeleted", "LastModifiedDate", "LastModifiedById"],
        "abilities": ["createable", "deletable", "queryable", "retrieveable", "updateable"],
        "fields": {
            parent: {
                "label": f"{sobject.label} ID",
                "type": "reference",
                "flags": "CFGSA",
                "to": [sobject.name],
                "relationship": parent.removesuffix("Id"),
                "children": "Shares",
                "on_delete": "cascade",
            },
            "UserOrGroupId": {
                "label": "User/Group ID",
                "type": "reference",
                "flags": "CFGSPnpA",
                "to": ["Group", "User"],
                "relationship": "UserOrGroup",
            },
            level: {"label": label, "type": "picklist(40)", "flags": "CUFGSRA", "values": ["Read", "Edit", "All"]},
            "RowCause": {
                "label": "Row Cause",
                "type": "picklist(40)",
                "flags": "CDFGSRA",
                "values": ["Manual", "Owner", "Rule", "Team"],
                "default": "Manual",
            },
        },
    }
