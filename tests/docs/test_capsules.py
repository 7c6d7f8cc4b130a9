"""The sessions of docs/capsules.md print what they say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/capsules.md"


def test_the_sessions_print_what_they_say(tmp_path: Path) -> None:
    """A YAML block that begins with a file's name is that file; each command is run beside it, one after the other."""
    text = PAGE.read_text("utf-8")
    for name, block in re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(block, "utf-8")
    ran = 0
    for session in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for command, said in re.findall(r"^\$ understudy (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
            words = [sys.executable, "-m", "crm_contracts", *shlex.split(command)]
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert said == done.stdout, command + done.stderr
            ran += 1
    assert ran > 0
