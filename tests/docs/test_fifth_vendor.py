"""The fifth vendor of CONTRIBUTING.md: its files are taken from the page, installed, and played."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOTS = [str(ROOT / name) for name in ("mocks", "contracts", "sync")]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
FILES: dict[str, str] = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
LINES_MAX = 150  # of the vendor, its document included, without its tests


def environment(folder: Path) -> dict[str, str]:
    """Who runs there has the vendor installed, and our rooms in reach."""
    path = os.pathsep.join([str(folder / "site"), *ROOTS])
    return os.environ | {"PYTHONPATH": path, "UNDERSTUDY_HOME": str(folder / "home")}


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of Python's."""
    command = [sys.executable, "-m", *words]
    return subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=300
    )


def run_its_tests(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(folder, "pytest", "-q", "-p", "crm_contracts.plugin", "-p", "no:cacheprovider", "test_acme.py")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page and the package installed, as a user would."""
    folder = tmp_path_factory.mktemp("acme")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    done = run(folder, "pip", "install", "-q", *offline, "--target", "site", ".")
    assert 0 == done.returncode, done.stderr
    shutil.rmtree(folder / "fake_acme")
    return folder


def test_it_is_played_from_its_few_lines(acme: Path) -> None:
    """Fixture, request, fault, lane and ledger work for a package that our source does not name."""
    done = run_its_tests(acme)
    lines = sum(len(text.splitlines()) for name, text in FILES.items() if not name.startswith("test_"))

    assert 0 == done.returncode, done.stdout + done.stderr
    assert re.search(r"^[1-9]\d* passed", done.stdout, re.MULTILINE)
    assert "## Acme Notes" in run(acme, "crm_contracts", "ledger").stdout
    assert lines <= LINES_MAX


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("return 201, note", "return 200, note"), ('!= f"Bearer {token}"', 'is f"Bearer {token}"')],
    ids=["another status", "anybody gets in"],
)
def test_its_lane_finds_a_mistake(acme: Path, tmp_path: Path, right: str, wrong: str) -> None:
    """The lane that comes with the document holds every answer against it."""
    # Bytecode is taken as fresh when size and second agree, as they do for a change of as many letters made at once.
    shutil.copytree(acme, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    made = tmp_path / "site" / "fake_acme" / "__init__.py"
    text = made.read_text("utf-8")
    made.write_text(text.replace(right, wrong), "utf-8")
    done = run_its_tests(tmp_path)

    assert right in text
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "FAILED test_acme.py::test_every_answer_is_one_of_the_document" in done.stdout


def test_it_is_served(acme: Path) -> None:
    """`understudy serve` knows it, and tells what a client needs."""
    command = [sys.executable, "-m", "crm_contracts", "serve", "acme", "--port", "0", "--json"]
    with subprocess.Popen(command, env=environment(acme), cwd=acme, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
        finally:
            process.terminate()

    assert "acme-token" == told["acme"]["token"]
