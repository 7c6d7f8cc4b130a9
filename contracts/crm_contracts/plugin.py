"""The pytest plugin: fixtures for each vendor, in-process at the real host names, or served on 127.0.0.1.

`salesforce`, `planhat`, `totango` and `marketo` answer at the vendors' own host names inside this process; with `_http`
or `_https` behind the name they are served on a free port; with `_fake`, the fake itself. Each test begins with the
fake as it was made, its clock frozen at `fake_core.clock.DEFAULT_MOMENT`. Nothing is imported until a fixture is asked
for.

A file whose name ends in `.capsule.yaml` is a test: it is replayed, and its invariants and expectations have to hold;
with the sync that ships here, or with the command of the ini option `understudy_sync_command`.

A test with the mark or the fixture `contract` fails where its traffic broke a vendor's contract; with the ini option
`understudy_contract` every test that uses a fixture does. See `crm_contracts.integration`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from crm_contracts.vendors import HOSTS, VENDORS, create_fake

if TYPE_CHECKING:
    from pathlib import Path

    from fake_core.fake import Fake

_CONTRACT = pytest.StashKey[Any]()  # of an item: its crm_contracts.integration.fixtures.Contract
CAPSULE_SUFFIX = ".capsule.yaml"  # that of crm_contracts.capsules, which is not loaded for it


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a project says of its own sync, in its pytest configuration."""
    said = "Capsules: the command that performs one run of your own sync (default: Understudy's)."
    parser.addini("understudy_sync_command", said, default="")
    parser.addini("understudy_sync_timeout", "Capsules: seconds until such a run hangs.", default="60")
    parser.addini("understudy_sync_tls", "Capsules: your sync is to speak https.", type="bool", default=False)
    parser.addini("understudy_contract", "Contracts of all tests that use a fake: error, warn or off.", default="off")


def pytest_configure(config: pytest.Config) -> None:
    """The mark is ours: --strict-markers knows it."""
    said = "contract(budget=N, allow=[CHECK], strict=False, mode='error'): fail where the traffic breaks a contract"
    config.addinivalue_line("markers", said)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A capsule in a user's repository is a test, without any code."""
    if not file_path.name.endswith(CAPSULE_SUFFIX):
        return None
    from crm_contracts.capsules.suite import CapsuleFile

    collected: pytest.Collector = CapsuleFile.from_parent(parent, path=file_path)
    return collected


@pytest.fixture
def contract(request: pytest.FixtureRequest) -> Any:
    """What this test's traffic says: `findings`, `calls`, `check()`. The test fails where it breaks a contract."""
    from crm_contracts.integration.fixtures import settled
    from fake_core.errors import MisuseError

    mark = request.node.get_closest_marker("contract")
    try:
        made = settled(request.config.getini("understudy_contract"), mark)
    except MisuseError as error:
        wrong = str(error)
    else:
        request.node.stash[_CONTRACT] = made
        return made
    pytest.fail(wrong, pytrace=False)  # out here: pytest tells of the error that it was made of, too


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test that passes is held to the contract."""
    yield
    made = item.stash.get(_CONTRACT, None)
    if made is not None and made.mode != "off":
        from crm_contracts.integration.fixtures import ContractBroken, story, warnings

        report = made.report
        fails = not report.ok and made.mode == "error"
        item.user_properties += [("contract", line) for line in warnings(report, failed=not fails)]
        if fails:
            raise ContractBroken(story(report))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[pytest.TestReport]:
    """The findings alone, without a traceback through the plugin."""
    report: pytest.TestReport = yield  # type: ignore[misc, assignment]
    if report.failed and call.excinfo is not None and item.stash.get(_CONTRACT, None) is not None:
        from crm_contracts.integration.fixtures import ContractBroken
        from crm_contracts.told import told

        if isinstance(call.excinfo.value, ContractBroken):
            report.longrepr = told(str(item.path), str(call.excinfo.value))
    return report  # type: ignore[return-value]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What contracts have to say that failed nothing."""
    said = [
        (report.nodeid, line)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, line in getattr(report, "user_properties", ())
        if name == "contract"
    ]
    if said:
        terminalreporter.section("contract")
        for nodeid, line in said:
            terminalreporter.line(f"{nodeid}: {line}")


def _front(request: pytest.FixtureRequest, fake: Fake) -> Any:
    """What stands in front of *fake*: nothing, or the tap of the test's contract."""
    node, mode = request.node, request.config.getini("understudy_contract")
    if mode == "off" and node.get_closest_marker("contract") is None and "contract" not in request.fixturenames:
        return None
    return request.getfixturevalue("contract").tap(fake)


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

        fake = request.getfixturevalue(f"{vendor}_fake")
        with play(fake, HOSTS[vendor], front=_front(request, fake)) as played:
            yield played

    return fixture


def _served(vendor: str, *, tls: bool) -> Callable[..., Iterator[Any]]:
    def fixture(request: pytest.FixtureRequest) -> Iterator[Any]:
        from fake_core.testing import serve_in_thread

        fake = request.getfixturevalue(f"{vendor}_fake")
        with serve_in_thread(fake, tls=tls, front=_front(request, fake)) as played:
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
