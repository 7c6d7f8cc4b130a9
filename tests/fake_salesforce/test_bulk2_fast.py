"""Rows that Bulk saves together are the rows that it would save one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fake_salesforce.bulk2 import load
from tests.fake_salesforce.conftest import Caller

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.operations.bulk.fast import Fast

EXTRA = {
    "objects": {
        "Account": {
            "fields": {
                "Key__c": {"label": "Key", "type": "string(20)", "external_id": True, "unique": True},
                "Code__c": {
                    "label": "Code",
                    "type": "string(20)",
                    "external_id": True,
                    "unique": True,
                    "case_sensitive": True,
                },
            }
        },
        "Visit__c": {
            "label": "Visit",
            "label_plural": "Visits",
            "name_field": {"label": "Visit No", "auto_number": "V-{0000}"},
            "fields": {
                "Account__c": {"label": "Account", "type": "reference", "to": ["Account"]},
                "Miles__c": {"label": "Miles", "type": "double(6,2)", "required": True},
            },
        },
    }
}


def mostly(*good: str, bad: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Cells of which few are bad: a row has several."""
    return st.sampled_from([*good * (6 * len(bad) // len(good) + 1), *bad])


KEYS = mostly("", "k1", "K1", "ä", "Ä", bad=("#N/A", "parent", " k1 ", "x" * 21))
NUMBERS = mostly("", "7", "7.5", "-1.005", "1e2", " 3 ", bad=("#N/A", "99999999", "seven"))
DATES = mostly("", "2026-01-04", "2026-12-31", bad=("#N/A", "2026-02-30", "1/2/2026"))
NAMES = mostly("Acme", "  Acme  ", "née\nnewline", '"quoted"', bad=("", "#N/A", "x" * 300))
FLAGS = mostly("", "true", "FALSE", "1", bad=("#N/A", "maybe"))
IDS = mostly("", "@account", "@account", bad=("#N/A", "@contact", "@gone", "001000000000000", "nonsense"))
PEOPLE = mostly("", "@contact", bad=("@account", "nonsense"))
OBJECTS: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "Account": {
        "Name": NAMES,
        "Key__c": KEYS,
        "Code__c": KEYS,
        "NumberOfEmployees": NUMBERS,
        "Description": NAMES,
    },
    # A column that cannot be, or that points at the same object, keeps all rows from being saved together.
    "Account ": {"Name": NAMES, "ParentId": IDS, "OwnerId": IDS, "IsDeleted": FLAGS},
    "Account  ": {"Name": NAMES, "Key__c": KEYS, "Parent.Key__c": KEYS},
    "Task": {
        "Subject": NAMES,
        "Status": st.sampled_from(["", "#N/A", "Completed", "In Progress", "Odd"]),
        "ActivityDate": DATES,
        "WhatId": IDS,
        "WhoId": PEOPLE,
        "IsReminderSet": FLAGS,
        "What:Account.Key__c": KEYS,
    },
    "Contact": {"LastName": NAMES, "Email": st.sampled_from(["", "A@B.org", "no mail"]), "Account.Key__c": KEYS},
    "Opportunity": {
        "Name": NAMES,
        "StageName": st.sampled_from(["", "Prospecting", "Closed Won", "Odd"]),
        "CloseDate": DATES,
        "Amount": NUMBERS,
        "AccountId": IDS,
    },
    "Event": {
        "Subject": NAMES,
        "ActivityDateTime": st.sampled_from(["", "2026-01-05T10:00:00Z"]),
        "DurationInMinutes": NUMBERS,
    },
    "Case": {"Subject": NAMES, "ContactId": PEOPLE, "Status": st.sampled_from(["", "New", "Closed"])},
    "Visit__c": {"Miles__c": NUMBERS, "Account__c": IDS},
    "Visit__c ": {"Miles__c": NUMBERS, "Account__r.Key__c": KEYS},
}


@st.composite
def sheets(draw: st.DrawFn) -> tuple[str, str, str | None, str]:
    """(object, operation, external id field, CSV)."""
    name = draw(st.sampled_from([*OBJECTS, *["Account"] * 6]))  # it alone has unique fields
    fields = OBJECTS[name]
    columns = [one for number, one in enumerate(fields) if not number or draw(st.booleans())]
    columns = [one for one in columns if one != "What:Account.Key__c" or "WhatId" not in columns]
    key = None
    if name == "Account" and draw(st.booleans()):
        key = draw(st.sampled_from(["Key__c", "Code__c"]))
        columns += [] if key in columns else [key]
    rows = draw(st.lists(st.tuples(*(fields[one] for one in columns)), min_size=4, max_size=16))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([columns, *rows])
    return name.strip(), "upsert" if key else "insert", key, text.getvalue()


class Pair:
    """Two orgs alike, of which the second saves its rows one by one."""

    def __init__(self) -> None:
        self.orgs = [Caller(create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA))) for _ in range(2)]
        for org in self.orgs:
            org.token = org.fake.credentials("https://understudy.my.salesforce.com")["access_token"]
            self.ids = self._rows(org)
            org.fake.store.mark_baseline()

    @staticmethod
    def _rows(org: Caller) -> dict[str, str]:
        account = org.make("Account", Name="Parent", Key__c="parent", Code__c="parent")
        gone = org.make("Account", Name="Gone")
        contact = org.make("Contact", LastName="Lane", AccountId=account, Phone="1")
        assert 204 == org.delete(f"/sobjects/Account/{gone}").status
        return {"@account": account, "@contact": contact, "@gone": gone}

    def filled(self, text: str) -> str:
        for word, record_id in self.ids.items():
            text = text.replace(word, record_id)
        return text


def _everything(org: Caller) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all objects."""
    fake = org.fake
    with fake.store.read() as conn:
        return {
            table.name: sorted(map(tuple, conn.execute(table.select())), key=repr)
            for table in fake.store.schema.sorted_tables
            if not table.name.startswith("understudy_")
        }


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    found = Pair()
    yield found
    for org in found.orgs:
        org.fake.close()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=max(60, settings().max_examples // 4),
)
@given(sheet=sheets())
def test_together_is_one_by_one(pair: Pair, sheet: tuple[str, str, str | None, str]) -> None:
    """The same rows, ids, results and refusals, whichever way they are saved."""
    sobject, operation, key, text = sheet
    told = []
    with pytest.MonkeyPatch.context() as patch:
        for number, org in enumerate(pair.orgs):
            org.fake.reset()
            if number:
                patch.setattr(Fast, "possible", staticmethod(lambda *_given: False))
            more = {"externalIdFieldName": key} if key else {}
            job = load(org, sobject, pair.filled(text), operation, **more)
            info = job.finish()
            results = [job.rows(kind) for kind in ("successfulResults", "failedResults", "unprocessedrecords")]
            told.append((info, results, _everything(org)))

    assert told[1] == told[0]


@pytest.mark.ledger("salesforce/limit/bulk-pace/chunk_rows")
def test_rows_are_saved_together(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fast way is taken for plain rows: otherwise the comparison above would compare nothing."""
    saved: list[int] = []
    flush = Fast.flush

    def counted(self: Fast, conn: Any) -> None:
        saved.append(len(self._waiting))
        flush(self, conn)

    monkeypatch.setattr(Fast, "flush", counted)
    org = pair.orgs[0]
    org.fake.reset()
    load(org, "Account", "Name\n" + "Acme\n" * 250).finish()

    assert [200, 50] == saved
