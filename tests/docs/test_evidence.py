"""docs/evidence.md: what it shows is what the commands print, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from crm_contracts.cli import understudy
from crm_contracts.traffic.har import read

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "evidence.md").read_text("utf-8")


def test_the_comparison_is_printed_as_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our evidence and the fakes agree, in the words of the page."""
    monkeypatch.chdir(ROOT)
    (shown,) = re.findall(
        r"^```console\n\$ understudy compare fixtures/evidence\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL
    )
    done = CliRunner().invoke(understudy, ["compare", "fixtures/evidence"])
    assert (0, shown.split()) == (done.exit_code, done.output.split())


def test_the_example_writes_what_passed(tmp_path: Path) -> None:
    """With a call in the place of the dots, the file has it."""
    (example,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "x.har"

    def work() -> None:
        requests.get("https://api.planhat.com/tasks", timeout=10)

    code = example.replace("...  # what is to be recorded", "work()")
    exec(compile(code, "docs/evidence.md", "exec"), {"path": path, "work": work})
    assert [("planhat", 401)] == [(call.vendor, call.status) for call in read(path).calls]


def test_every_option_of_record_is_named() -> None:
    """Whoever reads the page knows what can be chosen; `--help` tells the rest."""
    command = understudy.get_command(None, "record")  # type: ignore[arg-type]
    assert command is not None
    names = {name for option in command.params for name in option.opts if name.startswith("--")}
    told = {name for name in names if name not in PAGE and name.replace("--", "--no-") not in PAGE}
    assert {"--vendor", "--port", "--output", "--force"} >= told
