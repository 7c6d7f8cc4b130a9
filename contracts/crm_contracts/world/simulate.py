"""Histories by seed: the same seed and length give the same operations on any machine.

The mix leans towards what goes wrong in practice: the same activity edited on both sides, completions around
rounds, answers lost at writes, settings changed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crm_contracts.world import ops
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, Op
from crm_contracts.world.settings import CONFLICTS, DIRECTIONS
from fake_core.ids import IdSource

__all__ = ["FAULTS", "Chance", "fields_for", "history_of", "one_op", "random_history"]

FAULTS: tuple[tuple[str, str, str, str], ...] = (
    # fault            vendor        verb      object
    ("lost_response", "salesforce", "create", "Task"),
    ("lost_response", "salesforce", "update", "Task"),
    ("lost_response", "planhat", "create", "Task"),
    ("lost_response", "planhat", "update", "*"),
    ("lost_request", "salesforce", "*", "*"),
    ("lost_request", "planhat", "*", "*"),
    ("error_after", "salesforce", "create", "Task"),
    ("error_after", "planhat", "update", "*"),
    ("unavailable", "salesforce", "*", "*"),
    ("unavailable", "planhat", "*", "*"),
    ("session_expired", "salesforce", "*", "*"),
    ("row_locked", "salesforce", "update", "Task"),
    ("limit_reached", "planhat", "*", "*"),
    ("truncated", "planhat", "*", "*"),
)
_WEIGHTS = (
    ("create", 5),
    ("edit", 10),
    ("sync", 7),
    ("complete", 4),
    ("tick", 4),
    ("fault", 3),
    ("crash", 1),
    ("configure", 1),
    ("delete", 1),
    ("ignore", 1),
    ("reopen", 1),
    ("staff", 1),
)
_WORDS = ("Call", "Review", "Größe", "QBR prep", "Kick-off 🚀", "Renewal & terms", "a < b")


class Chance:
    """Draws from an id source: no state but its counter, no ambient randomness."""

    def __init__(self, seed: int) -> None:
        self._ids = IdSource(seed)

    def below(self, bound: int) -> int:
        return int(self._ids.hex(12), 16) % bound

    def pick(self, choices: Sequence[Any]) -> Any:
        return choices[self.below(len(choices))]

    def order(self, count: int) -> list[int]:
        """The numbers below *count*, in any order."""
        rest = list(range(count))
        return [rest.pop(self.below(len(rest))) for _ in range(count)]

    def weighted(self, choices: Sequence[tuple[str, int]]) -> str:
        at = self.below(sum(weight for _, weight in choices))
        for name, weight in choices:
            at -= weight
            if at < 0:
                return name
        raise AssertionError("the weights add up")


def random_history(seed: int, steps: int) -> list[Op]:
    """*steps* operations; activities are `act-1`, `act-2`… in the order of their creation."""
    return history_of(Chance(seed), steps, _WEIGHTS, one_op)


def history_of(
    chance: Chance, steps: int, weights: Sequence[tuple[str, int]], make: Callable[[Chance, str, str, int], Op]
) -> list[Op]:
    """*steps* operations of kinds drawn by *weights*; *make* makes what is no creation: of a kind, on an activity."""
    history: list[Op] = []
    made = 0
    for step in range(steps):
        kind = chance.weighted(weights)
        if kind == "create" or not made:
            made += 1
            history.append(_create_op(chance, f"act-{made}", step))
        else:
            history.append(make(chance, kind, f"act-{1 + chance.below(made)}", step))
    return history


def fields_for(side: str, text: str, chance: Chance) -> dict[str, Any]:
    """One or two fields of a record on *side*, as its users write them."""
    day = f"2026-02-{1 + chance.below(28):02d}"
    table: dict[str, tuple[dict[str, Any], ...]] = {
        SALESFORCE: (
            {"Subject": text},
            {"Description": f"{text}\nsecond line"},
            {"ActivityDate": chance.pick((day, day, None))},
            {"Description": chance.pick((None, f" {text} \r\n\r\n\tindented\u00a0line", text))},
            {"Status": chance.pick(("In Progress", "Waiting on someone else", "Deferred"))},
            {"Priority": chance.pick(("High", "Low", "Normal"))},
        ),
        TASK: (
            {"action": text},
            {"description": f"<p><b>{_escaped(text)}</b></p><p>more</p>"},
            {"startTime": chance.pick((f"{day}T00:00:00.000Z", f"{day}T23:30:00.000Z", None))},
            {"description": chance.pick(("", f"<ul><li>{_escaped(text)}</li><li>b&nbsp;c</li></ul>", "<p></p>"))},
            {"status": chance.pick(("In-progress", "Blocked", "To Do"))},
            {"custom": {"Mood": text}},
        ),
        CONVERSATION: (
            {"subject": text},
            {"description": f"<p>{_escaped(text)}</p>"},
            {"custom": {"Mood": text}},
        ),
    }
    fields: dict[str, Any] = {}
    for _ in range(1 + chance.below(2)):
        fields |= chance.pick(table[side])
    return fields


def _create_op(chance: Chance, act: str, step: int) -> Op:
    """A user creates *act* on either side."""
    side = chance.pick((SALESFORCE, SALESFORCE, TASK, TASK, CONVERSATION))
    text = f"{chance.pick(_WORDS)} {act}.{step}"
    title = {SALESFORCE: "Subject", TASK: "action", CONVERSATION: "subject"}[side]
    fields = {title: text} | fields_for(side, text, chance) | {title: text}
    if side == CONVERSATION:
        fields["type"] = chance.pick(("note", "note", "qbr", "email"))
    at = chance.pick(("acme", "acme", "globex", "nowhere"))
    return ops.Create(side=side, act=act, at=at, fields=fields)


def one_op(chance: Chance, kind: str, act: str, step: int) -> Op:
    """An operation of *kind*, as the weights name it, on *act*."""
    side = chance.pick((SALESFORCE, TASK, CONVERSATION))
    if kind == "edit":
        text = f"{chance.pick(_WORDS)} {act}.{step}"
        return ops.Edit(side=side, act=act, fields=fields_for(side, text, chance))
    if kind == "complete":
        return ops.Complete(side=chance.pick((SALESFORCE, TASK, TASK)), act=act)
    if kind == "reopen":
        return ops.Reopen(side=chance.pick((SALESFORCE, TASK)), act=act)
    if kind == "fault":
        fault, vendor, verb, name = chance.pick(FAULTS)
        nth = 1 + chance.below(3)
        return ops.InjectFault(fault=fault, vendor=vendor, verb=verb, object=name, nth=nth)
    if kind == "configure":
        name = chance.pick(("task", "conversation", "conflict"))
        return ops.Configure(settings={name: chance.pick(CONFLICTS if name == "conflict" else DIRECTIONS)})
    simple: dict[str, Op] = {
        "sync": ops.Sync(),
        "crash": ops.Sync(crash_at=1 + chance.below(12), acted=bool(chance.below(2))),
        "tick": ops.Tick(seconds=chance.pick((1, 30, 600))),
        "delete": ops.Delete(side=side, act=act),
        "ignore": ops.Ignore(act=act),
        "staff": ops.StaffDisable(),
    }
    return simple[kind]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
