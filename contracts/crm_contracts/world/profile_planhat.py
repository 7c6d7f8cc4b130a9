"""Planhat's profile for `understudy simulate`: the reference sync, in an org with a key of its own and without."""

from __future__ import annotations

from functools import partial

from crm_contracts.world import ops
from crm_contracts.world.histories import planhat_history
from crm_contracts.world.ops import Op
from crm_contracts.world.profiles import Profile
from crm_contracts.world.stage import STAGED, Cast, Stage
from crm_contracts.world.world import World

__all__ = ["PLANHAT"]

_CAST = Cast(task_fields=STAGED)


def _history(seed: int, steps: int, stage: int) -> list[Op]:
    return planhat_history(seed, steps, keyed=bool(stage))


PLANHAT = Profile(
    name="planhat",
    stages=(partial(Stage, cast=_CAST), partial(Stage, cast=_CAST, external_id=True)),
    world=World,
    history=_history,
    read=ops.from_dict,
    task_fields=STAGED,
)
