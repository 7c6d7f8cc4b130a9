"""Everything that can happen to a world, as plain data: users' deeds, configuration, time, faults, sync runs.

Rule 1: an operation names activities by handle (`act-1`), never by a vendor's id; it may say which id a record gets.
Rule 2: an operation is JSON: `to_dict` and `from_dict` are inverse, so a history is a file.
Rule 3: fields carry the vendors' own names and values, as the user of that vendor would write them.
Rule 4: an operation that makes no sense just now (edit what is not there) does nothing, so that any
part of a history is a history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from fake_core.errors import MisuseError

__all__ = [
    "CONVERSATION",
    "KINDS",
    "SALESFORCE",
    "SIDES",
    "TASK",
    "Clone",
    "Complete",
    "Configure",
    "Create",
    "Delete",
    "Edit",
    "Forget",
    "Heal",
    "Ignore",
    "InjectFault",
    "Introduce",
    "Merge",
    "Move",
    "Op",
    "Reopen",
    "Rights",
    "Settle",
    "Skew",
    "StaffDisable",
    "Sync",
    "Tick",
    "Undelete",
    "from_dict",
    "history_from_json",
]

SALESFORCE = "salesforce"  # the one SF Task of an activity
TASK = "task"  # its Planhat Task
CONVERSATION = "conversation"  # its Planhat Conversation
SIDES = (SALESFORCE, TASK, CONVERSATION)


@dataclass(frozen=True, kw_only=True)
class Op:
    """One thing that happens. Subclasses are the vocabulary; `kind` is their name in JSON."""

    kind: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """This operation as JSON data; keys at their default are left out."""
        plain = asdict(self)
        kept = {f.name: plain[f.name] for f in fields(self) if plain[f.name] != _default(f)}
        return {"op": self.kind, **kept}


@dataclass(frozen=True, kw_only=True)
class Create(Op):
    """A user creates the activity *act* on *side*, at the customer *at*.

    Where the activity exists on the other side already, *link* tells how the user types the Salesforce id
    into the Planhat record: 15 or 18 characters. 0 means no link is typed. *late*: see `Edit`. *record_id* is the id
    that the vendor gives it, where it matters which; "" as it comes.
    """

    kind: ClassVar[str] = "create"
    side: str
    act: str
    at: str = "acme"
    fields: Mapping[str, Any] = field(default_factory=dict)
    link: int = 0
    late: int = 0
    record_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Edit(Op):
    """A user writes *fields* of the activity's record on *side*.

    *late*: the write began so many seconds ago, bears the stamp of that moment, and shows only now (F49).
    """

    kind: ClassVar[str] = "edit"
    side: str
    act: str
    fields: Mapping[str, Any]
    late: int = 0


@dataclass(frozen=True, kw_only=True)
class Complete(Op):
    """A user marks the activity done: Status Completed in Salesforce, status Done on the Planhat Task."""

    kind: ClassVar[str] = "complete"
    side: str
    act: str


@dataclass(frozen=True, kw_only=True)
class Ignore(Op):
    """A user marks the Planhat Task Ignored."""

    kind: ClassVar[str] = "ignore"
    act: str


@dataclass(frozen=True, kw_only=True)
class Reopen(Op):
    """A user opens a completed activity again."""

    kind: ClassVar[str] = "reopen"
    side: str
    act: str


@dataclass(frozen=True, kw_only=True)
class Delete(Op):
    """A user deletes the activity's record on *side*."""

    kind: ClassVar[str] = "delete"
    side: str
    act: str


@dataclass(frozen=True, kw_only=True)
class Undelete(Op):
    """A user takes the activity's Salesforce Task out of the recycle bin."""

    kind: ClassVar[str] = "undelete"
    act: str


@dataclass(frozen=True, kw_only=True)
class Clone(Op):
    """A user copies the Salesforce Task of *act* as it stands, its key field left out: the activity *new*."""

    kind: ClassVar[str] = "clone"
    act: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Merge(Op):
    """Two accounts become one in Salesforce: *loser* goes, and what belonged to it belongs to *into*."""

    kind: ClassVar[str] = "merge"
    loser: str
    into: str


@dataclass(frozen=True, kw_only=True)
class Introduce(Op):
    """Planhat gets a Company for a customer that it did not know."""

    kind: ClassVar[str] = "introduce"
    customer: str


@dataclass(frozen=True, kw_only=True)
class Configure(Op):
    """Somebody saves the integration's settings; *settings* names those that change (see `Settings`)."""

    kind: ClassVar[str] = "configure"
    settings: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class StaffDisable(Op):
    """A member of Planhat's staff switches "Notes to inherit Task sourceId" off."""

    kind: ClassVar[str] = "staff_disable"


@dataclass(frozen=True, kw_only=True)
class Move(Op):
    """A user relates the activity's Salesforce Task to another customer."""

    kind: ClassVar[str] = "move"
    act: str
    to: str


@dataclass(frozen=True, kw_only=True)
class Forget(Op):
    """What the sync remembered is lost: it starts again with nothing but its settings."""

    kind: ClassVar[str] = "forget"


@dataclass(frozen=True, kw_only=True)
class Rights(Op):
    """An administrator says what the sync's own Salesforce user may see from now on.

    *blind*: nothing but its own records. Nothing said: everything.
    """

    kind: ClassVar[str] = "rights"
    blind: bool = False


@dataclass(frozen=True, kw_only=True)
class Skew(Op):
    """From now on the clock of *vendor* is *seconds* ahead of everybody else's (behind, if negative)."""

    kind: ClassVar[str] = "skew"
    vendor: str
    seconds: int


@dataclass(frozen=True, kw_only=True)
class Tick(Op):
    """Time passes."""

    kind: ClassVar[str] = "tick"
    seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class InjectFault(Op):
    """The *nth* matching request of the next round goes wrong, *times* times.

    *times* None means in every round until healed. *fault* is one of fake_core's kinds, *vendor* is
    "salesforce" or "planhat"; users' own requests never meet it.
    """

    kind: ClassVar[str] = "fault"
    fault: str
    vendor: str
    verb: str = "*"
    object: str = "*"
    nth: int = 1
    times: int | None = 1
    item: int = 0


@dataclass(frozen=True, kw_only=True)
class Sync(Op):
    """One round of the sync. With *crash_at* the process dies at its n-th request, before or after the server acts.

    With *crash_at_commit* it dies at the n-th commit to its own memory, before or after (*acted*) that is durable.
    """

    kind: ClassVar[str] = "sync"
    crash_at: int = 0
    crash_at_commit: int = 0
    acted: bool = False


@dataclass(frozen=True, kw_only=True)
class Heal(Op):
    """Every fault that is still waiting goes away."""

    kind: ClassVar[str] = "heal"


@dataclass(frozen=True, kw_only=True)
class Settle(Op):
    """Heal, wait, and run *rounds* rounds without a fault."""

    kind: ClassVar[str] = "settle"
    rounds: int = 2


KINDS: dict[str, type[Op]] = {
    one.kind: one
    for one in (
        Create, Edit, Complete, Ignore, Reopen, Delete, Introduce,
        Undelete, Clone, Merge, Move, Forget, Rights, Skew,
        Configure, StaffDisable, Tick, InjectFault, Sync, Heal, Settle,
    )
}  # fmt: skip


def from_dict(
    given: Mapping[str, Any], *, kinds: Mapping[str, type[Op]] | None = None, sides: Sequence[str] = SIDES
) -> Op:
    """The operation that `to_dict` wrote. Raises MisuseError naming what is wrong.

    *kinds* and *sides* are the vocabulary of another world than that of Salesforce and Planhat.
    """
    plain = dict(given)
    kind = plain.pop("op", None)
    known_kinds = KINDS if kinds is None else kinds
    wanted = known_kinds.get(kind) if isinstance(kind, str) else None
    if wanted is None:
        raise MisuseError(f"no operation {kind!r}: there are {', '.join(known_kinds)}")
    known = {f.name for f in fields(wanted)}
    unknown = sorted(set(plain) - known)
    if unknown:
        raise MisuseError(f"{kind} has no {unknown[0]!r}: it takes {', '.join(sorted(known))}")
    try:
        op = wanted(**plain)
    except TypeError as error:
        raise MisuseError(f"{kind}: {error}") from None
    if getattr(op, "side", sides[0]) not in sides:
        raise MisuseError(f"{kind}: a side is one of {', '.join(sides)}, not {plain['side']!r}")
    return op


def history_from_json(given: Iterable[Mapping[str, Any]]) -> list[Op]:
    """A whole history."""
    return [from_dict(one) for one in given]


def _default(f: Any) -> Any:
    """The default of a dataclass field; a value that equals nothing when there is none."""
    if f.default_factory is dict:
        return {}
    return f.default
