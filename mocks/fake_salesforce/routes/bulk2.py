"""`/jobs/ingest` and `/jobs/query`: Bulk API 2.0."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from werkzeug.routing import BaseConverter

from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.bulk import extract, ingest, lists, spec
from fake_salesforce.operations.bulk.jobs import Job, facts
from fake_salesforce.operations.bulk.refusals import refusal
from fake_salesforce.routes.answers import Answer, Headers, read_body
from fake_salesforce.routes.http import Call
from fake_salesforce.routes.sobjects import caller
from fake_salesforce.routes.streams import StreamedAnswer, spool_body
from fake_salesforce.wire import jsontext

CSV_TYPE = "text/csv"
_RESULTS = {
    "successfulresults": ingest.SUCCESS,
    "failedresults": ingest.FAILURE,
    "unprocessedrecords": ingest.DATA,
}


class ResultsConverter(BaseConverter):
    """The last part of a path to an ingest job's results, which clients write in more than one letter case."""

    regex = f"(?i:{'|'.join(_RESULTS)})"


# --- ingest -----------------------------------------------------------------------------------------


def create(call: Call) -> Answer:
    """POST /jobs/ingest, as JSON or as multipart with the data"""
    if call.environ.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data"):
        return _create_with_content(call)
    return _told(call, ingest.create(call.org, caller(call), body=call.json_body()))


def _create_with_content(call: Call) -> Answer:
    from werkzeug.formparser import parse_form_data

    body = read_body(call.environ)
    environ = {**call.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    _, form, files = parse_form_data(
        environ, max_form_memory_size=len(body) + 1, stream_factory=lambda *_sizes, **_named: io.BytesIO()
    )
    parts = {name: form[name].encode() for name in form} | {name: files[name].stream.read() for name in files}
    if "job" not in parts or "content" not in parts:
        raise refusal("InvalidJob.not_read")
    try:
        said = jsontext.parse(parts["job"])
    except jsontext.NotJson as error:
        raise salesforce_error("JSON_PARSER_ERROR", text=error.message) from error
    limit = facts("limits")["multipart_chars_max"]
    if len(parts["content"].decode(errors="replace")) > limit:
        raise refusal("ClientInputError.size", limit=limit)
    source = io.BytesIO(parts["content"])
    return _told(call, ingest.create_with_content(call.org, caller(call), body=said, source=source))


def upload(call: Call, job_id: str) -> Answer:
    """PUT /jobs/ingest/{id}/batches: 201 without a body"""
    media = call.environ.get("CONTENT_TYPE", "").split(";")[0].strip().lower()
    if media != CSV_TYPE:
        raise refusal("ClientInputError.media_type", media=media or "application/octet-stream")
    limit = facts("limits")["upload_bytes_max"]

    def too_large() -> SalesforceError:
        return refusal("ClientInputError.size", limit=limit)

    with spool_body(call.environ, limit=limit, too_large=too_large) as source:
        ingest.upload(call.org, caller(call), job_id=job_id, source=source)
    return Answer(b"", 201, call.headers())


def show(call: Call, job_id: str) -> Answer:
    """GET /jobs/ingest/{id}: also does what work falls to it"""
    return _told(call, ingest.poll(call.org, caller(call), job_id=job_id), progress=True)


def change(call: Call, job_id: str) -> Answer:
    """PATCH /jobs/ingest/{id} with the state UploadComplete or Aborted"""
    return _told(call, ingest.change_state(call.org, caller(call), job_id=job_id, body=call.json_body()))


def delete(call: Call, job_id: str) -> Answer:
    """DELETE /jobs/ingest/{id}"""
    ingest.remove(call.org, caller(call), job_id=job_id)
    return call.no_content()


def results(call: Call, job_id: str, results: str) -> Answer:
    """GET /jobs/ingest/{id}/successfulResults, failedResults or unprocessedrecords, in any case"""
    kind = _RESULTS[results.lower()]
    length, pieces = ingest.results(call.org, caller(call), job_id=job_id, kind=kind)
    return _csv(call, length, pieces, [])


# --- query ------------------------------------------------------------------------------------------


def create_query(call: Call) -> Answer:
    """POST /jobs/query"""
    return _told(call, extract.create(call.org, caller(call), body=call.json_body()))


def show_query(call: Call, job_id: str) -> Answer:
    """GET /jobs/query/{id}: also does what work falls to it"""
    return _told(call, extract.poll(call.org, caller(call), job_id=job_id), progress=True)


def abort_query(call: Call, job_id: str) -> Answer:
    """PATCH /jobs/query/{id} with the state Aborted"""
    return _told(call, extract.abort(call.org, caller(call), job_id=job_id, body=call.json_body()))


def delete_query(call: Call, job_id: str) -> Answer:
    """DELETE /jobs/query/{id}"""
    extract.remove(call.org, caller(call), job_id=job_id)
    return call.no_content()


def query_results(call: Call, job_id: str) -> Answer:
    """GET /jobs/query/{id}/results[?maxRecords=&locator=]: 204 while there are none"""
    asked = call.query
    rows_max = _number(asked, "maxRecords")
    page = extract.results(call.org, caller(call), job_id=job_id, locator=asked.get("locator"), rows_max=rows_max)
    if page is None:
        return call.no_content()
    more = [("Sforce-NumberOfRecords", str(page.rows)), ("Sforce-Locator", page.locator)]
    return _csv(call, page.length, page.pieces, more)


def query_result_pages(call: Call, job_id: str) -> Answer:
    """GET /jobs/query/{id}/resultPages"""
    if call.number < facts("query")["result_pages_since"]:
        raise salesforce_error("NOT_FOUND")
    locator = call.query.get("locator")
    pages = extract.result_pages(call.org, caller(call), job_id=job_id, locator=locator)
    return call.no_content() if pages is None else call.json(pages)


# --- lists ------------------------------------------------------------------------------------------


def listing(call: Call) -> Answer:
    """GET /jobs (assumed: by analogy with /composite)"""
    return call.json({name: f"{call.base}/jobs/{name}" for name in ("ingest", "query")})


def list_ingest(call: Call) -> Answer:
    """GET /jobs/ingest"""
    return call.json(lists.page(call.org, caller(call), resource="ingest", asked=call.query, version=call.version))


def list_query(call: Call) -> Answer:
    """GET /jobs/query"""
    return call.json(lists.page(call.org, caller(call), resource="query", asked=call.query, version=call.version))


# --- answers ----------------------------------------------------------------------------------------


def _told(call: Call, job: Job, *, progress: bool = False) -> Answer:
    return call.json(spec.info(job, version=call.version, progress=progress))


def _csv(call: Call, length: int, pieces: Iterator[bytes], more: Headers) -> Answer:
    headers = [*call.headers(), ("Content-Type", CSV_TYPE), *more]
    return StreamedAnswer(pieces, length, 200, headers)


def _number(asked: dict[str, Any], name: str) -> int | None:
    text = asked.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not int(text[:_DIGITS_MAX]):
        raise refusal("InvalidJob.not_read")
    return int(text[:_DIGITS_MAX])


_DIGITS_MAX = 18  # more is as good as all rows, and more than a database counts
