"""Composite graphs: many calls on rows, each graph kept or rolled back as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from fake_core.faults import Fault

DATA = "/services/data/v60.0"
HALTED = [
    {
        "errorCode": "PROCESSING_HALTED",
        "message": "The transaction was rolled back since another operation in the same transaction failed.",
    }
]


def node(method: str, path: str, reference: str, body: Any = None) -> dict[str, Any]:
    made = {"url": path if path.startswith("/services") else DATA + path, "method": method, "referenceId": reference}
    return made if body is None else {**made, "body": body}


def graph(graph_id: str, *nodes: dict[str, Any]) -> dict[str, Any]:
    return {"graphId": graph_id, "compositeRequest": list(nodes)}


def account(reference: str, **fields: Any) -> dict[str, Any]:
    return node("POST", "/sobjects/Account", reference, fields)


def send(org: Any, *graphs: dict[str, Any]) -> Any:
    answer = org.post("/composite/graph", {"graphs": list(graphs)})
    assert 200 == answer.status, answer.text
    return answer.json["graphs"]


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: composite-graph-create-tree")
def test_a_graph_of_related_rows(org: Any) -> None:
    """Each node answers as it does alone; a later one uses the id of an earlier one."""
    (answer,) = send(
        org,
        graph(
            "graph0",
            node("POST", "/sobjects/Account/", "ref0", {"name": "Cloudy Consulting"}),
            node("POST", "/sobjects/Contact/", "ref1", {"LastName": "Cashman", "AccountId": "@{ref0.id}"}),
        ),
    )

    assert ["graphId", "graphResponse", "isSuccessful"] == list(answer)
    assert ("graph0", True) == (answer["graphId"], answer["isSuccessful"])
    made, contact = answer["graphResponse"]["compositeResponse"]
    record_id = made["body"]["id"]
    assert {
        "body": {"id": record_id, "success": True, "errors": []},
        "httpHeaders": {"Location": f"{DATA}/sobjects/Account/{record_id}"},
        "httpStatusCode": 201,
        "referenceId": "ref0",
    } == made
    assert record_id == org.row("Contact", contact["body"]["id"])["AccountId"]


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: composite-graph-single-create-error")
def test_a_node_that_is_refused(org: Any) -> None:
    """Status 200; the node has its own error list, the graph says that it failed."""
    (answer,) = send(org, graph("graph0", node("POST", "/sobjects/Task", "ref0", {"TaskSubtype": "Amazing"})))
    (failed,) = answer["graphResponse"]["compositeResponse"]

    assert False is answer["isSuccessful"]
    assert ({}, 400, "ref0") == (failed["httpHeaders"], failed["httpStatusCode"], failed["referenceId"])
    assert "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" == failed["body"][0]["errorCode"]


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: composite-graph-single-update and -delete")
def test_update_and_delete(org: Any) -> None:
    """204 and no body."""
    record_id = org.make("Account", Name="x")
    path = f"/sobjects/Account/{record_id}"
    (answer,) = send(org, graph("g", node("PATCH", path, "a", {"Phone": "1"}), node("DELETE", path, "b")))

    assert [{"body": None, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": name} for name in "ab"] == answer[
        "graphResponse"
    ]["compositeResponse"]


@pytest.mark.evidence("documented", "REST API Developer Guide, Composite Graph: all completed or all not completed")
def test_graphs_stand_alone(org: Any) -> None:
    """A failed graph is rolled back and says PROCESSING_HALTED for its other nodes; the next graph is kept."""
    bad, good = send(
        org,
        graph("1", account("a", Name="first"), account("b"), account("c", Name="third")),
        graph("2", account("a", Name="kept")),
    )

    first, failed, third = bad["graphResponse"]["compositeResponse"]
    assert (False, True) == (bad["isSuccessful"], good["isSuccessful"])
    assert [HALTED, HALTED, 400, 400] == [
        first["body"], third["body"], first["httpStatusCode"], third["httpStatusCode"],
    ]  # fmt: skip
    assert "REQUIRED_FIELD_MISSING" == failed["body"][0]["errorCode"]
    assert ["kept"] == [row["Name"] for row in org.soql("SELECT Name FROM Account")]


def test_references_stay_in_their_graph(org: Any) -> None:
    """A reference id of another graph is not known."""
    _, second = send(
        org,
        graph("1", account("acc", Name="x")),
        graph("2", node("POST", "/sobjects/Contact", "con", {"LastName": "y", "AccountId": "@{acc.id}"})),
    )
    (failed,) = second["graphResponse"]["compositeResponse"]

    assert (False, "PROCESSING_HALTED") == (second["isSuccessful"], failed["body"][0]["errorCode"])
    assert failed["body"][0]["message"].startswith("Invalid reference specified. No value for acc.id found in acc.")


@pytest.mark.evidence("documented", "REST API Developer Guide, Composite Graph Limits: 14 failures")
def test_processing_stops_after_fourteen_failures(org: Any) -> None:
    """The graphs after them are not run."""
    answers = send(
        org, *(graph(f"g{n}", account("a")) for n in range(14)), graph("last", account("a", Name="never made"))
    )

    codes = [one["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] for one in answers]
    assert ["REQUIRED_FIELD_MISSING"] * 14 + ["PROCESSING_HALTED"] == codes
    assert {False} == {one["isSuccessful"] for one in answers}
    assert [] == org.soql("SELECT Id FROM Account")


def test_thirteen_failures_stop_nothing(org: Any) -> None:
    """The last graph is kept."""
    answers = send(org, *(graph(f"g{n}", account("a")) for n in range(13)), graph("last", account("a", Name="made")))

    assert True is answers[-1]["isSuccessful"]


@pytest.mark.evidence("documented", "REST API Developer Guide, Composite Graph Limits")
@pytest.mark.parametrize(
    "graphs",
    [
        [graph(f"g{n}", account("a", Name="x")) for n in range(76)],
        [graph("g", *(account(f"a{n}", Name="x") for n in range(501)))],
        [graph("g", account("a0", Name="x"), *(account(f"a{n}", Name=f"@{{a{n - 1}.id}}") for n in range(1, 16)))],
        [graph("g", *(node("POST", f"/services/data/v{50 + n}.0/sobjects/Account", f"a{n}", {}) for n in range(16)))],
    ],
    ids=["graphs", "nodes", "depth", "kinds"],
)
def test_limits(org: Any, graphs: Any) -> None:
    """75 graphs, 500 nodes, depth 15, 15 kinds of nodes: one more refuses the call."""
    before = org.rows
    answer = org.post("/composite/graph", {"graphs": graphs})

    assert (400, "LIMIT_EXCEEDED") == answer.error[:2]
    assert before == org.rows


def test_the_limits_themselves_are_allowed(org: Any) -> None:
    """Depth 15, and 15 versions of one object."""
    deep = graph("d", account("a0", Name="x"), *(account(f"a{n}", Name=f"@{{a{n - 1}.id}}") for n in range(1, 15)))
    wide = graph(
        "w", *(node("POST", f"/services/data/v{50 + n}.0/sobjects/Account", f"a{n}", {"Name": "x"}) for n in range(15))
    )

    assert [True, True] == [one["isSuccessful"] for one in send(org, deep, wide)]


@pytest.mark.evidence("documented", "REST API Developer Guide, Composite Subrequest of a graph: urls, methods, ids")
@pytest.mark.parametrize(
    "graphs",
    [
        [graph("a.b", account("a", Name="x"))],
        [graph("-a", account("a", Name="x"))],
        [graph("a" * 40, account("a", Name="x"))],
        [{"compositeRequest": [account("a", Name="x")]}],
        [graph("g", account("a", Name="x")), graph("g", account("a", Name="x"))],
        [graph("g", account("a", Name="x"), account("a", Name="x"))],
        [graph("g", account("a-b", Name="x"))],
        [graph("g")],
        [graph("g", node("GET", "/sobjects/Account", "a"))],
        [graph("g", node("POST", "/sobjects/Account/001000000000000AAA", "a", {}))],
        [graph("g", node("PUT", "/sobjects/Account/Key__c/1", "a", {}))],
        [graph("g", node("GET", "/query?q=SELECT Id FROM Account", "a"))],
        [graph("g", node("GET", "/composite/sobjects", "a"))],
        [graph("g", node("POST", "/services/data/v49.0/sobjects/Account", "a", {"Name": "x"}))],
        [graph("g", {**account("a", Name="x"), "httpHeaders": {"Accept": "application/xml"}})],
        ["x"],
        "x",
    ],
)
def test_what_no_graph_may_hold(org: Any, graphs: Any) -> None:
    """Ids, urls, methods and versions: the call is refused as a whole."""
    before = org.rows

    assert (400, "JSON_PARSER_ERROR") == org.post("/composite/graph", {"graphs": graphs}).error[:2]
    assert before == org.rows


def test_a_graph_reads_and_upserts(org: Any) -> None:
    """GET by id and by key, upsert by an external id."""
    (answer,) = send(
        org,
        graph(
            "g",
            node("PATCH", "/sobjects/Account/Key__c/k1", "a", {"Name": "x"}),
            node("GET", "/sobjects/Account/@{a.id}?fields=Name", "b"),
            node("GET", "/sobjects/Account/Key__c/k1", "c"),
        ),
    )
    _, row, by_key = answer["graphResponse"]["compositeResponse"]

    assert True is answer["isSuccessful"]
    assert ["x", row["body"]["Id"]] == [row["body"]["Name"], by_key["body"]["Id"]]


def test_one_call_of_the_day(org: Any) -> None:
    """A graph request counts once, and only from v50; a fault strikes node n of the payload."""
    used = org.fake.limits["api_requests"].used()
    org.fake.faults.add(Fault(kind="item_refused", item=1, verb="create", object="Account"))
    first, second = send(org, graph("1", account("a", Name="x")), graph("2", account("a", Name="x")))

    assert (True, False) == (first["isSuccessful"], second["isSuccessful"])
    assert used + 1 == org.fake.limits["api_requests"].used()
    assert 404 == org.post("/services/data/v49.0/composite/graph", {"graphs": []}).status
