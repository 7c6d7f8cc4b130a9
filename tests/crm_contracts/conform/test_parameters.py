"""No parameter that the checks send can be ignored unnoticed: each makes a difference that one of them sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from tests.crm_contracts.conform.unfaithful import Answer, Lie, PassOn, Request, Unfaithful

from crm_contracts.conform.check import Check, checks
from crm_contracts.conform.run import conform
from crm_contracts.conform.target import Target, askable, in_process
from crm_contracts.conform.words import fill
from crm_contracts.openapi.routes import router
from crm_contracts.vendors import VENDORS
from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError

# Operation and parameter, and why nobody can notice.
UNNOTICED = {
    ("planhat", "listAssets", "zz"): "it is no parameter, and that it changes nothing is what the check says",
    ("salesforce", "authorize", "redirect_uri"): "a client that nobody knows is told of before anything else",
    ("salesforce", "authorize", "response_type"): "a client that nobody knows is told of before anything else",
    ("planhat", "listWorkflows", "limit"): "no call makes a workflow, so there may be none to cut",
}


def _operation(vendor: str, method: str, path: str) -> str:
    found = router(vendor).find(method, path)
    return found.operation.operation_id if found else ""


def _parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _without(vendor: str, operation: str, name: str) -> Lie:
    """The parameter *name* of *operation* is not heeded."""

    def lie(request: Request, pass_on: PassOn) -> Answer:
        if operation == _operation(vendor, request.method, request.path):
            kept = [one for one in _parameters(request.query) if one[0] != name]
            request = replace(request, query=urlencode(kept))
        return pass_on(request)

    return lie


def _sent(target: Target) -> dict[tuple[str, str], list[Check]]:
    """By operation and parameter the checks whose steps send it."""
    words = target.access.names(target.credentials)
    found: dict[tuple[str, str], list[Check]] = defaultdict(list)
    for check in checks(target.vendor):
        for step in check.steps:
            if "call" in step:
                method, _, url = fill(step["call"], lambda name, _more: words.get(name, "x")).partition(" ")
                parts = urlsplit(url)
                operation = _operation(target.vendor, method, parts.path)
                for name in [*(one for one, _ in _parameters(parts.query)), *step.get("query", ())]:
                    if check not in found[operation, name]:
                        found[operation, name].append(check)
    return found


@pytest.fixture
def lying(request: pytest.FixtureRequest) -> Iterator[tuple[Unfaithful, Target]]:
    """A fake of a vendor that can be made to lie, and the target that it is."""
    fake = askable(request.param)
    front = Unfaithful(fake)
    with in_process(request.param, fake, front=front) as target:
        yield front, target


def _fails(check: Check, target: Target) -> bool:
    try:
        run = conform([check], {target.vendor: target}, word="lie", clock=FrozenClock())
    except MisuseError:  # not even the account that checks write to could be made
        return True
    return run.results[0].state == "failed"


@pytest.mark.parametrize("lying", VENDORS, indirect=True)
def test_no_parameter_can_be_ignored(lying: tuple[Unfaithful, Target]) -> None:
    """Of the checks that send a parameter of an operation one fails where it is not heeded."""
    front, target = lying
    assert target.control is not None
    before = target.control.snapshot(), target.control.now()
    unnoticed = []
    for (operation, name), senders in _sent(target).items():
        front.lie = _without(target.vendor, operation, name)
        if not any(_fails(check, target) for check in sorted(senders, key=lambda check: check.calls)):
            unnoticed.append((target.vendor, operation, name))
        front.lie = None
        target.control.restore(before[0])
        target.control.set_clock(before[1])
        target.known.clear()

    assert [one for one in UNNOTICED if one[0] == target.vendor] == sorted(unnoticed)
