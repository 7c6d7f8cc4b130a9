"""Fields that follow from other fields."""

from __future__ import annotations

from typing import Any

import pytest

NOW = "2026-01-05T09:00:00.000+0000"
LATER = "2026-01-05T10:00:00.000+0000"


@pytest.mark.evidence("documented", "Object Reference v67, Task: CompletedDateTime, IsClosed")
def test_task_completion(org: Any) -> None:
    """CompletedDateTime is set by a closed status, kept while it stays the same, cleared by an open one."""
    task = org.make("Task", Status="Completed")
    first = org.row("Task", task)
    org.clock.advance(3600)
    org.patch(f"/sobjects/Task/{task}", {"Status": "Completed"})
    same = org.row("Task", task)
    org.patch(f"/sobjects/Task/{task}", {"Status": "In Progress"})
    opened = org.row("Task", task)
    org.patch(f"/sobjects/Task/{task}", {"Status": "completed"})
    again = org.row("Task", task)

    assert (True, NOW) == (first["IsClosed"], first["CompletedDateTime"])
    assert (True, NOW) == (same["IsClosed"], same["CompletedDateTime"])
    assert (False, None) == (opened["IsClosed"], opened["CompletedDateTime"])
    assert (True, LATER) == (again["IsClosed"], again["CompletedDateTime"])


def test_unknown_task_status_is_open(org: Any) -> None:
    """A status that is not in the list counts as open."""
    assert org.row("Task", org.make("Task", Status="Nearly Done"))["IsClosed"] is False


@pytest.mark.parametrize(("priority", "high"), [("High", True), ("Normal", False), ("Low", False), ("Odd", False)])
def test_task_priority(org: Any, priority: str, high: bool) -> None:
    """IsHighPriority follows the priority."""
    assert high is org.row("Task", org.make("Task", Priority=priority))["IsHighPriority"]


@pytest.mark.evidence("documented", "Object Reference v67, Task: AccountId")
def test_task_account(org: Any) -> None:
    """The account is the related account, else the related row's, else the contact's; recomputed on save."""
    account, other = org.make("Account", Name="A"), org.make("Account", Name="B")
    contact = org.make("Contact", LastName="x", AccountId=other)
    deal = org.make("Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-02-01", AccountId=account)
    lead = org.make("Lead", LastName="x", Company="y")

    def of(**links: str) -> Any:
        return org.row("Task", org.make("Task", **links))["AccountId"]

    assert account == of(WhatId=account)
    assert account == of(WhatId=account, WhoId=contact)
    assert account == of(WhatId=deal)
    assert other == of(WhoId=contact)
    assert of(WhoId=lead) is None
    task = org.make("Task", WhatId=deal)
    org.patch(f"/sobjects/Task/{task}", {"WhatId": None, "WhoId": contact})
    assert other == org.row("Task", task)["AccountId"]


def test_a_lead_excludes_a_related_row(org: Any) -> None:
    """A task is about a lead or related to something, not both; on update, too."""
    account, lead = org.make("Account", Name="A"), org.make("Lead", LastName="x", Company="y")
    task = org.make("Task", WhoId=lead)
    before = org.rows

    answers = [
        org.post("/sobjects/Task", {"WhoId": lead, "WhatId": account}),
        org.patch(f"/sobjects/Task/{task}", {"WhatId": account}),
        org.post("/sobjects/Event", {"WhoId": lead, "WhatId": account, "StartDateTime": NOW, "DurationInMinutes": 5}),
    ]
    assert ["FIELD_INTEGRITY_EXCEPTION"] * 3 == [answer.error[1] for answer in answers]
    assert before == org.rows


@pytest.mark.evidence("documented", "Object Reference v67, Task: TaskSubtype")
def test_task_subtype_is_fixed_at_creation(org: Any) -> None:
    """TaskSubtype is Task unless the create says otherwise, and no update changes it."""
    task, call = org.make("Task"), org.make("Task", TaskSubtype="Call")

    assert ("Task", "Call") == (org.row("Task", task)["TaskSubtype"], org.row("Task", call)["TaskSubtype"])
    answer = org.patch(f"/sobjects/Task/{task}", {"TaskSubtype": "Call"})
    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE") == answer.error[:2]
    assert "Task" == org.row("Task", task)["TaskSubtype"]


TIMES = ("ActivityDateTime", "StartDateTime", "EndDateTime", "DurationInMinutes", "ActivityDate", "EndDate")


@pytest.mark.parametrize(
    "given",
    [
        {"StartDateTime": "2026-03-01T10:00:00Z", "DurationInMinutes": "31"},
        {"ActivityDateTime": "2026-03-01T10:00:00Z", "DurationInMinutes": 31},
        {"StartDateTime": "2026-03-01T10:00:00Z", "EndDateTime": "2026-03-01T10:31:00Z"},
        {"StartDateTime": "2026-03-01T10:00:00Z", "ActivityDateTime": "2026-03-01T11:00:00+01:00",
         "EndDateTime": "2026-03-01T10:31:00Z", "DurationInMinutes": 31},
    ],
)  # fmt: skip
def test_event_times_are_filled_in(org: Any, given: Any) -> None:
    """Start, end and duration are kept in step whichever of them is given."""
    row = org.row("Event", org.make("Event", **given))

    begins, ends = "2026-03-01T10:00:00.000+0000", "2026-03-01T10:31:00.000+0000"
    assert (begins, begins, ends, 31, "2026-03-01", "2026-03-01") == tuple(row[name] for name in TIMES)


def test_event_moves_as_a_whole(org: Any) -> None:
    """Moving the start keeps the length."""
    event = org.make("Event", StartDateTime="2026-03-01T10:00:00Z", DurationInMinutes=30)
    org.patch(f"/sobjects/Event/{event}", {"StartDateTime": "2026-03-02T12:00:00Z"})

    assert "2026-03-02T12:30:00.000+0000" == org.row("Event", event)["EndDateTime"]


def test_all_day_event(org: Any) -> None:
    """An all-day event needs a date only and lasts 1440 minutes."""
    row = org.row("Event", org.make("Event", IsAllDayEvent=True, ActivityDate="2026-03-01"))

    assert ("2026-03-01T00:00:00.000+0000", 1440) == (row["StartDateTime"], row["DurationInMinutes"])


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [DurationInMinutes, ActivityDateTime]"),
        ({"StartDateTime": NOW}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [DurationInMinutes]"),
        ({"StartDateTime": NOW, "DurationInMinutes": 1441}, "FIELD_INTEGRITY_EXCEPTION",
         "Duration must be between 0 and 1440 minutes: Duration"),
        ({"StartDateTime": NOW, "DurationInMinutes": -1}, "FIELD_INTEGRITY_EXCEPTION",
         "Duration must be between 0 and 1440 minutes: Duration"),
        ({"StartDateTime": NOW, "DurationInMinutes": 30, "EndDateTime": LATER}, "FIELD_INTEGRITY_EXCEPTION", None),
        ({"StartDateTime": NOW, "ActivityDateTime": LATER, "DurationInMinutes": 5}, "FIELD_INTEGRITY_EXCEPTION", None),
    ],
)  # fmt: skip
def test_event_times_that_disagree(org: Any, given: Any, code: str, message: str | None) -> None:
    """What cannot be filled in or does not agree is refused."""
    before = org.rows
    status, found, text = org.post("/sobjects/Event", given).error

    assert (400, code) == (status, found)
    assert message in {None, text}
    assert before == org.rows


@pytest.mark.evidence("documented", "Object Reference v62, Opportunity: StageName")
def test_opportunity_stage(org: Any) -> None:
    """The stage gives probability, forecast category and the two flags; a given probability wins."""
    deal = org.make("Opportunity", Name="D", StageName="Qualification", CloseDate="2026-05-10", Amount=250)
    row = org.row("Opportunity", deal)
    assert (10.0, "Pipeline", False, False, 25.0) == (
        row["Probability"], row["ForecastCategory"], row["IsClosed"], row["IsWon"], row["ExpectedRevenue"],
    )  # fmt: skip
    assert (2026, 2, "2026 2") == (row["FiscalYear"], row["FiscalQuarter"], row["Fiscal"])

    org.patch(f"/sobjects/Opportunity/{deal}", {"StageName": "Closed Won"})
    won = org.row("Opportunity", deal)
    assert (100.0, "Closed", True, True, 250.0) == (
        won["Probability"], won["ForecastCategory"], won["IsClosed"], won["IsWon"], won["ExpectedRevenue"],
    )  # fmt: skip
    org.patch(f"/sobjects/Opportunity/{deal}", {"StageName": "Prospecting", "Probability": 42})
    assert 42.0 == org.row("Opportunity", deal)["Probability"]


def test_person_names(org: Any) -> None:
    """Name is first and last name, kept up to date, never written."""
    contact = org.make("Contact", FirstName="Ada", LastName="Lovelace", Salutation="Ms.")
    org.patch(f"/sobjects/Contact/{contact}", {"FirstName": None})

    assert "Lovelace" == org.row("Contact", contact)["Name"]
    assert "Ada Admin" == org.soql("SELECT Name FROM User WHERE LastName = 'Admin'")[0]["Name"]


def test_case_number_and_closing(org: Any) -> None:
    """Cases are numbered in eight digits; closing stamps, reopening clears."""
    first, second = org.make("Case", Subject="x"), org.make("Case", Status="Closed")
    one, two = org.row("Case", first), org.row("Case", second)

    assert 8 == len(one["CaseNumber"])
    assert int(one["CaseNumber"]) + 1 == int(two["CaseNumber"])
    assert (False, None, True, NOW) == (one["IsClosed"], one["ClosedDate"], two["IsClosed"], two["ClosedDate"])
    org.patch(f"/sobjects/Case/{second}", {"Status": "New"})
    assert org.row("Case", second)["ClosedDate"] is None


def test_case_mirrors_its_contact(org: Any) -> None:
    """A case shows its contact's email and follows a change of it; the account comes from the contact."""
    account = org.make("Account", Name="A")
    contact = org.make("Contact", LastName="x", Email="a@b.example", AccountId=account)
    case = org.make("Case", ContactId=contact)
    assert ("a@b.example", account) == (org.row("Case", case)["ContactEmail"], org.row("Case", case)["AccountId"])

    org.patch(f"/sobjects/Contact/{contact}", {"Email": "c@d.example"})
    assert "c@d.example" == org.row("Case", case)["ContactEmail"]
