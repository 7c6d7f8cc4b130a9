"""`/composite/sobjects`: many rows in one call."""

from __future__ import annotations

from typing import Any

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import collections, records
from fake_salesforce.routes import multipart
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call
from fake_salesforce.routes.sobjects import CREATED_SINCE, caller

# REST API Developer Guide v62 and v66: "sObject Collections", and the supported resources of "Send Multiple Requests
# Using Composite".
COLLECTIONS_SINCE = 42
IN_COMPOSITE_SINCE = 43


def create(call: Call) -> Answer:
    """POST /composite/sobjects"""
    _refuse_old(call)
    return call.json(collections.create(call.org, caller(call), body=_body(call)))


def update(call: Call) -> Answer:
    """PATCH /composite/sobjects"""
    _refuse_old(call)
    return call.json(collections.update(call.org, caller(call), body=_body(call)))


def upsert(call: Call, sobject: str, key: str) -> Answer:
    """PATCH /composite/sobjects/{sobject}/{field}"""
    if call.number < CREATED_SINCE:
        raise salesforce_error("NOT_FOUND")
    found = records.find_sobject(call.org, sobject)
    body = _body(call)
    return call.json(collections.upsert(call.org, caller(call), sobject=found, key=key, body=body))


def delete(call: Call) -> Answer:
    """DELETE /composite/sobjects?ids=a,b&allOrNone=false"""
    _refuse_old(call)
    query = call.query
    ids = _needed(query.get("ids"), "ids").split(",")
    all_or_none = query.get("allOrNone", "").lower() == "true"
    return call.json(collections.delete(call.org, caller(call), ids=ids, all_or_none=all_or_none))


def retrieve(call: Call, sobject: str) -> Answer:
    """GET /composite/sobjects/{sobject}?ids=a,b&fields=A,B"""
    _refuse_old(call)
    query = call.query
    ids = _needed(query.get("ids"), "ids").split(",")
    names = _needed(query.get("fields"), "fields").split(",")
    return _retrieve(call, sobject, ids, names)


def retrieve_by_post(call: Call, sobject: str) -> Answer:
    """POST /composite/sobjects/{sobject} with {"ids", "fields"}"""
    _refuse_old(call)
    body = call.json_body()
    if not isinstance(body, dict):
        raise salesforce_error("JSON_PARSER_ERROR", text="The request body must be an object")
    return _retrieve(call, sobject, _texts(body, "ids"), _texts(body, "fields"))


def _refuse_old(call: Call) -> None:
    if call.number < (IN_COMPOSITE_SINCE if call.subrequest else COLLECTIONS_SINCE):
        raise salesforce_error("NOT_FOUND")


def _retrieve(call: Call, sobject: str, ids: list[str], names: list[str]) -> Answer:
    found = records.find_sobject(call.org, sobject)
    return call.json(collections.retrieve(call.org, sobject=found, ids=ids, names=names, base=call.base))


def _body(call: Call) -> Any:
    """The parsed body; a value its field cannot hold is then reported without a position."""
    body = multipart.collection_body(call)
    call.body_text = None
    return body


def _needed(value: str | None, name: str) -> str:
    if not value:
        raise salesforce_error("ILLEGAL_QUERY_PARAMETER_VALUE", text=f"The parameter {name} is required")
    return value


def _texts(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise salesforce_error("JSON_PARSER_ERROR", text=f"The value for {name} must be a list of texts")
    return value
