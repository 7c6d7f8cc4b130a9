"""How quickly the sync decides: verdicts on whole records and decisions on fields, a second."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from math import prod
from statistics import median
from typing import Any

from crm_sync.decide import Seen, View, decide
from crm_sync.model import SALESFORCE, Direction, Policy
from crm_sync.verdict import DIMENSIONS, Case, verdict

ALL_CASES = prod(map(len, DIMENSIONS.values()))
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def deciding(add: Callable[..., None], *, rounds: int, calls: int) -> None:
    """Cases spread evenly over all there are; every way in which one field can stand."""
    every = max(1, ALL_CASES // calls)
    cases = [Case._make(values) for values in islice(product(*DIMENSIONS.values()), 0, None, every)]
    fields = list(_fields())

    def records() -> int:
        for case in cases:
            verdict(case)
        return len(cases)

    def one_by_one() -> int:
        for salesforce, partner, policy in fields:
            decide(salesforce, partner, policy, _agree)
        return len(fields)

    speed = _per_second(records, rounds)
    add("decide: verdicts on whole records", f"{speed:,.0f}/s", f"all {ALL_CASES:,} cases in {ALL_CASES / speed:.1f} s")
    add("decide: fields, three-way", f"{_per_second(one_by_one, rounds):,.0f}/s")


def _fields() -> Iterator[tuple[View, list[View], Policy]]:
    seen = tuple(Seen)
    for left, right, flow, policy, later in product(seen, seen, Direction, Policy, (-1, 0, 1)):
        partner = View("Task", right, "P", NOON + timedelta(seconds=later), flow)
        yield View(SALESFORCE, left, "S", NOON), [partner], policy


def _agree(salesforce: Any, partner: Any, _: str) -> bool:
    return bool(salesforce == partner)


def _per_second(do: Callable[[], int], rounds: int) -> float:
    speeds = []
    for _ in range(rounds):
        gc.collect()
        began = time.perf_counter()
        done = do()
        speeds.append(done / (time.perf_counter() - began))
    return median(speeds)
