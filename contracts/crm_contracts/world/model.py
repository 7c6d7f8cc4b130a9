"""What the oracle knows: activities, their records on both sides, and what users wrote to them.

An activity is one thing people do (rule P1): at most one Salesforce Task, one Planhat Task and one Planhat
Conversation, unless the rules themselves allow a second Salesforce Task (P11).
Must not import crm_sync.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from crm_contracts.world.fields import FRAME, TITLE, Field, Row, Value, every, raw, written
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, SIDES, TASK

POINTERS = {TASK: "sourceId", CONVERSATION: "externalId"}  # rule P7
HOMES = {SALESFORCE: "WhatId", TASK: "companyId", CONVERSATION: "companyId"}
STAMPS = {SALESFORCE: "LastModifiedDate", TASK: "updatedAt", CONVERSATION: "updatedAt"}
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Observation = Mapping[str, Mapping[str, Row]]  # side -> record id -> the record as it reads now


@dataclass
class Record:
    """One record on one side. *wrote* tells when a user last wrote each field, by canonical field name."""

    side: str
    id: str
    row: Row
    by_user: bool
    wrote: dict[str, datetime] = field(default_factory=dict)
    shown: dict[str, set[Value]] = field(default_factory=dict)  # what each field ever was when a user had saved
    frame: dict[str, Any] = field(default_factory=dict)
    deleted: bool = False
    met: bool = False  # the sync was shown it
    noted: bool = False  # and a round without a fault has ended since it was made
    homes: set[Any] = field(default_factory=set)  # customers it ever was at by a user's hand, or was made at

    def __post_init__(self) -> None:
        self.homes.add(self.home)

    @property
    def home(self) -> Any:
        """The id of the customer it is at."""
        return self.row.get(HOMES[self.side])

    @property
    def pointer(self) -> str:
        """The Salesforce id this Planhat record carries, in 18 or 15 characters as stored; "" for none."""
        name = POINTERS.get(self.side)
        return str(self.row.get(name) or "") if name else ""

    @property
    def stamp(self) -> datetime:
        """When anybody last changed the record, as the vendor tells."""
        return moment(self.row.get(STAMPS[self.side]))

    def value(self, one: Field) -> Value:
        return one.read(self.side, self.row)

    def begin_again(self, row: Row) -> None:
        """It was deleted, and is there under the same id: nobody's words stand in it yet."""
        self.row, self.deleted = row, False
        self.frame.clear()

    def user_saved(self, row: Row, at: datetime, names: Mapping[str, Any]) -> None:
        """A user saved the fields *names*; *row* is how the record reads afterwards."""
        self.row = row
        self.homes.add(self.home)
        named = written(names)
        for one in every(self.side):
            self.shown.setdefault(one.name, set()).add(self.value(one))
            if one.name_on(self.side) in named:
                self.wrote[one.name] = at
        for name in FRAME[self.side]:
            if name in named or name not in self.frame:
                self.frame[name] = raw(row, name)
        for name in _mapped(self.side):
            if name in named:
                self.frame[name] = raw(row, name)


@dataclass
class Activity:
    """One activity by its handle. *at* is the customer. *silent* names why no claim is made on its values."""

    handle: str
    at: str
    records: list[Record] = field(default_factory=list)
    titles: set[Value] = field(default_factory=set)
    born_on: str = SALESFORCE
    settings_moved: bool = False  # somebody saved other settings since the activity was born
    silent: str = ""
    silent_before: str = ""  # its deletion
    returned: bool = False  # its Salesforce Task came out of the recycle bin, and no round has ended since
    adrift: bool = False  # its customer was merged away before the Salesforce Task was made
    second_allowed: bool = False  # the Conversation was logged while inheritance was off (P11)
    typed: bool = False  # a person made it a pair, by an id in the Planhat Task (P9)
    second_due: bool = False
    continued: bool = False  # the Conversation was logged while inheritance was on
    logged_at: datetime | None = None
    sent_from: set[str] = field(default_factory=set)  # Planhat sides that ever had a way to Salesforce
    received: bool = False
    reopened: bool = False
    known_before: bool = False  # the sync had read it, the newest Conversation aside, before the newest round
    status_chosen: set[str] = field(default_factory=set)  # sides whose users wrote a status since a clean round

    def live(self, side: str) -> list[Record]:
        return [one for one in self.records if one.side == side and not one.deleted]

    def one(self, side: str) -> Record | None:
        """The record a user would mean on *side*: the first that lives."""
        return next(iter(self.live(side)), None)

    @property
    def any_deleted(self) -> bool:
        return self.silent == "tombstone" or any(one.deleted for one in self.records)

    @property
    def by_hand(self) -> set[str]:
        """The sides on which a user made the record."""
        return {one.side for one in self.records if one.by_user}


@dataclass(frozen=True)
class Pair:
    """A Salesforce Task and the Planhat record it shares fields with, by way of one section."""

    section: str  # "task" or "conversation": the Planhat side
    salesforce: Record
    planhat: Record
    retired: bool = False  # an archived Planhat Task shares the Salesforce Task with this Conversation

    @property
    def key(self) -> tuple[str, str]:
        return self.salesforce.id, self.planhat.id

    def values(self, one: Field) -> tuple[Value, Value]:
        return self.salesforce.value(one), self.planhat.value(one)


class Model:
    """All activities, and the way from a record's id to its activity."""

    def __init__(self) -> None:
        self.activities: dict[str, Activity] = {}
        self._by_record: dict[tuple[str, str], Activity] = {}

    def activity(self, handle: str, *, at: str = "", born_on: str = SALESFORCE) -> Activity:
        if handle not in self.activities:
            self.activities[handle] = Activity(handle, at, born_on=born_on)
        return self.activities[handle]

    def of(self, side: str, record_id: str) -> Activity | None:
        return self._by_record.get((side, _key(side, record_id)))

    def add(self, activity: Activity, record: Record) -> Record:
        activity.records.append(record)
        activity.titles.add(record.value(TITLE))
        self._by_record[record.side, _key(record.side, record.id)] = activity
        return record

    def find(self, side: str, record_id: str) -> Record | None:
        activity = self.of(side, record_id)
        if activity is None:
            return None
        wanted = _key(side, record_id)
        return next(r for r in activity.records if r.side == side and _key(side, r.id) == wanted)

    def each(self, side: str) -> Iterator[tuple[Activity, Record]]:
        for activity in self.activities.values():
            for record in activity.live(side):
                yield activity, record

    def owner_of(self, side: str, row: Row) -> Activity | None:
        """To which activity a record belongs that the sync (or Planhat itself) made."""
        if side == CONVERSATION:
            for task_id in (row["_id"], row.get("taskId")):
                found = self.of(TASK, str(task_id)) if task_id else None
                if found:
                    return found
        pointer = row.get(POINTERS.get(side, "")) or ""
        if pointer:
            return self.of(SALESFORCE, str(pointer))
        if side == SALESFORCE:
            return self._pointing_at(row["Id"]) or self._titled(row)
        return None

    def pairs(self, activity: Activity) -> list[Pair]:
        """The pairs whose values the rules tie together, the retired Planhat Task left out.

        Once a Conversation continues the activity on the same Salesforce Task, the archived Planhat
        Task is history: the rules ask nothing of its fields any more.
        """
        conversation = activity.one(CONVERSATION)
        task = activity.one(TASK)
        pairs = []
        for record in (task, conversation):
            partner = self._partner(activity, record) if record else None
            if record is not None and partner is not None and not partner.deleted:
                pairs.append(Pair(record.side, partner, record))
        if len(pairs) == 2 and pairs[0].salesforce is pairs[1].salesforce:
            pairs = [replace(pairs[1], retired=True)]
        return pairs

    def _partner(self, activity: Activity, record: Record) -> Record | None:
        if record.pointer:
            return self.find(SALESFORCE, record.pointer)
        unclaimed = [one for one in activity.live(SALESFORCE) if not one.by_user and self._pointing_at(one.id) is None]
        # A record that the sync made for this one, and whose id it could not write back yet. A Conversation
        # continues its Planhat Task on it if it was logged while inheritance was on (P10, P21).
        continues = record.side == CONVERSATION and activity.born_on == TASK and activity.continued
        mine = record.side == activity.born_on or continues
        return unclaimed[0] if len(unclaimed) == 1 and mine else None

    def _pointing_at(self, salesforce_id: str) -> Activity | None:
        for side in (TASK, CONVERSATION):
            for activity, record in self.each(side):
                if record.pointer[:15] == salesforce_id[:15]:
                    return activity
        return None

    def _titled(self, row: Row) -> Activity | None:
        title = TITLE.read(SALESFORCE, row)
        found = [one for one in self.activities.values() if title in one.titles]
        return next((one for one in found if not one.live(SALESFORCE)), found[0] if found else None)


def moment(text: Any) -> datetime:
    """A vendor's timestamp as an aware datetime; the beginning of time where there is none."""
    return datetime.fromisoformat(str(text)) if text else _NEVER


def sides_of(observation: Observation) -> Iterator[tuple[str, str, Row]]:
    """Every record of an observation: side, id, row."""
    for side in SIDES:
        for record_id, row in observation[side].items():
            yield side, record_id, row


def _key(side: str, record_id: str) -> str:
    return record_id[:15] if side == SALESFORCE else record_id


def _mapped(side: str) -> list[str]:
    """The vendor's names of the fields in which more may stand than the canonical value shows."""
    return [one.name_on(side) or "" for one in every(side)]
