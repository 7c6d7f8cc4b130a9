"""I15, accounting: seen = created + updated + unchanged + deleted (T21) + skipped (with its reason) + quarantined.

Rule 1: the sum holds for each section of each round; a record that is skipped or put aside has a reason.
Rule 2: what users did since the last clean round is in it: a sync that leaves a record out of every count leaves it out
without a word (rules T20 and T21; failure mode F67). What a broken round was shown may have been counted there.
"""

from __future__ import annotations

from collections.abc import Collection

from crm_contracts.world.invariants.told import Told
from crm_contracts.world.violations import Unaccounted

__all__ = ["check"]


def check(told: Told, *, fresh: Collection[str], unmatched: Collection[str]) -> None:
    """Hold a finished round to its report.

    *fresh* are the activities that users wrote to and that a section is to look at; *unmatched* those of them whose
    customer the other side does not know. Raises Unaccounted.
    """
    for name, section in told.sections.items():
        if section.seen != section.explained:
            raise Unaccounted(
                f"{name}: {section.seen} seen are not {section.created} created + {section.updated} updated + "
                f"{section.unchanged} unchanged + {section.deleted} deleted + "
                f"{sum(section.skipped.values())} skipped + {len(section.quarantined)} quarantined"
            )
        for reason in (*section.skipped, *section.quarantined.values()):
            if not str(reason).strip():
                raise Unaccounted(f"{name}: a record is skipped or put aside and no reason is given")
    if told.stopped:
        return  # what a round did not come to is the next round's
    if told.seen < len(fresh):
        raise Unaccounted(
            f"users wrote to {len(fresh)} activities ({', '.join(sorted(fresh))}) and the round counts {told.seen}"
        )
    if told.skipped + told.quarantined < len(unmatched):
        raise Unaccounted(
            f"{', '.join(sorted(unmatched))}: nobody on the other side belongs to their customer, and "
            f"{told.skipped} records are told as skipped",
            activity=min(unmatched),
        )
