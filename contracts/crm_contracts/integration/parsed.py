"""One call as the checks read it: its path, query, body and answer taken apart; and a run of them.

Rule 1: nothing here judges. What cannot be read is None or empty, and the check says what that means.
Rule 2: each part is read when somebody asks, once.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from crm_contracts.openapi.routes import Found, Router, router
from crm_contracts.traffic import KEPT_BYTES_MAX, Call
from crm_contracts.traffic.bodies import unpacked

__all__ = ["ParsedCall", "Run", "strings"]

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ParsedCall:
    """A request and its answer."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.number, self.vendor, self.method, self.status = call.number, call.vendor, call.method.upper(), call.status
        self._parts = urlsplit(call.url)

    # --- the request ---------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """As it was sent, still escaped."""
        return self._parts.path or "/"

    @property
    def raw_query(self) -> str:
        return self._parts.query

    @property
    def host(self) -> str:
        return (self._parts.hostname or "").lower()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self._parts.scheme}://{self._parts.netloc.rpartition('@')[2]}"

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.raw_query, keep_blank_values=True) if self.raw_query else []

    def parameter(self, name: str) -> str | None:
        """The first query parameter of that name."""
        return next((value for key, value in self.query if key == name), None)

    @cached_property
    def content_type(self) -> str:
        """The request's media type, without parameters, in lower case; "" where none was named."""
        return (self.call.header("content-type") or "").partition(";")[0].strip().lower()

    @cached_property
    def body(self) -> bytes:
        """The request's body, unpacked."""
        return _plain(self.call.request, self.call.header("content-encoding"))

    @cached_property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Any:
        """The request's JSON; None where it is none."""
        return _json(self.body)

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """The objects of the request's JSON: those of its array, or the one that it is."""
        items = self.json if isinstance(self.json, list) else [self.json]
        return [one for one in items if isinstance(one, dict)]

    @cached_property
    def form(self) -> dict[str, str]:
        """The request's form."""
        if not self.body or self.content_type != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.text, keep_blank_values=True))

    @cached_property
    def said(self) -> str:
        """Path, query and body as a person would read them, for looking something up."""
        query = unquote_plus(self.raw_query)
        body = unquote_plus(self.text) if self.form else self.text
        return f"{unquote(self.path)}?{query}\n{body}"

    @cached_property
    def soql(self) -> str | None:
        """The SOQL that this call carries, if it is a query."""
        if self.vendor != "salesforce":
            return None
        if self.operation in {"query", "queryAll"}:
            return self.parameter("q") or self.parameter("explain")
        if self.operation == "createQueryJob" and isinstance(self.json, dict):
            text = self.json.get("query")
            return text if isinstance(text, str) else None
        return None

    # --- what it is in the document ------------------------------------------------------------------

    @cached_property
    def router(self) -> Router:
        return router(self.vendor)

    @cached_property
    def found(self) -> Found | None:
        return self.router.find(self.acts_as, self.path)

    @property
    def acts_as(self) -> str:
        """The method, as the vendor understands it."""
        override = self.parameter("_HttpMethod") if self.vendor == "salesforce" and self.method == "POST" else None
        return (override or self.method).upper()

    @cached_property
    def operation(self) -> str:
        """The document's operationId, "" for none."""
        return self.found.operation.operation_id if self.found else ""

    @property
    def path_values(self) -> Mapping[str, str]:
        return self.found.path if self.found else {}

    @property
    def writes(self) -> bool:
        """Whether it asks for a change of records; a log-in does not."""
        return self.acts_as in WRITES and not self.logs_in and self.operation not in READS_BY_POST

    @property
    def logs_in(self) -> bool:
        return self.operation in {"token", "tokenByGet", "revoke", "revokeByGet", "introspect"} or (
            self.operation in {"soap", "soapOfOrg"} and "<" in self.text and "login" in self.text[:2_000]
        )

    # --- the answer ----------------------------------------------------------------------------------

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the vendor refused what was said: not who said it, and not because of the moment."""
        return 400 <= self.status < 500 and self.status not in NOT_FOR_WHAT_WAS_SAID

    @cached_property
    def answer(self) -> bytes:
        """The answer's body, unpacked."""
        return _plain(self.call.response, self.call.answered("content-encoding"))

    @cached_property
    def answer_text(self) -> str:
        return self.answer.decode("utf-8", "replace")

    @cached_property
    def answer_json(self) -> Any:
        """The answer's JSON; None where it is none."""
        return _json(self.answer)

    def may_answer(self, key: str) -> bool:
        """Whether the answer's JSON may have *key*, of letters: a quick look, of which only a no is certain."""
        answer = self.answer
        return key.encode() in answer or b"\\u" in answer or b"\0" in answer  # letters as escapes, and UTF-16

    @cached_property
    def lost(self) -> bool:
        """Whether the client never got the whole answer."""
        if self.status == 0:
            return True
        promised = self.call.answered("content-length")
        if promised is None or not promised.isdigit() or self.method == "HEAD":
            return False
        return len(self.call.response) < int(promised) and len(self.call.response) < KEPT_BYTES_MAX

    @cached_property
    def errors(self) -> list[tuple[str, str]]:
        """(code, message) of each error that the answer tells of the whole request; code "" where there is none."""
        if self.ok or self.status in {0, 304}:
            return []
        told = self.answer_json
        rows = told if isinstance(told, list) else [told]
        found = [_error(row) for row in rows if isinstance(row, dict)]
        return found or [("", self.answer_text.strip()[:300])]

    @property
    def codes(self) -> set[str]:
        return {code for code, _ in self.errors}

    @property
    def ended(self) -> Any:
        """When the answer was there."""
        return self.call.at + timedelta(seconds=self.call.seconds)

    # --- credentials ---------------------------------------------------------------------------------

    @cached_property
    def token(self) -> str:
        """The credential that the request shows in a header, "" for none."""
        for name in ("authorization", "x-sfdc-session", "app-token"):
            value = self.call.header(name)
            if value:
                return _credential(value)
        found = re.search(r"<(?:\w+:)?sessionId>([^<]+)<", self.text) if "soap" in self.operation else None
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"request {self.number}: {self.method} {self.path}"


WORKERS_MAX = 16  # how many there are is not to be seen: nobody waits for all of them
NOT_FOR_WHAT_WAS_SAID = frozenset({401, 403, 407, 408, 429})
READS_BY_POST = frozenset(
    {
        "parameterizedSearchByPost",
        "getRecordsByPost",
        "createQueryJob",
        "abortQueryJob",
        "deleteQueryJob",
        "userinfoByPost",
        "searchAccounts",
        "searchUsers",
        "searchCollections",
        "searchEvents",
        "previewActivityDetail",
    }
)


@dataclass
class Run:
    """What one run of an integration did, in the order of its calls.

    *name* is the run's (`plain`), *told* whether the program said by its exit status that it did not go well. *secrets*
    are credentials that were handed to it, *known* values of the starting records. *budget* is how many calls each
    vendor allows ("" = all together). *side_by_side* are vendors whose calls overlapped in another run of the program.
    """

    calls: Sequence[Call]
    name: str = ""
    told: bool = False
    secrets: Sequence[str] = ()
    known: Sequence[str] = ()
    budget: Mapping[str, int] = field(default_factory=dict)
    side_by_side: Collection[str] = ()

    @cached_property
    def parsed(self) -> list[ParsedCall]:
        return [ParsedCall(call) for call in self.calls]

    def of(self, vendor: str) -> list[ParsedCall]:
        return [one for one in self.parsed if one.vendor == vendor]

    @property
    def vendors(self) -> list[str]:
        return list(dict.fromkeys(call.vendor for call in self.calls))

    def after(self, one: ParsedCall, *, vendor: str = "") -> Iterator[ParsedCall]:
        """The later calls, of *vendor* only where one is named."""
        for other in self.parsed:
            if other.number > one.number and (not vendor or other.vendor == vendor):
                yield other

    def before(self, one: ParsedCall) -> list[ParsedCall]:
        """The earlier calls of the same vendor."""
        return [other for other in self.of(one.vendor) if other.number < one.number]

    def workers(self, vendor: str) -> int:
        """As how many workers the program has to be taken for: WORKERS_MAX where calls of *vendor* ran side by side."""
        return WORKERS_MAX if vendor in self.side_by_side or self.overlaps(vendor) else 1

    def overlaps(self, vendor: str) -> bool:
        """Whether a call of *vendor* began before another had ended."""
        return any(two.call.at < one.ended for one, two in pairwise(self.of(vendor)))

    @cached_property
    def values(self) -> set[str]:
        """Texts that are somebody's data: what records hold that the run read, wrote or began with."""
        found = set(self.known)
        for one in self.parsed:
            if not one.logs_in:
                found.update(strings(one.answer_json))
                found.update(strings(one.json))
        return found


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value that is a value, not a key; in no order."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, list):
            left += one
        elif isinstance(one, dict):
            left += [inner for key, inner in one.items() if key != "attributes"]


def _json(body: bytes) -> Any:
    if body[:1] not in {b"{", b"[", b'"', b" ", b"\n", b"\r", b"\t"}:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None


def _plain(body: bytes, coding: str | None) -> bytes:
    """*body* unpacked; as it is where that cannot be done."""
    plain = unpacked(body, coding) if coding else body
    return body if plain is None else plain


def _error(row: Mapping[str, Any]) -> tuple[str, str]:
    code = row.get("errorCode") or row.get("statusCode") or row.get("exceptionCode") or ""
    inner = row.get("error")
    if isinstance(inner, dict):
        return str(inner.get("type") or code), str(inner.get("message") or "")
    if isinstance(inner, str):
        code = code or inner
    told = row.get("message") or row.get("exceptionMessage") or row.get("error_description") or ""
    return str(code), str(told)


def _credential(value: str) -> str:
    kind, _, rest = value.partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(rest).decode("utf-8").rstrip(":")
        except (binascii.Error, UnicodeDecodeError):
            return rest
    return rest or value
