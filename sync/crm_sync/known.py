"""What a plan may ask of the two systems: the describe, the sections, the directories.

A `Known` answers the same question in the same way all through a run; whoever makes one decides when to fetch. So a
plan is a function of what was read, and a test hands in plain tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from crm_sync.config import Profile
from crm_sync.mapping import Context, Held
from crm_sync.model import Record, Section
from crm_sync.scope import Scope


@dataclass(frozen=True)
class SfField:
    """What the describe says about one field.

    *defaulted*: Salesforce fills it when nothing is sent; *default*: with what, None when the describe does not tell.
    *calculated*: a formula, a roll-up or a serial number; *references*: the objects whose ids it holds, *relationship*
    the name of the way there.
    """

    name: str
    createable: bool
    updateable: bool
    restricted: bool
    values: frozenset[str]
    length: int
    external_id: bool
    unique: bool
    defaulted: bool = False
    default: Any = None
    type: str = ""
    calculated: bool = False
    nillable: bool = True
    references: frozenset[str] = frozenset()
    relationship: str = ""


@dataclass(frozen=True)
class SfObject:
    """What the describe says about one object."""

    name: str
    key_prefix: str | None
    fields: Mapping[str, SfField]

    def field(self, name: str) -> SfField | None:
        """One field; "CreatedBy.Email" goes by a reference to another object and cannot be written."""
        if "." not in name:
            return self.fields.get(name)
        way = name.partition(".")[0]
        known = next((one for one in self.fields.values() if one.relationship == way), None)
        return None if known is None else replace(known, name=name, createable=False, updateable=False)

    def refuses(self, field: str, value: Any, *, create: bool) -> Held | None:
        """Why *value* would not be accepted in *field*; None when it should be (rule P26)."""
        known = self.fields.get(field)
        if known is None:
            return Held(value, f"{self.name} has no field {field}")
        if not (known.createable if create else known.updateable):
            return Held(value, f"{self.name}.{field} is read-only for this user")
        if value is not None and known.restricted and value not in known.values:
            return Held(value, f"not in the restricted picklist {self.name}.{field}")
        return None


class Known(Protocol):
    """The facts of one run."""

    @property
    def sections(self) -> Sequence[Section]:
        """The enabled sections, without the fields this org does not have."""
        ...

    @property
    def context(self) -> Context:
        """What the lenses need: maps, options, owners."""
        ...

    def section_of(self, model: str, sf_object: str) -> Section | None:
        """The enabled section of a partner's model and an object."""
        ...

    def sobject(self, name: str) -> SfObject:
        """The describe of one object."""
        ...

    @property
    def profile(self) -> Profile:
        """The partner as data."""
        ...

    @property
    def scope(self) -> Scope:
        """What the partner's own settings leave out."""
        ...

    @property
    def apart_seconds(self) -> float:
        """How far apart the two systems' clocks are: within that nobody knows which change came later (F56)."""
        ...

    def keyable(self, model: str) -> str:
        """Where a partner's model keeps the Salesforce id."""
        ...

    def parent_of(self, record: Record, section: Section) -> str | None:
        """The partner's parent of a Salesforce record: a company, an account (rules P27, T11)."""
        ...

    def account_of(self, record: Record, section: Section) -> str | None:
        """The account of a Salesforce record."""
        ...

    def account_of_parent(self, parent_id: Any) -> str | None:
        """The account of a partner's parent."""
        ...
