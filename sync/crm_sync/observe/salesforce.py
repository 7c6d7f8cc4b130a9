"""What changed in Salesforce, and whose each of its records is."""

from __future__ import annotations

from crm_sync.engine import Engine, external_id_field
from crm_sync.model import SALESFORCE, Link, Record
from crm_sync.observe.aside import PutAside
from crm_sync.observe.gathered import Baseline, Gathered
from crm_sync.observe.scans import cursor_name, digest_sf, scan_start
from crm_sync.report import Outcome
from crm_sync.sides.salesforce import quoted


class SalesforceReader:
    """Reads Salesforce; the partner was read before, so that what it names is known."""

    def __init__(self, engine: Engine, gathered: Gathered, aside: PutAside) -> None:
        self._engine = engine
        self._state = engine.state
        self._gathered = gathered
        self._aside = aside

    def read(self) -> None:
        engine = self._engine
        objects = sorted({s.salesforce for s in engine.sections if s.direction.receives})
        for name in objects:
            cursor = cursor_name(SALESFORCE, name)
            since = scan_start(self._state.cursor(cursor), engine.config.options.overlap_seconds)
            if since is None and engine.scope.since is not None and not self._state.links(sf_object=name):
                since = engine.scope.since
            records: dict[str, Record] = {}
            condition = engine.condition(name)
            wanted = f"({condition} OR IsDeleted = true)" if condition else ""
            for record in engine.salesforce.changed_since(name, engine.select(name), since, wanted):
                records[record.id] = record
                newest = self._gathered.cursors.get(cursor)
                if newest is None or record.changed_at > newest:
                    self._gathered.cursors[cursor] = record.changed_at
            self._gathered.passed[name] = frozenset(records)
            due = [
                item.record_id
                for item in self._aside.due
                if (item.place, item.model) == (SALESFORCE, name) and item.record_id not in records
            ]
            if due:
                records |= engine.salesforce.by_ids(name, engine.select(name), due)
            baseline = self._gathered.baseline(SALESFORCE, name)
            for record in records.values():
                self._place(record, baseline)

    def _place(self, record: Record, baseline: Baseline) -> None:
        engine, name = self._engine, record.model
        link = self._state.link_of_salesforce(name, record.id)
        if link is not None and self._is_back(link, record):
            self._state.drop_link(link.id)
            link = None
        if link is not None:
            if link.id in self._gathered.by_link or not self._left_alone(link, record):
                self._gathered.linked(link).salesforce = record
            return
        claimed = self._gathered.by_claim.get((name, record.id))
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
        elif self._aside.holds(record):
            report.add(label, Outcome.QUARANTINED, self._aside.reason(record))
        elif not self._adopt_by_external_key(record):
            left_out = engine.scope.leaves_out(record)
            if left_out:
                report.add(label, Outcome.SKIPPED, left_out)
            else:
                self._gathered.new(name).salesforce = record

    def _left_alone(self, link: Link, record: Record) -> bool:
        """Half of a pair that is in quarantine, unchanged and not due: a scan may show it in every run (F65)."""
        if not self._aside.holds(record):
            return False
        for section in self._engine.sections:
            if section.salesforce == record.model and link.lives(section.model):
                label = f"{SALESFORCE} {record.model} {record.id}"
                reason = self._aside.reason(record)
                self._engine.report.section(section.key).add(label, Outcome.QUARANTINED, reason)
        return True

    def _is_back(self, link: Link, record: Record) -> bool:
        """Was a pair deleted on both sides, and is this one there again? It is a new one then (T40)."""
        carried = any(
            one.rules.delete_in or one.rules.delete_out
            for one in self._engine.sections
            if one.salesforce == link.sf_object and one.model in link.ids
        )
        return carried and not record.deleted and {SALESFORCE, *link.ids} <= link.deleted

    def _adopt_by_external_key(self, record: Record) -> bool:
        """A record that carries our own key belongs to that partner's record (F13); where that one was deleted, and
        nobody remembers, it stays as it is and is not made there again (P25, I6).
        """
        for section in self._engine.sections:
            field_name = external_id_field(self._engine, section.model, record.model)
            value = str(record.get(field_name) or "") if field_name else ""
            model, _, record_id = value.partition("-")
            if record_id and (model, record.model) == (section.model, section.salesforce):
                break
        else:
            return False
        activity = self._gathered.by_record.get((model, record.model, record_id))
        if activity is None:
            linked = self._state.link_of(model, record_id, record.model)
            found = None if linked else self._engine.partner.get(model, record_id)
            if found is None and linked is None and self._engine.scope.sees_all:
                label, reason = f"{SALESFORCE} {record.model} {record.id}", f"the {model} it was made for was deleted"
                self._engine.report.section(section.key).add(label, Outcome.SKIPPED, f"{reason}; this one stays")
                return True
            if found is None:
                return False
            activity = self._gathered.new(record.model)
            activity.partners[model] = found
        if activity.salesforce is not None and activity.rivals:
            return True
        if activity.link is not None or activity.salesforce is not None:
            return False
        activity.salesforce = record
        activity.claimed_sf_id = record.id
        known = self._engine.sobject(record.model).fields[field_name]
        if not known.unique:
            condition = f"{field_name} = {quoted(value)}"
            rows = self._engine.salesforce.where(record.model, self._engine.select(record.model), condition)
            activity.rivals = sorted(row.id for row in rows if not row.deleted and row.id != record.id)
        return True
