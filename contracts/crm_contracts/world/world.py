"""A world: the fakes, a sync under test, one clock, and the judge of it all.

`World.apply(op)` is the one interpreter: the Hypothesis machine, the seeded driver, the fault sweep and a
capsule are ways to make a list of operations. Users and observers act over HTTP only.

Rule: a finding is raised where it shows first: requests after each round, values after each round, and
what must hold in the end by `finish()`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from crm_contracts.world import monitors, ops
from crm_contracts.world.fields import (
    FRAME,
    PLANHAT_DONE,
    PLANHAT_IGNORED,
    SALESFORCE_CLOSED,
    Row,
    shared,
)
from crm_contracts.world.model import Observation, Record
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, SIDES, TASK, Op
from crm_contracts.world.oracle import Oracle
from crm_contracts.world.settings import Settings
from crm_contracts.world.stage import Crashed, Stage
from crm_contracts.world.under_test import Connection, SyncFactory, SyncUnderTest, reference_sync
from crm_contracts.world.violations import (
    DirectionIgnored,
    InvariantViolated,
    NotQuiet,
    Stumbled,
)

__all__ = ["World", "play"]

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - Linux' own; elsewhere the ordinary temporary folder
POLL_SECONDS = 600  # rule P23
PLANHAT_COLLECTIONS = {TASK: "tasks", CONVERSATION: "conversations"}
_REOPENED = {SALESFORCE: {"Status": "In Progress"}, TASK: {"status": "In-progress"}}
_COMPLETED = {SALESFORCE: {"Status": SALESFORCE_CLOSED}, TASK: {"status": PLANHAT_DONE}}


class World:
    """One history as it unfolds. Use as a context manager, or close()."""

    def __init__(
        self,
        stage: Stage,
        *,
        sync: SyncFactory = reference_sync,
        settings: Settings | None = None,
    ) -> None:
        stage.reset()
        self.stage = stage
        self.settings = settings or Settings()
        self.oracle = Oracle(self.settings, customers=stage.cast.customers)
        self.timeline: list[tuple[str, str]] = []  # (activity or "", line)
        self.history: list[Op] = []
        self.reports: list[Any] = []
        self.exchanges: list[monitors.Exchange] = []  # of the newest round
        self.seen: Observation = {side: {} for side in SIDES}  # after the newest round
        self._factory = sync
        # A sync that is careful about its memory waits for the disk at every commit; a world has no disk to fear for.
        self._state = Path(tempfile.mkdtemp(prefix="understudy-", dir=MEMORY_DISK if MEMORY_DISK.is_dir() else None))
        self._faults: list[ops.InjectFault] = []
        self._touched = True  # somebody did something since the last quiet round
        self._configured = False
        self._marks = {vendor: fake.journal.last for vendor, fake in stage.fakes.items()}
        self.connection = Connection(
            salesforce=stage.logins["salesforce"],
            planhat=stage.logins["planhat"],
            session=stage.session,
            clock=stage.clock,
            state=self._state,
            set_inheritance=stage.set_inheritance,
            external_id_field=stage.external_id_field,
        )
        self.sync: SyncUnderTest = sync(self.connection, self.settings)
        self._save(self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.sync.close()
        shutil.rmtree(self._state, ignore_errors=True)

    # -- the interpreter ----------------------------------------------------------------------

    def apply(self, op: Op) -> bool:
        """Let *op* happen; False when it made no sense just now and nothing happened.

        Raises the violated invariant with the timeline so far.
        """
        self.history.append(op)
        with self._telling():
            return self._DOES[type(op)](self, op)

    def apply_all(self, history: Iterable[Op]) -> None:
        for op in history:
            self.apply(op)

    def finish(self) -> None:
        """Heal, settle, and demand everything the rules promise."""
        self.apply(ops.Settle())
        with self._telling():
            self.oracle.settled()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except InvariantViolated as found:
            if found.timeline:
                raise
            raise found.with_timeline(self.story(found.activity)) from found.__cause__

    def story(self, activity: str = "") -> list[str]:
        """The timeline; with *activity*, only what concerns it or everybody."""
        return [line for about, line in self.timeline if not activity or about in ("", activity)]

    def note(self, line: str, *, activity: str = "") -> None:
        self.timeline.append((activity, f"{self.stage.clock.now():%d %H:%M:%S}  {line}"))

    # -- users --------------------------------------------------------------------------------

    def _create(self, op: ops.Create) -> bool:
        known = self.oracle.model.activities.get(op.act)
        if known is not None and (known.any_deleted or known.live(op.side) or not op.link):
            return False
        fields = dict(op.fields)
        if known is not None:
            partner = known.one(SALESFORCE)
            if op.side == SALESFORCE or partner is None:
                return False
            pointer = {TASK: "sourceId", CONVERSATION: "externalId"}[op.side]
            fields[pointer] = partner.id[: op.link]
        customer = known.at if known else op.at
        if op.side == SALESFORCE:
            fields["WhatId"] = self.stage.accounts[customer]
            record_id = self.stage.salesforce.create(fields)
        else:
            company = self.stage.companies.get(customer)
            if company is None:
                return False
            fields["companyId"] = company
            record_id = self.stage.planhat.create(PLANHAT_COLLECTIONS[op.side], fields)
        self._user_saved(op.act, op.side, record_id, fields, customer=customer)
        return True

    def _edit(self, op: ops.Edit) -> bool:
        return self._write(op.side, op.act, dict(op.fields))

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
            self.stage.planhat.edit(PLANHAT_COLLECTIONS[side], record.id, fields)
        self._user_saved(handle, side, record.id, fields)
        return True

    def _user_saved(self, handle: str, side: str, record_id: str, fields: dict[str, Any], customer: str = "") -> None:
        row = self._read(side, record_id)
        self.note(f"a user writes {fields} ({side} of {handle})", activity=handle)
        now = self.stage.clock.now()
        self.oracle.user_saved(handle, (side, record_id, row), at=now, names=fields, customer=customer)
        self._touched = True
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
        return self.stage.planhat.read(PLANHAT_COLLECTIONS[side], record_id)

    def _delete(self, op: ops.Delete) -> bool:
        activity = self.oracle.model.activities.get(op.act)
        record = activity.one(op.side) if activity else None
        if record is None:
            return False
        if op.side == SALESFORCE:
            self.stage.salesforce.delete(record.id)
        else:
            self.stage.planhat.delete(PLANHAT_COLLECTIONS[op.side], record.id)
        self.note(f"a user deletes the {op.side} record of {op.act}", activity=op.act)
        self.oracle.user_deleted(op.act, op.side, record.id)
        self._touched = True
        return True

    def _introduce(self, op: ops.Introduce) -> bool:
        if op.customer in self.stage.companies:
            return False
        self.stage.introduce(op.customer)
        self.note(f"Planhat gets a Company for {op.customer}")
        self.oracle.introduced(op.customer)
        self._touched = True
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
        self.oracle.saved(settings)
        self._forget_journal()

    def _staff_disable(self, _op: ops.StaffDisable) -> bool:
        self.sync.staff_disable_inheritance()
        self.oracle.inheritance.staff_disabled()
        self.note("Planhat's staff switch inheritance off")
        return True

    def _tick(self, op: ops.Tick) -> bool:
        self.stage.clock.advance(op.seconds)
        return True

    def _inject(self, op: ops.InjectFault) -> bool:
        self._faults.append(op)
        self._touched = True
        return True

    def _heal(self, _op: ops.Heal) -> bool:
        self._faults.clear()
        return True

    # -- the sync -----------------------------------------------------------------------------

    def _sync(self, op: ops.Sync) -> bool:
        self.oracle.about_to_sync()
        self._arm()
        saved: list[Path] = []
        self.stage.counter.begin(
            crash_at=op.crash_at, acted=op.acted, on_crash=lambda: saved.append(self._photograph())
        )
        failure: BaseException | None = None
        self._forget_journal()
        try:
            self.reports.append(self.sync.run())
        except (Crashed, Exception) as error:  # noqa: BLE001 - whatever a sync raises is judged below
            failure = error
        self.stage.counter.end()
        self._disarm()
        self.exchanges = exchanges = self._exchanges()
        if saved:
            self._restart_from(saved[0])
        struck = any(one["fault"] for one in exchanges)
        clean = failure is None and not struck and not self._faults
        self._tell_round(exchanges, failure)
        self._judge(exchanges, clean=clean)
        if failure is not None and not struck and not saved:
            raise Stumbled(f"the sync raised {failure!r} although nothing went wrong") from failure
        return True

    def _judge(self, exchanges: list[monitors.Exchange], *, clean: bool) -> None:
        self.seen = after = self.observe()
        monitors.check(exchanges, self.settings, self.oracle.model)
        unread = self.stage.counter.unread
        got = (one for one in exchanges if one["status"] and (one["vendor"], one["n"]) != unread)
        read = "\n".join(str(one["response"]) for one in got)
        owed = self.oracle.owed()
        self.oracle.synced(after, clean=clean, read=read)
        written = monitors.writes(exchanges)
        # An id that is still owed is written back when its section syncs again: not the configuration's doing (P8).
        unasked = [] if self._touched else [one for one in written if not monitors.writes_back(one, owed)]
        if unasked:
            if self._configured:
                raise DirectionIgnored(f"a change of configuration alone wrote (P29): {monitors.say(unasked[0])}")
            raise NotQuiet(f"nothing had happened, and there was {monitors.say(unasked[0])}")
        if clean and not written:
            self._touched = self._configured = False

    def _settle(self, op: ops.Settle) -> bool:
        self._faults.clear()
        for _ in range(op.rounds):
            self.stage.clock.advance(POLL_SECONDS)
            self._sync(ops.Sync())
        before = self.seen if op.rounds else self.observe()
        self._touched = self._configured = False
        self.stage.clock.advance(POLL_SECONDS)
        self._sync(ops.Sync())
        if self.seen != before:
            raise NotQuiet("a round after everything had settled changed records")
        return True

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

    def _arm(self) -> None:
        for fault in self._faults:
            self.stage.control[fault.vendor].add_fault(
                kind=fault.fault,
                vendor=fault.vendor,
                verb=fault.verb,
                object=fault.object,
                nth=fault.nth,
                times=fault.times,
                item=fault.item,
            )

    def _disarm(self) -> None:
        if not self._faults:
            return
        for control in self.stage.control.values():
            control.clear_faults()
        self._faults = [fault for fault in self._faults if fault.times is None]

    def _photograph(self) -> Path:
        """The sync's files at the moment it dies: what was not on disk by then is lost."""
        copy = self._state.with_name(f"{self._state.name}-crash")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self._state, copy)
        return copy

    def _restart_from(self, photograph: Path) -> None:
        self.sync.close()
        shutil.rmtree(self._state)
        photograph.rename(self._state)
        self.sync = self._factory(self.connection, self.settings)
        self._touched = True

    def _forget_journal(self) -> None:
        for vendor, fake in self.stage.fakes.items():
            self._marks[vendor] = fake.journal.last

    def _exchanges(self) -> list[monitors.Exchange]:
        found: list[monitors.Exchange] = []
        for vendor, control in self.stage.control.items():
            found += control.journal(since=self._marks[vendor])
        return sorted(found, key=lambda one: one["at"])

    def _tell_round(self, exchanges: list[monitors.Exchange], failure: BaseException | None) -> None:
        self.note(f"a round of the sync: {len(exchanges)} requests")
        for one in exchanges:
            if monitors.is_write(one) or one["fault"]:
                handle = monitors.names(one, self.oracle.model)
                self.note(f"  {monitors.say(one)}" + (f"  ({handle})" if handle else ""), activity=handle)
        if failure is not None:
            self.note(f"  the round ended with {failure!r}")

    _DOES: dict[type[Op], Callable[[Any, Any], bool]] = {  # noqa: RUF012 - a table, never changed
        ops.Create: _create,
        ops.Edit: _edit,
        ops.Complete: _complete,
        ops.Ignore: _ignore,
        ops.Reopen: _reopen,
        ops.Delete: _delete,
        ops.Introduce: _introduce,
        ops.Configure: _configure,
        ops.StaffDisable: _staff_disable,
        ops.Tick: _tick,
        ops.InjectFault: _inject,
        ops.Heal: _heal,
        ops.Sync: _sync,
        ops.Settle: _settle,
    }


def _essence(record: Record) -> str:
    """A record without ids and stamps, as text that sorts."""
    values = {one.name: record.value(one) for one in shared(record.side)}
    frame = {name: record.row.get(name) for name in FRAME[record.side]}
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
