"""Rows of tables that a fake shows as they are: one case for each entry, made from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.crm_contracts.ledger.causes import soap
from tests.crm_contracts.ledger.salesforce_tables import LIMITS
from tests.fake_salesforce.conftest import HOST, Caller

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app

SALESFORCE = entries("salesforce")
SIZED = {"string", "textarea", "picklist", "multipicklist", "combobox", "phone", "email", "url"}


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

    assert (501, True, True) == (answer.status, "NOT_FAKED" in answer.text, key_of(one) in answer.text), answer.text


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

    said = answer.text.upper()
    assert (501, True, True) == (answer.status, "NOT_FAKED" in said, clause in said), answer.text


@pytest.fixture(scope="module")
def limits() -> Iterator[dict[str, Any]]:
    """GET /limits of a Developer org."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(edition="Developer"))
    yield Caller(fake, fake.credentials(f"https://{HOST}")["access_token"]).get("/limits").json
    fake.close()


@pytest.mark.ledger("salesforce/limit/org/*")
@pytest.mark.parametrize("one", each("salesforce/limit/org/"))
def test_a_limit_is_shown(limits: dict[str, Any], one: Entry) -> None:
    """GET /limits shows a Developer org's Max; what nothing in this fake uses up is left as it was."""
    name = key_of(one)
    shown = limits[name]

    assert LIMITS[name] == shown["Max"]
    assert (LIMITS[name] - (name == "DailyApiRequests")) == shown["Remaining"]


FIELDS = Path(__file__).with_name("salesforce_fields.txt")
# By letter, as the list has them, and in its order.
FLAGS = {
    "N": "nillable", "C": "createable", "U": "updateable", "D": "defaultedOnCreate", "F": "filterable",
    "G": "groupable", "S": "sortable", "i": "idLookup", "R": "restrictedPicklist", "p": "permissionable",
    "P": "polymorphicForeignKey", "n": "namePointing", "*": "nameField", "A": "aggregatable",
}  # fmt: skip
OF_EVERY = {
    "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
}  # fmt: skip
BY_FEATURE = {
    "AccountContactRelation": "contacts_to_multiple_accounts",
    "EventWhoRelation": "shared_activities",
    "TaskRelation": "shared_activities",
    "TaskWhoRelation": "shared_activities",
}
WITH = (*BY_FEATURE.values(), "channel_programs", "portals", "record_types")


@cache
def written_down() -> dict[str, list[str]]:
    """By object: its line of the list, and those of its fields."""
    blocks = FIELDS.read_text(encoding="utf-8").split("\n\n")
    objects = [block.splitlines() for block in blocks if not block.startswith("#")]
    return {lines[0].split()[0]: [line.strip() for line in lines] for lines in objects}


def told(answer: dict[str, Any]) -> list[str]:
    """An answer to a describe as the list would have it."""
    addresses = {field["name"] for field in answer["fields"] if field["type"] == "address"}
    lines = [f"{answer['name']} {answer['keyPrefix'] or '-'} {answer['label']} / {answer['labelPlural']}"]
    for field in answer["fields"]:
        if field["name"] in OF_EVERY or field["compoundFieldName"] in addresses:
            continue
        size = field["length"] if field["type"] in SIZED else field["digits"]
        if field["precision"]:
            size = f"{field['precision']},{field['scale']}"
        kind = f"{field['type']}({size})" if size else field["type"]
        flags = "".join(letter for letter, name in FLAGS.items() if field[name])
        lines.append(f"{field['name']}  {kind}  {flags or '-'}  {field['label']}")
    return lines


@pytest.fixture(scope="module")
def full() -> Iterator[Caller]:
    """An org with all that brings fields."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra={"features": sorted(set(WITH))}))
    yield Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
    fake.close()


@pytest.mark.ledger("salesforce/object/*")
@pytest.mark.parametrize("one", each("salesforce/object/"))
def test_an_object_is_described(org: Caller, full: Caller, one: Entry) -> None:
    """Its fields with their types, flags and labels, in their order; an object of a feature is not there without it."""
    name = one.id.rpartition("/")[2]

    assert written_down()[name] == told(full.get(f"/sobjects/{name}/describe").json)
    assert (404 if name in BY_FEATURE else 200) == org.get(f"/sobjects/{name}").status
