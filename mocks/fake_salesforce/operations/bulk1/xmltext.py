"""What a batch's results and the rows of a query look like in XML.

Rule 1: a row shows its type and its id before the selected fields; so the id is there twice when it was selected.
Rule 2: null is `xsi:nil="true"`; a parent is a row inside; dates of moments end in Z.
Source: queryResult and results as quoted by Bulk clients (wso2 esb-connector-salesforcebulk, seiun); the Bulk API
Developer Guide for results. The order of an error's elements is the alphabetical one of those quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from fake_salesforce.operations.bulk.apply import Outcome
from fake_salesforce.operations.bulk1.rows import NAMESPACE
from fake_salesforce.wire.xmltext import sayable

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def document(name: str, children: Iterable[str], *, typed: bool = False) -> bytes:
    """The element *name* with *children*, each an element's text; *typed* ones may use xsi."""
    xsi = f' xmlns:xsi="{_XSI}"' if typed else ""
    return f'{HEAD}<{name} xmlns="{NAMESPACE}"{xsi}>{"".join(children)}</{name}>'.encode()


def leaf(name: str, value: Any) -> str:
    """One value; None is nil."""
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(sayable(text))}</{name}>"


def result(outcome: Outcome, record_id: str) -> str:
    """One `<result>`."""
    errors = "".join(
        "<errors>"
        + "".join(leaf("fields", name) for name in error.fields or ())
        + leaf("message", error.message)
        + leaf("statusCode", error.code)
        + "</errors>"
        for error in outcome.errors
    )
    own = leaf("id", record_id) if record_id else ""
    return f"<result>{errors}{own}{leaf('success', outcome.success)}{leaf('created', outcome.created)}</result>"


def record(row: Mapping[str, Any], name: str = "records") -> str:
    """One row of a query, below the element *name*; *row* is as a REST query gives it, moments already as they are."""
    inner = [leaf("type", row["attributes"]["type"]), leaf("Id", row.get("Id"))]
    for key, value in row.items():
        if key != "attributes":
            inner.append(record(value, key) if isinstance(value, dict) else leaf(key, value))
    return f'<{name} xsi:type="sObject">{"".join(inner)}</{name}>'
