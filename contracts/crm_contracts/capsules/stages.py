"""The stage that a capsule plays on, and the world that begins there.

Making fakes takes longer than replaying a capsule, so capsules that begin alike share a stage.
"""

from __future__ import annotations

from typing import Any, Self

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.world.ops import Configure, Op
from crm_contracts.world.pairs.reference import reference_pair_sync
from crm_contracts.world.pairs.settings import PROFILES, PairSettings
from crm_contracts.world.pairs.stage import CUSTOMERS as PAIR_CUSTOMERS
from crm_contracts.world.pairs.stage import PairStage
from crm_contracts.world.pairs.world import PairWorld
from crm_contracts.world.reference import reference_sync
from crm_contracts.world.settings import OFF, Settings
from crm_contracts.world.stage import CUSTOMERS, Cast, Stage
from crm_contracts.world.telling import Telling
from crm_contracts.world.under_test import SyncFactory
from crm_contracts.world.world import World
from fake_core.errors import MisuseError

__all__ = [
    "AnySettings",
    "AnyStage",
    "Stages",
    "TellingWorld",
    "customers_of",
    "history_of",
    "settings_of",
    "stage_options",
    "switched_off",
]

AnySettings = Settings | PairSettings
AnyStage = Stage | PairStage


class _PlanhatWorld(Telling, World):
    pass


class _PairWorld(Telling, PairWorld):
    pass


TellingWorld = _PlanhatWorld | _PairWorld


class Stages:
    """Stages by what makes them differ. Use as a context manager, or close()."""

    def __init__(self) -> None:
        self._made: dict[str, AnyStage] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        for stage in self._made.values():
            stage.close()
        self._made.clear()

    def of(self, capsule: Capsule) -> AnyStage:
        """The stage for *capsule*. Raises MisuseError for what this profile cannot have."""
        key = repr(
            (
                capsule.profile, capsule.external_id, dict(capsule.customers), capsule.people, capsule.owners,
                capsule.task_fields, capsule.clock,
            )
        )  # fmt: skip
        if key not in self._made:
            self._made[key] = make_stage(capsule)
        return self._made[key]

    def world(self, capsule: Capsule, *, sync: SyncFactory | None = None) -> TellingWorld:
        """A world that has just begun. *sync* is another than ours, for Planhat's profile."""
        stage = self.of(capsule)
        settings = switched_off(capsule) if capsule.start else settings_of(capsule)
        if isinstance(stage, Stage):
            return _PlanhatWorld(stage, sync=sync or reference_sync, settings=settings)
        if sync is not None:
            raise MisuseError(f"the syncs with a published fault are Planhat's, this capsule is {capsule.profile}'s")
        return _PairWorld(stage, sync=reference_pair_sync, settings=settings)


def make_stage(capsule: Capsule) -> AnyStage:
    """A stage with the capsule's customers and people. Raises MisuseError for what its profile cannot have."""
    options = stage_options(capsule)
    return Stage(**options) if capsule.profile == "planhat" else PairStage(capsule.profile, **options)


def stage_options(capsule: Capsule) -> dict[str, Any]:
    """What the profile's stage takes besides its name. Raises MisuseError for what the profile cannot have."""
    customers = capsule.customers
    names = {handle: one.name for handle, one in customers.items() if one.name}
    ids = {handle: one.id for handle, one in customers.items() if one.id}
    options: dict[str, Any] = {"external_id": capsule.external_id, "opens_at": capsule.clock}
    if capsule.profile == "planhat":
        _refuse(capsule, [handle for handle, one in customers.items() if not one.salesforce])
        known = {handle: one.partner for handle, one in customers.items()} or CUSTOMERS
        return options | {"cast": Cast(known, names, capsule.people, capsule.owners, capsule.task_fields, ids)}
    for name, given in (("people", capsule.people), ("owners", capsule.owners), ("task_fields", capsule.task_fields)):
        if given:
            raise MisuseError(f"{name}: a capsule of {capsule.profile} has none yet; leave the key out")
    both = {handle: (one.salesforce, one.partner) for handle, one in customers.items()} or PAIR_CUSTOMERS
    return options | {"customers": both, "names": names, "account_ids": ids}


def customers_of(capsule: Capsule) -> tuple[str, ...]:
    """The handles of the customers that there are."""
    return tuple(capsule.customers or (CUSTOMERS if capsule.profile == "planhat" else PAIR_CUSTOMERS))


def _refuse(capsule: Capsule, handles: list[str]) -> None:
    if handles:
        raise MisuseError(f"customers, {handles[0]}: every account of a {capsule.profile} capsule is in Salesforce")


def settings_of(capsule: Capsule) -> AnySettings:
    """The settings that the capsule names, the others at their default. Raises MisuseError for what is none."""
    return _default(capsule.profile).changed(capsule.settings)


def switched_off(capsule: Capsule) -> AnySettings:
    """The same, with every section off: what there is before the integration is switched on."""
    return settings_of(capsule).changed(_off(capsule.profile))


def history_of(capsule: Capsule) -> list[Op]:
    """All that happens, from the world's beginning: what was there, the integration is switched on, the operations."""
    if not capsule.start:
        return list(capsule.ops)
    wanted = settings_of(capsule)
    on = Configure(settings={name: _value(wanted, name) for name in _off(capsule.profile)})
    return [*capsule.start, on, *capsule.ops]


def _default(profile: str) -> AnySettings:
    return Settings() if profile == "planhat" else PairSettings(profile=profile)


def _off(profile: str) -> dict[str, Any]:
    """The changes that switch every section off."""
    if profile == "planhat":
        return {"task": OFF, "conversation": OFF}
    sections: dict[str, Any] = {f"{name}.direction": "off" for name in PROFILES[profile]}
    return sections | ({"enabled": False} if profile == "marketo" else {})


def _value(settings: AnySettings, name: str) -> Any:
    section, dot, key = name.partition(".")
    return (
        getattr(settings.policy(section), key)
        if dot and isinstance(settings, PairSettings)
        else getattr(settings, name)
    )
