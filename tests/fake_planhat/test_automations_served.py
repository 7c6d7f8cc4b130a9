"""Webhooks sent for real: to a receiver on this machine, by a fake in this process and by served ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_core import FrozenClock
from fake_core.server import ServedFake
from fake_planhat import ApiToken, TenantConfig, create_app
from fake_planhat.automations import NotDelivered, Reply, Webhook
from fake_planhat.automations.sending import LocalSender

from .conftest import TOKEN
from .receiver import listening

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30  # how long a test waits for what must come
IMPATIENT = LocalSender(seconds=0.2)


def plain(token: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    return session


@contextmanager
def served_in_thread() -> Iterator[tuple[str, requests.Session]]:
    """A fake answered by threads of this process."""
    fake = create_app(clock=FrozenClock(), org=TenantConfig(tokens=[ApiToken(TOKEN)]), sender=LocalSender())
    with ServedFake(fake) as served, plain(TOKEN) as session:
        yield served.url, session
    fake.close()


@contextmanager
def served_by_command(tmp_path: Path) -> Iterator[tuple[str, requests.Session]]:
    """A fake as `understudy serve` serves it: one call at a time, in a process of its own."""
    roots = os.pathsep.join(str(ROOT / name) for name in ("mocks", "contracts", "sync"))
    environment = os.environ | {"UNDERSTUDY_HOME": str(tmp_path), "PYTHONPATH": roots}
    command = [sys.executable, "-m", "crm_contracts", "serve", "--json", "--port", "0", "planhat"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())["planhat"]
            with plain(told["token"]) as session:
                yield told["url"], session
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture(params=["thread", "command"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, requests.Session]]:
    with served_in_thread() if request.param == "thread" else served_by_command(tmp_path) as made:
        yield made


def automate(url: str, session: requests.Session, hook: str, **step: Any) -> None:
    """Send a webhook to *hook* for each new company."""
    steps = [{"kind": "webhook", "url": hook, **step}]
    automation = {"name": "a", "trigger": "created", "model": "Company", "steps": steps}
    answer = session.post(f"{url}/__understudy__/seed", json={"automations": [automation]})
    assert 200 == answer.status_code, answer.text


def runs(url: str, session: requests.Session, count: int) -> list[dict[str, Any]]:
    """The log, once it has *count* runs."""
    waiting = threading.Event()
    for _ in range(PATIENCE_SECONDS * 50):
        found: list[dict[str, Any]] = session.get(f"{url}/__understudy__/events").json()["events"]
        if len(found) >= count:
            return found
        waiting.wait(0.02)
    raise AssertionError(f"{count} runs never came")


def test_the_answer_comes_first_and_a_receiver_may_call_back(served: tuple[str, requests.Session]) -> None:
    """Calls are answered while the receiver still waits; it then calls the fake, and nobody waits for another."""
    url, session = served
    answered = threading.Event()

    def call_back(webhook: Webhook) -> Reply:
        assert answered.wait(PATIENCE_SECONDS)
        with plain(str(session.headers["Authorization"]).removeprefix("Bearer ")) as own:
            path = f"{url}/companies/{json.loads(webhook.body)['id']}"
            changed = own.put(path, json={"phase": "called back"}, timeout=PATIENCE_SECONDS)
            return Reply(changed.status_code, changed.text)

    with listening(call_back) as (hook, got):
        automate(url, session, f"{hook}/in?x=1", body={"id": "<<object._id>>"})
        companies = [session.post(f"{url}/companies", json={"name": str(n)}).json()["_id"] for n in range(5)]
        answered.set()
        log = runs(url, session, 5)

    assert [(company, "done", 200) for company in companies] == [
        (one["record"], one["outcome"], one["steps"][0]["status"]) for one in log
    ]
    assert [("POST", "/in?x=1")] * 5 == [(one.method, one.url) for one in got]
    assert ["called back"] * 5 == [one["phase"] for one in session.get(f"{url}/companies").json()]


def test_a_receiver_that_never_answers() -> None:
    """The call is answered, the webhook is given up after its time, the next one is sent."""
    leave = threading.Event()

    def hang(webhook: Webhook) -> Reply:
        if webhook.body == b"0":
            leave.wait(PATIENCE_SECONDS)
        return Reply(200)

    org = TenantConfig(tokens=[ApiToken(TOKEN)])
    fake = create_app(clock=FrozenClock(), org=org, sender=IMPATIENT)
    with ServedFake(fake) as served, plain(TOKEN) as session, listening(hang) as (hook, _):
        automate(served.url, session, hook, body="<<object.name>>")
        codes = [session.post(f"{served.url}/companies", json={"name": str(n)}).status_code for n in range(2)]
        log = runs(served.url, session, 2)
        leave.set()
    fake.close()

    assert [200, 200] == codes
    assert [("failed", "no answer within 0.2 s"), ("done", None)] == [
        (one["outcome"], one["steps"][0].get("error")) for one in log
    ]


def test_only_this_machine_is_called() -> None:
    """Whatever a URL names, nothing leaves 127.0.0.1, and nothing is sent over https."""
    for url in ("http://example.com/", "http://10.0.0.1/", "https://127.0.0.1/", "http://[::1]/", "http://0.0.0.0/"):
        with pytest.raises(NotDelivered, match="only http:// to 127.0.0.1 and localhost"):
            IMPATIENT(Webhook("POST", url, {}, b""))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_what_arrives(host: str) -> None:
    """Method, path, query, headers and body arrive; a line break in a header's value does not make a second header."""
    with listening(lambda _: Reply(418, "täa")) as (hook, got):
        url = hook.replace("127.0.0.1", host) + "/a/b?c=d"
        reply = IMPATIENT(Webhook("PATCH", url, {"X-A": "one\r\nX-B: two", "X-C": "ü"}, b"\x00body"))

    (one,) = got
    assert Reply(418, "täa") == reply
    assert ("PATCH", "/a/b?c=d", b"\x00body") == (one.method, one.url, one.body)
    assert ("one  X-B: two", "ü") == (one.headers["X-A"], one.headers["X-C"].encode("latin-1").decode())
    assert "X-B" not in one.headers


def test_nobody_listens_or_speaks_something_else() -> None:
    """A closed port and an answer that is no HTTP are told in plain words."""
    with listening(lambda _: Reply(200)) as (hook, _):
        closed = hook
    with pytest.raises(NotDelivered, match="nobody listens there"):
        IMPATIENT(Webhook("POST", closed, {}, b""))

    with listening(lambda _: Reply(200)) as (hook, _), pytest.raises(NotDelivered, match="the connection broke"):
        IMPATIENT(Webhook("POST", hook, {"Bad Header:": "x"}, b""))
