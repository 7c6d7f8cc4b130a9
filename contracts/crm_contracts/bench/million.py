"""A Bulk 2.0 job of many rows in a process of its own, which says how far its memory grew.

`python -m crm_contracts.bench.million ROWS [STORE]` prints JSON; without STORE it is a file that is removed. Rows are
made, sent and read back in pieces, so what grows is the fake's. Run by `make bench` and by test_bulk2_memory.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crm_contracts.vendors import create_fake
from fake_core.clock import RealClock

API = "/services/data/v60.0"
HEADER = b"Subject,Status,Priority,ActivityDate,Description\n"


def call(
    fake: Any, token: str, method: str, path: str, body: Any = None, **environ: Any
) -> tuple[str, Iterator[bytes]]:
    """One call, its answer unread."""
    stream = body if hasattr(body, "read") else io.BytesIO(json.dumps(body).encode() if body is not None else b"")
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    path, _, query = path.partition("?")
    given = {
        "REQUEST_METHOD": method,
        "PATH_INFO": API + path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(size),
        "CONTENT_TYPE": "application/json",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "wsgi.url_scheme": "http",
        "wsgi.input": stream,
        **environ,
    }
    status: list[str] = []
    chunks = fake(given, lambda line, _headers, _info=None: status.append(line))
    return status[0], iter(chunks)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def main(rows: int, data: str) -> dict[str, float]:
    """What a job of *rows* tasks, and reading all of it back, cost: megabytes and seconds."""
    fake = create_fake("salesforce", clock=RealClock(), data=data)
    token = fake.credentials("http://localhost")["access_token"]

    def asked(method: str, path: str, body: Any = None, **environ: Any) -> Any:
        status, chunks = call(fake, token, method, path, body, **environ)
        answer = b"".join(chunks)
        assert status[0] == "2", answer
        return json.loads(answer) if answer else None

    def drained(path: str) -> int:
        status, chunks = call(fake, token, "GET", path)
        assert status.startswith("200"), status
        return sum(chunk.count(b"\n") for chunk in chunks)

    def finished(path: str) -> dict[str, Any]:
        while (info := asked("GET", path))["state"] in {"UploadComplete", "InProgress"}:
            pass
        assert info["state"] == "JobComplete", info
        return dict(info)

    with tempfile.TemporaryFile() as upload:
        upload.write(HEADER)
        for first in range(0, rows, 1_000):
            lines = [
                f'Call {n},Not Started,Normal,2026-{1 + n % 12:02}-{1 + n % 28:02},"Number {n}, {n}"'
                for n in range(first, min(rows, first + 1_000))
            ]
            upload.write(("\n".join(lines) + "\n").encode())
        # A few rows first, so that what is made once is made.
        small = asked("POST", "/jobs/ingest", {"object": "Task", "operation": "insert"})["id"]
        asked("PUT", f"/jobs/ingest/{small}/batches", io.BytesIO(HEADER + b"a,,,,\n" * 500), CONTENT_TYPE="text/csv")
        asked("PATCH", f"/jobs/ingest/{small}", {"state": "UploadComplete"})
        finished(f"/jobs/ingest/{small}")
        before = peak_mb()
        began = time.perf_counter()
        job = asked("POST", "/jobs/ingest", {"object": "Task", "operation": "insert"})["id"]
        asked("PUT", f"/jobs/ingest/{job}/batches", upload, CONTENT_TYPE="text/csv")
    asked("PATCH", f"/jobs/ingest/{job}", {"state": "UploadComplete"})
    info = finished(f"/jobs/ingest/{job}")
    took = time.perf_counter() - began
    assert (rows, 0) == (info["numberRecordsProcessed"], info["numberRecordsFailed"])
    ingest = peak_mb()
    assert rows + 1 == drained(f"/jobs/ingest/{job}/successfulResults")
    began = time.perf_counter()
    query = asked("POST", "/jobs/query", {"operation": "query", "query": "SELECT Id, Subject, ActivityDate FROM Task"})
    finished(f"/jobs/query/{query['id']}")
    assert rows + 501 == drained(f"/jobs/query/{query['id']}/results?maxRecords={rows + 500}")
    return {
        "before_mb": before,
        "ingest_mb": ingest - before,
        "all_mb": peak_mb() - before,
        "ingest_seconds": took,
        "query_seconds": time.perf_counter() - began,
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        store = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'org.db'}"
        print(json.dumps(main(int(sys.argv[1]), store)))
