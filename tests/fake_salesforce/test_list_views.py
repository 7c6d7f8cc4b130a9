"""List views: their describes and their results, in the shapes of the guide's samples."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Caller
from .layouts_org import _org, typed

__all__ = ["_org", "typed"]

VIEWS = ("documented", "REST API Developer Guide v66, List Views, List View Describe, List View Results")


def views(org: Caller, name: str = "Account") -> dict[str, dict[str, Any]]:
    return {each["developerName"]: each for each in org.get(f"/sobjects/{name}/listviews").json["listviews"]}


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*VIEWS)
def test_list_views(typed: Caller) -> None:
    answer = typed.get("/sobjects/Account/listviews").json
    assert ["done", "listviews", "nextRecordsUrl", "size", "sobjectType"] == list(answer)
    assert {"AllAccounts", "MyAccounts", "NewThisWeek", "NewLastWeek"} == views(typed).keys()
    assert {"All Accounts", "My Accounts", "New This Week", "New Last Week"} == {
        each["label"] for each in views(typed).values()
    }
    one = views(typed)["MyAccounts"]
    assert ["describeUrl", "developerName", "id", "label", "resultsUrl", "soqlCompatible", "url"] == list(one)
    assert one == typed.get(one["url"]).json
    assert one == typed.get(f"/sobjects/account/listviews/{one['id'][:15]}").json
    assert "AllSite__cs" not in views(typed, "Site__c")


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*VIEWS)
def test_the_describe_of_a_list_view_is_the_sample(typed: Caller) -> None:
    """Account's New This Week, but for the ids."""
    answer = typed.get(views(typed)["NewThisWeek"]["describeUrl"]).json
    assert ["columns", "id", "orderBy", "query", "scope", "sobjectType", "whereCondition"] == list(answer)
    assert answer["query"] == (
        "SELECT name, site, billingstate, phone, tolabel(type), owner.alias, id, createddate, lastmodifieddate, "
        "systemmodstamp FROM Account WHERE CreatedDate = THIS_WEEK ORDER BY Name ASC NULLS FIRST, Id ASC NULLS FIRST"
    )
    assert {"field": "CreatedDate", "operator": "equals", "values": ["THIS_WEEK"]} == answer["whereCondition"]
    assert answer["orderBy"][1] == {"fieldNameOrPath": "Id", "nullsPosition": "first", "sortDirection": "ascending"}
    columns = {each["fieldNameOrPath"]: each for each in answer["columns"]}
    assert columns["Name"] == {
        "ascendingLabel": "Z-A", "descendingLabel": "A-Z", "fieldNameOrPath": "Name", "hidden": False,
        "label": "Account Name", "selectListItem": "Name", "sortDirection": "ascending", "sortIndex": 0,
        "sortable": True, "type": "string",
    }  # fmt: skip
    assert columns["Type"]["selectListItem"] == "toLabel(Type)"
    assert (columns["Id"]["hidden"], columns["Id"]["sortable"], columns["Id"]["sortIndex"]) == (True, False, None)
    assert 15 == len(answer["id"])


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence("documented", "REST API Developer Guide v66, List View Describe: Account's; the others: assumed")
def test_what_a_list_view_asks_for(typed: Caller) -> None:
    """Which columns it has, by object, and which rows: those of the caller, of this week, of the last."""
    shown = {
        "Account": "Name Site BillingState Phone Type Owner.Alias",
        "Contact": "Name Phone Email Owner.Alias",
        "Opportunity": "Name Amount CloseDate StageName Owner.Alias",
        "Case": "CaseNumber Subject Status Priority",  # its owner may be a queue, which has no alias
        "Lead": "Name Company State Email Status",
    }
    all_of = {"conditions": [], "conjunction": "and"}
    made = {"field": "CreatedDate", "operator": "equals"}
    for name, words in shown.items():
        told = [typed.get(each["describeUrl"]).json for each in views(typed, name).values()]
        assert [words.split()] * 4 == [
            [column["fieldNameOrPath"] for column in each["columns"] if not column["hidden"]] for each in told
        ]
        assert [
            (None, all_of), ("mine", all_of),
            (None, {**made, "values": ["THIS_WEEK"]}), (None, {**made, "values": ["LAST_WEEK"]}),
        ] == [(each["scope"], each["whereCondition"]) for each in told]  # fmt: skip


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*VIEWS)
def test_how_a_column_says_its_order(typed: Caller) -> None:
    """By its type, in the words for either way; list views are there from v32 on."""
    wanted = {
        "Account": {"Name": ("Z-A", "A-Z"), "Phone": ("9-0", "0-9"), "Type": ("Low to High", "High to Low")},
        "Opportunity": {"Amount": ("9-0", "0-9"), "CloseDate": ("New to Old", "Old to New")},
    }
    for name, plural in (("Account", "Accounts"), ("Opportunity", "Opportunities")):
        columns = typed.get(views(typed, name)[f"All{plural}"]["describeUrl"]).json["columns"]
        told = {one["fieldNameOrPath"]: (one["ascendingLabel"], one["descendingLabel"]) for one in columns}
        assert wanted[name] == {field: told[field] for field in wanted[name]}
    assert [404, 200] == [typed.get(f"/services/data/v{n}.0/sobjects/Account/listviews").status for n in (31, 32)]


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.parametrize(
    ("query", "status"), [("limit=2000", 200), ("limit=2001", 400), ("offset=2000", 200), ("offset=2001", 400)]
)
def test_the_edges_of_results(typed: Caller, query: str, status: int) -> None:
    """Two thousand rows at most, from the row after the two thousandth at most."""
    assert status == typed.get(f"{views(typed)['AllAccounts']['resultsUrl']}?{query}").status


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence("assumed", "twenty-five rows are documented, which columns an object without a sample has is not")
def test_how_much_a_list_view_shows(typed: Caller) -> None:
    """Twenty-five rows unless more are asked for; five columns and the owner's alias."""
    records = [{"attributes": {"type": "Account"}, "Name": f"a{number}"} for number in range(30)]
    assert 200 == typed.post("/composite/sobjects", {"records": records}).status
    columns = typed.get(views(typed, "Campaign")["AllCampaigns"]["describeUrl"]).json["columns"]

    assert 25 == typed.get(views(typed)["AllAccounts"]["resultsUrl"]).json["size"]
    assert (6, "Owner.Alias") == (
        len([one for one in columns if not one["hidden"]]),
        [one["fieldNameOrPath"] for one in columns if not one["hidden"]][-1],
    )


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.evidence(*VIEWS)
def test_results(typed: Caller) -> None:
    for name in ("Zeta", "Acme", "Beta"):
        typed.make("Account", Name=name, Type="Prospect")
    url = views(typed)["AllAccounts"]["resultsUrl"]
    answer = typed.get(url).json
    assert ["columns", "developerName", "done", "id", "label", "records", "size"] == list(answer)
    assert (3, True, "AllAccounts") == (answer["size"], answer["done"], answer["developerName"])
    cells = [{one["fieldNameOrPath"]: one["value"] for one in row["columns"]} for row in answer["records"]]
    assert ["Acme", "Beta", "Zeta"] == [each["Name"] for each in cells]
    assert ("Prospect", None, "Mon Jan 05 09:00:00 GMT 2026") == (
        cells[0]["Type"], cells[0]["Site"], cells[0]["CreatedDate"]
    )  # fmt: skip
    page = typed.get(f"{url}?limit=1&offset=1").json
    assert (1, False, "Beta") == (page["size"], page["done"], page["records"][0]["columns"][0]["value"])
    assert (0, True) == tuple(typed.get(f"{url}?offset=3").json[key] for key in ("size", "done"))
    assert (0, []) == tuple(
        typed.get(views(typed)["NewLastWeek"]["resultsUrl"]).json[key] for key in ("size", "records")
    )


@pytest.mark.ledger("salesforce/shape/layouts")
@pytest.mark.parametrize("query", ["limit=0", "limit=2001", "limit=x", "offset=-1", "limit="])
@pytest.mark.evidence("assumed", "the bounds are documented, the refusal is not")
def test_bounds_of_results(typed: Caller, query: str) -> None:
    answer = typed.get(f"{views(typed)['AllAccounts']['resultsUrl']}?{query}")
    assert (400, "ILLEGAL_QUERY_PARAMETER_VALUE") == answer.error[:2]


@pytest.mark.evidence(*VIEWS)
def test_every_list_view_of_every_object_runs(typed: Caller) -> None:
    for name in ("Account", "Contact", "Lead", "Opportunity", "Case", "Campaign", "Site__c"):
        for view in views(typed, name).values():
            answer = typed.get(view["resultsUrl"])
            assert 200 == answer.status, answer.text
