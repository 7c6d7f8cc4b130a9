"""Act: carry out plans so that a kill between any two requests can be recovered from.

Order: changes in Salesforce, creations in Salesforce, creations in Planhat, changes in Planhat, then
the agreed values are committed per activity from what was *read back*.
Before a creation an intent is journaled. A creation with an unknown outcome, or an intent found open
at the start of a run, is resolved by looking for the record; it is never repeated blindly (F01, F02).
Rules P7, P8, P10, P25, P26; invariants I3, I10, I13.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy.exc

from crm_sync.engine import Engine
from crm_sync.errors import RecordRefused, ServiceUnavailable, UnknownOutcome
from crm_sync.html_text import canon_line
from crm_sync.mapping import lens
from crm_sync.model import (
    CONVERSATION,
    KEYABLE,
    PLANHAT,
    SALESFORCE,
    TASK,
    Activity,
    Link,
    Record,
    Section,
)
from crm_sync.observe import external_key, put_aside
from crm_sync.plan import Plan, sections_for
from crm_sync.report import HeldBack, Outcome
from crm_sync.sides.salesforce import GONE_CODES, literal, quoted
from crm_sync.state import DELETED_COLUMN, ID_COLUMN, Intent

CLOCK_SKEW_SECONDS_MAX = 300  # between our clock and Salesforce's, when a created record is sought
READ_BACK_SINGLY_MAX = 5  # more created Planhat records than this are read back from a list
_PICKLIST = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


class Actor:
    """Carries out the plans of one run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = engine.state
        self._failed: set[int] = set()
        self._finished: set[int] = set()

    def finished(self, plan: Plan) -> bool:
        """Was everything about this plan done, or its failure noted?"""
        return id(plan) in self._failed or id(plan) in self._finished

    # -- the whole -------------------------------------------------------------------------------------

    def act(self, plans: list[Plan]) -> None:
        """Carry out *plans*; raises RunStopped when the run cannot go on."""
        for plan in plans:
            self._settle_paper(plan)
        self._update_salesforce([p for p in plans if p.write.get(SALESFORCE) and not p.create])
        for plan in plans:
            if plan.create == SALESFORCE:
                self._guard(plan, self._create_in_salesforce)
        for model in (TASK, CONVERSATION):
            self._create_in_planhat(model, [p for p in plans if p.create == model])
        for plan in plans:
            if plan.create in {None, SALESFORCE} and id(plan) not in self._failed:
                self._guard(plan, self._update_planhat)
        for plan in plans:
            if id(plan) not in self._failed:
                self._commit(plan)
                self._finished.add(id(plan))

    def _guard(self, plan: Plan, step: Any) -> None:
        """One activity's refusal is its own; the others go on (I13)."""
        if id(plan) in self._failed:
            return
        try:
            step(plan)
        except RecordRefused as error:
            self._fail(plan, str(error))
        except UnknownOutcome as error:
            self._fail(plan, f"{error}; it will be looked for again")

    def _settle_paper(self, plan: Plan) -> None:
        """What needs no request: conflicts before they are overwritten, refusals, waiting."""
        report = self._engine.report
        report.held_back += plan.held
        for note in plan.notes:
            report.note(note)
        link = plan.activity.link
        for conflict in plan.conflicts:
            version = link.version if link else 0
            once = json.dumps([link.id if link else 0, version, conflict.as_dict()], default=str)
            once = hashlib.sha256(once.encode()).hexdigest()
            self._state.log_conflict(once, self._engine.clock.now(), conflict)
            report.conflicts.append(conflict)
        if plan.refuse:
            self._fail(plan, plan.refuse)
        elif plan.wait:
            self._wait(plan)

    def _wait(self, plan: Plan) -> None:
        self._failed.add(id(plan))
        for replica in (SALESFORCE, TASK, CONVERSATION):
            record = plan.activity.replica(replica)
            if record is not None and plan.activity.link is None:
                put_aside(self._engine, record, plan.wait, kind="waiting")

    def _fail(self, plan: Plan, reason: str) -> None:
        """Quarantine one activity with its reason (F65)."""
        self._failed.add(id(plan))
        activity = plan.activity
        for section in plan.verdicts:
            plan.verdicts[section] = (Outcome.QUARANTINED, reason)
        for replica in (SALESFORCE, TASK, CONVERSATION):
            record = activity.replica(replica)
            if record is not None:
                put_aside(self._engine, record, reason, kind="quarantine")

    def _gone(self, plan: Plan, **deleted: bool) -> None:
        """A write met a deleted record: a tombstone, and the survivor stays as it is (P25)."""
        self._failed.add(id(plan))
        link = plan.activity.link
        if link is not None:
            plan.activity.link = self._state.change_link(link.id, **deleted)
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
            changes = {i: plan.write[SALESFORCE] for i, plan in by_id.items()}
            refused = self._engine.salesforce.update(name, changes)
            refused = self._without_refused_picklists(name, by_id, refused)
            for record_id, error in refused.items():
                if error.code in GONE_CODES:
                    self._gone(by_id[record_id], sf_deleted=True)
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
        retried = self._engine.salesforce.update(name, again)
        return {i: e for i, e in refused.items() if i not in again} | retried

    def _hold_in_salesforce(self, plan: Plan, field: str, value: Any, reason: str) -> None:
        self._engine.report.held_back.append(HeldBack(plan.activity.label, field, value, reason))
        plan.keep |= {(model, field) for model in (TASK, CONVERSATION)}

    def _read_back_salesforce(self, name: str, plans: Mapping[str, Plan]) -> None:
        if not plans:
            return
        engine = self._engine
        rows = engine.salesforce.by_ids(name, engine.select(name), plans)
        for record_id, plan in plans.items():
            row = rows.get(record_id)
            if row is None:
                self._fail(plan, "written, but it can no longer be seen in Salesforce")
                continue
            plan.activity.salesforce = row
            for field, value in plan.write[SALESFORCE].items():
                self._note_if_rewritten(plan, field, value, row)

    def _note_if_rewritten(self, plan: Plan, field: str, value: Any, row: Record) -> None:
        """An automation or a permission may change what was sent (F40, F70); say so."""
        for section in sections_for(plan.activity, self._engine).values():
            for mapped in section.fields:
                if mapped.salesforce != field:
                    continue
                sent = lens(mapped).key_sf(mapped, {field: value}, self._engine.context)
                kept = lens(mapped).key_sf(mapped, row.values, self._engine.context)
                if sent != kept:
                    self._engine.report.note(
                        f"{plan.activity.label}: Salesforce keeps {kept!r} in {field} where {sent!r} was sent"
                    )

    # -- creations in Salesforce ------------------------------------------------------------------------

    def _create_in_salesforce(self, plan: Plan) -> None:
        engine, activity = self._engine, plan.activity
        fields = dict(plan.write[SALESFORCE])
        key_field = self._key_field(activity.sf_object)
        key = ""
        speaking = activity.conversation or activity.task
        assert speaking is not None
        if key_field:
            key = external_key(speaking.model, speaking.id)
        intent = self._state.open_intent(
            SALESFORCE,
            engine.clock.now(),
            {
                "object": activity.sf_object,
                "ids": {r.model: r.id for r in (activity.task, activity.conversation) if r},
                "fields": fields,
                "base": self._planhat_base(plan),
                "key": key,
            },
        )
        sf_id = self._create_or_adopt(plan, intent, fields, key_field, key)
        intent = self._state.change_intent(intent, sf_id=sf_id)
        self._link_created(plan, intent, sf_id)
        plan.write.pop(SALESFORCE)

    def _key_field(self, sf_object: str) -> str:
        """The configured external-id field, if this org's object has it as one."""
        name = self._engine.config.salesforce.external_id_field
        if not name:
            return ""
        known = self._engine.sobject(sf_object).fields.get(name)
        if known is None or not (known.external_id and known.unique):
            self._engine.report.note(
                f"{sf_object}.{name} is not a unique external id here; creations are found again by what they say"
            )
            return ""
        return name

    def _create_or_adopt(self, plan: Plan, intent: Intent, fields: dict[str, Any], key_field: str, key: str) -> str:
        """The new record's id, however often the connection fails."""
        salesforce = self._engine.salesforce
        name = plan.activity.sf_object
        refusal: RecordRefused | None = None
        for _ in range(2):
            try:
                if key_field:
                    found = salesforce.upsert(name, key_field, key, fields)
                    return found or str(salesforce.by_external_id(name, key_field, key))
                return salesforce.create(name, fields)
            except UnknownOutcome as unknown:
                made = self._search(intent)
                if made is not None:
                    return made
                refusal = RecordRefused(str(unknown), transient=True)
            except RecordRefused as error:
                if error.code == "DUPLICATE_VALUE" and key_field:
                    existing = salesforce.by_external_id(name, key_field, key)
                    if existing is not None:
                        return existing
                if error.code == _PICKLIST and error.fields:
                    for field in error.fields:
                        self._hold_in_salesforce(plan, field, fields.pop(field, None), str(error))
                    intent = self._state.change_intent(intent, fields=fields)
                    refusal = error
                    continue
                self._state.close_intent(intent)
                raise
            except ServiceUnavailable:
                raise  # the intent stays open: the next run looks for the record first
        assert refusal is not None
        raise refusal

    def _search(self, intent: Intent) -> str | None:
        """Find the record a create may have made: ours, unlinked, saying what we sent; or None."""
        engine, body = self._engine, intent.body
        name, fields = body["object"], body["fields"]
        key_field = self._key_field(name) if body["key"] else ""
        if key_field:
            return engine.salesforce.by_external_id(name, key_field, body["key"])
        since = intent.at - timedelta(seconds=CLOCK_SKEW_SECONDS_MAX)
        conditions = [f"CreatedDate >= {literal(since)}"]
        me = engine.salesforce.me()
        if me:
            conditions.append(f"CreatedById = {quoted(me)}")
        for field in ("WhatId", "ActivityDate", "Subject"):
            value = fields.get(field)
            if field not in engine.sobject(name).fields:
                continue
            shown = "null" if value is None else value if field == "ActivityDate" else quoted(value)
            conditions.append(f"{field} = {shown}")
        found = [
            record
            for record in engine.salesforce.where(name, engine.select(name), " AND ".join(conditions))
            if not record.deleted
            and canon_line(record.get("Subject")) == canon_line(fields.get("Subject"))
            and self._state.link(sf_object=name, sf_id=record.id) is None
        ]
        # Several say the same in these fields: the one that agrees in most others, then the oldest.
        found.sort(key=lambda record: -sum(record.get(f) == v for f, v in fields.items()))
        return found[0].id if found else None

    def _planhat_base(self, plan: Plan) -> dict[str, dict[str, Any]]:
        """The Planhat side's values as they were when the creation was decided."""
        base: dict[str, dict[str, Any]] = {}
        for model, section in sections_for(plan.activity, self._engine).items():
            record = plan.activity.replica(model)
            if record is not None:
                keys = self._engine.keys(record, section)
                base[model] = {f: k for f, k in keys.items() if (model, f) not in plan.keep}
        return base

    def _link_created(self, plan: Plan, intent: Intent, sf_id: str) -> None:
        """Make the link durable as soon as the record exists, then plan the write-back (P7, P8)."""
        activity = plan.activity
        row = self._row(activity.sf_object, sf_id)
        activity.salesforce = row
        activity.link = self._add_link(
            activity.sf_object, sf_id, intent.body["ids"], self._base_with_salesforce(intent, row)
        )
        self._state.close_intent(intent)
        for model in sections_for(activity, self._engine):
            record = activity.replica(model)
            if record is not None:
                plan.write.setdefault(model, {})[KEYABLE[model][0]] = sf_id

    def _row(self, sf_object: str, sf_id: str) -> Record | None:
        rows = self._engine.salesforce.by_ids(sf_object, self._engine.select(sf_object), [sf_id])
        return rows.get(sf_id)

    def _base_with_salesforce(self, intent: Intent, row: Record | None) -> dict[str, Any]:
        """Agreed values: Planhat's from the intent, Salesforce's as sent, else as first read."""
        base = {model: dict(values) for model, values in intent.body["base"].items()}
        sections = [
            section for model in base if (section := self._engine.section_of(model, intent.body["object"])) is not None
        ]
        sent = intent.body.get("fields", {})
        keys: dict[str, Any] = {}
        for section in sections:
            for mapped in section.fields:
                name = mapped.salesforce
                if name in sent:
                    keys[name] = lens(mapped).key_sf(mapped, sent, self._engine.context)
                elif row is not None:
                    keys[name] = lens(mapped).key_sf(mapped, row.values, self._engine.context)
        base[SALESFORCE] = keys
        return base

    def _add_link(self, sf_object: str, sf_id: str, ids: Mapping[str, str], base: Mapping[str, Any]) -> Link:
        try:
            return self._state.add_link(
                sf_object=sf_object,
                sf_id=sf_id,
                base=base,
                **{ID_COLUMN[model]: record_id for model, record_id in ids.items()},
            )
        except sqlalchemy.exc.IntegrityError:
            known = self._state.link(sf_object=sf_object, sf_id=sf_id)
            raise RecordRefused(
                f"{sf_object} {sf_id} already belongs to another activity (link {known.id if known else '?'})"
            ) from None

    # -- creations in Planhat -------------------------------------------------------------------------

    def _create_in_planhat(self, model: str, plans: list[Plan]) -> None:
        plans = [plan for plan in plans if id(plan) not in self._failed]
        if not plans:
            return
        by_key = {_sf_id(plan.activity): plan for plan in plans}
        intents = {key: self._planhat_intent(model, plan) for key, plan in by_key.items()}
        items = [plan.write[model] for plan in plans]
        refused = self._engine.planhat.upsert(model, items)
        records = self._read_back_planhat(model, by_key)
        for key, plan in by_key.items():
            record = records.get(key)
            if record is None:
                self._state.close_intent(intents[key])
                error = refused.get(key)
                self._fail(plan, str(error) if error else "Planhat did not keep it")
                continue
            _set(plan.activity, record)
            self._guard(
                plan,
                lambda p, i=intents[key], r=record: self._link_received(p, i, r),
            )

    def _planhat_intent(self, model: str, plan: Plan) -> Intent:
        activity = plan.activity
        assert activity.salesforce is not None
        section = self._engine.section_of(model, activity.sf_object)
        assert section is not None
        return self._state.open_intent(
            PLANHAT,
            self._engine.clock.now(),
            {
                "object": activity.sf_object,
                "model": model,
                "sf_id": activity.salesforce.id,
                "sf_base": self._engine.keys(activity.salesforce, section),
                "sent": plan.write[model],
            },
        )

    def _read_back_planhat(self, model: str, by_key: Mapping[str, Plan]) -> dict[str, Record]:
        """The created records by Salesforce id; a bulk answer's order is not trusted (F61)."""
        planhat, keyable = self._engine.planhat, KEYABLE[model][0]
        found: dict[str, Record] = {}
        if model == TASK and len(by_key) > READ_BACK_SINGLY_MAX:
            closed = any(plan.write[model].get("isArchived") for plan in by_key.values())
            for archived in (False, True) if closed else (False,):
                for count, record in enumerate(planhat.changed_since(model, None, archived=archived)):
                    if record.get(keyable) in by_key:
                        found[str(record.get(keyable))] = record
                    if len(found) == len(by_key) or count > 2 * len(by_key) + 100:
                        break
        for key in by_key:
            if key not in found:
                single = planhat.by_salesforce_id(model, key)
                if single is not None:
                    found[key] = single
        return found

    def _link_received(self, plan: Plan, intent: Intent, record: Record) -> None:
        activity = plan.activity
        base = self._received_base(intent, record)
        activity.link = self._add_link(activity.sf_object, intent.body["sf_id"], {record.model: record.id}, base)
        self._state.close_intent(intent)
        if record.model == TASK and self._engine.config.options.log_conversation:
            self._log_conversation(plan, record)

    def _received_base(self, intent: Intent, record: Record) -> dict[str, Any]:
        """Agreed values of a record that came from Salesforce: Planhat's as they were sent."""
        section = self._engine.section_of(record.model, intent.body["object"])
        assert section is not None
        sent = intent.body["sent"]
        keys: dict[str, Any] = {}
        for mapped in section.fields:
            values = sent if mapped.planhat in sent else record.values
            keys[mapped.salesforce] = lens(mapped).key_ph(mapped, values, self._engine.context)
        return {SALESFORCE: intent.body["sf_base"], record.model: keys}

    def _log_conversation(self, plan: Plan, task: Record) -> None:
        """P16's option: a completed Salesforce Task leaves a Conversation, once per activity."""
        engine, activity = self._engine, plan.activity
        closed = task.get("status") == engine.context.closed_means
        if not closed or activity.salesforce is None or activity.conversation is not None:
            return
        sf_id = activity.salesforce.id
        planhat = engine.planhat
        logged = planhat.get(CONVERSATION, task.id) or planhat.by_salesforce_id(CONVERSATION, sf_id)
        if logged is not None:
            return
        day = str(activity.salesforce.get("ActivityDate") or "")
        moment = f"{day}T00:00:00.000Z" if day else str(task.get("dateDone") or "")
        item = {
            "externalId": sf_id,
            "companyId": task.get("companyId"),
            "type": "note",
            "subject": task.get("action") or "",
            "description": task.get("description") or "",
        }
        if moment:
            item["date"] = moment
        refused = planhat.upsert(CONVERSATION, [item])
        for error in refused.values():
            engine.report.note(f"{activity.label}: its Conversation was not logged: {error}")

    # -- changes in Planhat -----------------------------------------------------------------------------

    def _update_planhat(self, plan: Plan) -> None:
        activity = plan.activity
        for model in (TASK, CONVERSATION):
            fields = plan.write.get(model)
            record = activity.replica(model)
            if not fields or record is None:
                continue
            written = self._engine.planhat.update(model, record.id, fields)
            if written is None:
                self._gone(plan, **{DELETED_COLUMN[model]: True})
                return
            _set(activity, written)
            if model == TASK and "status" in fields and self._engine.config.options.log_conversation:
                self._log_conversation(plan, written)

    # -- commit ----------------------------------------------------------------------------------------

    def _commit(self, plan: Plan) -> None:
        """Write down what both sides now agree on, from what was read back."""
        activity = plan.activity
        if not (activity.link or (activity.claimed_sf_id and activity.salesforce)):
            return
        sections = sections_for(activity, self._engine)
        if activity.link is not None and activity.link.dead:
            return
        base = self._agreed(plan, sections)
        ids = {ID_COLUMN[model]: record.id for model in sections if (record := activity.replica(model)) is not None}
        if activity.link is None:
            models = {model: r.id for model in sections if (r := activity.replica(model))}
            try:
                link = self._add_link(activity.sf_object, str(activity.claimed_sf_id), models, base)
            except RecordRefused as error:
                self._fail(plan, str(error))
                return
            activity.link = link
        changed: dict[str, Any] = {}
        if base != {k: dict(v) for k, v in activity.link.base.items()}:
            changed["base"] = base
        changed |= {k: v for k, v in ids.items() if getattr(activity.link, k) != v}
        if activity.conversation_row and activity.conversation_row != activity.link.conversation_seen:
            changed["conversation_seen"] = activity.conversation_row
        if changed:
            try:
                activity.link = self._state.change_link(activity.link.id, **changed)
            except sqlalchemy.exc.IntegrityError:
                self._fail(plan, "the Planhat record already belongs to another activity")
                return
        self._clear_pending(activity)

    def _clear_pending(self, activity: Activity) -> None:
        for replica in (SALESFORCE, TASK, CONVERSATION):
            record = activity.replica(replica)
            if record is not None:
                self._state.clear_pending(record.place, record.model, record.id)

    def _agreed(self, plan: Plan, sections: Mapping[str, Section]) -> dict[str, dict[str, Any]]:
        activity, engine = plan.activity, self._engine
        old: Mapping[str, Mapping[str, Any]] = activity.link.base if activity.link else {}
        base = {replica: dict(values) for replica, values in old.items()}
        if activity.salesforce is not None:
            keys = engine.sf_keys(activity.salesforce, list(sections.values()))
            base[SALESFORCE] = _merged(SALESFORCE, base.get(SALESFORCE, {}), keys, plan.keep)
        for model, section in sections.items():
            record = activity.replica(model)
            if record is not None:
                keys = engine.keys(record, section)
                base[model] = _merged(model, base.get(model, {}), keys, plan.keep)
        return base

    # -- recovery ----------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Resolve every creation that was begun and not finished, before anything is planned."""
        for intent in self._state.intents():
            try:
                if intent.kind == SALESFORCE:
                    self._recover_salesforce(intent)
                else:
                    self._recover_planhat(intent)
            except RecordRefused as error:
                self._engine.report.note(f"a creation that was begun stays open: {error}")

    def _recover_salesforce(self, intent: Intent) -> None:
        body = intent.body
        sf_id = body.get("sf_id") or self._search(intent)
        if sf_id is not None and self._state.link(sf_object=body["object"], sf_id=sf_id) is None:
            row = self._row(body["object"], sf_id)
            if row is not None:
                base = self._base_with_salesforce(intent, row)
                self._add_link(body["object"], sf_id, body["ids"], base)
                self._engine.report.note(f"{body['object']} {sf_id} had been created when the run broke off; adopted")
        self._look_again(body["ids"])
        self._state.close_intent(intent)

    def _look_again(self, ids: Mapping[str, str]) -> None:
        """The Planhat records still lack their key, or the creation: see them in this run."""
        for model, record_id in ids.items():
            record = self._engine.planhat.get(model, record_id)
            if record is not None:
                put_aside(self._engine, record, "begun before the run broke off", kind="waiting")

    def _recover_planhat(self, intent: Intent) -> None:
        body = intent.body
        if self._state.link(sf_object=body["object"], sf_id=body["sf_id"]) is None:
            record = self._engine.planhat.by_salesforce_id(body["model"], body["sf_id"])
            section = self._engine.section_of(body["model"], body["object"])
            if record is not None and section is not None:
                base = self._received_base(intent, record)
                self._add_link(body["object"], body["sf_id"], {body["model"]: record.id}, base)
        self._state.close_intent(intent)


def _sf_id(activity: Activity) -> str:
    if activity.salesforce is not None:
        return activity.salesforce.id
    assert activity.link is not None
    return str(activity.link.sf_id)


def _set(activity: Activity, record: Record) -> None:
    if record.model == TASK:
        activity.task = record
    elif activity.conversation is not None and record.values.get("description") is None:
        # Some answers leave the description out; what was read before still holds.
        kept = {"description": activity.conversation.get("description")}
        activity.conversation = replace(record, values={**record.values, **kept})
    else:
        activity.conversation = record


def _merged(replica: str, old: Mapping[str, Any], new: Mapping[str, Any], keep: set[tuple[str, str]]) -> dict[str, Any]:
    """New agreed values, except for those that must stay (absent ones stay absent)."""
    return {**old, **{name: key for name, key in new.items() if (replica, name) not in keep}}
