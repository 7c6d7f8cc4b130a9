"""Capsules in somebody else's repository are tests there: without code, readable where they fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crm_contracts import plugin
from crm_contracts.capsules import Capsule, Customer, assert_holds, write_capsule
from crm_contracts.capsules.capsule import SUFFIX, Engine
from crm_contracts.capsules.to_pytest import to_pytest
from crm_contracts.cli import understudy
from crm_contracts.world import ops
from crm_contracts.world.ops import SALESFORCE, TASK
from crm_contracts.world.profiles import PROFILES, profile

ROOT = Path(__file__).parents[3]
HOLDS = Capsule(
    title='The "Call": is there once',
    saw='Ann saw it twice, "again".',
    profile="planhat",
    clock=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    customers={"acme": Customer(name="Acme"), "globex": Customer(partner=False)},
    ops=(
        ops.Create(side=TASK, act="act-1", fields={"mainType": "task", "action": "Call\u00a0Ann 🚀 \\ 'x'"}),
        ops.Sync(crash_at=3),
    ),
    questions=("Why\ntwice?",),
    engine=Engine("published", "a creation is sent again"),
    expect={"act-1": {SALESFORCE: 1}},
)
# One file of several for which the project is strict: what `-W error` says for all of them.
STRICT = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name.startswith("strict"):
            item.add_marker(pytest.mark.filterwarnings("error::crm_contracts.capsules.OpenQuestionWarning"))
"""
BREAKS = replace(HOLDS, title="Nobody is called Bob", expect={"act-1": {SALESFORCE: {"Subject": "Call Bob"}}})


def outside(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Somebody else's pytest, with our plugin, as an installed Understudy has it."""
    roots = os.pathsep.join(str(ROOT / name) for name in ("mocks", "contracts", "sync"))
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_repository_with_capsules_needs_no_code(tmp_path: Path) -> None:
    """Each file is a test; the one that fails tells its story; what is no capsule says its line; code does the same.

    One that holds and has an open question is green and warns of it, or fails where the project says so.
    """
    write_capsule(HOLDS, tmp_path / f"holds{SUFFIX}")
    write_capsule(BREAKS, tmp_path / f"breaks{SUFFIX}")
    (tmp_path / f"broken{SUFFIX}").write_text("capsule: 1\ntitle: 5\nprofile: planhat\nops: []\n", "utf-8")
    (tmp_path / "other.yaml").write_text("a: 1\n", "utf-8")
    (tmp_path / "test_green.py").write_text(to_pytest(HOLDS), "utf-8")
    (tmp_path / "test_red.py").write_text(to_pytest(BREAKS), "utf-8")
    write_capsule(replace(HOLDS, ops=(), expect={}, title="Strict"), tmp_path / f"strict{SUFFIX}")
    (tmp_path / "conftest.py").write_text(STRICT, "utf-8")
    done = outside(tmp_path, "pytest", "-q", "-rA", "-p", "crm_contracts.plugin", "-p", "no:cacheprovider")
    said = done.stdout

    assert (1, "4 failed, 2 passed, 1 warning") == (done.returncode, said.splitlines()[-1].partition(" in ")[0])
    warned = re.search(rf"holds{SUFFIX}:(\d+): (\w+): (1 open question, so another .+\n.+)", said)
    assert warned is not None
    assert "questions:" == (tmp_path / f"holds{SUFFIX}").read_text("utf-8").splitlines()[int(warned[1]) - 1]
    assert ("OpenQuestionWarning", "Why twice?") == (warned[2], warned[3].splitlines()[1].strip())
    assert f"FAILED strict{SUFFIX}::replay - 1 open question, so another story" in said
    assert "open question: Why twice?" in said.partition(f"capsule breaks{SUFFIX}")[2]
    for line in (
        f"PASSED holds{SUFFIX}::replay",
        "PASSED test_green.py::test_the_call_is_there_once",
        f"broken{SUFFIX}, line 2, title: 5 is not a text: put it in quotes",
        "seen by the customer: Ann saw it twice",
    ):
        assert line in said
    story = said.partition(f"capsule breaks{SUFFIX}")[2].partition("capsule broken")[0]
    for line in ("Nobody is called Bob", "act-1, salesforce: Subject is", "expected 'Call Bob'", "│ Planhat"):
        assert line in story
    assert not [word for word in ("Traceback", "suite.py", "Error", "raise ") if word in story]


def test_a_repository_can_put_its_own_sync_to_the_test(tmp_path: Path) -> None:
    """The command of the pytest configuration performs each run, in the project's root; ours would have held."""
    write_capsule(replace(HOLDS, ops=HOLDS.ops[:1]), tmp_path / f"never-sent{SUFFIX}")
    write_capsule(replace(HOLDS, ops=(), expect={}), tmp_path / f"nothing-to-do{SUFFIX}")
    (tmp_path / "sync.py").write_text(
        "import os\nprint(os.environ['PLANHAT_URL'], file=open('runs.txt', 'a'))\n", "utf-8"
    )
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\nunderstudy_sync_command = {sys.executable} sync.py\nunderstudy_sync_timeout = 30\n", "utf-8"
    )
    done = outside(inside, "pytest", "-q", "-p", "crm_contracts.plugin", "-p", "no:cacheprovider", "..")
    failed, summed = done.stdout.splitlines()[-2:]

    assert "1 failed, 1 passed, 1 warning" == summed.partition(" in ")[0]
    assert failed.startswith(f"FAILED ../never-sent{SUFFIX}::replay - ")
    assert (tmp_path / "runs.txt").read_text("utf-8").startswith("http://localhost:")
    assert [] == list(inside.iterdir())


def test_the_plugin_costs_nothing_where_there_is_no_capsule() -> None:
    """pytest loads the plugin in every project: it loads no fake, no world and no YAML until somebody asks."""
    heavy = ("crm_contracts.capsules", "crm_contracts.world", "fake_", "yaml", "flask", "sqlalchemy", "crm_sync")
    code = f"import sys, crm_contracts.plugin; print([name for name in sys.modules if name.startswith({heavy!r})])"
    done = outside(ROOT, "timeit", "-n1", "-r1", code)

    assert (SUFFIX, "[]") == (plugin.CAPSULE_SUFFIX, done.stdout.splitlines()[0])


@pytest.mark.parametrize("name", PROFILES)
def test_a_printed_test_plays_the_very_capsule(name: str) -> None:
    """What is printed is Python, with public names only, and says all that the capsule says of what happened."""
    capsule = Capsule(title="t", profile=name, start=(), ops=tuple(profile(name).history(4, 40, 0)), external_id=True)
    for one in (capsule, HOLDS):
        text = to_pytest(one)
        space: dict[str, Any] = {}
        exec(compile(text, "printed", "exec"), space)
        played: list[Capsule] = []
        space["assert_holds"] = played.append
        next(value for key, value in space.items() if key.startswith("test_"))()

        assert [replace(one, engine=None, questions=())] == played
        assert all(not part.startswith("_") for line in text.splitlines() if "import" in line for part in line.split())


def test_a_red_capsule_raises_its_story() -> None:
    """The function that printed tests call: silent where all holds, the story where it does not."""
    assert_holds(HOLDS)
    with pytest.raises(AssertionError, match="Nobody is called Bob\nseen by the customer: Ann"):
        assert_holds(BREAKS)


def test_the_command_prints_the_test(tmp_path: Path) -> None:
    """As it stands in the file; open questions are comments."""
    write_capsule(HOLDS, tmp_path / "one.capsule.yaml")
    done = CliRunner().invoke(understudy, ["capsule", "to-pytest", str(tmp_path / "one.capsule.yaml")])

    assert (0, to_pytest(HOLDS)) == (done.exit_code, done.output)
    assert "    # open question: Why twice?\n" in done.output
