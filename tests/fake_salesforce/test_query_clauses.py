"""Clauses of a query that need an org: scopes, WITH, FOR VIEW, the fiscal year, objects that want a filter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.fake_salesforce.conftest import HOST, Caller


@pytest.fixture
def other(org: Caller) -> str:
    """The id of the second user."""
    (row,) = org.soql("SELECT Id FROM User WHERE Username = 'integration@understudy.example'")
    found: str = row["Id"]
    return found


@pytest.fixture
def theirs(org: Caller) -> Caller:
    """A session of the second user."""
    answer = org.post(
        "/services/oauth2/token",
        data=b"grant_type=password&client_id=3MVG9understudy.connected.app&client_secret=UNDERSTUDYSECRET0000000001"
        b"&username=integration@understudy.example&password=understudy-2UnderstudyToken0000000002",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""},
    )
    return Caller(org.fake, answer.json["access_token"])


def names(org: Caller, text: str) -> list[Any]:
    return [next(value for key, value in each.items() if key != "attributes") for each in org.soql(text)]


def refused(org: Caller, text: str) -> tuple[int, str, str]:
    return org.get("/query", query={"q": text}).error


# ---- USING SCOPE


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, USING SCOPE; the describes' supportedScopes")
def test_scopes(org: Caller, other: str) -> None:
    """mine, delegated, queue_owned and user_owned choose by owner; everything does not."""
    org.make("Lead", LastName="mine", Company="x")
    org.make("Lead", LastName="theirs", Company="x", OwnerId=other)
    queue = org.make("Group", Name="Q", Type="Queue")
    org.make("Lead", LastName="queued", Company="x", OwnerId=queue)
    org.make("Event", Subject="given", OwnerId=other, StartDateTime="2026-01-05T10:00:00Z", DurationInMinutes=5)
    org.make("Event", Subject="kept", StartDateTime="2026-01-05T10:00:00Z", DurationInMinutes=5)

    lead = "SELECT LastName FROM Lead USING SCOPE {} ORDER BY LastName"
    assert ["mine", "queued", "theirs"] == names(org, lead.format("everything"))
    assert ["mine"] == names(org, lead.format("MINE"))
    assert ["queued"] == names(org, lead.format("queue_owned"))
    assert ["mine", "theirs"] == names(org, lead.format("user_owned"))
    assert ["given"] == names(org, "SELECT Subject FROM Event USING SCOPE delegated")
    assert [] == names(org, "SELECT Name FROM Account USING SCOPE team")


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, USING SCOPE (the words are ours)")
@pytest.mark.parametrize("scope", ["delegated", "my_territory", "mine_and_my_groups", "queue_owned"])
def test_scope_an_object_does_not_know(org: Caller, scope: str) -> None:
    """A scope that the describe does not list is refused."""
    status, code, message = refused(org, f"SELECT Id FROM Contact USING SCOPE {scope}")

    assert (400, "MALFORMED_QUERY") == (status, code)
    assert message.endswith(f"scope '{scope}' is not supported for entity 'Contact'")


# ---- WITH, ALL ROWS, FOR, UPDATE


@pytest.mark.parametrize(
    "clause",
    ["WITH SECURITY_ENFORCED", "WITH USER_MODE", "with system_mode", "FOR UPDATE", "FOR VIEW", "FOR REFERENCE",
     "FOR VIEW FOR REFERENCE", "UPDATE TRACKING", "UPDATE VIEWSTAT", "UPDATE TRACKING, VIEWSTAT"],
)  # fmt: skip
def test_clauses_that_change_nothing_found(org: Caller, clause: str) -> None:
    """Modes, locks and counters do not change which rows are found."""
    org.make("Account", Name="x")

    assert ["x"] == names(org, f"SELECT Name FROM Account {clause}")


@pytest.mark.evidence("client-derived", "SoqlX issue 25 quoting an org")
def test_all_rows_is_for_apex(org: Caller) -> None:
    assert (400, "MALFORMED_QUERY", "ALL ROWS not allowed in this context") == refused(
        org, "SELECT Id FROM Account ALL ROWS"
    )


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, WITH DATA CATEGORY: for articles (the words are ours)")
def test_data_categories(org: Caller) -> None:
    """Objects without data categories refuse to be filtered by them; a wrong selector is no SOQL."""
    base = "SELECT Id FROM Account WITH DATA CATEGORY Geography__c"

    assert (
        "not supported for entity 'Account'" in refused(org, f"{base} ABOVE usa__c AND Product__c AT (a__c, b__c)")[2]
    )
    assert refused(org, f"{base} NEAR usa__c")[2].endswith("unexpected token: 'NEAR'")
    assert "not supported for entity 'Account'" in refused(org, "SELECT Id FROM Account WITH Name = 'x'")[2]


@pytest.mark.evidence(
    "documented", "SOQL and SOSL Reference, FOR VIEW and FOR REFERENCE; Object Reference, LastViewedDate"
)
def test_views_are_noted_for_the_user(org: Caller, theirs: Caller) -> None:
    """FOR VIEW sets both dates, FOR REFERENCE one, for who asks and for nobody else; nothing else changes."""
    first, second = org.make("Account", Name="a"), org.make("Account", Name="b")
    before = org.row("Account", first)
    text = "SELECT LastViewedDate, LastReferencedDate FROM Account ORDER BY Name"
    assert [None, None] == [each["LastReferencedDate"] for each in org.soql(text)]

    org.soql(f"SELECT Id FROM Account WHERE Id = '{first}' FOR VIEW")
    org.soql(f"SELECT Id FROM Account WHERE Id = '{second}' FOR REFERENCE")

    now = "2026-01-05T09:00:00.000+0000"
    assert [(now, now), (None, now)] == [(row["LastViewedDate"], row["LastReferencedDate"]) for row in org.soql(text)]
    assert ["a"] == names(org, "SELECT Name FROM Account WHERE LastViewedDate = TODAY ORDER BY LastViewedDate")
    assert [None, None] == [each["LastReferencedDate"] for each in theirs.soql(text)]
    after = org.row("Account", first)
    assert before["SystemModstamp"] == after["SystemModstamp"]


# ---- The fiscal year


@pytest.mark.evidence("documented", "Object Reference, Organization.FiscalYearStartMonth")
def test_fiscal_year_of_the_org(org: Caller) -> None:
    """Fiscal literals and functions follow the org's row."""
    (company,) = org.soql("SELECT Id FROM Organization")
    org.make("Opportunity", Name="x", StageName="Prospecting", CloseDate="2025-12-31")
    year = "SELECT FISCAL_YEAR(CloseDate) y FROM Opportunity GROUP BY FISCAL_YEAR(CloseDate)"
    this = "SELECT COUNT() FROM Opportunity WHERE CloseDate = THIS_FISCAL_YEAR"
    assert [2025] == names(org, year)
    assert 0 == org.get("/query", query={"q": this}).json["totalSize"]

    answer = org.patch(f"/sobjects/Organization/{company['Id']}", {"FiscalYearStartMonth": 7})

    assert 204 == answer.status, answer.text
    assert [2026] == names(org, year)
    assert 1 == org.get("/query", query={"q": this}).json["totalSize"]


# ---- Objects that want a filter


@pytest.mark.evidence("client-derived", "airbyte issue 30819, sfdc-convert-attachments-to-chatter-files issue 29")
def test_links_of_documents_want_a_filter(org: Caller) -> None:
    """ContentDocumentLink answers only for named documents or records."""
    words = (
        "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or "
        "LinkedEntityId using the equals operator or multiple Id's using the IN operator."
    )
    record = "001000000000001AAA"
    for where in (
        "",
        "WHERE IsDeleted = false",
        f"WHERE LinkedEntityId = '{record}' OR IsDeleted = true",
        f"WHERE LinkedEntityId != '{record}'",
        "WHERE ContentDocumentId IN (SELECT Id FROM ContentDocument)",
    ):
        found = refused(org, f"SELECT Id FROM ContentDocumentLink {where}")
        assert (400, "MALFORMED_QUERY", words) == found, where
    for where in (f"linkedentityid = '{record}'", f"IsDeleted = false AND ContentDocumentId IN ('{record}')"):
        assert [] == org.soql(f"SELECT Id FROM ContentDocumentLink WHERE {where}")
    assert [] == org.soql("SELECT Id, (SELECT Id FROM ContentDocumentLinks) FROM Account")


# ---- explain


@pytest.mark.evidence("documented", "REST API Developer Guide, Get Feedback on Query Performance: the example's shape")
def test_explain(org: Caller) -> None:
    """Plans come cheapest first, each with its fields, notes and counts; nothing is run."""
    for number in range(5):
        org.make("Account", Name=f"a{number}", NumberOfEmployees=number)
    text = "SELECT Name FROM Account WHERE CreatedDate = TODAY AND NumberOfEmployees > 2"

    answer = org.get("/query", query={"explain": text}).json

    index, scan = sorted(answer["plans"], key=lambda each: each["leadingOperationType"])
    note = "Not considering filter for optimization because unindexed"
    assert {
        "cardinality": 5, "fields": ["CreatedDate"], "leadingOperationType": "Index",
        "notes": [
            {"description": note, "fields": ["NumberOfEmployees"], "tableEnumOrId": "Account"},
            {"description": note, "fields": ["IsDeleted"], "tableEnumOrId": "Account"},
        ],
        "relativeCost": index["relativeCost"], "sobjectCardinality": 5, "sobjectType": "Account",
    } == index  # fmt: skip
    assert ("TableScan", 2, []) == (scan["leadingOperationType"], scan["cardinality"], scan["fields"])
    assert ["plans", "sourceQuery"] == list(answer)
    assert [each["relativeCost"] for each in answer["plans"]] == sorted(
        each["relativeCost"] for each in answer["plans"]
    )
    assert text == answer["sourceQuery"]


@pytest.mark.evidence(
    "documented", "REST API Developer Guide, Query Performance Feedback: INVALID_ID (the words are ours)"
)
def test_explain_refuses(org: Caller) -> None:
    """What is no SOQL is refused as by a query; the org has no reports, and no list view of that id."""
    assert (400, "MALFORMED_QUERY", "unexpected token: SELEKT") == org.get(
        "/query", query={"explain": "SELEKT Id FROM Account"}
    ).error
    for record_id in ("00O000000000001AAA", "00B000000000001"):
        assert (400, "INVALID_ID") == org.get("/query", query={"explain": record_id}).error[:2]


@pytest.mark.evidence("documented", "REST API Developer Guide v66, Query Performance Feedback: a list view's id")
def test_explain_of_a_list_view(org: Caller) -> None:
    """Its query is the one that is explained, by the id of 18 characters and of 15."""
    for name in ("Account", "Contact"):
        for view in org.get(f"/sobjects/{name}/listviews").json["listviews"]:
            query = org.get(f"{view['describeUrl']}").json["query"]
            for record_id in (view["id"], view["id"][:15]):
                told = org.get("/query", query={"explain": record_id}).json
                assert (query, name) == (told["sourceQuery"], told["plans"][0]["sobjectType"])


def test_text_without_session_is_not_looked_at(anyone: Caller) -> None:
    """Who has no session learns nothing of a query."""
    answer = Caller(anyone.fake, host=HOST).get("/query", query={"explain": "SELECT Id FROM Account"})

    assert 401 == answer.status


def test_rows_of_a_range_come_in_the_order_of_their_ids(org: Caller) -> None:
    """Without ORDER BY rows come by id, also where an index on their dates found them."""
    ids = [org.make("Account", Name=f"a{number}") for number in range(3)]
    for record_id in reversed(ids):
        org.clock.advance(timedelta(minutes=1))
        org.patch(f"/sobjects/Account/{record_id}", {"Phone": "1"})

    assert ids == names(org, "SELECT Id FROM Account WHERE LastModifiedDate > 2026-01-05T09:00:00Z")
    assert ids[::-1] == names(org, "SELECT Id FROM Account WHERE SystemModstamp = TODAY ORDER BY SystemModstamp")
