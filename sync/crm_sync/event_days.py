"""A new day for an Event that has a time of day.

Rule 1: Salesforce takes the day of such an Event from its start; a written ActivityDate is left out, with success.
So its start and its end move by whole days instead: the time of day and the length stay. UTC has no summer time,
so across a change of it the time of day is UTC's, as it is for a moment at the partner.
Rule 2: left alone are an all-day Event, one whose start is sent, too (T35), and a series: its days are its pattern's.
Rule 3: the new start is worked out from what Salesforce says just before, and says the same twice.
Source: Object Reference v62, Event: ActivityDate of all-day events; start, end and duration must agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from crm_sync.engine import Engine
from crm_sync.mapping import moment_text, parse_moment
from crm_sync.model import Record

EVENT, DAY, START, END = "Event", "ActivityDate", "StartDateTime", "EndDateTime"
_READ = ("Id", "SystemModstamp", "IsAllDayEvent", "IsRecurrence", DAY, START, END)


def with_moved_times(
    engine: Engine, name: str, changes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """*changes* (record id -> field -> value) of one object as Salesforce must be told them; reads those Events."""
    said = dict(changes)
    dated = [record_id for record_id, fields in changes.items() if fields.get(DAY) and START not in fields]
    if name != EVENT or not dated:
        return said
    read = [one for one in _READ if engine.sobject(name).field(one) is not None]
    for record_id, row in engine.salesforce.by_ids(name, read, dated).items():
        said[record_id] = _moved(row, changes[record_id])
    return said


def _moved(row: Record, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    start, end = parse_moment(row.get(START)), parse_moment(row.get(END))
    if row.get("IsAllDayEvent") or row.get("IsRecurrence") or start is None or end is None:
        return fields
    try:
        by = date.fromisoformat(fields[DAY]) - date.fromisoformat(row.get(DAY) or start.date().isoformat())
        times = {START: moment_text(start + by), END: moment_text(end + by)}
    except OverflowError:  # beyond year 1 or 9999: Salesforce says what it makes of it
        return fields
    return {field: value for field, value in fields.items() if field != DAY} | times
