"""What Salesforce holds after a write: the row is read back, for its answer says nothing of it (F40, F70).

Rule 1: what counts as agreed is what was read back, never what was sent.
Rule 2: where a field seems to stand as before the write, either Salesforce did not take it or the search is behind.
The record itself is asked then: else what was sent would pass for what Salesforce does not keep, and a user who puts
the old value back there would go unheard (I5, F49).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crm_sync.engine import Engine
from crm_sync.mapping import lens
from crm_sync.model import SALESFORCE, FieldMap, Record
from crm_sync.plan import Plan, sections_for


def read_back(engine: Engine, name: str, plans: Mapping[str, Plan]) -> dict[str, Record]:
    """The rows that were written, by id; those that can no longer be seen are absent. *plans*: what was written to
    which, not empty. A value that Salesforce changed is noted.
    """
    rows = engine.salesforce.by_ids(name, engine.select(name), plans)
    unmoved = [i for i, row in rows.items() if not row.deleted and _stands(engine, plans[i], row)]
    if unmoved:
        written = sorted({field for i in unmoved for field in plans[i].write[SALESFORCE]})
        for record_id, values in engine.salesforce.values_of(name, written, unmoved).items():
            rows[record_id] = replace(rows[record_id], values={**rows[record_id].values, **values})
    for record_id, row in rows.items():
        _note_if_rewritten(engine, plans[record_id], row)
    return rows


def _mapped(engine: Engine, plan: Plan) -> list[FieldMap]:
    """The mapped fields that were written."""
    sections = sections_for(plan.activity, engine).values()
    return [mapped for one in sections for mapped in one.fields if mapped.salesforce in plan.write[SALESFORCE]]


def _key(engine: Engine, mapped: FieldMap, values: Mapping[str, Any]) -> Any:
    return lens(mapped).key_sf(mapped, values, engine.context)


def _stands(engine: Engine, plan: Plan, row: Record) -> bool:
    """Does a field that was given another value look as it did before?"""
    before = plan.read.get(SALESFORCE)
    if before is None:
        return False
    return any(
        _key(engine, mapped, plan.write[SALESFORCE]) != _key(engine, mapped, row.values)
        and _key(engine, mapped, row.values) == _key(engine, mapped, before.values)
        for mapped in _mapped(engine, plan)
    )


def _note_if_rewritten(engine: Engine, plan: Plan, row: Record) -> None:
    """An automation or a permission may change what was sent (F40, F70); say so."""
    for mapped in _mapped(engine, plan):
        sent, kept = _key(engine, mapped, plan.write[SALESFORCE]), _key(engine, mapped, row.values)
        if sent != kept:
            engine.report.note(
                f"{plan.activity.label}: Salesforce keeps {kept!r} in {mapped.salesforce} where {sent!r} was sent"
            )
