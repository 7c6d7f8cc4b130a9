"""Writes whose outcome is not known: the connection broke, the answer broke off, or the server failed.

Rule 1: a create without a key that is sent again as it was makes a second record where the first one was carried out.
Rule 2: what makes it safe: an upsert by a key, a key in the body that the vendor keeps unique, or to look first.
Rule 3: a 429 or a used-up limit is an answer: nothing was carried out, and to send again later is right.
Rule 4: 503 is commonly sent before anything was done, and nobody promises it: a warning.
Source: failure modes F01 and F02 of two-way syncs; REST API Developer Guide, Upsert; Planhat keyables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from crm_contracts.findings import Level
from crm_contracts.integration.checks.keys import keyable
from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run

_SALESFORCE_CREATES = frozenset({"createRecord", "createRecords", "createTree", "composite", "compositeBatch"})


def blind_create_retry(run: Run) -> Looked:
    looked = Looked()
    for one in run.parsed:
        if not is_unknown(one) or not creates(one):
            continue
        looked.number += 1
        again = _sent_again(run, one)
        if again is None or has_key(one) or "DUPLICATE_VALUE" in again.codes:
            continue
        between = [other for other in run.after(one, vendor=one.vendor) if other.number < again.number]
        if any(_looks(other, one) for other in between):
            continue
        said = "no answer came" if one.lost else f"the answer was {one.status}"
        what = f"{one.operation}: {said}, and request {again.number} sent the same create again"
        level: Level | None = "warning" if one.status == 503 else None
        looked.seen.append(Seen(what=what, calls=[one, again], about=one.operation, level=level))
    return looked


def unresolved_write(run: Run) -> Looked:
    looked = Looked()
    for one in run.parsed:
        if not one.writes or not is_unknown(one) or one.status == 503:
            continue
        looked.number += 1
        if run.told or any(_looks(other, one) or is_same(other, one) for other in run.after(one, vendor=one.vendor)):
            continue
        said = "no answer came" if one.lost else f"the answer was {one.status}"
        what = f"{one.operation}: {said}, and nobody looked what became of it"
        looked.seen.append(Seen(what=what, calls=[one], about=one.operation))
    return looked


def is_unknown(one: ParsedCall) -> bool:
    """Whether the caller cannot know what became of the call."""
    return one.lost or (one.status >= 500 and one.status != 501)


def creates(one: ParsedCall) -> bool:
    """Whether the call makes records, and makes them again where it is sent again."""
    if not one.writes:
        return False
    if one.vendor == "salesforce":
        return one.operation in _SALESFORCE_CREATES and (one.operation[:6] == "create" or '"POST"' in one.text)
    if one.vendor == "planhat" and one.operation.startswith("bulkUpsert"):
        return True
    return one.operation.startswith("create") and one.acts_as == "POST"


def has_key(one: ParsedCall) -> bool:
    """Whether the vendor would know each record of the body again."""
    if one.vendor != "planhat":
        return False
    return bool(one.items) and all(keyable(one, item) for item in one.items)


def _sent_again(run: Run, one: ParsedCall) -> ParsedCall | None:
    return next((other for other in run.after(one, vendor=one.vendor) if is_same(other, one)), None)


def is_same(other: ParsedCall, one: ParsedCall) -> bool:
    """Whether *other* asks what *one* asked."""
    return (other.acts_as, other.path, other.query) == (one.acts_as, one.path, one.query) and (
        other.body == one.body or (one.json is not None and _canon(other.json) == _canon(one.json))
    )


def _canon(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _looks(other: ParsedCall, one: ParsedCall) -> bool:
    """Whether *other* reads what *one* may have made or changed."""
    if other.writes or other.logs_in:
        return False
    if one.vendor == "salesforce":
        names = {name.lower() for name in _objects(one)}
        return not names or any(name in other.said.lower() for name in names)
    return other.path.strip("/").partition("/")[0] == one.path.strip("/").partition("/")[0]


def _objects(one: ParsedCall) -> Iterator[str]:
    if "sobject" in one.path_values:
        yield one.path_values["sobject"]
    for record in one.json.get("records", ()) if isinstance(one.json, dict) else ():
        kind = record.get("attributes", {}).get("type") if isinstance(record, dict) else None
        if kind:
            yield kind
