"""I12, loop freedom: without a deed of a user no field of a record is written in a second round.

Rule 1: a deed counts for its activity; a change of configuration, rights, clocks or customers counts for everything;
so does a round in which something went wrong, since a sync must be able to make up for it.
Rule 2: this holds in an org that rewrites values by itself, too: what was read back is agreed on (failure mode F40).
Rule 3: the same write, refused again and again within one round, is a loop as well, unless the refusal was scripted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from crm_contracts.world.violations import Looping

__all__ = ["Loops", "written"]

Exchange = Mapping[str, Any]
Written = Callable[[Exchange], Iterable[tuple[str, str, str]]]  # the fields that a write names: vendor, record, field
_WRITING = frozenset({"create", "update", "upsert", "bulk"})
_RECORD = re.compile(r"/(?:sobjects/\w+(?:/\w+__c)?|tasks|conversations|touchpoints|events)/([\w-]+)")
_IDS = ("id", "Id", "_id", "sourceId", "externalId")
REPEATS_MAX = 5  # of one refused write within one round: retries end


def written(exchange: Exchange) -> Iterator[tuple[str, str, str]]:
    """The fields that an accepted write names: vendor, record id, field. A creation names none."""
    if exchange["verb"] not in _WRITING or exchange["method"] == "GET" or not 200 <= exchange["status"] < 300:
        return
    try:
        body = json.loads(exchange["request"])
    except ValueError:
        return
    path = str(exchange["path"]).split("?", maxsplit=1)[0]
    found = _RECORD.search(path)
    items = body.get("records", [body]) if isinstance(body, dict) else body
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict):
            continue
        record = found[1] if found else next((str(item[name]) for name in _IDS if item.get(name)), "")
        if record:
            for name in sorted(set(item) - {*_IDS, "attributes"}):
                yield str(exchange["vendor"]), record, name


class Loops:
    """Which fields a round wrote since somebody last did something about them."""

    def __init__(self) -> None:
        self._written: set[tuple[str, str, str, str]] = set()  # activity, vendor, record, field

    def deed(self, activity: str = "") -> None:
        """A user did something about *activity*; "" for what concerns everything."""
        self._written = {one for one in self._written if activity not in ("", one[0])}

    def round(
        self,
        exchanges: Iterable[Exchange],
        owner: Callable[[str, str], str],
        *,
        clean: bool,
        written: Written = written,
    ) -> None:
        """A round ended. *owner* names the activity of a vendor's record, *written* what a write names.

        Raises Looping.
        """
        exchanges = list(exchanges)
        self._not_stubborn(exchanges)
        if not clean:
            self.deed()
            return
        for vendor, record, field in sorted({one for each in exchanges for one in written(each)}):
            key = (owner(vendor, record), vendor, record, field)
            if key in self._written:
                raise Looping(
                    f"{field} of the {vendor} record {record} was written in 2 rounds, and no user did anything in "
                    "between",
                    activity=key[0],
                )
            self._written.add(key)

    def _not_stubborn(self, exchanges: list[Exchange]) -> None:
        refused = Counter(
            (one["vendor"], one["method"], one["path"], one["request"])
            for one in exchanges
            if one["verb"] in _WRITING and one["status"] >= 400 and not one["fault"] and one["status"] not in {401, 429}
        )
        for (vendor, method, path, body), times in refused.items():
            if times > REPEATS_MAX:
                raise Looping(f"{vendor} refused {method} {path} {body[:80]} {times} times in one round")
