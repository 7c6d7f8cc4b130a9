"""The border of a served fake: where the requests of a sync under test come in, are counted, and may be its last.

Rule 1: only a run is heard. Who calls before it began or after it ended finds the connection broken.
Rule 2: one request at a time over all fakes, so that "the n-th request" means one thing, whatever threads the sync has.
Rule 3: the process is dead before anything else happens: of what it had under way nothing more is carried out.
Rule 4: time passes with each request, the same on any machine. An answer's Date is the fake's clock.
Rule 5: pages may be smaller than the most allowed: Salesforce promises no batch size.
Source: REST API Developer Guide, Query Options Header: the actual batch may be smaller or larger than asked for.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from fake_core.clock import Clock
from fake_core.control import CONTROL_PREFIX
from fake_core.errors import ConnectionDropped
from fake_core.fake import Fake, run_wsgi

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CLOCK_PATH = f"{CONTROL_PREFIX}clock"
WAIT_SECONDS_MAX = 86_400
REQUEST_SECONDS = 1  # how long a request takes: in a run that makes some, the clock moves, as everywhere


Heard = tuple[str, int]  # one request of a run: whose fake it reached, and the number that its journal gave it


@dataclass
class Death:
    """Where a run is to be killed: at its n-th request (0: nowhere), before or after the server acted."""

    at: int = 0
    acted: bool = False


class Border:
    """What all fakes of one stage share: the turn, the count, and the way to kill."""

    def __init__(self, clock: Clock) -> None:
        self.turn = threading.RLock()
        self.clock = clock
        self.page = 0  # rows of a query's page; 0: the vendor's own
        self.heard: list[Heard] = []
        self.exchanges: list[dict[str, Any]] = []  # the same, as the fakes' journals tell them
        self.total = 0  # requests of all runs
        self.unread: Heard | None = None  # the answer that nobody lived to read
        self.died = False  # whether the newest run was killed at its request
        self._open = False
        self._death = Death()
        self._kill: Callable[[], None] = lambda: None

    def open(self, death: Death, kill: Callable[[], None]) -> None:
        """A run begins. *kill* ends it for good, and returns when it has ended."""
        with self.turn:
            self.heard, self.unread, self._death, self._kill, self._open = [], None, death, kill, True
            self.exchanges, self.died = [], False

    def close(self) -> None:
        """The run is over: what is being carried out ends first, nothing more is heard."""
        with self.turn:
            self._open = False

    def enter(self, gate: Gate, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
        """Carry out one request of the run, or let the run die at it."""
        with self.turn:
            if not self._open:
                raise ConnectionDropped("nobody is heard outside of a run")
            self.total += 1
            self.clock.sleep(REQUEST_SECONDS)
            dies = len(self.heard) + 1 == self._death.at
            if dies and not self._death.acted:
                self._die()
            before = gate.fake.journal.last
            try:
                answer = run_wsgi(gate.fake, environ)
            except ConnectionDropped:
                self._heard(gate.fake, before, dies=dies)
                raise
            self._heard(gate.fake, before, dies=dies)
            return answer

    def _heard(self, fake: Fake, before: int, *, dies: bool) -> None:
        self.heard.append((fake.vendor, fake.journal.last))
        self.exchanges += fake.exchanges(before)
        if dies:
            self.unread = self.heard[-1]
            self._die()

    def _die(self) -> None:
        self._open, self.died = False, True
        self._kill()
        raise ConnectionDropped("the run was killed at this request")


class Gate:
    """One fake as the sync meets it: served in place of the fake itself."""

    def __init__(self, fake: Fake, border: Border) -> None:
        self.fake = fake
        self.border = border
        self.hosts: Sequence[str] = fake.hosts

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(CONTROL_PREFIX):
            return self._control(environ)(environ, start_response)
        if self.border.page and self.fake.vendor == "salesforce":
            environ["HTTP_SFORCE_QUERY_OPTIONS"] = f"batchSize={self.border.page}"
        line, headers, body = self.border.enter(self, environ)
        start_response(line, headers)
        return [body]

    def _control(self, environ: WSGIEnvironment) -> Response:
        """The clock, which a sync under test may ask and wait by; the rest of the control plane is the judge's."""
        request = Request(environ)
        if request.path != CLOCK_PATH:
            return Response(json.dumps({"error": f"a sync under test may ask for {CLOCK_PATH} only"}), 404)
        clock = self.border.clock
        if request.method == "POST":
            seconds = (request.get_json(silent=True) or {}).get("advance_seconds")
            if not isinstance(seconds, (int, float)) or not 0 <= seconds <= WAIT_SECONDS_MAX:
                error = f'the clock takes {{"advance_seconds": 60}}, at most {WAIT_SECONDS_MAX}, not {seconds!r}'
                return Response(json.dumps({"error": error}), 400)
            with self.border.turn:
                clock.sleep(seconds)
        return Response(json.dumps({"now": clock.now().isoformat()}), content_type="application/json")


@contextlib.contextmanager
def open_border(border: Border, death: Death, kill: Callable[[], None]) -> Any:
    """While the block runs, the sync is heard."""
    border.open(death, kill)
    try:
        yield
    finally:
        border.close()
