"""What a user may not see is not there for a query: fields, objects, rows."""

from __future__ import annotations

from typing import Any

import pytest

from fake_salesforce.errors import SalesforceError
from fake_salesforce.soql import Sight

FIELDLESS = Sight(key="no Industry", visible=lambda _sobject, field: field.name != "Industry")
OBJECTLESS = Sight(key="no Contact", readable=lambda sobject: sobject.name != "Contact")


def acme_only(sobject: Any, table: Any) -> Any:
    return table.c.Name == "Acme" if sobject.name == "Account" else None


ROWS = Sight(key="acme only", row_filter=acme_only)


@pytest.mark.evidence("client-derived", "public issue threads: a hidden field is no such column")
@pytest.mark.parametrize(
    "text",
    [
        "SELECT Industry FROM Account",
        "SELECT Id FROM Account WHERE Industry = 'Energy'",
        "SELECT Id FROM Account ORDER BY Industry",
        "SELECT COUNT(Id) FROM Account GROUP BY Industry",
        "SELECT Account.Industry FROM Contact",
    ],
)
def test_hidden_field(org: Any, text: str) -> None:
    """A hidden field is refused with the words for one that is not there; with full sight it is there."""
    with pytest.raises(SalesforceError) as caught:
        org.query(text, sight=FIELDLESS)

    assert ("INVALID_FIELD", True) == (caught.value.code, "No such column 'Industry' on entity" in caught.value.message)
    org.query(text)


def test_fields_leaves_hidden_ones_out(org: Any) -> None:
    """FIELDS() gives what the user may see."""
    text = "SELECT FIELDS(STANDARD) FROM Account"

    assert "Industry" not in org.query(text, sight=FIELDLESS).records[0]
    assert "Industry" in org.query(text).records[0]


def test_hidden_object(org: Any) -> None:
    """An object without read right is no object: in FROM, as a child list, as a TYPEOF branch, in a semi-join."""
    for text in (
        "SELECT Id FROM Contact",
        "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
        "SELECT TYPEOF Who WHEN Contact THEN Name END FROM Task",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)",
    ):
        with pytest.raises(SalesforceError) as caught:
            org.query(text, sight=OBJECTLESS)
        assert "INVALID_TYPE" == caught.value.code, text


def test_hidden_rows(org: Any) -> None:
    """Rows of others are not found, not counted, and null as parents."""
    assert ["Acme"] == org.column("SELECT Name FROM Account", sight=ROWS)
    assert 1 == org.query("SELECT COUNT() FROM Account", sight=ROWS).total_size
    assert [True, True] == [
        each["What"] is not None for each in org.query("SELECT What.Name FROM Task WHERE WhatId != null").records
    ]
    parents = org.query("SELECT Id, Parent.Name, ParentId FROM Account WHERE Name LIKE '%COLE'").records
    assert ["Acme"] == [each["Parent"]["Name"] for each in parents]
    assert 0 == org.query("SELECT Id FROM Task WHERE What.Name = 'acme two'", sight=ROWS).total_size
    assert 1 == org.query("SELECT Id FROM Task WHERE What.Name = 'acme two'").total_size
