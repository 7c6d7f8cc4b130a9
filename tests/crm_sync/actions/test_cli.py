"""`actions run`, `check` and `connect` as a person uses them, and the session in docs/actions.md."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.crm_sync.actions.desk import EXAMPLES, ROOT, SF, Desk

from crm_sync.actions.cli import actions

WORKFLOW = str(EXAMPLES / "post-meeting-tasks.json")
EVENT = str(EXAMPLES / "events" / "meeting-ended.json")
CONFIG = ROOT / "fixtures" / "configs" / "actions.toml"


@pytest.fixture
def call(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The command line against the fake, with the shipped configuration and a state of its own."""
    for name in ("refresh_token", "client_id", "client_secret"):
        monkeypatch.setenv(f"SALESFORCE_{name.upper()}", desk.credentials[name])
    monkeypatch.setenv("SALESFORCE_URL", SF)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Any:
        with desk.network:
            return CliRunner().invoke(actions, list(words))

    return run


def test_run_says_what_became_of_each_item(desk: Desk, call: Any) -> None:
    """Items line by line; 2 because one was refused; the second firing does nothing and is 0."""
    first = call("run", WORKFLOW, EVENT, "--config", str(CONFIG))
    second = call("run", WORKFLOW, EVENT, "--config", str(CONFIG), "--json")

    assert (2, 0) == (first.exit_code, second.exit_code), first.output
    assert ["created Task", "created Task", "refused Crea"] == [line[:12] for line in first.output.splitlines()[1:4]]
    assert (True, []) == (json.loads(second.output)["already"], json.loads(second.output)["outcomes"])
    assert 2 == len(desk.tasks())


def test_a_dry_run_sends_and_remembers_nothing(desk: Desk, call: Any) -> None:
    """It prints the bodies; the run that follows is the first."""
    dry = call("run", WORKFLOW, EVENT, "--config", str(CONFIG), "--dry-run")
    exchanges = desk.fake.exchanges(0)
    real = call("run", WORKFLOW, EVENT, "--config", str(CONFIG))

    assert "would create Task by Create Salesforce Task[0]: WhatId = '006" in dry.output
    assert "2 would create, 1 refused; 0 calls" in dry.output
    assert [] == exchanges
    assert "2 created, 1 refused" in real.output


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("x\\ud83d", "1", "surrogates"), ("x", "NaN", "Out of range"), ("x", "1e999", "Out of range")],
)
def test_what_is_no_json_is_said(desk: Desk, call: Any, tmp_path: Path, name: str, value: str, words: str) -> None:
    """Python reads half a letter and NaN: said when the workflow is read, not when a database or a service is met."""
    bad = tmp_path / "bad.json"
    text = Path(WORKFLOW).read_text("utf-8")
    bad.write_text(text.replace('"schema_version"', f'"n": "{name}", "v": {value}, "schema_version"', 1), "utf-8")

    run, check = call("run", str(bad), EVENT, "--config", str(CONFIG)), call("check", str(bad))

    for result in (run, check):
        assert (1, 1) == (result.exit_code, len(result.output.strip().splitlines()))
        assert "the workflow is not valid JSON: " in result.output
        assert words in result.output
    assert [] == desk.wire.sent


def test_check(call: Any, tmp_path: Path) -> None:
    """No mistakes is 0; mistakes are one line each and 1."""
    bad = tmp_path / "bad.json"
    bad.write_text('{"schema_version": "ds-v1", "name": "x", "nodes": [{"id": "a", "type": "b"}]}', "utf-8")

    good, wrong, told = call("check", WORKFLOW), call("check", str(bad)), call("check", str(bad), "--json")

    assert (0, 1, 1) == (good.exit_code, wrong.exit_code, told.exit_code)
    assert "5 nodes, no mistakes" in good.output
    assert f"{bad}: nodes[0].type: 'b' is no node that is played; see docs/actions.md\n" == wrong.output
    assert 1 == len(json.loads(told.output)["problems"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "none.json", EVENT), "none.json: the workflow cannot be read"),
        (("run", WORKFLOW, "none.json"), "none.json: the event cannot be read"),
        (("run", WORKFLOW, WORKFLOW), "is no event"),
        (("run", EVENT, EVENT), "schema_version"),
        (("run", WORKFLOW, EVENT, "--state", "nonsense:///x"), "check --state"),
        (("run", WORKFLOW, EVENT, "--state", "sqlite:////no/such/folder/x.db"), "check --state"),
        (
            ("run", WORKFLOW, EVENT, "--state", "postgresql+psycopg2://u@h/x"),
            "is not installed: pip install",
        ),
    ],
)
def test_bad_input_is_one_line(call: Any, words: tuple[str, ...], told: str) -> None:
    """What, where and what to do; exit status 1."""
    result = call(*words, "--config", str(CONFIG))

    assert (1, 1) == (result.exit_code, len(result.output.strip().splitlines())), result.output
    assert told in result.output


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[salesforce]", "[salesforce"), "is not valid TOML"),
        (("${SALESFORCE_URL}", "${NOT_THERE}"), "salesforce.base_url: the environment has no NOT_THERE"),
        (("${SALESFORCE_URL}", "salesforce"), "salesforce.base_url: Not an http or https address"),
        (('"written"', '"mine"'), "options.day_of: Must be one of: written, utc"),
        (("lease_seconds = 600", "lease_seconds = 1"), "options.lease_seconds"),
        (("lease_seconds", "leese_seconds"), "options.leese_seconds: Unknown field"),
        (("refresh_token =", "# refresh_token ="), ""),
    ],
)
def test_a_wrong_configuration_is_one_line(call: Any, tmp_path: Path, change: tuple[str, str], told: str) -> None:
    """The path of the key; exit status 1."""
    config = tmp_path / "config.toml"
    text = CONFIG.read_text("utf-8").replace("../workflows", str(EXAMPLES))
    assert change[0] in text
    config.write_text(text.replace(*change), "utf-8")

    result = call("connect", "--config", str(config))

    assert (bool(told), 1) == (result.exit_code == 1, len(result.output.strip().splitlines()))
    assert told in result.output


def test_connect_says_what_is_wrong(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused log-in is one line and 1, and run then sends nothing until connect works."""
    monkeypatch.setenv("SALESFORCE_REFRESH_TOKEN", "revoked")
    refused = call("connect", "--config", str(CONFIG))
    run = call("run", WORKFLOW, EVENT, "--config", str(CONFIG))

    assert (1, 1) == (refused.exit_code, len(refused.output.strip().splitlines()))
    assert "NEEDS_RECONNECT" in refused.output
    assert "0 calls to Salesforce; connection needs_reconnect" in run.output


def test_the_session_in_the_docs(desk: Desk, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of docs/actions.md prints what the page says."""
    page = (ROOT / "docs/actions.md").read_text("utf-8")
    (session,) = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    monkeypatch.setattr("crm_sync.actions.cli.DEFAULT_STATE", "sqlite://")
    state = "sqlite:///state.db"

    for part in session.split("$ understudy actions ")[1:]:
        command, _, printed = part.partition("\n")
        words = [str(ROOT / word) if word.startswith("fixtures/") else word for word in shlex.split(command)]
        result = call(*words, *(["--state", state] if "--config" in words else []))
        assert printed.splitlines() == result.output.splitlines()
    assert desk.opportunity == "006Ud0000000001IAA"
