"""What happens when a configuration takes effect: the flag's edges, and the baseline.

Rule P29: a change of configuration alone writes nothing to either side. So when a section (or one of
its ways, or a type) is switched on later, what exists at that moment is noted: linked records start
from their present values, unlinked ones wait until somebody changes them. `backfill = true` in the
section asks for the opposite. The very first configuration has no past: everything in scope syncs.
Rules P6, P17-P22, P29; failure modes F36-F38.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from crm_sync.config import Config
from crm_sync.engine import Engine
from crm_sync.errors import ConfigError
from crm_sync.inheritance import Inheritance, condition_met
from crm_sync.journal import Journal
from crm_sync.model import SALESFORCE, Direction, Link, Record, Section
from crm_sync.observe import cursor_name, digest, digest_sf
from crm_sync.state import State
from crm_sync.transport import Transport

_SECTIONS = "sections"
_FLAG = "inheritance"


def fingerprint(config: Config) -> dict[str, Any]:
    """What of a configuration matters to rule P29, and whose records the memory links."""
    return {
        section.key: {
            "partner": config.profile.name,
            "direction": section.direction.value,
            "types_excluded": sorted(section.types_excluded),
            "fields": sorted(mapped.salesforce for mapped in section.fields),
        }
        for section in config.sections
    }


def inheritance(state: State) -> Inheritance:
    saved = state.setting(_FLAG) or {}
    return Inheritance(on=saved.get("on", False), met=saved.get("met", False))


def set_inheritance(state: State, flag: Inheritance, *, at: datetime, why: str) -> None:
    if flag.on != inheritance(state).on:
        state.log_flag(at, on=flag.on, why=why)
    state.set_setting(_FLAG, {"on": flag.on, "met": flag.met})


def is_saved(state: State, config: Config) -> bool:
    """Is this configuration the one the state knows?"""
    return bool(state.setting(_SECTIONS) == fingerprint(config))


def save(engine: Engine, *, newer_than: datetime | None) -> None:
    """Let the engine's configuration take effect. Reads only; writes only the state.

    Records stamped after *newer_than* were changed after the configuration and are no past of it;
    None means that everything that exists now is past.

    Raises:
        ConfigError: the memory links the records of another partner. Both call a section "Task:Task", and its links
            would be taken for pairs whose partner's half is gone.
    """
    state, config = engine.state, engine.config
    before: Mapping[str, Any] | None = state.setting(_SECTIONS)
    mine = config.profile.name
    others = {one.get("partner", mine) for one in (before or {}).values()} - {mine}
    if others:
        raise ConfigError(
            f"the state belongs to a sync with {others.pop().title()}: name another, in state.url or --state"
        )
    if before is not None:
        # What waited for its section is settled first: what it made is linked, and so takes part in the baseline.
        Journal(engine).recover(look_again=False)
        for section in engine.sections:
            old = before.get(section.key) or {}
            if section.backfill:
                forget_cursors(engine, section)
            else:
                _take_baseline(engine, section, old, newer_than)
    flag = inheritance(state).saved(met=condition_met(config.sections))
    set_inheritance(state, flag, at=engine.clock.now(), why="the configuration")
    state.set_setting(_SECTIONS, fingerprint(config))


def forget_cursors(engine: Engine, section: Section, ways: Collection[str] = ("in", "out")) -> None:
    """Let the next run read every record of a section again, on the sides whose changes go one of *ways*."""
    partner, model = engine.partner, section.model
    names = [cursor_name(partner.name, model, part) for part in partner.parts(model)] if "out" in ways else []
    if "in" in ways:
        names.append(cursor_name(SALESFORCE, section.salesforce))
    for name in names:
        engine.state.forget_cursor(name)


def _take_baseline(engine: Engine, section: Section, old: Mapping[str, Any], newer_than: datetime | None) -> None:
    was = Direction(old.get("direction", Direction.OFF.value))
    now = section.direction
    new_fields = sorted({m.salesforce for m in section.fields} - set(old.get("fields", ())))
    woken_types = bool(set(old.get("types_excluded", ())) - section.types_excluded)
    sends_anew = now.sends and (not was.sends or woken_types)
    receives_anew = now.receives and not was.receives
    if was is Direction.OFF:
        new_fields = []  # the whole section is new: both sides are taken as they are
    if not (sends_anew or receives_anew or new_fields):
        return
    if sends_anew or new_fields or was is Direction.OFF:
        fields = None if sends_anew or was is Direction.OFF else new_fields
        _baseline_partner(engine, section, fields, newer_than)
    if receives_anew or new_fields or was is Direction.OFF:
        fields = None if receives_anew or was is Direction.OFF else new_fields
        _baseline_salesforce(engine, section, fields, newer_than)


def _baseline_partner(engine: Engine, section: Section, fields: list[str] | None, newer_than: datetime | None) -> None:
    """Note the partner's present values; *fields* limits it to newly mapped ones."""
    model, records = section.model, dict[str, Record]()
    for part in engine.partner.parts(model):
        for record in engine.partner.changed_since(model, None, part=part):
            records[record.id] = record
    partial = model in engine.profile.raw["partner"].get("partial_rows", ())
    links = {link.ids[model]: link for link in engine.state.links(sf_object=section.salesforce) if model in link.ids}
    digests: dict[str, str] = {}
    for record in records.values():
        if _is_newer(record, newer_than, engine.partner.transport):
            continue
        link = links.get(record.id)
        if link is None:
            digests[record.id] = digest(record)
            continue
        full = engine.partner.get(model, record.id) if partial else record
        if full is not None:
            _rebase(engine, link, model, engine.keys(full, section), fields)
    if fields is None:
        engine.state.add_baseline(engine.partner.name, model, digests)


def _baseline_salesforce(
    engine: Engine, section: Section, fields: list[str] | None, newer_than: datetime | None
) -> None:
    """Note Salesforce's present values; whole objects only when the section begins to receive."""
    name = section.salesforce
    links = {link.sf_id: link for link in engine.state.links(sf_object=name) if section.model in link.ids}
    if section.direction.receives and fields is None:
        found = {r.id: r for r in engine.salesforce.changed_since(name, engine.select(name), None)}
    else:
        found = engine.salesforce.by_ids(name, engine.select(name), [str(i) for i in links])
    digests: dict[str, str] = {}
    for record in found.values():
        if record.deleted or _is_newer(record, newer_than, engine.salesforce.transport):
            continue
        link = links.get(record.id)
        if link is not None:
            _rebase(engine, link, SALESFORCE, engine.keys(record, section), fields)
        elif engine.state.link_of_salesforce(name, record.id) is None:
            digests[record.id] = digest_sf(record)
    if fields is None and section.direction.receives:
        engine.state.add_baseline(SALESFORCE, name, digests)


def _rebase(
    engine: Engine,
    link: Link,
    replica: str,
    keys: Mapping[str, Any],
    fields: list[str] | None,
) -> None:
    """Let a link's agreed values of one replica be today's."""
    fresh = engine.state.link(link.id)
    assert fresh is not None
    base = {name: dict(values) for name, values in fresh.base.items()}
    taken = {k: v for k, v in keys.items() if fields is None or k in fields}
    base[replica] = {**base.get(replica, {}), **taken}
    if base != fresh.base:
        engine.state.change_link(link.id, base=base)


def _is_newer(record: Record, newer_than: datetime | None, transport: Transport) -> bool:
    """Was the record changed after the configuration, by our clock? Salesforce keeps whole seconds, so a stamp
    of the same second counts as before; how far apart two clocks are is known to the second, too (F56).
    """
    if newer_than is None:
        return False
    limit = newer_than.replace(microsecond=0) if record.place == SALESFORCE else newer_than
    if transport.skew:
        limit += timedelta(seconds=1)
    return transport.ours(record.changed_at) > limit
