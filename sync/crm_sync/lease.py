"""The lease on a memory: who may write to it, and the fence that keeps an earlier holder out (F68).

Statements are built once: what SQLAlchemy makes of one costs more than running it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from crm_sync.clock import Clock
from crm_sync.errors import RunStopped
from crm_sync.state_tables import LEASE
from crm_sync.statements import Statement

_MINE: sa.BindParameter[int] = sa.bindparam("mine")
_UNTIL: dict[str, sa.BindParameter[str]] = {"until": sa.bindparam("end")}
_HELD = LEASE.c.token == _MINE
_WHO: sa.BindParameter[str] = sa.bindparam("who")
_FREE = sa.or_(LEASE.c.holder == _WHO, LEASE.c.holder == "", LEASE.c.until <= sa.bindparam("now"))
_LEFT = LEASE.c.holder.in_(sa.bindparam("dead", expanding=True))
_TOOK = sa.update(LEASE).values(token=LEASE.c.token + 1, holder=_WHO, **_UNTIL).returning(LEASE.c.token)
_TAKE, _TAKE_FROM_THE_DEAD = Statement(_TOOK.where(_FREE)), _TOOK.where(sa.or_(_FREE, _LEFT))
_FIRST = sa.insert(LEASE).values(name="run", token=1, holder=_WHO, **_UNTIL)
_PROLONG = Statement(sa.update(LEASE).where(_HELD).values(**_UNTIL))
_GIVE_UP = Statement(sa.update(LEASE).where(_HELD).values(holder="", **_UNTIL))
_KNOWN = sa.select(LEASE)


@dataclass
class Lease:
    """One that is held; its token is nobody else's. *until*: as long as nobody else can have taken it."""

    token: int
    clock: Clock
    seconds: int
    until: datetime

    @property
    def running_out(self) -> bool:
        """Two thirds of it are over."""
        return self.until - self.clock.now() < timedelta(seconds=self.seconds / 3)

    def prolong(self, connection: sa.Connection) -> None:
        """Within a transaction: it is ours for longer, or RunStopped, and nothing is written."""
        until = self.clock.now() + timedelta(seconds=self.seconds)
        if not _PROLONG.run(connection, mine=self.token, end=_text(until)).rowcount:
            raise RunStopped("another run has taken over the state; this one writes nothing more")
        self.until = until

    def give_up(self, connection: sa.Connection) -> None:
        """It is nobody's, if it still was ours."""
        _GIVE_UP.run(connection, mine=self.token, end=_text(self.clock.now()))


def take_lease(connection: sa.Connection, holder: str, clock: Clock, seconds: int, dead: Collection[str]) -> Lease:
    """Within a transaction: the lease, if it is free. Raises RunStopped when somebody else holds it."""
    now = clock.now()
    until = now + timedelta(seconds=seconds)
    ours = {"who": holder, "end": _text(until)}
    # The write comes first, so that two who try at once stand in line for it.
    if dead:
        tokens = connection.execute(_TAKE_FROM_THE_DEAD, {"dead": list(dead), "now": _text(now), **ours}).fetchall()
    else:
        tokens = _TAKE.run(connection, now=_text(now), **ours).fetchall()
    if not tokens:
        known = connection.execute(_KNOWN).first()
        if known is not None:
            raise RunStopped(
                f"another run is at it: {known.holder} holds the state until {known.until}; "
                "wait for it, or run again after that"
            )
        connection.execute(_FIRST, ours)
    return Lease(tokens[0][0] if tokens else 1, clock, seconds, until)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
