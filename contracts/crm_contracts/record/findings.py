"""What `understudy compare` found, as a report: a result for each recorded exchange, a finding for each difference."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crm_contracts.findings import Finding, Report, Result
from crm_contracts.ledger import entry_for
from crm_contracts.ledger.entry import Entry
from crm_contracts.record.answers import Difference, error_of
from crm_contracts.record.replay import Compared, compare
from crm_contracts.traffic.har import Recording
from crm_contracts.traffic.scrubbed import scrubbed

__all__ = ["report_of"]

SHOWN_MAX = 300
_WHY = {
    "status": "a client branches on it",
    "error code": "a client decides by it whether to try again",
    "header": "clients read it",
    "missing key": "a client that reads it fails against the fake alone",
    "extra key": "a client that comes to rely on it fails against the vendor",
    "type": "a client in a typed language refuses one of the two",
    "value": "the vendor says something else",
    "length": "the vendor has more rows, or fewer",
    "body": "the vendor says something else",
}


def report_of(
    recordings: Mapping[Path, Recording],
    *,
    orgs: dict[str, str] | None = None,
    seeds: Mapping[str, Any] | None = None,
) -> Report:
    """The report on all *recordings*, by their file; *orgs* and *seeds* as of `replay.compare`."""
    results: list[Result] = []
    coverage: dict[str, Counter[str]] = {}
    for file, given in recordings.items():
        recording = replace(given, calls=scrubbed(given.calls))  # a browser's file shows its secrets, a report may not
        for one in compare(recording, orgs=orgs, seeds=seeds):
            results.append(_result(file, recording, one))
            if one.operation is not None and not one.why:
                coverage.setdefault(one.call.vendor, Counter())[one.operation.operation_id] += 1
        for reason, count in recording.left.items():
            results.append(Result(name=f"{file.name}: {reason}", state="not run", why=f"{count} left out: {reason}"))
    facts = {"evidence": ", ".join(_source(file, one) for file, one in recordings.items())}
    states = Counter(one.state for one in results)
    facts["exchanges"] = (
        f"{states['passed']} agree, {states['failed']} differ, {states['not run']} not comparable (counted as neither)"
    )
    return Report(title="compare: evidence with the fake", results=results, facts=facts, coverage=coverage)


def _source(file: Path, recording: Recording) -> str:
    said = "; ".join(word for word in (recording.source, recording.date) if word)
    return f"{file.name} ({said or 'it does not say where it comes from'})"


def _result(file: Path, recording: Recording, one: Compared) -> Result:
    call = one.call
    entry = _entry(one)
    grade = entry.grade if entry else one.operation.grade if one.operation else ""
    return Result(
        name=f"{file.name} #{call.number}",
        state="not run" if one.why else "failed" if one.differences else "passed",
        title=f"{call.method} {urlsplit(call.url).path} answered {call.status}",
        findings=list(_findings(file, recording, one, entry)),
        why=f"not comparable: {one.why}" if one.why else "",
        vendor=call.vendor,
        operation=one.operation.operation_id if one.operation else "",
        grade=grade,
        seconds=0.0,
    )


def _entry(one: Compared) -> Entry | None:
    """What the ledger says of our answer."""
    if one.ours is None or one.operation is None:
        return None
    code, message = error_of(one.ours)
    return entry_for(one.call.vendor, one.operation.operation_id, one.ours.status, code, message)


def _findings(file: Path, recording: Recording, one: Compared, entry: Entry | None) -> Iterator[Finding]:
    if one.ours is None or one.why:
        return
    call, ours = one.call, one.ours
    operation = one.operation.operation_id if one.operation else ""
    for difference in one.differences:
        yield Finding(
            check=f"answers-differ-in-{difference.kind.replace(' ', '-')}",
            seen=f"{operation or urlsplit(call.url).path}: {difference}",
            why=f"The recorded answer and the fake's differ in {_article(difference.kind)}: {_WHY[difference.kind]}.",
            remedy=_remedy(difference, entry),
            cause=f"{operation}: {_cause(difference)}",
            where=f"{file}, exchange {call.number}: {call.method} {call.url}",
            shown=[
                f"asked     {call.method} {call.url}",
                *([f"          {_text(call.request)}"] if call.request else []),
                f"recorded  {call.status} {_text(call.response)}",
                f"ours      {ours.status} {_text(ours.response)}",
                *_suggestion(file, recording, one, difference, entry),
            ],
            vendor=call.vendor,
            operation=operation,
            entry=entry.id if entry else "",
            grade=entry.grade if entry else one.operation.grade if one.operation else "",
            source=entry.source if entry else one.operation.source if one.operation else "",
        )


def _article(kind: str) -> str:
    if kind == "length":
        return "the number of rows"
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def _cause(difference: Difference) -> str:
    """What and where, without the numbers of list elements: one change mends all of them."""
    where = re.sub(r"\[\d+\]", "[]", difference.where)
    return where if where.startswith(difference.kind) else f"{difference.kind} at {where}"


def _remedy(difference: Difference, entry: Entry | None) -> str:
    if entry is None:
        return (
            "Find out which is right. The ledger has no entry for our answer: write one, with the recording as source."
        )
    if entry.grade == "recorded":
        return (
            f"Two recordings disagree ({entry.source}): find out what differs between the two orgs or versions, and"
            f" make that a switch. What drives our answer: {entry.driver}."
        )
    return f"A recording outweighs what is {entry.grade}: mend {entry.driver} ({difference.where})."


def _suggestion(
    file: Path, recording: Recording, one: Compared, difference: Difference, entry: Entry | None
) -> Iterable[str]:
    """Data for the file that drives our answer, ready to be put in."""
    source = f"{file.name}, exchange {one.call.number}" + (f", {recording.source}" if recording.source else "")
    code, message = error_of(one.call)
    if one.call.status >= 400 and difference.kind in ("status", "error code", "value") and (code or message):
        yield f"suggested {entry.driver if entry else 'a new row of errors.toml'}:"
        yield f"          status = {one.call.status}"
        if code:
            yield f"          # errorCode {code}"
        yield f"          message = {json.dumps(message, ensure_ascii=False)}"
    elif difference.kind == "status" and one.operation is not None:
        yield f"suggested {one.call.vendor}.yaml, {one.operation.operation_id}, responses:"
        yield f"          '{one.call.status}':"
    elif difference.kind in ("missing key", "type", "value", "extra key"):
        yield f"suggested {one.call.vendor}.yaml, schema of the answer:"
        gone = difference.kind == "extra key"
        yield f"          {difference.where}: " + ("not there" if gone else f"{difference.recorded}")
    else:
        return
    yield f"          source = {json.dumps(source, ensure_ascii=False)}"
    yield '          grade = "recorded"'


def _text(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}… ({len(text):,} characters)"
