"""I11, bounded calls: what a round asks follows from what changed, never from what exists.

Rule 1: requests <= a + b * changed + ceil(n / page), with the numbers that a sync promises (`Budget`); a sync that
promises nothing is only kept from asking for ever (`ROUND_REQUESTS_MAX`).
Rule 2: once Salesforce says that the day's requests are used up, at most one further request reaches it in that round.
A round of several jobs, each of which has to find it out by itself, is refused at most twice for each.
Source of rule 2: REST API Developer Guide, REQUEST_LIMIT_EXCEEDED: every further call is refused, and counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from crm_contracts.world.violations import CallsUnbounded

__all__ = ["ROUND_REQUESTS_MAX", "Budget", "check"]

Exchange = Mapping[str, Any]
ROUND_REQUESTS_MAX = 1_000  # then a world, which is small, ends a round by force
_USED_UP = "REQUEST_LIMIT_EXCEEDED"


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a sync promises: requests of a round in which nothing changed, for each change, for each page of records."""

    a: int
    b: int
    page: int = 200

    def allows(self, *, changed: int, records: int) -> int:
        return self.a + self.b * changed + ceil(records / self.page)


def check(exchanges: Iterable[Exchange], *, budget: Budget | None, changed: int, records: int, jobs: int = 1) -> None:
    """Hold a round of *jobs* without a fault to its *budget*, and every round to the day's limit.

    Raises CallsUnbounded.
    """
    exchanges = list(exchanges)
    if len(exchanges) >= ROUND_REQUESTS_MAX:
        raise CallsUnbounded(f"a round asked {len(exchanges)} times and was ended by force")
    refused = [_USED_UP in str(one["response"]) for one in exchanges if one["vendor"] == "salesforce"]
    after = len(refused) - refused.index(True) - 1 if any(refused) else 0
    if after > 1 and (jobs == 1 or sum(refused) > 2 * jobs):
        raise CallsUnbounded(f"Salesforce's requests of the day were used up, and the round asked {after} times more")
    if budget is None or any(one["fault"] for one in exchanges):
        return
    allowed = budget.allows(changed=changed, records=records)
    if len(exchanges) > allowed:
        raise CallsUnbounded(
            f"{len(exchanges)} requests in a round with {changed} changes among {records} records; "
            f"{budget.a} + {budget.b} for each change are promised, {allowed} in all"
        )
