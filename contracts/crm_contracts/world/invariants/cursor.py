"""I9, the cursor: it never goes back by itself and never past a change that nobody has looked at.

Rule 1: from outside a cursor shows in what a sync reads. A change was gone past when the sync asked for the changes of
that model in a later round that went well, and the record was in no answer since.
Rule 2: a sync may show its cursors (`cursors()`: name -> text that sorts like time); one that goes back without a
change of configuration is a finding even if nothing was lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from crm_contracts.world.violations import ChangeMissed, NotConverged

__all__ = ["Cursors"]

Exchange = Mapping[str, Any]
# (vendor, object in small letters) -> the side whose changes an answer of it tells
_SIDES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("salesforce", "task"): "salesforce",
        ("planhat", "task"): "task",
        ("planhat", "conversation"): "conversation",
    }
)


class Cursors:
    """What users changed and no answer has shown yet, and where the sync's own cursors stood.

    *sides* tells of which side's records an answer of a vendor's object tells.
    """

    def __init__(self, sides: Mapping[tuple[str, str], str] = _SIDES) -> None:
        self._sides = dict(sides)
        self._unseen: dict[tuple[str, str], int] = {}  # (side, record) -> rounds that asked and were not shown it
        self._at: Mapping[str, str] = {}

    def changed(self, side: str, record_id: str) -> None:
        """A user wrote to a record."""
        self._unseen[side, record_id] = 0

    def round(self, exchanges: Iterable[Exchange], *, clean: bool, cursors: Mapping[str, str] | None) -> None:
        """A round ended. Raises ChangeMissed when a cursor went back."""
        asked: set[str] = set()
        answers: dict[str, list[str]] = {}
        for one in exchanges:
            side = self._sides.get((str(one["vendor"]), str(one["object"]).lower()))
            if side and one["status"] == 200:
                answers.setdefault(side, []).append(str(one["response"]))
                if one["verb"] in {"query", "list"}:
                    asked.add(side)
        for side, record_id in list(self._unseen):
            if any(_names(text, record_id) for text in answers.get(side, ())):
                del self._unseen[side, record_id]
            elif clean and side in asked:
                self._unseen[side, record_id] += 1
        if cursors is not None:
            back = [name for name, at in self._at.items() if name in cursors and cursors[name] < at]
            if back:
                raise ChangeMissed(f"the cursor {back[0]} went back from {self._at[back[0]]} to {cursors[back[0]]}")
            self._at = dict(cursors)

    def reset(self) -> None:
        """Somebody saved a configuration: cursors may begin anew."""
        self._at = {}

    def missed(self, side: str, record_id: str) -> bool:
        """Whether the sync asked for changes and went past this one."""
        return self._unseen.get((side, record_id), 0) > 0

    @contextmanager
    def blamed(self, records: Iterable[tuple[str, str, str]]) -> Iterator[None]:
        """What has not converged within is a missed change where one of *records* (side and id as `changed` was told,
        and the side in words) was missed. Raises ChangeMissed.
        """
        try:
            yield
        except NotConverged as found:
            past = next((side for listed, record, side in records if self.missed(listed, record)), None)
            if past is None:
                raise
            raise ChangeMissed(
                f"{found.what}: the sync asked what had changed and went past the {past} record",
                activity=found.activity,
            ) from found


def _names(text: str, record_id: str) -> bool:
    """Whether an answer shows the record. An id that is a mere number is part of many texts: it is what `id` says."""
    if not record_id.isdigit():
        return record_id in text
    return re.search(rf'"id": ?"?{record_id}\b', text) is not None
