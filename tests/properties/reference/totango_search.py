"""Searches and lists of the Totango model.

Source: Search API pages: of accounts and users the offset is a record number, of events a page number; a count is at
most 1,000.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.properties.reference.totango_values import Refused

COUNT_MAX = 1000


def hits(rows: Sequence[dict[str, Any]], query: Mapping[str, Any], switches: Mapping[str, Any]) -> dict[str, Any]:
    """Accounts or users that a query finds: how many there are, and those from a record number on."""
    for term in query["terms"]:
        values = term["in_list"] if "in_list" in term else [term["eq"]]
        key = {"identifier": "name", "status_group": "group"}[term["term"]]
        rows = [row for row in rows if row[key] in values]
    if query["count"] > COUNT_MAX and switches["count_over_max"] == "refuse":
        raise Refused(400)
    ordered = sorted(rows, key=lambda row: row["display_name"], reverse=query["sort_order"] == "DESC")
    shown = ordered[query["offset"] :][: min(query["count"], COUNT_MAX)]
    return {
        "total_hits": len(ordered),
        "hits": [{"name": row["name"], "display_name": row["display_name"]} for row in shown],
    }


def page(rows: Sequence[dict[str, Any]], name: str, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of a stand-in's list: filters, then records from a number on."""
    for key in ("account_id", "kind"):
        rows = [row for row in rows if query.get(key) in {None, row.get(key)}]
    moment = "deleted_at" if name == "deletions" else "updated_at"
    since = int(query.get("deleted_from", query.get("updated_from", 0)))
    rows = [row for row in rows if since <= row[moment] <= int(query.get("updated_to", row[moment]))]
    offset, count = int(query.get("offset", 0)), int(query.get("count", COUNT_MAX))
    return {"total": len(rows), name: rows[offset : offset + count]}
