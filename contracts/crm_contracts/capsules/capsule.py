"""What a capsule says: who had which settings, what was there, what happened, what should have come of it.

Rule 1: a capsule is plain data; nothing in it is executed. An engine at fault is named, never contained.
Rule 2: records are named by handle (`act-1`); a vendor's id stands in it only where the bug needs that very id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm_contracts.world import violations
from crm_contracts.world.ops import Op
from crm_contracts.world.violations import InvariantViolated
from fake_core.clock import DEFAULT_MOMENT

__all__ = ["BREAKS", "FORMAT", "SUFFIX", "Capsule", "Customer", "Engine", "OpenQuestionWarning"]

FORMAT = 1  # of the file
SUFFIX = ".capsule.yaml"
BREAKS: Mapping[str, type[InvariantViolated]] = {
    name: getattr(violations, name) for name in violations.__all__ if name != "InvariantViolated"
}


class OpenQuestionWarning(UserWarning):
    """A capsule holds that has open questions: it may replay another story than the one that was seen."""


@dataclass(frozen=True, kw_only=True)
class Customer:
    """An account: is it in Salesforce, does the partner know it? *name* as both write it, "" for the handle's."""

    salesforce: bool = True
    partner: bool = True
    name: str = ""
    id: str = ""  # of the Salesforce account, where the bug needs it


@dataclass(frozen=True)
class Engine:
    """The sync in which the bug shows: one of ours with a known fault. *kind* is `published` or `planted`."""

    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Capsule:
    """One bug.

    *saw* is the customer's own account. *settings* are those of `understudy simulate`, by name; what is not said is at
    its default. *start* is made before the integration was switched on, *ops* happen afterwards. *breaks* names the
    class of the invariant that the bug violates, *expect* what the records should be in the end: handle -> side ->
    how many, or the fields of the one. *log* is the hash of the requests that the reference sync makes. *questions*
    are what could not be inferred.
    """

    title: str
    profile: str
    ops: tuple[Op, ...]
    saw: str = ""
    failure: str = ""
    source: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    external_id: bool = False
    task_fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    clock: datetime = DEFAULT_MOMENT
    customers: Mapping[str, Customer] = field(default_factory=dict)
    people: tuple[Mapping[str, str], ...] = ()
    owners: tuple[Mapping[str, str], ...] = ()
    start: tuple[Op, ...] = ()
    breaks: str = ""
    engine: Engine | None = None
    expect: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    log: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
