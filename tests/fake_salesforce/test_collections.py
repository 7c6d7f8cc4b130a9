"""sObject collections: many rows, each with its own result."""

from __future__ import annotations

from typing import Any

import pytest

from fake_core.faults import Fault

ROLLED_BACK = {
    "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
    "fields": [],
}
MISSING = {"statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [Name]", "fields": ["Name"]}


def typed(sobject: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject}, **fields}


def count(org: Any, sobject: str) -> int:
    total: int = org.get("/query", query={"q": f"SELECT COUNT() FROM {sobject}"}).json["totalSize"]
    return total


@pytest.mark.evidence("recorded", "CumulusCI: collections")
def test_create_in_order(org: Any) -> None:
    """A list of results in the order of the records; mixed types are possible."""
    body = {"allOrNone": False, "records": [typed("Account", Name="a"), typed("Account"), typed("Task", Subject="t")]}
    answer = org.post("/composite/sobjects", body)

    good, bad, task = answer.json
    assert 200 == answer.status
    assert ["id", "success", "errors"] == list(good)
    assert {"success": False, "errors": [MISSING]} == bad
    assert ("00T", True) == (task["id"][:3], task["success"])
    assert (1, 1) == (count(org, "Account"), count(org, "Task"))


def test_all_or_none(org: Any) -> None:
    """One refused row takes the others with it."""
    before = org.rows
    body = {"allOrNone": True, "records": [typed("Account", Name="a"), typed("Account"), typed("Account", Name="c")]}
    first, bad, last = org.post("/composite/sobjects", body).json

    assert {"success": False, "errors": [MISSING]} == bad
    assert [ROLLED_BACK, ROLLED_BACK] == [first["errors"][0], last["errors"][0]]
    assert ["success", "errors"] == list(first) == list(last)
    assert before == org.rows


def test_update(org: Any) -> None:
    """Each record is named by its id, in any case of the key."""
    ids = [org.make("Account", Name=name) for name in "ab"]
    records = [
        typed("Account", id=ids[0], Phone="1"),
        typed("Account", Id=ids[1][:15], Phone="2"),
        typed("Account", Phone="3"),
    ]
    answer = org.patch("/composite/sobjects", {"records": records}).json

    assert [{"id": one, "success": True, "errors": []} for one in ids] == answer[:2]
    assert "MISSING_ARGUMENT" == answer[2]["errors"][0]["statusCode"]
    assert ["1", "2"] == [org.row("Account", one)["Phone"] for one in ids]


def test_upsert_by_external_id(org: Any) -> None:
    """Rows are found by the field of the path, without regard to case."""
    first = org.make("Account", Name="a", Key__c="K1")
    records = [
        typed("Account", Key__c="k1", Name="a2"),
        typed("Account", Key__c="K2", Name="b"),
        typed("Account", Name="c"),
    ]
    updated, created, bad = org.patch("/composite/sobjects/Account/Key__c", {"records": records}).json

    assert {"id": first, "success": True, "errors": [], "created": False} == updated
    assert (True, True) == (created["success"], created["created"])
    assert "MISSING_ARGUMENT" == bad["errors"][0]["statusCode"]
    assert ("a2", "K1") == (org.row("Account", first)["Name"], org.row("Account", first)["Key__c"])


@pytest.mark.evidence("recorded", "CumulusCI: /Contact/Id with Id null inserts")
def test_upsert_by_id(org: Any) -> None:
    """Id null inserts, an id updates."""
    first = org.make("Account", Name="a")
    records = [{"Id": None, "Name": "b", **typed("Account")}, {"Id": first, "Name": "a2", **typed("Account")}]
    created, updated = org.patch("/composite/sobjects/Account/Id", {"records": records}).json

    assert (True, False) == (created["created"], updated["created"])
    assert "a2" == org.row("Account", first)["Name"]


def test_upsert_by_an_id_lookup_field(org: Any) -> None:
    """Email is no external id but may be used here."""
    first = org.make("Contact", LastName="x", Email="A@b.example")
    answer = org.patch(
        "/composite/sobjects/Contact/Email", {"records": [typed("Contact", Email="a@B.example", LastName="y")]}
    )

    assert first == answer.json[0]["id"]


def test_upsert_that_finds_several(org: Any) -> None:
    """Several rows with the value are an error of the one record."""
    for name in "ab":
        org.make("Account", Name=name, Region_Code__c="EU")
    records = [typed("Account", Region_Code__c="EU", Name="c"), typed("Account", Region_Code__c="US", Name="d")]
    bad, good = org.patch("/composite/sobjects/Account/Region_Code__c", {"records": records}).json

    assert "DUPLICATE_EXTERNAL_ID" == bad["errors"][0]["statusCode"]
    assert good["success"]


def test_delete(org: Any) -> None:
    """ids of any objects; what is wrong with one is told at its place."""
    account, task = org.make("Account", Name="a"), org.make("Task")
    answer = org.delete("/composite/sobjects", query={"ids": f"{account},nonsense,{task},{account}"}).json

    assert [True, False, True, False] == [one["success"] for one in answer]
    assert {"statusCode": "MALFORMED_ID", "message": "malformed id nonsense", "fields": []} == answer[1]["errors"][0]
    assert "ENTITY_IS_DELETED" == answer[3]["errors"][0]["statusCode"]


def test_delete_all_or_none(org: Any) -> None:
    """allOrNone in the query string keeps everything when one id is bad."""
    account = org.make("Account", Name="a")
    before = org.rows
    answer = org.delete("/composite/sobjects", query={"ids": f"{account},nonsense", "allOrNone": "true"}).json

    assert [ROLLED_BACK["statusCode"], "MALFORMED_ID"] == [one["errors"][0]["statusCode"] for one in answer]
    assert before == org.rows


@pytest.mark.parametrize("how", ["GET", "POST"])
def test_retrieve(org: Any, how: str) -> None:
    """Rows in the order asked, null where there is none."""
    ids = [org.make("Account", Name=name) for name in "ab"]
    asked = [ids[1], "nonsense", ids[0][:15], "001Ud0000000zzz", org.make("Task")]
    if how == "GET":
        answer = org.get("/composite/sobjects/account", query={"ids": ",".join(asked), "fields": "name"})
    else:
        answer = org.post("/composite/sobjects/Account", {"ids": asked, "fields": ["name"]})

    names = [one and (one["Name"], one["Id"]) for one in answer.json]
    assert [("b", ids[1]), None, ("a", ids[0]), None, None] == names
    assert ["attributes", "Name", "Id"] == list(answer.json[0])


def test_retrieve_of_an_unknown_field(org: Any) -> None:
    """A field that does not exist refuses the whole call."""
    assert (400, "INVALID_FIELD") == org.post("/composite/sobjects/Account", {"ids": ["x"], "fields": ["Nope"]}).error[
        :2
    ]


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([typed("Account", Name="x")] * 201, "EXCEEDED_ID_LIMIT"),
        ([{"Name": "x"}], "INVALID_FIELD"),
        (["x"], "INVALID_FIELD"),
        ([typed("Nope")], "NOT_FOUND"),
        ([typed("Account", Name="x"), typed("Task")] * 6, "LIMIT_EXCEEDED"),
        ([typed("Account", Name="x"), typed("Account", Name="y", AnnualRevenue="z")], "JSON_PARSER_ERROR"),
        ("x", "JSON_PARSER_ERROR"),
    ],
)
def test_call_refused_as_a_whole(org: Any, records: Any, code: str) -> None:
    """What is wrong with the call, not with a row, is no result list, and nothing is written."""
    before = org.rows
    answer = org.post("/composite/sobjects", {"records": records})

    assert code == answer.error[1]
    assert answer.status in {400, 404}
    assert before == org.rows


def test_an_id_that_is_no_text_refuses_the_call(org: Any) -> None:
    """It cannot be read as an id, as any other value that its field cannot be read from."""
    model = org.make("Account", Name="a")
    records = [typed("Account", id=model, Name="b"), typed("Account", id=True, Name="c")]
    answer = org.patch("/composite/sobjects", {"records": records})

    assert (400, "JSON_PARSER_ERROR") == answer.error[:2]
    assert "VALUE_TRUE value true" in answer.error[2]
    assert ["a"] == [row["Name"] for row in org.soql("SELECT Name FROM Account")]


def test_item_refused_fault(org: Any) -> None:
    """The scripted item is refused with a locked row, the others are carried out."""
    org.fake.faults.add(Fault(kind="item_refused", object="Account", item=1))
    answer = org.post("/composite/sobjects", {"records": [typed("Account", Name=name) for name in "abc"]}).json

    assert [True, False, True] == [one["success"] for one in answer]
    assert "UNABLE_TO_LOCK_ROW" == answer[1]["errors"][0]["statusCode"]
    assert ["a", "c"] == [row["Name"] for row in org.soql("SELECT Name FROM Account ORDER BY Name")]


@pytest.mark.evidence("client-derived", "failed rows of Bulk updates quoted in public repositories")
def test_update_of_a_row_that_is_not_there(org: Any) -> None:
    """Among many rows it is a bad cross reference; on its own path it is a 404."""
    model = org.make("Account", Name="a")
    never = f"{model[:10]}zzzzz"
    error = {"statusCode": "INVALID_CROSS_REFERENCE_KEY", "message": "invalid cross reference id", "fields": []}

    for record in (typed("Account", id=never, Name="x"), typed("Account", id=never)):
        answer = org.patch("/composite/sobjects", {"records": [record]})
        assert (200, [{"success": False, "errors": [error]}]) == (answer.status, answer.json)
    assert (404, "NOT_FOUND") == org.patch(f"/sobjects/Account/{never}", {"Name": "x"}).error[:2]
