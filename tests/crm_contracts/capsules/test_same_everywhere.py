"""A capsule makes the same requests on any machine: another Python, another hash seed, a stage that was used before.

Nightly: it makes a virtual environment of another Python, with what `requirements/run.txt` pins.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crm_contracts.capsules.capsule import SUFFIX
from crm_contracts.capsules.reading import read_capsule

ROOT = Path(__file__).parents[3]
GALLERY = ROOT / "fixtures" / "capsules"
ROUNDS, HASH_SEEDS = 2, ("1", "4711")
PLAYS = """
import json, sys
from pathlib import Path
from crm_contracts.capsules import read_capsule, replay
from crm_contracts.capsules.stages import Stages

found = {}
with Stages() as stages:
    for _ in range(int(sys.argv[2])):
        for path in sorted(Path(sys.argv[1]).rglob("*.capsule.yaml")):
            found.setdefault(path.name, []).append(replay(read_capsule(path), stages).log)
print(json.dumps(found))
"""


def version_of(python: Path) -> tuple[int, int]:
    code = "import sys; print(*sys.version_info[:2])"
    said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    major, minor = said.split()
    return int(major), int(minor)


def other_python() -> Path | None:
    """A newer or older Python than this one that our code runs on, of pyenv or on the PATH."""
    names = [f"python3.{minor}" for minor in (12, 13, 14, 11)]
    folders = [Path.home() / ".pyenv" / "versions", *map(Path, os.get_exec_path())]
    found = [
        path
        for name in names
        for folder in folders
        for path in ((folder / name,) if folder.name != "versions" else sorted(folder.glob(f"*/bin/{name}")))
    ]
    works = [path for path in found if path.is_file() and os.access(path, os.X_OK)]
    return next((path for path in works if version_of(path) != sys.version_info[:2]), None)


def environment_of(python: Path, folder: Path) -> Path:
    """A virtual environment with what we run on, and nothing else."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    made = folder / "bin" / "python"
    pins = ROOT / "requirements" / "run.txt"
    subprocess.run([made, "-m", "pip", "install", "-q", "--require-hashes", "-r", pins], check=True)
    return made


def logs(python: Path, hash_seed: str) -> dict[str, list[str]]:
    """The hashes of all requests of each capsule, once for each round."""
    rooms = os.pathsep.join(str(ROOT / name) for name in ("mocks", "contracts", "sync"))
    done = subprocess.run(
        [python, "-c", PLAYS, GALLERY, str(ROUNDS)],
        env=os.environ | {"PYTHONPATH": rooms, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.nightly
def test_a_thousand_replays_make_the_same_requests(tmp_path: Path) -> None:
    """Under two Pythons and two hash seeds, twice each: one log for each capsule, that which stands in its file."""
    other = other_python()
    if other is None:
        pytest.skip("no second Python from 3.11 on this machine (looked on the PATH and in pyenv's versions)")
    pythons = (Path(sys.executable), environment_of(other, tmp_path / "other"))
    expected = {path.name: {read_capsule(path).log} for path in GALLERY.rglob(f"*{SUFFIX}")}
    found: dict[str, set[str]] = {name: set() for name in expected}
    replays = 0
    for python in pythons:
        for hash_seed in HASH_SEEDS:
            for name, every in logs(python, hash_seed).items():
                found[name] |= set(every)
                replays += len(every)

    assert len(expected) * len(pythons) * len(HASH_SEEDS) * ROUNDS == replays
    assert replays > 1_000
    assert expected == found
