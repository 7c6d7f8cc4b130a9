"""sObject trees: parents with their children in one call, all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from fake_core.faults import Fault


def node(sobject: str, reference: str, *children: tuple[str, list[Any]], **fields: Any) -> dict[str, Any]:
    lists = {name: {"records": found} for name, found in children}
    return {"attributes": {"type": sobject, "referenceId": reference}, **fields, **lists}


def refusal(code: str, message: str, *fields: str) -> dict[str, Any]:
    return {"statusCode": code, "message": message, "fields": list(fields)}


@pytest.mark.evidence("documented", "REST API Developer Guide, sObject Tree: the sample of the request and its answer")
def test_the_documented_sample(org: Any) -> None:
    """Parents and children are made; results stand level by level, roots first; 201."""
    answer = org.post(
        "/composite/tree/Account",
        {"records": [
            node("Account", "ref1", ("Contacts", [
                node("Contact", "ref2", lastname="Smith", title="President", email="sample@salesforce.com"),
                node("Contact", "ref3", lastname="Evans", title="Vice President"),
            ]), name="SampleAccount", numberOfEmployees="100"),
            node("Account", "ref4", name="SampleAccount2"),
        ]},
    )  # fmt: skip

    assert 201 == answer.status
    assert ["hasErrors", "results"] == list(answer.json)
    results = answer.json["results"]
    assert (False, ["ref1", "ref4", "ref2", "ref3"]) == (
        answer.json["hasErrors"],
        [one["referenceId"] for one in results],
    )
    assert ["referenceId", "id"] == list(results[0])
    ids = {one["referenceId"]: one["id"] for one in results}
    assert [ids["ref1"], ids["ref1"]] == [org.row("Contact", ids[name])["AccountId"] for name in ("ref2", "ref3")]
    assert 100 == org.row("Account", ids["ref1"])["NumberOfEmployees"]


@pytest.mark.evidence("documented", "REST API Developer Guide, sObject Tree Response Body: upon failure")
def test_one_refused_record_refuses_all(org: Any) -> None:
    """400 with the record at fault only; nothing is kept."""
    before = org.rows
    answer = org.post(
        "/composite/tree/Account",
        {"records": [node("Account", "ref1", ("Contacts", [
            node("Contact", "good", LastName="a"),
            node("Contact", "ref2", LastName="b", Email="123"),
            node("Contact", "ref3"),
        ]), Name="x")]},
    )  # fmt: skip

    assert 400 == answer.status
    assert {
        "hasErrors": True,
        "results": [
            {
                "referenceId": "ref2",
                "errors": [refusal("INVALID_EMAIL_ADDRESS", "Email: invalid email address: 123", "Email")],
            },
            {
                "referenceId": "ref3",
                "errors": [refusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName")],
            },
        ],
    } == answer.json
    assert before == org.rows


@pytest.mark.evidence("documented", "REST API Developer Guide, sObject Tree: up to five levels deep")
def test_five_levels_and_no_more(org: Any) -> None:
    """Five levels are made, a sixth refuses the call."""

    def chain(levels: int) -> dict[str, Any]:
        made = node("Account", f"r{levels}", Name="leaf")
        for level in range(levels - 1, 0, -1):
            made = node("Account", f"r{level}", ("ChildAccounts", [made]), Name=f"level {level}")
        return made

    good = org.post("/composite/tree/Account", {"records": [chain(5)]})
    before = org.rows
    bad = org.post("/composite/tree/Account", {"records": [chain(6)]})

    assert (201, 400, before) == (good.status, bad.status, org.rows)
    ids = [one["id"] for one in good.json["results"]]
    assert [None, *ids[:4]] == [org.row("Account", one)["ParentId"] for one in ids]
    assert ["r6"] == [one["referenceId"] for one in bad.json["results"]]


@pytest.mark.evidence("client-derived", "answers quoted in comments of public clients of composite/tree")
def test_a_reference_id_given_twice(org: Any) -> None:
    """One result for each instance of a duplicate id."""
    records = [node("Account", "a", Name="x"), node("Account", "b", Name="y"), node("Account", "a", Name="z")]
    answer = org.post("/composite/tree/Account", {"records": records})

    error = refusal("INVALID_INPUT", "Duplicate ReferenceId provided in the request.")
    assert 400 == answer.status
    assert [{"referenceId": "a", "errors": [error]}] * 2 == answer.json["results"]


@pytest.mark.parametrize(
    ("records", "at_fault"),
    [
        ([node("Account", "", Name="x")], [""]),
        ([node("Account", "_a", Name="x"), node("Account", "b", Name="x")], ["_a"]),
        ([{"attributes": {"type": "Account"}, "Name": "x"}], [""]),
        ([node("Contact", "a", LastName="x")], ["a"]),
        ([node("Nope", "a", Name="x")], ["a"]),
        ([node("Account", "a", ("Contacts", [node("Case", "b")]), Name="x")], ["b"]),
        ([node("Account", f"r{n}", Name="x") for n in range(201)], ["r200"]),
        (
            [
                node(
                    "Account", "r",
                    ("Contacts", [node("Contact", "c", LastName="x")]),
                    ("Cases", [node("Case", "k")]),
                    ("Tasks", [node("Task", "t")]),
                    ("Opportunities", [node("Opportunity", "o")]),
                    ("Events", [node("Event", "e")]),
                    Name="x",
                ),
            ],
            ["e"],
        ),
    ],
)  # fmt: skip
def test_what_no_tree_may_hold(org: Any, records: Any, at_fault: list[str]) -> None:
    """Reference ids, types and numbers of records, types and levels: refused before anything is written."""
    before = org.rows
    answer = org.post("/composite/tree/Account", {"records": records})

    assert (400, True, at_fault) == (
        answer.status,
        answer.json["hasErrors"],
        [one["referenceId"] for one in answer.json["results"]],
    )
    assert {"INVALID_INPUT"} == {error["statusCode"] for one in answer.json["results"] for error in one["errors"]}
    assert before == org.rows


@pytest.mark.evidence("client-derived", "forcedotcom/cli issue 3285")
def test_an_object_that_no_tree_can_make(org: Any) -> None:
    """The words that the sf command line shows."""
    answer = org.post("/composite/tree/Account", {"records": [node("UserRole", "RoleRef1", Name="x")]})

    error = refusal("INVALID_INPUT", "Invalid entity type provided in the request: UserRole")
    assert [{"referenceId": "RoleRef1", "errors": [error]}] == answer.json["results"]


def test_a_child_list_under_a_wrong_name(org: Any) -> None:
    """It is a column that does not exist."""
    records = [node("Account", "a", ("Contact", [node("Contact", "b", LastName="x")]), Name="x")]
    (result,) = org.post("/composite/tree/Account", {"records": records}).json["results"]

    assert "No such column 'Contact' on sobject of type Account" == result["errors"][0]["message"]


@pytest.mark.evidence("client-derived", "texei issue 113: an empty date in a tree")
def test_a_value_no_reader_takes(org: Any) -> None:
    """The JSON reader refuses the whole call, in the form that has no position."""
    before = org.rows
    records = [node("Opportunity", "a", Name="x", StageName="y", CloseDate="")]
    answer = org.post("/composite/tree/Opportunity", {"records": records})

    text = (
        "Cannot deserialize instance of date from VALUE_STRING value  or request may be missing a required field at "
        "[Source: N/A; line: -1, column: -1][line:-1, column:-1]"
    )
    assert (400, "JSON_PARSER_ERROR", text) == answer.error
    assert before == org.rows


@pytest.mark.parametrize("body", [{}, [], {"records": 1}, {"records": [1]}, {"records": [{"attributes": {}}]}])
def test_no_tree_at_all(org: Any, body: Any) -> None:
    """A body of another shape is refused as a whole."""
    assert 400 == org.post("/composite/tree/Account", body).status


def test_where_there_is_no_tree(org: Any) -> None:
    """An unknown object, an old version, another method; a tree inside a composite."""
    call = {"method": "POST", "url": "/services/data/v60.0/composite/tree/Account", "referenceId": "r", "body": {}}

    assert 404 == org.post("/composite/tree/Nope", {"records": []}).status
    assert 404 == org.post("/services/data/v33.0/composite/tree/Account", {"records": []}).status
    assert 405 == org.get("/composite/tree/Account").status
    assert 404 == org.post("/composite", {"compositeRequest": [call]}).json["compositeResponse"][0]["httpStatusCode"]
    assert {"hasErrors": False, "results": []} == org.post("/composite/tree/Account/", {"records": []}).json


def test_a_tree_is_one_call_and_can_meet_a_locked_row(org: Any) -> None:
    """It counts once; a fault that refuses item n strikes record n."""
    used = org.fake.limits["api_requests"].used()
    org.fake.faults.add(Fault(kind="item_refused", item=1, verb="create", object="Account"))
    records = [node("Account", "a", Name="x"), node("Account", "b", Name="y")]
    answer = org.post("/composite/tree/Account", {"records": records})

    assert ["b"] == [one["referenceId"] for one in answer.json["results"]]
    assert "UNABLE_TO_LOCK_ROW" == answer.json["results"][0]["errors"][0]["statusCode"]
    assert used + 1 == org.fake.limits["api_requests"].used()
