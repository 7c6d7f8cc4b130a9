"""Entries from the OpenAPI documents: operations, the statuses each answers, stand-ins, what is not faked.

Rule 1: what an operation is has the evidence of the document (`x-evidence`).
Rule 2: so has its success. A refusal is known no better than the operation, and no better than the best known error row
of its status: that a call can be refused with 413 says nothing of whether this vendor says 413.
Rule 3: a response with an `x-evidence` of its own says so itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm_contracts.ledger.entry import Entry, better, weaker
from crm_contracts.openapi.documents import METHODS, Operation, load, operations


def rows_of_document(vendor: str, errors: Sequence[Entry]) -> Iterator[Entry]:
    """An entry for each operation, and one for each of its answers; *errors* are the vendor's error rows."""
    document = load(vendor)
    known: dict[int, str] = {}
    for one in errors:
        known[one.status] = better(known.get(one.status, one.grade), one.grade)
    found = {one.operation_id: one for one in operations(vendor, document)}
    for path, item in document["paths"].items():
        for method, row in item.items():
            if method in METHODS:
                yield from _of_operation(found[row["operationId"]], row, document, f"{method.upper()} {path}", known)


def _of_operation(
    one: Operation, row: Mapping[str, Any], document: Mapping[str, Any], call: str, known: Mapping[int, str]
) -> Iterator[Entry]:
    where = f"OpenAPI document: {call}"
    kind, says = "operation", call
    if one.not_faked:
        kind, says = "not-faked", f"{call} answers 501 NOT_FAKED: {one.not_faked}"
    elif one.stand_in:
        kind, says = "stand-in", f"{call} stands in: {one.stand_in}"
    base: dict[str, Any] = {"vendor": one.vendor, "operation": one.operation_id, "driver": where}
    name = f"{one.vendor}/{one.operation_id}"
    yield Entry(id=name, kind=kind, says=says, grade=one.grade, source=one.source, **base)
    for status, given in row["responses"].items():
        response = _resolved(given, document)
        grade, source = _evidence(one, int(status), response, known)
        said = " ".join(str(response.get("description", "")).split())
        yield Entry(
            id=f"{name}/{status}",
            kind="answer",
            says=f"{call} answers {status}: {said}" if said else f"{call} answers {status}",
            grade=grade,
            source=source,
            status=int(status),
            **base,
        )


def _evidence(one: Operation, status: int, response: Mapping[str, Any], known: Mapping[int, str]) -> tuple[str, str]:
    own = response.get("x-evidence")
    if own:
        return own["grade"], own["source"]
    if status == 501 and one.not_faked:
        return "assumed", "this fake's own refusal of what it does not play"
    if status < 400:
        return one.grade, one.source
    best = known.get(status)
    if best is None:
        return "assumed", f"no error row with {status} says more"
    grade = weaker(one.grade, best)
    return grade, one.source if grade == one.grade else f"no error row with {status} is known better"


def _resolved(response: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in response:
        return response
    found: Mapping[str, Any] = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return found
