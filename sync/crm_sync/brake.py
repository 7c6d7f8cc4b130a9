"""The brake: a run that would delete or make very much at once stops and says so, before it writes anything.

A side that suddenly reads empty, a lost memory, a mistaken filter: what follows looks like the work of many people
(F12, F13, F25). Nobody is hurt by a run that asks first; `allow_mass` lets one run pass.
Source: the safety net of vdirsyncer (an emptied storage) and OfflineIMAP (a lost status folder).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crm_sync.config import Options
from crm_sync.plan import Plan


def braked(plans: Sequence[Plan], links: Callable[[], int], options: Options) -> str:
    """Why a run may not act on *plans*; "" when it may. *links* counts the pairs that are known so far, when asked.

    Deletions count against the pairs there are. Creations do only where there are pairs already: the very first run has
    everything to make.
    """
    deletions = sum(bool(plan.delete) for plan in plans)
    creations = sum(plan.create is not None for plan in plans)
    deleting, creating = deletions > options.brake_deletions, creations > options.brake_creations
    known = links() if deleting or creating else 0
    if deleting and 100 * deletions > options.brake_percent * known:
        return _says("delete", deletions, known, "was a side emptied, a filter changed, a permission taken away?")
    if creating and known and 100 * creations > options.brake_percent * known:
        return _says("make", creations, known, "was the memory of the sync lost, or somebody else's data imported?")
    return ""


def _says(what: str, count: int, links: int, why: str) -> str:
    return (
        f"it would {what} {count} records where {links} pairs are known: {why} Look at `understudy sync plan`; "
        "if it is meant, run once with --allow-mass"
    )
