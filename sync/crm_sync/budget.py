"""The budget: how many calls to Salesforce a batch will take, known before it begins (F62, I11).

What does not fit into what is left of the day is left whole for the next run, so that no run breaks off in the middle
of its writing; what the run has seen stays unread by its cursors.
"""

from __future__ import annotations

from collections.abc import Sequence

from crm_sync.model import SALESFORCE
from crm_sync.plan import Plan
from crm_sync.sides.salesforce import IDS_IN_QUERY_MAX
from crm_sync.sides.salesforce_bulk import COLLECTION_RECORDS_MAX

CREATION_CALLS = 2  # the creation, and reading it back
DELETION_CALLS = 1
SPARE_CALLS = 5  # a session that expires, a retry, a search for a creation in doubt


def calls_of(plans: Sequence[Plan]) -> int:
    """The calls to Salesforce that *plans* take, retries aside."""
    creations = sum(plan.create == SALESFORCE for plan in plans)
    deletions = sum(plan.delete == SALESFORCE for plan in plans)
    by_object: dict[str, int] = {}
    for plan in plans:
        if plan.create is None and plan.write.get(SALESFORCE):
            by_object[plan.activity.sf_object] = by_object.get(plan.activity.sf_object, 0) + 1
    updates = sum(-(-n // COLLECTION_RECORDS_MAX) + -(-n // IDS_IN_QUERY_MAX) for n in by_object.values())
    return CREATION_CALLS * creations + DELETION_CALLS * deletions + updates


def writes_to_salesforce(plan: Plan) -> bool:
    """Whether a plan takes a call to Salesforce."""
    return calls_of([plan]) > 0


def affordable(plans: Sequence[Plan], calls_left: int | None) -> int:
    """How many of *plans*, from the first on, fit into *calls_left*; all of them when nobody knows what is left."""
    if calls_left is None or calls_of(plans) + SPARE_CALLS <= calls_left:
        return len(plans)
    low, high = 0, len(plans)
    while low < high:  # the calls of a prefix only grow with it
        middle = (low + high + 1) // 2
        low, high = (middle, high) if calls_of(plans[:middle]) + SPARE_CALLS <= calls_left else (low, middle - 1)
    return low
