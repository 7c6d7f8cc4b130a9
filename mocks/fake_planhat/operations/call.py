"""What every operation of one request shares: the tenant, the caller, the moment, and the rows it touches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from fake_core.switches import Switches
from fake_planhat.dates import iso
from fake_planhat.errors import PlanhatError
from fake_planhat.models import Model
from fake_planhat.operations.embedding import embed
from fake_planhat.operations.rows import Rows, Work
from fake_planhat.tenant import ApiToken, Settings, Tenant


@dataclass
class Call:
    """One request on one model. *bulk* tells a bulk upsert from a single write."""

    tenant: Tenant
    token: ApiToken
    model: Model
    work: Work
    moment: datetime
    bulk: bool = False

    @cached_property
    def now(self) -> str:
        return iso(self.moment)

    @property
    def rows(self) -> Rows:
        return self.work[self.model.name]

    @property
    def switches(self) -> Switches:
        return self.tenant.switches

    @property
    def settings(self) -> Settings:
        return self.tenant.settings

    def new_id(self) -> str:
        return self.tenant.new_id(self.moment)

    def may(self, operation: str) -> bool:
        return self.token.may(operation, self.model.name)


@contextmanager
def changing(tenant: Tenant) -> Iterator[Work]:
    """The rows of a request that writes: written at the end, and automations start on them once that is committed."""
    with tenant.store.begin() as connection:
        work = Work(connection)
        yield work
        work.flush()
        embed(work, tenant.switches)
    tenant.automations.follow(work.changes())


def require(token: ApiToken, operation: str, model: Model) -> None:
    """Raises PlanhatError (forbidden) unless *token* permits *operation* on *model*."""
    if not token.may(operation, model.name):
        raise PlanhatError("forbidden")


def present(value: Any) -> bool:
    """Whether a keyable or required value counts as given: null and the empty text do not."""
    return value is not None and value != ""
