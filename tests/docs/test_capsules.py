"""The sessions of docs/capsules.md print what they say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm_contracts.cli import understudy

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/capsules.md"
ROOMS = os.pathsep.join(str(ROOT / name) for name in ("mocks", "contracts", "sync"))


def ours(command: str) -> str:
    """What `understudy` prints; in this process, for loading the fakes takes longer than most commands."""
    return CliRunner().invoke(understudy, shlex.split(command)).stdout


def pytests(command: str) -> str:
    """What somebody else's pytest prints, but how long it took."""
    words = [sys.executable, "-m", "pytest", "-p", "crm_contracts.plugin", "-p", "no:cacheprovider"]
    installed = os.environ | {"PYTHONPATH": ROOMS}
    done = subprocess.run([*words, *shlex.split(command)], env=installed, capture_output=True, text=True, check=False)
    return re.sub(r" in [0-9.]+s$", "", done.stdout, flags=re.MULTILINE)


@pytest.mark.parametrize("ci", [False, True], ids=["at a desk", "on a CI machine"])
def test_the_sessions_print_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ci: bool) -> None:
    """A YAML block that begins with a file's name is that file; each command is run beside it, one after the other."""
    for name in ("CI", "BUILD_NUMBER"):  # where one is set, pytest shortens nothing
        monkeypatch.delenv(name, raising=False)
    if ci:
        monkeypatch.setenv("CI", "true")
    text = PAGE.read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    for name, block in re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(block, "utf-8")
    ran = 0
    for session in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for program, command, said in re.findall(r"^\$ (\w+) (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
            printed = ours(command) if program == "understudy" else pytests(command)
            assert said == printed, command
            ran += 1
    assert ran > 0
