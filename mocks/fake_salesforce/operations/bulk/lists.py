"""All jobs of an org, page by page: ingest jobs and query jobs each with those of Bulk API 1.0.

Rule 1: jobs come by id; a page that is full tells where the next begins.
Source: Bulk API 2.0 Developer Guide v67, Get Information About All Jobs, Get Information About All Query Jobs.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final

from fake_salesforce import record_ids
from fake_salesforce.operations import access
from fake_salesforce.operations.bulk import jobs, spec
from fake_salesforce.operations.bulk.jobs import Job, facts
from fake_salesforce.operations.bulk.refusals import refusal
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org

_QUERIES: Final = frozenset({spec.QUERY, spec.QUERY_ALL})
_TYPES: Final = {"ingest": ("V2Ingest", "Classic", "BigObjectIngest"), "query": ("V2Query", "Classic", "V2Ingest")}


def page(org: Org, caller: Caller, *, resource: str, asked: Mapping[str, str], version: str) -> dict[str, Any]:
    """A page of the jobs of *resource* ("ingest" or "query") that the query string *asked* for.

    Raises SalesforceError for a locator or a job type that is none.
    """
    if asked.get("isPkChunkingEnabled", "false").lower() not in {"true", "false"}:
        raise refusal("InvalidJob.not_read")
    after = _after(asked.get("queryLocator"))
    limit = facts("limits")["jobs_page"]
    with org.store.begin() as conn:
        known = jobs.listing(org, conn, now=caller.now, apis=("1", "2"), after=after, at_most=_SCANNED_MAX)
    known = [job for job in known if access.sees_job_of(org, job.created_by)]
    wanted = [job for job in known if _belongs(job, resource) and _asked_for(job, resource, asked)]
    shown = wanted[:limit]
    done = len(shown) == len(wanted)
    following = None if done else f"/services/data/v{version}/jobs/{resource}?queryLocator={_locator(shown[-1].id)}"
    records = [spec.info(job, version=version, progress=False) for job in shown]
    return {"done": done, "records": records, "nextRecordsUrl": following}


_SCANNED_MAX: Final = 100_000


def _belongs(job: Job, resource: str) -> bool:
    return job.api == "1" or (job.operation in _QUERIES) == (resource == "query")


def _asked_for(job: Job, resource: str, asked: Mapping[str, str]) -> bool:
    wanted = asked.get("jobType")
    if wanted is not None:
        known = {one.lower(): one for one in _TYPES[resource]}.get(wanted.lower())
        if known is None:
            raise refusal("InvalidJob.not_read")
        return known == spec.job_type(job)
    if asked.get("isPkChunkingEnabled", "").lower() == "true":
        return job.api == "1" and bool(job.more.get("chunking"))
    return True


def _locator(job_id: str) -> str:
    return urlsafe_b64encode(job_id.encode()).decode().rstrip("=")


def _after(locator: str | None) -> str:
    if locator is None:
        return ""
    try:
        job_id = urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode()
    except ValueError:
        job_id = ""
    if record_ids.canonical(job_id) != job_id or locator != _locator(job_id):
        raise refusal("InvalidJob.locator")
    return job_id
