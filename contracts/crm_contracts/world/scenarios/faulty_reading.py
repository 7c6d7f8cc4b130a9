"""Syncs that go wrong in how they ask what changed: cursors, equal stamps, pages.

`Incremental` reads what changed since its cursor, a window back, and is right; each of the others does one thing wrong.
Must not import crm_sync.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from crm_contracts.world.fields import Row
from crm_contracts.world.settings import Settings
from crm_contracts.world.toys import Honest
from crm_contracts.world.under_test import Connection
from crm_contracts.world.users import SALESFORCE_FIELDS, SalesforceUser

__all__ = ["ByLastEdit", "FromWallClock", "Incremental", "NoWindow", "ReadsForEver", "SkipsEqualStamps"]

WINDOW = timedelta(seconds=120)
PAGE = 3


class Reader(SalesforceUser):
    """Keeps what it has read, and asks for the rest."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.kept: dict[str, Row] = {}
        self.toy: Incremental | None = None

    def tasks(self) -> dict[str, Row]:
        assert self.toy is not None
        for row in self.toy.changed():
            self.kept[row["Id"]] = row
        return dict(self.kept)

    def query(self, where: str, limit: int = 2_000) -> list[Row]:
        assert self.toy is not None
        names = ", ".join({*SALESFORCE_FIELDS, "SystemModstamp"})
        soql = f"SELECT {names} FROM Task {where} ORDER BY {self.toy.stamp}, Id LIMIT {limit}"  # noqa: S608 - SOQL
        found: list[Row] = self._call("GET", f"/query?q={quote(soql)}").json()["records"]
        return found

    def read(self, record_id: str) -> Row:
        return self.kept[record_id] if record_id in self.kept else super().read(record_id)

    def edit(self, record_id: str, fields: Any) -> None:
        super().edit(record_id, fields)
        self.kept[record_id] = super().read(record_id)


class Incremental(Honest):
    """Honest, and reads only what changed since the newest stamp it has seen, a window back."""

    stamp: ClassVar = "SystemModstamp"

    def __init__(self, connection: Connection, settings: Settings) -> None:
        super().__init__(connection, settings)
        self.reader = Reader(connection.salesforce, connection.session)
        self.salesforce, self.reader.toy = self.reader, self
        self.cursor: datetime | None = None

    def changed(self) -> list[Row]:
        rows = self.reader.query(self.since(WINDOW))
        self.move(rows)
        return rows

    def since(self, window: timedelta, sign: str = ">=") -> str:
        return f"WHERE {self.stamp} {sign} {_text(self.cursor - window)}" if self.cursor else ""

    def move(self, rows: list[Row]) -> None:
        stamps = [datetime.fromisoformat(row[self.stamp]) for row in rows]
        self.cursor = max([*stamps, *([self.cursor] if self.cursor else [])], default=None)


class ByLastEdit(Incremental):
    """Goes by the date of the last edit: what comes out of the recycle bin bears an old one."""

    stamp: ClassVar = "LastModifiedDate"


class NoWindow(Incremental):
    """Reads what is newer than the newest it has seen, and never looks back."""

    def changed(self) -> list[Row]:
        rows = self.reader.query(self.since(timedelta(0)))
        self.move(rows)
        return rows


class FromWallClock(Incremental):
    """Sets its cursor to the time at which the run ended."""

    def changed(self) -> list[Row]:
        return self.reader.query(self.since(timedelta(0)))

    def run(self) -> Any:
        super().run()
        self.cursor = self.connection.clock.now()


class SkipsEqualStamps(Incremental):
    """Reads pages, each from behind the last stamp of the one before."""

    def changed(self) -> list[Row]:
        found: list[Row] = []
        while True:
            rows = self.reader.query(self.since(timedelta(0), ">"), PAGE)
            self.move(rows)
            found += rows
            if len(rows) < PAGE:
                return found


class ReadsForEver(Incremental):
    """Reads pages, each from the last stamp of the one before, until one is not full."""

    def changed(self) -> list[Row]:
        found: list[Row] = []
        while True:
            rows = self.reader.query(self.since(timedelta(0)), PAGE)
            self.move(rows)
            found += rows
            if len(rows) < PAGE:
                return found


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
