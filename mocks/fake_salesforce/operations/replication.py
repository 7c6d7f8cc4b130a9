"""What changed and what was deleted between two moments: `/updated` and `/deleted`.

Rule 1: seconds of start and end are ignored; the window reaches back 30 days, for deletions 15.
Rule 2: `latestDateCovered` is never in the future, so that the next poll may start there; an org that says how long
its transactions run covers that much less.
Rule 3: `earliestDateAvailable` is the deletion of the last row that has left the recycle bin for good; before any has,
fifteen days ago (assumed).
Source: REST API Developer Guide, Get Updated and Get Deleted; the texts are in `data/errors.toml`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import values
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.org import Org, stamp
from fake_salesforce.schema.metadata import DELETED_AT, SObject

UPDATED_DAYS_MAX = 30
DELETED_DAYS_MAX = 15
IDS_MAX = 600_000


def updated(org: Org, *, sobject: SObject, start: str | None, end: str | None) -> dict[str, Any]:
    """`{"ids", "latestDateCovered"}` of the rows saved in the window; raises SalesforceError."""
    begins, ends, covered = _window(org, start, end)
    prep = prepared(org, sobject)
    when = prep.table.c.SystemModstamp if "SystemModstamp" in prep.blank else prep.table.c.LastModifiedDate
    where = prep.visible(when >= stamp(begins), when < stamp(ends))
    if prep.has_bin:
        where = sa.and_(where, prep.table.c.IsDeleted == 0)
    with org.store.read() as conn:
        ids = list(conn.execute(sa.select(prep.table.c.Id).where(where).order_by(prep.table.c.Id)).scalars())
    _refuse_too_many(len(ids))
    return {"ids": ids, "latestDateCovered": stamp(covered)}


def deleted(org: Org, *, sobject: SObject, start: str | None, end: str | None) -> dict[str, Any]:
    """`{"deletedRecords", "earliestDateAvailable", "latestDateCovered"}`; raises SalesforceError."""
    begins, ends, covered = _window(org, start, end)
    prep = prepared(org, sobject)
    earliest = _floor(org.clock.now()) - timedelta(days=DELETED_DAYS_MAX)
    begins = max(begins, earliest)
    purged = org.recycle_bin.purged.get(prep.name)
    if purged is not None:
        earliest = _floor(datetime.strptime(purged[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC))
    rows: list[Any] = []
    if prep.has_bin:
        when = prep.table.c[DELETED_AT]
        where = prep.visible(prep.table.c.IsDeleted == 1, when >= stamp(begins), when < stamp(ends))
        query = sa.select(prep.table.c.Id, when).where(where).order_by(when, prep.table.c.Id)
        with org.store.read() as conn:
            rows = list(conn.execute(query))
    _refuse_too_many(len(rows))
    return {
        "deletedRecords": [{"id": row[0], "deletedDate": row[1]} for row in rows],
        "earliestDateAvailable": stamp(earliest),
        "latestDateCovered": stamp(covered),
    }


def _window(org: Org, start: str | None, end: str | None) -> tuple[datetime, datetime, datetime]:
    """First moment, end (excluded), and what the answer may claim to cover."""
    now = org.clock.now()
    begins, ends = _floor(_moment("start", start)), _floor(_moment("end", end))
    if org.config.replication_since is not None and begins < _floor(org.config.replication_since):
        raise salesforce_error("INVALID_REPLICATION_DATE.before_enabled")
    if begins < _floor(now) - timedelta(days=UPDATED_DAYS_MAX):
        raise salesforce_error("INVALID_REPLICATION_DATE.too_old")
    if ends <= begins:
        raise salesforce_error("INVALID_REPLICATION_DATE.order")
    return begins, ends, min(ends, _floor(now - timedelta(seconds=org.config.replication_lag_seconds)))


def _refuse_too_many(number: int) -> None:
    if number > IDS_MAX:
        raise salesforce_error("EXCEEDED_ID_LIMIT.replication")


def _moment(name: str, text: str | None) -> datetime:
    if not text:
        raise salesforce_error("ILLEGAL_QUERY_PARAMETER_VALUE", text=f"{name} is a required parameter")
    # A '+' that was not encoded arrives as a space; the vendor's clients do send it so.
    wire = values.utc_text(text.replace(" ", "+"))
    if wire is None:
        raise salesforce_error("ILLEGAL_QUERY_PARAMETER_VALUE", text=f"{name}: {text} is no datetime")
    return datetime.strptime(wire[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)


def _floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
