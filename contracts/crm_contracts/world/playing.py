"""What every world does with a history, whatever its two systems are: rounds, faults, deaths, the story.

`World` plays Salesforce and Planhat, `pairs.PairWorld` Salesforce and Totango or Marketo. They say which operations
there are (`_DOES`), how a round runs and how it is judged.

Rule: a finding is raised where it shows first, with the timeline so far.
"""

from __future__ import annotations

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from crm_contracts.world import monitors, ops
from crm_contracts.world.files import copy_files
from crm_contracts.world.invariants.told import told
from crm_contracts.world.ops import Op
from crm_contracts.world.photographs import Darkroom
from crm_contracts.world.under_test import Portable
from crm_contracts.world.violations import InvariantViolated, NotDeterministic, NotQuiet, Stumbled
from crm_contracts.world.wire import Counter, Crashed, Strayed
from fake_core.clock import FrozenClock
from fake_core.control import ControlClient
from fake_core.fake import Fake
from fake_core.faults import Fault

__all__ = ["MEMORY_DISK", "POLL_SECONDS", "Judge", "Played", "Playing", "Scene", "fault_of"]

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - Linux' own; elsewhere the ordinary temporary folder
POLL_SECONDS = 600  # rule P23
_POLL, _GRID = timedelta(seconds=POLL_SECONDS), datetime(2026, 1, 1, tzinfo=UTC)


class Scene(Protocol):
    """Where a history plays: fakes over one clock, and the gate that counts the sync's requests."""

    clock: FrozenClock
    fakes: dict[str, Fake]
    control: dict[str, ControlClient]
    counter: Counter
    KEPT: tuple[str, ...]  # names of what is not in the fakes and may change

    def reset(self, *, rows: bool = True) -> None:
        """Back to the opening scene; without *rows*, all but what the fakes' stores hold."""


class Judge(Protocol):
    """Who knows what has to hold."""

    def about_to_sync(self) -> None:
        """A round begins."""

    def settled(self) -> None:
        """Users and faults have stopped, rounds were run: every claim must hold."""


class Played(Protocol):
    """The sync, as far as every world needs it."""

    def close(self) -> None:
        """Let go of files."""


def fault_of(op: ops.InjectFault) -> Fault:
    """The fault that *op* scripts, in a fake's words."""
    return Fault(
        kind=op.fault, vendor=op.vendor, verb=op.verb, object=op.object, nth=op.nth, times=op.times, item=op.item
    )


class Playing(ABC):
    """One history as it unfolds. Use as a context manager, or close()."""

    stage: Scene
    oracle: Judge
    sync: Played
    settings: Any  # as saved last
    seen: Mapping[str, Any]  # what everybody sees after the newest round
    KEPT: ClassVar[tuple[str, ...]] = (
        "oracle",
        "settings",
        "_faults",
        "_shown",
        "_touched",
        "_configured",
    )  # of a checkpoint

    def __init__(self, stage: Scene) -> None:
        counter = stage.counter
        room, counter.room = counter.room, None  # of another world
        if counter.for_many and room is not None and room.for_many and not room.full:
            stage.reset(rows=False)
            room.begin_again()
        else:
            stage.reset()
            room = Darkroom(stage.fakes, for_many=counter.for_many)
        self.stage = stage
        self.darkroom = counter.room = room
        self._looks: dict[object, Mapping[str, Any]] = {}  # what was observed, by the rows it was observed in
        self.log: Callable[[Iterable[monitors.Exchange]], None] = lambda _exchanges: None  # told of every round
        self.before_round: list[monitors.Exchange] = []  # of a round that is played on from its middle
        self.timeline: list[tuple[str, str]] = []  # (activity or "", line)
        self.history: list[Op] = []
        self.reports: list[Any] = []
        self.exchanges: list[monitors.Exchange] = []  # of the newest round
        # A sync that is careful about its memory waits for the disk at every commit; a world has no disk to fear for.
        self._state = Path(tempfile.mkdtemp(prefix="understudy-", dir=MEMORY_DISK if MEMORY_DISK.is_dir() else None))
        self._faults: list[ops.InjectFault] = []
        self._shown: dict[ops.InjectFault, Mapping[str, int]] = {}  # the rows that a slow_visibility shows
        self._touched = True  # somebody did something since the last quiet round
        self._configured = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.sync.close()
        shutil.rmtree(self._state, ignore_errors=True)

    # -- what a world says of itself ------------------------------------------------------------

    @abstractmethod
    def _run(self, op: ops.Sync) -> Any:
        """Let the sync run one round; what it reports."""

    @abstractmethod
    def _start_again(self) -> Played:
        """A new process of the sync, over the files that the last one left."""

    @abstractmethod
    def _judge(self, exchanges: list[monitors.Exchange], *, clean: bool) -> None:
        """Look at a round that ended; *clean*: nothing went wrong in it."""

    @abstractmethod
    def _about(self, exchange: monitors.Exchange) -> str:
        """The handle of the activity that *exchange* is about, "" when it does not say."""

    @abstractmethod
    def observe(self) -> Mapping[str, Any]:
        """Everything both systems show of activities, read by their users."""

    def look(self) -> Mapping[str, Any]:
        """As `observe`; nobody looks twice at the same rows."""
        rows = self.darkroom.rows()
        if rows not in self._looks:
            self._looks[rows] = self.observe()
        return self._looks[rows]

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
            told = found.with_timeline(self.story(found.activity))
            told.history = [op for op in self.history if not isinstance(op, ops.Settle)]
            raise told from found.__cause__

    def story(self, activity: str = "") -> list[str]:
        """The timeline; with *activity*, only what concerns it or everybody."""
        return [line for about, line in self.timeline if not activity or about in ("", activity)]

    def note(self, line: str, *, activity: str = "") -> None:
        self.timeline.append((activity, f"{self.stage.clock.now():%d %H:%M:%S}  {line}"))

    @abstractmethod
    def summary(self) -> Mapping[str, object]:
        """What the activities look like, by handle, without ids and stamps."""

    def stir(self) -> None:
        """Somebody did something that a sync may answer with writes."""
        self._touched = True

    # -- time and faults ----------------------------------------------------------------------

    def _tick(self, op: ops.Tick) -> bool:
        self.stage.clock.advance(op.seconds)
        return True

    def _inject(self, op: ops.InjectFault) -> bool:
        self._faults.append(op)
        if op.fault == "slow_visibility":
            self._shown[op] = dict(self.darkroom.rows())
        self.stir()
        return True

    def _heal(self, _op: ops.Heal) -> bool:
        self._faults.clear()
        return True

    # -- the sync -----------------------------------------------------------------------------

    def round_begins(self, op: ops.Sync) -> None:  # noqa: B027 - Planhat's judge wants nothing of it
        """*op* is about to be played; a world notes what its judge wants to know of this moment."""

    def _sync(self, op: ops.Sync) -> bool:
        counter = self.stage.counter
        self.round_begins(op)
        self.oracle.about_to_sync()
        self._arm()
        saved: list[Path] = []
        counter.begin(
            crash_at=op.crash_at,
            crash_at_commit=op.crash_at_commit,
            acted=op.acted,
            on_crash=lambda: saved.extend(self._photograph()),
        )
        failure: BaseException | None = None
        self._forget_journal()
        try:
            self.reports.append(self._run(op))
        except (Crashed, Exception) as error:  # noqa: BLE001 - whatever a sync raises is judged below
            failure = error
        counter.end()
        self._disarm()
        if counter.dead:
            self._restart_from(saved)
        self._end_round(self._exchanges(), failure)
        return True

    def died(self, exchanges: list[monitors.Exchange], death: Crashed) -> None:
        """The sync died in a round after these *exchanges*; the next process is there already."""
        with self._telling():
            self.oracle.about_to_sync()
            self.stir()
            self._end_round(exchanges, death)

    def _end_round(self, exchanges: list[monitors.Exchange], failure: BaseException | None) -> None:
        """A round is over, well or badly: tell it and judge it."""
        self.exchanges = exchanges
        self.log(exchanges)
        struck = any(one["fault"] for one in exchanges)
        clean = failure is None and not struck and not self._faults
        self._tell_round(exchanges, failure)
        self._judge(exchanges, clean=clean)
        if isinstance(failure, Strayed):
            raise NotDeterministic(str(failure)) from failure
        if failure is not None and not struck and not isinstance(failure, Crashed):
            raise Stumbled(f"the sync raised {failure!r} although nothing went wrong") from failure

    def _settle(self, op: ops.Settle) -> bool:
        self._faults.clear()
        for _ in range(op.rounds):
            self.stage.clock.set(self.next_poll())
            self._sync(self.poll())
        before = self.seen if op.rounds else self.look()
        self._touched = self._configured = False
        self.stage.clock.set(self.next_poll())
        self._sync(self.poll())
        if self.seen != before:
            raise NotQuiet("a round after everything had settled changed records")
        return True

    def _put_aside(self, refused: list[monitors.Exchange], *, clean: bool) -> None:
        """I2: a refused write is tried again for a record that is put aside with its reason, for no other (F65)."""
        said = told(self.reports[-1]) if clean and refused else None
        if said is not None and not said.quarantined and not said.stopped:
            raise NotQuiet(f"nothing had happened, and there was {monitors.say(refused[0])}; nothing is put aside")

    def poll(self) -> ops.Sync:
        """A round that nobody asked for."""
        return ops.Sync()

    def next_poll(self) -> datetime:
        """When the sync runs next, once nobody asks for it: polls stand in a grid, whatever a round took (P23)."""
        now = self.stage.clock.now()
        return _GRID + (1 + (now - _GRID) // _POLL) * _POLL

    def rest(self) -> bool:
        """Time passes, and the sync runs once more: whether that went well and it wrote nothing."""
        self._faults.clear()
        self.stage.clock.set(self.next_poll())
        self.apply(self.poll())
        return not monitors.writes(self.exchanges) and not any(one["fault"] for one in self.exchanges)

    def demand(self) -> None:
        """Demand what has to hold when users and faults have stopped and everything has come to rest."""
        with self._telling():
            self.oracle.settled()

    def _got(self, exchanges: Iterable[monitors.Exchange]) -> str:
        """All that the sync was answered and lived to read."""
        unread = self.stage.counter.unread
        got = (one for one in exchanges if one["status"] and (one["vendor"], one["n"]) != unread)
        return "\n".join(str(one["response"]) for one in got)

    def _arm(self) -> None:
        for one in self._faults:
            self.script(one, self._shown.get(one))

    def script(self, fault: ops.InjectFault, shown: Mapping[str, int] | None = None) -> None:
        """Let *fault* wait for the sync; *shown* are numbers of older rows, as the darkroom gives them."""
        rows = None if shown is None else self.darkroom.rows_of(fault.vendor, shown[fault.vendor])
        self.stage.fakes[fault.vendor].script(fault_of(fault), rows=rows)

    def _disarm(self) -> None:
        for vendor, fake in self.stage.fakes.items():
            if fake.behind:
                self.darkroom.touch(vendor)
            fake.heal()  # what is under way arrives before the round is judged
        self._faults = [fault for fault in self._faults if fault.times is None]

    def _photograph(self) -> list[Path]:
        """The sync's files at the moment it dies: what was not on disk by then is lost."""
        if isinstance(self.sync, Portable):
            return []  # its memory outlives it
        copy = self._state.with_name(f"{self._state.name}-crash")
        shutil.rmtree(copy, ignore_errors=True)
        copy_files(self._state, copy)
        return [copy]

    def _restart_from(self, saved: list[Path]) -> None:
        if isinstance(self.sync, Portable):
            self.sync.restore(self.sync.photograph(), self.settings)
        else:
            self.sync.close()
            shutil.rmtree(self._state)
            saved[0].rename(self._state)
            self.sync = self._start_again()
        self.stir()

    def _forget_journal(self) -> None:
        for fake in self.stage.fakes.values():
            fake.journal.clear()

    def _exchanges(self) -> list[monitors.Exchange]:
        """What the sync asked in this round, in its order; what the fakes carried out by themselves comes last."""
        asked: list[monitors.Exchange] = [*self.before_round, *self.stage.counter.exchanges]
        known = {(one["vendor"], one["n"]) for one in asked}
        late = [one for fake in self.stage.fakes.values() for one in fake.exchanges() if one["fault"]]
        return asked + [one for one in late if (one["vendor"], one["n"]) not in known]

    def _tell_round(self, exchanges: list[monitors.Exchange], failure: BaseException | None) -> None:
        self.note(f"a round of the sync: {len(exchanges)} requests")
        for one in exchanges:
            if monitors.is_write(one) or one["fault"]:
                handle = self._about(one)
                self.note(f"  {monitors.say(one)}" + (f"  ({handle})" if handle else ""), activity=handle)
        if failure is not None:
            self.note(f"  the round ended with {failure!r}")

    _DOES: ClassVar[Mapping[type[Op], Callable[[Any, Any], bool]]] = {
        ops.Tick: _tick,
        ops.InjectFault: _inject,
        ops.Heal: _heal,
        ops.Sync: _sync,
        ops.Settle: _settle,
    }
