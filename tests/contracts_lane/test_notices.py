"""The proof that the lane proves something: each planted mistake is found by the check that is there for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

from crm_contracts.openapi.lanes import make_lanes
from fake_core.fake import run_wsgi
from fake_core.web import STAND_IN_HEADER

Given = tuple[str, list[tuple[str, str]], bytes]
Spoil = Callable[[dict[str, Any], Given], Given]
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LANES = make_lanes()
ROWS = "/services/data/{version}/sobjects/{sobject}"
TASKS, REMINDERS = "/api/v3/tasks", "/_standin/sia/reminders"
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


def renamed(old: bytes, new: bytes) -> Spoil:
    return lambda _environ, answer: (
        answer[0],
        _recount(answer, answer[2].replace(old, new)),
        answer[2].replace(old, new),
    )


def status(line: str, *, instead_of: str) -> Spoil:
    return lambda _environ, answer: (line if answer[0].startswith(instead_of) else answer[0], *answer[1:])


def without(name: str) -> Spoil:
    return lambda _environ, answer: (answer[0], [one for one in answer[1] if one[0] != name], answer[2])


def typed(kind: str) -> Spoil:
    def spoil(_environ: dict[str, Any], answer: Given) -> Given:
        return answer[0], [(key, kind if key == "Content-Type" else value) for key, value in answer[1]], answer[2]

    return spoil


def unwrapped(_environ: dict[str, Any], answer: Given) -> Given:
    """An error as an object instead of a list of one."""
    if not answer[0].startswith("400"):
        return answer
    body = json.dumps(json.loads(answer[2])[0]).encode()
    return answer[0], _recount(answer, body), body


def _recount(answer: Given, body: bytes) -> list[tuple[str, str]]:
    return [(key, str(len(body)) if key == "Content-Length" else value) for key, value in answer[1]]


MISTAKES: list[tuple[str, str, str, str, GenerationMode, Spoil]] = [
    # check                         vendor        path             method  cases     mistake
    ("response_schema_conformance", "planhat", "/companies", "POST", POSITIVE, renamed(b'"slug"', b'"slugg"')),
    ("response_schema_conformance", "salesforce", ROWS, "POST", NEGATIVE, unwrapped),
    ("status_code_conformance", "planhat", "/companies", "POST", POSITIVE, status("201 Created", instead_of="200")),
    ("not_a_server_error", "planhat", "/tasks", "GET", POSITIVE, status("500 Oops", instead_of="200")),
    ("response_headers_conformance", "salesforce", ROWS, "POST", POSITIVE, without("Sforce-Limit-Info")),
    ("response_headers_conformance", "salesforce", ROWS, "POST", POSITIVE, without("Location")),
    ("content_type_conformance", "planhat", "/tasks", "GET", POSITIVE, typed("text/plain")),
    ("positive_data_acceptance", "planhat", "/users", "POST", POSITIVE, status("400 Bad Request", instead_of="200")),
    ("negative_data_rejection", "planhat", "/users", "POST", NEGATIVE, status("200 OK", instead_of="400")),
    ("response_schema_conformance", "totango", TASKS, "POST", POSITIVE, renamed(b'"id":', b'"task":')),
    ("response_headers_conformance", "totango", TASKS, "POST", POSITIVE, without("RateLimit-Remaining")),
    ("negative_data_rejection", "totango", TASKS, "POST", NEGATIVE, status("200 OK", instead_of="400")),
    ("response_schema_conformance", "marketo", REMINDERS, "POST", POSITIVE, renamed(b'"priority":', b'"urgency":')),
    ("response_headers_conformance", "marketo", REMINDERS, "GET", POSITIVE, without(STAND_IN_HEADER)),
    ("positive_data_acceptance", "marketo", REMINDERS, "POST", POSITIVE, status("400 No", instead_of="201")),
]


def run_spoiled(vendor: str, spoil: Callable[[Any], Any], work: Callable[[], None]) -> set[str]:
    """The checks that fail while *spoil* stands before the fake's application."""
    fake = LANES[vendor].fake
    sound = fake.app
    fake.app = spoil(sound)
    try:
        work()
    except FailureGroup as group:
        return {check for failure in group.exceptions for check in failure.checks}
    finally:
        fake.app = sound
    return set()


def cases(vendor: str, path: str, method: str, mode: GenerationMode) -> Callable[[], None]:
    lane = LANES[vendor]

    @QUICK
    @given(case=lane.schema[path][method].as_strategy(generation_mode=mode))
    def work(case: Any) -> None:
        lane.run(case)

    return work


def machine(vendor: str) -> Callable[[], None]:
    return lambda: LANES[vendor].machine().run(settings=settings(QUICK, max_examples=400, stateful_step_count=8))


@pytest.mark.parametrize(("check", "vendor", "path", "method", "mode", "spoil"), MISTAKES)
def test_a_planted_mistake_is_found(
    check: str, vendor: str, path: str, method: str, mode: GenerationMode, spoil: Spoil
) -> None:
    """The check that is there for a mistake finds it; without the mistake the same cases find nothing."""

    def spoiled(app: Any) -> Any:
        def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            line, headers, body = spoil(environ, run_wsgi(app, environ))
            start_response(line, headers)
            return [body]

        return answer

    work = cases(vendor, path, method, mode)

    assert set() == run_spoiled(vendor, lambda app: app, work)
    assert check in run_spoiled(vendor, spoiled, work)


def test_a_forgotten_session_is_found() -> None:
    """A fake that lets anybody in is found by ignored_auth."""
    lane = LANES["salesforce"]
    header = lane.headers()["Authorization"]
    lane.guards_known.clear()

    def spoiled(app: Any) -> Any:
        return lambda environ, start: app({**environ, "HTTP_AUTHORIZATION": header}, start)

    assert {"ignored_auth"} == run_spoiled("salesforce", spoiled, cases("salesforce", ROWS, "GET", POSITIVE))


def test_a_row_that_outlives_its_deletion_is_found() -> None:
    """A deleted record that can still be read is found by the state machine."""
    kept: dict[str, Given] = {}

    def spoiled(app: Any) -> Any:
        def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if environ["REQUEST_METHOD"] == "DELETE":
                kept[path] = run_wsgi(app, {**environ, "REQUEST_METHOD": "GET"})
            found = run_wsgi(app, environ)
            if environ["REQUEST_METHOD"] == "GET" and found[0].startswith("404") and path in kept:
                found = kept[path]
            start_response(found[0], found[1])
            return [found[2]]

        return answer

    assert {"use_after_free"} == run_spoiled("planhat", spoiled, machine("planhat"))


def test_a_row_that_cannot_be_read_at_once_is_found() -> None:
    """A created record that a read does not find is found by the state machine."""

    def spoiled(app: Any) -> Any:
        def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].count("/") > 1:
                environ = {**environ, "PATH_INFO": environ["PATH_INFO"].rpartition("/")[0] + "/" + "f" * 24}
            found = run_wsgi(app, environ)
            start_response(found[0], found[1])
            return [found[2]]

        return answer

    assert {"ensure_resource_availability"} == run_spoiled("planhat", spoiled, machine("planhat"))
