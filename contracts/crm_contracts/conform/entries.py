"""Which entry of the ledger a check holds: the row of data that makes the refusal it expects, or its operation.

Rule 1: a check's own `entry` goes first; else it is the error row of the expected code whose words fit the expected
text; else `VENDOR/OPERATION/STATUS/CODE`, which the ledger knows how to read; else the operation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from crm_contracts.conform.check import Check, checks
from crm_contracts.ledger import Entry, entries, find

__all__ = ["Refusal", "entry_of", "held_by_checks", "literal", "pattern", "refusal_in"]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_CODES = (("errorCode", "message"), ("statusCode", "message"), ("error", "error_description"))


class Refusal(NamedTuple):
    """What a refusal says."""

    code: str
    text: str


def entry_of(check: Check) -> str:
    """The ledger's id of what *check* holds. Rule 1."""
    if check.entry:
        return check.entry
    for step in check.steps[::-1]:
        refusal = expected_refusal(step)
        if refusal is None:
            continue
        fitting = [
            one for one in _errors(check.vendor) if _plain(one.code) == _plain(refusal.code) and _fits(one, refusal)
        ]
        if fitting:  # the row with the most words of its own: "{text}" fits everything
            return max(fitting, key=lambda one: len(_PLACEHOLDER.sub("", one.says))).id
        there = find(f"{check.vendor}/{check.operations[0]}/{step['status']}/{refusal.code}")
        if there is not None:
            return there.id
    return f"{check.vendor}/{check.operations[0]}"


def held_by_checks(vendor: str) -> dict[str, list[str]]:
    """Entry id -> the names of the checks that hold it."""
    found: dict[str, list[str]] = defaultdict(list)
    for check in checks(vendor):
        entry = find(entry_of(check))
        if entry is not None:
            found[entry.id].append(check.name)
    return dict(found)


def expected_refusal(step: Mapping[str, Any]) -> Refusal | None:
    """The refusal that *step* expects, with names not filled in."""
    told = step.get("refused")
    if told is not None:
        return Refusal(told.get("code", ""), literal(told.get("message", "")))
    return refusal_in([step.get("equals"), step.get("has")])


def refusal_in(body: Any) -> Refusal | None:
    """The first refusal in a body, or in what is expected of one."""
    if isinstance(body, Mapping):
        for code, words in _CODES:
            if isinstance(body.get(code), str) and isinstance(body.get(words, ""), str):
                return Refusal(body[code], literal(body.get(words, "")))
        told = body.get("errorMessage")
        if isinstance(told, str) and " : " in told:  # of a Bulk 2.0 job
            return Refusal(*told.split(" : ", 1))
        body = list(body.values())
    if isinstance(body, list):
        return next((found for one in body if (found := refusal_in(one))), None)
    return None


def literal(expected: str) -> str:
    """What a text that fits *expected* looks like: a regular expression without its signs, a query's window cut off."""
    if expected.startswith("<re:"):
        inner = expected.removeprefix("<re:").removesuffix(">").removeprefix("^").removesuffix("$")
        expected = re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], inner)
    return re.sub(r"(?s)^\n.*\nERROR at Row:\d+:Column:\d+\n", "", expected)


def pattern(template: str) -> re.Pattern[str]:
    """What finds the words of *template* at the end of a text, and what stands for each placeholder."""
    parts: list[str] = []
    at, seen = 0, set()
    for one in _PLACEHOLDER.finditer(template):
        parts += [re.escape(template[at : one.start()]), f"(?P={one[1]})" if one[1] in seen else f"(?P<{one[1]}>.*?)"]
        seen.add(one[1])
        at = one.end()
    return re.compile("".join([*parts, re.escape(template[at:]), "$"]), re.DOTALL)


@cache
def _errors(vendor: str) -> list[Entry]:
    return [one for one in entries(vendor) if one.kind == "error"]


def _fits(one: Entry, refusal: Refusal) -> bool:
    return bool(refusal.text) and pattern(one.says.partition(": ")[2]).fullmatch(refusal.text) is not None


def _plain(code: str) -> str:
    """Bulk API 2.0 writes InvalidJob as INVALIDJOB."""
    return code.replace("_", "").casefold()
