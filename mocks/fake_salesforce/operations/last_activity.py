"""LastActivityDate of the rows an activity is related to.

Rule 1: it is the latest due date among closed tasks and among events whose day has come, of what has the row as its
account, its name or what it is related to; an open task does not count, nor does a series.
Rule 2: it moves no stamp of the row (assumed: SystemModstamp stays, too).
Rule 3: an event yet to come counts from its day on; `sweep` does that once for each day of the clock.
Source: Object Reference v62, LastActivityDate of Account, Contact, Lead, Opportunity; Salesforce Help, Last Activity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from fake_salesforce.operations import inside
from fake_salesforce.operations.save import Save
from fake_salesforce.org import Org

LINKS: Final = ("AccountId", "WhatId", "WhoId")
FIELD: Final = "LastActivityDate"
_ACTIVITIES: Final = ("Task", "Event")


def saved(save: Save) -> None:
    """A task or an event was created, changed or undeleted."""
    new, old = save.new, save.old
    today = save.stamp[:10]
    day = _day(new, today)
    before = None if old is None else _day(old, today)
    if day is None and before is None:
        return
    if old is not None and before is not None and _moved(new, old, day, before):
        for parent in _parents(old):
            _recount(save, parent, today)
    if day is not None:
        for parent in _parents(new):
            raise_to(save.org, save.conn, parent, day)


def gone(save: Save, _bury: Callable[[str, Mapping[str, Any]], None]) -> None:
    """A task or an event was deleted."""
    today = save.stamp[:10]
    if _day(save.new, today) is not None:
        for parent in _parents(save.new):
            _recount(save, parent, today)


def back(save: Save, _bring: Callable[[str, Mapping[str, Any]], None]) -> None:
    """A task or an event came back from the recycle bin."""
    saved(save)


def _day(row: Mapping[str, Any], today: str) -> str | None:
    """The due date with which the activity counts; None when it does not."""
    day: str | None = row["ActivityDate"]
    if day is None or row["IsRecurrence"]:
        return None
    if "IsClosed" in row:
        return day if row["IsClosed"] else None
    return day if day <= today else None


def _moved(new: Mapping[str, Any], old: Mapping[str, Any], day: str | None, before: str) -> bool:
    return day is None or day < before or any(new.get(name) != old.get(name) for name in LINKS)


def _parents(row: Mapping[str, Any]) -> set[str]:
    return {row[name] for name in LINKS if row.get(name) is not None}


def raise_to(org: Org, conn: sa.Connection, parent: str, day: str) -> None:
    """The row *parent* had an activity on *day*."""
    prep = _keeper(org, parent)
    if prep is not None:
        table = prep.table
        later = sa.or_(table.c[FIELD].is_(None), table.c[FIELD] < day)
        conn.execute(table.update().where(table.c.Id == parent, later).values({FIELD: day}))


def _keeper(org: Org, record_id: str) -> Any:
    """The prepared form of the row's object when it keeps the date."""
    sobject = org.whole.schema.by_prefix(record_id)
    prep = None if sobject is None else inside.prep_of(org, sobject.name)
    return prep if prep is not None and FIELD in prep.blank else None


def _recount(save: Save, parent: str, today: str) -> None:
    """Work the date out again from all activities of the row."""
    prep = _keeper(save.org, parent)
    if prep is None:
        return
    latest: list[str] = []
    for name in _ACTIVITIES:
        activity = inside.prep_of(save.org, name)
        if activity is None:
            continue
        table = activity.table
        counts = table.c.IsClosed == 1 if "IsClosed" in activity.blank else table.c.ActivityDate <= today
        for link in LINKS:
            query = sa.select(sa.func.max(table.c.ActivityDate)).where(
                table.c[link] == parent, table.c.IsDeleted == 0, table.c.IsRecurrence == 0, counts
            )
            found = save.conn.execute(query).scalar_one()
            if found is not None:
                latest.append(found)
    inside.change(save.org, save.conn, prep.name, parent, {FIELD: max(latest, default=None)})
