"""What happens when a configuration takes effect: the flag's edges, and the baseline.

Rule P29: a change of configuration alone writes nothing to either side. So when a section (or one of
its ways, or a type) is switched on later, what exists at that moment is noted: linked records start
from their present values, unlinked ones wait until somebody changes them. `backfill = true` in the
section asks for the opposite. The very first configuration has no past: everything in scope syncs.
Rules P6, P17-P22, P29; failure modes F36-F38.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crm_sync.config import Config, ValueMap, told_of
from crm_sync.engine import Engine
from crm_sync.errors import ConfigError
from crm_sync.inheritance import Inheritance, condition_met
from crm_sync.journal import Journal
from crm_sync.mapping import Context, key_of
from crm_sync.model import SALESFORCE, Direction, Link, Record, Section
from crm_sync.observe import cursor_name, digest, digest_sf
from crm_sync.state import State
from crm_sync.transport import Transport

_SECTIONS = "sections"
_FLAG = "inheritance"


def inheritance(state: State) -> Inheritance:
    saved = state.setting(_FLAG) or {}
    return Inheritance(on=saved.get("on", False), met=saved.get("met", False))


def set_inheritance(state: State, flag: Inheritance, *, at: datetime, why: str) -> None:
    if flag.on != inheritance(state).on:
        state.log_flag(at, on=flag.on, why=why)
    state.set_setting(_FLAG, {"on": flag.on, "met": flag.met})


def is_saved(state: State, config: Config) -> bool:
    """Is this configuration the one the state knows?"""
    return bool(state.setting(_SECTIONS) == config.fingerprint)


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
                _forget_agreed(engine, section, old)
            else:
                _take_baseline(engine, section, old, newer_than)
    flag = inheritance(state).saved(met=condition_met(config.sections))
    set_inheritance(state, flag, at=engine.clock.now(), why="the configuration")
    state.set_setting(_SECTIONS, config.fingerprint)


def forget_cursors(engine: Engine, section: Section, ways: Collection[str] = ("in", "out")) -> None:
    """Let the next run read every record of a section again, on the sides whose changes go one of *ways*."""
    partner, model = engine.partner, section.model
    names = [cursor_name(partner.name, model, part) for part in partner.parts(model)] if "out" in ways else []
    if "in" in ways:
        names.append(cursor_name(SALESFORCE, section.salesforce))
    for name in names:
        engine.state.forget_cursor(name)


def _forget_agreed(engine: Engine, section: Section, old: Mapping[str, Any]) -> None:
    """What is mapped otherwise than before counts as mapped just now: the side that says something fills the other."""
    told = old.get("fields", {})
    anew = _mapped_anew(engine, section, old)
    moved = {name for name in (*(anew.partner or ()), *(anew.salesforce or ())) if name in told}
    for link in engine.state.links(sf_object=section.salesforce) if moved else ():
        if section.model in link.ids:
            base = {
                replica: {name: key for name, key in values.items() if name not in moved}
                for replica, values in link.base.items()
            }
            engine.state.change_link(link.id, base=base)


class Anew(NamedTuple):
    """What begins anew on each side, by Salesforce's field names; None for all of it. *by*: how keys were worked out
    before, where a map of values changed since.
    """

    partner: Collection[str] | None
    salesforce: Collection[str] | None
    by: Context | None


def _take_baseline(engine: Engine, section: Section, old: Mapping[str, Any], newer_than: datetime | None) -> None:
    was = Direction(old.get("direction", Direction.OFF.value))
    now = section.direction
    sends_anew = now.sends and not was.sends
    receives_anew = now.receives and not was.receives
    woken = set(old.get("types_excluded", ())) - section.types_excluded
    if woken and was is not Direction.OFF:
        _baseline_types(engine, section, woken, newer_than)
    anew = Anew((), (), None)
    if was is not Direction.OFF:  # else the whole section is new: both sides are taken as they are
        anew = _mapped_anew(engine, section, old)
    if not (sends_anew or receives_anew or any(anew)):
        return
    if sends_anew or was is Direction.OFF:
        anew = anew._replace(partner=None)
    if receives_anew or was is Direction.OFF:
        anew = anew._replace(salesforce=None)
    if anew.partner is None or anew.partner or anew.by:
        _baseline_partner(engine, section, anew, newer_than)
    if anew.salesforce is None or anew.salesforce or anew.by:
        _baseline_salesforce(engine, section, anew, newer_than)


def _mapped_anew(engine: Engine, section: Section, old: Mapping[str, Any]) -> Anew:
    """Fields whose agreed value means nothing any more on a side, or that may go now where they could not (F37)."""
    told = old.get("fields", {})
    before: dict[str, Any] = told if isinstance(told, dict) else dict.fromkeys(told)  # an older version kept the names
    partner, salesforce = set[str](), set[str]()
    for mapped in section.fields:
        name, now = mapped.salesforce, told_of(mapped)
        if name not in before:
            partner.add(name)
            salesforce.add(name)
        was = before.get(name)
        if was is None:
            continue
        flow, flew = mapped.direction, Direction(was["direction"])
        if was["means"] != now["means"] or was["partner"] != now["partner"] or (flow.sends and not flew.sends):
            partner.add(name)
        if was["means"] != now["means"] or (flow.receives and not flew.receives):
            salesforce.add(name)
    maps = {name: ValueMap(**one) for name, one in old.get("maps", {}).items()}
    by = replace(engine.context, maps=maps) if maps and maps != dict(engine.config.maps) else None
    return Anew(sorted(partner), sorted(salesforce), by)


def _baseline_partner(engine: Engine, section: Section, anew: Anew, newer_than: datetime | None) -> None:
    """Note the partner's present values."""
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
            _rebase(engine, link, full, section, anew)
    if anew.partner is None:
        engine.state.add_baseline(engine.partner.name, model, digests)


def _baseline_types(engine: Engine, section: Section, woken: Collection[str], newer_than: datetime | None) -> None:
    """Note what records of the types *woken* say, and their pairs; of no other type (P6, P29)."""
    model, name = section.model, section.salesforce
    types = engine.profile.raw["partner"]["types"][model]
    whole = Anew(None, None, None)
    digests: dict[str, str] = {}
    for part in engine.partner.parts(model):
        for record in engine.partner.changed_since(model, None, part=part):
            kind = record.get(types["field"]) or types["default"]
            if kind not in woken or _is_newer(record, newer_than, engine.partner.transport):
                continue
            link = engine.state.link_of(model, record.id, name)
            if link is None:
                digests[record.id] = digest(record)
                continue
            full = engine.partner.get(model, record.id)
            if full is not None:
                _rebase(engine, link, full, section, whole)
            for row in engine.salesforce.by_ids(name, engine.select(name), [str(link.sf_id)]).values():
                if not (row.deleted or _is_newer(row, newer_than, engine.salesforce.transport)):
                    _rebase(engine, link, row, section, whole)
    engine.state.add_baseline(engine.partner.name, model, digests)


def _baseline_salesforce(engine: Engine, section: Section, anew: Anew, newer_than: datetime | None) -> None:
    """Note Salesforce's present values; whole objects only when the section begins to receive."""
    name = section.salesforce
    links = {link.sf_id: link for link in engine.state.links(sf_object=name) if section.model in link.ids}
    whole = section.direction.receives and anew.salesforce is None
    if whole:
        found = {r.id: r for r in engine.salesforce.changed_since(name, engine.select(name), None)}
    else:
        found = engine.salesforce.by_ids(name, engine.select(name), [str(i) for i in links])
    others = _on_before(engine, section)
    digests: dict[str, str] = {}
    for record in found.values():
        if record.deleted or _is_newer(record, newer_than, engine.salesforce.transport):
            continue
        link = links.get(record.id)
        if link is not None:
            _rebase(engine, link, record, section, anew)
        elif engine.state.link_of_salesforce(name, record.id) is None and not _awaited(engine, others, record):
            digests[record.id] = digest_sf(record)
    if whole:
        engine.state.add_baseline(SALESFORCE, name, digests)


def _on_before(engine: Engine, section: Section) -> list[Section]:
    """The other sections that receive the same object, and did so before."""
    before: Mapping[str, Any] = engine.state.setting(_SECTIONS)
    received = {key for key, one in before.items() if Direction(one["direction"]).receives}
    others = (one for one in engine.sections if one.salesforce == section.salesforce and one.key != section.key)
    return [one for one in others if one.direction.receives and one.key in received]


def _awaited(engine: Engine, others: Iterable[Section], record: Record) -> bool:
    """Is one of the *others* still to receive it? Then it is no past of a section that is switched on now."""
    planned = "IsClosed" in record.values and not record.get("IsClosed")
    waits = planned and engine.config.options.receive_only_completed
    if all(waits and one.model in engine.profile.continues for one in others):
        return False
    cursor = engine.state.cursor(cursor_name(SALESFORCE, record.model))
    unseen = cursor is None or record.changed_at >= cursor
    return unseen or engine.state.pending_item(SALESFORCE, record.model, record.id) is not None


def _rebase(engine: Engine, link: Link, record: Record, section: Section, anew: Anew) -> None:
    """Let a link's agreed values of one replica be today's. Of what only a map of values says otherwise now, the agreed
    value is said in the new words: what somebody wrote and no run has seen yet stays a change (I5).
    """
    fresh = engine.state.link(link.id)
    assert fresh is not None
    in_salesforce = record.place == SALESFORCE
    replica, fields = (SALESFORCE, anew.salesforce) if in_salesforce else (record.model, anew.partner)
    if fields is not None and not fresh.base:
        return  # its two sides never met, one was deleted before: there is nothing that one field more could join (P9)
    base = {name: dict(values) for name, values in fresh.base.items()}
    agreed = base.get(replica, {})
    taken = {k: v for k, v in engine.keys(record, section).items() if fields is None or k in fields}
    if anew.by is not None:
        then = {mapped.salesforce: key_of(record, mapped, anew.by) for mapped in section.fields}
        now = engine.keys(record, section)
        taken |= {name: now[name] for name, key in then.items() if name in agreed and agreed[name] == key}
    base[replica] = {**agreed, **taken}
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
