"""The same calls at orgs made alike give the same bytes: answers, journals and rows; past a restore or restart, too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fake_salesforce.bodies.grow import OPERATIONS, Grower, Operation
from tests.fake_salesforce.bodies.judge import exchange, rows_of
from tests.fake_salesforce.conftest import EXTRA, HOST, Caller

from fake_core.clock import FrozenClock
from fake_core.fake import Fake
from fake_core.ids import IdSource
from fake_salesforce import OrgConfig, create_app

# What would end the session that the others need.
_ENDS = {"revoke", "revokeByGet", "setPassword", "resetPassword", "soap", "soapOfOrg"}
STEPS: list[Operation] = [one for one in OPERATIONS if one[2] not in _ENDS]
ASYNC = "/services/async/60.0/job"
RICH: dict[str, Any] = {
    **EXTRA,
    "change_data_capture": ["Account", "Contact", "Task"],
    "profiles": {"Sync": {"objects": {"Account": ["read"]}}},
    "validation_rules": [
        {
            "object": "Task",
            "name": "No_Calls",
            "when": {"field": "Subject", "is": "Call"},
            "message": "Logged elsewhere",
        }
    ],
    "updates": [
        {"object": "Contact", "name": "Shout", "set": {"Title": {"from": "LastName", "change": "upper"}}},
        {
            "object": "Contact",
            "name": "Touch",
            "on": ["create"],
            "timing": "after",
            "target": "AccountId",
            "set": {"Description": {"text": "Last: {LastName}"}},
        },
    ],
    "duplicate_rules": [{"object": "Contact", "standard": True}],
}
Told = tuple[int, tuple[tuple[str, str], ...], bytes]


def _org(path: str = "sqlite://", clock: FrozenClock | None = None) -> Fake:
    return create_app(clock=clock or FrozenClock(), ids=IdSource(7), org=OrgConfig(extra=RICH), data=path)


def _caller(fake: Fake) -> Caller:
    return Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])


def _told(answer: Any) -> Told:
    return answer.status, tuple(sorted(answer.headers.items())), answer.body


def _life(org: Caller) -> Iterator[Any]:
    """What an integration does in a day, call by call; what it learns from one answer it uses in the next."""
    yield (made := org.post("/sobjects/Account", {"Name": "Acme", "Key__c": "k"}))
    account = made.json["id"]
    jones = {"LastName": "Jones", "Email": "j@acme.example"}
    yield (made := org.post("/sobjects/Contact", jones | {"AccountId": account}))
    contact = made.json["id"]
    yield org.post("/sobjects/Contact", jones)  # a duplicate
    yield (made := org.post("/sobjects/Task", {"Subject": "Mail", "WhoId": contact, "WhatId": account}))
    yield org.post("/sobjects/Task", {"Subject": "Call"})
    series = {"Subject": "s", "IsRecurrence": True, "RecurrenceType": "RecursDaily", "RecurrenceInterval": 1}
    days = {"RecurrenceStartDateOnly": "2026-01-05", "RecurrenceEndDateOnly": "2026-01-09"}
    yield org.post("/sobjects/Task", series | days)
    yield org.patch(f"/sobjects/Account/{account}", {"Industry": "Energy"})
    yield org.get("/query", query={"q": "SELECT FIELDS(ALL) FROM Account LIMIT 200"})
    yield org.get("/query", query={"q": "SELECT Id, Owner.Name, (SELECT Id, Title FROM Contacts) FROM Account"})
    yield org.get("/search", query={"q": "FIND {Acme OR Jones} RETURNING Account(Id, Name), Contact(Id, Name)"})
    rows = [{"attributes": {"type": "Account"}, "Name": f"n{number}"} for number in range(7)]
    yield (many := org.post("/composite/sobjects", {"records": rows}))
    yield org.call("DELETE", f"/composite/sobjects?ids={','.join(one['id'] for one in many.json[:3])}")
    tree = {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "t"}
    child = {"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "u"}
    yield org.post("/composite/tree/Account", {"records": [tree | {"Contacts": {"records": [child]}}]})
    sub = {"method": "POST", "url": "/services/data/v60.0/sobjects/Account", "referenceId": "a", "body": {"Name": "g"}}
    yield org.post("/composite/graph", {"graphs": [{"graphId": "1", "compositeRequest": [sub]}]})
    yield org.post(
        "/composite", {"allOrNone": True, "compositeRequest": [sub, {**sub, "referenceId": "b", "body": {}}]}
    )
    yield (made := org.post("/jobs/ingest", {"object": "Lead", "operation": "insert"}))
    at = f"/jobs/ingest/{made.json['id']}"
    data = b"LastName,Company\na,b\nc,d\n,\n"
    yield org.call("PUT", f"{at}/batches", data=data, headers={"Content-Type": "text/csv"})
    yield org.patch(at, {"state": "UploadComplete"})
    for _ in range(3):
        yield org.get(at)
    yield org.get(f"{at}/successfulResults")
    yield org.get(f"{at}/failedResults")
    yield (made := org.post("/jobs/query", {"operation": "query", "query": "SELECT Id, Name FROM Account"}))
    for _ in range(3):
        yield org.get(f"/jobs/query/{made.json['id']}")
    yield org.get(f"/jobs/query/{made.json['id']}/results", query={"maxRecords": "2"})
    session = {"X-SFDC-Session": org.token}
    job = {"operation": "insert", "object": "Account", "contentType": "JSON"}
    yield (made := org.post(ASYNC, job, headers=session))
    at = f"{ASYNC}/{made.json['id']}"
    yield org.post(f"{at}/batch", [{"Name": "b1"}, {"Name": None}], headers=session)
    for _ in range(3):
        yield org.get(f"{at}/batch", headers=session)
    envelope = (
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Header><SessionHeader><sessionId>"
        f"{org.token}</sessionId></SessionHeader></e:Header><e:Body><create><sObjects><type>Account</type>"
        "<Name>soap</Name></sObjects></create></e:Body></e:Envelope>"
    )
    yield org.post("/services/Soap/u/60.0", data=envelope.encode(), headers={"Content-Type": "text/xml"})
    app = b"client_id=3MVG9understudy.connected.app&client_secret=UNDERSTUDYSECRET0000000001"
    media = {"Content-Type": "application/x-www-form-urlencoded"}
    yield org.post("/services/oauth2/token", data=b"grant_type=client_credentials&" + app, headers=media)
    yield org.post("/sobjects/ContentVersion", {"Title": "t", "PathOnClient": "a.txt", "VersionData": "YWJj"})
    yield org.get("/query", query={"q": "SELECT Id, ContentDocumentId, VersionNumber FROM ContentVersion"})
    yield org.delete(f"/sobjects/Account/{account}")
    yield org.get("/queryAll", query={"q": "SELECT Id, IsDeleted, SystemModstamp FROM Contact ORDER BY Id"})
    start, end = "2026-01-05T00:00:00Z", org.clock.now().isoformat().replace("+00:00", "Z")
    yield org.get("/sobjects/Account/deleted", query={"start": start, "end": end})
    yield org.get("/limits")
    yield org.get("/recent")
    yield org.get("/sobjects/Account/describe")


def _lives(caller: Caller, days: Iterable[int]) -> Iterator[Told]:
    """Days of calls, of which the clock takes its part."""
    for _ in days:
        for answer in _life(caller):
            caller.clock.advance(7)
            yield _told(answer)
        caller.clock.advance(3_600)
        caller.token = caller.fake.credentials(f"https://{HOST}")["access_token"]


def _grown(fake: Fake, known: dict[str, str], seeds: Iterable[int]) -> Iterator[Told]:
    """Requests near to good ones, of every operation."""
    for seed in seeds:
        operation = STEPS[seed % len(STEPS)]
        choices = bytes([((seed * 31 + at * (seed + 7)) * 2_654_435_761 >> 13) % 256 for at in range(120)])
        status, headers, body = exchange(fake, Grower(choices, known).request(operation))
        yield status, tuple(sorted(headers.items())), body


def _journal(fake: Fake, since: int = 0) -> list[dict[str, Any]]:
    """What happened, without the numbers: those go on past a restore."""
    return [{key: one for key, one in entry.items() if key != "n"} for entry in fake.exchanges(since)]


def _rows(fake: Fake) -> list[str]:
    """Every row of every table; SQLite lays the same rows out differently in pages that were free before."""
    image = sqlite3.connect(":memory:")
    try:
        image.deserialize(fake.store.contents())
        names = [name for (name,) in image.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return [f"{name} {row!r}" for name in names for row in image.execute(f'SELECT * FROM "{name}"')]
    finally:
        image.close()


def _events(fake: Fake) -> Any:
    assert fake.events is not None
    return fake.events(-2, None)


def test_two_orgs_made_alike_live_alike() -> None:
    """Answers with their headers, journals, change events and rows are the same bytes."""
    one, two = _org(), _org()
    try:
        assert list(_lives(_caller(one), range(2))) == list(_lives(_caller(two), range(2)))
        assert _journal(one) == _journal(two)
        assert _events(one) == _events(two)
        assert one.store.snapshot() == two.store.snapshot()
        statuses = {entry["status"] for entry in _journal(one)}
        assert {200, 201, 204, 400} <= statuses
    finally:
        one.close()
        two.close()


def test_two_orgs_made_alike_take_hostile_calls_alike() -> None:
    """The same of requests that are near to good ones."""
    one, two = rows_of(IdSource(7)), rows_of(IdSource(7))
    try:
        told = [list(_grown(each.caller.fake, each.known, range(len(STEPS)))) for each in (one, two)]
        for left, right, seed in zip(*told, range(len(STEPS)), strict=True):
            assert left == right, STEPS[seed]
        assert _journal(one.caller.fake) == _journal(two.caller.fake)
    finally:
        one.close()
        two.close()


@pytest.mark.parametrize("back", [True, False], ids=["restored", "in another org"])
def test_what_follows_a_snapshot_is_the_same_again(back: bool) -> None:
    """The rest of a life is the same bytes when the org is put back in the middle, or another one is put there."""
    fake = _org()
    other = fake if back else _org()
    try:
        caller = _caller(fake)
        list(_lives(caller, range(1)))
        taken, moment, token = fake.store.snapshot(), caller.clock.now(), caller.token
        since = fake.journal.last
        first = list(_lives(caller, range(1)))
        journal, rows = _journal(fake, since), _rows(fake)

        again = Caller(other, token)
        other.store.restore(taken)
        again.clock.set(moment)
        since = other.journal.last

        assert first == list(_lives(again, range(1)))
        assert journal == _journal(other, since)
        assert rows == _rows(other)
    finally:
        fake.close()
        other.close()


def test_an_org_in_a_file_that_is_closed_and_opened_lives_on_alike(tmp_path: Path) -> None:
    """The answers are those of an org that stayed open."""
    path, clock = f"sqlite:///{tmp_path / 'org.sqlite'}", FrozenClock()
    stays = _org()
    told: list[list[Told]] = []
    lives: Callable[[Caller], list[Told]] = lambda caller: list(_lives(caller, range(1)))  # noqa: E731 - in one line
    try:
        caller = _caller(stays)
        told.append([*lives(caller), *lives(caller)])
    finally:
        stays.close()
    leaves = _org(path, clock)
    caller = _caller(leaves)
    first = lives(caller)
    token = caller.token
    leaves.close()
    comes = _org(path, clock)
    try:
        told.append([*first, *lives(Caller(comes, token))])
    finally:
        comes.close()

    assert told[0] == told[1]
