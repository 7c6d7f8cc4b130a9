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


def pytests(command: str, *, ci: bool) -> str:
    """What somebody else's pytest prints, but how long it took. Where CI is set it shortens nothing."""
    words = [sys.executable, "-m", "pytest", "-p", "crm_contracts.plugin", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "BUILD_NUMBER"}}
    environment |= {"PYTHONPATH": ROOMS} | ({"CI": "true"} if ci else {})
    done = subprocess.run([*words, *shlex.split(command)], env=environment, capture_output=True, text=True, check=False)
    return re.sub(r" in [0-9.]+s$", "", done.stdout, flags=re.MULTILINE)


def test_the_sessions_print_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A YAML block that begins with a file's name is that file; each command is run beside it, one after the other."""
    text = PAGE.read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    for name, block in re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(block, "utf-8")
    ran = 0
    for session in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for program, command, said in re.findall(r"^\$ (\w+) (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
            if program == "understudy":
                printed = {ours(command)}
            else:
                printed = {pytests(command, ci=False), pytests(command, ci=True)}
            assert {said} == printed, command
            ran += 1
    assert ran > 0
