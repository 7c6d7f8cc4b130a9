"""A world of pairs: Salesforce and Totango or Marketo, a sync under test, one clock, and the judge of it all.

The interpreter is `Playing`'s; here stands what users of these systems do, and how a round is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, ClassVar

from crm_contracts.world import ops as world_ops
from crm_contracts.world.invariants.told import told
from crm_contracts.world.pairs import monitors, ops
from crm_contracts.world.pairs.fields import FRAME, Known, Row, shared
from crm_contracts.world.pairs.model import Activity, Observation, Record, partner_key
from crm_contracts.world.pairs.ops import PARTNER, SALESFORCE, SIDES, Op
from crm_contracts.world.pairs.oracle import EXCEPTIONS, PairOracle
from crm_contracts.world.pairs.scope import JobsRun, Scope
from crm_contracts.world.pairs.settings import (
    CAMPAIGN_TOUCH,
    EXISTENCE,
    PROFILES,
    REMINDER,
    SOBJECTS,
    TASK,
    PairSettings,
)
from crm_contracts.world.pairs.stage import CONTACTS, PEOPLE, PairStage
from crm_contracts.world.pairs.under_test import PairConnection, PairSync, PairSyncFactory, RunsBoth
from crm_contracts.world.playing import Playing
from crm_contracts.world.violations import DirectionIgnored, NotQuiet
from fake_core.errors import MisuseError

__all__ = ["BEFORE_ANYTHING", "PairWorld", "play"]

BEFORE_ANYTHING = 60  # seconds between the first Save and the first user: what was there before is not pushed (M15)
_COMPLETED: dict[tuple[str, str], dict[str, Any]] = {
    (SALESFORCE, TASK): {"Status": "Completed"},
    (SALESFORCE, REMINDER): {"Status": "Completed"},
    (PARTNER, TASK): {"status": "closed"},
    (PARTNER, REMINDER): {"status": "complete"},
}
_REOPENED: dict[tuple[str, str], dict[str, Any]] = {
    (SALESFORCE, TASK): {"Status": "In Progress"},
    (SALESFORCE, REMINDER): {"Status": "Not Started"},
    (PARTNER, TASK): {"status": "open"},
    (PARTNER, REMINDER): {"status": "open"},
}


class PairWorld(Playing):
    """One history as it unfolds. Use as a context manager, or close().

    *granted*: which documented limits the oracle allows for (`oracle.EXCEPTIONS`).
    """

    KEPT = (*Playing.KEPT, "_op", "_began", "_passing")
    stage: PairStage
    oracle: PairOracle
    sync: PairSync

    def __init__(
        self,
        stage: PairStage,
        *,
        sync: PairSyncFactory,
        settings: PairSettings | None = None,
        granted: Collection[str] = tuple(EXCEPTIONS),
    ) -> None:
        super().__init__(stage)
        self.settings = settings or PairSettings(profile=stage.profile)
        emails = {record_id: email for email, record_id in stage.user_ids.items()}
        pia = stage.user_ids[PEOPLE["pia"]]
        known = Known(
            emails=emails,
            template=self.settings.template,
            accounts=dict(stage.accounts),
            contacts={number: stage.contacts[name] for name, number in stage.persons.items()},
            mails={contact: CONTACTS[name] for name, contact in stage.contacts.items()},
            user_id=pia,
        )
        matched = {name for name in stage.accounts if name in stage.parents}
        self.oracle = PairOracle(Scope(self.settings, matched, user_id=pia), known, granted=granted)
        self.seen: Observation = {side: {} for side in SIDES}
        self._factory = sync
        self._op: world_ops.Sync = ops.Sync()
        self._began = stage.clock.now()
        self._passing: dict[str, frozenset[str] | None] = {}
        self._passed: dict[object, frozenset[str]] = {}
        self.connection = PairConnection(
            profile=stage.profile,
            salesforce=stage.logins["salesforce"],
            partner=stage.logins[stage.profile],
            session=stage.session,
            clock=stage.clock,
            state=self._state,
            external_ids=stage.external_ids,
            committing=stage.counter.committing,
        )
        self.sync = self._start_again()
        self._save(self.settings, {})
        stage.clock.advance(BEFORE_ANYTHING)

    # -- users --------------------------------------------------------------------------------

    def _create(self, op: ops.Create) -> bool:
        sections = PROFILES[self.stage.profile]
        if op.act in self.oracle.model.activities or op.section not in sections:
            return False
        activity = Activity(op.act, op.section, op.at, op.side)
        fields = self._translated(op.section, op.fields)
        if op.side == SALESFORCE:
            if op.at not in self.stage.accounts or op.section == CAMPAIGN_TOUCH:
                return False
            fields = {"WhatId": self.stage.accounts[op.at], **fields}
            if op.section not in (TASK, REMINDER):
                fields = {"IsAllDayEvent": True, **fields}
            self.stage.pin("salesforce", SOBJECTS[op.section], op.record_id)
            key = self.stage.salesforce.create(fields, SOBJECTS[op.section])
        elif op.record_id:
            raise MisuseError(f"create: record_id is for Salesforce's records, {self.stage.profile} numbers its own")
        elif op.section == REMINDER:
            key = partner_key(REMINDER, self.stage.partner.create(REMINDER, fields))
        else:
            if op.at not in self.stage.parents:
                return False
            given = {"account_id": self.stage.parents[op.at], **fields}
            touches = op.section == CAMPAIGN_TOUCH
            made = self.stage.touch(op.at, fields) if touches else self.stage.partner.create(op.section, given)
            key = partner_key(op.section, made)
        self._user_saved(activity, op.side, key, fields)
        return True

    def _edit(self, op: ops.Edit) -> bool:
        return self._write(op.side, op.act, op.fields)

    def _complete(self, op: ops.Complete) -> bool:
        return self._write_from(_COMPLETED, op.side, op.act)

    def _reopen(self, op: ops.Reopen) -> bool:
        return self._write_from(_REOPENED, op.side, op.act)

    def _write_from(self, table: Mapping[tuple[str, str], Mapping[str, Any]], side: str, handle: str) -> bool:
        activity = self.oracle.model.activities.get(handle)
        fields = table.get((side, activity.section)) if activity else None
        return fields is not None and self._write(side, handle, fields)

    def _write(self, side: str, handle: str, fields: Mapping[str, Any]) -> bool:
        activity = self.oracle.model.activities.get(handle)
        record = activity.one(side) if activity else None
        if activity is None or record is None or (side == PARTNER and activity.section == CAMPAIGN_TOUCH):
            return False
        if not set(fields) <= _written_by_users(side, activity.section):
            return False  # of another section: a task has no content
        given = self._translated(activity.section, fields)
        if side == SALESFORCE:
            self.stage.salesforce.change(SOBJECTS[activity.section], record.id, given)
            if "WhatId" in fields and len(activity.records) == 1:
                activity.at = str(fields["WhatId"])
        else:
            self.stage.partner.edit(activity.section, record.id, given)
        self._user_saved(activity, side, record.key, given)
        return True

    def _translated(self, section: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """*fields* with ids in the place of handles of people and customers."""
        given = dict(fields)
        people = {handle: self.stage.user_ids.get(email, "") for handle, email in PEOPLE.items()}
        tables: dict[str, Mapping[str, Any]] = {"OwnerId": people, "WhatId": self.stage.accounts}
        tables |= {"WhoId": self.stage.contacts, "person": self.stage.persons}
        if section != REMINDER:
            tables["assignee"] = PEOPLE
        for name, table in tables.items():
            if given.get(name) in table:
                given[name] = table[given[name]]
        if "participants" in given:
            given["participants"] = [CONTACTS.get(name, name) for name in given["participants"]]
        return given

    def _user_saved(self, activity: Activity, side: str, key: str, fields: Mapping[str, Any]) -> None:
        row = self._read(side, activity.section, key)
        self.note(
            f"a user writes {dict(fields)} ({side} {activity.section} {activity.handle})", activity=activity.handle
        )
        now = self.stage.clock.now()
        self.oracle.user_saved(activity, (side, key), row, at=now, names=fields)
        self.stir()

    def _read(self, side: str, section: str, key: str) -> Row:
        if side == SALESFORCE:
            return self.stage.salesforce.one(SOBJECTS[section], key)
        return self.stage.partner.read(section, key.rpartition(":")[2])

    def _delete(self, op: ops.Delete) -> bool:
        activity = self.oracle.model.activities.get(op.act)
        record = activity.one(op.side) if activity else None
        if activity is None or record is None or (op.side == PARTNER and activity.section == CAMPAIGN_TOUCH):
            return False
        if op.side == SALESFORCE:
            self.stage.salesforce.remove(SOBJECTS[activity.section], record.id)
        else:
            self.stage.partner.delete(activity.section, record.id)
        self.note(f"a user deletes the {op.side} record of {op.act}", activity=op.act)
        self.oracle.user_deleted(activity, op.side, self.stage.clock.now())
        self.stir()
        return True

    def _undelete(self, op: ops.Undelete) -> bool:
        activity = self.oracle.model.activities.get(op.act)
        if activity is None or activity.live(SALESFORCE) or not activity.gone(SALESFORCE):
            return False
        record: Record = activity.gone(SALESFORCE)[-1]
        if not self.stage.salesforce.undelete(record.id):
            return False
        self.note(f"a user takes the Salesforce record of {op.act} out of the bin", activity=op.act)
        self.oracle.user_undeleted(activity, record, self._read(SALESFORCE, activity.section, record.key))
        self.stir()
        return True

    def _introduce(self, op: ops.Introduce) -> bool:
        if self.stage.profile != "totango" or op.customer in self.stage.parents:
            return False
        self.stage.introduce(op.customer)
        self.note(f"Totango gets an account for {op.customer}")
        self.oracle.introduced(op.customer, self.stage.clock.now())
        self.stir()
        return True

    # -- configuration ------------------------------------------------------------------------

    def _configure(self, op: ops.Configure) -> bool:
        new = {
            name: value for name, value in op.settings.items() if self.settings.changed({name: value}) != self.settings
        }
        self._save(self.settings.changed(op.settings), new)
        self.note(f"somebody saves the settings {dict(op.settings)}")
        return True

    def _save(self, settings: PairSettings, changes: Mapping[str, Any]) -> None:
        now = self.stage.clock.now()
        if self.stage.profile == "marketo":
            on = "on" if settings.enabled else "off"
            self.stage.save_settings({"task_sync": on, "activity_detail_template": settings.template})
        self.settings = settings
        self._configured = True
        if {name.rpartition(".")[2] for name in changes} & EXISTENCE:
            self.stir()
        self.sync.save(settings)
        self.oracle.saved(settings, set(changes), now)
        self._forget_journal()

    # -- the sync -----------------------------------------------------------------------------

    def round_begins(self, op: world_ops.Sync) -> None:
        self._op = op
        self._began = self.stage.clock.now()
        self._passing = self._let_through()

    def _let_through(self) -> dict[str, frozenset[str] | None]:
        filters = {section: self.settings.policy(section).in_filter for section in self.settings.sections}
        return {section: self._passes(SOBJECTS[section], one) if one else None for section, one in filters.items()}

    def _passes(self, sobject: str, condition: str) -> frozenset[str]:
        """Who passes now; nobody asks twice at the same moment about the same rows."""
        asked = (self.darkroom.rows(), self.stage.clock.now(), sobject, condition)
        if asked not in self._passed:
            self._passed[asked] = self.stage.salesforce.passing(sobject, condition)
        return self._passed[asked]

    def _run(self, op: world_ops.Sync) -> Any:
        sections = op.sections if isinstance(op, ops.Sync) else ()
        if _at_once(op) and isinstance(self.sync, RunsBoth):
            return self.sync.run_both(sections)
        return self.sync.run(_ways(op), sections)

    def poll(self) -> ops.Sync:
        """Both ways at once, or jobs: as somebody let it run last."""
        last = next((op for op in reversed(self.history) if isinstance(op, world_ops.Sync)), None)
        return ops.Sync(ways=(ops.BOTH,) if last is None or _at_once(last) else ops.WAYS)

    def _start_again(self) -> PairSync:
        return self._factory(self.connection, self.settings)

    def _about(self, exchange: monitors.Exchange) -> str:
        key = str(exchange["path"]).split("?", maxsplit=1)[0].rpartition("/")[2]
        if exchange["vendor"] == "salesforce":
            activity = self.oracle.model.of(SALESFORCE, key)
        else:
            section = monitors.OBJECTS.get(exchange["object"], "")
            activity = self.oracle.model.of(PARTNER, partner_key(section, key))
        return activity.handle if activity else ""

    def _judge(self, exchanges: list[monitors.Exchange], *, clean: bool) -> None:
        self.seen = after = self.look()
        ways = _ways(self._op)
        monitors.check(exchanges, self.settings, ways, self.stage.external_ids)
        sections = (self._op.sections if isinstance(self._op, ops.Sync) else ()) or self.settings.sections
        this = JobsRun(
            ways=ways,
            sections=tuple(sections),
            began=self._began,
            passing=self._passing,
            passing_after=self._let_through(),
            clean=clean,
            behind=any(one["fault"] == "slow_visibility" for one in exchanges),
            read=self._got(exchanges),
        )
        self.oracle.synced(after, this)
        cursors = getattr(self.sync, "cursors", None)
        self.oracle.round_ended(
            exchanges,
            clean=clean,
            told=told(self.reports[-1]) if clean else None,
            cursors=cursors() if cursors is not None else None,
            budget=getattr(self.sync, "budget", None),
            jobs=len(ways),
        )
        written = monitors.writes(exchanges)
        unasked = [] if self._touched else written
        if not self._configured:
            self._put_aside([one for one in unasked if one["status"] >= 400], clean=clean)
            unasked = [one for one in unasked if one["status"] < 400]
        if unasked:
            if self._configured:
                raise DirectionIgnored(f"a change of configuration alone wrote: {monitors.say(unasked[0])}")
            raise NotQuiet(f"nothing had happened, and there was {monitors.say(unasked[0])}")
        if clean and not written and set(ways) == set(ops.WAYS) and len(sections) == len(self.settings.sections):
            self._touched = self._configured = False

    def observe(self) -> Observation:
        """Everything both systems show of activities, read by their users."""
        keys: dict[str, list[str]] = {SOBJECTS[section]: [] for section in sorted(self.settings.sections)}
        for section in self.settings.sections:
            keys[SOBJECTS[section]] += filter(None, [self.stage.external_ids[section]])
        return {
            SALESFORCE: {
                key: row for name, named in keys.items() for key, row in self.stage.salesforce.rows(name, named).items()
            },
            PARTNER: {
                partner_key(section, record_id): row
                for section in self.settings.sections
                for record_id, row in self.stage.partner.rows(section).items()
            },
        }

    def summary(self) -> dict[str, object]:
        """What the activities look like, by handle, without ids and stamps."""
        return {
            handle: {side: sorted(self._essence(one) for one in activity.live(side)) for side in SIDES}
            for handle, activity in sorted(self.oracle.model.activities.items())
        }

    def _essence(self, record: Record) -> str:
        fields = shared(record.section, self.settings)
        values = {one.name: one.read(record.side, record.row, self.oracle.known) for one in fields}
        frame = {name: record.row.get(name) for name in FRAME[record.side, record.section] if name not in _IDS}
        return repr((values, frame, bool(record.pointer)))

    _DOES: ClassVar[Mapping[type[Op], Callable[[Any, Any], bool]]] = {
        **Playing._DOES,  # noqa: SLF001 - of its own base
        ops.Sync: Playing._DOES[world_ops.Sync],  # noqa: SLF001
        ops.Create: _create,
        ops.Edit: _edit,
        ops.Complete: _complete,
        ops.Reopen: _reopen,
        ops.Delete: _delete,
        ops.Undelete: _undelete,
        ops.Introduce: _introduce,
        ops.Configure: _configure,
    }


_IDS = frozenset({"event_id", "created_at", "CreatedDate", "updated_at", "CreatedById"})


def _ways(op: world_ops.Sync) -> tuple[str, ...]:
    return tuple(op.ways) if isinstance(op, ops.Sync) and not _at_once(op) else ops.WAYS


def _at_once(op: world_ops.Sync) -> bool:
    return isinstance(op, ops.Sync) and ops.BOTH in op.ways


def _written_by_users(side: str, section: str) -> frozenset[str]:
    """What the users of *side* can write on a record that is there."""
    if side == SALESFORCE:
        more = {"Status", "Priority", "CallDisposition"} if SOBJECTS[section] == "Task" else {"Location"}
        return frozenset({"Subject", "Description", "ActivityDate", "OwnerId", "WhatId", "WhoId", *more})
    return {
        TASK: frozenset({"title", "description", "due_date", "status", "priority", "assignee", "activity_type_id"}),
        REMINDER: frozenset({"name", "details", "due_date", "status", "priority", "type", "call_outcome"}),
    }.get(section, frozenset({"subject", "content", "touchpoint_date"}))


def play(
    history: Iterable[Op],
    *,
    stage: PairStage,
    sync: PairSyncFactory,
    settings: PairSettings | None = None,
    granted: Collection[str] = tuple(EXCEPTIONS),
) -> PairWorld:
    """Play a whole history and demand everything in the end. Returns the closed world, for its story."""
    with PairWorld(stage, sync=sync, settings=settings, granted=granted) as world:
        world.apply_all(history)
        world.finish()
    return world
