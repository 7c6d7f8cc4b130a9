"""Python clients in an environment of their own, each call of a test in a process of its own.

Such a client knows the vendor's address and no other; its process finds that address, and the CA to trust, as on a
machine whose hosts file names the served fake (python/sitecustomize.py). The client itself is as PyPI has it.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from tests.clients.served import SECONDS_MAX, Served

from fake_core.control import ControlClient

FOLDER = Path(__file__).parent / "python"
HOSTS = {"planhat": "*.planhat.com", "totango": "*.totango.com"}
_PRELUDE = """
import json, os
TOLD = json.loads(os.environ["TOLD"])
def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except Exception as error:
        return type(error).__name__, str(error)
    raise AssertionError("was not refused")
"""


def own_or_skip(environment: str, program: str = "python") -> Path:
    """A program of the environment *environment*; skips, or fails where the clients are required, without it."""
    path = FOLDER / f".{environment}" / "bin" / program
    if path.exists() and (FOLDER / f".{environment}" / ".ready").exists():
        return path
    why = f"the Python clients ({environment}) are not installed: make clients"
    if os.environ.get("UNDERSTUDY_CLIENTS") == "required":
        pytest.fail(why)
    pytest.skip(why)


def run(served: Served, environment: str, *words: str, program: str = "python", **more: Any) -> str:
    """What *program* prints, for which the vendor's hosts are *served*."""
    command = [str(own_or_skip(environment, program)), *words]
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(served.home),
        "PYTHONPATH": str(FOLDER),
        "PYTHONWARNINGS": "ignore",
        "UNDERSTUDY_WAYS": json.dumps({HOSTS[served.vendor]: urlsplit(served.url).port}),
        "UNDERSTUDY_CA": str(served.words["ca_file"]),
        "TOLD": json.dumps({**served.words, **more}),
    }
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def python(served: Served, environment: str, script: str, **more: Any) -> Any:
    """What *script* calls `found`; it has `TOLD` (what the fake told, and *more*) and `refused(call, …)`."""
    printed = run(served, environment, "-c", f"{_PRELUDE}\n{script}\nprint(json.dumps(found))", **more)
    return json.loads(printed.splitlines()[-1])


def control(served: Served) -> ControlClient:
    """The control plane of *served*."""
    session = requests.Session()
    session.trust_env = False  # a CA bundle of this machine would win over ours
    session.verify = str(served.words["ca_file"])
    return ControlClient(served.url, session)
