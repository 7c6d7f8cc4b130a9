"""A hundred calls a minute for each token, in windows that do not overlap; headers on every answer."""

from __future__ import annotations

import pytest

from fake_core.errors import MisuseError

from .conftest import OTHER_TOKEN, Api

NAMES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def limits(answer: object) -> tuple[int, ...]:
    return tuple(int(answer.headers[name]) for name in NAMES)  # type: ignore[attr-defined]


@pytest.mark.evidence("documented", "API rate limit page: 100 a minute; RateLimit-* on every call")
def test_headers_count_down_on_every_answer(api: Api) -> None:
    """Remaining goes down by one a call, refusals included; reset counts down with the clock."""
    first = api.get("/api/v3/activity-types")
    api.clock.advance(20)
    second = api.get("/api/v3/tasks")  # 400

    assert (200, (100, 99, 60)) == (first.status_code, limits(first))
    assert (400, (100, 98, 40)) == (second.status_code, limits(second))


@pytest.mark.evidence("documented", "API rate limit page, sample of a 429; Retry-After in its prose")
@pytest.mark.ledger("totango/limit/calls_per_minute")
def test_the_hundred_and_first_call_is_refused(api: Api) -> None:
    """429 with the JSON text, what remains is nought, and nothing was done."""
    for _ in range(100):
        assert 200 == api.get("/api/v3/activity-types").status_code
    api.clock.advance(23)
    before = api.fake.store.contents()

    answer = api.post("/api/v3/touchpoints/", json={"account_id": "a1", "content": "x"})

    assert (429, "Too many requests", (100, 0, 37)) == (answer.status_code, answer.json(), limits(answer))
    assert ("37", True) == (
        answer.headers["Retry-After"],
        answer.headers["Content-Type"].startswith("application/json"),
    )
    assert before == api.fake.store.contents()


@pytest.mark.evidence("documented", "API rate limit page: seconds until the counter is reset")
@pytest.mark.parametrize("window", ["first_call", "clock_minute"])
@pytest.mark.parametrize("begin", [0.0, 17.5])
def test_who_waits_for_the_reset_gets_through(api: Api, window: str, begin: float) -> None:
    """After the seconds that a 429 names, and not a second before, the next hundred fit."""
    api.switch(rate_limit_window=window)
    api.clock.advance(begin)
    while api.get("/api/v3/activity-types").status_code == 200:
        api.clock.advance(0.25)
    wait = int(api.get("/api/v3/activity-types").headers["Retry-After"])

    api.clock.advance(wait - 1)
    assert 429 == api.get("/api/v3/activity-types").status_code
    api.clock.advance(1)
    assert [200] * 100 + [429] == [api.get("/api/v3/activity-types").status_code for _ in range(101)]


@pytest.mark.evidence("assumed", "when a minute begins is not said")
@pytest.mark.parametrize(("window", "reset"), [("first_call", 60), ("clock_minute", 42)])
def test_when_a_window_begins(api: Api, window: str, reset: int) -> None:
    """With the first call after the last one, or with the clock's minute."""
    api.switch(rate_limit_window=window)
    api.clock.advance(18)

    assert (100, 99, reset) == limits(api.get("/api/v3/activity-types"))


@pytest.mark.evidence("assumed", "windows that do not overlap: read from the word reset")
def test_windows_are_fixed_not_rolling(api: Api) -> None:
    """A burst at the end of one window and another at the beginning of the next both fit."""
    api.get("/api/v3/activity-types")
    api.clock.advance(59)
    assert [200] * 99 == [api.get("/api/v3/activity-types").status_code for _ in range(99)]
    api.clock.advance(1)

    assert [200] * 100 == [api.get("/api/v3/activity-types").status_code for _ in range(100)]


@pytest.mark.evidence("documented", "API rate limit page: the limit is each token's")
def test_tokens_do_not_affect_each_other(api: Api) -> None:
    """One token's hundred calls leave the other's alone; each has a limit of its own to set."""
    for _ in range(100):
        api.get("/api/v3/activity-types")

    other = api.get("/api/v3/activity-types", headers={"app-token": OTHER_TOKEN})

    assert (429, 200, 99) == (api.get("/api/v3/activity-types").status_code, other.status_code, limits(other)[1])
    assert {"calls_per_minute": 100, "calls_per_minute.2": 1} == {
        name: row["used"] for name, row in api.control.limits().items()
    }


@pytest.mark.evidence("documented", "API rate limit page: the HTTP API is not limited")
def test_the_ingest_and_the_hub_count_nothing(api: Api) -> None:
    """Neither the pixel nor what an integration job does uses up a call; the region lookup has no token to count."""
    api.get("/pixel.gif", params={"sdr_s": "SP-0000-11", "sdr_o": "a1"}, host="https://sdr.totango.com")
    api.imported("tasks", "00T1", account_id="a1", title="x")
    api.get("/_standin/totango/jobs")
    api.get("/domains/", params={"service_id": "SP-0000-11"})

    assert 0 == api.control.limits()["calls_per_minute"]["used"]


@pytest.mark.evidence("assumed", "a token that is not known has no counter")
def test_strangers_have_no_counter(api: Api) -> None:
    """A call without a known token has no limit headers and costs nobody anything."""
    answer = api.get("/api/v3/activity-types", headers={"app-token": "wrong"})

    assert (401, False) == (answer.status_code, "RateLimit-Limit" in answer.headers)
    assert 0 == api.control.limits()["calls_per_minute"]["used"]


@pytest.mark.evidence("documented", "an older page says 1,000 a minute")
def test_the_limit_and_its_words_can_be_set(api: Api) -> None:
    """The number through the control plane; off, Retry-After and the body's shape by switches."""
    api.control.set_limit("calls_per_minute", 1)
    api.switch(retry_after="sixty", limit_body="object")
    api.get("/api/v3/activity-types")
    answer = api.get("/api/v3/activity-types")
    api.switch(retry_after="none")

    assert ("60", {"type": "too_many_requests", "message": "Too many requests"}) == (
        answer.headers["Retry-After"], answer.json()["error"],
    )  # fmt: skip
    assert "Retry-After" not in api.get("/api/v3/activity-types").headers
    api.switch(rate_limits="off")
    assert 200 == api.get("/api/v3/activity-types").status_code
    with pytest.raises(MisuseError, match="no limit 'calls'"):
        api.control.set_limit("calls", 1)


@pytest.mark.evidence("assumed", "a clock of a test may be set back")
def test_a_clock_that_goes_back(api: Api) -> None:
    """Set before the window's beginning, the clock begins a new one: nobody waits for hours."""
    for _ in range(100):
        api.get("/api/v3/activity-types")
    now = api.clock.now()
    api.clock.set(now.replace(year=2025))

    assert (200, (100, 99, 60)) == ((answer := api.get("/api/v3/activity-types")).status_code, limits(answer))
    assert 60 >= limits(answer)[2]


@pytest.mark.evidence("assumed", "state of a fake")
def test_counters_are_part_of_a_snapshot(api: Api) -> None:
    """What was used comes back with a snapshot, and a reset begins anew."""
    api.get("/api/v3/activity-types")
    taken = api.control.snapshot()
    api.get("/api/v3/activity-types")

    api.control.restore(taken)
    assert 1 == api.control.limits()["calls_per_minute"]["used"]
    api.control.reset()
    assert 0 == api.control.limits()["calls_per_minute"]["used"]
