"""docs/ci.md: its workflow and its snippet are valid, and every command in them runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm_contracts.integration.ladder import names
from crm_contracts.integration.table import rows

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
GITHUB, GITLAB = (text for text in BLOCKS if "understudy contract check" in text)
SCHEMAS = [(GITHUB, "vendor.github-workflows"), (GITLAB, "vendor.gitlab-ci")]


def commands(text: str) -> list[str]:
    """The shell commands of a workflow or a snippet, in order."""
    document: dict[str, Any] = yaml.safe_load(text)
    if "jobs" in document:
        return [step["run"] for step in document["jobs"]["contract"]["steps"] if "run" in step]
    return list(document["contract"]["script"])


@pytest.mark.parametrize(("text", "schema"), SCHEMAS, ids=["github", "gitlab"])
def test_a_workflow_is_valid(tmp_path: Path, text: str, schema: str) -> None:
    """The published schema of each service has nothing to say."""
    file = tmp_path / "ci.yml"
    file.write_text(text, "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)

    file.write_text(text.replace("script:", "scripts:").replace("runs-on:", "run-on:"), "utf-8")
    assert 1 == subprocess.run(command, capture_output=True, check=False).returncode


def test_every_check_and_every_rung_is_in_the_page() -> None:
    """Whoever reads a finding's name finds it there."""
    assert [] == [name for name in [*rows(), *names()] if f"`{name}`" not in PAGE]


@pytest.mark.nightly
@pytest.mark.parametrize("text", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_every_command_of_a_workflow_runs(tmp_path: Path, text: str) -> None:
    """In a fresh folder, one after the other; pip looks whether it could install, and changes nothing."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "fixtures" / "naive_integration", project)
    if text == GITHUB:
        (project / "understudy").symlink_to(ROOT)  # what actions/checkout puts there
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "UNDERSTUDY_REPOSITORY": str(ROOT),
        "PIP_DRY_RUN": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # of all of its switches, this one is meant the other way round
    }
    for command in commands(text):
        done = subprocess.run(
            ["bash", "-e", "-c", command], cwd=project, env=environment, capture_output=True, text=True, check=False
        )
        assert 0 == done.returncode, f"{command}\n{done.stdout}\n{done.stderr}"
    left = {path.name for path in project.iterdir() if path.suffix in {".xml", ".sarif", ".html"}}
    assert {"pytest.xml", "contract.html", "contract.sarif" if text == GITHUB else "contract.xml"} == left
