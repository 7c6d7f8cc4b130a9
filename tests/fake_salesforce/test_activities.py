"""What activities do to the rows they are related to, and what becomes of old ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

DATES = ("documented", "Salesforce Help, Last Activity Date; Object Reference v62, LastActivityDate")
ARCHIVED = (
    "documented",
    "Salesforce Help, Archived Activities: more than 365 days; that it happens once a day is assumed",
)
TODAY = "2026-01-05"  # of the frozen clock


def day_of(org: Any, sobject: str, record_id: str) -> str | None:
    found: str | None = org.row(sobject, record_id)["LastActivityDate"]
    return found


def event(org: Any, day: str, **fields: Any) -> str:
    made: str = org.make("Event", Subject="e", StartDateTime=f"{day}T10:00:00Z", DurationInMinutes=30, **fields)
    return made


def later(org: Any, **by: float) -> None:
    """Move the clock, and log in again: a session lasts two hours."""
    org.clock.set(org.clock.now() + timedelta(**by))
    org.token = org.fake.credentials("https://understudy.example")["access_token"]


@pytest.mark.evidence(*DATES)
def test_closed_tasks_count_and_open_ones_do_not(org: Any) -> None:
    """The due date of the latest closed task, also one yet to come; closing is what makes it count."""
    account = org.make("Account", Name="a")
    contact = org.make("Contact", LastName="c", AccountId=account)
    task = org.make("Task", WhoId=contact, ActivityDate="2026-02-01")
    stamp = org.row("Account", account)["SystemModstamp"]
    assert (None, None) == (day_of(org, "Account", account), day_of(org, "Contact", contact))
    later(org, minutes=1)
    org.patch(f"/sobjects/Task/{task}", {"Status": "Completed"})
    assert ["2026-02-01"] * 2 == [day_of(org, "Account", account), day_of(org, "Contact", contact)]
    assert stamp == org.row("Account", account)["SystemModstamp"]
    org.make("Task", WhatId=account, ActivityDate="2025-12-01", Status="Completed")
    assert "2026-02-01" == day_of(org, "Account", account)


@pytest.mark.evidence(*DATES)
@pytest.mark.parametrize("how", ["reopen", "delete", "move", "earlier"])
def test_the_date_goes_back(org: Any, how: str) -> None:
    """When the latest activity counts no more, the one before does."""
    account, other = (org.make("Account", Name=name) for name in "ab")
    org.make("Task", WhatId=account, ActivityDate="2025-10-01", Status="Completed")
    task = org.make("Task", WhatId=account, ActivityDate="2025-12-01", Status="Completed")
    change = {"reopen": {"Status": "Not Started"}, "move": {"WhatId": other}, "earlier": {"ActivityDate": "2025-09-01"}}
    answer = (
        org.delete(f"/sobjects/Task/{task}") if how == "delete" else org.patch(f"/sobjects/Task/{task}", change[how])
    )
    assert 204 == answer.status
    assert "2025-10-01" == day_of(org, "Account", account)
    assert ("2025-12-01" if how == "move" else None) == day_of(org, "Account", other)


@pytest.mark.evidence("assumed", "an event counts from its day on")
def test_events_count_when_their_day_has_come(org: Any) -> None:
    """A past event at once, one to come on its day."""
    lead = org.make("Lead", LastName="l", Company="c")
    event(org, "2026-01-03", WhoId=lead)
    event(org, "2026-01-08", WhoId=lead)
    assert "2026-01-03" == day_of(org, "Lead", lead)
    later(org, days=2)
    assert "2026-01-03" == day_of(org, "Lead", lead)
    later(org, days=1)
    assert "2026-01-08" == day_of(org, "Lead", lead)


@pytest.mark.evidence(*DATES)
def test_opportunities_have_one_too(org: Any) -> None:
    """The opportunity and its account."""
    account = org.make("Account", Name="a")
    deal = org.make("Opportunity", Name="o", StageName="Prospecting", CloseDate=TODAY, AccountId=account)
    org.make("Task", WhatId=deal, ActivityDate="2026-01-01", Status="Completed")
    assert ["2026-01-01"] * 2 == [day_of(org, "Opportunity", deal), day_of(org, "Account", account)]


def ids(org: Any, sobject: str, resource: str = "query") -> set[str]:
    answer = org.get(f"/{resource}", query={"q": f"SELECT Id FROM {sobject}"})
    return {row["Id"] for row in answer.json["records"]}


@pytest.mark.evidence(*ARCHIVED)
def test_old_activities_are_archived(org: Any) -> None:
    """Hidden from query and shown by queryAll; open tasks stay however old."""
    closed = org.make("Task", ActivityDate="2026-01-01", Status="Completed")
    undated = org.make("Task", Status="Completed")
    still_open = org.make("Task", ActivityDate="2026-01-01")
    young = org.make("Task", ActivityDate="2026-12-01", Status="Completed")
    past, coming = event(org, "2026-01-02"), event(org, "2027-02-01")
    later(org, days=365)
    assert {undated, still_open, young} == ids(org, "Task")
    assert {coming} == ids(org, "Event")
    later(org, days=1)
    assert {still_open, young} == ids(org, "Task")
    assert {closed, undated, still_open, young} == ids(org, "Task", "queryAll")
    assert {past, coming} == ids(org, "Event", "queryAll")
    assert org.row("Task", closed)["IsArchived"]
    answer = org.get("/queryAll", query={"q": f"SELECT IsArchived FROM Task WHERE Id = '{closed}'"})
    assert [True] == [row["IsArchived"] for row in answer.json["records"]]


@pytest.mark.evidence(*ARCHIVED)
def test_a_backfilled_activity_is_archived_the_day_after(org: Any) -> None:
    """An old activity that is created now is there until the next day."""
    old = org.make("Task", ActivityDate="2020-01-01", Status="Completed")
    assert {old} == ids(org, "Task")
    later(org, days=1)
    assert set() == ids(org, "Task")


def test_the_days_work_is_part_of_the_org(org: Any) -> None:
    """After a reset the clock may be set back: nothing is left of days that were not."""
    org.make("Task", ActivityDate="2026-01-01", Status="Completed")
    later(org, days=400)
    assert set() == ids(org, "Task")
    org.fake.reset()
    org.clock.set(org.clock.now() - timedelta(days=399))
    org.token = org.fake.credentials("https://x")["access_token"]
    made = org.make("Task", ActivityDate="2024-01-01", Status="Completed")
    assert {made} == ids(org, "Task")
    later(org, days=1)
    assert set() == ids(org, "Task")


VIEWS = ("documented", "Object Reference v62, OpenActivity and ActivityHistory")


@pytest.mark.evidence(*VIEWS)
def test_open_activities_and_history(org: Any) -> None:
    """Tasks and events of a row in one list: open and to come, or closed and past."""
    account = org.make("Account", Name="a")
    contact = org.make("Contact", LastName="c", AccountId=account)
    org.make("Task", Subject="to do", WhoId=contact, ActivityDate="2026-03-01")
    org.make("Task", Subject="done", WhatId=account, Status="Completed")
    event(org, "2026-02-01", WhatId=account)
    event(org, "2025-12-01", WhoId=contact)
    (row,) = org.soql(
        "SELECT Id, (SELECT Subject, IsTask, ActivityDate FROM OpenActivities ORDER BY ActivityDate ASC NULLS LAST,"
        " LastModifiedDate DESC LIMIT 500), (SELECT Subject, IsClosed FROM ActivityHistories) FROM Account"
    )
    assert [("e", False), ("to do", True)] == [
        (each["Subject"], each["IsTask"]) for each in row["OpenActivities"]["records"]
    ]
    assert {("done", True), ("e", True)} == {
        (each["Subject"], each["IsClosed"]) for each in row["ActivityHistories"]["records"]
    }
    (person,) = org.soql("SELECT Id, (SELECT Subject FROM OpenActivities) FROM Contact")
    assert ["to do"] == [each["Subject"] for each in person["OpenActivities"]["records"]]
    assert 400 == org.get("/query", query={"q": "SELECT Id FROM OpenActivity"}).status
    assert 404 == org.get(f"/sobjects/OpenActivity/{account}").status


@pytest.mark.evidence(*VIEWS)
def test_views_are_read_only(org: Any) -> None:
    """What is shown by another object's rows cannot be written."""
    for name in ("OpenActivity", "AcceptedEventRelation"):
        answer = org.post(f"/sobjects/{name}", {})
        assert "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" == answer.error[1], answer.text
