"""What is known of each record while the exchanges are gone through, oldest first.

Rule 1: a record that is shown before anybody in the recording wrote it was there before, or was made unseen in
between: its stamp of creation tells.
Rule 2: a shown value that nobody in the recording wrote was written unseen: by whom the record's last editor tells.
Rule 3: a value just written may read otherwise (a vendor trims and cuts): that is no edit, unless its stamp says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm_contracts.capsules.intake.exchange import RecordedExchange
from crm_contracts.capsules.intake.facts import CREATE, DELETE, UPDATE, Listed, Seen, Wrote, keyed, stamp
from crm_contracts.capsules.intake.vocabulary import Model, differing, same

__all__ = ["BEFORE", "BETWEEN", "PERSON", "SYNC", "Book", "Deed", "Record"]

BEFORE, BETWEEN, PERSON, SYNC = "before", "between", "person", "sync"  # who made a record, or when
SETTLING = timedelta(seconds=3)  # so long after a write its own stamp may be


@dataclass
class Deed:
    """What a person did to a record. *seen*: index of the exchange that shows it. *written*: it is in the recording."""

    record: Record
    verb: str
    fields: dict[str, Any]
    at: datetime
    seen: int
    written: bool
    after: int = -1  # index of the last exchange that showed the record without it


@dataclass
class Record:
    """One record. *first*: as it was when first known of; *row*: as it is now. *unsettled*: written, not yet read."""

    model: Model
    id: str
    born: str
    where: str  # the exchange that first tells of it
    index: int
    first: dict[str, Any] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    unsettled: dict[str, datetime] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    deeds: list[Deed] = field(default_factory=list)
    gone: bool = False
    last: int = -1  # index of the exchange that last told of it
    told: dict[str, int] = field(default_factory=dict)  # the same for each field
    made_by_sync_at: str = ""
    logged: bool = False  # by the partner itself
    of_task: dict[str, Any] | None = None  # the Task that a logged Conversation continues, as it was then
    judged: bool = False  # whether it was there before the recording is known

    @property
    def side(self) -> str:
        return self.model.side

    @property
    def mark(self) -> str:
        """Stands for the record's handle in a question, until there are handles."""
        return f"\0{'/'.join(keyed(self.model.kind, self.id))}\0"

    @property
    def title(self) -> Any:
        return self.row.get(self.model.title)

    @property
    def pointer(self) -> str:
        return str(self.row.get(self.model.pointer) or "") if self.model.pointer else ""

    def stamp(self, names: tuple[str, ...]) -> datetime | None:
        return next((found for name in names if (found := stamp(self.row.get(name)))), None)


Ask = Callable[[str], None]


class Book:
    """All records. *ask* is told what cannot be inferred. *begins*: when the recording does.

    *sync_ids*: the sync's own Salesforce user ids (15 characters), *ahead*: how far each vendor's clock is ahead.
    """

    def __init__(
        self,
        models: Mapping[tuple[str, str], Model],
        *,
        ask: Ask,
        begins: datetime,
        sync_ids: set[str],
        ahead: Mapping[str, float],
    ) -> None:
        self.records: dict[tuple[str, str, str], Record] = {}
        self.deeds: list[Deed] = []
        self.refused: list[tuple[RecordedExchange, Wrote]] = []
        # Written by the sync, and no answer tells whether it was.
        self.pending: list[tuple[RecordedExchange, int, Wrote]] = []
        self.arrived: dict[int, bool] = {}  # of those, by the exchange's number: whether it was
        self.other_fields: set[str] = set()
        self._models = models
        self._ask = ask
        self._begins = begins
        self._sync_ids = sync_ids
        self._ahead = ahead
        self._lists: dict[tuple[tuple[str, str], str], tuple[int, frozenset[str]]] = {}

    def model(self, kind: tuple[str, str]) -> Model | None:
        return self._models.get(kind)

    # -- what was shown -----------------------------------------------------------------------

    def seen(self, one: RecordedExchange, index: int, fact: Seen) -> None:
        """A row was shown."""
        model = self._models[fact.kind]
        record = self.records.get(keyed(fact.kind, fact.id))
        if fact.gone:
            if record is not None and not record.gone:
                self._vanished(record, one, index, fact)
            return
        if record is None:
            self._first_seen(one, index, model, fact)
            return
        if not record.judged and record.born == BEFORE:
            record.row |= {name: value for name, value in fact.row.items() if name not in record.row}
            self._judge_birth(record, one, index, {k: v for k, v in fact.row.items() if k not in record.written})
        if record.gone:
            record.gone = False
            self._deed(record, "undelete", {}, one, index, written=False)
        changes = self._changes(record, one, fact.row)
        if changes and self._by_sync(record, fact.row):
            self._ask(
                f"{one.where}: {_names(changes)} of the {model.word} {record.mark} changed, by the sync's own user, "
                "and no request of the sync for it is in the file. Is a part of the recording missing?"
            )
        elif changes:
            self._deed(record, UPDATE, changes, one, index, written=False, row=fact.row)
        self._shown(record, fact.row, index)

    def _first_seen(self, one: RecordedExchange, index: int, model: Model, fact: Seen) -> None:
        record = Record(model, fact.id, BEFORE, one.where, index, first=dict(fact.row), row=dict(fact.row), last=index)
        record.told = dict.fromkeys(fact.row, index)
        self.records[keyed(fact.kind, fact.id)] = record
        attempt = self._attempt(record)
        if attempt is not None:
            asked, _, wrote = attempt
            self.arrived[asked.number] = True
            self.pending.remove(attempt)
            record.born, record.made_by_sync_at, record.judged = SYNC, asked.where, True
            record.written |= set(model.carried(wrote.fields))
        else:
            self._judge_birth(record, one, index, fact.row)

    def _judge_birth(self, record: Record, one: RecordedExchange, index: int, row: Mapping[str, Any]) -> None:
        """Whether a record was there before the recording, or was made in it, unseen."""
        model = record.model
        record.judged = True
        task = self.records.get(("planhat", "task", str(row.get("taskId") or record.id)))
        if model.side == "conversation" and (row.get("taskId") or task is not None):
            record.logged = True
            record.of_task = dict(task.row) if task is not None else None
        made = record.stamp(model.created)
        if made is None or made - self._skew(model) <= self._begins or not index:
            return
        record.born = SYNC if self._is_sync(row.get(model.author)) else BETWEEN
        if record.born == BETWEEN and not record.logged:
            self._deed(record, CREATE, model.said(row), one, index, written=False, at=made)
        elif record.born == SYNC:
            self._ask(
                f"{one.where}: the {model.word} {record.mark} was made by the sync's user; no request for it is "
                "in the file"
            )

    def _attempt(self, record: Record) -> tuple[RecordedExchange, int, Wrote] | None:
        """The sync's unanswered request to make just this record."""
        model = record.model
        made = record.stamp(model.created)
        for one in self.pending:
            asked, _, wrote = one
            if wrote.kind != model.kind or wrote.verb != CREATE:
                continue
            early = made is not None and made - self._skew(model) < asked.at - SETTLING
            title = model.carried(wrote.fields).get(model.title)
            if not early and title is not None and same(model.title, title, record.title):
                return one
        return None

    def listed(self, one: RecordedExchange, index: int, fact: Listed) -> None:
        """All there are: what is not among them is gone."""
        self._lists[fact.kind, fact.part] = (index, fact.ids)
        parts = [self._lists.get((fact.kind, part)) for part in fact.parts]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return
        for part in fact.parts:
            del self._lists[fact.kind, part]  # next time all of them anew: a record may go from one to another
        since = min(number for number, _ in known)
        there = {keyed(fact.kind, each) for _, ids in known for each in ids}
        for key, record in list(self.records.items()):
            if key[:2] == fact.kind and not record.gone and key not in there and record.last < since:
                self._vanished(record, one, index, None)
        for waiting in [each for each in self.pending if each[2].kind == fact.kind and each[2].verb == CREATE]:
            if waiting[1] < since:  # of what was asked for, a whole list shows nothing: it was not carried out
                self.arrived[waiting[0].number] = False
                self.pending.remove(waiting)

    def _vanished(self, record: Record, one: RecordedExchange, index: int, fact: Seen | None) -> None:
        record.gone = True
        if fact is not None and self._by_sync(record, fact.row):
            self._ask(
                f"{one.where}: the {record.model.word} {record.mark} was deleted by the sync's user; no request "
                "for it is in the file"
            )
            return
        self._deed(record, DELETE, {}, one, index, written=False, row=fact.row if fact else None)

    def _changes(self, record: Record, one: RecordedExchange, row: Mapping[str, Any]) -> dict[str, Any]:
        """What nobody in the recording wrote."""
        model = record.model
        changes = differing(model, record.row, row)
        told = next((found for name in model.changed if (found := stamp(row.get(name)))), None)
        for name in list(changes):
            wrote = record.unsettled.get(name)
            if wrote is not None and (told is None or told - self._skew(model) <= wrote + SETTLING):
                del changes[name]  # what became of what was written
        self._settle_update(record, one, row)
        return changes

    def _settle_update(self, record: Record, one: RecordedExchange, row: Mapping[str, Any]) -> None:
        for pending in [p for p in self.pending if p[2].verb == UPDATE and p[2].kind == record.model.kind]:
            asked, _, wrote = pending
            new = record.model.carried(wrote.fields)
            if keyed(wrote.kind, wrote.id) != keyed(wrote.kind, record.id) or not set(new) <= set(row):
                continue
            arrived = all(same(name, value, row[name]) for name, value in new.items())
            self.arrived[asked.number] = arrived
            self.pending.remove(pending)
            if arrived:
                record.row |= new
        del one

    def _shown(self, record: Record, row: Mapping[str, Any], index: int) -> None:
        for name, value in row.items():
            if name not in record.row and name not in record.written:
                record.first.setdefault(name, value)
            record.unsettled.pop(name, None)
        record.row |= row
        record.told |= dict.fromkeys(row, index)
        record.last = index

    # -- what was written ---------------------------------------------------------------------

    def wrote(self, one: RecordedExchange, index: int, fact: Wrote, *, sync: bool) -> None:
        """A record was written, or was to be."""
        model = self._models[fact.kind]
        fields = model.carried(fact.fields)
        if not sync:
            own = {model.pointer, "companyId", "WhatId", "AccountId", "account_id", *model.parents}
            own |= set(model.written_as)
            self.other_fields |= {
                f"{model.word}.{name}"
                for name, value in fact.fields.items()
                if name not in fields and name not in own and model.defaults.get(name, ...) != value
            }
        if fact.done is not True:
            if fact.done is None and sync:
                self.pending.append((one, index, self._resolved(fact)))
            elif fact.done is None:
                self._ask(
                    f"{one.where}: a person's request to {fact.verb} a {model.word} got no answer. Was it carried out?"
                )
            return
        record = self.find(fact)
        if fact.verb == CREATE and record is None:
            if not fact.id:
                self._ask(f"{one.where}: a {model.word} was made, and the answer that tells its id is not in the file")
                return
            record = Record(model, fact.id, SYNC if sync else PERSON, one.where, index, last=index)
            record.made_by_sync_at = one.where if sync else ""
            self.records[keyed(fact.kind, fact.id)] = record
            if not sync:
                self._deed(record, CREATE, fields, one, index, written=True)
        elif record is None:
            if not fact.id:
                return
            record = Record(model, fact.id, BEFORE, one.where, index, last=index)
            self.records[keyed(fact.kind, fact.id)] = record
        if fact.verb == DELETE:
            record.gone = True
        if not sync and fact.verb != CREATE and (fields or fact.verb == DELETE):
            self._deed(record, fact.verb, fields, one, index, written=True)
        record.written |= set(fields)
        record.unsettled |= dict.fromkeys(fields, one.at)
        record.told |= dict.fromkeys(fields, index)
        record.row |= {**{name: v for name, v in fact.fields.items() if name not in model.written_as}, **fields}
        record.last = index

    def find(self, fact: Wrote) -> Record | None:
        """The record that is meant, by its id or by the id that it points at."""
        if fact.id:
            return self.records.get(keyed(fact.kind, fact.id))
        if fact.key:
            for record in self.records.values():
                if record.model.kind == fact.kind and fact.key in (record.pointer, *map(str, record.row.values())):
                    return record
        return None

    def _resolved(self, fact: Wrote) -> Wrote:
        record = self.find(fact)
        if record is None or fact.id:
            return fact
        return Wrote(fact.kind, UPDATE, record.id, fact.fields, fact.done, fact.code, fact.item, fact.key)

    def _deed(
        self,
        record: Record,
        verb: str,
        fields: dict[str, Any],
        one: RecordedExchange,
        index: int,
        *,
        written: bool,
        row: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> None:
        if at is None and not written:
            at = next((found for name in record.model.changed if (found := stamp((row or {}).get(name)))), None)
        at = one.at if at is None else min(at - (timedelta() if written else self._skew(record.model)), one.at)
        after = max((record.told.get(name, -1) for name in fields), default=record.last) if verb != CREATE else -1
        deed = Deed(record, verb, fields, max(at, self._begins), index, written, after)
        record.deeds.append(deed)
        self.deeds.append(deed)
        if not written and not record.logged:
            what = (
                f"{_names(fields)} changed"
                if verb == UPDATE
                else {"create": "was made", "delete": "is gone"}.get(verb, "is back")
            )
            self._ask(
                f"{one.where}: the {record.model.word} {record.mark}: {what}, and no request for it is in the file. "
                f"Taken as a person's deed{_stated(record, row, one)}; was it one?"
            )

    def _by_sync(self, record: Record, row: Mapping[str, Any]) -> bool:
        return bool(record.model.editor) and self._is_sync(row.get(record.model.editor))

    def _is_sync(self, who: Any) -> bool:
        return isinstance(who, str) and (who[:15] in self._sync_ids or who.lower() in self._sync_ids)

    def _skew(self, model: Model) -> timedelta:
        return timedelta(seconds=round(self._ahead.get(model.kind[0], 0.0)))


def _stated(record: Record, row: Mapping[str, Any] | None, one: RecordedExchange) -> str:
    """What the vendor's own stamp says of when."""
    told = next((found for name in record.model.changed if (found := stamp((row or record.row).get(name)))), None)
    return f" at {told:%H:%M:%S}, as its stamp says" if told and told <= one.at + timedelta(hours=1) else ""


def _names(fields: Mapping[str, Any]) -> str:
    return " and ".join(fields) or "a field"
