"""What a job would carry, without running it.

Rule T22: the first ten rows that match, as the job's mapping makes them. The skip for a missing account is not applied,
so a row may be shown that the run leaves out; nothing is written.
Source: CRM integration page (ten rows); help article on syncing tasks and touchpoints (no skip in preview).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any

from crm_sync.cases import excluded_in
from crm_sync.engine import Engine
from crm_sync.mapping import Held, lens
from crm_sync.model import Record, Section
from crm_sync.totango.keys import external_id
from crm_sync.totango.rows import where_body


@dataclass(frozen=True)
class PreviewRow:
    """One row: the record it comes from, what it would say, and what is held back with its reason."""

    record: str
    values: dict[str, Any]
    held: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"record": self.record, "values": self.values, "held": self.held}


def preview(engine: Engine, section: Section, way: str) -> list[PreviewRow]:
    """The first rows of a section's inbound ("in") or outbound ("out") job."""
    rows_max: int = engine.profile["jobs"]["preview_rows_max"]
    records = _inbound(engine, section) if way == "in" else _outbound(engine, section)
    show = _as_partner if way == "in" else _as_salesforce
    return [show(engine, section, record) for record in islice(records, rows_max)]


def _inbound(engine: Engine, section: Section) -> Iterable[Record]:
    """Oldest first, as a run reads them; what never takes part, or is another section's, is not a match (T1)."""
    body = where_body(section.rules.filter_in)
    condition = f"IsDeleted = false{f' AND ({body})' if body else ''} ORDER BY SystemModstamp, Id"
    for record in engine.salesforce.matching(section.salesforce, engine.select(section.salesforce), condition):
        link = engine.state.link_of_salesforce(record.model, record.id)
        if (link is None or section.model in link.ids) and not excluded_in(record, section):
            yield record


def _outbound(engine: Engine, section: Section) -> Iterable[Record]:
    """Newest first, as a run reads them; what never takes part is not a match."""
    days = section.rules.window_out_days
    since = engine.clock.now() - timedelta(days=days) if days is not None else None
    for part in engine.partner.parts(section.model):
        for record in engine.partner.changed_since(section.model, since, part=part):
            if not engine.excluded(section, record):
                yield record


def _as_partner(engine: Engine, section: Section, record: Record) -> PreviewRow:
    values: dict[str, Any] = {section.parent_field: record.get(section.company_field)}
    if engine.keyable(section.model):
        values[engine.keyable(section.model)] = external_id(record.id, names_a_record=True)
    held: dict[str, str] = {}
    for mapped in section.fields:
        if section.flow(mapped).receives and mapped.partner:
            written = lens(mapped).to_partner(mapped, record.values, engine.context, {})
            if isinstance(written, Held):
                held[mapped.name] = written.reason
            else:
                values |= written
    return PreviewRow(f"{section.salesforce} {record.id}", values, held)


def _as_salesforce(engine: Engine, section: Section, record: Record) -> PreviewRow:
    values: dict[str, Any] = {"WhatId": engine.account_of_parent(record.get(section.parent_field))}
    held: dict[str, str] = {}
    for mapped in section.fields:
        if section.flow(mapped).sends:
            value = lens(mapped).to_sf(mapped, record.values, engine.context)
            if isinstance(value, Held):
                held[mapped.name] = value.reason
            else:
                values[mapped.salesforce] = value
    return PreviewRow(f"{section.model} {record.id}", values, held)
