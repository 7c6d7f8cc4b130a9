"""The Salesforce diagnostics page: one record for each failure, with a category and whether it is tried again (M27).

Source: data/diagnostics.toml. The category follows from the error code; nobody sends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_marketo.data_files import read_toml
from fake_marketo.errors import SiaError
from fake_marketo.operations import fields, lists
from fake_marketo.operations.call import Call
from fake_marketo.store import DIAGNOSTICS, Row

_DATA = read_toml("diagnostics.toml")
CATEGORIES: dict[str, dict[str, Any]] = _DATA["categories"]
_CATEGORY_OF = {code: name for name, row in CATEGORIES.items() for code in row["codes"]}
_SAYS = {code: text for row in CATEGORIES.values() for code, text in row.get("says", {}).items()}


def category_of(code: str, message: str, *, by_message: bool) -> str:
    """The category of an error *code* of Salesforce; with *by_message* some codes need the page's message, too."""
    unlisted: str = _DATA["unlisted"]
    if by_message and _SAYS.get(code, "") not in message.lower():
        return unlisted
    return _CATEGORY_OF.get(code, unlisted)


def completed(call: Call, row: Row) -> Row:
    """*row* with every key, the category and whether the failure is tried again by itself."""
    made = fields.whole("diagnostic", row, now=call.now(), the_caller=call.user["id"])
    by_message = call.switches["diagnostics_by_message"]
    category = category_of(made["code"], made["message"], by_message=by_message)
    return {**made, "category": category, "retried": category in _DATA["retried"]}


def create(call: Call, given: Mapping[str, Any]) -> Row:
    """What the integration failed to do for the caller."""
    row = fields.read("diagnostic", given)
    call.refer("reminder", row.get("reminder"))
    made = completed(call, {**row, "id": DIAGNOSTICS.next_id(call.connection, block=call.tenant.ids.block)})
    DIAGNOSTICS.put(call.connection, made)
    return made


def acknowledge(call: Call, key: str) -> Row:
    """A person has seen it; a second time changes nothing."""
    made = call.named(DIAGNOSTICS, "diagnostic", key, DIAGNOSTICS.c.user == call.user["id"])
    if made["acknowledged_at"] is None:
        made = {**made, "acknowledged_at": call.now()}
        DIAGNOSTICS.put(call.connection, made)
    return made


def list_all(call: Call, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The caller's failures, of one category, acknowledged or not."""
    where = [DIAGNOSTICS.c.user == call.user["id"], *lists.changed_since(call, DIAGNOSTICS, parameters)]
    category = parameters.get("category")
    if category is not None:
        if category not in CATEGORIES:
            wanted = "one of " + ", ".join(CATEGORIES)
            raise SiaError("bad_parameter", name="category", wanted=wanted, value=category)
        where.append(DIAGNOSTICS.c.category == category)
    acknowledged = lists.flag(parameters, "acknowledged")
    if acknowledged is not None:
        at = DIAGNOSTICS.c.acknowledged_at
        where.append(at.is_not(None) if acknowledged else at.is_(None))
    return lists.page(call, DIAGNOSTICS, parameters, where, also="changed_since category acknowledged")
