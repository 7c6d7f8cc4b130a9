"""The reference sync behind the port of a world: the sync that a world knows by default.

Rule: this is the only module in `crm_contracts` that loads crm_sync to play it, and only when a sync is made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

import requests

from crm_contracts.world import memories
from crm_contracts.world.fields import PHASE_KEY, STAGE_FIELD
from crm_contracts.world.invariants.calls import Budget
from crm_contracts.world.settings import Settings
from crm_contracts.world.under_test import Connection, SyncUnderTest
from fake_core.clock import Clock

__all__ = ["Reference", "reference_sync"]

# Told to people; and who held the memory when, for the holder itself may always take it again.
_NEVER_READ = frozenset({("settings", "last_report"), ("lease", "run")})
_SPARES = memories.Spares()


class _Connected(Protocol):
    @property
    def session(self) -> requests.Session: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def committing(self) -> Callable[[str], None]: ...


C = TypeVar("C", bound=_Connected)
S = TypeVar("S")


class Reference(ABC, Generic[C, S]):
    """The reference sync over a connection `C`, under settings `S`: `Portable`, and it shows its cursors."""

    #: How the sync moves a switch of the partner's tenant; None where there is none.
    tenant_settings: Callable[[Mapping[str, Any]], None] | None = None

    def __init__(self, connection: C, settings: S) -> None:
        from crm_sync.run import State

        self.connection = connection
        self._state = _SPARES.take(State)  # in memory: `photograph` is what a disk would hold
        self._state.on_commit = connection.committing
        self._configs: dict[str, Any] = {}  # read already
        self.sync = self._make(settings)

    @abstractmethod
    def config(self, settings: S) -> Mapping[str, Any]:
        """The configuration that says what *settings* say."""

    def _make(self, settings: S) -> Any:
        from crm_sync.config import Config
        from crm_sync.run import Sync

        given = self.config(settings)
        key = repr(given)
        if key not in self._configs:
            self._configs[key] = Config.from_mapping(given)
        return Sync(
            self._configs[key],
            session=self.connection.session,
            clock=self.connection.clock,
            state=self._state,
            tenant_settings=self.tenant_settings,
        )

    def save(self, settings: S) -> None:
        self.sync.close()
        self.sync = self._make(settings)
        self.sync.save_configuration()

    def close(self) -> None:
        self.sync.close()
        state, self._state = self._state, None  # closed twice it is given back once
        if state is not None:
            _SPARES.give_back(state)

    def cursors(self) -> dict[str, str]:
        return {name: at.isoformat(timespec="microseconds") for name, at in self._state.cursors().items()}

    def photograph(self) -> bytes:
        return memories.image(self._state)

    def restore(self, photograph: bytes, settings: S) -> None:
        memories.load(self._state, photograph)
        self.sync.close()
        self.sync = self._make(settings)

    def essence(self) -> str:
        return memories.essence(self._state, but=_NEVER_READ)


def reference_sync(connection: Connection, settings: Settings) -> SyncUnderTest:
    """The sync this project ships."""
    return _Planhat(connection, settings)


class _Planhat(Reference[Connection, Settings]):
    budget = Budget(a=30, b=12)

    def tenant_settings(self, wanted: Mapping[str, Any]) -> None:
        self.connection.set_inheritance(bool(wanted["notesInheritTaskSourceId"]))

    def run(self) -> Any:
        return self.sync.run()

    def staff_disable_inheritance(self) -> None:
        self.sync.staff_disable_inheritance()

    def config(self, settings: Settings) -> Mapping[str, Any]:
        c = self.connection
        target = settings.conversation_object
        return {
            "salesforce": {
                "base_url": c.salesforce.base_url,
                **c.salesforce.credentials,
                "external_id_field": c.external_id_field,
            },
            "planhat": {"base_url": c.planhat.base_url, **c.planhat.credentials},
            "sections": [
                {"planhat": "Task", "salesforce": "Task", "direction": settings.task} | _custom(settings, "task"),
                {"planhat": "Conversation", "salesforce": target, "direction": settings.conversation}
                | _custom(settings, "conversation"),
            ],
            "options": {"conflict": settings.conflict},
        }


def _custom(settings: Settings, section: str) -> dict[str, Any]:
    """The custom field that a section maps, where it does."""
    if not settings.maps_phase(section):
        return {}
    names = {"planhat": f"custom.{PHASE_KEY}", "salesforce": STAGE_FIELD}
    return {"fields": [{"name": "phase", **names, "lens": "text", "max_length": 40}]}
