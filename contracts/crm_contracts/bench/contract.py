"""What it costs to watch: a served request with a tap before the fake, and through the recording proxy; and how many
checks of `understudy conform`, and cases of Schemathesis, a second answers.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import requests

from crm_contracts.conform.check import Check, checks
from crm_contracts.conform.run import chosen, conform
from crm_contracts.conform.target import Target, askable, in_process, served, session_of
from crm_contracts.integration.fixtures import Contract
from crm_contracts.openapi.lanes import make_lane
from crm_contracts.record.evidence import Evidence
from crm_contracts.record.proxy import Proxy
from crm_contracts.traffic import Call
from crm_contracts.traffic.tap import Tap
from crm_contracts.vendors import TITLES, create_fake
from fake_core.clock import RealClock
from fake_core.fake import Fake
from fake_core.server import ServedFake

TASKS = "/services/data/v60.0/sobjects/Task"
_PASSING, _RECORDING = "through a proxy that keeps nothing", "through the recording proxy"


def watching(tell: Callable[[str, str, str, str], None], *, rounds: int, calls: int) -> None:
    """A read and a create of a served Salesforce, bare and watched; the ways take turns, a client in this process."""
    fake = create_fake("salesforce", clock=RealClock())
    fake.limits["api_requests"].limit = 100_000_000
    for what, method in (("GET by id", "GET"), ("create", "POST")):
        seconds: dict[str, list[float]] = {}
        with _ways(fake) as urls:
            for _ in range(rounds):
                for way, url in urls.items():
                    seconds.setdefault(way, []).append(_seconds(fake, url, method, calls))
        bare = median(seconds["bare"])
        tell(f"served {what}, by cheroot (CPU)", f"{bare * 1e3:.2f} ms", "", "")
        for way, aim in (("with a tap", "10 %"), (_PASSING, ""), (_RECORDING, "10 %")):
            took = median(seconds[way])
            more = f"{(took / bare - 1) * 100:+.0f} %"
            if way == _RECORDING:  # what is not ours to save: a second server and a second client
                more = f"{more}, {(took / median(seconds[_PASSING]) - 1) * 100:+.0f} % beside one that keeps nothing"
            tell(f"served {what}, {way}", f"{took * 1e3:.2f} ms", more, aim)
    fake.close()


def judging(tell: Callable[[str, str, str, str], None], *, rounds: int, calls: int) -> None:
    """What `pytest.mark.contract` adds to each served request of a test: its tap, and the findings at the end."""
    fake = create_fake("salesforce", clock=RealClock())
    fake.limits["api_requests"].limit = 100_000_000
    bare: list[float] = []
    held: list[float] = []
    for number in range(rounds + 1):
        with ServedFake(fake) as server:
            took_bare = _seconds(fake, server.url, "GET", calls)
        contract = Contract()
        with ServedFake(contract.tap(fake)) as server:
            took = _seconds(fake, server.url, "GET", calls)
        began = time.process_time()
        found = contract.report
        took += (time.process_time() - began) / calls
        assert found.ok, found.findings
        if number:  # the first round reads the document and the table of checks, once for a whole test run
            bare.append(took_bare)
            held.append(took)
    fake.close()
    more = f"{(median(held) / median(bare) - 1) * 100:+.0f} %"
    tell(f"served GET by id, of a test of {calls} calls with a contract", f"{median(held) * 1e3:.2f} ms", more, "10 %")


def conforming(tell: Callable[[str, str, str, str], None], *, rounds: int, only: str = "*") -> None:
    """All checks of Salesforce and Planhat on a fake in this process and on a served one, which take turns."""
    for vendor in ("salesforce", "planhat"):
        found = chosen(checks(vendor), [only])
        seconds: dict[str, list[float]] = {}
        for _ in range(rounds):
            with in_process(vendor) as target:
                seconds.setdefault("in-process", []).append(_checked(found, target))
            fake = askable(vendor)
            with ServedFake(fake) as server, session_of() as session:
                credentials = fake.credentials(server.url)
                target = served(vendor, server.url, session=session, credentials=credentials)
                seconds.setdefault("served", []).append(_checked(found, target))
            fake.close()
        for way, took in seconds.items():
            tell(f"conform: {TITLES[vendor]}, {way}", f"{len(found) / median(took):,.0f} checks/s of CPU", "", "")


def fuzzing(tell: Callable[[str, str, str, str], None], *, examples: int) -> None:
    """Cases of the contract lane, generated, answered in this process and held against every check."""
    for vendor in ("salesforce", "planhat"):
        lane = make_lane(vendor)
        assert lane.fake  # made and seeded before the clock runs
        assert lane.operations
        began = time.process_time()
        for operation_id in lane.operations:
            lane.run_some(operation_id, examples=examples)
        took = time.process_time() - began
        tell(f"Schemathesis: {TITLES[vendor]}", f"{lane.cases.total() / took:,.0f} cases/s of CPU", "", "")


def _checked(found: Sequence[Check], target: Target) -> float:
    """Seconds of CPU for all, both sides. One that does not hold ends the measurement: it is quick for nothing."""
    began = time.process_time()
    run = conform(found, {target.vendor: target}, word="bench", clock=RealClock())
    took = time.process_time() - began
    assert {one.state for one in run.results} == {"passed"}, run.report("conform", {}).counts
    return took


@contextmanager
def _ways(fake: Fake) -> Iterator[dict[str, str]]:
    """The addresses of *fake*: bare, behind a tap, through a proxy that keeps nothing, and one that records."""
    clock = RealClock()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="understudy-")))
        bare = stack.enter_context(ServedFake(fake))
        tapped = stack.enter_context(ServedFake(Tap(fake, vendor="salesforce", clock=clock)))
        evidence = Evidence(folder / "bench.har", source="bench", today=clock.now().date())
        proxies = {
            _PASSING: Proxy(bare.url, vendor="salesforce", clock=clock, arrive=lambda: 0, keep=_forget),
            _RECORDING: Proxy(bare.url, vendor="salesforce", clock=clock, arrive=evidence.arrive, keep=evidence.keep),
        }
        urls = {"bare": bare.url, "with a tap": tapped.url}
        for way, proxy in proxies.items():
            urls[way] = proxy.own = stack.enter_context(ServedFake(proxy)).url
        yield urls


def _forget(_call: Call) -> None:
    """Keep nothing."""


def _seconds(fake: Fake, url: str, method: str, calls: int) -> float:
    """Seconds of CPU for one call, client and servers together: all are in this process."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {fake.credentials(url)['access_token']}"
        made = session.post(f"{url}{TASKS}", json={"Subject": "Call"}, timeout=10).json()["id"]
        target = f"{url}{TASKS}/{made}" if method == "GET" else f"{url}{TASKS}"
        began = time.process_time()
        for _ in range(calls):
            session.request(method, target, json=None if method == "GET" else {"Subject": "Call"}, timeout=10)
        return (time.process_time() - began) / calls
