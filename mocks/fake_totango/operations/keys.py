"""How a task or touchpoint is named: by its external id in any case, or by its id.

Rule T4: an external id is kept in lower case, always; a blank one is none.
Rule T5: what is looked for is folded first, so `ABC` and `abc` are one key.
Rule T6: the id is a key, too. The external id is tried first; a key that is the external id of one record and the id of
another is refused (`ambiguous_key`).
Source: help article on syncing tasks and touchpoints ("always stored as lowercase", "DB ID will also work"); that only
ASCII letters are folded, and what happens on two hits, is assumed.
"""

from __future__ import annotations

import string
from typing import Any

import sqlalchemy as sa

from fake_totango.errors import TotangoError
from fake_totango.operations.fields import is_number
from fake_totango.store import CAMPAIGN_TOUCHES, TASKS, TOUCHPOINTS, Document, Table

KINDS: dict[str, Table] = {"tasks": TASKS, "touchpoints": TOUCHPOINTS, "campaign_touches": CAMPAIGN_TOUCHES}
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def fold(text: Any) -> str | None:
    """*text* as an external id is kept: ASCII letters in lower case; None for a blank one."""
    return text.translate(_ASCII_LOWER) if isinstance(text, str) and text.strip() else None


def find(connection: sa.Connection, kind: str, key: str) -> Document | None:
    """The record that *key* names, if any. Raises TotangoError (ambiguous_key)."""
    table = KINDS[kind]
    if kind == "campaign_touches":
        return table.first(connection, "id", key)
    folded = fold(key)
    by_external = table.first(connection, "external_id", folded) if folded is not None else None
    by_id = table.first(connection, "id", int(key)) if is_number(key) else None
    if by_external is not None and by_id is not None and by_external["id"] != by_id["id"]:
        raise TotangoError("ambiguous_key", key=key)
    return by_external or by_id


def refuse_taken(connection: sa.Connection, kind: str, external_id: str | None, *, record_id: int | None) -> None:
    """Raises TotangoError (ambiguous_key) when another record of *kind* has *external_id* (folded)."""
    found = KINDS[kind].first(connection, "external_id", external_id) if external_id is not None else None
    if found is not None and found["id"] != record_id:
        raise TotangoError("ambiguous_key", key=external_id)
