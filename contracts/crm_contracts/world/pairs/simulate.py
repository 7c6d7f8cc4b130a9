"""Histories of pairs by seed: the same profile, seed and length give the same operations on any machine.

The mix leans towards what goes wrong in practice: one record edited on both sides, deletions around rounds, jobs that
run one way only, values the other side cannot hear, answers lost at writes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crm_contracts.world.pairs import ops
from crm_contracts.world.pairs.ops import BOTH, IN, OUT, PARTNER, SALESFORCE, SIDES, WAYS, Op
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, PROFILES, REMINDER, TASK, TOUCHPOINT
from crm_contracts.world.simulate import Chance

__all__ = ["DAY", "FAULTS", "create", "fields_for", "random_history", "with_people"]

_ANY_PARTNER = (
    ("lost_request", "*", "*"),
    ("lost_response", "update", "*"),
    ("lost_response", "create", "*"),
    ("lost_response", "delete", "*"),
    ("error_after", "update", "*"),
    ("unavailable", "*", "*"),
    ("truncated", "list", "*"),
    ("session_expired", "*", "*"),
)
_SALESFORCE = (
    ("lost_response", "create", "*"),
    ("lost_response", "update", "*"),
    ("lost_response", "delete", "*"),
    ("lost_request", "*", "*"),
    ("error_after", "create", "*"),
    ("unavailable", "*", "*"),
    ("session_expired", "*", "*"),
    ("row_locked", "update", "*"),
)
# By profile: fault, vendor, verb, object.
FAULTS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    profile: (
        *((kind, "salesforce", verb, name) for kind, verb, name in _SALESFORCE),
        *((kind, profile, verb, name) for kind, verb, name in _ANY_PARTNER),
    )
    for profile in PROFILES
}
_WEIGHTS = {
    "totango": (
        ("create", 6), ("edit", 10), ("sync", 7), ("complete", 2), ("tick", 5), ("fault", 3), ("crash", 1),
        ("configure", 1), ("delete", 2), ("undelete", 1), ("reopen", 1), ("introduce", 1),
    ),
    "marketo": (
        ("create", 6), ("edit", 10), ("sync", 7), ("complete", 3), ("tick", 5), ("fault", 3), ("crash", 1),
        ("configure", 1), ("delete", 2), ("undelete", 1), ("reopen", 2), ("switch", 1),
    ),
}  # fmt: skip
_CHOICES: dict[str, tuple[Any, ...]] = {
    "conflict": ("newest", "newest", "salesforce", "partner"),
    "grain": ("record", "field"),
    "tie": ("salesforce", "partner"),
    "direction": ("both", "in", "out", "off"),
    "create_in": (True, False),
    "create_out": (True, False),
    "delete_in": (True, False),
    "delete_out": (True, False),
    "delete_vs_update": ("delete_wins", "last_write_wins"),
}
_KEPT_OUT: dict[str, dict[str, Any]] = {
    "totango": {"task.in_filter": "Priority != 'Low'", "touchpoint.in_filter": "(NOT Subject LIKE 'Review%')"},
    "marketo": {"unmapped_status": "skip_record"},
}
_WHO = ("ann", "another ann", "bob", "bob")
_WORDS = ("Call", "Review", "Größe", "QBR prep", "Kick-off 🚀", "Renewal & terms", "a < b")
DAY = 86_400
_MOVES_SEED = 4 << 40  # drawn apart from all else: a history keeps its other operations
FAULTY = frozenset({"fault", "crash"})


def random_history(profile: str, seed: int, steps: int, *, faults: bool = True) -> list[Op]:
    """*steps* operations; activities are `act-1`, `act-2`… in the order of their creation.

    In every other pair of seeds people take part: Totango's jobs map participants, and Salesforce's tasks have a Who.
    In every other four some of Salesforce's records are kept out: by a filter (T14), or for their status (M4). In every
    other eight of Marketo's the template has no name at first, and then it has (M13). In every other sixteen users of
    Salesforce move records from account to account (T12, T17).
    """
    moves = Chance(seed + _MOVES_SEED) if seed & 16 else None
    chance, people = Chance(seed), Chance(~seed) if seed & 2 else None
    weights = [(name, weight) for name, weight in _WEIGHTS[profile] if faults or name not in FAULTY]
    sections: list[str] = []  # of act-1, act-2…
    history: list[Op] = [ops.Configure(settings={"participants": True})] if people and profile == "totango" else []
    if seed & 4:
        history.append(ops.Configure(settings=_KEPT_OUT[profile]))
    templates = profile == "marketo" and seed & 8
    if templates:
        history.append(ops.Configure(settings={"template": "Reminder"}))
    for step in range(steps):
        if templates and step == steps // 2:
            history.append(ops.Configure(settings={"template": "{{activity_subject}}"}))
        kind = chance.weighted(weights)
        if kind == "create" or not sections:
            section = chance.pick(PROFILES[profile] + ((TASK, TOUCHPOINT) if profile == "totango" else ()))
            sections.append(section)
            history.append(with_people(create(chance, f"act-{len(sections)}", section, step), people))
        else:
            number = chance.below(len(sections))
            made = _op(chance, profile, kind, (f"act-{number + 1}", sections[number]), step)
            history.append(_about_others(made, people))
        if moves is not None and moves.below(6) == 0:
            act = f"act-{1 + moves.below(len(sections))}"
            history.append(
                ops.Edit(side=SALESFORCE, act=act, fields={"WhatId": moves.pick(("acme", "globex", "nowhere"))})
            )
    return history


def create(chance: Chance, act: str, section: str, step: int) -> ops.Create:
    """Somebody makes the activity *act*, somewhere."""
    text = f"{chance.pick(_WORDS)} {act}.{step}"
    if section == CAMPAIGN_TOUCH:
        kind, count = chance.pick(("Ongoing", "One time")), chance.below(300)
        fields: dict[str, Any] = {"name": text, "kind": kind, "users_count": count, "from": "pia@understudy.example"}
        return ops.Create(side=PARTNER, act=act, section=section, at=chance.pick(("acme", "island")), fields=fields)
    side = chance.pick(SIDES)
    title = {PARTNER: {TASK: "title", TOUCHPOINT: "subject", REMINDER: "name"}[section], SALESFORCE: "Subject"}[side]
    fields = fields_for(side, section, text, chance) | {title: text}
    if (side, section) == (SALESFORCE, TOUCHPOINT):
        fields.setdefault("ActivityDate", "2026-02-03")
    if (side, section) == (PARTNER, TOUCHPOINT) and chance.below(6) == 0:
        fields["disable_sync"] = True
    if (side, section) == (SALESFORCE, REMINDER) and chance.below(6) == 0:
        fields["OwnerId"] = "quinn"
    if (side, section) == (PARTNER, REMINDER) and chance.below(3) == 0:
        fields["person"] = chance.pick(("ann", "another ann"))
    at = chance.pick(("acme", "acme", "globex", "nowhere" if side == SALESFORCE else "island"))
    return ops.Create(side=side, act=act, section=section, at=at, fields=fields)


def with_people(op: ops.Create, people: Chance | None) -> Op:
    """The same with people in it, two times of three, where *people* draws them."""
    if people is None or op.section in (TASK, CAMPAIGN_TOUCH) or people.below(3) == 0:
        return op
    who = people.pick(_WHO)
    if op.side == SALESFORCE:
        return replace(op, fields={**op.fields, "WhoId": who})
    if op.section == TOUCHPOINT:
        more = [people.pick(_WHO)] if people.below(2) else []
        return replace(op, fields={**op.fields, "participants": [who, *more]})
    return op


def _about_others(op: Op, people: Chance | None) -> Op:
    """An edit in Salesforce, which now and then names somebody else: that goes nowhere (T34, M2)."""
    edits = isinstance(op, ops.Edit) and op.side == SALESFORCE
    if people is None or not edits or people.below(4):
        return op
    assert isinstance(op, ops.Edit)
    return replace(op, fields={**op.fields, "WhoId": people.pick((None, *_WHO))})


def fields_for(side: str, section: str, text: str, chance: Chance) -> dict[str, Any]:
    """One or two fields of a record of *section* on *side*, as its users write them."""
    day = f"2026-02-{1 + chance.below(28):02d}"
    choices = _salesforce(section, text, day, chance) if side == SALESFORCE else _partner(section, text, day, chance)
    fields: dict[str, Any] = {}
    for _ in range(1 + chance.below(2)):
        fields |= chance.pick(choices)
    return fields


def _salesforce(section: str, text: str, day: str, chance: Chance) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"Subject": text},
        {"Description": chance.pick((text, f"{text}\nsecond line", None))},
    ]
    if section == TOUCHPOINT:
        return [*found, {"ActivityDate": day}, {"Location": text}]
    found += [
        {"ActivityDate": chance.pick((day, day, None))},
        {"Status": chance.pick(("In Progress", "Waiting on someone else", "Not Started", "Deferred"))},
        {"Priority": chance.pick(("High", "Low", "Normal"))},
        {"CallDisposition": text},
    ]
    if section == TASK:
        found += [{"OwnerId": chance.pick(("pia", "quinn"))}, {"Subject": chance.pick((None, text))}]
    return found


def _partner(section: str, text: str, day: str, chance: Chance) -> list[dict[str, Any]]:
    if section == TOUCHPOINT:
        stamp = 1_769_904_000_000 + chance.below(28) * DAY * 1000 + chance.below(DAY) * 1000
        return [{"subject": text}, {"content": text}, {"touchpoint_date": stamp}]
    if section == REMINDER:
        return [
            {"name": text},
            {"details": chance.pick((text, f"{text}\nsecond line", ""))},
            {"due_date": chance.pick((day, None))},
            {"priority": chance.pick(("normal", "high"))},
            {"call_outcome": text},
        ]
    return [
        {"title": text},
        {"description": chance.pick((text, f"{text}\nsecond line", ""))},
        {"due_date": chance.pick((day, ""))},
        {"priority": 1 + chance.below(3)},
        {"assignee": chance.pick(("pia", "quinn", "stranger"))},
    ]


def _op(chance: Chance, profile: str, kind: str, about: tuple[str, str], step: int) -> Op:
    act, section = about
    side = chance.pick(SIDES)
    if kind == "edit":
        text = f"{chance.pick(_WORDS)} {act}.{step}"
        return ops.Edit(side=side, act=act, fields=fields_for(side, section, text, chance))
    if kind == "sync":
        return ops.Sync(ways=chance.pick(((BOTH,), (BOTH,), (OUT, IN), (IN,), (OUT,))))
    if kind == "fault":
        fault, vendor, verb, name = chance.pick(FAULTS[profile])
        return ops.InjectFault(fault=fault, vendor=vendor, verb=verb, object=name, nth=1 + chance.below(3))
    if kind == "configure":
        name = chance.pick(sorted(_CHOICES))
        chosen = section if section != CAMPAIGN_TOUCH else TASK
        return ops.Configure(settings={f"{chosen}.{name}": chance.pick(_CHOICES[name])})
    week = 7 * DAY
    ways = (BOTH,) if step % 2 else WAYS
    simple: dict[str, Op] = {
        "crash": ops.Sync(ways=ways, crash_at=1 + chance.below(16), acted=bool(chance.below(2))),
        "tick": ops.Tick(seconds=chance.pick((1, 1, 30, 600, 600, DAY, week, 31 * DAY))),
        "delete": ops.Delete(side=side, act=act),
        "undelete": ops.Undelete(act=act),
        "complete": ops.Complete(side=side, act=act),
        "reopen": ops.Reopen(side=side, act=act),
        "introduce": ops.Introduce(customer="nowhere"),
        "switch": ops.Configure(settings={"enabled": bool(chance.below(2))}),
    }
    return simple[kind]
