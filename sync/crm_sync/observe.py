"""Observe: what changed on either side since the last run, gathered into activities.

Rule 1: a scan begins a little before its cursor and its new cursor is a stamp the service itself
gave for the first row of the scan; so a cursor may overlap and never skips (P23, F49-F53).
Rule 2: absence proves nothing. A deletion is believed when Salesforce shows `IsDeleted`, or when
the partner answers 404 for the record's own id (P25, F25-F27). Archived is not deleted (P14).
Rule 3: a record that was put aside (quarantine, waiting) is looked at again when it is due.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from crm_sync.engine import Engine, external_id_field
from crm_sync.mapping import parse_moment
from crm_sync.model import SALESFORCE, Activity, Link, Record, Section
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical
from crm_sync.report import Outcome
from crm_sync.sent_before import sent_before
from crm_sync.sides.salesforce import quoted
from crm_sync.state import Pending

#: Values of a list row that say nothing about its content.
_VOLATILE = frozenset({"isSeen", "hasMore", "waitsToBeFiltered", "timeBucket", "__v", "updatedAt"})
Baseline = Callable[[], dict[str, str]]  # record id -> digest
#: When a record is looked at again that waits for a person (rule M27).
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Observation:
    """What one run has to look at, in a stable order, and where its scans got to."""

    activities: list[Activity] = field(default_factory=list)
    cursors: dict[str, datetime] = field(default_factory=dict)


def digest(record: Record) -> str:
    """A fingerprint of a record's content, without what changes by itself."""
    content = {k: v for k, v in record.values.items() if k not in _VOLATILE}
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def scan_start(cursor: datetime | None, overlap_seconds: int) -> datetime | None:
    """Where an incremental scan begins: a little before its cursor (F49)."""
    return None if cursor is None else cursor - timedelta(seconds=overlap_seconds)


class Observer:
    """Gathers one run's activities."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = engine.state
        self._by_link: dict[int, Activity] = {}
        self._by_claim: dict[tuple[str, str], Activity] = {}
        self._by_record: dict[tuple[str, str, str], Activity] = {}
        self._found = Observation()
        self._pending: list[Pending] = []
        self._past: list[tuple[Activity, Section]] = []  # pairs from before their section was switched on
        self._shown: dict[str, frozenset[str]] = {}  # ids of each of the partner's models that its lists had

    def observe(self) -> Observation:
        """Read both sides. Order matters: the partner first, so that a Salesforce record finds the
        partner's record that already carries its id; of the partner's models the earlier ones first.
        """
        now = self._engine.clock.now()
        self._pending = [item for item in self._state.pending() if item.next_at <= now]
        for model in self._engine.models:
            if self._engine.of_model(model):
                self._observe_partner(model)
                self._observe_deletions(model)
        self._observe_unlisted()
        self._find_sent()
        self._observe_salesforce()
        self._observe_half_deleted()
        self._complete()
        self._link_past()
        return self._found

    # -- the partner -----------------------------------------------------------------------------------

    def _observe_partner(self, model: str) -> None:
        engine = self._engine
        records: dict[str, Record] = {}
        for part in engine.partner.parts(model):
            for record in self._scan(model, part):
                records[record.id] = record
        self._shown[model] = frozenset(records)
        self._add_due(model, records)
        baseline = self._baseline(engine.partner.name, model)
        if model in engine.profile.raw["partner"].get("partial_rows", ()):
            self._place_rows(model, records, baseline)
            return
        for record in records.values():
            for section in engine.of_model(model):
                if not self._is_excluded(record, section):
                    self._place(record, section, baseline)

    def _observe_unlisted(self) -> None:
        """The record that continues another one, and that no list shows yet (F49): the other one names it."""
        engine = self._engine
        for later, pointer in engine.profile.raw["partner"].get("continued_by", {}).items():
            earlier = engine.profile.continues[later]
            for activity in list(self._found.activities) if engine.of_model(later) else ():
                record = activity.partners.get(earlier)
                named = str(record.get(pointer) or "") if record is not None else ""
                if named and named not in self._shown[later]:
                    self._ask_for(later, named)

    def _ask_for(self, model: str, record_id: str) -> None:
        """Read a record that is neither linked nor from before its section was switched on."""
        engine = self._engine
        if record_id in self._baseline(engine.partner.name, model)():
            return
        wanted = [one for one in engine.of_model(model) if not self._state.link_of(model, record_id, one.salesforce)]
        record = engine.partner.get(model, record_id) if wanted else None
        if record is None:
            return
        for section in wanted:
            if not self._is_excluded(record, section):
                self._place(record, section, dict)

    def _scan(self, model: str, part: str) -> Iterable[Record]:
        engine = self._engine
        name = cursor_name(engine.partner.name, model, part)
        since = scan_start(self._state.cursor(name), engine.config.options.overlap_seconds)
        window = self._window(model)
        since = window if since is None else max(since, window or since)
        first = True
        for record in engine.partner.changed_since(model, since, part=part):
            if first:
                self._found.cursors[name] = record.changed_at
                first = False
            yield record

    def _window(self, model: str) -> datetime | None:
        """How far back the partner's changes go out (T23), closed and to the second; None for all the way."""
        days = [section.rules.window_out_days for section in self._engine.of_model(model)]
        longest = max((day for day in days if day is not None), default=None)
        if longest is None or None in days:
            return None
        return self._engine.clock.now() - timedelta(days=longest)

    def _observe_deletions(self, model: str) -> None:
        """Deletions that the partner tells of and a section carries over (T39, M21)."""
        engine = self._engine
        carrying = [s for s in engine.of_model(model) if s.rules.delete_out and s.direction.sends]
        if not carrying:
            return
        name = cursor_name(engine.partner.name, model, "deleted")
        since = scan_start(self._state.cursor(name), engine.config.options.overlap_seconds)
        window = self._window(model)
        since = window if since is None else max(since, window or since)
        for gone in engine.partner.deleted_since(model, since):
            self._found.cursors[name] = max(gone.at, self._found.cursors.get(name, gone.at))
            for section in carrying:
                link = self._state.link_of(model, gone.record_id, section.salesforce)
                if link is not None and link.lives(model):
                    link = self._state.change_link(link.id, deleted={model: True})
                    self._linked(link).gone[model] = gone.at

    def _observe_half_deleted(self) -> None:
        """Deletions that were seen and not carried over yet: an earlier run broke off, or went the other way only."""
        for section in self._engine.sections:
            if section.rules.delete_in or section.rules.delete_out:
                for link in self._state.half_deleted(section.salesforce):
                    if section.model in link.ids:
                        self._linked(link)

    def _add_due(self, model: str, records: dict[str, Record]) -> None:
        """Records put aside earlier, read one by one unless the scan has them anyway."""
        place = self._engine.partner.name
        for item in self._pending:
            if (item.place, item.model) != (place, model) or item.record_id in records:
                continue
            record = self._engine.partner.get(model, item.record_id)
            if record is None:
                self._state.clear_pending(place, model, item.record_id)
            else:
                records[record.id] = record

    def _place(self, record: Record, section: Section, baseline: Baseline) -> None:
        """Find the activity of one partner's record, or begin one."""
        model, sf_object = record.model, section.salesforce
        report = self._engine.report.section(section.key)
        label = f"{record.place} {model} {record.id}"
        if self._is_put_aside(record):
            report.add(label, Outcome.QUARANTINED, self._put_aside_reason(record))
            return
        link = self._state.link_of(model, record.id, sf_object)
        if link is not None:
            self._linked(link).partners[model] = record
            return
        if baseline().get(record.id) == digest(record):
            if not self._keyed_otherwise(record, sf_object):
                report.add(label, Outcome.SKIPPED, "it existed before this section was switched on")
                return
            self._place_past(record, section, label)
            return
        raw = str(record.get(self._engine.keyable(model)) or "").strip()
        left_out = self._engine.scope.leaves_out(record, keyed=bool(raw))
        if left_out:
            report.add(label, Outcome.SKIPPED, left_out)
            return
        if raw:
            self._place_by_key(record, section, raw, label)
            return
        activity = self._pointed_at(record, section) if model in self._engine.profile.continues else None
        if activity is None:
            activity = self._new(sf_object)
        activity.partners[model] = record
        self._by_record[model, sf_object, record.id] = activity

    def _keyed_otherwise(self, record: Record, sf_object: str) -> bool:
        """Whether it carries an id in another form than ours (F07): nobody finds it by that later: it is linked now."""
        raw = str(record.get(self._engine.keyable(record.model)) or "").strip()
        try:
            return bool(raw) and canonical(raw, prefix=self._engine.key_prefix(sf_object)) != raw
        except (AmbiguousId, NotAnId):
            return False

    def _place_past(self, record: Record, section: Section, label: str) -> None:
        """It is found by its key, and what both say is agreed on as it is: nobody asked to write it (P21, P29)."""
        self._place_by_key(record, section, str(record.get(self._engine.keyable(record.model))).strip(), label)
        activity = self._by_record.get((record.model, section.salesforce, record.id))
        if activity is not None:
            self._past.append((activity, section))

    def _link_past(self) -> None:
        """Link pairs whose Salesforce record, too, is as it was before."""
        for activity, section in self._past:
            row, record = activity.salesforce, activity.partners.get(section.model)
            if activity.link is not None or row is None or row.deleted or record is None:
                continue
            if self._baseline(SALESFORCE, row.model)().get(row.id) == digest_sf(row):
                base = {SALESFORCE: self._engine.keys(row, section), section.model: self._engine.keys(record, section)}
                activity.link = self._state.add_link(
                    sf_object=row.model, sf_id=row.id, ids={section.model: record.id}, base=base
                )
                self._by_link[activity.link.id] = activity

    def _place_by_key(self, record: Record, section: Section, raw: str, label: str) -> None:
        """The record carries an id: it joins that Salesforce record's activity (rules P8, P9)."""
        model, sf_object = record.model, section.salesforce
        report = self._engine.report.section(section.key)
        prefix = self._engine.key_prefix(sf_object)
        try:
            sf_id = canonical(raw, prefix=prefix)
        except AmbiguousId as error:
            self._quarantine(record, section, f"{self._engine.keyable(model)}: {error}")
            return
        except NotAnId as error:
            if self._engine.profile.raw["partner"].get("own_keys"):
                activity = self._new(sf_object)  # a key of the customer's own: no Salesforce record has it (T4)
                activity.partners[model] = record
                self._by_record[model, sf_object, record.id] = activity
                return
            report.add(label, Outcome.SKIPPED, f"its {self._engine.keyable(model)} is no id: {error}")
            return
        link = self._state.link_of_salesforce(sf_object, sf_id)
        taken = link is not None and link.lives(model) and link.ids[model] != record.id
        activity = self._linked(link) if link else self._claimed(sf_object, sf_id)
        other = activity.replica(model)
        if taken or (other is not None and other.id != record.id):
            holder = link.ids[model] if link and taken else other.id if other else ""
            self._quarantine(record, section, f"{sf_object} {sf_id} already belongs to {model} {holder}")
            return
        activity.partners[model] = record
        self._by_record[model, sf_object, record.id] = activity

    def _pointed_at(self, record: Record, section: Section) -> Activity | None:
        """The activity of the Task this Conversation was logged from, if it inherits (P10, P21)."""
        earlier = self._engine.profile.continues[record.model]
        task_id = str(record.get("taskId") or record.id)
        link = self._state.link_of(earlier, task_id, section.salesforce)
        unlinked = self._by_record.get((earlier, section.salesforce, task_id))
        if link is None and unlinked is None:
            unlinked = self._not_listed(earlier, record, section)
        if link is None and unlinked is None:
            return None
        if not self._engine.inheritance_on or not self._logged_while_on(record):
            when = "now" if not self._engine.inheritance_on else "when it was logged"
            self._engine.report.note(
                f"{record.model} {record.id} continues {earlier} {task_id}, but inheritance is off {when}: "
                "it has a Salesforce Task of its own (rules P11, P21)"
            )
            return None
        activity = self._linked(link) if link else unlinked
        assert activity is not None
        if link is not None and link.ids.get(record.model, record.id) != record.id:
            return None
        activity.inherited = True
        return activity

    def _not_listed(self, earlier: str, record: Record, section: Section) -> Activity | None:
        """The Task of a Conversation that names it, when no list shows it yet: lists may be behind (F49)."""
        task_id = str(record.get("taskId") or "")
        if not task_id or self._engine.section_of(earlier, section.salesforce) is None:
            return None
        task = self._engine.partner.get(earlier, task_id)
        if task is None:
            return None
        activity = self._by_record[earlier, section.salesforce, task_id] = self._new(section.salesforce)
        activity.partners[earlier] = task
        return activity

    def _logged_while_on(self, record: Record) -> bool:
        created = record.get("createdAt") or record.get("createDate")
        moment = parse_moment(created) or record.changed_at
        # The flag was moved by our clock, the record was made by the partner's (F56).
        return self._state.flag_at(self._engine.partner.transport.ours(moment))

    def _find_sent(self) -> None:
        """Link what has no place for the Salesforce id with what was made of it and nobody remembers (F13, T30)."""
        waiting: dict[tuple[str, str], dict[str, Activity]] = {}
        for activity in self._found.activities:
            if activity.link is None and activity.claimed_sf_id is None:
                for model, record in activity.partners.items():
                    if self._engine.sends_unkeyed(model, activity.sf_object, record):
                        waiting.setdefault((model, activity.sf_object), {})[record.id] = activity
        for section in self._engine.sections:
            unsent = waiting.get((section.model, section.salesforce), {})
            records = [activity.partners[section.model] for activity in unsent.values()]
            for record_id, row in sent_before(self._engine, section, records).items() if records else ():
                self._found_sent(unsent[record_id], row, section)

    def _found_sent(self, activity: Activity, row: Record, section: Section) -> None:
        record = activity.partners[section.model]
        note = f"{activity.label}: {row.model} {row.id} had been made of it; its link was lost"
        self._engine.report.note(note)
        if section.rules.updates or row.deleted:
            activity.claimed_sf_id, activity.salesforce = row.id, row
            self._by_claim[row.model, row.id] = activity
            return
        # Never compared again (T30): what both say now is agreed on.
        base = {SALESFORCE: self._engine.keys(row, section), section.model: self._engine.keys(record, section)}
        activity.link = self._state.add_link(
            sf_object=row.model, sf_id=row.id, ids={section.model: record.id}, base=base
        )
        self._by_link[activity.link.id] = activity

    # -- models whose list shows a part of a record only ---------------------------------------------------

    def _place_rows(self, model: str, rows: dict[str, Record], baseline: Baseline) -> None:
        """Fetch what is new, one by one, once for each change."""
        for row in rows.values():
            full: Record | None = None
            for section in self._engine.of_model(model):
                link = self._state.link_of(model, row.id, section.salesforce)
                if self._is_settled(row, section, link):
                    continue
                known = baseline().get(row.id) == digest(row)
                if link is None and known and self._keyed_otherwise(row, section.salesforce):
                    full = full or self._engine.partner.get(model, row.id)
                    if full is not None:
                        self._place_past(full, section, f"{row.place} {model} {row.id}")
                    continue
                if link is None and known:
                    self._engine.report.section(section.key).add(
                        f"{row.place} {model} {row.id}",
                        Outcome.SKIPPED,
                        "it existed before this section was switched on",
                    )
                    continue
                full = full or self._engine.partner.get(model, row.id)
                if full is not None:
                    self._place(full, section, dict)
                    self._remember_row(row, section, link)

    def _is_excluded(self, record: Record, section: Section) -> bool:
        """Does the record take no part? Its link sleeps for as long, and wakes by itself (P6)."""
        if not self._engine.may_exclude(section):
            return False
        link = self._state.link_of(record.model, record.id, section.salesforce)
        reason = self._engine.excluded(section, record)
        if reason:
            label = f"{record.place} {record.model} {record.id}"
            if link is not None and not link.dormant:
                self._state.change_link(link.id, dormant=True)
            self._engine.report.section(section.key).add(label, Outcome.SKIPPED, reason)
        elif link is not None and link.dormant:
            self._state.change_link(link.id, dormant=False)
        return bool(reason)

    def _is_settled(self, row: Record, section: Section, link: Link | None) -> bool:
        """No need to fetch: of a type that takes no part, or exactly as last time."""
        if self._is_excluded(row, section):
            return True
        if link is None or link.dormant:
            return False
        pending = any(item.record_id == row.id and item.model == row.model for item in self._pending)
        if link.seen.get(row.model) == self._row_mark(row) and not pending and not link.dead:
            label = f"{row.place} {row.model} {row.id}"
            self._engine.report.section(section.key).add(label, Outcome.UNCHANGED)
            return True
        return False

    def _row_mark(self, row: Record) -> str:
        return f"{row.changed_at.isoformat()} {digest(row)}"

    def _remember_row(self, row: Record, section: Section, link: Link | None) -> None:
        key = (row.model, section.salesforce, row.id)
        activity = self._by_link.get(link.id) if link else self._by_record.get(key)
        if activity is not None:
            activity.rows[row.model] = self._row_mark(row)

    # -- Salesforce -----------------------------------------------------------------------------------

    def _observe_salesforce(self) -> None:
        engine = self._engine
        objects = sorted({s.salesforce for s in engine.sections if s.direction.receives})
        for name in objects:
            cursor = cursor_name(SALESFORCE, name)
            since = scan_start(self._state.cursor(cursor), engine.config.options.overlap_seconds)
            if since is None and engine.scope.since is not None and not self._state.links(sf_object=name):
                since = engine.scope.since
            records: dict[str, Record] = {}
            for record in engine.salesforce.changed_since(name, engine.select(name), since, self._filter(name)):
                records[record.id] = record
                newest = self._found.cursors.get(cursor)
                if newest is None or record.changed_at > newest:
                    self._found.cursors[cursor] = record.changed_at
            due = [
                item.record_id
                for item in self._pending
                if (item.place, item.model) == (SALESFORCE, name) and item.record_id not in records
            ]
            if due:
                records |= engine.salesforce.by_ids(name, engine.select(name), due)
            baseline = self._baseline(SALESFORCE, name)
            for record in records.values():
                self._place_salesforce(record, baseline)

    def _filter(self, name: str) -> str:
        """The condition a record must meet to be received; what was deleted is seen in any case (T14, T40)."""
        filters = [s.rules.filter_in for s in self._engine.sections if s.salesforce == name and s.direction.receives]
        if not all(filters):
            return ""
        return f"({' OR '.join(f'({one})' for one in filters)} OR IsDeleted = true)"

    def _place_salesforce(self, record: Record, baseline: Baseline) -> None:
        engine, name = self._engine, record.model
        link = self._state.link_of_salesforce(name, record.id)
        if link is not None and self._is_back(link, record):
            self._state.drop_link(link.id)
            link = None
        passed_over = engine.scope.passes_over(record) if link is not None and not record.deleted else ""
        if link is not None and passed_over:
            section = next(s for s in engine.sections if s.salesforce == name and s.direction.receives)
            label = f"{SALESFORCE} {name} {record.id}"
            engine.report.section(section.key).add(label, Outcome.SKIPPED, passed_over)
            return
        if link is not None:
            self._linked(link).salesforce = record
            return
        claimed = self._by_claim.get((name, record.id))
        if claimed is not None:
            claimed.salesforce = record
            return
        section = next(s for s in engine.sections if s.salesforce == name and s.direction.receives)
        report = engine.report.section(section.key)
        label = f"{SALESFORCE} {name} {record.id}"
        if record.deleted:
            report.add(label, Outcome.SKIPPED, "it was deleted before it was ever linked")
        elif baseline().get(record.id) == digest_sf(record):
            report.add(label, Outcome.SKIPPED, "it existed before this section was switched on")
        elif self._is_put_aside(record):
            report.add(label, Outcome.QUARANTINED, self._put_aside_reason(record))
        elif not self._adopt_by_external_key(record):
            left_out = engine.scope.leaves_out(record)
            if left_out:
                report.add(label, Outcome.SKIPPED, left_out)
            else:
                self._new(name).salesforce = record

    def _is_back(self, link: Link, record: Record) -> bool:
        """Was a pair deleted on both sides, and is this one there again? It is a new one then (T40)."""
        carried = any(
            one.rules.delete_in or one.rules.delete_out
            for one in self._engine.sections
            if one.salesforce == link.sf_object and one.model in link.ids
        )
        return carried and not record.deleted and {SALESFORCE, *link.ids} <= link.deleted

    def _adopt_by_external_key(self, record: Record) -> bool:
        """A record that carries our own key belongs to that partner's record (F13)."""
        for section in self._engine.sections:
            field_name = external_id_field(self._engine, section.model, record.model)
            value = str(record.get(field_name) or "") if field_name else ""
            model, _, record_id = value.partition("-")
            if record_id and (model, record.model) == (section.model, section.salesforce):
                break
        else:
            return False
        activity = self._by_record.get((model, record.model, record_id))
        if activity is None:
            linked = self._state.link_of(model, record_id, record.model)
            found = None if linked else self._engine.partner.get(model, record_id)
            if found is None:
                return False
            activity = self._new(record.model)
            activity.partners[model] = found
        if activity.salesforce is not None and activity.rivals:
            return True
        if activity.link is not None or activity.salesforce is not None:
            return False
        activity.salesforce = record
        activity.claimed_sf_id = record.id
        activity.inherited = True  # its keyable is written although the section may only receive
        known = self._engine.sobject(record.model).fields[field_name]
        if not known.unique:
            condition = f"{field_name} = {quoted(value)}"
            rows = self._engine.salesforce.where(record.model, self._engine.select(record.model), condition)
            activity.rivals = sorted(row.id for row in rows if not row.deleted and row.id != record.id)
        return True

    # -- completing what was read -------------------------------------------------------------------------

    def _complete(self) -> None:
        """Read what planning needs beside the changed record itself."""
        self._read_claimed()
        self._read_salesforce_of_senders()
        for activity in list(self._found.activities):
            self._mark_deleted_salesforce(activity)
            self._read_partners(activity)
            self._read_for_deletion(activity)

    def _read_for_deletion(self, activity: Activity) -> None:
        """What the survivor of a deletion says, where a later edit counts (T41)."""
        link = activity.link
        if link is None or not link.dead:
            return
        section = next((s for m in link.ids if (s := self._engine.section_of(m, activity.sf_object))), None)
        if section is None or not (section.rules.delete_in or section.rules.delete_out):
            return
        if activity.salesforce is None:
            found = self._engine.salesforce.by_ids(
                activity.sf_object, self._engine.select(activity.sf_object), [str(link.sf_id)]
            )
            activity.salesforce = found.get(str(link.sf_id))
        if link.lives(section.model) and section.model not in activity.partners:
            record = self._engine.partner.get(section.model, link.ids[section.model])
            if record is None:
                activity.link = self._state.change_link(link.id, deleted={section.model: True})
            else:
                activity.partners[section.model] = record

    def _read_claimed(self) -> None:
        by_object: dict[str, list[Activity]] = {}
        for activity in self._found.activities:
            if activity.link is None and activity.claimed_sf_id and activity.salesforce is None:
                by_object.setdefault(activity.sf_object, []).append(activity)
        for name, activities in by_object.items():
            ids = [str(a.claimed_sf_id) for a in activities]
            found = self._engine.salesforce.by_ids(name, self._engine.select(name), ids)
            for activity in activities:
                activity.salesforce = found.get(str(activity.claimed_sf_id))
                if activity.salesforce is None:
                    self._found.activities.remove(activity)
                    self._quarantine_all(activity, f"no {name} {activity.claimed_sf_id} can be seen in Salesforce")

    def _read_salesforce_of_senders(self) -> None:
        """Objects nobody scans (only sent to): read the rows whose other side changed."""
        scanned = {s.salesforce for s in self._engine.sections if s.direction.receives}
        by_object: dict[str, list[Activity]] = {}
        for activity in self._found.activities:
            link = activity.link
            if link is None or activity.salesforce is not None or link.dead:
                continue
            if activity.sf_object not in scanned and self._partner_changed(activity):
                by_object.setdefault(activity.sf_object, []).append(activity)
        for name, activities in by_object.items():
            ids = [str(a.link.sf_id) for a in activities if a.link]
            found = self._engine.salesforce.by_ids(name, self._engine.select(name), ids)
            for activity in activities:
                assert activity.link is not None
                activity.salesforce = found.get(str(activity.link.sf_id))

    def _partner_changed(self, activity: Activity) -> bool:
        for model, record in activity.partners.items():
            section = self._engine.section_of(model, activity.sf_object)
            if section is not None and self._differs(activity, record, section):
                return True
        return False

    def _differs(self, activity: Activity, record: Record, section: Section) -> bool:
        replica = SALESFORCE if record.place == SALESFORCE else record.model
        base = activity.link.base.get(replica) if activity.link else None
        return base is None or any(
            base.get(name) != key or name not in base for name, key in self._engine.keys(record, section).items()
        )

    def _mark_deleted_salesforce(self, activity: Activity) -> None:
        """Rule P25: a tombstone on positive evidence; an undeleted record wakes its link (F15)."""
        record, link = activity.salesforce, activity.link
        if record is None:
            return
        if link is not None and (SALESFORCE in link.deleted) != record.deleted:
            activity.link = self._state.change_link(link.id, sf_deleted=record.deleted)
        elif link is None and record.deleted and activity.partners:
            ids = {model: one.id for model, one in activity.partners.items()}
            activity.link = self._state.add_link(
                sf_object=activity.sf_object, sf_id=record.id, ids=ids, base={}, deleted={SALESFORCE}
            )

    def _read_partners(self, activity: Activity) -> None:
        """The partner's other replicas, when something changed that they may have to hear of."""
        link = activity.link
        if link is None or link.dead:
            return
        if activity.salesforce is not None:
            sections = [s for s in self._engine.sections if s.salesforce == activity.sf_object]
            changed = any(self._differs(activity, activity.salesforce, s) for s in sections)
        else:
            changed = False
        if not changed and not self._partner_changed(activity):
            return
        for model in self._engine.models:
            section = self._engine.section_of(model, activity.sf_object)
            if section is None or not section.direction.receives:
                continue
            if not link.lives(model) or model in activity.partners:
                continue
            record = self._engine.partner.get(model, link.ids[model])
            if record is None:
                activity.link = link = self._state.change_link(link.id, deleted={model: True})
            elif not self._engine.excluded(section, record):
                activity.partners[model] = record

    # -- small things ----------------------------------------------------------------------------------

    def _baseline(self, place: str, model: str) -> Baseline:
        """What existed when a section was switched on; read when the first record asks that no link has."""
        return cache(lambda: self._state.baseline(place, model))

    def _new(self, sf_object: str) -> Activity:
        activity = Activity(sf_object)
        self._found.activities.append(activity)
        return activity

    def _linked(self, link: Link) -> Activity:
        activity = self._by_link.get(link.id)
        if activity is None:
            activity = self._by_link[link.id] = self._new(link.sf_object)
            activity.link = self._state.link(link.id)
        return activity

    def _claimed(self, sf_object: str, sf_id: str) -> Activity:
        activity = self._by_claim.get((sf_object, sf_id))
        if activity is None:
            activity = self._by_claim[sf_object, sf_id] = self._new(sf_object)
            activity.claimed_sf_id = sf_id
        return activity

    def _is_put_aside(self, record: Record) -> bool:
        """In quarantine, unchanged since, and not due: leave it alone."""
        item = self._pending_item(record)
        if item is None or item.kind != "quarantine":
            return False
        unchanged = item.changed_at == record.changed_at.isoformat()
        return unchanged and item.next_at > self._engine.clock.now()

    def _put_aside_reason(self, record: Record) -> str:
        item = self._pending_item(record)
        assert item is not None
        return item.reason

    def _pending_item(self, record: Record) -> Pending | None:
        if not hasattr(self, "_all_pending"):
            self._all_pending = {(p.place, p.model, p.record_id): p for p in self._state.pending()}
        return self._all_pending.get((record.place, record.model, record.id))

    def _quarantine(self, record: Record, section: Section, reason: str) -> None:
        label = f"{record.place} {record.model} {record.id}"
        self._engine.report.section(section.key).add(label, Outcome.QUARANTINED, reason)
        put_aside(self._engine, record, reason, kind="quarantine")

    def _quarantine_all(self, activity: Activity, reason: str) -> None:
        for model, record in activity.partners.items():
            section = self._engine.section_of(model, activity.sf_object)
            if section is not None:
                self._quarantine(record, section, reason)


def cursor_name(place: str, model: str, part: str = "") -> str:
    """The name of a scan's cursor."""
    return f"{place}:{model}:{part}" if part else f"{place}:{model}"


def digest_sf(record: Record) -> str:
    """A fingerprint of a Salesforce record's mapped content, without its stamps."""
    stamps = {"SystemModstamp", "LastModifiedDate"}
    content: dict[str, Any] = {k: v for k, v in record.values.items() if k not in stamps}
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def put_aside(engine: Engine, record: Record, reason: str, *, kind: str) -> None:
    """Remember to look at a record again: at once the first two times, then ever later (F65)."""
    known = engine.state.pending_item(record.place, record.model, record.id)
    attempts = (known.attempts if known and known.kind == kind else 0) + 1
    retried = kind == "waiting" or engine.scope.retries(reason)
    minutes = 0 if kind == "waiting" or attempts <= 2 else min(2 ** (attempts - 2), 24 * 60)
    engine.state.set_pending(
        Pending(
            place=record.place,
            model=record.model,
            record_id=record.id,
            kind=kind,
            reason=reason,
            attempts=attempts if kind == "quarantine" else 1,
            next_at=engine.clock.now() + timedelta(minutes=minutes) if retried else NEVER,
            changed_at=record.changed_at.isoformat(),
        )
    )
