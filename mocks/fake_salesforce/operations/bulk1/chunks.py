"""PK chunking: a query of a large table, split into queries of ranges of ids.

Rule 1: a chunk is a range of ids, not of rows found: deleted rows and rows that the query filters out count.
Rule 2: the first range begins with the first row of the table, or with `startRow`; the last one holds the last row.
Rule 3: a query that sorts, limits or asks for more than rows of a WHERE is not split.
Source: Bulk API Developer Guide, PK Chunking (header, sizes, base-62 boundaries); that an unsuitable query runs whole
is assumed. `parent` (sharing objects) is read over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from fake_salesforce import record_ids
from fake_salesforce.operations.bulk import jobs
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import SObject
from fake_salesforce.soql import plan

_WORDS: Final = re.compile(r"\s*(\w+)\s*(?:=\s*([^;,\s]*)\s*)?(?:[;,]|\Z)")
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_WHERE: Final = re.compile(r"\bWHERE\b", re.IGNORECASE)
_ID_CHARS: Final = record_ids.SHORT_CHARS - record_ids.PREFIX_CHARS


def read_header(text: str | None) -> dict[str, str | int] | None:
    """What `Sforce-Enable-PKChunking` asks for: {"rows": n, "start": id}; None when it asks for nothing."""
    if not text or not text.strip():
        return None
    words = {key.lower(): value for key, value in _WORDS.findall(text)}
    if "false" in words:
        return None
    facts = jobs.facts("bulk1")
    size = words.get("chunksize", "")
    rows = int(size[:9]) if size.isascii() and size.isdigit() else 0
    rows = rows or facts["chunk_rows"]
    start = record_ids.canonical(words.get("startrow", "")) or ""
    return {"rows": min(rows, facts["chunk_rows_max"]), "start": start[: record_ids.SHORT_CHARS]}


def can_split(found: plan.RowQuery) -> bool:
    """The query holds nothing but fields and a WHERE."""
    return found.plain


def split(org: Org, conn: sa.Connection, sobject: SObject, text: str, *, rows: int, start: str) -> Iterator[str]:
    """The queries of the ranges, in order; one for an empty table."""
    table = prepared(org, sobject).table
    first, last = conn.execute(sa.select(sa.func.min(table.c.Id), sa.func.max(table.c.Id))).one()
    if first is None:
        yield text
        return
    low = start if start[: record_ids.PREFIX_CHARS] == sobject.key_prefix else first[: record_ids.SHORT_CHARS]
    while low <= last:
        high = _after(low, rows)
        yield _within(text, low, high)
        low = high


def _after(id15: str, count: int) -> str:
    """The id *count* serial numbers after *id15*."""
    number = 0
    for char in id15[record_ids.PREFIX_CHARS :]:
        number = number * 62 + record_ids.SERIAL_ALPHABET.index(char)
    return id15[: record_ids.PREFIX_CHARS] + record_ids.base62(number + count, _ID_CHARS)


def _within(text: str, low: str, high: str) -> str:
    """*text* with the bounds *low* (included) and *high* (not included) in its WHERE."""
    bounds = f"Id >= '{low}' AND Id < '{high}'"
    # Quoted text and what stands in parentheses is made blank, so that a WHERE in it is not taken for the query's own.
    plain = _QUOTED.sub(lambda match: " " * len(match.group()), text)
    depth, outer = 0, []
    for char in plain:
        depth += (char == "(") - (char == ")")
        outer.append(" " if depth else char)
    where = _WHERE.search("".join(outer))
    if where is None:
        return f"{text.rstrip()} WHERE {bounds}"
    return f"{text[: where.end()]} ({text[where.end() :].strip()}) AND {bounds}"
