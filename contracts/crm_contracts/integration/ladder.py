"""The ladder of runs: which faults there are to strike a program with, and where.

Rule 1: a fault strikes a call that the plain run made: one that nothing meets shows nothing.
Rule 2: an address is a meaning (vendor, verb, object, nth): the run with the fault may take another course.
Rule 3: a rung of certain verbs strikes each kind of such call once: one place of a program that is careful says nothing
        of the next. A kind is a verb and an object, alone or in a batch; KINDS_MAX of a vendor's are struck, the rest
        is told.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from crm_contracts.vendors import VENDORS
from fake_core.errors import MisuseError
from fake_core.faults import Fault

__all__ = ["KINDS_MAX", "Rung", "Step", "names", "steps", "unmet", "unstruck"]

PAGES = "pages"
ANY = "*"
KINDS_MAX = 5  # a run for each: the whole ladder is to stay a matter of a minute or two
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


def unmet(heard: Sequence[Heard], chosen: Sequence[str]) -> list[str]:
    """Those of the *chosen* that no call of the plain run meets."""
    return [one for one in chosen if not steps(heard, [one])]


def unstruck(heard: Sequence[Heard], chosen: Sequence[str] = ()) -> dict[str, list[str]]:
    """By `RUNG:VENDOR` the kinds of call beyond KINDS_MAX, in words: what no run of the ladder strikes."""
    wanted = [_split(one) for one in chosen]
    found = {
        (rung.name, vendor): [f"{verb} {object_}".strip() for verb, object_, _ in kinds[KINDS_MAX:]]
        for rung in _rungs().values()
        for vendor, calls in _by_vendor(rung, heard)
        if ANY not in rung.verbs and rung.kind != PAGES
        for kinds in [list(_kinds(rung, calls))]
    }
    return {
        f"{name}:{vendor}": kinds
        for (name, vendor), kinds in found.items()
        if kinds and (not wanted or (name, "") in wanted or (name, vendor) in wanted)
    }


def _split(one: str) -> tuple[str, str]:
    name, _, vendor = one.partition(":")
    if name not in _rungs() or (":" in one and vendor not in VENDORS):
        vendors = ", ".join(VENDORS)
        raise MisuseError(
            f"--fault {one}: choose of none, {', '.join(_rungs())}; one vendor's only: NAME:VENDOR, of {vendors}"
        )
    return name, vendor


def _by_vendor(rung: Rung, heard: Sequence[Heard]) -> Iterator[tuple[str, list[Heard]]]:
    for vendor in dict.fromkeys(one[0] for one in heard):
        if not rung.vendors or vendor in rung.vendors:
            yield vendor, [one for one in heard if one[0] == vendor]


def _of_rung(rung: Rung, heard: Sequence[Heard]) -> Iterator[tuple[str, Step]]:
    for vendor, calls in _by_vendor(rung, heard):
        name = f"{rung.name}:{vendor}"
        if rung.kind == PAGES or ANY in rung.verbs:
            met = [at for at, one in enumerate(calls) if _meets(rung, one)]
            if len(met) < rung.first:
                continue
            fault = None if rung.kind == PAGES else _fault(rung, calls, met[rung.first - 1])
            yield vendor, Step(name, rung.title, fault)
            continue
        for number, at in enumerate(list(_kinds(rung, calls).values())[:KINDS_MAX]):
            _, verb, object_, _ = calls[at]
            what = f"{verb} {object_}".strip()
            yield (
                vendor,
                Step(f"{name}:{number + 1}" if number else name, f"{rung.title} ({what})", _fault(rung, calls, at)),
            )


def _kinds(rung: Rung, calls: Sequence[Heard]) -> dict[tuple[str, str, bool], int]:
    """Where each kind of call that the rung meets is made first, in order."""
    found: dict[tuple[str, str, bool], int] = {}
    for at, one in enumerate(calls):
        if _meets(rung, one):
            found.setdefault(one[1:], at)
    return found


def _fault(rung: Rung, calls: Sequence[Heard], at: int) -> Fault:
    vendor, verb, object_, _ = calls[at]
    nth = sum((one[1], one[2]) == (verb, object_) for one in calls[: at + 1])
    return Fault(kind=rung.kind, vendor=vendor, verb=verb, object=object_ or "*", nth=nth, times=rung.times)


def _meets(rung: Rung, one: Heard) -> bool:
    _, verb, _, batch = one
    if rung.batch and not batch:
        return False
    return verb in rung.verbs or (ANY in rung.verbs and verb != "login")
