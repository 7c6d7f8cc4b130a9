"""What is watched from one round to the next: fields written again, changes not shown, calls, the sync's own counts.

Plain data throughout, so that a copy of an oracle takes it along.
Rule: a deed is told when it happens, a round when it ended; nothing here asks anybody anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crm_contracts.world.invariants import accounting, calls
from crm_contracts.world.invariants.cursor import Cursors
from crm_contracts.world.invariants.loops import Loops, Written, written
from crm_contracts.world.invariants.told import Told

__all__ = ["EndedRound", "Watch"]

Exchange = Mapping[str, Any]
_LATER = 2  # rounds in which a sync meets again what it wrote itself


@dataclass(frozen=True, kw_only=True)
class EndedRound:
    """A round that ended. *clean*: nothing went wrong in it. *records*: how many there are in all."""

    exchanges: Iterable[Exchange]
    clean: bool
    told: Told | None = None
    cursors: Mapping[str, str] | None = None
    budget: calls.Budget | None = None
    records: int = 0
    fresh: Collection[str] = ()  # activities that users wrote to and a section is to look at
    unmatched: Collection[str] = ()  # those whose customer is unknown on the other side
    jobs: int = 1  # each of them knows nothing of the others


class Watch:
    """Told of deeds and rounds; raises what a round breaks."""

    def __init__(self, *, cursors: Cursors | None = None) -> None:
        self.loops = Loops()
        self.cursors = cursors or Cursors()
        self.fresh: dict[str, set[str]] = {}  # activities with a deed that no round has counted: their records written
        self._deeds = 0
        self._own: list[int] = []  # fields that the newest rounds wrote
        self._everything = True  # somebody did something that may concern every record
        self._aside = 0  # records that the newest report calls put aside

    def wrote(self, activity: str, side: str, record_id: str) -> None:
        """A user wrote to a record."""
        self.loops.deed(activity)
        self.cursors.changed(side, record_id)
        self.fresh.setdefault(activity, set()).add(record_id)
        self._deeds += 1

    def happened(self, activity: str = "") -> None:
        """A user did something else about *activity*; "" for what concerns everything."""
        self.loops.deed(activity)
        self._deeds += 1
        self._everything = self._everything or not activity

    def saved(self) -> None:
        """Somebody saved a configuration."""
        self.happened()
        self.cursors.reset()

    def round(self, one: EndedRound, owner: Callable[[str, str], str], written: Written = written) -> None:
        """Judge a round. *owner* names the activity of a vendor's record, *written* the fields of a write."""
        exchanges = list(one.exchanges)
        changed = self._deeds + sum(self._own) + self._aside
        calls.check(
            exchanges,
            budget=None if self._everything else one.budget,
            changed=changed,
            records=one.records,
            jobs=one.jobs,
        )
        self.cursors.round(exchanges, clean=one.clean, cursors=one.cursors)
        self.loops.round(exchanges, owner, clean=one.clean, written=written)
        if one.clean and one.told is not None:
            accounting.check(one.told, fresh=one.fresh, unmatched=one.unmatched)
        self._own = [*self._own, sum(1 for each in exchanges for _ in written(each))][-_LATER:]
        self._aside = one.told.quarantined if one.told else 0
        if not one.clean:
            self._forget_what_was_read(exchanges)
        elif not (one.told and one.told.stopped):
            self.fresh.clear()
            self._deeds, self._everything = 0, False

    def _forget_what_was_read(self, exchanges: Iterable[Exchange]) -> None:
        """A round in which something went wrong may have counted what it was shown, and its report may have died with
        it: the next one need not count that again.
        """
        shown = "\n".join(str(one["response"]) for one in exchanges if one["status"])
        self.fresh = {name: ids for name, ids in self.fresh.items() if not any(each in shown for each in ids)}
