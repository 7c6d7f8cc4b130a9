"""One direction of a round: what a job does (rules T2, T3).

Rule 1: both sides are read and everything is decided as in a whole round, so that the order in which jobs run does not
matter (T10); then only what goes the job's way is carried out.
Rule 2: what is left for the other job stays a change: its agreed value does not move, and neither does the cursor of
the side it comes from.
Rule 3: where one side wins a record that both changed, the other job has to see the loser's change, too: this job's
cursor does not pass it, or what only the loser changed would stay different for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from crm_sync.engine import Engine
from crm_sync.model import SALESFORCE
from crm_sync.observe import cursor_name
from crm_sync.plan import Plan, sections_for
from crm_sync.report import Outcome

IN, OUT = "in", "out"  # from Salesforce, to Salesforce
WAYS = (IN, OUT)


def narrowed(plans: Iterable[Plan], ways: Collection[str], engine: Engine) -> list[Plan]:
    """What of *plans* goes one of *ways*."""
    if set(ways) >= set(WAYS):
        return list(plans)
    (way,) = ways
    return [plan for plan in plans if _narrow(plan, way, engine)]


def moved(
    cursors: Mapping[str, datetime], ways: Collection[str], whole: Engine, part: Engine, plans: Iterable[Plan]
) -> dict[str, datetime]:
    """The cursors of what was carried on. One object's may be shared by sections, of which *part* had not all."""
    left_out = {s.salesforce for s in whole.sections if s not in part.sections and s.direction.receives}
    waiting = {cursor_name(SALESFORCE, name) for name in left_out}
    left = [plan for plan in plans if plan.left]
    return {
        name: min([at, *_unpassed(left, name, part)])
        for name, at in cursors.items()
        if (IN if name.startswith(f"{SALESFORCE}:") else OUT) in ways and name not in waiting
    }


def _unpassed(plans: Iterable[Plan], name: str, engine: Engine) -> Iterator[datetime]:
    """When the records of *plans* that the scan *name* saw were changed: what an earlier round saw does not count."""
    place, model, *_part = name.split(":")
    cursor = engine.state.cursor(name)
    for plan in plans:
        mine = place == SALESFORCE and plan.activity.sf_object == model
        record = plan.read.get(SALESFORCE if mine else model)
        if record is not None and (mine or place != SALESFORCE) and (cursor is None or record.changed_at >= cursor):
            yield record.changed_at


def _narrow(plan: Plan, way: str, engine: Engine) -> bool:
    """Take out of *plan* what goes the other way; False when nothing of it is this job's."""
    activity = plan.activity
    if plan.delete:
        return (plan.delete == SALESFORCE) == (way == OUT)
    if way == IN:
        ours = activity.salesforce is not None and plan.create != SALESFORCE
    else:
        ours = bool(activity.partners) and plan.create in {None, SALESFORCE}
    if not ours:
        return False
    # A value is given up by the job that writes over it, and logged once (I5).
    plan.conflicts = [one for one in plan.conflicts if (one.loser == SALESFORCE) == (way == OUT)]
    left = _left_for_the_other(plan, way, engine)
    if left and activity.link is None:
        return False  # the pair is linked by the other job, or its differences would be taken as agreed
    plan.left = bool(left)
    plan.keep |= {(replica, name) for replica in (SALESFORCE, *engine.models) for name in left}
    if left and not plan.write:
        plan.verdicts = {
            key: (Outcome.UNCHANGED, "") if outcome is Outcome.UPDATED else (outcome, reason)
            for key, (outcome, reason) in plan.verdicts.items()
        }
    return True


def _left_for_the_other(plan: Plan, way: str, engine: Engine) -> set[str]:
    """Take the other way's writes out; the fields they were for, by Salesforce's names."""
    if way == IN:
        return set(plan.write.pop(SALESFORCE, {}))
    left: set[str] = set()
    for model, section in sections_for(plan.activity, engine).items():
        written = plan.write.get(model, {})
        if plan.create is not None or not written:
            continue
        keyable = engine.keyable(model)
        left |= {mapped.salesforce for mapped in section.fields if mapped.partner in written}
        plan.write[model] = {name: value for name, value in written.items() if name == keyable}
        if not plan.write[model]:
            del plan.write[model]
    return left
