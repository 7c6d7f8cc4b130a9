"""Runs an atheris target for a minute."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run_atheris(target: Path, *, timeout: int) -> None:
    """Fails the test with the fuzzer's last words when an input takes more than *timeout* seconds, or breaks."""
    pytest.importorskip("atheris", reason="atheris is not installed: the nightly group brings it")

    done = subprocess.run(
        [sys.executable, str(target), "-max_total_time=60", "-rss_limit_mb=4096", f"-timeout={timeout}"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path(__file__).parents[2],
    )

    assert 0 == done.returncode, done.stderr[-3_000:]
