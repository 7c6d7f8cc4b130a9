"""The ledger is true of this checkout; and each check finds what was spoiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.ledger_seen import claims, pytest_runtest_call
from werkzeug.test import Client

from crm_contracts.conform.entries import held_by_checks
from crm_contracts.ledger import all_entries, entries, find
from crm_contracts.ledger.checks import missing_tests, rowless_errors, unheld, unknown_ids, unread_files
from crm_contracts.ledger.fields import fields_files
from crm_contracts.ledger.held import NEEDED, checkout_tests, held_by, marked_in, said_in
from crm_contracts.vendors import VENDORS
from fake_core.clock import FrozenClock
from fake_planhat import create_app

TESTS = Path(__file__).parents[2]
ENTRIES = all_entries()
SAID = {**said_in(TESTS), **marked_in(TESTS)}


@cache
def held(vendor: str) -> dict[str, list[str]]:
    """Which tests hold an entry: read from all tests, which takes a moment."""
    return held_by(entries(vendor), TESTS)


def package(vendor: str) -> Path:
    return Path(str(files(f"fake_{vendor}")))


def elsewhere(vendor: str) -> list[str]:
    """Data files that have a reader of their own."""
    own = ["switches.toml", "behaviours.toml", "not_faked.toml", "stand_ins.toml"]
    return [*fields_files(vendor), *(f"data/{name}" for name in own)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_must_be_held_is_held(vendor: str) -> None:
    """Every entry has a test, or says why nothing causes it."""
    assert [] == unheld(entries(vendor), held(vendor))


@pytest.mark.parametrize("kind", NEEDED)
def test_what_lost_its_test_is_found(kind: str) -> None:
    """An entry whose test is gone is named."""
    vendor = "salesforce" if kind not in {"switch", "rule", "stand-in"} else "totango"
    one = next(each for each in entries(vendor) if each.kind == kind and held(vendor).get(each.id))
    spoiled = {**held(vendor), one.id: []}
    new = replace(one, id=f"{one.vendor}/{kind}/nobody-tested-this")

    assert [one.id, new.id] == [line.split()[0] for line in unheld([*entries(vendor), new], spoiled)]


def test_what_tests_name_is_an_entry() -> None:
    """Ids in held.toml, in markers and in checks of conform are in the ledger."""
    assert [] == unknown_ids(ENTRIES, SAID)
    assert ["tests/x.py::test_y names planhat/no/such, which is no entry"] == unknown_ids(
        ENTRIES, {"tests/x.py::test_y": ["planhat/no/such", "planhat/error/required"]}
    )
    for ids in marked_in(TESTS).values():
        assert [] == [each for each in ids if "*" in each and not any(fnmatchcase(one.id, each) for one in ENTRIES)]
    assert any(held_by_checks(vendor) for vendor in VENDORS)


def test_what_the_ledger_names_is_a_test() -> None:
    """Each test that holds an entry is there and is not switched off."""
    named = {test for vendor in VENDORS for tests in held(vendor).values() for test in tests}

    assert [] == missing_tests(sorted(named), TESTS)
    assert ["tests/crm_contracts/ledger/test_checks.py::test_nobody is named by the ledger and is not there"] == (
        missing_tests(["tests/crm_contracts/ledger/test_checks.py::test_nobody"], TESTS)
    )


def test_every_case_that_is_named_is_collected(request: pytest.FixtureRequest) -> None:
    """A case of held.toml whose file is part of this run is one of its tests, and so is held to what it shows."""
    config = request.config
    if config.getoption("keyword") or any("::" in one for one in config.args):
        pytest.skip("a choice of tests is run")
    there = {item.nodeid for item in request.session.items}
    running = {one.partition("::")[0] for one in there}

    assert [] == [test for test in said_in(TESTS) if test.partition("::")[0] in running and test not in there]


def test_a_marker_of_many_runs_once_for_each(request: pytest.FixtureRequest) -> None:
    """A test that names entries with a * has a case of that id for each of them."""
    cases: dict[str, set[str]] = {}
    wanted: dict[str, set[str]] = {}
    for item in request.session.items:
        globs = [one for mark in item.iter_markers("ledger") for one in mark.args if "*" in one]
        if globs:
            name, _, case = item.nodeid.partition("[")
            cases.setdefault(name, set()).add(case.rstrip("]"))
            wanted[name] = {one.id for one in ENTRIES if any(fnmatchcase(one.id, each) for each in globs)}
    if request.config.getoption("keyword") or any("::" in one for one in request.config.args):
        pytest.skip("a choice of tests is run")

    assert wanted == cases


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_data_file_is_read(vendor: str, tmp_path: Path) -> None:
    """No table of a fake stands beside the ledger."""
    assert [] == unread_files(vendor, package(vendor), elsewhere(vendor))

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "new.toml").touch()
    assert [f"fake_{vendor}/data/new.toml is in no row of ledger/tables.toml"] == unread_files(vendor, tmp_path, [])


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_error_that_is_raised_has_a_row(vendor: str) -> None:
    """No refusal is made without a row of the vendor's tables."""
    assert [] == rowless_errors(vendor, package(vendor), entries(vendor))


def test_an_error_without_a_row_is_found(tmp_path: Path) -> None:
    """A key that no table has, and an error that is made by hand."""
    (tmp_path / "bad.py").write_text(
        'salesforce_error("NO_SUCH_ROW")\n'
        'salesforce_error("MALFORMED_ID" if x else "NO_ROW")\n'
        "SalesforceError(status=400)\n"
    )

    assert [
        "fake_salesforce/bad.py:1 raises NO_SUCH_ROW, which has no row",
        "fake_salesforce/bad.py:2 raises NO_ROW, which has no row",
        "fake_salesforce/bad.py:3 makes an error without a row",
    ] == rowless_errors("salesforce", tmp_path, entries("salesforce"))


def test_what_has_no_cause_is_raised_nowhere() -> None:
    """A row that says nothing causes it is shown by no test."""
    shown = {each for ids in SAID.values() for each in ids}

    assert [] == [one.id for one in ENTRIES if one.no_cause and one.id in shown]


class Item:
    """As much of a test as the suite's watch looks at."""

    nodeid = "tests/x/test_x.py::test_x"
    config = SimpleNamespace(getoption=lambda _name: None)

    def __init__(self, entry_id: str) -> None:
        self.marks = [pytest.mark.ledger(entry_id).mark]

    def iter_markers(self, _name: str) -> list[pytest.Mark]:
        return self.marks


@pytest.mark.parametrize("entry_id", ["planhat/error/unauthorized", "planhat/listTasks/401"])
def test_a_test_is_held_to_what_it_is_said_to_show(entry_id: str) -> None:
    """A test that passes without showing the entry of its marker fails, with the entry's name."""
    fake = create_app(clock=FrozenClock())

    def played(work: Callable[[], object]) -> None:
        watch = pytest_runtest_call(Item(entry_id))  # type: ignore[arg-type]
        next(watch)
        work()
        next(watch, None)

    played(lambda: Client(fake).get("/tasks", base_url="https://api.planhat.com"))
    with pytest.raises(pytest.fail.Exception, match=f"shows {entry_id}, and it did not"):
        played(lambda: None)
    fake.close()


def test_a_claim_is_of_what_can_be_seen(request: pytest.FixtureRequest) -> None:
    """An entry that is named and not in the ledger is never taken as shown."""
    request.node.add_marker(pytest.mark.ledger("planhat/no/such"))

    assert {"planhat/no/such"} == claims(request.node)
    assert find("planhat/no/such") is None
    request.node.own_markers.clear()


def test_the_tests_are_found_from_the_package() -> None:
    """`understudy ledger` names the tests of this checkout."""
    assert TESTS.resolve() == (checkout_tests() or Path()).resolve()
