"""What follows for one pair of records: `verdict(case)`. No clock, no network, no database, no vendor.

Rule 1: every case is decided by a row of the table in verdict_rows.py; nothing is decided here.
Rule 2: the same case gives the same verdict on any machine and day.
Rule 3: deleting needs positive evidence, creating needs that nothing ever stood there (I6, P8).
Source: rules P1-P29, T1-T45, M1-M27. Fields are decided in decide.py.

A verdict is looked up by bits: each value of each dimension knows the rows that it agrees with, and the first row left
when all are laid over each other decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm_sync.model import Direction, Policy
from crm_sync.verdict_rows import TABLE, Row
from crm_sync.verdict_words import (
    Action,
    Case,
    Creation,
    Deletions,
    LinkState,
    Order,
    Presence,
    Scope,
    Verdict,
    order,
)

__all__ = [
    "DIMENSIONS",
    "Action",
    "Case",
    "Creation",
    "Deletions",
    "LinkState",
    "Order",
    "Presence",
    "Scope",
    "Table",
    "Verdict",
    "order",
    "verdict",
]

#: Every value of every part of a `Case`, in its order. Their product is every case there is.
DIMENSIONS: Mapping[str, tuple[Any, ...]] = {
    "left": tuple(Presence),
    "right": tuple(Presence),
    "link": tuple(LinkState),
    "direction": tuple(Direction),
    "conflict": tuple(Policy),
    "deletions": tuple(Deletions),
    "create_in": tuple(Creation),
    "create_out": tuple(Creation),
    "updates": (True, False),
    "order": tuple(Order),
    "scope": tuple(Scope),
}


class Table:
    """Rows, ready to be asked."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)
        self._verdicts = [Verdict(r.then, r.favours, r.because, r.rule, n) for n, r in enumerate(self.rows)]
        #: dimension -> value -> the rows (as bits) that it agrees with
        self.bits: dict[str, dict[Any, int]] = {
            name: {
                value: sum(1 << n for n, row in enumerate(self.rows) if value in row.when.get(name, (value,)))
                for value in values
            }
            for name, values in DIMENSIONS.items()
        }
        self._by_position = tuple(self.bits.values())

    def __call__(self, case: Case) -> Verdict:
        a, b, c, d, e, f, g, h, i, j, k = self._by_position
        left, right, link, direction, conflict, deletions, create_in, create_out, updates, newer, scope = case
        rows = a[left] & b[right] & c[link] & d[direction] & e[conflict] & f[deletions]
        rows &= g[create_in] & h[create_out] & i[updates] & j[newer] & k[scope]
        assert rows, f"no row decides {case}"
        return self._verdicts[(rows & -rows).bit_length() - 1]

    def counts(self) -> list[int]:
        """How many of all cases each row decides; the last figure counts those that none does.

        Cases that agree with the same rows so far are counted together.
        """
        together = {(1 << len(self.rows)) - 1: 1}
        for values in self.bits.values():
            laid_over: dict[int, int] = {}
            for rows, cases in together.items():
                for agreeing in values.values():
                    both = rows & agreeing
                    laid_over[both] = laid_over.get(both, 0) + cases
            together = laid_over
        found = [0] * (len(self.rows) + 1)
        for rows, cases in together.items():
            found[(rows & -rows).bit_length() - 1] += cases
        return found


#: What follows for a pair of records.
verdict = Table(TABLE)
