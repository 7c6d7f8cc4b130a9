"""The profiles a sync can be put to the proof for: which world is played, with which operations and settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crm_contracts.verify.runner import Runner
from crm_contracts.verify.served import AnySettings, ServedPair, ServedPlanhat, ServedStage
from crm_contracts.world import ops, simulate
from crm_contracts.world.ops import Op
from crm_contracts.world.pairs import PairSettings
from crm_contracts.world.pairs import ops as pair_ops
from crm_contracts.world.pairs import simulate as pair_simulate
from crm_contracts.world.settings import Settings
from fake_core.errors import MisuseError

PROFILES = ("planhat", "totango", "marketo")


@dataclass(frozen=True)
class Arena:
    """One profile. Its ladder is the data file `ladder_<profile>.toml`."""

    profile: str

    def __post_init__(self) -> None:
        assert self.profile in PROFILES

    def stage(self, runner: Runner, *, tls: bool = False, external_id: bool = False) -> ServedStage:
        """The two fakes on sockets."""
        if self.profile == "planhat":
            return ServedPlanhat(runner, tls=tls, external_id=external_id)
        return ServedPair(runner, self.profile, tls=tls, external_id=external_id)

    def settings(self, changes: Mapping[str, Any] | None = None) -> AnySettings:
        """The settings by default, with *changes*. Raises MisuseError for what is no setting."""
        default: AnySettings = Settings() if self.profile == "planhat" else PairSettings(profile=self.profile)
        return default.changed(changes or {})

    def read(self, given: Mapping[str, Any]) -> Op:
        """An operation of this profile's world from plain data."""
        return ops.from_dict(given) if self.profile == "planhat" else pair_ops.from_dict(given)

    def random(self, seed: int, steps: int) -> list[Op]:
        """A history by seed, in which each run is whole: a command knows no other."""
        if self.profile == "planhat":
            return simulate.random_history(seed, steps)
        history = pair_simulate.random_history(self.profile, seed, steps)
        return [replace(op, ways=pair_ops.WAYS, sections=()) if isinstance(op, pair_ops.Sync) else op for op in history]


def changes(sets: Sequence[str]) -> dict[str, Any]:
    """`NAME=VALUE` as settings: true, false and numbers are what they say, all else is text. Raises MisuseError."""
    found: dict[str, Any] = {}
    for one in sets:
        name, sign, value = one.partition("=")
        if not sign:
            raise MisuseError(f"--set {one}: write NAME=VALUE, e.g. conversation='Not Syncing'")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def in_words(settings: AnySettings) -> str:
    """What is synced, in a line."""
    if isinstance(settings, Settings):
        return f"tasks {settings.task}, conversations {settings.conversation}, conflicts {settings.conflict}"
    sections = [f"{name} {settings.policy(name).direction}" for name in settings.sections]
    return ", ".join([*sections, *([] if settings.enabled else ["switched off"])])
