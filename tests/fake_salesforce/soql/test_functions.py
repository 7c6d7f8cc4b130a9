"""FORMAT, convertCurrency, convertTimezone, toLabel, DISTANCE, and names joined in FROM."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fake_salesforce.errors import SalesforceError

SUMMER = "2025-04-10T22:31:37.000+0000"  # 15:31 in Los Angeles


@pytest.fixture(scope="module")
def deals(make_desk: Any) -> Any:
    desk = make_desk()
    acme = desk.put("Account", Name="Acme", Industry="Energy", CreatedDate=SUMMER)
    desk.put("Contact", LastName="Jones", Name="Jo Jones", AccountId=acme)
    desk.put("Opportunity", Name="x", Amount=44000.0, Probability=12.0, CloseDate="2015-12-28", LastModifiedDate=SUMMER)
    desk.put("Opportunity", Name="y")
    return desk


def values(desk: Any, text: str, **options: Any) -> list[list[Any]]:
    return [list(each.values())[1:] for each in desk.query(text, **options).records]


# ---- FORMAT


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, FORMAT(): the examples")
def test_format(deals: Any) -> None:
    """Amounts and moments are written as the user's locale does, in the user's time zone; the key stays the field's."""
    found = deals.query("SELECT FORMAT(Amount), FORMAT(LastModifiedDate) FROM Opportunity WHERE Name = 'x'").records[0]

    assert {"Amount": "$44,000.00", "LastModifiedDate": "4/10/2025, 3:31 PM"} == {
        key: value for key, value in found.items() if key != "attributes"
    }
    assert [[44000.0, "$44,000.00", 44000.0, "$44,000.00"]] == values(
        deals,
        "SELECT amount, FORMAT(amount) Amt, convertCurrency(amount) editDate, FORMAT(convertCurrency(amount)) "
        "convertedCurrency FROM Opportunity where Name = 'x'",
    )
    assert [["12/28/2015"]] == values(deals, "SELECT FORMAT(MIN(closedate)) Amt FROM opportunity")
    assert [[None]] == values(deals, "SELECT FORMAT(Amount) FROM Opportunity WHERE Name = 'y'")
    assert [["$44,000.00"]] == values(deals, "SELECT FORMAT(SUM(Amount)) s FROM Opportunity")


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, FORMAT(): five ways to write a day")
@pytest.mark.parametrize(
    ("locale", "day"),
    [("sv_SE", "2015-12-28"), ("nl_NL", "28-12-2015"), ("fr_FR", "28/12/2015"), ("en_US", "12/28/2015"),
     ("de_DE", "28.12.2015"), ("xx_XX", "12/28/2015")],
)  # fmt: skip
def test_days_by_locale(deals: Any, locale: str, day: str) -> None:
    assert [[day]] == values(deals, "SELECT FORMAT(CloseDate) FROM Opportunity WHERE Name = 'x'", locale=locale)


def test_format_needs_an_alias_beside_the_field(deals: Any) -> None:
    """FORMAT(F) beside F without an alias selects a key twice."""
    with pytest.raises(SalesforceError) as caught:
        deals.query("SELECT Amount, FORMAT(Amount) FROM Opportunity")

    assert "duplicate field selected: Amount" == caught.value.message


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, convertCurrency(): not in WHERE (the words are ours)")
def test_convert_currency_is_for_select(deals: Any) -> None:
    """An amount cannot be converted in WHERE; text has no currency."""
    for text in (
        "SELECT Id FROM Opportunity WHERE convertCurrency(Amount) > 1",
        "SELECT convertCurrency(Name) FROM Opportunity",
        "SELECT Id FROM Opportunity WHERE FORMAT(Amount) = '1'",
    ):
        with pytest.raises(SalesforceError):
            deals.query(text)


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Querying Currency Fields in Multi-currency Orgs")
def test_amounts_with_a_currency(deals: Any) -> None:
    """USD5000 is an amount, and only for a currency field."""
    assert [["x"]] == values(deals, "SELECT Name FROM Opportunity WHERE Amount > USD5000")
    assert [] == values(deals, "SELECT Name FROM Opportunity WHERE Amount > EUR44000.5")
    with pytest.raises(SalesforceError):
        deals.query("SELECT Name FROM Opportunity WHERE Probability > USD5")


# ---- convertTimezone and the fiscal year


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, convertTimezone()")
def test_convert_timezone(make_desk: Any) -> None:
    """Date functions work in UTC, or on the user's clock with convertTimezone, daylight saving included."""
    desk = make_desk()
    desk.put("Account", Name="winter", CreatedDate="2026-01-05T02:00:00.000+0000")
    desk.put("Account", Name="summer", CreatedDate="2025-07-05T02:00:00.000+0000")
    text = (
        "SELECT HOUR_IN_DAY(convertTimezone(CreatedDate)) h, DAY_ONLY(convertTimezone(CreatedDate)) d, COUNT(Id) n "
        "FROM Account GROUP BY HOUR_IN_DAY(convertTimezone(CreatedDate)), DAY_ONLY(convertTimezone(CreatedDate)) "
        "ORDER BY HOUR_IN_DAY(convertTimezone(CreatedDate))"
    )

    assert [[18, "2026-01-04", 1], [19, "2025-07-04", 1]] == values(desk, text)
    assert [[2, "2025-07-05", 1], [2, "2026-01-05", 1]] == values(desk, text, timezone="GMT")
    assert [["summer"]] == values(desk, "SELECT Name FROM Account WHERE HOUR_IN_DAY(convertTimezone(CreatedDate)) = 19")
    assert [] == values(desk, "SELECT Name FROM Account WHERE HOUR_IN_DAY(CreatedDate) = 19")


@pytest.mark.evidence(
    "documented", "SOQL and SOSL Reference, FISCAL_YEAR(); Organization.UsesStartDateAsFiscalYearName"
)
@pytest.mark.parametrize(
    ("day", "by_end", "by_start"), [("2026-03-31", 2026, 2025), ("2026-04-01", 2027, 2026), ("2026-12-31", 2027, 2026)]
)
def test_names_of_fiscal_years(make_desk: Any, day: str, by_end: int, by_start: int) -> None:
    """A fiscal year from April is named by the calendar year it ends in, or by the one it starts in."""
    desk = make_desk()
    desk.put("Opportunity", Name="x", CloseDate=day)
    text = "SELECT FISCAL_YEAR(CloseDate) FROM Opportunity GROUP BY FISCAL_YEAR(CloseDate)"

    assert [[by_end]] == values(desk, text, fiscal_start_month=4)
    assert [[by_start]] == values(desk, text, fiscal_start_month=4, fiscal_year_by_start=True)


def test_the_edge_of_the_calendar(make_desk: Any) -> None:
    """No zone moves a moment out of the years there are."""
    desk = make_desk()
    desk.put("Account", Name="x", CreatedDate="0001-01-01T00:00:00.000+0000")

    assert [[1]] == values(
        desk, "SELECT COUNT(Id) FROM Account GROUP BY CALENDAR_YEAR(convertTimezone(CreatedDate))",
        clock_now=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


# ---- toLabel

COLOURS = [{"value": "R", "label": "Rouge"}, {"value": "B", "label": "Bleu"}, "Vert"]


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, toLabel(): in WHERE; not in ORDER BY")
def test_labels_filter(make_desk: Any) -> None:
    """toLabel in WHERE compares what people read; it groups by the value and shows the label."""
    desk = make_desk(
        {"objects": {"Account": {"fields": {"Colour__c": {"type": "picklist", "values": COLOURS}}}}},
    )
    desk.put("Account", Name="a", Colour__c="R")
    desk.put("Account", Name="b", Colour__c="B")
    desk.put("Account", Name="c")

    assert [["a"]] == values(desk, "SELECT Name FROM Account WHERE toLabel(Colour__c) = 'rouge'")
    assert [["a"]] == values(desk, "SELECT Name FROM Account WHERE toLabel(Colour__c) LIKE 'ro%'")
    assert [["b"]] == values(desk, "SELECT Name FROM Account WHERE toLabel(Colour__c) IN ('Bleu', 'x')")
    assert [] == values(desk, "SELECT Name FROM Account WHERE toLabel(Colour__c) = 'R'")
    assert [["Rouge", 1]] == values(
        desk,
        "SELECT toLabel(Colour__c), COUNT(Id) FROM Account WHERE Colour__c = 'R' GROUP BY Colour__c",
    )
    with pytest.raises(SalesforceError):
        desk.query("SELECT Name FROM Account ORDER BY toLabel(Colour__c)")


# ---- DISTANCE

PARIS, LONDON, NEW_YORK = (48.8566, 2.3522), (51.5074, -0.1278), (40.7128, -74.0060)
HERE = "DISTANCE(BillingAddress, GEOLOCATION(48.8566,2.3522), 'km')"


@pytest.fixture(scope="module")
def cities(make_desk: Any) -> Any:
    desk = make_desk()
    for name, (latitude, longitude) in {"paris": PARIS, "london": LONDON, "new york": NEW_YORK}.items():
        desk.put("Account", Name=name, BillingLatitude=latitude, BillingLongitude=longitude)
    desk.put("Account", Name="nowhere", BillingCity="x")
    return desk


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Location-Based SOQL Queries")
def test_distance(cities: Any) -> None:
    """DISTANCE selects, filters and sorts; a place that is not known is null."""
    assert [["paris"], ["london"]] == values(cities, f"SELECT Name FROM Account WHERE {HERE} < 400 ORDER BY {HERE}")
    assert [["new york"]] == values(cities, f"SELECT Name FROM Account WHERE {HERE} > 400")
    assert [["nowhere"], ["new york"]] == values(cities, f"SELECT Name FROM Account ORDER BY {HERE} DESC LIMIT 2")
    name, kilometres, miles = values(
        cities, f"SELECT Name, {HERE}, {HERE.replace('km', 'mi')} m FROM Account WHERE Name = 'london'"
    )[0]
    assert ("london", 343.6, 213.5) == (name, round(kilometres, 1), round(miles, 1))
    assert "expr0" in cities.query(f"SELECT {HERE} FROM Account").records[0]


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Location-Based SOQL Queries: considerations")
@pytest.mark.parametrize(
    "test",
    [
        f"{HERE} = 400",
        f"{HERE} != 400",
        f"{HERE} IN (400)",
        "DISTANCE(GEOLOCATION(1,2), BillingAddress, 'km') < 5",
        "DISTANCE(BillingAddress, GEOLOCATION(1,2), 'm') < 5",
        "DISTANCE(BillingAddress, GEOLOCATION(91,2), 'mi') < 5",
        "DISTANCE(Name, GEOLOCATION(1,2), 'mi') < 5",
        "GEOLOCATION(1,2) < 5",
    ],
)
def test_distances_that_mean_nothing(cities: Any, test: str) -> None:
    """Only > and < compare distances; the field stands before the place; the unit is mi or km."""
    with pytest.raises(SalesforceError) as caught:
        cities.query(f"SELECT Id FROM Account WHERE {test}")

    assert caught.value.code in {"MALFORMED_QUERY", "INVALID_QUERY_FILTER_OPERATOR"}


# ---- FROM


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Alias Notation")
def test_names_joined_in_from(deals: Any) -> None:
    """`FROM Contact c, c.Account a` gives a way to a parent a name."""
    assert [["Jo Jones", {"Name": "Acme"}]] == [
        [name, {key: value for key, value in parent.items() if key != "attributes"}]
        for name, parent in values(deals, "SELECT c.Name, a.Name FROM Contact c, c.Account a WHERE a.Name = 'Acme'")
    ]
    assert 1 == deals.query("SELECT count() FROM Contact c, c.Account a WHERE a.industry = 'energy'").total_size
    assert 1 == deals.query("SELECT COUNT() FROM Contact, Contact.Account WHERE Account.Name = 'acme'").total_size
    for text in (
        "SELECT Id FROM Contact, Account",
        "SELECT Id FROM Account a, a.Contacts c",
        "SELECT Id FROM Contact c, c.Account c",
    ):
        with pytest.raises(SalesforceError):
            deals.query(text)
