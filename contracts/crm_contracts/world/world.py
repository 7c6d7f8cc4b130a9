"""A world: the fakes, a sync under test, one clock, and the judge of it all.

`World.apply(op)` is the one interpreter: the Hypothesis machine, the seeded driver, the fault sweep and a
capsule are ways to make a list of operations. Users and observers act over HTTP only.

Rule: a finding is raised where it shows first: requests after each round, values after each round, and
what must hold in the end by `finish()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

from crm_contracts.world import monitors, ops
from crm_contracts.world.fields import (
    FRAME,
    PLANHAT_DONE,
    PLANHAT_IGNORED,
    SALESFORCE_CLOSED,
    Row,
    raw,
    shared,
)
from crm_contracts.world.happenings import HAPPENINGS
from crm_contracts.world.homes import Homes
from crm_contracts.world.invariants.told import told
from crm_contracts.world.model import POINTERS, Observation, Record
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, SIDES, TASK, Op
from crm_contracts.world.oracle import Oracle
from crm_contracts.world.playing import Playing
from crm_contracts.world.reference import reference_sync
from crm_contracts.world.settings import Settings
from crm_contracts.world.stage import Stage
from crm_contracts.world.under_test import Connection, SyncFactory, SyncUnderTest
from crm_contracts.world.users import COLLECTIONS
from crm_contracts.world.violations import DirectionIgnored, NotQuiet

__all__ = ["World", "play"]

_REOPENED = {SALESFORCE: {"Status": "In Progress"}, TASK: {"status": "In-progress"}}
_COMPLETED = {SALESFORCE: {"Status": SALESFORCE_CLOSED}, TASK: {"status": PLANHAT_DONE}}


class World(Playing):
    """One history as it unfolds. Use as a context manager, or close()."""

    KEPT = (*Playing.KEPT, "gone_customers")
    stage: Stage
    oracle: Oracle
    sync: SyncUnderTest

    def __init__(
        self,
        stage: Stage,
        *,
        sync: SyncFactory = reference_sync,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(stage)
        self.settings = settings or Settings()
        self.oracle = Oracle(self.settings, customers=stage.cast.customers)
        self.oracle.homes = Homes(dict(stage.accounts), dict(stage.companies))
        self.seen: Observation = {side: {} for side in SIDES}  # after the newest round
        self.gone_customers: set[str] = set()  # merged away
        self._factory = sync
        self.connection = Connection(
            salesforce=stage.logins["salesforce"],
            planhat=stage.logins["planhat"],
            session=stage.session,
            clock=stage.clock,
            state=self._state,
            set_inheritance=stage.set_inheritance,
            external_id_field=stage.external_id_field,
            committing=stage.counter.committing,
        )
        self.sync = self._start_again()
        self._save(self.settings)

    # -- users --------------------------------------------------------------------------------

    def _create(self, op: ops.Create) -> bool:
        known = self.oracle.model.activities.get(op.act)
        if known is not None and (known.any_deleted or known.live(op.side) or not op.link):
            return False
        if known is not None and known.live(CONVERSATION):
            return False  # of a planned record that comes to a logged activity nothing is published
        fields = dict(op.fields)
        if known is not None:
            partner = known.one(SALESFORCE)
            if op.side == SALESFORCE or partner is None:
                return False
            fields[POINTERS[op.side]] = partner.id[: op.link]
        customer = known.at if known else op.at
        if customer in self.gone_customers:
            return False
        with self._begun(op.late):
            if op.side == SALESFORCE:
                fields["WhatId"] = self.stage.accounts[customer]
                self.stage.pin("salesforce", "Task", op.record_id)
                record_id = self.stage.salesforce.create(fields)
            else:
                company = self.stage.companies.get(customer)
                if company is None:
                    return False
                fields["companyId"] = company
                self.stage.pin("planhat", COLLECTIONS[op.side], op.record_id)
                record_id = self.stage.planhat.create(COLLECTIONS[op.side], fields)
            self._user_saved(op.act, op.side, record_id, fields, customer=customer)
        return True

    def _edit(self, op: ops.Edit) -> bool:
        with self._begun(op.late):
            return self._write(op.side, op.act, dict(op.fields))

    @contextmanager
    def _begun(self, seconds: int) -> Iterator[None]:
        """What is written now began *seconds* ago and bears that stamp: it comes to light below a cursor (F49)."""
        now = self.stage.clock.now()
        self.stage.clock.set(now - timedelta(seconds=seconds))
        try:
            yield
        finally:
            self.stage.clock.set(now)

    def _complete(self, op: ops.Complete) -> bool:
        return op.side in _COMPLETED and self._write(op.side, op.act, _COMPLETED[op.side])

    def _ignore(self, op: ops.Ignore) -> bool:
        return self._write(TASK, op.act, {"status": PLANHAT_IGNORED})

    def _reopen(self, op: ops.Reopen) -> bool:
        done = op.side in _REOPENED and self._write(op.side, op.act, _REOPENED[op.side])
        if done:
            self.oracle.user_reopened(op.act)
        return done

    def _write(self, side: str, handle: str, fields: dict[str, Any]) -> bool:
        activity = self.oracle.model.activities.get(handle)
        record = activity.one(side) if activity else None
        if record is None:
            return False
        if side == SALESFORCE:
            self.stage.salesforce.edit(record.id, fields)
        else:
            self.stage.planhat.edit(COLLECTIONS[side], record.id, fields)
        self._user_saved(handle, side, record.id, fields)
        return True

    def _user_saved(self, handle: str, side: str, record_id: str, fields: dict[str, Any], customer: str = "") -> None:
        row = self._read(side, record_id)
        self.note(f"a user writes {fields} ({side} of {handle})", activity=handle)
        now = self.stage.clock.now()
        self.oracle.user_saved(handle, (side, record_id, row), at=now, names=fields, customer=customer)
        self.stir()
        if side == TASK and fields.get("status") == PLANHAT_DONE and row.get("noteId"):
            logged = self.stage.planhat.find_conversation(row["noteId"])
            if logged is None:
                return
            pointer = logged.get("externalId")
            self.note(f"Planhat logs the Conversation of {handle}, externalId {pointer}", activity=handle)
            self.oracle.planhat_logged(handle, logged)

    def _read(self, side: str, record_id: str) -> Row:
        if side == SALESFORCE:
            return self.stage.salesforce.read(record_id)
        return self.stage.planhat.read(COLLECTIONS[side], record_id)

    def _delete(self, op: ops.Delete) -> bool:
        activity = self.oracle.model.activities.get(op.act)
        record = activity.one(op.side) if activity else None
        if record is None:
            return False
        if op.side == SALESFORCE:
            self.stage.salesforce.delete(record.id)
        else:
            self.stage.planhat.delete(COLLECTIONS[op.side], record.id)
        self.note(f"a user deletes the {op.side} record of {op.act}", activity=op.act)
        self.oracle.user_deleted(op.act, op.side, record.id)
        self.stir()
        return True

    def _introduce(self, op: ops.Introduce) -> bool:
        if op.customer in self.stage.companies:
            return False
        self.stage.introduce(op.customer)
        self.note(f"Planhat gets a Company for {op.customer}")
        self.oracle.introduced(op.customer, self.stage.companies[op.customer])
        self.stir()
        return True

    # -- configuration, time, faults ----------------------------------------------------------

    def _configure(self, op: ops.Configure) -> bool:
        self._save(self.settings.changed(op.settings))
        self.note(f"somebody saves the settings {dict(op.settings)}")
        return True

    def _save(self, settings: Settings) -> None:
        self.settings = settings
        self._configured = True
        self.sync.save(settings)
        self.oracle.saved(settings, at=self.stage.clock.now())
        self._forget_journal()

    def _staff_disable(self, _op: ops.StaffDisable) -> bool:
        self.sync.staff_disable_inheritance()
        self.oracle.inheritance.staff_disabled()
        self.oracle.switched_at.append(self.stage.clock.now())
        self.note("Planhat's staff switch inheritance off")
        return True

    # -- the sync -----------------------------------------------------------------------------

    def _run(self, _op: ops.Sync) -> Any:
        return self.sync.run()

    def _start_again(self) -> SyncUnderTest:
        return self._factory(self.connection, self.settings)

    def _judge(self, exchanges: list[monitors.Exchange], *, clean: bool) -> None:
        self.seen = after = self.look()
        monitors.check(exchanges, self.settings, self.oracle.model)
        read = self._got(exchanges)
        owed = self.oracle.owed()
        self.oracle.synced(after, clean=clean, read=read, behind=monitors.older_rows(exchanges))
        cursors = getattr(self.sync, "cursors", None)
        self.oracle.round_ended(
            exchanges,
            clean=clean,
            told=told(self.reports[-1]) if clean else None,
            cursors=cursors() if cursors is not None else None,
            budget=getattr(self.sync, "budget", None),
        )
        written = monitors.writes(exchanges)
        # An id that is still owed is written back when its section syncs again: not the configuration's doing (P8).
        unasked = [] if self._touched else [one for one in written if not monitors.writes_back(one, owed)]
        if not self._configured:  # a write that is refused changes nothing; who insists on it loops (I12)
            self._put_aside([one for one in unasked if one["status"] >= 400], clean=clean)
            unasked = [one for one in unasked if one["status"] < 400]
        if unasked:
            if self._configured:
                raise DirectionIgnored(f"a change of configuration alone wrote (P29): {monitors.say(unasked[0])}")
            raise NotQuiet(f"nothing had happened, and there was {monitors.say(unasked[0])}")
        if clean and not written:
            self._touched = self._configured = False

    def observe(self) -> Observation:
        """Everything both systems show of activities, read by their users."""
        return {
            SALESFORCE: self.stage.salesforce.tasks(),
            TASK: self.stage.planhat.tasks(),
            CONVERSATION: self.stage.planhat.conversations(),
        }

    def summary(self) -> dict[str, object]:
        """What the activities look like, by handle, without ids and stamps."""
        return {
            handle: {side: sorted(map(_essence, activity.live(side))) for side in SIDES}
            for handle, activity in sorted(self.oracle.model.activities.items())
        }

    def _about(self, exchange: monitors.Exchange) -> str:
        return monitors.names(exchange, self.oracle.model)

    _DOES: ClassVar[Mapping[type[Op], Callable[[Any, Any], bool]]] = {
        **Playing._DOES,  # noqa: SLF001 - of its own base
        ops.Create: _create,
        ops.Edit: _edit,
        ops.Complete: _complete,
        ops.Ignore: _ignore,
        ops.Reopen: _reopen,
        ops.Delete: _delete,
        ops.Introduce: _introduce,
        ops.Configure: _configure,
        ops.StaffDisable: _staff_disable,
        **HAPPENINGS,
    }


def _essence(record: Record) -> str:
    """A record without ids and stamps, as text that sorts."""
    values = {one.name: record.value(one) for one in shared(record.side)}
    frame = {name: raw(record.row, name) for name in FRAME[record.side]}
    linked = record.side == SALESFORCE or bool(record.pointer)
    return repr((values, frame, linked))


def play(
    history: Iterable[Op],
    *,
    stage: Stage,
    sync: SyncFactory = reference_sync,
    settings: Settings | None = None,
) -> World:
    """Play a whole history and demand everything in the end. Returns the closed world, for its story."""
    with World(stage, sync=sync, settings=settings) as world:
        world.apply_all(history)
        world.finish()
    return world
