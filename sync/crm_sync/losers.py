"""Who loses: the values that a decision or a deletion gives up, as the log of conflicts names them (I5).

decide.py knows the losers of a dispute, from the values alone. Two more are seen only here, where a value is turned
into what the other side can hold: one that was held back, and the end of a text that was cut.
Like plan.py: no network, no state, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crm_sync.cases import seen as was_seen
from crm_sync.decide import Decision, Loser, Seen, View
from crm_sync.known import Known
from crm_sync.mapping import Held, key_of, lens, partner_value
from crm_sync.model import SALESFORCE, Activity, FieldMap, Policy, Section
from crm_sync.report import Conflict

Fields = Mapping[str, FieldMap]  # a partner's model -> how one Salesforce field is mapped to it


def all_losers(
    activity: Activity, known: Known, decision: Decision, sf_view: View, views: Mapping[str, View], by_model: Fields
) -> Decision:
    """The *decision*, whose winner was delivered, with those that lose by what the other side can hold."""
    return _with_cut_off(_with_held_back(activity, known, decision, sf_view, by_model), views, by_model)


def _with_held_back(activity: Activity, known: Known, decision: Decision, sf_view: View, by_model: Fields) -> Decision:
    """Salesforce's value that was held back loses now, though it changed long ago: nobody else has it (I5, T43).

    One that was never to come in is none that was held back.
    """
    record = activity.salesforce
    winner = str(decision.winner)
    mapped, section = by_model.get(winner), known.section_of(winner, activity.sf_object)
    if mapped is None or section is None or not section.flow(mapped).receives:
        return decision
    if sf_view.silent or any(loser.replica == SALESFORCE for loser in decision.losers):
        return decision
    values = record.values if record is not None else {mapped.salesforce: sf_view.value}
    told = lens(mapped).to_partner(mapped, values, known.context, {})
    if not isinstance(told, Held) or told.value is None:
        return decision
    return replace(decision, losers=(*decision.losers, Loser(SALESFORCE, sf_view.value, "it was held back")))


def _with_cut_off(decision: Decision, views: Mapping[str, View], by_model: Fields) -> Decision:
    """A text of which Salesforce kept the beginning loses its end when Salesforce's is taken (I5, F45)."""
    named = {decision.winner, *(loser.replica for loser in decision.losers)}
    cut = [
        Loser(model, views[model].value, "it was cut")
        for model in decision.targets
        if model in views and model not in named and not lens(by_model[model]).fits(by_model[model], views[model].value)
    ]
    return replace(decision, losers=(*decision.losers, *cut))


def conflicts_of(activity: Activity, known: Known, decision: Decision, by_model: Fields) -> list[Conflict]:
    """The lines of the log for one field's *decision*, the same value once."""
    found: list[Conflict] = []
    lost: list[Any] = []
    for loser in decision.losers:
        mapped = by_model.get(loser.replica) or next(iter(by_model.values()))
        read = activity.replica(loser.replica) is not None
        value = _raw(activity, loser.replica, by_model) if read else loser.value
        if value in lost:  # a user's value, which the partner took over into the record that continues another
            continue
        lost.append(value)
        found.append(
            Conflict(
                activity=activity.label,
                field=mapped.name,
                winner=str(decision.winner),
                loser=loser.replica,
                winning_value=_raw(activity, str(decision.winner), by_model),
                losing_value=value,
                policy=known.profile.name if loser.policy == Policy.PARTNER.value else loser.policy,
            )
        )
    return found


def given_up(activity: Activity, known: Known, section: Section, loser: str) -> list[Conflict]:
    """What somebody wrote to the survivor *loser*, and the deletion takes along (F22)."""
    record = activity.replica(loser)
    if record is None:
        return []
    into_salesforce = loser == SALESFORCE
    found = []
    for mapped in section.fields:
        flow, key = section.flow(mapped), key_of(record, mapped, known.context)
        has_a_say = flow.receives if into_salesforce else flow.sends
        silent = lens(mapped).silent_sf if into_salesforce else lens(mapped).silent
        if not has_a_say or silent(mapped, key, known.context):
            continue
        if was_seen(activity, known, loser, mapped, key) is Seen.CHANGED:
            found.append(
                Conflict(
                    activity=activity.label,
                    field=mapped.name,
                    winner=section.model if into_salesforce else SALESFORCE,
                    loser=loser,
                    winning_value=None,
                    losing_value=_raw(activity, loser, {section.model: mapped}),
                    policy="delete_wins" if section.rules.delete_wins else "last_write_wins",
                )
            )
    return found


def _raw(activity: Activity, replica: str, by_model: Fields) -> Any:
    """The value as its own side holds it."""
    record = activity.replica(replica)
    if record is None:
        return None
    if replica == SALESFORCE:
        return record.get(next(iter(by_model.values())).salesforce)
    return partner_value(by_model[replica], record.values)
