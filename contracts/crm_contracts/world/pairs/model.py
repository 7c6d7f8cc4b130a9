"""What the oracle knows: activities, their record on each side, what users did to them. Must not import crm_sync."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Any

from crm_contracts.world.model import moment
from crm_contracts.world.pairs.fields import FRAME, NAME, Known, Row, Value, born_with
from crm_contracts.world.pairs.ops import PARTNER, SALESFORCE, SIDES
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, SOBJECTS

__all__ = ["Activity", "Model", "Observation", "Pair", "Record", "partner_key"]

Observation = Mapping[str, Mapping[str, Row]]  # side -> key -> the record as it reads now
_DERIVED = {"WhatId": "AccountId", "WhoId": "AccountId"}


def partner_key(section: str, record_id: str) -> str:
    """How a partner's record is named in an observation."""
    return f"{section}:{record_id}"


@dataclass
class Record:
    """One record on one side. *wrote* tells when a user last wrote each shared field, by its canonical name."""

    side: str
    section: str
    key: str
    row: Row
    by_user: bool
    wrote: dict[str, datetime] = field(default_factory=dict)
    frame: dict[str, Any] = field(default_factory=dict)
    deleted_at: datetime | None = None
    by_sync: bool = False  # deleted by it
    linked: bool = False  # had its counterpart when its user deleted it
    met: bool = False  # the sync was shown it
    renamed: bool = False  # a user gave it another name since a round last went out
    earlier: list[Row] = field(default_factory=list)  # how it read before its user wrote to it, oldest first

    @property
    def deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def id(self) -> str:
        return self.key.rpartition(":")[2]

    @property
    def pointer(self) -> str:
        """The Salesforce id that a partner's record carries, as stored; "" for none."""
        name = "sf_task_id" if self.section == REMINDER else "external_id"
        return str(self.row.get(name) or "") if self.side == PARTNER else ""

    def points_at(self, salesforce_id: str) -> bool:
        """Totango keeps external ids in lower case (T4); Marketo keeps 18 characters as they are."""
        wanted = salesforce_id if self.section == REMINDER else salesforce_id.lower()
        return bool(self.pointer) and self.pointer == wanted

    @property
    def stamp(self) -> datetime:
        """When anybody last changed the record, as the vendor tells, in whole seconds (T9)."""
        if self.side == SALESFORCE:
            return moment(self.row["LastModifiedDate"]).replace(microsecond=0)
        return stamp_of(self.row["updated_at"]).replace(microsecond=0)

    @property
    def created(self) -> datetime:
        return stamp_of(self.row["created_at"] if self.side == PARTNER else self.row["CreatedDate"])

    def user_saved(self, row: Row, at: datetime, names: Mapping[str, Any]) -> None:
        """A user saved the vendor's fields *names*; *row* is how the record reads afterwards."""
        self.earlier.append(self.row)
        self.row = row
        for one in born_with(self.section):
            if one.name_on(self.side) in names:
                self.wrote[one.name] = at
                self.renamed = self.renamed or one is NAME
        moved = {*names, *(_DERIVED[name] for name in names if name in _DERIVED)}
        for name in FRAME[self.side, self.section]:
            if name in moved or name not in self.frame:
                self.frame[name] = row.get(name)


@dataclass
class Activity:
    """One activity by its handle. *at* is the customer. *silent* names why no claim is made on its values."""

    handle: str
    section: str
    at: str
    born_on: str
    records: list[Record] = field(default_factory=list)
    names: set[Value] = field(default_factory=set)  # titles and texts that users gave it
    silent: str = ""
    undeleted: bool = False  # its user took it out of the recycle bin
    moved: bool = False  # other settings were saved since, such as decide what is created

    def live(self, side: str) -> list[Record]:
        return [one for one in self.records if one.side == side and not one.deleted]

    def one(self, side: str) -> Record | None:
        return next(iter(self.live(side)), None)

    def gone(self, side: str) -> list[Record]:
        return [one for one in self.records if one.side == side and one.deleted]

    @property
    def any_deleted(self) -> bool:
        return any(one.deleted for one in self.records)


@dataclass(frozen=True)
class Pair:
    """The two live records of an activity."""

    activity: Activity
    salesforce: Record
    partner: Record

    @property
    def key(self) -> tuple[str, str]:
        return self.salesforce.key, self.partner.key

    def on(self, side: str) -> Record:
        return self.salesforce if side == SALESFORCE else self.partner


class Model:
    """All activities, and the way from a record to its activity."""

    def __init__(self) -> None:
        self.activities: dict[str, Activity] = {}
        self._by_record: dict[tuple[str, str], Activity] = {}

    def of(self, side: str, key: str) -> Activity | None:
        return self._by_record.get((side, key))

    def find(self, side: str, key: str) -> Record | None:
        activity = self.of(side, key)
        return next((one for one in activity.records if (one.side, one.key) == (side, key)), None) if activity else None

    def named(self, key: str) -> Activity | None:
        """The activity of the record that a write names: by its own key, by its counterpart's (T4 to T6), or by the
        partner's id in a key field of Salesforce's (`Totango_Task_Id__c:7`).
        """
        own = self.of(SALESFORCE, key) or self.of(PARTNER, key)
        if own is not None:
            return own
        kind, _, other = key.rpartition(":")
        for activity in self.activities.values():
            for record in activity.records:
                if record.side == SALESFORCE:
                    found = activity.section == kind and record.key.lower() == other.lower()
                else:
                    found = kind.endswith("__c") and record.id == other and record.section in kind.lower()
                if found:
                    return activity
        return None

    def add(self, activity: Activity, record: Record, known: Known) -> Record:
        self.activities.setdefault(activity.handle, activity)
        activity.records.append(record)
        self._by_record[record.side, record.key] = activity
        self.names(activity, record, known)
        return record

    def names(self, activity: Activity, record: Record, known: Known) -> None:
        """Remember by what words the activity can be known again on the other side."""
        activity.names |= _words(record, known)

    def pair(self, activity: Activity) -> Pair | None:
        left, right = activity.one(SALESFORCE), activity.one(PARTNER)
        return Pair(activity, left, right) if left is not None and right is not None else None

    def pairs(self) -> Iterator[Pair]:
        for activity in self.activities.values():
            pair = self.pair(activity)
            if pair is not None:
                yield pair

    def ever_paired(self) -> Iterator[Pair]:
        """Also the pairs that a deletion parted: one half may be out of the bin again one day."""
        for activity in self.activities.values():
            for left, right in product(*([one for one in activity.records if one.side == side] for side in SIDES)):
                yield Pair(activity, left, right)

    def each(self, side: str) -> Iterator[tuple[Activity, Record]]:
        for activity in self.activities.values():
            for record in activity.live(side):
                yield activity, record

    def owner_of(self, record: Record, known: Known) -> Activity | None:
        """To which activity a record belongs that the sync made: by the key it carries, or else by its words."""
        if record.side == PARTNER and record.pointer:
            every = (one for activity in self.activities.values() for one in activity.records)
            found = next((one for one in every if one.side == SALESFORCE and record.points_at(one.key)), None)
            return self.of(SALESFORCE, found.key) if found else None
        if record.side == SALESFORCE:
            for activity, other in self.each(PARTNER):
                if other.points_at(record.key) or _is_keyed(record.row, other):
                    return activity
        words = _words(record, known)
        mine = [one for one in self.activities.values() if SOBJECTS[one.section] == SOBJECTS[record.section]]
        text = _text(record, known)

        # As its records are called now, too: by another template they have another name (M11).
        called = {one.handle: one.names.union(*(_words(each, known) for each in one.records)) for one in mine}

        def unlike(one: Activity) -> tuple[int, bool, bool, int]:
            source = one.one(SALESFORCE if record.side == PARTNER else PARTNER)
            return (
                -len(words & called[one.handle]),
                bool(one.live(record.side)),
                not source or _text(source, known) != text,
                _differing(source, record, known) if source else 0,
            )

        ranked = sorted(mine, key=unlike)
        if ranked and words & called[ranked[0].handle]:
            return ranked[0]
        waiting = [one for one in mine if not any(each.side == record.side for each in one.records)]
        return waiting[0] if len(waiting) == 1 else None  # it can be nobody else's, whatever it says


def _words(record: Record, known: Known) -> set[Value]:
    fields = [one for one in born_with(record.section) if one.name in ("title", "text")]
    return {one.read(record.side, record.row, known) for one in fields} - {None}


def _is_keyed(row: Row, other: Record) -> bool:
    """Whether a key field of Salesforce's names the partner's record, as `Model.named` reads it."""
    keys = [str(row[name]) for name in row if name.endswith("__c") and other.section in name.lower()]
    return any(key.rpartition("-")[2] == other.id for key in keys)


def _text(record: Record, known: Known) -> Value:
    """Its longer words: by a template any number of records may have one title (M11)."""
    return next(
        (one.read(record.side, record.row, known) for one in born_with(record.section) if one.name == "text"), None
    )


def _differing(one: Record, other: Record, known: Known) -> int:
    """In how many fields two records differ: several may have one name, and the same words."""
    fields = born_with(one.section)
    apart = sum(each.read(one.side, one.row, known) != each.read(other.side, other.row, known) for each in fields)
    return apart + bool(_about(one, known) != _about(other, known))


def _about(record: Record, known: Known) -> Any:
    """The contact that a reminder or its Task is about (M26); None for what is of another section."""
    if record.section != REMINDER:
        return None
    return record.row.get("WhoId") if record.side == SALESFORCE else known.contacts.get(record.row.get("person") or 0)


def section_of(sobject: str, sections: tuple[str, ...]) -> str:
    """The section whose records of *sobject* people make; a campaign touch is recognised by its activity."""
    return next(one for one in sections if SOBJECTS[one] == sobject and one != CAMPAIGN_TOUCH)


def stamp_of(value: Any) -> datetime:
    """A moment as either partner or Salesforce writes it."""
    return datetime.fromtimestamp(value / 1000, UTC) if isinstance(value, int) else moment(value)


def sides_of(observation: Observation) -> Iterator[tuple[str, str, Row]]:
    """Every record of an observation: side, key, row."""
    for side in SIDES:
        for key, row in observation[side].items():
            yield side, key, row
