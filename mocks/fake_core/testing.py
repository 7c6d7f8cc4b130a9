"""What the pytest fixtures hand to a test: a fake in this process, how to reach it, and its control plane.

Each vendor's `plugin` module makes its fixtures from `play()`: the plugins load nothing until a fixture is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.control import ControlClient
from fake_core.fake import Application, Fake
from fake_core.tenants import Tenants
from fake_core.transport import InProcess


@dataclass(frozen=True)
class Played:
    """A fake that a test may talk to: *url* is its base URL, *credentials* what a client needs there."""

    fake: Fake
    url: str
    credentials: dict[str, Any]
    control: ControlClient
    session: requests.Session

    @property
    def clock(self) -> FrozenClock:
        """The fake's clock, which stands still until the test moves it."""
        assert isinstance(self.fake.clock, FrozenClock)
        return self.fake.clock

    def journal(self, since: int = 0) -> list[dict[str, Any]]:
        """Every exchange so far, as plain data."""
        return self.fake.exchanges(since)


def clean(fake: Fake) -> None:
    """The fake as it was made: rows, parts, faults, journal and clock."""
    fake.reset()
    if isinstance(fake.clock, FrozenClock):
        fake.clock.set(DEFAULT_MOMENT)


@contextmanager
def play(fake: Fake, url: str, *, front: Application | None = None) -> Iterator[Played]:
    """Every client of this process meets *fake* at the vendor's own host names while the block runs.

    *front* is an application in front of it, which sees what passes.
    """
    clean(fake)
    with _in_process(front or fake) as session:
        yield _played(fake, url, session)


@contextmanager
def serve_in_thread(fake: Fake, *, tls: bool, front: Application | None = None) -> Iterator[Played]:
    """The fake, behind *front* if there is one, on a port of 127.0.0.1, answered by a thread of this process."""
    clean(fake)
    with _in_thread(front or fake, tls=tls) as (url, session, ca_file):
        yield _played(fake, url, session, ca_file=ca_file)


@contextmanager
def play_tenants(tenants: Tenants, url: str) -> Iterator[dict[str, Played]]:
    """As `play`, several tenants behind the vendor's one address: what a test needs of each, by its name."""
    _clean_all(tenants)
    with _in_process(tenants) as session:
        yield {name: _played(fake, url, session, tenant=name) for name, fake in tenants.items()}


@contextmanager
def serve_tenants_in_thread(tenants: Tenants, *, tls: bool) -> Iterator[dict[str, Played]]:
    """As `serve_in_thread`, several tenants behind one port."""
    _clean_all(tenants)
    with _in_thread(tenants, tls=tls) as (url, session, ca_file):
        yield {name: _played(fake, url, session, tenant=name, ca_file=ca_file) for name, fake in tenants.items()}


def _clean_all(tenants: Tenants) -> None:
    for fake in (*tenants.values(), *([tenants.nobody] if tenants.nobody else [])):
        clean(fake)


def _played(fake: Fake, url: str, session: requests.Session, *, tenant: str = "", **more: str) -> Played:
    credentials = fake.credentials(url) | more
    return Played(fake, url, credentials, ControlClient(url, session, tenant=tenant), session)


@contextmanager
def _in_process(app: Application) -> Iterator[requests.Session]:
    network = InProcess([app])
    session = network.session()
    with network:
        yield session


@contextmanager
def _in_thread(app: Application, *, tls: bool) -> Iterator[tuple[str, requests.Session, str]]:
    from fake_core.server import ServedFake

    with ServedFake(app, tls=tls) as served, requests.Session() as session:
        session.trust_env = False  # REQUESTS_CA_BUNDLE would win over the session's own CA
        if served.ca_file:
            session.verify = str(served.ca_file)
        yield served.url, session, str(served.ca_file or "")
