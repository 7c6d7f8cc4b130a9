"""The reference sync over http: a first run over many activities, and later one in which a hundred of them changed.

The run after the first reads what the first one wrote: no scan can begin behind stamps that it had not seen. As long as
nobody edits anything, scans begin where those writes were, less the overlap. So somebody edits a record now and then,
as in any org, before the run that counts.

`python -m crm_contracts.bench.first_sync RECORDS [CHANGES]` prints JSON. The fakes are served, the sync is the command
`understudy sync run` in a process of its own. Its peak of memory is what it says of itself at its end: of a child, the
parent is told the more of both, for a process begins as a copy of who starts it.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from crm_contracts import serving
from crm_contracts.serving.notes import variables
from fake_core.clock import RealClock

API = "/services/data/v60.0"
CHANGES = 100
#: The command, and then its peak of memory in KB, on stderr. Linux tells it.
MEASURED = """
import atexit, pathlib, runpy, sys
atexit.register(lambda: print(pathlib.Path("/proc/self/status").read_text(), file=sys.stderr))
runpy.run_module("crm_contracts", run_name="__main__")
"""
CONFIG = """
profile = "planhat"
[salesforce]
base_url = "${SALESFORCE_URL}"
username = "${SALESFORCE_USERNAME}"
password = "${SALESFORCE_PASSWORD}"
security_token = "${SALESFORCE_SECURITY_TOKEN}"
client_id = "${SALESFORCE_CLIENT_ID}"
client_secret = "${SALESFORCE_CLIENT_SECRET}"
[planhat]
base_url = "${PLANHAT_URL}"
token = "${PLANHAT_TOKEN}"
[options]
overlap_seconds = 2                        # or everything that was just made is looked at again
[[sections]]
planhat = "Task"
salesforce = "Task"
direction = "Both Directions"
"""


def main(records: int, changes: int = CHANGES) -> dict[str, Any]:
    """Seconds, calls and peak megabytes: of the first run, of the next, which reads what the first one wrote, of one
    after *changes* edits, and of one after none.
    """
    serves = []
    for vendor in ("salesforce", "planhat"):
        port = serving.check_port("127.0.0.1", 0)
        serves.append(serving.Serve(vendor=vendor, host="127.0.0.1", port=port, data="sqlite://"))
    served = serving.Served(serves, ca_file=None)
    try:
        told = served.start()
        people = _People(told)
        ids = people.fill(records)
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | dict(variables(told))
            config = Path(folder, "sync.toml")
            config.write_text(CONFIG, "utf-8")
            state = f"sqlite:///{Path(folder, 'sync.db')}"
            first = _run(config, state, environment, created=records)
            people.edit(ids[-1:])
            second = _run(config, state, environment, updated=1)
            people.edit(ids[-1:])
            _run(config, state, environment, updated=1)
            people.edit(ids[:: max(1, records // changes)][:changes])
            changed = _run(config, state, environment, updated=changes)
            quiet = _run(config, state, environment)
    finally:
        served.stop()
    return {"records": records, "first": first, "second": second, "changed": changed, "quiet": quiet}


def tell(add: Callable[..., None], *, records: tuple[int, int], changes: int) -> None:
    """The rows of `make bench`, for few records and for many."""
    few, many = (
        json.loads(subprocess.check_output([sys.executable, "-m", __spec__.name, str(one), str(changes)]))
        for one in records
    )
    first, second, changed = many["first"], many["second"], many["changed"]
    add(
        f"first sync of {records[1]:,} activities over http",
        f"{first['seconds']:.0f} s, {first['calls']} calls, {first['peak_mb']:.0f} MB",
        f"{few['first']['peak_mb']:.0f} MB for {records[0]:,}",
    )
    add(
        "the run after it, which reads what the first one wrote",
        f"{second['seconds']:.0f} s, {second['calls']} calls, {second['peak_mb']:.0f} MB",
        f"{few['second']['calls']} calls for {records[0]:,}",
    )
    add(
        f"a run after {changes} of {records[1]:,} changed",
        f"{changed['seconds']:.1f} s, {changed['calls']} calls, {changed['peak_mb']:.0f} MB",
        f"{few['changed']['seconds']:.1f} s, {few['changed']['calls']} calls, "
        f"{few['changed']['peak_mb']:.0f} MB for {records[0]:,}",
        "as many calls",
    )


class _People:
    """Who fills the org, over http."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._url = told["salesforce"]["url"]
        self._headers = {"Authorization": f"Bearer {told['salesforce']['access_token']}"}
        planhat = {"Authorization": f"Bearer {told['planhat']['token']}"}
        seed = {"switches": {"rate_limits": "off"}}
        requests.post(f"{told['planhat']['url']}/__understudy__/seed", json=seed, timeout=60).raise_for_status()
        self.account = self._ask("POST", "/sobjects/Account", json={"Name": "Acme"})["id"]
        requests.post(
            f"{told['planhat']['url']}/companies",
            json={"name": "Acme", "sourceId": self.account},
            headers=planhat,
            timeout=60,
        ).raise_for_status()

    def _ask(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
        response = requests.request(
            method, f"{self._url}{API}{path}", headers=self._headers | (headers or {}), timeout=600, **body
        )
        response.raise_for_status()
        return response.json() if response.content and "json" in response.headers["Content-Type"] else response.text

    def fill(self, records: int) -> list[str]:
        """Make *records* tasks of one account by a bulk job; their ids."""
        text = io.StringIO()
        text.write("Subject,Status,ActivityDate,Description,WhatId\n")
        for n in range(records):
            day = f"2026-{1 + n % 12:02}-{1 + n % 28:02}"
            text.write(f"Call {n},Not Started,{day},Number {n} of many,{self.account}\n")
        job = self._ask("POST", "/jobs/ingest", json={"object": "Task", "operation": "insert"})["id"]
        self._ask("PUT", f"/jobs/ingest/{job}/batches", {"Content-Type": "text/csv"}, data=text.getvalue().encode())
        self._ask("PATCH", f"/jobs/ingest/{job}", json={"state": "UploadComplete"})
        while self._ask("GET", f"/jobs/ingest/{job}")["state"] in {"UploadComplete", "InProgress"}:
            RealClock().sleep(0.05)
        lines = self._ask("GET", f"/jobs/ingest/{job}/successfulResults").splitlines()
        return [line.split(",")[0].strip('"') for line in lines[1:]]

    def edit(self, ids: list[str]) -> None:
        """Change the subject of each."""
        RealClock().sleep(4)  # the overlap is two seconds, stamps are in whole ones
        for start in range(0, len(ids), 200):
            chunk = ids[start : start + 200]
            subject = f"Changed at {RealClock().now():%H:%M:%S}"
            rows = [{"attributes": {"type": "Task"}, "Id": one, "Subject": subject} for one in chunk]
            self._ask("PATCH", "/composite/sobjects", json={"allOrNone": False, "records": rows})


def _run(config: Path, state: str, environment: dict[str, str], **expected: int) -> dict[str, Any]:
    command = [sys.executable, "-c", MEASURED, "sync", "run", "--json", "--config", str(config), "--state", state]
    began = time.perf_counter()
    child = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    report = json.loads(child.stdout)
    assert not report["stopped"], report["stopped"]
    section = report["sections"]["Task:Task"]
    assert expected == {name: section[name] for name in expected}, section
    return {
        "seconds": time.perf_counter() - began,
        "calls": sum(report["calls"].values()),
        "writes": sum(report["writes"].values()),
        "peak_mb": int(child.stderr.rpartition("VmHWM:")[2].split()[0]) / 1_024,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), *(int(one) for one in sys.argv[2:]))))
