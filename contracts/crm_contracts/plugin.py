"""The pytest plugin: fixtures for each vendor, in-process at the real host names, or served on 127.0.0.1.

`salesforce`, `planhat`, `totango` and `marketo` answer at the vendors' own host names inside this process; with `_http`
or `_https` behind the name they are served on a free port; with `_fake`, the fake itself. Each test begins with the
fake as it was made, its clock frozen at `fake_core.clock.DEFAULT_MOMENT`. Nothing is imported until a fixture is asked
for.

A file whose name ends in `.capsule.yaml` is a test: it is replayed, and its invariants and expectations have to hold;
with the sync that ships here, or with the command of the ini option `understudy_sync_command`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from crm_contracts.vendors import HOSTS, VENDORS, create_fake

if TYPE_CHECKING:
    from pathlib import Path

    from fake_core.fake import Fake

CAPSULE_SUFFIX = ".capsule.yaml"  # that of crm_contracts.capsules, which is not loaded for it


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a project says of its own sync, in its pytest configuration."""
    said = "Capsules: the command that performs one run of your own sync (default: Understudy's)."
    parser.addini("understudy_sync_command", said, default="")
    parser.addini("understudy_sync_timeout", "Capsules: seconds until such a run hangs.", default="60")
    parser.addini("understudy_sync_tls", "Capsules: your sync is to speak https.", type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A capsule in a user's repository is a test, without any code."""
    if not file_path.name.endswith(CAPSULE_SUFFIX):
        return None
    from crm_contracts.capsules.suite import CapsuleFile

    collected: pytest.Collector = CapsuleFile.from_parent(parent, path=file_path)
    return collected


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


# The session's fake of a vendor may be overridden where a project brings its own org.
for _vendor in VENDORS:
    _name = f"{_vendor}_fake"
    globals()[_name] = pytest.fixture(scope="session", name=_name)(_fake(_vendor))
    for _name, _made in (
        (_vendor, _played(_vendor)),
        (f"{_vendor}_http", _served(_vendor, tls=False)),
        (f"{_vendor}_https", _served(_vendor, tls=True)),
    ):
        globals()[_name] = pytest.fixture(name=_name)(_made)
