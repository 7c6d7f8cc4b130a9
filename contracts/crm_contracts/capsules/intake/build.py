"""From what a recording tells to a capsule: activities with handles, customers, what was there, what happened.

Rule 1: records that are linked are one activity; a link is an id that one record holds of another.
Rule 2: what was there and was not carried over by the sync stands under `start`; what the sync carried over in the
recording was new to it, and stands under `ops`, before its first run.
Rule 3: what a world cannot have is left out, and said.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unicodedata import combining, normalize

from crm_contracts.capsules.capsule import Capsule, Customer
from crm_contracts.capsules.found import versions
from crm_contracts.capsules.intake.activities import Activity, activities_of
from crm_contracts.capsules.intake.book import BEFORE, SYNC, Deed, Record
from crm_contracts.capsules.intake.facts import CREATE, UPDATE
from crm_contracts.capsules.intake.infer import Told, marks
from crm_contracts.capsules.intake.phrases import phrase
from crm_contracts.capsules.intake.runs import fault_ops
from crm_contracts.capsules.intake.vocabulary import same
from crm_contracts.world import ops
from crm_contracts.world.ops import Op
from crm_contracts.world.pairs import ops as pair_ops

__all__ = ["SAW", "Built", "built"]

SAW = "What did the customer see? Write it under `saw`, in the customer's words."
QUESTIONS_MAX = 60
NOBODY = "no-customer"
_PAIR_START_SECONDS = 60  # a world of pairs lets so much time pass before the first user
_FIRST = "acme"  # the customer that every world of Marketo has
_COLLEAGUE = "quinn"  # whom the worlds of pairs know beside the synced user
_HANDLE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Built:
    """A capsule, and the activities that it was made of."""

    capsule: Capsule
    activities: Sequence[Activity]


@dataclass
class _Step:
    """Something at a place of the story: *place* orders, *at* is the clock."""

    place: float
    at: datetime
    ops: list[Op] = field(default_factory=list)


def built(told: Told, *, title: str, source: str) -> Built:
    """The capsule of what a recording tells."""
    return _Builder(told).build(title, source)


class _Builder:
    def __init__(self, told: Told) -> None:
        self.told = told
        self.pairs = told.profile != "planhat"
        self.questions = [SAW]
        self.activities = activities_of(told, self.questions.append)
        self.customers: dict[str, Customer] = {}
        self._names: dict[str, str] = {}  # what a record names as its customer -> handle
        # Of linked records the one names the company, the other its account.
        pairs = [_named(activity) for activity in self.activities]
        self._linked = {company: account for account, company in reversed(pairs) if account and company}
        self.start: list[Op] = []
        self.leading: list[Op] = []
        self.start_pairs: list[Op] = []
        self.external_id = any(activity.keyed for activity in self.activities)

    def build(self, title: str, source: str) -> Built:
        told = self.told
        steps: list[_Step] = []
        for activity in self.activities:
            at = self._customer(activity)
            if at is None:
                continue
            steps += self._activity(activity, at)
        steps += self._runs()
        clock, story = self._story(steps)
        handles = {record.mark.strip("\0"): one.handle for one in self.activities for record in one.records}
        if told.profile == "marketo" and self.customers:
            self.customers.setdefault(_FIRST, Customer())
        lacking = sorted(told.book.other_fields)
        if lacking:
            self.questions.append(
                f"Fields that people wrote and a capsule does not carry: {', '.join(lacking)}. Does the bug need one?"
            )
        capsule = Capsule(
            title=title,
            source=source,
            profile=told.profile,
            external_id=self.external_id,
            clock=clock,
            customers=self.customers,
            start=tuple(self.start),
            ops=tuple(story),
            expect=self._expected(),
            questions=tuple(_as_many_as_are_read(marks([*self.questions, *told.questions], handles))),
            versions=versions(),
        )
        return Built(capsule, self.activities)

    # -- customers ----------------------------------------------------------------------------

    def _customer(self, activity: Activity) -> str | None:
        """The handle of the activity's customer; None where the world cannot have it."""
        partner = self.told.profile
        accounts, companies = self.told.companies.get("salesforce", {}), self.told.companies.get(partner, {})
        account, company = _named(activity)
        if company and company in companies:
            named = companies[company].account
            account = account or (named[:15] if named.startswith("001") else "")
        account = account or self._linked.get(company, "")
        if company and not account and partner == "totango" and re.fullmatch(r"001\w{12,15}", company):
            account = company[:15]
        if account and not company:
            company = next((key for key, one in companies.items() if one.account[:15] == account), "")
        if not account and not company:
            return self._nobody(activity)
        known = self._names.get(account or company)
        if known is not None:
            return known
        if not account and not self.pairs:
            self.questions.append(
                f"{activity.handle} belongs to a Planhat Company of which the file does not show the Salesforce "
                "account (sourceId): the activity is left out. Is it linked?"
            )
            return None
        given = accounts.get(account)
        name = given.name if given else companies[company].name if company in companies else ""
        listed = self.told.all_listed
        if not company and not listed and partner != "marketo":
            self.questions.append(
                f"Does {partner.title()} know the customer of {activity.handle}? "
                "The file does not show it; the capsule says so."
            )
        handle = self._handle(name or "customer")
        self.customers[handle] = Customer(
            salesforce=bool(account), partner=bool(company) or not listed or partner == "marketo", name=name
        )
        self._names[account or company] = handle
        return handle

    def _nobody(self, activity: Activity) -> str | None:
        if self.pairs and self.told.profile == "marketo":
            return _FIRST
        self.questions.append(
            f"{activity.handle} shows no customer: the capsule puts it at {NOBODY}, whom the partner does not know."
        )
        self.customers.setdefault(NOBODY, Customer(partner=False))
        return NOBODY

    def _handle(self, name: str) -> str:
        base = _HANDLE.sub("-", _plain(name)).strip("-")[:24].strip("-") or "customer"
        handle, number = base, 1
        while handle in self.customers or handle == NOBODY:
            number += 1
            handle = f"{base}-{number}"
        return handle

    # -- activities ---------------------------------------------------------------------------

    def _activity(self, activity: Activity, at: str) -> list[_Step]:
        """The operations of one activity, each at its place."""
        there = [one for one in activity.origins() if one.born == BEFORE]
        linked = len({one.side == "salesforce" for one in there}) > 1
        if there:
            self._there(activity, there, at, linked=linked)
        steps: list[_Step] = []
        for record in activity.records:
            for deed in record.deeds:
                done = self._ops(activity, record, deed, at)
                if done:
                    steps.append(_Step(self._place(deed), deed.at, done))
            steps += self._logged_otherwise(activity, record)
        return steps

    def _logged_otherwise(self, activity: Activity, record: Record) -> list[_Step]:
        """A Conversation that Planhat logged, and that somebody had changed before it was first shown."""
        task = next((one for one in activity.records if one.side == "task"), None)
        if not record.logged or task is None or record.born == SYNC:
            return []
        was = task.first if record.born == BEFORE or record.of_task is None else record.of_task
        pairs = (("subject", "action"), ("description", "description"))
        fields = {
            name: record.first[name]
            for name, of_task in pairs
            if name in record.first and of_task in was and not same(name, record.first[name], was[of_task])
        }
        if not fields:
            return []
        at = record.stamp(record.model.changed) or self.told.exchanges[record.index].at
        deed = Deed(record, UPDATE, fields, min(at, self.told.exchanges[record.index].at), record.index, written=False)
        return [_Step(self._place(deed), deed.at, [ops.Edit(side=record.side, act=activity.handle, fields=fields)])]

    def _there(self, activity: Activity, there: list[Record], at: str, *, linked: bool) -> None:
        carried = activity.carried_over()
        if self.pairs and linked:
            self._paired(activity, there, at)
            return
        target = self.leading if carried and not linked else self.start
        there = _without_history(there, linked=linked)
        for record in there:
            fields = _of_status(record, record.model.said(record.first), self.questions.append)
            link = len(record.pointer) if linked and record.side != "salesforce" else 0
            target += self._made(activity, record, fields, at, link if link in (15, 18) else 0)

    def _paired(self, activity: Activity, there: list[Record], at: str) -> None:
        """A pair that was linked already: made by a run of the sync, before anything happens."""
        moments = {one.side: one.stamp(one.model.created) for one in there}
        ours, theirs = moments.get("salesforce"), moments.get("partner")
        born = "partner" if ours and theirs and theirs < ours else "salesforce"
        record = next(one for one in there if one.side == born)
        fields = _of_status(record, record.model.said(record.first), self.questions.append)
        self.start_pairs += self._made(activity, record, fields, at, 0)
        self.questions.append(
            f"{activity.handle} was linked already: "
            f"the capsule makes its {record.model.word} and lets the sync make the other one. Did they differ?"
        )

    def _made(self, activity: Activity, record: Record, fields: dict[str, Any], at: str, link: int) -> list[Op]:
        """A record is made; a Planhat Task that is over is made first, and then marked: only that logs it."""
        act, side, model = activity.handle, record.side, record.model
        if model.required and all(fields.get(name) in (None, "") for name in model.required):
            name = model.required[0]
            fields = {**fields, name: record.row.get(name) or "?"}
            self.questions.append(
                f"{record.where}: what was the {name} of {act} when it was made? The file does not show it."
            )
        owner = str(record.row.get("OwnerId") or "")[:15]
        if self.told.owners and owner and owner not in self.told.owners:
            fields = {**fields, "OwnerId": _COLLEAGUE}
            self.questions.append(
                f"{act} belongs to another Salesforce user than those whose reminders are synced; the capsule gives it "
                f"to {_COLLEAGUE}, a colleague. Since when?"
            )
        if self.pairs:
            return [pair_ops.Create(side=side, act=act, section=model.section, at=at, fields=fields)]
        status = fields.get("status") if side == "task" else None
        over: list[Op] = []
        if status == "Done":
            over = [ops.Complete(side=side, act=act)]
        elif status == "Ignored":
            over = [ops.Ignore(act=act)]
        if over:
            fields = {name: value for name, value in fields.items() if name != "status"}
        return [ops.Create(side=side, act=act, at=at, fields=fields, link=link), *over]

    def _ops(self, activity: Activity, record: Record, deed: Deed, at: str) -> list[Op]:
        side, act = record.side, activity.handle
        fields = _of_status(record, deed.fields, self.questions.append)
        if record.logged and deed.verb == CREATE:
            return []
        name, value = record.model.done
        match deed.verb:
            case "create":
                return self._made(activity, record, fields, at, activity.linked_when_made(record))
            case "update" if side == "partner" and record.model.section == "campaign_touch":
                return []
            case "update" if name and fields == {name: value}:
                return [ops.Complete(side=side, act=act)]
            case "update" if side == "task" and fields == {"status": "Ignored"}:
                return [ops.Ignore(act=act)]
            case "update":
                return [ops.Edit(side=side, act=act, fields=fields)] if fields else []
            case "delete":
                return [ops.Delete(side=side, act=act)]
            case "undelete" if side == "salesforce":
                return [ops.Undelete(act=act)]
        return []

    # -- the story ----------------------------------------------------------------------------

    def _place(self, deed: Deed) -> float:
        """Where a deed belongs among the runs: before the one that shows it, after one that shows it was not yet."""
        exchanges = self.told.exchanges
        spot: float = deed.seen
        if not deed.written:
            later = bisect_right(exchanges, deed.at, key=lambda one: one.at)  # the first exchange after it
            spot = min(max(later, deed.after + 1), deed.seen)
        number = bisect_right(self.told.runs, spot, key=lambda one: one.first) - 1
        run = self.told.runs[number] if number >= 0 else None
        if run is None or spot > run.last or (spot == run.first and deed.seen > run.last):
            return spot - 0.25
        return run.last + 0.5 if deed.after >= run.first or deed.seen > run.last else run.first - 0.5

    def _runs(self) -> list[_Step]:
        told = self.told
        steps = []
        for run in told.runs:
            readings = [told.readings[index] for index in run.indices]
            if all(one.verb in ("login", "other", "describe") or one.left for one in readings):
                continue
            faults: list[Op] = list(fault_ops(run, told.exchanges, told.readings, told.kinds))
            sync: Op = pair_ops.Sync() if self.pairs else ops.Sync()
            steps.append(_Step(run.first, told.exchanges[run.first].at, [*faults, sync]))
        return steps

    def _story(self, steps: list[_Step]) -> tuple[datetime, list[Op]]:
        """When it begins, and the operations with time between them."""
        begins = self.told.begins.replace(microsecond=0)
        story: list[Op] = [*self.start_pairs, pair_ops.Sync()] if self.start_pairs else []
        if story:
            begins -= timedelta(seconds=_PAIR_START_SECONDS)
            story.append(ops.Tick(seconds=_PAIR_START_SECONDS))
        story += self.leading
        now = self.told.begins.replace(microsecond=0)
        for step in sorted(steps, key=lambda one: (one.place, one.at)):
            seconds = int((step.at - now).total_seconds())
            if seconds > 0:
                story.append(ops.Tick(seconds=seconds))
                now += timedelta(seconds=seconds)
            story += step.ops
        if self.pairs:
            begins -= timedelta(seconds=_PAIR_START_SECONDS)
        return begins, story

    def _expected(self) -> dict[str, dict[str, Any]]:
        """One record where the sync made several."""
        found: dict[str, dict[str, Any]] = {}
        for activity in self.activities:
            for side, records in activity.doubled().items():
                places = " and ".join(one.made_by_sync_at or one.where for one in records)
                by_sync = sum(one.born == SYNC for one in records)
                made = "all" if by_sync == len(records) else str(by_sync)
                found.setdefault(activity.handle, {})[side] = 1
                several = phrase("made by the sync", count=len(records), records=f"{records[0].model.word}s", part=made)
                self.questions.append(
                    f"{activity.handle} {several}: {places}. The capsule expects one; is that the bug?"
                )
        return found


def _named(activity: Activity) -> tuple[str, str]:
    """The Salesforce account (15 characters) and the partner's company that an activity's records name, or ""."""
    account = company = ""
    for record in activity.records:
        named = next((str(record.row[name]) for name in record.model.parents if record.row.get(name)), "")
        if record.side == "salesforce":
            account = account or (named[:15] if named.startswith("001") else "")
        else:
            company = company or named
    return account, company


def _plain(name: str) -> str:
    """*name* in the letters of a handle, without their marks: Kühne & Söhne, kuhne & sohne."""
    return "".join(one for one in normalize("NFKD", name.casefold()) if not combining(one))


def _as_many_as_are_read(questions: list[str]) -> list[str]:
    """No capsule has more questions than somebody would answer; how many there were is said."""
    left = len(questions) - QUESTIONS_MAX
    if left <= 0:
        return questions
    further = phrase("further", count=left)
    more = f"There were {further} like these: record a shorter time, or only what the bug needs."
    return [*questions[:QUESTIONS_MAX], more]


def _without_history(there: list[Record], *, linked: bool) -> list[Record]:
    """An archived Planhat Task that a Conversation continues is history; one that Planhat logs needs no op."""
    conversations = [one for one in there if one.side == "conversation"]
    if linked and any(one.pointer for one in conversations):
        return [one for one in there if one.side != "task"]
    has_task = any(one.side == "task" for one in there)
    return [one for one in there if not (one.logged and has_task)]


def _of_status(record: Record, fields: Mapping[str, Any], ask: Any) -> dict[str, Any]:
    """The same, with a status that the world's picklist has."""
    given = dict(fields)
    status = given.get("Status")
    known = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
    if record.side == "salesforce" and status and status not in known:
        closed = record.row.get("IsClosed")
        given["Status"] = "Completed" if closed is True else "In Progress"
        known_as = "" if closed is None else ", which is closed" if closed else ", which is open"
        ask(
            f"{record.where}: the Status of {record.mark} is a value of the customer's own{known_as}; "
            f"the capsule says {given['Status']}. Does the bug need the value?"
        )
    return given
