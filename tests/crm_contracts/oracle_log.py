"""A small history for the oracle, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.oracle import NO_OLDER, Older, Oracle
from crm_contracts.world.settings import Settings

NINE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SF, PH = "00T000000000001AAA", "60" * 12


class Log:
    """A hand-made history: rows on both sides, users' writes, and what a round left behind."""

    def __init__(self, **settings: Any) -> None:
        self.oracle = Oracle(Settings(**settings), customers={"acme": True})
        self.rows: dict[str, dict[str, dict[str, Any]]] = {SALESFORCE: {}, TASK: {}, CONVERSATION: {}}
        self.now = NINE

    def user(self, side: str, record_id: str, act: str = "act-1", **fields: Any) -> None:
        """A user writes *fields* one minute later."""
        self.now += timedelta(minutes=1)
        self.put(side, record_id, **fields)
        row = dict(self.rows[side][record_id])
        self.oracle.user_saved(act, (side, record_id, row), at=self.now, names=fields, customer="acme")

    def put(self, side: str, record_id: str, **fields: Any) -> None:
        """Somebody (the sync, the vendor) writes *fields*."""
        stamp = "LastModifiedDate" if side == SALESFORCE else "updatedAt"
        row = self.rows[side].setdefault(record_id, {"Id" if side == SALESFORCE else "_id": record_id})
        row |= fields | {stamp: self.now.isoformat()}

    def round(self, *, clean: bool = True, read: str = "", behind: Older = NO_OLDER) -> None:
        """A round of the sync ends; it has read everything, or what *read* says. *behind* showed older rows."""
        self.now += timedelta(minutes=1)
        after = {side: {k: dict(v) for k, v in rows.items()} for side, rows in self.rows.items()}
        read = read or " ".join(record_id for rows in self.rows.values() for record_id in rows)
        self.oracle.synced(after, clean=clean and not behind, read=read, behind=behind)

    def begin(self) -> None:
        self.oracle.about_to_sync()


def linked(**settings: Any) -> Log:
    """A Salesforce Task and its Planhat Task, agreed on the title A."""
    log = Log(**settings)
    log.user(SALESFORCE, SF, Subject="A")
    log.begin()
    log.put(TASK, PH, action="A", sourceId=SF)
    log.round()
    return log
