"""Running SOQL for a caller: what it finds, the pages of it, and how it would be run.

Rule 1: the running user's time zone and locale, and the org's fiscal year, are those of their rows.
Rule 2: FOR VIEW and FOR REFERENCE note what was found as viewed; nothing else a query says writes.
Source: REST API Developer Guide, Query, Query Options and Query Performance Feedback; locators recorded by
heroku/sf-functions-python; SOAP API Developer Guide, Change the Batch Size in Queries (long texts).
"""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from fake_salesforce import soql
from fake_salesforce.describes import list_views
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import paging
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.paging import Page
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.operations.viewed import note_viewed
from fake_salesforce.org import Org

BATCH_ROWS_MIN, BATCH_ROWS_MAX = 200, 2_000
LONG_TEXTS_FEW = 1  # with more custom long text fields than this a page holds BATCH_ROWS_MIN
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*([0-9]{1,9})", re.IGNORECASE)
_LOCATOR = re.compile(r"(01g[0-9A-Za-z]{15})(?:-([0-9]{1,9}))?", re.ASCII)
_REPORT_OR_LIST = re.compile(r"(?:00O|00B)[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?", re.ASCII)


def batch_rows(options: str | None) -> int:
    """The page size that a `Sforce-Query-Options` header asks for, within the vendor's bounds."""
    found = _BATCH_SIZE.search(options or "")
    if found is None:
        return BATCH_ROWS_MAX
    return min(max(int(found[1]), BATCH_ROWS_MIN), BATCH_ROWS_MAX)


def found(org: Org, caller: Caller, *, text: str, include_deleted: bool, version: str) -> soql.QueryResult:
    """What the query *text* finds for the caller, whole. Raises SalesforceError or NotFaked."""
    with org.store.read() as conn:
        when = moment(org, conn, caller, text)
        prepared_query = soql.prepare(
            org.schema, text, include_deleted=include_deleted, version=version, sight=sight(org, caller)
        )
        result = soql.execute(
            conn,
            prepared_query,
            moment=when,
            url_base=f"/services/data/v{version}",
            seconds=org.config.query_seconds,
        )
    purposes = prepared_query.query.purposes
    if purposes & {"VIEW", "REFERENCE"}:
        note_viewed(
            org,
            caller.user_id,
            prepared_query.query.sobject,
            result.ids,
            now=caller.now,
            referenced_only="VIEW" not in purposes,
        )
    return result


def run(org: Org, caller: Caller, *, text: str, include_deleted: bool, options: str | None, version: str) -> Page:
    """The first page of the query. Raises SalesforceError or NotFaked."""
    result = found(org, caller, text=text, include_deleted=include_deleted, version=version)
    rows = batch_rows(options)
    if result.is_count:
        return {"totalSize": result.total_size, "done": True, "records": []}
    if result.is_aggregate and result.total_size > rows:
        raise soql.soql_error("aggregate_pages")
    if result.query is not None and result.query.long_texts > LONG_TEXTS_FEW:
        rows = BATCH_ROWS_MIN
    cursor = paging.cursor_of(caller, result, rows)
    return paging.page(org, cursor, 0, locator="", base=f"/services/data/v{version}/query")


def more(org: Org, caller: Caller, *, locator: str, version: str) -> Page:
    """The page a locator names, of a query or of a child list; raises INVALID_QUERY_LOCATOR."""
    match = _LOCATOR.fullmatch(locator)
    cursor = None
    if match is not None:
        cursor = org.locators.find(match[1], user_id=caller.user_id, now=caller.now)
    if match is None or cursor is None:
        raise salesforce_error("INVALID_QUERY_LOCATOR")
    offset = int(match[2] or 0)
    if offset >= cursor.result.total_size:
        raise salesforce_error("INVALID_QUERY_LOCATOR")
    return paging.page(org, cursor, offset, locator=match[1], base=f"/services/data/v{version}/query")


def explain(org: Org, caller: Caller, *, text: str, version: str) -> dict[str, Any]:
    """How the query *text* would be run, or that of the list view whose id it is. The org has no reports."""
    if _REPORT_OR_LIST.fullmatch(text):
        text = _query_of_list_view(org, caller, text)
    with org.store.read() as conn:
        return soql.explain(
            conn,
            org.schema,
            text,
            moment=moment(org, conn, caller, text),
            version=version,
            sight=sight(org, caller),
            seconds=org.config.query_seconds,
        )


def _query_of_list_view(org: Org, caller: Caller, list_view_id: str) -> str:
    for sobject in org.schema.sobjects:
        view = list_views.find(sobject, list_view_id)
        if view is not None and sight(org, caller).readable(sobject):
            return list_views.query(list_views.columns_of(org.schema, sobject), sobject, view)
    raise soql.soql_error("explain_id", value=list_view_id)


def columns(org: Org, caller: Caller, *, text: str, version: str) -> dict[str, Any]:
    """What the columns of the query *text* are, without running it. Raises SalesforceError or NotFaked."""
    return soql.columns(org.schema, text, version=version, sight=sight(org, caller))


def sight(org: Org, caller: Caller) -> soql.Sight:
    """What the caller may see. The one place where rights reach queries: objects, fields and rows."""
    del caller
    return soql.ALL if org.access is None else org.access.sight


def moment(org: Org, conn: sa.Connection, caller: Caller, text: str | None = None) -> soql.Moment:
    """When and for whom the query *text* (or any) runs. The borders of TODAY and its kind are the running user's."""
    user = org.schema.sobject("User")
    row = None
    if user is not None:
        row = prepared(org, user).select(("TimeZoneSidKey", "LocaleSidKey")).one(conn, id=caller.user_id)
    zone, locale = row or (None, None)
    start, by_start = _fiscal_year(org, conn) if text is None or "FISCAL" in text.upper() else (1, False)
    return soql.Moment(
        now=caller.now,
        zone=ZoneInfo(zone or org.config.timezone),
        user_id=caller.user_id,
        locale=locale or soql.DEFAULT_LOCALE,
        fiscal_start_month=start,
        fiscal_year_by_start=by_start,
    )


def _fiscal_year(org: Org, conn: sa.Connection) -> tuple[int, bool]:
    """The month fiscal years start in, and whether they are named by it."""
    sobject = org.schema.sobject("Organization")
    row = None
    if sobject is not None:
        names = ("FiscalYearStartMonth", "UsesStartDateAsFiscalYearName")
        row = prepared(org, sobject).select(names).one(conn, id=org.org_id)
    start, by_start = row or (None, None)
    return start or 1, bool(by_start)
