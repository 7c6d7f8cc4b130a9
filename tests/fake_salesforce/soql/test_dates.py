"""Date literals: the range of each, on the org's clock and in the user's zone."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fake_salesforce.soql import dates

# For Wednesday 20 May 2026: literal -> first and last day, worked out with a calendar.
RANGES = {
    "YESTERDAY": ("2026-05-19", "2026-05-19"), "TODAY": ("2026-05-20", "2026-05-20"), "TOMORROW": ("2026-05-21", "2026-05-21"),
    "LAST_WEEK": ("2026-05-10", "2026-05-16"), "THIS_WEEK": ("2026-05-17", "2026-05-23"), "NEXT_WEEK": ("2026-05-24", "2026-05-30"),
    "LAST_MONTH": ("2026-04-01", "2026-04-30"), "THIS_MONTH": ("2026-05-01", "2026-05-31"), "NEXT_MONTH": ("2026-06-01", "2026-06-30"),
    "LAST_90_DAYS": ("2026-02-19", "2026-05-20"), "NEXT_90_DAYS": ("2026-05-21", "2026-08-18"),
    "LAST_N_DAYS:1": ("2026-05-19", "2026-05-20"), "LAST_N_DAYS:30": ("2026-04-20", "2026-05-20"),
    "NEXT_N_DAYS:1": ("2026-05-21", "2026-05-21"), "NEXT_N_DAYS:3": ("2026-05-21", "2026-05-23"),
    "N_DAYS_AGO:2": ("2026-05-18", "2026-05-18"),
    "LAST_N_WEEKS:2": ("2026-05-03", "2026-05-16"), "NEXT_N_WEEKS:2": ("2026-05-24", "2026-06-06"), "N_WEEKS_AGO:2": ("2026-05-03", "2026-05-09"),
    "LAST_N_MONTHS:2": ("2026-03-01", "2026-04-30"), "NEXT_N_MONTHS:2": ("2026-06-01", "2026-07-31"), "N_MONTHS_AGO:6": ("2025-11-01", "2025-11-30"),
    "LAST_QUARTER": ("2026-01-01", "2026-03-31"), "THIS_QUARTER": ("2026-04-01", "2026-06-30"), "NEXT_QUARTER": ("2026-07-01", "2026-09-30"),
    "LAST_N_QUARTERS:2": ("2025-10-01", "2026-03-31"), "NEXT_N_QUARTERS:3": ("2026-07-01", "2027-03-31"), "N_QUARTERS_AGO:5": ("2025-01-01", "2025-03-31"),
    "LAST_YEAR": ("2025-01-01", "2025-12-31"), "THIS_YEAR": ("2026-01-01", "2026-12-31"), "NEXT_YEAR": ("2027-01-01", "2027-12-31"),
    "LAST_N_YEARS:2": ("2024-01-01", "2025-12-31"), "NEXT_N_YEARS:2": ("2027-01-01", "2028-12-31"), "N_YEARS_AGO:3": ("2023-01-01", "2023-12-31"),
}  # fmt: skip
# The same day in an org whose fiscal year begins in April.
FISCAL = {
    "LAST_FISCAL_QUARTER": ("2026-01-01", "2026-03-31"), "THIS_FISCAL_QUARTER": ("2026-04-01", "2026-06-30"),
    "NEXT_FISCAL_QUARTER": ("2026-07-01", "2026-09-30"), "LAST_N_FISCAL_QUARTERS:2": ("2025-10-01", "2026-03-31"),
    "NEXT_N_FISCAL_QUARTERS:1": ("2026-07-01", "2026-09-30"), "N_FISCAL_QUARTERS_AGO:1": ("2026-01-01", "2026-03-31"),
    "LAST_FISCAL_YEAR": ("2025-04-01", "2026-03-31"), "THIS_FISCAL_YEAR": ("2026-04-01", "2027-03-31"),
    "NEXT_FISCAL_YEAR": ("2027-04-01", "2028-03-31"), "LAST_N_FISCAL_YEARS:2": ("2024-04-01", "2026-03-31"),
    "NEXT_N_FISCAL_YEARS:1": ("2027-04-01", "2028-03-31"), "N_FISCAL_YEARS_AGO:1": ("2025-04-01", "2026-03-31"),
}  # fmt: skip
WEDNESDAY = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


def days_between(first: Any, last: Any) -> Any:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return start, end.fromordinal(end.toordinal() + 1)


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Date Formats and Date Literals")
@pytest.mark.parametrize("literal", [*RANGES, *FISCAL])
def test_range(literal: Any) -> None:
    """Each literal covers the documented days; the N forms leave the current unit out, LAST_N_DAYS does not."""
    name, _, count = literal.partition(":")

    found = dates.day_range(name, int(count or 0), now=WEDNESDAY, zone=ZoneInfo("UTC"), fiscal_start_month=4)

    assert days_between(*(RANGES | FISCAL)[literal]) == found


def test_every_literal_has_a_test() -> None:
    """No literal of the language is left untested."""
    tested = {literal.partition(":")[0] for literal in [*RANGES, *FISCAL]}

    assert set(dates.SPANS) | set(dates.COUNTED_SPANS) == tested


@pytest.mark.parametrize("day", ["2026-03-31", "2026-04-01"])
def test_fiscal_year_border(day: Any) -> None:
    """The fiscal year turns with its first month, not with January."""
    now = datetime.fromisoformat(f"{day}T12:00:00+00:00")

    start, _ = dates.day_range("THIS_FISCAL_YEAR", 0, now=now, zone=ZoneInfo("UTC"), fiscal_start_month=4)

    assert date(2025 if day < "2026-04" else 2026, 4, 1) == start


def test_week_begins_on_sunday() -> None:
    """On a Sunday, THIS_WEEK begins today."""
    sunday = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)

    start, end = dates.day_range("THIS_WEEK", 0, now=sunday, zone=ZoneInfo("UTC"), fiscal_start_month=1)

    assert (date(2026, 5, 17), date(2026, 5, 24)) == (start, end)


@pytest.mark.evidence("documented", "SOQL and SOSL Reference: the running user's time zone")
def test_today_in_the_users_zone(desk: Any) -> None:
    """At 05:30 UTC it is still yesterday in Los Angeles, and a day there begins at 08:00 UTC."""
    for moment in ("2026-01-04T07:59:59", "2026-01-04T08:00:00", "2026-01-05T07:59:59", "2026-01-05T08:00:00"):
        desk.put("Task", Subject=moment, Status="x", CreatedDate=f"{moment}.000+0000", ActivityDate=moment[:10])
    now = datetime(2026, 1, 5, 5, 30, tzinfo=UTC)

    found = desk.column("SELECT Subject FROM Task WHERE CreatedDate = TODAY", clock_now=now)
    assert ["2026-01-04T08:00:00", "2026-01-05T07:59:59"] == found
    assert 2 == desk.query("SELECT Id FROM Task WHERE ActivityDate = TODAY", clock_now=now).total_size
    assert ["2026-01-05T07:59:59", "2026-01-05T08:00:00"] == desk.column(
        "SELECT Subject FROM Task WHERE CreatedDate = TODAY", clock_now=now, timezone="Asia/Tokyo"
    )[-2:]


def test_days_of_23_and_25_hours() -> None:
    """Where the clocks change, a day of the zone is shorter or longer."""
    zone = ZoneInfo("Europe/Berlin")
    summer = dates.moment_range("TODAY", 0, now=datetime(2026, 3, 29, 12, tzinfo=UTC), zone=zone, fiscal_start_month=1)
    winter = dates.moment_range("TODAY", 0, now=datetime(2026, 10, 25, 12, tzinfo=UTC), zone=zone, fiscal_start_month=1)

    assert ("2026-03-28T23:00:00.000+0000", "2026-03-29T22:00:00.000+0000") == summer
    assert ("2026-10-24T22:00:00.000+0000", "2026-10-25T23:00:00.000+0000") == winter


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Date Formats and Date Literals")
@pytest.mark.parametrize(("operator", "expected"), [
    ("=", [3, 4]), ("!=", [1, 2, 5]), ("<", [2]), ("<=", [2, 3, 4]), (">", [5]), (">=", [3, 4, 5]),
])  # fmt: skip
def test_operators_with_a_range(desk: Any, operator: Any, expected: Any) -> None:
    """= is inside, < before the start, > after the end; null is only in !=."""
    for day in (None, "2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01"):
        desk.put("Task", Subject="x", Status="x", ActivityDate=day)
    ids = desk.column("SELECT Id FROM Task ORDER BY Id")

    assert [ids[n - 1] for n in expected] == desk.column(
        f"SELECT Id FROM Task WHERE ActivityDate {operator} THIS_MONTH ORDER BY Id"
    )


def test_range_in_a_list(desk: Any) -> None:
    """Date literals may stand in IN, beside dates and null."""
    for day in (None, "2026-01-04", "2026-01-05", "2026-03-01"):
        desk.put("Task", Subject=str(day), Status="x", ActivityDate=day)

    assert ["2026-01-05", "2026-03-01"] == desk.column(
        "SELECT Subject FROM Task WHERE ActivityDate IN (today, 2026-03-01) ORDER BY Id"
    )
    assert ["2026-01-05"] == desk.column("SELECT Subject FROM Task WHERE ActivityDate IN (TODAY)")
    assert ["2026-01-04"] == desk.column(
        "SELECT Subject FROM Task WHERE ActivityDate NOT IN (TODAY, 2026-03-01, null) ORDER BY Id"
    )


@pytest.mark.parametrize(
    "literal",
    ["LAST_N_DAYS:99999999999", "NEXT_N_YEARS:999999999", "N_WEEKS_AGO:9999999", "LAST_N_MONTHS: 0", "last_n_days:3"],
)
def test_far_away(desk: Any, literal: Any) -> None:
    """A range beyond the calendar stops at its edge."""
    desk.put("Task", Subject="x", Status="x", ActivityDate="2026-01-05")

    assert desk.query(f"SELECT Id FROM Task WHERE ActivityDate = {literal} OR CreatedDate = {literal}").total_size in (
        0,
        1,
    )


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Date Formats")
@pytest.mark.parametrize("literal", [
    "2026-01-05T09:00:00Z", "2026-01-05T10:00:00+01:00", "2026-01-05T01:00:00-08:00", "2026-01-05T09:00:00.000+0000", "2026-01-05t09:00:00.0z",
])  # fmt: skip
def test_datetime_literals(desk: Any, literal: Any) -> None:
    """A moment is the same in every zone and with any fraction that says nothing."""
    desk.put("Task", Subject="x", Status="x")

    assert 1 == desk.query(f"SELECT Id FROM Task WHERE CreatedDate = {literal}").total_size


@pytest.mark.evidence("assumed", "second precision of stamps against millisecond literals")
def test_half_a_second(desk: Any) -> None:
    """A stamp has whole seconds: `> 09:00:00.500` misses a row stamped 09:00:00, `<` finds it."""
    desk.put("Task", Subject="x", Status="x")

    assert 0 == desk.query("SELECT Id FROM Task WHERE CreatedDate > 2026-01-05T09:00:00.500Z").total_size
    assert 1 == desk.query("SELECT Id FROM Task WHERE CreatedDate < 2026-01-05T09:00:00.500Z").total_size
