"""Changes that were sent and never heard of: our own write must not pass for a person's edit (F17, I5).

Rule 1: before changes are sent it is written down what both sides will have agreed on.
Rule 2: after a death, a field whose every written side reads as written was written: what was to be agreed is agreed.
Any other field keeps its old agreed value, and is decided anew.
Rule 3: a link that was committed since needs none of this; the version tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crm_sync.engine import Engine
from crm_sync.mapping import changed, lens
from crm_sync.model import SALESFORCE, Link, Record
from crm_sync.plan import Plan, sections_for
from crm_sync.state import Intent

UPDATE = "update"


def begin_updates(engine: Engine, plans: Iterable[Plan]) -> list[int]:
    """Write down what *plans* are about to change in linked records; returns what to close when all is committed."""
    bodies = []
    for plan in plans:
        link = plan.activity.link
        fields = _fields(engine, plan) if link is not None else {}
        if link is not None and fields:
            bodies.append({"link": link.id, "version": link.version, "fields": fields})
    return engine.state.open_intents(UPDATE, engine.clock.now(), bodies) if bodies else []


def _fields(engine: Engine, plan: Plan) -> dict[str, dict[str, dict[str, Any]]]:
    """Salesforce field -> "written" and "agreed", each by replica."""
    activity = plan.activity
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for model, section in sections_for(activity, engine).items():
        for mapped in section.fields:
            name = mapped.salesforce
            one = found.setdefault(name, {"written": {}, "agreed": {}})
            for replica, field in ((SALESFORCE, name), (model, mapped.partner)):
                record = activity.replica(replica)
                changes = plan.write.get(replica, {})
                if (record is None and field not in changes) or (replica, name) in plan.keep:
                    continue
                values = changed(record.values if record is not None else {}, changes)  # not every record was read
                key = lens(mapped).key_sf if replica == SALESFORCE else lens(mapped).key_partner
                one["agreed"][replica] = key(mapped, values, engine.context)
                if field and field in changes:
                    one["written"][replica] = one["agreed"][replica]
    return {name: one for name, one in found.items() if one["written"]}


def recover_updates(engine: Engine, intents: Iterable[Intent]) -> None:
    """Take over what was written; reads the records concerned, writes only the state."""
    state = engine.state
    open_ = [(intent, state.link(intent.body["link"])) for intent in intents]
    doubtful = [(i, link) for i, link in open_ if link is not None and link.version == i.body["version"]]
    rows: dict[tuple[str, str], Record] = {}
    for name in sorted({link.sf_object for _, link in doubtful}):
        ids = [str(link.sf_id) for i, link in doubtful if link.sf_object == name and _writes(i, SALESFORCE)]
        if ids:
            rows |= {(name, r.id): r for r in engine.salesforce.by_ids(name, engine.select(name), ids).values()}
    for intent, link in doubtful:
        records = {SALESFORCE: rows.get((link.sf_object, str(link.sf_id)))}
        for model in engine.models:
            record_id = link.ids.get(model)
            wanted = record_id and _writes(intent, model) and engine.section_of(model, link.sf_object)
            records[model] = engine.partner.get(model, str(record_id)) if wanted else None
        _take_over(engine, intent, link, records)
    state.close_intents(intent.id for intent, _ in open_)


def _writes(intent: Intent, replica: str) -> bool:
    return any(replica in one["written"] for one in intent.body["fields"].values())


def _take_over(engine: Engine, intent: Intent, link: Link, records: Mapping[str, Record | None]) -> None:
    base = {replica: dict(values) for replica, values in link.base.items()}
    sections = [s for m in engine.models if (s := engine.section_of(m, link.sf_object)) is not None]
    keys: dict[str, dict[str, Any]] = {}
    for replica, record in records.items():
        if record is None:
            continue
        section = engine.section_of(replica, link.sf_object) if replica != SALESFORCE else None
        keys[replica] = engine.keys(record, section) if section else engine.sf_keys(record, sections)
    for name, one in intent.body["fields"].items():
        if all(keys.get(replica, {}).get(name, one) == key for replica, key in one["written"].items()):
            for replica, key in one["agreed"].items():
                if replica in base:  # a Conversation without agreed values starts from its Task's, as a whole (P1)
                    base[replica][name] = key
    if base != {replica: dict(values) for replica, values in link.base.items()}:
        engine.state.change_link(link.id, base=base)
