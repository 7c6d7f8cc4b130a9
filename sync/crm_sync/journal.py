"""The journal of begun creations: every one that is in doubt is resolved before it is tried again (F01, F02).

Rule 1: an intent holds what was sent and what both sides said then, empty values included; so what people wrote
between a death and the recovery is told apart from what was agreed (I5).
Rule 2: a record is found by its unique key, else by who made it and when (see `recognise`), never by values alone. A
key in Planhat is one that people may type, too (P9): such a record has to say what was sent.
Rule 3: an intent whose section is off waits, without a request (P2). But as that is saved it is asked for, where
another section goes on with its activity (P1, P10).
Rule 4: resolving reads both systems and writes only the state.
Rule 5: Salesforce carries out a bulk job whether or not anybody listens. One that was begun has ended before anything
else is done: else it would write what it was given then over what people said since.
Rules P2, P7, P8, P10, P25; invariants I3, I5, I10.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy.exc

from crm_sync.engine import Engine, external_id_field
from crm_sync.errors import RecordRefused
from crm_sync.lens import TEXTS
from crm_sync.mapping import changed, lens, parse_moment
from crm_sync.model import SALESFORCE, Link, Record, Section
from crm_sync.observe import put_aside, read_next
from crm_sync.recognise import Begun, Found, recognise
from crm_sync.sides.partner import Gone
from crm_sync.sides.salesforce import literal, quoted
from crm_sync.state import PARTNER, Intent
from crm_sync.updates import UPDATE, recover_updates

Kept = Collection[tuple[str, str]]
JOB = "job"  # the kind of an intent that is a bulk job, with many creations' own intents beside it
_WHO = ("CreatedById", "CreatedDate", "LastModifiedById")


class Journal:
    """Opens intents, and finds out what became of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = engine.state

    # -- what is written down ----------------------------------------------------------------------------

    def begin_in_salesforce(
        self,
        sf_object: str,
        replicas: Sequence[Record],
        fields: Mapping[str, Any],
        *,
        keep: Kept,
        key: str,
        replaces: Link | None = None,
    ) -> Intent:
        """*replicas*: the partner's records it is made for; *keep*: the (replica, field) that are not agreed on.

        *replaces*: the link of the deleted record that is made again.
        """
        sections = self._sections(sf_object, [record.model for record in replicas])
        base: dict[str, dict[str, Any]] = {}
        for record in replicas:
            if record.model in sections:
                keys = self._engine.keys(record, sections[record.model])
                base[record.model] = {name: k for name, k in keys.items() if (record.model, name) not in keep}
        texts = {m.salesforce for s in sections.values() for m in s.fields if m.lens in TEXTS}
        body = {
            "object": sf_object,
            "ids": {record.model: record.id for record in replicas},
            "base": base,
            "open": sorted(name for replica, name in keep if replica == SALESFORCE),
            "key": key,
            "replaces": replaces.id if replaces is not None else None,
            "telling": sorted(texts & set(fields)),
            "ahead": self._engine.salesforce.transport.skew.total_seconds(),
            **self._sent(sf_object, sections.values(), fields),
        }
        return self._state.open_intent(SALESFORCE, self._engine.clock.now(), body)

    def begin_job(self, sf_object: str, job: str) -> int:
        """A bulk job that Salesforce is about to carry out; returns what to close when its end was heard of."""
        return self._state.open_intent(JOB, self._engine.clock.now(), {"object": sf_object, "job": job}).id

    def resend(self, intent: Intent, fields: Mapping[str, Any]) -> Intent:
        """The same creation with other fields, after the first were refused."""
        sections = self._sections(intent.body["object"], intent.body["ids"])
        return self._state.change_intent(intent, **self._sent(intent.body["object"], sections.values(), fields))

    def begin_at_partner(
        self, model: str, record: Record, sent: Mapping[str, Any], *, replaces: Link | None = None
    ) -> Intent:
        """*record*: the Salesforce record that *sent* is made from; *replaces* as above."""
        section = self._engine.section_of(model, record.model)
        assert section is not None
        body = {
            "object": record.model,
            "model": model,
            "sf_id": record.id,
            "sf_base": self._engine.keys(record, section),
            "sent": sent,
            "replaces": replaces.id if replaces is not None else None,
        }
        return self._state.open_intent(PARTNER, self._engine.clock.now(), body)

    def _sections(self, sf_object: str, models: Any) -> dict[str, Section]:
        found = {model: self._engine.section_of(model, sf_object) for model in models}
        return {model: section for model, section in found.items() if section is not None}

    def _sent(self, sf_object: str, sections: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What the new record says at birth: what is sent, else what the describe says Salesforce puts there.

        A default that the describe does not tell (the owner) is left out: it is taken as first read.
        """
        sobject = self._engine.sobject(sf_object)
        born: dict[str, Any] = {}
        for section in sections:
            for mapped in section.fields:
                name = mapped.salesforce
                known = sobject.field(name)
                assert known is not None, "fields that the org does not have are left out"
                if not (known.createable or known.updateable):
                    continue  # Salesforce's own, such as who made it and when
                default = known.default
                if name in fields or default is not None or not known.defaulted:
                    values = {name: fields.get(name, default)}
                    born.setdefault(name, lens(mapped).key_sf(mapped, values, self._engine.context))
            for mapped in section.barred:
                name = mapped.salesforce
                born.setdefault(name, lens(mapped).key_sf(mapped, {name: None}, self._engine.context))
        return {"fields": dict(fields), "born": born}

    # -- agreed values -------------------------------------------------------------------------------------

    def base_with_salesforce(self, intent: Intent, row: Record | None) -> dict[str, Any]:
        """Agreed values: both sides' as they were at the creation; what nobody could know then, as first read."""
        body = intent.body
        base = {model: dict(values) for model, values in body["base"].items()}
        sections = self._sections(body["object"], base)
        read = self._engine.sf_keys(row, list(sections.values())) if row is not None else {}
        agreed = read | body["born"]
        base[SALESFORCE] = {name: key for name, key in agreed.items() if name not in body.get("open", ())}
        return base

    def received_base(self, intent: Intent, record: Record) -> dict[str, Any]:
        """Agreed values of a record that came from Salesforce: the partner's as sent, nothing where nothing was.

        A field that the partner fills by itself when nothing is sent is agreed on as first read.
        """
        section = self._engine.section_as_mapped(record.model, intent.body["object"])
        sent = intent.body["sent"]
        fills = self._engine.profile.raw["partner"].get("fills", ())
        keys: dict[str, Any] = {}
        for mapped in section.fields:
            said = changed(record.values, sent)  # a field may be read together with others that nobody sent
            values = said if mapped.partner in sent or mapped.lens in fills else sent
            keys[mapped.salesforce] = lens(mapped).key_partner(mapped, values, self._engine.context)
        return {SALESFORCE: intent.body["sf_base"], record.model: keys}

    def add_link(
        self,
        sf_object: str,
        sf_id: str,
        ids: Mapping[str, str],
        base: Mapping[str, Any],
        *,
        sf_deleted: bool = False,
        replaces: int | None = None,
    ) -> Link:
        """A new link, instead of *replaces* if that is given: what was deleted was made again (T41).

        Raises:
            RecordRefused: one of the records belongs to another.
        """
        try:
            return self._state.add_link(
                sf_object=sf_object,
                sf_id=sf_id,
                ids=ids,
                base=base,
                deleted={SALESFORCE} if sf_deleted else (),
                replaces=replaces,
            )
        except sqlalchemy.exc.IntegrityError:
            known = self._state.link_of_salesforce(sf_object, sf_id)
            raise RecordRefused(
                f"{sf_object} {sf_id} already belongs to another activity (link {known.id if known else '?'})"
            ) from None

    # -- looking for what was made ---------------------------------------------------------------------------

    def row(self, sf_object: str, sf_id: str) -> Record | None:
        """A Salesforce record by its id, a deleted one, too."""
        rows = self._engine.salesforce.by_ids(sf_object, self._engine.select(sf_object), [sf_id])
        return rows.get(sf_id)

    def search(self, intent: Intent) -> str | None:
        """The id of the record that a creation in doubt made, deleted since or not; None when it made none."""
        body = intent.body
        field = self.key_field(body["object"], body["key"].partition("-")[0]) if body["key"] else ""
        if field:
            found = self._unlinked(body["object"], [], f"{field} = {quoted(body['key'])}")
            found.sort(key=lambda record: record.deleted)
            return found[0].id if found else None
        doubtful = [
            one
            for one in self._state.intents()
            if one.kind == SALESFORCE and one.body["object"] == body["object"] and not one.body.get("sf_id")
        ]
        return recognise(*self._evidence(body["object"], doubtful)).get(intent.id)

    def _evidence(self, sf_object: str, doubtful: Sequence[Intent]) -> tuple[list[Begun], list[Found]]:
        """The creations in doubt of one object, and the records that may have come of them."""
        known = self._engine.sobject(sf_object).fields
        me = self._engine.salesforce.me() if "CreatedById" in known else ""
        begun = []
        for intent in doubtful:
            sent, telling = intent.body["fields"], frozenset(intent.body["telling"])
            must = frozenset() if me else telling | ({"WhatId", "ActivityDate"} & set(known))
            then = timedelta(seconds=intent.body["ahead"])
            since_then = self._engine.salesforce.transport.skew
            ahead = min(then, since_then), max(then, since_then)
            begun.append(Begun(intent.id, intent.at, sent, telling, must, ahead))
        conditions = [f"CreatedDate >= {literal(min(one.earliest for one in begun))}"]
        if me:
            conditions.append(f"CreatedById = {quoted(me)}")
        fields = [*_WHO, *sorted({name for one in begun for name in (*one.sent, *one.must)})]
        rows = self._unlinked(sf_object, [name for name in fields if name in known], " AND ".join(conditions))
        found = []
        for row in rows:
            touched = bool(me and row.get("LastModifiedById") and row.get("LastModifiedById") != me)
            created = parse_moment(row.get("CreatedDate")) or row.changed_at
            found.append(Found(row.id, created, row.values, touched=touched, deleted=row.deleted))
        return begun, found

    def _unlinked(self, sf_object: str, fields: Sequence[str], condition: str) -> list[Record]:
        select = self._engine.select(sf_object)
        select += [name for name in fields if name not in select]
        rows = self._engine.salesforce.where(sf_object, select, condition)
        return [row for row in rows if self._state.link_of_salesforce(sf_object, row.id) is None]

    def key_field(self, sf_object: str, model: str = "") -> str:
        """The external-id field configured for a section, if this org's object has it as one."""
        name = external_id_field(self._engine, model, sf_object)
        if not name:
            return ""
        known = self._engine.sobject(sf_object).fields.get(name)
        if known is None or not (known.external_id and known.unique):
            self._engine.report.note(
                f"{sf_object}.{name} is no unique external id here; creations are found again by who made them and when"
            )
            return ""
        return name

    # -- recovery ----------------------------------------------------------------------------------------

    def recover(self, *, look_again: bool) -> None:
        """Resolve what was begun and not finished. *look_again*: what was not made may be made in this run; without it
        other settings are just being saved.
        """
        self._await_jobs()
        self._recover_updates()
        for intent in self._state.intents():
            if intent.kind in {UPDATE, JOB}:
                continue
            # A Conversation may continue what was begun for its Task, whether Tasks are syncing by now or not (P10). It
            # must not be made beside it: what the partner has of it is asked as the settings are saved, later no more.
            known = [one for one in self._engine.sections if one.salesforce == intent.body["object"]]
            if intent.kind == PARTNER:
                model = intent.body["model"]
                asked = {model} if look_again else self._engine.profile.one_activity(model)
                known = [one for one in known if one.model in asked]
            if not known:
                self._engine.report.note(f"a {intent.body['object']} that was begun waits: its section is not syncing")
                continue
            try:
                if intent.kind == SALESFORCE:
                    self._recover_salesforce(intent, look_again=look_again)
                else:
                    self._recover_partner(intent)
            except RecordRefused as error:
                self._engine.report.note(f"a creation that was begun stays open: {error}")

    def _await_jobs(self) -> None:
        syncing = {section.salesforce for section in self._engine.sections}
        for intent in self._state.intents():
            if intent.kind == JOB and intent.body["object"] in syncing:
                self._engine.salesforce.await_job(intent.body["job"])
                self._state.close_intent(intent)

    def _recover_updates(self) -> None:
        syncing = {section.salesforce for section in self._engine.sections}
        begun = [one for one in self._state.intents() if one.kind == UPDATE]
        links = {one.id: self._state.link(one.body["link"]) for one in begun}
        due = [one for one in begun if (link := links[one.id]) is None or link.sf_object in syncing]
        if due:
            recover_updates(self._engine, due)

    def _recover_salesforce(self, intent: Intent, *, look_again: bool) -> None:
        name, ids = intent.body["object"], intent.body["ids"]
        if intent.body.get("linked"):
            self._key_again(name, ids)
            self._state.close_intent(intent)
            return
        sf_id = intent.body.get("sf_id") or self.search(intent)
        made = sf_id is not None
        if made and self._state.link_of_salesforce(name, str(sf_id)) is None:
            row = self.row(name, str(sf_id))
            if row is not None:
                base = self.base_with_salesforce(intent, row)
                replaces = intent.body.get("replaces")
                self.add_link(name, str(sf_id), ids, base, sf_deleted=row.deleted, replaces=replaces)
                self._engine.report.note(f"{name} {sf_id} had been created when the run broke off; adopted")
        if made or look_again:
            self._look_again(name, ids)
        self._state.close_intent(intent)

    def _bury(self, sf_object: str, sf_id: str, model: str) -> None:
        """The partner had said that it is stored, and it is not there: somebody deleted it, and it stays so (P25).

        Nobody read its id; the tombstone goes by its key.
        """
        link = self.add_link(sf_object, sf_id, {model: f"{self._engine.keyable(model)}={sf_id}"}, {})
        self._state.change_link(link.id, deleted={model: True})
        self._engine.report.note(f"the {model} made for {sf_object} {sf_id} was deleted before the run had read it")

    def _deletion(self, intent: Intent) -> Gone | None:
        """What the partner tells of the deletion of a record with this key since the creation began (I6)."""
        skew = self._engine.partner.transport.skew
        since = intent.at + min(skew, timedelta(0)) - timedelta(seconds=1)
        told = self._engine.partner.deleted_since(intent.body["model"], since)
        return next((one for one in told if one.sf_id == intent.body["sf_id"]), None)

    def _recover_deleted(self, intent: Intent) -> None:
        """It was made, and it is not there: where deletions are carried over, its own is read with the others (T39)."""
        name, sf_id, model = (intent.body[key] for key in ("object", "sf_id", "model"))
        section, gone = self._engine.section_of(model, name), self._deletion(intent)
        if gone is not None and section is not None and section.carries_deletion(of_salesforce=False):
            self.add_link(name, sf_id, {model: gone.record_id}, {SALESFORCE: intent.body["sf_base"]})
        elif gone is not None or intent.body.get("made"):
            self._bury(name, sf_id, model)

    def _look_again(self, sf_object: str, ids: Mapping[str, str]) -> None:
        """The partner's records still lack their key, or the creation: see them in the next reading."""
        for model in self._sections(sf_object, ids):
            record = self._engine.partner.get(model, ids[model])
            if record is not None:
                put_aside(self._engine, record, "begun before the run broke off", kind="waiting")

    def _key_again(self, sf_object: str, ids: Mapping[str, str]) -> None:
        """The partner's records are linked and still lack their key. They are read, however old they are by now.

        Nothing is asked here: a run that makes thousands may break off before it has written their keys.
        """
        for model in self._sections(sf_object, ids):
            read_next(self._engine, self._engine.partner.name, model, ids[model], "its key was not written yet")

    def _recover_partner(self, intent: Intent) -> None:
        body = intent.body
        link, replaces = self._state.link_of_salesforce(body["object"], body["sf_id"]), body.get("replaces")
        if link is None or link.id == replaces:
            record = self._engine.partner.by_salesforce_id(body["model"], body["sf_id"])
            if record is not None and link is None and self._may_be_typed(intent, record):
                self._look_again(body["object"], {record.model: record.id})
            elif record is not None:
                base = self.received_base(intent, record)
                self.add_link(body["object"], body["sf_id"], {body["model"]: record.id}, base, replaces=replaces)
            elif link is None:
                self._recover_deleted(intent)
        self._state.close_intent(intent)

    def _may_be_typed(self, intent: Intent, record: Record) -> bool:
        """Did perhaps a person make *record*, and type its key? Nobody heard whether what was sent arrived, and of its
        texts one is missing, or none is as it was. Then it is linked as any record that carries an id (P9): nothing is
        agreed on yet, so nothing is taken from Salesforce for what it never said.
        """
        section = self._engine.section_of(record.model, intent.body["object"])
        typed = self._engine.profile.raw["partner"].get("typed_keys")
        if intent.body.get("made") or section is None or not typed:
            return False
        sent, read = self.received_base(intent, record)[record.model], self._engine.keys(record, section)
        texts = [m.salesforce for m in section.fields if m.lens in TEXTS and sent.get(m.salesforce)]
        return bool(texts) and (
            not all(read.get(name) for name in texts) or all(read.get(name) != sent[name] for name in texts)
        )
