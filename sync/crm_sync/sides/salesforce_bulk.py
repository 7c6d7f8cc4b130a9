"""Large changes: many records in few calls, by Bulk API 2.0 or sObject collections.

Rule 1: only upserts by a unique external id go this way: they say the same twice, so a job or a request whose end
nobody heard of is simply done again (F01, F61).
Rule 2: results are matched by that key, never by their order.
Rule 3: what is refused is told for each record; the others are done (F60).
Rule 4: a job is named to who asked before it is closed: from then on Salesforce carries it out, whoever still listens.
Rule 5: what a job cannot say, or did not do, goes by collections.
Source: Bulk API 2.0 and Bulk API Developer Guide v62 (ingest); REST API Developer Guide v62 (sObject collections).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from crm_sync.clock import Clock
from crm_sync.errors import RecordRefused, ServiceUnavailable

COLLECTION_RECORDS_MAX = 200  # sObject collections: records in one request
BULK_FROM = 2_000  # fewer records than this are cheaper in collections
BULK_BYTES_MAX = 100_000_000  # of one job's data; base64 of more would exceed 150 MB
POLL_SECONDS, POLLS_MAX = 5, 720  # an hour; then the run ends and the next one waits for the job again
_DONE = frozenset({"JobComplete", "Failed", "Aborted"})
_NULL = "#N/A"  # what empties a field in CSV: a text of these four letters cannot be said there
Rows = Mapping[str, Mapping[str, Any]]  # external id -> fields
Began = Callable[[str], None]  # is told a job's id before the job is closed


@dataclass(frozen=True)
class Wire:
    """What of a Salesforce side is used here: *send* makes one request with the session, *data* a resource's path."""

    send: Callable[..., requests.Response]
    data: Callable[[str], str]


@dataclass(frozen=True)
class Upserts:
    """What became of the rows, by external id: the records' ids, and the refusals. What is in neither is unknown."""

    ids: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, RecordRefused] = field(default_factory=dict)

    def __or__(self, other: Upserts) -> Upserts:
        return Upserts({**self.ids, **other.ids}, {**self.refused, **other.refused})


def upsert_many(wire: Wire, clock: Clock, name: str, key: str, rows: Rows, *, began: Began) -> Upserts:
    """Create or update the *rows* of one object by their external id *key*."""
    found = Upserts()
    fit = {value: fields for value, fields in rows.items() if _NULL not in map(_cell, fields.values())}
    if len(fit) >= BULK_FROM:
        found = _by_job(wire, clock, name, key, fit, began)
    left = [value for value in rows if value not in found.ids and value not in found.refused]
    for start in range(0, len(left), COLLECTION_RECORDS_MAX):
        chunk = left[start : start + COLLECTION_RECORDS_MAX]
        found |= _by_collection(wire, name, key, {one: rows[one] for one in chunk})
    return found


def _by_collection(wire: Wire, name: str, key: str, rows: Rows) -> Upserts:
    records = [{"attributes": {"type": name}, **fields, key: value} for value, fields in rows.items()]
    path = wire.data(f"/composite/sobjects/{quote(name)}/{quote(key)}")
    response = wire.send("PATCH", path, write=True, json={"allOrNone": False, "records": records})
    if response.status_code != 200:
        return Upserts()  # one unreadable value refuses all: whoever asked tries them one by one
    ids, refused = {}, {}
    # The answer is in the order of the request: documented for sObject collections.
    for value, item in zip(rows, response.json(), strict=True):
        if item.get("success"):
            ids[value] = str(item["id"])
        else:
            refused[value] = _refusal((item.get("errors") or [{}])[0])
    return Upserts(ids, refused)


def _by_job(wire: Wire, clock: Clock, name: str, key: str, rows: Rows, began: Began) -> Upserts:
    found = Upserts()
    for data in _chunks(key, rows):
        try:
            job = _begun(wire, name, key, data, began)
        except RecordRefused:
            return found  # no job for this user, or none any more today: nothing of it is carried out
        await_job(wire, clock, job)
        ids, refused = {}, {}
        for row in _results(wire, job, "successfulResults"):
            ids[row[key]] = row["sf__Id"]
        for row in _results(wire, job, "failedResults"):
            code, _, message = row["sf__Error"].partition(":")
            refused[row[key]] = _refusal({"statusCode": code, "message": message})
        found |= Upserts(ids, refused)
    return found


def _begun(wire: Wire, name: str, key: str, data: str, began: Began) -> str:
    wanted = {
        "object": name,
        "operation": "upsert",
        "externalIdFieldName": key,
        "contentType": "CSV",
        "lineEnding": "LF",
    }
    job = str(_told(wire.send("POST", wire.data("/jobs/ingest"), write=True, json=wanted))["id"])
    began(job)
    path = wire.data(f"/jobs/ingest/{job}")
    headers = {"Content-Type": "text/csv"}
    _told(wire.send("PUT", f"{path}/batches", write=True, data=data.encode(), more_headers=headers))
    _told(wire.send("PATCH", path, write=True, json={"state": "UploadComplete"}))
    return job


def await_job(wire: Wire, clock: Clock, job: str) -> None:
    """Until nothing more comes of a job: one that was never closed is aborted, one that is gone did all it will.

    Raises ServiceUnavailable when it does not end.
    """
    path = wire.data(f"/jobs/ingest/{job}")
    for _ in range(POLLS_MAX):
        response = wire.send("GET", path)
        if response.status_code == 404:
            return
        state = _told(response)["state"]
        if state in _DONE:
            return
        if state == "Open":
            _told(wire.send("PATCH", path, write=True, json={"state": "Aborted"}))
            return
        clock.sleep(POLL_SECONDS)
    raise ServiceUnavailable(f"Salesforce's bulk job {job} does not end; the next run waits for it again")


def _results(wire: Wire, job: str, which: str) -> Iterator[dict[str, str]]:
    response = wire.send("GET", wire.data(f"/jobs/ingest/{job}/{which}"))
    if response.status_code != 200:
        _told(response)
    response.encoding = "utf-8"
    yield from csv.DictReader(io.StringIO(response.text, newline=""))


def _chunks(key: str, rows: Rows) -> Iterator[str]:
    """The rows as CSV, one text for each job; a field that no row has is no column."""
    names = [key, *sorted({name for fields in rows.values() for name in fields} - {key})]
    text, size = _table(names), 0
    for value, fields in rows.items():
        line = _line([_cell(value if name == key else fields.get(name)) for name in names])
        if size + len(line) > BULK_BYTES_MAX:
            yield text.getvalue()
            text, size = _table(names), 0
        size += text.write(line)
    yield text.getvalue()


def _table(names: Sequence[str]) -> io.StringIO:
    text = io.StringIO(newline="")
    text.write(_line(names))
    return text


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _cell(value: Any) -> str:
    """A value as Bulk API reads it; nothing for null, which leaves a new record's field as it is born."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(response: requests.Response) -> Any:
    if response.status_code not in {200, 201}:
        body = response.json() if "json" in response.headers.get("Content-Type", "") else []
        first = body[0] if isinstance(body, list) and body else {}
        raise _refusal(first or {"errorCode": f"HTTP {response.status_code}", "message": response.text[:200]})
    return response.json() if response.content else {}


def _refusal(error: Mapping[str, Any]) -> RecordRefused:
    code = str(error.get("statusCode") or error.get("errorCode") or "")
    return RecordRefused(
        f"{code}: {str(error.get('message', '')).strip()}", code=code, fields=tuple(error.get("fields") or ())
    )
