"""A check that differs, as a finding: what was asked, what came, what it should have been; free of secrets.

Rule 1: a header or body that holds a credential of the target is shown with the credential's name in its place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from crm_contracts.conform.check import Check
from crm_contracts.conform.entries import entry_of
from crm_contracts.conform.play import Differs, Play
from crm_contracts.findings import Finding, Result

__all__ = ["finding_of", "left_behind", "masked"]

SHOWN_MAX = 2_000
KEPT_SECRET_CHARS = 8  # shorter credentials (a region, a user's number) are no secrets and occur everywhere


def finding_of(play: Play, differs: Differs, patch: Sequence[str] = (), cause: str = "") -> Finding:
    """What a failed check has to say; *patch* are lines that would mend the fake, *cause* the row that they are for."""
    check, last = play.check, play.interactions[-1] if play.interactions else None
    shown: list[str] = []
    where = ""
    if last is not None:
        where = masked(f"call {len(play.interactions)}: {last.method} {last.url}", play)
        if last.body:
            shown.append(masked(f"sent: {last.body.decode('utf-8', 'replace')}", play))
        shown.append(masked(f"came: {last.answer.status} {last.answer.text}", play))
    shown += [masked(f"also differs: {one}", play) for one in differs.differences[1:]]
    return Finding(
        check=check.name,
        cause=cause,
        seen=masked(str(differs.differences[0]), play),
        why=f"this does not hold: {check.title}",
        remedy=_remedy(play),
        where=where,
        shown=[*shown, *patch],
        vendor=check.vendor,
        operation=check.operations[0],
        entry=entry_of(check),
        grade=check.grade,
        source=check.source,
    )


def left_behind(result: Result, check: Check, left: Sequence[str]) -> Result:
    """*result*, which also tells what could not be taken away."""
    finding = Finding(
        check="left-behind",
        level="warning",
        seen=f"{check.name}: {len(left)} of what it made is still there: {left[0]}",
        why="A check takes away what it made; these could not be deleted.",
        remedy="Delete them by hand: their names or subjects begin with zz-understudy.",
        shown=list(left),
        vendor=check.vendor,
        operation=check.operations[0],
    )
    return replace(result, findings=[*result.findings, finding])


def masked(text: str, play: Play) -> str:
    """Rule 1; and cut to what one can read."""
    for name, value in play.target.credentials.items():
        if name != "url" and isinstance(value, str) and len(value) >= KEPT_SECRET_CHARS:
            text = text.replace(value, f"{{{name}}}").replace(json.dumps(value)[1:-1], f"{{{name}}}")
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}… ({len(text) - SHOWN_MAX} more characters)"


def _remedy(play: Play) -> str:
    if play.target.kind == "account":
        return "The account is right: take the patch over into the fake's data, or mend the fake, and the check."
    return "Find out who is wrong by the source: mend the fake, or the check."
