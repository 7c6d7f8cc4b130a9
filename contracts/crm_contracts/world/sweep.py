"""I10, exhaustively: one fault at every request and every commit of a scenario, and after recovery the same world.

A scenario is played once. At each of its rounds the world stops, strikes the round at every point (see `points`,
`rounds`), and goes on as if nothing had been. So each round of a scenario is the end of a scenario of its own, and no
user has acted on what a fault changed.
A sync whose memory cannot be put back (not `Portable`) is judged by playing each history from its beginning instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from crm_contracts.world import ops
from crm_contracts.world.checkpoints import checkpoint, restore
from crm_contracts.world.monitors import Exchange
from crm_contracts.world.ops import Op
from crm_contracts.world.playing import Playing
from crm_contracts.world.points import CRASHES, KINDS, Commit, Point, Request, deaths, faults, request_of
from crm_contracts.world.recording import Recording, play_struck, record
from crm_contracts.world.reference import reference_sync
from crm_contracts.world.rounds import Tally, compare, die, strike
from crm_contracts.world.settings import Settings
from crm_contracts.world.simulate import Chance
from crm_contracts.world.stage import Stage
from crm_contracts.world.under_test import Portable, SyncFactory
from crm_contracts.world.violations import InvariantViolated
from crm_contracts.world.world import World

__all__ = ["KINDS", "Tally", "drawn", "play_all", "points_of", "single_faults", "sweep", "sweep_pairs", "sweep_world"]


PAIRED_REQUESTS_MAX = 12
_BEHIND_ONES_BACK = frozenset({"late_success", "duplicate"})
# What these do comes after the call is over, or is a second entry of the journal; what is not shown decides by itself.
_NOT_FIRST = frozenset({"late_success", "duplicate", "slow_visibility"})


def sweep(
    scenario: Sequence[Op],
    *,
    stage: Stage,
    sync: SyncFactory = reference_sync,
    settings: Settings | None = None,
    kinds: Sequence[str] = tuple(KINDS),
    lasting: Sequence[bool] = (False, True),
    rounds: str = "every",
    thorough: bool = False,
    points_max: int = 0,
    seed: int = 0,
    found: list[InvariantViolated] | None = None,
) -> Tally:
    """Strike *scenario* at every point of *rounds* ("every" or the "last") with every fault of *kinds*, and a death.

    *lasting*: once (False), until somebody heals it (True). Raises the invariant that a variant violates, or puts each
    into *found*. *thorough*: see `rounds.strike`. *points_max*: of each round only so many points, drawn by *seed*, as
    many at one request or commit as at another.
    """
    with World(stage, sync=sync, settings=settings) as world:
        if isinstance(world.sync, Portable):
            return sweep_world(
                world,
                scenario,
                kinds=kinds,
                lasting=lasting,
                rounds=rounds,
                thorough=thorough,
                points_max=points_max,
                seed=seed,
                found=found,
            )
    return play_all(scenario, lambda: World(stage, sync=sync, settings=settings), kinds, lasting)


def sweep_world(
    world: Playing,
    scenario: Sequence[Op],
    *,
    kinds: Sequence[str] = tuple(KINDS),
    lasting: Sequence[bool] = (False, True),
    rounds: str = "every",
    thorough: bool = False,
    points_max: int = 0,
    seed: int = 0,
    found: list[InvariantViolated] | None = None,
) -> Tally:
    """As `sweep`, in a world that has just begun and whose sync is `Portable`."""
    tally = Tally()
    last = max(n for n, op in enumerate(scenario) if isinstance(op, ops.Sync))
    shown = (dict(world.darkroom.rows()), 0)
    for n, op in enumerate(scenario[: last + 1]):
        if not isinstance(op, ops.Sync) or (rounds == "last" and n != last):
            world.apply(op)
        else:
            kept = record(world, op, shown=shown)
            after = checkpoint(world)
            world.finish()
            expected = world.summary()
            points = drawn(points_in(world, kept, kinds, lasting), points_max, Chance(seed + n))
            tally.add(strike(world, kept, points, expected=expected, thorough=thorough, found=found))
            restore(world, after)
        if isinstance(op, ops.Sync):
            shown = (dict(world.darkroom.rows()), n + 1)
    return tally


def points_in(world: Playing, kept: Recording, kinds: Sequence[str], lasting: Sequence[bool]) -> list[Point]:
    """The points of a recorded round but those at which no sync can know enough."""
    return [one for one in points_of(kept, kinds, lasting) if not _unknowable(world, one)]


def drawn(points: list[Point], points_max: int, chance: Chance) -> list[Point]:
    """At most *points_max* of *points* (0: all), in their order: in turn one of each place, until there are enough."""
    if not points_max or len(points) <= points_max:
        return points
    places: dict[Request | Commit, list[Point]] = {}
    for point in points:
        places.setdefault(point.at, []).append(point)
    mixed = [[here[n] for n in chance.order(len(here))] for here in places.values()]
    turns = zip_longest(*(mixed[n] for n in chance.order(len(mixed))))
    chosen = [point for turn in turns for point in turn if point is not None][:points_max]
    return sorted(chosen, key=points.index)


def _unknowable(world: Playing, point: Point) -> bool:
    """Without a unique key in the org, a creation that is carried out behind the sync's back makes a record that nobody
    can tell from a user's own (see `test_without_a_key_a_late_creation_doubles`). Reminders have no unique key.
    """
    at = point.at
    if not isinstance(at, Request) or at.verb != "create" or point.kind not in _BEHIND_ONES_BACK:
        return False
    return at.vendor == "marketo" or (at.vendor == "salesforce" and not getattr(world.stage, "external_id_field", ""))


def sweep_pairs(
    scenario: Sequence[Op],
    *,
    stage: Stage,
    kinds: Sequence[str] = tuple(KINDS),
    every: int = 1,
) -> Tally:
    """Strike the last round of *scenario* twice: once more in the same round, or in the round that recovers.

    A round of more than PAIRED_REQUESTS_MAX requests is left alone. *every*: only each so-manieth first point.
    """
    tally = Tally()
    with World(stage) as world:
        last = max(n for n, op in enumerate(scenario) if isinstance(op, ops.Sync))
        world.apply_all(scenario[:last])
        sync_op = scenario[last]
        assert isinstance(sync_op, ops.Sync)
        kept = record(world, sync_op)
        world.finish()
        expected = world.summary()
        if len(kept.requests) > PAIRED_REQUESTS_MAX:
            return tally
        firsts = points_in(world, kept, [kind for kind in kinds if kind not in _NOT_FIRST], (False,))
        for first in firsts[every // 2 :: every]:
            for second in _struck_again(world, kept, first):
                points = points_in(world, second, kinds, (False,))
                tally.add(strike(world, second, points, expected=expected))
    return tally


def _struck_again(world: Playing, kept: Recording, first: Point) -> Iterator[Recording]:
    """The rest of the struck round, and the round after it."""
    if first.kind in CRASHES:
        die(world, kept, first)
    else:
        yield record(world, kept.op, struck=(kept, first))
        play_struck(world, kept, first)
    world.stage.clock.set(world.next_poll())
    yield record(world, world.poll())


def points_of(
    kept: Recording, kinds: Sequence[str] = tuple(KINDS), lasting: Sequence[bool] = (False, True)
) -> list[Point]:
    """Every point of a recorded round."""
    return [*deaths(kept.requests, kept.commits), *faults(kept.requests, kinds=kinds, lasting=lasting)]


def single_faults(
    scenario: Sequence[Op],
    exchanges: Sequence[Exchange],
    *,
    kinds: Sequence[str] = tuple(KINDS),
    lasting: Sequence[bool] = (False, True),
) -> Iterator[list[Op]]:
    """Each variant of *scenario* with one fault or one death in its last round, whose clean run had *exchanges*."""
    last = max(n for n, op in enumerate(scenario) if isinstance(op, ops.Sync))
    before, after = list(scenario[:last]), list(scenario[last + 1 :])
    shown_at = max((n + 1 for n, op in enumerate(before) if isinstance(op, ops.Sync)), default=0)
    sync = scenario[last]
    assert isinstance(sync, ops.Sync)
    requests = [request_of(n, exchanges) for n in range(1, len(exchanges) + 1)]
    for point in (*deaths(requests, ()), *faults(requests, kinds=kinds, lasting=lasting)):
        yield [*point.history(before, sync, shown_at=shown_at), *after]


def play_all(
    scenario: Sequence[Op], make: Callable[[], Playing], kinds: Sequence[str], lasting: Sequence[bool]
) -> Tally:
    """Every variant of *scenario* in a world of its own that *make* makes, each from its beginning."""
    exchanges: list[Exchange] = []
    with make() as world:
        for op in scenario:
            world.apply(op)
            if isinstance(op, ops.Sync):
                exchanges = list(world.exchanges)
        world.finish()
        expected = world.summary()
    tally = Tally(rounds=1)
    for variant in single_faults(scenario, exchanges, kinds=kinds, lasting=lasting):
        with make() as world:
            world.apply_all(variant)
            world.finish()
            tally.points += 1
            tally.played += 1
            tally.settled += 1
            compare(world.summary(), expected, timeline=[str(op.to_dict()) for op in variant])
    return tally
