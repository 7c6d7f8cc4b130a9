"""GROUP BY ROLLUP and CUBE, GROUPING()."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

from typing import Any

import pytest

from fake_salesforce.errors import SalesforceError


@pytest.fixture(scope="module")
def leads(make_desk: Any) -> Any:
    """The manual's example, small: three leads from the web (one without rating), one by phone, one from nowhere."""
    desk = make_desk()
    for source, rating in [("Web", None), ("Web", "Hot"), ("Web", "Hot"), ("Phone Inquiry", "Warm"), (None, "Hot")]:
        desk.put("Lead", LastName="x", Name="x", Company="x", Status="x", LeadSource=source, Rating=rating)
    return desk


def rows(desk: Any, text: str) -> list[list[Any]]:
    return [list(each.values())[1:] for each in desk.query(text).records]


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, GROUP BY ROLLUP: one field")
def test_rollup_of_one_field(leads: Any) -> None:
    """A last row with null as key counts all."""
    assert [[None, 1], ["Phone Inquiry", 1], ["Web", 3], [None, 5]] == rows(
        leads, "SELECT LeadSource, COUNT(Name) cnt FROM Lead GROUP BY ROLLUP(LeadSource)"
    )


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Identify Subtotals with GROUP BY: the example")
def test_rollup_of_two_fields(leads: Any) -> None:
    """Subtotals of the first field follow its rows; GROUPING() tells a subtotal from an empty field."""
    found = leads.query(
        "SELECT LeadSource, Rating, GROUPING(LeadSource) grpLS, GROUPING(Rating) grpRating, COUNT(Name) cnt "
        "FROM Lead GROUP BY ROLLUP(LeadSource, Rating)"
    )

    assert {"attributes": {"type": "AggregateResult"}} | dict(
        zip(("LeadSource", "Rating", "grpLS", "grpRating", "cnt"), ("Web", None, 0, 0, 1), strict=True)
    ) in found.records
    assert [
        [None, "Hot", 0, 0, 1],
        [None, None, 0, 1, 1],
        ["Phone Inquiry", "Warm", 0, 0, 1],
        ["Phone Inquiry", None, 0, 1, 1],
        ["Web", None, 0, 0, 1],
        ["Web", "Hot", 0, 0, 2],
        ["Web", None, 0, 1, 3],
        [None, None, 1, 1, 5],
    ] == [list(each.values())[1:] for each in found.records]


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, GROUP BY CUBE")
def test_cube(leads: Any) -> None:
    """CUBE has subtotals of every combination, the second field alone among them."""
    found = rows(
        leads,
        "SELECT GROUPING(LeadSource) a, GROUPING(Rating) b, LeadSource, Rating, COUNT(Id) n FROM Lead "
        "GROUP BY CUBE(LeadSource, Rating) HAVING GROUPING(LeadSource) = 1 ORDER BY COUNT(Id) DESC, Rating",
    )

    assert [[1, 1, None, None, 5], [1, 0, None, "Hot", 3], [1, 0, None, None, 1], [1, 0, None, "Warm", 1]] == found


def test_subtotals_add_up_the_grouped_field_itself(leads: Any) -> None:
    """An aggregate of a grouped field counts its values in subtotals, too; WHERE, LIMIT and OFFSET hold for all."""
    assert [[4]] == rows(
        leads,
        "SELECT COUNT(LeadSource) FROM Lead GROUP BY ROLLUP(LeadSource) HAVING GROUPING(LeadSource) = 1",
    )
    assert [["Web"]] == rows(
        leads, "SELECT LeadSource s FROM Lead WHERE Rating = 'Hot' GROUP BY ROLLUP(LeadSource) LIMIT 1 OFFSET 1"
    )


def test_dates_roll_up(make_desk: Any) -> None:
    """Date functions stand in ROLLUP as in GROUP BY."""
    desk = make_desk()
    for day in ("2025-03-01", "2025-04-01", "2026-01-01"):
        desk.put("Opportunity", Name="x", CloseDate=day, Amount=1.0)

    assert [
        [2025, 3, 1.0],
        [2025, 4, 1.0],
        [2025, None, 2.0],
        [2026, 1, 1.0],
        [2026, None, 1.0],
        [None, None, 3.0],
    ] == (
        rows(
            desk,
            "SELECT CALENDAR_YEAR(CloseDate) y, CALENDAR_MONTH(CloseDate) m, SUM(Amount) FROM Opportunity "
            "GROUP BY ROLLUP(CALENDAR_YEAR(CloseDate), CALENDAR_MONTH(CloseDate))",
        )
    )


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, GROUP BY ROLLUP: notes (rules; the words are ours)")
@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("SELECT COUNT(Id) FROM Lead GROUP BY ROLLUP(Rating), Status", "cannot be combined with other grouped fields"),
        ("SELECT COUNT(Id) FROM Lead GROUP BY CUBE(Rating, Status, LeadSource, Industry)", "supports at most 3 fields"),
        ("SELECT GROUPING(Rating) FROM Lead GROUP BY Rating", "CUBE: GROUPING(Rating)"),
        ("SELECT GROUPING(Status) FROM Lead GROUP BY ROLLUP(Rating)", "CUBE: GROUPING(Status)"),
        ("SELECT Status FROM Lead GROUP BY ROLLUP(Rating)", "Field must be grouped or aggregated: Status"),
        ("SELECT COUNT(Id) FROM Lead GROUP BY ROLLUP('x')", "unexpected token: '('"),
        ("SELECT COUNT(Id) FROM Lead GROUP BY Rating HAVING Status = 'x'", "Field must be grouped or aggregated: Status"),
    ],
)  # fmt: skip
def test_refused(leads: Any, text: str, tail: str) -> None:
    """What cannot be rolled up is refused."""
    with pytest.raises(SalesforceError) as caught:
        leads.query(text)

    assert ("MALFORMED_QUERY", True) == (caught.value.code, caught.value.message.endswith(tail)), caught.value.message
