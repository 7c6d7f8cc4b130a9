"""Running SOQL and handing its rows out page by page.

Source: REST API Developer Guide, Query and Query Options; locators recorded by
heroku/sf-functions-python.
"""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from fake_salesforce import record_ids, soql
from fake_salesforce.errors import salesforce_error
from fake_salesforce.locators import Result
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.operations.records import Caller
from fake_salesforce.org import Org

BATCH_ROWS_MIN, BATCH_ROWS_MAX = 200, 2_000
LOCATOR_PREFIX = "01g"
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*([0-9]{1,9})", re.IGNORECASE)
_LOCATOR = re.compile(r"(01g[0-9A-Za-z]{15})(?:-([0-9]{1,9}))?", re.ASCII)

Page = dict[str, Any]


def batch_rows(options: str | None) -> int:
    """The page size that a `Sforce-Query-Options` header asks for, within the vendor's bounds."""
    found = _BATCH_SIZE.search(options or "")
    if found is None:
        return BATCH_ROWS_MAX
    return min(max(int(found[1]), BATCH_ROWS_MIN), BATCH_ROWS_MAX)


def run(org: Org, caller: Caller, *, text: str, include_deleted: bool, options: str | None, version: str) -> Page:
    """The first page of the query. Raises SalesforceError or NotFaked."""
    result = found(org, caller, text=text, include_deleted=include_deleted, version=version)
    rows = batch_rows(options)
    if result.total_size <= rows or result.is_count:
        return {"totalSize": result.total_size, "done": True, "records": result.records}
    locator = record_ids.mint(LOCATOR_PREFIX, org.ids.next(LOCATOR_PREFIX))
    org.locators.open(locator, user_id=caller.user_id, now=caller.now, batch_rows=rows, result=result)
    return _page(result, 0, rows, locator, f"/services/data/v{version}/query")


def found(org: Org, caller: Caller, *, text: str, include_deleted: bool, version: str) -> soql.QueryResult:
    """What the query finds for this caller, pages and locators aside. Raises SalesforceError or NotFaked."""
    with org.store.read() as conn:
        return soql.run(
            conn,
            org.schema,
            text,
            clock_now=caller.now,
            timezone=_zone(org, conn, caller),
            user_id=caller.user_id,
            include_deleted=include_deleted,
            version=version,
            sight=sight(org, caller),
        )


def sight(org: Org, caller: Caller) -> soql.Sight:
    """What the caller may see. The one place where rights reach queries: objects, fields and rows."""
    del caller
    return soql.ALL if org.access is None else org.access.sight


def moment(org: Org, conn: sa.Connection, caller: Caller) -> soql.Moment:
    """When, where and by whom a query of this caller runs."""
    return soql.Moment(now=caller.now, zone=ZoneInfo(_zone(org, conn, caller)), user_id=caller.user_id)


def _zone(org: Org, conn: sa.Connection, caller: Caller) -> str:
    """The caller's own time zone: the borders of TODAY and its kind are those of the running user."""
    user = org.schema.sobject("User")
    found = None if user is None else prepared(org, user).select(("TimeZoneSidKey",)).one(conn, id=caller.user_id)
    return (found and found[0]) or org.config.timezone


def more(org: Org, caller: Caller, *, locator: str, version: str) -> Page:
    """The page a locator names; raises INVALID_QUERY_LOCATOR."""
    match = _LOCATOR.fullmatch(locator)
    cursor = None
    if match is not None:
        cursor = org.locators.find(match[1], user_id=caller.user_id, now=caller.now)
    if match is None or cursor is None:
        raise salesforce_error("INVALID_QUERY_LOCATOR")
    offset = int(match[2] or 0)
    if offset >= cursor.result.total_size:
        raise salesforce_error("INVALID_QUERY_LOCATOR")
    base = f"/services/data/v{version}/query"
    return _page(cursor.result, offset, cursor.batch_rows, match[1], base)


def _page(result: Result, offset: int, rows: int, locator: str, base: str) -> Page:
    after = offset + rows
    page: Page = {"totalSize": result.total_size, "done": after >= result.total_size}
    if not page["done"]:
        page["nextRecordsUrl"] = f"{base}/{locator}-{after}"
    page["records"] = result.page(offset, after)
    return page
