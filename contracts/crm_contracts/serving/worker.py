"""The process that serves one vendor: its tenants behind one port, by granian.

Rule 1: each tenant answers one request at a time; none waits for another.
Rule 2: nobody outlives who started it: `understudy serve` starts a server, the server its worker, and each ends soon
after the one before it, however that ended and whatever it is doing.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_contracts.vendors import MANY_TENANTS, create_fake, create_tenants, read_tenants
from fake_core.clock import FrozenClock, RealClock
from fake_core.errors import ConnectionDropped
from fake_core.tenants import Tenants

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from fake_core.clock import Clock

OPTIONS_VARIABLE = "UNDERSTUDY_SERVE"
# A fake answers one request at a time, and its threads take turns: left to Python's own lock they get in each other's
# way, and 16 connections were served at half the speed (measured). More than one: a `delay` fault sleeps in its thread.
WORKER_THREADS = 3
# Of several tenants each answers one request at a time: whoever waits for a tenant's turn, or out a fault's delay, must
# not take the threads that another tenant needs.
TENANT_THREADS, THREADS_MAX = 16, 128
PARENT_SECONDS = 0.5  # how often a worker looks whether its server is there
GRACE_SECONDS = 2  # for answers under way, once who started us is gone; a `delay` may take hours


def application() -> WSGIApplication:
    """What granian's worker runs: the tenants named in the environment."""
    options = json.loads(os.environ.pop(OPTIONS_VARIABLE))
    threading.Thread(target=_end_with_server, args=(options["server"],), daemon=True).start()
    turns: dict[str, threading.Lock] = defaultdict(threading.Lock)
    tenants = _TakingTurns(_tenants(options, turns), turns)

    def app(environ: Any, start_response: Any) -> Any:
        try:
            return tenants(environ, start_response)
        except ConnectionDropped as dropped:
            from fake_core.server import broken_answer

            dropped.settle()
            return broken_answer(start_response)

    return app


def _tenants(options: dict[str, Any], turns: dict[str, threading.Lock]) -> Tenants:
    vendor, orgs, url = options["vendor"], options["orgs"], options["data"]
    names = [vendor] if options["named"] else []

    def clock(name: str) -> Clock:
        return FrozenClock() if options["frozen"] else _PatientClock(turns[name])

    if orgs and vendor in MANY_TENANTS:
        configs = read_tenants(vendor, orgs)

        def data(name: str) -> str:
            return data_url(url, *names, name) if len(configs) > 1 else data_url(url, *names)

        return create_tenants(vendor, configs, clock=clock, data=data)
    given = {"org": orgs[0]} if orgs else {}
    fake = create_fake(vendor, clock=clock(vendor), data=data_url(url, *names), **given)
    return Tenants({vendor: fake})


class _TakingTurns(Tenants):
    """Each tenant answers one request at a time, and none waits for another."""

    def __init__(self, tenants: Tenants, turns: dict[str, threading.Lock]) -> None:
        super().__init__(tenants, nobody=tenants.nobody)
        self._turns = turns

    def answer(self, name: str, environ: Any, start_response: Any) -> Any:
        with self._turns[name]:
            return super().answer(name, environ, start_response)


class _PatientClock(RealClock):
    """The real clock of a tenant that answers one request at a time: who waits lets the others go on."""

    def __init__(self, turn: threading.Lock) -> None:
        self._turn = turn

    def sleep(self, seconds: float) -> None:
        self._turn.release()
        try:
            super().sleep(seconds)
        finally:
            self._turn.acquire()


def run_server() -> None:
    """The body of a served fake's process."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces

    options = json.loads(os.environ[OPTIONS_VARIABLE])
    os.environ[OPTIONS_VARIABLE] = json.dumps(options | {"server": os.getpid()})
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    Granian(
        "crm_contracts.serving.worker:application",
        factory=True,
        address=options["host"],
        port=options["port"],
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=threads_for(len(options["orgs"])),
        log_enabled=False,
        ssl_cert=Path(options["cert_file"]) if options["cert_file"] else None,
        ssl_key=Path(options["key_file"]) if options["key_file"] else None,
        reload=False,
    ).serve()


def _stop_with_parent() -> None:
    """Our standard input ends when `understudy serve` does, also when it was killed: then nobody would stop us."""
    while os.read(0, 1):  # not sys.stdin: its lock, held here, would block the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    # granian waits for answers under way, and for a worker that was told to end before it could listen: forever.
    RealClock().sleep(GRACE_SECONDS)
    os.killpg(os.getpid(), signal.SIGKILL)  # we lead a session of our own: the worker and ourselves


def _end_with_server(server: int) -> None:
    """Rule 2, in the worker: who has lost its parent has another one."""
    clock = RealClock()
    while os.getppid() == server:
        clock.sleep(PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    clock.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def threads_for(tenants: int) -> int:
    """How many threads answer for so many tenants of one vendor."""
    return WORKER_THREADS if tenants < 2 else min(THREADS_MAX, TENANT_THREADS * tenants)


def data_url(url: str, *names: str) -> str:
    """The store of one tenant: a file is shared by name only, `org.sqlite` → `org-planhat-acme.sqlite`."""
    if not names or not url.startswith("sqlite:///"):
        return url
    path = Path(url.removeprefix("sqlite:///"))
    return f"sqlite:///{path.with_name('-'.join([path.stem, *names]) + path.suffix)}"
