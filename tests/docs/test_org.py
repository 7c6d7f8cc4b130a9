"""docs/org.md: the nightly job's files are read, its commands print what the page says, its snippet is valid."""

from __future__ import annotations

import copy
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.crm_contracts.test_orgs import Org, field_of

from crm_contracts.cli import understudy

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/org.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's files, and `today`: Task of the org they describe, with another outcome and shorter subjects."""
    for name, block in re.findall(r"^```toml (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(block, "utf-8")
    task = copy.deepcopy(Org(str(tmp_path / "acme.toml")).describe("Task"))
    field_of(task, "Subject")["length"] = 80
    values = field_of(task, "Outcome__c")["picklistValues"]
    values.append({**values[0], "value": "Rescheduled", "label": "Rescheduled"})
    (tmp_path / "today").mkdir()
    (tmp_path / "today" / "Task.json").write_text(json.dumps(task), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_of_the_page_print_what_it_says(folder: Path) -> None:
    """Run as they stand; what is left out of a long report is marked by a line of three dots."""
    (session,) = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    found = re.findall(r"^\$ understudy (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    for command, said in found:
        done = CliRunner().invoke(understudy, shlex.split(command))
        beginning, dots, end = said.partition("...\n")

        assert 3 == done.exit_code
        assert done.output.startswith(beginning)
        assert done.output.endswith(end)
        assert dots or said == done.output
    assert 2 == len(found)
    assert ["acme.toml", "allowed.toml", "today"] == sorted(path.name for path in folder.iterdir())


def test_the_snippet_is_one(folder: Path) -> None:
    """GitLab's published schema has nothing to say, and the last command of its script is one that runs."""
    (snippet,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (folder / "ci.yml").write_text(snippet, "utf-8")
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", "ci.yml"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    (command,) = re.findall(r"understudy (org diff .*)$", snippet, re.MULTILINE)
    (folder / "describes").symlink_to("today")
    (folder / "sync.toml").write_text((ROOT / "fixtures/configs/planhat.toml").read_text("utf-8"), "utf-8")
    assert 3 == CliRunner().invoke(understudy, shlex.split(command)).exit_code
    assert {"drift.xml", "drift.html"} <= {path.name for path in folder.iterdir()}
