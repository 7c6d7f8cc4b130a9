"""What a client says about a job it wants: read, checked, and told back as the job's info.

Rule 1: a word the vendor does not know is refused before anything is made; what is left out has its default.
Rule 2: the order of the keys of a job's info is the documented one; `apiVersion` is a number.
Source: Bulk API 2.0 Developer Guide v67, Create a Job, Get Information About a Job, Create a Query Job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.bulk.apply import OPERATIONS, UPSERT, key_field
from fake_salesforce.operations.bulk.jobs import OPEN, Job, facts
from fake_salesforce.operations.bulk.refusals import refusal
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import SObject

QUERY, QUERY_ALL = "query", "queryAll"
_COMMON: Final = ("contentType", "columnDelimiter", "lineEnding", "operation")
_INGEST_KEYS: Final = frozenset({*_COMMON, "object", "externalIdFieldName", "assignmentRuleId"})
_QUERY_KEYS: Final = frozenset({*_COMMON, "query"})
_SAID_BY_US: Final = frozenset({"concurrencyMode", "state", "jobType"})  # of a job's info: no harm in sending them back


def read_ingest(org: Org, body: Any) -> dict[str, Any]:
    """The attributes of a new ingest job. Raises SalesforceError."""
    given = _words(body, _INGEST_KEYS)
    operation = _one_of(given, "operation", OPERATIONS)
    name = given.get("object")
    if name is None:
        raise refusal("InvalidJob.not_read")
    sobject = org.schema.sobject(name)
    if sobject is None:
        raise refusal("InvalidJob.object", object=name)
    external = given.get("externalIdFieldName")
    if operation == UPSERT:
        external = _external_id(sobject, external)
    return {
        "object": sobject.name,
        "operation": operation,
        "external_id_field": external if operation == UPSERT else None,
        "assignment_rule_id": given.get("assignmentRuleId"),
        **_form(given),
    }


def read_query(body: Any) -> dict[str, Any]:
    """The attributes of a new query job, without its object. Raises SalesforceError."""
    given = _words(body, _QUERY_KEYS)
    operation = _one_of(given, "operation", (QUERY, QUERY_ALL))
    if not (given.get("query") or "").strip():
        raise refusal("InvalidJob.not_read")
    return {"operation": operation, "query": given["query"], **_form(given)}


def wanted_state(body: Any, known: tuple[str, ...]) -> str:
    """The state of a PATCH. Raises SalesforceError."""
    given = _words(body, frozenset({"state"}))
    return _one_of(given, "state", known)


def _words(body: Any, known: frozenset[str]) -> dict[str, str | None]:
    if not isinstance(body, dict):
        raise _wrong_type()
    for key, value in body.items():
        if key not in known and key not in _SAID_BY_US:
            text = f'Unrecognized field "{key}" at [line:1, column:1]'
            raise salesforce_error("JSON_PARSER_ERROR", text=text)
        if value is not None and not isinstance(value, str):
            raise _wrong_type()
    return body


def _wrong_type() -> SalesforceError:
    return salesforce_error("API_ERROR.bulk_value_type", position="[line:1, column:1]")


def _one_of(given: Mapping[str, str | None], key: str, known: tuple[str, ...]) -> str:
    value = given.get(key)
    if value is None:
        raise refusal("InvalidJob.not_read")
    found = {one.lower(): one for one in known}.get(value.lower())
    if found is None:
        raise _wrong_type()
    return found


def _form(given: Mapping[str, str | None]) -> dict[str, Any]:
    """contentType, columnDelimiter and lineEnding; null is as good as left out."""
    said = {key: value for key, value in given.items() if value is not None}
    return {
        "content_type": _one_of({"contentType": said.get("contentType", "CSV")}, "contentType", ("CSV",)),
        "column_delimiter": _one_of(
            {"columnDelimiter": said.get("columnDelimiter", "COMMA")}, "columnDelimiter", tuple(facts("delimiters"))
        ),
        "line_ending": _one_of(
            {"lineEnding": said.get("lineEnding", "LF")}, "lineEnding", tuple(facts("line_endings"))
        ),
    }


def _external_id(sobject: SObject, name: str | None) -> str:
    if not name:
        raise refusal("InvalidJob.no_external_id", object=sobject.name)
    try:
        return key_field(sobject, name).name
    except SalesforceError as error:
        raise refusal("InvalidJob.external_id", field=name, object=sobject.name) from error


# --- told back --------------------------------------------------------------------------------------


def info(job: Job, *, version: str, progress: bool) -> dict[str, Any]:
    """The job's info, with its *progress* as only GET of the one job shows it."""
    found: dict[str, Any] = {
        "id": job.id,
        "operation": job.operation,
        "object": job.object,
        "createdById": job.created_by,
        "createdDate": job.created,
        "systemModstamp": job.modified,
        "state": job.state,
    }
    is_query = job.operation in {QUERY, QUERY_ALL}
    if job.external_id_field is not None:
        found["externalIdFieldName"] = job.external_id_field
    found["concurrencyMode"] = job.concurrency_mode
    found["contentType"] = job.content_type
    found["apiVersion"] = job.api_version
    if job.assignment_rule_id is not None:
        found["assignmentRuleId"] = job.assignment_rule_id
    found["jobType"] = job_type(job)
    if not is_query and job.api == "2" and job.state == OPEN:
        found["contentUrl"] = f"services/data/v{version}/jobs/ingest/{job.id}/batches"
    if job.api == "2":
        found["lineEnding"] = job.line_ending
        found["columnDelimiter"] = job.column_delimiter
    if progress:
        found |= _progress(job, is_query=is_query)
    return found


def job_type(job: Job) -> str:
    """The word for the kind of job."""
    if job.api == "1":
        return "Classic"
    return "V2Query" if job.operation in {QUERY, QUERY_ALL} else "V2Ingest"


def _progress(job: Job, *, is_query: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"numberRecordsProcessed": job.rows_processed}
    if not is_query:
        found["numberRecordsFailed"] = job.rows_failed
    found["retries"] = job.retries
    found["totalProcessingTime"] = job.total_ms
    if is_query:
        found["isPkChunkingSupported"] = job.more.get("pk_chunking", False)
    else:
        found["apiActiveProcessingTime"] = job.active_ms
        found["apexProcessingTime"] = job.apex_ms
    if job.error_message is not None:
        found["errorMessage"] = job.error_message
    return found
