"""Mismatches between a fake and its document, planted into the fake's answers: what a lane that sees anything must see.

Rule: a lie is told on the wire, between the fake and Schemathesis; document, fake and checks stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Headers = list[tuple[str, str]]
Says = "OK"  # reason phrases matter to nobody


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
        self.headers = [pair for pair in self.headers if pair[0].lower() != "content-length"]


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
        start_response(f"{answer.status} {Says}", answer.headers)
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
        answer.headers = [pair for pair in answer.headers if pair[0].lower() != "content-length"]

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


def _refusal(code: str) -> list[dict[str, str]]:
    return [{"errorCode": code, "message": "no"}]


def _salesforce(operation: str, what: str, lie: Lie, **more: Any) -> Planted:
    return Planted("salesforce", operation, what, lie, **more)


def _planhat(operation: str, what: str, lie: Lie, **more: Any) -> Planted:
    return Planted("planhat", operation, what, lie, **more)


def _totango(operation: str, what: str, lie: Lie, **more: Any) -> Planted:
    return Planted("totango", operation, what, lie, **more)


def _marketo(operation: str, what: str, lie: Lie, **more: Any) -> Planted:
    return Planted("marketo", operation, what, lie, **more)


CREATED = {"id": "00TUd000000003HMAQ", "success": True, "errors": []}
PLANTED = (
    _salesforce("listVersions", "an object", other({"versions": []})),
    _salesforce("listVersions", "a version is a number", key("0.version", 31.0)),
    _salesforce("listVersions", "a version has no url", key("0.url")),
    _salesforce("createRecord.Task", "200 for 201", status(200)),
    _salesforce("createRecord.Task", "an id of 17 characters", key("id", "00TUd000000003HMA")),
    _salesforce("createRecord.Task", "success is text", key("success", "true")),
    _salesforce("createRecord.Task", "no errors", key("errors")),
    _salesforce("createRecord.Task", "a list of one", wrapped),
    _salesforce("createRecord.Task", "a crash", crash),
    _salesforce("createRecord.Task", "takes anything", taken(201, CREATED), of=REFUSED, negative=True),
    _salesforce("createRecord.Task", "takes nothing", refused(_refusal("UNKNOWN_EXCEPTION"))),
    _salesforce("getRecord", "no attributes", key("attributes")),
    _salesforce("getRecord", "an id is a number", key("Id", 1)),
    _salesforce("getRecord", "as plain text", media("text/plain")),
    _salesforce(
        "getRecord", "for strangers, too", taken(200, {"attributes": {"type": "Task", "url": "/"}}), of=STRANGERS
    ),
    _salesforce("query", "no done", key("done")),
    _salesforce("query", "totalSize is text", key("totalSize", "202")),
    _salesforce("query", "records is an object", key("records", {})),
    _salesforce("query", "JSON that is cut", text(b'{"totalSize":202,"done":true,"rec')),
    _salesforce("describeGlobal", "no sobjects", key("sobjects")),
    _salesforce("describeGlobal", "maxBatchSize is null", key("maxBatchSize", None)),
    _salesforce("limits", "a limit without Max", key("DailyApiRequests.Max")),
    _salesforce("limits", "a list", other([])),
    _salesforce("deleteRecord", "200 for 204", status(200)),
    _salesforce("getUpdated", "ids is null", key("ids", None)),
    _salesforce("createRecords", "an object", other({"results": []})),
    _salesforce("token", "no access token", key("access_token")),
    _planhat("createTask", "201 for 200", status(201)),
    _planhat("createTask", "an id that is none", key("_id", "695b7d90")),
    _planhat("createTask", "a list of one", wrapped),
    _planhat("createTask", "a crash", crash),
    _planhat("createTask", "takes nothing", refused({"error": "no"})),
    _planhat("getTask", "no id", key("_id")),
    _planhat("getTask", "a status is a number", key("status", 3)),
    _planhat("getTask", "as CSV", media("text/csv")),
    _planhat("getTask", "for strangers, too", taken(200, {"_id": "f" * 24}), of=STRANGERS),
    _planhat("listTasks", "an object", other({"data": []})),
    _planhat("bulkUpsertTasks", "created is a list", key("created", [])),
    _planhat("bulkUpsertTasks", "no createdErrors", key("createdErrors")),
    _planhat("deleteTask", "deletedCount is text", key("deletedCount", "1")),
    _planhat("deleteTask", "204 for 200", status(204)),
    _totango("createTouchpoint", "the id outside of its note", other({"id": 70000002})),
    _totango("createTouchpoint", "an id is text", key("note.id", "70000002")),
    _totango("searchAccounts", "total_hits is text", key("response.accounts.total_hits", "1")),
    _totango("searchAccounts", "no response", key("response")),
    _totango("getTask", "an object", unwrapped),
    _totango("deleteTouchpoint", "200 for 204", status(200)),
    _totango("getAccount", "a crash", crash),
    _totango("trackByGet", "JSON instead of the picture", media("application/json")),
    _marketo("getReminder", "no name", key("name")),
    _marketo("getReminder", "a status of its own", key("status", "half")),
    _marketo("createReminder", "200 for 201", status(200)),
    _marketo("listReminders", "a list", other([])),
    _marketo("getSettings", "for strangers, too", taken(200, {"user": 1, "task_sync": "on"}), of=STRANGERS),
)
