"""Switches: what nobody could tell us about a vendor, each with a default, its other values and a reason.

Rule: a value outside the row's `values` is the tester's mistake (MisuseError), at start and at run time alike.
Source: the vendor's data/switches.toml, whose `unknowns` are the open questions that rows answer for now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fake_core.errors import MisuseError


@dataclass(frozen=True)
class Switch:
    """One choice: *default* is one of *values*; *unknown* numbers the open question it answers, 0 for none."""

    name: str
    default: Any
    values: tuple[Any, ...]
    meaning: str
    grade: str
    source: str
    unknown: int = 0


def switches_of(rows: Mapping[str, Any]) -> dict[str, Switch]:
    """The rows of a switches.toml by name, without its `unknowns`."""
    return {
        name: Switch(name=name, **{**row, "values": tuple(row["values"])})
        for name, row in rows.items()
        if name != "unknowns"
    }


class Switches(Mapping[str, Any]):
    """The position of every switch of *table*, the vendor's."""

    def __init__(self, table: Mapping[str, Switch], given: Mapping[str, Any] | None = None) -> None:
        self._table = table
        self._at = {name: switch.default for name, switch in table.items()}
        self.set(given or {})

    def __getitem__(self, name: str) -> Any:
        return self._at[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)

    def set(self, given: Mapping[str, Any]) -> None:
        """Change the named switches; raises MisuseError, changing none, for an unknown name or value."""
        for name, value in given.items():
            switch = self._table.get(name)
            if switch is None:
                raise MisuseError(f"no switch {name!r}: there are {', '.join(self._table)}")
            # True == 1 in Python: a switch of booleans takes no numbers, and the other way round.
            if not any(value == one and type(value) is type(one) for one in switch.values):
                choices = ", ".join(map(repr, switch.values))
                raise MisuseError(f"the switch {name} cannot be {value!r}: choose one of {choices}")
        self._at.update(given)

    def dump(self) -> dict[str, Any]:
        """As a part of a store: switches live with the rows."""
        return dict(self._at)

    def load(self, state: Mapping[str, Any]) -> None:
        self.set(state)
