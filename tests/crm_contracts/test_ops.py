"""Operations are plain data: they go to JSON and come back, and a seed is a history."""

from __future__ import annotations

import json

import pytest

from crm_contracts.world import ops
from crm_contracts.world.simulate import random_history
from fake_core.errors import MisuseError
from fake_core.faults import Fault


@pytest.mark.parametrize("seed", range(20))
def test_a_history_survives_json(seed: int) -> None:
    """A capsule is a file: what is read back is what was written."""
    history = random_history(seed, 60)
    text = json.dumps([op.to_dict() for op in history])

    assert history == ops.history_from_json(json.loads(text))


def test_a_seed_is_a_history() -> None:
    """The same seed gives the same operations; another seed gives others."""
    assert random_history(7, 40) == random_history(7, 40)
    assert random_history(7, 40) != random_history(8, 40)


def test_random_histories_use_the_whole_vocabulary() -> None:
    """Every kind of operation that chance may draw is drawn."""
    drawn = {op.kind for seed in range(30) for op in random_history(seed, 60)}
    by_hand = {"heal", "settle", "introduce", "undelete", "clone", "merge", "move", "forget", "rights", "skew"}

    assert set(ops.KINDS) - by_hand <= drawn


@pytest.mark.parametrize(
    "op",
    [
        ops.Rights(blind=True),
        ops.Skew(vendor="planhat", seconds=-30),
        ops.Edit(side=ops.TASK, act="act-1", fields={"action": "x"}, late=60),
        ops.Merge(loser="acme", into="globex"),
    ],
)
def test_rare_operations_survive_json(op: ops.Op) -> None:
    """What chance does not draw is plain data, too."""
    assert op == ops.from_dict(json.loads(json.dumps(op.to_dict())))


def test_faults_are_faults_of_the_wire() -> None:
    """Each fault that chance may draw is one that fake_core can play."""
    for seed in range(10):
        for op in random_history(seed, 60):
            if isinstance(op, ops.InjectFault):
                Fault(kind=op.fault, vendor=op.vendor, verb=op.verb, object=op.object, nth=op.nth)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"op": "explode"}, "no operation 'explode'"),
        ({"op": "tick", "minutes": 3}, "tick has no 'minutes'"),
        ({"op": "ignore"}, "ignore: "),
        ({"op": "delete", "side": "moon", "act": "act-1"}, "a side is one of"),
        ({}, "no operation None"),
    ],
)
def test_a_broken_capsule_says_what_is_wrong(given: dict[str, object], message: str) -> None:
    """A history that somebody typed wrongly is the tester's mistake, not the sync's."""
    with pytest.raises(MisuseError, match=message):
        ops.from_dict(given)
