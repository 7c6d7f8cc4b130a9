"""`understudy --help` is quick, and names every command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from crm_contracts.cli import _LAZY, main, understudy

CODE = """
import sys
from crm_contracts.cli import understudy
understudy(["--help"], standalone_mode=False)
print(sorted(sys.modules))
"""


@pytest.mark.parametrize("name", _LAZY)
def test_a_command_is_where_the_table_says(name: str) -> None:
    """Each loads, and goes by the name that leads to it."""
    command = understudy.get_command(click.Context(understudy), name)

    assert command is not None
    assert name == command.name


def test_help_names_every_command() -> None:
    """Those that are loaded later, too, each with a word on what it does that fits its line."""
    said = (
        CliRunner().invoke(understudy, ["--help"], terminal_width=100).output.partition("Commands:")[2].splitlines()[1:]
    )

    assert sorted([*_LAZY, *understudy.commands]) == [line.split()[0] for line in said]
    assert [] == [line for line in said if len(line.split()) < 2 or line.endswith("...")]


@pytest.mark.parametrize("words", ["compare", "conform", "contract check", "org diff", "simulate", "verify"])
def test_what_a_build_can_fail_on_tells_its_exit_status(words: str) -> None:
    """Whoever writes the CI job has --help before them."""
    said = CliRunner().invoke(understudy, [*words.split(), "--help"]).output
    assert "exit status" in " ".join(said.lower().split())


def test_a_file_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whichever command it was; an error of the system that names no file is a bug, and has a traceback."""

    def command(**_: object) -> None:
        (tmp_path / "no" / "x").write_text("")

    monkeypatch.setattr("crm_contracts.cli.understudy", command)
    with pytest.raises(SystemExit) as ended:
        main()

    assert 1 == ended.value.code
    assert f"understudy: {tmp_path / 'no' / 'x'}: No such file or directory\n" == capsys.readouterr().err


def test_help_loads_no_command() -> None:
    """Loading the fakes, the sync or a command takes many times as long as showing the help."""
    modules = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout

    assert [] == [name for name in ("flask", "sqlalchemy", "crm_sync", "fake_core.fake") if f"'{name}'" in modules]
