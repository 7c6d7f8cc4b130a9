"""How much of an org's data storage is used, without counting rows at each save.

Rule 1: a count of the tables gives how much is left; saves then only subtract from that. When it is used up the tables
are counted again: deleted rows and saves that came to nothing have given some back.
Rule 2: the recycle bin does not count (assumed), nor do objects that `data/storage.toml` says take nothing.
Source: Salesforce Help, Salesforce record size overview and Data and File Storage Allocations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from fake_core.store import Store
from fake_salesforce.data_files import load
from fake_salesforce.schema.metadata import Schema

KB_PER_MB = 1024
_QUERIES = "storage"


class Storage:
    """Data and file storage of one org: *data_mb* and *file_mb* megabytes."""

    def __init__(self, schema: Schema, *, data_mb: int, file_mb: int) -> None:
        facts = load("storage.toml")
        self.data_mb = data_mb
        self.file_mb = file_mb
        self._default_kb: int = facts["default_kb"]
        self._sizes: Mapping[str, int] = {**dict.fromkeys(facts["free"]["objects"], 0), **facts["kb"]}
        self._file_fields: Mapping[str, str] = facts["files"]
        self._left_kb = -1  # not counted yet
        self._store: Store | None = None
        if _QUERIES not in schema.prepared:
            schema.prepared[_QUERIES] = self._used_kb(schema), _file_bytes(schema, facts["files"])
        self._data, self._files = schema.prepared[_QUERIES]

    def attach(self, store: Store) -> None:
        """The store whose rows are counted."""
        self._store = store

    def take(self, sobject: str, row: Mapping[str, Any]) -> bool:
        """Make room for the new *row* of the object, and for its file if it holds one; False when there is none."""
        field = self._file_fields.get(sobject)
        if field is not None and self.file_bytes_used() + (row.get(field) or 0) > self.file_mb * KB_PER_MB**2:
            return False
        size = self._sizes.get(sobject, self._default_kb)
        if not size:
            return True
        self._left_kb -= size
        if self._left_kb >= 0:
            return True
        self._left_kb = self.data_mb * KB_PER_MB - self.data_kb_used() - size
        return self._left_kb >= 0

    def has_room(self, sobject: str, rows: int) -> bool:
        """So many more rows of the object fit: `take` will not count again before they are saved."""
        needed = self._sizes.get(sobject, self._default_kb) * rows
        if needed > self._left_kb:
            self._left_kb = self.data_mb * KB_PER_MB - self.data_kb_used()
        return needed <= self._left_kb

    def data_kb_used(self) -> int:
        """Kilobytes that the living rows take."""
        return self._sum(self._data)

    def file_bytes_used(self) -> int:
        """Bytes of the files that there are."""
        return 0 if self._files is None else self._sum(self._files)

    def data_mb_left(self) -> int:
        """Whole megabytes of data storage left."""
        return max(0, self.data_mb - -(-self.data_kb_used() // KB_PER_MB))

    def file_mb_left(self) -> int:
        """Whole megabytes of file storage left."""
        return max(0, self.file_mb - -(-self.file_bytes_used() // KB_PER_MB**2))

    def dump(self) -> None:
        """Nothing: the rows say it all."""

    def load(self, state: None) -> None:
        """Other rows than before: count again when asked."""
        del state
        self._left_kb = -1

    def _sum(self, query: sa.Select[Any]) -> int:
        assert self._store is not None, "the org attaches its store"
        with self._store.read() as conn:
            return int(conn.execute(query).scalar_one() or 0)

    def _used_kb(self, schema: Schema) -> sa.Select[Any]:
        """One query for all tables: rows times what a row takes."""
        total: sa.ColumnElement[Any] = sa.literal(0)
        for each in schema.sobjects:
            size = self._sizes.get(each.name, self._default_kb)
            if size and each.createable and each.key_prefix is not None:
                rows = sa.select(sa.func.count()).select_from(each.table)
                if each.has_recycle_bin:
                    rows = rows.where(each.table.c.IsDeleted == 0)
                total = total + rows.scalar_subquery() * size
        return sa.select(total)


def _file_bytes(schema: Schema, files: Mapping[str, str]) -> sa.Select[Any] | None:
    """One query for the bytes of all files; None for an org without any object that holds them."""
    total: sa.ColumnElement[Any] = sa.literal(0)
    for name, size in files.items():
        sobject = schema.sobject(name)
        if sobject is None or size not in sobject.table.c:
            continue
        taken = sa.select(sa.func.coalesce(sa.func.sum(sobject.table.c[size]), 0)).select_from(sobject.table)
        if sobject.has_recycle_bin:
            taken = taken.where(sobject.table.c.IsDeleted == 0)
        total = total + taken.scalar_subquery()
    return sa.select(total)
