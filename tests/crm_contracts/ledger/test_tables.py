"""Rows of tables that a fake shows as they are: one case for each entry, made from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.crm_contracts.ledger.causes import soap
from tests.fake_salesforce.conftest import HOST, Caller

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from crm_contracts.ledger.tables import data_of, read
from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app

SALESFORCE = entries("salesforce")


def each(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(one, id=one.id) for one in SALESFORCE if one.id.startswith(prefix)]


def key_of(one: Entry) -> str:
    """The key of the entry's row."""
    return one.driver.rpartition("[")[2].rstrip("]").rpartition("/")[2]


@pytest.fixture(scope="module")
def org() -> Iterator[Caller]:
    fake = create_app(clock=FrozenClock())
    yield Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
    fake.close()


@pytest.mark.ledger("salesforce/not-faked/soap/*")
@pytest.mark.parametrize("one", each("salesforce/not-faked/soap/"))
def test_a_soap_call_that_is_not_faked(org: Caller, one: Entry) -> None:
    """A call of SOAP that is not played answers 501 and says so."""
    answer = soap(org, f"<urn:{key_of(one)}/>")

    assert (501, True) == (answer.status, "NOT_FAKED" in answer.text)


@pytest.mark.ledger("salesforce/not-faked/sosl/*")
@pytest.mark.parametrize("one", each("salesforce/not-faked/sosl/"))
def test_a_clause_of_sosl_that_is_not_faked(org: Caller, one: Entry) -> None:
    """A clause of SOSL that is not played answers 501 and says so."""
    words = {"USING LISTVIEW": "FIND {Acme} RETURNING Account(Id USING ListView=All)"}
    tails = {"WITH DATA CATEGORY": " Geo AT (a__c)", "WITH DIVISION": " = 'x'", "WITH NETWORK": " = '0DB000000000000'"}
    tails["WITH PRICEBOOKID"] = " = '01s000000000000'"
    clause = key_of(one)
    text = words.get(clause, f"FIND {{Acme}} RETURNING Account(Id) {clause}{tails.get(clause, '')}")
    answer = org.get("/search", query={"q": text})

    assert (501, True) == (answer.status, "NOT_FAKED" in answer.text)


@pytest.fixture(scope="module")
def limits() -> Iterator[dict[str, Any]]:
    """GET /limits of a Developer org."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(edition="Developer"))
    yield Caller(fake, fake.credentials(f"https://{HOST}")["access_token"]).get("/limits").json
    fake.close()


@pytest.mark.ledger("salesforce/limit/org/*")
@pytest.mark.parametrize("one", each("salesforce/limit/org/"))
def test_a_limit_is_shown(limits: dict[str, Any], one: Entry) -> None:
    """GET /limits shows the Max of the table, which is a Developer org's."""
    assert data_of("salesforce", "limits.toml")["max"][key_of(one)] == limits[key_of(one)]["Max"]


@pytest.mark.ledger("salesforce/object/*")
@pytest.mark.parametrize("one", each("salesforce/object/"))
def test_an_object_is_described(org: Caller, one: Entry) -> None:
    """The describe of an object has its file's fields with their labels; one of a feature is not there without it."""
    data = read("salesforce", one.driver)
    answer = org.get(f"/sobjects/{data['name']}/describe")
    if "feature" in data:
        assert 404 == answer.status
        return
    shown = {field["name"]: field for field in answer.json["fields"]}
    wanted = {name: row["label"] for name, row in data["fields"].items() if "feature" not in row and "label" in row}

    assert wanted == {name: shown[name]["label"] for name in wanted if name in shown}
