"""A capsule played with a sync that is not ours: a command, or a service behind a hook, over sockets.

What it is given in its environment is what `understudy verify` gives it (docs/verify.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.replay import Replay, differences, placed
from crm_contracts.capsules.stages import history_of, settings_of, stage_options, switched_off
from crm_contracts.verify.runner import Runner
from crm_contracts.verify.served import ServedPair, ServedPlanhat, ServedStage
from crm_contracts.verify.trial import play
from crm_contracts.world.violations import InvariantViolated

__all__ = ["foreign_stage", "replay_foreign"]


@contextmanager
def foreign_stage(capsule: Capsule, runner: Runner, *, tls: bool = False) -> Iterator[ServedStage]:
    """The capsule's fakes on sockets, with *runner* for the sync."""
    options = stage_options(capsule)
    stage = (
        ServedPlanhat(runner, tls=tls, **options)
        if capsule.profile == "planhat"
        else ServedPair(runner, capsule.profile, tls=tls, **options)
    )
    with stage:
        yield stage


def replay_foreign(capsule: Capsule, stage: ServedStage) -> Replay:
    """Play *capsule*. Raises MisuseError when the sync cannot run at all, or the vendor refuses a user's write."""
    differs: list[str] = []

    def ended(world: Any) -> None:
        differs.extend(differences(capsule, world))

    settings = switched_off(capsule) if capsule.start else settings_of(capsule)
    around = partial(placed, capsule)
    trial = play(history_of(capsule), stage=stage, settings=settings, ended=ended, around=around)
    found = trial.finding
    violation: InvariantViolated | None = trial.violation
    return Replay(
        violation,
        () if found else tuple(differs),
        tuple(found.events if found else trial.events),
        "",
        len(found.history if found else capsule.ops),
    )
