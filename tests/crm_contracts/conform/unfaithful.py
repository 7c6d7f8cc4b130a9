"""A fake that lies: a WSGI application in front of a fake that changes what is asked or what is answered.

A lie is a function of the request and of `pass_on`, which asks the fake; it may ask twice, or not at all. The control
plane is never lied about. Lies are small on purpose: each is one thing that a hand-written fake gets wrong.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from crm_contracts.world.mutants.model import Text, Value
from fake_core.control import CONTROL_PREFIX
from fake_core.fake import BODY_KEY, Application, run_wsgi, take_body

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = [
    "ANYTHING",
    "Answer",
    "Infidelity",
    "Lie",
    "Request",
    "Unfaithful",
    "asked",
    "body",
    "header",
    "parameters",
    "sent",
    "stale",
    "status",
    "text",
    "without",
]

ANYTHING = "GET|POST|PUT|PATCH|DELETE|HEAD /"
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """What a client asked; *query* is the text behind the question mark."""

    method: str
    path: str
    query: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    def fits(self, asked: str) -> bool:
        """Whether this is *asked*: a method (or several, `GET|PUT`) and a regular expression of the path."""
        method, _, path = asked.partition(" ")
        return self.method in method.split("|") and re.search(path, self.path) is not None


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Pairs
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def saying(self, value: Any) -> Answer:
        return replace(self, body=json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())

    @property
    def is_json(self) -> bool:
        return any(name.lower() == "content-type" and "json" in value for name, value in self.headers)


PassOn = Callable[[Request], Answer]
Lie = Callable[[Request, PassOn], Answer]


@dataclass(frozen=True, kw_only=True)
class Infidelity:
    """One thing a fake gets wrong. *reported_by* are names of checks (patterns), each of which has to fail (of those
    of a pattern, one); *patches* are bugs in the fake's functions and constants, where a lie on the wire cannot say it.
    """

    name: str
    wrong: str
    reported_by: Sequence[str]
    lie: Lie | None = None
    patches: Sequence[Text | Value] = ()

    @property
    def vendor(self) -> str:
        return self.name.partition("/")[0]


class Unfaithful:
    """*app*, but for the *lie* of the hour."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.hosts = app.hosts
        self.lie: Lie | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.lie is None or environ["PATH_INFO"].startswith(CONTROL_PREFIX):
            return self.app(environ, start_response)
        given = environ.get(BODY_KEY)
        asked = Request(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            given if isinstance(given, bytes) else take_body(environ),
        )

        def pass_on(request: Request) -> Answer:
            inner = {key: value for key, value in environ.items() if key != BODY_KEY} | {
                "REQUEST_METHOD": request.method,
                "PATH_INFO": request.path,
                "RAW_URI": request.path,
                "QUERY_STRING": request.query,
                "CONTENT_LENGTH": str(len(request.body)),
                "wsgi.input": io.BytesIO(request.body),
            }
            line, headers, answer = run_wsgi(self.app, inner)
            return Answer(int(line[:3]), list(headers), answer)

        answer = self.lie(asked, pass_on)
        headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
        start_response(f"{answer.status} Said", [*headers, ("Content-Length", str(len(answer.body)))])
        return [answer.body]


# ---- lies about answers ----


def answered(where: str, change: Callable[[Answer], Answer]) -> Lie:
    """Answers to *where* are changed."""

    def lie(request: Request, pass_on: PassOn) -> Answer:
        answer = pass_on(request)
        return change(answer) if request.fits(where) else answer

    return lie


def status(where: str, was: int, now: int) -> Lie:
    """*now* in place of the status *was*."""
    return answered(where, lambda answer: replace(answer, status=now) if answer.status == was else answer)


def header(where: str, name: str) -> Lie:
    """The header *name* is not there."""

    def change(answer: Answer) -> Answer:
        return replace(answer, headers=[pair for pair in answer.headers if pair[0].lower() != name.lower()])

    return answered(where, change)


def text(where: str, old: str, new: str, of: int | None = None) -> Lie:
    """What the regular expression *old* finds in a body is *new*; *of* is the status that is lied about."""

    def change(answer: Answer) -> Answer:
        if of is not None and answer.status != of:
            return answer
        return replace(answer, body=re.sub(old, new, answer.body.decode("latin-1"), flags=re.DOTALL).encode("latin-1"))

    return answered(where, change)


def body(where: str, change: Callable[[Any], Any], of: Sequence[int] = (200, 201)) -> Lie:
    """JSON bodies of a status of *of* are what *change* makes of them."""

    def changed(answer: Answer) -> Answer:
        fits = answer.status in of and answer.is_json and answer.body
        return answer.saying(change(answer.json)) if fits else answer

    return answered(where, changed)


def stale(where: str, keys: Sequence[str]) -> Lie:
    """*keys* of a document stay what they were in its first answer."""
    first: dict[str, dict[str, Any]] = {}

    def change(document: Any) -> Any:
        record = str(document.get("Id") or document.get("_id") or document.get("id"))
        known = first.setdefault(record, {key: document[key] for key in keys if key in document})
        document.update(known)
        return document

    return body(where, change)


def without(given: Any, *keys: str) -> Any:
    """An object without *keys*; what is none stays as it is."""
    return {key: value for key, value in given.items() if key not in keys} if isinstance(given, dict) else given


# ---- lies about requests ----


def asked(where: str, change: Callable[[Request], Request]) -> Lie:
    """What is asked of *where* is changed before the fake sees it."""

    def lie(request: Request, pass_on: PassOn) -> Answer:
        return pass_on(change(request) if request.fits(where) else request)

    return lie


def sent(where: str, change: Callable[[Any], Any]) -> Lie:
    """The JSON body that is sent to *where* is what *change* makes of it."""

    def changed(request: Request) -> Request:
        return replace(request, body=json.dumps(change(request.json)).encode()) if request.body else request

    return asked(where, changed)


def parameters(where: str, change: Callable[[dict[str, str]], dict[str, str]]) -> Lie:
    """The parameters of *where* are what *change* makes of them."""

    def changed(request: Request) -> Request:
        given = dict(parse_qsl(request.query, keep_blank_values=True))
        return replace(request, query=urlencode(change(given)))

    return asked(where, changed)
