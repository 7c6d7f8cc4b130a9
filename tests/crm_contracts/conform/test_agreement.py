"""Both fake targets agree, check by check and answer by answer; every check holds; nothing is left behind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.crm_contracts.conform.leftovers import LEFT

from crm_contracts.conform.check import checks
from crm_contracts.conform.run import Run, conform
from crm_contracts.conform.target import Target, askable, in_process, served, session_of
from crm_contracts.vendors import VENDORS
from fake_core.clock import FrozenClock
from fake_core.server import ServedFake

WORD = "agree"


@contextmanager
def _served(vendor: str) -> Iterator[Target]:
    fake = askable(vendor)
    with ServedFake(fake) as server, session_of() as session:
        yield served(vendor, server.url, session=session, credentials=fake.credentials(server.url))
    fake.close()


@pytest.fixture(scope="module", params=VENDORS)
def both(request: pytest.FixtureRequest) -> Iterator[tuple[str, dict[str, tuple[Run, Target]]]]:
    """All checks of a vendor, played on each fake target."""
    vendor: str = request.param
    played = {}
    with in_process(vendor) as here, _served(vendor) as there:
        for name, target in (("in-process", here), ("served", there)):
            played[name] = (conform(checks(vendor), {vendor: target}, word=WORD, clock=FrozenClock()), target)
        yield vendor, played


def test_every_check_holds_on_both(both: tuple[str, dict[str, tuple[Run, Target]]]) -> None:
    """Every check of the vendor runs, passes and leaves nothing behind, in this process and served."""
    vendor, played = both
    for run, _ in played.values():
        told = {one.name: (one.state, one.why, [finding.seen for finding in one.findings]) for one in run.results}

        assert {one.name: ("passed", "", []) for one in checks(vendor)} == told


def test_answers_agree(both: tuple[str, dict[str, tuple[Run, Target]]]) -> None:
    """Each call of each check has the same answer on both: status, body, the headers that say something."""
    vendor, played = both
    here, there = (_told(run, target) for run, target in played.values())

    assert [one.name for one in checks(vendor)] == list(here)
    for name, calls in here.items():
        assert calls == there[name], name


def _told(run: Run, target: Target) -> dict[str, list[object]]:
    return {
        name: [
            (
                one.method,
                _plain(one.url, target),
                one.answer.status,
                _plain(one.answer.text, target),
                sorted((key.lower(), _plain(value, target)) for key, value in one.answer.headers.items() if _says(key)),
            )
            for one in play.interactions
        ]
        for name, play in run.plays.items()
    }


def _says(header: str) -> bool:
    return header.lower() not in {
        "date",
        "server",
        "connection",
        "transfer-encoding",
        "content-length",
        "keep-alive",
        "set-cookie",
    }


def _plain(text: str, target: Target) -> str:
    """Without the target's own address, and what is worked out of it."""
    text = re.sub(
        r"https://(analytics|sdr)\.[a-z]+\.com", "HOST", text
    )  # in-process at its own host, served at the one
    host = target.url.partition("://")[2]
    for part in (target.url, json.dumps(target.url)[1:-1], host):
        text = text.replace(part, "HOST")
    return re.sub(r'("(?:signature|id_token)":")[^"]+', r"\1…", text)


@pytest.mark.parametrize("name", ["in-process", "served"])
def test_nothing_is_left(both: tuple[str, dict[str, tuple[Run, Target]]], name: str) -> None:
    """After all checks a fake that was empty is empty."""
    vendor, played = both

    assert [] == list(LEFT[vendor](played[name][1]))
