"""What a world asks of a sync, and the one sync it knows by default.

Rule: this is the only module in `crm_contracts` that imports crm_sync, and only inside `reference_sync`.
Whoever wants another sync judged writes a `SyncFactory`: make it over a `Connection`, let it run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import requests

from crm_contracts.world import memories
from crm_contracts.world.invariants.calls import Budget
from crm_contracts.world.settings import Settings
from fake_core.clock import Clock

__all__ = ["Connection", "Login", "Portable", "SyncFactory", "SyncUnderTest", "reference_sync"]


@dataclass(frozen=True)
class Login:
    """Where a system is and with what to log in: the keys of the fake's own credentials."""

    base_url: str
    credentials: Mapping[str, str]


@dataclass(frozen=True)
class Connection:
    """Everything a sync gets. What it must remember across a crash, it keeps in files below *state*.

    *session* reaches both systems. *external_id_field* names a unique external-id field of the
    Salesforce Task, "" when the org has none. *set_inheritance* moves the switch "Notes to inherit Task
    sourceId" of the Planhat tenant, for which Planhat has no public route. *committing* may be called with "before" and
    "after" around each commit to what the sync remembers: then it is put to death there, too.
    """

    salesforce: Login
    planhat: Login
    session: requests.Session
    clock: Clock
    state: Path
    set_inheritance: Callable[[bool], None]
    external_id_field: str = ""
    committing: Callable[[str], None] = lambda _point: None


class SyncUnderTest(Protocol):
    """A sync. After a crash the object is dropped and a new one is made over the same connection.

    It may have more, and is then held to it: `budget`, what it promises of its calls (I11), and `cursors()`, name ->
    text that sorts like time (I9). What `run` returns is its report if it has the shape of `invariants.told` (I5, I15).
    """

    def save(self, settings: Settings) -> None:
        """Somebody presses Save in the integration's settings (also once at the very beginning)."""

    def staff_disable_inheritance(self) -> None:
        """A member of Planhat's staff switches the inheritance off."""

    def run(self) -> Any:
        """One round, both ways. What it returns is kept in the timeline."""

    def close(self) -> None:
        """Let go of files."""


@runtime_checkable
class Portable(Protocol):
    """A sync whose memory can be taken out and put back: a sweep then need not play a history again for each fault."""

    def photograph(self) -> bytes:
        """What it remembers: all that a new process would find."""

    def restore(self, photograph: bytes, settings: Settings) -> None:
        """A new process that finds this memory, under these settings."""

    def essence(self) -> str:
        """What it remembers as far as a later round can depend on it; equal texts mean the same future."""


SyncFactory = Callable[[Connection, Settings], SyncUnderTest]
"""Makes a sync over a connection. The settings are those saved last: a restart must not save them again."""


def reference_sync(connection: Connection, settings: Settings) -> SyncUnderTest:
    """The sync this project ships."""
    return _Reference(connection, settings)


# Told to people; and who held the memory when, for the holder itself may always take it again.
NEVER_READ = frozenset({("settings", "last_report"), ("lease", "run")})
SPARES = memories.Spares()


class _Reference:
    budget = Budget(a=30, b=12)

    def __init__(self, connection: Connection, settings: Settings) -> None:
        from crm_sync.run import State, Sync

        self._connection = connection
        # In memory: `photograph` is what a disk would hold.
        self._state = SPARES.take(State)
        self._state.on_commit = connection.committing

        configs: dict[Settings, Any] = {}

        def make(wanted: Settings) -> Sync:
            if wanted not in configs:
                configs[wanted] = self._config(wanted)
            return Sync(
                configs[wanted],
                session=connection.session,
                clock=connection.clock,
                state=self._state,
                tenant_settings=self._tenant_settings,
            )

        self._make = make
        self._sync = make(settings)

    def save(self, settings: Settings) -> None:
        self._sync.close()
        self._sync = self._make(settings)
        self._sync.save_configuration()

    def staff_disable_inheritance(self) -> None:
        self._sync.staff_disable_inheritance()

    def run(self) -> Any:
        return self._sync.run()

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

    def restore(self, photograph: bytes, settings: Settings) -> None:
        memories.load(self._state._engine, photograph)  # noqa: SLF001
        self._sync.close()
        self._sync = self._make(settings)

    def essence(self) -> str:
        return memories.essence(self._state._engine, but=NEVER_READ)  # noqa: SLF001

    def _tenant_settings(self, wanted: Mapping[str, Any]) -> None:
        self._connection.set_inheritance(bool(wanted["notesInheritTaskSourceId"]))

    def _config(self, settings: Settings) -> Any:
        from crm_sync.config import Config

        c = self._connection
        sections = [{"planhat": "Task", "salesforce": "Task", "direction": settings.task}]
        target = settings.conversation_object
        sections.append({"planhat": "Conversation", "salesforce": target, "direction": settings.conversation})
        salesforce = {"base_url": c.salesforce.base_url, **c.salesforce.credentials}
        return Config.from_mapping(
            {
                "salesforce": salesforce | {"external_id_field": c.external_id_field},
                "planhat": {"base_url": c.planhat.base_url, **c.planhat.credentials},
                "sections": sections,
                "options": {"conflict": settings.conflict},
            }
        )
