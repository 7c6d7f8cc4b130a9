"""What waits for the right to be written: fields that the sync's user may read at most (I1, P26)."""

from __future__ import annotations

from crm_sync.engine import Engine
from crm_sync.mapping import key_of
from crm_sync.model import SALESFORCE, Record
from crm_sync.plan import Plan


def held_by_rights(engine: Engine, plan: Plan, record: Record) -> set[str]:
    """What *record*, the partner's, says and Salesforce does not hear, by Salesforce's field names; none of its own."""
    link, before = plan.activity.link, plan.read.get(record.model)
    section = engine.section_of(record.model, plan.activity.sf_object)
    if link is None or link.dead or before is None or section is None or record.place == SALESFORCE:
        return set()
    fields = engine.sobject(section.salesforce).fields
    held = {
        mapped.salesforce
        for mapped in section.fields
        if (record.model, mapped.salesforce) in plan.keep
        and section.flow(mapped).sends
        and not fields[mapped.salesforce].updateable
    }
    # One that no side agreed on starts from today's value when it may be written (P29).
    known = {name for values in link.base.values() for name in values}
    agreed = link.base.get(record.model, {})
    for mapped in section.barred:
        name = mapped.salesforce
        if name in known and agreed.get(name) != key_of(before, mapped, engine.context):
            held.add(name)
    return held
