"""Tables of decisions: rows with conditions, of which the first that holds decides.

A row is looked up by bits: each value of each dimension knows the rows that it agrees with, and the first row left when
all are laid over each other decides. That is quick, and it lets a table be counted completely without a loop over its
cases: how many of them each row decides, and whether one is left over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Row:
    """*when* maps a dimension to the values it must have (a dimension not named may have any), *then* is what follows,
    *rule* names the rules behind it, *because* is the reason in words, *favours* the side that wins where both changed,
    *part* the heading that the row stands under.
    """

    when: Mapping[str, frozenset[Any]]
    then: StrEnum
    rule: str
    because: str
    favours: str = ""
    part: str = ""


def row(then: StrEnum, rule: str, because: str, /, *, favours: str = "", **when: Any) -> Row:
    """A row; a condition is one value or a frozenset of them."""
    return Row(_conditions(when), then, rule, because, favours)


def part(title: str, rows: Iterable[Row], /, **when: Any) -> list[Row]:
    """Rows under one heading, with the conditions that all of them share."""
    shared = _conditions(when)
    return [Row({**shared, **one.when}, one.then, one.rule, one.because, one.favours, title) for one in rows]


def _conditions(when: Mapping[str, Any]) -> dict[str, frozenset[Any]]:
    return {name: value if isinstance(value, frozenset) else frozenset({value}) for name, value in when.items()}


class Table:
    """Rows over *dimensions*: every value of every part of a case, in the case's order."""

    def __init__(self, rows: Sequence[Row], dimensions: Mapping[str, Sequence[Any]]) -> None:
        self.rows = tuple(rows)
        self.dimensions = {name: tuple(values) for name, values in dimensions.items()}
        #: dimension -> value -> the rows (as bits) that it agrees with
        self.bits: dict[str, dict[Any, int]] = {
            name: {
                value: sum(1 << n for n, one in enumerate(self.rows) if value in one.when.get(name, (value,)))
                for value in values
            }
            for name, values in self.dimensions.items()
        }
        self._by_position = tuple(self.bits.values())
        self._all = (1 << len(self.rows)) - 1

    def first(self, case: tuple[Any, ...]) -> int:
        """The number of the row that decides."""
        left = self._all
        for agreeing, value in zip(self._by_position, case, strict=True):
            left &= agreeing[value]
        assert left, f"no row decides {case}"
        return (left & -left).bit_length() - 1

    def counts(self) -> list[int]:
        """How many of all cases each row decides; one more figure at the end counts those that none does.

        Cases that agree with the same rows so far are counted together.
        """
        together = {self._all: 1}
        for values in self._by_position:
            laid_over: dict[int, int] = {}
            for rows, cases in together.items():
                for agreeing in values.values():
                    laid_over[rows & agreeing] = laid_over.get(rows & agreeing, 0) + cases
            together = laid_over
        found = [0] * (len(self.rows) + 1)
        for rows, cases in together.items():
            found[(rows & -rows).bit_length() - 1] += cases  # nothing left: the last one
        return found
