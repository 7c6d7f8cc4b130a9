"""The proof that the lane proves something: each planted mismatch is found by the check that is there for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import settings
from schemathesis.core.failures import FailureGroup
from tests.contracts_lane.planted import PLANTED, Liar, Planted

from crm_contracts.openapi.lane import Lane, some
from crm_contracts.openapi.lanes import make_lane
from fake_core.fake import run_wsgi

EXAMPLES = 10


@cache
def lied_to(vendor: str) -> tuple[Lane, Liar]:
    """A lane whose fake may lie."""
    lane = make_lane(vendor)
    liar = lane.schema.app = Liar(lane.schema.app)
    return lane, liar


def judged(planted: Planted, *, lying: bool) -> None:
    """Run a few cases of the operation. Raises what the lane finds."""
    lane, liar = lied_to(planted.vendor)
    assert lane.fake
    liar.planted, liar.told = planted if lying else None, 0
    lane.guards_known.clear()
    try:
        lane.run_some(planted.operation, examples=EXAMPLES, negative=planted.negative)
    finally:
        liar.planted = None


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: one.name)
def test_a_mismatch_is_found(planted: Planted) -> None:
    """The lie is told, and the check that is there for it says so."""
    with pytest.raises(FailureGroup) as found:
        judged(planted, lying=True)

    assert planted.check in {check for failure in found.value.exceptions for check in failure.checks}
    assert lied_to(planted.vendor)[1].told > 0


@pytest.mark.parametrize(
    "planted", list({(one.operation, one.negative): one for one in PLANTED}.values()), ids=lambda one: one.name
)
def test_without_it_nothing_is_found(planted: Planted) -> None:
    """The same cases, and a fake that tells the truth."""
    judged(planted, lying=False)

    assert 0 == lied_to(planted.vendor)[1].told


def test_there_are_enough() -> None:
    """Forty at least, of every vendor, each of its own."""
    assert len(PLANTED) >= 40
    assert len({one.name for one in PLANTED}) == len(PLANTED)
    assert {"salesforce", "planhat", "totango", "marketo"} == {one.vendor for one in PLANTED}


def run_spoiled(vendor: str, spoil: Callable[[Any], Any]) -> set[str]:
    """The checks of the state machine that fail while *spoil* stands before the fake's application."""
    lane, liar = lied_to(vendor)
    truth, liar.app = liar.app, spoil(liar.app)
    try:
        lane.machine().run(settings=settings(some(400), stateful_step_count=8))
    except FailureGroup as group:
        return {check for failure in group.exceptions for check in failure.checks}
    finally:
        liar.app = truth
    return set()


def test_a_row_that_outlives_its_deletion_is_found() -> None:
    """A deleted record that can still be read is found by the state machine."""
    kept: dict[str, tuple[str, list[tuple[str, str]], bytes]] = {}

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

    assert {"use_after_free"} == run_spoiled("planhat", spoiled)


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

    assert {"ensure_resource_availability"} == run_spoiled("planhat", spoiled)
