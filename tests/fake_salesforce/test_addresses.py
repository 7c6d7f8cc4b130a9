"""Compounds: names, addresses, places on the globe, and countries as a picklist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app

from .conftest import HOST, Caller

EXTRA = {
    "features": ["state_country_picklists"],
    "objects": {"Account": {"fields": {"Site_Place__c": {"type": "location(6)", "label": "Place"}}}},
}
PICKLISTS = ("assumed", "State and Country/Territory Picklists: texts widely reported, spelling of places recalled")


@pytest.fixture(scope="module")
def _placed() -> Iterator[Caller]:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA))
    yield Caller(fake)
    fake.close()


@pytest.fixture
def placed(_placed: Caller) -> Caller:
    _placed.fake.reset()
    _placed.token = _placed.fake.credentials(f"https://{HOST}")["access_token"]
    return _placed


def address(org: Any, record_id: str) -> dict[str, Any]:
    found: dict[str, Any] = org.row("Account", record_id)["BillingAddress"]
    return found


@pytest.mark.evidence("documented", "REST API Developer Guide and Object Reference: compound fields are read-only")
@pytest.mark.parametrize(
    ("sobject", "body"),
    [
        ("Account", {"Name": "a", "BillingAddress": {"city": "Bonn"}}),
        ("Contact", {"LastName": "l", "Name": "x"}),
        ("Contact", {"LastName": "l", "MailingAddress": {"city": "Bonn"}}),
        ("Lead", {"LastName": "l", "Company": "c", "Name": "x"}),
    ],
)
def test_compounds_are_read_only(org: Any, sobject: str, body: dict[str, Any]) -> None:
    """The parts are written, the whole is read."""
    assert "INVALID_FIELD_FOR_INSERT_UPDATE" == org.post(f"/sobjects/{sobject}", body).error[1]


@pytest.mark.evidence(
    "recorded", "describes recorded by CumulusCI: Name is FirstName and LastName, Salutation is a part"
)
def test_names(org: Any) -> None:
    """The salutation is a part of the name and does not stand in it."""
    contact = org.make("Contact", Salutation="Dr.", FirstName="An", LastName="Ng")
    assert "An Ng" == org.row("Contact", contact)["Name"]
    org.patch(f"/sobjects/Contact/{contact}", {"FirstName": None})
    assert "Ng" == org.row("Contact", contact)["Name"]


@pytest.mark.evidence(*PICKLISTS)
def test_text_and_code_say_the_same(placed: Caller) -> None:
    """A name or a code sets the other; the compound shows both."""
    made = placed.make("Account", Name="a", BillingCountry="united states", BillingState="ca", BillingCity="Napa")
    shown = address(placed, made)
    assert ["city", "country", "countryCode"] == list(shown)[:3]
    assert ("United States", "US", "California", "CA") == tuple(
        shown[name] for name in ("country", "countryCode", "state", "stateCode")
    )
    placed.patch(f"/sobjects/Account/{made}", {"BillingStateCode": "NY"})
    assert "New York" == address(placed, made)["state"]
    placed.patch(f"/sobjects/Account/{made}", {"BillingCountryCode": "DE", "BillingState": None})
    assert ("Germany", None, None) == tuple(address(placed, made)[name] for name in ("country", "state", "stateCode"))
    (row,) = placed.soql("SELECT BillingAddress, BillingCountryCode FROM Account")
    assert ("DE", "DE") == (row["BillingAddress"]["countryCode"], row["BillingCountryCode"])


@pytest.mark.evidence(*PICKLISTS)
@pytest.mark.parametrize(
    ("fields", "text", "field"),
    [
        ({"BillingCountry": "Atlantis"}, "There's a problem with this country", "BillingCountry"),
        ({"BillingCountry": "Canada", "BillingState": "Texas"}, "There's a problem with this state", "BillingState"),
        ({"BillingState": "Texas"}, "A country/territory must be specified", "BillingState"),
    ],
)
def test_places_that_are_not_on_the_list(placed: Caller, fields: dict[str, str], text: str, field: str) -> None:
    """The vendor's words, with the label of the field."""
    answer = placed.post("/sobjects/Account", {"Name": "a", **fields})
    assert (400, "FIELD_INTEGRITY_EXCEPTION") == answer.error[:2]
    assert answer.error[2].startswith(text)
    assert [field] == answer.json[0]["fields"]


@pytest.mark.evidence(*PICKLISTS)
def test_codes_depend_on_each_other(placed: Caller) -> None:
    """A state's code is a picklist that depends on the country's; without the feature there is neither."""
    fields = {each["name"]: each for each in placed.get("/sobjects/Account/describe").json["fields"]}
    assert (True, "BillingCountryCode") == tuple(
        fields["BillingStateCode"][key] for key in ("dependentPicklist", "controllerName")
    )
    assert "MailingCountryCode" in {each["name"] for each in placed.get("/sobjects/Contact/describe").json["fields"]}


def test_no_codes_without_the_feature(org: Any) -> None:
    """A plain org takes any text for a country and has no codes."""
    made = org.make("Account", Name="a", BillingCountry="Atlantis")
    assert "countryCode" not in address(org, made)


@pytest.mark.evidence("documented", "Object Reference v62, Compound Field Considerations: geolocation fields")
def test_geolocation(placed: Caller) -> None:
    """Two parts to write, one whole to read."""
    made = placed.make("Account", Name="a", Site_Place__Latitude__s=50.7374, Site_Place__Longitude__s=7.0982)
    row = placed.row("Account", made)
    assert {"latitude": 50.7374, "longitude": 7.0982} == row["Site_Place__c"]
    refused = placed.patch(f"/sobjects/Account/{made}", {"Site_Place__c": {"latitude": 1, "longitude": 2}})
    assert "INVALID_FIELD_FOR_INSERT_UPDATE" == refused.error[1]
    fields = {each["name"]: each for each in placed.get("/sobjects/Account/describe").json["fields"]}
    whole, part = fields["Site_Place__c"], fields["Site_Place__Latitude__s"]
    assert ("location", "urn:location", True) == (whole["type"], whole["soapType"], whole["queryByDistance"])
    assert ("double", "Site_Place__c", "Place (Latitude)", 6) == (
        part["type"],
        part["compoundFieldName"],
        part["label"],
        part["scale"],
    )
    (found,) = placed.soql("SELECT Site_Place__c FROM Account WHERE Site_Place__Latitude__s > 50")
    assert {"latitude": 50.7374, "longitude": 7.0982} == found["Site_Place__c"]


@pytest.mark.evidence(
    "documented", "Object Reference, Account: BillingLatitude; Salesforce Help, Geolocation Custom Field"
)
@pytest.mark.parametrize(("part", "most"), [("Latitude", 90), ("Longitude", 180)])
@pytest.mark.parametrize("field", ["Billing{}", "Site_Place__{}__s"])
def test_coordinates_are_on_earth(placed: Caller, field: str, part: str, most: int) -> None:
    """The pole and the date line are taken; what is beyond them is out of range."""
    name = field.format(part)

    assert placed.make("Account", Name="a", **{name: -most})
    for beyond in (most + 0.000001, -999):
        answer = placed.post("/sobjects/Account", {"Name": "b", name: beyond})
        assert (400, "NUMBER_OUTSIDE_VALID_RANGE", [name]) == (*answer.error[:2], answer.json[0]["fields"])
