"""`/composite/graph`: graphs of calls on rows, each kept or rolled back as a whole.

Rule: when as many graphs have failed as a request may have, the rest is not run.
Source: REST API Developer Guide v66, Composite Graph; answers recorded by heroku/sf-functions-python.
"""

from __future__ import annotations

from typing import Any

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import graph as graphs
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.composite import run_together, shown
from fake_salesforce.routes.http import Call
from fake_salesforce.routes.subrequests import refusal


def run(call: Call) -> Answer:
    """POST /composite/graph"""
    if call.number < graphs.VERSION_MIN:
        raise salesforce_error("NOT_FOUND")
    found = graphs.read(call.json_body(), number=call.number)
    answers: list[dict[str, Any]] = []
    failures = first = 0
    for one in found:
        if failures >= graphs.FAILURES_MAX:
            halted = refusal(salesforce_error("PROCESSING_HALTED.graphs"), call)
            results, good = [halted] * len(one.nodes), False
        else:
            results, good = run_together(call, one.nodes, all_or_none=True, first=first)
        failures += not good
        first += len(one.nodes)
        nodes = [shown(node.reference_id, result) for node, result in zip(one.nodes, results, strict=True)]
        answers.append({"graphId": one.graph_id, "graphResponse": {"compositeResponse": nodes}, "isSuccessful": good})
    return call.json({"graphs": answers})
