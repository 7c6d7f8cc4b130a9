"""Lists, all alike: a page of items in the order in which they changed, and where the next page begins.

Rule 1: what changes between two pages moves to the end: it may come twice, and is never missed.
Rule 2: a parameter that a list does not know, or cannot read, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from fake_marketo.errors import SiaError
from fake_marketo.moments import moment_of
from fake_marketo.operations.call import Call
from fake_marketo.store import Table
from fake_marketo.tenant import PAGE_DEFAULT, PAGE_MAX

_CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)?~(\d{1,15})", re.ASCII)
_PAGING = ("limit", "cursor")


def known_only(parameters: Mapping[str, str], *known: str) -> None:
    """SiaError (unknown_parameter)."""
    for name in parameters:
        if name not in known:
            raise SiaError("unknown_parameter", name=name, known=", ".join(known) or "none")


def page(
    call: Call, table: Table, parameters: Mapping[str, str], where: Iterable[sa.ColumnElement[bool]], *, also: str = ""
) -> dict[str, Any]:
    """`{"items": […], "next": cursor or null}`; *also* names the list's own parameters."""
    known_only(parameters, *_PAGING, *also.split())
    limit = _limit(parameters)
    rows = table.rows(call.connection, *where, after=_cursor(parameters), limit=limit + 1)
    more = len(rows) > limit
    del rows[limit:]
    return {"items": rows, "next": "~".join(map(str, table.place(rows[-1]))) if more else None}


def _limit(parameters: Mapping[str, str]) -> int:
    text = parameters.get("limit", str(PAGE_DEFAULT))
    if not re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII) or int(text) > PAGE_MAX:
        raise SiaError("bad_parameter", name="limit", wanted=f"a whole number from 1 to {PAGE_MAX}", value=text)
    return int(text)


def _cursor(parameters: Mapping[str, str]) -> tuple[str, int] | None:
    text = parameters.get("cursor")
    if text is None:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise SiaError("bad_parameter", name="cursor", wanted="the `next` of a page", value=text)
    return found[1] or "", int(found[2])


def flag(parameters: Mapping[str, str], name: str) -> bool | None:
    """A parameter `true` or `false`, None without it."""
    text = parameters.get(name)
    if text not in {None, "true", "false"}:
        raise SiaError("bad_parameter", name=name, wanted="true or false", value=text)
    return None if text is None else text == "true"


def changed_since(call: Call, table: Table, parameters: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    """The condition of the parameter changed_since, if it is given."""
    text = parameters.get("changed_since")
    if text is None:
        return []
    moment = moment_of(text)
    if moment is None:
        wanted = "a moment with its zone, such as 2026-01-05T09:00:00Z"
        raise SiaError("bad_parameter", name="changed_since", wanted=wanted, value=text)
    changed = table.c.changed
    return [changed >= moment if call.switches["changed_since"] == "closed" else changed > moment]
