"""`columns=true`: what the sf command line asks before it prints a query. Evidence: salesforcecli/plugin-data reads
columnName, displayName, aggregate and joinColumns.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.fake_salesforce.conftest import Caller


def asked(org: Caller, soql: str) -> dict[str, Any]:
    answer = org.get("/query", query={"q": soql, "columns": "true"})
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def names(columns: list[dict[str, Any]]) -> list[Any]:
    return [
        (one["columnName"], names(one["joinColumns"])) if one["joinColumns"] else one["columnName"] for one in columns
    ]


@pytest.mark.parametrize(
    ("soql", "found"),
    [
        ("select id, name from account", ["Id", "Name"]),
        ("SELECT Name, Owner.Profile.Name FROM Account", ["Name", ("Owner", [("Profile", ["Name"])])]),
        ("SELECT Name, (SELECT LastName FROM Contacts) FROM Account", ["Name", ("Contacts", ["LastName"])]),
        ("SELECT COUNT(Id), MAX(CreatedDate) latest FROM Account", ["expr0", "latest"]),
        ("SELECT TYPEOF Who WHEN Contact THEN Email ELSE Name END FROM Task", [("Who", ["Email", "Name"])]),
        ("SELECT BillingAddress FROM Account", ["BillingAddress"]),
    ],
)
def test_columns_in_the_order_of_the_query(org: Caller, soql: str, found: list[Any]) -> None:
    assert names(asked(org, soql)["columnMetadata"]) == found


def test_what_else_is_told(org: Caller) -> None:
    told = asked(org, "SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry")
    assert (told["entityName"], told["groupBy"], told["idSelected"], told["keyPrefix"]) == (
        "Account",
        True,
        False,
        "001",
    )
    assert [(one["aggregate"], one["displayName"]) for one in told["columnMetadata"]] == [
        (False, "Industry"),
        (True, "COUNT(Id)"),
    ]


def test_a_wrong_query_is_refused_as_ever(org: Caller) -> None:
    answer = org.get("/query", query={"q": "SELECT Bacon__c FROM Account", "columns": "true"})
    assert answer.error[:2] == (400, "INVALID_FIELD")
