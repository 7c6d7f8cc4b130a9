"""Collections: what the guide's samples show, chunks, limits and refusals."""

from __future__ import annotations

from typing import Any

import pytest

GUIDE = "REST API Developer Guide, sObject Collections"
ROLLED_BACK = {
    "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
    "fields": [],
}


def typed(sobject: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject}, **fields}


def send(org: Any, method: str, path: str, *records: Any, **more: Any) -> Any:
    answer = org.call(method, path, {"records": list(records), **more})
    assert 200 == answer.status, answer.text
    return answer.json


@pytest.mark.evidence("documented", f"{GUIDE}: update, some records fail, allOrNone true")
def test_a_rolled_back_update_shows_its_id(org: Any) -> None:
    """The sample of the guide: the good row has its id, the bad one its own error."""
    account = org.make("Account", Name="x")
    good, bad = send(
        org,
        "PATCH",
        "/composite/sobjects",
        typed("Account", id=account, NumberOfEmployees=27000),
        typed("Contact", id="001xx000003DGb2999", Title="Lead Engineer"),
        allOrNone=True,
    )

    assert {"id": account, "success": False, "errors": [ROLLED_BACK]} == good
    text = "Contact ID: id value of incorrect type: 001xx000003DGb2999"
    error = {"statusCode": "MALFORMED_ID", "message": text, "fields": ["Id"]}
    assert {"success": False, "errors": [error]} == bad
    assert None is org.row("Account", account)["NumberOfEmployees"]


@pytest.mark.evidence("documented", f"{GUIDE}: create, some records fail, allOrNone true")
def test_a_rolled_back_create_has_no_id(org: Any) -> None:
    """The refused row comes first: the other never had an id."""
    bad, good = send(org, "POST", "/composite/sobjects", typed("Account"), typed("Account", Name="x"), allOrNone=True)

    assert "REQUIRED_FIELD_MISSING" == bad["errors"][0]["statusCode"]
    assert {"success": False, "errors": [ROLLED_BACK]} == good


def test_ids_of_an_earlier_chunk(org: Any) -> None:
    """A chunk that was done before the refused one had given its ids out."""
    records = [typed("Account", Name="a"), typed("Contact", LastName="b"), typed("Contact"), typed("Account", Name="c")]
    shown = ["id" in item for item in send(org, "POST", "/composite/sobjects", *records, allOrNone=True)]

    assert [True, False, False, False] == shown
    assert [] == org.soql("SELECT Id FROM Account")


@pytest.mark.evidence("documented", f"{GUIDE}: at most ten chunks of consecutive records of one type")
@pytest.mark.parametrize(("chunks", "status"), [(10, 200), (11, 400)])
def test_chunks(org: Any, chunks: int, status: int) -> None:
    """Two types in turn: the tenth chunk is done, an eleventh refuses the call."""
    pair = [typed("Account", Name="x"), typed("Contact", LastName="y")]
    records = [pair[number % 2] for number in range(chunks)]
    before = org.rows

    assert status == org.post("/composite/sobjects", {"records": records}).status
    assert (status == 400) == (before == org.rows)


@pytest.mark.evidence("client-derived", "sorenkrabbe/Chrome-Salesforce-inspector issue 134")
def test_more_than_two_hundred(org: Any) -> None:
    """The words of the vendor; deletes have the same limit, reading by POST has 2,000."""
    text = "record limit reached. cannot submit more than 200 records into this call"
    many = {"records": [typed("Account", Name="x")] * 201}
    ids = ",".join(["001000000000000AAA"] * 201)

    assert (400, "EXCEEDED_ID_LIMIT", text) == org.post("/composite/sobjects", many).error
    assert (400, "EXCEEDED_ID_LIMIT", text) == org.delete(f"/composite/sobjects?ids={ids}").error
    body = {"ids": ["001000000000000AAA"] * 2001, "fields": ["Id"]}
    assert (400, "EXCEEDED_ID_LIMIT") == org.post("/composite/sobjects/Account", body).error[:2]
    assert 2000 == len(org.post("/composite/sobjects/Account", {**body, "ids": body["ids"][1:]}).json)


@pytest.mark.evidence("documented", f"{GUIDE}: about 800 ids by URL, then 414")
def test_reading_by_url(org: Any) -> None:
    """800 ids fit into a URL, a thousand do not."""
    record_id = org.make("Account", Name="x")
    path = "/composite/sobjects/Account?fields=Name&ids="

    assert 800 == len(org.get(path + ",".join([record_id] * 800)).json)
    assert 414 == org.get(path + ",".join([record_id] * 1000)).status


@pytest.mark.evidence("documented", f"{GUIDE}: attributes must hold a type; an upsert takes the path's type only")
@pytest.mark.parametrize(
    "record", [{"Name": "x"}, {"attributes": {}, "Name": "x"}, {"attributes": {"type": 1}}, "x", None, []]
)
def test_a_record_without_a_type(org: Any, record: Any) -> None:
    """The call is refused as a whole, by every operation."""
    before = org.rows
    body = {"records": [typed("Account", Name="a", Key__c="1"), record]}

    for method, path in (("POST", ""), ("PATCH", ""), ("PATCH", "/Account/Key__c")):
        assert 400 == org.call(method, f"/composite/sobjects{path}", body).status
    other = {"records": [typed("Contact", LastName="a")]}
    assert 400 == org.patch("/composite/sobjects/Account/Key__c", other).status
    assert before == org.rows


@pytest.mark.evidence("recorded", "CumulusCI: upsert by Id with a null Id inserts")
def test_upsert_by_id(org: Any) -> None:
    """A null Id inserts, an id updates; created says which."""
    account = org.make("Account", Name="x")
    made, changed = send(
        org, "PATCH", "/composite/sobjects/Account/Id",
        typed("Account", Id=None, Name="new"), typed("Account", Id=account, Name="y"),
    )  # fmt: skip

    assert ["id", "success", "errors", "created"] == list(made)
    assert [True, False] == [made["created"], changed["created"]]
    assert "y" == org.row("Account", account)["Name"]


def test_upsert_by_an_id_lookup_field(org: Any) -> None:
    """Email of a contact is one; several rows that have it are DUPLICATE_EXTERNAL_ID."""
    first = org.make("Contact", LastName="x", Email="a@example.com")
    path = "/composite/sobjects/Contact/Email"
    (found,) = send(org, "PATCH", path, typed("Contact", LastName="y", Email="A@example.com"))
    assert (first, False) == (found["id"], found["created"])

    second = org.make("Contact", LastName="x", Email="a@example.com")
    (many,) = send(org, "PATCH", path, typed("Contact", LastName="y", Email="a@example.com"))
    text = f"Email: more than one record found for external id field: [{first[:15]}, {second[:15]}]"
    assert [("DUPLICATE_EXTERNAL_ID", text)] == [(one["statusCode"], one["message"]) for one in many["errors"]]
    assert "id" not in many
    (without,) = send(org, "PATCH", path, typed("Contact", LastName="y"))
    assert "MISSING_ARGUMENT" == without["errors"][0]["statusCode"]


def test_one_key_twice_in_a_call(org: Any) -> None:
    """The first record is saved, the later one is refused."""
    records = [typed("Account", Name="a", Key__c="k"), typed("Account", Name="b", Key__c="K ")]
    first, second = send(org, "PATCH", "/composite/sobjects/Account/Key__c", *records)

    assert (True, "DUPLICATE_VALUE") == (first["success"], second["errors"][0]["statusCode"])
    assert ["a"] == [row["Name"] for row in org.soql("SELECT Name FROM Account")]


def test_a_rolled_back_upsert(org: Any) -> None:
    """What was updated shows its id, what would have been created does not."""
    account = org.make("Account", Name="x", Key__c="there")
    before = org.rows
    records = [typed("Account", Key__c="there"), typed("Account", Key__c="new", Name="y"), typed("Account", Key__c="z")]
    updated, created, bad = send(org, "PATCH", "/composite/sobjects/Account/Key__c", *records, allOrNone=True)

    assert (account, [ROLLED_BACK]) == (updated["id"], updated["errors"])
    assert (["success", "errors"], [ROLLED_BACK]) == (list(created), created["errors"])
    assert "REQUIRED_FIELD_MISSING" == bad["errors"][0]["statusCode"]
    assert before == org.rows


@pytest.mark.evidence("documented", f"{GUIDE}: delete, malformed id")
def test_delete(org: Any) -> None:
    """Rows of several objects; a bad id has its own result; allOrNone undoes the others."""
    account, contact = org.make("Account", Name="x"), org.make("Contact", LastName="y")
    before = org.rows
    undone = org.delete(f"/composite/sobjects?ids={account},001RM000003oLrB000&allOrNone=true").json
    assert [{"id": account, "success": False, "errors": [ROLLED_BACK]}] == undone[:1]
    assert before == org.rows

    one, bad, two = org.delete(f"/composite/sobjects?ids={account},001RM000003oLrB000,{contact}").json
    text = "malformed id 001RM000003oLrB000"
    assert [{"statusCode": "MALFORMED_ID", "message": text, "fields": []}] == bad["errors"]
    assert [True, True] == [one["success"], two["success"]]
    assert 400 == org.delete("/composite/sobjects?allOrNone=true").status


def test_collections_came_with_v42(org: Any) -> None:
    """And upserts with v46."""
    assert 404 == org.post("/services/data/v41.0/composite/sobjects", {"records": []}).status
    assert [] == org.post("/services/data/v42.0/composite/sobjects", {"records": []}).json
    assert 404 == org.patch("/services/data/v45.0/composite/sobjects/Account/Key__c", {"records": []}).status
    assert [] == org.patch("/services/data/v46.0/composite/sobjects/Account/Key__c", {"records": []}).json


@pytest.mark.evidence(
    "documented",
    "REST API Developer Guide v62 and v66, Send Multiple Requests Using Composite: sObject Collections are supported "
    "in v43.0 and later; the refusal is assumed",
)
def test_collections_in_a_composite_came_with_v43(org: Any) -> None:
    """A version later than by themselves."""
    for version, status in (("42", 404), ("43", 200)):
        path = f"/services/data/v{version}.0/composite"
        one = {"method": "POST", "url": f"{path}/sobjects", "referenceId": "a", "body": {"records": []}}
        answer = org.post(path, {"compositeRequest": [one]}).json["compositeResponse"]
        assert [status] == [each["httpStatusCode"] for each in answer]
