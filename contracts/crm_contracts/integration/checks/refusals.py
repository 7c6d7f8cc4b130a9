"""Requests that the vendor refused because of what the program sent: the vendor's own verdict on the contract.

Rule 1: a refusal that lies with the moment (a lock, a limit, a session) or that is a question's answer (a record that
        is not there) is no finding here.
Rule 2: one line of a program is one finding, however many records pass it: the values that a message or a query quotes
        do not tell refusals apart.
"""

from __future__ import annotations

import re
from typing import Any

from crm_contracts.findings import Level
from crm_contracts.integration.checks.batches import is_batch, refused_items
from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run
from crm_contracts.integration.table import codes

# `Label: what is wrong: value`, and a value in the middle of what the JSON parser says
_VALUE = re.compile(r"^(?P<what>[^:]+: [^:]+: )|^(?P<parser>.+ from [A-Z_]+ value )")


def refused_request(run: Run) -> Looked:
    looked = Looked(number=len(run.calls))
    for one in run.parsed:
        if one.vendor == "salesforce":
            named = one.operation or one.path
            told = [(named, *error) for error in one.errors]
            told += [(f"an item of {named}", *error) for error in _of_items(one)]
            for what, code, message in told:
                row = codes().get(code)
                if row is not None:
                    looked.seen.append(_seen(one, what, code, message, row))
        elif one.status == 400 and (one.writes or one.acts_as == "GET") and one.found is not None:
            messages = [message for _, message in _of_items(one)] or [one.errors[0][1]]
            level: Level | None = (
                "warning" if is_batch(one) and len(one.items) == 1 else None
            )  # it may lie with its data
            what = f"{one.operation} was refused: {messages[0][:160]}"
            looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation} {messages[0][:60]}", level=level))
    return looked


def _of_items(one: ParsedCall) -> list[tuple[str, str]]:
    return [(item.code, item.message) for item in refused_items(one)]


def _seen(one: ParsedCall, named: str, code: str, message: str, row: dict[str, Any]) -> Seen:
    said = " ".join(message.split())[:200]
    return Seen(
        what=f"{named} was refused: {code}: {said}",
        calls=[one],
        about=f"{one.operation} {code} {_told_apart(one, said)}",
        level=row.get("level"),
        remedy=row["remedy"],
    )


def _told_apart(one: ParsedCall, said: str) -> str:
    """What is the same for each record that one line of the program sends."""
    if one.soql is not None:
        return one.soql.partition("'")[0]
    found = _VALUE.match(said)
    return found[0] if found else said[-80:]
