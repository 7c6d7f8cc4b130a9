"""What the guide says of composites and batches: limits, references by version, conditions, all or none."""

from __future__ import annotations

from typing import Any

import pytest

DATA = "/services/data/v60.0"
HALTED = [
    {
        "errorCode": "PROCESSING_HALTED",
        "message": "The transaction was rolled back since another operation in the same transaction failed.",
    }
]
GUIDE = "REST API Developer Guide, Composite Subrequest Result"


def sub(method: str, path: str, reference: str, body: Any = None, **more: Any) -> dict[str, Any]:
    made = {"method": method, "url": DATA + path, "referenceId": reference, **more}
    return made if body is None else {**made, "body": body}


def send(org: Any, *requests: Any, version: str = "v60.0", **more: Any) -> Any:
    answer = org.post(f"/services/data/{version}/composite", {"compositeRequest": list(requests), **more})
    assert 200 == answer.status, answer.text
    return answer.json["compositeResponse"]


@pytest.mark.evidence("client-derived", "guardian/support-service-lambdas #766")
@pytest.mark.parametrize(
    ("requests", "limit"),
    [
        ([sub("GET", "/sobjects", f"r{n}") for n in range(26)], "25 operations"),
        ([sub("GET", "/query?q=SELECT Id FROM Task", f"r{n}") for n in range(6)], "5 query or collection operations"),
    ],
)
def test_too_many_operations(org: Any, requests: Any, limit: str) -> None:
    """One result without a reference id says so."""
    assert [
        {
            "body": [{"errorCode": "LIMIT_EXCEEDED", "message": f"The request can’t contain more than {limit}."}],
            "httpHeaders": {},
            "httpStatusCode": 400,
            "referenceId": None,
        }
    ] == send(org, *requests)


def test_too_many_of_which_one_cannot_be_read(org: Any) -> None:
    """What is counted has been read: a body that is no composite is refused as a whole, however long it is."""
    requests = [sub("GET", "/sobjects", f"r{n}") for n in range(26)]
    for body in ({"compositeRequest": [*requests, {}]}, {"compositeRequest": requests, "allOrNone": "perhaps"}):
        status, code, _ = org.post("/composite", body).error
        assert (400, "JSON_PARSER_ERROR") == (status, code)


@pytest.mark.evidence("documented", f"{GUIDE}: illegal characters, v52.0 and later")
def test_an_illegal_reference_id_refuses_the_call(org: Any) -> None:
    """The words of the guide."""
    request = sub("POST", "/sobjects/Account", "refNewAccount[1]", {"Name": "Cloudy Consulting"})
    text = (
        "Provided referenceId ('refNewAccount[1]') must start with a letter or a number, and it can contain only "
        "letters, numbers and underscores ('_')."
    )

    assert (400, "JSON_PARSER_ERROR", text) == org.post("/composite", {"compositeRequest": [request]}).error


@pytest.mark.evidence("documented", f"{GUIDE}: illegal characters, v51.0 and earlier")
def test_an_illegal_reference_id_in_an_old_version(org: Any) -> None:
    """Only who refers to it fails."""
    first, second, third = send(
        org,
        sub("POST", "/sobjects/Account", "refNewAccount[1]", {"name": "Cloudy Consulting"}),
        sub("POST", "/sobjects/Contact", "refNewContact", {"AccountId": "@{refNewAccount[1].id}", "LastName": "S"}),
        sub("POST", "/sobjects/Account", "refNewAccount2", {"name": "Easy Spaces"}),
        version="v51.0",
    )

    assert [201, 400, 201] == [one["httpStatusCode"] for one in (first, second, third)]
    assert "refNewAccount[1]" == first["referenceId"]
    assert ["errorCode", "message"] == list(second["body"][0])
    words = "Invalid reference specified. No value for refNewAccount[1].id found in refNewAccount"
    assert second["body"][0]["message"].startswith(words)


@pytest.mark.evidence("documented", f"{GUIDE}: references to null fields")
@pytest.mark.parametrize(("version", "status"), [("v51.0", 400), ("v52.0", 201)])
def test_a_reference_to_a_null_field(org: Any, version: str, status: int) -> None:
    """Up to v51 it fails who refers to it, from v52 null is passed on; a query's null is passed on in both."""
    contact = org.make("Contact", LastName="Wong")
    soql = "/query?q=SELECT FirstName FROM Contact WHERE LastName='Wong'"
    _, made, _, by_query = send(
        org,
        sub("GET", f"/sobjects/Contact/{contact}?fields=FirstName,LastName", "refContact"),
        sub("POST", "/sobjects/Contact", "new", {"FirstName": "@{refContact.FirstName}", "LastName": "x"}),
        sub("GET", soql, "refQuery"),
        sub("POST", "/sobjects/Contact", "more", {"FirstName": "@{refQuery.records[0].FirstName}", "LastName": "x"}),
        version=version,
    )

    assert (status, 201) == (made["httpStatusCode"], by_query["httpStatusCode"])


@pytest.mark.evidence("documented", f"{GUIDE}: references to fields that the parent request does not select")
def test_a_reference_to_a_field_not_selected(org: Any) -> None:
    """The whole path stands in the message."""
    org.make("Contact", LastName="Wong", AccountId=org.make("Account", Name="x"))
    _, failed = send(
        org,
        sub("GET", "/query?q=select Id, Account.Name from Contact where LastName='Wong'", "refContact"),
        sub("GET", "/query?q=select Name from Account where Id = '@{refContact.records[0].AccountId}'", "refAccount"),
    )

    path = "refContact.records[0].AccountId"
    assert [
        {
            "errorCode": "PROCESSING_HALTED",
            "message": f"Invalid reference specified. No value for {path} found in refContact. Provided referenceId "
            f"('{path}') must start with a letter or a number, and it can contain only letters, numbers and "
            "underscores ('_').",
        }
    ] == failed["body"]


@pytest.mark.evidence("documented", "REST API Developer Guide v67, allOrNone Parameters in Composite and Collections")
def test_all_or_none_outside_not_inside(org: Any) -> None:
    """A refused row of a collection rolls the composite back; its own results stay as they were."""
    before = org.rows
    records = [{"attributes": {"type": "Account"}, **fields} for fields in ({"Name": "Northern"}, {})]
    accounts, contact = send(
        org,
        sub("POST", "/composite/sobjects", "collection1", {"allOrNone": False, "records": records}),
        sub("POST", "/sobjects/Contact", "newContact", {"FirstName": "John", "LastName": "Smith"}),
        allOrNone=True,
    )

    assert (200, [True, False]) == (accounts["httpStatusCode"], [one["success"] for one in accounts["body"]])
    assert (400, HALTED) == (contact["httpStatusCode"], contact["body"])
    assert before == org.rows


def test_all_or_none_inside_not_outside(org: Any) -> None:
    """The collection is rolled back, the rest is kept."""
    records = [{"attributes": {"type": "Account"}, **fields} for fields in ({"Name": "Northern"}, {})]
    accounts, contact = send(
        org,
        sub("POST", "/composite/sobjects", "collection1", {"allOrNone": True, "records": records}),
        sub("POST", "/sobjects/Contact", "newContact", {"LastName": "Smith"}),
    )

    assert [False, False] == [one["success"] for one in accounts["body"]]
    assert (201, []) == (contact["httpStatusCode"], org.soql("SELECT Id FROM Account"))


@pytest.mark.evidence("documented", "REST API Developer Guide v66, Execute Dependent Requests in a Single API Call")
def test_the_guides_dependent_requests(org: Any) -> None:
    """The headers of each result: a Location, a row's tag and date, none of a User, those of a describe's 304."""
    made, row, contact, owner, describe = send(
        org,
        sub("POST", "/sobjects/Account", "NewAccount", {"Name": "Salesforce", "BillingState": "CA"}),
        sub("GET", "/sobjects/Account/@{NewAccount.id}", "NewAccountInfo"),
        sub(
            "POST",
            "/sobjects/Contact",
            "NewContact",
            {
                "lastname": "John Doe",
                "Title": "CTO of @{NewAccountInfo.Name}",
                "MailingState": "@{NewAccountInfo.BillingAddress.state}",
                "AccountId": "@{NewAccountInfo.Id}",
            },
        ),
        sub("GET", "/sobjects/User/@{NewAccountInfo.OwnerId}?fields=Name,companyName,Title,City,State", "Owner"),
        sub(
            "GET",
            "/sobjects/Account/describe",
            "AccountMetadata",
            httpHeaders={"If-Modified-Since": "Tue, 31 May 2061 18:13:37 GMT"},
        ),
        allOrNone=True,
    )

    assert [201, 200, 201, 200, 304] == [one["httpStatusCode"] for one in (made, row, contact, owner, describe)]
    assert ["Location"] == list(made["httpHeaders"])
    assert ["ETag", "Last-Modified"] == list(row["httpHeaders"])
    assert "Mon, 05 Jan 2026 09:00:00 GMT" == row["httpHeaders"]["Last-Modified"]
    assert ({}, ["ETag", "Last-Modified"]) == (owner["httpHeaders"], list(describe["httpHeaders"]))
    saved = org.row("Contact", contact["body"]["id"])
    assert ("CTO of Salesforce", "CA") == (saved["Title"], saved["MailingState"])


@pytest.mark.evidence("recorded", "CumulusCI: a conditional describe inside a composite")
def test_a_condition_of_a_subrequest(org: Any) -> None:
    """304 has no body and shows ETag and Last-Modified; conditions of the outer call are its own."""
    condition = {"If-Modified-Since": "Wed, 01 Jan 2098 00:00:00 GMT"}
    answer = org.post(
        "/composite",
        {"compositeRequest": [sub("GET", "/sobjects", "a", httpHeaders=condition), sub("GET", "/sobjects", "b")]},
        headers=condition,
    )
    unchanged, whole = answer.json["compositeResponse"]

    assert (304, None) == (unchanged["httpStatusCode"], unchanged["body"])
    assert ["ETag", "Last-Modified"] == sorted(unchanged["httpHeaders"])
    assert '"' == unchanged["httpHeaders"]["ETag"][0] == unchanged["httpHeaders"]["ETag"][-1]
    assert 200 == whole["httpStatusCode"]


@pytest.mark.evidence("documented", "REST API Developer Guide, Composite: the resources it supports")
@pytest.mark.parametrize(
    "path",
    ["/composite", "/composite/batch", "/composite/tree/Account", "/composite/graph", "/limits", "/jobs/ingest", ""],
)
def test_what_no_composite_may_hold(org: Any, path: str) -> None:
    """Rows, queries and collections only: anything else is not there."""
    (answer,) = send(org, sub("POST" if "composite" in path else "GET", path, "a", {}))

    assert (404, "NOT_FOUND") == (answer["httpStatusCode"], answer["body"][0]["errorCode"])


# --- batch ------------------------------------------------------------------------------------------


def batch(org: Any, *requests: Any, version: str = "v60.0", **more: Any) -> Any:
    return org.post(f"/services/data/{version}/composite/batch", {"batchRequests": list(requests), **more})


@pytest.mark.evidence("documented", "REST API Developer Guide, Batch Request Body: haltOnError")
@pytest.mark.parametrize("halt", [True, False])
@pytest.mark.parametrize(
    "bad", ["x", {"method": "GET"}, {"url": "v60.0/limits"}, {"method": "FETCH", "url": "v60.0/limits"}]
)
def test_a_request_that_is_none_refuses_the_batch(org: Any, bad: Any, *, halt: bool) -> None:
    """400 for the whole call, whatever haltOnError says; nothing is run."""
    before = org.rows
    good = {"method": "POST", "url": "v60.0/sobjects/Account", "richInput": {"Name": "x"}}

    assert 400 == batch(org, good, bad, haltOnError=halt).status
    assert before == org.rows


@pytest.mark.evidence("documented", "REST API Developer Guide, Composite Batch: versions of the resources")
@pytest.mark.parametrize(
    ("version", "inner", "status"),
    [("v35.0", "v34.0", 200), ("v35.0", "v35.0", 200), ("v34.0", "v35.0", 400), ("v60.0", "v33.0", 400)],
)
def test_versions_inside_a_batch(org: Any, version: str, inner: str, status: int) -> None:
    """From v34 to the version of the batch."""
    assert status == batch(org, {"method": "GET", "url": f"{inner}/limits"}, version=version).status


@pytest.mark.evidence("documented", "REST API Developer Guide, Composite Batch: the resources it supports")
def test_what_a_batch_may_hold(org: Any) -> None:
    """Limits, rows and queries; no collection and no other batch."""
    paths = ["limits", "sobjects", "sobjects/Account/describe", "query?q=SELECT+Id+FROM+Account", "composite"]
    results = batch(org, *({"method": "GET", "url": f"/services/data/v60.0/{path}"} for path in paths)).json["results"]

    assert [200, 200, 200, 200, 404] == [one["statusCode"] for one in results]


@pytest.mark.evidence("documented", "REST API Developer Guide, Batch Results: statusCode, result")
def test_a_halted_batch(org: Any) -> None:
    """412 for everything after the first failure; what came before is kept."""
    requests = [
        {"method": "POST", "url": "v60.0/sobjects/Account", "richInput": {"Name": "x"}},
        {"method": "DELETE", "url": "v60.0/sobjects/Account/nope"},
        {"method": "POST", "url": "v60.0/sobjects/Account", "richInput": {"Name": "y"}},
    ]
    answer = batch(org, *requests, haltOnError=True).json

    assert ["hasErrors", "results"] == list(answer)
    assert ["statusCode", "result"] == list(answer["results"][0])
    assert [201, 400, 412] == [one["statusCode"] for one in answer["results"]]
    assert "BATCH_PROCESSING_HALTED" == answer["results"][2]["result"][0]["errorCode"]
    assert ["x"] == [row["Name"] for row in org.soql("SELECT Name FROM Account")]


def test_a_batch_that_meets_the_days_limit(org: Any) -> None:
    """Each subrequest is a call: the one too many is refused in its place."""
    window = org.fake.limits["api_requests"]
    limit, window.limit = window.limit, window.used() + 2
    try:
        answer = batch(org, *({"method": "GET", "url": "v60.0/limits"} for _ in range(3))).json
    finally:
        window.limit = limit

    assert [200, 200, 403] == [one["statusCode"] for one in answer["results"]]
