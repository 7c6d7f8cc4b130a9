"""The words the sync thinks in. Values only: no I/O, no clock, no vendor's JSON shapes.

An *activity* is one thing people plan and do. In Salesforce it is one record throughout; in Planhat
it is a Task before and a Conversation after (rule P1). A *link* ties the copies of one activity
together; each copy is called a *replica* and is named by its place: "salesforce", "Task" or
"Conversation". Source of the words: Planhat help article 14549349; rules P1-P8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

SALESFORCE = "salesforce"
PLANHAT = "planhat"
TASK = "Task"
CONVERSATION = "Conversation"
PLANHAT_MODELS = (TASK, CONVERSATION)

#: Where each model keeps the Salesforce id, and the prefix that addresses a record by it (rule P7).
KEYABLE = {TASK: ("sourceId", "srcid-"), CONVERSATION: ("externalId", "extid-")}

#: Conversation types that belong to other integrations and never take part (rule P6).
TYPES_NEVER = frozenset({"email", "chat", "ticket", "call"})


class Direction(Enum):
    """What a section does; the texts are the ones Planhat shows (rule P2)."""

    SEND = "Send to Salesforce"
    RECEIVE = "Receive from Salesforce"
    BOTH = "Both Directions"
    OFF = "Not Syncing"

    @property
    def sends(self) -> bool:
        """Does Planhat's value travel to Salesforce?"""
        return self in {Direction.SEND, Direction.BOTH}

    @property
    def receives(self) -> bool:
        """Does Salesforce's value travel to Planhat?"""
        return self in {Direction.RECEIVE, Direction.BOTH}

    def within(self, other: Direction) -> Direction:
        """This direction, narrowed to what *other* allows as well."""
        sends = self.sends and other.sends
        receives = self.receives and other.receives
        return DIRECTIONS[sends, receives]


DIRECTIONS = {
    (True, True): Direction.BOTH,
    (True, False): Direction.SEND,
    (False, True): Direction.RECEIVE,
    (False, False): Direction.OFF,
}


class Policy(Enum):
    """Who wins when both sides changed one field since they last agreed (rule P24)."""

    NEWEST = "newest"
    SALESFORCE = "salesforce"
    PLANHAT = "planhat"


@dataclass(frozen=True)
class FieldMap:
    """One mapped field: where it lives on both sides and the lens between them.

    *constant* (a Planhat value) means that Planhat has no such field and always says this.
    *max_length* is the length Salesforce keeps, in characters; None when it is not limited.
    """

    name: str
    planhat: str
    salesforce: str
    lens: str
    direction: Direction = Direction.BOTH
    conflict: Policy | None = None
    constant: str | None = None
    max_length: int | None = None


@dataclass(frozen=True)
class Section:
    """One line of the integration's settings: a Planhat model, an sObject, a direction."""

    planhat: str
    salesforce: str
    direction: Direction
    fields: tuple[FieldMap, ...]
    conflict: Policy = Policy.NEWEST
    custom: bool = False
    backfill: bool = False
    types_excluded: frozenset[str] = frozenset()
    company_field: str = "AccountId"
    on_create: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name of the section in state and reports, e.g. "Task:Task"."""
        return f"{self.planhat}:{self.salesforce}"

    @property
    def enabled(self) -> bool:
        return self.direction is not Direction.OFF

    def flow(self, mapped: FieldMap) -> Direction:
        """Direction of one field: its own, inside the section's."""
        return self.direction.within(mapped.direction)

    def policy(self, mapped: FieldMap) -> Policy:
        return mapped.conflict or self.conflict


@dataclass(frozen=True)
class Record:
    """One record as a service showed it.

    *place* is "salesforce" (with *model* the sObject's name) or "planhat" (with the model's name),
    *values* the JSON object, *changed_at* the service's own last-change stamp (the one a scan goes
    by), *edited_at* the stamp that says when somebody changed it (for "newest wins").
    """

    place: str
    model: str
    id: str
    values: Mapping[str, Any]
    changed_at: datetime
    deleted: bool = False
    edited_at: datetime | None = None

    def get(self, name: str) -> Any:
        """A value by field name; None when it is absent, as Planhat leaves fields out."""
        return self.values.get(name)


@dataclass
class Activity:
    """One activity as this run sees it: its link (if any) and the replicas that were read.

    A replica that is None was not read in this run: nothing about it changed, or it does not exist.
    """

    sf_object: str
    link: Link | None = None
    salesforce: Record | None = None
    task: Record | None = None
    conversation: Record | None = None
    #: A Salesforce id this activity claims before there is a link (canonical, 18 characters).
    claimed_sf_id: str | None = None
    #: True for a Conversation that follows its Task's link without carrying the id yet (P10).
    inherited: bool = False
    #: Fingerprint of the Conversation's list row, kept with the link so that it is fetched once.
    conversation_row: str = ""

    def replica(self, name: str) -> Record | None:
        """The replica read under that name: "salesforce", "Task" or "Conversation"."""
        return {
            SALESFORCE: self.salesforce,
            TASK: self.task,
            CONVERSATION: self.conversation,
        }[name]

    @property
    def label(self) -> str:
        """Something a person can find the activity by."""
        for record in (self.salesforce, self.task, self.conversation):
            if record is not None:
                return f"{record.place} {record.model} {record.id}"
        return f"link {self.link.id}" if self.link else "nothing"


@dataclass(frozen=True)
class Link:
    """What the state keeps about one activity.

    *base* maps replica name -> field name -> the value last agreed, in the lens's comparable form.
    *version* counts commits; a deleted replica leaves its flag set for ever (rule P25).
    """

    id: int
    sf_object: str
    sf_id: str | None
    task_id: str | None = None
    conversation_id: str | None = None
    sf_deleted: bool = False
    task_deleted: bool = False
    conversation_deleted: bool = False
    dormant: bool = False
    base: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    conversation_seen: str = ""
    version: int = 0

    def planhat_id(self, model: str) -> str | None:
        return self.task_id if model == TASK else self.conversation_id

    def planhat_deleted(self, model: str) -> bool:
        return self.task_deleted if model == TASK else self.conversation_deleted

    @property
    def dead(self) -> bool:
        """True when one whole side of the activity was deleted by somebody."""
        if self.sf_deleted:
            return True
        alive = (self.task_id is not None and not self.task_deleted) or (
            self.conversation_id is not None and not self.conversation_deleted
        )
        return not alive


def planhat_model(section: Section) -> str:
    """The Planhat model behind a section: "Note" is the Conversation model, too (rule P5)."""
    return TASK if section.planhat == TASK else CONVERSATION
