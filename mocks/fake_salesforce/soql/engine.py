"""Prepares and runs queries: the whole way from text to records.

Rule 1: a text is parsed, checked and compiled once for a schema and then kept; running it again
binds what depends on the moment and the user. Texts that differ in literals only share (`shapes`).
Rule 2: running reads; nothing a query says can change the store.
Rule 3: a query that takes longer than its limit is stopped and answers QUERY_TIMEOUT.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from fake_salesforce.schema.metadata import Schema
from fake_salesforce.soql import plan, shapes
from fake_salesforce.soql.check import STEPS, check
from fake_salesforce.soql.compiler import AMONG
from fake_salesforce.soql.formats import DEFAULT_LOCALE
from fake_salesforce.soql.parser import parse
from fake_salesforce.soql.records import Build, ChildLists, Row, Setting
from fake_salesforce.soql.sight import ALL, Sight
from fake_salesforce.soql.statements import Compiling, Moment, Select, compile_query
from fake_salesforce.soql.stopwatch import SECONDS, stopping

PREPARED_MAX: Final = 1_000  # statements kept for one schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A statement ready to run any number of times against stores of its schema.

    `query` is the plan of the first text of this shape: its literals may be another text's.
    """

    text: str
    query: plan.RowQuery
    select: Select

    @property
    def sobject_name(self) -> str:
        """The object of FROM."""
        return self.query.sobject.name


@dataclass(kw_only=True)
class QueryResult:
    """What a query found.

    `total_size` is what the answer calls totalSize. `is_count`: it was COUNT(), there are no
    records. Records are ready for JSON; `page` makes some of them, `records` all; child lists in them
    are whole. `has_children`: there are such lists. `query`: what was asked.
    """

    total_size: int
    is_count: bool
    sobject_name: str
    is_aggregate: bool = False
    has_children: bool = False
    query: plan.RowQuery | None = None
    _rows: Sequence[Row] = ()
    _id_index: int = 0
    _build: Build | None = None
    _setting: Setting | None = None
    _lists: ChildLists = field(default_factory=dict)

    def page(self, start: int, stop: int) -> list[dict[str, Any]]:
        """Records *start* to *stop* (not included), counted from 0."""
        build, setting, lists = self._build, self._setting, self._lists
        if build is None or setting is None:
            return []
        return [build(row, setting, lists) for row in self._rows[start:stop]]

    @property
    def ids(self) -> list[str]:
        """The ids of the rows found, without those of children; empty for a query over groups."""
        return [] if self.is_aggregate or self.is_count else [row[self._id_index] for row in self._rows]

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """All records."""
        return self.page(0, self.total_size)


def prepare(
    schema: Schema,
    text: str,
    *,
    include_deleted: bool = False,
    version: str = "60.0",
    sight: Sight = ALL,
    among: bool = False,
) -> Prepared:
    """Parse, check and compile *text*; kept, so that doing it again costs nothing.

    Raises SalesforceError where the vendor refuses the text, NotFaked where this fake does.
    """
    kept = schema.described.get("soql")
    if kept is None:
        # On the schema, so that both go together: a cache anywhere else would keep it alive.
        kept = schema.described["soql"] = _Statements(schema)
    number = float(version)
    how = _How(include_deleted, next(step for step in STEPS if step <= number), sight, among)
    prepared: Prepared = kept.prepare(text, how)
    return prepared


def run(
    conn: sa.Connection,
    schema: Schema,
    text: str,
    *,
    clock_now: datetime,
    timezone: str,
    user_id: str,
    locale: str = DEFAULT_LOCALE,
    include_deleted: bool = False,
    version: str = "60.0",
    url_base: str | None = None,
    fiscal_start_month: int = 1,
    fiscal_year_by_start: bool = False,
    sight: Sight = ALL,
    among: Iterable[str] | None = None,
    seconds: float = SECONDS,
) -> QueryResult:
    """Run the SOQL *text* and answer what it finds, as of *clock_now* (aware).

    *timezone* (an IANA name), *locale* and *user_id* are the running user's; *sight* is what they may
    see. *include_deleted* is queryAll. *url_base* begins every `attributes.url`; by default
    `/services/data/v{version}`. *fiscal_start_month* is the org's, 1 to 12; *fiscal_year_by_start*:
    fiscal years are named by the year they start in. *among*: only rows with these ids are looked at,
    as if WHERE said so (a search that found them already hands its ids in here). *seconds* is how long
    the query may take.
    Raises SalesforceError where the vendor refuses the text or the time is up, NotFaked where this fake does.
    """
    prepared = prepare(
        schema, text, include_deleted=include_deleted, version=version, sight=sight, among=among is not None
    )
    moment = Moment(
        now=clock_now,
        zone=ZoneInfo(timezone),
        user_id=user_id,
        locale=locale,
        fiscal_start_month=fiscal_start_month,
        fiscal_year_by_start=fiscal_year_by_start,
    )
    base = f"/services/data/v{version}" if url_base is None else url_base
    return execute(conn, prepared, moment=moment, url_base=base, among=among, seconds=seconds)


def execute(
    conn: sa.Connection,
    prepared: Prepared,
    *,
    moment: Moment,
    url_base: str,
    among: Iterable[str] | None = None,
    seconds: float = SECONDS,
) -> QueryResult:
    """Run a prepared query; *among* is needed exactly when it was prepared so."""
    select, query = prepared.select, prepared.query
    more = {} if among is None else {AMONG: json.dumps(list(among))}
    with stopping(conn, seconds):
        rows = select.fetch(conn, moment, **more)
        lists = {} if query.kind == "count" else select.child_lists(conn, moment, rows)
    if query.kind == "count":
        return QueryResult(total_size=rows[0][0], is_count=True, sobject_name=prepared.sobject_name, query=query)
    return QueryResult(
        total_size=len(rows),
        is_count=False,
        is_aggregate=query.kind == "aggregate",
        has_children=bool(select.children),
        query=query,
        sobject_name=prepared.sobject_name,
        _rows=rows,
        _id_index=select.id_index,
        _build=select.build,
        _setting=moment.setting(url_base),
        _lists=lists,
    )


# ---- Preparing


@dataclass(frozen=True, slots=True)
class _How:
    """What, beside the text, makes another statement."""

    include_deleted: bool
    version: float  # the oldest that reads the text in the same way
    sight: Sight
    among: bool


class _Statements:
    """The prepared statements of one schema, by text and by shape."""

    def __init__(self, schema: Schema) -> None:
        self.prepare = lru_cache(PREPARED_MAX)(self._prepare)
        self._schema = schema
        self._shapes: dict[tuple[str, _How], tuple[Prepared, dict[int, int]]] = {}

    def _prepare(self, text: str, how: _How) -> Prepared:
        shape, values = shapes.split(text)
        key = (shape, how)
        if key in self._shapes:
            known, at = self._shapes[key]
            select = known.select.rebound(at, values)
            if select is not None:
                return replace(known, text=text, select=select)
        prepared = self._prepare_anew(text, how)
        at_or_none = shapes.places(prepared.select.all_slots(), values)
        if at_or_none is not None:
            if len(self._shapes) >= PREPARED_MAX:
                self._shapes.clear()
            self._shapes[key] = prepared, at_or_none
        return prepared

    def _prepare_anew(self, text: str, how: _How) -> Prepared:
        query = check(self._schema, text, parse(text), version=how.version, sight=how.sight)
        compiling = Compiling(
            schema=self._schema, include_deleted=how.include_deleted, sight=how.sight, among=how.among
        )
        return Prepared(text=text, query=query, select=compile_query(compiling, query))
