"""The end of a record: its events go with it, and that it was deleted is kept, with the time.

Source: deletions travel both ways in a sync (help article); that Totango keeps them, and where, is assumed.
"""

from __future__ import annotations

import sqlalchemy as sa

from fake_totango.operations import timeline
from fake_totango.operations.keys import KINDS
from fake_totango.store import DELETIONS, Document
from fake_totango.tenant import Tenant

EVENT_TYPES = {"tasks": "task", "touchpoints": "note"}


def delete_record(connection: sa.Connection, tenant: Tenant, kind: str, record: Document) -> Document:
    """Delete *record* of *kind*; what is kept of it."""
    KINDS[kind].delete(connection, record)
    timeline.forget(connection, EVENT_TYPES[kind], record)
    deletion = {
        "number": tenant.ids.next("deletion"),
        "kind": kind,
        "id": record["id"],
        "external_id": record["external_id"],
        "account_id": record["account_id"],
        "deleted_at": tenant.now(),
    }
    DELETIONS.put(connection, deletion)
    return deletion
