"""Saves over SOAP: create, update, upsert, delete.

Rule 1: up to 200 rows a call, each with its own result; AllOrNoneHeader takes all or none.
Rule 2: what the vendor's XML reader cannot take (an unknown object, a word where a number belongs) refuses the call.
Source: SOAP API Developer Guide, create(), update(), upsert(), delete(), AllOrNoneHeader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import collections
from fake_salesforce.operations.soap.calls import Context, Operation
from fake_salesforce.operations.soap.envelope import record
from fake_salesforce.operations.soap.faults import fault
from fake_salesforce.operations.soap.xml import saved


def create(context: Context) -> str:
    """New rows."""
    body = _body(context)
    return saved(collections.create(context.org, context.caller, body=body))


def update(context: Context) -> str:
    """Changed rows, each named by its Id."""
    body = _body(context)
    return saved(collections.update(context.org, context.caller, body=body))


def upsert(context: Context) -> str:
    """Rows created or changed by an external id, an idLookup field, or Id; all of one object."""
    body = _body(context)
    names = {one["attributes"]["type"].lower() for one in body["records"]}
    if not names:
        return ""
    if len(names) > 1:
        raise salesforce_error("INVALID_TYPE.upsert_of_several")
    sobject = context.sobject(names.pop())
    key = context.envelope.text("externalIDFieldName") or "Id"
    field = sobject.field(key)
    if field is None:
        raise salesforce_error("INVALID_FIELD.no_such_field_in_url", field=key, object=sobject.name)
    items = collections.upsert(context.org, context.caller, sobject=sobject, key=key, body=body)
    return saved([{"created": False, **one} for one in items])


def delete(context: Context) -> str:
    """Rows put in the recycle bin."""
    ids = list(context.envelope.texts("ids"))
    return saved(collections.delete(context.org, context.caller, ids=ids, all_or_none=all_or_none(context)))


def all_or_none(context: Context) -> bool:
    """What the AllOrNoneHeader says."""
    return context.envelope.header("AllOrNoneHeader", "allOrNone") == "true"


def _body(context: Context) -> dict[str, Any]:
    """The records as a collection takes them; raises INVALID_TYPE."""
    found = [record(one) for one in context.envelope.elements("sObjects")]
    _refuse_unknown(context, found)
    return {"allOrNone": all_or_none(context), "records": found}


def _refuse_unknown(context: Context, found: Sequence[dict[str, Any]]) -> None:
    for one in found:
        name = one.get("attributes", {}).get("type", "")
        if context.org.schema.sobject(name) is None:
            raise fault("INVALID_TYPE", name=name)


OPERATIONS: dict[str, Operation] = {"create": create, "update": update, "upsert": upsert, "delete": delete}
