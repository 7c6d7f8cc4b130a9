"""What a recording calls a thing, and what our fake calls it: ids, hosts, stand-ins for secrets.

Rule 1: a recorded id and one of ours are the same record when they stand in the same place of the same answer. Once
bound, they stay bound: another id of ours in the place of a bound one is a difference.
Rule 2: both forms of a Salesforce id are one id.
Rule 3: another vendor's id (a Salesforce id as Planhat's sourceId) is a text here, and names no record of this one.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from crm_contracts.record.identifiers import ID, id_kind

__all__ = ["Names"]


class Names:
    """Recorded words for our words, learned as answers are compared."""

    def __init__(self, vendor: str = "") -> None:
        """*vendor* is whose records are spoken of ("" = of any)."""
        self._foreign = () if not vendor else ("objectid",) if vendor == "salesforce" else ("salesforce",)
        self._ours: dict[str, str] = {}
        self._theirs: dict[str, str] = {}

    def bind(self, recorded: str, ours: str) -> bool:
        """Whether *recorded* and *ours* are, or may from now on be, the same record."""
        if recorded in self._ours or ours in self._theirs:
            return self._ours.get(recorded) == ours
        if id_kind(recorded) != id_kind(ours) or (id_kind(ours) == "salesforce" and recorded[:3] != ours[:3]):
            return False
        self._ours[recorded], self._theirs[ours] = ours, recorded
        return True

    def knows(self, recorded: str) -> bool:
        """Whether a recorded id has one of ours."""
        return self._find(recorded) is not None

    def ours(self, text: str) -> str:
        """*text* of a recorded request with our ids."""
        return ID.sub(lambda found: self._find(found[0]) or found[0], text)

    def strangers(self, text: str, known: Collection[str] = ()) -> list[str]:
        """The ids in a recorded *text* that have none of ours; of 15 characters where *known* begins with them."""
        beginnings = {one[:15] for one in known}
        return [
            one
            for one in dict.fromkeys(ID.findall(text))
            if (((kind := id_kind(one)) and kind not in self._foreign) or (len(one) == 15 and one in beginnings))
            and not self.knows(one)
        ]

    def _find(self, recorded: str) -> str | None:
        if len(recorded) == 15:
            whole = next((one for one in self._ours if len(one) == 18 and one.startswith(recorded)), None)
            return self._ours[whole][:15] if whole else None
        return self._ours.get(recorded)


def same_form(recorded: str, ours: str) -> bool:
    """Whether two texts differ in their digits alone: two stamps of one format."""
    return re.sub(r"\d", "9", recorded) == re.sub(r"\d", "9", ours)
