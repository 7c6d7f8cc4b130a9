"""The words the sync thinks in. Values only: no I/O, no clock, no vendor's JSON shapes.

An *activity* is one thing people plan and do. In Salesforce it is one record throughout; at the *partner* (Planhat,
Totango, Marketo) it is one record, too, or several one after the other: in Planhat a Task before and a Conversation
after (rule P1). A *link* ties the copies of one activity together; each copy is called a *replica* and is named by its
place: "salesforce", or the partner's model ("Task", "Conversation", "Touchpoint", …).
Source of the words: Planhat help article 14549349; rules P1-P8.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

SALESFORCE = "salesforce"
PLANHAT = "planhat"
TASK = "Task"
CONVERSATION = "Conversation"
#: Among the values named for a field: whatever it says, if it says something.
ANY = "*"


class Direction(Enum):
    """What a section does; the texts are the ones Planhat shows (rule P2)."""

    SEND = "Send to Salesforce"
    RECEIVE = "Receive from Salesforce"
    BOTH = "Both Directions"
    OFF = "Not Syncing"

    @property
    def sends(self) -> bool:
        """Does the partner's value travel to Salesforce?"""
        return self in _SENDING

    @property
    def receives(self) -> bool:
        """Does Salesforce's value travel to the partner?"""
        return self in _RECEIVING

    __hash__ = object.__hash__  # each member is one object; Enum's own works the hash of its name out at every look-up

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
_SENDING = frozenset({Direction.SEND, Direction.BOTH})
_RECEIVING = frozenset({Direction.RECEIVE, Direction.BOTH})


class Policy(Enum):
    """Who wins when both sides changed one field since they last agreed (rules P24, T9, M22)."""

    NEWEST = "newest"
    SALESFORCE = "salesforce"
    PARTNER = "partner"

    __hash__ = object.__hash__  # as above


class Write(StrEnum):
    """When a field may be written on one side: always, or only in the call that makes the record there, or never.

    Source: rules T17, T31, T34, M11.
    """

    ALWAYS = "always"
    ONCE = "once"
    NEVER = "never"


@dataclass(frozen=True)
class FieldMap:
    """One mapped field: where it lives on both sides and the lens between them.

    *constant* (a partner's value) means that the partner has no such field and always says this.
    *max_length* is the length Salesforce keeps, in UTF-16 units; None when it is not limited.
    *write_in* and *write_out* tell when the field is written at the partner and in Salesforce.
    """

    name: str
    partner: str
    salesforce: str
    lens: str
    direction: Direction = Direction.BOTH
    conflict: Policy | None = None
    constant: str | None = None
    max_length: int | None = None
    write_in: Write = Write.ALWAYS
    write_out: Write = Write.ALWAYS
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """What a section does beside carrying values: the policies, each with the rules that ask for it.

    *create_in*, *create_out*: make what is missing at the partner, in Salesforce (T13, T24).
    *delete_in*, *delete_out*: carry a deletion to the partner, to Salesforce (P25, T39, T40, M21); *delete_wins* over a
    change on the other side, else the later of the two (T41, M22).
    *grain*: a conflict is settled for each "field" or for the whole "record" (T9, M22); *tie* goes to "salesforce" or
    the "partner".
    *parent_missing*: "wait" (skip, and look again when the parent appears: P27), "skip" (T11, T20), "send" or "omit".
    *window_out_days*: how long ago a partner's record may have changed to be sent (T23).
    *filter_in*: a SOQL condition that a Salesforce record must meet to be received (T14).
    *required*, *required_any*: mapped fields that must say something to be received (T16).
    *updates*: False for what is never changed after it was made (T30).
    *exclude*: partner's field -> values with which a record takes no part (T42), *exclude_new*: with which none is made
    in Salesforce for it; *exclude_salesforce*: Salesforce's field -> values with which a record takes no part (T1).
    """

    create_in: bool = True
    create_out: bool = True
    delete_in: bool = False
    delete_out: bool = False
    delete_wins: bool = True
    grain: str = "field"
    tie: str = SALESFORCE
    resolution_seconds: int = 1
    parent_missing: str = "wait"
    window_out_days: int | None = None
    filter_in: str = ""
    required: frozenset[str] = frozenset()
    required_any: frozenset[str] = frozenset()
    updates: bool = True
    exclude: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    exclude_new: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    exclude_salesforce: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """One line of the integration's settings: a partner's model, an sObject, a direction.

    *title* is the partner's name for it where it is not the model's own ("Note" is a Conversation, rule P5).
    *parent_field* holds the parent's id at the partner, *company_field* the account's in Salesforce.
    *external_id_field*: a unique external-id field of the object, "" for the one that all sections have.
    *barred*: fields that would be sent, and that this user may not write in Salesforce.
    *on_create* and *on_create_partner*: fields sent with a new record that no mapping tells; *stamp_field*: a partner's
    field that gets the time of the last change where nothing else tells a new record's.
    """

    model: str
    salesforce: str
    direction: Direction
    fields: tuple[FieldMap, ...]
    title: str = ""
    conflict: Policy = Policy.NEWEST
    custom: bool = False
    backfill: bool = False
    types_excluded: frozenset[str] = frozenset()
    parent_field: str = "companyId"
    company_field: str = "AccountId"
    on_create: Mapping[str, Any] = field(default_factory=dict)
    on_create_partner: Mapping[str, Any] = field(default_factory=dict)
    stamp_field: str = ""
    external_id_field: str = ""
    barred: tuple[FieldMap, ...] = ()
    rules: Rules = field(default_factory=Rules)

    @property
    def key(self) -> str:
        """Name of the section in state and reports, e.g. "Task:Task"."""
        return f"{self.title or self.model}:{self.salesforce}"

    def carries_deletion(self, *, of_salesforce: bool) -> bool:
        """Does a deletion on that side delete on the other one (T39, T40, M21)?"""
        if of_salesforce:
            return self.rules.delete_in and self.direction.receives
        return self.rules.delete_out and self.direction.sends

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
    #: What `mapping.key_of` worked out of *values*.
    keys: dict[int, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def get(self, name: str) -> Any:
        """A value by field name; None when it is absent, as Planhat leaves fields out."""
        return self.values.get(name)


@dataclass
class Activity:
    """One activity as this run sees it: its link (if any) and the replicas that were read.

    A replica that is not there was not read in this run: nothing about it changed, or it does not exist.
    """

    sf_object: str
    link: Link | None = None
    salesforce: Record | None = None
    #: The partner's records by model.
    partners: dict[str, Record] = field(default_factory=dict)
    #: A Salesforce id this activity claims before there is a link (canonical, 18 characters).
    claimed_sf_id: str | None = None
    #: Other Salesforce records that claim it as well, where their key is not unique (F05).
    rivals: list[str] = field(default_factory=list)
    #: What `Link.seen` is to keep by model: so a record is fetched once, and a list that is behind is known.
    rows: dict[str, str] = field(default_factory=dict)
    #: When the partner says that its record of a model was deleted.
    gone: dict[str, datetime] = field(default_factory=dict)
    #: Why what Salesforce says may not come in at present, and what the partner says not go out; "" where it may.
    shut_in: str = ""
    shut_out: str = ""

    def replica(self, name: str) -> Record | None:
        """The replica read under that name: "salesforce", or a partner's model."""
        return self.salesforce if name == SALESFORCE else self.partners.get(name)

    def replicas(self) -> list[Record]:
        """Every replica that was read, Salesforce first."""
        found = [self.salesforce] if self.salesforce is not None else []
        return found + list(self.partners.values())

    @property
    def label(self) -> str:
        """Something a person can find the activity by."""
        for record in self.replicas():
            return f"{record.place} {record.model} {record.id}"
        return f"link {self.link.id}" if self.link else "nothing"


@dataclass(frozen=True)
class Link:
    """What the state keeps about one activity.

    *ids* are the partner's records by model, *deleted* the replicas that somebody deleted: they stay named for ever
    (P25). *base* maps replica name -> field name -> the value last agreed, in the lens's comparable form.
    *seen* keeps a fingerprint of a model's list row, or of which moment the answer to our newest write was; *version*
    counts commits.
    """

    id: int
    sf_object: str
    sf_id: str | None
    ids: Mapping[str, str] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    dormant: bool = False
    base: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    version: int = 0

    def lives(self, model: str) -> bool:
        """Does the activity have a record of this model that nobody deleted, as far as is known?"""
        return model in self.ids and model not in self.deleted

    @property
    def dead(self) -> bool:
        """True when one whole side of the activity was deleted by somebody."""
        return SALESFORCE in self.deleted or not any(self.lives(model) for model in self.ids)


def named_value(record: Record, values: Mapping[str, Sequence[Any]]) -> str:
    """The first field of *record* with one of the *values* named for it ("*": any at all), in words; "" for none."""
    for name, named in values.items():
        if record.get(name) in named or (ANY in named and record.get(name) not in {None, ""}):
            return f"its {name} is {json.dumps(record.get(name), ensure_ascii=False)}"
    return ""
