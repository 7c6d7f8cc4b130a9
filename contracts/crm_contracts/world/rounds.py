"""One round of a world, struck at every point: the round is recorded once, and each point begins in its middle.

Rule 1: a fault's round is played by the sync itself, from its start: the requests before the fault are answered from
the record (they must be the same, or the sync is not deterministic: I14), the struck one and all later ones by the
fakes.
Rule 2: a death needs no playing: what it leaves behind are the fakes and the memory as the record has them there.
Rule 3: what follows a struck round depends on its fingerprint alone, so it is played once for each.
Rule 4: every struck round is judged for safety; what follows, for everything; and in the end the world is the one that
nothing had befallen (I10).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from crm_contracts.world.checkpoints import fingerprint, restore
from crm_contracts.world.ops import Op
from crm_contracts.world.playing import Playing
from crm_contracts.world.points import CRASHES, Commit, Point, Request
from crm_contracts.world.recording import Recording, play_struck
from crm_contracts.world.violations import CrashLeftATrace, InvariantViolated
from crm_contracts.world.wire import Crashed

__all__ = ["Tally", "compare", "die", "strike"]

Outcome = Mapping[str, object]
_HIDING = frozenset({"slow_visibility"})  # who was shown less may have decided otherwise
_ROUNDS = 2  # in which everything has to come to rest (I1)


@dataclass
class Tally:
    """How much a sweep did. *points* were struck and judged; *played* of them by letting the sync run its round (a
    death needs none); *settled* is how many different worlds they led to, each of which was played to its end.
    """

    rounds: int = 0
    points: int = 0
    played: int = 0
    settled: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.rounds += other.rounds
        self.points += other.points
        self.played += other.played
        self.settled += other.settled
        for kind, count in other.by_kind.items():
            self.by_kind[kind] = self.by_kind.get(kind, 0) + count


def strike(
    world: Playing,
    kept: Recording,
    points: Iterable[Point],
    *,
    expected: Outcome,
    thorough: bool = False,
    found: list[InvariantViolated] | None = None,
) -> Tally:
    """Play every one of *points*, from the start of the recorded round to the end of all; demand *expected* there.

    Raises the first violation, with the history that shows it; with *found* it is put there instead.
    *thorough*: no two faults count as the same, and what has come to rest is watched for all its rounds nevertheless.
    """
    strikes = _Strikes(world, kept, expected, thorough=thorough)
    before = list(world.history[: kept.start.told[1]])
    for point in points:
        try:
            with _told(world, partial(_history, before, kept, point)):
                end = strikes.end_of(point)
                if point.kind not in _HIDING:
                    compare(end, expected)
        except InvariantViolated as finding:
            if found is None:
                raise
            found.append(finding)
    return strikes.tally


def _history(before: Sequence[Op], kept: Recording, point: Point) -> list[Op]:
    history = point.history(before, kept.op, shown_at=kept.shown_at)
    if kept.first is not None:
        history = kept.first.history(history[:-1], kept.op, shown_at=kept.shown_at)[:-1] + history[-1:]
    return history


class _Strikes:
    """One recorded round, and what became of the points that were struck so far."""

    def __init__(self, world: Playing, kept: Recording, expected: Outcome, *, thorough: bool) -> None:
        self._world, self._kept, self._expected, self._thorough = world, kept, expected, thorough
        self._ends: dict[Hashable, Outcome | InvariantViolated] = {}
        self._alone: set[Point] = set()  # after these faults nothing else was asked that they would strike
        self._same: dict[Point, Outcome | InvariantViolated] = {}
        self.tally = Tally(rounds=1)

    def end_of(self, point: Point) -> Outcome:
        """What becomes of the world in the end. Raises what it violates on the way."""
        tally = self.tally
        tally.points += 1
        tally.by_kind[point.kind] = tally.by_kind.get(point.kind, 0) + 1
        as_good = point if self._thorough else point.as_good()
        if as_good is None:
            return self._expected
        once = replace(as_good, lasts=False)
        if as_good.lasts and once in self._alone:
            as_good = once
        if as_good not in self._same:
            try:
                self._same[as_good] = self._begin(as_good)
            except InvariantViolated as found:
                self._same[as_good] = found
        end = self._same[as_good]
        if isinstance(end, InvariantViolated):
            raise end
        return end

    def _begin(self, point: Point) -> Outcome:
        if point.kind in CRASHES:
            die(self._world, self._kept, point)
        else:
            self.tally.played += 1
            play_struck(self._world, self._kept, point)
            if not self._thorough and not self._struck_twice(point):
                self._alone.add(point)
        mark = fingerprint(self._world)
        if mark not in self._ends:
            self.tally.settled += 1
            try:
                self._ends[mark] = self._settle()
            except InvariantViolated as found:
                self._ends[mark] = found
        end = self._ends[mark]
        if isinstance(end, InvariantViolated):
            raise end
        return end

    def _struck_twice(self, point: Point) -> bool:
        """Whether the round went on with a request that the fault would have struck, too, had it lasted."""
        at = point.at
        assert isinstance(at, Request)
        address = (at.vendor, at.verb, at.object)
        return any((one["vendor"], one["verb"], one["object"]) == address for one in self._world.exchanges[at.n :])

    def _settle(self) -> Outcome:
        """What the world comes to. Where a round wrote nothing and the end is the expected one, no more are run."""
        world = self._world
        for _ in range(0 if self._thorough else _ROUNDS):
            before = world.seen
            if world.rest() and world.seen == before and world.summary() == self._expected:
                world.demand()
                return self._expected
        world.finish()
        return world.summary()


def die(world: Playing, kept: Recording, point: Point) -> None:
    """The world as a death leaves it, with the next process already begun."""
    acted = point.kind == "crash_after"
    counter = world.stage.counter
    if isinstance(point.at, Commit):
        moment = kept.before_commit[point.at.n - 1]
        fakes, memory = moment.fakes, kept.kept[point.at.n - 1] if acted else moment.memory
        made = moment.requests
    else:
        moment = kept.before_request[point.at.n - 1]
        fakes, memory = kept.answered[point.at.n - 1] if acted else moment.fakes, moment.memory
        made = point.at.n if acted else point.at.n - 1
    restore(world, kept.start, fakes=fakes, memory=memory)
    world.history.append(point.ops(kept.op)[0])
    counter.unread = None
    if acted and isinstance(point.at, Request):
        last = kept.exchanges[made - 1]
        counter.unread = (last["vendor"], last["n"])
    world.died(kept.exchanges[:made], Crashed(f"{point.kind} {point.at}"))


def compare(found: Outcome, expected: Outcome, *, timeline: Sequence[str] = ()) -> None:
    """Raise CrashLeftATrace where two worlds ended differently."""
    if found == expected:
        return
    differing = [handle for handle in expected if found.get(handle) != expected[handle]]
    handle = (differing or sorted(set(found) - set(expected)))[0]
    raise CrashLeftATrace(
        f"{handle} without the fault: {expected.get(handle)}; with it: {found.get(handle)}",
        activity=handle,
        timeline=timeline,
    )


@contextmanager
def _told(world: Playing, history: Callable[[], list[Op]]) -> Iterator[None]:
    """A finding carries the history that leads there, as data."""
    try:
        yield
    except InvariantViolated as found:
        if not found.timeline:
            found = found.with_timeline(world.story(found.activity))
        found.history = history()
        raise found from found.__cause__
