"""Survivors and their explanations: `survivors.toml` against what a run found.

Rule 1: an explanation names a line of a function and what may be put in its place unnoticed, and says why that is no
other behaviour, or why none that matters.
Rule 2: an explanation that fits no survivor any more is stale; it is told of, as a survivor without one is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Explanation", "Name", "compare", "read"]

#: Module, qualified function, the line before, the line after.
Name = tuple[str, str, str, str]


@dataclass(frozen=True)
class Explanation:
    module: str
    function: str
    line: str
    becomes: tuple[str, ...]
    why: str

    @property
    def names(self) -> list[Name]:
        return [(self.module, self.function, self.line, text) for text in self.becomes]


def read(path: Path) -> list[Explanation]:
    """The explanations of a file. Raises ValueError with the entry that is wrong."""
    found = []
    for n, raw in enumerate(tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", []), 1):
        if set(raw) != {"module", "function", "line", "becomes", "why"} or not raw["becomes"] or not raw["why"].strip():
            raise ValueError(
                f"{path.name}: survivor {n} says module, function, line, becomes (a list) and why, no more"
            )
        found.append(Explanation(raw["module"], raw["function"], raw["line"], tuple(raw["becomes"]), raw["why"]))
    named = [name for one in found for name in one.names]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice:
        raise ValueError(f"{path.name}: {' · '.join(twice)} is explained twice")
    return found


def compare(
    explanations: Collection[Explanation], *, survived: Collection[Name], met: Collection[Name], whole: bool
) -> tuple[list[Name], list[Name]]:
    """Survivors without an explanation, and explanations that are stale.

    *met*: every mutation that was run; unless it was the *whole* of them, an explanation of none of them is not judged.
    """
    explained = {name for one in explanations for name in one.names}
    stale = {name for name in explained if name not in survived and (whole or name in met)}
    return sorted(set(survived) - explained), sorted(stale)
