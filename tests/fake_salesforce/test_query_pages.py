"""Pages of a query over HTTP: batch sizes, child lists that go on by themselves, locators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.fake_salesforce.conftest import HOST, Caller

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.fake import Fake
from fake_salesforce import OrgConfig, create_app

SMALL = {"Sforce-Query-Options": "batchSize=200"}
EXTRA = {
    "objects": {
        "Account": {
            "fields": {
                "Notes__c": {"type": "textarea(32000)"},
                "More__c": {"type": "textarea(32000)"},
                "Short__c": {"type": "textarea(255)"},
            }
        }
    }
}


@pytest.fixture(scope="module")
def stocked() -> Iterator[Fake]:
    """Four accounts with 0, 150, 450 and 210 contacts, and 2,100 leads."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA))
    caller = Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
    parents = [caller.make("Account", Name=f"a{number}") for number in range(4)]
    rows: list[dict[str, Any]] = [
        {"attributes": {"type": "Contact"}, "LastName": f"c{number:03}", "AccountId": parent}
        for parent, count in zip(parents, (0, 150, 450, 210), strict=True)
        for number in range(count)
    ]
    rows += [{"attributes": {"type": "Lead"}, "LastName": f"l{number}", "Company": "x"} for number in range(2_100)]
    for at in range(0, len(rows), 200):
        answer = caller.post("/composite/sobjects", {"allOrNone": True, "records": rows[at : at + 200]})
        assert all(each["success"] for each in answer.json), answer.text
    fake.store.mark_baseline()
    yield fake
    fake.close()


@pytest.fixture
def org(stocked: Fake) -> Caller:
    stocked.reset()
    caller = Caller(stocked)
    caller.clock.set(DEFAULT_MOMENT)
    caller.token = stocked.credentials(f"https://{HOST}")["access_token"]
    return caller


def pages(org: Caller, first: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """*first* and the pages it leads to."""
    page = first
    yield page
    while not page["done"]:
        answer = org.get(page["nextRecordsUrl"])
        assert 200 == answer.status, answer.text
        page = answer.json
        yield page


def ask(org: Caller, text: str, **headers: str) -> dict[str, Any]:
    answer = org.get("/query", query={"q": text}, headers=headers)
    assert 200 == answer.status, answer.text
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: totalSize 10000, nextRecordsUrl …-2000")
@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ("", [2_000, 100]),
        ("batchSize=1", [200] * 10 + [100]),
        ("batchSize=1000", [1_000, 1_000, 100]),
        ("batchSize=9999", [2_000, 100]),
        ("nonsense", [2_000, 100]),
    ],
)
def test_batch_size(org: Caller, options: str, sizes: list[int]) -> None:
    """A page holds 2,000 rows, or what Sforce-Query-Options says within 200 and 2,000."""
    found = list(pages(org, ask(org, "SELECT Id FROM Lead", **({"Sforce-Query-Options": options} if options else {}))))

    assert sizes == [len(each["records"]) for each in found]
    assert {2_100} == {each["totalSize"] for each in found}
    assert ["totalSize", "done", "nextRecordsUrl", "records"] == list(found[0])
    assert found[0]["nextRecordsUrl"].endswith(f"-{sizes[0]}")
    assert 2_100 == len({row["Id"] for each in found for row in each["records"]})


@pytest.mark.evidence("documented", "SOAP API Developer Guide, Change the Batch Size in Queries: long text areas")
def test_wide_rows_come_in_small_batches(org: Caller) -> None:
    """Two custom long text fields make pages of 200; one, or short ones, does not."""
    for _ in range(2):
        rows = [{"attributes": {"type": "Account"}, "Name": "x"}] * 200
        org.post("/composite/sobjects", {"records": rows})

    assert 200 == len(ask(org, "SELECT Id, Notes__c, More__c FROM Account")["records"])
    assert ask(org, "SELECT Id, Notes__c, Short__c FROM Account")["done"]


@pytest.mark.evidence("documented", "SOAP API Developer Guide, QueryOptions: children count toward the batch size")
@pytest.mark.evidence(
    "documented", "SOQL and SOSL Reference, Understanding Query Results: queryMore on the child's result"
)
@pytest.mark.parametrize(("direction", "parents"), [("", [3, 1]), ("DESC", [1, 1, 2])])
def test_child_lists_go_on(org: Caller, direction: str, parents: list[int]) -> None:
    """A child list that does not fit says how it goes on; nothing is lost and nothing comes twice."""
    text = f"SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name {direction}"
    whole = {row["Name"]: row["Contacts"] for row in ask(org, text)["records"]}
    assert {"a0": None, "a1": 150, "a2": 450, "a3": 210} == {
        name: each and each["totalSize"] for name, each in whole.items()
    }
    assert all(each["done"] for each in whole.values() if each)

    found = list(pages(org, ask(org, text, **SMALL)))

    assert parents == [len(page["records"]) for page in found]
    assert all(
        sum(1 + len((row["Contacts"] or {"records": []})["records"]) for row in page["records"]) <= 200
        for page in found
    )
    names: dict[str, list[str]] = {}
    for page in found:
        for row in page["records"]:
            lists = list(pages(org, row["Contacts"])) if row["Contacts"] else []
            names[row["Name"]] = [child["LastName"] for each in lists for child in each["records"]]
    assert {
        name: [child["LastName"] for child in each["records"]] if each else [] for name, each in whole.items()
    } == names
    cut = found[0]["records"][-1]["Contacts"]
    assert ["totalSize", "done", "nextRecordsUrl", "records"] == list(cut)
    assert (450 if not direction else 210, False) == (cut["totalSize"], cut["done"])
    assert cut["nextRecordsUrl"].endswith(f"-{len(cut['records'])}")


def test_a_page_read_twice_is_the_same(org: Caller) -> None:
    """Child lists keep their locators; a snapshot keeps what is being read."""
    text = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account ORDER BY Name"
    first = ask(org, text, **SMALL)
    second = org.get(first["nextRecordsUrl"]).json
    assert not second["records"][0]["Contacts"]["done"]
    assert second == org.get(first["nextRecordsUrl"]).json
    listed = first["records"][-1]["Contacts"]["nextRecordsUrl"]
    again = "/query/" + listed.split("/")[-1].rpartition("-")[0]

    assert org.get(listed).json == org.get(listed).json
    assert first["records"][-1]["Contacts"]["records"] == org.get(again + "-0").json["records"][:47]
    snapshot = org.fake.store.snapshot()
    before = org.get(listed).json
    org.fake.store.restore(snapshot)
    assert before == org.get(listed).json


def test_nested_child_lists_count_and_go_on(org: Caller) -> None:
    """Grandchildren count, too, and a list of theirs goes on by itself."""
    contact = org.soql("SELECT Id FROM Contact WHERE Account.Name = 'a1' ORDER BY LastName LIMIT 1")[0]["Id"]
    rows = [{"attributes": {"type": "Task"}, "Subject": f"t{number:03}", "WhoId": contact} for number in range(200)]
    assert 200 == org.post("/composite/sobjects", {"records": rows}).status
    text = (
        "SELECT Id, (SELECT Id, (SELECT Subject FROM Tasks ORDER BY Subject) FROM Contacts ORDER BY LastName) "
        "FROM Account WHERE Name = 'a1'"
    )

    first = ask(org, text, **SMALL)
    contacts = first["records"][0]["Contacts"]
    tasks = contacts["records"][0]["Tasks"]
    subjects = [each["Subject"] for page in pages(org, tasks) for each in page["records"]]

    assert [f"t{number:03}" for number in range(200)] == subjects
    assert (198, False) == (len(tasks["records"]), tasks["done"])
    assert 150 == sum(len(page["records"]) for page in pages(org, contacts))


@pytest.mark.evidence("documented", "Salesforce limits quick reference: locators live two days")
def test_locators_end(org: Caller) -> None:
    """After two days a locator is gone; its list's, too."""
    first = ask(org, "SELECT Name, (SELECT Id FROM Contacts) FROM Account", **SMALL)
    urls = [ask(org, "SELECT Id FROM Lead")["nextRecordsUrl"], first["records"][-1]["Contacts"]["nextRecordsUrl"]]
    org.clock.advance(timedelta(days=2) - timedelta(seconds=1))
    org.token = org.fake.credentials(f"https://{HOST}")["access_token"]
    assert [200, 200] == [org.get(url).status for url in urls]
    org.clock.advance(timedelta(seconds=1))

    assert [(400, "INVALID_QUERY_LOCATOR")] * 2 == [org.get(url).error[:2] for url in urls]


@pytest.mark.evidence("documented", "Salesforce limits quick reference: ten open cursors a user")
def test_ten_queries_stay_open(org: Caller) -> None:
    """An eleventh closes the oldest; the lists of a query do not count."""
    text = "SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Name = 'a2'"
    found = [ask(org, text, **SMALL)["records"][-1]["Contacts"]["nextRecordsUrl"] for _ in range(11)]

    assert [400, *[200] * 10] == [org.get(url).status for url in found]


@pytest.mark.evidence("client-derived", "django-salesforce scrolls by changing the offset")
def test_any_offset(org: Caller) -> None:
    """The offset of a locator is the client's to choose, within what was found."""
    url = ask(org, "SELECT Id FROM Lead", **SMALL)["nextRecordsUrl"].rpartition("-")[0]

    assert [2_100 - 2_050, True] == [len(org.get(f"{url}-2050").json["records"]), org.get(f"{url}-2050").json["done"]]
    assert 200 == len(org.get(url).json["records"])
    for wrong in (f"{url}-2100", f"{url}-x", url[:-3] + "-1", "/query/01gAAA"):
        assert (400, "INVALID_QUERY_LOCATOR") == org.get(wrong).error[:2], wrong


@pytest.mark.evidence("assumed", "the vendor's words, widely reported")
def test_groups_have_no_second_page(org: Caller) -> None:
    """A query over groups fits into one batch or is refused."""
    text = "SELECT LastName, COUNT(Id) FROM Lead GROUP BY LastName"

    assert (400, "EXCEEDED_ID_LIMIT") == org.get("/query", query={"q": text}).error[:2]
    assert 2_000 == ask(org, f"{text} LIMIT 2000")["totalSize"]
