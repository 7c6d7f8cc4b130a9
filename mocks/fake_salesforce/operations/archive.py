"""What a new day makes of activities: old ones are archived, and yesterday's events are past.

Rule 1: archived are events that ended, closed tasks that were due, and closed tasks without due date that were created,
more than 365 days ago. They are hidden from queries and shown by queryAll.
Rule 2: it happens with the first call of a day of the org's clock, so a row that is old when it is created is archived
the day after, and no call pays for more than a comparison.
Source: Salesforce Help, Archived Activities; Object Reference v62, IsArchived. That stamps stay is assumed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from fake_salesforce.operations import inside, last_activity
from fake_salesforce.org import Org, stamp

KEPT_DAYS = 365


def sweep(org: Org, now: datetime) -> None:
    """Do what this day asks for, once."""
    today = now.toordinal()
    if today <= org.day.ordinal:
        return
    before, org.day.ordinal = org.day.ordinal, today
    whole = org.whole
    with whole.store.begin() as conn:
        cutoff = stamp(now - timedelta(days=KEPT_DAYS))
        _archive(whole, conn, cutoff)
        if before:
            _events_of(whole, conn, after=datetime.fromordinal(before).date().isoformat(), until=stamp(now)[:10])


def _archive(org: Org, conn: sa.Connection, cutoff: str) -> None:
    task, event = inside.prep_of(org, "Task"), inside.prep_of(org, "Event")
    if task is not None:
        tasks = task.table
        kept = sa.and_(tasks.c.IsArchived == 0, tasks.c.IsDeleted == 0, tasks.c.IsClosed == 1)
        for old in (
            tasks.c.ActivityDate < cutoff[:10],
            sa.and_(tasks.c.ActivityDate.is_(None), tasks.c.CreatedDate < cutoff),
        ):
            conn.execute(tasks.update().where(kept, old).values(IsArchived=1))
    if event is not None:
        events = event.table
        kept = sa.and_(events.c.IsArchived == 0, events.c.IsDeleted == 0)
        old = sa.and_(events.c.ActivityDate < cutoff[:10], events.c.EndDateTime < cutoff)
        conn.execute(events.update().where(kept, old).values(IsArchived=1))


def _events_of(org: Org, conn: sa.Connection, *, after: str, until: str) -> None:
    """Events whose day came count for the last activity of what they are related to."""
    event = inside.prep_of(org, "Event")
    if event is None:
        return
    table = event.table
    names = [name for name in last_activity.LINKS if name in event.blank]
    came = sa.and_(table.c.ActivityDate > after, table.c.ActivityDate <= until, table.c.IsDeleted == 0)
    query = sa.select(table.c.ActivityDate, *(table.c[name] for name in names)).where(came, table.c.IsRecurrence == 0)
    for day, *parents in conn.execute(query).fetchall():
        for parent in parents:
            if parent is not None:
                last_activity.raise_to(org, conn, parent, day)
