"""The tap: what passes is kept as it stood on the wire, and passes unchanged."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from crm_contracts.traffic.tap import Tap, Traffic
from crm_contracts.vendors import HOSTS, create_fake, create_tenants
from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.fake import Fake
from fake_core.faults import Fault
from fake_core.server import ServedFake
from fake_core.transport import InProcess
from fake_planhat.tenant import ApiToken, TenantConfig

API = "/services/data/v60.0"


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    fake = create_fake("salesforce", clock=FrozenClock())
    yield fake
    fake.close()


@pytest.fixture
def tap(fake: Fake) -> Tap:
    fake.reset()
    return Tap(fake, vendor="salesforce", clock=fake.clock)


def in_process(tap: Tap) -> requests.Session:
    return InProcess([tap]).session()


def bearer(fake: Fake, url: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {fake.credentials(url)['access_token']}"}


def test_a_call_is_kept_as_it_stood_on_the_wire(fake: Fake, tap: Tap) -> None:
    """URL with its escapes, header lines, bodies and status are those that the client sent and got."""
    url = HOSTS["salesforce"]
    with in_process(tap) as session:
        session.headers.update(bearer(fake, url))
        made = session.post(f"{url}{API}/sobjects/Account", json={"Name": "Käse & Söhne"})
        found = session.get(f"{url}{API}/query?q=SELECT+Id%20FROM+Account")
    first, second = tap.calls
    assert (1, "POST", f"{url}{API}/sobjects/Account", 201) == (first.number, first.method, first.url, first.status)
    assert json.dumps({"Name": "Käse & Söhne"}).encode() == first.request
    assert made.content == first.response
    assert first.header("content-type") == "application/json"
    assert first.header("authorization") == bearer(fake, url)["Authorization"]
    assert first.answered("content-type") == made.headers["Content-Type"]
    assert f"{url}{API}/query?q=SELECT+Id%20FROM+Account" == second.url
    assert (2, DEFAULT_MOMENT, "salesforce", 0.0) == (second.number, second.at, second.vendor, second.seconds)
    zipped = second.answered("content-encoding") == "gzip"
    assert found.content == (gzip.decompress(second.response) if zipped else second.response)


def test_over_a_socket_a_tap_changes_nothing() -> None:
    """A client of a served fake gets the same status, headers and bytes with a tap as without, and the tap has them."""
    plain, tapped = (create_fake("salesforce", clock=FrozenClock()) for _ in range(2))
    tap = Tap(tapped, vendor="salesforce", clock=tapped.clock)
    answers = []
    for fake, app in ((plain, plain), (tapped, tap)):
        with ServedFake(app) as served, requests.Session() as session:
            session.headers.update(bearer(fake, served.url) | {"Accept-Encoding": "gzip"})
            session.post(f"{served.url}{API}/sobjects/Task", json={"Subject": "Call"}, timeout=10)
            got = session.get(f"{served.url}{API}/limits", timeout=10, stream=True)
            answers.append((got.status_code, list(got.raw.headers.items()), got.raw.read(decode_content=False)))
        fake.close()
    assert answers[0] == answers[1]
    assert answers[1][2] == tap.calls[1].response
    assert tap.calls[1].response.startswith(b"\x1f\x8b")
    assert [201, 200] == [call.status for call in tap.calls]


def test_the_control_plane_passes_unrecorded(tap: Tap) -> None:
    """What a test does to the fake is no traffic of the integration's."""
    with in_process(tap) as session:
        answer = session.get(f"{HOSTS['salesforce']}/__understudy__/journal")
    assert answer.status_code == 200
    assert [] == tap.calls


def test_a_broken_connection_is_kept_as_no_answer(fake: Fake, tap: Tap) -> None:
    """Where a fault breaks the connection, the call has status 0 and no answer, and the client sees it break."""
    fake.script(Fault(kind="lost_response", vendor="salesforce"))
    with in_process(tap) as session, pytest.raises(requests.ConnectionError):
        session.get(f"{HOSTS['salesforce']}{API}/limits")
    (call,) = tap.calls
    assert (0, (), b"") == (call.status, tuple(call.response_headers), call.response)


def test_bodies_are_cut_in_the_record_and_whole_on_the_wire(fake: Fake) -> None:
    """A body longer than is kept reaches the other side whole, in both directions."""
    tap = Tap(fake, vendor="salesforce", clock=fake.clock, body_bytes_max=100)
    url = HOSTS["salesforce"]
    with in_process(tap) as session:
        session.headers.update(bearer(fake, url))
        made = session.post(f"{url}{API}/sobjects/Task", json={"Subject": "Call", "Description": "x" * 5_000})
        read = session.get(f"{url}{API}/sobjects/Task/{made.json()['id']}")
    assert read.json()["Description"] == "x" * 5_000
    assert [100, 100] == [len(tap.calls[0].request), len(tap.calls[1].response)]


class Plain:
    """A WSGI application whose answer is made while it is sent."""

    hosts = ("plain.example",)

    def __init__(self) -> None:
        self.closed = False

    def __call__(self, _environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield b"one,"
        yield b"two"

    def close(self) -> None:
        self.closed = True


def test_an_answer_made_while_it_is_sent_is_kept_at_its_end() -> None:
    """Pieces pass one by one; the record has them all, several header lines of one name, and close() is handed on."""
    plain = Plain()
    tap = Tap(plain, vendor="plain", clock=FrozenClock())
    with in_process(tap) as session:
        assert session.get("https://plain.example/").content == b"one,two"
    (call,) = tap.calls
    assert plain.closed
    assert b"one,two" == call.response
    assert [("set-cookie", "a=1"), ("set-cookie", "b=2")] == list(call.response_headers)


def test_calls_at_once_are_numbered_without_gaps_and_none_is_lost(fake: Fake, tap: Tap) -> None:
    """Forty calls by eight threads are forty calls, each with its own answer."""
    url = HOSTS["salesforce"]
    auth = bearer(fake, url)
    lock = threading.Lock()  # a fake in-process answers one call at a time

    def ask(number: int) -> None:
        with lock, in_process(tap) as session:
            session.get(f"{url}{API}/sobjects/Task/{number}", headers=auth)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(40)))
    assert list(range(1, 41)) == [call.number for call in tap.calls]
    assert {f"{url}{API}/sobjects/Task/{number}" for number in range(40)} == {call.url for call in tap.calls}


def test_several_taps_share_one_order_and_tenants_are_tapped_as_one() -> None:
    """Calls to two vendors stand in one order; the tenants behind one address are told apart as before."""
    traffic = Traffic()
    tenants = create_tenants(
        "planhat",
        {name: TenantConfig(tokens=(ApiToken(f"{name}-token"),), tenant_id=name) for name in ("acme", "bolt")},
    )
    salesforce = create_fake("salesforce", clock=FrozenClock())
    taps = [
        Tap(tenants, vendor="planhat", clock=FrozenClock(), traffic=traffic),
        Tap(salesforce, vendor="salesforce", clock=FrozenClock(), traffic=traffic),
    ]
    with requests.Session() as session:
        session.mount("https://", InProcess(taps).adapter())
        token = tenants["acme"].credentials(HOSTS["planhat"])["token"]
        session.post(f"{HOSTS['planhat']}/companies", json={"name": "A"}, headers={"Authorization": f"Bearer {token}"})
        session.get(f"{HOSTS['salesforce']}/services/data")
        session.get(f"{HOSTS['planhat']}/companies", headers={"Authorization": "Bearer nobody"})
    assert [(1, "planhat", 200), (2, "salesforce", 200), (3, "planhat", 401)] == [
        (call.number, call.vendor, call.status) for call in traffic.calls
    ]
    assert len(tenants["acme"].exchanges()) == 1
    traffic.clear()
    assert ([], 1) == (traffic.calls, traffic.arrive())
    tenants.close()
    salesforce.close()
