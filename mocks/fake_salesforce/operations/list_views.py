"""Running a list view: its query for the caller, and the rows as cells.

Rule 1: a list view shows what the caller may see, as any query of theirs.
Rule 2: every cell is text or null; a datetime is written as in the guide's sample, in GMT.
Source: REST API Developer Guide v66, List View Results; numbers and checkboxes as text are assumed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fake_salesforce.describes import layouts, list_views
from fake_salesforce.describes.list_views import Column, ListView
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import query
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org
from fake_salesforce.record_ids import to_15
from fake_salesforce.schema.metadata import SObject

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def results(
    org: Org,
    caller: Caller,
    *,
    sobject: SObject,
    view: ListView,
    limit: str | None,
    offset: str | None,
    version: str,
) -> dict[str, Any]:
    """GET /sobjects/X/listviews/{id}/results; *limit* and *offset* as written. Raises ILLEGAL_QUERY_PARAMETER_VALUE."""
    rules = layouts.rules()["list_views"]
    rows = _number("limit", limit, rules["rows"], 1, rules["rows_max"])
    start = _number("offset", offset, 0, 0, rules["offset_max"])
    columns = list_views.columns_of(org.schema, sobject)
    text = f"{list_views.query(columns, sobject, view)} LIMIT {start + rows + 1}"
    found = query.found(org, caller, text=text, include_deleted=False, version=version)
    records = found.page(start, min(start + rows, found.total_size)) if start < found.total_size else []
    return {
        "columns": list_views.column_words(columns),
        "developerName": view.developer_name,
        "done": found.total_size <= start + rows,
        "id": to_15(view.id),
        "label": view.label,
        "records": [
            {"columns": [{"fieldNameOrPath": one.path, "value": _cell(row, one)} for one in columns]} for row in records
        ],
        "size": len(records),
    }


def _number(name: str, given: str | None, usual: int, least: int, most: int) -> int:
    if given is None:
        return usual
    if not given.isascii() or not given.isdigit() or not least <= int(given[:9]) <= most:
        raise salesforce_error("ILLEGAL_QUERY_PARAMETER_VALUE", text=f"{name}: {given}")
    return int(given)


def _cell(row: dict[str, Any], column: Column) -> str | None:
    value: Any = row
    for name in column.path.split("."):
        value = None if value is None else value.get(name)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if column.type == "datetime":
        return _spoken(str(value))
    return str(value)


def _spoken(stamp: str) -> str:
    """`2014-08-01T21:15:46.000+0000` as `Fri Aug 01 21:15:46 GMT 2014`, in English whatever the locale."""
    moment = datetime.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day} {month} {moment.day:02} {moment:%H:%M:%S} GMT {moment.year}"
