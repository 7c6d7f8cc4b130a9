"""One history played with the sync under test, and what came of it: nothing to say, or a finding with its story.

Rule: the story is told in the order in which things happened, in the words of the vendors' users.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm_contracts.verify.border import Border
from crm_contracts.verify.served import AnySettings, Hung, ServedPair, ServedPlanhat, ServedStage
from crm_contracts.verify.story import Event, told_op, told_request
from crm_contracts.world import World, monitors, ops
from crm_contracts.world.ops import Op
from crm_contracts.world.pairs import PairSettings, PairWorld
from crm_contracts.world.playing import Playing
from crm_contracts.world.settings import Settings
from crm_contracts.world.violations import CrashLeftATrace, InvariantViolated
from crm_contracts.world.wire import Crashed


class Hangs(InvariantViolated):
    """I11: a run does not come to an end."""

    invariant = "I11"


@dataclass(frozen=True)
class Finding:
    """A violated invariant, the history that shows it, and its story."""

    kind: str  # the name of the violation's class
    invariant: str
    what: str
    activity: str
    history: tuple[Op, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Round:
    """The last run that the history asked for: its requests in their order."""

    exchanges: tuple[monitors.Exchange, ...] = ()

    def writes(self) -> list[int]:
        """The numbers, from 1, of the requests that ask for a change."""
        return [n for n, one in enumerate(self.exchanges, start=1) if monitors.is_write(one)]

    def address(self, number: int) -> tuple[str, str, str, int]:
        """Request *number* by meaning: vendor, verb, object, and the how-many-th of these in the run."""
        addresses = [(one["vendor"], one["verb"], one["object"]) for one in self.exchanges[:number]]
        return (*addresses[-1], addresses.count(addresses[-1]))


@dataclass
class Trial:
    """What came of a history."""

    finding: Finding | None = None
    summary: dict[str, object] = field(default_factory=dict)
    last: Round = field(default_factory=Round)


class _Telling(Playing):
    """A world that keeps its story as events, and takes a run that hangs for a finding."""

    border: Border
    events: list[Event]
    rounds: list[Round]

    def _begin_story(self, border: Border) -> None:
        self.border, self.events, self.rounds = border, [], []

    def apply(self, op: Op) -> bool:
        at = self.stage.clock.now()
        place = len(self.events)
        done = super().apply(op)
        if done:
            self.events[place:place] = told_op(op, at=at)
        return done

    def _tell_round(self, exchanges: list[monitors.Exchange], failure: BaseException | None) -> None:
        super()._tell_round(exchanges, failure)
        border = self.border
        order = {heard: number for number, heard in enumerate(border.heard)}
        last = len(order)
        ordered = sorted(exchanges, key=lambda one: order.get((one["vendor"], one["n"]), last))
        self.rounds.append(Round(tuple(ordered)))
        told = [
            told_request(one, self._about(one), unread=border.unread == (one["vendor"], one["n"]))
            for one in ordered
            if monitors.is_write(one) or one["fault"]
        ]
        now = self.stage.clock.now()
        began = datetime.fromisoformat(ordered[0]["at"]) if ordered else now
        self.events.append(Event(began, "both", "sync", f"a run of the sync, {_counted(len(exchanges), 'request')}"))
        self.events += told
        if isinstance(failure, Crashed) and border.unread is None:
            self.events.append(Event(now, "both", "sync", "the sync is killed before its next request is carried out"))
        elif failure is not None and not isinstance(failure, Crashed):
            self.events.append(Event(now, "both", "sync", f"the run ends badly: {failure}"))
        if isinstance(failure, Hung):
            raise Hangs(f"the run did not end within the time allowed and was killed ({failure})")


class _PlanhatWorld(_Telling, World):
    def __init__(self, stage: ServedPlanhat, settings: Settings) -> None:
        self._begin_story(stage.sockets.border)
        super().__init__(stage, sync=stage.factory, settings=settings)


class _PairWorld(_Telling, PairWorld):
    def __init__(self, stage: ServedPair, settings: PairSettings) -> None:
        self._begin_story(stage.sockets.border)
        super().__init__(stage, sync=stage.factory, settings=settings)


def _world(stage: ServedStage, settings: AnySettings) -> _PlanhatWorld | _PairWorld:
    if isinstance(stage, ServedPlanhat):
        assert isinstance(settings, Settings)
        return _PlanhatWorld(stage, settings)
    assert isinstance(stage, ServedPair)
    assert isinstance(settings, PairSettings)
    return _PairWorld(stage, settings)


def play(
    history: Sequence[Op], *, stage: ServedStage, settings: AnySettings, page: int = 0, expected: Any = None
) -> Trial:
    """Play *history* to its end. *expected* is the world that it must end in (see `World.summary`), if known.

    Raises MisuseError when the sync cannot run at all.
    """
    trial = Trial()
    border = stage.sockets.border
    stage.begin(settings)
    border.page = page
    world = _world(stage, settings)
    try:
        with world:
            world.apply_all(history)
            asked = len([op for op in history if isinstance(op, ops.Sync)])
            trial.last = world.rounds[asked - 1] if asked else Round()
            world.finish()
            trial.summary = world.summary()
            _compare(expected, trial.summary)
    except InvariantViolated as found:
        # What had not happened yet when it showed is not part of the story.
        played = tuple(op for op in world.history if not isinstance(op, ops.Settle))
        trial.finding = Finding(
            type(found).__name__, found.invariant, found.what, found.activity, played, tuple(world.events)
        )
    finally:
        border.page = 0
    return trial


def _compare(expected: Any, found: dict[str, object]) -> None:
    if expected is None or found == expected:
        return
    handles = sorted({*expected, *found}, key=str)
    handle = next(handle for handle in handles if found.get(handle) != expected.get(handle))
    raise CrashLeftATrace(
        f"{handle} without what went wrong: {expected.get(handle)}; with it: {found.get(handle)}", activity=handle
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
