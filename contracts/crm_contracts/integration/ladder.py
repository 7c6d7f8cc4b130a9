"""The ladder of runs: which faults there are to strike a program with, and where.

Rule 1: a fault strikes a call that the plain run made: one that nothing meets shows nothing.
Rule 2: an address is a meaning (vendor, verb, object, nth): the run with the fault may take another course.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from fake_core.errors import MisuseError
from fake_core.faults import Fault

__all__ = ["Rung", "Step", "names", "steps"]

PAGES = "pages"
Heard = tuple[str, str, str, bool]  # vendor, verb, object, whether it was a batch: one call of the plain run


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A row of `rungs.toml`."""

    name: str
    kind: str
    verbs: Sequence[str]
    title: str
    vendors: Sequence[str] = ()
    first: int = 1
    times: int = 1
    batch: bool = False


@dataclass(frozen=True)
class Step:
    """One run of the ladder: its name, what happens in it, and the fault (None: small pages)."""

    name: str
    title: str
    fault: Fault | None = field(default=None)


@lru_cache(maxsize=1)
def _rungs() -> dict[str, Rung]:
    text = files("crm_contracts.integration").joinpath("rungs.toml").read_text(encoding="utf-8")
    return {name: Rung(name=name, **row) for name, row in tomllib.loads(text).items()}


def names() -> list[str]:
    """What `--fault` takes, beside `none`."""
    return list(_rungs())


def steps(heard: Sequence[Heard], chosen: Sequence[str] = ()) -> list[Step]:
    """The runs after the plain one, of all rungs or of the *chosen* (`KIND` or `KIND:VENDOR`). Raises MisuseError."""
    wanted = [_split(one) for one in chosen]
    return [
        step
        for rung in _rungs().values()
        for vendor, step in _of_rung(rung, heard)
        if not wanted or (rung.name, "") in wanted or (rung.name, vendor) in wanted
    ]


def _split(one: str) -> tuple[str, str]:
    name, _, vendor = one.partition(":")
    if name not in _rungs():
        raise MisuseError(f"--fault {one}: choose of none, {', '.join(_rungs())}; one vendor's only: NAME:VENDOR")
    return name, vendor


def _of_rung(rung: Rung, heard: Sequence[Heard]) -> Iterator[tuple[str, Step]]:
    for vendor in dict.fromkeys(one[0] for one in heard):
        if rung.vendors and vendor not in rung.vendors:
            continue
        calls = [one for one in heard if one[0] == vendor]
        met = [at for at, one in enumerate(calls) if _meets(rung, one)]
        if len(met) < rung.first:
            continue
        at = met[rung.first - 1]
        _, verb, object_, _ = calls[at]
        name = f"{rung.name}:{vendor}"
        if rung.kind == PAGES:
            yield vendor, Step(name, rung.title)
            continue
        nth = sum((one[1], one[2]) == (verb, object_) for one in calls[: at + 1])
        fault = Fault(kind=rung.kind, vendor=vendor, verb=verb, object=object_ or "*", nth=nth, times=rung.times)
        yield vendor, Step(name, rung.title, fault)


def _meets(rung: Rung, one: Heard) -> bool:
    _, verb, _, batch = one
    if rung.batch and not batch:
        return False
    return verb in rung.verbs or ("*" in rung.verbs and verb != "login")
