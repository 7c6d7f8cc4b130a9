"""The ladder of curated histories (data/ladder_*.toml), and histories by seed, as cases that a campaign can play.

A case is made of *blocks*: operations that only make sense together, and are shrunk as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crm_contracts.verify.arena import Arena
from crm_contracts.verify.served import AnySettings
from crm_contracts.world import ops
from crm_contracts.world.ops import Op
from fake_core.data_files import reader
from fake_core.errors import MisuseError

Block = tuple[Op, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One history to try, by name. *struck*: also with faults and deaths at the writes of its last run."""

    name: str
    says: str
    blocks: tuple[Block, ...]
    settings: AnySettings
    modes: tuple[str, ...] = ()
    page: int = 0
    struck: bool = False
    then: tuple[Block, ...] = ()  # after a death at the first write of the last run, where the case has one

    @property
    def history(self) -> list[Op]:
        return [op for block in self.blocks for op in block]


def ladder(arena: Arena, settings: AnySettings, *, fixed: bool) -> Iterator[Case]:
    """The rungs, for a sync of *settings*; with *fixed* only those that need no others."""
    for row in reader("crm_contracts.verify")(f"ladder_{arena.profile}.toml")["rung"]:
        wanted = settings.changed(row.get("settings", {}))
        if fixed and wanted != settings:
            continue
        yield Case(
            name=row["name"],
            says=row["says"],
            modes=tuple(row["modes"]),
            blocks=tuple(_block(arena, step) for step in row["steps"]),
            settings=wanted,
            page=row.get("page", 0),
            struck=row.get("struck", False),
            then=tuple(_block(arena, step) for step in row.get("then", ())),
        )


def by_seed(arena: Arena, seed: int, steps: int, *, settings: AnySettings, fixed: bool, can_die: bool) -> Case:
    """One random history. Saved settings take effect in a run of their own: a command learns of them no sooner."""
    blocks: list[Block] = []
    for op in arena.random(seed, steps):
        if isinstance(op, ops.StaffDisable):
            continue  # no sync over an API could learn of it
        if isinstance(op, ops.Configure):
            if not fixed:
                blocks.append((op, ops.Sync()))
        elif isinstance(op, ops.Sync) and not can_die:
            blocks.append((replace(op, crash_at=0, acted=False),))
        else:
            blocks.append((op,))
    return Case(
        name=f"seed-{seed}", says=f"A random history of {steps} steps.", blocks=tuple(blocks), settings=settings
    )


def _block(arena: Arena, step: Mapping[str, Any]) -> Block:
    plain = dict(step)
    many = plain.pop("many", 0)
    if not many:
        return (arena.read(plain),)
    return tuple(arena.read(_numbered(plain, n)) for n in range(1, many + 1))


def _numbered(given: Any, n: int) -> Any:
    if isinstance(given, Mapping):
        return {key: _numbered(value, n) for key, value in given.items()}
    return given.replace("{n}", str(n)) if isinstance(given, str) else given


def chosen(cases: Sequence[Case], names: Sequence[str]) -> list[Case]:
    """Those of *cases* that are named. Raises MisuseError for a name that none has."""
    known = {case.name: case for case in cases}
    for name in names:
        if name not in known:
            raise MisuseError(f"--only {name}: no such history; there are {', '.join(known)}")
    return [known[name] for name in names] if names else list(cases)
