"""The HAR files of fixtures/har, as somebody meets them on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crm_contracts.capsules import read_capsule, replay
from crm_contracts.capsules.cli import capsule as command
from crm_contracts.capsules.stages import Stages
from crm_contracts.vendors import by_host

HARS = sorted((Path(__file__).parents[4] / "fixtures" / "har").glob("*.har"))


@pytest.mark.parametrize("path", HARS, ids=lambda path: path.stem)
def test_an_example_becomes_a_capsule_that_replays(path: Path, tmp_path: Path) -> None:
    """Made, written, read, played: and the reference sync holds under what went wrong in it."""
    out = tmp_path / "x.capsule.yaml"
    done = CliRunner().invoke(command, ["from-har", str(path), "-o", str(out)])
    assert 0 == done.exit_code, done.output
    made = read_capsule(out)

    assert out.stat().st_size < 4096
    with Stages() as stages:
        assert replay(made, stages).holds


def test_the_order_of_a_file_does_not_change_the_story() -> None:
    """The odd file is the sync's own, newest first, with entries that are none of ours."""
    told = {
        name: CliRunner()
        .invoke(command, ["from-har", str(path)])
        .stdout.partition("ops:")[2]
        .partition("questions:")[0]
        for name, path in ((path.stem, path) for path in HARS)
    }

    assert told["sync-alone"] == told["odd"]


def test_without_o_the_capsule_is_printed_and_the_count_told_beside_it() -> None:
    """So that it can be piped."""
    done = CliRunner().invoke(command, ["from-har", str(HARS[0])])

    assert done.stdout.startswith("capsule: 1\n")
    assert " entries: " in done.stderr
    assert " entries: " not in done.stdout


@pytest.mark.parametrize("word", ["planhat", "x=hubspot", "=planhat"])
def test_a_host_is_said_as_host_and_vendor(word: str) -> None:
    """One line says how."""
    done = CliRunner().invoke(command, ["from-har", str(HARS[0]), "--host", word])

    assert (2, True) == (done.exit_code, "HOST=VENDOR" in done.stderr)


def test_a_host_is_known_in_any_case() -> None:
    """Host names have no case: they are looked up in small letters."""
    assert {"api.acme.example:8444": "planhat"} == by_host(["API.Acme.example:8444=planhat"])
