"""List views: the lists of rows that an object has before anybody made some.

Rule 1: pure functions of (schema, version); running one is `operations.list_views`.
Rule 2: an object has list views when its describe has their link; which ones are rows of `data/layouts.toml`.
Rule 3: the id is of 18 characters in lists and of 15 in a describe and its results, as in the guide's samples.
Source: REST API Developer Guide v66, List Views for an Object, List View Describe, List View Results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fake_salesforce.describes import layouts
from fake_salesforce.record_ids import canonical, to_15
from fake_salesforce.schema.metadata import Field, Schema, SObject

PREFIX: Final = "00B"
_NUMBERS: Final = frozenset({"int", "double", "currency", "percent"})
_OPERATORS: Final = {"equals": "="}


@dataclass(frozen=True, slots=True)
class ListView:
    """One list view. *where*: field, operator and value; *scope* as in SOQL's USING SCOPE."""

    id: str
    developer_name: str
    label: str
    scope: str | None
    where: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: *path* from the row, what a query selects for it, its label and type; *hidden* from people."""

    path: str
    select: str
    label: str
    type: str
    sortable: bool
    hidden: bool


def list_views(sobject: SObject) -> list[ListView]:
    """The object's list views; none for an object whose describe has no link to them."""
    if "listviews" not in sobject.url_names:
        return []
    spoken = sobject.label_plural
    plural = re.sub(r"[^A-Za-z0-9]+", "", spoken) or re.sub(r"[^A-Za-z0-9]+", "", sobject.name)
    found = []
    for number, row in enumerate(layouts.rules()["list_view"]):
        scope = row.get("scope")
        known = scope is None or any(name == scope for name, _ in sobject.scopes)
        if known and ("needs" not in row or sobject.field(row["needs"]) is not None):
            found.append(
                ListView(
                    id=layouts.object_id(PREFIX, sobject, number),
                    developer_name=row["developer_name"].format(plural=plural),
                    label=row["label"].format(spoken=spoken),
                    scope=scope,
                    where=tuple(row["where"]) if "where" in row else None,
                )
            )
    return found


def find(sobject: SObject, list_view_id: str) -> ListView | None:
    """The list view with this id, of 15 or 18 characters."""
    wanted = canonical(list_view_id)
    return next((each for each in list_views(sobject) if each.id == wanted), None)


def basic(sobject: SObject, each: ListView, version: str) -> dict[str, Any]:
    """GET /sobjects/X/listviews/{id}: label, name and links."""
    url = f"/services/data/v{version}/sobjects/{sobject.name}/listviews/{each.id}"
    return {
        "describeUrl": f"{url}/describe",
        "developerName": each.developer_name,
        "id": each.id,
        "label": each.label,
        "resultsUrl": f"{url}/results",
        "soqlCompatible": True,
        "url": url,
    }


def listing(sobject: SObject, version: str) -> dict[str, Any]:
    """GET /sobjects/X/listviews."""
    found = [basic(sobject, each, version) for each in list_views(sobject)]
    return {
        "done": True,
        "listviews": found,
        "nextRecordsUrl": None,
        "size": len(found),
        "sobjectType": sobject.name,
    }


def described(schema: Schema, sobject: SObject, each: ListView) -> dict[str, Any]:
    """GET /sobjects/X/listviews/{id}/describe."""
    columns = columns_of(schema, sobject)
    conditions: Mapping[str, Any] = {"conditions": [], "conjunction": "and"}
    if each.where is not None:
        conditions = {"field": each.where[0], "operator": each.where[1], "values": [each.where[2]]}
    return {
        "columns": column_words(columns),
        "id": to_15(each.id),
        "orderBy": [
            {"fieldNameOrPath": name, "nullsPosition": "first", "sortDirection": "ascending"}
            for name in _order(columns)
        ],
        "query": query(columns, sobject, each),
        "scope": each.scope,
        "sobjectType": sobject.name,
        "whereCondition": conditions,
    }


def query(columns: Sequence[Column], sobject: SObject, each: ListView) -> str:
    """The SOQL text behind a list view, in the spelling of the samples."""
    selected = ", ".join(one.select.lower() for one in columns)
    parts = [f"SELECT {selected}", f"FROM {sobject.name}"]
    if each.scope is not None:
        parts.append(f"USING SCOPE {each.scope}")
    if each.where is not None:
        parts.append(f"WHERE {each.where[0]} {_OPERATORS[each.where[1]]} {each.where[2]}")
    order = _order(columns)
    if order:
        parts.append("ORDER BY " + ", ".join(f"{name} ASC NULLS FIRST" for name in order))
    return " ".join(parts)


def columns_of(schema: Schema, sobject: SObject) -> list[Column]:
    """What a list view of *sobject* shows: its columns, its owner, and the hidden ones that programs need."""
    rules = layouts.rules()["list_views"]
    chosen = [each for each in map(sobject.field, rules["show"].get(sobject.name, ())) if each is not None]
    shown = chosen or layouts.columns_of(sobject, rules["columns"])
    found = [_column(each, hidden=False) for each in shown]
    owner, user = sobject.field("OwnerId"), schema.sobject("User")
    alias = None if user is None else user.field("Alias")
    if owner is not None and alias is not None and owner.reference_to == ("User",):
        found.append(Column("Owner.Alias", "Owner.Alias", f"{sobject.label} Owner Alias", alias.type, True, False))
    hidden = [each for each in map(sobject.field, rules["hidden"]) if each is not None and each not in shown]
    return found + [_column(each, hidden=True) for each in hidden]


def _column(field: Field, *, hidden: bool) -> Column:
    select = f"toLabel({field.name})" if field.type == "picklist" else field.name
    return Column(field.name, select, field.label, field.type, field.sortable and not hidden, hidden)


def _order(columns: Sequence[Column]) -> list[str]:
    """The first column that sorts, and the id, so that the order is complete."""
    first = [each.path for each in columns if each.sortable][:1]
    return [*first, *(each.path for each in columns if each.path == "Id")]


def column_words(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """`columns` of a describe and of results."""
    order = _order([each for each in columns if not each.hidden])
    return [
        {
            "ascendingLabel": _order_label(each, 0),
            "descendingLabel": _order_label(each, 1),
            "fieldNameOrPath": each.path,
            "hidden": each.hidden,
            "label": each.label,
            "selectListItem": each.select,
            "sortDirection": "ascending" if each.path in order else None,
            "sortIndex": order.index(each.path) if each.path in order else None,
            "sortable": each.sortable,
            "type": each.type,
        }
        for each in columns
    ]


def _order_label(column: Column, side: int) -> str | None:
    if not column.sortable:
        return None
    words: Mapping[str, Sequence[str]] = layouts.rules()["list_views"]["order"]
    kind = "number" if column.type in _NUMBERS else "date" if column.type in {"date", "datetime"} else column.type
    return words.get(kind, words["text"])[side]
