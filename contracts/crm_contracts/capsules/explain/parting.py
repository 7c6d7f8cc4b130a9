"""Where the two sides parted: the first write after the last moment at which both agreed.

Rule 1: two sides agree on an activity when each has one record of it and all shared fields read the same, as the judge
reads them. A duplicate parts them where the second record of its kind is made.
Rule 2: what concerns no one activity has no such moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from crm_contracts.capsules.stages import TellingWorld
from crm_contracts.world.fields import shared
from crm_contracts.world.ops import Op
from crm_contracts.world.pairs.fields import UNSAID
from crm_contracts.world.pairs.fields import shared as shared_by_pair
from crm_contracts.world.pairs.world import PairWorld
from crm_contracts.world.story import Event

__all__ = ["Watch"]


class Watch:
    """Looks before each operation what the two sides agree on."""

    def __init__(self) -> None:
        self._looks: list[tuple[int, Mapping[str, bool]]] = []

    def __call__(self, _number: int, _op: Op, world: TellingWorld) -> None:
        self._looks.append((len(world.events), agreements(world)))

    def parted(self, events: Sequence[Event], handles: Collection[str], *, doubled: bool) -> int | None:
        """The number, from 0, of the event that parted the sides over *handles*; None where there is none.

        *doubled*: one of them has too many records.
        """
        if not handles:
            return None
        second = _doubled(events, handles) if doubled else None
        if second is not None:
            return second
        begin = max((n for n, agreed in self._looks if all(agreed.get(one) for one in handles)), default=0)
        return next((n for n, one in enumerate(events[begin:], begin) if _writes(one, handles)), None)


def agreements(world: TellingWorld) -> dict[str, bool]:
    """By handle, whether the two sides have the same to say."""
    if isinstance(world, PairWorld):
        return {handle: _pair_agrees(world, handle) for handle in world.oracle.model.activities}
    model = world.oracle.model
    found = {}
    for handle, activity in model.activities.items():
        pairs = [one for one in model.pairs(activity) if not one.retired]
        same = all(
            left == right for pair in pairs for left, right in map(pair.values, shared(pair.section, world.settings))
        )
        single = all(len(activity.live(side)) <= 1 for side in ("salesforce", "task", "conversation"))
        found[handle] = bool(pairs) and same and single
    return found


def _pair_agrees(world: PairWorld, handle: str) -> bool:
    activity, known = world.oracle.model.activities[handle], world.oracle.known
    pair = world.oracle.model.pair(activity)
    if pair is None or any(len(activity.live(side)) > 1 for side in ("salesforce", "partner")):
        return False
    for one in shared_by_pair(activity.section, world.settings):
        values = {one.read(record.side, record.row, known) for record in (pair.salesforce, pair.partner)}
        if len(values) > 1 and UNSAID not in values:
            return False
    return True


def _doubled(events: Sequence[Event], handles: Collection[str]) -> int | None:
    """Where a second record of one kind appears."""
    known: dict[tuple[str, str, str], set[str]] = {}
    for number, one in enumerate(events):
        for handle in set(handles).intersection(one.about):
            ids = known.setdefault((one.column, one.record.lower(), handle), set())
            if ids and not ids.issuperset(one.ids):
                return number
            ids.update(one.ids)
    return None


def _writes(one: Event, handles: Collection[str]) -> bool:
    return one.kind in ("deed", "request") and not set(handles).isdisjoint(one.about)
