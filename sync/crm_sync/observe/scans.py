"""Where a scan begins, and what a record said when it was scanned."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from crm_sync.model import Record

#: Values of a list row that say nothing about its content.
_VOLATILE = frozenset({"isSeen", "hasMore", "waitsToBeFiltered", "timeBucket", "__v", "updatedAt"})


def scan_start(cursor: datetime | None, overlap_seconds: int) -> datetime | None:
    """Where an incremental scan begins: a little before its cursor (F49)."""
    return None if cursor is None else cursor - timedelta(seconds=overlap_seconds)


def cursor_name(place: str, model: str, part: str = "") -> str:
    """The name of a scan's cursor."""
    return f"{place}:{model}:{part}" if part else f"{place}:{model}"


def digest(record: Record) -> str:
    """A fingerprint of a record's content, without what changes by itself."""
    content = {k: v for k, v in record.values.items() if k not in _VOLATILE}
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def digest_sf(record: Record) -> str:
    """A fingerprint of a Salesforce record's mapped content, without its stamps."""
    stamps = {"SystemModstamp", "LastModifiedDate"}
    content: dict[str, Any] = {k: v for k, v in record.values.items() if k not in stamps}
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
