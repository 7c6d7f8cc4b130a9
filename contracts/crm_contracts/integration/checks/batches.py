"""Answers that are 200 (or 206) and still refuse a part: each item has to be read.

Rule 1: an item that was refused is taken up again when a later request names its record: to try again, or to read it.
Rule 2: a record is known by its id, by the value of its key, or by values that no other item of the batch has.
Rule 3: a program that ends with another exit status than 0 has told somebody; only traffic is seen here.
Rule 4: nothing is lost by a look that finds nothing, nor where a record that was to be deleted is gone already.
Source: REST API Developer Guide, sObject Collections (200 even where all failed) and Composite; Planhat's HTTP response
codes (206: read createdErrors and updatedErrors).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run, strings

PLANHAT_ERRORS = ("createdErrors", "updatedErrors", "permissionErrors", "validationErrors")
_SOAP_RESULT = re.compile(r"<(?:\w+:)?result\b.*?</(?:\w+:)?result>", re.DOTALL)
_SOAP_ITEM = re.compile(r"<(?:\w+:)?sObjects\b.*?</(?:\w+:)?sObjects>", re.DOTALL)
_SECONDARY = frozenset({"PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK", "BATCH_PROCESSING_HALTED"})
_GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND"})
# A mark is looked for in all that a later request says: two letters ("No", a country) stand in any text, three can be
# somebody's name ("Ann").
_TELLING_MIN = 3


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that was refused. *marks* are texts by which a later request would name it; none: nobody could tell.

    *method* is what was to be done with its record.
    """

    number: int
    code: str
    message: str
    marks: frozenset[str]
    method: str = ""

    @property
    def lost(self) -> bool:
        """Whether something that was to be done was not."""
        if self.method == "GET":
            return False
        return self.code not in (_SECONDARY | _GONE if self.method == "DELETE" else _SECONDARY)


def unhandled_partial_failure(run: Run) -> Looked:
    looked = Looked()
    for one in run.parsed:
        if not (one.ok and is_batch(one)) or one.lost:
            continue
        looked.number += 1
        left = [item for item in refused_items(one) if item.lost and not _taken_up(run, one, item)]
        if not left or run.told:
            continue
        first = left[0]
        named = first.code or first.message
        what = f"{one.operation}: {len(left)} of {_count(one)} items refused and never touched again"
        what = f"{what} (item {first.number}: {' '.join(named.split())[:80]})"
        looked.seen.append(Seen(what=what, calls=[one], about=one.operation))
    return looked


def is_batch(one: ParsedCall) -> bool:
    """Whether an answer of this operation may refuse a part."""
    return one.operation in _READERS or (one.operation.startswith("bulkUpsert") and isinstance(one.json, list))


def refused_items(one: ParsedCall) -> list[Refused]:
    """The items that a batch's answer refuses."""
    if not is_batch(one):
        return []
    if one.operation.startswith("bulkUpsert"):
        return list(_planhat(one))
    return list(_READERS[one.operation](one))


def _taken_up(run: Run, one: ParsedCall, item: Refused) -> bool:
    for later in run.after(one, vendor=one.vendor):
        if item.marks:
            if any(mark in later.said for mark in item.marks):
                return True
        elif later.operation == one.operation:
            return True
    return False


def _count(one: ParsedCall) -> int:
    told = one.answer_json
    if isinstance(told, list):
        return len(told)
    if one.vendor == "planhat":
        return len(one.json)
    for key in ("compositeResponse", "results", "graphs"):
        if isinstance(told, dict) and key in told:
            return len(told[key])
    return len(_SOAP_RESULT.findall(one.answer_text))


def _marks(items: list[Any], number: int) -> frozenset[str]:
    """What names item *number* among *items*: its id, or what no other has."""
    item = items[number] if number < len(items) else None
    if isinstance(item, Mapping):
        found = next((value for key, value in item.items() if key.lower() in {"id", "_id"} and value), None)
        if found:
            return frozenset({str(found)[:15] if len(str(found)) == 18 else str(found)})
    others = {text for at, other in enumerate(items) if at != number for text in strings(_listed(other))}
    own = {text for text in strings(_listed(item)) if len(text) >= _TELLING_MIN and text not in others}
    return frozenset(own)


def _listed(value: Any) -> Any:
    return {key: one for key, one in value.items() if key != "attributes"} if isinstance(value, Mapping) else value


def _collections(one: ParsedCall) -> Iterator[Refused]:
    if one.operation == "deleteRecords":
        items: list[Any] = [{"id": each} for each in (one.parameter("ids") or "").split(",")]
    else:
        items = one.json.get("records", []) if isinstance(one.json, dict) else []
    for number, result in enumerate(one.answer_json if isinstance(one.answer_json, list) else []):
        if isinstance(result, dict) and result.get("success") is False:
            code, message = _first(result.get("errors"))
            yield Refused(number, code, message, _marks(items, number), one.acts_as)


def _composite(one: ParsedCall) -> Iterator[Refused]:
    asked = one.json.get("compositeRequest", []) if isinstance(one.json, dict) else []
    told = one.answer_json.get("compositeResponse", []) if isinstance(one.answer_json, dict) else []
    yield from _subrequests(asked, told)


def _graph(one: ParsedCall) -> Iterator[Refused]:
    asked = one.json.get("graphs", []) if isinstance(one.json, dict) else []
    told = one.answer_json.get("graphs", []) if isinstance(one.answer_json, dict) else []
    for request, answer in zip(asked, told, strict=False):
        inner = answer.get("graphResponse", {}).get("compositeResponse", [])
        yield from _subrequests(request.get("compositeRequest", []), inner)


def _subrequests(asked: list[Any], told: list[Any]) -> Iterator[Refused]:
    by_name = {one.get("referenceId"): one for one in asked if isinstance(one, dict)}
    for number, answer in enumerate(told):
        if answer.get("httpStatusCode", 0) < 400:
            continue
        request = by_name.get(answer.get("referenceId"), {})
        yield _of_request(number, request, answer.get("body"), request.get("body"))


def _batch(one: ParsedCall) -> Iterator[Refused]:
    asked = one.json.get("batchRequests", []) if isinstance(one.json, dict) else []
    told = one.answer_json.get("results", []) if isinstance(one.answer_json, dict) else []
    for number, (request, answer) in enumerate(zip(asked, told, strict=False)):
        if answer.get("statusCode", 0) >= 400:
            yield _of_request(number, request, answer.get("result"), request.get("richInput"))


def _of_request(number: int, request: Mapping[str, Any], told: Any, body: Any) -> Refused:
    code, message = _first(told)
    marks = _marks_of_request(request.get("url", ""), body)
    return Refused(number, code, message, marks, str(request.get("method", "")).upper())


def _marks_of_request(url: str, body: Any) -> frozenset[str]:
    last = unquote(url.partition("?")[0].rstrip("/").rpartition("/")[2])
    if re.fullmatch(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", last) and any(sign.isdigit() for sign in last):
        return frozenset({last[:15]})
    return frozenset(text for text in strings(body) if len(text) >= _TELLING_MIN)


def _soap(one: ParsedCall) -> Iterator[Refused]:
    asked = _SOAP_ITEM.findall(one.text)
    for number, result in enumerate(_SOAP_RESULT.findall(one.answer_text)):
        if "success>false<" in result:
            code = re.search(r"statusCode>([^<]+)<", result)
            message = re.search(r"message>([^<]+)<", result)
            texts = re.findall(r">([^<>]{4,})<", asked[number]) if number < len(asked) else []
            marks = frozenset(text for text in texts if sum(text in other for other in asked) == 1)
            yield Refused(number, code[1] if code else "", message[1] if message else "", marks)


def _planhat(one: ParsedCall) -> Iterator[Refused]:
    told = one.answer_json if isinstance(one.answer_json, dict) else {}
    for name in PLANHAT_ERRORS:
        for at, error in enumerate(told.get(name) or []):
            number = error.get("index", at) if isinstance(error, dict) else at
            message = error.get("message", "") if isinstance(error, dict) else str(error)
            # The shape of an entry is not published: without an index nobody can tell which item it is.
            marks = _marks(one.json, number) if isinstance(error, dict) and "index" in error else frozenset()
            yield Refused(number, "", str(message), marks)


def _first(errors: Any) -> tuple[str, str]:
    row = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(row, dict):
        return "", str(row or "")
    return str(row.get("statusCode") or row.get("errorCode") or ""), str(row.get("message") or "")


_READERS = {
    "createRecords": _collections,
    "updateRecords": _collections,
    "upsertRecords": _collections,
    "deleteRecords": _collections,
    "composite": _composite,
    "compositeBatch": _batch,
    "compositeGraph": _graph,
    "soap": _soap,
    "soapOfOrg": _soap,
}
