"""Seeded histories, recorded with everybody's traffic and with the sync's alone, come back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.crm_contracts.capsules.intake.recorder import Recorded, played

from crm_contracts.capsules import Capsule
from crm_contracts.capsules.intake import from_har
from crm_contracts.capsules.stages import Stages
from crm_contracts.world import ops
from crm_contracts.world.fields import STAGE_FIELD
from crm_contracts.world.ops import Op
from crm_contracts.world.profiles import profile

KINDS = frozenset({"create", "edit", "complete", "ignore", "reopen", "delete", "tick", "sync", "fault"})
OF_ONES_OWN = frozenset({STAGE_FIELD, "custom"})  # not carried, as docs/capsules_from.md says
UNREAD = frozenset({"email", "chat", "call"})  # no sync reads what stands in these


def carried(op: Op) -> Op:
    """*op* without the fields that people made."""
    if not isinstance(op, (ops.Create, ops.Edit)):
        return op
    return replace(op, fields={name: one for name, one in op.fields.items() if name not in OF_ONES_OWN})


def history(seed: int) -> tuple[Op, ...]:
    """What a recording can show: nobody's clock is moved, no process dies, runs are apart."""
    found: list[Op] = []
    for op in map(carried, profile("planhat").history(seed, 14, 0)):
        told = op.to_dict()
        if told.get("times", 1) is None:
            continue  # a fault that lasts: nothing of what it hides was ever shown
        if op.kind not in KINDS or told.get("late") or told.get("fields", {}).get("type") in UNREAD:
            continue
        if op.kind == "sync":
            found += [ops.Tick(seconds=120), ops.Sync(), ops.Tick(seconds=120)]
        else:
            found += [op] if op.kind == "fault" else [op, ops.Tick(seconds=30)]
    return (*found, ops.Tick(seconds=300), ops.Sync())


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(40))
def test_a_seeded_history_comes_back(seed: int, tmp_path: Path) -> None:
    """The records that the capsule leads to are those that the recording ended with."""
    with Stages() as stages:
        recorded = Recorded(Capsule(title="x", profile="planhat", ops=history(seed)), stages)
        path = tmp_path / "x.har"
        path.write_text(json.dumps(recorded.har()), "utf-8")

        assert recorded.summary == played(from_har([path]).capsule, stages)
