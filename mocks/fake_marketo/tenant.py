"""One tenant: its users, its switches, its store and clock. Nothing here is global.

Rule 1: a token is a user's: each user has a zone and a connection to Salesforce of their own (M24).
Rule 2: what can change while the fake runs (switches, users) lives in the store, so that a snapshot holds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fake_core.clock import Clock
from fake_core.ids import IdSource
from fake_core.store import Store
from fake_core.switches import Switches
from fake_marketo.data_files import read_toml
from fake_marketo.moments import iso

_LIMITS = read_toml("limits.toml")
PAGE_DEFAULT: int = _LIMITS["page_default"]["value"]
PAGE_MAX: int = _LIMITS["page_max"]["value"]
BODY_BYTES_MAX: int = _LIMITS["body_bytes_max"]["value"]


@dataclass(frozen=True, kw_only=True)
class User:
    """A user of the tenant as it starts; *token* is the bearer token that speaks for them."""

    id: int
    name: str
    email: str
    token: str
    time_zone: str = "UTC"
    sf_user_id: str | None = None
    sf_connected: bool = False


_SAM = User(id=1, name="Sam Seller", email="sam@understudy.example", token="understudy-marketo-token")  # noqa: S106


@dataclass(frozen=True)
class TenantConfig:
    """How a tenant starts. *seed* is seed data as the control plane takes it, put in after *users*.

    *file* is the TOML file that says all this, if one does.
    """

    users: Sequence[User] = (_SAM,)
    tenant_id: str = "understudy-sia"
    switches: Mapping[str, Any] = field(default_factory=dict)
    seed: Mapping[str, Any] = field(default_factory=dict)
    body_bytes_max: int = BODY_BYTES_MAX
    name: str = ""
    file: str = ""


NOBODY = TenantConfig(users=(), tenant_id="")  # refuses the calls that are no tenant's


@dataclass(frozen=True)
class Tenant:
    """What an operation works on."""

    config: TenantConfig
    switches: Switches
    store: Store
    clock: Clock
    ids: IdSource

    def now(self) -> str:
        return iso(self.clock.now())
