"""What the sync remembers: links, the last agreed values, cursors, open intents, conflicts.

SQLAlchemy Core. Each method is one transaction, so that a kill between any two requests leaves a state the next run can
go on from.
Rule 1: statements are built once, when this is loaded, and what every run asks is compiled once, too (`statements`):
what SQLAlchemy makes of one costs more than running it.
Rule 2: while this process holds the lease nobody else writes, so what it has read it need not read again (see `Kept`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from crm_sync import state_links
from crm_sync.clock import Clock
from crm_sync.lease import Lease, take_lease
from crm_sync.model import Link
from crm_sync.report import Conflict
from crm_sync.state_tables import (
    BASELINE,
    CONFLICTS,
    CURSORS,
    FLAG_LOG,
    INTENTS,
    LEASE,
    META,
    PENDING,
    SETTINGS,
    make_tables,
)
from crm_sync.statements import Statement

PARTNER = "partner"  # the kind of an intent to create a record there
LINKS_KEPT_MAX = 10_000


@dataclass(frozen=True)
class Intent:
    """A write that was begun: *kind* "salesforce" or "partner" for a creation there, "update" for changes to a link's
    records, "job" for a bulk job; *body* what was to be written.
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


_Key = tuple[str, str, str]  # of a record: its place, model and id


@dataclass
class Kept:
    """What stands in the tables as far as it was read, or written, since the lease was taken.

    The small tables are here as a whole. A transaction that is refused takes all of it along: nobody can say which half
    of it held.
    """

    cursors: dict[str, datetime]
    settings: dict[str, str | None]  # JSON texts; None for one too long to be read along
    intents: list[Intent] | None  # None: they were changed since
    pending: dict[_Key, Pending]
    links: dict[int, Link] = field(default_factory=dict)
    found: dict[Hashable, list[int]] = field(default_factory=dict)  # a query -> the links that it found

    @classmethod
    def read(cls, connection: sa.Connection) -> Kept:
        return cls(_cursors(connection), _settings(connection), _intents(connection), _pending(connection))

    def keep(self, links: Iterable[Link]) -> None:
        """These are in the table as they are here."""
        if len(self.links) > LINKS_KEPT_MAX:
            self.forget_links()
        self.links.update((one.id, one) for one in links)

    def forget_links(self) -> None:
        self.links.clear()
        self.found.clear()


class State:
    """The sync's memory. *url* is an SQLAlchemy URL; "sqlite://" lives as long as the object. Raises SyncError for one
    of another version.

    One State may serve several `Sync` objects one after the other, as after a crash.
    """

    def __init__(self, url: str = "sqlite://") -> None:
        self.url = url
        options: dict[str, Any] = {}
        if url in {"sqlite://", "sqlite:///:memory:"}:
            options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        self._engine = sa.create_engine(url, **options)
        make_tables(self._engine, META)
        self._lease: Lease | None = None
        self._known: Kept | None = None  # what is kept while there is a lease; see `_kept`
        self._held: sa.Connection | None = None  # with the lease: the pool asks as much for one as for a read
        self._open: sa.Connection | None = None
        #: Called with "before" and with "after" around each commit: where a process may die, too (I10).
        self.on_commit: Callable[[str], None] = lambda _point: None

    def close(self) -> None:
        self._engine.dispose()

    def copy(self) -> State:
        """The same content in memory: what a dry run works on."""
        twin = State()
        with self._engine.connect() as old, twin._engine.begin() as new:
            for table in META.sorted_tables:
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
                for table in META.sorted_tables
                if table is not LEASE
            }

    # -- transactions --------------------------------------------------------------------------

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
    def _begin(self, *, explicit: bool = False, refusable: bool = False) -> Iterator[sa.Connection]:
        """A transaction, or a part of the one that is open.

        *refusable*: a constraint may refuse what is written, and then nothing else of what is open goes with it.
        """
        try:
            if self._open is None:
                with self._transaction() as connection:
                    if explicit and connection.dialect.name == "sqlite":
                        connection.exec_driver_sql("BEGIN IMMEDIATE")  # or Python's driver lets a savepoint end it
                    if self._lease is not None:
                        self._lease.prolong(connection)
                    yield connection
                    self.on_commit("before")
                self.on_commit("after")
            elif refusable:
                with self._open.begin_nested():
                    yield self._open
            else:
                yield self._open
        except BaseException:
            self._known = None
            raise

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        if self._open is not None:
            yield self._open
            return
        with self._transaction() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        if self._held is None:
            with self._engine.begin() as connection:
                yield connection
        else:
            with self._held.begin():
                yield self._held

    def _value(self, query: Statement, **wanted: Any) -> Any:
        """The first value of the first row; None for no row."""
        with self._reading() as connection:
            found = query.run(connection, **wanted).fetchone()
        return None if found is None else found[0]

    @property
    def _kept(self) -> Kept | None:
        """None without a lease: then others may write at any time."""
        if self._lease is not None and self._known is None:
            with self._reading() as connection:
                self._known = Kept.read(connection)
        return self._known

    # -- the lease -----------------------------------------------------------------------------

    @contextmanager
    def leased(self, holder: str, clock: Clock, *, seconds: int, dead: Collection[str] = ()) -> Iterator[None]:
        """Hold this memory: a second run at the same time would decide from what the first one changes (F68).

        Each write prolongs the lease by *seconds*, and so does `keep_lease`. The holder itself may take it again at
        any time (it is known to be dead when it comes back), and so may anybody from one of the *dead*; others when the
        time is over. From then on each write of the earlier holder's is refused: the token is the fence.

        Raises:
            RunStopped: somebody else holds it, or took it over meanwhile.
        """
        with self._engine.connect() as connection:
            with connection.begin():
                taken = take_lease(connection, holder, clock, seconds, dead)
                known = Kept.read(connection)
            self._lease, self._known, self._held = taken, known, connection
            try:
                yield
            finally:
                self._lease = self._known = self._held = None
                with connection.begin():
                    taken.give_up(connection)

    def keep_lease(self) -> None:
        """Before a request: the lease goes on. Raises RunStopped when somebody took it over during a long wait."""
        if self._lease is not None and self._lease.running_out:
            with self._begin():
                pass  # each transaction prolongs it

    def lease_holder(self) -> str:
        """Who holds the lease, or held it when they died; "" for nobody."""
        return str(self._value(_HOLDER) or "")

    # -- links ---------------------------------------------------------------------------------

    def links(self, *, sf_object: str | None = None) -> list[Link]:
        """Links of this object, oldest first."""
        with self._reading() as connection:
            if sf_object is None:
                return state_links.read(connection, state_links.ALL, {})
            return state_links.read(connection, state_links.OF_OBJECT, {"object": sf_object})

    def link_count(self) -> int:
        """How many pairs are known of which one side at least is there."""
        return int(self._value(state_links.COUNT))

    def link(self, link_id: int) -> Link | None:
        kept = self._kept
        if kept is not None and link_id in kept.links:
            return kept.links[link_id]
        return self._first(state_links.BY_ID, link_id=link_id)

    def link_of_salesforce(self, sf_object: str, sf_id: str) -> Link | None:
        """The link of a Salesforce record."""
        return self._first(state_links.OF_SALESFORCE, object=sf_object, record=sf_id)

    def link_of(self, model: str, record_id: str, sf_object: str | None = None) -> Link | None:
        """The link of a partner's record; its oldest one when *sf_object* is not said."""
        if sf_object is None:
            return self._first(state_links.OF_PARTNER, of_model=model, record=record_id)
        return self._first(state_links.OF_PARTNER_IN, of_model=model, record=record_id, object=sf_object)

    def half_deleted(self, sf_object: str) -> list[Link]:
        """Links of which one side was deleted and the other not, oldest first: deletions still to be carried."""
        with self._reading() as connection:
            return state_links.read(connection, state_links.HALF_DELETED, {"object": sf_object})

    def _first(self, query: Statement, **wanted: Any) -> Link | None:
        kept, asked = self._kept, (id(query), *wanted.values())
        if kept is not None and asked in kept.found:
            found = [kept.links[one] for one in kept.found[asked]]
        else:
            with self._reading() as connection:
                found = state_links.read(connection, query, wanted)
            if kept is not None:
                kept.keep(found)
                kept.found[asked] = [one.id for one in found]
        return found[0] if found else None

    def drop_link(self, link_id: int) -> None:
        """Forget a link: what is left of the activity stands alone."""
        with self._begin() as connection:
            state_links.drop(connection, link_id)
            if self._known is not None:
                self._known.forget_links()

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
        with self._begin(refusable=True) as connection:
            if replaces is not None:
                state_links.drop(connection, replaces)
            link = state_links.add(connection, sf_object, sf_id, ids, base, deleted)
            if self._known is not None:
                self._known.forget_links()
                self._known.keep([link])
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
        own = {"base": None if base is None else json.dumps(base), "dormant": dormant, "sf_deleted": sf_deleted}
        own = {name: value for name, value in own.items() if value is not None}
        columns = {"record_id": ids, "deleted": deleted, "seen": seen}
        replicas: dict[str, dict[str, Any]] = {}
        for name, given in columns.items():
            for model, value in (given or {}).items():
                replicas.setdefault(model, {})[name] = value
        with self._begin(refusable=ids is not None) as connection:
            kept = self._known
            if kept is not None and link_id in kept.links:
                before = kept.links[link_id]
            else:
                (before,) = state_links.read(connection, state_links.BY_ID, {"link_id": link_id})
            link = state_links.change(connection, before, own, replicas)
            if kept is not None:
                if link.ids != before.ids:
                    kept.forget_links()
                kept.keep([link])
        return link

    # -- cursors -------------------------------------------------------------------------------

    def cursor(self, name: str) -> datetime | None:
        return self.cursors().get(name)

    def cursors(self) -> Mapping[str, datetime]:
        """Every cursor, by the name of its scan."""
        kept = self._kept
        if kept is not None:
            return kept.cursors
        with self._reading() as connection:
            return _cursors(connection)

    def move_cursors(self, moved: Mapping[str, datetime]) -> None:
        """Set cursors forward, all in one transaction; one that would go back stays (I9)."""
        with self._begin() as connection:
            known = _cursors(connection) if self._known is None else self._known.cursors
            for name, at in moved.items():
                if name not in known:
                    connection.execute(_NEW_CURSOR, {"name": name, "at": _text(at)})
                elif known[name] < at:
                    _MOVED_CURSOR.run(connection, which=name, moved=_text(at))
                known[name] = max(at, known.get(name, at))

    def forget_cursor(self, name: str) -> None:
        """The next scan of that name starts from the beginning (a back-fill asks for it)."""
        with self._begin() as connection:
            connection.execute(_NO_CURSOR, {"which": name})
            if self._known is not None:
                self._known.cursors.pop(name, None)

    # -- settings ------------------------------------------------------------------------------

    def setting(self, name: str) -> Any:
        kept = self._kept
        text = None if kept is None else kept.settings.get(name)
        if text is None and (kept is None or name in kept.settings):
            text = self._value(_SETTING, which=name)
        return None if text is None else json.loads(text)

    def set_setting(self, name: str, value: Any) -> None:
        text = json.dumps(value)
        with self._begin() as connection:
            if not _OTHER_SETTING.run(connection, which=name, new=text).rowcount:
                connection.execute(_NEW_SETTING, {"name": name, "value": text})
            if self._known is not None:
                self._known.settings[name] = text

    # -- intents ---------------------------------------------------------------------------------

    def open_intent(self, kind: str, at: datetime, body: Mapping[str, Any]) -> Intent:
        (number,) = self.open_intents(kind, at, [body])
        return Intent(number, kind, at, body)

    def open_intents(self, kind: str, at: datetime, bodies: Iterable[Mapping[str, Any]]) -> list[int]:
        """Many at once, in one transaction; returns their ids."""
        ids: list[int] = []
        with self._changing_intents() as connection:
            for body in bodies:
                done = connection.execute(_NEW_INTENT, {"kind": kind, "at": _text(at), "body": json.dumps(body)})
                assert done.inserted_primary_key is not None
                ids.append(done.inserted_primary_key[0])
        return ids

    def change_intent(self, intent: Intent, **more: Any) -> Intent:
        """Write down more about a begun creation, such as the id it got."""
        body = {**intent.body, **more}
        with self._changing_intents() as connection:
            connection.execute(_OTHER_INTENT, {"which": intent.id, "body": json.dumps(body)})
        return Intent(intent.id, intent.kind, intent.at, body)

    def close_intent(self, intent: Intent) -> None:
        self.close_intents([intent.id])

    def close_intents(self, ids: Iterable[int]) -> None:
        with self._changing_intents() as connection:
            closed = [{"which": one} for one in ids]
            if closed:
                connection.execute(_NO_INTENT, closed)

    @contextmanager
    def _changing_intents(self) -> Iterator[sa.Connection]:
        with self._begin() as connection:
            if self._known is not None:
                self._known.intents = None
            yield connection

    def intents(self) -> list[Intent]:
        kept = self._kept
        if kept is not None and kept.intents is not None:
            return list(kept.intents)
        with self._reading() as connection:
            found = _intents(connection)
        if kept is not None:
            kept.intents = found
        return list(found)

    # -- conflicts -------------------------------------------------------------------------------

    def log_conflict(self, once: str, at: datetime, conflict: Conflict) -> bool:
        """Keep a losing value; True when it is new. *once* names the decision: a second log of it changes nothing."""
        with self._begin() as connection:
            if _CONFLICT.run(connection, which=once).fetchone() is not None:
                return False
            row = {"once": once, "at": _text(at), "body": json.dumps(conflict.as_dict())}
            connection.execute(_NEW_CONFLICT, row)
            return True

    def forget_conflict(self, once: str) -> None:
        """Its value was not given up after all."""
        with self._begin() as connection:
            connection.execute(_NO_CONFLICT, {"which": once})

    def conflicts(self) -> list[Conflict]:
        with self._reading() as connection:
            rows = connection.execute(sa.select(CONFLICTS.c.body).order_by(CONFLICTS.c.id))
            return [Conflict(**json.loads(row.body)) for row in rows]

    # -- pending records -------------------------------------------------------------------------

    def pending(self) -> list[Pending]:
        found = self._all_pending()
        return [found[key] for key in sorted(found)]

    def pending_item(self, place: str, model: str, record_id: str) -> Pending | None:
        """One record put aside earlier."""
        return self._all_pending().get((place, model, record_id))

    def _all_pending(self) -> dict[_Key, Pending]:
        kept = self._kept
        if kept is not None:
            return kept.pending
        with self._reading() as connection:
            return _pending(connection)

    def set_pending(self, item: Pending) -> None:
        key = (item.place, item.model, item.record_id)
        with self._begin() as connection:
            _NO_PENDING.run(connection, **_named(key))
            connection.execute(_NEW_PENDING, {**item.__dict__, "next_at": _text(item.next_at)})
            if self._known is not None:
                self._known.pending[key] = item

    def clear_pending(self, place: str, model: str, record_id: str) -> None:
        key = (place, model, record_id)
        if self._open is not None and self._known is not None and key not in self._known.pending:
            return  # nothing to do, in a transaction that is committed for other things
        with self._begin() as connection:
            _NO_PENDING.run(connection, **_named(key))
            if self._known is not None:
                self._known.pending.pop(key, None)

    # -- baseline (rule P29) -----------------------------------------------------------------------

    def baseline(self, place: str, model: str) -> dict[str, str]:
        """Record id -> digest of what existed when a section was switched on."""
        with self._reading() as connection:
            return dict(_BASELINE.run(connection, of_place=place, of_model=model))

    def add_baseline(self, place: str, model: str, digests: Mapping[str, str]) -> None:
        with self._begin() as connection:
            rows = [{"place": place, "model": model, "record_id": one, "digest": digests[one]} for one in digests]
            if rows:
                connection.execute(_NO_BASELINE, [_named((place, model, one)) for one in digests])
                connection.execute(_NEW_BASELINE, rows)

    # -- the inheritance flag's history ------------------------------------------------------------

    def log_flag(self, at: datetime, *, on: bool, why: str) -> None:
        with self._begin() as connection:
            connection.execute(_NEW_FLAG, {"at": _text(at), "on": on, "why": why})

    def flag_at(self, moment: datetime) -> bool:
        """Was the flag on at *moment*? Off before the first entry."""
        return bool(self._value(_FLAG_AT, moment=_text(moment)))


def _cursors(connection: sa.Connection) -> dict[str, datetime]:
    return {name: _moment(at) for name, at in _ALL_CURSORS.run(connection)}


def _settings(connection: sa.Connection) -> dict[str, str | None]:
    return dict(_SHORT_SETTINGS.run(connection))


def _intents(connection: sa.Connection) -> list[Intent]:
    return [Intent(one, kind, _moment(at), json.loads(body)) for one, kind, at, body in _ALL_INTENTS.run(connection)]


def _pending(connection: sa.Connection) -> dict[_Key, Pending]:
    found = {}
    for place, model, record_id, kind, reason, attempts, next_at, changed_at in _ALL_PENDING.run(connection):
        one = Pending(place, model, record_id, kind, reason, attempts, _moment(next_at), changed_at)
        found[place, model, record_id] = one
    return found


def _named(key: _Key) -> dict[str, str]:
    return dict(zip(("of_place", "of_model", "record"), key, strict=True))


def _record_is(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.place == sa.bindparam("of_place"),
        table.c.model == sa.bindparam("of_model"),
        table.c.record_id == sa.bindparam("record"),
    )


_WHICH: sa.BindParameter[Any] = sa.bindparam("which")
_SHORT = 65_536  # letters of a setting that is read along with the others; a run's whole report may be longer

_ALL_CURSORS = Statement(sa.select(CURSORS.c.name, CURSORS.c.at))
_NEW_CURSOR = sa.insert(CURSORS)
_MOVED_CURSOR = Statement(sa.update(CURSORS).where(CURSORS.c.name == _WHICH).values(at=sa.bindparam("moved")))
_NO_CURSOR = sa.delete(CURSORS).where(CURSORS.c.name == _WHICH)
_SETTING = Statement(sa.select(SETTINGS.c.value).where(SETTINGS.c.name == _WHICH))
_SHORT_SETTINGS = Statement(
    sa.select(SETTINGS.c.name, sa.case((sa.func.length(SETTINGS.c.value) <= _SHORT, SETTINGS.c.value)))
)
_NEW_SETTING = sa.insert(SETTINGS)
_OTHER_SETTING = Statement(sa.update(SETTINGS).where(SETTINGS.c.name == _WHICH).values(value=sa.bindparam("new")))
_ALL_INTENTS = Statement(sa.select(INTENTS).order_by(INTENTS.c.id))
_NEW_INTENT = sa.insert(INTENTS)
_OTHER_INTENT = sa.update(INTENTS).where(INTENTS.c.id == _WHICH)
_NO_INTENT = sa.delete(INTENTS).where(INTENTS.c.id == _WHICH)
_CONFLICT = Statement(sa.select(CONFLICTS.c.id).where(CONFLICTS.c.once == _WHICH))
_NEW_CONFLICT = sa.insert(CONFLICTS)
_NO_CONFLICT = sa.delete(CONFLICTS).where(CONFLICTS.c.once == _WHICH)
_ALL_PENDING = Statement(sa.select(PENDING))
_NEW_PENDING = sa.insert(PENDING)
_NO_PENDING = Statement(sa.delete(PENDING).where(_record_is(PENDING)))
_BASELINE = Statement(
    sa.select(BASELINE.c.record_id, BASELINE.c.digest).where(
        BASELINE.c.place == sa.bindparam("of_place"), BASELINE.c.model == sa.bindparam("of_model")
    )
)
_NEW_BASELINE = sa.insert(BASELINE)
_NO_BASELINE = sa.delete(BASELINE).where(_record_is(BASELINE))
_NEW_FLAG = sa.insert(FLAG_LOG)
_FLAG_AT = Statement(
    sa.select(FLAG_LOG.c.on).where(FLAG_LOG.c.at <= sa.bindparam("moment")).order_by(FLAG_LOG.c.id.desc()).limit(1)
)
_HOLDER = Statement(sa.select(LEASE.c.holder))
