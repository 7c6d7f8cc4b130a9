"""The minute of Totango's API against a model of it: which calls are refused, and what the headers say.

Source: API rate limit page (100 calls a minute for each token, the ingest not counted); the rest is a switch.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import requests
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.properties.reference.both import Compared

from fake_core import ControlClient
from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.transport import InProcess
from fake_totango import ApiToken, TenantConfig, create_app

URL = "https://api.totango.com"
CALLS = 4
MINUTE = 60
TOKENS = ("jo", "al")
COUNTED = [
    ("GET", "/api/v3/touchpoint-types", None),
    ("GET", "/api/v3/tasks?id=7", None),
    ("POST", "/api/v3/tasks", {"account_id": "nobody"}),  # refused, and counted all the same
]
FREE = [
    ("GET", "/_standin/totango/jobs", None),
    ("GET", "/pixel.gif?sdr_o=x", None),
    ("GET", "/domains/?service_id=SP-0000-11", None),
]
SWITCHES = {
    "rate_limits": ["enforce", "enforce", "off"],
    "rate_limit_window": ["first_call", "clock_minute"],
    "retry_after": ["reset", "sixty", "none"],
    "limit_body": ["string", "object"],
}
OPERATIONS_MIN = 2_000


class Minute:
    """The window of one token: when it began, and how many calls it has had."""

    def __init__(self) -> None:
        self.began: float | None = None
        self.calls = 0

    def call(self, at: float, switches: dict[str, str]) -> tuple[bool, int, int]:
        """Count one: whether it is refused, how many remain, seconds until the counter is reset."""
        if self.began is None or at >= self.began + MINUTE:
            self.began = at if switches["rate_limit_window"] == "first_call" else at // MINUTE * MINUTE
            self.calls = 0
        self.calls += 1
        refused = self.calls > CALLS and switches["rate_limits"] == "enforce"
        return refused, max(0, CALLS - self.calls), math.ceil(self.began + MINUTE - at)


_MADE: list[Any] = []  # made once for the whole run: a machine resets it


def fake() -> Any:
    if not _MADE:
        org = TenantConfig(tokens=[ApiToken(one) for one in TOKENS], calls_per_minute=CALLS)
        _MADE.append(create_app(clock=FrozenClock(), org=org))
    return _MADE[0]


class Minutes(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.fake = fake()
        self.fake.reset()
        self.fake.clock.set(DEFAULT_MOMENT)
        self.session = InProcess([self.fake]).session()
        self.control = ControlClient(URL, self.session)
        self.windows = {token: Minute() for token in TOKENS}
        self.at = DEFAULT_MOMENT

    @initialize(data=st.data(), late=st.integers(0, 59))
    def begin(self, data: st.DataObject, late: int) -> None:
        self.switches = {name: data.draw(st.sampled_from(values)) for name, values in SWITCHES.items()}
        self.control.seed({"switches": self.switches})
        self.at = self.control.advance(late)

    def send(self, call: tuple[str, str, Any], token: str) -> requests.Response:
        method, path, body = call
        Compared.count += 1
        return self.session.request(method, URL + path, json=body, headers={"app-token": token})

    @rule(token=st.sampled_from(TOKENS), call=st.sampled_from(COUNTED), times=st.integers(1, 6))
    def counted(self, token: str, call: tuple[str, str, Any], times: int) -> None:
        for _ in range(times):
            refused, remaining, reset = self.windows[token].call(self.at.timestamp(), self.switches)
            answer = self.send(call, token)
            event(f"refused: {refused}")
            said = {name: answer.headers.get(f"RateLimit-{name}") for name in ("Limit", "Remaining", "Reset")}

            assert {"Limit": str(CALLS), "Remaining": str(remaining), "Reset": str(reset)} == said
            assert refused == (answer.status_code == 429)
            self.retry_after(answer, refused=refused, reset=reset)

    def retry_after(self, answer: requests.Response, *, refused: bool, reset: int) -> None:
        """When to come again, on a refusal alone; and what its body is."""
        waits = {"reset": str(reset), "sixty": "60", "none": None}[self.switches["retry_after"]]
        assert (waits if refused else None) == answer.headers.get("Retry-After")
        if refused:
            told = answer.json()
            words = told if self.switches["limit_body"] == "string" else told["error"]["message"]
            assert "Too many requests" == words

    @rule(token=st.sampled_from([*TOKENS, "nobody"]), call=st.sampled_from(FREE))
    def free(self, token: str, call: tuple[str, str, Any]) -> None:
        """What stands in, the ingest and the region's look-up are not counted and never refused for their number."""
        answer = self.send(call, token)

        assert (200 if token in TOKENS or "standin" not in call[1] else 401) == answer.status_code

    @rule(call=st.sampled_from(COUNTED))
    def a_stranger(self, call: tuple[str, str, Any]) -> None:
        """Nobody's token uses up nobody's calls."""
        assert 401 == self.send(call, "nobody").status_code

    @rule(seconds=st.sampled_from([0.001, 1, 29.999, 30, 59, 59.999, 60, 60.001, 3_600]))
    def time_passes(self, seconds: float) -> None:
        self.at = self.control.advance(seconds)

    @rule(token=st.sampled_from(TOKENS), call=st.sampled_from(COUNTED))
    def wait_as_told(self, token: str, call: tuple[str, str, Any]) -> None:
        """Who waits for the reset of any answer is served."""
        answer = self.send(call, token)
        self.windows[token].call(self.at.timestamp(), self.switches)
        self.at = self.control.advance(int(answer.headers["RateLimit-Reset"]))
        after = self.send(call, token)
        self.windows[token].call(self.at.timestamp(), self.switches)

        assert (True, str(CALLS - 1)) == (after.status_code != 429, after.headers["RateLimit-Remaining"])


TestMinutes = Minutes.TestCase


@pytest.mark.nightly
def test_thousands_of_calls_without_a_difference() -> None:
    """The fake and the model of a minute agree on thousands of answers in a row."""
    Compared.count = 0
    run_state_machine_as_test(Minutes, settings=settings(max_examples=100, stateful_step_count=40))

    assert Compared.count >= OPERATIONS_MIN
