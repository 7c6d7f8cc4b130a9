"""What has to hold when users and faults have stopped, and rounds were run: every claim of the rules.

Invariants I1 and I3; rules P1, P2, P8, P10, P11 and P21.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_contracts.world.fields import DONE, IGNORED, STATE, shared, takes_part
from crm_contracts.world.model import Activity, Record
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.violations import Duplicated, NotConverged

if TYPE_CHECKING:
    from crm_contracts.world.oracle import Oracle


def demand_rest(oracle: Oracle) -> None:
    """Users and faults have stopped and rounds were run: every claim of the rules must hold."""
    for activity in oracle.model.activities.values():
        _counted(oracle, activity)
    if oracle.blind:
        return
    for activity in oracle.model.activities.values():
        with oracle.watch.cursors.blamed((one.side, one.id, one.side) for one in activity.records):
            _partnered(oracle, activity)
            if not activity.silent:
                _agreed(oracle, activity)
                _completed(oracle, activity)


def _counted(oracle: Oracle, activity: Activity) -> None:
    """I3: how many records an activity may have in each system (rules P10, P11)."""
    for side in (TASK, CONVERSATION):
        found = activity.live(side)
        both = activity.second_allowed and len({one.pointer[:15] for one in found}) == len(found) == 2
        if len(found) > 1 and not (side == CONVERSATION and both):  # of two Salesforce Tasks (P11)
            ids = ", ".join(one.id for one in found)
            raise Duplicated(f"{activity.handle} has {len(found)} Planhat {side}s: {ids}", activity=activity.handle)
    found = activity.live(SALESFORCE)
    second = activity.second_allowed and CONVERSATION in activity.sent_from
    if len(found) > 1 + second:
        raise Duplicated(
            f"{activity.handle} has {len(found)} Salesforce Tasks, {1 + second} allowed: "
            f"{', '.join(one.id for one in found)}",
            activity=activity.handle,
        )
    made = strays(activity)
    if made and _may_write_back(oracle, activity):
        raise Duplicated(
            f"the sync made the Salesforce Task {made[0].id} for {activity.handle}, and no Planhat "
            f"record carries its id",
            activity=activity.handle,
        )


def strays(activity: Activity) -> list[Record]:
    """Salesforce Tasks that the sync made and whose id no Planhat record carries."""
    made = [] if activity.any_deleted else [one for one in activity.live(SALESFORCE) if not one.by_user]
    return [one for one in made if not _claimed(activity, one)]


def _claimed(activity: Activity, record: Record) -> bool:
    return any(one.pointer[:15] == record.id[:15] for s in (TASK, CONVERSATION) for one in activity.live(s))


def _may_write_back(oracle: Oracle, activity: Activity) -> bool:
    """May the id of a stray be written to a Planhat record without one? Not Syncing makes no request at all (P2), and
    a Conversation whose type was left out since waits until it takes part again (P6).

    Where every Planhat record carries an id, the stray is one too many whatever is syncing.
    """
    bare = [one for side in (TASK, CONVERSATION) for one in activity.live(side) if not one.pointer]
    part = [one.side for one in bare if one.side == TASK or takes_part(one.row)]
    return not bare or any(oracle.settings.sends(side) or oracle.settings.receives(side) for side in part)


def _partnered(oracle: Oracle, activity: Activity) -> None:
    """I1: every record in scope has its partner."""
    if activity.any_deleted or activity.adrift:
        return
    _second_made(oracle, activity)
    if activity.settings_moved:
        return
    salesforce, task = activity.one(SALESFORCE), activity.one(TASK)
    conversation = activity.one(CONVERSATION)
    sends = oracle.settings.sends
    missing = ""
    if salesforce and oracle.settings.receives("task") and oracle.customers[activity.at]:
        missing = "" if task or conversation else "no Planhat Task"
    if task and not conversation and sends(TASK) and not task.row.get("isArchived"):
        missing = missing or ("" if salesforce else "no Salesforce Task")
    if conversation and sends(CONVERSATION) and takes_part(conversation.row):
        missing = missing or ("" if salesforce else "no Salesforce Task")
    if missing:
        raise NotConverged(f"{activity.handle} has {missing}", activity=activity.handle)


def _second_made(oracle: Oracle, activity: Activity) -> None:
    """P11: what was logged while inheritance was off gets a Salesforce Task, whatever comes later (P21), but for a
    type that takes no part any more (P6), and for a customer whose account is no more (exception merged-customer).
    """
    conversation = activity.one(CONVERSATION)
    part = conversation is not None and takes_part(conversation.row) and not oracle.homes.lost(conversation)
    if activity.second_due and part and len(activity.live(SALESFORCE)) != 2:
        raise NotConverged(
            f"{activity.handle} was completed with inheritance off and its Conversation is sent: rule "
            f"P11 wants a second Salesforce Task, there is {len(activity.live(SALESFORCE))}",
            activity=activity.handle,
        )


def _agreed(oracle: Oracle, activity: Activity) -> None:
    """I1: no field has a value on its way."""
    agreement = oracle.agreement
    for pair in oracle.model.pairs(activity):
        for one in shared(pair.section, oracle.settings):
            values = pair.values(one)
            winners = agreement.winners(pair, one)
            if IGNORED in values or (one.name == "date" and activity.one(CONVERSATION)):
                continue
            if not any(
                values in agreement.outcomes(pair, base, values, winners) for base in agreement.known(pair, one)
            ):
                raise NotConverged(
                    f"{one.name} of {activity.handle}: Salesforce has {values[0]!r}, the Planhat "
                    f"{pair.section} {values[1]!r}, and {getattr(oracle.settings, pair.section)}",
                    activity=activity.handle,
                )


def _completed(oracle: Oracle, activity: Activity) -> None:
    """A Conversation that is sent says Completed in Salesforce (rules P1, P8)."""
    for pair in oracle.model.pairs(activity):
        if pair.section != CONVERSATION or activity.reopened or activity.settings_moved:
            continue
        if oracle.settings.sends(CONVERSATION) and takes_part(pair.planhat.row):
            value = pair.salesforce.value(STATE)
            if value != DONE and STATE.name not in pair.salesforce.wrote:
                raise NotConverged(
                    f"{activity.handle} is logged in Planhat and still open in Salesforce",
                    activity=activity.handle,
                )
