"""The pytest plugin: fixtures `salesforce` and `planhat`, in-process at the real host names, or served on 127.0.0.1.

`salesforce`, `planhat` answer at the vendors' own host names inside this process; `salesforce_http`,
`salesforce_https`, `planhat_http`, `planhat_https` are served on a free port. Each test begins with the fake as it was
made, its clock frozen at `fake_core.clock.DEFAULT_MOMENT`. Nothing is imported until a fixture is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from crm_contracts.vendors import HOSTS, create_fake

if TYPE_CHECKING:
    from fake_core.fake import Fake


def _fake(vendor: str) -> Callable[[], Iterator[Fake]]:
    def fixture() -> Iterator[Fake]:
        from fake_core.clock import FrozenClock

        fake = create_fake(vendor, clock=FrozenClock())
        yield fake
        fake.close()

    return fixture


def _played(vendor: str) -> Callable[..., Iterator[Any]]:
    def fixture(request: pytest.FixtureRequest) -> Iterator[Any]:
        from fake_core.testing import play

        with play(request.getfixturevalue(f"{vendor}_fake"), HOSTS[vendor]) as played:
            yield played

    return fixture


def _served(vendor: str, *, tls: bool) -> Callable[..., Iterator[Any]]:
    def fixture(request: pytest.FixtureRequest) -> Iterator[Any]:
        from fake_core.testing import serve_in_thread

        with serve_in_thread(request.getfixturevalue(f"{vendor}_fake"), tls=tls) as played:
            yield played

    return fixture


# The session's fake of each vendor may be overridden where a project brings its own org.
salesforce_fake = pytest.fixture(scope="session", name="salesforce_fake")(_fake("salesforce"))
planhat_fake = pytest.fixture(scope="session", name="planhat_fake")(_fake("planhat"))
salesforce = pytest.fixture(name="salesforce")(_played("salesforce"))
planhat = pytest.fixture(name="planhat")(_played("planhat"))
salesforce_http = pytest.fixture(name="salesforce_http")(_served("salesforce", tls=False))
salesforce_https = pytest.fixture(name="salesforce_https")(_served("salesforce", tls=True))
planhat_http = pytest.fixture(name="planhat_http")(_served("planhat", tls=False))
planhat_https = pytest.fixture(name="planhat_https")(_served("planhat", tls=True))
