"""What a review by the fact sheet found to differ, one test for each thing that was put right."""

from __future__ import annotations

import pytest

from .conftest import Caller


@pytest.mark.evidence(
    "client-derived", "public issues: DELETE_FAILED for accounts with cases and closed won opportunities"
)
def test_an_account_keeps_what_it_has_won(org: Caller) -> None:
    """Opportunities go along with their account, but not won ones: they refuse."""
    account = org.make("Account", Name="Acme")
    deal = {"AccountId": account, "CloseDate": "2026-02-01"}
    won = org.make("Opportunity", Name="W", StageName="Closed Won", **deal)
    lost = org.make("Opportunity", Name="L", StageName="Closed Lost", **deal)

    words = "Your attempt to delete Acme could not be completed because it is associated with the following "
    words += "opportunities.: W"
    assert (400, "DELETE_FAILED", words) == org.delete(f"/sobjects/Account/{account}").error
    org.patch(f"/sobjects/Opportunity/{won}", {"StageName": "Prospecting"})
    assert 204 == org.delete(f"/sobjects/Account/{account}").status
    assert [] == org.soql(f"SELECT Id FROM Opportunity WHERE Id IN ('{won}', '{lost}')")


@pytest.mark.evidence("recorded", "CumulusCI: the row of Organization")
def test_the_row_of_the_organization(org: Caller) -> None:
    """Values that the recorded organizations have and that no setting of an org file changes."""
    recorded = {
        "DefaultCalendarAccess": "HideDetailsInsert",
        "DefaultPricebookAccess": "ReadSelect",
        "DefaultCampaignAccess": "All",
        "UiSkin": "Theme3",
        "SignupCountryIsoCode": "US",
        "NumKnowledgeService": 2,
        "WebToCaseDefaultOrigin": "Web",
        "MonthlyPageViewsUsed": 0,
        "MonthlyPageViewsEntitlement": 0,
    }

    (row,) = org.soql(f"SELECT {', '.join(recorded)} FROM Organization")
    assert recorded == {name: row[name] for name in recorded}


@pytest.mark.evidence("documented", "REST API Developer Guide, conditional requests: a 304 has both headers")
def test_a_304_by_date_has_the_tag_too(org: Caller) -> None:
    """Rows of Account have tags: a client that asked by date learns the tag."""
    account = org.make("Account", Name="a")
    tag = org.get(f"/sobjects/Account/{account}").headers["etag"]

    same = org.get(f"/sobjects/Account/{account}", headers={"If-Modified-Since": "Tue, 31 May 2033 18:13:37 GMT"})
    assert (304, tag) == (same.status, same.headers["etag"])
    assert "last-modified" in same.headers


@pytest.mark.evidence(
    "documented", "REST API Developer Guide v66 and Bulk API 2.0 Developer Guide v67: available in version"
)
@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/limits/recordCount?sObjects=Account", 40),
        ("/parameterizedSearch?q=Acme", 36),
        ("/jobs/ingest", 41),
        ("/jobs/query", 47),
    ],
)
def test_resources_that_came_later(org: Caller, path: str, first: int) -> None:
    """Before its version a resource is a path that nobody knows."""
    before, since = (org.get(f"/services/data/v{version}.0{path}") for version in (first - 1, first))

    assert (404, "NOT_FOUND", "The requested resource does not exist") == before.error
    assert 200 == since.status


@pytest.mark.evidence(
    "documented", "SOQL and SOSL Reference, FIELDS(): from v51; the words of older versions are assumed"
)
def test_fields_came_with_v51(org: Caller) -> None:
    """Before, FIELDS is a function that nobody knows."""
    query = "/query?q=SELECT+FIELDS(STANDARD)+FROM+Account"

    status, code, words = org.get(f"/services/data/v50.0{query}").error
    assert (400, "MALFORMED_QUERY") == (status, code)
    assert words.endswith("ERROR at Row:1:Column:14\nunexpected token: '('")
    assert 200 == org.get(f"/services/data/v51.0{query}").status


@pytest.mark.evidence("client-derived", "restforce 411, simple-salesforce 801: a plus in a path is a plus")
def test_a_plus_in_a_path_is_no_space(org: Caller) -> None:
    """Clients that write a space as `+` do not find the row; `%20` has become a space before this."""
    org.make("Account", Name="space", Key__c="my job")

    assert (404, "NOT_FOUND") == org.get("/sobjects/Account/Key__c/my+job").error[:2]
    assert "space" == org.get("/sobjects/Account/Key__c/my job?fields=Name").json["Name"]
