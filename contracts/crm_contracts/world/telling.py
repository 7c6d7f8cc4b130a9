"""A world that keeps its story as events: what users did, what the sync wrote, what went wrong on the way.

Mixed into a world before it: `class Told(Telling, World)`. Events are in the order in which things happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm_contracts.world import monitors
from crm_contracts.world.ops import Op
from crm_contracts.world.playing import Playing
from crm_contracts.world.story import Event, counted, told_op, told_request
from crm_contracts.world.wire import Crashed

__all__ = ["Round", "Telling"]


@dataclass(frozen=True)
class Round:
    """One run of the sync: its requests in their order."""

    exchanges: tuple[monitors.Exchange, ...] = ()

    def writes(self) -> list[int]:
        """The numbers, from 1, of the requests that ask for a change."""
        return [n for n, one in enumerate(self.exchanges, start=1) if monitors.is_write(one)]

    def address(self, number: int) -> tuple[str, str, str, int]:
        """Request *number* by meaning: vendor, verb, object, and the how-many-th of these in the run."""
        addresses = [(one["vendor"], one["verb"], one["object"]) for one in self.exchanges[:number]]
        return (*addresses[-1], addresses.count(addresses[-1]))


class Telling(Playing):
    """Keeps `events` and `rounds`; takes what the world takes."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.events: list[Event] = []
        self.rounds: list[Round] = []
        super().__init__(*given, **named)

    def unread(self) -> tuple[str, int] | None:
        """Vendor and journal number of the answer that the sync did not live to read, in its newest run."""
        return self.stage.counter.unread

    def told(self) -> tuple[Event, ...]:
        """The events; a request that made records is named by what these turned out to be."""
        oracle: Any = self.oracle  # that of either world: both have a model of activities
        activities = oracle.model.activities
        handles = {each.id: handle for handle, one in activities.items() for each in one.records}
        found = []
        for event in self.events:
            about = tuple(dict.fromkeys(handles[each] for each in event.ids if each in handles))
            found.append(replace(event, about=about) if about and not event.about else event)
        return tuple(found)

    def ordered(self, exchanges: Sequence[monitors.Exchange]) -> list[monitors.Exchange]:
        """*exchanges* in the order in which they happened."""
        return list(exchanges)

    def apply(self, op: Op) -> bool:
        at = self.stage.clock.now()
        place = len(self.events)
        done = super().apply(op)
        if done:
            self.events[place:place] = [replace(one, ids=self._made_by(op)) for one in told_op(op, at=at)]
        return done

    def _made_by(self, op: Op) -> tuple[str, ...]:
        """The id of the record that a user made by *op*."""
        if op.kind not in ("create", "clone"):
            return ()
        oracle: Any = self.oracle
        activity = oracle.model.activities.get(getattr(op, "new", "") or getattr(op, "act", ""))
        return (activity.records[-1].id,) if activity is not None and activity.records else ()

    def _tell_round(self, exchanges: list[monitors.Exchange], failure: BaseException | None) -> None:
        super()._tell_round(exchanges, failure)
        unread = self.unread()
        ordered = self.ordered(exchanges)
        self.rounds.append(Round(tuple(ordered)))
        told = [
            told_request(one, self._about(one), unread=unread == (one["vendor"], one["n"]))
            for one in ordered
            if monitors.is_write(one) or one["fault"]
        ]
        now = self.stage.clock.now()
        began = datetime.fromisoformat(ordered[0]["at"]) if ordered else now
        self._say(began, f"a run of the sync, {counted(len(exchanges), 'request')}", kind="run")
        self.events += told
        if isinstance(failure, Crashed) and unread is None:
            self._say(now, "the sync is killed before its next request is carried out", kind="end")
        elif failure is not None and not isinstance(failure, Crashed):
            self._say(now, f"the run ends badly: {failure}", kind="end")

    def _say(self, at: datetime, text: str, *, kind: str) -> None:
        self.events.append(Event(at, "both", "sync", text, kind=kind, deed=text))
