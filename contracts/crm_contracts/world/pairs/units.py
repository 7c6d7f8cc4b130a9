"""What was agreed, and where the rules let it go: conflicts by field or by record. Must not import crm_sync.

Rule 1: a unit is what wins or loses together: one field (grain "field"), or every field of the record.
Rule 2: for each pair and unit every state is kept that "last agreed" can be in. A round without a fault leaves one; a
fault between a write and its answer leaves two, because no sync could know.
Source: rules T2, T9, T10, T32, M4, M5, M7, M10, M11, M22.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from crm_contracts.world.pairs.fields import NAME, UNSAID, Field, Known, Value, shared
from crm_contracts.world.pairs.model import Pair
from crm_contracts.world.pairs.ops import IN, OUT, SIDES
from crm_contracts.world.pairs.scope import Scope
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER
from crm_contracts.world.violations import LostUpdate, NotConverged

__all__ = ["Agreements", "Before", "Values"]

Values = tuple[tuple[Value, ...], tuple[Value, ...]]  # of one unit: Salesforce's, the partner's
Unit = tuple[Field, ...]


@dataclass(frozen=True)
class Before:
    """One unit of a pair as a round found it. *ways*: whether in and out stood open for it."""

    pair: Pair
    unit: Unit
    bases: frozenset[Values]
    values: Values
    winners: frozenset[int]
    ways: tuple[bool, bool]


@dataclass
class Agreements:
    """What each pair last agreed on, unit by unit."""

    scope: Scope
    known: Known
    _bases: dict[tuple[str, str, str], set[Values]] = field(default_factory=dict)
    # Of this round: activity, section, field, whose edit lost, and what it had said.
    discarded: list[tuple[str, str, str, int, Value]] = field(default_factory=list)

    def begin(self, pair: Pair) -> None:
        """A pair is new, made by the sync: what stands there is agreed."""
        for unit in self._units(pair):
            self._bases[(*pair.key, unit[0].name)] = {self._values(pair, unit)}

    def by_field(self, pair: Pair) -> dict[str, set[Values]]:
        """What may have been agreed, field by field."""
        return {
            one.name: {((base[0][n],), (base[1][n],)) for base in self._of(pair, unit)}
            for unit in self._units(pair)
            for n, one in enumerate(unit)
        }

    def regroup(self, pair: Pair, agreed: Mapping[str, set[Values]]) -> None:
        """Fields win or lose in other company from now on; what was agreed for each stays agreed (T9, M22), and what is
        none of the *agreed* reads otherwise from now on: what stands there is agreed.
        """
        for unit in self._units(pair):
            each = (agreed.get(one.name) or {self._values(pair, (one,))} for one in unit)
            self._bases[(*pair.key, unit[0].name)] = {
                (tuple(base[0][0] for base in together), tuple(base[1][0] for base in together))
                for together in product(*each)
            }

    def name_may_go_out(self, pair: Pair) -> None:
        """The name was edited, and no round has gone out since: by a new template it may be sent, or wait (M13)."""
        for unit in self._units(pair):
            if unit == (NAME,):
                self._of(pair, unit).add((self._values(pair, unit)[0], ("another name",)))

    def moved(self, pair: Pair) -> None:
        """Other settings hold from now on (moved-settings)."""
        for unit in self._units(pair):
            self._of(pair, unit).add(self._values(pair, unit))

    def before(self, pair: Pair, ways: tuple[bool, bool]) -> list[Before]:
        """Each unit of *pair* as it is now."""
        return [
            Before(
                pair,
                unit,
                frozenset(self._of(pair, unit)),
                self._values(pair, unit),
                frozenset(self._winners(pair, unit)),
                ways,
            )
            for unit in self._units(pair)
        ]

    def explain(self, was: Before, *, clean: bool) -> None:
        """Keep the bases that explain what happened to one unit; none left = an update was lost."""
        after = self._values(was.pair, was.unit)
        left: set[Values] = set()
        for base in was.bases:
            if after == was.values:
                left.add(base)  # nothing moved: what is under way stays under way
            for outcome in self._outcomes(was, base):
                if outcome != was.values and self._same(was.unit, outcome, after, was.values):
                    left.add(after)
                    if "no-opinion-conflict" in self.scope.granted:
                        left.add(_under_way(after, base))
                    if not clean and "unknown-answer" in self.scope.granted:
                        left.add(base)  # written, but perhaps never known to be
        if not left:
            raise LostUpdate(self._told(was, after), activity=was.pair.activity.handle)
        if clean:
            self._discard(was, after)
        if after[0] == after[1]:
            left = {after} if clean else left | {after}
        self._bases[(*was.pair.key, was.unit[0].name)] = left

    def _discard(self, was: Before, after: Values) -> None:
        """Note each field whose user certainly changed it, and whose value the other side's took the place of (I5).

        Of what goes one way only the receiving side has no say, and nothing to lose (T2, M10). What may not pass at
        present has a say, for both jobs decide the same (T10).
        """
        both = self.scope.settings.policy(was.pair.activity.section).direction == "both"
        if not both or was.unit[0].out_only:
            return
        for n, one in enumerate(was.unit):
            for loser, side in enumerate(SIDES):
                mine, winners = was.values[loser][n], was.values[1 - loser][n]
                gone = after[0][n] == after[1][n] == winners != mine and UNSAID not in (mine, winners)
                by_hand = one.name in was.pair.on(side).wrote
                if gone and by_hand and all(mine not in _agreed(base, loser, n) for base in was.bases):
                    activity = was.pair.activity
                    self.discarded.append((activity.handle, activity.section, one.name, loser, mine))

    def give_up(self, was: Before, side: str) -> None:
        """Note what users wrote to the record on *side* that nobody had carried when a deletion took it along (I5), but
        for what the deleted one said, too.
        """
        section = was.pair.activity.section
        if self.scope.settings.policy(section).direction != "both" or was.unit[0].out_only:
            return
        loser = SIDES.index(side)
        for n, one in enumerate(was.unit):
            mine, other = was.values[loser][n], was.values[1 - loser][n]
            by_hand = one.name in was.pair.on(side).wrote
            if by_hand and mine not in (UNSAID, other) and all(base[loser][n] != mine for base in was.bases):
                self.discarded.append((was.pair.activity.handle, section, one.name, loser, mine))

    def arrived(self, pair: Pair, ways: tuple[bool, bool]) -> None:
        """I1: no value is on its way any more."""
        for now in self.before(pair, ways):
            outcomes = (one for base in now.bases for one in self._outcomes(now, base))
            if not any(self._same(now.unit, one, now.values, now.values) for one in outcomes):
                differing = ", ".join(
                    f"{one.name} {a!r}/{b!r}" for one, a, b in zip(now.unit, *now.values, strict=True) if a != b
                )
                raise NotConverged(
                    f"{pair.activity.handle} still differs (Salesforce/partner): {differing}",
                    activity=pair.activity.handle,
                )

    def _units(self, pair: Pair) -> list[Unit]:
        if pair.activity.section == CAMPAIGN_TOUCH:
            return []  # never updated (T30): its fields are frame
        fields = shared(pair.activity.section, self.scope.settings)
        if self.scope.settings.policy(pair.activity.section).grain == "field":
            return [(one,) for one in fields]
        return [tuple(one for one in fields if not one.out_only), *((one,) for one in fields if one.out_only)]

    def _values(self, pair: Pair, unit: Unit) -> Values:
        left, right = (tuple(one.read(side, pair.on(side).row, self.known) for one in unit) for side in SIDES)
        return left, right

    def _of(self, pair: Pair, unit: Unit) -> set[Values]:
        return self._bases.setdefault((*pair.key, unit[0].name), {self._values(pair, unit)})

    def _outcomes(self, was: Before, base: Values) -> set[Values]:
        """Where the rules allow a unit to go in one round; index 0 is Salesforce, 1 the partner."""
        values, ways, granted = was.values, was.ways, self.scope.granted
        direction = self.scope.settings.policy(was.pair.activity.section).direction
        changed = [_differs(base[side], values[side]) for side in (0, 1)]
        old = base if was.pair.activity.section == REMINDER else None  # M5: only what changed is written
        if values[0] == values[1] or not any(changed):
            return {values}
        if direction in (IN, OUT) or was.unit[0].out_only:
            source = 0 if direction == IN and not was.unit[0].out_only else 1
            drift = "one-way-drift" in granted and direction in (IN, OUT)
            found = {_carried(values, source, old)} if ways[source] and (changed[source] or drift) else {values}
            if drift and ways[source]:
                found.add(_drifting(values, source, base))
            return found | {values} if not changed[source] else found
        if all(changed):
            # Who changed nothing but what the other changed likewise has nothing to dispute, and may give way (T9).
            winners = {*was.winners, *(side for side in (0, 1) if not _disputes(base, values, 1 - side))}
            found = {_carried(values, side, old) if ways[side] else values for side in winners}
            if "no-opinion-conflict" in granted:
                found |= {_carried(values, side) for side in winners if ways[side]}
                found |= {_heard(values, side, base) for side in winners if all(ways)}
            return found
        source = changed.index(True)
        found = {_carried(values, source, old) if ways[source] else values}
        if base[1 - source] != values[1 - source] and "no-opinion-conflict" in granted:
            found.add(values)
            if len(was.unit) > 1 and 1 - source in was.winners and ways[1 - source]:
                found.add(_carried(values, 1 - source))  # its record was written last, and wins as a whole (T9)
        return found

    def _same(self, unit: Unit, outcome: Values, after: Values, before: Values) -> bool:
        """Whether *outcome* is what came.

        An owner that nobody could translate may have stayed, and the sync's own user, who owns what nobody was named
        for, may have become the assignee (owner-unknown).
        """
        if outcome == after:
            return True
        loose = {n for n, one in enumerate(unit) if one.name == "owner" and UNSAID in (before[0][n], before[1][n])}
        if not loose or "owner-unknown" not in self.scope.granted:
            return False
        return all(
            outcome[side][n] == after[side][n]
            or (n in loose and after[side][n] in (before[side][n], *(UNSAID,) * side))
            for side in (0, 1)
            for n in range(len(unit))
        )

    def _winners(self, pair: Pair, unit: Unit) -> set[int]:
        """Who may win a conflict: 0 Salesforce, 1 the partner (T9, M22; exception record-stamp)."""
        policy = self.scope.settings.policy(pair.activity.section)
        if policy.conflict != "newest":
            return {("salesforce", "partner").index(policy.conflict)}
        tie = ("salesforce", "partner").index(policy.tie)
        names = [one.name for one in unit]
        wrote = [_newest(at for name, at in pair.on(side).wrote.items() if name in names) for side in SIDES]
        by_user = None if None in wrote else _later(wrote[0], wrote[1], tie)
        if by_user is not None and "record-stamp" not in self.scope.granted:
            return {by_user}
        by_stamp = _later(pair.salesforce.stamp, pair.partner.stamp, tie)
        return {by_stamp} if by_user is None else {by_stamp, by_user}

    def _told(self, was: Before, after: Values) -> str:
        names = [one.name for one in was.unit]
        before = was.values

        def told(values: Values) -> str:
            differing = [n for n in range(len(names)) if values[0][n] != values[1][n] or len(names) == 1]
            said = ", ".join(f"{names[n]} {values[0][n]!r}/{values[1][n]!r}" for n in differing)
            return said or "the same on both sides"

        moved = [n for n in range(len(names)) if len({before[0][n], before[1][n], after[0][n], after[1][n]}) > 1]
        fields = ", ".join(
            f"{names[n]}: before the round {before[0][n]!r}/{before[1][n]!r}, then {after[0][n]!r}/{after[1][n]!r}"
            for n in moved
        )
        agreed = " or ".join(sorted(map(told, was.bases)))
        open_ways = " and ".join(name for name, is_open in zip((IN, OUT), was.ways, strict=True) if is_open)
        policy = self.scope.settings.policy(was.pair.activity.section)
        return (
            f"{was.pair.activity.handle} (Salesforce/partner): {fields}; last agreed: {agreed}; open: "
            f"{open_ways or 'no way'}; policy {policy.conflict} by {policy.grain}"
        )


def _agreed(base: Values, side: int, n: int) -> set[Value]:
    """What *side* may say without saying anything new: where it had no opinion, also what the other side said."""
    return {base[side][n]} if base[side][n] != UNSAID else {UNSAID, base[1 - side][n]}


def _differs(base: tuple[Value, ...], now: tuple[Value, ...]) -> bool:
    """Whether one side has something new to tell."""
    return any(b not in (a, UNSAID) for a, b in zip(base, now, strict=True))


def _disputes(base: Values, values: Values, side: int) -> bool:
    """Whether *side* has something new to tell that the other does not say as well."""
    told = [own for own, theirs in zip(values[side], values[1 - side], strict=True) if own != theirs]
    was = [own for own, *both in zip(base[side], *values, strict=True) if both[0] != both[1]]
    return _differs(tuple(was), tuple(told))


def _carried(values: Values, source: int, base: Values | None = None) -> Values:
    """Both sides after *source* won: it keeps its own, the other takes what it can be told.

    With a *base* what the winner did not change since is not written over what it cannot hear (M4, M5, M7).
    """
    mine, other = values[source], values[1 - source]
    told = [theirs if own == UNSAID else own for own, theirs in zip(mine, other, strict=True)]
    if base is not None:
        kept = [n for n, theirs in enumerate(other) if theirs == UNSAID and mine[n] == base[source][n]]
        told = [UNSAID if n in kept else one for n, one in enumerate(told)]
    return (mine, tuple(told)) if source == 0 else (tuple(told), mine)


def _heard(values: Values, source: int, base: Values) -> Values:
    """Both sides after *source* won, and took what it has no opinion of and the other side changed."""
    both = [list(side) for side in _carried(values, source)]
    for n, theirs in enumerate(values[1 - source]):
        if values[source][n] == UNSAID and theirs != base[1 - source][n]:
            both[source][n] = theirs
    return tuple(both[0]), tuple(both[1])


def _under_way(after: Values, base: Values) -> Values:
    """What counts as agreed where a change waits, as it may not pass yet, for a side that had no opinion of it."""
    agreed = [list(side) for side in after]
    for side in (0, 1):
        for n, mine in enumerate(after[side]):
            if mine == UNSAID:
                agreed[1 - side][n] = base[1 - side][n]
    return tuple(agreed[0]), tuple(agreed[1])


def _drifting(values: Values, source: int, base: Values) -> Values:
    """Both sides after a one-way job that carried what *source* changed, and left the rest as the other side has it."""
    mine, other = values[source], values[1 - source]
    told = tuple(
        theirs if own in (UNSAID, was) else own for own, theirs, was in zip(mine, other, base[source], strict=True)
    )
    return (mine, told) if source == 0 else (told, mine)


def _newest(moments: Iterable[datetime]) -> datetime | None:
    newest = max(moments, default=None)
    return newest.replace(microsecond=0) if newest else None


def _later(salesforce: datetime | None, partner: datetime | None, tie: int) -> int:
    assert salesforce is not None
    assert partner is not None
    if salesforce == partner:
        return tie
    return 0 if salesforce > partner else 1
