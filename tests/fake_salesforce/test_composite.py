"""Composite and batch: several calls in one."""

from __future__ import annotations

from typing import Any

import pytest

DATA = "/services/data/v60.0"


def sub(method: str, path: str, ref: str, body: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "method": method,
        "url": DATA + path,
        "referenceId": ref,
        **({"body": body} if body is not None else {}),
        **more,
    }


@pytest.mark.evidence("recorded", "CumulusCI: composite")
def test_references_between_subrequests(org: Any) -> None:
    """A later call uses what an earlier one answered; each result has its four keys in order."""
    answer = org.post(
        "/composite",
        {
            "compositeRequest": [
                sub("POST", "/sobjects/Account", "acc", {"Name": "Acme", "BillingCity": "Köln"}),
                sub("GET", "/sobjects/Account/@{acc.id}", "row"),
                sub(
                    "POST",
                    "/sobjects/Contact",
                    "con",
                    {"LastName": "in @{row.BillingAddress.city}", "AccountId": "@{row.Id}"},
                ),
                sub("GET", "/query?q=SELECT Id, Name FROM Account WHERE Name = 'Acme' LIMIT 1", "soql"),
                sub("PATCH", "/sobjects/Account/@{soql.records[0].Id}", "upd", {"Phone": "1"}),
            ]
        },
    )

    made, row, contact, query, updated = answer.json["compositeResponse"]
    assert 200 == answer.status
    assert ["body", "httpHeaders", "httpStatusCode", "referenceId"] == list(made)
    record_id = made["body"]["id"]
    assert {"Location": f"{DATA}/sobjects/Account/{record_id}"} == made["httpHeaders"]
    assert (200, record_id) == (row["httpStatusCode"], row["body"]["Id"])
    assert 1 == query["body"]["totalSize"]
    assert {"body": None, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": "upd"} == updated
    found = org.row("Contact", contact["body"]["id"])
    assert ("in Köln", record_id) == (found["LastName"], found["AccountId"])


def test_a_failed_subrequest_fails_its_dependants_only(org: Any) -> None:
    """Without allOrNone the rest is carried out; who refers to a failed call is halted."""
    one, two, three = org.post(
        "/composite",
        {
            "compositeRequest": [
                sub("POST", "/sobjects/Account", "bad", {}),
                sub("POST", "/sobjects/Contact", "dep", {"LastName": "x", "AccountId": "@{bad.id}"}),
                sub("POST", "/sobjects/Account", "good", {"Name": "y"}),
            ]
        },
    ).json["compositeResponse"]

    assert (400, "REQUIRED_FIELD_MISSING") == (one["httpStatusCode"], one["body"][0]["errorCode"])
    assert (400, "PROCESSING_HALTED") == (two["httpStatusCode"], two["body"][0]["errorCode"])
    assert 201 == three["httpStatusCode"]


def test_all_or_none(org: Any) -> None:
    """With allOrNone nothing is kept, and what had worked says that it was rolled back."""
    before = org.rows
    answer = org.post(
        "/composite",
        {"allOrNone": True, "compositeRequest": [
            sub("POST", "/sobjects/Account", "good", {"Name": "y"}),
            sub("POST", "/composite/sobjects", "many", {"records": [{"attributes": {"type": "Account"}, "Name": "z"}]}),
            sub("GET", "/sobjects/Account/nope", "bad"),
        ]},
    )  # fmt: skip

    good, many, bad = answer.json["compositeResponse"]
    assert (200, before) == (answer.status, org.rows)
    text = "The transaction was rolled back since another operation in the same transaction failed."
    expected = [{"errorCode": "PROCESSING_HALTED", "message": text}]
    assert ["errorCode", "message"] == list(good["body"][0])
    assert [expected, expected] == [good["body"], many["body"]]
    assert (404, "NOT_FOUND") == (bad["httpStatusCode"], bad["body"][0]["errorCode"])


@pytest.mark.parametrize(
    "requests",
    [
        [sub("GET", "/sobjects/Account/x", "a"), sub("GET", "/sobjects/Account/x", "a")],
        [sub("GET", "/sobjects/Account/x", "a-b")],
        [sub("get", "/sobjects/Account/x", "a")],
        [sub("POST", "/sobjects/Account", "a", {"Name": "x"}, httpHeaders={"Authorization": "x"})],
        [{"method": "GET", "url": "/elsewhere", "referenceId": "a"}],
        ["x"],
        "x",
    ],
)
def test_composite_refused_as_a_whole(org: Any, requests: Any) -> None:
    """Ambiguous or illegal subrequests: 400 and nothing runs."""
    before = org.rows

    assert 400 == org.post("/composite", {"compositeRequest": requests}).status
    assert before == org.rows


def test_a_composite_is_one_call_of_the_day(org: Any) -> None:
    """Subrequests are not counted, and carry no API usage of their own."""
    before = org.fake.limits["api_requests"].used()
    org.post("/composite", {"compositeRequest": [sub("GET", "/sobjects/Account/x", f"r{n}") for n in range(9)]})

    assert before + 1 == org.fake.limits["api_requests"].used()


def test_upsert_inside_a_composite(org: Any) -> None:
    """Row resources work as they do alone."""
    answer = org.post("/composite", {"compositeRequest": [
        sub("PATCH", "/sobjects/Account/Key__c/A%201", "a", {"Name": "x"}),
        sub("PATCH", "/sobjects/Account/Key__c/A 1", "b", {"Name": "y"}),
        sub("DELETE", "/sobjects/Account/@{a.id}", "c"),
        sub("PUT", "/sobjects/Account/@{a.id}", "d"),
        sub("POST", "/composite", "e", {"compositeRequest": []}),
    ]}).json["compositeResponse"]  # fmt: skip

    assert [201, 200, 204, 405, 404] == [one["httpStatusCode"] for one in answer]


def test_batch(org: Any) -> None:
    """Independent calls in order; urls begin at the version; haltOnError stops."""
    requests = [
        {"method": "POST", "url": "v60.0/sobjects/account", "richInput": {"Name": "x"}},
        {"method": "GET", "url": "/services/data/v60.0/sobjects/Account/nope"},
        {"method": "GET", "url": "v60.0/query?q=SELECT+Name+FROM+Account"},
    ]
    used = org.fake.limits["api_requests"].used()
    answer = org.post("/composite/batch", {"batchRequests": requests}).json
    halted = org.post("/composite/batch", {"batchRequests": requests, "haltOnError": True}).json

    assert (True, [201, 404, 200]) == (answer["hasErrors"], [one["statusCode"] for one in answer["results"]])
    assert "x" == answer["results"][2]["result"]["records"][0]["Name"]
    assert [201, 404, 412] == [one["statusCode"] for one in halted["results"]]
    assert used + 5 == org.fake.limits["api_requests"].used()


def test_listing(org: Any) -> None:
    """GET /composite names its resources."""
    assert ["tree", "batch", "sobjects", "graph"] == list(org.get("/composite").json)
