"""The rules of one object, as they stand after an org file has been read. No rows, no running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fake_salesforce.errors import SalesforceError
from fake_salesforce.operations.automation.conditions import Condition
from fake_salesforce.operations.automation.operands import Path, Read
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field

EVENTS = ("create", "update", "delete")


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """When *when* holds, the save is refused with *message*; *field* is the field it is shown at, if any."""

    name: str
    when: Condition
    message: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Update:
    """What a trigger, flow or workflow does to a row on *events*: set fields, or refuse.

    *target* (after a save only) is the way to the row that is changed; None is the saved row itself.
    """

    name: str
    when: Condition
    events: frozenset[str]
    sets: tuple[tuple[Field, Read], ...]
    target: Path | None = None
    refusal: Callable[[str], SalesforceError] | None = None  # takes e.g. BeforeInsert


@dataclass(frozen=True, slots=True)
class LookupFilter:
    """The row that *field* points at must meet *when*."""

    field: Field
    when: dict[str, Condition]  # by name of the object pointed at
    message: str | None


@dataclass(frozen=True, slots=True)
class ApprovalLock:
    """While *when* holds for the row as it is, only *users* (usernames) may change or delete it."""

    name: str
    when: Condition
    users: frozenset[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two fields of a matching rule, *mine* of the row being saved: *method* makes of a value what must be equal."""

    mine: Path
    other: Path
    method: str
    blanks: bool  # two nulls match


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """Rows of *sobject* match when every comparison of one of the *groups* does."""

    name: str
    sobject: str
    engine: str
    groups: tuple[tuple[Comparison, ...], ...]


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """What happens to a save whose row matches others. Actions: block, alert, allow."""

    name: str
    when: Condition
    on_create: str
    on_edit: str
    message: str
    enforce_sharing: bool
    matching: tuple[MatchingRule, ...]


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """Who owns a new lead or case: the first entry whose condition holds."""

    record_id: str
    name: str
    active: bool
    entries: tuple[tuple[Condition, Read], ...]


@dataclass(slots=True)
class ObjectRules:
    """All rules of one object, in the order of the org file."""

    before: list[Update] = field(default_factory=list)
    after: list[Update] = field(default_factory=list)
    validations: list[ValidationRule] = field(default_factory=list)
    filters: list[LookupFilter] = field(default_factory=list)
    locks: list[ApprovalLock] = field(default_factory=list)
    duplicates: list[DuplicateRule] = field(default_factory=list)
    assignments: list[AssignmentRule] = field(default_factory=list)


def rules_of(org: Org, name: str) -> ObjectRules | None:
    """The rules of the object called *name*, None when it has none; costs a look into a mapping."""
    found: Any = org.rules.get(name)
    return found  # type: ignore[no-any-return]
