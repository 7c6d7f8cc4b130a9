"""What planning needs beside the changed record itself: the other replicas, and what is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from crm_sync.engine import Engine
from crm_sync.model import SALESFORCE, Activity, Link, Record, Section
from crm_sync.observe.aside import PutAside
from crm_sync.observe.gathered import Gathered

#: When that was deleted of which the partner no longer tells.
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class Completing:
    """Completes what was gathered."""

    def __init__(self, engine: Engine, gathered: Gathered, aside: PutAside) -> None:
        self._engine = engine
        self._state = engine.state
        self._gathered = gathered
        self._aside = aside
        self._deletions: dict[str, Mapping[str, datetime]] = {}  # by section: the partner's id, and when

    def complete(self) -> None:
        """Read what planning needs beside the changed record itself."""
        self._read_claimed()
        self._read_unscanned()
        read = [one for one in self._gathered.activities if one.salesforce is not None]
        self._shut_in(read)
        for activity in list(self._gathered.activities):
            woken = self._mark_deleted_salesforce(activity)
            self._read_partners(activity, woken=woken)
        self._read_for_deletions()
        for activity in self._gathered.activities:
            self._shut_out(activity)
        asked = {id(one) for one in read}
        self._shut_in([one for one in self._gathered.activities if one.salesforce and id(one) not in asked])

    def _shut_in(self, activities: Iterable[Activity]) -> None:
        """What the filter leaves out stays as it is, however it came to be read (T14); so does what is passed over."""
        by_object: dict[str, dict[str, Activity]] = {}
        for activity in activities:
            record = activity.salesforce
            if record is None or record.deleted:
                continue
            activity.shut_in = self._engine.scope.passes_over(record) if activity.link is not None else ""
            if self._engine.condition(record.model) and record.id not in self._gathered.passed[record.model]:
                by_object.setdefault(record.model, {})[record.id] = activity
        for name, by_id in by_object.items():
            passing = self._engine.salesforce.by_ids(
                name, self._engine.select(name), by_id, self._engine.condition(name)
            )
            for record_id in by_id.keys() - passing.keys():
                by_id[record_id].shut_in = "the filter does not let it through (rule T14)"

    def _shut_out(self, activity: Activity) -> None:
        """What was not updated within the window is absent from the outbound job, whoever had it read (T23); so is a
        deletion that is older (T39).
        """
        for model, record in activity.partners.items():
            if days := self._outside(model, activity, record.changed_at):
                activity.shut_out = f"it was not updated in the last {days} days (rule T23)"
        for model, at in activity.gone.items():
            if days := self._outside(model, activity, at):
                activity.shut_out = f"it was deleted in the partner more than {days} days ago (rule T39)"

    def _outside(self, model: str, activity: Activity, at: datetime) -> int | None:
        """The days of the window that *at* falls out of; None when it does not."""
        section = self._engine.section_of(model, activity.sf_object)
        days = section.rules.window_out_days if section is not None else None
        return days if days is not None and at < self._gathered.began - timedelta(days=days) else None

    def _read_for_deletions(self) -> None:
        """What a deletion that goes further depends on: what the survivor says, and when it was (T39, T41)."""
        unread: list[Activity] = []
        for activity in self._gathered.activities:
            link = activity.link
            section = self._carrying(activity)
            if link is None or section is None:
                continue
            if activity.salesforce is None:
                unread.append(activity)
            model = section.model
            if link.lives(model) and model not in activity.partners:
                record = self._engine.partner.get(model, link.ids[model])
                if record is None:
                    activity.link = self._state.change_link(link.id, deleted={model: True})
                else:
                    activity.partners[model] = record
            elif SALESFORCE not in link.deleted and model not in activity.gone:
                activity.gone[model] = self._told(section).get(link.ids[model], BEFORE_ALL)
        self._read_rows(unread)

    def _read_rows(self, activities: Iterable[Activity]) -> None:
        """Read the Salesforce half of linked activities, those of one object together."""
        by_object: dict[str, list[tuple[Activity, str]]] = {}
        for activity in activities:
            assert activity.link is not None
            by_object.setdefault(activity.sf_object, []).append((activity, str(activity.link.sf_id)))
        for name, wanted in by_object.items():
            ids = [sf_id for _, sf_id in wanted]
            found = self._engine.salesforce.by_ids(name, self._engine.select(name), ids)
            for activity, sf_id in wanted:
                activity.salesforce = found.get(sf_id)

    def _carrying(self, activity: Activity) -> Section | None:
        """The section that carries the deletion of one of the activity's sides over; None when nothing does."""
        link = activity.link
        if link is None or not link.dead:
            return None
        section = next((s for m in link.ids if (s := self._engine.section_of(m, activity.sf_object))), None)
        carried = section is not None and section.carries_deletion(of_salesforce=SALESFORCE in link.deleted)
        return section if carried else None

    def _told(self, section: Section) -> Mapping[str, datetime]:
        """When the partner says that its records were deleted: no scan of this run need have shown it, for an earlier
        one did, or the survivor was edited. Nothing where the time does not count.
        """
        days = section.rules.window_out_days
        if days is None and section.rules.delete_wins:
            return {}
        if section.key not in self._deletions:
            since = self._gathered.began - timedelta(days=days) if days is not None else None
            told = self._engine.partner.deleted_since(section.model, since)
            self._deletions[section.key] = {gone.record_id: gone.at for gone in told}
        return self._deletions[section.key]

    def _read_claimed(self) -> None:
        by_object: dict[str, list[Activity]] = {}
        for activity in self._gathered.activities:
            if activity.link is None and activity.claimed_sf_id and activity.salesforce is None:
                by_object.setdefault(activity.sf_object, []).append(activity)
        for name, activities in by_object.items():
            ids = [str(a.claimed_sf_id) for a in activities]
            found = self._engine.salesforce.by_ids(name, self._engine.select(name), ids)
            for activity in activities:
                activity.salesforce = found.get(str(activity.claimed_sf_id))
                if activity.salesforce is None:
                    self._gathered.activities.remove(activity)
                    reason = f"no {name} {activity.claimed_sf_id} can be seen in Salesforce"
                    self._aside.quarantine_all(activity, reason)

    def _read_unscanned(self) -> None:
        """Read the rows whose other side changed, of objects that nobody scans (only sent to), and where a scan goes
        past what somebody changed: what the older change says must not replace it unseen (T9, I5). So are rows of which
        a field is to be met for the first time.
        """
        scanned = {s.salesforce for s in self._engine.sections if s.direction.receives}
        unseen: list[Activity] = []
        for activity in self._gathered.activities:
            link = activity.link
            if link is None or activity.salesforce is not None:
                continue
            # A deleted one is asked for, too: it may be back, and nobody else would notice (F15).
            passed = activity.sf_object not in scanned or (not link.dead and self._may_be_passed(link))
            passed = passed or (not link.dead and self._maps_more(activity, link))
            if passed and self._partner_changed(activity):
                unseen.append(activity)
        self._read_rows(unseen)

    def _may_be_passed(self, link: Link) -> bool:
        """Can a change of its Salesforce record have been gone past: by a filter, by a switch, or put aside?"""
        engine, sf_id = self._engine, str(link.sf_id)
        aside = self._aside.has(SALESFORCE, link.sf_object, sf_id)
        aside = aside or any(self._aside.holds_back(model, record_id) for model, record_id in link.ids.items())
        return aside or bool(engine.condition(link.sf_object)) or engine.scope.passes_some

    def _maps_more(self, activity: Activity, link: Link) -> bool:
        """Does a record of a later model join, whose section maps what the earlier one's did not? Nobody knows what
        Salesforce says there, and no scan shows it again (P13, I1).
        """
        known = link.base.get(SALESFORCE, {})
        for model in activity.partners if known else ():
            section = self._engine.section_of(model, activity.sf_object) if model not in link.base else None
            if section is not None and any(mapped.salesforce not in known for mapped in section.fields):
                return True
        return False

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

    def _mark_deleted_salesforce(self, activity: Activity) -> bool:
        """Rule P25: a tombstone on positive evidence; an undeleted record wakes its link, which is told (F15).

        Where deletions are carried over, what was never linked here gets no tombstone: that would delete it, too (I6).
        """
        record, link = activity.salesforce, activity.link
        if record is None:
            return False
        if link is not None and (SALESFORCE in link.deleted) != record.deleted:
            activity.link = self._state.change_link(link.id, sf_deleted=record.deleted)
            return not record.deleted
        sections = [self._engine.section_of(model, activity.sf_object) for model in activity.partners]
        carried = any(one is not None and one.carries_deletion(of_salesforce=True) for one in sections)
        if link is None and record.deleted and activity.partners and not carried:
            ids = {model: one.id for model, one in activity.partners.items()}
            activity.link = self._state.add_link(
                sf_object=activity.sf_object, sf_id=record.id, ids=ids, base={}, deleted={SALESFORCE}
            )
        return False

    def _read_partners(self, activity: Activity, *, woken: bool) -> None:
        """The partner's other replicas, when something changed that they may have to hear of. Of a link that has just
        *woken* all are read: what somebody wrote there meanwhile was passed over, and no scan shows it again (I5).
        """
        link = activity.link
        if link is None or link.dead:
            return
        if activity.salesforce is not None and not activity.shut_in:
            sections = [s for s in self._engine.sections if s.salesforce == activity.sf_object]
            changed = any(self._differs(activity, activity.salesforce, s) for s in sections)
        else:
            changed = False
        if not (woken or changed or self._partner_changed(activity)):
            return
        for model in self._engine.models:
            section = self._engine.section_of(model, activity.sf_object)
            if section is None or not (woken or section.direction.receives):
                continue
            if not link.lives(model) or model in activity.partners:
                continue
            record = self._engine.partner.get(model, link.ids[model])
            if record is None:
                activity.link = link = self._state.change_link(link.id, deleted={model: True})
            elif not self._engine.excluded(section, record):
                activity.partners[model] = record
