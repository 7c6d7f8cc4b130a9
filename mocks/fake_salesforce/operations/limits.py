"""The limits of an org that this fake counts, as `/limits` shows them.

Rule 1: a limit is counted when something the fake plays uses it up; nothing here uses any other, so what is shown for
those, untouched, is true of this org.
Source: REST API Developer Guide, Limits; the maxima are in `data/limits.toml` and `data/editions.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from fake_core.limits import RollingWindow
from fake_salesforce.org import Org

Count = tuple[int, int]  # max and remaining


def counted(org: Org) -> dict[str, Count]:
    """(max, remaining) of each limit that is counted, by its key in the answer."""
    return {name: count(org) for name, count in _COUNTED.items()}


def _window(window: RollingWindow) -> Count:
    return window.limit, window.remaining()


def _permission_sets(org: Org) -> Count:
    """Permission sets that somebody made: those that stand for a profile are not counted (assumed)."""
    sobject = org.schema.sobject("PermissionSet")
    used = 0
    if sobject is not None and "IsOwnedByProfile" in sobject.table.c:
        query = sa.select(sa.func.count()).where(sobject.table.c.IsOwnedByProfile == 0)
        with org.store.read() as conn:
            used = int(conn.execute(query).scalar_one())
    return PERMISSION_SETS_MAX, max(0, PERMISSION_SETS_MAX - used)


PERMISSION_SETS_MAX = 1_500

_COUNTED: Mapping[str, Callable[[Org], Count]] = {
    "DailyApiRequests": lambda org: _window(org.api_requests),
    "DailyBulkApiBatches": lambda org: _window(org.bulk_batches),
    "DailyBulkV2QueryJobs": lambda org: _window(org.bulk_query_jobs),
    "DataStorageMB": lambda org: (org.storage.data_mb, org.storage.data_mb_left()),
    "FileStorageMB": lambda org: (org.storage.file_mb, org.storage.file_mb_left()),
    "PermissionSets": _permission_sets,
}
