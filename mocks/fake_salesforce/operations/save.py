"""One row about to be saved, as the hooks around a save see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fake_salesforce.operations.prepared import Prepared
from fake_salesforce.org import Org


@dataclass(frozen=True, slots=True)
class Save:
    """One row about to be saved. `new` may be changed; `stamp` is the moment of the save."""

    org: Org
    conn: sa.Connection
    prep: Prepared
    new: dict[str, Any]
    old: Mapping[str, Any] | None
    given: frozenset[str]
    stamp: str

    def changed(self, name: str) -> bool:
        """The field's value differs from before; on create, always."""
        return self.old is None or self.old[name] != self.new[name]

    @property
    def user(self) -> str:
        """Who saves it."""
        user: str = self.new.get("LastModifiedById") or self.new.get("CreatedById") or self.org.admin_id
        return user


Hook = Callable[[Save], None]

CASE_MIRROR = {  # field of the case: field of its contact
    "ContactPhone": "Phone",
    "ContactMobile": "MobilePhone",
    "ContactEmail": "Email",
    "ContactFax": "Fax",
}
