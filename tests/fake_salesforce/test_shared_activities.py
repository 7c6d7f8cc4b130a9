"""Relations of tasks and events as rows, with Shared Activities and without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app

from .conftest import HOST, Caller

TASKS = ("documented", "Object Reference v62, Task and TaskRelation")
EVENTS = ("documented", "Object Reference v62, Event and EventRelation")


@pytest.fixture(scope="module")
def _shared() -> Iterator[Caller]:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra={"features": ["shared_activities"]}))
    yield Caller(fake)
    fake.close()


@pytest.fixture
def shared(_shared: Caller) -> Caller:
    _shared.fake.reset()
    _shared.token = _shared.fake.credentials(f"https://{HOST}")["access_token"]
    return _shared


def counts(org: Any, sobject: str, record_id: str) -> tuple[Any, ...]:
    row = org.row(sobject, record_id)
    return tuple(row[name] for name in ("WhoId", "WhatId", "WhoCount", "WhatCount"))


def related(org: Any, task: str) -> set[tuple[str, bool]]:
    rows = org.soql(f"SELECT RelationId, IsWhat FROM TaskRelation WHERE TaskId = '{task}'")
    return {(row["RelationId"], row["IsWhat"]) for row in rows}


@pytest.mark.evidence(*TASKS)
def test_rows_follow_the_task(shared: Caller) -> None:
    """WhoId and WhatId have a row each; another WhoId takes the place of the first."""
    account = shared.make("Account", Name="a")
    first, second = (shared.make("Contact", LastName=name, AccountId=account) for name in "bc")
    task = shared.make("Task", WhoId=first, WhatId=account)
    assert {(first, False), (account, True)} == related(shared, task)
    assert (first, account, 1, 1) == counts(shared, "Task", task)
    assert account == shared.soql(f"SELECT AccountId FROM TaskRelation WHERE RelationId = '{first}'")[0]["AccountId"]
    shared.patch(f"/sobjects/Task/{task}", {"WhoId": second})
    assert {(second, False), (account, True)} == related(shared, task)
    (row,) = shared.soql("SELECT Id, (SELECT RelationId, Type FROM TaskWhoRelations) FROM Task")
    assert [(second, "Contact")] == [(each["RelationId"], each["Type"]) for each in row["TaskWhoRelations"]["records"]]


@pytest.mark.evidence(*TASKS)
def test_the_task_follows_its_rows(shared: Caller) -> None:
    """The first relation is WhoId; when it goes the next one is."""
    first, second = (shared.make("Contact", LastName=name) for name in "bc")
    task = shared.make("Task", Subject="t")
    relation = shared.make("TaskRelation", TaskId=task, RelationId=first)
    shared.make("TaskRelation", TaskId=task, RelationId=second)
    assert (first, None, 2, 0) == counts(shared, "Task", task)
    assert 204 == shared.delete(f"/sobjects/TaskRelation/{relation}").status
    assert (second, None, 1, 0) == counts(shared, "Task", task)
    shared.make("TaskRelation", TaskId=task, RelationId=first)
    assert 204 == shared.patch(f"/sobjects/Task/{task}", {"WhoId": None}).status
    assert (first, None, 1, 0) == counts(shared, "Task", task)


@pytest.mark.evidence("assumed", "limits documented, texts assumed")
def test_refused_relations(shared: Caller) -> None:
    """Twice the same, a lead beside others, a second thing; a relation cannot be changed."""
    account, other = (shared.make("Account", Name=name) for name in "ab")
    contact, lead = shared.make("Contact", LastName="c"), shared.make("Lead", LastName="l", Company="c")
    task = shared.make("Task", WhoId=contact, WhatId=account)
    for relation, code in (
        (contact, "DUPLICATE_VALUE"),
        (lead, "FIELD_INTEGRITY_EXCEPTION"),
        (other, "FIELD_INTEGRITY_EXCEPTION"),
    ):
        answer = shared.post("/sobjects/TaskRelation", {"TaskId": task, "RelationId": relation})
        assert (400, code) == answer.error[:2], relation
    row = shared.soql("SELECT Id FROM TaskRelation LIMIT 1")[0]
    assert 400 == shared.patch(f"/sobjects/TaskRelation/{row['Id']}", {"RelationId": lead}).status


@pytest.mark.evidence(*EVENTS)
def test_events_with_shared_activities(shared: Caller) -> None:
    """A row for each relation, marked as parent; invitees beside them."""
    account, contact = shared.make("Account", Name="a"), shared.make("Contact", LastName="c")
    event = shared.make(
        "Event", StartDateTime="2026-02-01T10:00:00Z", DurationInMinutes=5, WhoId=contact, WhatId=account
    )
    user = shared.soql("SELECT Id FROM User ORDER BY Id")[1]["Id"]
    shared.make("EventRelation", EventId=event, RelationId=user)
    rows = shared.soql("SELECT RelationId, IsWhat, IsParent, IsInvitee FROM EventRelation ORDER BY Id")
    assert [(contact, False, True, False), (account, True, True, False), (user, False, False, True)] == [
        tuple(row[name] for name in ("RelationId", "IsWhat", "IsParent", "IsInvitee")) for row in rows
    ]
    assert (contact, account, 1, 1) == counts(shared, "Event", event)
    assert shared.row("Event", event)["IsGroupEvent"]


@pytest.mark.evidence(*EVENTS)
def test_invitees(org: Any) -> None:
    """Without Shared Activities an event has invitees and their answers."""
    event = org.make("Event", StartDateTime="2026-02-01T10:00:00Z", DurationInMinutes=5)
    contact = org.make("Contact", LastName="c")
    invited = org.make("EventRelation", EventId=event, RelationId=contact)
    row = org.row("EventRelation", invited)
    assert ("New", None) == (row["Status"], row["RespondedDate"])
    assert (True, "1") == tuple(org.row("Event", event)[name] for name in ("IsGroupEvent", "GroupEventType"))
    (found,) = org.soql("SELECT Id, (SELECT RelationId FROM UndecidedEventRelations) FROM Event")
    assert [contact] == [each["RelationId"] for each in found["UndecidedEventRelations"]["records"]]
    org.patch(f"/sobjects/EventRelation/{invited}", {"Status": "Accepted", "Response": "fine"})
    assert org.row("EventRelation", invited)["RespondedDate"] is not None
    assert [contact] == [each["RelationId"] for each in org.soql("SELECT RelationId FROM AcceptedEventRelation")]
    assert [] == org.soql("SELECT RelationId FROM UndecidedEventRelation")
    again = org.post("/sobjects/EventRelation", {"EventId": event, "RelationId": contact})
    assert "DUPLICATE_VALUE" == again.error[1]
    org.delete(f"/sobjects/EventRelation/{invited}")
    assert not org.row("Event", event)["IsGroupEvent"]
    assert "INVALID_FIELD" == org.post("/sobjects/Event", {"WhoCount": 1}).error[1]
