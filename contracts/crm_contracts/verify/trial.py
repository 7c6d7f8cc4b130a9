"""One history played with the sync under test, and what came of it: nothing to say, or a finding with its story.

Rule: the story is told in the order in which things happened, in the words of the vendors' users.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from crm_contracts.verify.border import Border
from crm_contracts.verify.served import AnySettings, Hung, ServedPair, ServedPlanhat, ServedStage
from crm_contracts.world import World, monitors, ops
from crm_contracts.world.ops import Op
from crm_contracts.world.pairs import PairSettings, PairWorld
from crm_contracts.world.playing import Playing
from crm_contracts.world.settings import Settings
from crm_contracts.world.story import Event
from crm_contracts.world.telling import Round, Telling
from crm_contracts.world.violations import CrashLeftATrace, InvariantViolated


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


@dataclass
class Trial:
    """What came of a history."""

    finding: Finding | None = None
    violation: InvariantViolated | None = None  # the same as it was raised
    summary: dict[str, object] = field(default_factory=dict)
    last: Round = field(default_factory=Round)
    events: tuple[Event, ...] = ()


class _Served(Telling):
    """Told in the order in which the border heard it; a run that hangs is a finding."""

    border: Border

    def unread(self) -> tuple[str, int] | None:
        return self.border.unread

    def ordered(self, exchanges: Sequence[monitors.Exchange]) -> list[monitors.Exchange]:
        order = {heard: number for number, heard in enumerate(self.border.heard)}
        return sorted(exchanges, key=lambda one: order.get((one["vendor"], one["n"]), len(order)))

    def _tell_round(self, exchanges: list[monitors.Exchange], failure: BaseException | None) -> None:
        super()._tell_round(exchanges, failure)
        if isinstance(failure, Hung):
            raise Hangs(f"the run did not end within the time allowed and was killed ({failure})")


class _PlanhatWorld(_Served, World):
    def __init__(self, stage: ServedPlanhat, settings: Settings) -> None:
        self.border = stage.sockets.border
        super().__init__(stage, sync=stage.factory, settings=settings)


class _PairWorld(_Served, PairWorld):
    def __init__(self, stage: ServedPair, settings: PairSettings) -> None:
        self.border = stage.sockets.border
        super().__init__(stage, sync=stage.factory, settings=settings)


def _world(stage: ServedStage, settings: AnySettings) -> _PlanhatWorld | _PairWorld:
    if isinstance(stage, ServedPlanhat):
        assert isinstance(settings, Settings)
        return _PlanhatWorld(stage, settings)
    assert isinstance(stage, ServedPair)
    assert isinstance(settings, PairSettings)
    return _PairWorld(stage, settings)


def play(
    history: Sequence[Op],
    *,
    stage: ServedStage,
    settings: AnySettings,
    page: int = 0,
    expected: Any = None,
    ended: Callable[[Playing], None] = lambda _world: None,
    around: Callable[[int, Op], AbstractContextManager[None]] = lambda _number, _op: nullcontext(),
) -> Trial:
    """Play *history* to its end. *expected* is the world that it must end in (see `World.summary`), if known; *ended*
    is called with the world when it has come to rest; *around* each operation, by its number from 1, is carried out.

    Raises MisuseError when the sync cannot run at all.
    """
    trial = Trial()
    border = stage.sockets.border
    stage.begin(settings)
    border.page = page
    world = _world(stage, settings)
    try:
        with world:
            for number, op in enumerate(history, 1):
                with around(number, op):
                    world.apply(op)
            asked = len([op for op in history if isinstance(op, ops.Sync)])
            trial.last = world.rounds[asked - 1] if asked else Round()
            world.finish()
            trial.summary = world.summary()
            trial.events = tuple(world.events)
            _compare(expected, trial.summary)
            ended(world)
    except InvariantViolated as found:
        trial.violation = found
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
