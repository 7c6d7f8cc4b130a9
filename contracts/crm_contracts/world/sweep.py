"""I10, exhaustively: one fault at every request of a scenario, and after recovery the same world.

The scenario is played once without a fault, which tells the requests of its last round. Then it is played again
for every one of them and every kind of fault, and for a death just before and just after each request.
Faults are addressed by meaning (the n-th update of a Task), so that a finding can be replayed as a history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crm_contracts.world import ops
from crm_contracts.world.monitors import Exchange, is_write
from crm_contracts.world.ops import Op
from crm_contracts.world.settings import Settings
from crm_contracts.world.stage import Stage
from crm_contracts.world.under_test import SyncFactory, reference_sync
from crm_contracts.world.violations import CrashLeftATrace
from crm_contracts.world.world import World

__all__ = ["KINDS", "Swept", "single_faults", "sweep"]

KINDS: dict[str, tuple[str, ...]] = {
    # fault              vendors where it can happen
    "lost_request": ("salesforce", "planhat"),
    "lost_response": ("salesforce", "planhat"),
    "error_after": ("salesforce", "planhat"),
    "unavailable": ("salesforce", "planhat"),
    "truncated": ("salesforce", "planhat"),
    "limit_reached": ("salesforce", "planhat"),
    "session_expired": ("salesforce",),
    "row_locked": ("salesforce",),
}
_WRITES_ONLY = frozenset({"row_locked"})


@dataclass(frozen=True)
class Swept:
    """How far a sweep went: requests of the clean run, and histories played with one fault each."""

    requests: int
    histories: int


def sweep(
    scenario: Sequence[Op],
    *,
    stage: Stage,
    sync: SyncFactory = reference_sync,
    settings: Settings | None = None,
    kinds: Sequence[str] = tuple(KINDS),
) -> Swept:
    """Play every variant of *scenario* with one fault of *kinds*, or one death, in its last round.

    Only the last round: an earlier fault changes what users find to work on, and so what they do.
    Raises the invariant that a variant violates.
    """
    expected, exchanges = _play_clean(scenario, stage, sync, settings)
    played = 0
    for variant in single_faults(scenario, exchanges, kinds=kinds):
        found = _outcome(variant, stage, sync, settings)
        played += 1
        if found != expected:
            differing = [handle for handle in expected if found.get(handle) != expected[handle]]
            handle = (differing or sorted(set(found) - set(expected)))[0]
            raise CrashLeftATrace(
                f"{handle} without the fault: {expected.get(handle)}; with it: {found.get(handle)}",
                activity=handle,
                timeline=[str(op.to_dict()) for op in variant],
            )
    return Swept(len(exchanges), played)


def single_faults(
    scenario: Sequence[Op], exchanges: Sequence[Exchange], *, kinds: Sequence[str] = tuple(KINDS)
) -> Iterator[list[Op]]:
    """Each variant of *scenario* with one fault or one death in its last round, whose clean run had *exchanges*."""
    last = max(n for n, op in enumerate(scenario) if isinstance(op, ops.Sync))
    before, after = list(scenario[:last]), list(scenario[last + 1 :])
    for k in range(1, len(exchanges) + 1):
        for acted in (False, True):
            yield [*before, ops.Sync(crash_at=k, acted=acted), *after]
    seen: Counter[tuple[str, str, str]] = Counter()
    for one in exchanges:
        address = (one["vendor"], one["verb"], one["object"])
        seen[address] += 1
        vendor, verb, name = address
        for kind in kinds:
            if vendor in KINDS[kind] and (kind not in _WRITES_ONLY or is_write(one)):
                fault = ops.InjectFault(fault=kind, vendor=vendor, verb=verb, object=name, nth=seen[address])
                yield [*before, fault, scenario[last], *after]


def _play_clean(
    scenario: Sequence[Op], stage: Stage, sync: SyncFactory, settings: Settings | None
) -> tuple[dict[str, object], list[Exchange]]:
    exchanges: list[Exchange] = []
    with World(stage, sync=sync, settings=settings) as world:
        for op in scenario:
            world.apply(op)
            if isinstance(op, ops.Sync):
                exchanges = list(world.exchanges)
        world.finish()
        return world.summary(), exchanges


def _outcome(history: Sequence[Op], stage: Stage, sync: SyncFactory, settings: Settings | None) -> dict[str, object]:
    with World(stage, sync=sync, settings=settings) as world:
        world.apply_all(history)
        world.finish()
        return world.summary()
