"""Mismatches between a fake and its document, planted into the fake's answers: what a lane that sees anything must see.

Rule: a lie is told on the wire, between the fake and Schemathesis; document, fake and checks stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Headers = list[tuple[str, str]]
SAYS = "OK"  # reason phrases matter to nobody


@dataclass
class Answer:
    """What goes over the wire. A lie changes it."""

    status: int
    headers: Headers
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    def says(self, data: Any) -> None:
        self.body = json.dumps(data).encode()

    def recount(self) -> None:
        """The length told is that of the body, or something else than the lie would be seen."""
        told = str(len(self.body))
        self.headers = [(name, told if name.lower() == "content-length" else value) for name, value in self.headers]


Lie = Callable[[Answer], None]


GOOD = frozenset(range(200, 300))
REFUSED = frozenset({400, 404, 413, 415})
STRANGERS = frozenset({401, 403})


@dataclass(frozen=True)
class Planted:
    """A *lie* about one operation, told instead of answers *of* these statuses, to cases of one kind."""

    vendor: str
    operation: str
    what: str
    check: str  # that is there for it
    lie: Lie
    of: frozenset[int] = GOOD
    negative: bool = False

    @property
    def name(self) -> str:
        return f"{self.vendor}-{self.operation}: {self.what}"


@dataclass
class Liar:
    """The fake of a lane with a lie in front of it; None tells the truth."""

    app: Callable[[Any, Any], Iterable[bytes]]
    planted: Planted | None = None
    told: int = 0  # answers that were changed

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if self.planted is not None:
            environ.pop("HTTP_ACCEPT_ENCODING", None)  # a lie is told in plain words
        heard: list[Any] = []
        body = b"".join(self.app(environ, lambda line, headers, *_: heard.extend((line, headers))))
        answer = Answer(int(heard[0].partition(" ")[0]), list(heard[1]), body)
        if self.planted is not None and answer.status in self.planted.of:
            self.told += 1
            self.planted.lie(answer)
            answer.recount()
        start_response(f"{answer.status} {SAYS}", answer.headers)
        return [answer.body]


# ---- lies -----------------------------------------------------------------------------------------------------------


def status(number: int) -> Lie:
    """Another status."""

    def lie(answer: Answer) -> None:
        answer.status = number

    return lie


def media(kind: str) -> Lie:
    """Another media type."""

    def lie(answer: Answer) -> None:
        answer.headers = [pair for pair in answer.headers if pair[0].lower() != "content-type"]
        answer.headers.append(("Content-Type", kind))

    return lie


def text(said: bytes) -> Lie:
    """Another body under the same media type."""

    def lie(answer: Answer) -> None:
        answer.body = said

    return lie


def key(path: str, value: Any = ...) -> Lie:
    """Another value at a path (`records.0.Id`), or none at all."""

    def lie(answer: Answer) -> None:
        whole = data = answer.data
        *way, last = [int(one) if one.isdigit() else one for one in path.split(".")]
        for one in way:
            data = data[one]
        if value is ...:
            del data[last]
        else:
            data[last] = value
        answer.says(whole)

    return lie


def renamed(old: str, new: str) -> Lie:
    """A key of the whole under another name."""
    return lambda answer: answer.says({new if name == old else name: value for name, value in answer.data.items()})


def other(data: Any) -> Lie:
    """Other JSON."""
    return lambda answer: answer.says(data)


def wrapped(answer: Answer) -> None:
    """A list of the one thing instead of the thing."""
    answer.says([answer.data])


def unwrapped(answer: Answer) -> None:
    """The first of a list instead of the list."""
    answer.says((answer.data or [{}])[0])


def crash(answer: Answer) -> None:
    """A server error that nobody documents."""
    answer.status = 500
    media("text/html")(answer)
    text(b"<h1>Internal Server Error</h1>")(answer)


def taken(answer_status: int, data: Any) -> Lie:
    """What should be refused is taken."""

    def lie(answer: Answer) -> None:
        answer.status = answer_status
        media("application/json;charset=UTF-8")(answer)
        answer.says(data)

    return lie


def refused(data: Any) -> Lie:
    """What should be taken is refused, in the vendor's own form."""
    return taken(400, data)


def without(name: str) -> Lie:
    """A header that is not there."""

    def lie(answer: Answer) -> None:
        answer.headers = [pair for pair in answer.headers if pair[0] != name]

    return lie


CREATED = {"id": "00TUd000000003HMAQ", "success": True, "errors": []}
NO = [{"errorCode": "UNKNOWN_EXCEPTION", "message": "no"}]
ROW = {"attributes": {"type": "Task", "url": "/"}}
SCHEMA, STATUS, MEDIA = "response_schema_conformance", "status_code_conformance", "content_type_conformance"
HEADERS, CRASH, GUARD = "response_headers_conformance", "not_a_server_error", "ignored_auth"
TAKES, REFUSES = "negative_data_rejection", "positive_data_acceptance"
BAD: dict[str, Any] = {"of": REFUSED, "negative": True}
PLANTED = (
    Planted("salesforce", "listVersions", "an object", SCHEMA, other({"versions": []})),
    Planted("salesforce", "listVersions", "a version is a number", SCHEMA, key("0.version", 31.0)),
    Planted("salesforce", "listVersions", "a version has no url", SCHEMA, key("0.url")),
    Planted("salesforce", "createRecord.Task", "200 for 201", STATUS, status(200)),
    Planted("salesforce", "createRecord.Task", "an id of 17 characters", SCHEMA, key("id", "00TUd000000003HMA")),
    Planted("salesforce", "createRecord.Task", "success is text", SCHEMA, key("success", "true")),
    Planted("salesforce", "createRecord.Task", "no errors", SCHEMA, key("errors")),
    Planted("salesforce", "createRecord.Task", "a list of one", SCHEMA, wrapped),
    Planted("salesforce", "createRecord.Task", "a crash", CRASH, crash),
    Planted("salesforce", "createRecord.Task", "no API usage told", HEADERS, without("Sforce-Limit-Info")),
    Planted("salesforce", "createRecord.Task", "no Location", HEADERS, without("Location")),
    Planted("salesforce", "createRecord.Task", "an error that is no list", SCHEMA, unwrapped, **BAD),
    Planted("salesforce", "createRecord.Task", "takes anything", TAKES, taken(201, CREATED), **BAD),
    Planted("salesforce", "createRecord.Task", "takes nothing", REFUSES, refused(NO)),
    Planted("salesforce", "getRecord", "no attributes", SCHEMA, key("attributes")),
    Planted("salesforce", "getRecord", "an id is a number", SCHEMA, key("Id", 1)),
    Planted("salesforce", "getRecord", "as plain text", MEDIA, media("text/plain")),
    Planted("salesforce", "getRecord", "for strangers, too", GUARD, taken(200, ROW), of=STRANGERS),
    Planted("salesforce", "query", "no done", SCHEMA, key("done")),
    Planted("salesforce", "query", "totalSize is text", SCHEMA, key("totalSize", "202")),
    Planted("salesforce", "query", "records is an object", SCHEMA, key("records", {})),
    Planted("salesforce", "query", "JSON that is cut", SCHEMA, text(b'{"totalSize":202,"done":true,"rec')),
    Planted("salesforce", "describeGlobal", "no sobjects", SCHEMA, key("sobjects")),
    Planted("salesforce", "describeGlobal", "maxBatchSize is null", SCHEMA, key("maxBatchSize", None)),
    Planted("salesforce", "limits", "a limit without Max", SCHEMA, key("DailyApiRequests.Max")),
    Planted("salesforce", "limits", "a list", SCHEMA, other([])),
    Planted("salesforce", "deleteRecord", "200 for 204", STATUS, status(200)),
    Planted("salesforce", "getUpdated", "ids is null", SCHEMA, key("ids", None)),
    Planted("salesforce", "createRecords", "an object", SCHEMA, other({"results": []})),
    Planted("salesforce", "token", "no access token", SCHEMA, key("access_token")),
    Planted("planhat", "createCompany", "a key has another name", SCHEMA, renamed("slug", "slugg")),
    Planted("planhat", "createTask", "201 for 200", STATUS, status(201)),
    Planted("planhat", "createTask", "an id that is none", SCHEMA, key("_id", "695b7d90")),
    Planted("planhat", "createTask", "a list of one", SCHEMA, wrapped),
    Planted("planhat", "createTask", "a crash", CRASH, crash),
    Planted("planhat", "createTask", "takes nothing", REFUSES, refused({"error": "no"})),
    Planted("planhat", "createUser", "takes anything", TAKES, taken(200, {"_id": "f" * 24}), **BAD),
    Planted("planhat", "getTask", "no id", SCHEMA, key("_id")),
    Planted("planhat", "getTask", "a status is a number", SCHEMA, key("status", 3)),
    Planted("planhat", "getTask", "as CSV", MEDIA, media("text/csv")),
    Planted("planhat", "getTask", "for strangers, too", GUARD, taken(200, {"_id": "f" * 24}), of=STRANGERS),
    Planted("planhat", "listTasks", "an object", SCHEMA, other({"data": []})),
    Planted("planhat", "listTasks", "a crash", CRASH, crash),
    Planted("planhat", "bulkUpsertTasks", "created is a list", SCHEMA, key("created", [])),
    Planted("planhat", "bulkUpsertTasks", "no createdErrors", SCHEMA, key("createdErrors")),
    Planted("planhat", "deleteTask", "deletedCount is text", SCHEMA, key("deletedCount", "1")),
    Planted("planhat", "deleteTask", "204 for 200", STATUS, status(204)),
    Planted("totango", "createTouchpoint", "the id outside of its note", SCHEMA, other({"id": 70000002})),
    Planted("totango", "createTouchpoint", "an id is text", SCHEMA, key("note.id", "70000002")),
    Planted("totango", "createTask", "no calls left are told", HEADERS, without("RateLimit-Remaining")),
    Planted("totango", "createTask", "takes anything", TAKES, taken(200, {"id": 1}), **BAD),
    Planted("totango", "searchAccounts", "total_hits is text", SCHEMA, key("response.accounts.total_hits", "1")),
    Planted("totango", "searchAccounts", "no response", SCHEMA, key("response")),
    Planted("totango", "getTask", "an object", SCHEMA, unwrapped),
    Planted("totango", "deleteTouchpoint", "200 for 204", STATUS, status(200)),
    Planted("totango", "getAccount", "a crash", CRASH, crash),
    Planted("totango", "trackByGet", "JSON instead of the picture", MEDIA, media("application/json")),
    Planted("marketo", "getReminder", "no name", SCHEMA, key("name")),
    Planted("marketo", "getReminder", "a status of its own", SCHEMA, key("status", "half")),
    Planted("marketo", "createReminder", "200 for 201", STATUS, status(200)),
    Planted("marketo", "createReminder", "takes nothing", REFUSES, refused({"error": "no", "message": "no"})),
    Planted("marketo", "listReminders", "a list", SCHEMA, other([])),
    Planted("marketo", "listReminders", "no word of its standing in", HEADERS, without("X-Understudy-Stand-In")),
    Planted(
        "marketo", "getSettings", "for strangers, too", GUARD, taken(200, {"user": 1, "task_sync": "on"}), of=STRANGERS
    ),
)
