"""Whole worlds: histories from a seed, and faults at every point of a round against playing each from its beginning."""

from __future__ import annotations

import time
from collections.abc import Callable

from crm_contracts.world import Stage, ops, play
from crm_contracts.world.ops import TASK
from crm_contracts.world.recording import record
from crm_contracts.world.simulate import random_history
from crm_contracts.world.simulation import simulate
from crm_contracts.world.sweep import points_of, sweep
from crm_contracts.world.world import World

Add = Callable[..., None]
STEPS, JOBS = 12, 2
MADE = [ops.Create(side=TASK, act="act-1", fields={"action": "Call"}), ops.Sync()]


def histories(add: Add, *, count: int, steps: int) -> None:
    """Plain histories, one after the other: users, syncs, faults, settling and every check."""
    stage = Stage(external_id=True)
    made = [random_history(seed, steps) for seed in range(count)]
    began = time.perf_counter()
    for history in made:
        play(history, stage=stage)
    took = time.perf_counter() - began
    stage.close()
    add(f"whole-world histories of {steps} steps, settled and judged", f"{count / took:.1f}/s")


def simulated(add: Add, *, count: int) -> None:
    """`understudy simulate`: everything at once, each history twice, over two processes."""
    began = time.perf_counter()
    done = simulate("planhat", histories=count, seed=2, steps=STEPS, jobs=JOBS)
    took = time.perf_counter() - began
    what = f"understudy simulate, {STEPS} steps, each played twice, {JOBS} jobs"
    add(what, f"{60 * done.histories / took:,.0f} a minute", "", "1,000 a minute")


def fault_points(add: Add, *, rounds: int) -> None:
    """Points of one round that a sweep strikes in a second of one core, and those played from the beginning."""
    stage = Stage(external_id=True)
    began, points = time.process_time(), 0
    for _ in range(rounds):
        points += sweep(MADE, stage=stage, rounds="last", found=[]).points
    swept = points / (time.process_time() - began)
    with World(stage) as world:
        world.apply(MADE[0])
        kept = record(world, ops.Sync())
    sample = points_of(kept)[:: max(1, 10 // rounds)][:20]
    began = time.process_time()
    for point in sample:
        play(point.history(MADE[:1], ops.Sync(), shown_at=0), stage=stage)
    replayed = len(sample) / (time.process_time() - began)
    stage.close()
    add(
        "fault points struck, settled and judged, one core",
        f"{swept:,.0f}/s",
        f"{swept / replayed:.1f} x replaying",
        "500/s",
    )
