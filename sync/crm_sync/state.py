"""What the sync remembers: links, the last agreed values, cursors, open intents, conflicts.

SQLAlchemy Core, SQLite unless told otherwise. Each method is one transaction, so that a kill between
any two requests leaves a state the next run can go on from. A unique constraint, not care, keeps
one Salesforce record, one Planhat Task and one Conversation per object to one link (rule P10, I3).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from crm_sync.model import CONVERSATION, TASK, Link
from crm_sync.report import Conflict

_META = sa.MetaData()

LINKS = sa.Table(
    "links",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sf_object", sa.Text, nullable=False),
    sa.Column("sf_id", sa.String(18)),
    sa.Column("task_id", sa.String(64), unique=True),
    sa.Column("conversation_id", sa.String(64)),
    sa.Column("sf_deleted", sa.Boolean, nullable=False, default=False),
    sa.Column("task_deleted", sa.Boolean, nullable=False, default=False),
    sa.Column("conversation_deleted", sa.Boolean, nullable=False, default=False),
    sa.Column("dormant", sa.Boolean, nullable=False, default=False),
    sa.Column("base", sa.Text, nullable=False, default="{}"),
    sa.Column("conversation_seen", sa.Text, nullable=False, default=""),
    sa.Column("version", sa.Integer, nullable=False, default=0),
    sa.UniqueConstraint("sf_object", "sf_id"),
    sa.UniqueConstraint("conversation_id", "sf_object"),
    sa.CheckConstraint("sf_id IS NULL OR length(sf_id) = 18"),  # F06: no blank key, no 15
)
CURSORS = sa.Table("cursors", _META, sa.Column("name", sa.Text, primary_key=True), sa.Column("at", sa.Text))
SETTINGS = sa.Table("settings", _META, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
INTENTS = sa.Table(
    "intents",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
CONFLICTS = sa.Table(
    "conflicts",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("once", sa.Text, nullable=False, unique=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
PENDING = sa.Table(
    "pending",
    _META,
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Text, nullable=False),
)
BASELINE = sa.Table(
    "baseline",
    _META,
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
)
FLAG_LOG = sa.Table(
    "flag_log",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("on", sa.Boolean, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Intent:
    """A write that was begun: *kind* "salesforce" or "planhat" for a creation there, "update" for changes to a link's
    records; *body* what was to be written.
    """

    id: int
    kind: str
    at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Pending:
    """A record to look at again: *kind* "quarantine" or "waiting", not before *next_at*."""

    place: str
    model: str
    record_id: str
    kind: str
    reason: str
    attempts: int
    next_at: datetime
    changed_at: str


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _link(row: Any) -> Link:
    return Link(
        id=row.id,
        sf_object=row.sf_object,
        sf_id=row.sf_id,
        task_id=row.task_id,
        conversation_id=row.conversation_id,
        sf_deleted=row.sf_deleted,
        task_deleted=row.task_deleted,
        conversation_deleted=row.conversation_deleted,
        dormant=row.dormant,
        base=json.loads(row.base),
        conversation_seen=row.conversation_seen,
        version=row.version,
    )


class State:
    """The sync's memory. *url* is an SQLAlchemy URL; "sqlite://" lives as long as the object.

    One State may serve several `Sync` objects one after the other, as after a crash.
    """

    def __init__(self, url: str = "sqlite://") -> None:
        self.url = url
        options: dict[str, Any] = {}
        if url in {"sqlite://", "sqlite:///:memory:"}:
            options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        self._engine = sa.create_engine(url, **options)
        _META.create_all(self._engine)
        #: Called with "before" and with "after" around each commit: where a process may die, too (I10).
        self.on_commit: Callable[[str], None] = lambda _point: None

    def close(self) -> None:
        self._engine.dispose()

    def copy(self) -> State:
        """The same content in memory: what a dry run works on."""
        twin = State()
        with self._engine.connect() as old, twin._engine.begin() as new:
            for table in _META.sorted_tables:
                rows = [dict(row) for row in old.execute(sa.select(table)).mappings()]
                if rows:
                    new.execute(sa.insert(table), rows)
        return twin

    def content(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table: for tests that compare states, and for support."""
        with self._engine.connect() as connection:
            return {
                table.name: [
                    dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public accessor
                    for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
                ]
                for table in _META.sorted_tables
            }

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        with self._engine.begin() as connection:
            yield connection
            self.on_commit("before")
        self.on_commit("after")

    # -- links ---------------------------------------------------------------------------------

    def links(self, **where: Any) -> list[Link]:
        """Links with these column values, oldest first."""
        query = sa.select(LINKS).order_by(LINKS.c.id)
        for name, value in where.items():
            column = LINKS.c[name]
            is_many = isinstance(value, (list, tuple, set, frozenset))
            query = query.where(column.in_(list(value)) if is_many else column == value)
        with self._engine.connect() as connection:
            return [_link(row) for row in connection.execute(query)]

    def link(self, **where: Any) -> Link | None:
        found = self.links(**where)
        return found[0] if found else None

    def add_link(self, *, sf_object: str, sf_id: str, base: Mapping[str, Any], **ids: Any) -> Link:
        """A new link. *ids*: task_id, conversation_id, sf_deleted, conversation_seen.

        Raises:
            sqlalchemy.exc.IntegrityError: one of the records already belongs to a link.
        """
        assert sf_id, "a blank key would link everything to one record (F06)"
        assert ids.get("task_id") or ids.get("conversation_id"), ids
        with self._begin() as connection:
            done = connection.execute(
                sa.insert(LINKS).values(sf_object=sf_object, sf_id=sf_id, base=json.dumps(base), version=1, **ids)
            )
            assert done.inserted_primary_key is not None
            new_id = done.inserted_primary_key[0]
        link = self.link(id=new_id)
        assert link is not None
        return link

    def change_link(self, link_id: int, **values: Any) -> Link:
        """Change some columns; *base* is given as an object. Counts one version on."""
        if "base" in values:
            values["base"] = json.dumps(values["base"])
        with self._begin() as connection:
            connection.execute(
                sa.update(LINKS).where(LINKS.c.id == link_id).values(version=LINKS.c.version + 1, **values)
            )
        link = self.link(id=link_id)
        assert link is not None
        return link

    # -- cursors and settings --------------------------------------------------------------------

    def cursor(self, name: str) -> datetime | None:
        with self._engine.connect() as connection:
            text = connection.execute(sa.select(CURSORS.c.at).where(CURSORS.c.name == name)).scalar()
        return _moment(text) if text else None

    def move_cursors(self, moved: Mapping[str, datetime]) -> None:
        """Set cursors forward, all in one transaction; one that would go back stays (I9)."""
        with self._begin() as connection:
            for name, at in moved.items():
                known = connection.execute(sa.select(CURSORS.c.at).where(CURSORS.c.name == name)).scalar()
                if known is None:
                    connection.execute(sa.insert(CURSORS).values(name=name, at=_text(at)))
                elif _moment(known) < at:
                    connection.execute(sa.update(CURSORS).where(CURSORS.c.name == name).values(at=_text(at)))

    def forget_cursor(self, name: str) -> None:
        """The next scan of that name starts from the beginning (a back-fill asks for it)."""
        with self._begin() as connection:
            connection.execute(sa.delete(CURSORS).where(CURSORS.c.name == name))

    def setting(self, name: str) -> Any:
        with self._engine.connect() as connection:
            text = connection.execute(sa.select(SETTINGS.c.value).where(SETTINGS.c.name == name)).scalar()
        return None if text is None else json.loads(text)

    def set_setting(self, name: str, value: Any) -> None:
        with self._begin() as connection:
            connection.execute(sa.delete(SETTINGS).where(SETTINGS.c.name == name))
            connection.execute(sa.insert(SETTINGS).values(name=name, value=json.dumps(value)))

    # -- intents ---------------------------------------------------------------------------------

    def open_intent(self, kind: str, at: datetime, body: Mapping[str, Any]) -> Intent:
        with self._begin() as connection:
            done = connection.execute(sa.insert(INTENTS).values(kind=kind, at=_text(at), body=json.dumps(body)))
            assert done.inserted_primary_key is not None
            return Intent(done.inserted_primary_key[0], kind, at, body)

    def open_intents(self, kind: str, at: datetime, bodies: Iterable[Mapping[str, Any]]) -> list[int]:
        """Many at once, in one transaction; returns their ids."""
        ids: list[int] = []
        with self._begin() as connection:
            for body in bodies:
                done = connection.execute(sa.insert(INTENTS).values(kind=kind, at=_text(at), body=json.dumps(body)))
                assert done.inserted_primary_key is not None
                ids.append(done.inserted_primary_key[0])
        return ids

    def change_intent(self, intent: Intent, **more: Any) -> Intent:
        """Write down more about a begun creation, such as the id it got."""
        body = {**intent.body, **more}
        with self._begin() as connection:
            connection.execute(sa.update(INTENTS).where(INTENTS.c.id == intent.id).values(body=json.dumps(body)))
        return Intent(intent.id, intent.kind, intent.at, body)

    def close_intent(self, intent: Intent) -> None:
        self.close_intents([intent.id])

    def close_intents(self, ids: Iterable[int]) -> None:
        with self._begin() as connection:
            for one in ids:
                connection.execute(sa.delete(INTENTS).where(INTENTS.c.id == one))

    def intents(self) -> list[Intent]:
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(INTENTS).order_by(INTENTS.c.id)).all()
        return [Intent(r.id, r.kind, _moment(r.at), json.loads(r.body)) for r in rows]

    # -- conflicts -------------------------------------------------------------------------------

    def log_conflict(self, once: str, at: datetime, conflict: Conflict) -> bool:
        """Keep a losing value. *once* names the decision; a second log of it changes nothing.

        Returns True when it is new.
        """
        with self._begin() as connection:
            known = connection.execute(sa.select(CONFLICTS.c.id).where(CONFLICTS.c.once == once)).scalar()
            if known is not None:
                return False
            connection.execute(
                sa.insert(CONFLICTS).values(once=once, at=_text(at), body=json.dumps(conflict.as_dict()))
            )
            return True

    def conflicts(self) -> list[Conflict]:
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(CONFLICTS.c.body).order_by(CONFLICTS.c.id))
            return [Conflict(**json.loads(row.body)) for row in rows]

    # -- pending records -------------------------------------------------------------------------

    def pending(self) -> list[Pending]:
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(PENDING).order_by(PENDING.c.place, PENDING.c.model, PENDING.c.record_id)
            )
            return [_pending(row) for row in rows]

    def pending_item(self, place: str, model: str, record_id: str) -> Pending | None:
        """One record put aside earlier."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(PENDING).where(*_pending_is(place, model, record_id))).first()
        return None if row is None else _pending(row)

    def set_pending(self, item: Pending) -> None:
        with self._begin() as connection:
            connection.execute(_pending_delete(item.place, item.model, item.record_id))
            connection.execute(sa.insert(PENDING).values(**{**item.__dict__, "next_at": _text(item.next_at)}))

    def clear_pending(self, place: str, model: str, record_id: str) -> None:
        with self._begin() as connection:
            connection.execute(_pending_delete(place, model, record_id))

    # -- baseline (rule P29) -----------------------------------------------------------------------

    def baseline(self, place: str, model: str) -> dict[str, str]:
        """Record id -> digest of what existed when a section was switched on."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(BASELINE.c.record_id, BASELINE.c.digest).where(
                    BASELINE.c.place == place, BASELINE.c.model == model
                )
            )
            return {row.record_id: row.digest for row in rows}

    def add_baseline(self, place: str, model: str, digests: Mapping[str, str]) -> None:
        with self._begin() as connection:
            for record_id, digest in digests.items():
                connection.execute(_baseline_delete(place, model, [record_id]))
                connection.execute(
                    sa.insert(BASELINE).values(place=place, model=model, record_id=record_id, digest=digest)
                )

    def clear_baseline(self, place: str, model: str, record_ids: Iterable[str]) -> None:
        with self._begin() as connection:
            connection.execute(_baseline_delete(place, model, list(record_ids)))

    # -- the inheritance flag's history ------------------------------------------------------------

    def log_flag(self, at: datetime, *, on: bool, why: str) -> None:
        with self._begin() as connection:
            connection.execute(sa.insert(FLAG_LOG).values(at=_text(at), on=on, why=why))

    def flag_at(self, moment: datetime) -> bool:
        """Was the flag on at *moment*? Off before the first entry."""
        with self._engine.connect() as connection:
            on = connection.execute(
                sa.select(FLAG_LOG.c.on).where(FLAG_LOG.c.at <= _text(moment)).order_by(FLAG_LOG.c.id.desc()).limit(1)
            ).scalar()
        return bool(on)


def _pending(row: Any) -> Pending:
    return Pending(
        place=row.place,
        model=row.model,
        record_id=row.record_id,
        kind=row.kind,
        reason=row.reason,
        attempts=row.attempts,
        next_at=_moment(row.next_at),
        changed_at=row.changed_at,
    )


def _pending_is(place: str, model: str, record_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (PENDING.c.place == place, PENDING.c.model == model, PENDING.c.record_id == record_id)


def _pending_delete(place: str, model: str, record_id: str) -> sa.Delete:
    return sa.delete(PENDING).where(*_pending_is(place, model, record_id))


def _baseline_delete(place: str, model: str, record_ids: list[str]) -> sa.Delete:
    return sa.delete(BASELINE).where(
        BASELINE.c.place == place,
        BASELINE.c.model == model,
        BASELINE.c.record_id.in_(record_ids),
    )


#: Column that holds a Planhat model's id in a link.
ID_COLUMN = {TASK: "task_id", CONVERSATION: "conversation_id"}
DELETED_COLUMN = {TASK: "task_deleted", CONVERSATION: "conversation_deleted"}
