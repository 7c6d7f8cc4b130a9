"""From the describes of a real org to an org file: its objects, fields, picklists and record types.

Rule 1: nothing is guessed that the describe says, and nothing the describe says is lost: an org of the file describes
itself as the real one did, key by key (hosts and API versions in links excepted, which are the fake's own).
Rule 2: what a describe does not say (which status is closed, how probable a stage is) is taken from the standard value
of the same name, and otherwise written into the file with a remark, for a person to correct.
Source: the describes; what a file may hold is in `imported`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fake_salesforce import data_files
from fake_salesforce.describes import describe
from fake_salesforce.schema import imported
from fake_salesforce.schema.metadata import Schema, SObject
from fake_salesforce.schema.object_files import load_schema

_FLAGS: Final[Mapping[str, str]] = {  # letter of a field row -> key of the describe
    "N": "nillable",
    "C": "createable",
    "U": "updateable",
    "D": "defaultedOnCreate",
    "F": "filterable",
    "G": "groupable",
    "S": "sortable",
    "A": "aggregatable",
    "i": "idLookup",
    "R": "restrictedPicklist",
    "p": "permissionable",
    "P": "polymorphicForeignKey",
    "np": "namePointing",
    "*": "nameField",
}
_TEXTS: Final[Mapping[str, str]] = {  # key of a field row -> key of the describe, kept when not null
    "relationship": "relationshipName",
    "part_of": "compoundFieldName",
    "extra_type_info": "extraTypeInfo",
    "help": "inlineHelpText",
}
_SWITCHES: Final[Mapping[str, str]] = {
    "unique": "unique",
    "external_id": "externalId",
    "case_sensitive": "caseSensitive",
    "auto_number": "autoNumber",
    "calculated": "calculated",
    "custom": "custom",
}
_OBJECT_FLAGS: Final = (
    "activateable", "createable", "deepCloneable", "deletable", "feedEnabled", "layoutable", "mergeable", "mruEnabled",
    "queryable", "replicateable", "retrieveable", "searchable", "triggerable", "undeletable", "updateable",
)  # fmt: skip
# Keys of a describe that have rows of their own, or are answered by the fake itself.
_OWN_PLACE: Final = frozenset({"fields", "childRelationships"})
# Which picklist holds the rows of which object; Salesforce keeps what a value means there.
STATUS_ROWS: Final[Mapping[str, tuple[str, str]]] = {
    "TaskStatus": ("Task", "Status"),
    "TaskPriority": ("Task", "Priority"),
    "CaseStatus": ("Case", "Status"),
    "LeadStatus": ("Lead", "Status"),
    "OpportunityStage": ("Opportunity", "StageName"),
}
_LINK: Final = re.compile(r"/services/data/v(\d+\.\d)/")
_HOSTED: Final = ("uiDetailTemplate", "uiEditTemplate", "uiNewRecord")


class NotADescribe(ValueError):
    """A value that is no describe of an sObject; the text says why."""


def import_describes(describes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The org file of an org whose objects are *describes* (the answers of `/sobjects/X/describe`), as plain data.

    Of several describes of one object the last counts. Raises NotADescribe.
    """
    by_name = {_name_of(each): each for each in describes}
    tables = {name: _object_table(by_name[name]) for name in sorted(by_name)}
    # What the fake would answer from the tables alone: one schema for all of them.
    schema = load_schema({"imported": {name: {**table, "children": []} for name, table in tables.items()}})
    for name, table in tables.items():
        table.update(_beyond(by_name[name], table, schema))
    return {"rows": dict(_status_rows(by_name)), "imported": tables}


def _name_of(described: Mapping[str, Any]) -> str:
    name = described.get("name")
    if not isinstance(name, str) or not isinstance(described.get("fields"), list):
        raise NotADescribe("it has no name and no list of fields")
    for key in ("label", "labelPlural"):
        if not isinstance(described.get(key), str):
            raise NotADescribe(f"{name}: it has no {key}")
    if not any(isinstance(each, dict) and each.get("name") == "Id" for each in described["fields"]):
        raise NotADescribe(f"{name}: it has no field Id")
    return name


def version_of(described: Mapping[str, Any]) -> str:
    """The API version a describe was asked in, as its links tell; "60.0" when it has none."""
    found = _LINK.search(json.dumps(described.get("urls", {})))
    return found[1] if found else "60.0"


def neutral(described: Mapping[str, Any]) -> dict[str, Any]:
    """The describe with the host of its links into the user interface taken as the fake's default one."""
    urls = described.get("urls")
    if not isinstance(urls, dict):
        return dict(described)
    changed = {
        key: re.sub(r"^https?://[^/]+", describe.DEFAULT_HOST, value) if key in _HOSTED else value
        for key, value in urls.items()
    }
    return {**described, "urls": changed}


# --- one object -------------------------------------------------------------------------------------


def _object_table(given: Mapping[str, Any]) -> dict[str, Any]:
    name, version = str(given["name"]), version_of(given)
    described = neutral(given)
    urls = described.get("urls") or {}
    table: dict[str, Any] = {
        "api_version": version,
        "label": described["label"],
        "label_plural": described["labelPlural"],
        "abilities": [flag for flag in _OBJECT_FLAGS if described.get(flag)],
        "urls": [key for key in urls if key in describe.URLS],
    }
    if described.get("keyPrefix") is not None:
        table["key_prefix"] = described["keyPrefix"]
    if described.get("custom"):
        table["custom"] = True
    for key, source in (
        ("associate_entity_type", "associateEntityType"),
        ("associate_parent_entity", "associateParentEntity"),
    ):
        if described.get(source) is not None:
            table[key] = described[source]
    scopes = described.get("supportedScopes")
    if isinstance(scopes, list) and all(set(each) == {"label", "name"} for each in scopes):
        table["scopes"] = [{"name": each["name"], "label": each["label"]} for each in scopes]
    table["children"] = [_child_row(each) for each in described.get("childRelationships") or ()]
    rows = {}
    for each in described["fields"]:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str) or not isinstance(each.get("type"), str):
            raise NotADescribe(f"{name}: a field without a name or a type")
        rows[each["name"]] = _field_row(each)
    common = _take_out_common(rows)
    if common:
        table["all_fields"] = common
    table["fields"] = rows
    return table


def _beyond(given: Mapping[str, Any], table: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """What the describe says of the object beyond what the fake would answer from *table*."""
    sobject = schema.sobject(str(given["name"]))
    assert isinstance(sobject, SObject)
    version = str(table["api_version"])
    own = describe.own_object(sobject, version)
    return _left_over(neutral(given), own, version, skip=_OWN_PLACE)


def _child_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"from": f"{entry.get('childSObject')}.{entry.get('field')}"}
    for key, source in (
        ("name", "relationshipName"),
        ("cascade", "cascadeDelete"),
        ("restrict", "restrictedDelete"),
        ("hidden", "deprecatedAndHidden"),
        ("junction_lists", "junctionIdListNames"),
        ("junction_to", "junctionReferenceTo"),
    ):
        if entry.get(source):
            row[key] = entry[source]
    return row


# --- one field --------------------------------------------------------------------------------------


def _field_row(described: Mapping[str, Any]) -> dict[str, Any]:
    name = described["name"]
    row: dict[str, Any] = {"label": described.get("label", name), "type": imported.write_type(described)}
    row["flags"] = "".join(letter for letter, key in _FLAGS.items() if described.get(key))
    if described.get("referenceTo"):
        row["to"] = list(described["referenceTo"])
    row |= {key: described[source] for key, source in _TEXTS.items() if described.get(source) is not None}
    row |= {key: True for key, source in _SWITCHES.items() if described.get(source)}
    default = described.get("defaultValue")
    values = described.get("picklistValues")
    if values:
        row["values"] = [_picklist_entry(each) for each in values]
    if isinstance(default, str | bool | int | float) and not (described["type"] == "boolean" and default is False):
        row["default"] = default
    elif values:
        marked = [each.get("value") for each in values if each.get("defaultValue")]
        if len(marked) == 1:
            row["default"] = marked[0]
    children = {"child_names": {}, "cascade_delete": False, "restricted_delete": False}
    own = describe.own_field(imported.read_field(name, row, None, children))
    return row | _left_over(described, own, version="", skip=frozenset())


def _picklist_entry(entry: Mapping[str, Any]) -> Any:
    value, label = entry.get("value"), entry.get("label")
    if entry.get("active", True) and value == label:
        return value
    row: dict[str, Any] = {"value": value, "label": label}
    if not entry.get("active", True):
        row["active"] = False
    return {key: each for key, each in row.items() if each is not None}


def _left_over(
    described: Mapping[str, Any], own: Mapping[str, Any], version: str, *, skip: frozenset[str]
) -> dict[str, Any]:
    """`other`, `json` and `absent`: where *described* differs from what the fake would answer by itself."""
    other: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for key, value in described.items():
        if key in skip or (key in own and _same(own[key], value)):
            continue
        if isinstance(value, str | bool | int | float):
            other[key] = value
        else:
            text = json.dumps(value, ensure_ascii=False)
            texts[key] = text.replace(f"/services/data/v{version}/", describe.VERSION_MARK) if version else text
    absent = [key for key in own if key not in described and key not in skip]
    found = {"other": other, "json": texts, "absent": absent}
    return {key: value for key, value in found.items() if value}


def _same(one: Any, other: Any) -> bool:
    """Equal, and not merely as Python has it: 0 is not false and 1 is not 1.0 in JSON."""
    if one is other:
        return True
    if type(one) is not type(other) or one != other:
        return False  # lists and tables that are not equal are not the same either
    if isinstance(one, str | int | float | bool):
        return True
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _take_out_common(rows: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """What every field says word for word, taken out of the rows: keys of another API version, mostly."""
    common: dict[str, Any] = {}
    for part in ("other", "json"):
        shared = _intersection(row.get(part, {}) for row in rows.values())
        if shared:
            common[part] = shared
    absent = [
        key for key in _first(rows).get("absent", ()) if all(key in row.get("absent", ()) for row in rows.values())
    ]
    if absent:
        common["absent"] = absent
    for row in rows.values():
        for part in ("other", "json"):
            left = {key: value for key, value in row.get(part, {}).items() if key not in common.get(part, {})}
            _put(row, part, left)
        _put(row, "absent", [key for key in row.get("absent", ()) if key not in absent])
    return common


def _first(rows: Mapping[str, dict[str, Any]]) -> Mapping[str, Any]:
    return next(iter(rows.values()), {})


def _put(row: dict[str, Any], key: str, value: Any) -> None:
    row.pop(key, None)
    if value:
        row[key] = value


def _intersection(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] | None = None
    for part in parts:
        if found is None:
            found = dict(part)
        else:
            found = {key: value for key, value in found.items() if key in part and _same(part[key], value)}
    return found or {}


# --- what a describe does not say -------------------------------------------------------------------


def _status_rows(by_name: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """The rows behind a status or a stage, for the values the org has: as the standard value of that name, or open."""
    standard = data_files.load("rows.toml")["rows"]
    for name, (sobject, field_name) in STATUS_ROWS.items():
        described = by_name.get(sobject)
        field = next((each for each in described["fields"] if each["name"] == field_name), None) if described else None
        values = [each for each in (field or {}).get("picklistValues") or () if each.get("value")]
        if not values:
            continue
        known = {row.get("ApiName", row["MasterLabel"]): row for row in standard[name]}
        columns = {key: _blank(value) for row in standard[name] for key, value in row.items()}
        rows = []
        for number, each in enumerate(values, start=1):
            like = known.get(each["value"], columns)
            row = {key: value for key, value in like.items() if key not in {"IsDefault", "SortOrder", "Id"}}
            row |= {"MasterLabel": each.get("label") or each["value"], "ApiName": each["value"], "SortOrder": number}
            if "IsActive" in columns:
                row["IsActive"] = bool(each.get("active", True))
            if each.get("defaultValue"):
                row["IsDefault"] = True
            rows.append(row)
        yield name, rows


def _blank(value: Any) -> Any:
    return {bool: False, int: 0, float: 0.0}.get(type(value), value)
