"""What can happen to a world of pairs, as plain data: the same vocabulary as `world.ops`, and what is new here.

Rule 1: sides are "salesforce" and "partner"; a section ("task", "touchpoint", "campaign_touch", "reminder") says which
kind of record a Create makes.
Rule 2: no vendor's id is ever named. `OwnerId` and `assignee` name a person by handle ("pia", "quinn", "stranger"),
`WhoId` and `person` a contact ("ann"), `participants` a list of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from crm_contracts.world import ops
from crm_contracts.world.ops import (
    SALESFORCE,
    Complete,
    Configure,
    Delete,
    Edit,
    Heal,
    InjectFault,
    Introduce,
    Op,
    Reopen,
    Settle,
    Tick,
    Undelete,
)
from fake_core.errors import MisuseError

__all__ = [
    "BOTH",
    "IN",
    "KINDS",
    "OUT",
    "PARTNER",
    "SALESFORCE",
    "SIDES",
    "WAYS",
    "Complete",
    "Configure",
    "Create",
    "Delete",
    "Edit",
    "Heal",
    "InjectFault",
    "Introduce",
    "Op",
    "Reopen",
    "Settle",
    "Sync",
    "Tick",
    "Undelete",
    "from_dict",
    "history_from_json",
]

PARTNER = "partner"
SIDES = (SALESFORCE, PARTNER)
IN, OUT = "in", "out"  # from Salesforce to the partner, and back
WAYS = (IN, OUT)
BOTH = "both"  # in one run, as `understudy sync run` does


@dataclass(frozen=True, kw_only=True)
class Create(Op):
    """A user creates the activity *act* of *section* on *side*, at the customer *at*.

    A campaign touch is made by Totango itself, on the partner's side, and never edited. *record_id*: as in `world.ops`,
    for Salesforce's records.
    """

    kind: ClassVar[str] = "create"
    side: str
    act: str
    section: str
    at: str = "acme"
    fields: Mapping[str, Any] = field(default_factory=dict)
    record_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Sync(ops.Sync):
    """One round: the jobs of *ways*, in this order, of *sections* (none: of all).

    ("both",): in one run, not one job after the other.
    """

    kind: ClassVar[str] = "sync"
    ways: Sequence[str] = WAYS
    sections: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("ways", "sections"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has no tuples
        if self.ways != (BOTH,) and not set(self.ways) <= {*WAYS}:
            raise MisuseError(f"sync: ways are some of in and out, or both alone, not {', '.join(map(str, self.ways))}")


KINDS: dict[str, type[Op]] = {
    one.kind: one
    for one in (
        Create, Edit, Complete, Reopen, Delete, Undelete, Introduce, Configure, Tick, InjectFault, Sync, Heal, Settle,
    )
}  # fmt: skip


def from_dict(given: Mapping[str, Any]) -> Op:
    """The operation that `to_dict` wrote. Raises MisuseError naming what is wrong."""
    return ops.from_dict(given, kinds=KINDS, sides=SIDES)


def history_from_json(given: Iterable[Mapping[str, Any]]) -> list[Op]:
    """A whole history."""
    return [from_dict(one) for one in given]
