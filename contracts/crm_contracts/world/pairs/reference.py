"""The reference sync behind the port of a world of pairs.

Rule: beside `world.under_test`, the only module in `crm_contracts` that imports crm_sync, and only inside the factory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm_contracts.world import memories
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, TASK, TOUCHPOINT, PairSettings
from crm_contracts.world.pairs.under_test import PairConnection, PairSync
from crm_contracts.world.under_test import NEVER_READ, SPARES

__all__ = ["reference_pair_sync"]

_DIRECTIONS = {
    "both": "Both Directions",
    "in": "Receive from Salesforce",
    "out": "Send to Salesforce",
    "off": "Not Syncing",
}
_MODELS = {
    TASK: ("Task", "Task"),
    TOUCHPOINT: ("Touchpoint", "Event"),
    CAMPAIGN_TOUCH: ("CampaignTouch", "Event"),
    REMINDER: ("Reminder", "Task"),
}


def reference_pair_sync(connection: PairConnection, settings: PairSettings) -> PairSync:
    """The sync this project ships."""
    return _Reference(connection, settings)


class _Reference:
    def __init__(self, connection: PairConnection, settings: PairSettings) -> None:
        from crm_sync.run import State

        self._connection = connection
        self._state = SPARES.take(State)  # in memory: `photograph` is what a disk would hold
        self._state.on_commit = connection.committing
        self._configs: dict[str, Any] = {}  # read already
        self._sync = self._make(settings)

    def _make(self, settings: PairSettings) -> Any:
        from crm_sync.config import Config
        from crm_sync.run import Sync

        c = self._connection
        given = _config(c, settings)
        key = repr(given)
        if key not in self._configs:
            self._configs[key] = Config.from_mapping(given)
        return Sync(self._configs[key], session=c.session, clock=c.clock, state=self._state)

    def save(self, settings: PairSettings) -> None:
        self._sync.close()
        self._sync = self._make(settings)
        self._sync.save_configuration()

    def run(self, ways: Sequence[str], sections: Sequence[str]) -> Any:
        keys = [":".join(_MODELS[section]) for section in sections]
        return [self._sync.run(ways=(way,), sections=keys) for way in ways]

    def close(self) -> None:
        self._sync.close()
        state, self._state = self._state, None  # closed twice it is given back once
        if state is not None:
            SPARES.give_back(state)

    def cursors(self) -> dict[str, str]:
        with self._state._engine.connect() as connection:  # noqa: SLF001 - the state's own database
            return {str(name): str(at) for name, at in connection.exec_driver_sql("SELECT name, at FROM cursors")}

    def photograph(self) -> bytes:
        return memories.image(self._state._engine)  # noqa: SLF001 - the state's own database, whole

    def restore(self, photograph: bytes, settings: PairSettings) -> None:
        memories.load(self._state._engine, photograph)  # noqa: SLF001
        self._sync.close()
        self._sync = self._make(settings)

    def essence(self) -> str:
        return memories.essence(self._state._engine, but=NEVER_READ)  # noqa: SLF001


def _config(c: PairConnection, settings: PairSettings) -> dict[str, Any]:
    """The configuration that says what *settings* say."""
    return {
        "profile": c.profile,
        "salesforce": {"base_url": c.salesforce.base_url, **c.salesforce.credentials},
        c.profile: {"base_url": c.partner.base_url, "token": c.partner.credentials["token"]},
        "options": {"initial_import": settings.initial_import} if c.profile == "marketo" else {},
        "sections": [
            _section(c.profile, name, settings) | {"external_id_field": c.external_ids[name]}
            for name in settings.sections
        ],
    }


# T33, T34: not in the default mapping, and set once in either direction.
_PARTICIPANTS = {
    "name": "participants",
    "totango": "participants",
    "salesforce": "WhoId",
    "lens": "contact_email",
    "options": {"reads": "Who.Email"},
    "write_in": "once",
    "write_out": "once",
}


def _section(profile: str, name: str, settings: PairSettings) -> dict[str, Any]:
    policy = settings.policy(name)
    model, sobject = _MODELS[name]
    more = {"fields": [_PARTICIPANTS]} if name == TOUCHPOINT and settings.participants else {}
    return {
        **more,
        profile: model,
        "salesforce": sobject,
        "direction": _DIRECTIONS[policy.direction],
        "conflict": profile if policy.conflict == "partner" else policy.conflict,
        "rules": {
            "create_in": policy.create_in,
            "create_out": policy.create_out,
            "delete_in": policy.delete_in,
            "delete_out": policy.delete_out,
            "delete_wins": policy.delete_vs_update == "delete_wins",
            "grain": policy.grain,
            "tie": policy.tie,
            "window_out_days": policy.out_updated_days,
            "filter_in": policy.in_filter,
        },
    }
