"""The brake: a run that would delete or make very much at once stops and says so, before it writes anything.

A side that suddenly reads empty, a lost memory, a mistaken filter: what follows looks like the work of many people
(F12, F13, F25). Nobody is hurt by a run that asks first; `allow_mass` lets one run pass.
Source: the safety net of vdirsyncer (an emptied storage) and OfflineIMAP (a lost status folder).
"""

from __future__ import annotations

from collections.abc import Sequence

from crm_sync.config import Options
from crm_sync.plan import Plan


def braked(plans: Sequence[Plan], links: int, options: Options) -> str:
    """Why a run may not act on *plans*; "" when it may. *links* are the pairs that are known so far.

    Deletions count against the pairs there are. Creations do only where there are pairs already: the very first run has
    everything to make.
    """
    deletions = sum(bool(plan.delete) for plan in plans)
    creations = sum(plan.create is not None for plan in plans)
    if deletions > options.brake_deletions and 100 * deletions > options.brake_percent * links:
        return _says("delete", deletions, links, "was a side emptied, a filter changed, a permission taken away?")
    if links and creations > options.brake_creations and 100 * creations > options.brake_percent * links:
        return _says("make", creations, links, "was the memory of the sync lost, or somebody else's data imported?")
    return ""


def _says(what: str, count: int, links: int, why: str) -> str:
    return (
        f"it would {what} {count} records where {links} pairs are known: {why} Look at `understudy sync plan`; "
        "if it is meant, run once with --allow-mass"
    )
