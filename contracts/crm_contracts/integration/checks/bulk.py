"""Bulk jobs: what became of the rows is known only to who asks.

Source: Bulk API 2.0 Developer Guide, Get Job Failed Record Results; Bulk API Developer Guide, Get Batch Results.
"""

from __future__ import annotations

from typing import Any

from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run

_ENDED = frozenset({"JobComplete", "Failed", "Aborted", "Completed", "NotProcessed", "Closed"})


def results_not_read(run: Run) -> Looked:
    looked = Looked()
    calls = run.of("salesforce")
    for one in calls:
        if one.operation in {"createIngestJob", "addBatch"} and one.ok and isinstance(one.answer_json, dict):
            looked.number += 1
            job = str(one.answer_json.get("id"))[:15]
            later = [other for other in run.after(one, vendor="salesforce") if job in other.path]
            seen = _ingest(one, later) if one.operation == "createIngestJob" else _batch(one, later)
            if seen is not None and not run.told:
                looked.seen.append(seen)
    return looked


def _ingest(one: ParsedCall, later: list[ParsedCall]) -> Seen | None:
    told = [other.answer_json for other in later if other.operation == "getIngestJob" and other.ok]
    closed = any(other.operation == "changeIngestJob" and _says(other, "UploadComplete") for other in later)
    last: Any = told[-1] if told and isinstance(told[-1], dict) else {}
    aborted = any(other.operation == "changeIngestJob" and _says(other, "Aborted") for other in later)
    if closed and not aborted and last.get("state") not in _ENDED:
        return Seen(what="a Bulk 2.0 job was started and its end never waited for", calls=[one], about="wait")
    failed = int(last.get("numberRecordsFailed") or 0)
    read = any(other.path_values.get("results", "").lower() == "failedresults" for other in later)
    if failed and not read:
        what = f"a Bulk 2.0 job ended with {failed} failed rows, and failedResults was never fetched"
        return Seen(what=what, calls=[one], about="failedResults")
    return None


def _batch(one: ParsedCall, later: list[ParsedCall]) -> Seen | None:
    results = [other for other in later if other.operation in {"getBatchResult", "getBatchQueryResult"}]
    told = [other.answer_json for other in later if other.operation in {"getBatch", "listBatches"} and other.ok]
    if not told and not results:
        return Seen(what="a Bulk batch was added and its end never waited for", calls=[one], about="wait 1.0")
    failed = max((int(row.get("numberRecordsFailed") or 0) for row in told if isinstance(row, dict)), default=0)
    if failed and not results:
        what = f"a Bulk batch ended with {failed} failed rows, and its result was never fetched"
        return Seen(what=what, calls=[one], about="result 1.0")
    return None


def _says(one: ParsedCall, state: str) -> bool:
    return isinstance(one.json, dict) and one.json.get("state") == state
