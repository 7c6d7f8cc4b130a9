"""One SQLite database per org, reached through SQLAlchemy Core; a snapshot is bytes.

Rule 1: one connection, one lock. A fake answers one request at a time inside the lock, as a row-locking database would
        for writes to the same rows; the server's threads wait outside.
Rule 2: the driver is in autocommit; transactions and savepoints are stated here and nowhere else.
Rule 3: what lives in memory for speed (sessions, limits, serial numbers) is a *part*: saved and restored with the rows.

Restoring rolls back first: sqlite3's deserialize() would silently drop an open transaction.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from fake_core.errors import MisuseError

STATEMENTS_CACHED = 2_000
_LENGTH_BYTES = 8


class Part(Protocol):
    """State in memory that belongs to the org."""

    def dump(self) -> Any: ...

    def load(self, state: Any) -> None: ...


class Store:
    """An org's rows and parts.

    *url* is `sqlite://` (memory), `sqlite:///FILE` (kept in a file); any other database is refused with MisuseError.
    A table of *schema* whose `info` has a `view` is that SELECT; *functions* are those without arguments it may call.
    """

    def __init__(
        self,
        *,
        url: str = "sqlite://",
        schema: sa.MetaData,
        parts: Mapping[str, Part] | None = None,
        functions: Mapping[str, Callable[[], Any]] | None = None,
    ) -> None:
        if not url.startswith("sqlite:"):
            kind = url.split(":", 1)[0]
            raise MisuseError(f"--data {kind}:…: only sqlite:// and sqlite:///FILE are supported yet")
        self.url = url
        self.in_memory = url in {"sqlite://", "sqlite:///:memory:"}
        self.schema = schema
        self.parts: dict[str, Part] = dict(parts or {})
        self.after_rollback: Callable[[], None] | None = None  # what was worked out from rows may be wrong now
        self._lock = threading.RLock()
        self._depth = 0
        self.transactions = 0  # begun since this store was opened, those inside another not counted
        self._engine = sa.create_engine(
            url,
            poolclass=StaticPool,
            isolation_level="AUTOCOMMIT",
            query_cache_size=STATEMENTS_CACHED,
            connect_args={"check_same_thread": False, "cached_statements": STATEMENTS_CACHED},
        )
        try:
            self._connection = self._engine.connect()
            self._driver: sqlite3.Connection = self._connection.connection.driver_connection  # type: ignore[assignment]
            self._driver.create_function("fold", 1, _fold, deterministic=True)
            for name, function in (functions or {}).items():
                self._driver.create_function(name, 0, function)
            self.existed = self._has_tables()
            image = schema.info.get(_IMAGE) if self.in_memory else None
            if image is not None and image[0] == len(schema.tables):
                self._driver.deserialize(image[1])
            else:
                self._driver.execute("BEGIN IMMEDIATE")  # one commit: a file is synced to disk for each
                self._driver.execute(_PARTS_TABLE)
                self._create_tables(schema)
                self._driver.execute("COMMIT")
                if self.in_memory:
                    schema.info[_IMAGE] = (len(schema.tables), self._driver.serialize())
                    self._driver.deserialize(schema.info[_IMAGE][1])  # as every later one: the same bytes
        except sa.exc.DatabaseError as error:
            raise MisuseError(f"--data {url}: not a database this version can open ({error.orig})") from error
        self._baseline: bytes | None = None

    def _create_tables(self, schema: sa.MetaData) -> None:
        """The tables that are not there, and their indexes by name.

        `create_all` takes the indexes of a table in the order of a set, which differs from store to store: two stores
        of the same rows would not be the same bytes, and SQLite might choose another index of two that are as good.
        """
        inspector = sa.inspect(self._connection)
        there = {*inspector.get_table_names(), *inspector.get_view_names()} if self.existed else set()
        for table in schema.sorted_tables:
            if table.name not in there and "view" in table.info:
                self._driver.execute(f'CREATE VIEW "{table.name}" AS {table.info["view"]}')
            elif table.name not in there:
                self._connection.execute(sa.schema.CreateTable(table))
                for index in sorted(table.indexes, key=lambda one: str(one.name)):
                    self._connection.execute(sa.schema.CreateIndex(index))

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A write transaction: commits, or rolls back when an exception passes. Inside another it is a savepoint."""
        with self._lock:
            depth = self._depth
            execute = self._driver.execute
            execute(f"SAVEPOINT s{depth}" if depth else "BEGIN IMMEDIATE")
            self.transactions += not depth
            self._depth = depth + 1
            try:
                yield self._connection
            except BaseException:
                self._depth = depth
                if depth:
                    execute(f"ROLLBACK TO s{depth}")
                    execute(f"RELEASE s{depth}")
                else:
                    execute("ROLLBACK")
                if self.after_rollback is not None:
                    self.after_rollback()
                raise
            self._depth = depth
            if depth:
                execute(f"RELEASE s{depth}")
            else:
                if not self.in_memory:
                    self._save_parts()
                execute("COMMIT")

    def begin_again(self) -> None:
        """Go on with a transaction that SQLite itself rolled back, as it does when it interrupts a write."""
        if not self._driver.in_transaction:
            self._driver.execute("BEGIN IMMEDIATE")

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """The connection under the lock, without a transaction."""
        with self._lock:
            yield self._connection

    def contents(self) -> bytes:
        """The rows alone, as one database image: equal bytes mean that nothing was written."""
        with self._lock:
            return self._driver.serialize()

    @contextmanager
    def showing(self, rows: bytes) -> Iterator[None]:
        """Other rows (of `contents`) for a while, under the lock; what is written to them is lost. Parts stay."""
        with self._lock:
            now = self._driver.serialize()
            self._show(rows)
            try:
                yield
            finally:
                self._show(now)

    def _show(self, rows: bytes) -> None:
        self._replace_rows(memoryview(rows))
        if self.after_rollback is not None:
            self.after_rollback()

    def snapshot(self) -> bytes:
        """Rows and parts, as bytes."""
        with self._lock:
            parts = json.dumps({name: part.dump() for name, part in self.parts.items()}).encode()
            return len(parts).to_bytes(_LENGTH_BYTES, "big") + parts + self._driver.serialize()

    def restore(self, snapshot: bytes | bytearray) -> None:
        """Put the whole org back as it was when *snapshot* was taken; raises MisuseError for anything else."""
        length = int.from_bytes(snapshot[:_LENGTH_BYTES], "big")
        try:
            parts = json.loads(snapshot[_LENGTH_BYTES : _LENGTH_BYTES + length])
            unknown = set(parts) ^ set(self.parts)
        except (ValueError, TypeError):
            unknown = {"?"}
        if unknown:
            raise MisuseError("these bytes are no snapshot of this fake: take one with snapshot()")
        rows = memoryview(snapshot)[_LENGTH_BYTES + length :]
        with self._lock:
            if self._driver.in_transaction:
                self._driver.rollback()
                self._depth = 0
            self._replace_rows(rows)
            for name, part in self.parts.items():
                part.load(parts[name])

    def mark_baseline(self) -> None:
        """What reset() returns to. A file opened again gets its parts back first."""
        if not self.in_memory:
            with self._lock:
                if self.existed:
                    self._load_parts()
                else:
                    self._save_parts()
        self._baseline = self.snapshot()

    def reset(self) -> None:
        """Back to the baseline."""
        assert self._baseline is not None, "create_app() marks the baseline"
        self.restore(self._baseline)

    def close(self) -> None:
        with self._lock:
            if not self.in_memory:
                self._save_parts()
            self._connection.close()
            self._engine.dispose()

    def _replace_rows(self, rows: memoryview) -> None:
        if self.in_memory:
            self._driver.deserialize(rows)
            return
        image = sqlite3.connect(":memory:")
        try:
            image.deserialize(rows)
            image.backup(self._driver)
        finally:
            image.close()

    def _has_tables(self) -> bool:
        query = "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
        found = self._connection.exec_driver_sql(query).scalar_one()
        return bool(found)

    def _save_parts(self) -> None:
        for name, part in self.parts.items():
            self._driver.execute(
                "INSERT OR REPLACE INTO understudy_parts VALUES (?, ?)",
                (name, json.dumps(part.dump())),
            )

    def _load_parts(self) -> None:
        for name, state in self._driver.execute("SELECT name, state FROM understudy_parts"):
            if name in self.parts:
                self.parts[name].load(json.loads(state))


# In the `info` of a schema: how many tables it had and a database with them, empty. Making the tables of an org takes a
# hundred times longer than reading them.
_IMAGE = "understudy_empty"
_PARTS_TABLE = "CREATE TABLE IF NOT EXISTS understudy_parts (name TEXT PRIMARY KEY, state TEXT)"


def _fold(text: Any) -> Any:
    """Unicode case folding for comparisons that SQLite's ASCII-only NOCASE would get wrong."""
    return text.casefold() if isinstance(text, str) else text
