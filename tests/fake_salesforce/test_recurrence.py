"""Series of tasks and events: which days, what they change, what ends them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

PAGE = ("documented", "Object Reference v62, Task and Event, recurrence field usage")
MOST = ("documented", "Salesforce Help, Considerations for Creating Recurring Tasks and Events")


def task(org: Any, kind: str, start: str, end: str, **fields: Any) -> Any:
    body = {
        "Subject": "s",
        "IsRecurrence": True,
        "RecurrenceType": kind,
        "RecurrenceStartDateOnly": start,
        "RecurrenceEndDateOnly": end,
        **fields,
    }
    return org.post("/sobjects/Task", body)


def due(org: Any, main: str) -> list[str]:
    text = f"SELECT ActivityDate FROM Task WHERE RecurrenceActivityId = '{main}' AND IsRecurrence = false"
    return [row["ActivityDate"] for row in org.soql(text + " ORDER BY ActivityDate")]


SERIES: dict[str, tuple[str, dict[str, Any], list[str], str]] = {
    "every second day": (
        "RecursDaily",
        {"RecurrenceInterval": 2},
        ["2026-01-05", "2026-01-07", "2026-01-09"],
        "2026-01-10",
    ),
    "weekdays": (
        "RecursEveryWeekday",
        {"RecurrenceDayOfWeekMask": 62},
        ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09", "2026-01-12"],
        "2026-01-12",
    ),
    "every third week on Wednesday and Friday": (
        "RecursWeekly",
        {"RecurrenceInterval": 3, "RecurrenceDayOfWeekMask": 8 + 32},
        ["2026-01-07", "2026-01-09", "2026-01-28", "2026-01-30"],
        "2026-02-03",
    ),
    "every second month on the third": (
        "RecursMonthly",
        {"RecurrenceInterval": 2, "RecurrenceDayOfMonth": 3},
        ["2026-03-03", "2026-05-03"],
        "2026-05-31",
    ),
    "every second month on the last Friday": (
        "RecursMonthlyNth",
        {"RecurrenceInterval": 2, "RecurrenceInstance": "Last", "RecurrenceDayOfWeekMask": 32},
        ["2026-01-30", "2026-03-27"],
        "2026-04-30",
    ),
    "every March on the 26th": (
        "RecursYearly",
        {"RecurrenceDayOfMonth": 26, "RecurrenceMonthOfYear": "March"},
        ["2026-03-26", "2027-03-26"],
        "2027-12-31",
    ),
    "the first Saturday in every October": (
        "RecursYearlyNth",
        {"RecurrenceDayOfWeekMask": 64, "RecurrenceInstance": "First", "RecurrenceMonthOfYear": "October"},
        ["2026-10-03", "2027-10-02"],
        "2027-12-31",
    ),
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.evidence(*PAGE)
def test_the_days_of_each_type(org: Any, name: str) -> None:
    """The patterns that the page gives as examples."""
    kind, fields, wanted, end = SERIES[name]
    made = task(org, kind, "2026-01-05", end, **fields)
    assert 201 == made.status, made.text
    assert wanted == due(org, made.json["id"])


@pytest.mark.evidence(*PAGE)
def test_main_row_and_occurrences(org: Any) -> None:
    """The main row has the pattern and its own id as series; occurrences are the task on their day."""
    account = org.make("Account", Name="a")
    main = task(org, "RecursDaily", "2026-01-05", "2026-01-06", RecurrenceInterval=1, WhatId=account, Priority="High")
    rows = org.soql(
        "SELECT Id, IsRecurrence, RecurrenceActivityId, RecurrenceType, ActivityDate, WhatId, AccountId, Priority,"
        " Status FROM Task ORDER BY Id"
    )
    (first, *others) = rows
    assert (main.json["id"], True, "RecursDaily", None) == (
        first["RecurrenceActivityId"],
        first["IsRecurrence"],
        first["RecurrenceType"],
        first["ActivityDate"],
    )
    assert 2 == len(others)
    for row in others:
        assert (main.json["id"], False, None, account, account, "High", "Not Started") == tuple(
            row[name]
            for name in (
                "RecurrenceActivityId", "IsRecurrence", "RecurrenceType", "WhatId", "AccountId", "Priority", "Status",
            )
        )  # fmt: skip
    assert (
        "INVALID_FIELD_FOR_INSERT_UPDATE"
        == org.patch(f"/sobjects/Task/{first['Id']}", {"IsRecurrence": False}).error[1]
    )


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "no interval": ("RecursDaily", {}),
    "too much": ("RecursDaily", {"RecurrenceInterval": 1, "RecurrenceDayOfWeekMask": 1}),
    "no end": ("RecursDaily", {"RecurrenceInterval": 1, "RecurrenceEndDateOnly": None}),
    "a due date": ("RecursDaily", {"RecurrenceInterval": 1, "ActivityDate": "2026-01-05"}),
    "end before start": ("RecursDaily", {"RecurrenceInterval": 1, "RecurrenceEndDateOnly": "2026-01-01"}),
    "no day": ("RecursWeekly", {"RecurrenceInterval": 1, "RecurrenceDayOfWeekMask": 0}),
    "no such day": ("RecursMonthly", {"RecurrenceInterval": 1, "RecurrenceDayOfMonth": 32}),
    "no occurrence": (
        "RecursYearly",
        {"RecurrenceDayOfMonth": 1, "RecurrenceMonthOfYear": "June", "RecurrenceEndDateOnly": "2026-02-01"},
    ),
    "no series": ("RecursDaily", {"RecurrenceInterval": 1, "IsRecurrence": False}),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.evidence("assumed", "rules documented, texts assumed")
def test_inconsistent_series(org: Any, what: str) -> None:
    """Fields that do not go together; nothing is written."""
    kind, fields = WRONG[what]
    before = org.rows
    answer = task(org, kind, "2026-01-05", "2026-01-31", **fields)
    assert (400, "FIELD_INTEGRITY_EXCEPTION") == answer.error[:2]
    assert before == org.rows


@pytest.mark.parametrize(
    ("kind", "fields", "most", "step"),
    [
        ("RecursDaily", {"RecurrenceInterval": 1}, 100, 1),
        ("RecursWeekly", {"RecurrenceInterval": 1, "RecurrenceDayOfWeekMask": 2}, 53, 7),
    ],
)
@pytest.mark.evidence(*MOST)
def test_the_most_occurrences(org: Any, kind: str, fields: dict[str, Any], most: int, step: int) -> None:
    """As many as allowed, and one more."""
    start = date(2026, 1, 5)
    good = task(org, kind, str(start), str(start + timedelta(days=(most - 1) * step)), **fields)
    assert most == len(due(org, good.json["id"]))
    bad = task(org, kind, str(start), str(start + timedelta(days=most * step)), **fields)
    assert "FIELD_INTEGRITY_EXCEPTION" == bad.error[1]


@pytest.mark.evidence(*PAGE)
def test_a_changed_series(org: Any) -> None:
    """A new end takes away or adds; a new pattern replaces what is open; closed tasks stay."""
    main = task(org, "RecursDaily", "2026-01-05", "2026-01-08", RecurrenceInterval=1).json["id"]
    path = f"/sobjects/Task/{main}"
    assert 204 == org.patch(path, {"RecurrenceEndDateOnly": "2026-01-06"}).status
    assert ["2026-01-05", "2026-01-06"] == due(org, main)
    assert 204 == org.patch(path, {"RecurrenceEndDateOnly": "2026-01-09"}).status
    assert [f"2026-01-0{day}" for day in (5, 6, 7, 8, 9)] == due(org, main)
    (done,) = org.soql(f"SELECT Id FROM Task WHERE RecurrenceActivityId = '{main}' AND ActivityDate = 2026-01-06")
    org.patch(f"/sobjects/Task/{done['Id']}", {"Status": "Completed"})
    assert 204 == org.patch(path, {"RecurrenceInterval": 2}).status
    assert [f"2026-01-0{day}" for day in (5, 6, 7, 9)] == due(org, main)
    assert 204 == org.patch(path, {"Subject": "other"}).status
    assert [f"2026-01-0{day}" for day in (5, 6, 7, 9)] == due(org, main)


@pytest.mark.evidence(*PAGE)
def test_deleting_a_series(org: Any) -> None:
    """All occurrences go, open and closed."""
    main = task(org, "RecursDaily", "2026-01-05", "2026-01-08", RecurrenceInterval=1, Status="Completed").json["id"]
    assert 204 == org.delete(f"/sobjects/Task/{main}").status
    assert [] == org.soql("SELECT Id FROM Task")
    assert 5 == org.get("/queryAll", query={"q": "SELECT Id FROM Task WHERE IsDeleted = true"}).json["totalSize"]


@pytest.mark.evidence(*PAGE)
def test_a_series_of_events_keeps_its_hour(org: Any) -> None:
    """Each occurrence is at the same hour of the series' time zone, also after the clocks change."""
    main = org.make(
        "Event",
        Subject="e",
        IsRecurrence=True,
        RecurrenceType="RecursWeekly",
        RecurrenceInterval=1,
        RecurrenceDayOfWeekMask=2,
        RecurrenceStartDateTime="2026-03-23T08:00:00Z",
        RecurrenceEndDateOnly="2026-04-06",
        RecurrenceTimeZoneSidKey="Europe/Berlin",
        DurationInMinutes=45,
    )
    rows = org.soql(
        f"SELECT StartDateTime, EndDateTime, ActivityDate FROM Event WHERE RecurrenceActivityId = '{main}'"
        " AND IsRecurrence = false ORDER BY ActivityDate"
    )
    assert [
        ("2026-03-23T08:00:00.000+0000", "2026-03-23T08:45:00.000+0000"),
        ("2026-03-30T07:00:00.000+0000", "2026-03-30T07:45:00.000+0000"),
        ("2026-04-06T07:00:00.000+0000", "2026-04-06T07:45:00.000+0000"),
    ] == [(row["StartDateTime"], row["EndDateTime"]) for row in rows]
    assert "2026-03-23T08:00:00.000+0000" == org.row("Event", main)["StartDateTime"]


def test_lightning_series_are_not_faked(org: Any) -> None:
    """Recurrence2PatternText says 501."""
    body = {
        "StartDateTime": "2026-03-23T08:00:00Z",
        "DurationInMinutes": 5,
        "Recurrence2PatternText": "RRULE:FREQ=DAILY",
    }
    assert 501 == org.post("/sobjects/Event", body).status


@pytest.mark.parametrize(
    ("kind", "due_next"),
    [("RecurrenceRegenerateAfterDueDate", "2026-01-13"), ("RecurrenceRegenerateAfterToday", "2026-01-08")],
)
@pytest.mark.evidence("documented", "Object Reference v62, Task, RecurrenceRegeneratedType; its values are recalled")
def test_a_repeating_task(org: Any, kind: str, due_next: str) -> None:
    """Closing it makes the next one, some days after it was due or closed."""
    first = org.make(
        "Task", Subject="r", ActivityDate="2026-01-10", RecurrenceRegeneratedType=kind, RecurrenceInterval=3
    )
    assert 204 == org.patch(f"/sobjects/Task/{first}", {"Status": "Completed"}).status
    (second,) = org.soql(
        "SELECT Id, Subject, ActivityDate, Status, RecurrenceRegeneratedType FROM Task WHERE IsClosed = false"
    )
    assert ("r", due_next, "Not Started", kind) == tuple(
        second[name] for name in ("Subject", "ActivityDate", "Status", "RecurrenceRegeneratedType")
    )
    assert "RecurrenceRegenerated" == org.row("Task", first)["RecurrenceRegeneratedType"]
    assert 204 == org.patch(f"/sobjects/Task/{first}", {"Subject": "x"}).status
    assert 2 == len(org.soql("SELECT Id FROM Task"))
