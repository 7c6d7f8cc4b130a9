"""What the runner remembers between runs: versions, runs, items, connections.

Rule 1 (A22): one row for each (workflow version, organization, event, subject): the first finished run wins.
Rule 2: one row for each (run, node, path of the item). It is written before a creation is sent, so that a crash leaves
a trace, and holds what a node answered, so that a resumed run does not ask again.
Rule 3 (A33): no token is written here.
Each method is one transaction. The tables may live in the sync's database: their names begin with `action_`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from crm_sync.state_tables import make_tables

DISCONNECTED, CONNECTED, NEEDS_RECONNECT = "disconnected", "connected", "needs_reconnect"
RUNNING, INTERRUPTED, FINISHED = "running", "interrupted", "finished"
OPEN, INTENT, MADE, DONE, REFUSED = "open", "intent", "made", "done", "refused"

_META = sa.MetaData()
_VERSIONS = sa.Table(
    "action_versions",
    _META,
    sa.Column("workflow", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
)
_RUNS = sa.Table(
    "action_runs",
    _META,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("lease_until", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
_ITEMS = sa.Table(
    "action_items",
    _META,
    sa.Column("run", sa.String(32), primary_key=True),
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("record_id", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
_CONNECTIONS = sa.Table(
    "action_connections",
    _META,
    sa.Column("base_url", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("instance_url", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
_PLACE: Final = (_ITEMS.c.run, _ITEMS.c.node, _ITEMS.c.path)


@dataclass(frozen=True)
class Known:
    """A connection as it was left."""

    state: str = DISCONNECTED
    instance_url: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Remembered:
    """One item: *state* open (surely not sent), intent (sent, outcome unknown), made, done or refused.

    *answer* is what the node gave back; *digest* is of the body that was sent; *at* is when it was first sent.
    """

    state: str
    digest: str
    record_id: str
    answer: Any
    at: datetime


@dataclass(frozen=True)
class Place:
    """Where an item is: run, node, and the way it came."""

    run: str
    node: str
    path: str

    @property
    def key(self) -> str:
        """The same for the same item for ever, also after the state is lost: what an external-id field can hold."""
        return "ds-" + hashlib.sha256(json.dumps([self.run, self.node, self.path]).encode()).hexdigest()[:32]


def run_id(*key: object) -> str:
    """The id of the run with this key."""
    return hashlib.sha256(json.dumps(key, default=str).encode()).hexdigest()[:32]


class Memory:
    """The state database. *url* is an SQLAlchemy URL; "sqlite://" lives as long as the object."""

    def __init__(self, url: str = "sqlite://") -> None:
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}} if url == "sqlite://" else {}
        self._engine = sa.create_engine(url, **options)
        make_tables(self._engine, _META)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        with self._engine.begin() as conn:
            yield conn

    # -- versions ------------------------------------------------------------------------------------

    def newest(self, workflow: str) -> int:
        """The highest version that was ever active; 0 before the first."""
        with self._begin() as conn:
            found = conn.scalar(sa.select(sa.func.max(_VERSIONS.c.version)).where(_VERSIONS.c.workflow == workflow))
        return int(found or 0)

    def version(self, workflow: str, version: int, digest: str) -> str:
        """Note an active version; returns the digest it had when it first ran."""
        with self._begin() as conn:
            where = (_VERSIONS.c.workflow == workflow) & (_VERSIONS.c.version == version)
            known = conn.scalar(sa.select(_VERSIONS.c.digest).where(where))
            if known is None:
                conn.execute(sa.insert(_VERSIONS).values(workflow=workflow, version=version, digest=digest))
        return str(known or digest)

    # -- runs ----------------------------------------------------------------------------------------

    def run_state(self, run: str) -> str:
        """running, interrupted, finished, or "" for one that never began."""
        with self._begin() as conn:
            return str(conn.scalar(sa.select(_RUNS.c.state).where(_RUNS.c.id == run)) or "")

    def take(self, run: str, key: str, owner: str, *, now: datetime, seconds: float) -> datetime | None:
        """Begin or resume a run that is not finished; None when it is ours, else until when it is another's."""
        values = {"state": RUNNING, "owner": owner, "lease_until": _text(now + timedelta(seconds=seconds))}
        try:
            with self._begin() as conn:
                conn.execute(sa.insert(_RUNS).values(id=run, key=key, at=_text(now), **values))
        except IntegrityError:
            free = (_RUNS.c.state != RUNNING) | (_RUNS.c.lease_until <= _text(now)) | (_RUNS.c.owner == owner)
            with self._begin() as conn:
                taken = conn.execute(sa.update(_RUNS).where((_RUNS.c.id == run) & free).values(**values)).rowcount
                if not taken:
                    return _moment(str(conn.scalar(sa.select(_RUNS.c.lease_until).where(_RUNS.c.id == run))))
        return None

    def renew(self, run: str, owner: str, *, now: datetime, seconds: float) -> bool:
        """Hold the run for longer; False when somebody else has taken it."""
        ours = (_RUNS.c.id == run) & (_RUNS.c.owner == owner) & (_RUNS.c.state == RUNNING)
        until = _text(now + timedelta(seconds=seconds))
        with self._begin() as conn:
            return bool(conn.execute(sa.update(_RUNS).where(ours).values(lease_until=until)).rowcount)

    def end(self, run: str, owner: str, state: str) -> None:
        """Let go of a run: finished or interrupted."""
        with self._begin() as conn:
            ours = (_RUNS.c.id == run) & (_RUNS.c.owner == owner)
            conn.execute(sa.update(_RUNS).where(ours).values(state=state))

    # -- items ---------------------------------------------------------------------------------------

    def item(self, place: Place) -> Remembered | None:
        with self._begin() as conn:
            row = conn.execute(sa.select(_ITEMS).where(_here(place))).one_or_none()
        if row is None:
            return None
        return Remembered(row.state, row.digest, row.record_id, json.loads(row.answer), _moment(row.at))

    def note(
        self, place: Place, state: str, *, at: datetime, digest: str = "", record_id: str = "", answer: Any = None
    ) -> None:
        """Write an item down, or write it over."""
        values = {
            "state": state,
            "digest": digest,
            "record_id": record_id,
            "answer": json.dumps(answer),
            "at": _text(at),
        }
        with self._begin() as conn:
            if not conn.execute(sa.update(_ITEMS).where(_here(place)).values(**values)).rowcount:
                conn.execute(sa.insert(_ITEMS).values(run=place.run, node=place.node, path=place.path, **values))

    def refused(self, run: str) -> int:
        """How many items of a run were refused for good."""
        with self._begin() as conn:
            where = (_ITEMS.c.run == run) & (_ITEMS.c.state == REFUSED)
            return int(conn.scalar(sa.select(sa.func.count()).where(where)) or 0)

    def forget_refused(self, run: str) -> None:
        """What was refused may be tried again."""
        with self._begin() as conn:
            conn.execute(sa.delete(_ITEMS).where((_ITEMS.c.run == run) & (_ITEMS.c.state == REFUSED)))

    def claimed(self) -> set[str]:
        """Ids of records that belong to an item."""
        with self._begin() as conn:
            return set(conn.scalars(sa.select(_ITEMS.c.record_id).where(_ITEMS.c.record_id != "")))

    # -- connections -----------------------------------------------------------------------------------

    def connection(self, base_url: str) -> Known:
        with self._begin() as conn:
            row = conn.execute(sa.select(_CONNECTIONS).where(_CONNECTIONS.c.base_url == base_url)).one_or_none()
        return Known(row.state, row.instance_url, row.reason) if row is not None else Known()

    def connect(self, base_url: str, state: str, instance_url: str, reason: str, at: datetime) -> None:
        values = {"state": state, "instance_url": instance_url, "reason": reason, "at": _text(at)}
        with self._begin() as conn:
            where = _CONNECTIONS.c.base_url == base_url
            if not conn.execute(sa.update(_CONNECTIONS).where(where).values(**values)).rowcount:
                conn.execute(sa.insert(_CONNECTIONS).values(base_url=base_url, **values))


def _here(place: Place) -> sa.ColumnElement[bool]:
    run, node, path = _PLACE
    return (run == place.run) & (node == place.node) & (path == place.path)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
