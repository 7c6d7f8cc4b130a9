"""What the fakes showed while a test ran: error rows, answers, switches, faults; and whether it shows what it should.

Rule 1: an error row counts when the fake made it and its words went out in an answer; a switch when the fake read it in
another position than its default; an answer is a status that went out for an operation; a fault is one that struck.
Rule 2: `tests/held.toml` names the test that shows an entry, and a marker may (`@pytest.mark.ledger("…")`). Such a test
fails when it does not show it: what the ledger says of tests cannot be out of date.
Rule 3: only the test itself counts, not its fixtures: those of a module are made by whichever test comes first.
`--ledger-record FILE` writes down what each test showed, for `python -m tests.ledger_held`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from crm_contracts.ledger import find
from crm_contracts.openapi.routes import router
from crm_contracts.vendors import VENDORS
from fake_core.fake import Fake
from fake_core.refusals import TableError
from fake_core.switches import Switches
from fake_salesforce.errors import SalesforceError
from fake_salesforce.operations.login import SoapRefused
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.operations.soap.faults import Fault
from fake_salesforce.soql.errors import messages

HELD = Path(__file__).with_name("held.toml")
OBSERVED = ("error", "answer", "switch", "fault")  # the kinds of entries that are seen here
_PLAIN = re.compile(r"[A-Za-z0-9 ,.]+")  # written alike in JSON, XML, CSV and HTML


class Seen:
    """What went out since the last `listen`; nothing is heard for a test of which nothing is said."""

    def __init__(self) -> None:
        self._listens = False
        self.listen(listens=False)

    def listen(self, *, listens: bool) -> None:
        self._listens = listens
        self._waiting: dict[str, tuple[bytes, ...]] = {}  # an error row that was made -> what shows it in an answer
        self._told: set[str] = set()
        self._answers: set[tuple[str, str, str, int]] = set()

    def made(self, entry_id: str, code: str, message: str) -> None:
        """An error was made: it is seen once an answer has its code and the longest plain part of its words."""
        if not self._listens:
            return
        plain = max(_PLAIN.findall(message), key=len, default="").strip()
        self._waiting[entry_id] = tuple(one.encode() for one in (code, plain) if one)

    def told(self, entry_id: str) -> None:
        self._told.add(entry_id)

    def answered(self, vendor: str, environ: dict[str, Any], status: int, answer: bytes, fault: str | None) -> None:
        if not self._listens:
            return
        self._answers.add((vendor, environ["REQUEST_METHOD"], environ["PATH_INFO"], status))
        if fault:
            self._told.add(f"{vendor}/fault/{fault}")
        answer = answer.replace(b"%20", b" ")  # a page of OAuth shows its words as they stand in a URL
        for entry_id, needles in list(self._waiting.items()):
            redirected = status == HTTPStatus.FOUND and entry_id.startswith("salesforce/oauth/")
            if redirected or all(one in answer for one in needles):
                self._told.add(entry_id)
                self._waiting.pop(entry_id, None)  # another thread's answer may have shown it, too

    def entries(self) -> set[str]:
        """The ids of all that was seen."""
        found = set(self._told)
        for vendor, method, path, status in self._answers:
            for name in operation_ids(vendor, method, path):
                found.add(f"{vendor}/{name}/{status}")
        return found


SEEN = Seen()


def operation_ids(vendor: str, method: str, path: str) -> list[str]:
    """The operations of the document that a call is, [] for none. A wrong method is one of each that the path has."""
    routes = router(vendor)
    found = routes.find(method, path)
    asked = [found] if found else [routes.find(other, path) for other in routes.methods(path)]
    return [one.operation.operation_id for one in asked if one]


def _watch() -> None:
    """Put an ear to where errors are made, switches are read and answers go out."""
    write, table_init, get = Fake._write, TableError.__init__, Switches.__getitem__
    sf_init, oauth_init, login_init, fault_body = (
        SalesforceError.__init__, OAuthRefused.__init__, SoapRefused.__init__, Fault.body,
    )  # fmt: skip

    def _write(self: Fake, environ: Any, body: bytes, status: int, answer: bytes, fault: str | None) -> None:
        SEEN.answered(self.vendor, environ, status, answer, fault)
        write(self, environ, body, status, answer, fault)

    def _table_init(self: TableError, key: str, /, **words: Any) -> None:
        table_init(self, key, **words)
        vendor = type(self).__module__.partition(".")[0].removeprefix("fake_")
        SEEN.made(f"{vendor}/error/{key}", "", self.text)

    def _get(self: Switches, name: str) -> Any:
        value = get(self, name)
        row = self._table[name]
        if value != row.default and (vendor := _vendor_of(self)):
            SEEN.told(f"{vendor}/switch/{name}")
        return value

    def _sf_init(self: SalesforceError, **given: Any) -> None:
        sf_init(self, **given)
        SEEN.made(_salesforce_id(self.key), self.code, self.message)

    def _oauth_init(self: OAuthRefused, key: str, /, **words: str) -> None:
        oauth_init(self, key, **words)
        SEEN.made(f"salesforce/oauth/{key}", self.body["error"], self.body["error_description"])

    def _login_init(self: SoapRefused, code: str, /, **words: str) -> None:
        login_init(self, code, **words)
        SEEN.made(f"salesforce/login/{code}", code, self.text)

    def _fault_body(self: Fault) -> str:
        SEEN.told(f"salesforce/soap/{self.code}")
        return fault_body(self)

    for of, name, ear in (
        (Fake, "_write", _write),
        (TableError, "__init__", _table_init),
        (Switches, "__getitem__", _get),
        (SalesforceError, "__init__", _sf_init),
        (OAuthRefused, "__init__", _oauth_init),
        (SoapRefused, "__init__", _login_init),
        (Fault, "body", _fault_body),
    ):
        setattr(of, name, ear)


def _salesforce_id(key: str) -> str:
    if key.startswith("soql.restrictions."):
        return f"salesforce/soql/filter-required/{key.removeprefix('soql.restrictions.')}"
    name = key.removeprefix("soql.")
    return f"salesforce/soql/{name}" if name != key and name in messages() else f"salesforce/error/{key}"


@cache
def _tables() -> dict[int, str]:
    """The table of switches of each vendor, by its identity."""
    found = {}
    for vendor in VENDORS:
        try:
            module = import_module(f"fake_{vendor}.switches")
        except ModuleNotFoundError:
            continue
        found[id(module.SWITCHES)] = vendor
    return found


def _vendor_of(switches: Switches) -> str:
    return _tables().get(id(switches._table), "")


@cache
def held() -> dict[str, tuple[str, ...]]:
    """Test -> the ids of the entries it is said to show."""
    rows = tomllib.loads(HELD.read_text("utf-8")) if HELD.is_file() else {}
    return {test: tuple(ids) for test, ids in rows.items()}


def claims(item: pytest.Item) -> set[str]:
    """The entries that *item* is said to show, of those that are seen here."""
    marked = {one for mark in item.iter_markers("ledger") for one in mark.args if "*" not in one}
    found = {*held().get(item.nodeid, ()), *marked}
    return {one for one in found if (entry := find(one)) is None or entry.kind in OBSERVED}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ledger-record", metavar="FILE", help="write down what each test showed of the ledger")


def pytest_configure() -> None:
    _watch()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that passes and does not show what it is said to show."""
    said, record = claims(item), item.config.getoption("--ledger-record")
    SEEN.listen(listens=bool(said or record))
    try:
        yield
    finally:
        if record:
            row = {"test": item.nodeid, "fuzzed": _is_fuzzed(item), "seen": sorted(SEEN.entries())}
            with Path(record).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    missing = sorted(said - SEEN.entries()) if said else []
    if missing:
        pytest.fail(
            f"the ledger says that this test shows {', '.join(missing)}, and it did not: name another test in "
            "tests/held.toml (python -m tests.ledger_held writes it anew), or let it show it again",
            pytrace=False,
        )


def _is_fuzzed(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))
