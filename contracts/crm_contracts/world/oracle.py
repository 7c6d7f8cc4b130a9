"""What users were entitled to see: judged from what they did, never from how the sync works.

Rule 1: must not import crm_sync; the author has not read it. The knowledge is rules P1 to P29.
Rule 2: what was agreed on stands in `agreement`, what has to hold in the end in `at_rest`.
Rule 3: where the rules are silent the oracle is, too, and says so by name (EXCEPTIONS).

Source: the rules in `crm_contracts.rules`, the invariants in `violations`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from crm_contracts.world.agreement import Agreement
from crm_contracts.world.at_rest import demand_rest, strays
from crm_contracts.world.fields import (
    DONE,
    FRAME,
    PHASE,
    STATE,
    TITLE,
    Field,
    Row,
    every,
    raw,
    shared,
    takes_part,
)
from crm_contracts.world.homes import Homes
from crm_contracts.world.invariants.calls import Budget
from crm_contracts.world.invariants.told import Told
from crm_contracts.world.invariants.watch import EndedRound, Watch
from crm_contracts.world.losers import demand_log
from crm_contracts.world.model import Activity, Model, Observation, Record, moment, sides_of
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, SIDES, TASK
from crm_contracts.world.settings import Inheritance, Settings
from crm_contracts.world.violations import (
    BrokenFrame,
    DirectionIgnored,
    FalselyDeleted,
    Invented,
    LensBroken,
)

Older = Mapping[str, Mapping[str, Sequence[Row]]]  # vendor -> record id -> rows that were shown and may be older
NO_OLDER: Older = MappingProxyType({})

EXCEPTIONS: Mapping[str, str] = {
    "retired-task": "the archived Planhat Task of a logged activity need not follow any more (P1)",
    "reopened": "what holds after a completed activity is opened again is not published (P13)",
    "record-stamp": "neither vendor dates a field: newest may go by the record's stamp or the field's (P24)",
    "one-way-drift": "an edit on the receiving side of a one-way section may stay or be overwritten (P2)",
    "moved-settings": "what was written under other settings may flow or not until written again (P29)",
    "two-sections": "an archived Task and its Conversation are one activity: either section's ways may count (P1)",
    "date-of-completion": "whether the day of the Conversation replaces the due date is not published (P13)",
    "ignored": "how an ignored Planhat Task reads in Salesforce is not published (P12)",
    "born-archived": "a Planhat Task that was archived before its first sync need not be sent (P14)",
    "tombstone": "the survivor of a deletion keeps its own values (P25), until the deleted one is back (F15)",
    "rights": "what the sync's user may not see cannot follow (F26)",
    "memory": "a sync that lost its memory knows of no deletion (F13)",
    "merged-customer": "what is new for a merged account may wait for a person, or go to the one that is left (F14)",
    "skewed-clocks": "within the difference of two clocks nobody knows which edit was newer (F56)",
    "not-shown": "who was shown older rows decided by those: what was not visible yet counts as not written (I5)",
    "as-typed": "of a record whose making no sync noted, and that says other things, a person may be the author (P9)",
    "switch-moment": "what is logged in the moment in which inheritance goes on may continue its Task or not (P21)",
    "unknown-answer": "after a lost answer no sync can know whether both sides had agreed (P24)",
}


class Oracle:
    """Follows a history and raises the violated invariant as soon as it shows."""

    def __init__(self, settings: Settings, *, customers: Mapping[str, bool]) -> None:
        """*customers*: handle of each customer, and whether Planhat knows it as a Company."""
        self.agreement = Agreement(settings)
        self.customers = dict(customers)
        self.homes = Homes()
        self.inheritance = Inheritance()
        self.inheritance.saved(settings)
        self.model = Model()
        self.watch = Watch()
        self.blind = False
        self.skewed_once = False
        self.switched_at: list[datetime] = []  # when inheritance may have been switched
        self._logged_anew: set[str] = set()  # in this round, by Planhat itself
        self._skew = timedelta(0)  # how far a clock ever was from everybody's

    @property
    def settings(self) -> Settings:
        """The integration's settings as they were saved last."""
        return self.agreement.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self.agreement.settings = settings

    # -- what people do -----------------------------------------------------------------------

    def user_saved(
        self,
        handle: str,
        record: tuple[str, str, Row],
        *,
        at: datetime,
        names: Mapping[str, Any],
        customer: str = "",
    ) -> None:
        """A user created or changed the record (side, id, row as it reads now) by writing *names*."""
        side, record_id, row = record
        activity = self.model.activity(handle, at=customer, born_on=side)
        known = self.model.find(side, record_id)
        moved = known is None or known.row != row  # who writes what is there already moves no stamp in Planhat
        if known is None:
            known = self.model.add(activity, Record(side, record_id, row, by_user=True))
        elif side == TASK and activity.one(CONVERSATION) is not None:
            activity.silent = activity.silent or "retired-task"
        known.user_saved(row, at, names)
        if "WhatId" in names and {one.side for one in activity.records} == {SALESFORCE}:
            activity.at = self.homes.customer(known) or activity.at  # where Planhat is to look for its Company (P27)
        if moved:
            self.watch.wrote(handle, side, record_id)
        self._status_may_move(activity, side, names)
        if side == TASK and "sourceId" in names:  # a pair that never agreed on a word: either status may win
            activity.typed = True
            activity.status_chosen |= {SALESFORCE, TASK}
            for one in (*activity.live(SALESFORCE), known):
                one.frame.pop(STATE.name_on(one.side) or "", None)
        activity.titles.add(known.value(TITLE))

    def _status_may_move(self, activity: Activity, side: str, names: Mapping[str, Any]) -> None:
        """The other side's status may follow a user's choice among the open ones: the map is configuration (P26).

        Where both sides chose since they last agreed, either choice may win.
        """
        if side == CONVERSATION or STATE.name_on(side) not in names:
            return
        activity.status_chosen.add(side)
        free = {SALESFORCE, TASK} if len(activity.status_chosen) > 1 else {SALESFORCE, TASK} - {side}
        for other in free:
            for record in activity.records:  # one in the bin may come back, and be told then
                if record.side == other:
                    record.frame.pop(STATE.name_on(other) or "", None)

    def planhat_logged(self, handle: str, row: Row) -> None:
        """Planhat itself logged a Conversation because somebody completed the Planhat Task."""
        activity = self.model.activities[handle]
        known = self.model.find(CONVERSATION, row["_id"])
        if known is None:
            self._logged(activity, row)
        else:  # a user had deleted it, or completes a Task again: Planhat logs it once more, under the same id
            known.begin_again(row)

    def user_reopened(self, handle: str) -> None:
        activity = self.model.activities[handle]
        activity.reopened = True
        if activity.one(CONVERSATION) is not None:
            activity.silent = "reopened"

    def user_deleted(self, handle: str, side: str, record_id: str) -> None:
        record = self.model.find(side, record_id)
        assert record is not None, f"{handle} had no {side} record {record_id}"
        record.deleted = True
        self.watch.happened(handle)
        activity = self.model.activities[handle]
        if activity.silent != "tombstone":
            activity.silent_before, activity.silent = activity.silent, "tombstone"

    def user_undeleted(self, handle: str, record_id: str, row: Row) -> None:
        """A deleted Salesforce Task is back. The round that is shown it wakes the pair (`_wake`).

        One that never had a counterpart is to get it now, whatever the date of its last edit says (F55).
        """
        record = self.model.find(SALESFORCE, record_id)
        assert record is not None, f"{handle} never had the Salesforce Task {record_id}"
        record.deleted, record.row = False, row
        activity = self.model.activities[handle]
        if activity.records == [record] and not activity.silent_before:
            activity.silent = ""
        else:
            activity.returned = True
        self.watch.wrote(handle, SALESFORCE, record_id)

    def merged(self, loser: str, into: str, tasks: Mapping[str, Row]) -> None:
        """Salesforce merged an account: its Tasks, which now read as *tasks*, are of another customer."""
        self.watch.happened()
        self.homes.merged[loser] = into
        for activity in self.model.activities.values():
            if activity.at == loser:
                activity.at, activity.adrift = into, activity.one(SALESFORCE) is None
            for record in activity.live(SALESFORCE):
                record.row = tasks[record.id]
                record.frame["WhatId"] = record.row["WhatId"]
                record.homes.add(record.home)

    def forgotten(self) -> None:
        """The sync lost its memory: what had been agreed, what had been deleted, and that staff moved the switch."""
        self.agreement.forget()
        self.inheritance = Inheritance()
        self.inheritance.saved(self.settings)
        self.watch.saved()
        for activity in self.model.activities.values():
            activity.silent, activity.returned = activity.silent and "memory", False
            for record in activity.records:
                record.met = False

    def rights(self, *, blind: bool) -> None:
        """An administrator changed what the sync's Salesforce user may see."""
        self.blind = blind
        self.watch.happened()

    def skewed(self, ahead: Mapping[str, int]) -> None:
        """The clocks of the vendors are so many seconds *ahead* of everybody's."""
        self.watch.happened()
        self.skewed_once = self.skewed_once or any(ahead.values())
        self._skew = max(self._skew, *(timedelta(seconds=abs(one)) for one in ahead.values()))
        for activity in self.model.activities.values():
            conversation, at = activity.one(CONVERSATION), activity.logged_at
            if conversation and not conversation.pointer and at:
                # By which clock it was logged nobody knows any more: inheritance may have been on or off (P10, P21).
                in_doubt = any(abs(at - one) <= 2 * self._skew for one in self.switched_at)
                activity.second_allowed = activity.second_allowed or in_doubt
        apart = timedelta(seconds=max(ahead.values()) - min(ahead.values()))
        self.agreement.apart = max(self.agreement.apart, apart)

    def saved(self, settings: Settings, *, at: datetime | None = None) -> None:
        """Somebody saved the integration's settings, at the moment *at*."""
        moved = replace(settings, phase="") != replace(self.settings, phase="")
        was = self.settings
        conversations_moved = settings.conversation != self.settings.conversation
        was_on = self.inheritance.on
        self.settings = settings
        self.inheritance.saved(settings)
        switched_on = self.inheritance.on and not was_on
        self.switched_at += [] if at is None else [at]
        self.watch.saved()
        self._mapped_otherwise(was)
        if not moved:
            return
        for activity in self.model.activities.values():
            activity.settings_moved = True
            # Logged in the moment of the switch, or by another clock: nobody knows which came first.
            in_doubt = switched_on and (self.skewed_once or activity.logged_at == at)
            activity.second_due = activity.second_due and not conversations_moved and not in_doubt
            if switched_on and at is not None:
                self._logged_in_between(activity, at)
            for pair in self.model.pairs(activity):
                section = pair.section  # what is found there when a way of it is switched on is the past
                opened = settings.sends(section) > was.sends(section) or settings.receives(section) > was.receives(
                    section
                )
                if opened or self.agreement.met(pair):
                    for one in shared(pair.section, self.settings):
                        self.agreement.known(pair, one).add(pair.values(one))

    def _logged_in_between(self, activity: Activity, at: datetime) -> None:
        """Inheritance goes on *at* this moment: what was logged in it without an id may continue its Task, or not."""
        conversation, logged_at = activity.one(CONVERSATION), activity.logged_at
        bare = conversation is not None and not conversation.pointer
        if bare and logged_at is not None and abs(logged_at - at) <= 2 * self._skew:
            activity.silent = activity.silent or "switch-moment"

    def _mapped_otherwise(self, was: Settings) -> None:
        """What is mapped from now on is agreed as it stands, for that alone writes nothing (P29, F38); what is no
        longer mapped stays as it stands (I8).
        """
        for activity in self.model.activities.values():
            for pair in filter(self.agreement.met, self.model.pairs(activity)):
                if self.settings.maps_phase(pair.section) and not was.maps_phase(pair.section):
                    noted = pair.planhat.noted or not (activity.typed or pair.section == CONVERSATION)
                    noted = noted and (self.settings.sends(pair.section) or self.settings.receives(pair.section))
                    self.agreement.start(pair, PHASE, noted=noted)
                elif self.settings.maps_phase(pair.section) and was.phase != self.settings.phase:
                    self.agreement.known(pair, PHASE).add(pair.values(PHASE))  # (exception moved-settings)
            for record in activity.records if was.phase != self.settings.phase else ():
                name = PHASE.name_on(record.side) or ""
                record.frame[name] = raw(record.row, name)

    def introduced(self, customer: str, company_id: str = "") -> None:
        """Planhat got a Company for *customer*."""
        self.customers[customer] = True
        self.homes.companies[customer] = company_id
        self.watch.happened()

    # -- what the sync did --------------------------------------------------------------------

    def about_to_sync(self) -> None:
        """A round begins: which ways to Salesforce and back stood open for whom."""
        for activity in self.model.activities.values():
            for side in (TASK, CONVERSATION):
                record = activity.one(side)
                if record and self.settings.sends(side) and takes_part(record.row):
                    activity.sent_from.add(side)
            conversation = activity.one(CONVERSATION)
            if conversation and not conversation.pointer and not self.inheritance.on:
                activity.second_allowed = True
            activity.received = activity.received or self.settings.receives("task")

    def synced(self, after: Observation, *, clean: bool, read: str, behind: Older = NO_OLDER) -> None:
        """A round ended, and everything reads as *after*. *clean*: nothing went wrong in it.

        *read* is all that the round's requests were answered: what the sync may know. *behind* are vendors that showed
        older rows, and those by the id of the record.
        """
        self.agreement.older = {record_id: shown for rows in behind.values() for record_id, shown in rows.items()}
        self.agreement.behind = tuple(n for n, vendor in enumerate(("salesforce", "planhat")) if vendor in behind)
        for activity in self.model.activities.values():
            if "planhat" in behind:  # what takes no part any more was perhaps shown as it was when it did
                activity.sent_from |= {side for side in (TASK, CONVERSATION) if self.settings.sends(side)}
            for pair in self.model.pairs(activity):
                logged = pair.section == CONVERSATION and activity.one(TASK) is not None
                by_hand = pair.planhat.by_user and not activity.typed
                if not (by_hand or pair.planhat.noted or logged):
                    self.agreement.doubt(pair, shared(pair.section, self.settings))
        before = {
            (pair.key, one.name): (activity, pair, one, pair.values(one))
            for activity in self.model.activities.values()
            if not activity.silent
            for pair in self.model.pairs(activity)
            for one in shared(pair.section, self.settings)
        }
        winners = {}
        for key, (_, pair, one, _) in before.items():
            self.agreement.known(pair, one)  # a pair that a user made by typing an id begins before the round
            winners[key] = self.agreement.winners(pair, one)
            self.agreement.look(pair)
        self.agreement.discarded.clear()
        self.agreement.changed.clear()
        for activity in self.model.activities.values():
            self._half_copied(activity)
        self._nothing_vanished(after)
        there = {(side, record.id) for side in SIDES for _, record in self.model.each(side)}
        self._take_over(after, read)
        for activity in self.model.activities.values():
            activity.known_before = all(one.met for one in activity.records if one.side != CONVERSATION)
            for record in activity.records:
                # By hand they are a pair for who got to its end: a run that died may have noted nothing (P9).
                record.met = record.met or (record.id in read and (clean or not activity.typed))
                logged = record.side == CONVERSATION and (record.side, record.id) not in there  # in its course
                record.noted = record.noted or (clean and not logged)
        for key, (activity, pair, one, values) in before.items():
            if not activity.silent:
                self.agreement.explain(activity, pair, one, (values, winners[key]), clean=clean)
        for activity in self.model.activities.values():
            self._frame_held(activity)
            asleep = activity.silent
            if clean and activity.returned:
                self._wake(activity)
            self.agreement.changed.setdefault((activity.handle, STATE.name), set()).update(activity.status_chosen)
            if clean:  # what can go nowhere stands there until it is overruled (exception one-way-drift)
                activity.status_chosen &= set() if self.settings.receives(TASK) else {SALESFORCE}
            for pair in self.model.pairs(activity):
                for one in shared(pair.section, self.settings):
                    self.agreement.known(pair, one)
                    if (pair.key, one.name) not in before:  # it began in this round: nobody knows what it said before
                        both = activity.typed or (asleep and not activity.silent)  # each may have said something
                        began = {SALESFORCE, pair.section} if both else {pair.section}
                        self.agreement.changed.setdefault((activity.handle, one.name), set()).update(began)
        self.agreement.look_away()

    def _half_copied(self, activity: Activity) -> None:
        """Where a done Task says something else than the Conversation that was logged of it, it may lose, too."""
        task, conversation = activity.one(TASK), activity.one(CONVERSATION)
        if task is None or conversation is None:
            return
        for one in shared(CONVERSATION):
            if task.value(one) != conversation.value(one):
                self.agreement.changed.setdefault((activity.handle, one.name), set()).add(TASK)

    def _wake(self, activity: Activity) -> None:
        """Out of the bin again: the tombstone had kept the pair, and what users write from now on goes over (F15).

        What was written meanwhile may be agreed, may be under way, may never have been looked at. A pair of which more
        is unknown (a Conversation logged meanwhile, an id that was never written back) stays silent.
        """
        pairs = self.model.pairs(activity)
        known = len(pairs) == 1 and len(activity.records) == 2 and bool(pairs[0].planhat.pointer)
        if not known or activity.silent_before or activity.settings_moved or self.blind:
            return
        (pair,) = pairs
        if not self.settings.receives(pair.section):
            return  # nobody asks Salesforce what became of it
        activity.silent, activity.returned = "", False
        for one in shared(pair.section, self.settings):
            self.agreement.wake(pair, one)

    def round_ended(
        self,
        exchanges: Iterable[Mapping[str, Any]],
        *,
        clean: bool,
        told: Told | None,
        cursors: Mapping[str, str] | None = None,
        budget: Budget | None = None,
    ) -> None:
        """After `synced`: what the wire carried and what the sync says of itself."""
        if clean and told is not None and not told.stopped:
            demand_log(self, told)
        fresh = [
            one for one in map(self.model.activities.get, sorted(self.watch.fresh)) if one and self._looked_at(one)
        ]
        unmatched = [one for one in fresh if not (self.customers[one.at] or one.one(TASK) or one.one(CONVERSATION))]
        records = sum(1 for side in SIDES for _ in self.model.each(side))
        ended = EndedRound(
            exchanges=exchanges,
            clean=clean,
            told=told,
            cursors=cursors,
            budget=budget,
            records=records,
            fresh=[one.handle for one in fresh],
            unmatched=[one.handle for one in unmatched],
        )
        self.watch.round(ended, self._owner)
        for handle in self._logged_anew:
            self.watch.happened(handle)
        self._logged_anew.clear()

    def _owner(self, vendor: str, record_id: str) -> str:
        sides = (SALESFORCE,) if vendor == "salesforce" else (TASK, CONVERSATION)
        return next((found.handle for side in sides if (found := self.model.of(side, record_id))), "")

    def _looked_at(self, activity: Activity) -> bool:
        """Whether a section has to look at what users made of the activity (I15)."""
        if activity.any_deleted:
            return False
        section = (
            self.settings.receives(TASK) if activity.born_on == SALESFORCE else self.settings.sends(activity.born_on)
        )
        return section and not activity.settings_moved and activity.one(activity.born_on) is not None

    def _take_over(self, after: Observation, read: str) -> None:
        """The model's rows become what was observed; new records find their activity."""
        for side, record_id, row in sides_of(after):
            known = self.model.find(side, record_id)
            if known is not None:
                before, known.row = known.row, row
                self._logs_anew(known, before)
                self._nothing_invented(known, before)
                self._stays_deleted(known)
        for side in (TASK, CONVERSATION, SALESFORCE):  # pointers first, then what they point at
            for record_id, row in after[side].items():
                if self.model.find(side, record_id) is None:
                    self._appeared(side, record_id, row, read)

    def _logs_anew(self, task: Record, before: Row | None) -> None:
        """A sync that completes a Task once more has Planhat copy it into its Conversation again: nobody's deed, and it
        may have to go over like one (exception reopened).
        """
        if task.side != TASK or before is None or not (task.value(STATE) == DONE != STATE.read(TASK, before)):
            return
        activity = self.model.of(TASK, task.id)
        if activity is not None and any(one.side == CONVERSATION for one in activity.records):
            activity.reopened, activity.silent = True, activity.silent or "reopened"
            self._logged_anew.add(activity.handle)

    def _nothing_invented(self, record: Record, before: Row | None) -> None:
        """I4: what a round changed in a record, or put into a new one, some user of the activity had written.

        A state is a choice among few words, and a Conversation's day is not published (exception date-of-completion).
        """
        activity = self.model.of(record.side, record.id)
        assert activity is not None
        for one in every(record.side):
            value = record.value(one)
            if one.name == "state" or (before is not None and value == one.read(record.side, before)):
                continue
            if (before is None and value is None) or (one.name == "date" and activity.one(CONVERSATION)):
                continue
            ever = [each.shown.get(one.name, ()) for each in activity.records]
            if not any(value in values for values in ever):
                raise Invented(
                    f"{one.name} of the {record.side} record of {activity.handle} became {value!r}, and no user ever "
                    f"wrote that there",
                    activity=activity.handle,
                )

    def _stays_deleted(self, record: Record) -> None:
        """I6: what a user deleted is not there again. Planhat alone logs a Conversation once more under its old id."""
        if record.deleted and record.side != CONVERSATION:
            raise FalselyDeleted(f"the {record.side} record {record.id} was deleted by its user and is there again")
        if record.deleted:
            record.begin_again(record.row)

    def _appeared(self, side: str, record_id: str, row: Row, read: str) -> None:
        activity = self.model.owner_of(side, row)
        title = TITLE.read(side, row)
        if activity is None:
            raise Invented(f"a {side} record {record_id} ({title!r}) belongs to no activity")
        met = any(one.deleted and one.met for one in activity.records if one.side == side)
        if met and not (side == SALESFORCE and activity.second_allowed):
            raise FalselyDeleted(
                f"{activity.handle} was deleted in {side} by its user and is back as {record_id}",
                activity=activity.handle,
            )
        if side == CONVERSATION:
            self._logged(activity, row)
            return
        if side == TASK and 1 in self.agreement.behind:
            self._apart(activity, read.partition(record_id)[0])
        if side == TASK and not activity.received:
            raise DirectionIgnored(
                f"{activity.handle} got a Planhat Task {record_id}, and no section receives Tasks",
                activity=activity.handle,
            )
        if side == SALESFORCE and not activity.sent_from:
            raise DirectionIgnored(
                f"{activity.handle} got a Salesforce Task {record_id}, and no section sends it",
                activity=activity.handle,
            )
        made = self.model.add(activity, Record(side, record_id, row, by_user=False))
        self._nothing_invented(made, None)
        self.homes.judge_made(activity, made)

    def _apart(self, activity: Activity, read: str) -> None:
        """A person typed 15 characters of the Salesforce id, and nothing that the sync had *read* by then showed it: by
        the 18 Planhat makes another (P9, F49). From now on the one by hand claims what that has.
        """
        for one in activity.live(TASK):
            if one.by_user and len(one.pointer) == 15 and not (one.met or one.id in read):
                activity.records.remove(one)
                apart = self.model.activity(f"{activity.handle} (not shown)", at=activity.at, born_on=TASK)
                apart.silent, apart.adrift = "not-shown", True
                self.model.add(apart, one)

    def _logged(self, activity: Activity, row: Row) -> None:
        """A Conversation continues the activity: it takes over what was agreed for the Planhat Task."""
        task = activity.one(TASK)
        record = Record(CONVERSATION, row["_id"], row, by_user=False)
        if task is not None and task.id not in {row["_id"], row.get("taskId")}:
            self.model.add(activity, record)  # Salesforce's went over by itself: a Task that does not sync has it, too
            return
        if task is not None:
            record.wrote = dict(task.wrote)
            partner = next((pair.salesforce for pair in self.model.pairs(activity) if pair.planhat is task), None)
            owed = not record.pointer and not task.pointer and self.inheritance.on
            if partner is not None and (owed or record.pointer[:15] == partner.id[:15]):
                for one in shared(CONVERSATION, self.settings):
                    self.agreement.continues(partner.id, task.id, record.id, one)
        activity.continued, activity.logged_at = self.inheritance.on, moment(row.get("createdAt"))
        if not self.inheritance.on:
            activity.second_allowed = True
            linked = task is not None and bool(task.pointer)
            activity.second_due = linked and self.settings.sends(CONVERSATION) and takes_part(row)
        self.model.add(activity, record)

    def _nothing_vanished(self, after: Observation) -> None:
        for side in SIDES:
            for activity, record in self.model.each(side):
                if record.id not in after[side]:
                    raise FalselyDeleted(
                        f"the {side} record {record.id} of {activity.handle} is gone: no user deleted it",
                        activity=activity.handle,
                    )

    def _frame_held(self, activity: Activity) -> None:
        for side in SIDES:
            for record in activity.live(side):
                if 1 in self.agreement.behind and not record.met:
                    record.homes.add(record.home)  # Planhat finds it by its id, and a sync had not been shown it
                self.homes.judge_kept(activity, record)
                for name in FRAME[side]:
                    now = raw(record.row, name)
                    if (side, name) == (CONVERSATION, PHASE.conversation) and now in [
                        raw(one.row, name) for one in activity.live(TASK)
                    ]:
                        record.frame[name] = now  # Planhat copies it over whenever the Task is done (P13)
                    if name in record.frame and now != record.frame[name] and not self._maps(activity, side, name):
                        raise BrokenFrame(
                            f"{name} of the {side} record of {activity.handle} is not mapped and was "
                            f"{record.frame[name]!r}; now it is {now!r}",
                            activity=activity.handle,
                        )
                for one in shared(side, self.settings):
                    self._complement_held(activity, record, one)

    def _maps(self, activity: Activity, side: str, name: str) -> bool:
        """Whether what is usually frame is mapped: a custom field, in a section of one of the activity's records."""
        sections = [one for one in (TASK, CONVERSATION) if activity.one(one)] if side == SALESFORCE else [side]
        return name == PHASE.name_on(side) and any(map(self.settings.maps_phase, sections))

    def _complement_held(self, activity: Activity, record: Record, one: Field) -> None:
        """While a field reads the same, it stays as its user wrote it: markup, line breaks, time of day, which open
        status (rule P28; the complement of the lens, F31 and F43 of the failure modes).
        """
        name = one.name_on(record.side) or ""
        if name not in record.frame:
            return
        kept, now = record.frame[name], raw(record.row, name)
        older = one is STATE and bool(self.agreement.behind)  # an older word came back (exception not-shown)
        if one.reads(record.side, kept) != record.value(one) or (older and kept != now):
            del record.frame[name]  # the value itself moved on: the rest is no longer the user's
        elif kept != now and (kept or now):
            raise LensBroken(
                f"{name} of the {record.side} record of {activity.handle} reads the same but was "
                f"rewritten from {kept!r} to {now!r}",
                activity=activity.handle,
            )

    def owed(self) -> set[str]:
        """The Salesforce ids that a round broke off before it could write them back to Planhat (P8)."""
        return {one.id for activity in self.model.activities.values() for one in strays(activity)}

    def settled(self) -> None:
        """Users and faults have stopped and rounds were run: every claim of the rules must hold."""
        demand_rest(self)
