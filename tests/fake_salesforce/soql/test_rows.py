"""Records: key order, casing, attributes, parents, children, value types, polymorphic references."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

import json
from typing import Any

import pytest

from fake_salesforce.record_ids import mint


def url(name: Any, prefix: Any, serial: Any) -> Any:
    return {"type": name, "url": f"/services/data/v60.0/sobjects/{name}/{mint(prefix, serial)}"}


@pytest.mark.evidence("recorded", "CumulusCI and heroku/sf-functions-python cassettes")
def test_keys_in_describe_casing_and_select_order(org: Any) -> None:
    """attributes comes first, then the order of SELECT, spelled as in the describe."""
    result = org.query("select NAME, id, iSdELETED from aCCOUNT where NAME = 'acme'")

    assert [
        {"attributes": url("Account", "001", 1), "Name": "Acme", "Id": mint("001", 1), "IsDeleted": False}
    ] == result.records
    assert ["attributes", "Name", "Id", "IsDeleted"] == list(result.records[0])


@pytest.mark.evidence("recorded", "CumulusCI cassettes")
def test_value_types(org: Any) -> None:
    """A currency keeps its decimal part, an int has none, an empty field is null."""
    texts = json.dumps(org.query("SELECT AnnualRevenue, NumberOfEmployees FROM Account ORDER BY Id").records)

    assert '"AnnualRevenue": 100.0, "NumberOfEmployees": null' in texts
    assert '"AnnualRevenue": null, "NumberOfEmployees": 7' in texts


def test_address(org: Any) -> None:
    """An address is put together from its parts; without any it is null as a whole."""
    paris, nothing, _ = org.column("SELECT BillingAddress FROM Account ORDER BY Id")

    assert {
        "city": "Paris", "country": None, "geocodeAccuracy": None, "latitude": None, "longitude": None,
        "postalCode": None, "state": None, "street": None,
    } == paris  # fmt: skip
    assert ["city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street"] == list(
        paris
    )
    assert nothing is None


@pytest.mark.evidence("recorded", "heroku/sf-functions-python wiremock mappings")
def test_parents(org: Any) -> None:
    """A parent is an object with its own attributes; without a parent the whole key is null."""
    records = org.query("SELECT LastName, Account.Name, Account.Owner.Name FROM Contact ORDER BY LastName").records

    assert {
        "attributes": url("Account", "001", 1),
        "Name": "Acme",
        "Owner": {"attributes": url("User", "005", 1), "Name": "Ada Admin"},
    } == records[0]["Account"]
    assert records[2]["Account"] is None


def test_own_name_and_alias_in_front(org: Any) -> None:
    """`Account.Name` in FROM Account is Name, and so is `a.Name` with alias a."""
    expected = ["ÉCOLE", "acme two", "Acme"]

    assert expected == org.column("SELECT Account.Name FROM Account ORDER BY Account.Name DESC")
    assert expected == org.column("SELECT a.Name FROM Account a ORDER BY a.Name DESC")
    assert ["Acme"] == org.column("SELECT a.Name FROM Account AS a WHERE a.Name = 'acme'")


@pytest.mark.evidence("recorded", "CumulusCI cassettes")
def test_children(org: Any) -> None:
    """A child sub-query is a QueryResult; without rows it is null, not an empty list."""
    records = org.query(
        "SELECT Name, (SELECT LastName, Account.Name FROM contacts ORDER BY LastName) FROM Account ORDER BY Id"
    ).records

    assert {
        "totalSize": 2,
        "done": True,
        "records": [
            {
                "attributes": url("Contact", "003", 1),
                "LastName": "Jones",
                "Account": {"attributes": url("Account", "001", 1), "Name": "Acme"},
            },
            {
                "attributes": url("Contact", "003", 2),
                "LastName": "Smith",
                "Account": {"attributes": url("Account", "001", 1), "Name": "Acme"},
            },
        ],
    } == records[0]["Contacts"]
    assert [None, None] == [record["Contacts"] for record in records[1:]]


@pytest.mark.parametrize(("clause", "expected"), [
    ("", ["a", "b", "c"]), ("LIMIT 2", ["a", "b"]), ("LIMIT 2 OFFSET 1", ["b", "c"]), ("OFFSET 2", ["c"]),
    ("LIMIT 0", None), ("WHERE LastName != 'b'", ["a", "c"]), ("ORDER BY LastName DESC LIMIT 1", ["c"]),
])  # fmt: skip
def test_children_of_each_parent(desk: Any, clause: Any, expected: Any) -> None:
    """LIMIT, OFFSET and ORDER BY of a sub-query count within each parent."""
    if "ORDER BY" not in clause:
        clause = clause.replace("LIMIT", "ORDER BY LastName LIMIT", 1) if "LIMIT" in clause else clause
    for name in ("One", "Two"):
        parent = desk.put("Account", Name=name)
        for last in "abc":
            desk.put("Contact", LastName=last, Name=last, AccountId=parent)

    lists = desk.column(f"SELECT (SELECT LastName FROM Contacts {clause}) FROM Account")

    found = [each and [record["LastName"] for record in each["records"]] for each in lists]
    assert [expected, expected] == found


def test_children_of_children(desk: Any) -> None:
    """From v58 sub-queries nest; each level is one statement."""
    parent = desk.put("Account", Name="One")
    child = desk.put("Contact", LastName="a", Name="a", AccountId=parent)
    desk.put("Task", Subject="t", Status="Completed", WhoId=child)
    desk.put("Visit__c", Contact__c=child)

    (record,) = desk.query(
        "SELECT Id, (SELECT Id, (SELECT Subject FROM Tasks), (SELECT Id FROM Visits__r) FROM Contacts) FROM Account"
    ).records

    (contact,) = record["Contacts"]["records"]
    assert ["t"] == [each["Subject"] for each in contact["Tasks"]["records"]]
    assert 1 == contact["Visits__r"]["totalSize"]


def test_children_of_many_parents(desk: Any) -> None:
    """More parents than one statement takes are fetched in chunks, each with its own children."""
    with desk.store.begin():
        for n in range(1_100):
            desk.put("Account", Name=f"{n}")
    first, last = mint("001", 1), mint("001", 1_100)
    desk.put("Contact", LastName="a", Name="a", AccountId=first)
    desk.put("Contact", LastName="b", Name="b", AccountId=last)

    lists = desk.column("SELECT (SELECT Id FROM Contacts) FROM Account ORDER BY Id")

    assert [0, 1_099] == [at for at, each in enumerate(lists) if each is not None]


@pytest.mark.evidence("recorded", "CumulusCI cassettes")
def test_typeof(org: Any) -> None:
    """TYPEOF shows other fields for each type; ELSE serves the rest, without ELSE the rest is null."""
    records = org.query(
        "SELECT TYPEOF Who WHEN Contact THEN LastName, Email, Account.Name END, "
        "TYPEOF Owner WHEN User THEN Username ELSE Name END FROM Task ORDER BY Id"
    ).records

    assert {
        "attributes": url("Contact", "003", 1),
        "LastName": "Jones",
        "Email": None,
        "Account": {"attributes": url("Account", "001", 1), "Name": "Acme"},
    } == records[0]["Who"]
    assert [None, None] == [record["Who"] for record in records[1:]]
    assert {"attributes": url("User", "005", 1), "Username": "ada@x.example"} == records[0]["Owner"]


def test_polymorphic_without_typeof(org: Any) -> None:
    """Who, What and Owner show the fields of the Name entity, with the real type in attributes."""
    records = org.query(
        "SELECT Who.Name, Who.Type, Who.FirstName, What.Name, Owner.IsActive FROM Task ORDER BY Id"
    ).records

    assert {
        "attributes": url("Contact", "003", 1),
        "Name": "Jo Jones",
        "Type": "Contact",
        "FirstName": "Jo",
    } == records[0]["Who"]
    assert {"attributes": url("Lead", "00Q", 1), "Name": "Lee", "Type": "Lead", "FirstName": None} == records[2]["Who"]
    assert records[1]["Who"] is None
    assert {"attributes": url("Account", "001", 1), "Name": "Acme"} == records[0]["What"]
    assert records[0]["Owner"]["IsActive"] is True


@pytest.mark.parametrize(("where", "expected"), [
    ("Who.Type = 'lead'", [3]), ("Who.Type != 'Lead'", [1, 2]), ("What.Type IN ('Account', 'Case')", [1, 2]),
    ("Who.Name = 'LEE'", [3]), ("Who.Name LIKE 'jo%'", [1]), ("Who.Name = null", [2]), ("Owner.Name = 'ada admin'", [1, 2, 3]),
    ("Who.Id = null", [2]), ("What.Name > 'acme'", [2]),
])  # fmt: skip
def test_polymorphic_filters(org: Any, where: Any, expected: Any) -> None:
    """Fields behind Who, What and Owner filter, and so does their Type."""
    assert [mint("00T", n) for n in expected] == org.column(f"SELECT Id FROM Task WHERE {where} ORDER BY Id")


def test_custom_objects_behind_what(desk: Any) -> None:
    """The type of a custom object is its API name, in attributes and in filters."""
    visit = desk.put("Visit__c", Name="V-1")
    desk.put("Task", Subject="x", Status="x", WhatId=visit)

    (record,) = desk.query("SELECT What.Type, What.Name FROM Task WHERE What.Type = 'visit__c'").records
    assert {"attributes": url("Visit__c", "a00", 1), "Type": "Visit__c", "Name": "V-1"} == record["What"]


def test_fields_function(org: Any) -> None:
    """FIELDS(ALL) is STANDARD and CUSTOM together, in describe order."""

    def keys(group: Any) -> Any:
        (record,) = org.query(f"SELECT FIELDS({group}) FROM Task LIMIT 1").records
        return list(record)[1:]

    described = [field.name for field in org.schema.sobject("Task").fields]
    assert described == keys("ALL") == keys("all")
    assert {"Ext__c", "Topics__c", "Score__c", "Count__c"} == set(keys("CUSTOM"))
    assert set(described) == set(keys("STANDARD")) | set(keys("CUSTOM"))
    assert 1 == org.query(f"SELECT FIELDS(ALL) FROM Task WHERE Id IN ('{mint('00T', 1)}')").total_size


def test_to_label(org: Any) -> None:
    """toLabel() keeps the field's key unless it has an alias."""
    (record,) = org.query("SELECT toLabel(Status), toLabel(Priority) p FROM Task LIMIT 1").records

    assert ["attributes", "Status", "p"] == list(record)


def test_deleted_rows(org: Any) -> None:
    """Deleted rows are seen by queryAll only."""
    gone = "SELECT Subject, IsDeleted FROM Task WHERE Subject = 'Gone'"

    assert 0 == org.query(gone).total_size
    assert [True] == [each["IsDeleted"] for each in org.query(gone, include_deleted=True).records]
    assert 0 == org.query("SELECT Id FROM Task WHERE IsDeleted = true").total_size
    assert [1, 2] == [
        org.query("SELECT (SELECT Id FROM Tasks) FROM Account WHERE Name = 'Acme'", include_deleted=both).records[0][
            "Tasks"
        ]["totalSize"]
        for both in (False, True)
    ]


def test_archived_tasks(desk: Any) -> None:
    """Archived tasks are hidden from query and shown by queryAll."""
    desk.put("Task", Subject="old", Status="Completed", IsArchived=1)

    assert (0, 1) == tuple(desk.query("SELECT Id FROM Task", include_deleted=both).total_size for both in (False, True))


def test_version_and_base_of_urls(org: Any) -> None:
    """attributes.url begins with the version the client used, or with the base it was given."""

    def first(**options: Any) -> Any:
        return org.query("SELECT Id FROM Account LIMIT 1", **options).records[0]["attributes"]["url"]

    assert f"/services/data/v52.0/sobjects/Account/{mint('001', 1)}" == first(version="52.0")
    assert f"/x/sobjects/Account/{mint('001', 1)}" == first(url_base="/x")


def test_pages(org: Any) -> None:
    """A result hands out any part of its records."""
    result = org.query("SELECT Id FROM Account ORDER BY Id")

    assert result.records[1:3] == result.page(1, 3)
    assert (3, False, False, "Account") == (
        result.total_size,
        result.is_count,
        result.is_aggregate,
        result.sobject_name,
    )


@pytest.mark.evidence("recorded", "heroku/sf-functions-python wiremock mappings")
def test_count(org: Any) -> None:
    """COUNT() has no records, its number is the total size."""
    result = org.query("SELECT count() FROM Task")

    assert (3, [], True) == (result.total_size, result.records, result.is_count)
    assert 2 == org.query("SELECT COUNT() FROM Task LIMIT 2").total_size
    assert 1 == org.query("SELECT COUNT() FROM Task WHERE Who.Type = 'Contact'").total_size


def test_order(org: Any) -> None:
    """Text sorts without regard to case; nulls come first both ways unless NULLS LAST is said."""

    def subjects(order: Any) -> Any:
        return org.column(f"SELECT Subject FROM Task ORDER BY {order}")

    assert [None, "Call", "call back"] == subjects("Subject")
    assert [None, "call back", "Call"] == subjects("Subject DESC")
    assert [None, "call back", "Call"] == subjects("Subject DESC NULLS FIRST")
    assert ["Call", "call back", None] == subjects("Subject ASC NULLS LAST")
    assert ["call back", "Call", None] == subjects("Subject DESC NULLS LAST")
    assert [None, "Call", "call back"] == subjects("What.Name NULLS FIRST, Id")


def test_limit_and_offset(org: Any) -> None:
    """OFFSET skips, LIMIT stops; totalSize counts what is left."""
    assert ["acme two"] == org.column("SELECT Name FROM Account ORDER BY Id LIMIT 1 OFFSET 1")
    assert ["ÉCOLE"] == org.column("SELECT Name FROM Account ORDER BY Id OFFSET 2")
    assert [] == org.column("SELECT Name FROM Account LIMIT 0")
    assert 3 == org.query("SELECT Name FROM Account LIMIT 99999999999999999999").total_size


def test_accepted_clauses(org: Any) -> None:
    """Clauses without an effect here are accepted: security modes, FOR VIEW, FOR REFERENCE, FOR UPDATE, scopes."""
    for clause in (
        "WITH SECURITY_ENFORCED",
        "WITH USER_MODE",
        "FOR VIEW",
        "FOR REFERENCE FOR VIEW",
        "FOR UPDATE",
        "LIMIT 5 FOR UPDATE",
    ):
        assert 3 <= org.query(f"SELECT Id FROM Account {clause}").total_size, clause
    assert 3 == org.query("SELECT Id FROM Account USING SCOPE everything").total_size
    assert 3 == org.query("SELECT Id FROM Account USING SCOPE mine").total_size
    assert 0 == org.query("SELECT Id FROM Account USING SCOPE mine", user_id=mint("005", 2)).total_size


def test_words_that_are_keywords_elsewhere(org: Any) -> None:
    """Group, Type, Last and the like are names where a name stands."""
    assert 0 == org.query("SELECT Id, Name FROM Group ORDER BY Name").total_size
    assert 3 == org.query("SELECT Id FROM Account first WHERE first.Type = null").total_size


def test_prepared_once(org: Any) -> None:
    """The same text is parsed and compiled once for a schema."""
    from fake_salesforce.soql import prepare

    text = "SELECT Id FROM Account WHERE Name = 'once'"
    assert prepare(org.schema, text) is prepare(org.schema, text)
    assert prepare(org.schema, text) is not prepare(org.schema, text, include_deleted=True)
