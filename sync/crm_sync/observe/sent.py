"""Links that were lost, found again by what was made of a record in Salesforce (F13, T30)."""

from __future__ import annotations

from crm_sync.engine import Engine
from crm_sync.model import SALESFORCE, Activity, Record, Section
from crm_sync.observe.gathered import Gathered
from crm_sync.sent_before import sent_before


def find_sent(engine: Engine, gathered: Gathered) -> None:
    """Link what has no place for the Salesforce id with what was made of it and nobody remembers (F13, T30)."""
    waiting: dict[tuple[str, str], dict[str, Activity]] = {}
    for activity in gathered.activities:
        if activity.link is None and activity.claimed_sf_id is None:
            for model, record in activity.partners.items():
                if engine.sends_unkeyed(model, activity.sf_object, record):
                    waiting.setdefault((model, activity.sf_object), {})[record.id] = activity
    for section in engine.sections:
        unsent = waiting.get((section.model, section.salesforce), {})
        records = [activity.partners[section.model] for activity in unsent.values()]
        for record_id, row in sent_before(engine, section, records).items() if records else ():
            _found_sent(engine, gathered, unsent[record_id], row, section)


def _found_sent(engine: Engine, gathered: Gathered, activity: Activity, row: Record, section: Section) -> None:
    record = activity.partners[section.model]
    note = f"{activity.label}: {row.model} {row.id} had been made of it; its link was lost"
    engine.report.note(note)
    if section.rules.updates or row.deleted:
        activity.claimed_sf_id, activity.salesforce = row.id, row
        gathered.by_claim[row.model, row.id] = activity
        return
    # Never compared again (T30): what both say now is agreed on.
    base = {SALESFORCE: engine.keys(row, section), section.model: engine.keys(record, section)}
    activity.link = engine.state.add_link(sf_object=row.model, sf_id=row.id, ids={section.model: record.id}, base=base)
    gathered.by_link[activity.link.id] = activity
