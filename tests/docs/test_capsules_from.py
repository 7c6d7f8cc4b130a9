"""docs/capsules_from.md: each command prints what the page says it prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm_contracts.cli import understudy

ROOT = Path(__file__).parents[2]
SESSIONS = re.findall(
    r"^```console\n(.*?)^```", (ROOT / "docs/capsules_from.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("session", SESSIONS)
def test_the_commands_of_the_page_print_what_it_says(
    session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run as they stand, where `fixtures` is the repository's."""
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(tmp_path)
    command, *expected = session.removeprefix("$ understudy ").splitlines()
    done = CliRunner().invoke(understudy, shlex.split(command))

    assert expected == done.output.splitlines()
    assert 0 == done.exit_code
