"""What a naive fake gets wrong about Salesforce: at least one test for each point, numbered as in reviews. 17 to 32.

The first points, and what the list is, are in test_naive.py.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from .conftest import Caller
from .naive import asked, ids_of, later


@pytest.mark.evidence("client-derived", "texei 113 for the parser; trimming is widely reported")
def test_17_empty_and_blank_text_is_null(org: Caller) -> None:
    """Trimmed at both ends; nothing left is null. A date or a number cannot read an empty text."""
    account = org.make("Account", Name="  a b  ", Phone="", Fax="   ", Description=" d\n")

    row = org.row("Account", account)
    assert ("a b", None, None, "d") == tuple(row[name] for name in ("Name", "Phone", "Fax", "Description"))
    org.patch(f"/sobjects/Account/{account}", {"Description": ""})
    assert None is org.row("Account", account)["Description"]
    assert "REQUIRED_FIELD_MISSING" == org.post("/sobjects/Account", {"Name": "  "}).error[1]
    for body in ({"LastName": "x", "Birthdate": ""}, {"LastName": "x", "MailingLatitude": ""}):
        status, code, words = org.post("/sobjects/Contact", body).error
        assert (400, "JSON_PARSER_ERROR") == (status, code)
        assert re.match("Cannot deserialize instance of (date|double) from VALUE_STRING value  or request may", words)


@pytest.mark.evidence("recorded", "CumulusCI: wrote Michael.Bluth@example.com, read michael.bluth@example.com")
def test_18_emails_are_lower_case(org: Caller) -> None:
    """On save, and so is a user name; by upsert the value finds the row in any case."""
    contact = org.make("Contact", LastName="Bluth", Email="Michael.Bluth@Example.com")
    profile = org.soql("SELECT ProfileId FROM User LIMIT 1")[0]["ProfileId"]
    user = org.make(
        "User",
        Username="Mike.B@Example.com",
        LastName="b",
        Alias="b",
        CommunityNickname="b",
        Email="Mike@Example.com",
        TimeZoneSidKey="America/Los_Angeles",
        LocaleSidKey="en_US",
        EmailEncodingKey="UTF-8",
        LanguageLocaleKey="en_US",
        ProfileId=profile,
    )

    assert "michael.bluth@example.com" == org.row("Contact", contact)["Email"]
    row = org.row("User", user)
    assert ("mike.b@example.com", "mike@example.com") == (row["Username"], row["Email"])
    assert [contact] == [r["Id"] for r in org.soql("SELECT Id FROM Contact WHERE Email = 'MICHAEL.bluth@example.COM'")]


@pytest.mark.evidence("recorded", "CumulusCI: StageName 'In Progress' was accepted; a restricted one was refused")
def test_19_restricted_and_open_picklists(org: Caller) -> None:
    """Status, StageName, Subject, Industry take anything; ShowAs, CallType, TaskSubtype do not."""
    task = org.make("Task", Status="Nearly", Priority="Whenever", Subject="Anything")
    org.make("Opportunity", Name="o", StageName="In Progress", CloseDate="2026-02-01")
    org.make("Account", Name="a", Industry="Alchemy", Rating="Lukewarm")
    org.make("Case", Status="Odd", Origin="Pigeon")
    org.make("Lead", LastName="l", Company="c", Status="Odd")

    assert (False, False) == tuple(org.row("Task", task)[name] for name in ("IsClosed", "IsHighPriority"))
    when = {"StartDateTime": "2026-01-05T10:00:00Z", "DurationInMinutes": 5}
    refused = [
        ("Task", {"CallType": "Sideways"}, "CallType", "Call Type"),
        ("Task", {"TaskSubtype": "Sideways"}, "TaskSubtype", "Task Subtype"),
        ("Event", when | {"ShowAs": "Sideways"}, "ShowAs", "Show Time As"),
    ]
    for sobject, body, name, label in refused:
        (error,) = org.post(f"/sobjects/{sobject}", body).json
        assert {
            "message": f"{label}: bad value for restricted picklist field: Sideways",
            "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "fields": [name],
        } == error


@pytest.mark.evidence("documented", "help of an agent that writes to Salesforce: exact spelling and case")
@pytest.mark.parametrize("value", ["busy", "BUSY", "Out of office", "outofoffice"])
def test_19_a_restricted_picklist_is_told_apart_by_case(org: Caller, value: str) -> None:
    """Another case is another value, on create and on update; the value itself is taken."""
    body = {"StartDateTime": "2026-01-05T10:00:00Z", "DurationInMinutes": 5}
    event = org.make("Event", ShowAs="Busy", **body)
    for answer in (
        org.post("/sobjects/Event", {"ShowAs": value, **body}),
        org.patch(f"/sobjects/Event/{event}", {"ShowAs": value}),
    ):
        text = f"Show Time As: bad value for restricted picklist field: {value}"
        assert (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text) == answer.error

    assert "Busy" == org.row("Event", event)["ShowAs"]


@pytest.mark.evidence("client-derived", "public issues quote STRING_TOO_LONG")
def test_20_long_text_is_refused(org: Caller) -> None:
    """Not cut; the message has the label, the value and the length. An open picklist has a length, too."""
    phone, industry = "1" * 41, "x" * 256
    (error,) = org.post("/sobjects/Account", {"Name": "a", "Phone": phone}).json

    assert {
        "message": f"Account Phone: data value too large: {phone} (max length=40)",
        "errorCode": "STRING_TOO_LONG",
        "fields": ["Phone"],
    } == error
    assert "STRING_TOO_LONG" == org.post("/sobjects/Account", {"Name": "a", "Industry": industry}).error[1]
    assert 201 == org.post("/sobjects/Account", {"Name": "a", "Phone": phone[:40]}).status


@pytest.mark.evidence("recorded", "sf-functions: Required fields are missing: [Name]; several: public issues")
def test_21_all_missing_fields_in_one_message(org: Caller) -> None:
    """Comma and space between, the same list in fields; an unknown field is told first."""
    (error,) = org.post("/sobjects/Opportunity", {"Amount": 1}).json

    missing = ["Name", "StageName", "CloseDate"]
    shown = re.fullmatch(r"Required fields are missing: \[(.*)\]", error["message"])
    assert shown
    assert (sorted(missing), error["fields"]) == (sorted(error["fields"]), shown[1].split(", "))
    assert "INVALID_FIELD" == org.post("/sobjects/Opportunity", {"Nope__c": 1}).error[1]
    account = org.make("Account", Name="a")
    (error,) = org.patch(f"/sobjects/Account/{account}", {"Name": None}).json
    assert ("Required fields are missing: [Name]", ["Name"]) == (error["message"], error["fields"])


@pytest.mark.evidence("recorded", "CumulusCI: NumberOfEmployees '10000' and DurationInMinutes '31' were accepted")
def test_22_numbers_and_booleans_may_be_text(org: Caller) -> None:
    """They are read as what the field is."""
    account = org.make("Account", Name="a", NumberOfEmployees="10000", AnnualRevenue="1.5")
    event = org.make("Event", StartDateTime="2026-01-05T10:00:00Z", DurationInMinutes="31", IsReminderSet="false")

    row = org.row("Account", account)
    assert (10000, int) == (row["NumberOfEmployees"], type(row["NumberOfEmployees"]))
    assert float is type(row["AnnualRevenue"])
    row = org.row("Event", event)
    assert (31, False) == (row["DurationInMinutes"], row["IsReminderSet"])


@pytest.mark.evidence("client-derived", "public issues; the words about Id are widely reported")
def test_23_read_only_fields_are_refused(org: Caller) -> None:
    """Never dropped in silence; several are named in one message."""
    account, contact = org.make("Account", Name="a"), org.make("Contact", LastName="c")

    (error,) = org.patch(
        f"/sobjects/Account/{account}", {"IsDeleted": True, "CreatedDate": "2020-01-01T00:00:00Z"}
    ).json
    words = (
        "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is"
        " read/write for your profile or permission set."
    )
    assert (
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        words.format("IsDeleted, CreatedDate"),
        ["IsDeleted", "CreatedDate"],
    ) == (
        error["errorCode"],
        error["message"],
        error["fields"],
    )
    answer = org.patch(f"/sobjects/Contact/{contact}", {"Name": "x"})
    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE", words.format("Name")) == answer.error
    answer = org.patch(f"/sobjects/Account/{account}", {"Id": account, "Name": "x"})
    assert (400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.") == answer.error
    assert "a" == org.row("Account", account)["Name"]


@pytest.mark.evidence("documented", "SOQL reference: comparison operators")
@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Name = 'ACME corp'", {"Acme Corp"}),
        ("Name != 'acme CORP'", {"Big Acme", "Zed"}),
        ("Name IN ('acme corp', 'ZED')", {"Acme Corp", "Zed"}),
        ("Name LIKE 'acme%'", {"Acme Corp"}),
        ("Name LIKE '%ACME%'", {"Acme Corp", "Big Acme"}),
        ("Name LIKE 'acme'", set()),
        ("Name LIKE '_ed'", {"Zed"}),
        ("Name > 'ACME CORP'", {"Big Acme", "Zed"}),
        ("(NOT Name LIKE '%acme%')", {"Zed"}),
    ],
)
def test_24_text_is_compared_without_case(org: Caller, condition: str, names: set[str]) -> None:
    """LIKE too, and LIKE is about the whole value."""
    ids_of(org, "Account", [{"Name": name} for name in ("Acme Corp", "Big Acme", "Zed")])

    assert names == {row["Name"] for row in org.soql(f"SELECT Name FROM Account WHERE {condition}")}


@pytest.mark.evidence("assumed", "widely reported null logic of SOQL")
@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Phone != '1'", {"none", "two"}),
        ("Phone NOT IN ('1')", {"none", "two"}),
        ("Phone = null", {"none"}),
        ("Phone = ''", {"none"}),
        ("Phone != ''", {"one", "two"}),
        ("Phone != null", {"one", "two"}),
        ("Phone > '1'", {"two"}),
        ("Phone < '9'", {"one", "two"}),
        ("NumberOfEmployees != 1", {"none", "two"}),
        ("NumberOfEmployees < 5", {"one"}),
        ("Parent.Name = null", {"none", "one", "two"}),
        ("Parent.Name != 'x'", {"none", "one", "two"}),
        ("Parent.Name = 'x' OR Name = 'one'", {"one"}),
    ],
)
def test_25_null_is_a_value_like_others(org: Caller, condition: str, names: set[str]) -> None:
    """`!=` keeps rows without a value, `= ''` finds them; `<` and `>` never do."""
    org.make("Account", Name="none")
    org.make("Account", Name="one", Phone="1", NumberOfEmployees=1)
    org.make("Account", Name="two", Phone="2", NumberOfEmployees=7)

    assert names == {row["Name"] for row in org.soql(f"SELECT Name FROM Account WHERE {condition}")}


@pytest.mark.evidence("documented", "SOQL reference, condition expressions; message quoted in public issues")
@pytest.mark.parametrize(
    "where",
    [
        "Name = 'a' AND Phone = '1' OR Fax = '2'",
        "Name = 'a' OR Phone = '1' AND Fax = '2'",
        "Name = 'a' AND (Phone = '1' AND Fax = '2' OR Site = 'x')",
    ],
)
def test_26_and_with_or_needs_parentheses(org: Caller, where: str) -> None:
    """Refused, and accepted as soon as the parentheses are there."""
    status, code, words = org.get("/query", query={"q": f"SELECT Id FROM Account WHERE {where}"}).error

    assert (400, "MALFORMED_QUERY") == (status, code)
    assert "unexpected token: " in words
    if "= 'a' AND Phone" in where:
        assert re.search("unexpected token: '?OR'?$", words)
    asked(org, "SELECT Id FROM Account WHERE (Name = 'a' AND Phone = '1') OR Fax = '2'")


@pytest.mark.evidence("recorded", "CumulusCI describes: Description is not filterable, sortable, groupable")
@pytest.mark.parametrize(
    ("soql", "verb"),
    [
        ("SELECT Id FROM Account WHERE Description = 'x'", "filtered"),
        ("SELECT Id FROM Task WHERE Description LIKE 'x%'", "filtered"),
        ("SELECT Id FROM Account ORDER BY Description", "sorted"),
        ("SELECT Description FROM Account GROUP BY Description", "grouped"),
    ],
)
def test_27_long_text_areas_only_select(org: Caller, soql: str, verb: str) -> None:
    """Neither filtered nor sorted nor grouped, as the describe says."""
    status, code, words = org.get("/query", query={"q": soql}).error

    assert (400, "INVALID_FIELD") == (status, code)
    assert f"field 'Description' can not be {verb} in a query call" in words
    fields = {field["name"]: field for field in org.get("/sobjects/Account/describe").json["fields"]}
    shown = [fields["Description"][key] for key in ("filterable", "sortable", "groupable", "aggregatable")]
    assert [False] * 4 == shown


@pytest.mark.evidence("documented", "REST API Developer Guide: queryAll, sObject Get Deleted")
def test_28_deleted_rows_stay_and_children_go_along(org: Caller) -> None:
    """15 days in queryAll with IsDeleted true and their last values; not in query, nor by id."""
    account = org.make("Account", Name="a")
    contact = org.make("Contact", LastName="c", AccountId=account)
    opportunity = org.make("Opportunity", Name="o", StageName="Prospecting", CloseDate="2026-02-01", AccountId=account)
    org.clock.advance(60)
    assert 204 == org.delete(f"/sobjects/Account/{account}").status

    for sobject, one in (("Account", account), ("Contact", contact), ("Opportunity", opportunity)):
        assert [] == asked(org, f"SELECT Id FROM {sobject}")
        (row,) = asked(org, f"SELECT Id, Name, IsDeleted FROM {sobject}", "queryAll")
        assert (one, True) == (row["Id"], row["IsDeleted"])
        assert [one] == [
            row["Id"] for row in asked(org, f"SELECT Id FROM {sobject} WHERE IsDeleted = true", "queryAll")
        ]
        assert (404, "NOT_FOUND", "The requested resource does not exist") == org.get(
            f"/sobjects/{sobject}/{one}"
        ).error
        assert (404, "ENTITY_IS_DELETED") == org.patch(f"/sobjects/{sobject}/{one}", {"Description": "x"}).error[:2]
        window = "start=2026-01-05T00:00:00Z&end=2026-01-06T00:00:00Z"
        (gone,) = org.get(f"/sobjects/{sobject}/deleted/?{window}").json["deletedRecords"]
        assert {"id": one, "deletedDate": "2026-01-05T09:01:00.000+0000"} == gone
    later(org, org.clock.now() + timedelta(days=14))
    assert [account] == [row["Id"] for row in asked(org, "SELECT Id FROM Account", "queryAll")]


@pytest.mark.evidence("documented", "Object Reference: Task, Contact, Opportunity; OwnerId is the caller")
def test_29_values_that_come_by_themselves(org: Caller) -> None:
    """Owner, names, the account of a task, the numbers of a stage."""
    (me,) = asked(org, "SELECT Id FROM User WHERE Username = 'admin@understudy.example'")
    account = org.make("Account", Name="a")
    contact = org.make("Contact", FirstName="Ann", LastName="Bee", Salutation="Ms.", AccountId=account)
    by_what = org.make("Task", WhatId=account)
    by_who = org.make("Task", WhoId=contact)
    won = org.make(
        "Opportunity", Name="o", StageName="Closed Won", CloseDate="2026-03-01", Amount=50, AccountId=account
    )
    by_deal = org.make("Task", WhatId=won)

    owner = org.row("Account", account)["OwnerId"]
    assert me["Id"] == owner
    assert owner == org.row("Account", account)["CreatedById"] == org.row("Task", by_what)["OwnerId"]
    assert "Ann Bee" == org.row("Contact", contact)["Name"]
    for task in (by_what, by_who, by_deal):
        row = org.row("Task", task)
        assert account == row["AccountId"]
        assert ("Not Started", "Normal", False, "Task") == tuple(
            row[name] for name in ("Status", "Priority", "IsClosed", "TaskSubtype")
        )
    row = org.row("Opportunity", won)
    assert (100.0, True, True, "Closed", "Closed", 50.0, "2026 1") == tuple(
        row[name]
        for name in (
            "Probability",
            "IsClosed",
            "IsWon",
            "ForecastCategory",
            "ForecastCategoryName",
            "ExpectedRevenue",
            "Fiscal",
        )
    )


@pytest.mark.evidence(
    "recorded", "OpenStax: LastModifiedDate 16:21:24, SystemModstamp 16:21:26; no-op saves are reported"
)
def test_30_two_stamps(org: Caller) -> None:
    """A save of the same values moves both; a change by the system moves SystemModstamp alone."""
    account = org.make("Account", Name="a")
    org.clock.advance(60)
    assert 204 == org.patch(f"/sobjects/Account/{account}", {"Name": "a"}).status
    assert "2026-01-05T09:01:00.000+0000" == org.row("Account", account)["LastModifiedDate"]
    org.clock.advance(60)
    assert 204 == org.patch(f"/sobjects/Account/{account}", {}).status
    row = org.row("Account", account)
    assert "2026-01-05T09:02:00.000+0000" == row["LastModifiedDate"] == row["SystemModstamp"]
    assert "2026-01-05T09:00:00.000+0000" == row["CreatedDate"]

    campaign = org.make("Campaign", Name="c")
    lead = org.make("Lead", LastName="l", Company="c")
    org.clock.advance(60)
    org.make("CampaignMember", CampaignId=campaign, LeadId=lead)
    row = org.row("Campaign", campaign)
    assert 1 == row["NumberOfLeads"]
    assert row["LastModifiedDate"] <= row["SystemModstamp"]


@pytest.mark.evidence("documented", "REST API Developer Guide: sObject Get Updated and Get Deleted")
def test_31_replication_windows(org: Caller) -> None:
    """Whole minutes, 30 days for updated and 15 for deleted; what is covered is never in the future."""
    org.clock.advance(timedelta(minutes=30, seconds=30))
    account = org.make("Account", Name="a")
    org.clock.advance(timedelta(hours=1))

    path = "/sobjects/Account/updated/?start={}&end={}"
    answer = org.get(path.format("2026-01-05T09:30:59%2B00:00", "2026-01-05T09:31:10%2B00:00"))
    assert (200, [account]) == (answer.status, answer.json["ids"])
    assert ["ids", "latestDateCovered"] == list(answer.json)
    answer = org.get(path.format("2026-01-05T09:31:00Z", "2026-01-05T09:45:00Z")).json
    assert ([], "2026-01-05T09:45:00.000+0000") == (answer["ids"], answer["latestDateCovered"])
    answer = org.get(path.format("2026-01-05T09:00:00Z", "2026-01-09T00:00:00Z")).json
    assert answer["latestDateCovered"] <= "2026-01-05T10:30:30.000+0000"
    assert re.fullmatch(r"2026-01-05T\d\d:\d\d:00\.000\+0000", answer["latestDateCovered"])
    for what in ("updated", "deleted"):
        start = (org.clock.now() - timedelta(days=31)).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = org.get(f"/sobjects/Account/{what}/?start={start}&end=2026-01-05T10:00:00Z")
        assert (400, "INVALID_REPLICATION_DATE") == answer.error[:2], answer.text
    backwards = org.get(path.format("2026-01-05T10:00:00Z", "2026-01-05T09:00:00Z"))
    assert (400, "INVALID_REPLICATION_DATE") == backwards.error[:2]

    org.delete(f"/sobjects/Account/{account}")
    later(org, org.clock.now() + timedelta(days=16))
    end = org.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = org.get(f"/sobjects/Account/deleted/?start=2026-01-05T09:00:00Z&end={end}")
    assert ["deletedRecords", "earliestDateAvailable", "latestDateCovered"] == list(answer.json)
    assert [] == answer.json["deletedRecords"]


@pytest.mark.evidence("recorded", "every recorded stamp ends in .000")
def test_32_two_writes_in_one_second_share_a_stamp(org: Caller) -> None:
    """Who polls with `>` and the last stamp seen loses the second one."""
    org.clock.advance(0.1)
    org.make("Account", Name="first")
    (seen,) = asked(org, "SELECT LastModifiedDate FROM Account")
    org.clock.advance(0.8)
    org.make("Account", Name="second")

    last = seen["LastModifiedDate"].replace("+0000", "Z")
    assert "2026-01-05T09:00:00.000Z" == last
    assert [] == asked(org, f"SELECT Id FROM Account WHERE LastModifiedDate > {last}")
    assert 2 == len(asked(org, f"SELECT Id FROM Account WHERE LastModifiedDate >= {last}"))
    assert [] == asked(org, "SELECT Id FROM Account WHERE LastModifiedDate > 2026-01-05T09:00:00.500Z")
