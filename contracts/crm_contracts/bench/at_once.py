"""Sixteen connections at once: http and https, one process and two.

An org lives in one process, so two processes are two orgs; the connections are shared out between them.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any

import requests

from crm_contracts import serving
from crm_contracts.bench.load import Load, request_bytes, run_loads

API = "/services/data/v60.0"
CONNECTIONS = 16
ROWS = 200


@contextmanager
def _served(*, tls: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    with ExitStack() as stack:
        host = "127.0.0.1"
        certificates, _ = stack.enter_context(serving.certificates(host)) if tls else (None, None)
        one = serving.Serve(
            vendor="salesforce",
            host=host,
            port=serving.check_port(host, 0),
            data="sqlite://",
            cert_file=str(certificates.cert_file) if certificates else None,
            key_file=str(certificates.key_file) if certificates else None,
        )
        served = serving.Served([one], ca_file=certificates.ca_file if certificates else None)
        stack.callback(served.stop)
        told = served.start()["salesforce"]
        yield told["url"], told


def _reads(url: str, words: dict[str, Any]) -> Callable[[int], bytes]:
    """GET of one of some rows, which are made first."""
    session = requests.Session()
    session.verify = words["ca_file"] or True
    session.trust_env = False
    auth = {"Authorization": f"Bearer {words['access_token']}"}
    limits = {"api_requests": 100_000_000}
    session.post(f"{url}/__understudy__/limits", json=limits, timeout=10).raise_for_status()
    records = [{"attributes": {"type": "Task"}, "Subject": f"Call {n}"} for n in range(ROWS)]
    made = session.post(f"{url}{API}/composite/sobjects", json={"records": records}, headers=auth, timeout=30)
    requests_ = [request_bytes("GET", f"{url}{API}/sobjects/Task/{one['id']}", headers=auth) for one in made.json()]
    return lambda number: requests_[number % len(requests_)]


def at_once(tell: Callable[[str, str, str, str], None], *, rounds: int, seconds: float) -> None:
    """GET by id on sixteen connections; every figure is told against one process over http."""
    speeds: dict[tuple[bool, int], float] = {}
    for tls in (False, True):
        with ExitStack() as stack:
            both = [stack.enter_context(_served(tls=tls)) for _ in range(2)]
            context = ssl.create_default_context(cafile=both[0][1]["ca_file"]) if tls else None
            servers = [(url, _reads(url, words)) for url, words in both]
            loads: dict[int, list[Load]] = {1: [], 2: []}
            for _ in range(rounds):
                for processes, several in loads.items():
                    several.append(
                        run_loads(
                            servers[:processes], connections=CONNECTIONS, seconds=seconds, expect={200}, tls=context
                        )
                    )
            for processes, several in loads.items():
                speeds[tls, processes] = median(one.per_second for one in several)
                p50, p99 = (median(one.percentile_ms(share) for one in several) for share in (0.50, 0.99))
                what = f"GET by id, 16 connections, {'https' if tls else 'http'}, {processes} process(es)"
                against = f"{speeds[tls, processes] / speeds[False, 1]:.2f} x http, 1 process"
                tell(what, f"{speeds[tls, processes]:,.0f}/s", against, "")
                tell("  its p50, p99", f"{p50:.2f} ms, {p99:.2f} ms", f"p99 is {p99 / p50:.1f} x p50", "5 x p50")
