"""Bulk 2.0 holds no job in memory: neither its upload, nor its rows, nor its results."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.fake_salesforce.bulk2 import CSV, load, new_job
from tests.fake_salesforce.conftest import Caller

from crm_contracts.bench import bulk, million
from fake_core.fake import BODY_READ_BYTES_MAX
from fake_core.faults import Fault
from fake_core.journal import JOURNAL_BODY_BYTES_MAX

ROOT = Path(__file__).parents[2]


def measured(rows: int, folder: Path) -> dict[str, float]:
    """What a job of *rows* rows costs in a process of its own whose store is a file."""
    command = [sys.executable, million.__file__, str(rows), f"sqlite:///{folder / 'org.db'}"]
    path = ":".join(str(ROOT / room) for room in ("mocks", "contracts", "sync"))
    done = subprocess.run(command, capture_output=True, check=False, env={"PYTHONPATH": path}, cwd=ROOT)
    assert 0 == done.returncode, done.stderr.decode()
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_memory_of_a_small_job(tmp_path: Path) -> None:
    """30,000 rows, sent, saved, queried and read back: 16 MB more at the most."""
    assert 16 > measured(30_000, tmp_path)["all_mb"]


@pytest.mark.nightly
def test_memory_of_a_million_rows(tmp_path: Path) -> None:
    """A million rows are 55 MB of upload, 90 MB of results and a gigabyte of store: a few MB more."""
    assert bulk.MEMORY_MB_MAX > measured(1_000_000, tmp_path)["all_mb"]


class Wire(io.BytesIO):
    """A body on the wire that counts what is taken from it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def put(org: Caller, path: str, wire: Wire, **environ: Any) -> tuple[str, bytes]:
    given = {"CONTENT_LENGTH": str(len(wire.getvalue())), "CONTENT_TYPE": "text/csv", "wsgi.input": wire, **environ}
    status, chunks = million.call(org.fake, org.token, "PUT", path, **given)
    return status, b"".join(chunks)


def test_a_refused_upload_stays_on_the_wire(org: Caller) -> None:
    """A body over the limit is told by its length: of it only what the journal keeps is read."""
    wire = Wire(b"x" * (BODY_READ_BYTES_MAX + 1))
    status, _ = put(org, f"{new_job(org, 'Account').path}/batches", wire, CONTENT_LENGTH=str(104_857_601))

    assert "400" == status[:3]
    assert JOURNAL_BODY_BYTES_MAX == wire.taken


def test_a_long_upload_is_taken_whole(org: Caller) -> None:
    """What is too long for the journal arrives whole, and the journal has its beginning."""
    rows = BODY_READ_BYTES_MAX // 100_000 + 1
    data = b"Name,Description\n" + b"".join(b"a,%s\n" % (b"%06d" % n * 17_000) for n in range(rows))
    assert len(data) > BODY_READ_BYTES_MAX
    job = new_job(org, "Account")
    status, _ = put(org, f"{job.path}/batches", Wire(data))
    kept = org.fake.exchanges()[-1]["request"]

    assert "201" == status[:3]
    assert data[:JOURNAL_BODY_BYTES_MAX].decode() == kept
    assert data == org.get(f"{job.path}/unprocessedrecords").body


def test_an_upload_of_unstated_length(org: Caller) -> None:
    """A chunked body, whose end the server tells, is read to its end; past the limit it is refused."""
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    data = b"Name\n" + b"a\n" * 200_000
    job = new_job(org, "Account")

    assert "201" == put(org, f"{job.path}/batches", Wire(data), **chunked)[0][:3]
    assert data == org.get(f"{job.path}/unprocessedrecords").body


def test_results_are_sent_in_pieces(org: Caller) -> None:
    """The answer is made while it is sent; the journal has its beginning; HEAD has no body."""
    job = load(org, "Account", "Name\n" + "a\n" * 1_000)
    job.finish()
    status, chunks = million.call(org.fake, org.token, "GET", f"{job.path}/successfulResults")
    pieces = list(chunks)
    head = org.call("HEAD", f"{job.path}/successfulResults")

    assert ("200", 6) == (status[:3], len(pieces))
    assert b"".join(pieces).decode().startswith(org.fake.exchanges()[-2]["response"][:1_000])
    assert (200, b"", str(len(b"".join(pieces)))) == (head.status, head.body, head.headers["content-length"])


@pytest.mark.parametrize("kind", ["lost_response", "error_after", "truncated"])
def test_faults_after_a_streamed_answer(org: Caller, kind: str) -> None:
    """Faults that strike an answer strike one that is made while it is sent."""
    from fake_core.errors import ConnectionDropped

    job = load(org, "Account", "Name\n" + "a\n" * 1_000)
    job.finish()
    whole = org.get(f"{job.path}/successfulResults").body
    org.fake.faults.add(Fault(kind=kind, verb="bulk"))
    if kind == "lost_response":
        with pytest.raises(ConnectionDropped):
            org.get(f"{job.path}/successfulResults")
        return
    answer = org.get(f"{job.path}/successfulResults", headers=CSV)

    assert (500 if kind == "error_after" else 200) == answer.status
    assert kind == "error_after" or answer.body == whole[: len(whole) // 2]
