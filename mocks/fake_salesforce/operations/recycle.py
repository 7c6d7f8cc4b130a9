"""Emptying the recycle bin: rows that were deleted fifteen days ago are removed for good.

Rule 1: it happens with the first call after they are due; nobody can see the rows in between.
Source: REST API Developer Guide, Get Deleted (a cleaner removes them); SOAP API Developer Guide, emptyRecycleBin.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from fake_salesforce.operations.prepared import prepared
from fake_salesforce.org import Org, stamp
from fake_salesforce.schema.metadata import DELETED_AT
from fake_salesforce.state.recycle_bin import KEPT_DAYS


def purge(org: Org, now: datetime) -> None:
    """Remove what has been in the bin for fifteen days; nearly free while nothing is in it."""
    if not org.recycle_bin.waiting:
        return
    cutoff = stamp(now - timedelta(days=KEPT_DAYS))
    for name in org.recycle_bin.due(cutoff):
        _purge_object(org, name, cutoff)


def _purge_object(org: Org, name: str, cutoff: str) -> None:
    sobject = org.schema.sobject(name)
    assert sobject is not None, f"{name} has rows in the bin and is no object"
    table = prepared(org, sobject).table
    deleted_at = table.c[DELETED_AT]
    in_bin = table.c.IsDeleted == 1
    with org.store.begin() as conn:
        last = conn.execute(sa.select(sa.func.max(deleted_at)).where(in_bin, deleted_at <= cutoff)).scalar_one()
        conn.execute(table.delete().where(in_bin, deleted_at <= cutoff))
        oldest = conn.execute(sa.select(sa.func.min(deleted_at)).where(in_bin)).scalar_one()
    if last is not None:
        org.recycle_bin.purged[name] = last
    if oldest is None:
        org.recycle_bin.waiting.pop(name, None)
    else:
        org.recycle_bin.waiting[name] = oldest
