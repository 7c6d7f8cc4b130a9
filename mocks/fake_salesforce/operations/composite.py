"""What a composite request may hold, and its `@{reference.path}` values. No HTTP, no rows.

Rule 1: a reference is looked up in the JSON of an earlier answer: create gives `id`, a row `Id`.
Rule 2: a value that is nothing but one reference keeps the type of what it names; inside other text
it is inserted as text.
Source: REST API Developer Guide, Composite; the halting texts in `data/errors.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.values import flag

SUBREQUESTS_MAX = 25
QUERIES_MAX = 5  # queries and collections among them
STRICT_REFERENCES_SINCE = 52  # an illegal reference id refuses the whole call
assert QUERIES_MAX <= SUBREQUESTS_MAX

METHODS = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
FORBIDDEN_HEADERS = frozenset({"accept", "authorization", "content-type"})
_REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*", re.ASCII)
_REFERENCE = re.compile(r"@\{([^}]*)\}")
_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]{1,4})\]")
_COUNTED = re.compile(r"/services/data/v[^/]+/(?:query|queryAll|composite/sobjects)(?:[/?]|$)")


@dataclass(frozen=True, slots=True)
class Subrequest:
    """One call inside a composite; `headers` are those it may carry."""

    method: str
    url: str
    reference_id: str
    body: Any
    headers: Mapping[str, str]


def read(body: Any, *, number: int) -> tuple[list[Subrequest], bool]:
    """(subrequests, allOrNone) of a composite body in API version *number*; raises SalesforceError, TypeMismatch."""
    found = body.get("compositeRequest") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise _refused("The compositeRequest must be a list of subrequests")
    if len(found) > SUBREQUESTS_MAX:
        raise _limit(f"Limit of {SUBREQUESTS_MAX} subrequests exceeded: {len(found)}")
    requests = [_subrequest(one) for one in found]
    all_or_none = flag(body.get("allOrNone"), "allOrNone")
    flag(body.get("collateSubrequests"), "collateSubrequests")  # the order is kept either way
    queries = sum(1 for one in requests if _COUNTED.match(one.url))
    if queries > QUERIES_MAX:
        raise _limit(f"Limit of {QUERIES_MAX} query and collection subrequests exceeded: {queries}")
    ids = [one.reference_id for one in requests]
    if len(set(ids)) != len(ids):
        raise _refused("The referenceId of each subrequest must be unique")
    for one in ids:
        if number >= STRICT_REFERENCES_SINCE and _REFERENCE_ID.fullmatch(one) is None:
            raise _refused(f"The referenceId '{one}' holds illegal characters")
    return requests, all_or_none


def _subrequest(given: Any) -> Subrequest:
    if not isinstance(given, dict):
        raise _refused("A subrequest must be an object")
    method, url, reference_id = (given.get(name) for name in ("method", "url", "referenceId"))
    if not isinstance(method, str) or method not in METHODS:
        raise _refused(f"The HTTP method {method} is not supported")
    if not isinstance(url, str) or not url.startswith("/services/data/"):
        raise _refused("The url of a subrequest must begin with /services/data/")
    if not isinstance(reference_id, str) or not reference_id:
        raise _refused("Each subrequest must have a referenceId")
    headers = given.get("httpHeaders") or {}
    if not isinstance(headers, dict) or any(str(one).lower() in FORBIDDEN_HEADERS for one in headers):
        raise _refused("httpHeaders may not hold Accept, Authorization or Content-Type")
    return Subrequest(method, url, reference_id, given.get("body"), headers)


def _refused(text: str) -> SalesforceError:
    return salesforce_error("JSON_PARSER_ERROR", text=text)


def _limit(text: str) -> SalesforceError:
    return salesforce_error("LIMIT_EXCEEDED", text=text)


def fill(value: Any, answers: Mapping[str, Any], *, number: int) -> Any:
    """*value* with every reference replaced; raises PROCESSING_HALTED for one that leads nowhere."""
    if isinstance(value, str):
        return _fill_text(value, answers, number)
    if isinstance(value, dict):
        return {key: fill(one, answers, number=number) for key, one in value.items()}
    if isinstance(value, list):
        return [fill(one, answers, number=number) for one in value]
    return value


def _fill_text(text: str, answers: Mapping[str, Any], number: int) -> Any:
    whole = _REFERENCE.fullmatch(text)
    if whole is not None:
        return _look_up(whole[1], answers, number)

    def insert(match: re.Match[str]) -> str:
        found = _look_up(match[1], answers, number)
        return "" if found is None else str(found)

    return _REFERENCE.sub(insert, text)


def _look_up(path: str, answers: Mapping[str, Any], number: int) -> Any:
    name, _, rest = path.partition(".")
    name, bracket, index = name.partition("[")
    if name not in answers:
        raise _nowhere(path, name)
    value = answers[name]
    for step in _STEP.finditer(f"{bracket}{index}.{rest}"):
        try:
            value = value[step[1]] if step[1] is not None else value[int(step[2])]
        except (KeyError, IndexError, TypeError):
            raise _nowhere(path, name) from None
    if value is None and number < STRICT_REFERENCES_SINCE:
        raise _nowhere(path, name)
    return value


def _nowhere(path: str, name: str) -> SalesforceError:
    return salesforce_error("PROCESSING_HALTED.reference", reference=path, target=name)
