"""How far a service's clock is from ours, by the Date of its answers."""

from __future__ import annotations

import socket
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from crm_sync.errors import AccessRefused
from crm_sync.transport import Transport, Verdict
from fake_core.clock import FrozenClock

URL = "https://api.planhat.com/tasks"


class Server(requests.adapters.BaseAdapter):
    """Answers after *seconds* of everybody's clock; its own clock is *ahead* of it (None: it tells no time)."""

    def __init__(self, clock: FrozenClock, *, ahead: float | None, seconds: float = 0, body_seconds: float = 0) -> None:
        super().__init__()
        self._clock, self._seconds, self._body_seconds = clock, seconds, body_seconds
        self.ahead = ahead
        self.text: str | None = None

    def send(self, request: Any, **_options: Any) -> requests.Response:  # type: ignore[override]
        self._clock.advance(self._seconds)
        answer = requests.Response()
        answer.status_code, answer.url, answer.request, answer._content = 200, request.url, request, b""
        if self.ahead is not None:
            answer.headers["Date"] = format_datetime(self._clock.now() + timedelta(seconds=self.ahead), usegmt=True)
        if self.text is not None:
            answer.headers["Date"] = self.text
        self._clock.advance(self._body_seconds)
        return answer

    def close(self) -> None: ...


def measured(server: Server, clock: FrozenClock) -> Transport:
    session = requests.Session()
    session.mount("https://", server)
    transport = Transport(
        service="planhat", session=session, clock=clock, attempts_max=1, judge=lambda _answer: Verdict.DONE
    )
    transport.send("GET", URL, repeatable=True)
    return transport


@pytest.mark.parametrize(
    ("ahead", "skew"), [(0, 0), (1, 0), (-1, 0), (1.9, 0), (2, 2), (90, 90), (-45, -45), (-0.4, 0), (-45.4, -46)]
)
def test_the_clocks_are_as_far_apart_as_the_answer_tells(ahead: float, skew: float) -> None:
    """In whole seconds; less than two are no difference."""
    clock = FrozenClock()
    transport = measured(Server(clock, ahead=ahead), clock)

    assert timedelta(seconds=skew) == transport.skew
    assert clock.now() + timedelta(seconds=skew) == transport.now()
    assert clock.now() == transport.ours(transport.now())


@pytest.mark.parametrize("ahead", [0, 50, -50])
@pytest.mark.parametrize("body_seconds", [0, 40], ids=["long to begin", "long to end"])
def test_a_slow_answer_is_no_other_clock(ahead: float, body_seconds: float) -> None:
    """Somewhere between question and answer the server looked at its clock: only what lies outside is a difference."""
    clock = FrozenClock()
    slow = Server(clock, ahead=ahead, seconds=40 - body_seconds, body_seconds=body_seconds)
    skew = measured(slow, clock).skew.total_seconds()

    assert 0 <= skew * (1 if ahead > 0 else -1) <= abs(ahead)
    assert (skew != 0) == (ahead != 0)


@pytest.mark.parametrize("told", [None, "", "soon", "Sun, 99 May 2031 25:00:00 GMT", "99"])
def test_without_a_time_nothing_is_known(told: str | None) -> None:
    """A Date that is missing or none leaves what was known."""
    clock = FrozenClock()
    server = Server(clock, ahead=60)
    transport = measured(server, clock)
    server.ahead, server.text = None, told
    transport.send("GET", URL, repeatable=True)

    assert timedelta(seconds=60) == transport.skew


def test_the_newest_answer_counts() -> None:
    """Clocks are set right."""
    clock = FrozenClock()
    server = Server(clock, ahead=60)
    transport = measured(server, clock)
    server.ahead = 0
    transport.send("GET", URL, repeatable=True)

    assert timedelta(0) == transport.skew


def test_a_time_in_another_zone_is_the_same_time() -> None:
    """HTTP says GMT; who says another zone means it, who says none means GMT."""
    clock = FrozenClock()
    for text in ("Mon, 05 Jan 2026 10:02:00 +0100", "Mon, 05 Jan 2026 09:02:00 -0000"):
        server = Server(clock, ahead=None)
        server.text = text
        assert timedelta(minutes=2) == measured(server, clock).skew


@pytest.mark.parametrize(("url", "token"), [(URL, "s3\n4"), (URL, " s3"), ("https://api.planhat.com:99999/", "s3")])
def test_what_cannot_be_sent_is_not_tried_again(url: str, token: str) -> None:
    """A token with a line end, an address that is none: no service is at fault, and the message shows no token."""
    clock, session = FrozenClock(), requests.Session()
    began = clock.now()
    transport = Transport(service="planhat", session=session, clock=clock, attempts_max=5, judge=lambda _: Verdict.DONE)

    with pytest.raises(AccessRefused, match="planhat: a request cannot be sent") as refused:
        transport.send("GET", url, repeatable=True, headers={"Authorization": token})

    assert (began, 1) == (clock.now(), transport.calls["planhat"])
    assert "s3" not in str(refused.value)


def test_a_token_that_no_header_can_carry() -> None:
    """HTTP has no letter for it: that is said before anything is sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/tasks"
        transport = Transport(
            service="planhat",
            session=requests.Session(),
            clock=FrozenClock(),
            attempts_max=5,
            judge=lambda _: Verdict.DONE,
        )

        with pytest.raises(AccessRefused, match="the token is one line"):
            transport.send("GET", url, repeatable=True, headers={"Authorization": "Bearer €"})
