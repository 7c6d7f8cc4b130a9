"""`/query` and `/queryAll`: SOQL, page by page; `/query?explain=`: how it would be run."""

from __future__ import annotations

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import query as operations
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call
from fake_salesforce.routes.sobjects import caller


def query(call: Call) -> Answer:
    """GET /query?q= and /query?explain="""
    return _start(call, include_deleted=False)


def query_all(call: Call) -> Answer:
    """GET /queryAll?q="""
    return _start(call, include_deleted=True)


def more(call: Call, locator: str) -> Answer:
    """GET /query/{locator}"""
    return call.json(operations.more(call.org, caller(call), locator=locator, version=call.version))


def _start(call: Call, *, include_deleted: bool) -> Answer:
    asked = call.query
    if "explain" in asked and not include_deleted:
        return call.json(
            operations.explain(call.org, caller(call), text=asked.get("explain", ""), version=call.version)
        )
    text = asked.get("q")
    if text is None:
        raise salesforce_error("ILLEGAL_QUERY_PARAMETER_VALUE", text="A query string has to be specified")
    if asked.get("columns", "").lower() == "true" and not include_deleted:
        return call.json(operations.columns(call.org, caller(call), text=text, version=call.version))
    page = operations.run(
        call.org,
        caller(call),
        text=text,
        include_deleted=include_deleted,
        options=call.environ.get("HTTP_SFORCE_QUERY_OPTIONS"),
        version=call.version,
    )
    return call.json(page)
