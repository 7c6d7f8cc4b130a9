"""What a composite request may hold, and its `@{reference.path}` values. No HTTP, no rows.

Rule 1: a reference is looked up in the JSON of an earlier answer: create gives `id`, a row `Id`.
Rule 2: a value that is nothing but one reference keeps the type of what it names; inside other text
it is inserted as text.
Rule 3: up to v51 a reference to a null of a row fails its subrequest, and so does one to an illegal reference id; from
v52 the null is passed on, and an illegal reference id refuses the whole call.
Source: REST API Developer Guide, Composite and Composite Batch; the halting texts in `data/errors.toml`.
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
BATCH_REQUESTS_MAX = 25
BATCH_VERSION_MIN = 34  # of a resource inside a batch
STRICT_REFERENCES_SINCE = 52  # an illegal reference id refuses the whole call
assert QUERIES_MAX <= SUBREQUESTS_MAX

METHODS = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
BATCH_METHODS = METHODS | {"HEAD"}
FORBIDDEN_HEADERS = frozenset({"accept", "authorization", "content-type"})
REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*", re.ASCII)
REFERENCE = re.compile(r"@\{([^}]*)\}")
_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]{1,4})\]")
_COUNTED = re.compile(r"/services/data/v[^/]+/(?:query|queryAll|composite/sobjects)(?:[/?]|$)")
_ROW = re.compile(r"/services/data/v[^/]+/sobjects/[^/?]+/[^/?]+")
_VERSION = re.compile(r"v([0-9]{2,3})\.0(?:/|$)")


@dataclass(frozen=True, slots=True)
class Subrequest:
    """One call inside a composite; `headers` are those it may carry."""

    method: str
    url: str
    reference_id: str
    body: Any
    headers: Mapping[str, str]


class Answers:
    """The JSON of earlier subrequests by reference id, and which of them are rows."""

    __slots__ = ("_rows", "_values")

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._rows: set[str] = set()

    def add(self, one: Subrequest, url: str, value: Any) -> None:
        """Keep what *one*, sent to *url*, was answered."""
        self._values[one.reference_id] = value
        if one.method == "GET" and _ROW.match(url):
            self._rows.add(one.reference_id)

    def look_up(self, path: str, number: int) -> Any:
        """The value that *path* names; raises PROCESSING_HALTED."""
        name, _, rest = path.partition(".")
        name, bracket, index = name.partition("[")
        if name not in self._values:
            raise _nowhere(path, name)
        value = self._values[name]
        for step in _STEP.finditer(f"{bracket}{index}.{rest}"):
            try:
                value = value[step[1]] if step[1] is not None else value[int(step[2])]
            except (KeyError, IndexError, TypeError):
                raise _nowhere(path, name) from None
        if value is None and number < STRICT_REFERENCES_SINCE and name in self._rows:
            raise _nowhere(path, name)
        return value


def read(body: Any, *, number: int) -> tuple[list[Subrequest], bool]:
    """(subrequests, allOrNone) of a composite body in API version *number*; raises SalesforceError, TypeMismatch."""
    found = body.get("compositeRequest") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise refused("The compositeRequest must be a list of subrequests")
    requests = [subrequest(one, METHODS) for one in found]
    all_or_none = flag(body.get("allOrNone"), "allOrNone")
    flag(body.get("collateSubrequests"), "collateSubrequests")  # the order is kept either way
    if len(requests) > SUBREQUESTS_MAX:  # what is counted has been read: a body that cannot be is refused as a whole
        raise TooManyError(salesforce_error("LIMIT_EXCEEDED.operations", limit=SUBREQUESTS_MAX))
    queries = sum(1 for one in requests if _COUNTED.match(one.url))
    if queries > QUERIES_MAX:
        raise TooManyError(salesforce_error("LIMIT_EXCEEDED.queries", limit=QUERIES_MAX))
    check_reference_ids(requests, number)
    return requests, all_or_none


class TooManyError(Exception):
    """More subrequests than a composite takes: answered inside a `compositeResponse`, as recorded."""

    def __init__(self, error: SalesforceError) -> None:
        super().__init__(str(error))
        self.error = error


def check_reference_ids(requests: list[Subrequest], number: int) -> None:
    """Raise for a reference id given twice, and from v52 for an illegal one."""
    seen = set()
    for one in requests:
        reference_id = one.reference_id
        if reference_id in seen:
            raise refused(f"The referenceId '{reference_id}' is not unique in the request")
        seen.add(reference_id)
        if number >= STRICT_REFERENCES_SINCE and REFERENCE_ID.fullmatch(reference_id) is None:
            raise salesforce_error("JSON_PARSER_ERROR.reference_id", reference=reference_id)


def subrequest(given: Any, methods: frozenset[str]) -> Subrequest:
    """One subrequest as the body names it; raises JSON_PARSER_ERROR."""
    if not isinstance(given, dict):
        raise refused("A subrequest must be an object")
    method, url, reference_id = (given.get(name) for name in ("method", "url", "referenceId"))
    if not isinstance(method, str) or method not in methods:
        raise refused(f"The HTTP method {method} is not supported")
    if not isinstance(url, str) or not url.startswith("/services/data/"):
        raise refused("The url of a subrequest must begin with /services/data/")
    if not isinstance(reference_id, str) or not reference_id:
        raise refused("Each subrequest must have a referenceId")
    headers = given.get("httpHeaders") or {}
    if not isinstance(headers, dict) or any(str(one).lower() in FORBIDDEN_HEADERS for one in headers):
        raise refused("httpHeaders may not hold Accept, Authorization or Content-Type")
    return Subrequest(method, url, reference_id, given.get("body"), headers)


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One call inside a batch; *url* begins with /services/data/."""

    method: str
    url: str
    body: Any


def read_batch(body: Any, *, number: int) -> tuple[list[BatchRequest], bool]:
    """(requests, haltOnError) of a batch in API version *number*.

    A request without a method or url that can be one refuses the whole call, whatever haltOnError says. Raises
    SalesforceError or TypeMismatch.
    """
    found = body.get("batchRequests") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise refused("batchRequests must be a list")
    if len(found) > BATCH_REQUESTS_MAX:
        raise salesforce_error("LIMIT_EXCEEDED.operations", limit=BATCH_REQUESTS_MAX)
    requests = [_batch_request(one, number) for one in found]
    return requests, flag(body.get("haltOnError"), "haltOnError")


def _batch_request(given: Any, number: int) -> BatchRequest:
    if not isinstance(given, dict):
        raise refused("A batch request must be an object")
    method, url = given.get("method"), given.get("url")
    if not isinstance(method, str) or method not in BATCH_METHODS:
        raise refused(f"The HTTP method {method} is not supported")
    if not isinstance(url, str):
        raise refused("A batch request must have a url")
    path = url.removeprefix("/services/data").lstrip("/")
    version = _VERSION.match(path)
    if version is None or not BATCH_VERSION_MIN <= int(version[1]) <= number:
        raise refused(
            f"The url of a batch request must begin with a version from v{BATCH_VERSION_MIN}.0 to v{number}.0"
        )
    return BatchRequest(method, f"/services/data/{path}", given.get("richInput"))


def refused(text: str) -> SalesforceError:
    """A JSON_PARSER_ERROR in words of our own."""
    return salesforce_error("JSON_PARSER_ERROR", text=text)


def fill(value: Any, answers: Answers, *, number: int) -> Any:
    """*value* with every reference replaced; raises PROCESSING_HALTED for one that leads nowhere."""
    if isinstance(value, str):
        return _fill_text(value, answers, number)
    if isinstance(value, dict):
        return {key: fill(one, answers, number=number) for key, one in value.items()}
    if isinstance(value, list):
        return [fill(one, answers, number=number) for one in value]
    return value


def _fill_text(text: str, answers: Answers, number: int) -> Any:
    if "@{" not in text:
        return text
    whole = REFERENCE.fullmatch(text)
    if whole is not None:
        return answers.look_up(whole[1], number)

    def insert(match: re.Match[str]) -> str:
        found = answers.look_up(match[1], number)
        if isinstance(found, bool):
            return "true" if found else "false"
        return "" if found is None else str(found)

    return REFERENCE.sub(insert, text)


def _nowhere(path: str, name: str) -> SalesforceError:
    return salesforce_error("PROCESSING_HALTED.reference", reference=path, target=name)
