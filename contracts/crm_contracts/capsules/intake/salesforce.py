"""What an exchange with Salesforce shows: REST with its composite family, Lightning's UI API, results of bulk queries.

Rule: a request inside another is read as if it stood alone. What is not read (SOAP, Lightning's own pages) says so.
Source: REST API Developer Guide (sObject rows, Query, Composite, Batch, Graph, Collections, Tree); User Interface API.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from crm_contracts.capsules.intake.bodies import mapping, mappings
from crm_contracts.capsules.intake.exchange import RecordedExchange
from crm_contracts.capsules.intake.facts import (
    CREATE,
    DELETE,
    UPDATE,
    Company,
    Fact,
    Kind,
    Listed,
    Reading,
    Seen,
    Wrote,
)
from crm_contracts.capsules.intake.salesforce_calls import FROM, PREFIXES, Call, inner, meaning, named

__all__ = ["ACTIVITIES", "SalesforceReader"]

ACTIVITIES = ("Task", "Event")
_DATA = re.compile(r"^/services/data/v[\d.]+/(.*)$")
_ID = re.compile(r"^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$")
_WHERE = re.compile(r"\b(?:WHERE|LIMIT|OFFSET|HAVING)\b", re.IGNORECASE)
_UNDELETED = re.compile(r"\bWHERE\s+IsDeleted\s*=\s*false\s*(?:ORDER\s+BY\b|$)", re.IGNORECASE)


class SalesforceReader:
    """Reads exchanges one after the other; remembers what a later one refers to (bulk queries by their job)."""

    def __init__(self) -> None:
        self._jobs: dict[str, str] = {}

    def read(self, one: RecordedExchange) -> Reading:
        """What *one* shows."""
        if one.meaning == ("login", ""):
            return Reading("login", "")
        found = _DATA.match(one.path)
        if found is None:
            return Reading("other", "", left=_unread(one.path))
        method = one.method
        if method == "POST" and one.query.get("_HttpMethod") in ("PATCH", "DELETE", "GET"):
            method = one.query["_HttpMethod"]
        parts = [unquote(part) for part in found[1].split("/") if part]
        call = {"method": method, "parts": parts, "query": one.query, "body": one.request}
        reading = Reading(*meaning(call))
        reading.code = _code(one.response) if one.status >= 400 else ""
        if parts[:2] == ["jobs", "query"]:
            return self._bulk_query(one, parts, reading)
        reading.left = _of_no_use(parts)
        if reading.left:
            return reading
        for fact in _facts(call, one.status, one.response):
            reading.facts.append(fact)
        return reading

    def _bulk_query(self, one: RecordedExchange, parts: list[str], reading: Reading) -> Reading:
        if len(parts) == 2 and isinstance(one.request, Mapping) and isinstance(one.response, Mapping):
            name = FROM.search(str(one.request.get("query", "")))
            self._jobs[str(one.response.get("id"))] = name[1] if name else ""
        elif len(parts) == 4 and parts[3] == "results" and isinstance(one.response, str):
            name_of = self._jobs.get(parts[2], "")
            for row in csv.DictReader(io.StringIO(one.response)):
                fields = {key: _typed(value) for key, value in row.items() if key}
                reading.facts += _row({"attributes": {"type": name_of}, **fields})
            return reading
        reading.left = "jobs"
        return reading


def _typed(value: str | None) -> Any:
    return {"": None, "true": True, "false": False}.get(value or "", value)


def _unread(path: str) -> str:
    if path.startswith("/services/Soap"):
        return "SOAP"
    if path.startswith("/services/async"):
        return "jobs"
    if path.startswith(("/aura", "/s/sfsites", "/lightning", "/one/")):
        return "Lightning's own requests"
    return "other paths"


def _of_no_use(parts: Sequence[str]) -> str:
    if not parts or parts[0] in ("limits", "compactLayouts", "search", "parameterizedSearch", "tooling", "metadata"):
        return "about no record"
    if parts[0] == "jobs":
        return "jobs"
    return "about no record" if parts[-1] in ("describe", "layouts", "approvalLayouts") or parts == ["sobjects"] else ""


def _facts(call: Call, status: int, answer: Any) -> Iterator[Fact]:
    match call["parts"]:
        case ["sobjects", name, *rest]:
            yield from _of_row(call, name, rest, status, answer)
        case ["query" | "queryAll", *_]:
            yield from _of_query(call, status, answer)
        case ["composite"]:
            yield from _of_calls(call["body"], answer)
        case ["composite", "batch"]:
            yield from _of_batch(call["body"], answer)
        case ["composite", "graph"]:
            yield from _of_graphs(call["body"], answer)
        case ["composite", "sobjects", *rest]:
            yield from _of_collection(call, rest, status, answer)
        case ["composite", "tree", name]:
            yield from _of_tree(call["body"], name, status, answer)
        case ["ui-api", "records", *rest]:
            yield from _of_ui(call, rest, status, answer)


def _of_row(call: Call, name: str, rest: Sequence[str], status: int, answer: Any) -> Iterator[Fact]:
    method, body = call["method"], mapping(call["body"])
    kind = ("salesforce", named(name))
    match rest:
        case []:
            if method == "POST":
                made = str(mapping(answer).get("id") or "")
                yield _wrote(kind, CREATE, made, body, status, answer)
        case ["deleted"] if isinstance(answer, Mapping):
            for one in mappings(answer.get("deletedRecords")):
                yield Seen(kind, str(one.get("id", "")), {"LastModifiedDate": one.get("deletedDate")}, gone=True)
        case [record_id] if method == "GET":
            if status == 200:
                yield from _row(answer, name=kind[1])
            elif status == 404 and _code(answer) in ("NOT_FOUND", "ENTITY_IS_DELETED") and _ID.match(record_id):
                yield Seen(kind, record_id, {}, gone=True)
        case [record_id] if method in ("PATCH", "DELETE"):
            yield _wrote(kind, UPDATE if method == "PATCH" else DELETE, record_id, body, status, answer)
        case [field, value] if method == "GET" and status == 200:
            yield from _row(answer, name=kind[1])
        case [field, value] if method == "PATCH":
            yield _upserted(kind, field, value, body, status, answer)


def _upserted(kind: Kind, field: str, value: str, body: Call, status: int, answer: Any, item: int = -1) -> Wrote:
    given = mapping(answer)
    record_id = value if field.lower() == "id" else str(given.get("id") or "")
    created = given.get("created", status == 201)
    verb = CREATE if created and field.lower() != "id" else UPDATE
    more = {} if field.lower() == "id" else {field: value}
    return _wrote(kind, verb, record_id, {**body, **more}, status, answer, item=item, key=value if more else "")


def _wrote(
    kind: Kind, verb: str, record_id: str, body: Call, status: int, answer: Any, *, item: int = -1, key: str = ""
) -> Wrote:
    fields = {name: value for name, value in body.items() if name not in ("attributes", "Id", "id")}
    done = None if status == 0 or status >= 500 else status < 400
    if done and mapping(answer).get("success") is False:
        done = False
    return Wrote(kind, verb, record_id, fields, done, "" if done else _code(answer), item, key)


def _of_query(call: Call, status: int, answer: Any) -> Iterator[Fact]:
    if status != 200 or not isinstance(answer, Mapping):
        return
    ids = []
    for one in mappings(answer.get("records")):
        for fact in _row(one):
            yield fact
            if isinstance(fact, Seen) and not fact.gone:
                ids.append(fact.id)
    soql = str(call["query"].get("q", ""))
    name = FROM.search(soql)
    whole = not _WHERE.search(soql) or _UNDELETED.search(soql)
    all_of_them = answer.get("done") is True and answer.get("totalSize") == len(mappings(answer.get("records")))
    if name and whole and all_of_them and len(call["parts"]) == 1 and named(name[1]) in ACTIVITIES:
        yield Listed(("salesforce", named(name[1])), frozenset(ids))


def _row(row: Any, name: str = "") -> Iterator[Fact]:
    """A record of an answer, and the records that it names by a relationship."""
    if not isinstance(row, Mapping):
        return
    attributes = mapping(row.get("attributes"))
    model = named(str(attributes.get("type", "")) if attributes else name)
    record_id = str(row.get("Id") or attributes.get("url", "")).rpartition("/")[2]
    fields = {key: value for key, value in row.items() if key != "attributes" and not isinstance(value, Mapping)}
    for value in row.values():
        if isinstance(value, Mapping):
            of_account = mapping(value.get("attributes")).get("type") == "Account"
            yield from _row(value) if of_account else _row_of_list(value)
    if not _ID.match(record_id):
        return
    if model == "Account":
        if fields.get("Name"):
            yield Company("salesforce", record_id, str(fields["Name"]))
    elif model in ACTIVITIES:
        yield Seen(("salesforce", model), record_id, fields, gone=fields.get("IsDeleted") is True)


def _row_of_list(value: Call) -> Iterator[Fact]:
    for one in mappings(value.get("records")):
        yield from _row(one)


def _of_calls(body: Any, answer: Any) -> Iterator[Fact]:
    asked = mappings(mapping(body).get("compositeRequest"))
    got = mappings(mapping(answer).get("compositeResponse"))
    answers = {one.get("referenceId"): one for one in got}
    for number, one in enumerate(asked):
        said = answers.get(one.get("referenceId"), got[number] if number < len(got) else {})
        made = {str(name): each.get("body") for name, each in answers.items()}
        yield from _inside(inner(one, "body", made), said.get("httpStatusCode"), said.get("body"), number)


def _of_batch(body: Any, answer: Any) -> Iterator[Fact]:
    asked = mappings(mapping(body).get("batchRequests"))
    got = mappings(mapping(answer).get("results"))
    for number, one in enumerate(asked):
        said = got[number] if number < len(got) else {}
        yield from _inside(inner(one, "richInput", {}), said.get("statusCode"), said.get("result"), number)


def _of_graphs(body: Any, answer: Any) -> Iterator[Fact]:
    asked = mappings(mapping(body).get("graphs"))
    got = mappings(mapping(answer).get("graphs"))
    by_id = {one.get("graphId"): one.get("graphResponse") for one in got}
    for one in asked:
        yield from _of_calls(one, by_id.get(one.get("graphId")))


def _inside(call: Call | None, status: Any, answer: Any, item: int) -> Iterator[Fact]:
    if call is None:
        return
    for fact in _facts(call, status if isinstance(status, int) else 0, answer):
        if isinstance(fact, Wrote) and fact.item < 0:
            yield Wrote(fact.kind, fact.verb, fact.id, fact.fields, fact.done, fact.code, item, fact.key)
        else:
            yield fact


def _of_collection(call: Call, rest: Sequence[str], status: int, answer: Any) -> Iterator[Fact]:
    method, body = call["method"], call["body"]
    if method == "GET" or (method == "POST" and rest):
        for one in mappings(answer):
            yield from _row(one, name=named(rest[0]) if rest else "")
        return
    results = mappings(answer)
    if method == "DELETE":
        for number, record_id in enumerate(str(call["query"].get("ids", "")).split(",")):
            kind = ("salesforce", PREFIXES.get(record_id[:3], ""))
            yield _item(kind, DELETE, record_id, {}, status, results, number)
        return
    for number, one in enumerate(mappings(mapping(body).get("records"))):
        kind = ("salesforce", named(str(mapping(one.get("attributes")).get("type", ""))))
        said = results[number] if number < len(results) else None
        if len(rest) > 1:
            value = str(one.get(rest[1], ""))
            fields = {name: each for name, each in one.items() if name not in ("attributes", rest[1])}
            yield _upserted(kind, rest[1], value, fields, _each(status, said), said, item=number)
        elif method == "PATCH":
            yield _item(kind, UPDATE, str(one.get("id") or one.get("Id") or ""), one, status, results, number)
        else:
            yield _item(kind, CREATE, "", one, status, results, number)


def _item(
    kind: Kind, verb: str, record_id: str, body: Call, status: int, results: Sequence[Call], number: int
) -> Wrote:
    said = results[number] if number < len(results) else None
    made = record_id or (str(said.get("id") or "") if said else "")
    return _wrote(kind, verb, made, body, _each(status, said), said, item=number)


def _each(status: int, said: Any) -> int:
    return 400 if mapping(said).get("success") is False else status


def _of_tree(body: Any, name: str, status: int, answer: Any) -> Iterator[Fact]:
    got = mappings(mapping(answer).get("results"))
    made = {one.get("referenceId"): str(one.get("id") or "") for one in got}
    for number, one in enumerate(mappings(mapping(body).get("records"))):
        given = mapping(one.get("attributes"))
        kind = ("salesforce", named(str(given.get("type", name))))
        yield _wrote(kind, CREATE, made.get(given.get("referenceId"), ""), one, status, answer, item=number)


def _of_ui(call: Call, rest: Sequence[str], status: int, answer: Any) -> Iterator[Fact]:
    method, body = call["method"], mapping(call["body"])
    said = mapping(answer)
    fields = mapping(body.get("fields"))
    name = str(body.get("apiName") or said.get("apiName") or (PREFIXES.get(rest[0][:3], "") if rest else ""))
    kind = ("salesforce", named(name))
    row = {name: one.get("value") for name, one in mapping(said.get("fields")).items() if isinstance(one, Mapping)}
    made = str(said.get("id") or "")
    if method == "POST" and not rest:
        yield _wrote(kind, CREATE, made, fields, status, answer)
    elif method in ("PATCH", "DELETE") and rest:
        verb = UPDATE if method == "PATCH" else DELETE
        yield _wrote(kind, verb, rest[0], fields, status, answer)
    if row and made and status < 300:
        yield from _row({"attributes": {"type": kind[1]}, "Id": made, **row})


def _code(answer: Any) -> str:
    """The errorCode of an answer, where it is one."""
    first = answer[0] if isinstance(answer, list) and answer else answer
    if isinstance(first, Mapping):
        errors = first.get("errors")
        if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
            first = errors[0]
        for key in ("errorCode", "statusCode", "error"):
            value = first.get(key)
            if isinstance(value, str) and re.fullmatch(r"[A-Za-z_]{3,60}", value):
                return value
    return ""
