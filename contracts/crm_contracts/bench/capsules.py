"""Capsules: replaying the gallery, reading a long recording, making planted bugs small.

Rule: what is measured is what a user does: a capsule is read from its file before it is played, a HAR file before it
is understood. Making small is measured in CPU time, as its aim is said.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from crm_contracts.capsules.capsule import SUFFIX
from crm_contracts.capsules.intake.from_har import from_har
from crm_contracts.capsules.minimise import minimise
from crm_contracts.capsules.padded import long_capsule
from crm_contracts.capsules.reading import read_capsule
from crm_contracts.capsules.replay import replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.world.mutants import MUTANTS

__all__ = ["from_har_of", "gallery", "long_har", "planted"]

Add = Callable[..., None]
FIXTURES = Path(__file__).parents[3] / "fixtures"
RECORDED = FIXTURES / "har" / "sync-alone.har"
APART = timedelta(hours=1)  # so long after each other the copies of a recording are made
_IDS = re.compile(r"\b(?:(00[1T]\w{2})\w{5}(\w{5}(?:\w{3})?)|([0-9a-f]{8})[0-9a-f]{6}([0-9a-f]{10}))\b")


def gallery(add: Add, *, every: int) -> None:
    """Each *every*-th capsule of the gallery read and replayed with our sync; the stages are made before."""
    paths = sorted((FIXTURES / "capsules").rglob(f"*{SUFFIX}"))[::every]
    with Stages() as stages:
        for path in paths:
            stages.of(read_capsule(path))
        took = []
        for path in paths:
            began = time.perf_counter()
            replay(read_capsule(path), stages)
            took.append(time.perf_counter() - began)
    add(
        f"gallery of {len(paths)} capsules: one read and replayed, median",
        f"{median(took) * 1_000:.0f} ms",
        f"slowest {max(took) * 1_000:.0f} ms",
        "100 ms",
    )


def long_har(entries: int) -> dict[str, Any]:
    """A recording of *entries*: one of a sync again and again, each time of other records and an hour later."""
    recorded = json.loads(RECORDED.read_text("utf-8"))["log"]["entries"]
    text, found = json.dumps(recorded), []
    for copy in range(-(-entries // len(recorded))):
        for entry in json.loads(_IDS.sub(partial(_other_id, copy=copy), text)):
            began = datetime.fromisoformat(entry["startedDateTime"]) + copy * APART
            found.append({**entry, "startedDateTime": began.isoformat()})
    return {"log": {"version": "1.2", "entries": found[:entries]}}


def _other_id(found: re.Match[str], copy: int) -> str:
    start, end, hex_start, hex_end = found.groups()
    return f"{start}{copy:05}{end}" if start else f"{hex_start}{copy:06x}{hex_end}"


def from_har_of(add: Add, *, entries: int) -> None:
    """`capsule from-har`, without writing the capsule."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.har"
        path.write_text(json.dumps(long_har(entries)), "utf-8")
        size = path.stat().st_size / 1e6
        began = time.perf_counter()
        made = from_har([path])
        took = time.perf_counter() - began
    counted = f"{made.tally.entries:,} entries, {size:.0f} MB"
    add(f"capsule from-har of {counted}", f"{took:.1f} s", f"{made.tally.entries / took:,.0f} entries/s")


def planted(add: Add, *, every: int) -> None:
    """Each *every*-th planted bug in a history of 200 operations, made as small as it can be."""
    seconds, left, lengths = [], [], []
    with Stages() as stages:
        for mutant in MUTANTS[::every]:
            found = long_capsule(mutant, stages)
            if found is None:
                continue
            began = time.process_time()
            small = minimise(found, stages, at_fault=True).capsule
            seconds.append(time.process_time() - began)
            left.append(len(small.start) + len(small.ops))
            lengths.append(len(found.ops))
    add(
        f"minimise of {len(seconds)} planted bugs of {median(lengths):.0f} operations, median, CPU",
        f"{median(seconds):.1f} s",
        f"{median(left):.0f} operations left; at most {max(left)} in {max(seconds):.0f} s",
        "10 in 60 s",
    )
