"""What follows for one pair of records: `verdict(case)`. No clock, no network, no database, no vendor.

Rule 1: every case is decided by a row of the table, which stands in verdict_apart.py and verdict_live.py; nothing is
decided here.
Rule 2: the same case gives the same verdict on any machine and day.
Rule 3: deleting needs positive evidence, creating needs that nothing ever stood there (I6, P8).
Source: rules P1-P29, T1-T45, M1-M27. Fields are decided in decide.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm_sync.model import Direction, Policy
from crm_sync.tables import Row, Table, part
from crm_sync.verdict_apart import DORMANT, IMPOSSIBLE, KEYED, OFF, TOMBSTONE, UNLINKED
from crm_sync.verdict_live import BOTH_CHANGED, DELETION_WINS, DELETIONS, EDIT_WINS, ONE_CHANGED, SLEEPING, UNCHANGED
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
    "Verdict",
    "Verdicts",
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
    "scope_in": tuple(Scope),
    "scope_out": tuple(Scope),
}

ROWS: tuple[Row, ...] = (
    *part("Not Syncing", OFF),
    *part("Cannot arise", IMPOSSIBLE),
    *part("No link: one record, nothing on the other side", UNLINKED, link=LinkState.NONE),
    *part("No link, but one record carries the other's id", KEYED, link=LinkState.KEYED),
    *part("Tombstone", TOMBSTONE, link=LinkState.TOMBSTONE),
    *part("Sleeping link", DORMANT, link=LinkState.DORMANT),
    *part("Live link, a deletion: where it goes no further", DELETIONS, link=LinkState.LIVE),
    *part(
        "Live link, a deletion against a later edit",
        EDIT_WINS,
        link=LinkState.LIVE,
        deletions=Deletions.LAST_WRITE_WINS,
    ),
    *part("Live link, a deletion that travels", DELETION_WINS, link=LinkState.LIVE),
    *part("Live link, nothing deleted: it takes no part", SLEEPING, link=LinkState.LIVE),
    *part(
        "Live link, nothing deleted: both changed",
        BOTH_CHANGED,
        link=LinkState.LIVE,
        left=Presence.CHANGED,
        right=Presence.CHANGED,
        direction=Direction.BOTH,
        updates=True,
    ),
    *part("Live link, nothing deleted: one change counts", ONE_CHANGED, link=LinkState.LIVE, updates=True),
    *part("Live link, nothing deleted: no change counts", UNCHANGED, link=LinkState.LIVE),
)


class Verdicts:
    """A table of verdicts, to be asked."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.table = Table(rows, DIMENSIONS)
        self.answers = [Verdict(Action(r.then), r.favours, r.because, r.rule, n) for n, r in enumerate(rows)]

    def __call__(self, case: Case) -> Verdict:
        return self.answers[self.table.first(case)]


#: What follows for a pair of records.
verdict = Verdicts(ROWS)
