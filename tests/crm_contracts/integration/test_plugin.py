"""The contract of a test in somebody else's pytest: the mark, the fixture, the option, and how a failure reads."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from crm_contracts.integration.fixtures import Contract, ContractBroken, settled
from crm_contracts.traffic import Call
from fake_core.errors import MisuseError
from fake_core.testing import Played, play

ROOT = Path(__file__).parents[3]
TESTS = """
import pytest

def wrong(played):
    played.session.get(f"{played.url}/notes", headers={"Authorization": f"Bearer {played.credentials['token']}"})

def warned(played):
    bearer = {"Authorization": f"Bearer {played.credentials['token']}"}
    played.session.get(f"{played.url}/tasks?limit=20&offset=20", headers=bearer)

@pytest.mark.contract
def test_mark(planhat):
    wrong(planhat)

def test_served(planhat_http, contract):
    wrong(planhat_http)

def test_nothing(planhat):
    wrong(planhat)

@pytest.mark.contract(mode="off")
def test_off(planhat):
    wrong(planhat)

@pytest.mark.contract(allow=["unknown-operation"])
def test_allowed(planhat):
    wrong(planhat)

@pytest.mark.contract
def test_warning(planhat):
    warned(planhat)

@pytest.mark.contract(strict=True)
def test_strict(planhat):
    warned(planhat)

@pytest.mark.contract(budgets=3)
def test_misspelt(planhat):
    pass

@pytest.mark.contract
@pytest.mark.xfail(strict=True)
def test_expected(planhat):
    wrong(planhat)

@pytest.mark.contract
def test_own_assertion(planhat):
    wrong(planhat)
    assert "its own" == "words"
"""


def pytest_says(folder: Path, *words: str, ini: str = "") -> list[str]:
    """The lines of a run of the tests above."""
    (folder / "test_theirs.py").write_text(TESTS, "utf-8")
    (folder / "pytest.ini").write_text(f"[pytest]\naddopts = --strict-markers\n{ini}\n", "utf-8")
    roots = os.pathsep.join(str(ROOT / name) for name in ("mocks", "contracts", "sync"))
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "crm_contracts.plugin", "-p", "no:cacheprovider", *words]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": roots}, capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()


def verdicts(lines: list[str]) -> dict[str, str]:
    """The verdict on each test, with the words of the summary."""
    words = [line.partition(" ") for line in lines if line.startswith(("PASSED ", "FAILED ", "ERROR ", "XFAIL "))]
    return {rest.removeprefix("test_theirs.py::test_").partition(" - ")[0]: verdict for verdict, _, rest in words}


MARKED = {
    "mark": "FAILED",
    "served": "FAILED",
    "nothing": "PASSED",
    "off": "PASSED",
    "allowed": "PASSED",
    "warning": "PASSED",
    "strict": "FAILED",
    "misspelt": "ERROR",
    "expected": "XFAIL",
    "own_assertion": "FAILED",
}


def test_what_the_mark_and_the_fixture_do(tmp_path: Path) -> None:
    """Who asks for it is held to it; a failure is its findings; a warning stands in the summary."""
    lines = pytest_says(tmp_path)
    text = "\n".join(lines)
    assert verdicts(lines) == MARKED
    assert "FAILED test_theirs.py::test_mark - contract: 1 finding: unknown-operation" in lines
    assert "    GET /notes: no operation of the vendor has this path" in lines
    assert any(line.startswith("test_theirs.py::test_warning: warning: unordered-pages") for line in lines)
    assert any("pytest.mark.contract(budgets…): it takes mode, budget, allow and strict" in line for line in lines)
    assert "another exception" not in text
    assert "plugin.py" not in text.replace("-p crm_contracts.plugin", "")
    assert any("assert 'its own' == 'words'" in line for line in lines)


@pytest.mark.nightly
def test_the_option_holds_every_test_to_it(tmp_path: Path) -> None:
    """understudy_contract = error is the mark on every test; warn only tells."""
    lines = pytest_says(tmp_path, "-k", "nothing or off", ini="understudy_contract = error")
    assert {"nothing": "FAILED", "off": "PASSED"} == verdicts(lines)
    lines = pytest_says(tmp_path, "-k", "nothing", ini="understudy_contract = warn")
    assert {"nothing": "PASSED"} == verdicts(lines)
    assert any(line.startswith("test_theirs.py::test_nothing: error: unknown-operation") for line in lines)


@pytest.mark.parametrize(
    ("option", "marked", "mode"),
    [
        ("off", True, "error"),
        ("warn", False, "warn"),
        ("error", False, "error"),
        ("warn", True, "error"),
    ],
)
def test_a_mark_goes_before_the_option(option: str, marked: bool, mode: str) -> None:
    """Who marks a test wants it held; the option is for those without a mark."""
    assert mode == settled(option, pytest.mark.contract.mark if marked else None).mode


@pytest.mark.nightly
def test_workers_of_xdist_say_the_same(tmp_path: Path) -> None:
    """Findings and warnings pass from a worker to its master, as they were."""
    lines = pytest_says(tmp_path, "-n", "2")
    assert verdicts(lines) == MARKED
    assert "FAILED test_theirs.py::test_mark - contract: 1 finding: unknown-operation" in lines
    assert any(line.startswith("test_theirs.py::test_warning: warning: unordered-pages") for line in lines)


def test_waiting_is_by_whichever_clock_moved(planhat: Played) -> None:
    """A test moves the fake's clock instead of sleeping; that counts as waiting."""
    bearer = {"Authorization": f"Bearer {planhat.credentials['token']}"}

    def asked(*, waits: bool) -> list[str]:
        contract = Contract()
        with play(planhat.fake, planhat.url, front=contract.tap(planhat.fake)) as played:
            played.control.add_fault(kind="limit_reached")
            played.session.get(f"{played.url}/tasks", headers=bearer)
            if waits:
                played.clock.advance(timedelta(minutes=2))
            played.session.get(f"{played.url}/tasks", headers=bearer)
            return [finding.check for finding in contract.findings]

    assert ["no-back-off"] == asked(waits=False)
    assert [] == asked(waits=True)


def test_a_test_can_ask_now() -> None:
    """check() raises what the end of the test would."""
    contract = Contract(budget=0)
    contract.check()
    contract._traffic.keep(_call())
    with pytest.raises(ContractBroken, match="1 calls, the budget is 0"):
        contract.check()


def _call() -> Call:
    from tests.crm_contracts.integration.calls import ph, run

    return run([ph("GET", "/tasks", answer=[])]).calls[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mode": "loud"}, "understudy_contract = loud: choose of error, warn, off"),
        ({"allow": ["rain"]}, "is no check; `understudy contract checks` prints them"),
        ({"budget": {"hubspot": 1}}, "no such vendor; choose of salesforce"),
        ({"budget": "salesforce=1"}, "say a number of calls, or one for each vendor by its name"),
    ],
)
def test_a_word_that_is_none_of_ours_is_said(given: dict[str, object], said: str) -> None:
    """A misspelt check would otherwise hold nothing."""
    with pytest.raises(MisuseError, match=said):
        Contract(**given)  # type: ignore[arg-type]
