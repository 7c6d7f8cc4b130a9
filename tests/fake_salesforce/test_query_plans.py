"""How SQLite finds the rows of a query: by an index wherever one could serve; values are parameters; time is limited."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from tests.fake_salesforce.conftest import HOST, Caller

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app

ID = "'001000000000001AAA'"


@contextmanager
def statements(org: Caller) -> Iterator[list[tuple[str, Any]]]:
    """The SQL texts and parameters that run within."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, parameters))

    with org.fake.store.read() as conn:
        engine = conn.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def plan(org: Caller, text: str) -> list[str]:
    """What SQLite does for the statements of the query."""
    with statements(org) as seen:
        org.soql(text)
    steps: list[str] = []
    with org.fake.store.read() as conn:
        for statement, parameters in seen:
            if "FROM" in statement:
                steps += [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    return steps


@pytest.fixture
def stocked(org: Caller) -> Caller:
    """A row or two where a query must find one to go on."""
    parent = org.make("Account", Name="Acme")
    org.make("Contact", LastName="Jones", AccountId=parent)
    return org


@pytest.mark.parametrize(
    ("text", "index"),
    [
        (f"SELECT Name FROM Account WHERE Id = {ID}", "(Id=?)"),
        (f"SELECT Name FROM Account WHERE Id IN ({ID}, '001000000000002AAA')", "(Id=?)"),
        ("SELECT Subject FROM Task WHERE OwnerId = '005000000000001AAA'", "ix_Task_OwnerId (OwnerId=?)"),
        ("SELECT Subject FROM Task WHERE LastModifiedDate > 2026-01-01T00:00:00Z", "ix_Task_LastModifiedDate"),
        ("SELECT Subject FROM Task WHERE SystemModstamp > 2026-01-01T00:00:00Z", "ix_Task_SystemModstamp"),
        ("SELECT Subject FROM Task WHERE SystemModstamp >= LAST_N_DAYS:3 LIMIT 5", "ix_Task_SystemModstamp"),
        ("SELECT Subject FROM Task WHERE CreatedDate = TODAY AND Status = 'x'", "ix_Task_"),
        ("SELECT Subject FROM Task WHERE ActivityDate < TODAY", "ix_Task_ActivityDate"),
        ("SELECT Subject FROM Task WHERE Planhat_Id__c = 'x'", "ix_Task_Planhat_Id__c"),
        ("SELECT Subject FROM Task WHERE Planhat_Id__c IN ('x', 'Y')", "ix_Task_Planhat_Id__c"),
        ("SELECT Name FROM Account WHERE Region_Code__c = 'x'", "ix_Account_Region_Code__c"),
        (f"SELECT Subject FROM Task WHERE WhatId = {ID}", "ix_Task_WhatId"),
        (f"SELECT Subject FROM Task WHERE WhatId IN ({ID}) AND IsClosed = false", "ix_Task_WhatId"),
        ("SELECT Id FROM Contact WHERE Email = 'A@b.example'", "ix_Contact_Email"),
        ("SELECT Id FROM Lead WHERE Email = 'A@b.example'", "ix_Lead_Email"),
        ("SELECT Id FROM Account WHERE Name = 'acme'", "ix_Account_Name"),
        ("SELECT Id FROM Account WHERE Name LIKE 'acme%'", "ix_Account_Name"),
        ("SELECT Name FROM Contact WHERE Account.Name = 'acme'", "ix_Contact_AccountId"),
        ("SELECT Id FROM User WHERE Username = 'a@b.example'", "ix_User_Username"),
        ("SELECT COUNT(Id) FROM Task WHERE LastModifiedDate > TODAY", "ix_Task_LastModifiedDate"),
        ("SELECT COUNT() FROM Task WHERE LastModifiedDate > TODAY", "ix_Task_LastModifiedDate"),
        ("SELECT Subject FROM Task WHERE Who.Name = 'Jones'", "ix_Task_WhoId (WhoId=?)"),
        ("SELECT Subject FROM Task WHERE Who.Email IN ('a@b.example', 'c@d.example')", "ix_Task_WhoId (WhoId=?)"),
        ("SELECT Subject FROM Task WHERE What.Type = 'Opportunity'", "ix_Task_WhatId (WhatId>? AND WhatId<?)"),
    ],
)
def test_a_condition_uses_its_index(stocked: Caller, text: str, index: str) -> None:
    """The cost of these does not grow with the table."""
    steps = plan(stocked, text)

    assert any(index in step and step.startswith("SEARCH") for step in steps), steps
    assert not any(step.startswith("SCAN") for step in steps), steps


def test_semi_join_uses_indexes(stocked: Caller) -> None:
    """Both ways: by the ids that the inner query finds, which itself uses its index."""
    down = plan(stocked, "SELECT Name FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name = 'x')")
    up = plan(stocked, "SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Email = 'x@y.z')")
    recent = plan(
        stocked, "SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE SystemModstamp > TODAY)"
    )

    for steps, indexes in (
        (down, ("ix_Contact_AccountId (AccountId=?)", "ix_Account_Name (Name=?)")),
        (up, ("(Id=?)", "ix_Contact_Email (Email=?)")),
        (recent, ("(Id=?)", "ix_Contact_SystemModstamp")),
    ):  # fmt: skip
        assert all(any(index in step for step in steps) for index in indexes), steps
        assert not any(step.startswith("SCAN") for step in steps), steps


@pytest.mark.parametrize("limit", ["", " ORDER BY LastName LIMIT 3"])
def test_child_sub_query_uses_its_index(stocked: Caller, limit: str) -> None:
    """One statement for the children of all parents, by the lookup's index."""
    steps = plan(stocked, f"SELECT Name, (SELECT LastName FROM Contacts{limit}) FROM Account WHERE Name = 'Acme'")

    assert any("ix_Contact_AccountId (AccountId=?)" in step for step in steps), steps
    assert not any(step.startswith("SCAN t") for step in steps), steps


@pytest.mark.parametrize("field", ["LastModifiedDate", "SystemModstamp", "CreatedDate", "Name", "Id"])
@pytest.mark.parametrize("direction", ["", " DESC", " ASC NULLS FIRST", " DESC NULLS LAST"])
def test_first_rows_in_order_use_an_index(stocked: Caller, field: str, direction: str) -> None:
    """ORDER BY an indexed field with LIMIT does not sort the table."""
    steps = plan(stocked, f"SELECT Phone FROM Account ORDER BY {field}{direction} LIMIT 5")

    assert any("USING INDEX" in step and (field in step or field == "Id") for step in steps), steps
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_one_statement_for_queries_that_differ_in_literals(stocked: Caller) -> None:
    """A compiled statement serves every id and every name."""
    with statements(stocked) as seen:
        for name in ("a", "b", "c"):
            stocked.soql(
                f"SELECT Id FROM Account WHERE Name = '{name}' AND CreatedDate > 2026-01-0{ord(name) - 96}T00:00:00Z"
            )

    assert 1 == len({statement for statement, _ in seen if '"Account"' in statement})


MARKS = ("zqtext", "987654", "2031-07-08", "41.25", "zqlabel")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT Id FROM Account WHERE Name = 'zqtext' OR Name LIKE 'zqtext%' OR Name IN ('zqtext', 'b') OR Name > 'zqtext'",
        "SELECT Id FROM Account WHERE Name = 'zqtexté' OR Name IN ('zqtexté') OR Name LIKE 'zqtexté%'",
        "SELECT Id FROM Account WHERE NumberOfEmployees > 987654 OR NumberOfEmployees IN (987654) OR AnnualRevenue = USD987654",
        "SELECT Id FROM Opportunity WHERE CloseDate > 2031-07-08 OR CreatedDate < 2031-07-08T00:00:00Z",
        "SELECT Id FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(41.25, 41.25), 'mi') < 987654",
        "SELECT DISTANCE(BillingAddress, GEOLOCATION(41.25, 41.25), 'mi') FROM Account ORDER BY Id LIMIT 987654 OFFSET 1",
        "SELECT Id FROM Account WHERE toLabel(Industry) = 'zqlabel' OR toLabel(Industry) LIKE 'zqlabel'",
        "SELECT COUNT(Id) FROM Account GROUP BY ROLLUP(Industry) HAVING COUNT(Id) > 987654 OR MAX(Name) = 'zqtext'",
        "SELECT Id, (SELECT Id FROM Contacts WHERE LastName = 'zqtext' LIMIT 987654) FROM Account",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'zqtext')",
        "SELECT Id FROM Account WHERE CALENDAR_YEAR(CreatedDate) = 987654",
    ],
)  # fmt: skip
def test_literals_are_parameters(stocked: Caller, text: str) -> None:
    """No literal of a query is part of the SQL text; all are bound."""
    with statements(stocked) as seen:
        stocked.soql(text)

    assert seen
    for statement, _ in seen:
        assert not any(mark in statement for mark in MARKS), statement
    assert any(mark in str(parameters) for _, parameters in seen for mark in MARKS)


@pytest.mark.evidence("client-derived", "restforce issue 790: the words")
def test_a_query_ends_when_its_time_is_up() -> None:
    """A query beyond its time answers QUERY_TIMEOUT, and the next one is served."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(query_seconds=0))
    try:
        org = Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
        rows = [{"attributes": {"type": "Account"}, "Name": f"a{number}"} for number in range(100)]
        assert 200 == org.post("/composite/sobjects", {"records": rows}).status
        terms = " OR ".join(f"Name LIKE '%x{number}%'" for number in range(300))

        assert (400, "QUERY_TIMEOUT", "Your query request was running for too long.") == org.get(
            "/query", query={"q": f"SELECT Id FROM Account WHERE {terms}"}
        ).error
        assert 1 == len(org.soql("SELECT Id FROM Account LIMIT 1"))
    finally:
        fake.close()


def test_more_than_sqlite_holds_is_too_complicated(stocked: Caller) -> None:
    """A statement beyond the database's bounds (64 joined tables) is refused in the vendor's words, not with a 500."""
    users = [f"{each}{way}" for each in ("", "Account.") for way in ("CreatedBy", "LastModifiedBy")]
    ways = ["Account", *users]
    for _ in range(2):
        users = [f"{each}.{way}" for each in users for way in ("Manager", "CreatedBy", "LastModifiedBy")]
        ways += users
    fields = [f"{each}.SystemModstamp" for each in ways[:52]]
    targets = {
        "What": ("Account", "Asset", "Campaign", "Case", "Contract", "Opportunity", "Order", "Product2"),
        "Who": ("Contact", "Lead"),
        "Owner": ("User", "Group"),
    }
    fields += [
        f"TYPEOF {each} {' '.join(f'WHEN {name} THEN Id' for name in names)} END" for each, names in targets.items()
    ]

    # 55 relationships, as many as SOQL allows, to 65 tables.
    answer = stocked.get("/query", query={"q": f"SELECT {', '.join(fields)} FROM Task"})
    assert (400, "QUERY_TOO_COMPLICATED") == answer.error[:2]
    assert [] == stocked.soql(f"SELECT {', '.join(fields[:52])} FROM Task")
    many = " AND ".join(["Id != null"] * 500)
    assert 1 == len(stocked.soql(f"SELECT Id FROM Account WHERE {many}"))


def test_names_of_any_number_of_objects(org: Caller) -> None:
    """What.Name looks into the table the id belongs to: it joins none, however many objects may be there."""
    parent = org.make("Account", Name="Acme")
    org.make("Task", Subject="x", WhatId=parent)
    with statements(org) as seen:
        (found,) = org.soql("SELECT What.Name, Who.Name, Owner.Name, What.Type FROM Task WHERE What.Name = 'ACME'")

    assert ("Acme", "Account", None) == (found["What"]["Name"], found["What"]["Type"], found["Who"])
    assert not any("JOIN" in statement for statement, _ in seen)
