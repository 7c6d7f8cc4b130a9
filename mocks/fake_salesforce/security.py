"""What an org knows of rights that no row shows: sharing defaults, silent fields, whether the API is on.

Rule 1: profiles, permission sets, object and field rights are rows; `operations/rights.py` reads them. Here is only
what the vendor keeps elsewhere (Sharing Settings) or has not (silent fields: rule A28 of the sync's facts).
Rule 2: how a user sees the org is worked out once and kept in `views`, until a row it follows from is written, the
settings change or the org is restored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fake_salesforce.data_files import load

# Rows that say what users may do: writing one makes every view out of date.
RIGHTS_OBJECTS: Final = frozenset({
    "User", "Profile", "PermissionSet", "PermissionSetAssignment", "ObjectPermissions", "FieldPermissions",
})  # fmt: skip


class Security:
    """The org's settings of rights. A part of the store: saved and restored with the rows."""

    def __init__(self, *, api_enabled: bool, audit_fields: bool) -> None:
        self.api_enabled = api_enabled
        self.audit_fields = audit_fields  # "Set Audit Fields upon Record Creation" is switched on for the org
        self.sharing: dict[str, str] = dict(load("security.toml")["sharing"]["defaults"])
        self.silent_profiles: set[str] = set()
        self.silent_fields: dict[str, set[str]] = {}  # profile -> "Object.Field"
        self._touched = False
        self.views: dict[str, Any] = {}  # user id -> the org as the user sees it; see operations/access.py
        self.kinds: dict[Any, Any] = {}  # what was worked out for rights that may come again, by these rights

    def model(self, name: str) -> str:
        """The organization-wide default of an object."""
        return self.sharing.get(name, "ReadWrite")

    def forget(self) -> None:
        """Views are worked out anew: a right has changed."""
        self._touched = True
        self.views.clear()

    def rolled_back(self) -> None:
        """A transaction left nothing behind: what was seen of it is forgotten."""
        if self._touched:
            self._touched = False
            self.views.clear()

    def set_silent(self, profile: str, *, silent: bool | None, fields: Mapping[str, bool]) -> None:
        """Change what of a profile's refused writes is dropped without a word."""
        if silent is not None:
            (self.silent_profiles.add if silent else self.silent_profiles.discard)(profile)
        known = self.silent_fields.setdefault(profile, set())
        for name, drop in fields.items():
            (known.add if drop else known.discard)(name)

    def dump(self) -> Any:
        return {
            "api_enabled": self.api_enabled,
            "audit_fields": self.audit_fields,
            "sharing": self.sharing,
            "silent_profiles": sorted(self.silent_profiles),
            "silent_fields": {name: _sorted(fields) for name, fields in list(self.silent_fields.items())},
        }

    def load(self, state: Any) -> None:
        self.api_enabled = state["api_enabled"]
        self.audit_fields = state["audit_fields"]
        self.sharing = dict(state["sharing"])
        self.silent_profiles = set(state["silent_profiles"])
        self.silent_fields = {name: set(fields) for name, fields in state["silent_fields"].items()}
        self.views.clear()


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names)
