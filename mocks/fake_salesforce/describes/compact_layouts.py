"""Compact and approval layouts: what a small screen shows of a row.

Rule 1: nobody made a compact layout in an org of this fake, so each object has the vendor's: SYSTEM, without an id.
Rule 2: an org of this fake has no approval processes, so no object has approval layouts.
Source: REST API Developer Guide v66, sObject CompactLayouts, Compact Layouts and sObject ApprovalLayouts; which fields
SYSTEM shows and its actions are rows of `data/layouts.toml`.
"""

from __future__ import annotations

from typing import Any

from fake_salesforce.describes import describe, layouts
from fake_salesforce.schema.metadata import Field, RecordType, Schema, SObject

APPROVAL_LAYOUTS: dict[str, Any] = {"approvalLayouts": []}


def compact_layouts(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    """GET /sobjects/X/describe/compactLayouts."""
    base = f"/services/data/v{version}/sobjects/{sobject.name}/describe/compactLayouts"
    return {
        "compactLayouts": [compact_layout(schema, sobject, version)],
        "defaultCompactLayoutId": None,
        "recordTypeCompactLayoutMappings": [_mapping(each, base) for each in describe.record_types(sobject)],
        "urls": {"primary": f"{base}/primary"},
    }


def compact_layout(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    """The object's one compact layout: `/primary`, of each record type, and of `/compactLayouts?q=`."""
    return describe.cached(schema, ("compact", sobject.name, version), lambda: _compact(schema, sobject, version))


def _mapping(each: RecordType, base: str) -> dict[str, Any]:
    return {
        "available": each.available and each.active,
        "compactLayoutId": None,
        "compactLayoutName": layouts.rules()["compact"]["name"],
        "recordTypeId": each.id,
        "recordTypeName": each.name,
        "urls": {"compactLayout": f"{base}/{each.id}"},
    }


def _compact(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    words = layouts.rules()["compact"]
    entries = {each["name"]: each for each in describe.object_describe(schema, sobject, version)["fields"]}
    return {
        "actions": [layouts.button(name, label) for name, label in words["actions"].get(sobject.name, ())],
        "fieldItems": [
            _item(field, sobject, entries[field.name], tab) for tab, field in enumerate(_shown(sobject), start=1)
        ],
        "id": None,
        "imageItems": [],
        "label": words["label"],
        "name": words["name"],
        "objectType": sobject.name,
    }


def _shown(sobject: SObject) -> list[Field]:
    words = layouts.rules()["compact"]
    chosen = [each for each in map(sobject.field, words["show"].get(sobject.name, ())) if each is not None]
    return chosen or layouts.columns_of(sobject, words["fields"])


def _item(field: Field, sobject: SObject, details: dict[str, Any], tab: int) -> dict[str, Any]:
    """An item; uiBehavior is for page layouts only and null here, as documented."""
    component = {
        "components": [],
        "details": details,
        "displayLines": 1,
        "tabOrder": tab,
        "type": "Field",
        "value": field.name,
    }
    return {
        "editableForNew": False,
        "editableForUpdate": False,
        "label": layouts.label_of(field, sobject),
        "layoutComponents": [component],
        "placeholder": False,
        "required": False,
    }
