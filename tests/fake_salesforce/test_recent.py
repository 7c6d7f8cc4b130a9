"""Recently viewed rows: what a user asked for with FOR VIEW or Sforce-Mru, latest first.

Evidence: REST API Developer Guide, Recently Viewed Items, sObject Basic Information, Sforce-Mru header; SOQL reference,
FOR VIEW. The rows' keys are those of the guide's samples.
"""

from __future__ import annotations

import pytest
from tests.fake_salesforce.conftest import Caller

MRU = {"Sforce-Mru": "updateMru=true"}


def recent(org: Caller, **query: str) -> list[str]:
    return [row["Name"] for row in org.get("/recent", query=query).json]


def test_nothing_is_recent_unless_it_was_asked_for(org: Caller) -> None:
    made = org.make("Account", Name="Acme")
    org.row("Account", made)
    org.soql("SELECT Id FROM Account")
    assert org.get("/recent").json == []
    assert org.get("/sobjects/Account").json["recentItems"] == []


def test_for_view_and_the_header_make_rows_recent(org: Caller) -> None:
    first = org.make("Account", Name="First")
    org.make("Contact", LastName="Person", FirstName="A")
    second = org.make("Account", Name="Second")
    org.soql("SELECT Id FROM Account WHERE Name = 'First' FOR VIEW")
    org.clock.advance(seconds=1)
    org.get(f"/sobjects/Account/{second}", headers=MRU)
    org.clock.advance(seconds=1)
    org.post("/sobjects/Contact", {"LastName": "New"}, headers=MRU)

    assert recent(org) == ["New", "Second", "First"]
    assert recent(org, limit="2") == ["New", "Second"]
    basic = org.get("/sobjects/Account").json
    assert [list(row) for row in basic["recentItems"]] == [["attributes", "Id", "Name"]] * 2
    assert [row["Id"] for row in basic["recentItems"]] == [second, first]

    org.clock.advance(seconds=1)
    org.patch(f"/sobjects/Account/{first}", {"Name": "First again"}, headers=MRU)
    assert recent(org)[0] == "First again"
    org.delete(f"/sobjects/Account/{first}")
    assert "First again" not in recent(org)


def test_the_header_is_for_v60_and_later(org: Caller) -> None:
    made = org.make("Account", Name="Acme")
    org.get(f"/services/data/v59.0/sobjects/Account/{made}", headers=MRU)
    org.get(f"/sobjects/Account/{made}", headers={"Sforce-Mru": "updateMru=false"})
    assert recent(org) == []


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", "", "²"])
def test_a_limit_that_makes_no_sense(org: Caller, limit: str) -> None:
    answer = org.get("/recent", query={"limit": limit})
    assert answer.error[:2] == (400, "ILLEGAL_QUERY_PARAMETER_VALUE")
