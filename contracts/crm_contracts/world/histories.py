"""Histories by seed that leave nothing out: users of both sides, settings, skewed clocks, late commits, faults, deaths.

The same seed and length give the same operations on any machine. `simulate.random_history` is the plainer mix, in
which every sync, ours or not, can be played; this one asks for what only a sync with all rules of the sheet survives.
"""

from __future__ import annotations

from dataclasses import replace

from crm_contracts.world import ops
from crm_contracts.world.fields import PHASE_KEY, STAGE_FIELD
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, Op
from crm_contracts.world.points import KINDS, LOCKING, SEARCHES
from crm_contracts.world.simulate import Chance, history_of, one_op

__all__ = ["planhat_history"]

_WEIGHTS = (
    ("create", 5),
    ("edit", 10),
    ("sync", 8),
    ("complete", 4),
    ("tick", 4),
    ("fault", 4),
    ("crash", 1),
    ("crash at a commit", 1),
    ("configure", 1),
    ("delete", 1),
    ("undelete", 1),
    ("ignore", 1),
    ("reopen", 1),
    ("staff", 1),
    ("late edit", 1),
    ("skew", 1),
    ("heal", 1),
)
_VERBS = {
    "salesforce": (("query", "*"), ("describe", "*"), ("create", "Task"), ("update", "Task"), ("*", "*")),
    "planhat": (("list", "*"), ("bulk", "*"), ("update", "*"), ("read", "*"), ("*", "*")),
}
_LATE_SECONDS_MAX = 90  # below the overlap of a scan: a change that shows later than that is past finding
_SKEWS = (-45, -5, 5, 45)
_LATE_SKEWED_SECONDS_MAX = 25  # the same, where a clock may be put back by all of these
_TYPES = ("email", "note", "chat", "note")  # of a Conversation: two that take no part, and back (P6)
_TYPES_SEED = 1 << 40  # drawn apart from all else: a history keeps its other operations
_PHASE_SEED = 2 << 40
_PHASES = ("Trial", "Rollout", "Größe S", "a < b", "", None, "A stage with more letters than Salesforce can keep")
_MOVES_SEED = 4 << 40
_TYPED_SEED = 8 << 40
_CUSTOMERS = ("acme", "globex", "nowhere")
_WRITES = {"salesforce": (("create", "Task"), ("update", "Task")), "planhat": (("bulk", "*"), ("update", "*"))}


def planhat_history(seed: int, steps: int, *, keyed: bool) -> list[Op]:
    """*steps* operations; activities are `act-1`, `act-2`… in the order of their creation.

    *keyed*: the org has a unique key on Task; without one a creation behind the sync's back is beyond its knowledge.
    In every other pair of seeds people write to a custom field, which the settings map from the start or later. In
    every other four Salesforce's users move Tasks to another customer, accounts are merged, and Companies come late. In
    every other eight Planhat's users make records of their own for what Salesforce has, and type its id into them (P9).
    """
    types = Chance(seed + _TYPES_SEED)
    phases = Chance(seed + _PHASE_SEED) if seed & 2 else None

    def make(chance: Chance, kind: str, act: str, step: int) -> Op:
        op = _op(chance, kind, act, step, keyed=keyed)
        if isinstance(op, ops.Edit) and op.side == CONVERSATION and types.below(3) == 0:
            return replace(op, fields={"type": types.pick(_TYPES)})
        return op

    history = history_of(Chance(seed), steps, _WEIGHTS, make)
    if phases is not None:
        history = _with_phases(history, phases)
    if seed & 4:
        history = _with_moves(history, Chance(seed + _MOVES_SEED))
    history = _with_typed_ids(history, Chance(seed + _TYPED_SEED)) if seed & 8 else history
    return _within_reach(history) if any(isinstance(op, ops.Skew) for op in history) else history


def _within_reach(history: list[Op]) -> list[Op]:
    """The same with edits that come to light sooner: a clock that is put back hides them for as long, too."""
    late = _LATE_SKEWED_SECONDS_MAX
    return [replace(op, late=min(op.late, late)) if isinstance(op, ops.Edit) else op for op in history]


def _with_typed_ids(history: list[Op], typed: Chance) -> list[Op]:
    """The same with a Planhat Task for every other Task that is made in Salesforce: a user makes it then or later, and
    types the id of 15 characters or of 18. No Conversation: of one that comes to a planned Task nothing is published.
    """
    found: list[Op] = []
    waiting: list[ops.Create] = []
    for step, op in enumerate(history):
        found.append(op)
        new = isinstance(op, ops.Create) and op.side == SALESFORCE and typed.below(2)
        waiting += [op] if new and isinstance(op, ops.Create) else []
        if waiting and typed.below(2):
            made, title = waiting.pop(), {"action": f"Typed at {step}"}
            found.append(ops.Create(side=TASK, act=made.act, at=made.at, link=typed.pick((15, 18)), fields=title))
    return found


def _with_moves(history: list[Op], moves: Chance) -> list[Op]:
    """The same with Tasks that go to another customer, now and then; with accounts that become one, in a third of all;
    and with a Company for who had none.
    """
    merges = {moves.below(len(history))} if moves.below(3) == 0 else set()
    found: list[Op] = []
    for step, op in enumerate(history):
        if step in merges:
            loser, into = (_CUSTOMERS[n] for n in moves.order(len(_CUSTOMERS))[:2])
            found.append(ops.Merge(loser=loser, into=into))
        found.append(op)
        handles = sorted({one.act for one in found if isinstance(one, ops.Create)})
        drawn = moves.below(16)
        if drawn == 0:
            found.append(ops.Introduce(customer="nowhere"))
        elif drawn in (1, 2, 3) and handles:
            found.append(ops.Move(act=moves.pick(handles), to=moves.pick(_CUSTOMERS)))
    return found


def _with_phases(history: list[Op], phases: Chance) -> list[Op]:
    """The same with the custom field written in every third edit, and mapped: at once, once more, or later."""
    at = {phases.pick((0, 0, phases.below(len(history)))), phases.below(len(history))}
    found: list[Op] = []
    for step, op in enumerate(history):
        if step in at:
            found.append(ops.Configure(settings={"phase": phases.pick(("both", "both", "task", "conversation", ""))}))
        writes = isinstance(op, ops.Create) or (isinstance(op, ops.Edit) and "type" not in op.fields)
        found.append(_with_phase(op, phases.pick(_PHASES)) if writes and phases.below(3) == 0 else op)
    return found


def _with_phase(op: Op, phase: str | None) -> Op:
    assert isinstance(op, ops.Create | ops.Edit)
    if op.side == SALESFORCE:
        return replace(op, fields={**op.fields, STAGE_FIELD: phase and phase[:40]})
    return replace(op, fields={**op.fields, "custom": {**op.fields.get("custom", {}), PHASE_KEY: phase}})


def _op(chance: Chance, kind: str, act: str, step: int, *, keyed: bool) -> Op:
    if kind == "fault":
        return _fault(chance, keyed=keyed)
    if kind == "late edit":
        edit = one_op(chance, "edit", act, step)
        assert isinstance(edit, ops.Edit)
        return replace(edit, late=1 + chance.below(_LATE_SECONDS_MAX))
    if kind == "skew":
        return ops.Skew(vendor=chance.pick(("salesforce", "planhat")), seconds=chance.pick(_SKEWS))
    if kind == "undelete":
        return ops.Undelete(act=act)
    if kind == "heal":
        return ops.Heal()
    if kind == "crash at a commit":
        return ops.Sync(crash_at_commit=1 + chance.below(14), acted=bool(chance.below(2)))
    if kind == "edit":
        side = chance.pick((SALESFORCE, TASK, CONVERSATION))
        edit = one_op(chance, "edit", act, step)
        return replace(edit, side=side) if isinstance(edit, ops.Edit) and edit.side == side else edit
    return one_op(chance, kind, act, step)


def _fault(chance: Chance, *, keyed: bool) -> Op:
    vendor = chance.pick(("salesforce", "planhat"))
    kind = chance.pick([one for one, vendors in KINDS.items() if vendor in vendors])
    if kind in {"late_success", "duplicate", "row_locked"}:
        verb, name = chance.pick(_WRITES[vendor])
        if verb == "create" and not keyed:
            verb = "update"
    elif kind == "item_refused":
        verb, name = ("bulk", "*") if vendor == "planhat" else ("update", "Task")
    elif kind == "slow_visibility":
        verb, name = ("query", "*") if vendor == "salesforce" else ("list", "*")
    else:
        verb, name = chance.pick(_VERBS[vendor])
    times = None if chance.below(5) == 0 else 1
    nth = 1 + chance.below(3)
    return ops.InjectFault(fault=kind, vendor=vendor, verb=verb, object=name, nth=nth, times=times)


assert {"query", "list"} >= SEARCHES
assert "update" in LOCKING
