"""What changed at the partner: its lists, its deletions, and what no list shows yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from crm_sync.engine import Engine
from crm_sync.model import Link, Record, Section
from crm_sync.observe.aside import PutAside
from crm_sync.observe.gathered import Baseline, Gathered
from crm_sync.observe.placing import Placing
from crm_sync.observe.scans import cursor_name, digest, scan_start
from crm_sync.report import Outcome


class PartnerReader:
    """Reads the partner's side and has each record placed."""

    def __init__(self, engine: Engine, gathered: Gathered, aside: PutAside, placing: Placing) -> None:
        self._engine = engine
        self._state = engine.state
        self._gathered = gathered
        self._aside = aside
        self._placing = placing
        self._shown: dict[str, set[str]] = {}  # ids by model, of what lists had or was asked for

    def read(self, model: str) -> None:
        engine = self._engine
        records: dict[str, Record] = {}
        for part in engine.partner.parts(model):
            for record in self._scan(model, part):
                records[record.id] = record
        self._shown[model] = set(records)
        self._add_due(model, records)
        baseline = self._gathered.baseline(engine.partner.name, model)
        if model in engine.profile.raw["partner"].get("partial_rows", ()):
            self._place_rows(model, records, baseline)
            return
        for record in records.values():
            for section in engine.of_model(model):
                if not self._placing.is_excluded(record, section):
                    self._placing.place(record, section, baseline)

    def read_unlisted(self) -> None:
        """The record that continues another one, and that no list shows yet (F49): the other one names it."""
        engine = self._engine
        for later, pointer in engine.profile.raw["partner"].get("continued_by", {}).items():
            earlier = engine.profile.continues[later]
            for activity in list(self._gathered.activities) if engine.of_model(later) else ():
                record = activity.partners.get(earlier)
                named = str(record.get(pointer) or "") if record is not None else ""
                if named and named not in self._shown[later]:
                    self._shown[later].add(named)
                    self._ask_for(later, named)

    def _ask_for(self, model: str, record_id: str) -> None:
        """Read a record that is neither linked nor from before its section was switched on."""
        engine = self._engine
        if record_id in self._gathered.baseline(engine.partner.name, model)():
            return
        wanted = [one for one in engine.of_model(model) if not self._state.link_of(model, record_id, one.salesforce)]
        record = engine.partner.get(model, record_id) if wanted else None
        if record is None:
            return
        for section in wanted:
            if not self._placing.is_excluded(record, section):
                self._placing.place(record, section, dict)

    def _scan(self, model: str, part: str) -> Iterable[Record]:
        engine = self._engine
        name = cursor_name(engine.partner.name, model, part)
        cursor = self._state.cursor(name)
        since = scan_start(cursor, engine.config.options.overlap_seconds)
        window = self._window(model)
        since = window if since is None else max(since, window or since)
        first = True
        for record in engine.partner.changed_since(model, since, part=part):
            if first:
                self._gathered.cursors[name] = record.changed_at
                first = False
            if cursor is None or record.changed_at > cursor:
                self._gathered.fresh.add((model, record.id))
            yield record

    def _window(self, model: str) -> datetime | None:
        """How far back the partner's changes go out (T23), closed and to the second; None for all the way."""
        days = [section.rules.window_out_days for section in self._engine.of_model(model)]
        longest = max((day for day in days if day is not None), default=None)
        if longest is None or None in days:
            return None
        return self._gathered.began - timedelta(days=longest)

    def read_deletions(self, model: str) -> None:
        """Deletions that the partner tells of and a section carries over (T39, M21).

        They are read after the lists, so of what the lists have shown by now none is missed: the next run begins there.
        """
        engine = self._engine
        carrying = [s for s in engine.of_model(model) if s.carries_deletion(of_salesforce=False)]
        if not carrying:
            return
        name = cursor_name(engine.partner.name, model, "deleted")
        since = scan_start(self._state.cursor(name), engine.config.options.overlap_seconds)
        window = self._window(model)
        since = window if since is None else max(since, window or since)
        told = engine.partner.deleted_since(model, since)
        lists = [cursor_name(engine.partner.name, model, part) for part in engine.partner.parts(model)]
        shown = [self._gathered.cursors.get(one) or self._state.cursor(one) for one in lists]
        ends = [*(gone.at for gone in told), *(at for at in shown if at is not None)]
        if ends:
            self._gathered.cursors[name] = max(ends)
        for gone in told:
            for section in carrying:
                link = self._state.link_of(model, gone.record_id, section.salesforce)
                if link is not None and link.lives(model):
                    link = self._state.change_link(link.id, deleted={model: True})
                    self._gathered.linked(link).gone[model] = gone.at

    def _add_due(self, model: str, records: dict[str, Record]) -> None:
        """Records put aside earlier, read one by one unless the scan has them anyway."""
        place = self._engine.partner.name
        for item in self._aside.due:
            if (item.place, item.model) != (place, model) or item.record_id in records:
                continue
            record = self._engine.partner.get(model, item.record_id)
            if record is None:
                self._state.clear_pending(place, model, item.record_id)
            else:
                records[record.id] = record

    def _place_rows(self, model: str, rows: dict[str, Record], baseline: Baseline) -> None:
        """Fetch what is new, one by one, once for each change."""
        for row in rows.values():
            full: Record | None = None
            for section in self._engine.of_model(model):
                link = self._state.link_of(model, row.id, section.salesforce)
                if self._is_settled(row, section, link):
                    continue
                known = baseline().get(row.id) == digest(row)
                if link is None and known and self._placing.keyed_otherwise(row, section.salesforce):
                    full = full or self._engine.partner.get(model, row.id)
                    if full is not None:
                        self._placing.place_past(full, section, f"{row.place} {model} {row.id}")
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
                    self._placing.place(full, section, dict)
                    self._remember_row(row, section, link)

    def _is_settled(self, row: Record, section: Section, link: Link | None) -> bool:
        """No need to fetch: of a type that takes no part, or exactly as last time."""
        if self._placing.is_excluded(row, section):
            return True
        if link is None or link.dormant:
            return False
        pending = any(item.record_id == row.id and item.model == row.model for item in self._aside.due)
        if link.seen.get(row.model) == self._row_mark(row) and not pending and not link.dead:
            label = f"{row.place} {row.model} {row.id}"
            self._engine.report.section(section.key).add(label, Outcome.UNCHANGED)
            return True
        return False

    def _row_mark(self, row: Record) -> str:
        return f"{row.changed_at.isoformat()} {digest(row)}"

    def _remember_row(self, row: Record, section: Section, link: Link | None) -> None:
        key = (row.model, section.salesforce, row.id)
        activity = self._gathered.by_link.get(link.id) if link else self._gathered.by_record.get(key)
        if activity is not None:
            activity.rows[row.model] = self._row_mark(row)
