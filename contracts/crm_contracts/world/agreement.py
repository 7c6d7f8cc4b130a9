"""What both sides of a pair last agreed on, field by field, and what may have become of it in a round.

Rule: for each pair and field every state is kept that "last agreed" can be in. A round without a fault leaves one; a
fault between the write and its answer leaves two, because no sync could know.
Source: rules P2, P24 and P26 of `crm_contracts.rules`; the exceptions stand in `oracle.EXCEPTIONS`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from crm_contracts.world.fields import FRAME, IGNORED, TEXT, TITLE, Field, Row, Value, every, raw, takes_part
from crm_contracts.world.model import STAMPS, Activity, Pair, Record, moment
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.settings import Settings
from crm_contracts.world.violations import LostUpdate

Base = tuple[Value, Value] | None  # the values last agreed, as each side held them; None = never agreed
Values = tuple[Value, Value]
TEXTS = (TITLE, TEXT)
_UNLIKE = "\0"  # whatever is there now: no value holds a NUL


def _rests(pair: Pair) -> bool:
    """P6: a Conversation of an excluded type takes no part; what was agreed before stays agreed until it does again."""
    return pair.section == CONVERSATION and not takes_part(pair.planhat.row)


class Agreement:
    """The possible bases of every pair and field."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.apart = timedelta(0)  # how far the two clocks ever were from each other
        self.behind: tuple[int, ...] = ()  # sides that showed older rows in the newest round
        self.older: Mapping[str, Sequence[Row]] = {}  # those rows, by the id of the record
        self._hidden: dict[tuple[str, str], tuple[int, ...]] = {}  # and of which of a pair they may be older indeed
        self.discarded: list[tuple[str, Field, Value]] = []  # users' values that lost in the newest round
        #: Who may have changed a field of an activity before the newest round.
        self.changed: dict[tuple[str, str], set[str]] = {}
        self._bases: dict[tuple[str, str, str], set[Base]] = {}

    def forget(self) -> None:
        """The sync lost its memory: what had been agreed is agreed no more."""
        self._bases.clear()

    def wake(self, pair: Pair, one: Field) -> None:
        """The pair had slept: what is equal may be agreed by now, and what was mapped meanwhile as it stands (P29);
        what differs is to go one of its ways.
        """
        values, known = pair.values(one), self._bases.get((*pair.key, one.name), set())
        stands = values[0] == values[1] or (not known and self.met(pair))
        self._bases[(*pair.key, one.name)] = known | {None} | ({values} if stands else set())

    def met(self, pair: Pair) -> bool:
        """Whether a round has begun with this pair: what a person has typed since, nobody has agreed on."""
        return (*pair.key, "title") in self._bases

    def start(self, pair: Pair, one: Field, *, noted: bool) -> None:
        """The field is mapped from now on: what stands there is agreed. Where no sync noted the pair until now the next
        round is the first to look at it, whatever it says by then.
        """
        stands: set[Base] = {pair.values(one)}
        self._bases[(*pair.key, one.name)] = stands if noted else stands | self._begun(pair, one) | {None}

    def continues(self, partner_id: str, earlier_id: str, later_id: str, one: Field) -> None:
        """A record continues an earlier one, and takes over what was agreed for that."""
        bases = self._bases.get((partner_id, earlier_id, one.name))
        if bases:
            self._bases[partner_id, later_id, one.name] = set(bases)

    def known(self, pair: Pair, one: Field) -> set[Base]:
        """Every state that "last agreed" can be in; a new pair's begins with what it shows."""
        return self._bases.setdefault((*pair.key, one.name), self._begun(pair, one))

    def doubt(self, pair: Pair, fields: Collection[Field]) -> None:
        """No sync noted that it made the Planhat record: with a text emptied since, or none as it was, it may pass for
        one that a person made and linked (exception as-typed).
        """
        texts = [(one.read(pair.section, pair.planhat.row), self.known(pair, one)) for one in fields if one in TEXTS]
        made = [(now, {base[1] for base in bases if base}) for now, bases in texts]
        said = [(now, then) for now, then in made if then - {None}]
        if said and (any(now is None for now, _ in said) or all(now not in then for now, then in said)):
            for one in fields:
                self._bases[(*pair.key, one.name)] = self.known(pair, one) | self._begun(pair, one)

    def _begun(self, pair: Pair, one: Field) -> set[Base]:
        """A pair is new: what is equal is agreed, what differs never was. A side that says nothing takes nothing from
        the other, but what a user emptied there may be meant so.
        """
        left, right = values = pair.values(one)
        agreed: Base = values if left == right else None
        if left != right and None in values:
            agreed = (_UNLIKE, None) if right is None else (None, _UNLIKE)
        emptied = any(
            value is None and one.name in record.wrote
            for value, record in zip(values, (pair.salesforce, pair.planhat), strict=True)
        )
        found: set[Base] = {agreed, None} if emptied and left != right else {agreed}
        if 0 in self.behind and not pair.planhat.by_user:  # made of what Salesforce's record said before (`not-shown`)
            found.add((right, right))
        if 1 in self.behind and not pair.salesforce.by_user:
            found.add((left, left))
        return found

    def winners(self, pair: Pair, one: Field) -> set[int]:
        """Who may win a conflict: 0 Salesforce, 1 Planhat (rule P24; exception record-stamp)."""
        policy = self.settings.conflict
        if policy != "newest":
            return {("salesforce", "planhat").index(policy)}
        left, right = pair.salesforce, pair.planhat
        found = {0 if left.stamp >= right.stamp else 1}
        if self.apart and abs(left.stamp - right.stamp) <= 2 * self.apart:
            found = {0, 1}
        if one.name in left.wrote and one.name in right.wrote:
            found.add(0 if left.wrote[one.name] >= right.wrote[one.name] else 1)
        return found

    def look(self, pair: Pair) -> None:
        """A round is about to be judged, and *pair* reads as before it: was one of them shown as it had been?"""
        both = (pair.salesforce, pair.planhat)
        self._hidden[pair.key] = tuple(n for n in self.behind if not self._shown_now(both[n]))

    def look_away(self) -> None:
        """A later round is judged by what it was shown: worlds that differ in it are one."""
        self.behind, self.older = (), {}
        self._hidden.clear()

    def _shown_now(self, record: Record) -> bool:
        """Whether all that was shown of *record* in older rows is what it says now."""
        names = [*(one.name_on(record.side) or "" for one in every(record.side)), *FRAME[record.side]]
        rows = self.older.get(record.id, ())
        return bool(rows) and all(
            moment(row.get(STAMPS[record.side])) == record.stamp
            and all(raw(row, name) == raw(record.row, name) for name in names if name in row)
            for row in rows
        )

    def _ways(self, pair: Pair) -> set[tuple[bool, bool]]:
        """The ways that stand open, out of Salesforce and out of Planhat; more than one set by `two-sections`."""
        own = (self.settings.receives(pair.section), self.settings.sends(pair.section))
        found = {own, (False, False)} if _rests(pair) else {own}
        if not pair.retired:
            return found
        return found | {(own[0] or self.settings.receives(TASK), own[1] or self.settings.sends(TASK))}

    def explain(
        self,
        activity: Activity,
        pair: Pair,
        one: Field,
        seen: tuple[Values, set[int]],
        *,
        clean: bool,
    ) -> None:
        """Keep the bases that explain what happened to one field; none left = an update was lost."""
        values, winners = seen
        after = pair.values(one)
        bases = self.known(pair, one)
        for n, side in enumerate((SALESFORCE, pair.section)):
            if any(base is None or base[n] != values[n] for base in bases):
                self.changed.setdefault((activity.handle, one.name), set()).add(side)
        if clean and not self.behind and _rests(pair) and not pair.retired:
            if after != values:
                lost = self._lost(pair, one, values, after)
                raise LostUpdate(f"it takes no part (P6): {lost}", activity=activity.handle)
            return
        chosen = activity.status_chosen if one.name == "state" else frozenset[str]()
        if IGNORED in (values[1], after[1]) or (one.name == "date" and activity.one(CONVERSATION)):
            self._bases[(*pair.key, one.name)] = bases | {after}
            return
        left: set[Base] = set()
        for base in self._as_shown(pair, bases, values):
            if after != values and after in self.outcomes(pair, base, values, winners, chosen=chosen):
                left.add(after)
        left |= self._as_shown_before(pair, one, values, after)
        for base in bases:
            for outcome in self.outcomes(pair, base, values, winners, chosen=chosen):
                if outcome == after:
                    left.add(after)
                    if not clean and outcome != values:
                        left.add(base)  # written, but perhaps never known to be
            if after == values:
                left.add(base)
        if after in self._by_the_task(activity, pair, one, values) | self._by_the_conversation(activity, pair, one):
            left.add(after)
        if clean and after[0] == after[1]:
            left &= {after}
        if not left:
            raise LostUpdate(self._lost(pair, one, values, after), activity=activity.handle)
        if clean and self._fought(pair, one, values, bases) and after[0] == after[1] and after[0] in values:
            loser = 1 - values.index(after[0])
            self.discarded.append((activity.handle, one, values[loser]))
        self._bases[(*pair.key, one.name)] = left

    def _by_the_task(self, activity: Activity, pair: Pair, one: Field, values: Values) -> set[Values]:
        """Where its Conversation sends nothing, the archived Task may still go to Salesforce (exception two-sections),
        and from there into a Conversation that only receives; where only the type is left out, from a section that
        sends alone.
        """
        task = activity.one(TASK) if pair.retired and self.settings.sends(TASK) else None
        sends, receives = self.settings.sends(pair.section), self.settings.receives(pair.section)
        if task is None or (sends and not _rests(pair)):
            return set()
        said = task.value(one)
        if receives and not _rests(pair):
            return {(said, said)}
        alone = not (sends or receives) or not self.settings.receives(TASK)
        return {(said, values[1])} if alone else set()

    def _by_the_conversation(self, activity: Activity, pair: Pair, one: Field) -> set[Values]:
        """The Conversation that was logged of a Task may be met only now, for a run died before it could be: what was
        written there since goes over, and into the archived Task, too.
        """
        logged = activity.one(CONVERSATION) if pair.section == TASK and one.name_on(CONVERSATION) else None
        goes_over = self.settings.sends(CONVERSATION) and self.settings.receives(TASK)
        if logged is None or not activity.continued or one.name not in logged.wrote or not goes_over:
            return set()
        return {(logged.value(one), logged.value(one))}

    def _as_shown(self, pair: Pair, bases: set[Base], values: Values) -> set[Base]:
        """Those bases by which a side that was shown as it had been seems unchanged (`not-shown`)."""
        sides = self._hidden.get(pair.key, ())
        unchanged = {
            tuple(values[n] if n in hidden else base[n] for n in (0, 1))
            for base in bases
            if base is not None
            for hidden in {sides, *((n,) for n in sides)}
        }
        return {(left, right) for left, right in unchanged} if sides else set()

    def _as_shown_before(self, pair: Pair, one: Field, values: Values, after: Values) -> set[Base]:
        """What a hidden side was shown to say may win, or lose for it seemed the older one (`not-shown`)."""
        found: set[Base] = set()
        for n in self._hidden.get(pair.key, ()):
            record = (pair.salesforce, pair.planhat)[n]
            said = {one.read(record.side, row) for row in self.older.get(record.id, ())}
            if after[n] == values[n] and after[1 - n] in said:
                found.add((after[1 - n], after[1 - n]))
            changed = any(base is None or base[1 - n] != values[1 - n] for base in self.known(pair, one))
            if changed and after == (values[1 - n], values[1 - n]):
                found.add(after)
        return found

    def _fought(self, pair: Pair, one: Field, values: Values, bases: set[Base]) -> bool:
        """Whether both sides certainly changed the field since they agreed, each by a user's hand."""
        if one.name == "state" or values[0] == values[1] or not all(next(iter(self._ways(pair)))):
            return False
        by_hand = one.name in pair.salesforce.wrote and one.name in pair.planhat.wrote
        return by_hand and all(base is not None and base[0] != values[0] and base[1] != values[1] for base in bases)

    def outcomes(
        self,
        pair: Pair,
        base: Base,
        values: Values,
        winners: Iterable[int],
        *,
        chosen: Collection[str] = (),
    ) -> set[Values]:
        """Where the rules allow a field to go in one round; index 0 is Salesforce, 1 is Planhat.

        *chosen* are sides whose users wrote a status: from one open status to another is a change, too.
        """
        changed = [base is None or values[side] != base[side] for side in (0, 1)]
        touched = [changed[0] or SALESFORCE in chosen, changed[1] or pair.section in chosen]
        if touched != changed:
            plain = self.outcomes(pair, base, values, winners)
            return plain | self.outcomes(pair, None, values, winners) if all(touched) else plain
        if values[0] == values[1] or not any(changed):
            return {values}
        found: set[Values] = set()
        for ways in self._ways(pair):
            if not any(ways):
                found.add(values)
            elif all(ways):
                sources = set(winners) if all(changed) else {changed.index(True)}
                found |= {(values[side], values[side]) for side in sources}
            else:
                source = ways.index(True)
                found.add((values[source], values[source]))
                if not changed[source]:
                    found.add(values)  # one-way-drift
        return found

    def _lost(self, pair: Pair, one: Field, before: Values, after: Values) -> str:
        agreed = " or ".join(
            "never agreed" if base is None else f"last agreed {base[0]!r}/{base[1]!r}"
            for base in sorted(self.known(pair, one), key=str)
        )
        return (
            f"{one.name} of the {pair.section} section: {agreed}; before the round Salesforce had "
            f"{before[0]!r} and Planhat {before[1]!r}; policy {self.settings.conflict}, "
            f"{getattr(self.settings, pair.section)}; afterwards {after[0]!r} and {after[1]!r}"
        )
