"""The wire between a sync under test and the fakes: where requests and commits are counted, and where a process dies.

Rule 1: what is counted is the sync's alone; users and observers never meet a fault or a death.
Rule 2: after its death a process does nothing any more: what it still tries ends with the same `Crashed`.
Rule 3: to the sync, one broken connection is like another: the wire never tells which fault broke it.
Rule 4: the lean way through `Wire` says what `requests` would say; what it does not know it leaves to `requests`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from crm_contracts.world.invariants.calls import ROUND_REQUESTS_MAX
from crm_contracts.world.photographs import Darkroom, Reply
from fake_core.control import CONTROL_PREFIX
from fake_core.errors import ConnectionDropped
from fake_core.fake import BODY_KEY, Fake, run_wsgi, take_body
from fake_core.transport import InProcess

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["BROKEN", "Answer", "Asked", "Counter", "Crashed", "Gate", "Strayed", "Tape", "Wire"]

BROKEN = "the connection broke"
_LEAN = frozenset({"headers", "params", "data", "json", "timeout", "verify", "allow_redirects"})
Asked = tuple[str, str, bytes]  # method, URL with its query, body


class Crashed(BaseException):
    """The process under test dies here. Not an Exception: no handler of the sync may survive it."""


class Strayed(Exception):
    """Asked for a second time from the same state, the sync asked something else: it is not deterministic (I14)."""


@dataclass(frozen=True)
class Answer:
    """What came back over the wire. *status* 0: the connection broke."""

    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass
class Tape:
    """What a round asked and was answered, in its order."""

    asked: list[Asked]
    answers: list[Answer]


class Counter:
    """How many requests the sync made in this round, over both fakes, and where it is to die.

    *on_crash* is called at the moment of death. *at_request* is called with the number of a request before the fake
    sees it, *at_commit* with "before" and "after" around each commit that the sync tells of.
    """

    def __init__(self) -> None:
        self.counting = False
        self.dead = False
        self.requests = 0
        self.commits = 0
        self.crash_at = 0
        self.crash_at_commit = 0
        self.acted = False
        self.exchanges: list[dict[str, Any]] = []  # as the fakes' journals tell them
        self.room: Darkroom | None = None  # where old answers are
        self.for_many = False  # worlds play one after the other that share a room
        self.unread: tuple[str, int] | None = None  # vendor and journal number of the answer that nobody lived to read
        self.on_crash: Callable[[], None] = lambda: None
        self.at_request: Callable[[int], None] = lambda _n: None
        self.at_commit: Callable[[str], None] = lambda _point: None
        self.recorded: Tape | None = None  # written by the wire, while there is one
        self.replayed: Tape | None = None  # answers the first requests, as many as it has

    def begin(
        self, *, crash_at: int = 0, crash_at_commit: int = 0, acted: bool = False, on_crash: Callable[[], None]
    ) -> None:
        self.counting, self.dead, self.requests, self.commits, self.unread = True, False, 0, 0, None
        self.exchanges = []
        self.crash_at, self.crash_at_commit, self.acted, self.on_crash = crash_at, crash_at_commit, acted, on_crash

    def end(self) -> None:
        self.counting = False
        self.recorded = self.replayed = None
        self.at_request, self.at_commit = lambda _n: None, lambda _point: None

    def committing(self, point: str) -> None:
        """The sync is about to commit to its own memory (*point* "before"), or just did ("after")."""
        if not self.counting:
            return
        if self.dead:
            raise Crashed("the process is dead")
        self.commits += point == "before"
        self.at_commit(point)
        if self.commits == self.crash_at_commit and self.acted == (point == "after"):
            self.die(f"{point} commit {self.commits}")

    def die(self, where: str) -> None:
        self.on_crash()
        self.dead = True
        raise Crashed(where)


class Gate:
    """Where requests enter a fake: counts those of the sync, lets it die at one of them, and knows old answers."""

    def __init__(self, fake: Fake, counter: Counter) -> None:
        self.fake = fake
        self._counter = counter
        self.hosts = fake.hosts

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        counter, fake = self._counter, self.fake
        room, controls = counter.room, environ["PATH_INFO"].startswith(CONTROL_PREFIX)
        if controls or not counter.counting:
            if room is None:
                return fake(environ, start_response)
            if room.for_many and not (controls or fake.faults or fake.behind):
                return self._remembered(room, environ, start_response)
            room.touch(fake.vendor)
            return fake(environ, start_response)
        if counter.dead:
            raise Crashed("the process is dead")
        counter.requests += 1
        if counter.requests > ROUND_REQUESTS_MAX:
            counter.die("a round without an end")
        counter.at_request(counter.requests)
        if counter.requests != counter.crash_at:
            return self._answer(environ, start_response)
        if counter.acted:
            with contextlib.suppress(Exception):  # a broken connection changes nothing any more
                list(self._answer(environ, start_response))
            last = counter.exchanges[-1]
            counter.unread = (last["vendor"], last["n"])
        counter.die(f"at request {counter.requests}")
        raise AssertionError("the dead do not answer")

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        counter, fake = self._counter, self.fake
        room = counter.room
        if room is None or fake.faults or fake.behind:
            if room is not None:
                room.touch(fake.vendor)
            return self._ask(environ, start_response)
        return self._remembered(room, environ, start_response)

    def _remembered(self, room: Darkroom, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """What was answered before to the same in the same state; else the fake's answer, which is learned."""
        counter, fake = self._counter, self.fake
        environ[BODY_KEY] = body = take_body(environ)
        said = tuple(environ.get(name) for name in _SAID)
        key = room.key(fake.vendor, fake.clock.now(), (counter.counting, *said, body))
        exactly = not counter.counting  # a user's calls are all made, as in a world of its own
        reply = room.reply(key, fake.vendor, exactly=exactly)
        if reply is None:
            room.touch(fake.vendor)
            line, headers, answer = run_wsgi(self._ask if counter.counting else fake, environ)
            exchange = counter.exchanges[-1] if counter.counting else {}
            room.learn(key, Reply(line, headers, answer, exchange, room.state(fake.vendor)), exactly=exactly)
            start_response(line, headers)
            return [answer]
        if counter.counting:
            counter.exchanges.append({**reply.exchange, "n": -counter.requests})
        start_response(reply.line, list(reply.headers))
        return [reply.body]

    def _ask(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        before = self.fake.journal.last
        try:
            return self.fake(environ, start_response)
        finally:
            self._counter.exchanges += self.fake.exchanges(before)


_SAID = (
    "REQUEST_METHOD",
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_AUTHORIZATION",
    "CONTENT_TYPE",
    "HTTP_HOST",
    "HTTP_ACCEPT",
)


class Wire(requests.Session):
    """A session that reaches the gates without the ceremony of a connection pool, and keeps or plays a tape."""

    def __init__(self, gates: Sequence[Gate], counter: Counter) -> None:
        super().__init__()
        self.trust_env = False
        self._network = InProcess(gates)
        self._counter = counter
        self.mount("https://", self._network.adapter())

    def request(self, method: str | bytes, url: str | bytes, **given: Any) -> requests.Response:  # type: ignore[override]
        """As `requests.Session.request`; a call with options that the lean way does not know takes the long one."""
        if not _LEAN.issuperset(given) or isinstance(method, bytes) or isinstance(url, bytes):
            return super().request(method, url, **given)
        asked, headers = _asked(method, url, given)
        counter = self._counter
        counted = counter.counting and CONTROL_PREFIX not in asked[1]
        tape = counter.replayed
        if counted and tape is not None and counter.requests < len(tape.answers):
            return self._again(tape, asked)
        answer = self._call(asked, headers)
        if counted and counter.recorded is not None:
            counter.recorded.asked.append(asked)
            counter.recorded.answers.append(answer)
        return _response(asked, answer)

    def _again(self, tape: Tape, asked: Asked) -> requests.Response:
        counter = self._counter
        if counter.dead:
            raise Crashed("the process is dead")
        n = counter.requests
        if tape.asked[n] != asked:
            raise Strayed(f"request {n + 1} was {_say(tape.asked[n])}, and now is {_say(asked)}")
        counter.requests += 1
        return _response(asked, tape.answers[n])

    def _call(self, asked: Asked, headers: dict[str, str]) -> Answer:
        method, url, body = asked
        gate = self._network.find(urlsplit(url).hostname or "")
        if gate is None:
            raise requests.ConnectionError(f"no fake plays {url}")
        try:
            status, reason, answered, content = self._network.send(gate, method, url, headers=headers, body=body)
        except ConnectionDropped:
            return Answer(0)
        return Answer(status, reason, tuple(answered), content)


def _asked(method: str, url: str, given: dict[str, Any]) -> tuple[Asked, dict[str, str]]:
    """A request as it goes over the wire, and its headers."""
    headers = {"Accept": "*/*", "User-Agent": "understudy", **(given.get("headers") or {})}
    headers = {name: value for name, value in headers.items() if value is not None}
    params, data = given.get("params"), given.get("data")
    url = _target(url, _encoded(params) if params else "")
    body = b""
    if data:
        if not isinstance(data, (str, bytes)):
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            data = _encoded(data)
        body = data.encode() if isinstance(data, str) else data
    elif given.get("json") is not None:
        headers.setdefault("Content-Type", "application/json")
        body = json.dumps(given["json"], allow_nan=False).encode()
    return (method.upper(), url, body), {**headers, "Content-Type": headers.get("Content-Type", "")}


class _Response(requests.Response):
    """An answer that is parsed once, however often its reader asks."""

    _parsed: Any = None

    @classmethod
    def bare(cls) -> _Response:
        """As the constructor makes it, but for the jar of cookies, which costs as much as all the rest."""
        made = cls.__new__(cls)
        vars(made).update(_BARE, history=[], cookies=_NO_COOKIES)
        return made

    def json(self, **given: Any) -> Any:
        if given or self._parsed is None:
            self._parsed = super().json(**given)
        return self._parsed


_BARE, _NO_COOKIES = vars(_Response()), _Response().cookies


def _encoded(data: Any) -> str:
    """As requests encodes parameters and forms: what is None is left out."""
    if isinstance(data, (str, bytes)):
        return data.decode() if isinstance(data, bytes) else data
    given = data.items() if isinstance(data, Mapping) else data
    pairs = [(name, value) for name, value in given if value is not None]
    if all(isinstance(value, (str, int)) for _, value in pairs):
        return _words_encoded(tuple((name, str(value)) for name, value in pairs))
    return urlencode(pairs, doseq=True)


@lru_cache(maxsize=4_096)
def _words_encoded(pairs: tuple[tuple[str, str], ...]) -> str:
    return urlencode(pairs)


@lru_cache(maxsize=4_096)
def _target(url: str, query: str) -> str:
    if query:
        url += ("&" if "?" in url else "?") + query
    target: str = requests.utils.requote_uri(url)
    return target


@lru_cache(maxsize=1_024)
def _headers(given: tuple[tuple[str, str], ...]) -> tuple[CaseInsensitiveDict[str], str | None]:
    headers = CaseInsensitiveDict(given)
    return headers, requests.utils.get_encoding_from_headers(headers)


def _response(asked: Asked, answer: Answer) -> requests.Response:
    if answer.status == 0:
        raise requests.ConnectionError(BROKEN)
    response = _Response.bare()
    response.status_code = answer.status
    response.reason = answer.reason
    response.headers, response.encoding = _headers(answer.headers)
    response._content = answer.body  # noqa: SLF001 - the whole body is here: nothing to stream
    response.url = asked[1]
    return response


def _say(asked: Asked) -> str:
    return f"{asked[0]} {asked[1]} {asked[2][:200].decode(errors='replace')}"
