"""`make bench`: measure, print a table, write it with the machine's description.

Every figure is a median of a few rounds in which the compared servers take turns, so that a slow minute of the machine
hits all of them. Read the ratios; the absolute figures belong to the machine.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import click
import requests

from crm_contracts import serving
from crm_contracts.bench import bare, bulk, capsules, first_sync, worlds
from crm_contracts.bench.at_once import at_once
from crm_contracts.bench.contract import conforming, fuzzing, judging, watching
from crm_contracts.bench.deciding import deciding
from crm_contracts.bench.load import Load, request_bytes, run_load
from crm_contracts.serving.worker import WORKER_THREADS
from crm_contracts.vendors import HOSTS, create_fake
from crm_contracts.world.mutants import MUTANTS
from fake_core.clock import RealClock
from fake_core.transport import InProcess

JSON = {"Content-Type": "application/json"}
SOQL_200 = "SELECT Id, Subject, Status FROM Task ORDER BY Id LIMIT 200"
TASKS_PER_ACCOUNT = 5
HISTORY_STEPS = 8
API = "/services/data/v60.0"


class Table:
    """What was measured, in the order it was."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []

    def add(self, what: str, value: str, against: str = "", aim: str = "") -> None:
        self.rows.append((what, value, against, aim))
        click.echo(f"{what:<58} {value:<24} {against:<40} {aim}")

    def markdown(self) -> str:
        lines = ["| what | measured | against | aim |", "|---|---|---|---|"]
        return "\n".join(lines + [f"| {' | '.join(row)} |" for row in self.rows])


# ---- servers ---------------------------------------------------------------------------------------------


@contextmanager
def served_salesforce() -> Iterator[tuple[str, dict[str, Any], serving.Served]]:
    one = _serve("salesforce")
    served = serving.Served([one], ca_file=None)
    try:
        told = served.start()
        yield told["salesforce"]["url"], told["salesforce"], served
    finally:
        served.stop()


def _serve(vendor: str) -> serving.Serve:
    host = "127.0.0.1"
    port = serving.check_port(host, 0)
    return serving.Serve(vendor=vendor, host=host, port=port, data="sqlite://")


@contextmanager
def process(command: list[str], url: str) -> Iterator[None]:
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_for(url)
        yield
    finally:
        child.terminate()
        child.wait(timeout=10)


def _wait_for(url: str) -> None:
    clock = RealClock()
    for _ in range(1_500):
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            clock.sleep(0.02)
        else:
            return
    raise ConnectionError(f"{url} did not answer")


@contextmanager
def served_bare() -> Iterator[str]:
    """The bare Flask application on the same server, with the same settings."""
    one = _serve("salesforce")
    code = (
        "from granian import Granian; from granian.constants import HTTPModes, Interfaces; "
        f"Granian('crm_contracts.bench.bare:create_app', factory=True, address='127.0.0.1', port={one.port}, "
        f"interface=Interfaces.WSGI, http=HTTPModes.http1, workers=1, blocking_threads={WORKER_THREADS}, "
        "log_enabled=False).serve()"
    )
    url = f"http://127.0.0.1:{one.port}"
    with process([sys.executable, "-c", code], f"{url}/page"):
        yield url


@contextmanager
def served_moto() -> Iterator[str]:
    port = serving.check_port("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port}"
    with process([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], f"{url}/moto-api/"):
        table = {
            "TableName": "tasks",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
        requests.post(url, headers=_dynamo("CreateTable"), data=json.dumps(table), timeout=10).raise_for_status()
        yield url


def _dynamo(action: str) -> dict[str, str]:
    scope = "AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request"
    return {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{action}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }


def _dynamo_item(number: int) -> dict[str, Any]:
    return {"id": {"S": str(number)}, "Subject": {"S": f"Call {number}"}, "Status": {"S": "Not Started"}}


# ---- over the socket -------------------------------------------------------------------------------------


def over_http(table: Table, *, rounds: int, seconds: float) -> None:
    """GET by id, create, and a SOQL page of 200 rows, against bare Flask and moto, 1 and 16 connections."""
    with served_salesforce() as (url, words, _), served_bare() as plain, served_moto() as moto:
        control = requests.Session()
        control.post(f"{url}/__understudy__/limits", json={"api_requests": 100_000_000}, timeout=10).raise_for_status()
        auth = {"Authorization": f"Bearer {words['access_token']}", **JSON}
        ids = [_create(url, auth, number) for number in range(200)]
        put = json.dumps({"TableName": "tasks", "Item": _dynamo_item(0)}).encode()
        key = json.dumps({"TableName": "tasks", "Key": {"id": {"S": "0"}}}).encode()
        requests.post(moto, headers=_dynamo("PutItem"), data=put, timeout=10).raise_for_status()
        body = json.dumps({"Subject": "Call", "Status": "Not Started", "Priority": "Normal"}).encode()
        sobjects = f"{url}{API}/sobjects/Task"
        jobs: dict[str, dict[str, tuple[str, Callable[[int], bytes], set[int]]]] = {
            "GET by id": {
                "understudy": (url, lambda n: request_bytes("GET", f"{sobjects}/{ids[n % 200]}", headers=auth), {200}),
                "bare": (plain, lambda n: request_bytes("GET", f"{plain}/row/{n % 200}"), {200}),
                "moto": (
                    moto,
                    lambda _: request_bytes("POST", f"{moto}/", headers=_dynamo("GetItem"), body=key),
                    {200},
                ),
            },
            "create": {
                "understudy": (url, lambda _: request_bytes("POST", sobjects, headers=auth, body=body), {201}),
                "bare": (plain, lambda _: request_bytes("POST", f"{plain}/row", headers=JSON, body=body), {201}),
                "moto": (
                    moto,
                    lambda _: request_bytes("POST", f"{moto}/", headers=_dynamo("PutItem"), body=put),
                    {200},
                ),
            },
            "SOQL of 200 rows": {
                "understudy": (
                    url,
                    lambda _: request_bytes("GET", f"{url}{API}/query?q={quote(SOQL_200)}", headers=auth),
                    {200},
                ),
                "bare": (plain, lambda _: request_bytes("GET", f"{plain}/page"), {200}),
            },
        }
        aims = {"GET by id": "0.5 bare, 5 moto", "create": "0.33 bare, 5 moto", "SOQL of 200 rows": "0.5 bare"}
        for connections in (1, 16):
            for what, servers in jobs.items():
                loads: dict[str, list[Load]] = {name: [] for name in servers}
                for _ in range(rounds):
                    for name, (base, make, expect) in servers.items():
                        loads[name].append(
                            run_load(base, make, connections=connections, seconds=seconds, expect=expect)
                        )
                _tell_load(table, f"{what}, {connections} connection(s), http", loads, aims[what])


def _tell_load(table: Table, what: str, loads: dict[str, list[Load]], aim: str) -> None:
    speed = {name: median(load.per_second for load in several) for name, several in loads.items()}
    ours = loads["understudy"]
    against = ", ".join(
        f"{speed['understudy'] / value:.2f} x {name}" for name, value in speed.items() if name != "understudy"
    )
    table.add(what, f"{speed['understudy']:,.0f}/s", against, aim)
    p50, p99 = (median(load.percentile_ms(share) for load in ours) for share in (0.50, 0.99))
    table.add("  its p50, p99", f"{p50:.2f} ms, {p99:.2f} ms", f"p99 is {p99 / p50:.1f} x p50", "5 x p50 at 16")


def _create(url: str, auth: dict[str, str], number: int) -> str:
    body = json.dumps({"Subject": f"Call {number}"})
    answer = requests.post(f"{url}{API}/sobjects/Task", headers=auth, data=body, timeout=10)
    answer.raise_for_status()
    made: str = answer.json()["id"]
    return made


# ---- in this process -------------------------------------------------------------------------------------


class _Plain:
    """The bare application where the in-process transport expects a fake."""

    hosts = ("bare.example",)

    def __init__(self) -> None:
        self._app = bare.create_app()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self._app(environ, start_response)


def in_process(table: Table, *, rounds: int, calls: int) -> None:
    """The same three through `requests` without a socket, and moto's decorator through boto3."""
    fake = create_fake("salesforce", clock=RealClock())
    fake.limits["api_requests"].limit = 100_000_000
    base = HOSTS["salesforce"]
    words = fake.credentials(base)
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", InProcess([fake, _Plain()]).adapter())
    session.headers.update({"Authorization": f"Bearer {words['access_token']}", **JSON})
    tasks = f"{base}{API}/sobjects/Task"
    ids = [session.post(tasks, json={"Subject": f"Call {n}"}).json()["id"] for n in range(200)]
    body = json.dumps({"Subject": "Call", "Status": "Not Started", "Priority": "Normal"})
    page = f"{base}{API}/query?q={quote(SOQL_200)}"
    jobs: dict[str, dict[str, Callable[[], Any]]] = {
        "GET by id": {
            "understudy": lambda: session.get(f"{tasks}/{ids[0]}"),
            "bare": lambda: session.get("https://bare.example/row/1"),
        },
        "create": {
            "understudy": lambda: session.post(tasks, data=body),
            "bare": lambda: session.post("https://bare.example/row", data=body),
        },
        "SOQL of 200 rows": {
            "understudy": lambda: session.get(page),
            "bare": lambda: session.get("https://bare.example/page"),
        },
    }
    with _moto_client() as dynamo:
        jobs["GET by id"]["moto"] = lambda: dynamo.get_item(TableName="tasks", Key={"id": {"S": "0"}})
        jobs["create"]["moto"] = lambda: dynamo.put_item(TableName="tasks", Item=_dynamo_item(0))
        for what, doers in jobs.items():
            seconds: dict[str, list[float]] = {name: [] for name in doers}
            for _ in range(rounds):
                for name, do in doers.items():
                    seconds[name].append(_seconds(do, calls // (10 if name == "moto" or "200" in what else 1)))
            speed = {name: 1 / median(several) for name, several in seconds.items()}
            against = ", ".join(
                f"{speed['understudy'] / value:.2f} x {name}" for name, value in speed.items() if name != "understudy"
            )
            aim = "2,000/s" if "200" not in what else ""
            table.add(f"{what}, in-process through requests", f"{speed['understudy']:,.0f}/s", against, aim)
    fake.close()


@contextmanager
def _moto_client() -> Iterator[Any]:
    import boto3
    from moto import mock_aws

    with mock_aws():
        client = boto3.client("dynamodb", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_table(
            TableName="tasks",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.put_item(TableName="tasks", Item=_dynamo_item(0))
        yield client


def _seconds(do: Callable[[], Any], calls: int) -> float:
    """Seconds for one call, over *calls* of them."""
    gc.collect()
    began = time.perf_counter()
    for _ in range(calls):
        do()
    return (time.perf_counter() - began) / calls


# ---- sizes -----------------------------------------------------------------------------------------------


def by_size(table: Table, sizes: tuple[int, ...]) -> None:
    """Queries, reset and restore as the table grows; each call is a whole HTTP exchange in-process."""
    fake = create_fake("salesforce", clock=RealClock())
    fake.limits["api_requests"].limit = 100_000_000
    base = HOSTS["salesforce"]
    words = fake.credentials(base)
    network = InProcess([fake])
    auth = {"Authorization": f"Bearer {words['access_token']}", **JSON}

    def call(method: str, path: str, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        status, _, _, answer = network.send(fake, method, base + API + path, headers=auth, body=data)
        assert status < 300, answer[:300]
        return json.loads(answer)

    accounts: list[str] = []
    made = 0
    first: dict[str, float] = {}
    for size in sizes:
        began = time.perf_counter()
        grown = size - made
        while made < size:
            count = min(200, size - made)
            while len(accounts) < (made + count) // TASKS_PER_ACCOUNT + 1:
                names = [
                    {"attributes": {"type": "Account"}, "Name": f"Account {len(accounts) + n}"} for n in range(200)
                ]
                accounts += [one["id"] for one in call("POST", "/composite/sobjects", {"records": names})]
            records = [
                {
                    "attributes": {"type": "Task"},
                    "Subject": f"Call {made + n} {'renewal' if n % 50 == 0 else 'check-in'}",
                    "WhatId": accounts[(made + n) // TASKS_PER_ACCOUNT],
                    "ActivityDate": f"2026-{1 + n % 12:02}-{1 + n % 28:02}",
                }
                for n in range(count)
            ]
            call("POST", "/composite/sobjects", {"records": records})
            made += count
        took = time.perf_counter() - began
        table.add(f"{size:,} tasks: created through collections of 200", f"{grown / took:,.0f} rows/s")
        queries = {
            "by an indexed field (WhatId)": (
                f"SELECT Id, Subject FROM Task WHERE WhatId = '{accounts[7]}'",
                "2 ms; 2 x",
            ),
            "semi-join (tasks of the accounts named so)": (
                "SELECT Id FROM Task WHERE WhatId IN (SELECT Id FROM Account WHERE Name = 'Account 7')",
                "2 x",
            ),
            "child sub-query (an account and its tasks)": (
                f"SELECT Name, (SELECT Subject FROM Tasks) FROM Account WHERE Id = '{accounts[7]}'",
                "2 x",
            ),
            "by LIKE '%renewal'": ("SELECT COUNT() FROM Task WHERE Subject LIKE '%renewal'", ""),
            "ORDER BY ActivityDate LIMIT 10": ("SELECT Id FROM Task ORDER BY ActivityDate DESC LIMIT 10", "40 ms"),
            "ORDER BY Subject LIMIT 10": ("SELECT Id, Subject FROM Task ORDER BY Subject LIMIT 10", "40 ms"),
        }
        for what, (soql, aim) in queries.items():
            path = f"/query?q={quote(soql)}"
            call("GET", path)
            milliseconds = median(_seconds(partial(call, "GET", path), 5) for _ in range(5)) * 1_000
            first.setdefault(what, milliseconds)
            against = f"{milliseconds / first[what]:.1f} x at {sizes[0]:,}"
            table.add(
                f"{size:,} tasks: SOQL {what}", f"{milliseconds:.2f} ms", against, aim if size == sizes[-1] else ""
            )
        if size in {sizes[0], sizes[-1]}:
            _snapshots(table, fake, size)
    fake.close()


def _snapshots(table: Table, fake: Any, size: int) -> None:
    snapshot = fake.store.snapshot()
    fake.store.mark_baseline()
    aim = "1 ms" if size <= 1_000 else ""
    for what, do in (("restore", lambda: fake.store.restore(snapshot)), ("reset", fake.reset)):
        milliseconds = median(_seconds(do, 3) for _ in range(7)) * 1_000
        table.add(f"{size:,} tasks: {what}", f"{milliseconds:.2f} ms", f"{len(snapshot) / 1e6:.1f} MB", aim)


def planhat_bulk(table: Table) -> None:
    """5,000 tasks in one bulk upsert: created, then found unchanged."""
    fake = create_fake("planhat", clock=RealClock())
    base = HOSTS["planhat"]
    session = requests.Session()
    session.mount("https://", InProcess([fake]).adapter())
    session.headers["Authorization"] = f"Bearer {fake.credentials(base)['token']}"
    company = session.post(f"{base}/companies", json={"name": "Acme"}).json()["_id"]
    tasks = [{"companyId": company, "action": f"Call {n}", "sourceId": f"s-{n}"} for n in range(5_000)]
    for what in ("creates", "finds unchanged"):
        began = time.perf_counter()
        answer = session.put(f"{base}/tasks", json=tasks)
        took = time.perf_counter() - began
        answer.raise_for_status()
        table.add(f"Planhat bulk upsert of 5,000 tasks: {what}", f"{took:.2f} s", f"{5_000 / took:,.0f} items/s")
    fake.close()


# ---- start, memory, histories ----------------------------------------------------------------------------


def start_and_memory(table: Table, rounds: int, rows: int) -> None:
    """Process spawn to first answer, and what the worker holds."""
    seconds = []
    for _ in range(rounds):
        served = serving.Served([_serve("salesforce")], ca_file=None)
        began = time.perf_counter()
        try:
            served.start()
            seconds.append(time.perf_counter() - began)
        finally:
            served.stop()
    table.add("start of `understudy serve salesforce` to first answer", f"{median(seconds):.2f} s", "", "0.5 s")
    with served_salesforce() as (url, words, running):
        empty = _resident_mb(running)
        auth = {"Authorization": f"Bearer {words['access_token']}", **JSON}
        session = requests.Session()
        session.headers.update(auth)
        records = [{"attributes": {"type": "Task"}, "Subject": f"Call {n}"} for n in range(200)]
        for _ in range(rows // 200):
            session.post(f"{url}{API}/composite/sobjects", json={"records": records}, timeout=60).raise_for_status()
        session.delete(f"{url}/__understudy__/journal", timeout=60)
        full = _resident_mb(running)
    if empty and full:
        table.add("memory of the served fake, empty", f"{empty:.0f} MB")
        table.add(f"memory at {rows:,} tasks", f"{full:.0f} MB", f"{(full - empty) * 1e6 / rows:,.0f} bytes a task")


def _resident_mb(served: serving.Served) -> float:
    """Resident memory of the worker: the largest of the server's processes (Linux; elsewhere 0)."""
    found = [0.0]
    for process_ in served.processes:
        for pid in _family(process_.pid):
            status = Path(f"/proc/{pid}/status")
            if status.exists():
                text = status.read_text()
                found += [int(line.split()[1]) / 1_000 for line in text.splitlines() if line.startswith("VmRSS")]
    return max(found)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return []
    return [pid, *(member for child in children.read_text().split() for member in _family(int(child)))]


@click.command()
@click.option("--write", type=click.Path(dir_okay=False), help="Write the table to this file.")
@click.option("--quick", is_flag=True, help="A tenth of everything: to see that it runs, not to quote.")
def main(*, write: str | None, quick: bool) -> None:
    """Measure everything; about six minutes."""
    table = Table()
    scale = 10 if quick else 1
    over_http(table, rounds=1 if quick else 3, seconds=1.5 / scale)
    at_once(table.add, rounds=1 if quick else 3, seconds=1.5 / scale)
    in_process(table, rounds=1 if quick else 5, calls=1_000 // scale)
    by_size(table, (1_000, 2_000) if quick else (1_000, 10_000, 100_000))
    bulk.ingest(table.add, rounds=1 if quick else 5, rows=50_000 // scale)
    bulk.memory(table.add, rows=1_000_000 // scale**2)
    planhat_bulk(table)
    start_and_memory(table, rounds=1 if quick else 5, rows=100_000 // scale)
    worlds.histories(table.add, count=100 // scale, steps=HISTORY_STEPS)
    worlds.simulated(table.add, count=400 // scale)
    worlds.fault_points(table.add, rounds=1 if quick else 5)
    capsules.gallery(table.add, every=10 if quick else 1)
    capsules.from_har_of(table.add, entries=10_000 // scale)
    capsules.planted(table.add, every=len(MUTANTS) // 2 if quick else 20)
    deciding(table.add, rounds=1 if quick else 5, calls=100_000 // scale)
    first_sync.tell(table.add, records=(1_000 // scale, 100_000 // scale**2), changes=100 // scale)
    watching(table.add, rounds=1 if quick else 7, calls=300 // scale)
    judging(table.add, rounds=1 if quick else 7, calls=300 // scale)
    conforming(table.add, rounds=1 if quick else 3, only="*/create*" if quick else "*")
    fuzzing(table.add, examples=1 if quick else 10)
    if write:
        Path(write).write_text(_page(table), encoding="utf-8")


_STANDS_IN_THE_WAY = (
    "## What stands in the way of more",
    "",
    "- A read spends most of its time in Flask's dispatch, which the bare application pays, too; a create spends it on",
    "  the row's checks and on a transaction of its own. One connection waits for each answer: the socket decides.",
    "- A page of 200 rows is the reading of 200 rows and their JSON; the bare application encodes one that is at hand.",
    "- One org answers one request at a time, in one process. Python's own lock would let no more through.",
    "- LIKE with a leading % reads every row; no index can serve it. Reset and restore copy the whole image.",
    "- The recording proxy is one more server and one more client on the way: what these cost shows one that keeps",
    "  nothing. The rest is recording: an exchange is scrubbed and on disk before its answer ends. Much beside a fake",
    "  on the same machine, little beside a vendor.",
    "- Every other fault point is a run of the sync from its start, some 4 ms: a good third is the sync, a third the",
    "  fakes, a sixth the judge, the rest photographs of the world. Deaths are not played, and what comes to the same",
    "  is played once: that is the gain over replaying.",
    "- A first sync is read before anything of it is written, and is held in memory as long.",
    "",
)


def _page(table: Table) -> str:
    from importlib.metadata import version

    versions = ", ".join(f"{name} {version(name)}" for name in ("granian", "flask", "sqlalchemy", "moto", "requests"))
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return "\n".join(
        [
            "# Speed",
            "",
            "Written by `make bench`. Medians of rounds in which the compared servers take turns: read the ratios, the",
            "absolute figures belong to the machine. *bare* is a Flask application on the same server that keeps its",
            "rows in a dict and knows no vendor; *moto* is its DynamoDB get and put: server mode over http, boto3 here",
            "",
            f"Machine: {machine}. {versions}.",
            "",
            table.markdown(),
            "",
            *_STANDS_IN_THE_WAY,
        ]
    )


if __name__ == "__main__":
    main()
