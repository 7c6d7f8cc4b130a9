"""What the sync remembers: links, the last agreed values, cursors, open intents, conflicts.

SQLAlchemy Core, SQLite unless told otherwise. Each method is one transaction, so that a kill between
any two requests leaves a state the next run can go on from. A unique constraint, not care, keeps
one Salesforce record, and one partner's record per object, to one link (rule P10, I3).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from crm_sync.clock import Clock
from crm_sync.errors import RunStopped
from crm_sync.model import SALESFORCE, Link
from crm_sync.report import Conflict

PARTNER = "partner"  # the kind of an intent to create a record there
_META = sa.MetaData()

LINKS = sa.Table(
    "links",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sf_object", sa.Text, nullable=False),
    sa.Column("sf_id", sa.String(18)),
    sa.Column("sf_deleted", sa.Boolean, nullable=False, default=False),
    sa.Column("dormant", sa.Boolean, nullable=False, default=False),
    sa.Column("base", sa.Text, nullable=False, default="{}"),
    sa.Column("version", sa.Integer, nullable=False, default=0),
    sa.UniqueConstraint("sf_object", "sf_id"),
    sa.CheckConstraint("sf_id IS NULL OR length(sf_id) = 18"),  # F06: no blank key, no 15
)
REPLICAS = sa.Table(
    "replicas",
    _META,
    sa.Column("link", sa.Integer, sa.ForeignKey("links.id"), primary_key=True),
    sa.Column("model", sa.String(64), primary_key=True),
    sa.Column("sf_object", sa.Text, nullable=False),
    sa.Column("record_id", sa.String(128), nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False, default=False),
    sa.Column("seen", sa.Text, nullable=False, default=""),
    sa.UniqueConstraint("model", "record_id", "sf_object"),
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
LEASE = sa.Table(
    "lease",
    _META,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("token", sa.Integer, nullable=False),
    sa.Column("until", sa.Text, nullable=False),
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
    """A write that was begun: *kind* "salesforce" or "partner" for a creation there, "update" for changes to a link's
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


def _link(row: Any, replicas: Iterable[Any]) -> Link:
    replicas = list(replicas)
    deleted = {one.model for one in replicas if one.deleted}
    return Link(
        id=row.id,
        sf_object=row.sf_object,
        sf_id=row.sf_id,
        ids={one.model: one.record_id for one in replicas},
        deleted=frozenset(deleted | {SALESFORCE} if row.sf_deleted else deleted),
        dormant=row.dormant,
        base=json.loads(row.base),
        seen={one.model: one.seen for one in replicas if one.seen},
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
        self._lease: _Lease | None = None
        self._open: sa.Connection | None = None
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
        """Every row of every table but the lease: for tests that compare states, and for support."""
        with self._reading() as connection:
            return {
                table.name: [
                    dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public accessor
                    for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
                ]
                for table in _META.sorted_tables
                if table is not LEASE
            }

    @contextmanager
    def together(self) -> Iterator[None]:
        """Many writes in one transaction, for work in which no request is made: all of it is kept, or nothing."""
        assert self._open is None, "one transaction at a time"
        with self._begin(explicit=True) as connection:
            self._open = connection
            try:
                yield
            finally:
                self._open = None

    @contextmanager
    def _begin(self, *, explicit: bool = False) -> Iterator[sa.Connection]:
        if self._open is not None:
            with self._open.begin_nested():  # one that is refused takes nothing else with it
                yield self._open
            return
        with self._engine.begin() as connection:
            if explicit and connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # or Python's driver lets a savepoint end it
            if self._lease is not None:
                self._lease.prolong(connection)
            yield connection
            self.on_commit("before")
        self.on_commit("after")

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        if self._open is not None:
            yield self._open
            return
        with self._engine.connect() as connection:
            yield connection

    # -- the lease -----------------------------------------------------------------------------

    @contextmanager
    def leased(self, holder: str, clock: Clock, *, seconds: int, dead: Collection[str] = ()) -> Iterator[None]:
        """Hold this memory: a second run at the same time would decide from what the first one changes (F68).

        Each write prolongs the lease by *seconds*. The holder itself may take it again at any time (it is known to be
        dead when it comes back), and so may anybody from one of the *dead*; others when the time is over. From then on
        each write of the earlier holder's is refused: the token is the fence.

        Raises:
            RunStopped: somebody else holds it, or took it over meanwhile.
        """
        self._lease = _Lease(self._take_lease(holder, clock, seconds, dead), clock, seconds)
        try:
            yield
        finally:
            held, self._lease = self._lease, None
            with self._engine.begin() as connection:
                given_up = {"holder": "", "until": _text(clock.now())}
                connection.execute(sa.update(LEASE).where(LEASE.c.token == held.token).values(**given_up))

    def _take_lease(self, holder: str, clock: Clock, seconds: int, dead: Collection[str]) -> int:
        now = clock.now()
        row = {"holder": holder, "until": _text(now + timedelta(seconds=seconds))}
        free = sa.or_(LEASE.c.holder.in_([holder, "", *dead]), LEASE.c.until <= _text(now))
        with self._engine.begin() as connection:
            # The write comes first, so that two who try at once stand in line for it.
            if not connection.execute(sa.update(LEASE).where(free).values(token=LEASE.c.token + 1, **row)).rowcount:
                known = connection.execute(sa.select(LEASE)).first()
                if known is not None:
                    raise RunStopped(
                        f"another run is at it: {known.holder} holds the state until {known.until}; "
                        "wait for it, or run again after that"
                    )
                connection.execute(sa.insert(LEASE).values(name="run", token=1, **row))
            return int(connection.execute(sa.select(LEASE.c.token)).scalar_one())

    def lease_holder(self) -> str:
        """Who holds the lease, or held it when they died; "" for nobody."""
        with self._reading() as connection:
            return str(connection.execute(sa.select(LEASE.c.holder)).scalar() or "")

    # -- links ---------------------------------------------------------------------------------

    def links(self, *, sf_object: str | None = None, sf_id: str | None = None) -> list[Link]:
        """Links of this object and this Salesforce record, oldest first."""
        query = sa.select(LINKS)
        if sf_object is not None:
            query = query.where(LINKS.c.sf_object == sf_object)
        if sf_id is not None:
            query = query.where(LINKS.c.sf_id == sf_id)
        with self._reading() as connection:
            return self._read(connection, query)

    def link_count(self) -> int:
        """How many pairs are known, tombstones included."""
        with self._reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(LINKS)).scalar_one())

    def link(self, link_id: int) -> Link | None:
        with self._reading() as connection:
            return self._one(connection, link_id)

    def link_of_salesforce(self, sf_object: str, sf_id: str) -> Link | None:
        """The link of a Salesforce record."""
        found = self.links(sf_object=sf_object, sf_id=sf_id)
        return found[0] if found else None

    def link_of(self, model: str, record_id: str, sf_object: str | None = None) -> Link | None:
        """The link of a partner's record; its oldest one when *sf_object* is not said."""
        inner = sa.select(REPLICAS.c.link).where(REPLICAS.c.model == model, REPLICAS.c.record_id == record_id)
        if sf_object is not None:
            inner = inner.where(REPLICAS.c.sf_object == sf_object)
        with self._reading() as connection:
            found = self._read(connection, sa.select(LINKS).where(LINKS.c.id.in_(inner)))
        return found[0] if found else None

    def half_deleted(self, sf_object: str) -> list[Link]:
        """Links of which one side was deleted and the other not, oldest first: deletions still to be carried."""
        query = sa.select(LINKS).where(LINKS.c.sf_object == sf_object)
        differs = REPLICAS.c.deleted != LINKS.c.sf_deleted
        other = sa.select(REPLICAS.c.link).where(REPLICAS.c.link == LINKS.c.id, differs)
        with self._reading() as connection:
            return self._read(connection, query.where(sa.exists(other)))

    def drop_link(self, link_id: int) -> None:
        """Forget a link: what is left of the activity stands alone."""
        with self._begin() as connection:
            _drop(connection, link_id)

    def _one(self, connection: sa.Connection, link_id: int) -> Link | None:
        found = self._read(connection, sa.select(LINKS).where(LINKS.c.id == link_id))
        return found[0] if found else None

    def _read(self, connection: sa.Connection, query: sa.Select[Any]) -> list[Link]:
        rows = connection.execute(query.order_by(LINKS.c.id)).all()
        if not rows:
            return []
        wanted = sa.select(REPLICAS).order_by(REPLICAS.c.link, REPLICAS.c.model)
        if len(rows) == 1:
            wanted = wanted.where(REPLICAS.c.link == rows[0].id)
        else:
            inner = query.with_only_columns(LINKS.c.id)
            wanted = wanted.where(REPLICAS.c.link.in_(inner))
        replicas: dict[int, list[Any]] = {}
        for one in connection.execute(wanted):
            replicas.setdefault(one.link, []).append(one)
        return [_link(row, replicas.get(row.id, ())) for row in rows]

    def add_link(
        self,
        *,
        sf_object: str,
        sf_id: str,
        ids: Mapping[str, str],
        base: Mapping[str, Any],
        deleted: Collection[str] = (),
        replaces: int | None = None,
    ) -> Link:
        """A new link of a Salesforce record and the partner's records *ids*, by model; *replaces* is forgotten with it.

        Raises:
            sqlalchemy.exc.IntegrityError: one of the records already belongs to a link.
        """
        assert sf_id, "a blank key would link everything to one record (F06)"
        assert ids, "a link has a partner's record"
        assert all(ids.values()), ids
        with self._begin() as connection:
            if replaces is not None:
                _drop(connection, replaces)
            row = {"sf_object": sf_object, "sf_id": sf_id, "base": json.dumps(base), "version": 1}
            done = connection.execute(sa.insert(LINKS).values(sf_deleted=SALESFORCE in deleted, **row))
            assert done.inserted_primary_key is not None
            new_id = done.inserted_primary_key[0]
            for model, record_id in ids.items():
                _set_replica(
                    connection, new_id, sf_object, model, {"record_id": record_id, "deleted": model in deleted}
                )
            link = self._one(connection, new_id)
        assert link is not None
        return link

    def change_link(
        self,
        link_id: int,
        *,
        base: Mapping[str, Any] | None = None,
        dormant: bool | None = None,
        sf_deleted: bool | None = None,
        ids: Mapping[str, str] | None = None,
        deleted: Mapping[str, bool] | None = None,
        seen: Mapping[str, str] | None = None,
    ) -> Link:
        """Change what is given; *ids*, *deleted* and *seen* by model. Counts one version on.

        Raises:
            sqlalchemy.exc.IntegrityError: one of *ids* already belongs to another link.
        """
        values: dict[str, Any] = {"base": None if base is None else json.dumps(base)}
        values |= {"dormant": dormant, "sf_deleted": sf_deleted}
        values = {name: value for name, value in values.items() if value is not None}
        with self._begin() as connection:
            changed = sa.update(LINKS).where(LINKS.c.id == link_id)
            connection.execute(changed.values(version=LINKS.c.version + 1, **values))
            sf_object = connection.execute(sa.select(LINKS.c.sf_object).where(LINKS.c.id == link_id)).scalar_one()
            columns = {"record_id": ids, "deleted": deleted, "seen": seen}
            for model in sorted({one for given in columns.values() for one in given or ()}):
                told = {name: given[model] for name, given in columns.items() if given and model in given}
                _set_replica(connection, link_id, sf_object, model, told)
            link = self._one(connection, link_id)
        assert link is not None
        return link

    # -- cursors and settings --------------------------------------------------------------------

    def cursor(self, name: str) -> datetime | None:
        with self._reading() as connection:
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
        with self._reading() as connection:
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
        with self._reading() as connection:
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
        with self._reading() as connection:
            rows = connection.execute(sa.select(CONFLICTS.c.body).order_by(CONFLICTS.c.id))
            return [Conflict(**json.loads(row.body)) for row in rows]

    # -- pending records -------------------------------------------------------------------------

    def pending(self) -> list[Pending]:
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(PENDING).order_by(PENDING.c.place, PENDING.c.model, PENDING.c.record_id)
            )
            return [_pending(row) for row in rows]

    def pending_item(self, place: str, model: str, record_id: str) -> Pending | None:
        """One record put aside earlier."""
        with self._reading() as connection:
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
        with self._reading() as connection:
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
        with self._reading() as connection:
            on = connection.execute(
                sa.select(FLAG_LOG.c.on).where(FLAG_LOG.c.at <= _text(moment)).order_by(FLAG_LOG.c.id.desc()).limit(1)
            ).scalar()
        return bool(on)


@dataclass(frozen=True)
class _Lease:
    token: int
    clock: Clock
    seconds: int

    def prolong(self, connection: sa.Connection) -> None:
        """Within a transaction: it is ours for longer, or RunStopped, and nothing is written."""
        until = _text(self.clock.now() + timedelta(seconds=self.seconds))
        if not connection.execute(sa.update(LEASE).where(LEASE.c.token == self.token).values(until=until)).rowcount:
            raise RunStopped("another run has taken over the state; this one writes nothing more")


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


def _drop(connection: sa.Connection, link_id: int) -> None:
    connection.execute(sa.delete(REPLICAS).where(REPLICAS.c.link == link_id))
    connection.execute(sa.delete(LINKS).where(LINKS.c.id == link_id))


def _set_replica(
    connection: sa.Connection, link_id: int, sf_object: str, model: str, values: Mapping[str, Any]
) -> None:
    """Change one row of a link's replicas, or make it; without a record's id only a row that is there changes."""
    one = (REPLICAS.c.link == link_id, REPLICAS.c.model == model)
    done = connection.execute(sa.update(REPLICAS).where(*one).values(**values))
    if not done.rowcount and values.get("record_id"):
        made = {"deleted": False, "seen": "", **values}
        connection.execute(sa.insert(REPLICAS).values(link=link_id, sf_object=sf_object, model=model, **made))
