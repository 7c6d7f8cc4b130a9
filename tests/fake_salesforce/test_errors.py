"""The error table and the errors built from it."""

from __future__ import annotations

import string
from typing import Any

import pytest

from fake_salesforce import errors
from fake_salesforce.errors import SalesforceError, salesforce_error

GRADES = {"recorded", "documented", "client-derived", "assumed"}
ROWS = errors.error_rows()
# What a caller has to bring, so that each row can be built by these tests.
WORDS: dict[str, Any] = {
    name: f"<{name}>"
    for row in ROWS.values()
    for _, name, _, _ in string.Formatter().parse(row["message"])
    if name and name != "fields"
}


def build(key: str) -> SalesforceError:
    return salesforce_error(key, fields=["A", "B"], **WORDS)


@pytest.mark.parametrize("key", ROWS)
def test_every_row_is_complete(key: str) -> None:
    """A row has a status, a message, a rule for fields, a source and a grade, and nothing else."""
    row = ROWS[key]
    assert {"status", "message", "fields", "source", "grade"} <= set(row)
    assert set(row) <= {"status", "message", "fields", "source", "grade", "body", "no_cause"}
    assert row["grade"] in GRADES
    assert row["source"].strip()
    assert 300 <= row["status"] < 600
    assert isinstance(row["fields"], list) or row["fields"] in errors.FIELDS_RULES
    assert row.get("body", errors.MESSAGE_FIRST) in errors.BODY_SHAPES


@pytest.mark.parametrize("key", ROWS)
def test_every_row_can_be_raised(key: str) -> None:
    """No word of the template is left over in what the client reads."""
    error = build(key)
    assert key.partition(".")[0] == error.code
    assert "{" not in error.message
    assert ROWS[key]["status"] == error.status


@pytest.mark.evidence("recorded", "heroku/sf-functions-python recordings")
def test_required_field_missing() -> None:
    """All missing fields stand in one message, and again in fields."""
    error = salesforce_error("REQUIRED_FIELD_MISSING", fields=("LastName", "Company"))
    assert 400 == error.status
    assert [
        ("message", "Required fields are missing: [LastName, Company]"),
        ("errorCode", "REQUIRED_FIELD_MISSING"),
        ("fields", ["LastName", "Company"]),
    ] == list(error.as_item().items())


@pytest.mark.evidence("recorded", "heroku/sf-functions-python recordings")
def test_unknown_column_has_no_fields() -> None:
    """An unknown column is refused without the key `fields`."""
    error = salesforce_error("INVALID_FIELD.no_such_column", field="FavoritePet__c", object="Account")
    assert {
        "message": "No such column 'FavoritePet__c' on sobject of type Account",
        "errorCode": "INVALID_FIELD",
    } == error.as_item()


@pytest.mark.evidence("recorded", "heroku/sf-functions-python and CumulusCI recordings")
def test_not_found_says_its_code_first() -> None:
    """Of an unknown resource the errorCode comes before the message."""
    error = salesforce_error("NOT_FOUND")
    assert [
        ("errorCode", "NOT_FOUND"),
        ("message", "The requested resource does not exist"),
    ] == list(error.as_item().items())
    assert 404 == error.status


@pytest.mark.evidence("recorded", "heroku/sf-functions-python recordings")
def test_entity_is_deleted_has_empty_fields() -> None:
    """Deleting twice answers 404 with an empty list of fields."""
    error = salesforce_error("ENTITY_IS_DELETED")
    assert (404, []) == (error.status, error.as_item()["fields"])


@pytest.mark.evidence("documented", "REST API Developer Guide v62, sObject Collections and Tree")
def test_item_of_a_collection() -> None:
    """Inside a collection the code is called statusCode, comes first, and fields is always a list."""
    error = salesforce_error("INVALID_EMAIL_ADDRESS", label="Email", field="Email", value="123")
    assert [
        ("statusCode", "INVALID_EMAIL_ADDRESS"),
        ("message", "Email: invalid email address: 123"),
        ("fields", ["Email"]),
    ] == list(error.as_item("statusCode").items())
    assert [] == salesforce_error("NOT_FOUND").as_item("statusCode")["fields"]


@pytest.mark.evidence("client-derived", "quoted in public client issues")
def test_duplicates_detected_carries_the_matches() -> None:
    """A duplicate rule puts its result, misspelled, before the code."""
    error = salesforce_error(
        "DUPLICATES_DETECTED.rule", text="Look again.", extra={"duplicateResut": {"allowSave": True}}
    )
    assert ["duplicateResut", "errorCode", "message"] == list(error.as_item())


def test_a_value_with_braces_is_no_template() -> None:
    """What a client sent is printed as it is, even when it looks like a template."""
    error = salesforce_error("STRING_TOO_LONG", label="Subject", field="Subject", value="{0} {x} %s", max_length=255)
    assert "Subject: data value too large: {0} {x} %s (max length=255)" == error.message


def test_a_missing_key_is_our_bug() -> None:
    """A key without a row, a word or a field not given are AssertionErrors, not vendor answers."""
    with pytest.raises(AssertionError, match="no row in errors.toml"):
        salesforce_error("NO_SUCH_ERROR")
    with pytest.raises(AssertionError, match="needs the word"):
        salesforce_error("MALFORMED_ID.delete")
    with pytest.raises(AssertionError, match="names no field"):
        salesforce_error("REQUIRED_FIELD_MISSING")
