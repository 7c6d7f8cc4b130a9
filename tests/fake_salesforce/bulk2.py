"""A client of Bulk API 2.0 for the tests: the calls of one job, in order."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from tests.fake_salesforce.conftest import Answer, Caller

CSV = {"Content-Type": "text/csv; charset=UTF-8"}
INGEST, QUERY = "/jobs/ingest", "/jobs/query"


@dataclass
class Job:
    """One job of an org."""

    org: Caller
    resource: str
    id: str

    @property
    def path(self) -> str:
        return f"{self.resource}/{self.id}"

    def upload(self, data: bytes | str) -> Answer:
        body = data.encode() if isinstance(data, str) else data
        return self.org.call("PUT", f"{self.path}/batches", data=body, headers=CSV)

    def change(self, state: str) -> Answer:
        return self.org.patch(self.path, {"state": state})

    def poll(self) -> dict[str, Any]:
        answer = self.org.get(self.path)
        assert 200 == answer.status, answer.text
        found: dict[str, Any] = answer.json
        return found

    def finish(self, polls: int = 1_000) -> dict[str, Any]:
        """The job's info once it has ended."""
        for _ in range(polls):
            info = self.poll()
            if info["state"] in {"JobComplete", "Failed", "Aborted"}:
                return info
        raise AssertionError(f"not done after {polls} polls: {info}")

    def rows(self, kind: str) -> list[list[str]]:
        """A result as rows, its header first."""
        answer = self.org.get(f"{self.path}/{kind}")
        assert 200 == answer.status, answer.text
        return list(csv.reader(io.StringIO(answer.text)))


def new_job(org: Caller, sobject: str, operation: str = "insert", **more: Any) -> Job:
    """An open ingest job."""
    answer = org.post(INGEST, {"object": sobject, "operation": operation, **more})
    assert 200 == answer.status, answer.text
    return Job(org, INGEST, answer.json["id"])


def load(org: Caller, sobject: str, data: bytes | str, operation: str = "insert", **more: Any) -> Job:
    """An ingest job with its data, closed."""
    job = new_job(org, sobject, operation, **more)
    assert 201 == job.upload(data).status
    assert 200 == job.change("UploadComplete").status
    return job


def new_query(org: Caller, soql: str, operation: str = "query", **more: Any) -> Job:
    """A query job, waiting."""
    answer = org.post(QUERY, {"operation": operation, "query": soql, **more})
    assert 200 == answer.status, answer.text
    return Job(org, QUERY, answer.json["id"])
