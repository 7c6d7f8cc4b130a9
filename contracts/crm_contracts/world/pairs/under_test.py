"""What a world of pairs asks of a sync: the port. It knows no sync by default.

Whoever wants a sync judged writes a `PairSyncFactory`: make it over a `PairConnection`, let it run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import requests

from crm_contracts.world.pairs.settings import PairSettings
from crm_contracts.world.under_test import Login
from fake_core.clock import Clock

__all__ = ["Login", "PairConnection", "PairSync", "PairSyncFactory", "RunsBoth"]


@dataclass(frozen=True)
class PairConnection:
    """Everything a sync gets. What it must remember across a crash, it keeps in files below *state*.

    *partner* is Totango (`token`: an app-token) or Marketo (`token`: the bearer token of one user, whose reminders are
    synced; the user's own `sf_user_id` is in `GET /_standin/sia/me`). *session* reaches both systems. *external_ids*:
    by section, the unique external-id field of its sObject, "" when the org has none. A sync that wants to be killed
    at its commits, too, calls *committing* with "before" and "after" around each.
    """

    profile: str
    salesforce: Login
    partner: Login
    session: requests.Session
    clock: Clock
    state: Path
    external_ids: Mapping[str, str]
    committing: Callable[[str], None]


class PairSync(Protocol):
    """A sync. After a crash the object is dropped and a new one is made over the same connection."""

    def save(self, settings: PairSettings) -> None:
        """Somebody presses Save (also once at the very beginning).

        Marketo's own settings (task_sync, template) are already saved in Marketo by its user.
        """

    def run(self, ways: Sequence[str], sections: Sequence[str]) -> Any:
        """One round: the jobs of *ways* ("in", "out") in this order, of *sections* (none: all)."""

    def close(self) -> None:
        """Let go of files."""


@runtime_checkable
class RunsBoth(Protocol):
    """A sync that carries both ways in one run, too; another one runs its jobs instead, one after the other."""

    def run_both(self, sections: Sequence[str]) -> Any:
        """One round, both ways at once, of *sections* (none: all)."""


PairSyncFactory = Callable[[PairConnection, PairSettings], PairSync]
"""Makes a sync over a connection. The settings are those saved last: a restart must not save them again."""
