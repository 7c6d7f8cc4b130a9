"""What every world does with a history, whatever its two systems are: rounds, faults, deaths, the story.

`World` plays Salesforce and Planhat, `pairs.PairWorld` Salesforce and Totango or Marketo. They say which operations
there are (`_DOES`), how a round runs and how it is judged.

Rule: a finding is raised where it shows first, with the timeline so far.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from crm_contracts.world import monitors, ops
from crm_contracts.world.ops import Op
from crm_contracts.world.stage import Counter, Crashed
from crm_contracts.world.violations import InvariantViolated, NotQuiet, Stumbled
from fake_core.clock import FrozenClock
from fake_core.control import ControlClient
from fake_core.fake import Fake

__all__ = ["MEMORY_DISK", "POLL_SECONDS", "Judge", "Played", "Playing", "Scene"]

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - Linux' own; elsewhere the ordinary temporary folder
POLL_SECONDS = 600  # rule P23


class Scene(Protocol):
    """Where a history plays: fakes over one clock, and the gate that counts the sync's requests."""

    clock: FrozenClock
    fakes: dict[str, Fake]
    control: dict[str, ControlClient]
    counter: Counter

    def reset(self) -> None:
        """Back to the opening scene."""


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


class Playing:
    """One history as it unfolds. Use as a context manager, or close()."""

    stage: Scene
    oracle: Judge
    sync: Played
    seen: Mapping[str, Any]  # what everybody sees after the newest round

    def __init__(self, stage: Scene) -> None:
        stage.reset()
        self.stage = stage
        self.timeline: list[tuple[str, str]] = []  # (activity or "", line)
        self.history: list[Op] = []
        self.reports: list[Any] = []
        self.exchanges: list[monitors.Exchange] = []  # of the newest round
        # A sync that is careful about its memory waits for the disk at every commit; a world has no disk to fear for.
        self._state = Path(tempfile.mkdtemp(prefix="understudy-", dir=MEMORY_DISK if MEMORY_DISK.is_dir() else None))
        self._faults: list[ops.InjectFault] = []
        self._touched = True  # somebody did something since the last quiet round
        self._configured = False
        self._marks = {vendor: fake.journal.last for vendor, fake in stage.fakes.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.sync.close()
        shutil.rmtree(self._state, ignore_errors=True)

    # -- what a world says of itself ------------------------------------------------------------

    def _run(self, op: ops.Sync) -> Any:
        """Let the sync run one round; what it reports."""
        raise NotImplementedError

    def _start_again(self) -> Played:
        """A new process of the sync, over the files that the last one left."""
        raise NotImplementedError

    def _judge(self, exchanges: list[monitors.Exchange], *, clean: bool) -> None:
        """Look at a round that ended; *clean*: nothing went wrong in it."""
        raise NotImplementedError

    def _about(self, exchange: monitors.Exchange) -> str:
        """The handle of the activity that *exchange* is about, "" when it does not say."""
        raise NotImplementedError

    def observe(self) -> Mapping[str, Any]:
        """Everything both systems show of activities, read by their users."""
        raise NotImplementedError

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

    def stir(self) -> None:
        """Somebody did something that a sync may answer with writes."""
        self._touched = True

    # -- time and faults ----------------------------------------------------------------------

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
            self.reports.append(self._run(op))
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

    def _got(self, exchanges: Iterable[monitors.Exchange]) -> str:
        """All that the sync was answered and lived to read."""
        unread = self.stage.counter.unread
        got = (one for one in exchanges if one["status"] and (one["vendor"], one["n"]) != unread)
        return "\n".join(str(one["response"]) for one in got)

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
        self.sync = self._start_again()
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
