"""SOQL with every value bound: a value is a literal of its own, whatever is in it, and never a part of the query.

Rule 1 (A35): the REST API binds nothing itself, so that values are escaped; names are checked, not escaped.
Rule 2 (A36): only the fields that were asked for; Id when none were.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from crm_sync.sides.salesforce import literal, quoted

_NAME: Final = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)


def select(
    object_name: str,
    fields: Sequence[str] = (),
    *,
    equal: Mapping[str, Any] | None = None,
    since: Mapping[str, datetime] | None = None,
    order: Sequence[str] = (),
) -> str:
    """A query for rows whose fields equal the values of *equal* and are not before those of *since*."""
    for name in (object_name, *fields, *(equal or {}), *(since or {}), *order):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of an object or field")
    conditions = [f"{name} = {_literal(value)}" for name, value in (equal or {}).items()]
    conditions += [f"{name} >= {literal(moment)}" for name, moment in (since or {}).items()]
    text = f"SELECT {', '.join(fields) or 'Id'} FROM {object_name}"  # noqa: S608 - SOQL: names are checked, values are literals
    if conditions:
        text += f" WHERE {' AND '.join(conditions)}"
    return text + (f" ORDER BY {', '.join(order)}" if order else "")


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return literal(value) if isinstance(value, datetime) else quoted(str(value))
