"""Texts that differ in literals only share a compiled statement, and still answer each for itself."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

from typing import Any

import pytest

from fake_salesforce.errors import SalesforceError
from fake_salesforce.record_ids import mint
from fake_salesforce.soql import prepare


def statement(org: Any, text: str) -> Any:
    return prepare(org.schema, text).select.statement


ONE_SHAPE = [
    ("SELECT Id FROM Task WHERE Subject = 'call'", "SELECT Id FROM Task WHERE Subject = 'call back'"),
    ("SELECT Id FROM Task WHERE Subject LIKE 'c%'", "SELECT Id FROM Task WHERE Subject LIKE '%back'"),
    (f"SELECT Id FROM Task WHERE WhoId = '{mint('003', 1)}'", f"SELECT Id FROM Task WHERE WhoId = '{mint('00Q', 1)[:15]}'"),
    ("SELECT Id FROM Task WHERE ActivityDate > 2026-01-04", "SELECT Id FROM Task WHERE ActivityDate > 2026-01-03"),
    (
        "SELECT Id FROM Task WHERE LastModifiedDate >= 2026-01-05T09:00:01Z AND IsDeleted = false",
        "SELECT Id FROM Task WHERE LastModifiedDate >= 2026-01-05T10:00:00+01:00 AND IsDeleted = false",
    ),
    ("SELECT Id FROM Account WHERE Name IN ('x', 'acme')", "SELECT Id FROM Account WHERE Name IN ('acme two', 'acme two')"),
    ("SELECT Id FROM Account WHERE Name NOT IN ('x', 'acme')", "SELECT Id FROM Account WHERE Name NOT IN ('x', 'y')"),
    (
        "SELECT Id, (SELECT Id FROM Contacts WHERE LastName = 'none') FROM Account WHERE Name != 'x'",
        "SELECT Id, (SELECT Id FROM Contacts WHERE LastName = 'jones') FROM Account WHERE Name != 'acme two'",
    ),
    (
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'none') AND Name = 'acme'",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'smith') AND Name = 'ACME'",
    ),
    (
        "SELECT Industry, COUNT(Id) FROM Account WHERE Name > 'b' GROUP BY Industry HAVING MAX(Name) > 'x'",
        "SELECT Industry, COUNT(Id) FROM Account WHERE Name > 'a' GROUP BY Industry HAVING MAX(Name) > 'b'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), ONE_SHAPE)
def test_shared(org: Any, first: str, second: str) -> None:
    """The second text runs the statement of the first, and answers what it answers on its own."""
    org.schema.described.pop("soql", None)
    alone = [org.query(second).records]
    org.schema.described.pop("soql", None)
    before = org.query(first).records

    assert statement(org, first) is statement(org, second)
    assert alone == [org.query(second).records]
    assert before == org.query(first).records
    assert alone != [before]


@pytest.mark.parametrize(("text", "expected"), [
    ("SELECT Name FROM Account WHERE Name = ''", []),
    ("SELECT Name FROM Account WHERE Name = 'école'", ["ÉCOLE"]),
    ("SELECT Name FROM Account WHERE Name = '\\u0041cme'", ["Acme"]),
    ("SELECT Name FROM Account WHERE Name = 'a\\'b'", []),
])  # fmt: skip
def test_not_shared(org: Any, text: str, expected: list[str]) -> None:
    """An empty text, another script and an escape make a statement of their own."""
    known = statement(org, "SELECT Name FROM Account WHERE Name = 'acme two'")

    assert expected == org.column(text)
    assert known is not statement(org, text)


@pytest.mark.parametrize(("known", "text", "code"), [
    (f"SELECT Id FROM Task WHERE Id = '{mint('00T', 1)}'", "SELECT Id FROM Task WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
    ("SELECT Id FROM Task WHERE ActivityDate = 2026-01-01", "SELECT Id FROM Task WHERE ActivityDate = 2026-02-30", "MALFORMED_QUERY"),
    ("SELECT Id FROM Task WHERE ActivityDate = 2026-01-01", "SELECT Id FROM Task WHERE ActivityDate = '2026-01-01'", "INVALID_FIELD"),
    ("SELECT Id FROM Task WHERE Subject = 'x'", "SELECT Id FROM Task WHERE Subject = '\\q'", "MALFORMED_QUERY"),
    ("SELECT Id FROM Task WHERE Subject = 'x'", "SELECT Id FROM Task WHERE Subject = '" + 4_001 * "x" + "'", "MALFORMED_QUERY"),
])  # fmt: skip
def test_refusals_are_not_shared(org: Any, known: str, text: str, code: str) -> None:
    """A literal that is refused is refused also where its shape is known."""
    org.query(known)

    with pytest.raises(SalesforceError) as caught:
        org.query(text)
    assert code == caught.value.code


@pytest.mark.parametrize("text", [
    "SELECT Id FROM Task WHERE Topics__c = 'Red'", "SELECT Id FROM Task WHERE Topics__c INCLUDES ('Red')",
    "SELECT Id FROM Task WHERE Ext__c LIKE 'A%'", "SELECT Id FROM Account WHERE Name IN ('a', null)",
    "SELECT Id FROM Account WHERE Name IN ('a', 'a')",
])  # fmt: skip
def test_literals_without_a_parameter_of_their_own(org: Any, text: str) -> None:
    """Where a literal is not one plain parameter, texts do not share."""
    assert statement(org, text) is not statement(
        org, text.replace("Red", "Blue").replace("'A%'", "'B%'").replace("'a'", "'b'", 1)
    )
