"""Rows that a write must lock, and what it is told when somebody else holds one of them.

Rule 1: a write locks the row itself and the rows that `data/locks.toml` says; one held row refuses the write.
Rule 2: nobody waits: the vendor tries for ten seconds, here the clock is the tester's.
Source: Record Locking Cheat Sheet; the text is `UNABLE_TO_LOCK_ROW` of the error table.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fake_salesforce.data_files import load
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.prepared import Prepared
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field

Values = Mapping[str, Any]


def refuse_held(org: Org, prep: Prepared, new: Values, old: Values | None, caller: Caller, *, event: str) -> None:
    """Raise UNABLE_TO_LOCK_ROW when a row this write must lock is held. *event*: create, update, delete.

    A lock_held fault without a row of its own first takes the locks of the very write that it strikes.
    """
    ids = locked_by(org, prep, new, old, event=event)
    if caller.struck_by_lock and caller.fault is not None and not caller.fault.row:
        org.row_locks.hold(ids, caller.now + timedelta(seconds=caller.fault.seconds))
    held = org.row_locks.held(ids, org.clock.now())
    if held:
        raise salesforce_error("UNABLE_TO_LOCK_ROW.held", count=len(held), value=",".join(held))


def locked_by(org: Org, prep: Prepared, new: Values, old: Values | None, *, event: str) -> list[str]:
    """Ids of the rows that the write locks: the row itself unless it is new, then those it points at."""
    quiet: set[str] = set()  # references that this write does not lock through
    if event == "create" and (new.get("IsClosed") or new.get("ActivityDate") is None):
        quiet = _only_open_and_dated().get(prep.name, quiet)
    ids = [] if event == "create" else [new["Id"]]
    for field, always in _references(org, prep, event):
        name = field.name
        if name in quiet or (not always and old is not None and old[name] == new[name]):
            continue
        ids += [value for value in (new[name], None if old is None else old[name]) if value is not None]
    return ids


def _only_open_and_dated() -> dict[str, set[str]]:
    """Objects of which a new row locks these references only when it is open and has a date."""
    return {row["object"]: set(row["fields"]) for row in load("locks.toml")["lock"] if row.get("open_and_dated")}


def _references(org: Org, prep: Prepared, event: str) -> list[tuple[Field, bool]]:
    """The references that an *event* of the object locks through; True: whether or not it changes."""
    key = ("locks", prep.name, event)
    found: list[tuple[Field, bool]] | None = org.prepared.get(key)
    if found is None:
        data = load("locks.toml")
        named = {
            name for row in data["lock"] if row["object"] == prep.name and event in row["on"] for name in row["fields"]
        }
        found = []
        for field in prep.sobject.columns:
            if not field.is_reference:
                continue
            master = field.cascade_delete or field.restricted_delete
            if field.name in named or (master and event in data["master"]["on"]):
                found.append((field, True))
            elif event in data["other"]["on"] and field.reference_to != ("User",) and field.name != "OwnerId":
                found.append((field, False))
        org.prepared[key] = found
    return found
