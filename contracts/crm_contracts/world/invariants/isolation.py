"""I13, isolation: without the record that cannot be synced, everything else would have become just the same.

Played twice: the history as it is, and the history without every operation about the activities that the sync put
aside (or *without* those named). What became of all others, ids and stamps left out, is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from crm_contracts.world.ops import Op
from crm_contracts.world.violations import NotIsolated

__all__ = ["check_isolated", "without"]

Summary = dict[str, object]  # activity -> what became of it


def without(history: Sequence[Op], activities: Collection[str]) -> list[Op]:
    """*history* as if the *activities* had never been."""
    return [
        op for op in history if getattr(op, "act", "") not in activities and getattr(op, "new", "") not in activities
    ]


def check_isolated(history: Sequence[Op], outcome: Callable[[Sequence[Op]], Summary], *, bad: Collection[str]) -> None:
    """*outcome* plays a history and tells what became of each activity; *bad* are those that cannot be synced.

    Raises NotIsolated naming the first activity that fares differently without them.
    """
    found, alone = outcome(history), outcome(without(history, bad))
    for activity in sorted(set(alone) | (set(found) - set(bad))):
        if found.get(activity) != alone.get(activity):
            raise NotIsolated(
                f"beside {', '.join(sorted(bad))}, which cannot be synced, {activity} became "
                f"{found.get(activity)}; without, {alone.get(activity)}",
                activity=activity,
                timeline=[str(op.to_dict()) for op in history],
            )
