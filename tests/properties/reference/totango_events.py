"""The timeline of the Totango model: a touchpoint is an event of its own, of a task each change makes one.

Source: Search API (events); what clients read of an event. The offset of a search is a page number.
"""

from __future__ import annotations

from typing import Any

from tests.properties.reference.totango_rows import Kept, Row
from tests.properties.reference.totango_values import Refused


def timeline(kept: Kept) -> list[Row]:
    """Every event, in order; those of tasks whose id nobody has seen yet come with None."""
    found = list(kept.events)
    for row in kept.touchpoints.values():
        about = {
            "subject": row["subject"],
            "activity_type_id": row["activity_type_id"],
            "meeting_type": row["touchpoint_type"],
        }
        about |= {"parent_id": row["parent_id"], "totango_participants": row["participants"]}
        about |= {"touchpoint_tags": row["touchpoint_tags"]}
        note = {"note_id": row["id"], "text": row["content"], "totango_user": {"user_name": row["created_by"]}}
        event = {"id": row["event_id"], "timestamp": row["touchpoint_date"], "type": "note"}
        found.append(event | {"account": {"id": row["account_id"]}, "note_content": note, "properties": about})
    turn = -1 if kept.switches["events_order"] == "newest_first" else 1
    return sorted(found, key=lambda one: (turn * one["timestamp"], str(one["id"])))


def events_of(kept: Kept, account: str, seen: Any) -> list[Row]:
    for one in seen if isinstance(seen, list) else ():
        _learn(kept, one)
    return [one for one in timeline(kept) if one["account"]["id"] == account]


def _learn(kept: Kept, seen: Row) -> None:
    """An event's id, from the first list that shows it; a touchpoint keeps its event for ever."""
    if seen.get("type") == "note":
        row = kept.touchpoints.get(seen["note_content"]["note_id"])
        if row and row["event_id"] is None:
            row["event_id"] = seen["id"]
        return
    known = {one["id"] for one in kept.events}
    for one in kept.events:
        if one["id"] is None and seen["id"] not in known and {**one, "id": 0} == {**seen, "id": 0}:
            one["id"] = seen["id"]
            return


def search_events(kept: Kept, body: Row) -> list[Row]:
    query, account = body["query"], body.get("account_id")
    found = [one for one in timeline(kept) if account in {None, one["account"]["id"]}]
    for term in query["terms"]:
        if term["type"] == "event_property":
            found = [one for one in found if one["type"] == term["eq"]]
        else:
            found = [
                one
                for one in found
                if term.get("gte", one["timestamp"]) <= one["timestamp"] <= term.get("lte", one["timestamp"])
            ]
    if query["count"] > 1000 and kept.switches["count_over_max"] == "refuse":
        raise Refused(400)
    count = min(query["count"], 1000)
    return found[query["offset"] * count : (query["offset"] + 1) * count]  # the offset is a page (Search API, events)
