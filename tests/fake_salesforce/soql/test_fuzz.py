"""Texts near to SOQL, over HTTP: each gives rows or the vendor's refusal, in time, and none writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fake_salesforce.conftest import HOST, Caller
from tests.fake_salesforce.fuzzed import run_atheris
from tests.fake_salesforce.soql.near import Grower

from fake_core.clock import FrozenClock
from fake_salesforce import create_app

choices = st.lists(st.integers(0, 63), min_size=4, max_size=60)
SLOW_SECONDS = 20  # of the processor: a query without a bound takes for ever


@pytest.fixture(scope="module")
def served() -> Iterator[Caller]:
    """An org with a few related rows."""
    fake = create_app(clock=FrozenClock())
    caller = Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
    parent = caller.make("Account", Name="Acme", Industry="Energy", AnnualRevenue=5, BillingCity="Paris")
    child = caller.make("Account", Name="Ltd", ParentId=parent)
    contact = caller.make("Contact", LastName="Jones", AccountId=child)
    caller.make("Task", Subject="x", WhoId=contact, WhatId=parent)
    yield caller
    fake.close()


@given(choices=choices)
def test_texts_near_to_soql(served: Caller, choices: list[int]) -> None:
    """No 500, no hang, no other status than the documented ones; a query and its explanation agree on what is wrong."""
    text = Grower(choices).text()
    query = text.encode("utf-8", "replace").decode()
    started = time.process_time()

    answers = [
        served.get(path, query={name: query})
        for path, name in (("/query", "q"), ("/queryAll", "q"), ("/query", "explain"))
    ]

    assert {200, 400} >= {answer.status for answer in answers}, (text, [answer.text for answer in answers])
    assert time.process_time() - started < SLOW_SECONDS, text
    if "FOR" not in text:
        before = served.rows
        served.get("/query", query={"q": query})
        assert before == served.rows, text


def test_the_grower_grows_queries_that_run(served: Caller) -> None:
    """A third of the texts at least are good SOQL: what is tested is more than the parser."""
    texts = [
        Grower([(seed * 31 + at * (seed + 7) * 2_654_435_761 >> 7) % 64 for at in range(60)]).text()
        for seed in range(300)
    ]
    found = [served.get("/query", query={"q": text.encode("utf-8", "replace").decode()}).status for text in texts]

    assert 100 <= found.count(200), found.count(200)
    assert 50 <= found.count(400), found.count(400)


@pytest.mark.nightly
def test_atheris() -> None:
    """A fuzzer that follows the code's branches finds no text that breaks it, in a minute."""
    run_atheris(Path(__file__).with_name("atheris_target.py"), timeout=20)
