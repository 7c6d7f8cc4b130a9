"""I10, exhaustively: one fault at every request and every commit of a scenario, and after recovery the same world.

A scenario is played once. At each of its rounds the world stops, strikes the round at every point (see `points`,
`rounds`), and goes on as if nothing had been. So each round of a scenario is the end of a scenario of its own, and no
user has acted on what a fault changed.
A sync whose memory cannot be put back (not `Portable`) is judged by playing each history from its beginning instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crm_contracts.world import ops
from crm_contracts.world.checkpoints import checkpoint, restore
from crm_contracts.world.monitors import Exchange
from crm_contracts.world.ops import Op
from crm_contracts.world.playing import Playing
from crm_contracts.world.points import KINDS, Point, Request, deaths, faults, request_of
from crm_contracts.world.rounds import Record, Tally, compare, record, strike
from crm_contracts.world.settings import Settings
from crm_contracts.world.stage import Stage
from crm_contracts.world.under_test import Portable, SyncFactory, reference_sync
from crm_contracts.world.violations import InvariantViolated
from crm_contracts.world.world import World

__all__ = ["KINDS", "Tally", "points_of", "single_faults", "sweep", "sweep_world"]


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
    found: list[InvariantViolated] | None = None,
) -> Tally:
    """Strike *scenario* at every point of *rounds* ("every" or the "last") with every fault of *kinds*, and a death.

    *lasting*: once (False), until somebody heals it (True). Raises the invariant that a variant violates, or puts each
    into *found*. *thorough*: see `rounds.strike`.
    """
    with World(stage, sync=sync, settings=settings) as world:
        if isinstance(world.sync, Portable):
            return sweep_world(
                world, scenario, kinds=kinds, lasting=lasting, rounds=rounds, thorough=thorough, found=found
            )
    return _play_all(scenario, stage, sync, settings, kinds, lasting)


def sweep_world(
    world: Playing,
    scenario: Sequence[Op],
    *,
    kinds: Sequence[str] = tuple(KINDS),
    lasting: Sequence[bool] = (False, True),
    rounds: str = "every",
    thorough: bool = False,
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
            points = points_in(world, kept, kinds, lasting)
            tally.add(strike(world, kept, points, expected=expected, thorough=thorough, found=found))
            restore(world, after)
        if isinstance(op, ops.Sync):
            shown = (dict(world.darkroom.rows()), n + 1)
    return tally


def points_in(world: Playing, kept: Record, kinds: Sequence[str], lasting: Sequence[bool]) -> list[Point]:
    """The points of a recorded round but those at which no sync can know enough."""
    return [one for one in points_of(kept, kinds, lasting) if not _unknowable(world, one)]


def _unknowable(world: Playing, point: Point) -> bool:
    """Without a unique key in the org, a creation that is carried out behind the sync's back makes a record that nobody
    can tell from a user's own (see `test_without_a_key_a_late_creation_doubles`).
    """
    at = point.at
    if getattr(world.stage, "external_id_field", "") or point.kind not in _BEHIND_ONES_BACK:
        return False
    return isinstance(at, Request) and (at.vendor, at.verb) == ("salesforce", "create")


_BEHIND_ONES_BACK = frozenset({"late_success", "duplicate"})


def points_of(
    kept: Record, kinds: Sequence[str] = tuple(KINDS), lasting: Sequence[bool] = (False, True)
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


def _play_all(
    scenario: Sequence[Op],
    stage: Stage,
    sync: SyncFactory,
    settings: Settings | None,
    kinds: Sequence[str],
    lasting: Sequence[bool],
) -> Tally:
    exchanges: list[Exchange] = []
    with World(stage, sync=sync, settings=settings) as world:
        for op in scenario:
            world.apply(op)
            if isinstance(op, ops.Sync):
                exchanges = list(world.exchanges)
        world.finish()
        expected = world.summary()
    tally = Tally(rounds=1)
    for variant in single_faults(scenario, exchanges, kinds=kinds, lasting=lasting):
        with World(stage, sync=sync, settings=settings) as world:
            world.apply_all(variant)
            world.finish()
            tally.points += 1
            tally.played += 1
            tally.settled += 1
            compare(world.summary(), expected, timeline=[str(op.to_dict()) for op in variant])
    return tally
