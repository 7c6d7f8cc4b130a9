"""What the server in front of an org refuses or rewrites, and describes that a client already has."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

DATA = "/services/data/v60.0"
LATER, EARLIER = "Tue, 05 Jan 2027 09:00:00 GMT", "Tue, 05 Jan 2021 09:00:00 GMT"


def uri_of(length: int) -> str:
    """A query whose path and query string are *length* bytes."""
    start = f"{DATA}/query?q="
    return start + "x" * (length - len(start))


@pytest.mark.evidence(
    "documented", "limits sheet Summer '26: URI of at most 16,384 bytes; body quoted in jsforce #1134"
)
@pytest.mark.parametrize(("length", "status"), [(16_000, 400), (16_384 + 1, 414), (70_000, 414)])
def test_a_uri_that_is_too_long(org: Any, length: int, status: int) -> None:
    """Past 16,384 bytes a URI is refused in HTML before anyone looks at the session."""
    answer = org.get(uri_of(length))

    assert status == answer.status
    if status == 414:
        assert "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>" == answer.text
        assert "sforce-limit-info" not in answer.headers


@pytest.mark.evidence("documented", "limits sheet Summer '26: URI and headers of at most 16,384 bytes")
def test_headers_that_are_too_long(org: Any) -> None:
    """URI and headers together have the same limit, with a status of their own."""
    assert 431 == org.get("/limits", headers={"X-Long": "x" * 16_384}).status


@pytest.mark.evidence("documented", "REST API Developer Guide, Headers: format by URL suffix")
@pytest.mark.parametrize("path", ["/services/data", DATA + "/limits", DATA + "/sobjects/Account/describe"])
def test_the_suffix_json(org: Any, path: str) -> None:
    """`.json` at the end of a resource asks for what is the default; `.xml` for the other."""
    assert org.get(path).json.__class__ is org.get(path + ".json").json.__class__
    assert 200 == org.get(path + ".json").status
    assert org.get(path + ".xml").text.startswith('<?xml version="1.0" encoding="UTF-8"?><')


def test_the_suffix_of_a_key_is_part_of_it(org: Any) -> None:
    """An external id that ends in .json keeps its end."""
    made = org.patch("/sobjects/Account/Key__c/notes.json", {"Name": "x"}).json["id"]

    assert "notes.json" == org.row("Account", made)["Key__c"]


@pytest.mark.evidence("recorded", "CumulusCI: describes are compact, If-Modified-Since gives 304")
@pytest.mark.parametrize("path", ["/sobjects", "/sobjects/Task/describe"])
def test_a_describe_that_did_not_change(org: Any, path: str) -> None:
    """A describe says when it changed, is 304 for who has it, and compact even for who likes it pretty."""
    fresh = org.get(path, headers={"If-Modified-Since": EARLIER, "X-PrettyPrint": "1"})
    assert 200 == fresh.status
    assert b"\n" not in fresh.body

    known = org.get(path, headers={"If-Modified-Since": fresh.headers["last-modified"]})
    assert (304, b"") == (known.status, known.body)
    assert fresh.headers["last-modified"] == known.headers["last-modified"]


@pytest.mark.evidence("recorded", "CumulusCI: a 304 inside a composite")
def test_a_row_that_did_not_change_inside_a_composite(org: Any) -> None:
    """The subrequest's answer carries the headers that name the row's state and say when it changed."""
    url = f"{DATA}/sobjects/Account/{org.make('Account', Name='x')}"
    request = {"method": "GET", "url": url, "referenceId": "r", "httpHeaders": {"If-Modified-Since": LATER}}

    (answer,) = org.post("/composite", {"compositeRequest": [request]}).json["compositeResponse"]

    assert (304, None) == (answer["httpStatusCode"], answer["body"])
    assert ["ETag", "Last-Modified"] == list(answer["httpHeaders"])


@pytest.mark.evidence("documented", "REST API Developer Guide, Composite Batch: supported resources")
def test_limits_in_a_batch(org: Any) -> None:
    """A batch may ask for the limits; a composite may not."""
    (inside,) = org.post("/composite/batch", {"batchRequests": [{"method": "GET", "url": "v60.0/limits"}]}).json[
        "results"
    ]
    assert (200, 100_000) == (inside["statusCode"], inside["result"]["DailyApiRequests"]["Max"])

    request = {"method": "GET", "url": f"{DATA}/limits", "referenceId": "r"}
    (refused,) = org.post("/composite", {"compositeRequest": [request]}).json["compositeResponse"]
    assert 404 == refused["httpStatusCode"]


def test_not_faked_inside_a_composite(org: Any) -> None:
    """What answers 501 by itself does so inside a composite: it is not the vendor's 404."""
    request = {"method": "POST", "url": f"{DATA}/sobjects/Account/quickActions", "referenceId": "r"}
    (answer,) = org.post("/composite", {"compositeRequest": [request]}).json["compositeResponse"]

    assert (501, "NOT_FAKED") == (answer["httpStatusCode"], answer["body"][0]["errorCode"])


def test_no_resource_of_the_vendors_list_is_a_404(org: Any) -> None:
    """Each path the org itself names is answered or said to be not faked."""
    listed = org.get(DATA).json
    entry = org.get("/sobjects/Case/describe").json["urls"]
    urls = [*listed.values(), *(url for url in entry.values() if url.startswith("/") and "{" not in url)]

    found = {url: org.get(url).status for url in urls if url.startswith("/")}

    assert {} == {url: status for url, status in found.items() if status == 404}


@pytest.mark.parametrize("cut", [1, 6, 12])
def test_a_compressed_body_that_stops_short(org: Any, cut: int) -> None:
    """Half a gzip stream is no body, even when all of the text was in it."""
    body = gzip.compress(b'{"Name":"x"}')[:-cut]
    answer = org.post("/sobjects/Account", data=body, headers={"Content-Encoding": "gzip"})

    assert (400, "JSON_PARSER_ERROR") == answer.error[:2]
    assert [] == org.soql("SELECT Id FROM Account")
