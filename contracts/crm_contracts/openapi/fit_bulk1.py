"""What a valid call of Bulk API 1.0 needs to know: jobs and batches that stand where the operation wants them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug.test import Client

    from crm_contracts.openapi.lane import Case

ASYNC = "/services/async/60.0"
PATH_MARK = "/services/async/"


def is_async(path: str) -> bool:
    """A path of Bulk API 1.0."""
    return PATH_MARK in path


def headers(token: str) -> dict[str, str]:
    """How these calls name their session."""
    return {"X-SFDC-Session": token}


def seed(client: Client, token: str) -> dict[str, str]:
    """An open job for rows, and a query job with a finished batch; ids by the name of their path parameter."""

    def call(method: str, path: str, **given: Any) -> Any:
        answer = client.open(f"{ASYNC}{path}", method=method, headers=headers(token), **given)
        assert answer.status_code < 300, answer.text
        return answer.get_json()

    def job(operation: str) -> str:
        body = {"operation": operation, "object": "Task", "contentType": "JSON"}
        made: str = call("POST", "/job", json=body)["id"]
        return made

    rows, query = job("insert"), job("query")
    batch = call("POST", f"/job/{query}/batch", data=b"SELECT Id FROM Task LIMIT 3", content_type="application/json")
    for _ in range(2):
        call("GET", f"/job/{query}/batch/{batch['id']}")
    result = call("GET", f"/job/{query}/batch/{batch['id']}/result")[0]
    return {"open": rows, "job_id": query, "batch_id": batch["id"], "result_id": result}


def fit_path(path: dict[str, Any], method: str, jobs: dict[str, str]) -> None:
    """Name real jobs, batches and results: an open job of rows to POST to, else the finished query."""
    for name in ("job_id", "batch_id", "result_id"):
        if name in path:
            path[name] = jobs[name]
    if "job_id" in path and method == "POST":
        path["job_id"] = jobs["open"]
    path["version"] = "60.0"


def fit_body(case: Case) -> None:
    """An upsert goes by a field; no other operation names one."""
    if isinstance(case.body, dict):
        case.body.pop("externalIdFieldName", None)
        if case.body["operation"] == "upsert":
            case.body["externalIdFieldName"] = "Id"


def is_refusal(text: str, mimetype: str) -> bool:
    """The shape in which Bulk API 1.0 refuses."""
    if mimetype == "application/json":
        return re.match(r'\{\s*"exceptionCode"\s*:\s*"\w+",\s*"exceptionMessage"', text) is not None
    return "<exceptionCode>" in text and "<exceptionMessage>" in text
