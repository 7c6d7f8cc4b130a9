"""Noting that a user viewed rows, and which rows a user had to do with lately.

Rule 1: to view is to refer to, too: FOR VIEW sets both dates, FOR REFERENCE only one.
Rule 2: only objects whose describe has the date fields are noted (that is what makes an object able to
be recently used).
Source: SOQL and SOSL Reference, FOR VIEW and FOR REFERENCE; REST API Developer Guide, Recently Viewed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from fake_salesforce.org import Org, stamp
from fake_salesforce.schema.metadata import SObject
from fake_salesforce.viewed import DATES, viewed_table

RECENT_MAX = 200  # rows of one object that RecentlyViewed keeps for a user: Object Reference


def note_viewed(
    org: Org, user_id: str, sobject: SObject, ids: Iterable[str], *, now: datetime, referenced_only: bool = False
) -> None:
    """Note that *user_id* looked at the rows *ids* of *sobject* (or, with *referenced_only*, at what names them)."""
    if not all(sobject.field(name) for name in DATES):
        return
    table = viewed_table(org.schema.metadata)
    moment = stamp(now)
    rows = [
        {
            "user_id": user_id,
            "record_id": record_id,
            "sobject": sobject.name,
            "viewed": None if referenced_only else moment,
            "referenced": moment,
        }
        for record_id in ids
    ]
    if not rows:
        return
    fresh = insert(table)
    changed = {"referenced": fresh.excluded.referenced}
    if not referenced_only:
        changed["viewed"] = fresh.excluded.viewed
    with org.store.begin() as conn:
        conn.execute(fresh.on_conflict_do_update(index_elements=["user_id", "record_id"], set_=changed), rows)


def recent(org: Org, user_id: str, *, sobject: SObject | None = None, limit: int = RECENT_MAX) -> list[tuple[str, str]]:
    """(object, id) of what *user_id* referred to last, latest first, deleted rows included."""
    table = viewed_table(org.schema.metadata)
    query = sa.select(table.c.sobject, table.c.record_id).where(table.c.user_id == user_id)
    if sobject is not None:
        query = query.where(table.c.sobject == sobject.name)
    query = query.order_by(table.c.referenced.desc(), table.c.record_id).limit(limit)
    with org.store.read() as conn:
        return [(row[0], row[1]) for row in conn.execute(query)]
