"""Rows reached along relationships: one parent, or the list of children."""

from __future__ import annotations

from typing import Any

import pytest

GUIDE = "REST API Developer Guide, Traverse Relationships with Friendly URLs"
DATA = "/services/data/v60.0"


@pytest.fixture
def family(org: Any) -> dict[str, str]:
    top = org.make("Account", Name="top")
    account = org.make("Account", Name="middle", ParentId=top)
    contact = org.make("Contact", LastName="low", AccountId=account)
    return {"top": top, "account": account, "contact": contact}


@pytest.mark.evidence("documented", f"{GUIDE}: a simple relationship")
def test_a_parent(org: Any, family: dict[str, str]) -> None:
    """The parent's row, whole or with chosen fields."""
    path = f"/sobjects/Contact/{family['contact']}/Account"
    whole, some = org.get(path), org.get(f"{path}?fields=Name")

    assert org.row("Account", family["account"]) == whole.json
    assert ["attributes", "Name", "Id"] == list(some.json)
    assert 400 == org.get(f"{path}?fields=Nope").status


@pytest.mark.evidence("documented", f"{GUIDE}: several levels up, at most five")
def test_a_parent_of_a_parent(org: Any, family: dict[str, str]) -> None:
    """Names are joined by slashes; five are followed, a sixth is not."""
    path = f"/sobjects/Contact/{family['contact']}/Account/Parent"
    assert "top" == org.get(path).json["Name"]

    chain = [org.make("Account", Name="0")]
    for number in range(1, 7):
        chain.append(org.make("Account", Name=str(number), ParentId=chain[-1]))
    five, six = ("/".join([f"/sobjects/Account/{chain[-1]}", *["Parent"] * steps]) for steps in (5, 6))
    assert ("1", 404) == (org.get(five).json["Name"], org.get(six).status)


@pytest.mark.evidence("documented", f"{GUIDE}: PATCH and DELETE of a relationship that resolves to one record")
def test_a_parent_is_changed_and_deleted(org: Any, family: dict[str, str]) -> None:
    """204, and it is the parent that changes or goes."""
    path = f"/sobjects/Contact/{family['contact']}/Account"

    assert 204 == org.patch(path, {"Phone": "1"}).status
    assert "1" == org.row("Account", family["account"])["Phone"]
    assert 204 == org.delete(f"{path}/Parent").status
    assert 404 == org.get(f"/sobjects/Account/{family['top']}").status


@pytest.mark.evidence("documented", f"{GUIDE}: no related record is 404")
def test_a_parent_that_is_not_set(org: Any) -> None:
    """The call fails with 404; so does a name that is no relationship."""
    contact = org.make("Contact", LastName="alone")

    for method in ("GET", "PATCH", "DELETE"):
        assert 404 == org.call(method, f"/sobjects/Contact/{contact}/Account", {}).status
    assert 404 == org.get(f"/sobjects/Contact/{contact}/Nope").status


@pytest.mark.evidence("documented", f"{GUIDE}: a relationship with multiple records")
def test_children(org: Any, family: dict[str, str]) -> None:
    """A query result, with all fields of the children or only those that are asked for."""
    path = f"/sobjects/Account/{family['account']}/Contacts"
    whole, some = org.get(path).json, org.get(f"{path}?fields=lastname, Phone").json

    assert ["totalSize", "done", "records"] == list(whole)
    assert [org.row("Contact", family["contact"])] == whole["records"]
    url = f"{DATA}/sobjects/Contact/{family['contact']}"
    row = {"attributes": {"type": "Contact", "url": url}, "LastName": "low", "Phone": None}
    assert {"totalSize": 1, "done": True, "records": [row]} == some
    assert ["attributes", "LastName", "Phone"] == list(some["records"][0])
    assert "low" == org.get(f"/sobjects/Contact/{family['contact']}/Account/Contacts").json["records"][0]["LastName"]


@pytest.mark.evidence("documented", f"{GUIDE}: an empty relationship with multiple records is 200")
def test_no_children(org: Any) -> None:
    """A result without records; a row that is not there has no children at all."""
    account = org.make("Account", Name="x")
    path = f"/sobjects/Account/{account}/Contacts"
    assert {"totalSize": 0, "done": True, "records": []} == org.get(path).json

    org.delete(f"/sobjects/Account/{account}")
    assert 404 == org.get(path).status


@pytest.mark.evidence("documented", f"{GUIDE}: only GET for relationships with multiple records; one level down")
def test_what_children_do_not_take(org: Any, family: dict[str, str]) -> None:
    """405 for PATCH and DELETE; nothing comes after a list."""
    path = f"/sobjects/Account/{family['account']}/Contacts"

    assert [405, 405] == [org.call(method, path, {}).status for method in ("PATCH", "DELETE")]
    assert "GET,HEAD" == org.delete(path).headers["allow"]
    assert 404 == org.get(f"{path}/Account").status
    assert (400, "INVALID_FIELD") == org.get(f"{path}?fields=Nope").error[:2]


@pytest.mark.evidence("documented", f"{GUIDE}: nextRecordsUrl")
def test_children_page_by_page(org: Any) -> None:
    """More children than a page: the rest is a query's."""
    account = org.make("Account", Name="x")
    records = [{"attributes": {"type": "Contact"}, "LastName": f"{n}", "AccountId": account} for n in range(200)]
    org.post("/composite/sobjects", {"records": records})
    org.make("Contact", LastName="last", AccountId=account)
    options = {"Sforce-Query-Options": "batchSize=200"}
    first = org.get(f"/sobjects/Account/{account}/Contacts?fields=LastName", headers=options).json

    assert (201, False, 200) == (first["totalSize"], first["done"], len(first["records"]))
    assert 1 == len(org.get(first["nextRecordsUrl"]).json["records"])


def test_relationships_came_with_v36(org: Any, family: dict[str, str]) -> None:
    """Earlier versions have no such resource."""
    path = f"sobjects/Contact/{family['contact']}/Account"

    assert [404, 200] == [org.get(f"/services/data/v{number}.0/{path}").status for number in (35, 36)]
