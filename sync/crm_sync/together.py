"""Many changes of one model at the partner, in few calls.

Rule 1: only what the answer says was certainly taken counts, and only as it is read back; every other change is made
alone, which says the same again at worst (F60, F61).
Rule 2: between the change and the reading somebody may write, too. A field that reads otherwise than it was sent is not
agreed on by either side: the next run decides it anew (I5, F40).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from crm_sync.engine import Engine
from crm_sync.mapping import changed, lens
from crm_sync.model import SALESFORCE, FieldMap, Record
from crm_sync.plan import Plan
from crm_sync.telling import Telling

MANY = 10  # so many changes of one model go together


def change_together(engine: Engine, plans: Sequence[Plan], telling: Telling) -> set[tuple[int, str]]:
    """Change what can go together; returns (the plan's `id`, model) of what was done.

    *telling* hears whom a change was sent for: what is refused here is sent again alone.
    """
    done: set[tuple[int, str]] = set()
    for model in engine.models:
        if model in engine.profile.raw["partner"].get("partial_rows", ()):
            continue  # a list does not show all of its records: there is no reading back many
        by_id: dict[str, Plan] = {}
        for plan in plans:
            record = plan.activity.replica(model)
            if record is not None and plan.write.get(model):
                by_id[record.id] = plan
        if len(by_id) < MANY:
            continue
        for plan in by_id.values():
            telling.sent(plan, model)
        taken = engine.partner.update_many(model, {one: plan.write[model] for one, plan in by_id.items()})
        for record in _read_back(engine, model, taken):
            plan = by_id[record.id]
            if _settled(engine, plan, model, record):
                plan.activity.partners[model] = record
                done.add((id(plan), model))
    return done


def _read_back(engine: Engine, model: str, ids: Collection[str]) -> list[Record]:
    """The records with these ids, as far as the beginning of the newest-first lists shows them."""
    found: dict[str, Record] = {}
    for part in engine.partner.parts(model) if ids else ():
        for count, record in enumerate(engine.partner.changed_since(model, None, part=part)):
            if record.id in ids:
                found[record.id] = record
            if len(found) == len(ids) or count > 2 * len(ids) + 100:
                break
    return list(found.values())


def _settled(engine: Engine, plan: Plan, model: str, now: Record) -> bool:
    """Does the record name its Salesforce id? What else it says otherwise than was sent is left open."""
    fields = plan.write[model]
    keyable = engine.keyable(model)
    if keyable in fields and now.get(keyable) != fields[keyable]:
        return False
    before, section = plan.activity.partners[model], engine.section_of(model, plan.activity.sf_object)
    for mapped in section.fields if section is not None else ():
        if mapped.partner in fields and _key(engine, mapped, now.values) != _key(
            engine, mapped, changed(before.values, fields)
        ):
            plan.keep |= {(SALESFORCE, mapped.salesforce), (model, mapped.salesforce)}
    return True


def _key(engine: Engine, mapped: FieldMap, values: Mapping[str, Any]) -> Any:
    return lens(mapped).key_partner(mapped, values, engine.context)
