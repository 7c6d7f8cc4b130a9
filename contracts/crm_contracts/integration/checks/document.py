"""Requests against the vendor's OpenAPI document, which stands in `crm_contracts/openapi`.

Rule 1: what only the org can know (its fields, its objects, its ids) is not judged here: the fake has the org's
metadata, and its refusals are told by `refusals`.
Rule 2: a vendor that ignores what it does not know says 200; these checks are for what is lost so in silence.
Rule 3: a value that the vendor took is no bad one: the documents name samples where they cannot name all (a search, a
        day of a month), so a value is held against its schema where it was refused, to say which one it was. An answer
        that was lost, a 503, an ended session refuse nobody's value.
Rule 4: a key that is written back as it came is no loss: who reads a record, changes it and writes it whole does so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from crm_contracts.findings import Level
from crm_contracts.integration.checks.secrets import names_a_secret
from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run
from crm_contracts.integration.table import facts
from crm_contracts.openapi.documents import Operation
from crm_contracts.openapi.routes import router

_VERSION = re.compile(r"/services/(?:data/v|async/|Soap/[uc]/)([0-9]+)\.[0-9]+(?:/|$)")
_ORGS_OWN = frozenset({"sobject", "version", "record_id", "key", "value", "rest"})  # the org, or another check, says it
_XML = frozenset({"text/xml", "application/xml"})


def unknown_operation(run: Run) -> Looked:
    looked = Looked(number=len(run.calls))
    for one in run.parsed:
        if one.found is not None or one.method == "OPTIONS" or 200 <= one.status < 400 or _retired(one):
            continue  # what the vendor answered is there, whatever the document says: a page, a redirect
        methods = one.router.methods(one.path)
        if methods:
            what, remedy = f"{one.method} on a path that takes {', '.join(methods)}", f"use {' or '.join(methods)}"
        else:
            what, remedy = "no operation of the vendor has this path", None
        about = f"{one.method} {re.sub('[0-9A-Za-z]{15,}', '…', one.path)}"
        looked.seen.append(Seen(what=f"{about}: {what}", calls=[one], about=about, remedy=remedy))
    return looked


def retired_version(run: Run) -> Looked:
    looked = Looked()
    for one in run.of("salesforce"):
        match = _VERSION.search(one.path)
        if match is None:
            continue
        looked.number += 1
        if _is_retired(match):
            looked.seen.append(Seen(what=f"version {match[1]}.0 was asked for", calls=[one], about=match[1]))
    return looked


def _retired(one: ParsedCall) -> bool:
    match = _VERSION.search(one.path) if one.vendor == "salesforce" else None
    return match is not None and _is_retired(match)


def _is_retired(version: re.Match[str]) -> bool:
    return int(version[1]) < int(facts("salesforce")["oldest_version"])


def wrong_content_type(run: Run) -> Looked:
    looked = Looked()
    for one, content in _with_body(run):
        looked.number += 1
        taken = set(content)
        if one.vendor == "salesforce":
            taken |= _XML  # rows may be written as XML, too
            if one.ok:
                continue  # it refuses with 415 what it does not take; Bulk takes more than the document names
        if one.content_type.startswith("multipart/") or one.content_type in taken:
            continue
        named = one.content_type or "none"
        what = f"{one.operation}: the body's content type is {named}, the operation takes {', '.join(sorted(content))}"
        looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation} {named}"))
    return looked


def bad_parameter(run: Run) -> Looked:
    looked = Looked()
    for one in run.parsed:
        if one.found is None:
            continue
        rows = _parameters(one.vendor, one.found.operation)
        looked.number += len(rows)
        if one.ok:
            continue
        headers = dict(one.call.request_headers)
        for row in rows:
            name, place = row["name"], row["in"]
            values = {"query": dict(one.query), "path": dict(one.path_values), "header": headers}.get(place, {})
            value = values.get(name.lower() if place == "header" else name)
            if value is None:
                if row.get("required"):
                    what = f"{one.operation}: the {place} parameter {name} is missing"
                    looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation} {name}"))
            elif one.refused and not _fits(one.vendor, row.get("schema", {}), value):
                what = f"{one.operation}: {name}={value[:60]!r} is not what the {place} parameter takes"
                looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation} {name}"))
    return looked


def unknown_parameter(run: Run) -> Looked:
    looked = Looked()
    for one in run.parsed:
        if one.found is None or not one.query or one.logs_in or "/oauth2/" in one.path:  # a log-in's are many
            continue
        looked.number += 1
        open_ = facts(one.vendor).get("open_parameters", {})
        known = {row["name"] for row in one.router.parameters(one.found.operation) if row["in"] == "query"}
        known |= {*open_.get("all", ()), *open_.get(one.operation, ())}
        if "*" in known:
            continue
        for name, _ in one.query:
            if name in known or names_a_secret(name) or name.startswith(tuple(open_.get("prefixes", ()))):
                continue
            what = f"{one.operation} has no parameter {name}"
            level: Level | None = "warning" if one.vendor == "salesforce" else None  # no parameter of its filters rows
            looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation} {name}", level=level))
    return looked


def bad_body(run: Run) -> Looked:
    looked = Looked()
    for one, content in _with_body(run):
        schema = content.get(one.content_type, {}).get("schema")
        if schema is None or one.content_type in _XML or one.content_type == "text/csv":
            continue
        looked.number += 1
        if not one.refused:
            continue
        value: Any = one.form if "form" in one.content_type else one.json
        if value is None:
            what = f"{one.operation}: the body is no JSON"
            looked.seen.append(Seen(what=what, calls=[one], about=one.operation))
            continue
        error = best_match(_validator(one.vendor, one.operation, one.content_type).iter_errors(value))
        if error is not None:
            where = "/".join(str(part) for part in error.absolute_path) or "the body"
            what = f"{one.operation}: {where}: {error.message[:160]}"
            about = re.sub(r"/?\d+", "", where)
            looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation} {about} {error.validator}"))
    return looked


def dropped_key(run: Run) -> Looked:
    """Planhat takes any key and keeps those of its model."""
    looked = Looked()
    for one in run.of("planhat"):
        content = one.router.row(one.found.operation).get("requestBody", {}).get("content", {}) if one.found else {}
        schema = content.get("application/json", {}).get("schema")
        if schema is None or not one.writes:
            continue
        known = _keys(one, schema)
        if not known or facts("planhat")["open_models"].count(one.path.strip("/").partition("/")[0]):
            continue
        looked.number += 1
        keys = {key for item in one.items for key in item if key not in known and not key.startswith(("custom.", "_"))}
        came = _came(run, one, keys) if keys else ()
        for key in sorted(keys):
            if any(key in item and (key, item[key]) not in came for item in one.items):
                looked.seen.append(
                    Seen(what=f"{one.operation}: the model has no {key}", calls=[one], about=f"{one.operation} {key}")
                )
    return looked


@lru_cache(maxsize=1_000)
def _parameters(vendor: str, operation: Operation) -> list[dict[str, Any]]:
    """The parameters of *operation* that are not the org's own."""
    rows = router(vendor).parameters(operation)
    return [row for row in rows if row["in"] != "path" or row["name"] not in _ORGS_OWN]


def _came(run: Run, one: ParsedCall, keys: Collection[str]) -> list[tuple[str, Any]]:
    """Those of *keys* that earlier answers of the vendor held, with their values."""
    found = []
    for sooner in run.before(one):
        rows = sooner.answer_json if isinstance(sooner.answer_json, list) else [sooner.answer_json]
        found += [(key, row[key]) for row in rows if isinstance(row, dict) for key in keys if key in row]
    return found


def _keys(one: ParsedCall, schema: dict[str, Any]) -> set[str]:
    """The properties that an object of *schema*, or of its items, may have."""
    row = one.router.resolved(schema)
    if "items" in row:
        return _keys(one, row["items"])
    found = set(row.get("properties", ()))
    for part in ("allOf", "anyOf", "oneOf"):
        for inner in row.get(part, ()):
            found |= _keys(one, inner)
    return found


def _with_body(run: Run) -> Iterator[tuple[ParsedCall, dict[str, Any]]]:
    for one in run.parsed:
        if not one.call.request or one.found is None or not one.body:
            continue
        content = one.router.row(one.found.operation).get("requestBody", {}).get("content")
        if content:
            yield one, content


def _fits(vendor: str, schema: dict[str, Any], value: str) -> bool:
    """Whether a text of a URL or a header is what *schema* says, as a text or as the number or truth it spells."""
    validator = Draft202012Validator({**schema, "components": router(vendor).document["components"]})
    candidates: list[Any] = [value]
    if re.fullmatch(r"-?[0-9]{1,18}", value):
        candidates.append(int(value))
    if value.lower() in {"true", "false"}:
        candidates.append(value.lower() == "true")
    return any(validator.is_valid(one) for one in candidates)


@lru_cache(maxsize=256)
def _validator(vendor: str, operation_id: str, content_type: str) -> Draft202012Validator:
    found = router(vendor)
    content = next(
        row["requestBody"]["content"][content_type]
        for item in found.document["paths"].values()
        for row in item.values()
        if isinstance(row, dict) and row.get("operationId") == operation_id
    )
    return Draft202012Validator({**content["schema"], "components": found.document["components"]})
