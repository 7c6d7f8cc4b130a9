"""What a world asks of a sync: the port. It knows no sync by default.

Whoever wants another sync judged writes a `SyncFactory`: make it over a `Connection`, let it run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import requests

from crm_contracts.world.settings import Settings
from fake_core.clock import Clock

__all__ = ["Connection", "Login", "Portable", "SyncFactory", "SyncUnderTest"]


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
