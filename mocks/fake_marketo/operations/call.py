"""What every operation of one request shares: the tenant, the caller, the connection, and whose records are whose.

Rule: what the caller may not see is not there (404, or an unknown reference); no answer tells it from a free id.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fake_core.switches import Switches
from fake_marketo.errors import SiaError
from fake_marketo.store import CAMPAIGN_STEPS, PEOPLE, REMINDERS, USERS, Row, Table
from fake_marketo.tenant import Tenant

ID_DIGITS_MAX = 15


@dataclass(frozen=True)
class Call:
    """One request of *user*."""

    tenant: Tenant
    user: Row
    connection: sa.Connection

    @property
    def switches(self) -> Switches:
        return self.tenant.switches

    def now(self) -> str:
        return self.tenant.now()

    def named(self, table: Table, what: str, key: str, *where: sa.ColumnElement[bool]) -> Row:
        """The row whose id a path names; SiaError (not_found)."""
        row = None
        if key.isascii() and key.isdigit() and len(key) <= ID_DIGITS_MAX and not key.startswith("0"):
            row = table.one(self.connection, table.c.id == int(key), *where)
        if row is None:
            raise SiaError("not_found", what=what, key=key)
        return row

    def own_reminders(self) -> sa.ColumnElement[bool]:
        """The reminders that the caller sees: assigned to them or, while the switch says so, made by them."""
        assigned: sa.ColumnElement[bool] = REMINDERS.c.assignee == self.user["id"]
        if self.switches["creator_sees"]:
            return sa.or_(assigned, REMINDERS.c.creator == self.user["id"])
        return assigned

    def own_people(self) -> sa.ColumnElement[bool]:
        """The caller's people, and those that everybody shares."""
        return sa.or_(PEOPLE.c.owner == self.user["id"], PEOPLE.c.shared == 1)

    def refer(self, name: str, key: Any) -> Row | None:
        """The row that the key *name* of a record points to; SiaError (unknown_reference)."""
        if key is None:
            return None
        table, what, where = {
            "assignee": (USERS, "user", ()),
            "person": (PEOPLE, "person", (self.own_people(),)),
            "campaign_step": (CAMPAIGN_STEPS, "campaign step", ()),
            "reminder": (REMINDERS, "reminder", (self.own_reminders(),)),
        }[name]
        row = table.one(self.connection, table.c.id == key, *where)
        if row is None:
            raise SiaError("unknown_reference", name=name, what=what, value=key)
        return row


@contextmanager
def begun(tenant: Tenant, token: str, *, writes: bool) -> Iterator[Call]:
    """A call of whom *token* belongs to, in one transaction if it *writes*; SiaError (unauthorized)."""
    with tenant.store.begin() if writes else tenant.store.read() as connection:
        user = USERS.by(connection, "token", token) if token else None
        if user is None:
            raise SiaError("unauthorized")
        yield Call(tenant, user, connection)
