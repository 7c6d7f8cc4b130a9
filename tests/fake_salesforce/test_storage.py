"""Data storage, `/limits`, long requests: limits that something real uses up."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.fake_salesforce.conftest import HOST, Answer, Caller

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.faults import Fault
from fake_salesforce import OrgConfig, create_app

Make = Callable[..., Caller]
FULL = (400, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")
ROWS_OF_A_MB = 512  # of 2 KB


@pytest.fixture
def make() -> Iterator[Make]:
    """A caller of an org with this configuration."""
    made: list[Caller] = []

    def of(clock: FrozenClock | None = None, **config: Any) -> Caller:
        caller = Caller(create_app(clock=clock or FrozenClock(), org=OrgConfig(**config)))
        caller.token = caller.fake.credentials(f"https://{HOST}")["access_token"]
        made.append(caller)
        return caller

    yield of
    for one in made:
        one.fake.close()


def fill(org: Caller, number: int) -> list[str]:
    """That many tasks."""
    ids: list[str] = []
    while number:
        chunk = min(number, 200)
        records = [{"attributes": {"type": "Task"}}] * chunk
        answers = org.post("/composite/sobjects", {"records": records}).json
        assert all(one["success"] for one in answers), answers[0]
        ids += [one["id"] for one in answers]
        number -= chunk
    return ids


def storage(org: Caller) -> dict[str, int]:
    found: dict[str, int] = org.get("/limits").json["DataStorageMB"]
    return found


# --- data storage -----------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "Salesforce Help, record size overview: most rows take 2 KB")
def test_a_full_org_takes_no_more_rows(make: Make) -> None:
    """The row that does not fit is refused; changes and deletions go on; room that is made can be used."""
    org = make(data_storage_mb=1)
    ids = fill(org, ROWS_OF_A_MB)
    before = org.rows
    answer = org.post("/sobjects/Task", {})

    assert FULL == answer.error
    assert [] == answer.json[0]["fields"]
    assert before == org.rows
    assert 204 == org.patch(f"/sobjects/Task/{ids[0]}", {"Subject": "x"}).status
    assert 204 == org.delete(f"/sobjects/Task/{ids[0]}").status
    assert 201 == org.post("/sobjects/Task", {}).status
    assert FULL == org.post("/sobjects/Task", {}).error


def test_in_a_collection(make: Make) -> None:
    """The rows that fit are saved, the others refused at their places."""
    org = make(data_storage_mb=1)
    fill(org, ROWS_OF_A_MB - 1)
    first, second = org.post("/composite/sobjects", {"records": [{"attributes": {"type": "Task"}}] * 2}).json

    assert first["success"]
    assert [{"statusCode": "STORAGE_LIMIT_EXCEEDED", "message": "storage limit exceeded", "fields": []}] == second[
        "errors"
    ]


def test_refused_saves_use_nothing_up(make: Make) -> None:
    """A save that comes to nothing gives its room back."""
    org = make(data_storage_mb=1)
    fill(org, ROWS_OF_A_MB - 1)
    body = {"allOrNone": True, "records": [{"attributes": {"type": "Task"}}, {"attributes": {"type": "Account"}}]}
    for _ in range(3):
        org.post("/composite/sobjects", body)

    assert 201 == org.post("/sobjects/Task", {}).status
    assert FULL == org.post("/sobjects/Task", {}).error


def test_campaigns_are_larger_and_users_free(make: Make) -> None:
    """8 KB for a campaign; a user takes nothing."""
    org = make(data_storage_mb=1)
    fill(org, ROWS_OF_A_MB - 3)

    assert FULL == org.post("/sobjects/Campaign", {"Name": "c"}).error
    assert 201 == org.post("/sobjects/Task", {}).status


def test_reset_and_restore_count_anew(make: Make) -> None:
    """After a reset there is room, in a restored full org there is none."""
    org = make(data_storage_mb=1)
    fill(org, ROWS_OF_A_MB)
    full = org.fake.store.snapshot()
    org.fake.reset()
    assert 201 == org.post("/sobjects/Task", {}).status
    org.fake.store.restore(full)

    assert FULL == org.post("/sobjects/Task", {}).error


@pytest.mark.evidence("documented", "Salesforce Help: files take their own size of file storage")
def test_files_take_file_storage(make: Make) -> None:
    """A file that does not fit is refused; `/limits` shows what is left; rows of data are not concerned."""
    org = make(file_storage_mb=1)
    body = base64.b64encode(b"x" * 600_000).decode()
    file = {"Title": "f", "PathOnClient": "f.txt", "VersionData": body}
    org.make("ContentVersion", **file)

    assert {"Max": 1, "Remaining": 0} == org.get("/limits").json["FileStorageMB"]
    assert FULL == org.post("/sobjects/ContentVersion", file).error
    assert 201 == org.post("/sobjects/Task", {}).status


@pytest.mark.parametrize(("edition", "data_mb", "files_mb"), [("Developer", 5, 20), ("Enterprise", 10_240, 10_240)])
@pytest.mark.evidence("documented", "Salesforce Help, Data and File Storage Allocations; recorded for Developer")
def test_what_an_edition_gives(make: Make, edition: str, data_mb: int, files_mb: int) -> None:
    """Max is the edition's; Remaining what is left of it, in whole megabytes."""
    org = make(edition=edition)
    assert {"Max": data_mb, "Remaining": data_mb} == storage(org)
    assert {"Max": files_mb, "Remaining": files_mb} == org.get("/limits").json["FileStorageMB"]
    org.make("Account", Name="a")
    assert {"Max": data_mb, "Remaining": data_mb - 1} == storage(org)


def test_permission_sets_count(make: Make) -> None:
    """One more permission set, one less to make."""
    org = make()
    before = org.get("/limits").json["PermissionSets"]["Remaining"]
    org.make("PermissionSet", Name="P", Label="P")

    assert before - 1 == org.get("/limits").json["PermissionSets"]["Remaining"]


# --- long requests ----------------------------------------------------------------------------------


class Gate(FrozenClock):
    """A clock on which sleepers wait until somebody moves it past their time."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self.sleepers = 0

    def sleep(self, seconds: float) -> None:
        due = self.now().timestamp() + seconds
        with self._changed:
            self.sleepers += 1
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self.now().timestamp() >= due, timeout=30)
            self.sleepers -= 1

    def until_sleeping(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.sleepers >= number, timeout=30)

    def move(self, seconds: float) -> None:
        with self._changed:
            self.advance(seconds)
            self._changed.notify_all()


CONCURRENT = (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")


@pytest.mark.evidence("documented", "Limits quick reference: 5 requests of 20 seconds and more in Developer Edition")
def test_only_so_many_long_requests(make: Make) -> None:
    """Once five requests have run for twenty seconds no other is let in, until one of them ends."""
    clock = Gate()
    org = make(clock, edition="Developer")
    org.fake.faults.add(Fault(kind="delay", verb="describe", times=5, seconds=60))
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(org.get("/sobjects/Task/describe")), daemon=True)
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    clock.until_sleeping(5)

    assert 200 == org.get("/limits").status  # they are not long yet
    clock.move(20)
    refused = org.post("/sobjects/Account", {"Name": "a"})
    assert CONCURRENT == refused.error
    assert ["message", "errorCode"] == list(refused.json[0])
    clock.move(40)
    for thread in threads:
        thread.join(30)
    assert [200] * 5 == [one.status for one in answers]
    assert 201 == org.post("/sobjects/Account", {"Name": "a"}).status


def test_a_long_request_beside_as_many_as_allowed(make: Make) -> None:
    """A request that would be held up is not let in either, and does not wait to hear so."""
    clock = Gate()
    org = make(clock, edition="Developer")
    org.fake.faults.add(Fault(kind="delay", verb="describe", times=6, seconds=60))
    threads = [threading.Thread(target=lambda: org.get("/sobjects/Task/describe"), daemon=True) for _ in range(5)]
    for thread in threads:
        thread.start()
    clock.until_sleeping(5)
    clock.move(20)
    try:
        assert CONCURRENT == org.get("/sobjects/Task/describe").error
    finally:
        clock.move(60)
        for thread in threads:
            thread.join(30)


@pytest.mark.evidence("documented", "Limits quick reference: REST and SOAP calls are stopped after 10 minutes")
def test_a_request_that_runs_too_long(make: Make) -> None:
    """It is stopped after ten minutes and has done nothing."""
    org = make()
    org.fake.faults.add(Fault(kind="delay", verb="create", seconds=3_600))
    before = org.rows
    answer = org.post("/sobjects/Account", {"Name": "a"})

    text = "Your request was running for too long, and has been stopped."
    assert (503, "REQUEST_RUNNING_TOO_LONG", text) == answer.error
    assert before == org.rows
    assert 600 == (org.clock.now() - DEFAULT_MOMENT).total_seconds()


def test_a_short_delay_only_takes_time(make: Make) -> None:
    """As before: the answer comes later."""
    org = make()
    org.fake.faults.add(Fault(kind="delay", verb="create", seconds=30))

    assert 201 == org.post("/sobjects/Account", {"Name": "a"}).status
    assert 30 == (org.clock.now() - DEFAULT_MOMENT).total_seconds()
