"""The catalogue: every way in which a two-way sync is known to go wrong, as a history.

`failure_modes()` are the 70 rows of `failure_modes.toml`: what sets it off, which invariant sees it, what a right sync
does. `SCENARIOS` are their histories; some want several. What no operation of a world can bring about is a test over
HTTP (tests/crm_contracts/failure_modes), what concerns another partner alone says so in its row. `CATALOGUE` may be
played on any stage: name -> (settings, history).

    for name, (settings, history) in CATALOGUE.items():
        play(history, stage=stage, settings=settings)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from crm_contracts.world.ops import Op
from crm_contracts.world.scenarios import changes, flow, identity, values, wire
from crm_contracts.world.scenarios.made import Scenario
from crm_contracts.world.settings import Settings

__all__ = ["CATALOGUE", "SCENARIOS", "FailureMode", "Scenario", "failure_modes"]

SCENARIOS: Mapping[str, Scenario] = {
    f"{one.failure} {one.name}": one for module in (identity, flow, values, changes, wire) for one in module.SCENARIOS
}

CATALOGUE: Mapping[str, tuple[Settings, tuple[Op, ...]]] = {
    name: (one.settings, one.history) for name, one in SCENARIOS.items() if not one.wrong
}


@dataclass(frozen=True, kw_only=True)
class FailureMode:
    """One row of the catalogue, in our words.

    *invariants* see it; *engine* is what a right sync does; *rules* are those of `crm_contracts.rules` it is near to.
    *profile* is the partner in whose world it can happen; *elsewhere* says why no scenario of Planhat's world plays it.
    """

    title: str
    trigger: str
    invariants: tuple[str, ...]
    engine: str
    rules: tuple[str, ...]
    source: str
    profile: str = "planhat"
    elsewhere: str = ""


@cache
def failure_modes() -> Mapping[str, FailureMode]:
    """All rows by number, F01 to F70. A malformed row is our bug: TypeError."""
    text = files("crm_contracts").joinpath("failure_modes.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)
    for row in rows.values():
        row["invariants"], row["rules"] = tuple(row["invariants"]), tuple(row["rules"])
    return {name: FailureMode(**row) for name, row in rows.items()}
