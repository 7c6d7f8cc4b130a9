"""What users were entitled to see of two-sided pairs: judged from what they did, never from how the sync works.

Rule 1: must not import crm_sync; the author has not read it. The knowledge is rules T1 to T45 and M1 to M27.
Rule 2: where the rules are silent, or a product is documented to fall short, the oracle says so by name (EXCEPTIONS);
each can be taken away (`granted`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from crm_contracts.world.invariants import watch
from crm_contracts.world.invariants.calls import Budget
from crm_contracts.world.invariants.cursor import Cursors
from crm_contracts.world.invariants.told import Told
from crm_contracts.world.invariants.watch import Watch
from crm_contracts.world.pairs import birth
from crm_contracts.world.pairs.fields import FRAME, NAME, Field, Known, Row, Value, shared
from crm_contracts.world.pairs.model import Activity, Model, Observation, Pair, Record, section_of, sides_of
from crm_contracts.world.pairs.monitors import OBJECTS, Exchange, written
from crm_contracts.world.pairs.ops import IN, OUT, PARTNER, SALESFORCE, SIDES, WAYS
from crm_contracts.world.pairs.scope import JobsRun, Scope
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, EXISTENCE, PROFILES, REMINDER, SOBJECTS, PairSettings
from crm_contracts.world.pairs.units import Agreements, Before
from crm_contracts.world.violations import (
    BrokenFrame,
    DirectionIgnored,
    Duplicated,
    FalselyDeleted,
    InvariantViolated,
    Invented,
    LensBroken,
    LoserUnlogged,
    NotConverged,
)

__all__ = ["EXCEPTIONS", "PairOracle"]

EXCEPTIONS: Mapping[str, str] = {
    "record-stamp": "neither vendor dates a field: newest may go by the record's stamp or by the user's edit (T9, M22)",
    "one-way-drift": "an edit on the receiving side of a one-way job may stay or be overwritten (T2)",
    "moved-settings": "what was written under other settings may flow or not until it is written again",
    "no-opinion-conflict": "one side said what the other cannot hear, the other changed, too: either may stand (M4)",
    "owner-unknown": "an owner without a counterpart may stay when the other side wins (T32)",
    "late-account": "a record older than its account comes in when it is edited again, or with a full sync (T15)",
    "deletion-horizon": "Salesforce tells of a deletion for 15 days; what nobody asked for by then may stay (F24)",
    "undeleted": "what becomes of a record taken out of the bin after its deletion arrived is not published (T40)",
    "unlinked-delete": "a deletion before the counterpart was known to be one may arrive or not (T39, M21)",
    "edit-outlives-delete": "where the last write wins, a record edited after the other was deleted may get another",
    "person-left-out": "five fields of a reminder travel, and whom it is about need not (M2, M26)",
    "left-scope": "what becomes of a linked task that is given to another user is not published (M24)",
    "unknown-answer": "after a lost answer no sync can know whether both sides had agreed",
}
# Whose changes an answer tells: (vendor, object in small letters) -> see `_listed`.
_LISTED = {("salesforce", name.lower()): name for name in SOBJECTS.values()} | {
    (profile, name.lower()): section
    for profile, sections in PROFILES.items()
    for name, section in OBJECTS.items()
    if section in sections
}


class PairOracle:
    """Follows a history and raises the violated invariant as soon as it shows."""

    def __init__(self, scope: Scope, known: Known, *, granted: Collection[str] = tuple(EXCEPTIONS)) -> None:
        unknown = sorted(set(granted) - set(EXCEPTIONS))
        assert not unknown, f"no exception {unknown[0]!r}"
        self.scope = scope
        scope.granted = frozenset(granted)
        self.model = Model()
        self._agreements = Agreements(scope, known)
        self._kept: dict[tuple[str, str], tuple[Value, Any]] = {}  # record's key, field -> canonical and raw value
        self.watch = Watch(cursors=Cursors(_LISTED))
        self._last: JobsRun | None = None
        self._unmakable: dict[tuple[str, str], str] = {}

    @property
    def known(self) -> Known:
        return self._agreements.known

    @property
    def settings(self) -> PairSettings:
        return self.scope.settings

    # -- what people do -----------------------------------------------------------------------

    def user_saved(
        self, activity: Activity, key: tuple[str, str], row: Row, *, at: datetime, names: Mapping[str, Any]
    ) -> None:
        """A user created or changed a record (side and key) by writing the vendor's fields *names*."""
        side, record_key = key
        record = self.model.find(side, record_key)
        moved = record is None or record.row != row  # who writes what is there already moves no stamp in Marketo
        if record is None:
            made = Record(side, activity.section, record_key, row, by_user=True)
            record = self.model.add(activity, made, self.known)
        elif "OwnerId" in names and activity.section == REMINDER and "left-scope" in self.scope.granted:
            activity.silent = "left-scope"
        record.user_saved(row, at, names)
        if moved:
            self.watch.wrote(activity.handle, _listed(record), record.id)
        self.model.names(activity, record, self.known)
        for one in shared(activity.section, self.settings):
            if one.name_on(side) in names or (record_key, one.name) not in self._kept:
                self._kept[record_key, one.name] = (one.read(side, row, self.known), row.get(one.name_on(side)))

    def user_deleted(self, activity: Activity, side: str, at: datetime) -> None:
        record = activity.one(side)
        assert record is not None, f"{activity.handle} has no {side} record"
        counterpart = activity.one(PARTNER if side == SALESFORCE else SALESFORCE)
        partner = record if side == PARTNER else counterpart
        salesforce = counterpart if side == PARTNER else record
        record.linked = bool(partner and salesforce and partner.points_at(salesforce.key))
        record.deleted_at = at
        self.watch.happened(activity.handle)

    def user_undeleted(self, activity: Activity, record: Record, row: Row) -> None:
        """A Salesforce user took *record* out of the recycle bin."""
        record.deleted_at, record.row, record.linked = None, row, False
        activity.undeleted = True
        self.watch.wrote(activity.handle, _listed(record), record.id)

    def saved(self, settings: PairSettings, changed: Collection[str], at: datetime) -> None:
        """Somebody saved *settings*, in which *changed* are new (all of them, the first time)."""
        self.watch.saved()
        was = self.settings.enabled and bool(self.scope.enabled)
        moved = {name.rpartition(".")[2] for name in changed}
        agreed = (
            [(pair, self._agreements.by_field(pair)) for pair in self.model.ever_paired()]
            if moved & {"grain", "template"}
            else []
        )
        self.scope.settings = settings
        self._agreements.known = replace(self.known, template=settings.template)
        if settings.enabled and not was:
            self.scope.enabled.append(at)
        if was and not settings.enabled:
            self.scope.disabled_at = at
        # What switching off and on does is published (M15 to M18).
        if moved & EXISTENCE - {"enabled"} and "moved-settings" in self.scope.granted:
            for activity in self.model.activities.values():
                activity.moved = True
                activity.undeleted = activity.undeleted or activity.any_deleted
        for pair, by_field in agreed:
            if "template" in moved:
                by_field.pop(NAME.name, None)
            self._agreements.regroup(pair, by_field)
            if "template" in moved and pair.partner.renamed:
                self._agreements.name_may_go_out(pair)
        for pair in self.model.pairs() if "moved-settings" in self.scope.granted else ():
            self._agreements.moved(pair)

    def introduced(self, customer: str, at: datetime) -> None:
        """Totango got the account of *customer*."""
        self.scope.matched.add(customer)
        self.scope.introduced[customer] = at
        self.watch.happened()

    # -- what the sync did --------------------------------------------------------------------

    def about_to_sync(self) -> None:
        """A round begins."""

    def synced(self, after: Observation, this: JobsRun) -> None:
        """A round ended, and everything reads as *after*."""
        self._last = this
        before = [
            unit
            for pair in self.model.pairs()
            for unit in self._agreements.before(pair, self._ways(pair.activity, this))
        ]
        self._unmakable = {  # as the round found it: writing a key back makes a record new
            (activity.handle, way): self.scope.unmakable(activity, way, this)
            for activity in self.model.activities.values()
            for way in WAYS
        }
        parted = [
            (unit, side)
            for pair in self.model.ever_paired()
            for side, other in (SIDES, SIDES[::-1])
            if pair.on(other).linked and not pair.on(side).deleted and not pair.activity.moved
            for unit in self._agreements.before(pair, (False, False))
        ]
        self._agreements.discarded.clear()
        gone = self._vanished(after, this)
        for unit, side in parted:
            if unit.pair.on(side).key in gone and not self._undeleted(unit.pair.activity):
                self._agreements.give_up(unit, side)
        self._take_over(after)
        for activity in self.model.activities.values():
            for record in activity.records:
                record.met = record.met or record.id in this.read
        for was in before:
            if not was.pair.activity.silent and not was.pair.activity.any_deleted:
                self._agreements.explain(self._as_opened(was, this), clean=this.clean)
        self._one_key_each()
        for activity in self.model.activities.values():
            self._frame_held(activity)
            for record in activity.records if this.clean and OUT in this.ways else ():
                record.renamed = False

    def round_ended(
        self,
        exchanges: Iterable[Exchange],
        *,
        clean: bool,
        told: Told | None,
        cursors: Mapping[str, str] | None = None,
        budget: Budget | None = None,
        jobs: int = 1,
    ) -> None:
        """After `synced`: what the wire carried and what the sync says of itself."""
        if clean and told is not None and not told.stopped:
            self._losers_are_logged(told)
        self._agreements.discarded.clear()
        wrote = map(self.model.activities.get, sorted(self.watch.fresh))
        ended = watch.EndedRound(
            exchanges=exchanges,
            clean=clean,
            told=told,
            cursors=cursors,
            budget=budget,
            records=sum(1 for side in SIDES for _ in self.model.each(side)),
            fresh=[one.handle for one in wrote if one and self._looked_at(one)],
            jobs=jobs,
        )
        self.watch.round(ended, self._owner, written)

    def _losers_are_logged(self, told: Told) -> None:
        """I5: each user's value that lost in this round stands in the log of conflicts of one of its jobs."""
        for handle, section, name, loser, value in self._agreements.discarded:
            one = next(each for each in shared(section, self.settings) if each.name == name)
            if value not in [one.heard(SIDES[loser], each.get("losing_value"), self.known) for each in told.conflicts]:
                raise LoserUnlogged(
                    f"{name} of {handle}: a user's {value!r} ({SIDES[loser]}) lost, and no log of conflicts has it",
                    activity=handle,
                )

    def _owner(self, _vendor: str, key: str) -> str:
        found = self.model.named(key)
        return found.handle if found else ""

    def _looked_at(self, activity: Activity) -> bool:
        """Whether a job of the newest round had to look at what users made of the activity (I15)."""
        way = IN if activity.born_on == SALESFORCE else OUT
        assert self._last is not None, "a round has ended"
        is_open = not self._unmakable[activity.handle, way] or not self.scope.shut(activity, way, self._last)
        wrote = self.watch.fresh[activity.handle]
        read = {
            SALESFORCE if each == IN else PARTNER for each in self._last.ways
        }  # what only the other job reads waits
        return (
            is_open
            and not self.scope.forgotten(activity)
            and not activity.any_deleted
            and not activity.moved
            and activity.one(activity.born_on) is not None
            and any(one.side in read for one in activity.records if one.id in wrote)
        )

    def _vanished(self, after: Observation, this: JobsRun) -> set[str]:
        """The keys of what the sync deleted."""
        gone = set()
        for side in SIDES:
            for activity, record in self.model.each(side):
                if record.key in after[side]:
                    continue
                reason = self.scope.undeletable(activity, record, this)
                if reason and not self._undeleted(activity):
                    raise FalselyDeleted(
                        f"the sync deleted the {side} record {record.id} of {activity.handle}: {reason}",
                        activity=activity.handle,
                    )
                record.deleted_at, record.by_sync = this.began, True
                gone.add(record.key)
        return gone

    def _take_over(self, after: Observation) -> None:
        """The model's rows become what was observed; new records find their activity."""
        new = []
        for side, key, row in sides_of(after):
            record = self.model.find(side, key)
            if record is None:
                new.append((side, key, row))
            else:
                record.row = row
        for side, key, row in sorted(new, key=lambda one: one[0]):  # the partner's first: they carry the keys
            section = key.partition(":")[0] if side == PARTNER else section_of(_sobject(row), self.settings.sections)
            self._appeared(Record(side, section, key, row, by_user=False))

    def _appeared(self, record: Record) -> None:
        activity = self.model.owner_of(record, self.known)
        side, what = record.side, f"{record.side} record {record.id}"
        if activity is None:
            raise Duplicated(f"the {what} belongs to no activity: {dict(record.row)}")
        handle = activity.handle
        way = IN if side == PARTNER else OUT
        if activity.section != record.section and (side, activity.section) != (SALESFORCE, CAMPAIGN_TOUCH):
            reason = f"it is a {activity.section}, and came as a {record.section} (T1)"
            raise DirectionIgnored(f"{handle} got the {what}: {reason}", activity=handle)
        if activity.live(side):
            ids = ", ".join(one.id for one in (*activity.live(side), record))
            raise Duplicated(f"{handle} has more than one {side} record: {ids}", activity=handle)
        outlived = "edit-outlives-delete" in self.scope.granted and self.scope.outlives(activity, side, tied=True)
        if any(one.met for one in activity.gone(side)) and not activity.undeleted and not outlived:
            raise FalselyDeleted(f"{handle} was deleted in {side} and is back as {record.id}", activity=handle)
        reason = self._unmakable[handle, way]
        if reason:
            raise DirectionIgnored(f"{handle} got the {what}: {reason}", activity=handle)
        record.section = activity.section
        source = activity.one(SALESFORCE if side == PARTNER else PARTNER)
        assert source is not None, "without a source nothing is makable"
        read = self._as_read(activity, source, record)
        for name in FRAME[side, record.section]:
            record.frame[name] = record.row.get(name)
        self.model.add(activity, record, self.known)
        self._agreements.begin(Pair(activity, record, read) if side == SALESFORCE else Pair(activity, read, record))

    def _as_read(self, activity: Activity, source: Record, made: Record) -> Record:
        """*source* as the sync read it when it made *made* of it: as it is or, where a list was behind, as it was once
        (F49). Raises Invented or BrokenFrame.
        """
        assert self._last is not None, "a round has ended"
        wrong: InvariantViolated | None = None
        for row in (source.row, *(reversed(source.earlier) if self._last.behind else ())):
            read = replace(source, row=row)
            try:
                mapped, granted = self.settings.participants, self.scope.granted
                birth.check(activity, read, made, self.known, mapped=mapped, granted=granted)
            except (Invented, BrokenFrame) as found:
                wrong = wrong or found
            else:
                return read
        assert wrong is not None
        raise wrong

    def _undeleted(self, activity: Activity) -> bool:
        """Whether nothing is claimed of what was taken out of the bin (exception undeleted)."""
        return activity.undeleted and "undeleted" in self.scope.granted

    def _ways(self, activity: Activity, this: JobsRun) -> tuple[bool, bool]:
        return not self.scope.shut(activity, IN, this), not self.scope.shut(activity, OUT, this)

    def _as_opened(self, was: Before, this: JobsRun) -> Before:
        """What the first job wrote may open the way of the second: an update is within the window (T23), a status
        syncs, a row has its title or passes the filter (M4, T14, T16).
        """
        if len(this.ways) < len(WAYS):
            return was
        since = self._ways(was.pair.activity, replace(this, passing=this.passing_after))
        second = this.ways[-1]
        into, out = (old or (way == second and new) for way, old, new in zip(WAYS, was.ways, since, strict=True))
        return replace(was, ways=(into, out))

    def _one_key_each(self) -> None:
        """I3, without trusting any link: no two live records of the partner carry one Salesforce id."""
        seen: dict[tuple[str, str], str] = {}
        for activity, record in self.model.each(PARTNER):
            if not record.pointer:
                continue
            other = seen.setdefault((record.section, record.pointer), record.id)
            if other != record.id:
                raise Duplicated(f"{other} and {record.id} carry one key, {record.pointer}", activity=activity.handle)

    def _frame_held(self, activity: Activity) -> None:
        for side in SIDES:
            for record in activity.live(side):
                for name, kept in record.frame.items():
                    if record.row.get(name) != kept:
                        raise BrokenFrame(
                            f"{name} of the {side} record of {activity.handle} is not the sync's to change: it was "
                            f"{kept!r}, now it is {record.row.get(name)!r}",
                            activity=activity.handle,
                        )
                for one in shared(record.section, self.settings):
                    if not one.out_only and not (one.name == "owner" and "owner-unknown" in self.scope.granted):
                        self._complement_held(activity, record, one)

    def _complement_held(self, activity: Activity, record: Record, one: Field) -> None:
        """I16, GetPut: while a field reads the same, what stands there is its user's: which open status, which time of
        day, whose line breaks (T45, M5; F31, F42, F44, F46).
        """
        read, raw = one.read(record.side, record.row, self.known), record.row.get(one.name_on(record.side))
        kept = self._kept.setdefault((record.key, one.name), (read, raw))
        if kept[0] != read:
            self._kept[record.key, one.name] = (read, raw)
        elif kept[1] != raw:
            raise LensBroken(
                f"{one.name} of the {record.side} record of {activity.handle} reads the same but was rewritten from "
                f"{kept[1]!r} to {raw!r}",
                activity=activity.handle,
            )

    # -- when everything has settled -----------------------------------------------------------

    def settled(self) -> None:
        """Users and faults have stopped and rounds were run: every claim of the rules must hold."""
        assert self._last is not None, "nothing can have settled before the first round"
        for activity in self.model.activities.values():
            with self.watch.cursors.blamed((_listed(one), one.id, one.side) for one in activity.records):
                self._at_rest(activity, self._last)

    def _at_rest(self, activity: Activity, last: JobsRun) -> None:
        self._partnered(activity, last)
        self._deletions_arrived(activity, last)
        pair = self.model.pair(activity)
        if pair is not None and not activity.silent and not self._undeleted(activity):
            self._agreements.arrived(pair, self._ways(activity, last))

    def _partnered(self, activity: Activity, last: JobsRun) -> None:
        """I1: every record in scope has its counterpart, and the counterpart carries the key."""
        pair = self.model.pair(activity)
        if pair is not None:
            keyed = pair.partner.points_at(pair.salesforce.key) or activity.section == CAMPAIGN_TOUCH
            shut = self.scope.shut(activity, OUT, last) and self.scope.shut(activity, IN, last)
            if not keyed and not shut and not self._undeleted(activity):
                raise Duplicated(
                    f"the partner's record of {activity.handle} does not carry the id {pair.salesforce.key}: a lost "
                    f"memory would make it twice",
                    activity=activity.handle,
                )
            return
        if activity.moved or activity.silent or self._undeleted(activity):
            return
        if activity.any_deleted and not activity.undeleted:
            return
        way, side = (IN, SALESFORCE) if activity.one(SALESFORCE) else (OUT, PARTNER)
        if self.scope.owed(activity, way, last):
            other = PARTNER if side == SALESFORCE else SALESFORCE
            raise NotConverged(f"{activity.handle} has no {other} record", activity=activity.handle)

    def _deletions_arrived(self, activity: Activity, last: JobsRun) -> None:
        if activity.undeleted or activity.moved:
            return
        for side in SIDES:
            for record in activity.live(side):
                if self.scope.must_delete(activity, record, last):
                    raise NotConverged(
                        f"{activity.handle} was deleted by its user, and its {side} record {record.id} still lives",
                        activity=activity.handle,
                    )


def _sobject(row: Row) -> str:
    return str(row["attributes"]["type"])


def _listed(record: Record) -> str:
    """What is asked for where changes of *record* are asked for."""
    return SOBJECTS[record.section] if record.side == SALESFORCE else record.section
