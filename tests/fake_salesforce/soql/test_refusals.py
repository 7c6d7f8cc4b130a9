"""What SOQL refuses, to the letter: recorded examples, and every row of the message table."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

from typing import Any

import pytest

from fake_salesforce.errors import SalesforceError
from fake_salesforce.soql.errors import messages

TAIL_FIELD = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
TAIL_TYPE = (
    "If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)


def refusal(org: Any, text: Any, **options: Any) -> Any:
    with pytest.raises(SalesforceError) as caught:
        org.query(text, **options)
    return caught.value


@pytest.mark.evidence("recorded", "heroku/sf-functions-python wiremock mappings")
def test_unknown_field(org: Any) -> None:
    """An unknown field is shown in the query, with a caret, row and column."""
    error = refusal(org, "SELECT Bacon__c FROM Account LIMIT 2")

    assert [
        {
            "message": "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\n"
            f"No such column 'Bacon__c' on entity 'Account'. {TAIL_FIELD}",
            "errorCode": "INVALID_FIELD",
        }
    ] == [error.as_item()]
    assert error.status == 400


@pytest.mark.evidence("recorded", "heroku/sf-functions-python wiremock mappings")
def test_unknown_object(org: Any) -> None:
    """An unknown object is named as the query wrote it."""
    error = refusal(org, "select count() from XYZZY")

    assert (
        "\nselect count() from XYZZY\n" + 20 * " " + "^\nERROR at Row:1:Column:21\n"
        f"sObject type 'XYZZY' is not supported. {TAIL_TYPE}"
    ) == error.message
    assert error.code == "INVALID_TYPE"


@pytest.mark.evidence("recorded", "OpenStax cassettes")
def test_text_that_is_no_id(org: Any) -> None:
    """A text that is no id points at the field it is compared with, not at the text."""
    error = refusal(org, "SELECT Id, LastName FROM Contact WHERE (Id = 'somethingwonky') LIMIT 1")

    assert "INVALID_QUERY_FILTER_OPERATOR" == error.code
    assert (
        "\nLastName FROM Contact WHERE (Id = 'somethingwonky') LIMIT 1\n"
        + 29 * " "
        + "^\nERROR at Row:1:Column:41\ninvalid ID field: somethingwonky"
    ) == error.message


@pytest.mark.evidence("recorded", "OpenStax cassettes")
def test_recorded_window() -> None:
    """The recorded window: 48 characters before the caret, six words from it on."""
    from fake_salesforce.soql.errors import caret_block

    text = (
        "SELECT "
        + "X" * 178
        + ", Other__c,  Assignable_Adoption_Date__c FROM Contact WHERE (Id = 'somethingwonky') LIMIT 1"
    )
    at = text.index("Id =")

    assert (
        "\nAssignable_Adoption_Date__c FROM Contact WHERE (Id = 'somethingwonky') LIMIT 1\n"
        + 48 * " "
        + f"^\nERROR at Row:1:Column:{at + 1}\n"
    ) == caret_block(text, at)


@pytest.mark.evidence("client-derived", "windows quoted in public manuals and issue threads")
@pytest.mark.parametrize(
    ("text", "fault", "window"),
    [
        (
            "SELECT Account.Name, Account.Phone, Account.Rating, Account.RecordTypeId, Account.ShippingCity, Account.ShippingCountry FROM Contact",
            "Account.RecordTypeId",
            "Account.Phone, Account.Rating, Account.RecordTypeId, Account.ShippingCity",
        ),
        (
            "SELECT Id,CreatedById,OCE__ActualCap__c,TPI_Product__c,Name,OCE__JobId__c,Other__c FROM OCE__ActivityPlan__c",
            "TPI_Product__c",
            "CreatedById,OCE__ActualCap__c,TPI_Product__c,Name,OCE__JobId__c",
        ),
    ],
)
def test_window_without_commas_at_its_ends(text: Any, fault: Any, window: Any) -> None:
    """A comma at either end of the window is dropped."""
    from fake_salesforce.soql.errors import caret_block

    assert window == caret_block(text, text.index(fault)).split("\n")[1]


@pytest.mark.evidence("recorded", "OpenStax cassettes")
def test_wrong_first_word(org: Any) -> None:
    """A wrong first word is named without caret and without quotes."""
    error = refusal(org, "SELEKT Id FROM Account")

    assert ("MALFORMED_QUERY", "unexpected token: SELEKT") == (error.code, error.message)
    assert error.fields is None


@pytest.mark.evidence("client-derived", "public issue threads quoting live orgs")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT Id FROM Task WHERE Subject = 'a' AND Subject = 'b' OR Subject = 'c'", "unexpected token: OR"),
        ("SELECT Id FROM Task WHERE Subject = 'a' or Subject = 'b' and Subject = 'c'", "unexpected token: and"),
    ],
)
def test_and_mixed_with_or(org: Any, text: Any, message: Any) -> None:
    """AND beside OR needs parentheses."""
    error = refusal(org, text)

    assert ("MALFORMED_QUERY", message) == (error.code, error.message)


@pytest.mark.evidence("client-derived", "soql-parser-js issue 201, tried in an org")
@pytest.mark.parametrize("rest", ["NOT (AnnualRevenue > 0)", "NOT AnnualRevenue > 0", "(NOT NOT AnnualRevenue > 0)"])
def test_not_stands_first(org: Any, rest: Any) -> None:
    """NOT may only stand at the head of a condition: `A AND NOT B` is refused, `A AND (NOT B)` is not."""
    error = refusal(org, f"SELECT Id FROM Account WHERE Name != null AND {rest}")

    assert error.message.endswith("unexpected token: 'NOT'")


# query -> code, end of the message
REFUSED = {
    "": ("MALFORMED_QUERY", "SOQL statements cannot be empty or null"),
    " \n ": ("MALFORMED_QUERY", "SOQL statements cannot be empty or null"),
    "SELECT Id FROM": ("MALFORMED_QUERY", "\nERROR at Row:1:Column:15\nunexpected token: '<EOF>'"),
    "SELECT FROM Account": (
        "MALFORMED_QUERY",
        "\nSELECT FROM Account\n       ^\nERROR at Row:1:Column:8\nunexpected token: 'FROM'",
    ),
    "SELECT * FROM Account": ("MALFORMED_QUERY", "line 1:7 no viable alternative at character '*'"),
    "SELECT Id FROM Account WHERE Name = $x": ("MALFORMED_QUERY", "line 1:36 no viable alternative at character '$'"),
    'SELECT Id FROM Account WHERE Name = "x"': ("MALFORMED_QUERY", "line 1:36 no viable alternative at character '\"'"),
    "SELECT Id FROM Account;": ("MALFORMED_QUERY", "no viable alternative at character ';'"),
    "/* x */ SELECT Id FROM Account": ("MALFORMED_QUERY", "line 1:0 no viable alternative at character '/'"),
    "SELECT Id FROM Account WHERE Name = 'x": ("MALFORMED_QUERY", "mismatched character '<EOF>' expecting '''"),
    "SELECT Id FROM Account WHERE Name = 'it''s'": ("MALFORMED_QUERY", "unexpected token: ''s''"),
    "SELECT Id FROM Account WHERE Name IS NULL": ("MALFORMED_QUERY", "unexpected token: 'IS'"),
    "SELECT Id FROM Account WHERE Name BETWEEN 1 AND 2": ("MALFORMED_QUERY", "unexpected token: 'BETWEEN'"),
    "SELECT Id FROM Account WHERE Name = 'x' LIMIT 1 WHERE Name = 'y'": (
        "MALFORMED_QUERY",
        "unexpected token: 'WHERE'",
    ),
    "SELECT Id FROM Account LIMIT -10": ("MALFORMED_QUERY", "unexpected token: '-10'"),
    "SELECT Id FROM Account LIMIT 'foo'": ("MALFORMED_QUERY", "unexpected token: ''foo''"),
    "SELECT Id FROM Account ORDERBY Name": ("MALFORMED_QUERY", "unexpected token: 'Name'"),
    "SELECT Id FROM Account HAVING COUNT(Id) > 1": ("MALFORMED_QUERY", "unexpected token: 'HAVING'"),
    "SELECT Id FROM Account WHERE Name IN ()": ("MALFORMED_QUERY", "unexpected token: ')'"),
    "SELECT Foo(Name) FROM Account": ("MALFORMED_QUERY", "unexpected token: '('"),
    "SELECT Id FROM Account WHERE Name = :x": ("MALFORMED_QUERY", "Bind variables only allowed in Apex code"),
    "SELECT Id FROM Account WHERE Id IN :ids": ("MALFORMED_QUERY", "Bind variables only allowed in Apex code"),
    "SELECT Id FROM Account LIMIT :n": ("MALFORMED_QUERY", "Bind variables only allowed in Apex code"),
    "SELECT Id FROM Contact WHERE FirstName = LastName": (
        "MALFORMED_QUERY",
        "Bind variables only allowed in Apex code",
    ),
    r"SELECT Id FROM Account WHERE Name = 'a\qb'": (
        "MALFORMED_QUERY",
        r"Invalid string literal 'a\qb'. Illegal character sequence '\q' in string literal.",
    ),
    "SELECT Id Name FROM Account": ("MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
    "SELECT DISTINCT Name FROM Account": ("MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
    "SELECT Id, Name, id FROM Account": ("INVALID_FIELD", "duplicate field selected: Id"),
    "SELECT Id, FIELDS(ALL) FROM Account LIMIT 1": ("INVALID_FIELD", "duplicate field selected: Id"),
    "SELECT FIELDS(ALL) FROM Account": ("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200"),
    "SELECT FIELDS(CUSTOM) FROM Task LIMIT 201": (
        "MALFORMED_QUERY",
        "The SOQL FIELDS function must have a LIMIT of at most 200",
    ),
    "SELECT FIELDS(CUSTOM) FROM TaskStatus LIMIT 1": (
        "MALFORMED_QUERY",
        "The SOQL FIELDS function must select at least one field",
    ),
    "SELECT FIELDS(SOME) FROM Task LIMIT 1": ("MALFORMED_QUERY", "unexpected token: '('"),
    "SELECT Account.Bacon FROM Contact": ("INVALID_FIELD", f"No such column 'Bacon' on entity 'Account'. {TAIL_FIELD}"),
    "SELECT Who.Industry FROM Task": ("INVALID_FIELD", f"No such column 'Industry' on entity 'Name'. {TAIL_FIELD}"),
    "SELECT Who.Account.Name FROM Task": (
        "INVALID_FIELD",
        (
            "\nERROR at Row:1:Column:8\nDidn't understand relationship 'Account' in field path. If you are attempting to use a custom "
            "relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe "
            "call for the appropriate names."
        ),
    ),
    "SELECT Foo.Name FROM Account": (
        "INVALID_FIELD",
        (
            "Didn't understand relationship 'Foo' in field path. If you are attempting to use a custom relationship, be sure to append "
            "the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."
        ),
    ),
    "SELECT Id, (SELECT Id FROM Contactz) FROM Account": (
        "INVALID_TYPE",
        (
            "Didn't understand relationship 'Contactz' in FROM part of query call. If you are attempting to use a custom relationship, "
            "be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the "
            "appropriate names."
        ),
    ),
    "SELECT Parent.Parent.Parent.Parent.Parent.Parent.Name FROM Account": (
        "INVALID_FIELD",
        "exceeded: Parent.Parent.Parent.Parent.Parent.Parent.Name",
    ),
    "SELECT Id FROM Account WHERE Description = 'x'": (
        "INVALID_FIELD",
        "ERROR at Row:1:Column:30\nfield 'Description' can not be filtered in a query call",
    ),
    "SELECT Id FROM Account ORDER BY Description": (
        "INVALID_FIELD",
        "field 'Description' can not be sorted in a query call",
    ),
    "SELECT COUNT(Id) FROM Account GROUP BY Description": (
        "INVALID_FIELD",
        "field 'Description' can not be grouped in a query call",
    ),
    "SELECT Subject, COUNT(Id) FROM Task GROUP BY Subject": (
        "INVALID_FIELD",
        "field 'Subject' can not be grouped in a query call",
    ),
    "SELECT SUM(Name) FROM Account": ("INVALID_FIELD", "field Name does not support aggregate operator SUM"),
    "SELECT Id FROM Task WHERE CreatedDate > '2026-01-01T00:00:00Z'": (
        "INVALID_FIELD",
        "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
    ),
    "SELECT Id FROM Task WHERE CreatedDate > 2026-01-01": (
        "INVALID_FIELD",
        "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
    ),
    "SELECT Id FROM Task WHERE ActivityDate = ''": (
        "INVALID_FIELD",
        "value of filter criterion for field 'ActivityDate' must be of type date and should not be enclosed in quotes",
    ),
    "SELECT Id FROM Task WHERE IsClosed = 'true'": (
        "INVALID_FIELD",
        "value of filter criterion for field 'IsClosed' must be of type boolean and should not be enclosed in quotes",
    ),
    "SELECT Id FROM Task WHERE Score__c = '1'": (
        "INVALID_FIELD",
        "value of filter criterion for field 'Score__c' must be of type double and should not be enclosed in quotes",
    ),
    "SELECT Id FROM Task WHERE Subject = 5": (
        "INVALID_FIELD",
        "value of filter criterion for field 'Subject' must be of type string and should be enclosed in quotes",
    ),
    "SELECT Id FROM Task WHERE ActivityDate = 2026-02-30": ("MALFORMED_QUERY", "Invalid date: 2026-02-30"),
    "SELECT Id FROM Task WHERE CreatedDate > 2026-02-30T00:00:00Z": (
        "MALFORMED_QUERY",
        "Invalid datetime: 2026-02-30T00:00:00Z",
    ),
    "SELECT Id FROM Task WHERE WhoId LIKE '003%'": ("INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field"),
    "SELECT Id FROM Task WHERE IsClosed > true": ("INVALID_QUERY_FILTER_OPERATOR", "invalid operator on boolean field"),
    "SELECT Id FROM Task WHERE Subject INCLUDES ('a')": (
        "INVALID_QUERY_FILTER_OPERATOR",
        "invalid operator on combobox field",
    ),
    "SELECT Id FROM Task WHERE WhoId IN ('003', null)": ("INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: 003"),
    "SELECT Id FROM Account WHERE Id = '001Ud0000000001IAB'": (
        "INVALID_QUERY_FILTER_OPERATOR",
        "invalid ID field: 001Ud0000000001IAB",
    ),
    "SELECT Name, COUNT(Id) FROM Account": ("MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
    "SELECT Name, COUNT(Id) FROM Account GROUP BY Industry": (
        "MALFORMED_QUERY",
        "Field must be grouped or aggregated: Name",
    ),
    "SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry ORDER BY Name": (
        "MALFORMED_QUERY",
        "Ordered field must be grouped or aggregated: Name",
    ),
    "SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry HAVING Name = 'x'": (
        "MALFORMED_QUERY",
        "Field must be grouped or aggregated: Name",
    ),
    "SELECT COUNT(Id) n, MAX(Name) N FROM Account": ("MALFORMED_QUERY", "duplicate alias: N"),
    "SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account": (
        "MALFORMED_QUERY",
        "only root queries support aggregate expressions",
    ),
    "SELECT MAX(CreatedDate) FROM Account LIMIT 1": (
        "MALFORMED_QUERY",
        "Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
    ),
    "SELECT COUNT(), Id FROM Account": ("MALFORMED_QUERY", "COUNT() can not be used with other fields"),
    "SELECT COUNT() FROM Account ORDER BY Name": ("MALFORMED_QUERY", "COUNT() can not be used with ORDER BY"),
    "SELECT Id FROM Account LIMIT 1 OFFSET 2001": ("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
    "SELECT TYPEOF Account WHEN Account THEN Name END FROM Contact": (
        "INVALID_FIELD",
        "TYPEOF is only allowed on a polymorphic relationship: Account",
    ),
    "SELECT TYPEOF Who WHEN Account THEN Name END FROM Task": (
        "INVALID_TYPE",
        f"sObject type 'Account' is not supported. {TAIL_TYPE}",
    ),
    "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)": (
        "MALFORMED_QUERY",
        (
            "Semi join sub-selects are only allowed at the top level of WHERE expressions and not in nested WHERE expressions."
        ),
    ),
    "SELECT Id FROM Account WHERE NOT Id IN (SELECT AccountId FROM Contact)": (
        "MALFORMED_QUERY",
        (
            "Semi join sub-selects are only allowed at the top level of WHERE expressions and not in nested WHERE expressions."
        ),
    ),
    "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT WhoId FROM Lead))": (
        "MALFORMED_QUERY",
        "Nesting of semi join sub-selects is not supported",
    ),
    "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Case) AND Id IN (SELECT AccountId FROM Opportunity)": (
        "MALFORMED_QUERY",
        "Maximum 2 semi join sub-selects are allowed",
    ),
    "SELECT Id FROM Contact WHERE Account.Id IN (SELECT Id FROM Account)": (
        "MALFORMED_QUERY",
        "of the queried object: Account.Id",
    ),
    "SELECT Id FROM Contact WHERE AccountId IN (SELECT Name FROM Account)": (
        "MALFORMED_QUERY",
        "Semi join sub-selects can only query id fields, cannot use: 'Name'",
    ),
    "SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account LIMIT 1)": (
        "MALFORMED_QUERY",
        "exactly one field and no LIMIT",
    ),
    "SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)": (
        "MALFORMED_QUERY",
        "The inner and outer selects should not be on the same object type",
    ),
    "SELECT Id FROM Account WHERE Id IN (SELECT WhatId FROM Task)": (
        "MALFORMED_QUERY",
        "Entity 'Task' is not supported for semi join inner selects",
    ),
    "SELECT Id FROM Account USING SCOPE nobody": ("MALFORMED_QUERY", "unexpected token: 'nobody'"),
    "SELECT Id FROM Account WITH NOTHING": ("MALFORMED_QUERY", "unexpected token: 'NOTHING'"),
    "SELECT Id FROM Account WHERE Name = '" + "x" * 4_001 + "'": (
        "MALFORMED_QUERY",
        "at most 4000 characters are allowed",
    ),
    "SELECT Id FROM Account WHERE Name = '" + "x" * 100_000 + "'": (
        "MALFORMED_QUERY",
        "SOQL statements can not be longer than 100000 characters",
    ),
}


@pytest.mark.parametrize("text", list(REFUSED), ids=lambda text: text[:60] or "empty")
def test_refused(org: Any, text: Any) -> None:
    """Each wrong query has the vendor's code and words."""
    error = refusal(org, text)

    code, tail = REFUSED[text]
    assert code == error.code
    assert error.message.endswith(tail)


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Relationship Queries")
def test_child_depth(org: Any) -> None:
    """Child sub-queries nest one level, five from version 58."""
    text = "SELECT Id, (SELECT Id, (SELECT Id FROM Tasks) FROM Contacts) FROM Account"

    assert "MALFORMED_QUERY" == refusal(org, text, version="57.0").code
    assert 3 == org.query(text, version="58.0").total_size


def test_rows_and_columns_of_a_query_in_lines(org: Any) -> None:
    """The row counts lines; the column counts in its line, and only that line is shown."""
    error = refusal(org, "SELECT Id\nFROM Account\nWHERE Foo = 1")

    assert "\nWHERE Foo = 1\n      ^\nERROR at Row:3:Column:7\n" in error.message


def test_nesting_is_bounded(org: Any) -> None:
    """Conditions nested too deep are too complicated; parentheses alone nest without end."""
    deep = "Name = 'x'"
    for _ in range(30):
        deep = f"(Name = 'a' AND (Name = 'b' OR {deep}))"

    assert "QUERY_TOO_COMPLICATED" == refusal(org, f"SELECT Id FROM Account WHERE {deep}").code
    plain = "(" * 20_000 + "Name = 'Acme'" + ")" * 20_000
    assert 1 == org.query(f"SELECT Id FROM Account WHERE {plain}").total_size


def test_every_message_has_evidence() -> None:
    """Each row of the table names its source and how sure we are."""
    grades = {"recorded", "documented", "client-derived", "assumed"}

    for key, row in messages().items():
        assert {"code", "message", "source", "grade"} <= set(row), key
        assert row["grade"] in grades, key
