"""GROUP BY, HAVING and aggregate functions."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def deals(desk: Any) -> Any:
    """Five opportunities over two stages and two years."""
    for name, stage, amount, day in [
        ("a", "Prospecting", 10.0, "2025-03-01"),
        ("b", "Prospecting", 20.0, "2025-04-30"),
        ("c", "Closed Won", 30.5, "2025-12-31"),
        ("d", "Closed Won", None, "2026-01-05"),
        ("e", None, None, "2026-01-06"),
    ]:
        desk.put("Opportunity", Name=name, StageName=stage, Amount=amount, CloseDate=day)
    return desk


def rows(desk: Any, text: Any) -> Any:
    return [{key: value for key, value in each.items() if key != "attributes"} for each in desk.query(text).records]


@pytest.mark.evidence("recorded", "SwiftlySalesforce mocks")
def test_shape(deals: Any) -> None:
    """An aggregate record has a type and no url; what has no alias is expr0, expr1 ..."""
    assert [{"attributes": {"type": "AggregateResult"}, "expr0": 5, "n": 3, "expr1": 30.5}] == deals.query(
        "SELECT COUNT(Id), COUNT(Amount) n, MAX(Amount) FROM Opportunity"
    ).records


def test_numbers(deals: Any) -> None:
    """SUM, AVG, MIN and MAX leave nulls out; of nothing they are null; COUNT of nothing is 0."""
    assert [{"s": 60.5, "a": 60.5 / 3, "lo": 10.0, "hi": 30.5, "d": 2}] == rows(
        deals,
        "SELECT SUM(Amount) s, AVG(Amount) a, MIN(Amount) lo, MAX(Amount) hi, COUNT_DISTINCT(StageName) d FROM Opportunity",
    )
    assert [{"expr0": None, "expr1": 0}] == rows(
        deals, "SELECT SUM(Amount), COUNT(Id) FROM Opportunity WHERE Name = 'none'"
    )
    assert [{"expr0": "2025-03-01", "expr1": "e"}] == rows(deals, "SELECT MIN(CloseDate), MAX(Name) FROM Opportunity")


def test_groups(deals: Any) -> None:
    """Grouped fields keep their name, null is a group of its own."""
    assert [
        {"StageName": None, "n": 1}, {"StageName": "Closed Won", "n": 2}, {"StageName": "Prospecting", "n": 2},
    ] == rows(deals, "SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName ORDER BY StageName")  # fmt: skip
    assert [{"s": "Closed Won"}] == rows(
        deals,
        "SELECT StageName s FROM Opportunity GROUP BY StageName HAVING SUM(Amount) > 30 AND StageName LIKE 'closed%'",
    )


def test_order_of_groups(deals: Any) -> None:
    """Groups sort by an aggregate, by its alias or by a grouped field."""
    base = "SELECT StageName, SUM(Amount) total FROM Opportunity GROUP BY StageName ORDER BY"

    assert [30.5, 30.0, None] == [each["total"] for each in rows(deals, f"{base} SUM(Amount) DESC NULLS LAST")]
    assert [30.5, 30.0, None] == [each["total"] for each in rows(deals, f"{base} total DESC NULLS LAST")]
    assert [None, "Closed Won"] == [each["StageName"] for each in rows(deals, f"{base} StageName LIMIT 2")]


def test_groups_over_parents(desk: Any) -> None:
    """A parent's field may group; its key is the field's name."""
    acme = desk.put("Account", Name="Acme")
    for _ in range(2):
        desk.put("Contact", LastName="x", Name="x", AccountId=acme)
    desk.put("Contact", LastName="y", Name="y")

    assert [{"Name": None, "expr0": 1}, {"Name": "Acme", "expr0": 2}] == rows(
        desk, "SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name"
    )


def test_groups_without_regard_to_case(desk: Any) -> None:
    """Spellings that differ in case only are one group."""
    for name in ("acme", "ACME", "Other"):
        desk.put("Account", Name=name)

    assert [2, 1] == [each["expr0"] for each in rows(desk, "SELECT COUNT(Id) FROM Account GROUP BY Name")]
    assert [{"expr0": 2}] == rows(desk, "SELECT COUNT_DISTINCT(Name) FROM Account")


def test_ints_stay_ints(desk: Any) -> None:
    """SUM and MAX of an int field are ints, AVG is not."""
    for size in (3, 4):
        desk.put("Account", Name="x", NumberOfEmployees=size)

    assert "[{'s': 7, 'm': 4, 'a': 3.5}]" == str(
        rows(desk, "SELECT SUM(NumberOfEmployees) s, MAX(NumberOfEmployees) m, AVG(NumberOfEmployees) a FROM Account")
    )


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Date Functions")
@pytest.mark.parametrize(("function", "day", "expected"), [
    ("CALENDAR_YEAR", "2026-03-17", 2026), ("CALENDAR_QUARTER", "2026-03-31", 1), ("CALENDAR_QUARTER", "2026-04-01", 2),
    ("CALENDAR_MONTH", "2026-03-17", 3), ("DAY_IN_MONTH", "2026-03-17", 17), ("DAY_IN_YEAR", "2026-02-01", 32),
    ("DAY_IN_WEEK", "2026-01-04", 1), ("DAY_IN_WEEK", "2026-01-10", 7), ("WEEK_IN_MONTH", "2026-01-07", 1),
    ("WEEK_IN_MONTH", "2026-01-08", 2), ("WEEK_IN_YEAR", "2026-01-07", 1), ("WEEK_IN_YEAR", "2026-12-31", 53),
    ("FISCAL_YEAR", "2026-03-17", 2026), ("FISCAL_QUARTER", "2026-03-17", 1), ("FISCAL_MONTH", "2026-03-17", 3),
])  # fmt: skip
def test_date_functions(desk: Any, function: Any, day: Any, expected: Any) -> None:
    """Date functions group by parts of a date."""
    desk.put("Opportunity", Name="x", CloseDate=day)

    assert [{"part": expected, "n": 1}] == rows(
        desk, f"SELECT {function}(CloseDate) part, COUNT(Id) n FROM Opportunity GROUP BY {function}(CloseDate)"
    )
    assert 1 == desk.query(f"SELECT Id FROM Opportunity WHERE {function}(CloseDate) = {expected}").total_size


def test_fiscal_year_of_another_start(desk: Any) -> None:
    """A fiscal year from April is named after the calendar year it ends in."""
    desk.put("Opportunity", Name="x", CloseDate="2026-03-31")
    desk.put("Opportunity", Name="y", CloseDate="2026-04-01")

    found = desk.query(
        "SELECT FISCAL_YEAR(CloseDate) y, FISCAL_QUARTER(CloseDate) q, FISCAL_MONTH(CloseDate) m FROM Opportunity "
        "GROUP BY FISCAL_YEAR(CloseDate), FISCAL_QUARTER(CloseDate), FISCAL_MONTH(CloseDate)",
        fiscal_start_month=4,
    ).records
    assert [(2026, 4, 12), (2027, 1, 1)] == [(each["y"], each["q"], each["m"]) for each in found]


def test_hours_and_days_of_moments(desk: Any) -> None:
    """HOUR_IN_DAY and DAY_ONLY read a datetime in UTC."""
    desk.put("Task", Subject="x", Status="x", CreatedDate="2026-01-05T23:30:00.000+0000")

    assert [{"h": 23, "d": "2026-01-05"}] == rows(
        desk,
        "SELECT HOUR_IN_DAY(CreatedDate) h, DAY_ONLY(CreatedDate) d FROM Task GROUP BY HOUR_IN_DAY(CreatedDate), DAY_ONLY(CreatedDate)",
    )
    assert 1 == desk.query("SELECT Id FROM Task WHERE DAY_ONLY(CreatedDate) = 2026-01-05").total_size
