"""The sf command line from npm, unmodified, against `understudy serve --tls`: log in with a token, data, describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.clients.served import Served, node_or_skip, sf


@pytest.fixture(scope="module")
def org(served_tls: Served) -> Served:
    """A logged-in alias `fake`."""
    node_or_skip()
    told = sf(
        served_tls, "org", "login", "access-token", "--instance-url", served_tls.url, "--no-prompt", "--alias", "fake",
        "--set-default", "--json",
    )  # fmt: skip
    assert told["result"]["username"] == served_tls.words["username"]
    return served_tls


def result(org: Served, *words: str) -> Any:
    told = sf(org, *words, "--json")
    assert told["status"] == 0
    return told["result"]


def test_rows_are_made_read_changed_and_deleted(org: Served) -> None:
    made = result(org, "data", "create", "record", "-s", "Account", "-v", "Name='Acme Motors' Ext__c=sf1")
    assert made["success"] is True
    row = result(org, "data", "get", "record", "-s", "Account", "-i", made["id"])
    assert row["Name"] == "Acme Motors"
    changed = result(org, "data", "update", "record", "-s", "Account", "-i", made["id"], "-v", "Name=Motors")
    assert changed["id"] == made["id"]
    found = result(org, "data", "query", "-q", "SELECT Id, Name FROM Account WHERE Ext__c = 'sf1'")
    assert [one["Name"] for one in found["records"]] == ["Motors"]
    assert result(org, "data", "delete", "record", "-s", "Account", "-i", made["id"])["id"] == made["id"]
    found = result(org, "data", "query", "-q", "SELECT COUNT() FROM Account WHERE Ext__c = 'sf1'")
    assert found["totalSize"] == 0


def test_a_query_as_people_read_it(org: Served) -> None:
    """Without --json the command line asks for the columns of a query first (`columns=true`)."""
    printed = sf(org, "data", "query", "-q", "SELECT Username, Profile.Name FROM User WHERE Username LIKE 'admin%'")
    assert served_line(printed, org.words["username"])
    csv = sf(
        org, "data", "query", "-r", "csv", "-q", "SELECT Username, Profile.Name FROM User WHERE Username LIKE 'admin%'"
    )
    assert csv.splitlines()[0] == "Username,Profile.Name"
    grouped = sf(
        org, "data", "query", "-r", "csv", "-q", "SELECT Profile.Name, COUNT(Id) n FROM User GROUP BY Profile.Name"
    )
    assert "System Administrator" in grouped


def served_line(printed: str, word: Any) -> bool:
    return any(str(word) in line for line in printed.splitlines())


def test_rows_in_bulk(org: Served, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("Ext__c,Name\n" + "".join(f"bulk{n},Bulk {n}\n" for n in range(30)), "utf-8")
    words = ("data", "upsert", "bulk", "-s", "Account", "-f", str(file), "-i", "Ext__c", "-w", "3")
    told = result(org, *words)
    info = told.get("jobInfo", told)
    assert int(info.get("numberRecordsProcessed", info.get("processedRecords", -1))) == 30
    found = result(org, "data", "query", "-q", "SELECT COUNT() FROM Account WHERE Ext__c LIKE 'bulk%'")
    assert found["totalSize"] == 30
    out = tmp_path / "out.csv"
    result(
        org, "data", "export", "bulk", "-q", "SELECT Name FROM Account WHERE Ext__c LIKE 'bulk%'",
        "--output-file", str(out), "-w", "3", "-r", "csv",
    )  # fmt: skip
    assert len(out.read_text("utf-8").splitlines()) == 31


def test_describes_and_what_else_it_asks(org: Served) -> None:
    account = result(org, "sobject", "describe", "-s", "Account")
    assert account["name"] == "Account"
    assert "Account" in result(org, "sobject", "list", "-s", "all")
    limits = result(org, "org", "list", "limits")
    assert any(one["name"] == "DailyApiRequests" for one in limits)
    shown = result(org, "org", "display")
    assert shown["connectedStatus"] == "Connected"
    assert result(org, "org", "list", "sobject", "record-counts", "-s", "Account")


def test_the_vendor_s_errors_reach_the_user(org: Served) -> None:
    told = sf(org, "data", "query", "-q", "SELECT Bacon__c FROM Account", "--json", status=1)
    assert "No such column 'Bacon__c'" in told["message"]
    told = sf(org, "data", "create", "record", "-s", "Account", "-v", "Site=x", "--json", status=1)
    assert "Required fields are missing: [Name]" in told["message"]


def test_a_tree_of_rows(org: Served, tmp_path: Path) -> None:
    file = tmp_path / "tree.json"
    file.write_text(
        '{"records": [{"attributes": {"type": "Account", "referenceId": "a1"}, "Name": "Tree",'
        ' "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "c1"}, "LastName": "Leaf"}]}}]}',
        "utf-8",
    )
    told = result(org, "data", "import", "tree", "-f", str(file))
    assert {one["type"] for one in told} == {"Account", "Contact"}


def test_a_search(org: Served) -> None:
    result(org, "data", "create", "record", "-s", "Account", "-v", "Name=Findable")
    found = result(org, "data", "search", "-q", "FIND {Findable} IN Name Fields RETURNING Account (Name)")
    assert [one["Name"] for one in found["searchRecords"]] == ["Findable"]


def test_a_request_of_ones_own(org: Served) -> None:
    printed = sf(org, "api", "request", "rest", "/services/data/v60.0/limits")
    assert "DailyApiRequests" in printed
