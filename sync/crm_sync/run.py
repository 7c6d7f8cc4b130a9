"""The sync as one object: configuration, session, clock and state go in, a `Report` comes out.

A minimal use::

    session = requests.Session()               # tests: session.mount("https://", adapter)
    state = State("sqlite:///sync.db")         # default: in memory
    sync = Sync(config, session=session, clock=clock, state=state)
    sync.save_configuration()                  # what pressing Save does; run() does it if need be
    report = sync.run()
    sync.close()

A `Sync` may be made again over the same state at any time, also after a crash in the middle of a
run. Call `save_configuration()` at the moment a changed configuration takes effect: the baseline of
what existed before (rule P29) and the inheritance flag's edges (rules P17-P22) are taken there.
*tenant_settings* is called with {"notesInheritTaskSourceId": bool} whenever the flag must change in
the Planhat tenant; real Planhat has no public route for it, so the default is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests

from crm_sync.clock import Clock
from crm_sync.config import Config
from crm_sync.report import Report

TenantSettings = Callable[[Mapping[str, Any]], None]


class State:
    """Where the sync remembers; *url* is an SQLAlchemy URL."""

    def __init__(self, url: str = "sqlite://") -> None:
        self.url = url


class Sync:
    """See the module's docstring."""

    def __init__(
        self,
        config: Config,
        *,
        session: requests.Session,
        clock: Clock,
        state: State | None = None,
        state_url: str = "sqlite://",
        tenant_settings: TenantSettings | None = None,
    ) -> None:
        self.config = config

    def save_configuration(self) -> None:
        """Take over the configuration: flag edges and baseline. Reads only; writes only state."""
        raise NotImplementedError

    def staff_disable_inheritance(self) -> None:
        """What a Planhat staff member does to the switch (rule P19)."""
        raise NotImplementedError

    def run(self, *, dry_run: bool = False) -> Report:
        raise NotImplementedError

    def close(self) -> None:
        """Release the state's database (only if this Sync opened it)."""
