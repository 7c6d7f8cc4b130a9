"""Where a record of the partner's belongs: to a link, to the Salesforce record it names, to another one, or nowhere."""

from __future__ import annotations

from datetime import datetime

from crm_sync.engine import Engine
from crm_sync.mapping import parse_moment
from crm_sync.model import SALESFORCE, Activity, Link, Record, Section
from crm_sync.observe.aside import PutAside
from crm_sync.observe.gathered import Baseline, Gathered
from crm_sync.observe.scans import digest, digest_sf
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical
from crm_sync.report import Outcome


class Placing:
    """Finds or begins the activity of each of the partner's records."""

    def __init__(self, engine: Engine, gathered: Gathered, aside: PutAside) -> None:
        self._engine = engine
        self._state = engine.state
        self._gathered = gathered
        self._aside = aside
        self._past: list[tuple[Activity, Section]] = []  # pairs from before their section was switched on

    def place(self, record: Record, section: Section, baseline: Baseline) -> None:
        """Find the activity of one partner's record, or begin one."""
        model, sf_object = record.model, section.salesforce
        report = self._engine.report.section(section.key)
        label = f"{record.place} {model} {record.id}"
        if self._aside.holds(record):
            report.add(label, Outcome.QUARANTINED, self._aside.reason(record))
            return
        link = self._state.link_of(model, record.id, sf_object)
        if link is not None and self._names_another(record, link, section):
            self._state.drop_link(link.id)
            link = None
        if link is not None:
            self._say_what_is_no_id(record, link, label)
            self._gathered.linked(link).partners[model] = self._not_behind(record, link, section)
            return
        if baseline().get(record.id) == digest(record):
            if not self.keyed_otherwise(record, sf_object):
                report.add(label, Outcome.SKIPPED, "it existed before this section was switched on")
                return
            self.place_past(record, section, label)
            return
        raw = str(record.get(self._engine.keyable(model)) or "").strip()
        left_out = self._engine.scope.leaves_out(record, keyed=bool(raw))
        if left_out:
            report.add(label, Outcome.SKIPPED, left_out)
            return
        if raw:
            self._place_by_key(record, section, raw, label)
            return
        continues = model in self._engine.profile.continues
        found = self._pointed_at(record, section) if continues else self._continued_by(record, section)
        if found is not None and (taken := _taken(found, record)):
            self._place_by_key(record, section, taken, label)  # the activity has its one Salesforce Task (P10)
            return
        activity = self._gathered.linked(found) if isinstance(found, Link) else found or self._gathered.new(sf_object)
        activity.partners[model] = record
        self._gathered.by_record[model, sf_object, record.id] = activity

    def _names_another(self, record: Record, link: Link, section: Section) -> bool:
        """Has a person given the survivor of a deletion to another Salesforce record? The tombstone is over (P9)."""
        raw = str(record.get(self._engine.keyable(record.model)) or "").strip()
        if SALESFORCE not in link.deleted or not raw or _carries_deletions(section):
            return False
        try:
            return canonical(raw, prefix=str(link.sf_id)[:3]) != link.sf_id
        except (AmbiguousId, NotAnId):
            return False

    def _say_what_is_no_id(self, record: Record, link: Link, label: str) -> None:
        """What was typed over the id of a linked record, when a scan shows it for the first time. The link stands; once
        it is lost nobody finds the pair.
        """
        if (record.model, record.id) not in self._gathered.fresh:
            return
        field = self._engine.keyable(record.model)
        raw = str(record.get(field) or "").strip()
        if not raw or link.sf_id is None or self._engine.profile.raw["partner"].get("own_keys"):
            return
        try:
            canonical(raw, prefix=link.sf_id[:3])
        except (AmbiguousId, NotAnId) as error:
            self._engine.report.note(f"{label}: {field}: {error}; it stays with {link.sf_object} {link.sf_id}")

    def _not_behind(self, record: Record, link: Link, section: Section) -> Record:
        """A list may be behind what the partner itself answered to our write (F49): its record is read by its id. So is
        one of the same moment that says something else: a stamp does not tell which of the two came later.
        """
        answered = link.seen.get(record.model, "")
        if not answered or " " in answered:
            return record
        at = datetime.fromisoformat(answered)
        if record.changed_at > at or (record.changed_at == at and self._as_agreed(record, link, section)):
            return record
        return self._engine.partner.get(record.model, record.id) or record

    def _as_agreed(self, record: Record, link: Link, section: Section) -> bool:
        base = link.base.get(record.model, {})
        keys = self._engine.keys(record, section)
        return all(base.get(name, key) == key for name, key in keys.items())

    def keyed_otherwise(self, record: Record, sf_object: str) -> bool:
        """Whether it carries an id in another form than ours (F07): nobody finds it by that later: it is linked now."""
        raw = str(record.get(self._engine.keyable(record.model)) or "").strip()
        try:
            return bool(raw) and canonical(raw, prefix=self._engine.key_prefix(sf_object)) != raw
        except (AmbiguousId, NotAnId):
            return False

    def place_past(self, record: Record, section: Section, label: str) -> None:
        """It is found by its key, and what both say is agreed on as it is: nobody asked to write it (P21, P29)."""
        self._place_by_key(record, section, str(record.get(self._engine.keyable(record.model))).strip(), label)
        activity = self._gathered.by_record.get((record.model, section.salesforce, record.id))
        if activity is not None:
            self._past.append((activity, section))

    def link_past(self) -> None:
        """Link pairs whose Salesforce record, too, is as it was before."""
        for activity, section in self._past:
            row, record = activity.salesforce, activity.partners.get(section.model)
            if activity.link is not None or row is None or row.deleted or record is None:
                continue
            # Where nothing is received, what Salesforce says is no reason to write, whenever somebody wrote it (P2).
            past = not section.direction.receives
            if past or self._gathered.baseline(SALESFORCE, row.model)().get(row.id) == digest_sf(row):
                base = {SALESFORCE: self._engine.keys(row, section), section.model: self._engine.keys(record, section)}
                activity.link = self._state.add_link(
                    sf_object=row.model, sf_id=row.id, ids={section.model: record.id}, base=base
                )
                self._gathered.by_link[activity.link.id] = activity

    def _place_by_key(self, record: Record, section: Section, raw: str, label: str) -> None:
        """The record carries an id: it joins that Salesforce record's activity (rules P8, P9)."""
        model, sf_object = record.model, section.salesforce
        report = self._engine.report.section(section.key)
        prefix = self._engine.key_prefix(sf_object)
        try:
            sf_id = canonical(raw, prefix=prefix)
        except AmbiguousId as error:
            self._aside.quarantine(record, section, f"{self._engine.keyable(model)}: {error}")
            return
        except NotAnId as error:
            if self._engine.profile.raw["partner"].get("own_keys"):
                # a key of the customer's own: no Salesforce record has it (T4)
                activity = self._gathered.new(sf_object)
                activity.partners[model] = record
                self._gathered.by_record[model, sf_object, record.id] = activity
                return
            report.add(label, Outcome.SKIPPED, f"its {self._engine.keyable(model)} is no id: {error}")
            return
        link = self._follows(record, section, self._state.link_of_salesforce(sf_object, sf_id))
        taken = link is not None and link.lives(model) and link.ids[model] != record.id
        activity = self._gathered.linked(link) if link else self._gathered.claimed(sf_object, sf_id)
        other = activity.replica(model)
        if taken or (other is not None and other.id != record.id):
            holder = link.ids[model] if link and taken else other.id if other else ""
            self._aside.quarantine(record, section, f"{sf_object} {sf_id} already belongs to {model} {holder}")
            return
        if link is not None and model not in link.ids and self._continued_in(link, model):
            activity.link = self._joined(link, record, section)
        activity.partners[model] = record
        self._gathered.by_record[model, sf_object, record.id] = activity

    def _continued_in(self, link: Link, model: str) -> bool:
        """Has the activity gone on to what follows records of *model*: is it logged already (P1)?"""
        return any(link.lives(later) for later, earlier in self._engine.profile.continues.items() if earlier == model)

    def _follows(self, record: Record, section: Section, link: Link | None) -> Link | None:
        """The link of the Salesforce record that *record* names. One whose holder was deleted goes over to it: what a
        person makes and gives that id to is no second one (P8, P9, P25).
        """
        model = record.model
        holder = link.ids.get(model) if link is not None else None
        if link is None or holder in {None, record.id} or _carries_deletions(section):
            return link
        if link.lives(model) and self._engine.partner.get(model, str(holder)) is not None:
            return link
        if any(link.lives(one) for one in link.ids if one != model):
            base = {replica: values for replica, values in link.base.items() if replica != model}
            return self._state.change_link(link.id, ids={model: record.id}, deleted={model: False}, base=base)
        self._state.drop_link(link.id)
        return None

    def _pointed_at(self, record: Record, section: Section) -> Link | Activity | None:
        """The link, or else the activity, of the Task this Conversation was logged from, if it inherits (P10, P21)."""
        earlier = self._engine.profile.continues[record.model]
        task_id = str(record.get("taskId") or record.id)
        found = self._state.link_of(earlier, task_id, section.salesforce) or self._gathered.by_record.get(
            (earlier, section.salesforce, task_id)
        )
        found = found or self._not_listed(earlier, record, section)
        if found is None:
            return None
        if not self._engine.inheritance_on or not self._logged_while_on(record):
            when = "now" if not self._engine.inheritance_on else "when it was logged"
            self._engine.report.note(
                f"{record.model} {record.id} continues {earlier} {task_id}, but inheritance is off {when}: "
                "it has a Salesforce Task of its own (rules P11, P21)"
            )
            return None
        return found

    def _continued_by(self, record: Record, section: Section) -> Link | None:
        """The link of the Conversation that was logged of this Task before the Task itself took part, if it inherits:
        the activity has its Salesforce Task, or had it until somebody deleted that (P10, P25).
        """
        engine = self._engine
        for later, pointer in engine.profile.raw["partner"].get("continued_by", {}).items():
            named = str(record.get(pointer) or "") if engine.profile.continues[later] == record.model else ""
            link = self._state.link_of(later, named, section.salesforce) if named else None
            if link is not None and engine.inheritance_on:
                if record.model in link.ids:
                    return link
                syncs = bool(engine.of_model(later))  # else nobody may ask (P2)
                logged = engine.partner.get(later, named) if syncs else None
                if logged is None or self._logged_while_on(logged):
                    return self._joined(link, record, section)
        return None

    def _joined(self, link: Link, record: Record, section: Section) -> Link:
        """*link* with *record* in it, agreed on as it stands (I5).

        Nobody knows which of its values somebody wrote since: an old one must not undo what was edited in Salesforce.
        """
        keys, model = self._engine.keys(record, section), record.model
        self._engine.report.note(
            f"{record.place} {model} {record.id} joins {link.sf_object} {link.sf_id}, which its activity has already; "
            "what the two say differently stays until somebody edits it (rules P10, P29)"
        )
        return self._state.change_link(link.id, ids={model: record.id}, base={**link.base, model: keys})

    def _not_listed(self, earlier: str, record: Record, section: Section) -> Link | Activity | None:
        """The Task of a Conversation that names it, when no list shows it yet: lists may be behind (F49). One that
        carries an id belongs where that says, if anywhere (P8, P9).
        """
        task_id = str(record.get("taskId") or "")
        if not task_id or self._engine.section_of(earlier, section.salesforce) is None:
            return None
        task = self._engine.partner.get(earlier, task_id)
        if task is None:
            return None
        if self._carries_an_id(task, section.salesforce):
            return self._placed_by_its_id(task, section.salesforce)
        activity = self._gathered.new(section.salesforce)
        self._gathered.by_record[earlier, section.salesforce, task_id] = activity
        activity.partners[earlier] = task
        return activity

    def _carries_an_id(self, record: Record, sf_object: str) -> bool:
        raw = str(record.get(self._engine.keyable(record.model)) or "").strip()
        try:
            return bool(raw and canonical(raw, prefix=self._engine.key_prefix(sf_object)))
        except AmbiguousId:
            return True
        except NotAnId:
            return False

    def _placed_by_its_id(self, record: Record, sf_object: str) -> Link | Activity | None:
        section = self._engine.section_of(record.model, sf_object)
        if section is None or self._aside.holds(record):
            return None
        raw = str(record.get(self._engine.keyable(record.model))).strip()
        self._place_by_key(record, section, raw, f"{record.place} {record.model} {record.id}")
        activity = self._gathered.by_record.get((record.model, sf_object, record.id))
        return activity and (activity.link or activity)

    def _logged_while_on(self, record: Record) -> bool:
        created = record.get("createdAt") or record.get("createDate")
        moment = parse_moment(created) or record.changed_at
        # The flag was moved by our clock, the record was made by the partner's (F56).
        return self._state.flag_at(self._engine.partner.transport.ours(moment))

    def is_excluded(self, record: Record, section: Section) -> bool:
        """Does the record take no part? Its link sleeps for as long, and wakes by itself (P6).

        What was done in Salesforce meanwhile was seen and passed over: the record is read again when its link wakes.
        """
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
            scanned = any(s.salesforce == link.sf_object and s.direction.receives for s in self._engine.sections)
            if scanned and link.sf_id and not link.dead:
                self._aside.look_again(SALESFORCE, link.sf_object, link.sf_id, "its counterpart takes part again")
            self._state.change_link(link.id, dormant=False)
        return bool(reason)


def _taken(found: Link | Activity, record: Record) -> str:
    """The Salesforce id of what *record* continues, where another record of its model continues that already."""
    if isinstance(found, Link):
        holder, sf_id = found.ids.get(record.model, record.id), found.sf_id
    else:
        other = found.replica(record.model)
        holder, sf_id = other.id if other else record.id, found.claimed_sf_id
    return str(sf_id or "") if holder != record.id else ""


def _carries_deletions(section: Section) -> bool:
    """Does a deletion on one side delete on the other? Then nothing survives it that could be given to another."""
    return section.rules.delete_in or section.rules.delete_out
