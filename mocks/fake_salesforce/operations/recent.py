"""The rows a user had to do with lately, as `/recent` and `recentItems` show them.

Source: REST API Developer Guide, Recently Viewed Items and sObject Basic Information.
"""

from __future__ import annotations

from typing import Any

from fake_salesforce.operations import rows
from fake_salesforce.operations.viewed import recent
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import SObject


def recent_rows(org: Org, user_id: str, *, base: str, sobject: SObject | None, limit: int) -> list[dict[str, Any]]:
    """The rows that *user_id* viewed last and may still see, latest first: attributes, Id and name of each."""
    found: list[dict[str, Any]] = []
    for name, record_id in recent(org, user_id, sobject=sobject):
        seen = org.schema.sobject(name)
        named = None if seen is None else seen.name_field
        if seen is None or named is None:
            continue
        row = rows.get_many(org, sobject=seen, ids=[record_id], names=["Id", named.name], base=base)[0]
        if row is not None:
            found.append(row)
        if len(found) == limit:
            break
    return found
