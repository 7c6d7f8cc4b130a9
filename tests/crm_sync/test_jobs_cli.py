"""`sync jobs` as a person uses it, against both fakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from crm_contracts.vendors import HOSTS
from crm_sync.cli import sync
from crm_sync.config import Config
from crm_sync.jobs import cli
from crm_sync.run import State

from .totango_both import PIA, TotangoBoth

EXAMPLE = Path(__file__).parents[2] / "fixtures/configs/totango.toml"
Call = Callable[..., Result]


@pytest.fixture
def both(totango_world: TotangoBoth) -> TotangoBoth:
    return totango_world.again()


@pytest.fixture
def call(both: TotangoBoth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line over the example configuration, on the fakes' network and clock."""
    salesforce, totango = both.stage.logins["salesforce"], both.stage.logins["totango"]
    environment = {f"SALESFORCE_{name.upper()}": text for name, text in salesforce.credentials.items()}
    environment |= {"SALESFORCE_URL": HOSTS["salesforce"], "TOTANGO_URL": HOSTS["totango"]}
    environment["TOTANGO_TOKEN"] = totango.credentials["token"]
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(requests, "Session", lambda: both.stage.session)
    monkeypatch.setattr(cli, "clock_of", lambda *_: both.clock)
    state = f"sqlite:///{tmp_path}/jobs.db"

    def run(*arguments: str, config: Path = EXAMPLE) -> Result:
        where = [] if arguments[0] == "list" else ["--state", state]
        return CliRunner().invoke(sync, ["jobs", *arguments, "--config", str(config), *where])

    return run


@pytest.mark.rule("T2")
@pytest.mark.rule("T3")
def test_jobs_run_when_they_are_due(both: TotangoBoth, call: Call) -> None:
    """New jobs run at once, each its own direction; after that nothing moves until one is due again."""
    both.tt_task(title="out")
    both.tt_touchpoint(subject="met")
    both.tt_touch()
    both.sf_create(Subject="in")

    first = call("run", "--json")
    assert 0 == first.exit_code, first.output
    figures = {one["job"]: one["statistics"] for one in json.loads(first.output)}
    assert {"tasks-in": 1, "tasks-out": 1, "touchpoints-out": 1, "campaigns": 1} == {
        name: one["created"] for name, one in figures.items()
    }
    assert ({"out", "in"}, 2) == ({row["title"] for row in both.tt_all()}, len(both.sf_all("Event")))

    both.sf_create(Subject="later")
    assert "no job is due" in call("run").output
    both.clock.advance(timedelta(minutes=30))
    again = call("run")
    ran = [line for line in again.output.splitlines() if "processed" in line]
    assert ["tasks-out", "tasks-in"] == [line.split()[2][:-1] for line in ran]
    assert 3 == len(both.tt_all())


@pytest.mark.rule("T35")
def test_the_example_sends_the_time_of_day(both: TotangoBoth, call: Call) -> None:
    """Its touchpoint job maps the date twice: the Event has a start and an hour."""
    both.tt_touchpoint(touchpoint_date=int(both.clock.now().timestamp() * 1000))

    assert 0 == call("run", "touchpoints-out").exit_code
    event = both.sf_one("Event")
    assert ("2026-01-05T09:00:00.000+0000", False) == (event["StartDateTime"], event["IsAllDayEvent"])


@pytest.mark.rule("T21")
@pytest.mark.rule("T15")
def test_one_job_can_be_run_now_and_in_full(both: TotangoBoth, call: Call) -> None:
    """Whatever its schedule; what it skipped is told and not counted."""
    both.tt_task(account_id=both.stage.parents["island"])
    both.tt_task()
    call("run", "tasks-out")

    told = call("run", "tasks-out", "--full").output
    assert "tasks-out: 1 processed = 0 created, 0 updated, 0 failed, 0 deleted, 1 unchanged" in told
    assert "skipped 1 (not counted): " in told
    assert "account: 2 seen = 0 created + 0 updated + 1 unchanged + 1 skipped + 0 quarantined" in told
    (run,) = json.loads(call("run", "tasks-out", "--full", "--json").output)
    assert (1, 2) == (run["statistics"]["processed"], run["accounting"]["seen"])


@pytest.mark.rule("T22")
def test_a_preview_is_printed(both: TotangoBoth, call: Call) -> None:
    """Rows as the mapping makes them, and nothing written."""
    both.sf_create(Subject="first")

    told = call("preview", "tasks-in")
    rows = json.loads(call("preview", "tasks-in", "--json").output)
    assert "1 rows" in told.output
    assert ("first", PIA) == (rows[0]["values"]["title"], rows[0]["values"]["assigner"])
    assert [] == both.tt_all()


def test_the_example_is_listed_and_checked(call: Call) -> None:
    """The jobs of fixtures/configs/totango.toml, one a line."""
    lines = call("list").output.splitlines()

    assert ["tasks-in", "tasks-out", "touchpoints-out", "campaigns"] == [line.partition(":")[0] for line in lines]
    assert "tasks-in: Task:Task inbound, every 30 minutes, makes new records, 11 rows" == lines[0]
    assert ["hourly at :15", "workdays at 06:00 Europe/Berlin", "daily at 07:00 UTC"] == [
        line.split(", ")[1] for line in lines[1:]
    ]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["preview", "nobody"], "no job 'nobody': there are tasks-in, tasks-out, touchpoints-out, campaigns"),
        (["run", "nobody"], "no job 'nobody'"),
        (["run", "--full"], "--full: say which job"),
    ],
)
def test_a_wrong_word_is_one_line(call: Call, arguments: list[str], why: str) -> None:
    """What, where, what to do; exit status 1."""
    result = call(*arguments)

    assert (1, 1) == (result.exit_code, len(result.stderr.splitlines()))
    assert why in result.stderr


def test_a_configuration_without_jobs_says_so(call: Call, tmp_path: Path) -> None:
    """Sections alone are for `sync run`."""
    path = tmp_path / "sections.toml"
    text = EXAMPLE.read_text("utf-8")
    path.write_text(
        text[: text.index("[[jobs]]")]
        + '[[sections]]\ntotango = "Task"\nsalesforce = "Task"\ndirection = "Both Directions"\n',
        "utf-8",
    )

    assert "there are no [[jobs]]" in call("list", config=path).stderr
    assert 1 == len(Config.load(path).sections)


@pytest.mark.rule("F68", "I3")
def test_jobs_wait_for_whoever_holds_the_state(both: TotangoBoth, call: Call, tmp_path: Path) -> None:
    """While another process is at it, one that runs jobs too, nothing is written, and the exit status says so."""
    state = State(f"sqlite:///{tmp_path}/jobs.db")

    with state.leased("sync", both.clock, seconds=600):
        refused = call("run")

    assert 2 == refused.exit_code, refused.output
    assert "sync holds the state" in refused.output
    assert 0 == call("run").exit_code
    state.close()
