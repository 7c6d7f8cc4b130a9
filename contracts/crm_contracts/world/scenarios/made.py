"""What a scenario is, and the short words its histories are written in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from crm_contracts.world import ops
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, Op
from crm_contracts.world.settings import Settings

__all__ = ["LATER", "SYNC", "Scenario", "conversation", "edit", "fault", "salesforce", "scenario", "task"]

SYNC = ops.Sync()
LATER = ops.Tick(seconds=60)


@dataclass(frozen=True)
class Scenario:
    """One way for a sync to go wrong, as a history that a right one lives through.

    *failure* is its row in the catalogue (`failure_modes.toml`), *name* says in a few words what happens. *bad* names
    activities that no sync can carry over here: they have to be put aside, and the others must not notice. *wrong* says
    what the reference sync still does wrong ("" when nothing).
    """

    failure: str
    name: str
    history: tuple[Op, ...]
    settings: Settings = field(default_factory=Settings)
    bad: tuple[str, ...] = ()
    wrong: str = ""


def scenario(failure: str, name: str, history: Iterable[Op], **more: Any) -> Scenario:
    return Scenario(failure, name, tuple(history), **more)


def salesforce(act: str = "act-1", *, at: str = "acme", late: int = 0, **fields: Any) -> Op:
    """A user makes a Task in Salesforce."""
    return ops.Create(side=SALESFORCE, act=act, at=at, late=late, fields={"Subject": f"Call {act}", **fields})


def task(act: str = "act-1", *, at: str = "acme", link: int = 0, late: int = 0, **fields: Any) -> Op:
    """A user makes a Task in Planhat; *link* characters of the Salesforce id are typed into it."""
    given = {"action": f"Call {act}", **fields}
    return ops.Create(side=TASK, act=act, at=at, link=link, late=late, fields=given)


def conversation(act: str = "act-1", *, link: int = 0, **fields: Any) -> Op:
    """A user logs a Conversation in Planhat."""
    given = {"subject": f"Met {act}", "type": "note", **fields}
    return ops.Create(side=CONVERSATION, act=act, link=link, fields=given)


def edit(side: str, act: str = "act-1", *, late: int = 0, **fields: Any) -> Op:
    return ops.Edit(side=side, act=act, late=late, fields=fields)


def fault(kind: str, vendor: str, verb: str = "*", name: str = "*", **more: Any) -> Op:
    return ops.InjectFault(fault=kind, vendor=vendor, verb=verb, object=name, **more)
