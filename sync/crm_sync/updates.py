"""Changes that were sent and never heard of: our own write must not pass for a person's edit (F17, I5).

Rule 1: before changes are sent it is written down what both sides will have agreed on, and what those that are
written said before.
Rule 2: after a death, a field whose every written side reads as written was written: what was to be agreed is agreed.
Rule 3: where Salesforce reads as written and a record of the partner's does not, the decision stands: what that
record said was heard and overruled, and has no say again. Salesforce's new value is the change that is to be carried
over; where somebody wrote to the partner's records since, theirs is.
Any other field keeps its old agreed value, and is decided anew.
Rule 4: a record that continues another and was first read by then starts from what was agreed before this (P1): the
closed state of a note is no news to an activity that was opened again since.
Rule 5: a link that was committed since needs none of this; the version tells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from crm_sync.engine import Engine
from crm_sync.mapping import changed, lens
from crm_sync.model import SALESFORCE, Link, Record, Section
from crm_sync.plan import Plan, sections_for
from crm_sync.recognise import plain
from crm_sync.state import Intent

UPDATE = "update"


def begin_updates(engine: Engine, plans: Iterable[Plan]) -> list[int]:
    """Write down what *plans* are about to change in linked records; returns what to close when all is committed."""
    bodies = []
    for plan in plans:
        link = plan.activity.link
        fields = _fields(engine, plan) if link is not None else {}
        if link is not None and fields:
            ids = {model: record.id for model, record in plan.activity.partners.items()}
            bodies.append({"link": link.id, "version": link.version, "fields": fields, "ids": ids})
    return engine.state.open_intents(UPDATE, engine.clock.now(), bodies) if bodies else []


def _fields(engine: Engine, plan: Plan) -> dict[str, dict[str, dict[str, Any]]]:
    """Salesforce field -> "written", "agreed", "before", each by replica; "before" of those that were read. "sent" is
    there where Salesforce has no opinion: there its comparable value may be the same whatever was written (M11).
    """
    activity = plan.activity
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for model, section in sections_for(activity, engine).items():
        for mapped in section.fields:
            name = mapped.salesforce
            one = found.setdefault(name, {"written": {}, "agreed": {}, "before": {}})
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
                    if record is not None:
                        one["before"][replica] = key(mapped, record.values, engine.context)
                    if replica == SALESFORCE and lens(mapped).silent_sf(
                        mapped, one["written"][replica], engine.context
                    ):
                        one["sent"] = changes[field]
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
            record_id = link.ids.get(model) or intent.body.get("ids", {}).get(model)
            concerned = _writes(intent, model) or _halves(intent) or _begins(engine, model, link)
            wanted = record_id and concerned and engine.section_of(model, link.sf_object)
            records[model] = engine.partner.get(model, str(record_id)) if wanted else None
        _take_over(engine, intent, link, records)
    state.close_intents(intent.id for intent, _ in open_)


def _writes(intent: Intent, replica: str) -> bool:
    return any(replica in one["written"] for one in intent.body["fields"].values())


def _halves(intent: Intent) -> bool:
    """May one half of what was decided have been written, and the other not?"""
    return any(len(one["written"]) > 1 for one in intent.body["fields"].values())


def _begins(engine: Engine, model: str, link: Link) -> bool:
    """Does a record of *model* continue another one of the link, with nothing agreed on of its own yet?"""
    return model in engine.profile.continues and model not in link.base


def _take_over(engine: Engine, intent: Intent, link: Link, records: Mapping[str, Record | None]) -> None:
    base = {replica: dict(values) for replica, values in link.base.items()}
    sections = {m: s for m in engine.models if (s := engine.section_of(m, link.sf_object)) is not None}
    keys: dict[str, dict[str, Any]] = {}
    for replica, record in records.items():
        if record is not None:
            listed = list(sections.values()) if replica == SALESFORCE else [sections[replica]]
            keys[replica] = engine.all_keys(record, listed)
    begun = {m: _start(engine, base, sections[m], keys[m]) for m in sections if m in keys and _begins(engine, m, link)}
    for name, one in intent.body["fields"].items():
        missing = {r for r, key in one["written"].items() if keys.get(r, {}).get(name, one) != key}
        row = records[SALESFORCE]
        if "sent" in one and row is not None and plain(row.get(name)) != plain(one["sent"]):
            missing.add(SALESFORCE)
        if not missing:
            stands = one["agreed"]
        elif SALESFORCE in one["written"].keys() - missing and SALESFORCE in base:
            reads = {replica: values[name] for replica, values in keys.items() if name in values}
            stands = _standing(one, reads, missing)
        else:
            continue
        base = begun | base
        for replica, key in stands.items():
            if replica in base:  # a Conversation that nobody read starts from its Task's, as a whole (P1)
                base[replica][name] = key
    if base != {replica: dict(values) for replica, values in link.base.items()}:
        engine.state.change_link(link.id, base=base)


def _standing(one: Mapping[str, Any], reads: Mapping[str, Any], missing: Collection[str]) -> dict[str, Any]:
    """Rule 3: what each replica is to count as agreed on, of a field that Salesforce has and those *missing* have not.

    *reads* is what each says now. As long as nobody wrote to the partner's records since, Salesforce's value must count
    as a change, or nobody would carry it over.
    """
    before = one.get("before", {})
    said: dict[str, Any] = one["agreed"] | {replica: key for replica, key in before.items() if replica in missing}
    if all(reads.get(replica, key) == key for replica, key in said.items()):
        del said[SALESFORCE]  # what was agreed on earlier stands, where nobody had read it
        said |= {SALESFORCE: before[SALESFORCE]} if SALESFORCE in before else {}
    return said


def _start(
    engine: Engine, base: Mapping[str, Mapping[str, Any]], section: Section, keys: Mapping[str, Any]
) -> dict[str, Any]:
    """What a record that continues another starts from, written down: the other's agreed values, its own day (P1); of a
    field that only its own section maps, nothing: what either side says there is news.
    """
    earlier = base.get(engine.profile.continues.get(section.model, ""), {})
    days = {mapped.salesforce for mapped in section.fields if mapped.lens == "day"}
    agreed = {name: keys[name] if name in days else earlier[name] for name in keys if name in earlier}
    own = {mapped.salesforce for mapped in section.fields} - {*earlier}
    return agreed | {name: key if key in (None, "") else None for name, key in keys.items() if name in own}
