"""Row locks that somebody else holds: which writes meet them, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from fake_core.faults import Fault

LOCK_SECONDS = 30


def hold(org: Any, record_id: str) -> None:
    """Somebody else locks the row from now on."""
    org.fake.faults.add(Fault(kind="lock_held", row=record_id, seconds=LOCK_SECONDS))
    org.get("/limits")


def locked(*ids: str) -> tuple[int, str, str]:
    text = f"unable to obtain exclusive access to this record or {len(ids)} records: {','.join(ids)}"
    return 400, "UNABLE_TO_LOCK_ROW", text


@pytest.fixture
def account(org: Any) -> str:
    found: str = org.make("Account", Name="a")
    return found


@pytest.mark.rule("F64", "A26")
@pytest.mark.evidence("documented", "Record Locking Cheat Sheet: tasks lock account, who and what")
def test_an_open_dated_task_locks_its_account(org: Any, account: str) -> None:
    """The write is refused for as long as the lock is held, and not after."""
    task = {"WhatId": account, "ActivityDate": "2026-02-01"}
    hold(org, account)
    before = org.rows
    answer = org.post("/sobjects/Task", task)

    assert locked(account) == answer.error
    assert ["message", "errorCode", "fields"] == list(answer.json[0])
    assert before == org.rows
    org.clock.advance(LOCK_SECONDS)
    assert 201 == org.post("/sobjects/Task", task).status


@pytest.mark.evidence("documented", "Record Locking Cheat Sheet: only open tasks with a date, on insert")
@pytest.mark.parametrize("fields", [{}, {"ActivityDate": "2026-02-01", "Status": "Completed"}])
def test_a_task_without_date_or_closed_locks_nothing_when_created(org: Any, account: str, fields: Any) -> None:
    """Inserting it goes through; changing it later does not."""
    hold(org, account)
    task = org.make("Task", WhatId=account, **fields)

    assert locked(account) == org.patch(f"/sobjects/Task/{task}", {"Subject": "x"}).error
    assert locked(account) == org.delete(f"/sobjects/Task/{task}").error


def test_a_task_of_a_contact_locks_the_contacts_account(org: Any, account: str) -> None:
    """AccountId of the task is worked out before locks are taken; both held rows are named."""
    contact = org.make("Contact", LastName="c", AccountId=account)
    hold(org, account)
    hold(org, contact)

    assert (
        locked(contact, account) == org.post("/sobjects/Task", {"WhoId": contact, "ActivityDate": "2026-02-01"}).error
    )


@pytest.mark.parametrize(
    ("sobject", "fields"),
    [
        ("Contact", {"LastName": "c"}),
        ("Opportunity", {"Name": "o", "StageName": "Prospecting", "CloseDate": "2026-02-01"}),
        ("Case", {"Subject": "s"}),
    ],
)
def test_children_lock_their_account(org: Any, account: str, sobject: str, fields: dict[str, Any]) -> None:
    """Create, update and delete; a row without the account is not concerned."""
    child = org.make(sobject, **fields, AccountId=account)
    hold(org, account)

    assert locked(account) == org.post(f"/sobjects/{sobject}", {**fields, "AccountId": account}).error
    assert locked(account) == org.patch(f"/sobjects/{sobject}/{child}", fields).error
    assert locked(account) == org.delete(f"/sobjects/{sobject}/{child}").error
    assert 201 == org.post(f"/sobjects/{sobject}", fields).status


def test_the_row_itself(org: Any, account: str) -> None:
    """A held row can be read, and not written."""
    hold(org, account)

    assert locked(account) == org.patch(f"/sobjects/Account/{account}", {"Phone": "1"}).error
    assert 200 == org.get(f"/sobjects/Account/{account}").status


def test_moving_away_from_a_held_parent(org: Any, account: str) -> None:
    """The parent that a child leaves is locked, too; a lookup that stays is not looked at."""
    other = org.make("Account", Name="b", ParentId=account)
    hold(org, account)

    assert 204 == org.patch(f"/sobjects/Account/{other}", {"Phone": "1"}).status
    assert locked(account) == org.patch(f"/sobjects/Account/{other}", {"ParentId": None}).error


def test_in_a_collection_each_row_for_itself(org: Any, account: str) -> None:
    """Only the rows that need the lock are refused."""
    hold(org, account)
    task = {"attributes": {"type": "Task"}, "ActivityDate": "2026-02-01"}
    first, second = org.post("/composite/sobjects", {"records": [{**task, "WhatId": account}, task]}).json

    text = locked(account)[2]
    assert [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": text, "fields": []}] == first["errors"]
    assert second["success"]


def test_a_lock_struck_by_a_write(org: Any, account: str) -> None:
    """Without a row the fault takes what the struck write would lock, and the next write meets it."""
    org.fake.faults.add(Fault(kind="lock_held", verb="create", object="Task", seconds=LOCK_SECONDS))
    task = {"WhatId": account, "ActivityDate": "2026-02-01"}

    assert locked(account) == org.post("/sobjects/Task", task).error
    assert locked(account) == org.patch(f"/sobjects/Account/{account}", {"Phone": "1"}).error
    org.clock.advance(LOCK_SECONDS)
    assert 201 == org.post("/sobjects/Task", task).status


def test_reset_and_restore(org: Any, account: str) -> None:
    """Locks are part of the org: a snapshot keeps them, a reset ends them."""
    hold(org, account)
    kept = org.fake.store.snapshot()
    org.clock.advance(LOCK_SECONDS)
    assert 204 == org.patch(f"/sobjects/Account/{account}", {"Phone": "1"}).status
    org.clock.set(org.clock.now().replace(minute=0, second=0))
    org.fake.store.restore(kept)

    assert locked(account) == org.patch(f"/sobjects/Account/{account}", {"Phone": "1"}).error
    org.fake.reset()
    assert 201 == org.post("/sobjects/Account", {"Name": "b"}).status


def test_the_plain_fault_is_as_it_was(org: Any, account: str) -> None:
    """row_locked strikes one call, whatever it writes."""
    org.fake.faults.add(Fault(kind="row_locked", verb="update"))

    assert "UNABLE_TO_LOCK_ROW" == org.patch(f"/sobjects/Account/{account}", {"Phone": "1"}).error[1]
    assert 204 == org.patch(f"/sobjects/Account/{account}", {"Phone": "1"}).status
