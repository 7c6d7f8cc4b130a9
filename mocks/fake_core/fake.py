"""A fake: a vendor's WSGI application inside the wire, where faults strike and exchanges are written down.

The order of one call: control plane? → fault before → vendor's application → fault after → journal.
What a fault says in the vendor's words comes from the vendor (`FaultAnswers`); that it strikes is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from email.utils import formatdate
from functools import lru_cache, partial
from io import BufferedReader, BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from fake_core.clock import Clock
from fake_core.control import CONTROL_PREFIX, ControlPlane
from fake_core.errors import ConnectionDropped
from fake_core.faults import AFTER, BEFORE, PLAYED, SHIFTED, WITHIN, Fault, Faults
from fake_core.ids import IdSource
from fake_core.journal import JOURNAL_BODY_BYTES_MAX, Journal
from fake_core.limits import RollingWindow
from fake_core.shifted import Shifted, again
from fake_core.store import Store
from fake_core.streams import Rejoined, Streamed, stated_length

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]


class Meaning(NamedTuple):
    """What a call does, in words that every vendor shares, and to which of the vendor's objects ("" = none)."""

    verb: str
    object: str


class Key(NamedTuple):
    """A credential that names one tenant of a service: its *kind* in words ("token"), and its value."""

    kind: str
    value: str


class Tenancy(NamedTuple):
    """How a service of many tenants knows whose a call is.

    *shown* is the key that a call shows (None: none), its body's beginning under `BODY_KEY`; *own* tells all keys that
    name this tenant now.
    """

    shown: Callable[[WSGIEnvironment], Key | None]
    own: Callable[[], Collection[Key]]


class Application(Protocol):
    """What transports and servers play: a `Fake`, or several behind one address."""

    @property
    def hosts(self) -> Sequence[str]:
        """Patterns of the vendor's real host names."""
        ...

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse, /) -> Iterable[bytes]: ...


class FaultAnswers(Protocol):
    """What scripted faults are at this vendor: where they mean anything, and the words of those that are answered."""

    def strikes(self, fault: Fault, environ: WSGIEnvironment) -> bool:
        """The fault means something to the call; where it does not, the call is passed over and not counted."""
        ...

    def refuse(self, fault: Fault) -> None:
        """Raise MisuseError for a fault that could strike none of the calls it is addressed to."""
        ...

    def answer(self, fault: Fault, environ: WSGIEnvironment) -> tuple[int, Headers, bytes]:
        """Status, headers and body for error_after, unavailable, session_expired or limit_reached."""
        ...


_REMEMBERED = (
    "REQUEST_METHOD",
    "PATH_INFO",
    "QUERY_STRING",
    "CONTENT_TYPE",
    "HTTP_AUTHORIZATION",
    "HTTP_HOST",
    "HTTP_SOAPACTION",
    "HTTP_USER_AGENT",
)
FAULT_KEY = "understudy.fault"  # where an operation finds a row_locked or item_refused fault
LATER_KEY = "understudy.later"  # a server's way to have work done that nobody should wait for
BODY_KEY = "understudy.body"  # where meaning() and shown() find the request's body (b"" when there was none)


class Fake:
    """One vendor's fake, as a WSGI application with a control plane under `/__understudy__/`.

    *hosts* are patterns of the vendor's real host names, for the in-process transport.
    *meaning* reads an environ (with the body under `BODY_KEY`); *who* names the caller of one.
    *credentials* tells what a client needs to reach the fake at a base URL.
    *seed* takes the vendor's own seed data and returns what it made.
    *pin* says which ids the next records of an object get; it raises MisuseError for what is no id there.
    *play* is the vendor's part in a fault of a `PLAYED` kind, waiting included: None, or the answer that ends the call.
    *events* tells what the vendor would push to subscribers, after a replay id and of one channel (None: all).
    *remembered* are keys of an environ that *meaning* or *who* read beside the usual ones: the journal keeps them.
    *tenancy* tells which calls are this tenant's, where the vendor has many behind one address (`fake_core.tenants`).
    *finish* is what becomes of an answer on its way out (compression); the journal has it as it was before.
    *after* is asked when an answer is ready: what is to be done once it is out, or None. It is done when nobody reads
    the answer any further, so outside the lock of a server that answers one call at a time; by the server's thread, or
    by what the server put under `LATER_KEY`.
    """

    def __init__(
        self,
        *,
        vendor: str,
        app: WSGIApplication,
        store: Store,
        clock: Clock,
        ids: IdSource,
        hosts: Sequence[str],
        meaning: Callable[[WSGIEnvironment], Meaning],
        fault_answers: FaultAnswers,
        credentials: Callable[[str], dict[str, Any]],
        limits: Mapping[str, RollingWindow] | None = None,
        seed: Callable[[Any], Any] | None = None,
        pin: Callable[[str, Sequence[str]], None] | None = None,
        who: Callable[[WSGIEnvironment], str] | None = None,
        play: Callable[[Fault, WSGIEnvironment], tuple[int, Headers, bytes] | None] | None = None,
        remembered: Sequence[str] = (),
        events: Callable[[int, str | None], dict[str, Any]] | None = None,
        tenancy: Tenancy | None = None,
        finish: Callable[[WSGIEnvironment, Headers, bytes | Streamed], tuple[Headers, bytes | Streamed]] | None = None,
        after: Callable[[], Callable[[], None] | None] = lambda: None,
    ) -> None:
        self.vendor = vendor
        self.app = app
        self.store = store
        self.clock = clock
        self.ids = ids
        self.hosts = tuple(hosts)
        self.limits = dict(limits or {})
        self.credentials = credentials
        self.seed = seed
        self.pin = pin
        self.meaning = meaning
        self.who = who or (lambda _environ: "")
        self.faults = Faults()
        self._shifted = Shifted(store)
        self.journal = Journal(vendor=vendor)
        self._fault_answers = fault_answers
        self._play = play
        self._finish = finish
        self._then = after
        self.events = events
        self.tenancy = tenancy
        self._remembered = (*_REMEMBERED, *remembered)
        self._control = ControlPlane(self)

    def reset(self) -> None:
        """Rows and parts back to the baseline; faults and journal emptied."""
        self.store.reset()
        self.faults.clear()
        self._shifted.forget()
        self.journal.clear()

    def script(self, fault: Fault, *, rows: bytes | None = None) -> None:
        """Script *fault*. A slow_visibility shows the rows of this moment, or *rows* (of `Store.contents`).

        Raises MisuseError for one that could strike no call of this vendor.
        """
        if fault.vendor in {"*", self.vendor}:
            self._fault_answers.refuse(fault)
        if fault.kind == "slow_visibility":
            self._shifted.remember(fault, rows)
        self.faults.add(fault)

    @property
    def behind(self) -> bool:
        """Whether a call is still to be carried out that its caller gave up."""
        return bool(self._shifted)

    def heal(self) -> None:
        """No fault waits any more, and what is still under way arrives."""
        self.faults.clear()
        self._shifted.catch_up()
        self._shifted.forget()

    def exchanges(self, since: int = 0) -> list[dict[str, Any]]:
        """The journal after entry number *since*, as plain data."""
        return self.journal.since(since, meaning=self.meaning, who=self.who)

    def close(self) -> None:
        self.store.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(CONTROL_PREFIX):
            return self._control(environ, start_response)
        body = environ[BODY_KEY] if BODY_KEY in environ else take_body(environ)
        fault = self._strike(environ, body) if self.faults else None
        kind = fault.kind if fault else None
        ended: tuple[int, Headers, bytes] | None = None
        if fault is not None:
            if fault.kind in PLAYED and self._play is not None:
                ended = self._play(fault, environ)
            elif fault.kind == "delay":
                self.clock.sleep(fault.seconds)
            elif fault.kind == "lost_request":
                self._write(environ, body, 0, b"", kind)
                raise ConnectionDropped("lost_request: the connection broke before the server saw it")
            if fault.kind in WITHIN:
                environ[FAULT_KEY] = fault
        whole: bytes | Streamed
        if fault is not None and (ended is not None or fault.kind in BEFORE):
            status, headers, answer = ended or self._fault_answers.answer(fault, environ)
            line, whole = _status_line(status), b"" if environ["REQUEST_METHOD"] == "HEAD" else answer
        elif fault is not None and fault.kind in SHIFTED:
            line, headers, whole = self._shift(fault, environ, body)
        else:
            line, headers, whole = _call(self.app, environ)
        if fault is not None and fault.kind in AFTER:
            line, headers, whole = self._after(fault, environ, body, (line, headers, whole))
        self._write(environ, body, int(line[:3]), _kept(whole), kind)
        if self._finish is not None and fault is None:
            headers, whole = self._finish(environ, headers, whole)
        # By the fake's own clock, as every server tells the time: a client may learn from it how far the two are apart.
        start_response(line, [*headers, ("Date", _date(int(self.clock.now().timestamp())))])
        then = self._work_after(environ)
        if self._shifted:
            environ[BODY_KEY] = body
            self._shifted.catch_up(self.meaning(environ))
        if isinstance(whole, Streamed):
            return whole if then is None else whole.then(then)
        return [whole] if then is None else Streamed(iter([whole]), len(whole), then)

    def _work_after(self, environ: WSGIEnvironment) -> Callable[[], None] | None:
        work = self._then()
        later = environ.get(LATER_KEY)
        return work if work is None or later is None else partial(later, work)

    def _strike(self, environ: WSGIEnvironment, body: bytes) -> Fault | None:
        environ[BODY_KEY] = body
        verb, object_ = self.meaning(environ)
        return self.faults.strike(
            self.vendor, verb, object_, can=lambda fault: self._fault_answers.strikes(fault, environ)
        )

    def _after(
        self,
        fault: Fault,
        environ: WSGIEnvironment,
        body: bytes,
        given: tuple[str, Headers, bytes | Streamed],
    ) -> tuple[str, Headers, bytes | Streamed]:
        line, headers, answer = given
        if fault.kind == "lost_response":
            self._write(environ, body, 0, _kept(answer), fault.kind)
            _close(answer)
            raise ConnectionDropped("lost_response: the server acted, the answer was lost", then=self._then())
        if fault.kind == "error_after":
            _close(answer)
            status, headers, answer = self._fault_answers.answer(fault, environ)
            return _status_line(status), headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else answer
        assert fault.kind == "truncated"
        # The server closes after what it has, or the client would wait for the rest.
        headers = [*headers, ("Connection", "close")]
        if isinstance(answer, Streamed):
            return line, headers, answer.cut(answer.length // 2)
        return line, headers, answer[: len(answer) // 2]

    def _shift(self, fault: Fault, environ: WSGIEnvironment, body: bytes) -> tuple[str, Headers, bytes | Streamed]:
        if fault.kind == "slow_visibility":
            with self._shifted.older(fault):
                line, headers, whole = _call(self.app, environ)
                return line, headers, _joined(whole) if isinstance(whole, Streamed) else whole
        rest = environ["wsgi.input"].read()  # a long body is read whole here: it has to be said again
        body = rest if len(rest) > len(body) else body
        once_more = again(environ, body)
        if fault.kind == "duplicate":
            line, headers, whole = _call(self.app, again(environ, body))
            self._write(environ, body, int(line[:3]), _kept(whole), fault.kind)
            _close(whole)
            return _call(self.app, once_more)
        self._write(environ, body, 0, b"", fault.kind)
        environ[BODY_KEY] = body
        self._shifted.put_off(self.meaning(environ), lambda: self._act_late(once_more, body))
        raise ConnectionDropped("late_success: the connection broke, and the server will act later")

    def _act_late(self, environ: dict[str, Any], body: bytes) -> None:
        line, _, whole = _call(self.app, environ)
        self._write(environ, body, int(line[:3]), _kept(whole), "late_success")
        _close(whole)

    def _write(self, environ: WSGIEnvironment, body: bytes, status: int, answer: bytes, fault: str | None) -> None:
        remembered = {key: environ[key] for key in self._remembered if key in environ}
        remembered[BODY_KEY] = body[:JOURNAL_BODY_BYTES_MAX]
        self.journal.add(
            at=self.clock.now(),
            environ=remembered,
            request=body,
            status=status,
            response=answer,
            fault=fault,
        )


def run_wsgi(app: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, Headers, bytes]:
    """One call of a WSGI application: status line, headers, whole body."""
    line, headers, answer = _call(app, environ)
    return line, headers, _joined(answer) if isinstance(answer, Streamed) else answer


def _call(app: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, Headers, bytes | Streamed]:
    """As `run_wsgi`, but a body that is made while it is sent stays one."""
    line = ""
    headers: Headers = []

    def start_response(status: str, given: Headers, *_exc_info: Any) -> Callable[[bytes], object]:
        nonlocal line, headers
        line, headers = status, given
        return lambda _chunk: None

    chunks = app(environ, start_response)
    return line, headers, chunks if isinstance(chunks, Streamed) else _joined(chunks)


def _joined(chunks: Iterable[bytes]) -> bytes:
    try:
        return b"".join(chunks)
    finally:
        _close(chunks)


def _close(chunks: object) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()


def _kept(answer: bytes | Streamed) -> bytes:
    """What the journal is given of an answer."""
    return answer.head(JOURNAL_BODY_BYTES_MAX) if isinstance(answer, Streamed) else answer


def take_body(environ: WSGIEnvironment) -> bytes:
    """The body, put back for the application; of a long one, and of one of unstated length, its beginning.

    The rest of a long body stays on the wire: who wants it reads it from there, and who refuses it need not.
    """
    if not environ.get("CONTENT_LENGTH"):
        if "HTTP_TRANSFER_ENCODING" not in environ or not environ.get("wsgi.input_terminated"):
            return b""
        return _take_head(environ, None)
    count = stated_length(environ)
    if not count:
        return b""
    if count > BODY_READ_BYTES_MAX:
        return _take_head(environ, count)
    body: bytes = environ["wsgi.input"].read(count)
    environ["wsgi.input"] = BytesIO(body)
    return body


def _take_head(environ: WSGIEnvironment, length: int | None) -> bytes:
    wire = environ["wsgi.input"]
    head: bytes = wire.read(JOURNAL_BODY_BYTES_MAX)
    environ["wsgi.input"] = BufferedReader(Rejoined(head, wire, length), STREAM_BYTES)
    return head


BODY_READ_BYTES_MAX = 8_388_608  # below every limit of a vendor: what is over one is refused before it is read whole
STREAM_BYTES = 262_144

_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@lru_cache(maxsize=16)  # a clock stands still for many calls
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _status_line(status: int) -> str:
    return f"{status} {_REASONS.get(status, 'Unknown')}"
