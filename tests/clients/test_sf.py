"""The sf command line from npm, unmodified, against `understudy serve --tls`: log in with a token, data, describe.

By night: half a gigabyte to install, and each call spends two to three seconds of a processor on starting. By day
jsforce, which it is built on, makes calls of the same kinds.
"""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from tests.clients.served import Served, sf

SIDE_BY_SIDE = 3
pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def org(served_tls: Served) -> Served:
    """A logged-in alias `fake`."""
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


def side_by_side(org: Served, *lines: str, status: int = 0) -> list[Any]:
    """What each line prints, run at the same time: a call spends seconds on starting."""
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        return list(pool.map(lambda line: sf(org, *shlex.split(line), status=status), lines))


def results(org: Served, *lines: str) -> list[Any]:
    """The `result` of each line, run at the same time."""
    told = side_by_side(org, *[f"{line} --json" for line in lines])
    return [one["result"] for one in told]


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
    soql = "\"SELECT Username, Profile.Name FROM User WHERE Username LIKE 'admin%'\""
    printed, csv, grouped = side_by_side(
        org,
        f"data query -q {soql}",
        f"data query -r csv -q {soql}",
        'data query -r csv -q "SELECT Profile.Name, COUNT(Id) n FROM User GROUP BY Profile.Name"',
    )
    assert str(org.words["username"]) in printed
    assert csv.splitlines()[0] == "Username,Profile.Name"
    assert "System Administrator" in grouped


def test_rows_by_what_they_say(org: Served) -> None:
    """`--where` instead of an id: one row is found, read, changed and deleted by it."""
    made = result(org, "data", "create", "record", "-s", "Account", "-v", "Name='Where One' Ext__c=where1")
    row, changed = results(
        org,
        "data get record -s Account -w \"Name='Where One' Ext__c=where1\"",
        "data update record -s Account -w Ext__c=where1 -v \"Site='a b' NumberOfEmployees=7\"",
    )
    assert (row["Id"], changed["id"]) == (made["id"], made["id"])
    printed = sf(org, "data", "get", "record", "-s", "Account", "-w", "Ext__c=where1")
    assert "Site: a b" in printed
    assert result(org, "data", "delete", "record", "-s", "Account", "-w", "Ext__c=where1")["id"] == made["id"]


def test_files(org: Served, tmp_path: Path) -> None:
    """`data create file` sends many parts; with a parent it links the document to it."""
    (tmp_path / "f.bin").write_bytes(b"\x00\xff\r\n--" * 1_000)
    parent = result(org, "data", "create", "record", "-s", "Account", "-v", "Name=Filed")["id"]
    file = tmp_path / "f.bin"
    alone, linked = results(
        org, f"data create file -f {file} --title Titled", f"data create file -f {file} -i {parent}"
    )
    assert (alone["Title"], linked["FileExtension"]) == ("Titled", "bin")
    soql = f"SELECT ContentDocument.ContentSize FROM ContentDocumentLink WHERE LinkedEntityId = '{parent}'"
    found = result(org, "data", "query", "-q", soql)["records"]
    assert [one["ContentDocument"]["ContentSize"] for one in found] == [6_000]


@pytest.mark.nightly  # the program waits half a minute for its jobs; two other clients do the same by day
def test_rows_in_bulk(org: Served, tmp_path: Path) -> None:
    """Import, upsert, update, export and delete: started, and asked for again by another process."""
    file, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    file.write_text("Ext__c,Name\n" + "".join(f"bulk{n},Bulk {n}\n" for n in range(30)), "utf-8")
    job = result(org, "data", "import", "bulk", "-s", "Account", "-f", str(file))["jobId"]
    exported = result(
        org, "data", "export", "bulk", "-q", "SELECT Id FROM User", "--output-file", str(out), "-r", "csv"
    )
    told, users = results(org, f"data import resume -i {job} -w 2", f"data export resume -i {exported['jobId']}")
    assert (told["processedRecords"], told["failedRecords"], users["totalSize"]) == (30, 0, 2)
    assert len(out.read_text("utf-8").splitlines()) == 3

    found = result(org, "data", "query", "-q", "SELECT Id FROM Account WHERE Ext__c LIKE 'bulk%'")["records"]
    changes, half, keyed = tmp_path / "changes.csv", tmp_path / "half.csv", tmp_path / "keyed.csv"
    changes.write_text("Id,Site\n" + "".join(f"{one['Id']},here\n" for one in found), "utf-8")
    half.write_text("Id\n" + "".join(f"{one['Id']}\n" for one in found[:15]), "utf-8")
    keyed.write_text("Ext__c,Name\nbulk29,Bulk !\nbulk30,\n", "utf-8")
    updated = result(org, "data", "update", "bulk", "-s", "Account", "-f", str(changes), "-w", "2")
    assert (updated["successfulRecords"], updated["failedRecords"]) == (30, 0)
    deleted, upserted = results(
        org, f"data delete bulk -s Account -f {half}", f"data upsert bulk -s Account -f {keyed} -i Ext__c"
    )
    deleted, upserted = results(
        org,
        f"data delete resume -i {deleted['jobInfo']['id']}",
        f"data upsert resume -i {upserted['jobInfo']['id']}",
    )
    assert deleted["jobInfo"]["numberRecordsProcessed"] == 15
    assert [len(upserted["records"][name]) for name in ("successfulResults", "failedResults")] == [1, 1]
    with chdir(tmp_path):  # where the command line writes its files
        shown, left = results(
            org,
            f"data bulk results --job-id {upserted['jobInfo']['id']}",
            "data query -q \"SELECT COUNT() FROM Account WHERE Ext__c LIKE 'bulk%' AND Site = 'here'\"",
        )
    assert (shown["status"], shown["operation"], shown["failedRecords"]) == ("JobComplete", "upsert", 1)
    assert "REQUIRED_FIELD_MISSING" in (tmp_path / shown["failedFilePath"]).read_text("utf-8")
    assert left["totalSize"] == 15


def test_describes_and_what_else_it_asks(org: Served) -> None:
    account, names, limits, shown = results(
        org, "sobject describe -s Account", "sobject list -s all", "org list limits", "org display"
    )
    assert account["name"] == "Account"
    assert "Account" in names
    assert any(one["name"] == "DailyApiRequests" for one in limits)
    assert shown["connectedStatus"] == "Connected"


def test_the_vendor_s_errors_reach_the_user(org: Served) -> None:
    column, missing = side_by_side(
        org,
        "data query -q 'SELECT Bacon__c FROM Account' --json",
        "data create record -s Account -v Site=x --json",
        status=1,
    )
    assert "No such column 'Bacon__c'" in column["message"]
    assert "Required fields are missing: [Name]" in missing["message"]


def test_trees_of_rows(org: Served, tmp_path: Path) -> None:
    """Imported as one tree, exported as files with a plan, imported again by the plan."""
    file, plans = tmp_path / "tree.json", tmp_path / "plans"
    file.write_text(
        '{"records": [{"attributes": {"type": "Account", "referenceId": "a1"}, "Name": "Tree",'
        ' "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "c1"}, "LastName": "Leaf"}]}}]}',
        "utf-8",
    )
    told = result(org, "data", "import", "tree", "-f", str(file))
    assert {one["type"] for one in told} == {"Account", "Contact"}
    soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Tree'"
    result(org, "data", "export", "tree", "-q", soql, "-d", str(plans), "--plan")
    again = result(org, "data", "import", "tree", "--plan", str(plans / "Account-Contact-plan.json"))
    assert [one["type"] for one in again] == ["Account", "Contact"]
    found = result(org, "data", "query", "-q", "SELECT Name FROM Contact WHERE Account.Name = 'Tree'")
    assert [one["Name"] for one in found["records"]] == ["Leaf", "Leaf"]


def test_a_search(org: Served) -> None:
    result(org, "data", "create", "record", "-s", "Account", "-v", "Name=Findable")
    found = result(org, "data", "search", "-q", "FIND {Findable} IN Name Fields RETURNING Account (Name)")
    assert [one["Name"] for one in found["searchRecords"]] == ["Findable"]


def test_the_org_and_its_users(org: Served) -> None:
    """Counts, users, a link to open the org in a browser, and the user's token."""
    counts, users, link, token = results(
        org, "org list sobject record-counts", "org list users", "org open -r -p lightning/page/home",
        "org auth show-access-token",
    )  # fmt: skip
    assert {"User": 2}.items() <= {one["name"]: one["count"] for one in counts}.items()
    assert [one["profileName"] for one in users] == ["System Administrator"]
    assert link["url"].startswith(f"{org.url}/secur/frontdoor.jsp?otp=")
    assert "lightning%2Fpage%2Fhome" in link["url"]
    assert token["accessToken"] == org.words["access_token"]


@pytest.mark.parametrize(
    "lines",
    [
        ("org list metadata -m CustomObject", "org list metadata-types", "apex run -f {file}"),
        ("data query -t -q 'SELECT Id FROM ApexClass'", "apex list log", "package installed list"),
    ],
    ids=["soap", "tooling"],
)
def test_what_is_not_faked_says_so(org: Served, tmp_path: Path, lines: tuple[str, ...]) -> None:
    """The words of the 501 reach the user."""
    (tmp_path / "x.apex").write_text("System.debug(1);", "utf-8")
    told = side_by_side(org, *[f"{line.format(file=tmp_path / 'x.apex')} --json" for line in lines], status=1)
    assert [True] * len(lines) == ["is not faked" in one["message"] for one in told], told


def test_requests_of_ones_own(org: Served, tmp_path: Path) -> None:
    """REST as it is; GraphQL is refused by name."""
    printed = sf(org, "api", "request", "rest", "/services/data/v60.0/limits")
    assert "DailyApiRequests" in printed
    body, query = tmp_path / "body.json", tmp_path / "query.txt"
    body.write_text('{"Name": "Requested"}', "utf-8")
    query.write_text("query { uiapi { query { Account { edges { node { Id } } } } } }", "utf-8")
    path = "/services/data/v60.0/sobjects/Account"
    with_body = ("api", "request", "rest", path, "-X", "POST", "--body", f"@{body}", "-i")
    assert sf(org, *with_body).splitlines()[0] == "HTTP/1.1 201"
    told = sf(org, "api", "request", "graphql", "--body", str(query), "--json", status=1)
    assert told["result"]["statusCode"] == 501
    assert "NOT_FAKED" in str(told["result"]["body"])
