"""What users were entitled to see of two-sided pairs: judged from what they did, never from how the sync works.

Rule 1: must not import crm_sync; the author has not read it. The knowledge is rules T1 to T45 and M1 to M27.
Rule 2: for each pair and each unit of conflict (a field, or the whole record) the oracle keeps every state that "last
agreed" can be in. A round without a fault leaves one; a fault between a write and its answer leaves two.
Rule 3: where the rules are silent, or a product is documented to fall short, the oracle says so by name (EXCEPTIONS);
each can be taken away (`granted`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from crm_contracts.world.pairs import birth
from crm_contracts.world.pairs.fields import FRAME, KEPT, UNSAID, Field, Known, Row, Value, shared
from crm_contracts.world.pairs.model import Activity, Model, Observation, Pair, Record, section_of, sides_of
from crm_contracts.world.pairs.ops import IN, OUT, PARTNER, SALESFORCE, SIDES
from crm_contracts.world.pairs.scope import Round, Scope
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, PairSettings
from crm_contracts.world.violations import (
    BrokenFrame,
    DirectionIgnored,
    Duplicated,
    FalselyDeleted,
    LostUpdate,
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
    "left-scope": "what becomes of a linked task that is given to another user is not published (M24)",
    "tombstone": "the survivor of a deletion keeps its own values (T41)",
    "unknown-answer": "after a lost answer no sync can know whether both sides had agreed",
}
# Settings that decide whether a record is made or taken away, by the last word of their name.
_EXISTENCE = frozenset(
    {"direction", "create_in", "create_out", "delete_in", "delete_out", "in_filter", "out_updated_days", "enabled"}
    | {"initial_import", "catch_up_days", "delete_vs_update"}
)

Values = tuple[tuple[Value, ...], tuple[Value, ...]]  # of one unit: Salesforce's, the partner's
Unit = tuple[Field, ...]


class PairOracle:
    """Follows a history and raises the violated invariant as soon as it shows."""

    def __init__(self, scope: Scope, known: Known, *, granted: Collection[str] = tuple(EXCEPTIONS)) -> None:
        unknown = sorted(set(granted) - set(EXCEPTIONS))
        assert not unknown, f"no exception {unknown[0]!r}"
        self.scope = scope
        self.known = known
        self.granted = frozenset(granted)
        self.model = Model()
        self.rounds = 0
        self._bases: dict[tuple[str, str, str], set[Values]] = {}
        self._kept: dict[tuple[str, str], tuple[Value, Any]] = {}  # record's key, field -> canonical and raw value
        self._last: Round | None = None

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
        if record is None:
            made = Record(side, activity.section, record_key, row, by_user=True)
            record = self.model.add(activity, made, self.known)
        elif "OwnerId" in names and activity.section == REMINDER:
            activity.silent = activity.silent or "left-scope"
        record.user_saved(row, at, names)
        self.model.names(activity, record, self.known)
        for one in shared(activity.section, self.settings):
            if one.name_on(side) in names:
                self._kept.pop((record_key, one.name), None)

    def user_deleted(self, activity: Activity, side: str, at: datetime) -> None:
        record = activity.one(side)
        assert record is not None, f"{activity.handle} has no {side} record"
        counterpart = activity.one(PARTNER if side == SALESFORCE else SALESFORCE)
        partner = record if side == PARTNER else counterpart
        salesforce = counterpart if side == PARTNER else record
        record.linked = bool(partner and salesforce and partner.points_at(salesforce.key))
        record.deleted_at = at
        activity.silent = activity.silent or "tombstone"

    def user_undeleted(self, activity: Activity, record: Record, row: Row) -> None:
        """A Salesforce user took *record* out of the recycle bin."""
        record.deleted_at, record.row, record.linked = None, row, False
        activity.silent = "undeleted"

    def saved(self, settings: PairSettings, changed: Collection[str], at: datetime) -> None:
        """Somebody saved *settings*, in which *changed* are new (all of them, the first time)."""
        was = self.settings.enabled and bool(self.scope.enabled)
        self.scope.settings = settings
        self.known = replace(self.known, template=settings.template)
        if settings.enabled and not was:
            self.scope.enabled.append(at)
        if was and not settings.enabled:
            self.scope.disabled_at = at
        moved = {name.rpartition(".")[2] for name in changed}
        moves = moved & _EXISTENCE
        for activity in self.model.activities.values():
            if moves - {"enabled"}:
                activity.moved = True
            if moves and activity.any_deleted:
                activity.silent = "undeleted"  # whether an old deletion still arrives is not published
        if moved & {"grain", "template"}:
            self._bases.clear()  # units are other ones now: what stands there is agreed
        for pair in self.model.pairs():
            for unit in self._units(pair):
                bases = self._known(pair, unit)
                if "moved-settings" in self.granted:
                    bases.add(self._values(pair, unit))

    def introduced(self, customer: str, at: datetime) -> None:
        """Totango got the account of *customer*."""
        self.scope.matched.add(customer)
        self.scope.introduced[customer] = at

    # -- what the sync did --------------------------------------------------------------------

    def about_to_sync(self) -> None:
        self.rounds += 1

    def synced(self, after: Observation, this: Round) -> None:
        """A round ended, and everything reads as *after*."""
        self._last = this
        before = []
        for pair in self.model.pairs():
            for unit in self._units(pair):
                bases = self._known(pair, unit)
                values, winners = self._values(pair, unit), self._winners(pair, unit)
                ways = (not self.scope.shut(pair.activity, IN, this), not self.scope.shut(pair.activity, OUT, this))
                before.append((pair, unit, set(bases), values, winners, ways))
        self._vanished(after, this)
        self._take_over(after, this)
        for activity in self.model.activities.values():
            for record in activity.records:
                record.met = record.met or record.id in this.read
        for pair, unit, bases, values, winners, ways in before:
            if not pair.activity.silent:
                self._explain(pair, unit, bases, values, winners, ways, clean=this.clean)
        self._one_key_each()
        for activity in self.model.activities.values():
            self._frame_held(activity)

    def _explain(
        self,
        pair: Pair,
        unit: Unit,
        bases: set[Values],
        values: Values,
        winners: set[int],
        ways: tuple[bool, bool],
        *,
        clean: bool,
    ) -> None:
        """Keep the bases that explain what happened to one unit; none left = an update was lost."""
        after = self._values(pair, unit)
        left: set[Values] = set()
        for base in bases:
            if after == values:
                left.add(base)  # nothing moved: what is under way stays under way
            for outcome in self._outcomes(pair, unit, base, values, winners, ways):
                if outcome != values and self._same(unit, outcome, after, values):
                    left.add(after)
                    if not clean:
                        left.add(base)  # written, but perhaps never known to be
        if after[0] == after[1]:
            left = {after} if clean and left else left | {after} if left else left
        if not left:
            raise LostUpdate(self._lost(pair, unit, bases, values, after, ways), activity=pair.activity.handle)
        self._bases[(*pair.key, unit[0].name)] = left

    def _same(self, unit: Unit, outcome: Values, after: Values, before: Values) -> bool:
        """Whether *outcome* is what came; an owner that nobody could translate may have stayed (owner-unknown)."""
        if outcome == after:
            return True
        loose = {n for n, one in enumerate(unit) if one.name == "owner" and UNSAID in (before[0][n], before[1][n])}
        if not loose or "owner-unknown" not in self.granted:
            return False
        return all(
            outcome[side][n] == after[side][n] or (n in loose and after[side][n] == before[side][n])
            for side in (0, 1)
            for n in range(len(unit))
        )

    def _outcomes(
        self, pair: Pair, unit: Unit, base: Values, values: Values, winners: Iterable[int], ways: tuple[bool, bool]
    ) -> set[Values]:
        """Where the rules allow a unit to go in one round; index 0 is Salesforce, 1 the partner."""
        policy = self.settings.policy(pair.activity.section)
        changed = [_differs(base[side], values[side]) for side in (0, 1)]
        if unit[0].out_only:
            ways, winners = (False, ways[1]), {1}
        if values[0] == values[1] or not any(changed):
            return {values}
        one_way = policy.direction in (IN, OUT)
        if one_way or unit[0].out_only:
            source = 0 if policy.direction == IN else 1
            found = {_carried(values, source)} if ways[source] and (changed[source] or one_way) else {values}
            if not changed[source] or not ways[source] or changed[1 - source]:
                found.add(values)
            return found
        if all(changed):
            return {_carried(values, side) if ways[side] else values for side in winners}
        source = changed.index(True)
        found = {_carried(values, source) if ways[source] else values}
        quiet = base[1 - source] != values[1 - source]
        if quiet and "no-opinion-conflict" in self.granted:
            found.add(values)
        return found

    def _winners(self, pair: Pair, unit: Unit) -> set[int]:
        """Who may win a conflict: 0 Salesforce, 1 the partner (T9, M22; exception record-stamp)."""
        policy = self.settings.policy(pair.activity.section)
        if policy.conflict != "newest":
            return {("salesforce", "partner").index(policy.conflict)}
        tie = ("salesforce", "partner").index(policy.tie)
        found = {_later(pair.salesforce.stamp, pair.partner.stamp, tie)} if "record-stamp" in self.granted else set()
        wrote = [
            max((pair.on(side).wrote[f.name] for f in unit if f.name in pair.on(side).wrote), default=None)
            for side in SIDES
        ]
        if wrote[0] is not None and wrote[1] is not None:
            found.add(_later(wrote[0].replace(microsecond=0), wrote[1].replace(microsecond=0), tie))
        elif not found:
            found.add(0 if wrote[1] is None else 1)
        return found

    def _vanished(self, after: Observation, this: Round) -> None:
        for side in SIDES:
            for activity, record in self.model.each(side):
                if record.key in after[side]:
                    continue
                reason = self.scope.undeletable(activity, record, this)
                if reason and activity.silent != "undeleted":
                    raise FalselyDeleted(
                        f"the sync deleted the {side} record {record.id} of {activity.handle}: {reason}",
                        activity=activity.handle,
                    )
                record.deleted_at, record.by_sync = this.began, True

    def _take_over(self, after: Observation, this: Round) -> None:
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
            self._appeared(Record(side, section, key, row, by_user=False), this)

    def _appeared(self, record: Record, this: Round) -> None:
        activity = self.model.owner_of(record, self.known)
        side, what = record.side, f"{record.side} record {record.id}"
        if activity is None:
            raise Duplicated(f"the {what} belongs to no activity: {dict(record.row)}")
        handle = activity.handle
        way = IN if side == PARTNER else OUT
        undeleted = activity.silent == "undeleted" and "undeleted" in self.granted
        if activity.live(side):
            ids = ", ".join(one.id for one in (*activity.live(side), record))
            raise Duplicated(f"{handle} has more than one {side} record: {ids}", activity=handle)
        if any(one.met for one in activity.gone(side)) and not undeleted:
            raise FalselyDeleted(f"{handle} was deleted in {side} and is back as {record.id}", activity=handle)
        reason = self.scope.unmakable(activity, way, this)
        if activity.section != record.section and (side, activity.section) != (SALESFORCE, CAMPAIGN_TOUCH):
            reason = f"it is a {activity.section}, and came as a {record.section} (T1)"
        if reason:
            raise DirectionIgnored(f"{handle} got the {what}: {reason}", activity=handle)
        record.section = activity.section
        source = activity.one(SALESFORCE if side == PARTNER else PARTNER)
        assert source is not None, "without a source nothing is makable"
        birth.check(activity, source, record, self.known)
        for name in FRAME[side, record.section]:
            record.frame[name] = record.row.get(name)
        self.model.add(activity, record, self.known)
        pair = self.model.pair(activity)
        assert pair is not None, f"{handle} has two records now"
        for unit in self._units(pair):
            self._bases[(*pair.key, unit[0].name)] = {self._values(pair, unit)}

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
                    if one.name in KEPT.get((side, record.section), ()):
                        self._complement_held(activity, record, one)

    def _complement_held(self, activity: Activity, record: Record, one: Field) -> None:
        """While a field reads the same, what stands there is its user's (T45, M5; F31, F46)."""
        read, raw = one.read(record.side, record.row, self.known), record.row.get(one.name_on(record.side))
        kept = self._kept.setdefault((record.key, one.name), (read, raw))
        if kept[0] != read:
            self._kept[record.key, one.name] = (read, raw)
        elif kept[1] != raw:
            raise BrokenFrame(
                f"{one.name} of the {record.side} record of {activity.handle} reads the same but was rewritten from "
                f"{kept[1]!r} to {raw!r}",
                activity=activity.handle,
            )

    # -- units --------------------------------------------------------------------------------

    def _units(self, pair: Pair) -> list[Unit]:
        """What wins or loses together: every field by itself, or the whole record (T9, M22)."""
        if pair.activity.section == CAMPAIGN_TOUCH:
            return []  # never updated (T30): its fields are frame
        fields = shared(pair.activity.section, self.settings)
        if self.settings.policy(pair.activity.section).grain == "field":
            return [(one,) for one in fields]
        return [tuple(one for one in fields if not one.out_only), *((one,) for one in fields if one.out_only)]

    def _values(self, pair: Pair, unit: Unit) -> Values:
        left, right = (tuple(f.read(side, pair.on(side).row, self.known) for f in unit) for side in SIDES)
        return left, right

    def _known(self, pair: Pair, unit: Unit) -> set[Values]:
        return self._bases.setdefault((*pair.key, unit[0].name), {self._values(pair, unit)})

    def _lost(
        self, pair: Pair, unit: Unit, bases: set[Values], before: Values, after: Values, ways: tuple[bool, bool]
    ) -> str:
        names = [one.name for one in unit]

        def told(values: Values) -> str:
            differing = [n for n in range(len(names)) if len({values[0][n], values[1][n]}) > 1 or len(names) == 1]
            said = ", ".join(f"{names[n]} {values[0][n]!r}/{values[1][n]!r}" for n in differing)
            return said or "the same on both sides"

        moved = [n for n in range(len(names)) if len({before[0][n], before[1][n], after[0][n], after[1][n]}) > 1]
        fields = ", ".join(
            f"{names[n]}: before the round {before[0][n]!r}/{before[1][n]!r}, then {after[0][n]!r}/{after[1][n]!r}"
            for n in moved
        )
        agreed = " or ".join(sorted(map(told, bases)))
        policy = self.settings.policy(pair.activity.section)
        open_ways = " and ".join(name for name, is_open in zip((IN, OUT), ways, strict=True) if is_open) or "no way"
        return (
            f"{pair.activity.handle} (Salesforce/partner): {fields}; last agreed: {agreed}; open: {open_ways}; policy "
            f"{policy.conflict} by {policy.grain}"
        )

    # -- when everything has settled -----------------------------------------------------------

    def settled(self) -> None:
        """Users and faults have stopped and rounds were run: every claim of the rules must hold."""
        assert self._last is not None, "nothing can have settled before the first round"
        for activity in self.model.activities.values():
            self._partnered(activity, self._last)
            self._deletions_arrived(activity, self._last)
        for pair in self.model.pairs():
            if not pair.activity.silent:
                self._arrived(pair, self._last)

    def _partnered(self, activity: Activity, last: Round) -> None:
        """I1: every record in scope has its counterpart, and the counterpart carries the key."""
        pair = self.model.pair(activity)
        if pair is not None:
            keyed = pair.partner.points_at(pair.salesforce.key) or activity.section == CAMPAIGN_TOUCH
            shut = self.scope.shut(activity, OUT, last) and self.scope.shut(activity, IN, last)
            if not keyed and not shut and activity.silent != "undeleted":
                raise Duplicated(
                    f"the partner's record of {activity.handle} does not carry the id {pair.salesforce.key}: a lost "
                    f"memory would make it twice",
                    activity=activity.handle,
                )
            return
        if activity.moved or activity.any_deleted or activity.silent:
            return
        way, side = (IN, SALESFORCE) if activity.one(SALESFORCE) else (OUT, PARTNER)
        if self.scope.owed(activity, way, last):
            other = PARTNER if side == SALESFORCE else SALESFORCE
            raise NotConverged(f"{activity.handle} has no {other} record", activity=activity.handle)

    def _deletions_arrived(self, activity: Activity, last: Round) -> None:
        if activity.silent == "undeleted" or activity.moved:
            return
        for side in SIDES:
            for record in activity.live(side):
                if self.scope.must_delete(activity, record, last):
                    raise NotConverged(
                        f"{activity.handle} was deleted by its user, and its {side} record {record.id} still lives",
                        activity=activity.handle,
                    )

    def _arrived(self, pair: Pair, last: Round) -> None:
        """I1: no value is on its way any more."""
        ways = (not self.scope.shut(pair.activity, IN, last), not self.scope.shut(pair.activity, OUT, last))
        for unit in self._units(pair):
            values, winners = self._values(pair, unit), self._winners(pair, unit)
            bases = self._known(pair, unit)
            found = (self._outcomes(pair, unit, base, values, winners, ways) for base in bases)
            if not any(self._same(unit, one, values, values) for outcomes in found for one in outcomes):
                differing = ", ".join(
                    f"{one.name} {a!r}/{b!r}" for one, a, b in zip(unit, *values, strict=True) if a != b
                )
                raise NotConverged(
                    f"{pair.activity.handle} still differs (Salesforce/partner): {differing}",
                    activity=pair.activity.handle,
                )


def _differs(base: tuple[Value, ...], now: tuple[Value, ...]) -> bool:
    """Whether one side has something new to tell."""
    return any(b not in (a, UNSAID) for a, b in zip(base, now, strict=True))


def _carried(values: Values, source: int) -> Values:
    """Both sides after *source* won: it keeps its own, the other takes what it can be told."""
    mine, other = values[source], values[1 - source]
    told = tuple(theirs if own == UNSAID else own for own, theirs in zip(mine, other, strict=True))
    return (mine, told) if source == 0 else (told, mine)


def _later(salesforce: datetime, partner: datetime, tie: int) -> int:
    if salesforce == partner:
        return tie
    return 0 if salesforce > partner else 1


def _sobject(row: Row) -> str:
    return str(row["attributes"]["type"])
