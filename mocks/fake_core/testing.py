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
from fake_core.fake import Fake
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
def play(fake: Fake, url: str) -> Iterator[Played]:
    """Every client of this process meets *fake* at the vendor's own host names while the block runs."""
    clean(fake)
    network = InProcess([fake])
    session = requests.Session()
    session.mount("https://", network.adapter())
    with network:
        yield Played(fake, url, fake.credentials(url), ControlClient(url, session), session)


@contextmanager
def serve_in_thread(fake: Fake, *, tls: bool) -> Iterator[Played]:
    """The fake on a port of 127.0.0.1, answered by a thread of this process."""
    from fake_core.server import ServedFake

    clean(fake)
    with ServedFake(fake, tls=tls) as served:
        session = requests.Session()
        session.trust_env = False  # REQUESTS_CA_BUNDLE would win over the session's own CA
        if served.ca_file:
            session.verify = str(served.ca_file)
        credentials = fake.credentials(served.url) | {"ca_file": str(served.ca_file or "")}
        yield Played(fake, served.url, credentials, ControlClient(served.url, session), session)
        session.close()
