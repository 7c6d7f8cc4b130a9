"""`sync run`, `plan` and `status` as a person uses them, against served fakes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from tests.crm_sync.both import PH, SF, Both

from crm_sync.cli import sync
from crm_sync.clock import RealClock
from crm_sync.report import HeldBack, Report
from crm_sync.transport import Transport, Verdict


@pytest.fixture
def desk(both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A configuration file, a state file, and fakes behind `requests.Session`."""
    config = tmp_path / "planhat.toml"
    config.write_text(
        f"""
[salesforce]
base_url = "{SF}"
access_token = "${{SF_TOKEN}}"
[planhat]
base_url = "{PH}"
token = "understudy-planhat-token"
[state]
url = "sqlite:///{tmp_path}/sync.db"
[[sections]]
planhat = "Task"
salesforce = "Task"
direction = "Both Directions"
""",
        "utf-8",
    )
    monkeypatch.setenv("SF_TOKEN", both.credentials["access_token"])

    def call(*arguments: str) -> Any:
        with both.network:
            return CliRunner().invoke(sync, [*arguments, "--config", str(config)])

    return call, config


def test_a_state_that_is_not_there_has_no_status(desk: Any, tmp_path: Path) -> None:
    """A mistyped path is said; no empty state is left there that would look like a sync that knows nothing."""
    call, _ = desk
    mistyped = tmp_path / "snyc.db"

    shown = call("status", "--state", f"sqlite:///{mistyped}")

    said = f"{mistyped}: there is no state here; `understudy sync run` makes it, or check --state"
    assert (1, f"Error: {said}\n") == (shown.exit_code, shown.output)
    assert not mistyped.exists()


def test_run_and_status(both: Both, desk: Any) -> None:
    """A run reports every record; the status is kept between processes."""
    call, _ = desk
    both.sf_task(Subject="Call")

    first, second, status = call("run"), call("run", "--json"), call("status", "--json")

    assert (0, 0, 0) == (first.exit_code, second.exit_code, status.exit_code), first.output
    assert "1 seen = 1 created" in first.output
    assert 0 == json.loads(second.output)["writes"].get("planhat", 0)
    assert 1 == json.loads(status.output)["links"]
    assert ["Call"] == [t["action"] for t in both.ph_tasks()]


@pytest.mark.rule("F13")
def test_a_state_belongs_to_one_partner(both: Both, desk: Any) -> None:
    """Links of Planhat's records are no links of Totango's: another profile is refused before it reads a record."""
    call, config = desk
    both.sf_task(Subject="Call")
    call("run")
    links = call("status").output
    text = config.read_text("utf-8").replace("planhat =", "totango =").replace("[planhat]", "[totango]")
    config.write_text(f'profile = "totango"\n{text}', "utf-8")
    asked = len(both.salesforce.exchanges(0))

    refused = [call("run"), call("plan")]

    told = "Error: the state belongs to a sync with Planhat: name another, in state.url or --state\n"
    assert [(1, told)] * 2 == [(one.exit_code, one.output) for one in refused]
    assert links == call("status").output
    assert {"describe"} == {one["verb"] for one in both.salesforce.exchanges(0)[asked:]}


def test_what_is_held_back_of_many_for_one_reason_is_told_once() -> None:
    """A thousand records of an owner whom nobody knows are one line, which says how many."""
    held = [HeldBack(f"salesforce Task {n}", "owner", "005", "nobody knows them") for n in range(1000)]

    told = list(Report(held_back=[*held, HeldBack("salesforce Task 0", "type", "Fax", "no such value")]).lines())

    assert [
        "held back owner='005' of salesforce Task 0 and 999 more: nobody knows them",
        "held back type='Fax' of salesforce Task 0: no such value",
    ] == told[:2]


def test_plan_writes_nothing(both: Both, desk: Any) -> None:
    """`plan` and `run --dry-run` say what would be written."""
    call, _ = desk
    both.sf_task(Subject="Call")

    plan, dry = call("plan"), call("run", "--dry-run")

    assert "would create Task for salesforce Task 00T" in plan.output
    calls_apart = [text.output.split("Salesforce daily calls")[0] for text in (plan, dry)]
    assert calls_apart[0] == calls_apart[1]
    assert [] == both.ph_tasks()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("Both Directions", "Both"), "sections[0].direction"),
        (("[planhat]", "[planhat"), "is not valid TOML"),
        (("${SF_TOKEN}", "${NO_SUCH_NAME}"), "salesforce.access_token: the environment has no"),
        (("sqlite:///", "nonsense:///"), "state"),
        (("sync.db", "no/such/folder/sync.db"), "the state database cannot be used"),
        (("sqlite:///", "postgresql+psycopg://host:port/"), "the state database cannot be used"),
        (("sqlite:///", "mysql://host/"), "the state database needs MySQLdb, which is not installed"),
    ],
)
def test_one_clear_line(desk: Any, change: tuple[str, str], words: str) -> None:
    """What a person can put right is said in one line, and the exit status is not zero."""
    call, config = desk
    config.write_text(config.read_text("utf-8").replace(*change), "utf-8")

    result = call("run")

    assert 1 == result.exit_code
    assert words in result.output
    assert 1 == len(result.output.strip().splitlines())


@pytest.mark.parametrize("how", ["no database", "half of one", "another version's"])
def test_a_state_that_cannot_be_read_is_said_in_one_line(both: Both, desk: Any, tmp_path: Path, how: str) -> None:
    """Nothing is asked of a service, and the file stays as it is."""
    call, _ = desk
    path = tmp_path / "sync.db"
    call("run")
    if how == "another version's":
        with sqlite3.connect(path) as old:
            old.execute("ALTER TABLE links DROP COLUMN version")
        old.close()
    else:
        path.write_bytes(b"x" * 4096 if how == "no database" else path.read_bytes()[:9000])
    kept, wrote = path.read_bytes(), len(both.planhat.exchanges(0))

    results = [call("run"), call("plan"), call("status")]

    assert [1, 1, 1] == [result.exit_code for result in results]
    for result in results:
        assert (
            "the state database is another" if how[0] == "a" else "the state database cannot be used: "
        ) in result.output
        assert 1 == len(result.output.strip().splitlines())
    assert (kept, wrote) == (path.read_bytes(), len(both.planhat.exchanges(0)))


def test_a_missing_file_and_a_wrong_token(desk: Any, both: Both) -> None:
    """A missing file is exit 1; a service that refuses us is exit 2 with the reason."""
    call, config = desk
    text = config.read_text("utf-8")
    config.write_text(text.replace("understudy-planhat-token", "wrong"), "utf-8")
    refused = call("run")
    config.unlink()
    missing = call("status")

    assert (2, 1) == (refused.exit_code, missing.exit_code)
    assert "Planhat refuses the token; check planhat.token" in refused.output
    assert "cannot be read" in missing.output


def test_the_ca_file_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the user says on the command line is what is trusted, whatever REQUESTS_CA_BUNDLE holds."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "elsewhere.pem")
    asked: list[Any] = []

    class Recorder(requests.adapters.BaseAdapter):
        def send(self, request: Any, **options: Any) -> requests.Response:  # type: ignore[override]
            asked.append(options["verify"])
            answer = requests.Response()
            answer.status_code, answer.url, answer.request, answer._content = 200, request.url, request, b""
            return answer

        def close(self) -> None: ...

    session = requests.Session()
    session.mount("https://", Recorder())
    session.verify = "ours.pem"
    transport = Transport(
        service="planhat", session=session, clock=RealClock(), attempts_max=1, judge=lambda _answer: Verdict.DONE
    )
    transport.send("GET", "https://api.planhat.com/tasks", repeatable=True)

    assert ["ours.pem"] == asked
