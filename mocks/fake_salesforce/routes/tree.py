"""`/composite/tree/{sobject}`: parents with their children in one call."""

from __future__ import annotations

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import records, tree
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call
from fake_salesforce.routes.sobjects import caller

TREE_SINCE = 34


def create(call: Call, sobject: str) -> Answer:
    """POST /composite/tree/{sobject}: 201 when all rows are made, 400 with the records at fault when none is."""
    if call.number < TREE_SINCE:
        raise salesforce_error("NOT_FOUND")
    found = records.find_sobject(call.org, sobject)
    body = call.json_body()
    call.body_text = None  # a value its field cannot hold is reported without a position
    try:
        results = tree.create(call.org, caller(call), sobject=found, body=body)
    except tree.Refused as refused:
        return call.json({"hasErrors": True, "results": refused.results}, 400)
    return call.json({"hasErrors": False, "results": results}, 201)
