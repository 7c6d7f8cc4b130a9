"""A small org to query: built straight into a store, so that only SOQL is under test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from fake_core.store import Store
from fake_salesforce import soql
from fake_salesforce.record_ids import mint
from fake_salesforce.schema.metadata import Schema
from fake_salesforce.schema.object_files import load_schema

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
STAMP = "2026-01-05T09:00:00.000+0000"
EXTRA = {
    "objects": {
        "Task": {
            "fields": {
                "Ext__c": {"type": "string(80)", "unique": True, "external_id": True, "case_sensitive": True},
                "Topics__c": {"type": "multipicklist", "values": ["Red", "Blue", "Grün", "50%"]},
                "Score__c": {"type": "double(16,2)"},
                "Count__c": {"type": "double(18,0)"},
            }
        },
        "Visit__c": {
            "label": "Visit",
            "label_plural": "Visits",
            "activities": True,
            "fields": {"Contact__c": {"type": "reference", "to": ["Contact"], "children": "Visits"}},
        },
    }
}


class Desk:
    """An org's rows and a way to ask for them."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.store = Store(schema=self.schema.metadata, functions={"org_now": lambda: "2026-01-01T00:00:00.000+0000"})
        self.serials: dict[str, int] = {}
        self.user = self.put("User", Name="Ada Admin", LastName="Admin", Username="ada@x.example", IsActive=1)

    def put(self, name: str, **values: Any) -> str:
        """Store a row with *values*; the rest is empty. Answers its id."""
        sobject = self.schema.sobject(name)
        assert sobject is not None
        serial = self.serials[name] = self.serials.get(name, 0) + 1
        row: dict[str, Any] = {}
        for field in sobject.columns:
            row[field.name] = 0 if field.type == "boolean" else None
            if field.name in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
                row[field.name] = STAMP
        row["Id"] = mint(sobject.key_prefix or "zzz", serial)
        if name != "User" and "OwnerId" in row:
            row["OwnerId"] = self.user
        with self.store.begin() as conn:
            conn.execute(sobject.table.insert(), row | values)
        return str(row["Id"])

    def query(self, text: str, **options: Any) -> soql.QueryResult:
        """Run *text* on 5 January 2026, 09:00 UTC, for a user in Los Angeles."""
        settings: dict[str, Any] = {"clock_now": NOW, "timezone": "America/Los_Angeles", "user_id": self.user} | options
        with self.store.read() as conn:
            return soql.run(conn, self.schema, text, **settings)

    def column(self, text: str, **options: Any) -> list[Any]:
        """The values of the one field *text* selects."""
        return [list(record.values())[1] for record in self.query(text, **options).records]


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The standard objects, and a few fields of this test's own."""
    return load_schema(EXTRA)


@pytest.fixture(scope="session")
def make_desk(schema: Schema) -> Callable[..., Desk]:
    """Makes empty orgs with one user, of the test schema or of an org file's."""
    return lambda extra=None: Desk(schema if extra is None else load_schema(extra))


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """An empty org with one user."""
    return make_desk()


@pytest.fixture(scope="session")
def org(make_desk: Callable[..., Desk]) -> Desk:
    """Three accounts, three contacts, a lead, four tasks. Only to be read."""
    desk = make_desk()
    acme = desk.put("Account", Name="Acme", Industry="Energy", AnnualRevenue=100.0, BillingCity="Paris")
    two = desk.put("Account", Name="acme two", NumberOfEmployees=7)
    desk.put("Account", Name="ÉCOLE", Industry="Energy", AnnualRevenue=5.5, ParentId=acme)
    jones = desk.put("Contact", LastName="Jones", Name="Jo Jones", FirstName="Jo", AccountId=acme)
    desk.put("Contact", LastName="Smith", Name="Smith", AccountId=acme)
    desk.put("Contact", LastName="Zed", Name="Zed")
    lead = desk.put("Lead", LastName="Lee", Name="Lee", Company="Leeway", Status="Open - Not Contacted")
    desk.put(
        "Task", Subject="Call", Status="Completed", WhoId=jones, WhatId=acme, ActivityDate="2026-01-04", IsClosed=1
    )
    desk.put("Task", Subject="call back", Status="Not Started", WhatId=two, ActivityDate="2026-01-05")
    desk.put("Task", Status="Not Started", WhoId=lead)
    desk.put("Task", Subject="Gone", Status="Not Started", IsDeleted=1, WhatId=acme)
    return desk
