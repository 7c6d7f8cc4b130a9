"""A round written down while it is played, with everything that is needed to begin again in its middle.

Rule: a round that is played again answers the requests before a fault from the record; they must be the same, or the
sync is not deterministic (I14).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_contracts.world import ops
from crm_contracts.world.checkpoints import Checkpoint, checkpoint, restore
from crm_contracts.world.monitors import Exchange
from crm_contracts.world.photographs import Photograph
from crm_contracts.world.playing import Playing
from crm_contracts.world.points import Commit, Point, Request, request_of
from crm_contracts.world.under_test import Portable
from crm_contracts.world.wire import Tape

__all__ = ["Recording", "play_struck", "record"]


@dataclass(frozen=True)
class _Moment:
    """The fakes and the sync's memory, as they were when *requests* had been made."""

    requests: int
    fakes: Photograph
    memory: bytes


@dataclass
class Recording:
    """A round that was played.

    *before_request*, *before_commit*: the world just before each of them; *kept* is the memory after each commit.
    *shown* are the rows of the end of the round before: what a slow_visibility shows.
    """

    start: Checkpoint
    op: ops.Sync
    tape: Tape
    exchanges: list[Exchange] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    before_request: list[_Moment] = field(default_factory=list)
    before_commit: list[_Moment] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)
    answered: list[Photograph] = field(default_factory=list)  # the fakes just after each request
    first: Point | None = None  # the fault with which it was played
    shown: Mapping[str, int] = field(default_factory=dict)
    shown_at: int = 0  # how many operations had been played by then


def record(
    world: Playing,
    op: ops.Sync,
    *,
    shown: tuple[Mapping[str, int], int] | None = None,
    struck: tuple[Recording, Point] | None = None,
) -> Recording:
    """Let *world* play *op*, and write down everything that a point needs. Raises what the round itself violates.

    *shown*: the rows that everybody saw a while ago, and how many operations had been played by then.
    *struck*: a recorded round and a fault in it; it is played again with that fault, and written down from there.
    """
    sync = world.sync
    assert isinstance(sync, Portable)
    if struck is None:
        world.round_begins(op)  # a death begins in the middle of it
        kept = Recording(checkpoint(world), op, Tape([], []))
        kept.shown, kept.shown_at = shown or (dict(world.darkroom.rows()), len(world.history))
    else:
        kept = _until(*struck)
    recorder = _Recorder(world, sync, kept)
    if struck is None:
        with recorder:
            world.apply(op)
    else:
        play_struck(world, *struck, recorder=recorder)
    recorder.finish()
    return kept


def _until(base: Recording, point: Point) -> Recording:
    """What is known of a round before *point* strikes it."""
    assert isinstance(point.at, Request)
    n = point.at.n - 1
    kept = Recording(base.start, base.op, Tape(base.tape.asked[:n], base.tape.answers[:n]))
    kept.before_request, kept.answered = base.before_request[:n], base.answered[:n]
    kept.shown, kept.shown_at, kept.first = base.shown, base.shown_at, point
    return kept


class _Recorder:
    """Writes a round down while it is played."""

    def __init__(self, world: Playing, sync: Portable, kept: Recording) -> None:
        self._world, self._sync, self._kept = world, sync, kept
        self._memory = kept.start.memory
        self._counter, self._room = world.stage.counter, world.darkroom
        self._known = len(kept.before_request)  # requests that are known already: nothing is seen of the fakes in them

    @property
    def tape(self) -> Tape:
        return self._kept.tape

    def __enter__(self) -> None:
        self._counter.recorded = self._kept.tape
        self._counter.at_request, self._counter.at_commit = self.at_request, self.at_commit

    def __exit__(self, *_exc: object) -> None:
        self._counter.end()

    def at_request(self, n: int) -> None:
        now = self._answered(n - 1)
        self._kept.before_request.append(_Moment(n - 1, now, self._memory))

    def at_commit(self, point: str) -> None:
        kept = self._kept
        if point == "after":
            self._memory = self._sync.photograph()
            kept.kept.append(self._memory)
        else:
            made = self._counter.requests
            now = self._answered(made) if made >= self._known else self._room.photograph()
            kept.before_commit.append(_Moment(made, now, self._memory))

    def _answered(self, made: int) -> Photograph:
        """The fakes now, after so many requests."""
        now = self._room.photograph()
        if len(self._kept.answered) < made:
            self._kept.answered.append(now)
        return now

    def finish(self) -> None:
        kept, exchanges = self._kept, self._world.exchanges
        self._answered(len(kept.before_request))
        kept.exchanges = exchanges
        kept.requests = [request_of(n, exchanges) for n in range(1, len(kept.before_request) + 1)]
        kept.commits = [Commit(n, one.requests) for n, one in enumerate(kept.before_commit, 1)]
        del kept.commits[len(kept.kept) :]
        if kept.first is not None:
            kept.requests = kept.requests[self._known + 1 :]
            kept.commits = [one for one in kept.commits if one.after_requests > self._known]


def play_struck(world: Playing, kept: Recording, point: Point, *, recorder: _Recorder | None = None) -> None:
    """The round with a fault at one request."""
    at = point.at
    assert isinstance(at, Request)
    n = at.n
    counter = world.stage.counter
    restore(world, kept.start, fakes=kept.before_request[n - 1].fakes)
    world.before_round = kept.exchanges[: n - 1]
    counter.replayed = Tape(kept.tape.asked[: n - 1], kept.tape.answers[: n - 1])

    def at_request(count: int) -> None:
        if recorder is not None:
            recorder.at_request(count)
        if count == n:
            shown = kept.shown if point.kind == "slow_visibility" else None
            world.script(point.fault(), shown)

    if recorder is not None:
        counter.recorded, counter.at_commit = recorder.tape, recorder.at_commit
    counter.at_request = at_request
    world.stir()
    try:
        world.apply(kept.op)
    finally:
        world.before_round = []
        counter.end()
