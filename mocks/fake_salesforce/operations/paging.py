"""Handing out what a query found, page by page, child lists included.

Rule 1: a page holds as many rows as the batch size says, and children count as rows.
Rule 2: a child list that does not fit any more is cut: it says done false and how it goes on. Every list
that is begun shows one child at least.
Rule 3: a parent whose first child would not fit begins the next page.
Source: SOAP API Developer Guide, QueryOptions ("Child objects count toward the number of records for the
batch size"); SOQL and SOSL Reference, Understanding Query Results (queryMore on the child's result). Which
list is cut is inferred.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from fake_salesforce import record_ids
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org
from fake_salesforce.state.locators import LOCATOR_SECONDS, Cursor, Kept, is_list

LOCATOR_PREFIX = "01g"
_ROOM_TO_BEGIN = 2  # a parent and its first child

Page: TypeAlias = dict[str, Any]
Record: TypeAlias = dict[str, Any]
# (place of the list in the query, its children, how many are shown) -> where it goes on
GoOn: TypeAlias = Callable[[str, list[Record], int], str]


def cursor_of(caller: Caller, result: Any, rows: int) -> Cursor:
    """A cursor over *result* that nobody has read from yet; it has no locator before it needs one."""
    return Cursor(caller.user_id, caller.now.timestamp() + LOCATOR_SECONDS, rows, result, query="")


def page(org: Org, cursor: Cursor, start: int, *, locator: str, base: str) -> Page:
    """The records from *start* on. *locator* is the cursor's, "" before its first page was read."""
    total = cursor.result.total_size
    name = locator

    def own_name() -> str:
        nonlocal name
        if not name:
            name = _mint(org)
            cursor.query = name
            org.locators.open(name, cursor)
        return name

    def go_on(place: str, children: list[Record], shown: int) -> str:
        place = f"{locator}:{place}"
        found = cursor.lists.get(place)
        if found is None:
            own_name()
            found = cursor.lists[place] = _mint(org)
            org.locators.open(
                found, Cursor(cursor.user_id, cursor.ends, cursor.batch_rows, Kept(children), cursor.query)
            )
        return f"{base}/{found}-{shown}"

    if cursor.result.has_children:
        records, after = _filled(cursor, start, go_on)
    else:
        after = min(total, start + cursor.batch_rows)
        records = cursor.result.page(start, after)
    answer: Page = {"totalSize": total, "done": after >= total}
    if not answer["done"]:
        answer["nextRecordsUrl"] = f"{base}/{own_name()}-{after}"
    answer["records"] = records
    return answer


def _mint(org: Org) -> str:
    return record_ids.mint(LOCATOR_PREFIX, org.ids.next(LOCATOR_PREFIX))


def _filled(cursor: Cursor, start: int, go_on: GoOn) -> tuple[list[Record], int]:
    """Parents from *start* on with their children, and where the next page begins."""
    room = cursor.batch_rows
    records: list[Record] = []
    at = start
    while at < cursor.result.total_size:
        (record,) = cursor.result.page(at, at + 1)
        needed = _ROOM_TO_BEGIN if any(is_list(value) for value in record.values()) else 1
        if records and room < needed:
            break
        record, room = _cut(record, room - 1, str(at), go_on)
        records.append(record)
        at += 1
    return records, at


def _cut(record: Record, room: int, place: str, go_on: GoOn) -> tuple[Record, int]:
    """*record* with its child lists as far as there is *room*, and the room left."""
    found = dict(record)
    for key, value in record.items():
        if not is_list(value):
            continue
        children: list[Record] = value["records"]
        shown: list[Record] = []
        for number, child in enumerate(children):
            if shown and room <= 0:
                break
            cut, room = _cut(child, room - 1, f"{place}/{key}/{number}", go_on)
            shown.append(cut)
        if len(shown) == len(children):
            found[key] = {"totalSize": len(children), "done": True, "records": shown}
        else:
            url = go_on(f"{place}/{key}", children, len(shown))
            found[key] = {"totalSize": len(children), "done": False, "nextRecordsUrl": url, "records": shown}
    return found, room
