"""Act: carry out plans so that a kill between any two requests can be recovered from.

Order: changes in Salesforce, creations in Salesforce, creations at the partner, changes at the partner, then
the agreed values are committed per activity from what was *read back*.
Before a creation an intent is journaled; a creation with an unknown outcome is resolved by looking for the
record (see `journal`) and never repeated blindly (F01, F02).
Rules P7, P8, P10, P25, P26; invariants I3, I10, I13.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy.exc

from crm_sync.engine import Engine
from crm_sync.errors import RecordRefused, RunStopped, ServiceUnavailable, UnknownOutcome
from crm_sync.event_days import with_moved_times
from crm_sync.journal import Journal
from crm_sync.logged import log_conversation
from crm_sync.merged import retargeted
from crm_sync.model import SALESFORCE, Activity, Link, Record, Section
from crm_sync.observe import looked_at, put_aside
from crm_sync.plan import ACCOUNT_TOLD, Plan, sections_for
from crm_sync.read_back import read_back
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical, external_key
from crm_sync.report import HeldBack, Outcome
from crm_sync.rights import held_by_rights
from crm_sync.sides.salesforce import GONE_CODES
from crm_sync.state import Intent
from crm_sync.telling import Telling
from crm_sync.together import change_together
from crm_sync.updates import begin_updates

MANY = 10  # so many creations with a unique key go together
CREATIONS_TRIED = 3  # of one record: held back a picklist's value, told of a merged account, sent at last
READ_BACK_SINGLY_MAX = 5  # more created records than this are read back from a list
_PICKLIST = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


class Actor:
    """Carries out the plans of one run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = engine.state
        self._failed: set[int] = set()
        self._finished: set[int] = set()
        self._unkeyed: list[int] = []  # intents of what was made, and whose id the partner's record still lacks
        self._together: set[tuple[int, str]] = set()
        self._journal = Journal(engine)
        self._telling = Telling(engine)

    @property
    def calls_left(self) -> int | None:
        """How many calls to Salesforce the day still allows; None when nobody knows."""
        return self._engine.salesforce.calls_left

    def finished(self, plan: Plan) -> bool:
        """Was everything about this plan done, or its failure noted?"""
        return id(plan) in self._failed or id(plan) in self._finished

    # -- the whole -------------------------------------------------------------------------------------

    def act(self, plans: list[Plan]) -> None:
        """Carry out *plans*; raises RunStopped when the run cannot go on."""
        try:
            self._act(plans)
        except RunStopped:
            for plan in plans:
                self._telling.unsent(plan)
            raise

    def _act(self, plans: list[Plan]) -> None:
        for plan in plans:
            self._settle_paper(plan)
        updates = [p for p in plans if p.write and not p.create and id(p) not in self._failed]
        begun = begin_updates(self._engine, updates)
        self._update_salesforce([p for p in plans if p.write.get(SALESFORCE) and not p.create])
        self._create_many([plan for plan in plans if plan.create == SALESFORCE and id(plan) not in self._failed])
        for plan in plans:
            if plan.create == SALESFORCE and plan.write.get(SALESFORCE) is not None:
                self._guard(plan, self._create_in_salesforce)
        for model in self._engine.models:
            self._create_at_partner(model, [p for p in plans if p.create == model])
        changing = [p for p in plans if p.create in {None, SALESFORCE} and id(p) not in self._failed]
        self._together = change_together(self._engine, changing, self._telling)
        for plan in changing:
            self._guard(plan, self._update_partner)
        for plan in plans:
            if plan.delete or plan.drop:
                self._guard(plan, self._delete)
        with self._state.together():
            for plan in plans:
                if id(plan) not in self._failed:
                    self._commit(plan)
                    self._finished.add(id(plan))
            self._state.close_intents([*begun, *self._unkeyed])

    def _guard(self, plan: Plan, step: Any) -> None:
        """One activity's refusal is its own; the others go on (I13)."""
        if id(plan) in self._failed:
            return
        try:
            step(plan)
        except RecordRefused as error:
            self._fail(plan, str(error))
            self._telling.unsent(plan)
        except UnknownOutcome as error:
            self._fail(plan, f"{error}; it will be looked for again")

    def _settle_paper(self, plan: Plan) -> None:
        """What needs no request: conflicts before they are overwritten, refusals, waiting."""
        report = self._engine.report
        report.held_back += plan.held
        for note in plan.notes:
            report.note(note)
        self._telling.tell(plan)
        if plan.refuse:
            self._fail(plan, plan.refuse)
        elif plan.wait:
            self._wait(plan)

    def _wait(self, plan: Plan) -> None:
        self._failed.add(id(plan))
        for record in plan.activity.replicas():
            if plan.activity.link is None:
                put_aside(self._engine, record, plan.wait, kind="waiting")

    def _fail(self, plan: Plan, reason: str) -> None:
        """Quarantine one activity with its reason (F65)."""
        self._failed.add(id(plan))
        activity = plan.activity
        for section in plan.verdicts:
            plan.verdicts[section] = (Outcome.QUARANTINED, reason)
        if not plan.refuse:
            self._link_anyway(activity)
        for record in activity.replicas():
            put_aside(self._engine, record, reason, kind="quarantine")

    def _link_anyway(self, activity: Activity) -> None:
        """A pair is one although nothing could be agreed on yet: put aside, neither half is new to the other (I3)."""
        row, known = activity.salesforce, sections_for(activity, self._engine)
        ids = {model: record.id for model, record in activity.partners.items() if model in known}
        if activity.link is not None or not activity.claimed_sf_id or row is None or row.deleted or not ids:
            return
        with contextlib.suppress(RecordRefused):
            activity.link = self._journal.add_link(activity.sf_object, row.id, ids, {})

    def _gone(self, plan: Plan, replica: str) -> None:
        """A write met a deleted record: a tombstone, and the survivor stays as it is (P25)."""
        self._failed.add(id(plan))
        link = plan.activity.link
        if link is not None and replica == SALESFORCE:
            plan.activity.link = self._state.change_link(link.id, sf_deleted=True)
        elif link is not None:
            plan.activity.link = self._state.change_link(link.id, deleted={replica: True})
        for section in plan.verdicts:
            plan.verdicts[section] = (
                Outcome.SKIPPED,
                "its counterpart was deleted; this one stays",
            )

    # -- changes in Salesforce ------------------------------------------------------------------------

    def _update_salesforce(self, plans: list[Plan]) -> None:
        by_object: dict[str, list[Plan]] = {}
        for plan in plans:
            if id(plan) not in self._failed:
                by_object.setdefault(plan.activity.sf_object, []).append(plan)
        for name, group in sorted(by_object.items()):
            by_id = {_sf_id(plan.activity): plan for plan in group}
            for plan in group:
                self._telling.sent(plan, SALESFORCE)
            changes = {i: plan.write[SALESFORCE] for i, plan in by_id.items()}
            refused = self._engine.salesforce.update(name, with_moved_times(self._engine, name, changes))
            refused = self._without_refused_picklists(name, by_id, refused)
            for record_id, error in refused.items():
                self._telling.refused(by_id[record_id], SALESFORCE)
                if error.code in GONE_CODES:
                    self._gone(by_id[record_id], SALESFORCE)
                else:
                    self._fail(by_id[record_id], str(error))
            done = [i for i in by_id if i not in refused]
            self._read_back_salesforce(name, {i: by_id[i] for i in done})

    def _without_refused_picklists(
        self, name: str, by_id: Mapping[str, Plan], refused: dict[str, RecordRefused]
    ) -> dict[str, RecordRefused]:
        """A picklist changed since the describe: hold that field back, send the rest (P26)."""
        again: dict[str, dict[str, Any]] = {}
        for record_id, error in refused.items():
            if error.code != _PICKLIST or not error.fields:
                continue
            plan = by_id[record_id]
            fields = plan.write[SALESFORCE]
            for field in error.fields:
                self._hold_in_salesforce(plan, field, fields.pop(field, None), str(error))
            if fields:
                again[record_id] = fields
        if not again:
            return refused
        retried = self._engine.salesforce.update(name, with_moved_times(self._engine, name, again))
        return {i: e for i, e in refused.items() if i not in again} | retried

    def _hold_in_salesforce(self, plan: Plan, field: str, value: Any, reason: str) -> None:
        self._engine.report.held_back.append(HeldBack(plan.activity.label, field, value, reason))
        plan.keep |= {(model, field) for model in self._engine.models}
        self._telling.held(plan, field)

    def _read_back_salesforce(self, name: str, plans: Mapping[str, Plan]) -> None:
        if not plans:
            return
        rows = read_back(self._engine, name, plans)
        for record_id, plan in plans.items():
            row = rows.get(record_id)
            if row is None:
                self._fail(plan, "written, but it can no longer be seen in Salesforce")
                continue
            plan.activity.salesforce = row

    # -- creations in Salesforce ------------------------------------------------------------------------

    def _create_many(self, plans: list[Plan]) -> None:
        """Many at once where a unique key allows it; what is refused here is tried alone, with its reason."""
        by_section: dict[tuple[str, str], list[Plan]] = {}
        for plan in plans:
            by_section.setdefault((plan.activity.sf_object, self._latest(plan).model), []).append(plan)
        for (name, model), group in sorted(by_section.items()):
            key_field = self._journal.key_field(name, model)
            if key_field and len(group) >= MANY:
                self._create_by_key(name, key_field, group)

    def _latest(self, plan: Plan) -> Record:
        """The partner's record whose id is the key: the latest model's of those that are there."""
        partners = plan.activity.partners
        return partners[[model for model in self._engine.models if model in partners][-1]]

    def _create_by_key(self, name: str, key_field: str, plans: list[Plan]) -> None:
        engine = self._engine
        with self._state.together():
            pairs = [(plan, *self._begin_in_salesforce(plan, key_field)) for plan in plans]
        begun = {key: (plan, intent) for plan, intent, key in pairs}
        rows = {key: plan.write[SALESFORCE] for key, (plan, _) in begun.items()}
        jobs: list[int] = []
        made = engine.salesforce.upsert_many(
            name, key_field, rows, began=lambda job: jobs.append(self._journal.begin_job(name, job))
        )
        records = engine.salesforce.by_ids(name, engine.select(name), made.ids.values())
        with self._state.together():
            for key, (plan, intent) in begun.items():
                row = records.get(made.ids.get(key, ""))
                if row is None:
                    self._state.close_intent(intent)  # nothing was made, or it is found again by its key
                    continue
                self._guard(plan, lambda p, i=intent, r=row: self._link_created(p, i, r.id, r))
                plan.write.pop(SALESFORCE)
            self._state.close_intents(jobs)

    def _begin_in_salesforce(self, plan: Plan, key_field: str) -> tuple[Intent, str]:
        activity = plan.activity
        replicas = [activity.partners[model] for model in self._engine.models if model in activity.partners]
        latest = self._latest(plan)
        key = external_key(latest.model, latest.id) if key_field else ""
        fields = dict(plan.write[SALESFORCE])
        intent = self._journal.begin_in_salesforce(
            activity.sf_object, replicas, fields, keep=plan.keep, key=key, replaces=activity.link
        )
        return intent, key

    def _create_in_salesforce(self, plan: Plan) -> None:
        sf_object = plan.activity.sf_object
        key_field = self._journal.key_field(sf_object, self._latest(plan).model)
        intent, key = self._begin_in_salesforce(plan, key_field)
        intent, sf_id = self._create_or_adopt(plan, intent, dict(plan.write[SALESFORCE]), key_field, key)
        intent = self._state.change_intent(intent, sf_id=sf_id)
        self._link_created(plan, intent, sf_id, self._journal.row(sf_object, sf_id))
        plan.write.pop(SALESFORCE)

    def _create_or_adopt(
        self, plan: Plan, intent: Intent, fields: dict[str, Any], key_field: str, key: str
    ) -> tuple[Intent, str]:
        """The new record's id, however often the connection fails."""
        salesforce = self._engine.salesforce
        name = plan.activity.sf_object
        refusal: RecordRefused | None = None
        moved = False
        for _ in range(CREATIONS_TRIED):
            try:
                if key_field:
                    found = salesforce.upsert(name, key_field, key, fields)
                    return intent, found or str(salesforce.by_external_id(name, key_field, key))
                return intent, salesforce.create(name, fields)
            except UnknownOutcome as unknown:
                made = self._journal.search(intent)
                if made is not None:
                    return intent, made
                refusal = RecordRefused(str(unknown), transient=True)
            except RecordRefused as error:
                if error.code == "DUPLICATE_VALUE" and key_field:
                    existing = salesforce.by_external_id(name, key_field, key)
                    if existing is not None:
                        return intent, existing
                if error.code == _PICKLIST and error.fields:
                    for field in error.fields:
                        self._hold_in_salesforce(plan, field, fields.pop(field, None), str(error))
                    intent = self._journal.resend(intent, fields)
                    refusal = error
                    continue
                if error.code in GONE_CODES and not moved:
                    moved = self._retarget(plan, fields)
                    if moved:
                        intent = self._journal.resend(intent, fields)
                        refusal = error
                        continue
                self._state.close_intent(intent)
                raise
            except ServiceUnavailable:
                raise  # the intent stays open: the next run looks for the record first
        assert refusal is not None
        if not refusal.transient:
            self._state.close_intent(intent)  # refused, not in doubt
        raise refusal

    def _retarget(self, plan: Plan, fields: dict[str, Any]) -> bool:
        """What was merged away gives its place in *fields* to the one that is left (F14); False: nothing was."""
        left = retargeted(self._engine.salesforce, fields)
        for name, record_id in left.items():
            self._engine.report.note(f"{plan.activity.label}: {name} {fields[name]} was merged into {record_id}")
        fields |= left
        return bool(left)

    def _link_created(self, plan: Plan, intent: Intent, sf_id: str, row: Record | None) -> None:
        """Make the link durable as soon as the record exists, then plan the write-back (P7, P8)."""
        activity = plan.activity
        activity.salesforce = row
        deleted = row is not None and row.deleted
        activity.link = self._journal.add_link(
            activity.sf_object,
            sf_id,
            intent.body["ids"],
            self._journal.base_with_salesforce(intent, row),
            sf_deleted=deleted,
            replaces=intent.body.get("replaces"),
        )
        lacking = [] if deleted else self._without_key(activity)
        if lacking:
            self._unkeyed.append(self._state.change_intent(intent, sf_id=sf_id, linked=True).id)
        else:
            self._state.close_intent(intent)
        if deleted:
            self._gone(plan, SALESFORCE)
        for model in lacking:
            plan.write.setdefault(model, {})[self._engine.keyable(model)] = sf_id

    def _without_key(self, activity: Activity) -> list[str]:
        """The models whose record may hold Salesforce's id, and does not yet."""
        known = {model: self._engine.keyable(model) for model in sections_for(activity, self._engine)}
        partners = activity.partners
        return [m for m, key in known.items() if m in partners and key and not _own_key(partners[m].get(key))]

    # -- creations at the partner ---------------------------------------------------------------------

    def _create_at_partner(self, model: str, plans: list[Plan]) -> None:
        plans = [plan for plan in plans if id(plan) not in self._failed]
        if not plans:
            return
        by_key = {_sf_id(plan.activity): plan for plan in plans}
        with self._state.together():
            intents = {key: self._begin_at_partner(model, plan) for key, plan in by_key.items()}
        items = [plan.write[model] for plan in plans]
        told = self._engine.partner.upsert(model, items)
        with self._state.together():
            for key in by_key:
                if key in told.done:
                    intents[key] = self._state.change_intent(intents[key], made=True)
        records = self._read_back_partner(model, by_key)
        with self._state.together():
            for key, plan in by_key.items():
                record = records.get(key)
                if record is not None:
                    plan.activity.partners[model] = record
                    self._guard(plan, lambda p, i=intents[key], r=record: self._link_received(p, i, r))
                    continue
                self._state.close_intent(intents[key])
                error = told.refused.get(key)
                self._fail(plan, str(error) if error else f"{self._engine.partner.name.title()} did not keep it")
        for key, plan in by_key.items():
            if key in records and id(plan) not in self._failed:
                log_conversation(self._engine, plan.activity, records[key])

    def _read_back_partner(self, model: str, by_key: Mapping[str, Plan]) -> dict[str, Record]:
        """The created records by Salesforce id; a bulk answer's order is not trusted (F61)."""
        partner, keyable = self._engine.partner, self._engine.keyable(model)
        partial = model in self._engine.profile.raw["partner"].get("partial_rows", ())
        found: dict[str, Record] = {}
        folded = {key.lower(): key for key in by_key}  # Totango keeps ids in lower case (T4)
        if not partial and len(by_key) > READ_BACK_SINGLY_MAX:
            for part in partner.parts(model):
                for count, record in enumerate(partner.changed_since(model, None, part=part)):
                    key = folded.get(str(record.get(keyable)).lower())
                    if key is not None:
                        found[key] = record
                    if len(found) == len(by_key) or count > 2 * len(by_key) + 100:
                        break
        for key in by_key:
            if key not in found:
                single = partner.by_salesforce_id(model, key)
                if single is not None:
                    found[key] = single
        return found

    def _begin_at_partner(self, model: str, plan: Plan) -> Intent:
        activity = plan.activity
        assert activity.salesforce is not None
        return self._journal.begin_at_partner(model, activity.salesforce, plan.write[model], replaces=activity.link)

    def _link_received(self, plan: Plan, intent: Intent, record: Record) -> None:
        activity = plan.activity
        base = self._journal.received_base(intent, record)
        activity.link = self._journal.add_link(
            activity.sf_object,
            intent.body["sf_id"],
            {record.model: record.id},
            base,
            replaces=intent.body.get("replaces"),
        )
        self._state.close_intent(intent)

    # -- changes at the partner -------------------------------------------------------------------------

    def _update_partner(self, plan: Plan) -> None:
        activity = plan.activity
        for model in self._engine.models:
            fields = plan.write.get(model)
            record = activity.replica(model)
            if not fields or record is None or (id(plan), model) in self._together:
                continue
            self._telling.sent(plan, model)
            try:
                written = self._engine.partner.update(model, record.id, fields)
            except RecordRefused:
                self._telling.refused(plan, model)
                raise
            if written is None:
                self._telling.refused(plan, model)
                self._gone(plan, model)
                return
            _set(activity, written)
            if "status" in fields:
                log_conversation(self._engine, activity, written)

    # -- deletions -------------------------------------------------------------------------------------

    def _delete(self, plan: Plan) -> None:
        """Carry a deletion over. The link says who was deleted first, so a run that dies here does it again."""
        link = plan.activity.link
        assert link is not None
        if plan.drop:
            self._state.drop_link(link.id)
            plan.activity.link = None
            return
        self._telling.sent(plan, plan.delete)
        try:
            self._delete_there(plan, link)
        except RecordRefused:
            self._telling.refused(plan, plan.delete)
            raise

    def _delete_there(self, plan: Plan, link: Link) -> None:
        if plan.delete == SALESFORCE:
            self._engine.salesforce.delete(plan.activity.sf_object, str(link.sf_id))
            plan.activity.link = self._state.change_link(link.id, sf_deleted=True)
        else:
            self._engine.partner.delete(plan.delete, link.ids[plan.delete])
            plan.activity.link = self._state.change_link(link.id, deleted={plan.delete: True})

    # -- commit ----------------------------------------------------------------------------------------

    def _commit(self, plan: Plan) -> None:
        """Write down what both sides now agree on, from what was read back."""
        activity = plan.activity
        sleeps = activity.link is not None and activity.link.dormant  # what was agreed stays so until it wakes (P6)
        if sleeps or not (activity.link or (activity.claimed_sf_id and activity.salesforce)):
            self._clear_pending(plan)  # it was looked at, and nothing is to be done about it
            return
        sections = sections_for(activity, self._engine)
        row = activity.salesforce
        if activity.link.dead if activity.link is not None else row is not None and row.deleted:
            return  # nothing is agreed on with what was deleted
        base = self._agreed(plan, sections)
        self._note_answers(plan)
        ids = {model: record.id for model in sections if (record := activity.replica(model)) is not None}
        if activity.link is None:
            try:
                link = self._journal.add_link(activity.sf_object, str(activity.claimed_sf_id), ids, base)
            except RecordRefused as error:
                self._fail(plan, str(error))
                return
            activity.link = link
        changed: dict[str, Any] = {}
        if base != {k: dict(v) for k, v in activity.link.base.items()}:
            changed["base"] = base
        for name, told, kept in (("ids", ids, activity.link.ids), ("seen", activity.rows, activity.link.seen)):
            new = {model: value for model, value in told.items() if kept.get(model) != value}
            if new:
                changed[name] = new
        if changed:
            try:
                activity.link = self._state.change_link(activity.link.id, **changed)
            except sqlalchemy.exc.IntegrityError:
                self._fail(plan, "the partner's record already belongs to another activity")
                return
        self._clear_pending(plan)

    def _note_answers(self, plan: Plan) -> None:
        """Of when the partner's own answer to a write is: a list that shows less is behind it (F49)."""
        rows = self._engine.profile.raw["partner"].get("partial_rows", ())
        for model, record in plan.activity.partners.items():
            if plan.write.get(model) and model not in rows:
                plan.activity.rows[model] = record.changed_at.isoformat()

    def _clear_pending(self, plan: Plan) -> None:
        """Its records are looked at again for no reason of their own; what waits for the other job waits (T10)."""
        for record in () if plan.left else plan.activity.replicas():
            looked_at(self._engine, record, plan.activity.sf_object, held_by_rights(self._engine, plan, record))

    def _agreed(self, plan: Plan, sections: Mapping[str, Section]) -> dict[str, dict[str, Any]]:
        """What both sides agree on now: of what was written, as it was read back (F40); of the rest, as it was when
        this was decided. What somebody wrote meanwhile is a change that the next run will see (I5). Our own write is
        agreed on also where nothing but what to write was known of a record: else it would pass for an edit (F17).
        """
        activity, engine = plan.activity, self._engine
        old: Mapping[str, Mapping[str, Any]] = activity.link.base if activity.link else {}
        base = {replica: dict(values) for replica, values in old.items()}
        listed = list(sections.values())
        for replica, now in ((SALESFORCE, activity.salesforce), *activity.partners.items()):
            if now is None or (replica != SALESFORCE and replica not in sections):
                continue
            known = base.get(replica, {})
            before = plan.read.get(replica)
            if before is None and known and plan.create == replica:
                continue  # made in this run: agreed on when its link was made
            one = listed if replica == SALESFORCE else [sections[replica]]
            keys = {} if before is None and known else engine.all_keys(before or now, one)
            written = _written(plan, replica, one)
            keys |= {name: key for name, key in engine.all_keys(now, one).items() if name in written}
            base[replica] = _merged(replica, known, keys, plan.keep)
            other = plan.other_account.get(replica)  # not there: this run did not look
            if other is not None and other != known.get(ACCOUNT_TOLD, ""):
                base[replica][ACCOUNT_TOLD] = other
        return base


def _written(plan: Plan, replica: str, sections: Sequence[Section]) -> set[str]:
    """The mapped fields, by Salesforce's names, that were written on one replica."""
    fields = plan.write.get(replica, {})
    if replica == SALESFORCE:
        return set(fields)
    return {mapped.salesforce for section in sections for mapped in section.fields if mapped.partner in fields}


def _own_key(value: Any) -> bool:
    """Is it a key that people gave, and no Salesforce id? Then it stays (T6)."""
    text = str(value or "").strip()
    if not text:
        return False
    try:
        canonical(text)
    except NotAnId:
        return True
    except AmbiguousId:
        return False
    return False


def _sf_id(activity: Activity) -> str:
    if activity.salesforce is not None:
        return activity.salesforce.id
    assert activity.link is not None
    return str(activity.link.sf_id)


def _set(activity: Activity, record: Record) -> None:
    known = activity.partners.get(record.model)
    if known is not None and record.values.get("description") is None:
        # Some answers leave the description out; what was read before still holds.
        kept = {"description": known.get("description")}
        record = replace(record, values={**record.values, **kept})
    activity.partners[record.model] = record


def _merged(replica: str, old: Mapping[str, Any], new: Mapping[str, Any], keep: set[tuple[str, str]]) -> dict[str, Any]:
    """New agreed values, except for those that must stay (absent ones stay absent)."""
    return {**old, **{name: key for name, key in new.items() if (replica, name) not in keep}}
