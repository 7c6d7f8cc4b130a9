"""Faults strike where they say, exchanges are written down, and clients see what a broken wire shows."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import requests
import urllib3

from fake_core import ControlClient, Fake, InProcess, MisuseError
from fake_core.faults import KINDS, Fault, Faults
from fake_core.server import ServedFake

URL = "https://acme.notes.example"

# kind -> (what the client sees: a status, or None for a broken connection; whether the server acted)
SEEN = {
    "lost_request": (None, False),
    "lost_response": (None, True),
    "error_after": (500, True),
    "unavailable": (503, False),
    "delay": (201, True),
    "session_expired": (401, False),
    "limit_reached": (429, False),
    "truncated": (None, True),
}
SHIFTED = {"late_success", "duplicate", "slow_visibility"}


def outcome(call: Any) -> int | None:
    try:
        return int(call().status_code)
    except requests.RequestException:
        return None


@pytest.mark.parametrize("kind", SEEN)
def test_each_kind_strikes_the_nth_matching_call_only(kind: str, control: ControlClient, write: Any, read: Any) -> None:
    """The second create is struck; the first and the third are not."""
    status, acted = SEEN[kind]
    control.add_fault(kind=kind, vendor="notes", verb="create", object="note", nth=2, seconds=5)

    assert [201, status, 201] == [outcome(lambda text=text: write(text)) for text in ("a", "b", "c")]
    assert (["a", "b", "c"] if acted else ["a", "c"]) == read()


@pytest.mark.parametrize("kind", ["row_locked", "lock_held", "item_refused"])
def test_a_fault_within_reaches_the_operation(kind: str, control: ControlClient, session: requests.Session) -> None:
    """The vendor's operation plays these: the wire only hands them over."""
    control.add_fault(kind=kind)

    assert [kind, None] == [session.get(f"{URL}/fault").json()["kind"] for _ in range(2)]


def test_every_kind_is_tested_here() -> None:
    """A kind added to the table is a kind to test."""
    assert set(KINDS) == set(SEEN) | SHIFTED | {"row_locked", "lock_held", "item_refused"}


def test_a_late_success_comes_after_the_retry(control: ControlClient, write: Any, read: Any) -> None:
    """The caller hears nothing, tries again, and then the first call is carried out, too: an older value on top."""
    control.add_fault(kind="late_success", verb="create")

    assert None is outcome(lambda: write("first"))
    assert [] == read()
    assert 201 == outcome(lambda: write("second"))
    assert ["second", "first"] == read()
    told = [(one["status"], one["fault"]) for one in control.journal() if one["verb"] == "create"]
    assert [(0, "late_success"), (201, None), (201, "late_success")] == told


def test_a_late_success_comes_when_faults_are_cleared(control: ControlClient, write: Any, read: Any) -> None:
    """Nobody tried again; what was under way arrives in the end, and once."""
    control.add_fault(kind="late_success", verb="create", times=None)
    assert [None, None] == [outcome(lambda text=text: write(text)) for text in ("a", "b")]
    assert [] == read()

    control.clear_faults()
    assert ["a", "b"] == read()
    control.clear_faults()
    assert ["a", "b"] == read()


def test_a_reset_forgets_what_is_under_way(control: ControlClient, write: Any, read: Any) -> None:
    """A fake put back to its beginning carries nothing out any more."""
    control.add_fault(kind="late_success", verb="create")
    outcome(lambda: write("a"))
    control.reset()
    control.clear_faults()

    assert [] == read()


def test_a_duplicate_acts_twice(control: ControlClient, write: Any, read: Any) -> None:
    """The second delivery is answered; the journal has both."""
    control.add_fault(kind="duplicate", verb="create")

    assert 201 == outcome(lambda: write("a"))
    assert ["a", "a"] == read()
    told = [(one["status"], one["fault"]) for one in control.journal() if one["verb"] == "create"]
    assert [(201, "duplicate"), (201, "duplicate")] == told


def test_slow_visibility_shows_older_rows_once(control: ControlClient, write: Any, read: Any) -> None:
    """A struck read does not show what was written since the fault was scripted; the next one does."""
    write("a")
    control.add_fault(kind="slow_visibility", verb="list")
    write("b")

    assert [["a"], ["a", "b"]] == [read(), read()]


def test_a_fault_for_another_object_or_vendor_does_not_strike(control: ControlClient, write: Any) -> None:
    """A fault is addressed by meaning."""
    control.add_fault(kind="unavailable", object="task")
    control.add_fault(kind="unavailable", vendor="other")
    control.add_fault(kind="unavailable", verb="delete")

    assert 201 == write("a").status_code


def test_a_persistent_fault_strikes_until_cleared(control: ControlClient, write: Any) -> None:
    """`times: null` is for ever, and for ever ends with clear."""
    control.add_fault(kind="unavailable", times=None)
    struck = [write("a").status_code for _ in range(5)]
    control.clear_faults()

    assert [503] * 5 + [201] == [*struck, write("a").status_code]


def test_times_counts_strikes() -> None:
    """nth=2, times=2 strikes the second and the third."""
    faults = Faults([Fault(kind="delay", nth=2, times=2)])

    assert [False, True, True, False] == [faults.strike("v", "read", "x") is not None for _ in range(4)]
    assert not faults


def test_a_delay_moves_the_clock(control: ControlClient, write: Any) -> None:
    """Waiting is on the injected clock: nothing really sleeps."""
    before = control.now()
    control.add_fault(kind="delay", seconds=90)
    write("a")

    assert 90 == (control.now() - before).total_seconds()


def test_the_journal_tells_each_exchange(control: ControlClient, write: Any, read: Any) -> None:
    """Requests, answers and faults in order; a lost answer has status 0, and what the server said is kept."""
    write("é")
    control.add_fault(kind="lost_response")
    outcome(lambda: write("b"))
    read()
    told = control.journal()

    assert [("create", "Note", 201, None), ("create", "Note", 0, "lost_response"), ("list", "Note", 200, None)] == [
        (one["verb"], one["object"], one["status"], one["fault"]) for one in told
    ]
    assert '{"text": "\\u00e9"}' == told[0]["request"]
    assert '{"made":true}\n' == told[1]["response"]
    assert told[2:] == control.journal(since=2)


def test_the_journal_tells_with_what_each_call_was_made(control: ControlClient, session: requests.Session) -> None:
    """The User-Agent, as it was sent; nothing where none was."""
    for agent in ("curl/8.5.0", None):
        session.get(f"{URL}/notes", headers={"User-Agent": agent})

    assert ["curl/8.5.0", ""] == [one["agent"] for one in control.journal()]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({}, "no 'kind'"),
        ({"kind": "nope"}, "no fault of kind 'nope'"),
        ({"kind": "delay", "when": 1}, "unknown key 'when'"),
        ({"kind": "delay", "nth": 0}, "count from 1"),
        ({"kind": "delay", "nth": "2"}, "'nth' cannot be '2'"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(control: ControlClient, fault: dict[str, Any], said: str) -> None:
    """One clear line, and nothing scripted."""
    with pytest.raises(MisuseError, match=said):
        control.add_fault(**fault)
    assert [] == control.faults()


def test_urllib3_requests_and_httpx_meet_the_fake_at_its_real_host(fake: Fake) -> None:
    """install() reaches every client of the process, and remove() gives the network back."""
    with InProcess([fake]) as network:
        assert 201 == requests.post(f"{URL}/notes", json={"text": "a"}, timeout=5).status_code
        assert ["a"] == urllib3.request("GET", f"{URL}/notes").json()
        assert ["a"] == httpx.get(f"{URL}/notes").json()
        with pytest.raises(MisuseError):
            network.install()
    with httpx.Client(transport=network.httpx_transport()) as client:
        assert ["a"] == client.get(f"{URL}/notes").json()
        with pytest.raises(httpx.ConnectError):
            client.get("https://elsewhere.example/")
    session = network.session()
    with pytest.raises(requests.ConnectionError, match="no fake plays elsewhere.example"):
        session.get("https://elsewhere.example/")


def test_a_lost_answer_over_httpx(fake: Fake) -> None:
    """httpx sees a protocol error, as from a server that hung up."""
    fake.faults.add(Fault(kind="lost_response"))
    transport = InProcess([fake]).httpx_transport()
    with httpx.Client(transport=transport) as client, pytest.raises(httpx.RemoteProtocolError):
        client.post(f"{URL}/notes", json={"text": "a"})


@pytest.mark.parametrize("served", [False, True], ids=["in-process", "over a socket"])
def test_each_answer_tells_the_time_by_the_fakes_own_clock(
    fake: Fake, session: requests.Session, control: ControlClient, served: bool
) -> None:
    """One Date header, of a refusal too, in whole seconds."""
    control.set_clock(datetime(2031, 5, 4, 3, 2, 1, 987_000, tzinfo=UTC))
    control.add_fault(kind="unavailable", nth=2)
    with ServedFake(fake) if served else nullcontext() as server:
        url = server.url if server else URL
        answers = [session.get(f"{url}/notes", timeout=10) for _ in range(2)]

    assert [200, 503] == [answer.status_code for answer in answers]
    assert ["Sun, 04 May 2031 03:02:01 GMT"] * 2 == [answer.headers["Date"] for answer in answers]


@pytest.mark.parametrize("sent", ["a%2Fb", "a%2fb%20c", "a%252Fb"])
def test_a_slash_in_a_path_segment_is_the_same_over_a_socket(sent: str) -> None:
    """An application sees the path that the in-process transport shows it, also where a slash in it was encoded."""

    class Echo:
        hosts = ("echo.example",)

        def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [environ["PATH_INFO"].encode("latin-1")]

    with ServedFake(Echo()) as served, requests.Session() as session:
        over_a_socket = session.get(f"{served.url}/key/{sent}?q=%2F", timeout=10).text
        session.mount("https://", InProcess([Echo()]).adapter())

        assert session.get(f"https://echo.example/key/{sent}?q=%2F").text == over_a_socket


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_faults_over_a_socket(fake: Fake, tls: bool) -> None:
    """A served fake really drops the connection, and goes on serving."""
    with ServedFake(fake, tls=tls) as served, requests.Session() as session:
        session.trust_env = False
        session.verify = str(served.ca_file) if tls else True
        control = ControlClient(served.url, session)
        for kind in ("lost_request", "lost_response", "truncated"):
            control.add_fault(kind=kind, verb="create")
            assert outcome(lambda: session.post(f"{served.url}/notes", json={"text": "x"}, timeout=10)) is None
        assert ["x", "x"] == session.get(f"{served.url}/notes", timeout=10).json()
