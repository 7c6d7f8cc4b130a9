"""Many threads at one org: none is answered with an error of ours, no row is lost, and nobody waits for ever."""

from __future__ import annotations

import gc
import io
import json
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest
from tests.fake_salesforce.conftest import EXTRA, HOST, Answer, Caller

from fake_core.clock import FrozenClock
from fake_core.control import CONTROL_PREFIX
from fake_core.errors import ConnectionDropped
from fake_core.fake import Fake
from fake_core.ids import IdSource
from fake_core.store import Store
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.state.sessions import Sessions

THREADS = 8
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PATIENCE_SECONDS = 240
ASYNC = "/services/async/60.0/job"
T = TypeVar("T")
SWITCH_SECONDS = 1e-5  # threads take turns five hundred times as often as usual


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads that interrupt each other all the time."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    yield
    sys.setswitchinterval(usual)


class Chance:
    """Choices that differ from thread to thread and are the same in each run."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def number(self, below: int) -> int:
        self._state = (self._state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return (self._state >> 33) % below

    def choice(self, among: Sequence[T]) -> T:
        return among[self.number(len(among))]


class Client:
    """One thread's calls. `made` are the names of the accounts that it was told are there."""

    def __init__(self, caller: Caller, number: int) -> None:
        self.org = Caller(caller.fake, caller.token)
        self.number = number
        self.chance = Chance(number)
        self.made: list[str] = []
        self.odd: list[str] = []

    def run(self, work: Sequence[Callable[[Client], None]], rounds: int) -> None:
        for _ in range(rounds):
            try:
                self.chance.choice(work)(self)
            except (ConnectionDropped, json.JSONDecodeError):  # a fault: the answer lost, or cut in half
                continue
            except Exception:  # noqa: BLE001 - told by the test, in the main thread
                self.odd.append(traceback.format_exc())

    def expect(self, answer: Answer, *more: int) -> Answer:
        if answer.status >= 500 and answer.status not in {501, 503, *more}:
            self.odd.append(f"{answer.status} {answer.text[:300]}")
        if answer.status == 401:  # a clock that moved on, or a reset, ended the session
            self.org.token = self.org.fake.credentials(f"https://{HOST}")["access_token"]
        return answer

    def name(self) -> str:
        return f"{self.number}-{len(self.made)}-{self.chance.number(2**30)}"


def create(client: Client) -> None:
    name = client.name()
    if client.expect(client.org.post("/sobjects/Account", {"Name": name})).status == 201:
        client.made.append(name)


def create_many(client: Client) -> None:
    names = [f"{client.name()}-{at}" for at in range(5)]
    rows = [{"attributes": {"type": "Account"}, "Name": name} for name in names]
    answer = client.expect(client.org.post("/composite/sobjects", {"records": rows}))
    if answer.status == 200:
        client.made += [name for name, one in zip(names, answer.json, strict=True) if one["success"]]


def page(client: Client) -> None:
    headers = {"Sforce-Query-Options": "batchSize=200"}
    text = "SELECT Id, Name, Owner.Name, (SELECT Id FROM Contacts) FROM Account ORDER BY Name"
    answer = client.expect(client.org.get("/query", query={"q": text}, headers=headers))
    while answer.status == 200 and "nextRecordsUrl" in answer.json:
        answer = client.expect(client.org.get(answer.json["nextRecordsUrl"]))


def bulk_two(client: Client) -> None:
    name = client.name()
    org = client.org
    answer = client.expect(org.post("/jobs/ingest", {"object": "Account", "operation": "insert"}))
    if answer.status != 200:
        return
    at = f"/jobs/ingest/{answer.json['id']}"
    put = org.call("PUT", f"{at}/batches", data=f"Name\n{name}\n".encode(), headers={"Content-Type": "text/csv"})
    client.expect(put)
    client.expect(org.patch(at, {"state": "UploadComplete"}))
    for _ in range(5):
        answer = client.expect(org.get(at))
    if answer.status == 200 and answer.json["numberRecordsProcessed"] == 1 and not answer.json["numberRecordsFailed"]:
        client.made.append(name)
    client.expect(org.get(f"{at}/successfulResults"))


def bulk_one(client: Client) -> None:
    session = {"X-SFDC-Session": client.org.token}
    job = {"operation": "insert", "object": "Lead", "contentType": "JSON"}
    answer = client.expect(client.org.post(ASYNC, job, headers=session))
    if answer.status != 201:
        return
    at = f"{ASYNC}/{answer.json['id']}"
    client.expect(client.org.post(f"{at}/batch", [{"LastName": "x", "Company": "y"}], headers=session))
    client.expect(client.org.get(f"{at}/batch", headers=session))
    client.expect(client.org.post(at, {"state": "Closed"}, headers=session))


def search(client: Client) -> None:
    client.expect(client.org.get("/search", query={"q": "FIND {1*} IN NAME FIELDS RETURNING Account(Id, Name)"}))


def soap_login(client: Client) -> None:
    body = (
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><login>"
        "<username>admin@understudy.example</username><password>understudy-1UnderstudyToken0000000001</password>"
        "</login></e:Body></e:Envelope>"
    )
    answer = client.org.post("/services/Soap/u/60.0", data=body.encode(), headers={"Content-Type": "text/xml"})
    client.expect(answer, 500 if "LOGIN_RATE" in answer.text else 501)


def oauth_login(client: Client) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "3MVG9understudy.connected.app",
        "client_secret": "UNDERSTUDYSECRET0000000001",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    client.expect(client.org.post("/services/oauth2/token", data=urlencode(form).encode(), headers=headers))


def change_and_delete(client: Client) -> None:
    answer = client.expect(client.org.post("/sobjects/Contact", {"LastName": client.name()}))
    if answer.status == 201:
        at = f"/sobjects/Contact/{answer.json['id']}"
        client.expect(client.org.patch(at, {"Title": "x"}))
        client.expect(client.org.delete(at))


def describe(client: Client) -> None:
    client.expect(client.org.get("/sobjects/Account/describe"))
    client.expect(client.org.get("/limits"))


def control(fake: Fake, method: str, name: str, body: Any = None) -> tuple[int, Any]:
    """Status and JSON of a call of the control plane."""
    raw = json.dumps(body or {}).encode()
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": f"{CONTROL_PREFIX}{name}",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(raw),
        "CONTENT_LENGTH": str(len(raw)),
    }
    seen: list[str] = []
    answer = b"".join(fake(environ, lambda status, _headers, _exc=None: seen.append(status)))  # type: ignore[arg-type]
    return int(seen[0][:3]), json.loads(answer)


def ask(client: Client, method: str, name: str, body: Any = None) -> Any:
    status, answer = control(client.org.fake, method, name, body)
    if status >= 400:
        client.odd.append(f"{name}: {status} {answer}")
    return answer


def snapshot_and_restore(client: Client) -> None:
    taken = ask(client, "POST", "snapshot")["id"]
    describe(client)
    ask(client, "POST", "restore", {"id": taken})


def reset(client: Client) -> None:
    ask(client, "POST", "reset")


def read_journal(client: Client) -> None:
    ask(client, "GET", "journal")
    ask(client, "GET", "events")
    ask(client, "GET", "limits")
    ask(client, "GET", "credentials")


def script_faults(client: Client) -> None:
    kinds = ("row_locked", "lost_response", "unavailable", "truncated", "lock_held", "item_refused")
    kind = client.chance.choice(kinds)
    ask(client, "POST", "faults", {"kind": kind, "seconds": 1, "times": 1, "verb": "create"})
    ask(client, "GET", "faults")
    if not client.chance.number(5):
        ask(client, "DELETE", "faults")


def move_clock(client: Client) -> None:
    ask(client, "POST", "clock", {"advance_seconds": client.chance.choice([1, 60, 60, 3_600, 86_400 * 20])})


PEACEFUL = [
    create, create, create_many, page, bulk_two, bulk_one, search, soap_login, oauth_login, change_and_delete, describe,
]  # fmt: skip
VIOLENT = [*PEACEFUL, snapshot_and_restore, reset, read_journal, script_faults, move_clock]


def _stress(caller: Caller, work: Sequence[Callable[[Client], None]], rounds: int) -> list[Client]:
    """What the threads saw; fails when one of them is still at it after a long time, or was answered with our bug."""
    clients = [Client(caller, number) for number in range(THREADS)]
    threads = [threading.Thread(target=one.run, args=(work, rounds), daemon=True) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    stuck = [thread.ident for thread in threads if thread.is_alive()]
    frames = sys._current_frames()
    assert not stuck, ["".join(traceback.format_stack(frames[one])[-6:]) for one in stuck if one in frames]
    odd = [text for one in clients for text in one.odd]
    if odd:
        pytest.fail(f"{len(odd)} odd answers, the first: {odd[0]}")
    return clients


@contextmanager
def _an_org(data: str) -> Iterator[Caller]:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA), data=data)
    try:
        yield Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
    finally:
        fake.close()


def _at(tmp_path: Path, kind: str) -> str:
    return "sqlite://" if kind == "memory" else f"sqlite:///{tmp_path / 'org.sqlite'}"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["memory", "file"])
def test_no_row_is_lost(tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """What threads were told is there is there, once; the indexes agree."""
    with _an_org(_at(tmp_path, kind)) as org:
        clients = _stress(org, PEACEFUL, 12)

        names = [row["Name"] for row in org.soql("SELECT Name FROM Account")]
        assert sorted(name for one in clients for name in one.made) == sorted(names)
        counted = org.get("/query", query={"q": "SELECT COUNT() FROM Account"}).json["totalSize"]
        assert counted == len(names)
    assert "unforeseen" not in caplog.text


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["memory", "file"])
def test_the_control_plane_strikes_in_between(tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Resets, snapshots, restores, faults and a moving clock: answers in the vendor's words, and an org that works."""
    with _an_org(_at(tmp_path, kind)) as org:
        _stress(org, VIOLENT, 12)

        control(org.fake, "POST", "reset")
        org.token = org.fake.credentials(f"https://{HOST}")["access_token"]
        assert 201 == org.post("/sobjects/Account", {"Name": "x"}).status
    assert "unforeseen" not in caplog.text, caplog.text[-3_000:]


def test_a_session_ends_while_somebody_logs_in() -> None:
    """A session is ended just while a log-in looks for those that are over."""
    sessions = Sessions(org_id="00DUd0000000001MAA", ids=IdSource(1))
    first, second = (sessions.open(user_id="005", client_id="c", now=NOON) for _ in "ab")

    class Meanwhile(float):
        def __le__(self, other: float) -> bool:
            sessions.end(first.token)
            return super().__le__(other)

    evening = NOON + timedelta(hours=9)
    first.ends, second.ends = Meanwhile(first.ends), evening.timestamp() + 1
    new = sessions.open(user_id="005", client_id="c", now=evening)

    assert [row[0] for row in sessions.dump()["open"]] == [second.token, new.token]


@pytest.mark.nightly
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["memory", "file"])
@pytest.mark.parametrize("work", [PEACEFUL, VIOLENT], ids=["peaceful", "violent"])
def test_for_a_long_time(
    tmp_path: Path, kind: str, work: Sequence[Callable[[Client], None]], caplog: pytest.LogCaptureFixture
) -> None:
    """The same, five times as long."""
    with _an_org(_at(tmp_path, kind)) as org:
        _stress(org, work, 60)
    assert "unforeseen" not in caplog.text, caplog.text[-3_000:]


def test_apps_leave_nothing_behind() -> None:
    """Of orgs that were made, used and closed none is held; but the last, whose call the thread remembers."""
    stores = [_made_and_closed() for _ in range(4)]
    gc.collect()

    assert 1 >= sum(one() is not None for one in stores)


def _made_and_closed() -> weakref.ref[Store]:
    with _an_org("sqlite://") as org:
        client = Client(org, 0)
        for work in (create, page, bulk_two, search, soap_login, describe):
            work(client)
        assert not client.odd
        return weakref.ref(org.fake.store)
