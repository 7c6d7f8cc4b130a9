"""Hostile bodies and headers for every operation: an answer in the vendor's form, in time, and nothing half done."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fake_salesforce.bodies.grow import OPERATIONS, Grower, Operation, Sent
from tests.fake_salesforce.bodies.judge import Judge, made
from tests.fake_salesforce.fuzzed import run_atheris

choices = st.binary(min_size=40, max_size=160)
PATIENT = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=[name for _, _, name in OPERATIONS])


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    found = made()
    yield found
    found.close()


@each_operation
@settings(PATIENT, max_examples=15)
@given(choices=choices)
def test_a_few_hostile_requests(judge: Judge, operation: Operation, choices: bytes) -> None:
    """No 500 of ours, no hang, each refusal in the form of its API, and what was refused left no trace."""
    assert [] == judge.all(choices, operation)


def test_a_long_line_is_an_upload_like_any_other(judge: Judge) -> None:
    """A line without end, packed small, is read once and not again with each piece (found by a night's requests)."""
    line = gzip.compress(b" " * 60_000_000, mtime=0)
    path = f"/services/data/v60.0/jobs/ingest/{judge.known['INGEST']}/batches"
    head = {"Authorization": f"Bearer {judge.caller.token}", "Content-Type": "text/csv", "Content-Encoding": "gzip"}

    upload = Sent("uploadJobData", "PUT", path, "", line, head, length=str(len(line)))

    judge.caller.fake.reset()
    assert judge.status(upload) == 201
    judge.caller.fake.reset()
    assert [] == judge.send(upload)


@pytest.mark.nightly
@each_operation
@settings(PATIENT, max_examples=1_000, derandomize=False)
@given(choices=choices)
def test_many_hostile_requests(judge: Judge, operation: Operation, choices: bytes) -> None:
    """The same, of which there are a great many."""
    assert [] == judge.all(choices, operation)


def test_the_grower_grows_requests_that_are_taken(judge: Judge) -> None:
    """What is tested is more than the readers of bodies: each operation with a good body takes it now and then."""
    never = {name for method, path, name in OPERATIONS if not _is_ever_taken(judge, (method, path, name))}

    assert _NEVER >= never


def _is_ever_taken(judge: Judge, operation: Operation) -> bool:
    for seed in range(60):
        judge.caller.fake.reset()
        if judge.status(Grower(_spread(seed), judge.known).request(operation)) in {200, 201, 204}:
            return True
    return False


# What needs something that no choice makes: an address of an app, a page of results, a job that has ended.
_NEVER = {
    "authorize",
    "tokenByGet",
    "queryMore",
    "queryAllMore",
    "deleteIngestJob",
    "abortQueryJob",
    "getListView",
    "getBatchQueryResult",
    "describeListView",
    "listViewResults",
    "describeNamedLayout",
    "describeLayout",
}


def _spread(seed: int) -> bytes:
    return bytes([((seed * 31 + at * (seed + 7)) * 2_654_435_761 >> 13) % 256 for at in range(100)])


@pytest.mark.nightly
def test_atheris() -> None:
    """A fuzzer that follows the code's branches finds no body that breaks it, in a minute."""
    run_atheris(Path(__file__).with_name("atheris_target.py"), timeout=30)
