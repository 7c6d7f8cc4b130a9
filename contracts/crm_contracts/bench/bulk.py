"""Bulk 2.0 ingest against what SQLite alone takes for the same rows, and the memory of a large job."""

from __future__ import annotations

import gc
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from statistics import median
from typing import Any

from crm_contracts.bench import million
from crm_contracts.vendors import create_fake
from fake_core.clock import RealClock

Add = Callable[[str, str, str, str], None]
MEMORY_MB_MAX = 32


def ingest(add: Add, *, rounds: int, rows: int) -> None:
    """Rows a second from the upload to JobComplete, as a share of raw `executemany` of the rows it made."""
    fast, raw = [], []
    for _ in range(rounds):
        fake = create_fake("salesforce", clock=RealClock())
        fake.limits["api_requests"].limit = 100_000_000
        fast.append(rows / _job_seconds(fake, rows))
        raw.append(rows / _raw_seconds(fake))
        fake.close()
    speed, against = median(fast), median(raw)
    ratio = f"{speed / against:.2f} x SQLite's executemany of the same rows"
    add(f"Salesforce Bulk 2.0 ingest of {rows:,} tasks", f"{speed:,.0f} rows/s", ratio, "0.2 raw SQLite")


def _job_seconds(fake: Any, rows: int) -> float:
    token = fake.credentials("http://localhost")["access_token"]

    def asked(method: str, path: str, body: Any = None, **environ: Any) -> Any:
        status, chunks = million.call(fake, token, method, path, body, **environ)
        answer = b"".join(chunks)
        assert status[0] == "2", answer
        return json.loads(answer) if answer else None

    account = asked("POST", "/sobjects/Account", {"Name": "Acme"})["id"]
    lines = [
        f'Call {n},Not Started,Normal,2026-{1 + n % 12:02}-{1 + n % 28:02},{account},"Number {n}"' for n in range(rows)
    ]
    data = BytesIO(("Subject,Status,Priority,ActivityDate,WhatId,Description\n" + "\n".join(lines)).encode())
    gc.collect()
    began = time.perf_counter()
    job = asked("POST", "/jobs/ingest", {"object": "Task", "operation": "insert"})["id"]
    asked("PUT", f"/jobs/ingest/{job}/batches", data, CONTENT_TYPE="text/csv")
    asked("PATCH", f"/jobs/ingest/{job}", {"state": "UploadComplete"})
    while (info := asked("GET", f"/jobs/ingest/{job}"))["state"] != "JobComplete":
        assert info["state"] == "InProgress" or not info["numberRecordsProcessed"], info
    assert info["numberRecordsFailed"] == 0, info
    return time.perf_counter() - began


def _raw_seconds(fake: Any) -> float:
    """Writing the tasks of *fake* into a table and indexes like its own."""
    with fake.store.read() as conn:
        made = conn.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'Task' AND sql IS NOT NULL"
        ).fetchall()
        rows = [tuple(row) for row in conn.exec_driver_sql("SELECT * FROM Task")]
    database = sqlite3.connect(":memory:")
    try:
        for (sql,) in made:
            database.execute(sql)
        marks = ",".join("?" * len(rows[0]))
        gc.collect()
        began = time.perf_counter()
        with database:
            database.executemany(f"INSERT INTO Task VALUES ({marks})", rows)
        return time.perf_counter() - began
    finally:
        database.close()


def memory(add: Add, *, rows: int) -> None:
    """How far a process grows while it takes, saves, queries and gives back *rows* tasks; its store is a file."""
    done = subprocess.run(
        [sys.executable, "-m", "crm_contracts.bench.million", str(rows)], capture_output=True, check=True
    )
    told = json.loads(done.stdout)
    seconds = f"{told['ingest_seconds']:.0f} s in, {told['query_seconds']:.0f} s out"
    add(
        f"memory for {rows:,} tasks through Bulk 2.0, store in a file",
        f"{told['all_mb']:.0f} MB more",
        seconds,
        f"{MEMORY_MB_MAX} MB",
    )
