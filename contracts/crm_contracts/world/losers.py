"""I5, the log of conflicts: each user's value that lost stands in it, and no other.

Source: rule P24, invariant I5; the exceptions stand in `oracle.EXCEPTIONS`.
Must not import crm_sync.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crm_contracts.world.fields import FIELDS, STATE, Field, shared
from crm_contracts.world.invariants.told import Told
from crm_contracts.world.model import Activity
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.settings import BOTH
from crm_contracts.world.violations import LoserUnlogged

if TYPE_CHECKING:
    from crm_contracts.world.oracle import Oracle

__all__ = ["demand_log"]


def demand_log(oracle: Oracle, told: Told) -> None:
    """Hold the newest round's log of conflicts to what users wrote and lost. Raises LoserUnlogged."""
    _are_logged(oracle, told)
    _are_users(oracle, told)


def _are_logged(oracle: Oracle, told: Told) -> None:
    """I5: each user's value that lost in this round stands in the sync's log of conflicts, once."""
    for handle, one, value in oracle.agreement.discarded:
        values = [(conflict.get("field"), conflict.get("losing_value")) for conflict in told.conflicts]
        said = [name for name, given in values if value in (one.reads(SALESFORCE, given), one.reads(TASK, given))]
        found = len(said)
        lost = [field for _, field, other in oracle.agreement.discarded if value == other]
        # Two fields may have lost the same words, one of them perhaps for no certain reason; each is told once.
        if not lost.count(one) <= found or any(said.count(name) > len(lost) for name in said):
            raise LoserUnlogged(
                f"{one.name} of {handle}: a user's {value!r} lost, and the log of conflicts has it {found} times",
                activity=handle,
            )


def _are_users(oracle: Oracle, told: Told) -> None:
    """I5: what the log says was given up somebody had written: of as many as changed a field, one wins. What a side
    wrote that only receives may give way to what Salesforce has, though nobody changed that: it holds that now.
    """
    named = Counter(
        (activity.handle, one.name, _taken(activity, one))
        for conflict in told.conflicts
        for activity in oracle.model.activities.values()
        if not activity.silent and any(record.id in str(conflict.get("activity")) for record in activity.records)
        for one in _certain(oracle, activity)
        if str(conflict.get("field")).lower() in one.called and one.fits(conflict.get("losing_value"))
    )
    for (handle, name, taken), found in sorted(named.items()):
        changed = oracle.agreement.changed.get((handle, name), set())
        gave_way = [side for side in taken if side in changed and not oracle.settings.sends(side)]
        if found > max(0, len(changed) - 1, len(gave_way)):
            raise LoserUnlogged(
                f"{name} of {handle}: the log of conflicts has {found} values that lost; "
                f"changed was {', '.join(sorted(changed)) or 'nothing'}",
                activity=handle,
            )


def _taken(activity: Activity, one: Field) -> tuple[str, ...]:
    """The partner's sides that hold what Salesforce has, an archived Task among them."""
    source = activity.one(SALESFORCE)
    both = [activity.one(side) for side in (TASK, CONVERSATION) if one.name_on(side) is not None]
    return tuple(record.side for record in both if record and source and record.value(one) == source.value(one))


def _certain(oracle: Oracle, activity: Activity) -> Iterable[Field]:
    """Fields of which it is known who wrote them: none where the sync had not read both sides before the round.
    Once there is a Conversation, it has no status, and its day is that of the logging (`date-of-completion`). Of a
    pair that a person made by an id nobody knows which of several open statuses anybody meant.
    """
    if not activity.known_before:
        return ()
    if activity.typed:
        return shared(CONVERSATION)
    if activity.one(CONVERSATION) is None:
        return FIELDS
    both_ways = oracle.settings.task == BOTH and not activity.settings_moved and activity.one(TASK) is not None
    return (*shared(CONVERSATION), STATE) if both_ways else shared(CONVERSATION)
