"""Totango and Marketo for `understudy simulate`: the reference sync in a plain org, and in one with keys of its own."""

from __future__ import annotations

from functools import partial

from crm_contracts.world.pairs import ops
from crm_contracts.world.pairs.ops import Op
from crm_contracts.world.pairs.reference import reference_pair_sync
from crm_contracts.world.pairs.simulate import random_history
from crm_contracts.world.pairs.stage import PairStage
from crm_contracts.world.pairs.world import PairWorld
from crm_contracts.world.profiles import Profile

__all__ = ["MARKETO", "TOTANGO"]


def _world(stage: PairStage) -> PairWorld:
    return PairWorld(stage, sync=reference_pair_sync)


def _history(name: str, seed: int, steps: int, _stage: int) -> list[Op]:
    return random_history(name, seed, steps)


def _profile(name: str) -> Profile:
    return Profile(
        name=name,
        stages=(partial(PairStage, name), partial(PairStage, name, external_id=True)),
        world=_world,
        history=partial(_history, name),
        read=ops.from_dict,
    )


TOTANGO, MARKETO = _profile("totango"), _profile("marketo")
